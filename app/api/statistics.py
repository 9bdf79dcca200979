"""Public counts by group and round, in JSON and CSV."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.figures import Group, RoundFigures, figures_of_round, known_until, listed_rounds
from app.api.responses import reads_publicly
from app.api.schemas.statistics import GroupBy, RoundStatisticsOut, StatisticsOut, StatisticsRowOut
from app.api.statistics_table import STATISTICS_COLUMNS, statistics_cells
from app.records import directory, ledger, places
from app.records.session import Session
from app.rules import deadlines
from app.rules.words import REASONS
from app.web.caching import KnownSnapshotDep, public_read
from app.web.filters import OnFilter, RoundFilter, parts
from app.web.formats import FormatDep, Table

router = APIRouter(prefix="/v1", tags=["public register"])
GroupFilter = Annotated[GroupBy, Query(alias="groupBy", description="What the rows are by.")]
NOT_KNOWN = "Not known"


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
) -> StatisticsOut | Table:
    """How many CCGs chose what, what was decided, and what is in force: for each round, by group.

    Of all real rounds unless `round` names some; trial rounds only when named. `on` is the day on
    which grants are in force, today unless it is named. What others reported at the time stands beside
    the register's own counts as `reported`, with its source, and is never part of them.

    Also at `/v1/statistics.csv` and `/v1/statistics.ndjson`, or by `Accept`.
    """
    day = on or deadlines.london_day(snapshot.at)
    sequence = ledger.public_sequence(snapshot.session)
    found = [
        figures_of_round(snapshot.session, plan, day=day, public_sequence=sequence)
        for plan in listed_rounds(snapshot.session, parts(round_id))
    ]
    regions = places.region_names(snapshot.session)
    rows = [(each.plan, group) for each in found for group in _groups(snapshot.session, each, group_by, regions)]
    if wanted_format != "json":
        cells = (statistics_cells(plan, group, group_by, day, sequence) for plan, group in rows)
        return Table(STATISTICS_COLUMNS, cells, kind="csv" if wanted_format == "csv" else "ndjson")
    known_to = directory.known_to(snapshot.session)
    return StatisticsOut(
        group_by=group_by,
        on=on,
        known_to=known_to,
        in_words=known_until(known_to, day),
        public_sequence=sequence,
        rounds=[RoundStatisticsOut.of(each, regions) for each in found],
        results=[StatisticsRowOut.in_round(plan, group, regions) for plan, group in rows],
        total=len(rows),
    )


def _groups(session: Session, found: RoundFigures, group_by: GroupBy, regions: dict[str, str]) -> Iterator[Group]:
    match group_by:
        case "round":
            national = [each for each in found.reported if each.region_code is None]
            yield Group(found.plan.round_id, found.plan.title, found.ccgs, national)
        case "region":
            for code in sorted({ccg.region_code for ccg in found.ccgs}):
                of_region = [each for each in found.reported if each.region_code == code]
                yield Group(code, regions[code], [ccg for ccg in found.ccgs if ccg.region_code == code], of_region)
        case "areaTeam":
            names = places.area_team_names(session)
            for team in sorted({ccg.area_team_code for ccg in found.ccgs}, key=lambda code: (code is None, code)):
                name = NOT_KNOWN if team is None else names[team]
                yield Group(team, name, [ccg for ccg in found.ccgs if ccg.area_team_code == team])
        case "reason":
            for reason in REASONS:
                given = [ccg.given(reason.code) for ccg in found.ccgs]
                if any(ccg.decided for ccg in given):
                    yield Group(reason.code, reason.label, [ccg for ccg in given if ccg.decided])
