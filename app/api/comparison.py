"""Two days beside each other: which CCGs gained a level, lost one, or hold another."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query

from app.api.figures import known_in_part, known_until, listed_rounds
from app.api.responses import reads_publicly
from app.api.schemas.comparison import ComparedOut, ComparisonOut, DayOut, LevelHeldOut
from app.api.schemas.statistics import ReportedOut
from app.api.standings import listed
from app.api.statistics_table import COMPARISON_COLUMNS, held_cells
from app.records import directory, history, ledger, published
from app.records.directory import DirectoryFilters, OrganisationRow
from app.records.published import Filters, PublishedRow
from app.records.session import Session
from app.rules.grants import Agreement, EndedBy
from app.rules.words import Level
from app.web.caching import KnownSnapshotDep, public_read
from app.web.documents import Day
from app.web.formats import FormatDep, Table
from app.web.request_errors import InvalidParameter, ParameterFault

router = APIRouter(prefix="/v1", tags=["public register"])
FromDay = Annotated[Day, Query(alias="from", description="The earlier day, for instance `2015-06-01`.")]
ToDay = Annotated[Day, Query(alias="to", description="The later day, for instance `2018-06-01`.")]
EVERY_CCG = 1_000_000
CHANGES = ("gained", "lost", "changed")


class Compared(NamedTuple):
    """A CCG whose level differs, with what it held on each day.

    ``closed_on`` is its last day, empty while it is open on the later of the two.
    """

    change: str
    ccg: OrganisationRow
    closed_on: date | None
    before: PublishedRow | None
    after: PublishedRow | None

    @property
    def successor(self) -> str | None:
        """The CCG that came after one that has closed by the later day."""
        return None if self.closed_on is None else self.ccg.successor_ods_code


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
) -> ComparisonOut | Table:
    """Which CCGs gained a level between two days, lost one, or hold another one, as far as is known.

    What was in force on each day is compared, conditions and agreements considered; trial rounds are
    left out. Also at `/v1/comparison.csv` and `/v1/comparison.ndjson`, or by `Accept`.
    """
    if from_day > to_day:
        fault = ParameterFault("from", f"{from_day} is after {to_day}, the day named by `to`.")
        raise InvalidParameter("The days are the wrong way round.", parameters=[fault])
    before, after = _held_on(snapshot.session, from_day), _held_on(snapshot.session, to_day)
    found = _compared(snapshot.session, before, after, to_day)
    sequence = ledger.public_sequence(snapshot.session)
    if wanted_format != "json":
        cells = ([from_day, to_day, sequence, *_cells(each)] for each in found)
        return Table(COMPARISON_COLUMNS, cells, kind="csv" if wanted_format == "csv" else "ndjson")
    known_to = directory.known_to(snapshot.session)
    return ComparisonOut(
        from_=from_day,
        to=to_day,
        before=_day(snapshot.session, from_day, before.values()),
        after=_day(snapshot.session, to_day, after.values()),
        **_shown(snapshot.session, found),
        unchanged=len(before.keys() | after.keys()) - len(found),
        reported=_reported(snapshot.session, from_day, to_day),
        in_words=[
            *known_in_part(listed_rounds(snapshot.session, ())),
            *_closed_in_words(found),
            *known_until(known_to, to_day),
        ],
        known_to=known_to,
        public_sequence=sequence,
    )


HELD = "delegated_in_force"


def _reported(session: Session, from_day: date, to_day: date) -> list[ReportedOut]:
    """How many CCGs of England were reported to hold delegated commissioning, from one day to another, oldest first."""
    totals = history.reported_in(session, [plan.round_id for plan in listed_rounds(session, ())])
    held = [each for each in totals if each.measure == HELD and each.region_code is None]
    between = [each for each in held if _is_between(each.as_at, from_day, to_day)]
    return [ReportedOut.of_total(each, {}) for each in sorted(between, key=lambda each: each.as_at)]


def _is_between(as_at: str, from_day: date, to_day: date) -> bool:
    """Whether a day, or any day of a month, lies from one day to another."""
    first, last = (day.isoformat()[: len(as_at)] for day in (from_day, to_day))
    return first <= as_at <= last


def _closed_in_words(found: Sequence[Compared]) -> list[str]:
    """A sentence where a level was lost because the CCG closed, so that nobody takes a merger for a change of mind."""
    lost = [each.before.ended_by for each in found if each.change == "lost" and each.before is not None]
    closed = lost.count(EndedBy.SUCCEEDED)
    if not closed:
        return []
    if len(lost) == 1:
        return ["The only CCG that lost a level closed; its successor needs a grant of its own."]
    how_many = f"All {closed}" if closed == len(lost) else f"{closed} of the {len(lost)}"
    return [f"{how_many} CCGs that lost a level closed; their successors need grants of their own."]


def _held_on(session: Session, day: date) -> dict[str, PublishedRow]:
    """What each CCG held on a day, by ODS code; of several grants the one that started last."""
    rows = published.by_code(session, Filters(in_force_only=True), day=day, after=None, limit=None)
    return {row.ods_code: row for row in sorted(rows, key=lambda row: row.in_force_from or date.min)}


def _compared(
    session: Session, before: Mapping[str, PublishedRow], after: Mapping[str, PublishedRow], day: date
) -> list[Compared]:
    """The CCGs whose level differs, by ODS code."""
    found = []
    for ccg in directory.search(session, DirectoryFilters(), day=day, after=None, limit=EVERY_CCG):
        change = _change(before.get(ccg.ods_code), after.get(ccg.ods_code))
        if change is not None:
            closed_on = ccg.closed_on if ccg.closed_on is not None and ccg.closed_on < day else None
            found.append(Compared(change, ccg, closed_on, before.get(ccg.ods_code), after.get(ccg.ods_code)))
    return found


def _change(before: PublishedRow | None, after: PublishedRow | None) -> str | None:
    """What became of a level; None where it is the same, or there was none on either day."""
    if before is None or after is None:
        return "gained" if after is not None else "lost" if before is not None else None
    return "changed" if before.granted_level != after.granted_level else None


def _shown(session: Session, found: Sequence[Compared]) -> dict[str, list[ComparedOut]]:
    held = listed(session, [row for each in found for row in (each.before, each.after) if row is not None])
    shown: dict[str, list[ComparedOut]] = {change: [] for change in CHANGES}
    for each in found:
        shown[each.change].append(
            ComparedOut(
                ods_code=each.ccg.ods_code,
                name=each.ccg.name,
                closed_on=each.closed_on,
                successor=each.successor,
                before=held[each.before.decision_id] if each.before else None,
                after=held[each.after.decision_id] if each.after else None,
            )
        )
    return shown


def _cells(each: Compared) -> list[object]:
    ccg = (each.change, each.ccg.ods_code, each.ccg.name, each.closed_on, each.successor)
    return [*ccg, *held_cells(each.before), *held_cells(each.after)]


def _day(session: Session, day: date, held: Iterable[PublishedRow]) -> DayOut:
    rows = list(held)
    return DayOut(
        on=day,
        organisations=directory.count(session, DirectoryFilters(is_open=True), day=day),
        delegated=_level(rows, Level.DELEGATED),
        joint=_level(rows, Level.JOINT),
    )


def _level(rows: Iterable[PublishedRow], level: Level) -> LevelHeldOut:
    confirmed = [row.agreement == Agreement.SIGNED for row in rows if row.granted_level == level]
    return LevelHeldOut(in_force=sum(confirmed), start_not_confirmed=len(confirmed) - sum(confirmed))
