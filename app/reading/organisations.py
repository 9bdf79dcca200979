"""CCGs: one row each whatever its position, and one CCG in full with its dated names."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from app.reading.published import Listed, listed
from app.records import directory, ledger, organisations, places, published
from app.records.directory import DeclarationRow, DirectoryFilters, FactRow, OrganisationRow
from app.records.places import Named, PlaceNames
from app.records.session import Session
from app.rules import caveats
from app.rules.holdings import Holdings, holdings_of
from app.rules.positions import Position, declared_by, position_of
from app.rules.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Ccg:
    """A CCG on a day: its facts of then, and what is published about it.

    ``closed_on`` and ``successor`` are None for a day that was asked for and on which it was open.
    """

    row: OrganisationRow
    day: date
    region: Named
    area_team: Named | None
    is_open: bool
    closed_on: date | None
    successor: str | None
    position: Position


@dataclass(frozen=True, slots=True)
class DirectoryAsked:
    """What is asked of the list of CCGs; ``positions`` is None for all. ``on`` is None if no day was named."""

    filters: DirectoryFilters
    positions: Collection[str] | None
    on: date | None
    today: date

    @property
    def day(self) -> date:
        """The day of which the list speaks."""
        return self.on or self.today


@dataclass(frozen=True, slots=True)
class Directory:
    """A part of the list of CCGs, and how many it has in all."""

    rows: list[Ccg]
    total: int
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def list_organisations(session: Session, asked: DirectoryAsked, *, after: str | None, limit: int) -> Directory:
    """CCGs that had opened by the day, by ODS code, up to ``limit`` after a code."""
    rows, total = _found(session, asked, after=after, limit=limit)
    known_to = directory.known_to(session, asked.filters.kinds)
    in_words = caveats.known_until(known_to, asked.day)
    return Directory(rows, total, known_to, in_words, ledger.public_sequence(session))


def every_organisation(session: Session, asked: DirectoryAsked) -> Iterable[Ccg]:
    """The whole list, by ODS code."""
    return _fitting(session, asked, after=None, limit=None)


@dataclass(frozen=True, slots=True)
class CcgRecord:
    """One CCG in full, by what had been decided and declared by a day."""

    ccg: Ccg
    predecessors: list[str]
    facts: list[FactRow]
    names: PlaceNames
    holdings: Holdings[Listed]
    declarations: list[DeclarationRow]
    known_to: date
    in_words: list[str]
    public_sequence: int


def read_organisation(session: Session, ods_code: str, *, on: date | None, today: date) -> CcgRecord:
    """One CCG, also once it has closed. Raises NotFound."""
    day = on or today
    row = directory.fetch(session, ods_code, day=day)
    if row is None:
        raise NotFound("No such CCG.")
    names = places.place_names(session)
    decided = published.decided_by(day, published.organisation_rows(session, [ods_code], day=day))
    declared = declared_by(day, directory.declarations_of(session, [ods_code]))
    shown = {each.key: each for each in listed(session, decided, day, names)}
    known_to = directory.known_to(session, [row.kind]) or row.known_to
    return CcgRecord(
        ccg=_ccg(row, position_of(decided, declared), names, on, day),
        predecessors=directory.predecessors_of(session, ods_code),
        facts=directory.facts_of(session, ods_code),
        names=names,
        holdings=holdings_of(decided).shown_as(lambda each: shown[each.decision_id]),
        declarations=declared,
        known_to=known_to,
        in_words=[
            *caveats.noted([*decided, *declared]),
            *caveats.of_ods(organisations.differences_of(session, ods_code), closed_on=row.closed_on, day=day),
            *caveats.known_until(known_to, day),
        ],
        public_sequence=ledger.public_sequence(session),
    )


def _found(session: Session, asked: DirectoryAsked, *, after: str | None, limit: int) -> tuple[list[Ccg], int]:
    """A part of the list, and how many it has. Positions are worked out, not stored, so they are filtered here."""
    if asked.positions is None:
        rows = list(_fitting(session, asked, after=after, limit=limit))
        return rows, directory.count(session, asked.filters, day=asked.day)
    fitting = list(_fitting(session, asked, after=None, limit=None))
    return [each for each in fitting if after is None or each.row.ods_code > after][:limit], len(fitting)


def _fitting(session: Session, asked: DirectoryAsked, *, after: str | None, limit: int | None) -> Iterator[Ccg]:
    """The CCGs after a code that have a position that is asked for."""
    rows = directory.search(session, asked.filters, day=asked.day, after=after, limit=limit)
    names, positions = places.place_names(session), _positions(session, rows, asked.day)
    found = (_ccg(row, positions[row.ods_code], names, asked.on, asked.day) for row in rows)
    return (each for each in found if asked.positions is None or each.position.position in asked.positions)


def _positions(session: Session, rows: Sequence[OrganisationRow], day: date) -> dict[str, Position]:
    codes = [row.ods_code for row in rows]
    decided = published.decided_by(day, published.organisation_rows(session, codes, day=day))
    declared = declared_by(day, directory.declarations_of(session, codes))
    decisions, declarations = _by_code(codes, decided), _by_code(codes, declared)
    return {code: position_of(decisions[code], declarations[code]) for code in codes}


class _OfCcg(Protocol):
    @property
    def ods_code(self) -> str: ...


Row = TypeVar("Row", bound=_OfCcg)


def _by_code(codes: Iterable[str], rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {code: [] for code in codes}
    for row in rows:
        found[row.ods_code].append(row)
    return found


def _ccg(row: OrganisationRow, position: Position, names: PlaceNames, on: date | None, day: date) -> Ccg:
    """A CCG as it is shown. Asked for a day on which it was open it shows no closing; else also one that is to come."""
    is_closing_shown = row.closed_on is not None and (on is None or on > row.closed_on)
    return Ccg(
        row=row,
        day=day,
        region=names.region(row.region_code),
        area_team=names.area_team(row.area_team_code),
        is_open=row.opened_on <= day <= (row.closed_on or date.max),
        closed_on=row.closed_on if is_closing_shown else None,
        successor=row.successor_ods_code if is_closing_shown else None,
        position=position,
    )
