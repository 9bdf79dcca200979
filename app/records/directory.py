"""The directory of bodies as the public reads it: one row for each body, with its facts on a day."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from app.records.tables import Declaration, Organisation, OrganisationFact, Round
from app.rules.bodies import BodyKind


class OrganisationRow(NamedTuple):
    """A body with the facts on a day, or else the last facts before it. ``source``: where these are known from."""

    ods_code: str
    kind: str
    opened_on: date
    closed_on: date | None
    successor_ods_code: str | None
    known_to: date
    name: str
    ons_code: str | None
    region_code: str
    area_team_code: str | None
    source: str | None


class FactRow(NamedTuple):
    """A body's name and place from one day to another."""

    valid_from: date
    valid_to: date | None
    name: str
    ons_code: str | None
    region_code: str
    area_team_code: str | None
    source: str | None


class DeclarationRow(NamedTuple):
    """A declaration as the public knows it, or what a CCG chose in a past round without a known outcome."""

    ods_code: str
    round_id: str
    round_kind: str
    round_stage: str
    round_starts_on: date
    level: str | None
    declared_on: date | None
    origin: str
    basis: str | None
    source: str | None
    note: str | None
    reason_code: str | None
    reason_text: str | None


class DirectoryFilters(NamedTuple):
    """What a list of bodies asks for. Empty asks for everything, but only of CCGs."""

    kinds: Collection[str] = (BodyKind.CCG,)
    regions: Collection[str] = ()
    area_teams: Collection[str] = ()
    is_open: bool | None = None
    text: str | None = None


def search(
    session: Session, filters: DirectoryFilters, *, day: date, after: str | None, limit: int | None
) -> list[OrganisationRow]:
    """CCGs that had opened by a day, by ODS code, up to ``limit`` after a code."""
    query = _filtered(_rows(day), filters, day).order_by(col(Organisation.ods_code)).limit(limit)
    if after is not None:
        query = query.where(col(Organisation.ods_code) > after)
    return [OrganisationRow(*row) for row in session.connection().execute(query)]


def count(session: Session, filters: DirectoryFilters, *, day: date) -> int:
    """How many CCGs a list has."""
    query = _filtered(_rows(day), filters, day).with_only_columns(func.count(), maintain_column_froms=True)
    found: int = session.connection().execute(query).scalar_one()
    return found


def fetch(session: Session, ods_code: str, *, day: date) -> OrganisationRow | None:
    """One CCG as it was on a day. Before its opening: as it opened. None for an unknown code."""
    row = session.connection().execute(_rows(day).where(col(Organisation.ods_code) == ods_code)).first()
    if row is None:
        opened = (
            session.connection()
            .execute(select(col(Organisation.opened_on)).where(col(Organisation.ods_code) == ods_code))
            .scalar()
        )
        if opened is None:
            return None
        row = session.connection().execute(_rows(opened).where(col(Organisation.ods_code) == ods_code)).one()
    return OrganisationRow(*row)


def facts_of(session: Session, ods_code: str) -> list[FactRow]:
    """Every dated fact of a CCG, oldest first."""
    query = (
        select(*(col(getattr(OrganisationFact, name)) for name in FactRow._fields))
        .where(col(OrganisationFact.ods_code) == ods_code)
        .order_by(col(OrganisationFact.valid_from))
    )
    return [FactRow(*row) for row in session.connection().execute(query)]


def declarations_of(session: Session, codes: Collection[str]) -> list[DeclarationRow]:
    """The newest declaration of each of these CCGs for each round, by the day the round starts.

    An application may have ended it since. That is not public, so it does not count here.
    """
    of_round = {"round_kind": Round.kind, "round_stage": Round.stage, "round_starts_on": Round.starts_on}
    columns = [col(of_round.get(name) or getattr(Declaration, name)) for name in DeclarationRow._fields]
    query = (
        select(*columns)
        .select_from(Declaration)
        .join(Round, col(Round.round_id) == col(Declaration.round_id))
        .where(col(Declaration.ods_code).in_(codes), col(Declaration.is_newest))
        .order_by(col(Declaration.ods_code), col(Round.starts_on), col(Declaration.round_id))
    )
    return [DeclarationRow(*row) for row in session.connection().execute(query)]


def predecessors_of(session: Session, ods_code: str) -> list[str]:
    """The CCGs that a CCG replaced, by ODS code."""
    query = select(col(Organisation.ods_code)).where(col(Organisation.successor_ods_code) == ods_code)
    return list(session.connection().scalars(query.order_by(col(Organisation.ods_code))))


def known_to(session: Session, kinds: Collection[str] = (BodyKind.CCG,)) -> date | None:
    """The day to which what is known of every body of these kinds reaches: the least of the open ones.

    A closed body is known for ever. Once none is open, it is the day to which the end of the last is known.
    """
    is_of_kind = col(Organisation.kind).in_(kinds)
    is_open = or_(col(Organisation.closed_on).is_(None), col(Organisation.closed_on) >= col(Organisation.known_to))
    of_open = select(func.min(col(Organisation.known_to))).where(is_of_kind, is_open)
    newest = select(func.max(col(Organisation.known_to))).where(is_of_kind)
    found = select(func.coalesce(of_open.scalar_subquery(), newest.scalar_subquery()))
    return session.connection().execute(found).scalar()


def _rows(day: date) -> Any:
    newest = (
        select(func.max(col(OrganisationFact.valid_from)))
        .where(col(OrganisationFact.ods_code) == col(Organisation.ods_code), col(OrganisationFact.valid_from) <= day)
        .correlate(Organisation)
        .scalar_subquery()
    )
    return (
        select(
            col(Organisation.ods_code),
            col(Organisation.kind),
            col(Organisation.opened_on),
            col(Organisation.closed_on),
            col(Organisation.successor_ods_code),
            col(Organisation.known_to),
            col(OrganisationFact.name),
            col(OrganisationFact.ons_code),
            col(OrganisationFact.region_code),
            col(OrganisationFact.area_team_code),
            col(OrganisationFact.source),
        )
        .select_from(Organisation)
        .join(
            OrganisationFact,
            and_(
                col(OrganisationFact.ods_code) == col(Organisation.ods_code),
                col(OrganisationFact.valid_from) == newest,
            ),
        )
    )


def _filtered(query: Any, filters: DirectoryFilters, day: date) -> Any:
    query = query.where(col(Organisation.kind).in_(filters.kinds))
    if filters.regions:
        query = query.where(col(OrganisationFact.region_code).in_(filters.regions))
    if filters.area_teams:
        query = query.where(col(OrganisationFact.area_team_code).in_(filters.area_teams))
    if filters.is_open is not None:
        is_closed = and_(col(Organisation.closed_on).is_not(None), col(Organisation.closed_on) < day)
        query = query.where(~is_closed if filters.is_open else is_closed)
    if filters.text:
        escaped = filters.text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(
            or_(
                func.lower(col(OrganisationFact.name)).like(f"%{escaped}%", escape="\\"),
                col(Organisation.ods_code) == filters.text.upper(),
            )
        )
    return query
