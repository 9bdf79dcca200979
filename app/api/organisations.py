"""CCGs: one row for each, their dated names, and every published event."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.responses import reads_publicly
from app.api.schemas.organisations import HistoryOut, LineageOut, OrganisationOut, OrganisationsOut
from app.api.tables import ORGANISATION_COLUMNS
from app.reading import organisations as reading
from app.reading.changes import read_history
from app.reading.lineage import read_lineage
from app.reading.rounds import check_places
from app.records import directory
from app.records.directory import DirectoryFilters
from app.rules.bodies import BodyKind
from app.rules.positions import PositionWord
from app.web.caching import KnownSnapshotDep, Public, public_read
from app.web.filters import AreaTeamFilter, OnFilter, RegionFilter, TextFilter, one_or_several, parts
from app.web.formats import FormatDep, Table, table
from app.web.identifiers import OdsCodePath
from app.web.paging import PagingDep
from app.web.queries import TRUE_OR_FALSE, comma_list

router = APIRouter(prefix="/v1", tags=["public register"])
OpenFilter = Annotated[
    bool | None,
    Query(alias="open", description="Only CCGs that are open on the day, or only closed ones."),
    TRUE_OR_FALSE,
]
KindFilter = Annotated[
    str | None,
    one_or_several(BodyKind, "Kinds of bodies: CCGs (if left out), integrated care boards, made-up trial bodies."),
]
PositionFilter = Annotated[str | None, one_or_several(PositionWord, "What is published about a CCG.")]


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
    kind: KindFilter = None,
    on: OnFilter = None,
) -> Public | Table[Any]:
    """Every CCG that had opened by the day, closed ones included, by ODS code. Names and places are those of that day.

    With `kind`: the boards that followed the CCGs, or the made-up bodies of trial rounds. A board holds nothing here.

    Also at `/v1/organisations.csv` and `/v1/organisations.ndjson`, or by `Accept`. Those give the whole list at once
    and take no `limit` and no `cursor`.
    """
    kinds = comma_list(kind, BodyKind, parameter="kind") or (BodyKind.CCG,)
    filters = DirectoryFilters(kinds, parts(region), parts(area_team), is_open, q)
    check_places(snapshot.session, filters.regions, filters.area_teams)
    positions = comma_list(position, PositionWord, parameter="position")
    asked = reading.DirectoryAsked(filters, positions, on, snapshot.today)
    if wanted_format != "json":
        rows = reading.every_organisation(snapshot.session, asked)
        return table(
            ORGANISATION_COLUMNS, rows, wanted_format, {"knownTo": directory.known_to(snapshot.session, kinds)}
        )
    after = paging.after(str)
    found = reading.list_organisations(snapshot.session, asked, after=after[0] if after else None, limit=paging.wanted)
    page = paging.cut(found.rows, lambda each: [each.row.ods_code])
    return Public(OrganisationsOut.of(found, page, on), page.link_next)


@router.get(
    "/organisations/{odsCode}",
    response_model=OrganisationOut,
    summary="Read one CCG",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_organisation(ods_code: OdsCodePath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> OrganisationOut:
    """A CCG's own record. Once the CCG has closed it also says `closedOn` and the successor.

    With `on`: the state on that day, from what had been decided and declared by then. `position` is
    `no_published_decision` if nothing is published, whatever else may be going on.
    """
    found = reading.read_organisation(snapshot.session, ods_code, on=on, today=snapshot.today)
    return OrganisationOut.in_full(found, on)


@router.get(
    "/organisations/{odsCode}/history",
    response_model=HistoryOut,
    summary="Read every published event about one CCG",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_organisation_history(ods_code: OdsCodePath, snapshot: KnownSnapshotDep) -> HistoryOut:
    """Oldest first, starting with the CCG's own entry in the register."""
    return HistoryOut.of(read_history(snapshot.session, ods_code, today=snapshot.today))


@router.get(
    "/organisations/{odsCode}/lineage",
    response_model=LineageOut,
    summary="Read which bodies came before and after one",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_organisation_lineage(ods_code: OdsCodePath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> LineageOut:
    """Bodies that merged into this one, and those that it merged into, over any number of mergers: what each held when.

    With `on`: only mergers of before that day, and what had been decided by then.
    """
    return LineageOut.of(read_lineage(snapshot.session, ods_code, on=on, today=snapshot.today), on)
