"""Two days compared: which CCGs gained a level, lost one, or hold another."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.responses import reads_publicly
from app.api.schemas.comparison import ComparisonOut
from app.api.statistics_table import COMPARISON_COLUMNS
from app.reading import comparison as reading
from app.web.caching import KnownSnapshotDep, public_read
from app.web.documents import Day
from app.web.filters import refuse_reversed
from app.web.formats import FormatDep, Table, table

router = APIRouter(prefix="/v1", tags=["public register"])
FromDay = Annotated[Day, Query(alias="from", description="The earlier day, for instance `2015-06-01`.")]
ToDay = Annotated[Day, Query(alias="to", description="The later day, for instance `2018-06-01`.")]


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
    found = reading.compare_days(snapshot.session, from_day, to_day)
    if wanted_format != "json":
        return table(COMPARISON_COLUMNS, found.rows, wanted_format)
    return ComparisonOut.of(found)
