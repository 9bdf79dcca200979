"""What the register already has about past rounds: facts of history, and the casework that stands in their way."""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import Session, col, select

from app.records.tables import (
    Application,
    Approval,
    Decision,
    DecisionCondition,
    DecisionReason,
    Declaration,
    ReportedTotal,
    Round,
)
from app.rules.decisions import ConditionState, DecisionState
from app.rules.grants import Agreement
from app.rules.history import Basis, Chosen, Origin, PastDecision, PastDeclaration, PastFact, Reported
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.words import Level, Outcome

# Round, ODS code, and whether it is what the CCG chose or was answered: an approval that nobody is known to have asked
# for stands beside that.
Place = tuple[str, str, bool]


class ExistingFact(NamedTuple):
    """What is in effect for a CCG in a round. ``fact`` is None if casework decided or declared it.

    ``number`` counts what history has said so far, corrections included.
    """

    key: str
    fact: PastFact | None
    number: int


def standing_in(session: Session, round_ids: Collection[str]) -> dict[Place, ExistingFact]:
    """Decisions and declarations in effect in these rounds, by round, ODS code and kind. Embargoed ones count too.

    A declaration counts even after an application has ended it, because the public still sees it.
    """
    return {**_declarations(session, round_ids), **_decisions(session, round_ids)}


def acted_on(session: Session, codes: Collection[str]) -> frozenset[str]:
    """The decisions about these CCGs whose conditions were settled here, or whose grant an act on it has ended."""
    settled = (
        select(DecisionCondition.decision_id)
        .join(Decision, col(Decision.decision_id) == col(DecisionCondition.decision_id))
        .where(col(Decision.ods_code).in_(codes), DecisionCondition.state != ConditionState.OPEN)
    )
    own = select(Approval.decision_id).where(col(Approval.ods_code).in_(codes), col(Approval.own_by).is_not(None))
    return frozenset({*session.exec(settled), *session.exec(own)})


def reported_in(session: Session, round_ids: Collection[str] | None = None) -> list[Reported]:
    """The totals reported for these rounds, or for all, by round, measure and region.

    England comes before the regions. Those of the round "" belong to no round.
    """
    query = select(ReportedTotal).order_by(
        col(ReportedTotal.round_id),
        col(ReportedTotal.measure),
        col(ReportedTotal.region_code),
        col(ReportedTotal.area_team_code),
    )
    if round_ids is not None:
        query = query.where(col(ReportedTotal.round_id).in_(round_ids))
    return [
        Reported(
            row.round_id,
            row.measure,
            row.region_code or None,
            row.value,
            row.of,
            row.as_at,
            row.source,
            row.area_team_code or None,
            row.settles,
            row.note,
        )
        for row in session.exec(query)
    ]


def rounds_of(session: Session, facts: Collection[PastFact]) -> dict[str, str]:
    """The round of the application behind each of these facts, if the register has one under that key."""
    references = {fact.reference for fact in facts}
    keys = {f"{fact.reference}-{fact.ods_code}": fact.reference for fact in facts}
    declared = select(Declaration.declaration_id, Declaration.round_id).where(col(Declaration.declaration_id).in_(keys))
    decided = select(Decision.reference, Decision.round_id).where(col(Decision.reference).in_(references))
    applied = select(Application.reference, Application.round_id).where(col(Application.reference).in_(references))
    found = [*session.exec(decided), *session.exec(applied)]
    found += [(keys[key], round_id) for key, round_id in session.exec(declared)]
    return {reference: round_id for reference, round_id in found if reference is not None}


def has_past_rounds(session: Session) -> bool:
    """Whether there is a round that a source describes."""
    return session.exec(select(Round.round_id).where(col(Round.source).is_not(None)).limit(1)).first() is not None


def has_facts(session: Session) -> bool:
    """Whether any decision or declaration was taken over from a source."""
    decided = select(Decision.decision_id).where(Decision.origin == Origin.HISTORY).limit(1)
    declared = select(Declaration.declaration_id).where(Declaration.origin == Origin.HISTORY).limit(1)
    return session.exec(decided).first() is not None or session.exec(declared).first() is not None


def has_totals(session: Session) -> bool:
    """Whether any reported total was taken over."""
    return session.exec(select(ReportedTotal.measure).limit(1)).first() is not None


def rounds_with_facts(session: Session) -> frozenset[str]:
    """The rounds of which any decision or declaration was taken over from a source."""
    decided = select(Decision.round_id).where(Decision.origin == Origin.HISTORY).distinct()
    declared = select(Declaration.round_id).where(Declaration.origin == Origin.HISTORY).distinct()
    return frozenset({*session.exec(decided), *session.exec(declared)})


