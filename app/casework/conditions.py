"""Conditions: evidence by the CCG, discharge by the panel, lapse by NHS England, and the promotion that follows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from app.casework import decided, grants
from app.casework.decided import DecisionActed, DecisionSight, about, after, check_is_own, first_of, subject_of
from app.records import approvals, ledger
from app.records.ledger import Entry
from app.records.session import Session
from app.records.tables import DecisionCondition
from app.rules import permissions
from app.rules.callers import Person, System
from app.rules.decisions import ConditionStand, ConditionState, DecisionAct
from app.rules.refusals import WrongState
from app.rules.standing import End, EndedBy
from app.rules.versions import Expectation

ONE_DAY = timedelta(days=1)


def give_evidence(
    session: Session,
    seen: DecisionSight,
    condition_id: str,
    *,
    text: str,
    links: Sequence[Mapping[str, Any]],
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Put forward what shows that a condition is met. It stays between the CCG, the panel and NHS England."""
    check_is_own(seen)
    condition = seen.condition(condition_id)
    expected.check(seen.version, is_required=False)
    seen.check_condition_is_open(condition)
    seen.check_possible(DecisionAct.GIVE_EVIDENCE)
    earlier = [each for each in seen.dossier.evidence if each.condition_id == condition_id]
    entry = Entry(
        "evidence.given",
        {**first_of(seen), "conditionId": condition_id, "number": len(earlier) + 1},
        {"actor": caller.key, "attribution": attribution, "text": text, "links": links},
        reference=seen.dossier.decision.reference,
        ods_code=seen.dossier.decision.ods_code,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return DecisionActed(receipt, decided.find(session, seen.dossier.decision_id, caller, at))


def discharge(
    session: Session,
    seen: DecisionSight,
    condition_id: str,
    *,
    note: str | None,
    panel: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Say that a condition is met. With the last one the approval is promoted (rule 7)."""
    permissions.check_may_discharge(panel, seen.concerned, recorded_by=seen.dossier.decision.recorded_by)
    condition = seen.condition(condition_id)
    expected.check(seen.dossier.version)
    seen.check_condition_is_open(condition)
    seen.check_possible(DecisionAct.DISCHARGE)
    met = settled(seen, condition, ConditionState.MET, first_of(seen), {"actor": panel.key, "note": note})
    receipts = ledger.append(session, [met, *promotion(seen, condition_id, actor=panel.key, named=None)], at=at)
    return after(session, seen, DecisionActed(receipts[0], seen), actor=panel.key, at=at)


def lapse(
    session: Session,
    seen: DecisionSight,
    condition_id: str,
    *,
    reason: str,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Say that a condition was not met by its day. What was granted ends with it; the reason is public."""
    condition = seen.condition(condition_id)
    expected.check(seen.dossier.version)
    seen.check_condition_is_open(condition)
    seen.check_possible(DecisionAct.LAPSE)
    stand = ConditionStand(condition_id, ConditionState.OPEN, condition.due_on)
    if not stand.is_overdue(seen.day):
        raise WrongState(
            f"Condition {condition_id} is open until the end of {condition.due_on}.",
            extra={"state": condition.state, "allowed": [act for act in seen.acts if act is not DecisionAct.LAPSE]},
        )
    lapsed = settled(seen, condition, ConditionState.LAPSED, first_of(seen) | {"reason": reason}, {"actor": person.key})
    held = approvals.held_under(session, seen.dossier.decision_id)
    entries = [lapsed]
    if held is not None:
        # It was never in force: its last day is before the day on which that is said.
        end = End(seen.day - ONE_DAY, EndedBy.CONDITION_LAPSED)
        entries.append(grants.ended(held, end, seen.day, actor=person.key, is_first=False, reason=reason))
    receipts = ledger.append(session, entries, at=at)
    return after(session, seen, DecisionActed(receipts[0], seen), actor=person.key, at=at)


def settled(
    seen: DecisionSight,
    condition: DecisionCondition,
    state: ConditionState,
    data: Mapping[str, Any],
    private: Mapping[str, Any],
) -> Entry:
    """The entry that says that a condition is open no more."""
    members = {**data, "conditionId": condition.condition_id, "occurredOn": seen.day.isoformat()}
    return about(seen, f"condition.{state}", members, private)


def promotion(seen: DecisionSight, condition_id: str, *, actor: str, named: date | None) -> list[Entry]:
    """The entry that promotes the approval, when this was the last open condition.

    It starts on the later of ``effectiveFrom`` and this day, or on the day that NHS England names.
    """
    others = [each for each in seen.dossier.conditions if each.condition_id != condition_id]
    if any(each.state == ConditionState.OPEN for each in others):
        return []
    starts = named or max(seen.dossier.decision.effective_from or seen.day, seen.day)
    data = {**subject_of(seen), "occurredOn": seen.day.isoformat(), "inForceFrom": starts.isoformat()}
    return [about(seen, "approval.promoted", data, {"actor": actor})]
