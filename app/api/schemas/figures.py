"""Figures beside the statistics: two days compared, and how long CCGs waited for their decisions."""

from typing import Annotated, Self

from pydantic import Field

from app.api.schemas.approvals import ApprovalOut, PlaceOut
from app.reading.comparison import Change, Compared, Comparison, DayHeld, LevelHeld
from app.reading.waiting_times import LevelWaits, WaitingTimes
from app.records.places import PlaceNames
from app.rules.history import Reported
from app.rules.rounds import RoundKind
from app.rules.words import MEASURES
from app.web.documents import AppliedLevelOut, Day, Out, word_of
from app.web.licence import PublicListOut

_LABELS = {word.code: word.label for word in MEASURES}


class ReportedOut(Out):
    """A total as it was reported at the time: ``value`` of ``of`` bodies. The register never counts it in.

    Without a region and an area team it covers England. ``asAt`` is a day, or a month if the day is not known. ``note``
    is what a reader must know beside the source, for instance that another one disagrees.
    """

    measure: str
    label: str
    region: PlaceOut | None
    area_team: PlaceOut | None
    value: int
    of: int
    as_at: str
    source: str
    note: str | None

    @classmethod
    def of_total(cls, total: Reported, names: PlaceNames) -> Self:
        """Show a stored total."""
        region, team = total.region_code, total.area_team_code
        return cls(
            measure=total.measure,
            label=_LABELS.get(total.measure, total.measure),
            region=None if region is None else PlaceOut.of(names.region(region)),
            area_team=PlaceOut.of_any(names.area_team(team)),
            value=total.value,
            of=total.of,
            as_at=total.as_at,
            source=total.source,
            note=total.note,
        )


class LevelHeldOut(Out):
    """How many CCGs held a level on a day. Those whose start no source confirms are counted apart."""

    in_force: int
    start_not_confirmed: int

    @classmethod
    def of(cls, held: LevelHeld) -> Self:
        """Show how many held a level."""
        return cls(in_force=held.in_force, start_not_confirmed=held.start_not_confirmed)


class DayOut(Out):
    """What CCGs held on one day, and how many were open."""

    on: Day
    organisations: int
    delegated: LevelHeldOut
    joint: LevelHeldOut

    @classmethod
    def of(cls, day: DayHeld) -> Self:
        """Show one day."""
        return cls(
            on=day.on,
            organisations=day.organisations,
            delegated=LevelHeldOut.of(day.delegated),
            joint=LevelHeldOut.of(day.joint),
        )


class ComparedOut(Out):
    """A CCG whose level differs between the two days, with what it held on each."""

    ods_code: str
    name: str
    closed_on: Day | None
    successor: str | None
    before: ApprovalOut | None
    after: ApprovalOut | None

    @classmethod
    def of(cls, row: Compared) -> Self:
        """Show a CCG."""
        return cls(
            ods_code=row.ccg.ods_code,
            name=row.ccg.name,
            closed_on=row.closed_on,
            successor=row.successor,
            before=ApprovalOut.of(row.before) if row.before else None,
            after=ApprovalOut.of(row.after) if row.after else None,
        )


class ComparisonOut(PublicListOut):
    """Which CCGs gained a level, lost one, or hold another one, between two days. Trial rounds are left out.

    ``unchanged`` CCGs hold the same level on both days. ``reported`` is how many CCGs were reported at the time to hold
    delegated commissioning, from the one day to the other; it is no part of these counts. ``inWords`` says which rounds
    are only partly known (CCGs that no source names are missing here), and what else a reader must know. The register
    knows about CCGs up to ``knownTo``.
    """

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    before: DayOut
    after: DayOut
    gained: list[ComparedOut]
    lost: list[ComparedOut]
    changed: list[ComparedOut]
    unchanged: int
    reported: list[ReportedOut]
    in_words: list[str]
    known_to: Day | None
    public_sequence: int

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """Show two days beside each other."""
        return cls(
            from_=found.before.on,
            to=found.after.on,
            before=DayOut.of(found.before),
            after=DayOut.of(found.after),
            **{change.value: [ComparedOut.of(each) for each in found.which(change)] for change in Change},
            unchanged=found.unchanged,
            reported=[ReportedOut.of_total(each, PlaceNames({}, {})) for each in found.reported],
            in_words=found.in_words,
            known_to=found.known_to,
            public_sequence=found.public_sequence,
        )


# --- waiting times ------------------------------------------------------------------------------


class WaitingTimeOut(Out):
    """How many CCGs' decisions in a round were announced at a level, and how long they waited, in London days.

    Half waited no longer than ``medianDays``, nine in ten no longer than ``percentile90Days`` (nearest rank), and
    nobody longer than ``oldestDays``.
    """

    round: str
    title: str
    trial: bool
    kind: Annotated[str, word_of(*RoundKind)]
    requested_level: AppliedLevelOut
    announced: int
    median_days: float
    percentile90_days: int
    oldest_days: int

    @classmethod
    def of(cls, row: LevelWaits) -> Self:
        """Show a row."""
        plan, waits = row.plan, row.waits
        return cls(
            round=plan.round_id,
            title=plan.title,
            trial=plan.kind == RoundKind.TRIAL,
            kind=plan.kind,
            requested_level=row.level,
            announced=waits.number,
            median_days=waits.median,
            percentile90_days=waits.percentile_90,
            oldest_days=waits.oldest,
        )


class WaitingTimesOut(PublicListOut):
    """Waiting times in announced rounds, by level. The round that starts last comes first.

    A wait runs from the first submission to the announcement of the CCG's first decision. Past rounds have none,
    because their decisions come from sources.
    """

    results: list[WaitingTimeOut]
    total: int
    public_sequence: int

    @classmethod
    def of(cls, found: WaitingTimes) -> Self:
        """Show waiting times."""
        rows = [WaitingTimeOut.of(each) for each in found.rows]
        return cls(results=rows, total=len(rows), public_sequence=found.public_sequence)
