"""What happens to a decision once it is public, in the model (rules 4, 7, 8, 11, 14 and 15)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from app.rules.callers import Person, System
from app.rules.outcomes import Ruling
from tests.machine import model_deciding
from tests.machine.model import (
    ONE_DAY,
    Application,
    Condition,
    Decision,
    End,
    Grant,
    Model,
    Proposal,
    Refused,
    check_no_interest,
    check_version,
    require,
)
from tests.machine.model_deciding import check_is_ahead, check_rulings, conditions_of, granted_level

FOLLOWS = {"superseded_by_grant", "succeeded", "abolished"}


def grant_of(decision: Decision) -> Grant:
    assert decision.grant is not None
    return decision.grant


def _after(model: Model, decision: Decision) -> None:
    """A grant that has started is told at once; others end by it."""
    settle(model, decision.ods_code)
    grant = decision.grant
    if grant is not None and _has_started(grant, model.day):
        grant.start_told = True
    _close_impossible(model, [decision])


def settle(model: Model, code: str) -> None:
    _close_impossible(model, model.settle(code))


def _close_impossible(model: Model, decisions: Iterable[Decision]) -> None:
    """Proposals about these that nobody could confirm any more."""
    ids = {each.decision_id for each in decisions}
    for each in model.proposals.values():
        if each.decision_id in ids and each.state == "open" and not _can_be_confirmed(model, each):
            each.state = "closed"


def _can_be_confirmed(model: Model, proposal: Proposal) -> bool:
    found = model.decisions[proposal.decision_id]
    try:
        _check_can(model, found, proposal.kind)
        if proposal.kind == "revocation":
            require(proposal.day is None or proposal.day >= model.day, "wrong-state")
            _check_ends_later(found, proposal.day or model.day)
    except Refused:
        return False
    return proposal.condition_id is None or found.conditions[proposal.condition_id].state == "open"


def _has_started(grant: Grant, day: date) -> bool:
    return grant.is_ever_in_force and grant.start is not None and grant.start <= day


def _condition(decision: Decision, condition_id: str) -> Condition:
    require(condition_id in decision.conditions, "not-found")
    return decision.conditions[condition_id]


def _check_open(model: Model, decision: Decision, condition: Condition) -> None:
    require(condition.state == "open" and decision.has_open_condition(model.day), "wrong-state")


def evidence(model: Model, decision_id: str, condition_id: str, caller: System, expected: str) -> None:
    found = model.decision(decision_id, caller)
    require(found.ods_code in caller.ods_codes, "forbidden")
    condition = _condition(found, condition_id)
    check_version(expected, is_required=False)
    _check_open(model, found, condition)
    found.version += 1
    condition.evidence += 1


def discharge(model: Model, decision_id: str, condition_id: str, person: Person, expected: str) -> None:
    found = model.decision(decision_id, person)
    require(person.key != found.recorded_by, "same-person")
    check_no_interest(person, {*found.members, found.ods_code})
    condition = _condition(found, condition_id)
    check_version(expected)
    _check_open(model, found, condition)
    found.version += 1
    condition.state = "met"
    _promote(model, found, None)
    _after(model, found)


def _promote(model: Model, decision: Decision, named: date | None) -> None:
    if all(each.state != "open" for each in decision.conditions.values()):
        grant_of(decision).start = named or max(decision.effective or model.day, model.day)
        grant_of(decision).promoted_on = model.day


def lapse(model: Model, decision_id: str, condition_id: str, person: Person, expected: str) -> None:
    found = model.decision(decision_id, person)
    condition = _condition(found, condition_id)
    check_version(expected)
    _check_open(model, found, condition)
    require(condition.due < model.day, "wrong-state")
    found.version += 1
    condition.state = "lapsed"
    grant_of(found).ends(End(model.day - ONE_DAY, "condition_lapsed"))
    grant_of(found).end_told = True
    _after(model, found)


def _check_awaits_agreement(model: Model, found: Decision, expected: str) -> None:
    check_version(expected)
    is_awaited = found.can_come_into_force(model.day) and grant_of(found).agreement == "awaited"
    require(is_awaited, "wrong-state")


def sign(
    model: Model, decision_id: str, signed_on: date, in_force_from: date | None, person: Person, expected: str
) -> None:
    found = model.decision(decision_id, person)
    _check_awaits_agreement(model, found, expected)
    require((found.published_on or signed_on) <= signed_on <= model.day, "invalid-document")
    earliest = max(signed_on, grant_of(found).promoted_on or signed_on)
    is_late = in_force_from is None or in_force_from >= earliest
    require(is_late and not (in_force_from and found.has_open_condition(model.day)), "invalid-document")
    found.version += 1
    grant = grant_of(found)
    grant.agreement, grant.signed_on = "signed", signed_on
    if grant.start is not None:
        grant.start = in_force_from or max(grant.start, signed_on)
    _after(model, found)


def decline(model: Model, decision_id: str, person: Person, expected: str) -> None:
    found = model.decision(decision_id, person)
    _check_awaits_agreement(model, found, expected)
    found.version += 1
    grant_of(found).agreement = "not_taken_up"
    _after(model, found)


# --- notice -------------------------------------------------------------------------------------


def _check_takes_notice(model: Model, found: Decision) -> None:
    require(found.can_come_into_force(model.day), "wrong-state")
    grant = grant_of(found)
    is_given = grant.own_end is not None and grant.own_end.by == "notice"
    is_over = grant.end is not None and grant.end.by not in FOLLOWS
    require(grant.lets_start and not is_given and not is_over, "wrong-state")


def _given(model: Model, found: Decision, last_day: date) -> None:
    grant = grant_of(found)
    found.version += 1
    grant.ends(End(last_day, "notice"))
    grant.end_told = False
    _after(model, found)


def notice(model: Model, decision_id: str, last_day: date | None, caller: System, expected: str) -> None:
    found = model.decision(decision_id, caller)
    require(found.ods_code in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    _check_takes_notice(model, found)
    year = model.day.year
    earliest = date(year + 1, 3, 31) if model.day <= date(year, 9, 30) else date(year + 2, 3, 31)
    ends = last_day or earliest
    require(ends >= earliest and (ends.month, ends.day) == (3, 31), "notice-too-short")
    known = grant_of(found).end
    require(known is None or known.day > ends, "wrong-state")
    _given(model, found, ends)


def override(
    model: Model, decision_id: str, last_day: date | None, reason: str | None, person: Person, expected: str
) -> None:
    found = model.decision(decision_id, person)
    check_no_interest(person, {*found.members, found.ods_code})
    check_version(expected)
    end = found.grant.end if found.grant is not None else None
    has_notice = found.can_come_into_force(model.day) and end is not None
    require(has_notice and end is not None and end.by == "notice", "wrong-state")
    require(last_day is not None and last_day >= model.day and reason, "invalid-document")
    _given(model, found, last_day or model.day)


def _rests_on_notice(model: Model, found: Decision, other: Application) -> bool:
    """Whether a CCG has applied for what it could not apply for if its grant went on."""
    if found.ods_code not in other.live or other.is_published or model.is_interest(other.round_id):
        return False
    grant, starts = grant_of(found), model.plans[other.round_id].starts
    goes_on = grant.end is None or grant.end.by == "notice" or grant.end.day >= starts
    return goes_on and grant.level in {other.level, "delegated"}


def withdraw_notice(model: Model, decision_id: str, caller: System, expected: str) -> None:
    found = model.decision(decision_id, caller)
    require(found.ods_code in caller.ods_codes, "forbidden")
    check_version(expected, is_required=False)
    end = found.grant.own_end if found.grant is not None else None
    require(found.can_come_into_force(model.day) and end is not None and end.by == "notice", "wrong-state")
    last_day = end.day if end is not None else model.day
    # The year in which the notice had to be given: the grant ends in the twelve months from its April.
    year = last_day.year if last_day.month > date(2015, 3, 31).month else last_day.year - 1
    require(model.day <= last_day and model.day <= date(year, 9, 30), "wrong-state")
    require(not any(_rests_on_notice(model, found, each) for each in model.applications.values()), "live-application")
    found.version += 1
    grant_of(found).own_end = None
    _after(model, found)


# --- two people ---------------------------------------------------------------------------------


def propose(model: Model, proposal: Proposal, person: Person, expected: str) -> None:
    found = model.decision(proposal.decision_id, person)
    check_version(expected)
    _check_can(model, found, proposal.kind)
    if proposal.ruling is not None:
        is_interest = model.is_interest(found.round_id)
        rulings = [proposal.ruling]
        check_rulings(found.requested, rulings, is_scaled_down=found.is_scaled_down, is_interest=is_interest)
        kept = _carried(found, proposal.ruling)
        changed = [each for each, same in zip(proposal.ruling.conditions, kept, strict=True) if same is None]
        check_is_ahead(replace(proposal.ruling, conditions=tuple(changed)), model.day)
        opens = model.opened.get(found.ods_code, date.min)
        require(proposal.day is None or proposal.day >= opens, "invalid-document")
        proposal.day = proposal.day or found.effective or starts_of(model, found)
    elif proposal.kind == "agreement":
        _check_agreement(model, found, proposal)
    else:
        if proposal.condition_id is not None:
            require(_condition(found, proposal.condition_id).state == "open", "wrong-state")
        require(proposal.day is None or proposal.day >= model.day, "invalid-document")
    if proposal.kind == "revocation":
        _check_ends_later(found, proposal.day or model.day)
    for each in model.proposals.values():
        if each.decision_id == found.decision_id and each.state == "open":
            each.state = "replaced"
    model.proposals[proposal.proposal_id] = proposal
    found.version += 1


def starts_of(model: Model, found: Decision) -> date:
    """The day on which its round starts. What follows from a merger is named by the day of the merger."""
    if found.round_id is None:
        return date.fromisoformat(found.application.removeprefix("S"))
    return model.plans[found.round_id].starts


def _check_ends_later(found: Decision, last_day: date) -> None:
    end = grant_of(found).end
    require(end is None or end.day > last_day, "wrong-state")


def _check_can(model: Model, found: Decision, kind: str) -> None:
    can = {
        "correction": found.state == "published",
        "revocation": found.can_come_into_force(model.day),
        "waiver": found.has_open_condition(model.day),
        "agreement": found.state == "published"
        and found.grant is not None
        and found.grant.agreement in {"signed", "novated", "not_taken_up"},
    }
    require(can[kind], "wrong-state")


def confirm(model: Model, proposal_id: str, person: Person, expected: str) -> None:
    proposal = model.proposals[proposal_id]
    found = model.decision(proposal.decision_id, person)
    require(person.key != proposal.by, "same-person")
    check_no_interest(person, {*found.members, found.ods_code})
    check_version(expected)
    require(proposal.state == "open", "wrong-state")
    _check_can(model, found, proposal.kind)
    match proposal.kind:
        case "correction":
            _correct(model, found, proposal)
        case "revocation":
            _revoke(model, found, proposal)
        case "waiver":
            _waive(model, found, proposal)
        case _:
            _mend_agreement(model, found, proposal)


def withdraw_proposal(model: Model, proposal_id: str, person: Person, expected: str) -> None:
    proposal = model.proposals[proposal_id]
    found = model.decision(proposal.decision_id, person)
    check_version(expected)
    require(proposal.state == "open", "wrong-state")
    proposal.state = "withdrawn"
    found.version += 1


def _revoke(model: Model, found: Decision, proposal: Proposal) -> None:
    last_day = proposal.day or model.day
    grant = grant_of(found)
    require(last_day >= model.day, "wrong-state")
    _check_ends_later(found, last_day)
    proposal.state = "confirmed"
    found.version += 1
    if not grant.lets_start or grant.start is None or grant.start > last_day:
        last_day = model.day - ONE_DAY
    grant.ends(End(last_day, "revoked"))
    grant.end_told = last_day < model.day
    _after(model, found)


def _check_agreement(model: Model, found: Decision, proposal: Proposal) -> None:
    grant, signed_on = grant_of(found), proposal.signed_on
    if signed_on is not None:
        require((found.published_on or signed_on) <= signed_on <= model.day, "invalid-document")
        earliest = max(signed_on, grant.promoted_on or signed_on)
        require(proposal.day is None or proposal.day >= earliest, "invalid-document")
        require(proposal.day is None or not found.has_open_condition(model.day), "invalid-document")
    said = (proposal.agreement, signed_on, _start_by(found, proposal))
    require(said != (grant.agreement, grant.signed_on, grant.start), "invalid-document")


def _start_by(found: Decision, proposal: Proposal) -> date | None:
    """The first day by what is proposed of the agreement: a signature after the day that was planned puts it off."""
    grant, planned = grant_of(found), grant_of(found).start
    if planned is not None and grant.signed_on is not None and planned <= grant.signed_on:
        planned = max(day for day in (found.effective, grant.promoted_on) if day is not None)
    if planned is None or proposal.signed_on is None:
        return planned
    if proposal.day is not None:
        return max(proposal.day, grant.promoted_on or proposal.day)
    return max(planned, proposal.signed_on)


def _mend_agreement(model: Model, found: Decision, proposal: Proposal) -> None:
    grant, start = grant_of(found), _start_by(found, proposal)
    proposal.state = "confirmed"
    found.version += 1
    grant.start_told = grant.start_told and proposal.agreement == "signed" and start == grant.start
    grant.agreement, grant.signed_on, grant.start = proposal.agreement, proposal.signed_on, start
    _after(model, found)


def _waive(model: Model, found: Decision, proposal: Proposal) -> None:
    condition = found.conditions[proposal.condition_id or ""]
    require(condition.state == "open", "wrong-state")
    proposal.state = "confirmed"
    found.version += 1
    condition.state = "waived"
    _promote(model, found, max(proposal.day, model.day) if proposal.day else None)
    _after(model, found)


def _correct(model: Model, old: Decision, proposal: Proposal) -> None:
    assert proposal.ruling is not None
    granted = None if model.is_interest(old.round_id) else granted_level(old.requested, proposal.ruling.outcome)
    _check_stands_alone(model, old, granted)
    proposal.state = "confirmed"
    before = [each for each in model.decisions.values() if each.application == old.application]
    number = sum(each.ods_code == old.ods_code for each in before) + 1
    new = Decision(
        decision_id=f"{old.application}-{old.ods_code}-{number}",
        application=old.application,
        members=old.members,
        ods_code=old.ods_code,
        region=old.region,
        round_id=old.round_id,
        requested=old.requested,
        outcome=proposal.ruling.outcome,
        granted=granted,
        effective=proposal.day if granted else None,
        decided_on=model.day,
        recorded_by=proposal.by,
        conditions=_corrected_conditions(old, proposal.ruling),
        state="published",
        supersedes=old.decision_id,
        is_scaled_down=old.is_scaled_down,
    )
    new.grant = _corrected_grant(old, new)
    if new.grant is not None:
        new.grant.of_round = new.round_id or ""
        _promote_corrected(model, new, new.grant)
    _void(model, old, new)
    model.decisions[new.decision_id] = new
    if old.round_id is not None:
        live = model.applications[old.application].live
        (live.add if granted else live.discard)(old.ods_code)
    _after(model, new)


def _void(model: Model, old: Decision, new: Decision) -> None:
    """What the old decision gave never was in force."""
    old.version += 1
    old.state, old.superseded_by = "superseded", new.decision_id
    if old.grant is not None:
        old.grant.end, old.grant.end_told = End((old.grant.start or model.day) - ONE_DAY, "corrected"), True


def _check_stands_alone(model: Model, old: Decision, granted: str | None) -> None:
    if granted is None:
        return
    others = [each for each in model.decisions.values() if each is not old and each.state != "superseded"]
    same = [each for each in others if (each.ods_code, each.round_id) == (old.ods_code, old.round_id)]
    require(not any(each.granted for each in same), "wrong-state")
    live = None if old.round_id is None else model.live(old.round_id, old.ods_code)
    require(live in {None, old.application}, "wrong-state")


def _carried(old: Decision, ruling: Ruling) -> list[Condition | None]:
    """Of each new condition the old one that it is: they differ in nothing but the day. Each is one at most."""
    left = list(old.conditions.values())
    found = list[Condition | None]()
    for each in ruling.conditions:
        same = next((one for one in left if one.due == each.due_on), None)
        if same is not None:
            left = [one for one in left if one is not same]
        found.append(same)
    return found


def _corrected_conditions(old: Decision, ruling: Ruling) -> dict[str, Condition]:
    made = conditions_of(ruling)
    for new, same in zip(made.values(), _carried(old, ruling), strict=True):
        new.state = same.state if same is not None else "open"
    return made


def _corrected_grant(old: Decision, new: Decision) -> Grant | None:
    """What was signed, promoted and ended of the same grant goes on; anything else starts anew."""
    if new.granted is None:
        return None
    was, is_conditional = old.grant, new.outcome == "conditional"
    if was is None or old.granted != new.granted or is_conditional != (old.outcome == "conditional"):
        return Grant(new.granted, None if is_conditional else new.effective)
    is_moved = new.effective != old.effective
    days = [new.effective, was.signed_on, was.promoted_on]
    kept = Grant(was.level, None, was.agreement, was.signed_on)
    if not is_conditional or (was.promoted_on is not None and _all_are_settled(new)):
        kept.start = max(filter(None, days)) if is_moved else was.start
        kept.promoted_on, kept.start_told = was.promoted_on, was.start_told and not is_moved
    has_lapsed = any(each.state == "lapsed" for each in new.conditions.values())
    if was.own_end is not None and (was.own_end.by != "condition_lapsed" or has_lapsed):
        kept.ends(was.own_end)
        kept.end_told = was.end_told
    return kept


def _all_are_settled(decision: Decision) -> bool:
    return all(each.state in {"met", "waived"} for each in decision.conditions.values())


def _promote_corrected(model: Model, new: Decision, grant: Grant) -> None:
    """The last condition that was open is no longer one."""
    is_over = grant.end is not None and grant.end.day < model.day
    if not new.conditions or grant.promoted_on is not None or grant.agreement == "not_taken_up" or is_over:
        return
    if _all_are_settled(new):
        _promote(model, new, None)


# --- the world and time -------------------------------------------------------------------------


def close_ccg(model: Model, code: str, closed: date | None, successor: str | None) -> None:
    model.ccgs[code].closed = closed
    if successor is None or closed is None:
        model.successors.pop(code, None)
    else:
        model.successors[code] = successor
    settle(model, code)


def tick(model: Model, at: datetime) -> None:
    """Everything that is due by now, late or not."""
    model.at = at
    _publish_due(model)
    for each in model.applications.values():
        plan = model.plans[each.round_id]
        is_unseen = each.state == "decided" and not each.is_published and not each.is_shown
        if is_unseen and plan.see_at is not None and plan.see_at <= at:
            each.is_shown = True
            each.version += 1
        if each.state in {"draft", "changes_requested"} and plan.closes < model.day:
            each.ends("lapsed")
    _tell(model)
    _close_impossible(model, model.decisions.values())


def _publish_due(model: Model) -> None:
    scheduled = [each for each in model.announcements.values() if each.state == "scheduled"]
    for each in sorted(scheduled, key=lambda one: (one.publish_at, one.announcement_id)):
        if each.publish_at is not None and each.publish_at <= model.at:
            each.state = "made"
            model_deciding.publish(model, each.decisions)


def _tell(model: Model) -> None:
    for code in model.ccgs:
        for each in model.standing_decisions(code):
            grant = grant_of(each)
            if not grant.start_told and _has_started(grant, model.day):
                grant.start_told = True
                each.version += 1
            if not grant.end_told and grant.end is not None and grant.end.day < model.day:
                grant.end_told = True
                each.version += 1
