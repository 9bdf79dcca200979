"""What applicants do, in the model (rules 1 to 3, 9 and 14)."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date

from app.rules.callers import System
from tests.machine.model import Application, Declaration, Model, check_version, require

UNDER_WAY = frozenset({"draft", "submitted", "changes_requested", "recommended"})


@dataclass(frozen=True)
class Wish:
    """What an applicant writes: ``has_summary`` is whether it is complete."""

    round_id: str
    level: str
    members: tuple[str, ...]
    has_summary: bool = True
    lead: str | None = None

    @property
    def leader(self) -> str:
        return self.lead or self.members[0]


def create(model: Model, reference: str, wish: Wish, caller: System, *, is_submitted: bool) -> None:
    require(wish.leader in caller.ods_codes, "forbidden")
    plan = model.plans.get(wish.round_id)
    require(plan is not None, "unknown-round")
    require(plan is not None and plan.opens <= model.day <= plan.closes, "round-not-open")
    _check_wish(model, wish)
    if is_submitted:
        deadline = model.plans[wish.round_id].deadlines.get(wish.level)
        _check_submission(model, wish, deadline, reference, agreed=caller.ods_codes)
    region = model.ccgs[wish.leader].region
    made = Application(reference, wish.round_id, wish.level, wish.members, region, wish.has_summary)
    model.applications[reference] = made
    if is_submitted:
        _submitted(model, made)


def amend(model: Model, reference: str, wish: Wish, caller: System, expected: str) -> None:
    found = model.application(reference, caller)
    require(found.lead in caller.ods_codes, "forbidden")
    check_version(expected)
    require(found.state in {"draft", "changes_requested"}, "wrong-state")
    is_fixed = (wish.round_id, wish.leader) == (found.round_id, found.lead)
    require(is_fixed, "invalid-document")
    if found.state == "draft":
        _check_wish(model, wish)
        found.region = model.ccgs[wish.leader].region
        found.consented.clear()
    else:
        require((wish.level, wish.members) == (found.level, found.members), "invalid-document")
    found.level, found.members, found.is_complete = wish.level, wish.members, wish.has_summary
    found.version += 1


def submit(model: Model, reference: str, caller: System, expected: str) -> None:
    found = model.application(reference, caller)
    require(found.lead in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    require(found.state in {"draft", "changes_requested"}, "wrong-state")
    wish = Wish(found.round_id, found.level, found.members, found.is_complete)
    deadline, agreed = found.due, set(found.members)
    if found.state == "draft":
        _check_wish(model, wish)
        deadline = model.plans[found.round_id].deadlines.get(found.level, model.plans[found.round_id].closes)
        agreed = {*caller.ods_codes, *found.consented}
    _check_submission(model, wish, deadline, reference, agreed=agreed)
    _submitted(model, found)


def consent(model: Model, reference: str, code: str, caller: System, expected: str) -> None:
    found = model.application(reference, caller)
    require(code in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    require(found.state == "draft", "wrong-state")
    require(code in found.members and code != found.lead, "invalid-document")
    require(code not in found.consented, "wrong-state")
    found.consented.add(code)
    found.version += 1


def consent_to_scaling(model: Model, reference: str, code: str, caller: System, expected: str) -> None:
    found = model.application(reference, caller)
    require(code in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    _check_can_scale_down(found)
    require(found.level == "delegated", "nothing-to-downgrade")
    require(code in found.members and code != found.lead, "invalid-document")
    require(code not in found.agreed_to_scaling, "wrong-state")
    found.agreed_to_scaling.add(code)
    found.version += 1


def scale_down(model: Model, reference: str, caller: System, expected: str) -> None:
    found = model.application(reference, caller)
    require(found.lead in caller.ods_codes, "forbidden")
    check_version(expected)
    _check_can_scale_down(found)
    require(found.level == "delegated", "nothing-to-downgrade")
    require(set(found.members) <= {*caller.ods_codes, *found.agreed_to_scaling}, "consent-missing")
    found.is_scaled_down = True
    found.version += 1


def _check_can_scale_down(found: Application) -> None:
    require(found.state in {"submitted", "changes_requested"} and not found.is_scaled_down, "wrong-state")


def leave(model: Model, reference: str, code: str, caller: System, expected: str) -> None:
    """The last member does not leave: it withdraws the whole."""
    found = model.application(reference, caller)
    if found.members == (code,):
        withdraw(model, reference, caller, expected)
        return
    require(code in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    require(found.state in UNDER_WAY, "wrong-state")
    require(code in found.members and code != found.lead, "invalid-document")
    found.members = tuple(each for each in found.members if each != code)
    found.live.discard(code)
    found.consented.discard(code)
    found.agreed_to_scaling.discard(code)
    found.rulings.pop(code, None)
    found.version += 1


def withdraw(model: Model, reference: str, caller: System, expected: str) -> None:
    found = model.application(reference, caller)
    require(found.lead in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    require(found.state in UNDER_WAY, "wrong-state")
    found.ends("withdrawn")


def declare(model: Model, declaration_id: str, code: str, round_id: str, caller: System) -> None:
    require(code in caller.ods_codes, "forbidden")
    plan = model.plans.get(round_id)
    require(plan is not None, "unknown-round")
    require(plan is not None and plan.opens <= model.day <= plan.closes, "round-not-open")
    require(model.ccgs[code].is_open(model.day), "unknown-organisation")
    require(model.live(round_id, code) is None, "live-application")
    for each in model.declarations.values():
        if (each.ods_code, each.round_id) == (code, round_id):
            each.is_newest = False
    model.declarations[declaration_id] = Declaration(code, round_id)


def _check_wish(model: Model, wish: Wish) -> None:
    require(wish.level in {"delegated", "joint"}, "approval-not-needed")
    require(wish.leader in wish.members and len(set(wish.members)) == len(wish.members), "invalid-document")
    opened = [code for code in wish.members if code in model.ccgs and model.ccgs[code].is_open(model.day)]
    require(len(opened) == len(wish.members), "unknown-organisation")
    require(len({model.ccgs[code].region for code in wish.members}) == 1, "several-regions")
    held = set[str]()
    for code in wish.members:
        held |= _levels_held(model, code, model.plans[wish.round_id].starts)
    require(wish.level not in held, "already-held")
    require("delegated" not in held or wish.level != "joint", "notice-required")


def _levels_held(model: Model, code: str, day: date) -> set[str]:
    """The levels that a CCG holds on a day, or was granted ahead of it."""
    return {each.level for each in model.grants(code) if each.standing(day) in {"in_force", "not_started"}}


def _check_submission(model: Model, wish: Wish, deadline: date | None, own: str, *, agreed: Container[str]) -> None:
    require(wish.has_summary, "incomplete-application")
    require(deadline is None or model.day <= deadline, "deadline-passed")
    require(all(code in agreed for code in wish.members), "consent-missing")
    others = {model.live(wish.round_id, code) for code in wish.members}
    require(others <= {None, own}, "duplicate-application")


def _submitted(model: Model, made: Application) -> None:
    made.moves("submitted")
    made.due = None
    if not made.was_submitted:
        made.was_submitted, made.live = True, set(made.members)
    for each in model.declarations.values():
        is_standing = each.is_newest and each.ended_by is None
        if is_standing and each.round_id == made.round_id and each.ods_code in made.members:
            each.ended_by = made.reference
