"""Grants: what published decisions grant, and which earlier grants an application follows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from app.records.tables import Approval, Decision, Round
from app.rules.contradictions import Standing
from app.rules.decisions import DecisionState
from app.rules.grants import CONFIRMED, Agreement, End, EndedBy, Grant
from app.rules.rounds import RoundKind
from app.rules.words import Level

# What follows from a merger has no round: it is real, and its day is that of the merger.
OWN_START = col(Decision.effective_from)


@dataclass(frozen=True, slots=True)
class Held:
    """A grant with its decision, and the application that was decided.

    ``end`` is how the grant ended or will end. ``own_end`` is its end by an act on the grant itself (notice,
    revocation, lapse). ``round_id`` is None for what follows from a merger.
    """

    decision_id: str
    reference: str | None
    round_id: str | None
    version: int
    grant: Grant
    end: End | None
    own_end: End | None


def held_by(session: Session, codes: Collection[str], *, kind: str) -> list[Held]:
    """What these CCGs were granted in rounds of one kind (real or trial). Superseded decisions are left out."""
    return _held(session, col(Approval.ods_code).in_(codes), func.coalesce(col(Round.kind), RoundKind.REAL) == kind)


def held_under(session: Session, decision_id: str) -> Held | None:
    """What one published decision grants. None if it grants nothing."""
    return next(iter(_held(session, Approval.decision_id == decision_id)), None)


def standing(session: Session) -> list[Standing]:
    """Every decision in effect that grants something, embargoed or not, with its first day that is known."""
    rows = session.exec(
        select(Decision, col(Approval.in_force_from))
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
        .where(Decision.state != DecisionState.SUPERSEDED, col(Decision.granted_level).is_not(None))
        .order_by(col(Decision.decision_id))
    )
    return [
        Standing(
            row.decision_id,
            row.ods_code,
            row.granted_level or "",
            min((day for day in (row.effective_from, in_force_from) if day is not None), default=None),
            tuple(each["odsCode"] for each in row.succeeds or ()),
        )
        for row, in_force_from in rows
    ]


def unannounced_starts(session: Session, day: date, *, decision_id: str | None = None) -> list[Held]:
    """Grants in force by a London day whose start has not been announced; or only that of one decision."""
    return _held(
        session,
        col(Approval.agreement).in_(CONFIRMED),
        col(Approval.start_told).is_(False),
        col(Approval.in_force_from) <= day,
        or_(col(Approval.in_force_to).is_(None), col(Approval.in_force_to) >= col(Approval.in_force_from)),
        *([] if decision_id is None else [Approval.decision_id == decision_id]),
    )


def unannounced_ends(session: Session, day: date) -> list[Held]:
    """Grants whose last day is over by a London day and whose end has not been announced."""
    return _held(session, col(Approval.end_told).is_(False), col(Approval.in_force_to) < day)


def _held(session: Session, *wanted: Any) -> list[Held]:
    rows = session.exec(
        select(Approval, Decision.reference, Decision.version, func.coalesce(col(Round.starts_on), OWN_START))
        .join(Decision, col(Decision.decision_id) == col(Approval.decision_id))
        .join(Round, col(Round.round_id) == col(Approval.round_id), isouter=True)
        .where(Decision.state == DecisionState.PUBLISHED, *wanted)
        .order_by(col(Approval.ods_code), col(Approval.decision_id))
    )
    return [
        Held(
            row.decision_id,
            reference,
            row.round_id,
            version,
            grant_of(row, starts_on),
            _end(row.in_force_to, row.ended_by),
            _end(row.own_to, row.own_by),
        )
        for row, reference, version, starts_on in rows
    ]


def _end(last_day: date | None, by: str | None) -> End | None:
    return None if last_day is None or by is None else End(last_day, EndedBy(by))


def grants_of(session: Session, codes: Collection[str], *, kind: str) -> list[Grant]:
    """The same grants, as the rules know them."""
    return [held.grant for held in held_by(session, codes, kind=kind)]


def grant_of(row: Approval, starts_on: date) -> Grant:
    """A grant as the rules know it. ``starts_on`` is the day its round starts; of a merger's, the day of the merger."""
    return Grant(
        row.ods_code,
        Level(row.level),
        Agreement(row.agreement),
        row.in_force_from,
        row.in_force_to,
        (starts_on, row.round_id or ""),
        EndedBy(row.ended_by) if row.ended_by else None,
    )
