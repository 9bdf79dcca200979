"""CCGs: one row each whatever its standing, their dated names, and every published event."""

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, cast, get_args

from fastapi import APIRouter, Query

from app.api.figures import known_until
from app.api.responses import reads_publicly
from app.api.schemas.changes import ChangeOut
from app.api.schemas.organisations import (
    DeclarationOut,
    FactOut,
    HistoryOut,
    OrganisationLinksOut,
    OrganisationOut,
    OrganisationRowOut,
    OrganisationsOut,
    Position,
    SuccessorOut,
)
from app.api.schemas.published import PlaceOut, agreement_in_words, place
from app.api.standings import is_standing, listed, pick_current, pick_next
from app.api.tables import ORGANISATION_COLUMNS, organisation_cells
from app.records import directory, events, ledger, places, published
from app.records.directory import DeclarationRow, DirectoryFilters, OrganisationRow
from app.records.published import PublishedRow
from app.records.session import Session
from app.rules import deadlines
from app.rules.refusals import NotFound
from app.web.caching import KnownSnapshotDep, Public, public_read
from app.web.filters import AreaTeamFilter, OnFilter, RegionFilter, TextFilter, one_or_several, parts
from app.web.formats import FormatDep, Table
from app.web.identifiers import OdsCodePath
from app.web.paging import PagingDep
from app.web.queries import TRUE_OR_FALSE, comma_list

router = APIRouter(prefix="/v1", tags=["public register"])
OpenFilter = Annotated[
    bool | None,
    Query(alias="open", description="Only CCGs open on the day, or only closed ones."),
    TRUE_OR_FALSE,
]
PositionWord = cast("type[StrEnum]", StrEnum("PositionWord", {word.upper(): word for word in get_args(Position)}))
PositionFilter = Annotated[str | None, one_or_several(PositionWord, "What is published about a CCG.")]
_EVERY_ROW = 1_000_000


