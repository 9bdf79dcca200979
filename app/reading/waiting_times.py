"""How long CCGs waited for their decisions: by announced round and level."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.reading.rounds import listed_rounds
from app.records import ledger, waiting_times
from app.records.session import Session
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
    """Waiting times of the rounds named, or else all real ones, as far as they are announced. Raises UnknownRounds."""
    rows = [row for plan in listed_rounds(session, named) for row in _of_round(session, plan)]
    return WaitingTimes(rows, ledger.public_sequence(session))


def _of_round(session: Session, plan: RoundPlan) -> Iterator[LevelWaits]:
    waited = waiting_times.waited(session, plan.round_id)
    for level in (Level.DELEGATED, Level.JOINT):
        waits = waits_of(
            [
                (london_day(each.published_at) - london_day(each.submitted_at)).days
                for each in waited
                if each.level == level
            ]
        )
        if waits is not None:
            yield LevelWaits(plan, level, waits)
