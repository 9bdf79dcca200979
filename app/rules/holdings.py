"""What a CCG holds, out of everything that was decided about it: in force, granted ahead, and the rest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, Protocol, TypeVar

from app.rules.decisions import DecisionState
from app.rules.grants import GrantStatus
from app.rules.history import Origin
from app.rules.rounds import RoundKind, stands_apart


class DecidedGrant(Protocol):
    """A published decision about a CCG and what it gives, as far as these rules look at it.

    ``standing`` is how the grant stands on the day asked for; None if nothing was granted.
    """

    @property
    def state(self) -> str: ...
    @property
    def standing(self) -> str | None: ...
    @property
    def origin(self) -> str: ...
    @property
    def round_kind(self) -> str: ...
    @property
    def round_stage(self) -> str: ...
    @property
    def round_starts_on(self) -> date: ...
    @property
    def published_sequence(self) -> int: ...
    @property
    def in_force_from(self) -> date | None: ...


Row = TypeVar("Row", bound=DecidedGrant)
Item = TypeVar("Item")
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Holdings(Generic[Item]):
    """What a CCG holds: the grant in force, the one ahead, and everything else, newest first."""

    current: Item | None
    next: Item | None
    past: list[Item]

    def shown_as(self, show: Callable[[Item], Shown]) -> "Holdings[Shown]":
        """The same with each of them shown in another way."""
        return Holdings(
            None if self.current is None else show(self.current),
            None if self.next is None else show(self.next),
            [show(each) for each in self.past],
        )


def holdings_of(rows: Iterable[Row]) -> Holdings[Row]:
    """Sort everything that was decided about one CCG, oldest first, into what it holds and what it held."""
    found = list(rows)
    current, following = pick_current(found), pick_next(found)
    return Holdings(current, following, [row for row in reversed(found) if row not in (current, following)])


def is_valid(row: DecidedGrant) -> bool:
    """Whether a decision counts: one that a correction superseded does not."""
    return row.state == DecisionState.PUBLISHED


def is_real(row: DecidedGrant) -> bool:
    """Whether a decision is of a real round, and not of a trial."""
    return row.round_kind != RoundKind.TRIAL


def counts(row: DecidedGrant) -> bool:
    """Whether a decision says what its CCG holds: it is of a real round, and no expression of interest."""
    return not stands_apart(row.round_kind, row.round_stage)


def pick_current(rows: Iterable[Row]) -> Row | None:
    """The grant in force, of several the one that started last; a real one before one of a trial round."""
    held = [row for row in rows if is_valid(row) and row.standing == GrantStatus.IN_FORCE]
    return max(held, key=lambda row: (is_real(row), row.in_force_from or date.min), default=None)


def pick_next(rows: Iterable[Row]) -> Row | None:
    """The grant ahead of the newest round; a real one before one of a trial round.

    One of the past of which no source gives the first day is not ahead of one that is in force.
    """
    found = list(rows)
    ahead = [row for row in found if is_valid(row) and row.standing == GrantStatus.NOT_STARTED]
    if pick_current(found) is not None:
        ahead = [row for row in ahead if row.origin != Origin.HISTORY or row.in_force_from is not None]
    return max(ahead, key=_newest_round, default=None)


def _newest_round(row: DecidedGrant) -> tuple[bool, date, int]:
    return is_real(row), row.round_starts_on, row.published_sequence
