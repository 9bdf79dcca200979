"""Grants: what published decisions give, and which earlier ones an application follows."""

from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import Session, col, select

from app.records.tables import Approval, Decision, Round
from app.rules.standing import Agreement, EndedBy, Grant
from app.rules.words import Level


class Held(NamedTuple):
    """A grant with the decision that gives it, and the application that was decided on.

    ``ended_by`` says what ended it, or will.
    """

    decision_id: str
    reference: str | None
    round_id: str
    grant: Grant
    ended_by: EndedBy | None


def held_by(session: Session, codes: Collection[str], *, kind: str) -> list[Held]:
    """What these CCGs were granted, in rounds of one kind (real or trial), superseded decisions left out."""
    rows = session.exec(
        select(Approval, Decision.reference)
        .join(Decision, col(Decision.decision_id) == col(Approval.decision_id))
        .join(Round, col(Round.round_id) == col(Approval.round_id))
        .where(col(Approval.ods_code).in_(codes), Decision.state == "published", Round.kind == kind)
        .order_by(col(Approval.ods_code), col(Approval.decision_id))
    )
    return [
        Held(row.decision_id, reference, row.round_id, _grant(row), EndedBy(row.ended_by) if row.ended_by else None)
        for row, reference in rows
    ]


def grants_of(session: Session, codes: Collection[str], *, kind: str) -> list[Grant]:
    """The same, as the rules know grants."""
    return [held.grant for held in held_by(session, codes, kind=kind)]


def _grant(row: Approval) -> Grant:
    return Grant(row.ods_code, Level(row.level), Agreement(row.agreement), row.in_force_from, row.in_force_to)


def earlier_rejections(session: Session, codes: Collection[str], *, before: str) -> list[str]:
    """Published decisions that rejected one of these CCGs in a round of the same kind that started earlier."""
    this = session.exec(select(Round).where(Round.round_id == before)).one()
    rows = session.exec(
        select(Decision.decision_id)
        .join(Round, col(Round.round_id) == col(Decision.round_id))
        .where(
            col(Decision.ods_code).in_(codes),
            Decision.state == "published",
            Decision.outcome == "rejected",
            Round.kind == this.kind,
            Round.starts_on < this.starts_on,
        )
        .order_by(col(Decision.decision_id))
    )
    return list(rows)
