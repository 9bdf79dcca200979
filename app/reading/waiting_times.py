"""How long CCGs waited for their decisions: by announced round and level."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from app.reading.rounds import listed_rounds
from app.records import ledger, waiting_times
from app.records.session import Session
from app.records.waiting_times import Waited
from app.rules.deadlines import london_day
from app.rules.rounds import RoundPlan
from app.rules.waiting import Waits, waits_of
from app.rules.words import Level


@dataclass(frozen=True, slots=True)
class LevelWaits:
    """How long CCGs waited that applied for a level in a round."""

    plan: RoundPlan
    level: Level
    waits: Waits


@dataclass(frozen=True, slots=True)
class WaitingTimes:
    """Waits by round and level, the round that starts last first."""

    rows: list[LevelWaits]
    public_sequence: int


def list_waiting_times(session: Session, named: Collection[str]) -> WaitingTimes:
    """Waiting times of the rounds named, or else all real ones, as far as they are announced. Raises UnknownNames."""
    plans = listed_rounds(session, named)
    waited = waiting_times.waited(session, [plan.round_id for plan in plans])
    rows = [row for plan in plans for row in _of_round(plan, waited[plan.round_id])]
    return WaitingTimes(rows, ledger.public_sequence(session))


def _of_round(plan: RoundPlan, waited: Sequence[Waited]) -> Iterator[LevelWaits]:
    for level in (Level.DELEGATED, Level.JOINT):
        waits = waits_of([_days(each) for each in waited if each.level == level])
        if waits is not None:
            yield LevelWaits(plan, level, waits)


def _days(wait: Waited) -> int:
    """For how many London days a CCG waited."""
    return (london_day(wait.published_at) - london_day(wait.submitted_at)).days
