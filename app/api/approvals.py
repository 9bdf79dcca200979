"""Who is approved: the list of approved CCGs, and what one CCG holds."""

from typing import Annotated, Any

from fastapi import APIRouter

from app.api.responses import reads_publicly
from app.api.schemas.approvals import ApprovalsOut, OrganisationApprovalsOut
from app.api.tables import APPROVAL_COLUMNS
from app.reading import approvals as reading
from app.reading.rounds import listed_rounds
from app.records import directory
from app.records.published import Filters
from app.rules.grants import EndedBy, GrantStatus
from app.rules.words import Outcome
from app.web.caching import KnownSnapshotDep, Public, public_read
from app.web.filters import (
    AppliedLevel,
    AreaTeamFilter,
    EndedByFilter,
    LevelFilter,
    OnFilter,
    OutcomeFilter,
    RegionFilter,
    RoundFilter,
    TextFilter,
    one_or_several,
    parts_of,
)
from app.web.formats import FormatDep, Table, table
from app.web.identifiers import OdsCodePath
from app.web.paging import PagingDep
from app.web.queries import comma_list

router = APIRouter(prefix="/v1", tags=["public register"])
StandingFilter = Annotated[str | None, one_or_several(GrantStatus, "The status of the grant on the day.")]


@router.get("/approvals.csv", include_in_schema=False, name="list_approvals_csv")
@router.get("/approvals.ndjson", include_in_schema=False, name="list_approvals_ndjson")
@router.get(
    "/approvals",
    response_model=ApprovalsOut,
    summary="List the approved CCGs",
    responses=reads_publicly("not-yet-known", columns=APPROVAL_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_approvals(
    snapshot: KnownSnapshotDep,
    wanted_format: FormatDep,
    paging: PagingDep,
    level: LevelFilter = None,
    outcome: OutcomeFilter = None,
    standing: StandingFilter = None,
    region: RegionFilter = None,
    area_team: AreaTeamFilter = None,
    round_id: RoundFilter = None,
    ended_by: EndedByFilter = None,
    q: TextFilter = None,
    on: OnFilter = None,
) -> Public | Table[Any]:
    """Every published decision that is not superseded. Without `outcome`, those with `outcome=approved`.

    With `on`: the grants in force on that day, of every outcome unless you name one. Rows are in the order of the ODS
    codes. A decision without a grant is found by the level requested. `counts` cover all outcomes that match the other
    filters.

    Also at `/v1/approvals.csv` and `/v1/approvals.ndjson`, or by `Accept`. Those give the whole list at once and
    take no `limit` and no `cursor`.
    """
    regions, area_teams, rounds = parts_of(region, area_team, round_id)
    filters = Filters(
        outcomes=comma_list(outcome, Outcome, parameter="outcome") or (),
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        standings=comma_list(standing, GrantStatus, parameter="standing") or (),
        regions=regions,
        area_teams=area_teams,
        rounds=rounds,
        ended_by=comma_list(ended_by, EndedBy, parameter="endedBy") or (),
        text=q,
    )
    asked = reading.ApprovalsAsked(filters, on, snapshot.today)
    covered = listed_rounds(snapshot.session, rounds, regions=regions, area_teams=area_teams)
    if wanted_format != "json":
        rows = reading.every_approval(snapshot.session, asked)
        return table(APPROVAL_COLUMNS, rows, wanted_format, {"knownTo": directory.known_to(snapshot.session)})
    after = paging.after(str, str)
    found = reading.list_approvals(snapshot.session, asked, covered, after=after, limit=paging.wanted)
    page = paging.cut(found.rows, lambda each: [each.row.ods_code, each.key])
    return Public(ApprovalsOut.of(found, page, on), page.link_next)


@router.get(
    "/approvals/{odsCode}",
    response_model=OrganisationApprovalsOut,
    summary="Read what one CCG holds",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_approvals(ods_code: OdsCodePath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> OrganisationApprovalsOut:
    """The grant in force, the one that starts later, and all other decisions, newest first.

    With `on`: the state on that day, from what had been decided by then. A grant of a trial round says `trial: true`,
    and comes after the real ones.
    """
    found = reading.read_approvals(snapshot.session, ods_code, on=on, today=snapshot.today)
    return OrganisationApprovalsOut.of(found, on)
