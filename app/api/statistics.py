"""Public counts by group and round, and how long CCGs waited for their decisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.responses import reads_publicly
from app.api.schemas.statistics import GroupBy, StatisticsOut
from app.api.schemas.waiting_times import WaitingTimesOut
from app.api.statistics_table import STATISTICS_COLUMNS, WAITING_TIME_COLUMNS
from app.reading.statistics import Grouping, count_by
from app.reading.waiting_times import list_waiting_times as read_waiting_times
from app.web.caching import KnownSnapshotDep, public_read
from app.web.filters import OnFilter, RoundFilter, parts
from app.web.formats import FormatDep, Table, table

router = APIRouter(prefix="/v1", tags=["public register"])
# A router of its own, because the API's description lists it after the comparison.
waiting_times_router = APIRouter(prefix="/v1", tags=["public register"])
GroupFilter = Annotated[GroupBy, Query(alias="groupBy", description="How to group the rows.")]


@router.get("/statistics.csv", include_in_schema=False, name="list_statistics_csv")
@router.get("/statistics.ndjson", include_in_schema=False, name="list_statistics_ndjson")
@router.get(
    "/statistics",
    response_model=StatisticsOut,
    summary="Count choices and outcomes",
    responses=reads_publicly("not-yet-known", columns=STATISTICS_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_statistics(
    snapshot: KnownSnapshotDep,
    wanted_format: FormatDep,
    group_by: GroupFilter = "round",
    round_id: RoundFilter = None,
    on: OnFilter = None,
) -> StatisticsOut | Table[Any]:
    """How many CCGs chose each level, what was decided, and what is in force: for each round, by group.

    It covers all real rounds unless `round` names some; trial rounds only if you name them. Grants are counted if they
    are in force on the day `on`, or today if you leave it out. What others reported at the time stands beside the
    register's own counts as `reported`, with its source, and is never part of them.

    Also at `/v1/statistics.csv` and `/v1/statistics.ndjson`, or by `Accept`.
    """
    found = count_by(snapshot.session, Grouping(group_by), named=parts(round_id), day=on or snapshot.today)
    if wanted_format != "json":
        return table(STATISTICS_COLUMNS, found.groups, wanted_format)
    return StatisticsOut.by_group(found, group_by, on)


@waiting_times_router.get("/waiting-times.csv", include_in_schema=False, name="list_waiting_times_csv")
@waiting_times_router.get("/waiting-times.ndjson", include_in_schema=False, name="list_waiting_times_ndjson")
@waiting_times_router.get(
    "/waiting-times",
    response_model=WaitingTimesOut,
    summary="See how long decisions took",
    responses=reads_publicly("not-yet-known", columns=WAITING_TIME_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_waiting_times(
    snapshot: KnownSnapshotDep, wanted_format: FormatDep, round_id: RoundFilter = None
) -> WaitingTimesOut | Table[Any]:
    """From the first submission to the announcement, in London days: median, 90th percentile, longest.

    It covers announced rounds, by level; trial rounds only if `round` names them. Also at `/v1/waiting-times.csv` and
    `/v1/waiting-times.ndjson`, or by `Accept`.
    """
    found = read_waiting_times(snapshot.session, parts(round_id))
    if wanted_format != "json":
        return table(WAITING_TIME_COLUMNS, found.rows, wanted_format)
    return WaitingTimesOut.of(found)