def rounds_with_casework(session: Session) -> frozenset[str]:
    """The rounds in which this register has any application or declaration."""
    applied = select(Application.round_id).distinct()
    declared = select(Declaration.round_id).where(Declaration.origin == Origin.CASEWORK).distinct()
    return frozenset({*session.exec(applied), *session.exec(declared)})


def _declarations(session: Session, round_ids: Collection[str]) -> dict[Place, ExistingFact]:
    rows = session.exec(select(Declaration).where(col(Declaration.round_id).in_(round_ids))).all()
    numbers = Counter((row.round_id, row.ods_code) for row in rows)
    return {
        (row.round_id, row.ods_code, True): ExistingFact(
            row.declaration_id, _past_declaration(row), numbers[row.round_id, row.ods_code]
        )
        for row in rows
        if row.is_newest
    }


def _past_declaration(row: Declaration) -> PastDeclaration | None:
    if row.origin != Origin.HISTORY:
        return None
    return PastDeclaration(
        round_id=row.round_id,
        application=row.declaration_id.removeprefix(f"{row.round_id}-").rpartition(f"-{row.ods_code}")[0],
        ods_code=row.ods_code,
        level=None if row.level is None else Chosen(row.level),
        declared_on=row.declared_on,
        basis=Basis(row.basis or ""),
        source=row.source or "",
        note=row.note,
    )


def _decisions(session: Session, round_ids: Collection[str]) -> dict[Place, ExistingFact]:
    rows = session.exec(
        select(Decision, Approval.agreement)
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
        .where(col(Decision.round_id).in_(round_ids))
        # If both decided in one round, casework comes last and counts.
        .order_by(col(Decision.origin).desc(), col(Decision.decision_id))
    ).all()
    numbers = Counter((row.round_id, row.ods_code, row.requested_level is not None) for row, _ in rows)
    standing = [(row, agreement) for row, agreement in rows if row.state != DecisionState.SUPERSEDED]
    ids = [row.decision_id for row, _ in standing if row.origin == Origin.HISTORY]
    reasons, conditions = _reasons(session, ids), _conditions(session, ids)
    return {
        (row.round_id or "", row.ods_code, row.requested_level is not None): ExistingFact(
            row.decision_id,
            _past_decision(row, agreement, reasons.get(row.decision_id, ()), conditions.get(row.decision_id, ())),
            numbers[row.round_id, row.ods_code, row.requested_level is not None],
        )
        for row, agreement in standing
    }


def _past_decision(
    row: Decision, agreement: str | None, reasons: tuple[Reason, ...], conditions: tuple[Condition, ...]
) -> PastDecision | None:
    if row.origin != Origin.HISTORY:
        return None
    requested, granted = row.requested_level, row.granted_level
    return PastDecision(
        round_id=row.round_id or "",
        application=(row.reference or "").removeprefix(f"{row.round_id}-"),
        ods_code=row.ods_code,
        requested_level=Level(requested) if requested else None,
        outcome=Outcome(row.outcome),
        chosen_by=ChosenBy(row.chosen_by) if row.chosen_by else None,
        reasons=reasons,
        conditions=conditions,
        decided_on=row.decided_on,
        effective_from=row.effective_from,
        agreement=Agreement(agreement) if agreement else None,
        basis=Basis(row.basis or ""),
        source=row.source or "",
        unasked_level=Level(granted) if granted and not requested else None,
        note=row.note,
        is_interest=granted is None and row.outcome != Outcome.REJECTED,
    )


def _reasons(session: Session, decision_ids: Collection[str]) -> dict[str, tuple[Reason, ...]]:
    found: dict[str, tuple[Reason, ...]] = {}
    for row in session.exec(
        select(DecisionReason)
        .where(col(DecisionReason.decision_id).in_(decision_ids))
        .order_by(col(DecisionReason.decision_id), col(DecisionReason.position))
    ):
        found[row.decision_id] = (*found.get(row.decision_id, ()), Reason(row.code, row.text))
    return found


def _conditions(session: Session, decision_ids: Collection[str]) -> dict[str, tuple[Condition, ...]]:
    found: dict[str, tuple[Condition, ...]] = {}
    for row in session.exec(
        select(DecisionCondition)
        .where(col(DecisionCondition.decision_id).in_(decision_ids))
        .order_by(col(DecisionCondition.decision_id), col(DecisionCondition.position))
    ):
        condition = Condition(row.condition_id, row.text, row.reason_code, row.due_on)
        found[row.decision_id] = (*found.get(row.decision_id, ()), condition)
    return found
