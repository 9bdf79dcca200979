"""Rounds as the register has them."""

from collections.abc import Collection

from sqlmodel import Session, col, func, select

from app.records.tables import Application, Decision, Declaration, Round, RoundChange
from app.rules.rounds import RoundPlan


def fetch(session: Session, round_id: str) -> RoundPlan | None:
    """The round with this id. None if there is none."""
    row = session.exec(select(Round).where(Round.round_id == round_id)).one_or_none()
    return None if row is None else plan_of(row)


def all_rounds(session: Session) -> list[RoundPlan]:
    """Every round. The one that starts last comes first."""
    newest_first = select(Round).order_by(col(Round.starts_on).desc(), col(Round.round_id))
    return [plan_of(row) for row in session.exec(newest_first)]


def version_of(session: Session, round_id: str) -> int:
    """How often the round was planned or its plan changed. 0 if it is not there."""
    return versions(session, [round_id]).get(round_id, 0)


def versions(session: Session, round_ids: Collection[str]) -> dict[str, int]:
    """The version of each of these rounds that is there."""
    counted = select(RoundChange.round_id, func.count()).where(col(RoundChange.round_id).in_(round_ids))
    return dict(session.exec(counted.group_by(col(RoundChange.round_id))).all())


def has_applications(session: Session, round_id: str) -> bool:
    """Whether any application names this round, drafts included."""
    found = session.exec(select(Application.reference).where(Application.round_id == round_id).limit(1))
    return found.first() is not None


def has_declarations(session: Session, round_id: str) -> bool:
    """Whether any CCG has declared a level for this round."""
    found = session.exec(select(Declaration.declaration_id).where(Declaration.round_id == round_id).limit(1))
    return found.first() is not None


def has_decisions(session: Session, round_id: str) -> bool:
    """Whether anything was decided in this round. Embargoed decisions count, and those of history."""
    found = session.exec(select(Decision.decision_id).where(Decision.round_id == round_id).limit(1))
    return found.first() is not None


def plan_of(row: Round) -> RoundPlan:
    """A round as the rules know it."""
    return RoundPlan(
        round_id=row.round_id,
        title=row.title,
        kind=row.kind,
        coverage=row.coverage,
        opens_on=row.opens_on,
        delegated_deadline=row.delegated_deadline,
        joint_deadline=row.joint_deadline,
        closes_on=row.closes_on,
        starts_on=row.starts_on,
        counted_on=row.counted_on,
        applications_public_from=row.applications_public_from,
        applicants_see_at=row.applicants_see_at,
        source=row.source,
        note=row.note,
        review_from=row.review_from,
        review_to=row.review_to,
        announcement_expected_on=row.announcement_expected_on,
        stage=row.stage,
    )
