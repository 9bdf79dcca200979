"""Conditions: evidence by the CCG, discharge by the panel, lapse by NHS England, and the promotion that follows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app.casework import decision_views, grants
from app.casework.decision_views import DecisionActed, DecisionView, check_is_own, settle_grants
from app.records import approvals, ledger
from app.records.entries import AnyEntry
from app.records.entries.approvals import ApprovalPromoted
from app.records.entries.conditions import ConditionLapsed, ConditionMet, EvidenceGiven
from app.records.session import Session
from app.rules import permissions
from app.rules.callers import Person, System
from app.rules.deadlines import ONE_DAY
from app.rules.decisions import ConditionSnapshot, ConditionState, DecisionAct
from app.rules.grants import End, EndedBy
from app.rules.refusals import WrongState
from app.rules.versions import Expectation


def give_evidence(
    session: Session,
    view: DecisionView,
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
    check_is_own(view)
    condition = view.condition(condition_id)
    expected.check(view.version, is_required=False)
    view.check_condition_is_open(condition)
    view.check_possible(DecisionAct.GIVE_EVIDENCE)
    earlier = [each for each in view.dossier.evidence if each.condition_id == condition_id]
    entry = EvidenceGiven(
        **view.subject(caller.key),
        condition_id=condition_id,
        number=len(earlier) + 1,
        attribution=attribution,
        text=text,
        links=links,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return DecisionActed(receipt, decision_views.fetch_visible(session, view.dossier.decision_id, caller, at))


def discharge(
    session: Session,
    view: DecisionView,
    condition_id: str,
    *,
    note: str | None,
    panel: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Say that a condition is met. With the last one the approval is promoted (rule 7)."""
    permissions.check_may_discharge(panel, view.concerned, recorded_by=view.dossier.decision.recorded_by)
    condition = view.condition(condition_id)
    expected.check(view.dossier.version)
    view.check_condition_is_open(condition)
    view.check_possible(DecisionAct.DISCHARGE)
    met = ConditionMet(**view.subject(panel.key), condition_id=condition_id, occurred_on=view.day, note=note)
    receipts = ledger.append(session, [met, *promotion(view, condition_id, actor=panel.key, named=None)], at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=panel.key, at=at)


def lapse(
    session: Session,
    view: DecisionView,
    condition_id: str,
    *,
    reason: str,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Say that a condition was not met by its day. What was granted ends with it; the reason is public."""
    condition = view.condition(condition_id)
    expected.check(view.dossier.version)
    view.check_condition_is_open(condition)
    view.check_possible(DecisionAct.LAPSE)
    stand = ConditionSnapshot(condition_id, ConditionState.OPEN, condition.due_on)
    if not stand.is_overdue(view.day):
        raise WrongState(
            f"Condition {condition_id} is open until the end of {condition.due_on}.",
            extra={"state": condition.state, "allowed": [act for act in view.acts if act is not DecisionAct.LAPSE]},
        )
    lapsed = ConditionLapsed(**view.subject(person.key), condition_id=condition_id, occurred_on=view.day, reason=reason)
    held = approvals.held_under(session, view.dossier.decision_id)
    entries: list[AnyEntry] = [lapsed]
    if held is not None:
        # It was never in force: its last day is before the day on which that is said.
        end = End(view.day - ONE_DAY, EndedBy.CONDITION_LAPSED)
        entries.append(grants.ended(held, end, view.day, actor=person.key, is_first=False, reason=reason))
    receipts = ledger.append(session, entries, at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=person.key, at=at)


def promotion(view: DecisionView, condition_id: str, *, actor: str, named: date | None) -> list[ApprovalPromoted]:
    """The entry that promotes the approval, when this was the last open condition.

    It starts on the later of ``effectiveFrom`` and this day, or on the day that NHS England names.
    """
    others = [each for each in view.dossier.conditions if each.condition_id != condition_id]
    if any(each.state == ConditionState.OPEN for each in others):
        return []
    starts = named or max(view.dossier.decision.effective_from or view.day, view.day)
    subject = view.subject(actor, is_first=False)
    return [ApprovalPromoted(**subject, occurred_on=view.day, in_force_from=starts)]
