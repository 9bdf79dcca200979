"""What the register knows about each CCG, and what an import may refer to, as plain records."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlmodel import Session, col, select

from app.records.tables import AreaTeam, Organisation, OrganisationFact, Region


@dataclass(frozen=True, slots=True)
class DatedFact:
    """A CCG's name and place from one day to another (both included)."""

    valid_from: date
    valid_to: date | None
    name: str
    ons_code: str | None
    region_code: str
    area_team_code: str | None


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """Everything known about one CCG. ``known_to`` is the day to which the source reaches. Facts are oldest first."""

    ods_code: str
    opened_on: date
    closed_on: date | None
    successor: str | None
    known_to: date
    facts: tuple[DatedFact, ...]


class AreaTeamDays(NamedTuple):
    """An area team and the days on which it existed (both included)."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None


class Geography(NamedTuple):
    """The regions and area teams that the facts of CCGs may name."""

    region_codes: frozenset[str]
    area_teams: tuple[AreaTeamDays, ...]


def geography(session: Session) -> Geography:
    """The regions and area teams of the reference data."""
    teams = session.exec(select(AreaTeam).order_by(col(AreaTeam.code)))
    return Geography(
        frozenset(session.exec(select(Region.code))),
        tuple(AreaTeamDays(team.code, team.name, team.valid_from, team.valid_to) for team in teams),
    )


def all_known(session: Session) -> dict[str, OrganisationRecord]:
    """Every CCG that the register knows, open or closed, by ODS code."""
    rows = session.exec(
        select(OrganisationFact).order_by(col(OrganisationFact.ods_code), col(OrganisationFact.valid_from))
    )
    facts = {code: tuple(map(_fact, group)) for code, group in groupby(rows, key=attrgetter("ods_code"))}
    return {
        row.ods_code: OrganisationRecord(
            ods_code=row.ods_code,
            opened_on=row.opened_on,
            closed_on=row.closed_on,
            successor=row.successor_ods_code,
            known_to=row.known_to,
            facts=facts.get(row.ods_code, ()),
        )
        for row in session.exec(select(Organisation).order_by(col(Organisation.ods_code)))
    }


def closing_days(session: Session, codes: Collection[str]) -> dict[str, date | None]:
    """The last days of these CCGs by ODS code. None for a CCG that is open."""
    query = select(Organisation.ods_code, col(Organisation.closed_on)).where(col(Organisation.ods_code).in_(codes))
    return {code: closed_on for code, closed_on in session.exec(query)}  # noqa: C416 - rows are no pairs to mypy


def _fact(row: OrganisationFact) -> DatedFact:
    return DatedFact(
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        name=row.name,
        ons_code=row.ons_code,
        region_code=row.region_code,
        area_team_code=row.area_team_code,
    )
