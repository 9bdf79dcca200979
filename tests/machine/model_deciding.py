"""What panels and NHS England do until a decision is public, in the model (rules 1, 4, 5 and 6)."""

from collections.abc import Sequence
from datetime import date, datetime

from app.rules.callers import Person
from app.rules.outcomes import Ruling
from tests.machine.model import (
    Announcement,
    Application,
    Condition,
    Decision,
    Grant,
    Model,
    check_no_interest,
    check_version,
    require,
)


def request_changes(model: Model, reference: str, due: date, person: Person, expected: str) -> None:
    found = model.application(reference, person)
    check_version(expected)
    require(found.state == "submitted", "wrong-state")
    require(model.day <= due <= model.plans[found.round_id].closes, "invalid-document")
    found.moves("changes_requested")
    found.due = due


def record(
    model: Model, reference: str, rulings: Sequence[Ruling], met_on: date, person: Person, expected: str
) -> None:
    found = model.application(reference, person)
    require(person.role == "panel", "forbidden")
    check_no_interest(person, found.members)
    check_version(expected)
    is_late = found.state == "changes_requested" and found.due is not None and found.due < model.day
    require(found.state == "submitted" or is_late, "wrong-state")
    codes = sorted(each.ods_code for each in rulings)
    require(codes == sorted(found.members), "member-missing")
    require(not is_late or all(each.outcome == "rejected" for each in rulings), "only-rejection")
    is_interest = model.is_interest(found.round_id)
    check_rulings(found.level, rulings, is_scaled_down=found.is_scaled_down, is_interest=is_interest)
    require(met_on <= model.day and all(_is_ahead(each, model.day) for each in rulings), "invalid-document")
    found.moves("recommended")
    found.due, found.recorded_by = None, person.key
    found.rulings = {each.ods_code: each for each in rulings}


def check_rulings(level: str, rulings: Sequence[Ruling], *, is_scaled_down: bool, is_interest: bool) -> None:
    """What each outcome must carry. An interest is never conditional."""
    is_down = [each.outcome == "downgraded_to_joint" for each in rulings]
    chosen = [each.chosen_by is not None for each in rulings]
    require(not any(is_down) or level == "delegated", "nothing-to-downgrade")
    require(not any(has and not down for has, down in zip(chosen, is_down, strict=True)), "nothing-to-downgrade")
    own = [down and each.chosen_by == "ccg" for each, down in zip(rulings, is_down, strict=True)]
    lacking = [down and each.chosen_by is None for each, down in zip(rulings, is_down, strict=True)]
    fits = [each.outcome == "rejected" or o or n for each, o, n in zip(rulings, own, lacking, strict=True)]
    require(not is_scaled_down or all(fits), "scaled-down")
    require(is_scaled_down or not any(own), "not-scaled-down")
    needy = [each for each in rulings if each.outcome in {"rejected", "downgraded_to_joint"}]
    require(all(each.reasons for each in needy) and chosen == is_down, "reason-required")
    conditional = [each for each in rulings if each.outcome == "conditional"]
    require(is_interest or all(each.conditions for each in conditional), "condition-required")
    others = [each for each in rulings if each.outcome != "conditional"]
    is_bare = not any(each.conditions for each in others)
    require(is_bare and not (is_interest and conditional), "condition-not-allowed")


def _is_ahead(ruling: Ruling, day: date) -> bool:
    return all(each.due_on is not None and each.due_on >= day for each in ruling.conditions)


def check_is_ahead(ruling: Ruling, day: date) -> None:
    require(_is_ahead(ruling, day), "invalid-document")


def granted_level(level: str, outcome: str) -> str | None:
    return {"rejected": None, "downgraded_to_joint": "joint"}.get(outcome, level)


def conditions_of(ruling: Ruling) -> dict[str, Condition]:
    return {each.condition_id: Condition(each.due_on) for each in ruling.conditions if each.due_on is not None}


# --- the second pair of eyes --------------------------------------------------------------------


