"""A CCG's position: what is published about it, in one word, with the level that goes with it."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from app.rules.grants import GrantStatus, agreement_in_words
from app.rules.history import Chosen
from app.rules.holdings import DecidedGrant, counts, is_valid, pick_current, pick_next
from app.rules.rounds import stands_apart


class PositionWord(StrEnum):
    """What is published about a CCG.

    Of the past: ``chosen`` is a level of which no source tells whether it was granted, ``approved`` one of which no
    source tells for which days.
    """

    IN_FORCE = "in_force"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NOT_TAKEN_UP = "not_taken_up"
    NEVER_STARTED = "never_started"
    NOT_APPROVED = "not_approved"
    DECLARED = "declared"
    CHOSEN = "chosen"
    APPROVED = "approved"
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
    def round_stage(self) -> str: ...
    @property
    def round_starts_on(self) -> date: ...
    @property
    def level(self) -> str | None: ...
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


def without_outcome(rows: Iterable[AnyDeclared]) -> list[AnyDeclared]:
    """What was chosen in past rounds, or not, without a level that needs no approval."""
    return [row for row in rows if not is_declared(row.level)]


def position_of(decided: Sequence[Decided], declared: Sequence[Declared]) -> Position:
    """The position of a CCG; both are oldest first. Trial rounds and expressions of interest do not count.

    What is in force comes first, then what is granted ahead. Otherwise the newest round has the word: a decision,
    or a declaration for a round that starts later.
    """
    rows = [row for row in decided if is_valid(row) and counts(row)]
    if (current := pick_current(rows)) is not None:
        return _granted(PositionWord.IN_FORCE, current)
    if (following := pick_next(rows)) is not None:
        return _granted(PositionWord.NOT_STARTED, following)
    within = [each for each in declared if not stands_apart(each.round_kind, each.round_stage)]
    spoken = [each for each in within if is_choice(each.level)]
    if rows and not (spoken and spoken[-1].round_starts_on > rows[-1].round_starts_on):
        newest = rows[-1]
        of_newest = [row for row in rows if row.round_starts_on == newest.round_starts_on]
        without_days = [row for row in of_newest if row.standing is None and row.granted_level is not None]
        if without_days and newest.standing is None:
            return _granted(PositionWord.APPROVED, without_days[-1])
        return _granted(_PAST.get(newest.standing or "", PositionWord.NOT_APPROVED), newest)
    if spoken:
        last = spoken[-1]
        word = PositionWord.DECLARED if is_declared(last.level) else PositionWord.CHOSEN
        return Position(word, last.level, None, last.basis, last.source)
    return Position(PositionWord.NO_PUBLISHED_DECISION)


def is_declared(level: str | None) -> bool:
    """Whether a level that was chosen needs no approval."""
    return level is not None and level in set(Chosen) and Chosen(level).is_declared


def is_choice(level: str | None) -> bool:
    """Whether it is a level that was chosen at all."""
    return level is not None and level != Chosen.NOT_DECLARED


_PAST: dict[str, PositionWord] = {
    GrantStatus.ENDED: PositionWord.ENDED,
    GrantStatus.NOT_TAKEN_UP: PositionWord.NOT_TAKEN_UP,
    GrantStatus.NEVER_STARTED: PositionWord.NEVER_STARTED,
}


def _granted(word: PositionWord, row: Decided) -> Position:
    return Position(word, row.granted_level, agreement_in_words(row.agreement), row.basis, row.source)