@router.get("/organisations.csv", include_in_schema=False, name="list_organisations_csv")
@router.get("/organisations.ndjson", include_in_schema=False, name="list_organisations_ndjson")
@router.get(
    "/organisations",
    response_model=OrganisationsOut,
    summary="List the CCGs",
    responses=reads_publicly("not-yet-known", columns=ORGANISATION_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_organisations(
    snapshot: KnownSnapshotDep,
    wanted_format: FormatDep,
    paging: PagingDep,
    region: RegionFilter = None,
    area_team: AreaTeamFilter = None,
    is_open: OpenFilter = None,
    position: PositionFilter = None,
    q: TextFilter = None,
    on: OnFilter = None,
) -> Public | Table:
    """Every CCG that had opened by the day, closed ones included, by ODS code; names and places are that day's.

    Also at `/v1/organisations.csv` and `/v1/organisations.ndjson`, or by `Accept`: then the whole
    list comes at once, and `limit` and `cursor` do not apply.
    """
    day = on or deadlines.london_day(snapshot.at)
    filters = DirectoryFilters(parts(region), parts(area_team), is_open, q)
    wanted = comma_list(position, PositionWord, parameter="position")
    regions, teams = places.region_names(snapshot.session), places.area_team_names(snapshot.session)
    if wanted_format != "json":
        found = _found(snapshot.session, filters, wanted, day, after=None, limit=_EVERY_ROW)
        cells = (
            organisation_cells(_as_on(row, on), stands, regions, teams, day=day, is_open=_is_open(row, day))
            for row, stands in found.rows
        )
        return Table(ORGANISATION_COLUMNS, cells, kind="csv" if wanted_format == "csv" else "ndjson")
    after = paging.after(str)
    found = _found(snapshot.session, filters, wanted, day, after=after[0] if after else None, limit=paging.wanted)
    page = paging.cut(found.rows, lambda each: [each[0].ods_code])
    known_to = directory.known_to(snapshot.session)
    content = OrganisationsOut(
        results=[OrganisationRowOut(**_row(row, stands, on, day, regions, teams)) for row, stands in page.rows],
        on=on,
        known_to=known_to,
        in_words=known_until(known_to, day),
        public_sequence=ledger.public_sequence(snapshot.session),
        total=found.total,
        limit=page.limit,
        next_cursor=page.next_cursor,
        has_more=page.has_more,
    )
    return Public(content, page.link_next)


@router.get(
    "/organisations/{odsCode}",
    response_model=OrganisationOut,
    summary="Read one CCG",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_organisation(ods_code: OdsCodePath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> OrganisationOut:
    """A CCG's own record, also once it has closed: then with `closedOn` and its successor.

    With `on`: as it stood on that day, by what had been decided and declared by then. `position` is
    `no_published_decision` where nothing is published, whatever may be going on.
    """
    day = on or deadlines.london_day(snapshot.at)
    row = directory.fetch(snapshot.session, ods_code, day=day)
    if row is None:
        raise NotFound("No such CCG.")
    regions, teams = places.region_names(snapshot.session), places.area_team_names(snapshot.session)
    decided = published.decided_by(day, published.of_organisations(snapshot.session, [ods_code], day=day))
    declared = _declared_by(day, directory.declarations_of(snapshot.session, [ods_code]))
    current, following = pick_current(decided), pick_next(decided)
    shown = listed(snapshot.session, decided)
    return OrganisationOut(
        **_row(row, _position(decided, declared), on, day, regions, teams),
        predecessors=directory.predecessors_of(snapshot.session, ods_code),
        names=[FactOut.of(fact, regions, teams) for fact in directory.facts_of(snapshot.session, ods_code)],
        current=shown[current.decision_id] if current else None,
        next=shown[following.decision_id] if following else None,
        past=[shown[each.decision_id] for each in reversed(decided) if each not in (current, following)],
        declarations=[DeclarationOut.of(each) for each in declared],
        on=on,
        known_to=row.known_to,
        in_words=known_until(row.known_to, day),
        public_sequence=ledger.public_sequence(snapshot.session),
    )


@router.get(
    "/organisations/{odsCode}/history",
    response_model=HistoryOut,
    summary="Read every published event about one CCG",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_organisation_history(ods_code: OdsCodePath, snapshot: KnownSnapshotDep) -> HistoryOut:
    """Oldest first, from the CCG's own entry in the register."""
    row = directory.fetch(snapshot.session, ods_code, day=deadlines.london_day(snapshot.at))
    if row is None:
        raise NotFound("No such CCG.")
    return HistoryOut(
        ods_code=ods_code,
        name=row.name,
        results=[ChangeOut.of(event) for event in events.published_about(snapshot.session, ods_code)],
        public_sequence=ledger.public_sequence(snapshot.session),
    )


class Stands(NamedTuple):
    """What is published about a CCG, at which level, and, where it is of a past round, how that is known."""

    position: Position
    level: str | None = None
    agreement_in_words: str | None = None
    basis: str | None = None
    source: str | None = None


class Found(NamedTuple):
    """CCGs with what is published about each, up to as many as were wanted, and how many there are in all."""

    rows: list[tuple[OrganisationRow, Stands]]
    total: int


def _found(
    session: Session,
    filters: DirectoryFilters,
    wanted: Collection[str] | None,
    day: date,
    *,
    after: str | None,
    limit: int,
) -> Found:
    """The CCGs of a list after a code. What is published about them is worked out, not stored, so it filters here."""
    if wanted is None:
        rows = directory.search(session, filters, day=day, after=after, limit=limit)
        positions = _positions(session, rows, day)
        return Found([(row, positions[row.ods_code]) for row in rows], directory.count(session, filters, day=day))
    rows = directory.search(session, filters, day=day, after=None, limit=_EVERY_ROW)
    positions = _positions(session, rows, day)
    fitting = [(row, positions[row.ods_code]) for row in rows if positions[row.ods_code].position in wanted]
    return Found([each for each in fitting if after is None or each[0].ods_code > after][:limit], len(fitting))


def _positions(session: Session, rows: Sequence[OrganisationRow], day: date) -> dict[str, Stands]:
    codes = [row.ods_code for row in rows]
    decided: dict[str, list[PublishedRow]] = {code: [] for code in codes}
    declared: dict[str, list[DeclarationRow]] = {code: [] for code in codes}
    for row in published.decided_by(day, published.of_organisations(session, codes, day=day)):
        decided[row.ods_code].append(row)
    for declaration in _declared_by(day, directory.declarations_of(session, codes)):
        declared[declaration.ods_code].append(declaration)
    return {code: _position(decided[code], declared[code]) for code in codes}


def _declared_by(day: date, rows: Sequence[DeclarationRow]) -> list[DeclarationRow]:
    return [row for row in rows if (row.declared_on or row.round_starts_on) <= day]


def _position(decided: Sequence[PublishedRow], declared: Sequence[DeclarationRow]) -> Stands:
    """What is published about a CCG; trial rounds do not count."""
    rows = [row for row in decided if is_standing(row) and row.round_kind != "trial"]
    current, following = pick_current(rows), pick_next(rows)
    if current is not None:
        return _granted("in_force", current)
    if following is not None:
        return _granted("not_started", following)
    spoken = [each for each in declared if each.round_kind != "trial"]
    if rows and not (spoken and spoken[-1].round_starts_on > rows[-1].round_starts_on):
        return _past_position(rows[-1])
    if spoken:
        return Stands("declared", spoken[-1].level, None, spoken[-1].basis, spoken[-1].source)
    return Stands("no_published_decision")


def _past_position(row: PublishedRow) -> Stands:
    match row.standing:
        case "ended":
            return _granted("ended", row)
        case "not_taken_up":
            return _granted("not_taken_up", row)
        case _:
            return _granted("not_approved", row)


def _granted(position: Position, row: PublishedRow) -> Stands:
    return Stands(position, row.granted_level, agreement_in_words(row.agreement), row.basis, row.source)


def _is_open(row: OrganisationRow, day: date) -> bool:
    return row.opened_on <= day <= (row.closed_on or date.max)


def _as_on(row: OrganisationRow, on: date | None) -> OrganisationRow:
    """Asked for a day, a CCG that was still open on it shows no closing; else one that is to come is shown."""
    if row.closed_on is None or (on is not None and on <= row.closed_on):
        return row._replace(closed_on=None, successor_ods_code=None)
    return row


def _row(
    row: OrganisationRow,
    stands: Stands,
    on: date | None,
    day: date,
    regions: dict[str, str],
    teams: dict[str, str],
) -> dict[str, Any]:
    """The members that a listing and a single record share."""
    shown = _as_on(row, on)
    successor = shown.successor_ods_code
    base = f"/v1/organisations/{row.ods_code}"
    return {
        "ods_code": row.ods_code,
        "ons_code": row.ons_code,
        "name": row.name,
        "region": PlaceOut(code=row.region_code, name=regions[row.region_code]),
        "area_team": place(row.area_team_code, teams),
        "open": _is_open(row, day),
        "opened_on": row.opened_on,
        "closed_on": shown.closed_on,
        "successor": SuccessorOut(ods_code=successor, href=f"/v1/organisations/{successor}") if successor else None,
        **stands._asdict(),
        "links": OrganisationLinksOut(self=base, history=f"{base}/history", approvals=f"/v1/approvals/{row.ods_code}"),
    }
