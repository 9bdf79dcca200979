"""Reading the extensions that were granted. Only the ledger changes them."""

from collections.abc import Collection
from datetime import date

from sqlmodel import Session, and_, col, func, or_, select

from app.records.tables import Extension
from app.rules.words import Level


def about(session: Session, round_id: str, reference: str, lead: str, level: Level) -> list[Extension]:
    """More time that an application was given, or its lead for the first submission at its level. Oldest first.

    What another member was given for an application of its own is no matter of this one.
    """
    of_its_lead = and_(col(Extension.reference).is_(None), Extension.ods_code == lead, Extension.level == level)
    query = select(Extension).where(Extension.round_id == round_id, or_(Extension.reference == reference, of_its_lead))
    return list(session.exec(query.order_by(col(Extension.granted_at), col(Extension.extension_id))))


def latest_of(session: Session, round_ids: Collection[str]) -> dict[tuple[str, str, str], date]:
    """The latest day of each CCG that has more time in one of these rounds, by round, ODS code and level."""
    query = select(Extension.round_id, Extension.ods_code, Extension.level, func.max(Extension.until)).where(
        col(Extension.round_id).in_(round_ids), col(Extension.reference).is_(None)
    )
    grouped = query.group_by(col(Extension.round_id), col(Extension.ods_code), col(Extension.level))
    return {(round_id, code, level): until for round_id, code, level, until in session.exec(grouped)}


def latest(session: Session, round_id: str, ods_code: str, level: Level) -> date | None:
    """The latest day to which a CCG has time for a level of a round. None without an extension."""
    query = select(func.max(Extension.until)).where(
        Extension.round_id == round_id,
        Extension.ods_code == ods_code,
        Extension.level == level,
        col(Extension.reference).is_(None),
    )
    return session.exec(query).one()
