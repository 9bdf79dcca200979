"""Reading the extensions that were granted. Only the ledger changes them."""

from datetime import date

from sqlmodel import Session, col, func, select

from app.records.tables import Extension
from app.rules.words import Level


def latest(session: Session, round_id: str, ods_code: str, level: Level) -> date | None:
    """The latest day to which a CCG has time for a level of a round. None without an extension."""
    query = select(func.max(Extension.until)).where(
        Extension.round_id == round_id,
        Extension.ods_code == ods_code,
        Extension.level == level,
        col(Extension.reference).is_(None),
    )
    return session.exec(query).one()
