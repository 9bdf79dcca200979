"""Where CCGs are and what they are called on a day: dated facts."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, literal, union_all
from sqlalchemy import select as sqlalchemy_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from app.records.entries.places import AreaTeamStated, RegionStated
from app.records.tables import AreaTeam, Organisation, OrganisationFact, Region


class Place(NamedTuple):
    """A body as it was on a day, or as it opens if that lies ahead. ``opens_on`` is its first day."""

    ods_code: str
    kind: str
    name: str
    ons_code: str | None
    region_code: str
    area_team_code: str | None
    opens_on: date


_FACTS = select(OrganisationFact, col(Organisation.kind), col(Organisation.opened_on)).join(
    Organisation, col(Organisation.ods_code) == col(OrganisationFact.ods_code)
)


def places_on(session: Session, codes: Collection[str], day: date) -> dict[str, Place]:
    """The named bodies that are open on a day, by ODS code. Others are left out."""
    is_open = and_(col(OrganisationFact.valid_from) <= day, col(Organisation.opened_on) <= day)
    return _places(session, codes, day, is_open)


def places_ahead(session: Session, codes: Collection[str], day: date) -> dict[str, Place]:
    """The named bodies that are open on a day, and as they open those that open later, by ODS code."""
    is_open = and_(col(OrganisationFact.valid_from) <= day, col(Organisation.opened_on) <= day)
    opens_on = col(Organisation.opened_on)
    return _places(
        session, codes, day, or_(is_open, and_(opens_on > day, col(OrganisationFact.valid_from) == opens_on))
    )


def _places(session: Session, codes: Collection[str], day: date, wanted: Any) -> dict[str, Place]:
    """What of these bodies is wanted, unless it is over on a day."""
    query = _FACTS.where(
        wanted,
        col(OrganisationFact.ods_code).in_(codes),
        or_(col(OrganisationFact.valid_to).is_(None), col(OrganisationFact.valid_to) >= day),
        or_(col(Organisation.closed_on).is_(None), col(Organisation.closed_on) >= day),
    )
    return {row.ods_code: _place(row, kind, opened_on) for row, kind, opened_on in session.exec(query)}


def region_names(session: Session) -> dict[str, str]:
    """Region names by code."""
    return {code: name for code, name in session.exec(select(Region.code, Region.name))}  # noqa: C416


class Named(NamedTuple):
    """A region or an area team: its code and its name."""

    code: str
    name: str


class PlaceNames(NamedTuple):
    """The names of regions and area teams, by code."""

    regions: dict[str, str]
    area_teams: dict[str, str]

    def region(self, code: str) -> Named:
        """A region by its code."""
        return Named(code, self.regions[code])

    def area_team(self, code: str | None) -> Named | None:
        """An area team by its code. None if there is none."""
        return None if code is None else Named(code, self.area_teams[code])


def place_names(session: Session) -> PlaceNames:
    """The names of all regions and area teams."""
    found = PlaceNames({}, {})
    for is_region, code, name in session.connection().execute(_PLACE_NAMES):
        (found.regions if is_region else found.area_teams)[code] = name
    return found


_PLACE_NAMES = union_all(
    sqlalchemy_select(literal(True).label("is_region"), col(Region.code), col(Region.name)),
    sqlalchemy_select(literal(False), col(AreaTeam.code), col(AreaTeam.name)),
)


def names_of(session: Session, codes: Collection[str]) -> dict[str, str]:
    """The newest known name of each of these CCGs, by ODS code."""
    rows = session.exec(
        select(OrganisationFact.ods_code, OrganisationFact.name)
        .where(col(OrganisationFact.ods_code).in_(codes))
        .order_by(col(OrganisationFact.ods_code), col(OrganisationFact.valid_from))
    )
    return {code: name for code, name in rows}  # noqa: C416


def places_known(session: Session, codes: Collection[str]) -> dict[str, Place]:
    """The newest known facts of each of these bodies, open or closed, by ODS code."""
    query = _FACTS.where(col(OrganisationFact.ods_code).in_(codes))
    query = query.order_by(col(OrganisationFact.ods_code), col(OrganisationFact.valid_from))
    return {row.ods_code: _place(row, kind, opened_on) for row, kind, opened_on in session.exec(query)}


def _place(row: OrganisationFact, kind: str, opened_on: date) -> Place:
    return Place(row.ods_code, kind, row.name, row.ons_code, row.region_code, row.area_team_code, opened_on)


def newest_fact_of(ods_code: Any, fact: Any = OrganisationFact) -> Any:
    """The condition under which a fact is the newest that is known of the body in a column."""
    later = aliased(OrganisationFact)
    follows = exists().where(col(later.ods_code) == col(fact.ods_code), col(later.valid_from) > col(fact.valid_from))
    return and_(col(fact.ods_code) == ods_code, ~follows)


def now_in(ods_code: Any, regions: Collection[str]) -> Any:
    """The condition under which the body in a column belongs to one of these regions now."""
    fact = aliased(OrganisationFact)
    return exists().where(newest_fact_of(ods_code, fact), col(fact.region_code).in_(regions))


class PlacesStated(NamedTuple):
    """The regions and area teams as files say them, by code."""

    regions: dict[str, RegionStated]
    area_teams: dict[str, AreaTeamStated]


def stated(session: Session) -> PlacesStated:
    """All regions and area teams that the register knows."""
    regions = [
        RegionStated(
            code=row.code,
            name=row.name,
            ons_code=row.ons_code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successors=tuple(row.successors or ()),
            source=row.source,
        )
        for row in session.exec(select(Region).order_by(col(Region.code)))
    ]
    teams = [
        AreaTeamStated(
            code=row.code,
            name=row.name,
            ons_code=row.ons_code,
            region_code=row.region_code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            known_to=row.known_to,
            source=row.source,
        )
        for row in session.exec(select(AreaTeam).order_by(col(AreaTeam.code)))
    ]
    return PlacesStated({each.code: each for each in regions}, {each.code: each for each in teams})
