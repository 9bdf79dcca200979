"""The open conditions of decided applications, and whether there is evidence for each: whose turn it is with them."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import exists, not_
from sqlmodel import Session, col, select

from app.records.applications import Case
from app.records.approvals import grant_of
from app.records.tables import Approval, ConditionEvidence, Decision, DecisionCondition
from app.rules.decisions import ConditionState, DecisionState
from app.rules.grants import status_on
from app.rules.lifecycle import State


class OpenCondition(NamedTuple):
    """A condition that is open. Evidence is given to one decision: a correction sets its conditions anew."""

    decision_id: str
    ods_code: str
    condition_id: str
    due_on: date | None
    has_evidence: bool


# An expression of its own, since the queue asks for decisions of which a condition lacks evidence.
HAS_EVIDENCE = (
    exists()
    .where(
        col(ConditionEvidence.decision_id) == col(DecisionCondition.decision_id),
        col(ConditionEvidence.condition_id) == col(DecisionCondition.condition_id),
    )
    .correlate(DecisionCondition)
)


# The same rule as the last of ``rules.lifecycle.waiting_on``, of one decision: somebody still owes evidence.
LACKS_EVIDENCE = select(DecisionCondition.decision_id).where(
    DecisionCondition.state == ConditionState.OPEN, not_(HAS_EVIDENCE)
)


def open_conditions_of(session: Session, cases: Collection[Case], day: date) -> dict[str, list[OpenCondition]]:
    """By reference, those of the applications that are decided, in the order of the decisions.

    What was a condition of a grant that is over on the London day is not open (``rules.decisions.shown_state``).
    """
    starts_on = {case.reference: case.round.starts_on for case in cases if case.state is State.DECIDED}
    if not starts_on:
        return {}
    query = (
        select(Decision, DecisionCondition, Approval, HAS_EVIDENCE)
        .join(DecisionCondition, col(DecisionCondition.decision_id) == col(Decision.decision_id))
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
        .where(
            col(Decision.reference).in_(list(starts_on)),
            Decision.state != DecisionState.SUPERSEDED,
            DecisionCondition.state == ConditionState.OPEN,
        )
        .order_by(col(Decision.decision_id), col(DecisionCondition.position))
    )
    found: dict[str, list[OpenCondition]] = {}
    for row, condition, approval, has_evidence in session.exec(query):
        reference = row.reference or ""
        if approval is None or not status_on(grant_of(approval, starts_on[reference]), day).is_over:
            found.setdefault(reference, []).append(
                OpenCondition(
                    row.decision_id, row.ods_code, condition.condition_id, condition.due_on, bool(has_evidence)
                )
            )
    return found