def _check_sign_off(model: Model, reference: str, person: Person, expected: str) -> Application:
    found = model.application(reference, person)
    require(person.role == ("national" if found.level == "delegated" else "panel"), "forbidden")
    require(person.key != found.recorded_by, "same-person")
    check_no_interest(person, found.members)
    check_version(expected)
    require(found.state == "recommended", "wrong-state")
    return found


def confirm(model: Model, reference: str, effective: date | None, person: Person, expected: str) -> None:
    found = _check_sign_off(model, reference, person, expected)
    require(effective is None or effective >= model.day, "invalid-document")
    plan = model.plans[found.round_id]
    found.moves("decided")
    found.is_shown = plan.see_at is not None and plan.see_at <= model.at
    for code in found.members:
        ruling = found.rulings[code]
        granted = None if plan.is_interest else granted_level(found.level, ruling.outcome)
        decided = Decision(
            decision_id=f"{reference}-{code}",
            application=reference,
            members=found.members,
            ods_code=code,
            region=found.region,
            round_id=found.round_id,
            requested=found.level,
            outcome=ruling.outcome,
            granted=granted,
            effective=(effective or max(plan.starts, model.day)) if granted else None,
            decided_on=model.day,
            recorded_by=found.recorded_by,
            conditions=conditions_of(ruling),
            is_scaled_down=found.is_scaled_down,
        )
        model.decisions[decided.decision_id] = decided


def send_back(model: Model, reference: str, note: str | None, person: Person, expected: str) -> None:
    found = _check_sign_off(model, reference, person, expected)
    require(note, "invalid-document")
    _back_with_the_panel(found)


def withdraw_outcomes(model: Model, reference: str, person: Person, expected: str) -> None:
    found = model.application(reference, person)
    require(person.role == "panel", "forbidden")
    check_no_interest(person, found.members)
    check_version(expected)
    require(found.state == "recommended", "wrong-state")
    _back_with_the_panel(found)


def _back_with_the_panel(found: Application) -> None:
    found.moves("submitted")
    found.recorded_by = None
    found.rulings.clear()


# --- announcing ---------------------------------------------------------------------------------


def waiting(model: Model, round_id: str, levels: Sequence[str]) -> tuple[str, ...]:
    """The set that would be announced: signed off, and not scheduled already."""
    scheduled = (each for each in model.announcements.values() if each.state == "scheduled")
    taken = {each for one in scheduled for each in one.decisions}
    found = (each for each in model.decisions.values() if each.round_id == round_id and each.requested in levels)
    return tuple(sorted(each.decision_id for each in found if not each.is_public and each.decision_id not in taken))


def announce(
    model: Model,
    announcement_id: str,
    round_id: str,
    levels: Sequence[str],
    looked_at: tuple[str, ...] | None,
    publish_at: datetime | None,
) -> None:
    """``looked_at`` is the set whose digest is named; None for a digest that nobody was ever given."""
    found = waiting(model, round_id, levels)
    require(found or looked_at, "nothing-to-announce")
    require(found == looked_at, "announcement-changed")
    require(publish_at is None or publish_at > model.at, "invalid-document")
    state = "made" if publish_at is None else "scheduled"
    model.announcements[announcement_id] = Announcement(announcement_id, round_id, found, publish_at, state)
    if publish_at is None:
        publish(model, found)


def publish(model: Model, decision_ids: Sequence[str]) -> None:
    decided = [model.decisions[each] for each in decision_ids]
    for each in decided:
        each.state, each.version, each.published_on = "published", 2, model.day
        if each.granted is None:
            model.applications[each.application].live.discard(each.ods_code)
        else:
            each.grant = Grant(each.granted, None if each.outcome == "conditional" else each.effective)
            each.grant.of_round = each.round_id or ""
            each.grant.end = model.end_of(each.ods_code, each.grant)
    for reference in {each.application for each in decided}:
        model.applications[reference].is_published = True
        model.applications[reference].version += 1


def cancel(model: Model, announcement_id: str, round_id: str) -> None:
    found = model.announcements[announcement_id]
    require(found.round_id == round_id, "not-found")
    require(found.state == "scheduled", "wrong-state")
    found.state = "cancelled"
