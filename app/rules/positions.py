"""A CCG's position: what is published about it, in one word, with the level that goes with it."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from app.rules.grants import GrantStatus, agreement_in_words
from app.rules.holdings import DecidedGrant, is_real, is_valid, pick_current, pick_next
from app.rules.rounds import RoundKind


class PositionWord(StrEnum):
    """What is published about a CCG."""

    IN_FORCE = "in_force"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NOT_TAKEN_UP = "not_taken_up"
    NEVER_STARTED = "never_started"
    NOT_APPROVED = "not_approved"
    DECLARED = "declared"
    NO_PUBLISHED_DECISION = "no_published_decision"


class Position(NamedTuple):
    """What is published about a CCG, at which level, and, if it is of a past round, how that is known."""

    position: PositionWord
    level: str | None = None
    agreement_in_words: str | None = None
    basis: str | None = None
    source: str | None = None


class Decided(DecidedGrant, Protocol):
    """A published decision about a CCG, as far as a position is made of it."""

    @property
    def granted_level(self) -> str | None: ...
    @property
    def agreement(self) -> str | None: ...
    @property
    def basis(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...


class Declared(Protocol):
    """A declaration of a CCG, as far as a position is made of it."""

    @property
    def round_kind(self) -> str: ...
    @property
    def round_starts_on(self) -> date: ...
    @property
    def level(self) -> str: ...
    @property
    def declared_on(self) -> date | None: ...
    @property
    def basis(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...


AnyDeclared = TypeVar("AnyDeclared", bound=Declared)


def declared_by(day: date, rows: Iterable[AnyDeclared]) -> list[AnyDeclared]:
    """What had been declared by a day; if its day is not known, the day the round starts stands for it."""
    return [row for row in rows if (row.declared_on or row.round_starts_on) <= day]


def position_of(decided: Sequence[Decided], declared: Sequence[Declared]) -> Position:
    """The position of a CCG; both are oldest first. Trial rounds do not count.

    What is in force comes first, then what is granted ahead. Otherwise the newest round has the word: a decision,
    or a declaration for a round that starts later.
    """
    rows = [row for row in decided if is_valid(row) and is_real(row)]
    if (current := pick_current(rows)) is not None:
        return _granted(PositionWord.IN_FORCE, current)
    if (following := pick_next(rows)) is not None:
        return _granted(PositionWord.NOT_STARTED, following)
    spoken = [each for each in declared if each.round_kind != RoundKind.TRIAL]
    if rows and not (spoken and spoken[-1].round_starts_on > rows[-1].round_starts_on):
        return _granted(_PAST.get(rows[-1].standing or "", PositionWord.NOT_APPROVED), rows[-1])
    if spoken:
        newest = spoken[-1]
        return Position(PositionWord.DECLARED, newest.level, None, newest.basis, newest.source)
    return Position(PositionWord.NO_PUBLISHED_DECISION)


_PAST: dict[str, PositionWord] = {
    GrantStatus.ENDED: PositionWord.ENDED,
    GrantStatus.NOT_TAKEN_UP: PositionWord.NOT_TAKEN_UP,
    GrantStatus.NEVER_STARTED: PositionWord.NEVER_STARTED,
}


def _granted(word: PositionWord, row: Decided) -> Position:
    return Position(word, row.granted_level, agreement_in_words(row.agreement), row.basis, row.source)
