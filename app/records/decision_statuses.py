"""Decisions as clients poll them: small and cheap, for many applications at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.records.applications import Case
from app.records.decisions import snapshot_of
from app.records.open_conditions import HAS_EVIDENCE, OpenCondition
from app.records.tables import Approval, Decision, DecisionCondition, Proposal
from app.rules.decisions import ConditionState, DecisionSnapshot, ProposalState


@dataclass(frozen=True, slots=True)
class DecisionStatus:
    """What was decided about one CCG, and its status on a day. ``owed`` are the conditions that are open then."""

    decision_id: str
    ods_code: str
    outcome: str
    granted_level: str | None
    snapshot: DecisionSnapshot
    owed: tuple[OpenCondition, ...]

    @property
    def open_conditions(self) -> int:
        """How many conditions are still open."""
        return len(self.owed)


_OPEN_PROPOSALS = (
    select(func.count())
    .select_from(Proposal)
    .where(col(Proposal.decision_id) == col(Decision.decision_id), Proposal.state == ProposalState.OPEN)
    .correlate(Decision)
    .scalar_subquery()
)


def statuses_by_reference(session: Session, cases: Collection[Case], day: date) -> dict[str, list[DecisionStatus]]:
    """The decisions about these applications, also superseded ones, by reference and then decision id."""
    starts_on = {case.reference: case.round.starts_on for case in cases}
    found: dict[str, list[DecisionStatus]] = {reference: [] for reference in starts_on}
    if not found:
        return found
    rows = session.exec(
        select(Decision, Approval, _OPEN_PROPOSALS)
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
        .where(col(Decision.reference).in_(found))
        .order_by(col(Decision.decision_id))
    ).all()
    conditions = _conditions(session, [row.decision_id for row, _, _ in rows])
    for row, approval, still_open in rows:
        reference = row.reference or ""
        snapshot = snapshot_of(
            row,
            approval,
            [each for each, _ in conditions[row.decision_id]],
            day,
            starts_on=starts_on[reference],
            has_proposal=still_open > 0,
        )
        owed = _owed(row, snapshot, [has_evidence for _, has_evidence in conditions[row.decision_id]])
        status = DecisionStatus(row.decision_id, row.ods_code, row.outcome, row.granted_level, snapshot, owed)
        found[reference].append(status)
    return found


def _owed(decision: Decision, snapshot: DecisionSnapshot, evidenced: Sequence[bool]) -> tuple[OpenCondition, ...]:
    return tuple(
        OpenCondition(decision.decision_id, decision.ods_code, each.condition_id, each.due_on, has_evidence)
        for each, has_evidence in zip(snapshot.conditions, evidenced, strict=True)
        if each.state is ConditionState.OPEN
    )


def _conditions(session: Session, ids: Collection[str]) -> dict[str, list[tuple[DecisionCondition, bool]]]:
    found: dict[str, list[tuple[DecisionCondition, bool]]] = {decision_id: [] for decision_id in ids}
    query = select(DecisionCondition, HAS_EVIDENCE).where(col(DecisionCondition.decision_id).in_(found))
    for row, has_evidence in session.exec(
        query.order_by(col(DecisionCondition.decision_id), col(DecisionCondition.position))
    ):
        found[row.decision_id].append((row, bool(has_evidence)))
    return found
