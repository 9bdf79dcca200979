"""Figures: public counts by group and round, two days compared, and how long CCGs waited for their decisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.responses import reads_publicly
from app.api.schemas.figures import ComparisonOut, WaitingTimesOut
from app.api.schemas.statistics import GroupBy, StatisticsOut
from app.api.statistics_table import COMPARISON_COLUMNS, STATISTICS_COLUMNS, WAITING_TIME_COLUMNS
from app.reading import comparison
from app.reading.statistics import Grouping, count_by
from app.reading.waiting_times import list_waiting_times as read_waiting_times
from app.web.caching import KnownSnapshotDep, public_read
from app.web.documents import Day
from app.web.filters import OnFilter, RoundFilter, parts, refuse_reversed
from app.web.formats import FormatDep, Table, table

router = APIRouter(prefix="/v1", tags=["public register"])
FromDay = Annotated[Day, Query(alias="from", description="The earlier day, for instance `2015-06-01`.")]
ToDay = Annotated[Day, Query(alias="to", description="The later day, for instance `2018-06-01`.")]
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
        return table(STATISTICS_COLUMNS, found.groups, wanted_format, {"knownTo": found.known_to})
    return StatisticsOut.by_group(found, group_by, on)


@router.get("/comparison.csv", include_in_schema=False, name="compare_days_csv")
@router.get("/comparison.ndjson", include_in_schema=False, name="compare_days_ndjson")
@router.get(
    "/comparison",
    response_model=ComparisonOut,
    summary="Compare two days",
    responses=reads_publicly("not-yet-known", columns=COMPARISON_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def compare_days(
    snapshot: KnownSnapshotDep, wanted_format: FormatDep, from_day: FromDay, to_day: ToDay
) -> ComparisonOut | Table[Any]:
    """Which CCGs gained a level between two days, lost one, or hold another one, as far as is known.

    It compares what was in force on each day, and takes conditions and agreements into account. Trial rounds are left
    out. Also at `/v1/comparison.csv` and `/v1/comparison.ndjson`, or by `Accept`.
    """
    refuse_reversed(from_day, to_day)
    found = comparison.compare_days(snapshot.session, from_day, to_day)
    if wanted_format != "json":
        return table(COMPARISON_COLUMNS, found.rows, wanted_format, {"knownTo": found.known_to})
    return ComparisonOut.of(found)


@router.get("/waiting-times.csv", include_in_schema=False, name="list_waiting_times_csv")
@router.get("/waiting-times.ndjson", include_in_schema=False, name="list_waiting_times_ndjson")
@router.get(
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
