"""Reference data that the migrations maintain: reasons, regions, area teams."""

from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, select

from app.records.tables import AreaTeam, ReasonCode, Region
from app.rules.words import Word


class DatedName(NamedTuple):
    """A code and its name from one day to another. ``known_to`` is the last day of which its CCGs are known."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None
    known_to: date | None
    source: str | None


def reasons(session: Session) -> list[Word]:
    """The reason codes in their order."""
    rows = session.exec(select(ReasonCode).order_by(col(ReasonCode.position)))
    return [Word(row.code, row.label, row.description) for row in rows]


def regions(session: Session) -> list[DatedName]:
    """The regions by code."""
    rows = session.exec(select(Region).order_by(col(Region.code)))
    return [DatedName(row.code, row.name, row.valid_from, row.valid_to, None, row.source) for row in rows]


def area_teams(session: Session) -> list[DatedName]:
    """The area teams by code."""
    rows = session.exec(select(AreaTeam).order_by(col(AreaTeam.code)))
    return [DatedName(row.code, row.name, row.valid_from, row.valid_to, row.known_to, row.source) for row in rows]
