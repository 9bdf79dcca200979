"""Waiting times as the public reads them."""

from typing import Annotated, Self

from app.reading.waiting_times import LevelWaits, WaitingTimes
from app.rules.rounds import RoundKind
from app.web.documents import AppliedLevelOut, Out, word_of
from app.web.licence import PublicListOut


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
