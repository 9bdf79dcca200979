"""What the register knows about each body, and what files said of it, as plain records."""

from collections.abc import Collection
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.records.tables import AreaTeam, Organisation, OrganisationFact, OrganisationStatement, Region
from app.rules.bodies import BodyKind, DatedFact, OrganisationRecord, SaidBy, Statement
from app.rules.grants import EndedBy


class AreaTeamDays(NamedTuple):
    """An area team and the days on which it existed (both included). ``known_to``: whose it was is known up to here."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None
    known_to: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which a CCG is known to have been its own. None if there is no such day yet."""
        return min((day for day in (self.valid_to, self.known_to) if day is not None), default=None)


class Geography(NamedTuple):
    """The regions and area teams that the facts of CCGs may name."""

    region_codes: frozenset[str]
    area_teams: tuple[AreaTeamDays, ...]


def geography(session: Session) -> Geography:
    """The regions and area teams of the reference data."""
    teams = session.exec(select(AreaTeam).order_by(col(AreaTeam.code)))
    return Geography(
        frozenset(session.exec(select(Region.code))),
        tuple(AreaTeamDays(team.code, team.name, team.valid_from, team.valid_to, team.known_to) for team in teams),
    )


def all_known(session: Session) -> dict[str, OrganisationRecord]:
    """Every body that the register knows, open or closed, by ODS code."""
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
            kind=BodyKind(row.kind),
        )
        for row in session.exec(select(Organisation).order_by(col(Organisation.ods_code)))
    }


class Closing(NamedTuple):
    """A CCG's last day, None while it is open, and what that does to its grants."""

    closed_on: date | None
    ends_grants: EndedBy


def closings(session: Session, codes: Collection[str]) -> dict[str, Closing]:
    """The ends of these CCGs, by ODS code. One that a board followed was abolished, and no other CCG succeeds it."""
    successor = aliased(Organisation)
    query = (
        select(Organisation.ods_code, col(Organisation.closed_on), col(successor.kind))
        .join(successor, col(successor.ods_code) == col(Organisation.successor_ods_code), isouter=True)
        .where(col(Organisation.ods_code).in_(codes))
    )
    return {
        code: Closing(closed_on, EndedBy.ABOLISHED if kind == BodyKind.ICB else EndedBy.SUCCEEDED)
        for code, closed_on, kind in session.exec(query)
    }


def _fact(row: OrganisationFact) -> DatedFact:
    return DatedFact(
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        name=row.name,
        ons_code=row.ons_code,
        region_code=row.region_code,
        area_team_code=row.area_team_code,
        source=row.source,
    )


def all_statements(session: Session) -> dict[tuple[str, SaidBy, date], Statement]:
    """Everything that files said of bodies, by its key."""
    return {each.key: each for each in map(_statement, session.exec(select(OrganisationStatement)))}


def differences_of(session: Session, ods_code: str) -> list[str]:
    """Where the ODS says otherwise of a body than our own files do, as far as these tell."""
    rows = session.exec(
        select(OrganisationStatement.differences)
        .where(OrganisationStatement.ods_code == ods_code)
        .order_by(col(OrganisationStatement.valid_from), col(OrganisationStatement.said_by))
    )
    return [*dict.fromkeys(each for row in rows for each in row)]


def _statement(row: OrganisationStatement) -> Statement:
    return Statement(
        ods_code=row.ods_code,
        said_by=SaidBy(row.said_by),
        valid_from=row.valid_from,
        as_at=row.as_at,
        kind=BodyKind(row.kind) if row.kind else None,
        name=row.name,
        ons_code=row.ons_code,
        region_code=row.region_code,
        area_team_code=row.area_team_code,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        successor=row.successor,
        differences=tuple(row.differences),
        is_correction=row.is_correction,
        source=row.source,
    )
