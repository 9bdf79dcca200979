"""What moves on after a merger, in the model (rule 22). Here every round is known whole."""

from datetime import date

from app.rules.callers import Person
from tests.machine.model import (
    ONE_DAY,
    Ccg,
    Condition,
    Decision,
    Grant,
    Model,
    Moving,
    check_no_interest,
    check_version,
    require,
)
from tests.machine.model_post_decision import FOLLOWS, close_ccg, settle


def merge(model: Model, codes: tuple[str, ...], into: str, opens: date) -> None:
    model.ccgs[into], model.opened[into] = Ccg(model.ccgs[codes[0]].region), opens
    for code in codes:
        close_ccg(model, code, opens - ONE_DAY, into)


def predecessors(model: Model, code: str, day: date) -> list[str]:
    named = sorted(each for each, successor in model.successors.items() if successor == code)
    return [each for each in named if (closed := model.ccgs[each].closed) is not None and closed < day]


def held(model: Model, code: str, eve: date) -> str:
    """The level in force on the eve, unless an act on the grant ends it then."""
    grants = [each for each in model.grants(code) if each.standing(eve) == "in_force"]
    newest = max(grants, key=lambda each: each.start or date.min, default=None)
    if newest is None:
        return "none"
    is_over = newest.end is not None and newest.end.day == eve and newest.end.by not in FOLLOWS
    return "none" if is_over else newest.level


def proposed(model: Model, code: str, day: date) -> str | None:
    """What those held together that a body follows; None if it is no CCG that opens that day in the place of others."""
    before = predecessors(model, code, day)
    if model.opened.get(code) != day or not before:
        return None
    levels = {held(model, each, day - ONE_DAY) for each in before}
    return levels.pop() if len(levels) == 1 else "mixed"


def propose(model: Model, made: Moving, person: Person) -> None:
    said = proposed(model, made.code, made.on)
    require(said is not None, "invalid-document")
    require((made.agreement is None) == (made.level == "none"), "invalid-document")
    require(made.level == said or made.has_reason, "invalid-document")
    check_no_interest(person, {made.code, *predecessors(model, made.code, made.on)})
    require(not _is_decided(model, made.code), "already-decided")
    waiting = [each.code for each in model.successions.values() if each.state == "open"]
    require(made.code not in waiting, "already-proposed")
    made.proposed, made.before = said or "", predecessors(model, made.code, made.on)
    model.successions[made.proposal_id] = made


def _is_decided(model: Model, code: str) -> bool:
    return any(each.ods_code == code and each.state != "superseded" for each in model.decisions.values())


def confirm(model: Model, proposal_id: str, person: Person, expected: str) -> None:
    made = model.successions[proposal_id]
    before = predecessors(model, made.code, made.on)
    require(person.key != made.by, "same-person")
    check_no_interest(person, {made.code, *before})
    check_version(expected)
    require(made.state == "open", "wrong-state")
    require(proposed(model, made.code, made.on) == made.proposed and before == made.before, "wrong-state")
    require(not _is_decided(model, made.code), "already-decided")
    made.state, made.version = "confirmed", 2
    if made.level != "none":
        _decide(model, made, before)


def _decide(model: Model, made: Moving, before: list[str]) -> None:
    conditions = _open_conditions(model, made, before)
    found = Decision(
        decision_id=f"S{made.on}-{made.code}",
        application=f"S{made.on}",
        members=(made.code,),
        ods_code=made.code,
        region=model.ccgs[made.code].region,
        round_id=None,
        requested=made.level,
        outcome="conditional" if conditions else "approved",
        granted=made.level,
        effective=made.on,
        decided_on=model.day,
        recorded_by=made.by,
        conditions=conditions,
        state="published",
    )
    found.grant = Grant(made.level, None if conditions else made.on, made.agreement or "")
    model.decisions[found.decision_id] = found
    found.grant.end = model.end_of(made.code, found.grant)
    settle(model, made.code)
    grant = found.grant
    grant.start_told = grant.is_ever_in_force and grant.start is not None and grant.start <= model.day


def _open_conditions(model: Model, made: Moving, before: list[str]) -> dict[str, Condition]:
    """Those of what was granted at that level and was not over with the eve by an act on it."""
    eve = made.on - ONE_DAY
    found = list[Condition]()
    for code in before:
        for each in sorted(model.standing_decisions(code), key=lambda one: one.decision_id):
            grant = each.grant
            if grant is None or grant.level != made.level or grant.agreement == "not_taken_up":
                continue
            is_over = (grant.own_end is not None and grant.own_end.day <= eve) or (
                grant.end is not None and grant.end.day < eve
            )
            still_open = [one for one in each.conditions.values() if one.state == "open"]
            found += [] if is_over else [Condition(one.due) for one in still_open]
    return {f"c{number}": each for number, each in enumerate(found, start=1)}


def withdraw(model: Model, proposal_id: str, expected: str) -> None:
    made = model.successions[proposal_id]
    check_version(expected)
    require(made.state == "open", "wrong-state")
    made.state, made.version = "withdrawn", 2
