"""How long CCGs waited for their decisions, in JSON and CSV."""

from collections.abc import Iterator

from fastapi import APIRouter

from app.api.figures import listed_rounds
from app.api.responses import reads_publicly
from app.api.schemas.waiting_times import WaitingTimeOut, WaitingTimesOut
from app.records import ledger, waiting_times
from app.records.session import Session
from app.rules.deadlines import london_day
from app.rules.rounds import RoundPlan
from app.rules.waiting import waits_of
from app.rules.words import Level
from app.web.caching import KnownSnapshotDep, public_read
from app.web.filters import RoundFilter, parts
from app.web.formats import Column, FormatDep, Table

router = APIRouter(prefix="/v1", tags=["public register"])
WAITING_TIME_COLUMNS = (
    Column("round", "string", "The round's id.", required=True),
    Column("title", "string", "The round's title.", required=True),
    Column("trial", "boolean", "Whether it is a trial round, which decides nothing.", required=True),
    Column("requestedLevel", "string", "The level applied for: delegated or joint.", required=True),
    Column("announced", "integer", "How many CCGs' decisions were announced.", required=True),
    Column("medianDays", "decimal", "Half of them waited no longer, from submission to announcement.", required=True),
    Column("percentile90Days", "integer", "Nine in ten of them waited no longer.", required=True),
    Column("oldestDays", "integer", "Nobody waited longer.", required=True),
)
_CELLS = (
    *("round", "title", "trial", "requested_level"),
    *("announced", "median_days", "percentile90_days", "oldest_days"),
)


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
) -> WaitingTimesOut | Table:
    """From the first submission to the announcement, in London days: median, 90th percentile, oldest.

    Of announced rounds, by level; of trial rounds only when `round` names them. Also at
    `/v1/waiting-times.csv` and `/v1/waiting-times.ndjson`, or by `Accept`.
    """
    rows = [
        row for plan in listed_rounds(snapshot.session, parts(round_id)) for row in _of_round(snapshot.session, plan)
    ]
    if wanted_format != "json":
        cells = ([getattr(row, name) for name in _CELLS] for row in rows)
        return Table(WAITING_TIME_COLUMNS, cells, kind="csv" if wanted_format == "csv" else "ndjson")
    return WaitingTimesOut(results=rows, total=len(rows), public_sequence=ledger.public_sequence(snapshot.session))


def _of_round(session: Session, plan: RoundPlan) -> Iterator[WaitingTimeOut]:
    waited = waiting_times.waited(session, plan.round_id)
    for level in (Level.DELEGATED, Level.JOINT):
        days = [
            (london_day(each.published_at) - london_day(each.submitted_at)).days
            for each in waited
            if each.level == level
        ]
        waits = waits_of(days)
        if waits is not None:
            yield WaitingTimeOut.of(plan, level, waits)
