"""Grants: what a CCG holds on a day (rules 14 and 16)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from app.rules.deadlines import ONE_DAY
from app.rules.refusals import AlreadyHeld, Fault, NoticeRequired
from app.rules.words import AGREEMENTS, Level


class GrantStatus(StrEnum):
    """How a grant stands on a day."""

    NOT_STARTED = "not_started"
    IN_FORCE = "in_force"
    ENDED = "ended"
    NOT_TAKEN_UP = "not_taken_up"
    NEVER_STARTED = "never_started"

    @property
    def is_over(self) -> bool:
        """Whether the grant is no longer in force, and never will be."""
        return self in {GrantStatus.ENDED, GrantStatus.NOT_TAKEN_UP, GrantStatus.NEVER_STARTED}


class Agreement(StrEnum):
    """The delegation or joint agreement that a grant waits for before it starts."""

    AWAITED = "awaited"
    SIGNED = "signed"
    NOT_TAKEN_UP = "not_taken_up"
    NOT_KNOWN = "not_known"

    @property
    def in_words(self) -> str:
        """What a reader is told of the agreement; of history it is often not known whether a grant started."""
        label = _LABELS[self]
        return label[0].lower() + label[1:]

    @property
    def lets_start(self) -> bool:
        """Whether a grant with this agreement comes into force on its day."""
        return self in {Agreement.SIGNED, Agreement.NOT_KNOWN}


_LABELS = {word.code: word.label for word in AGREEMENTS}


def agreement_in_words(agreement: str | None) -> str | None:
    """What a reader is told of an agreement; None if nothing was granted."""
    return Agreement(agreement).in_words if agreement else None


class EndedBy(StrEnum):
    """What ended a grant."""

    SUPERSEDED_BY_GRANT = "superseded_by_grant"
    NOTICE = "notice"
    REVOKED = "revoked"
    SUCCEEDED = "succeeded"
    CONDITION_LAPSED = "condition_lapsed"
    CORRECTED = "corrected"

    @property
    def follows(self) -> bool:
        """Whether the end follows from what else is known of the CCG, and changes with it (``end_of``)."""
        return self in {EndedBy.SUPERSEDED_BY_GRANT, EndedBy.SUCCEEDED}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a published decision gives. ``in_force_from`` is empty while conditions are open.

    ``of_round``, the day on which its round starts and the round's id, says which of two is the newer one. ``ended_by``
    is what ended it, or will, as far as that is known.
    """

    ods_code: str
    level: Level
    agreement: Agreement
    in_force_from: date | None
    in_force_to: date | None
    of_round: tuple[date, str] = (date.min, "")
    ended_by: EndedBy | None = None

    @property
    def is_ever_in_force(self) -> bool:
        """Whether it has a day on which it is in force, as far as is known."""
        if not self.agreement.lets_start or self.in_force_from is None:
            return False
        return self.in_force_to is None or self.in_force_from <= self.in_force_to

    @property
    def never_starts(self) -> bool:
        """Whether it would begin only after its CCG has closed."""
        first, last = self.in_force_from, self.in_force_to
        is_closing = self.ended_by is EndedBy.SUCCEEDED
        return is_closing and first is not None and last is not None and last < first

    @property
    def order(self) -> tuple[tuple[date, str], date]:
        """What sorts a CCG's grants, the newest last; nothing of a grant depends on those before it."""
        return self.of_round, self.in_force_from or date.min


def status_on(grant: Grant, day: date) -> GrantStatus:
    """How a grant stands on a day.

    In force from its first day to its last, when the agreement is signed or, for history, not
    known to have been signed or not. What would begin after the CCG has closed never starts, whenever one asks.
    """
    if grant.agreement is Agreement.NOT_TAKEN_UP:
        return GrantStatus.NOT_TAKEN_UP
    if grant.never_starts:
        return GrantStatus.NEVER_STARTED
    if grant.in_force_to is not None and grant.in_force_to < day:
        return GrantStatus.ENDED
    if grant.agreement.lets_start and grant.in_force_from is not None and grant.in_force_from <= day:
        return GrantStatus.IN_FORCE
    return GrantStatus.NOT_STARTED


class DaysInForce(NamedTuple):
    """The first and the last day of a grant, as they are shown."""

    in_force_from: date | None
    in_force_to: date | None


def days_in_force(first: date | None, last: date | None, *, ended_by: str | None, standing: str | None) -> DaysInForce:
    """The days that are shown of a grant; one that was corrected, or never started, was in force on none."""
    is_none = ended_by == EndedBy.CORRECTED or standing == GrantStatus.NEVER_STARTED
    return DaysInForce(None, None) if is_none else DaysInForce(first, last)


class OwnEnd(NamedTuple):
    """Why a grant was ended, and on what legal basis."""

    end_reason: str | None
    legal_basis: str | None


def own_end(ended_by: str | None, *, reason: str | None, legal_basis: str | None) -> OwnEnd:
    """What is told of a grant's end: its reason is one only if it was an act on the grant itself."""
    is_own = ended_by is not None and not EndedBy(ended_by).follows
    return OwnEnd(reason, legal_basis) if is_own else OwnEnd(None, None)


def known_from(decided_on: date | None, in_force_from: date | None, *, round_starts_on: date) -> date:
    """The day from which a decision counts as taken, for who asks what had been decided by a day.

    The day it was decided, or the first day of its grant where that came before it, or is all that is known; of a
    decision of which no day is known, the day its round starts.
    """
    return min([day for day in (decided_on, in_force_from) if day is not None], default=round_starts_on)


@dataclass(frozen=True, slots=True)
class End:
    """The last day of a grant, and what ended it."""

    last_day: date
    by: EndedBy


def end_of(grant: Grant, others: Iterable[Grant], *, closed_on: date | None) -> End | None:
    """How one grant of a CCG ends, as far as that follows from what else is known of the CCG.

    A grant of a later round ends it the day before it starts (rule 14), also where this one was to start only
    after that; within one round it is the one that starts later. The CCG's closing on the CCG's last day
    (rule 11), whichever comes first; on one day it is the closing, since nothing starts after it. A
    grant that was not taken up has nothing to end.
    """
    if grant.agreement is Agreement.NOT_TAKEN_UP:
        return None
    following = [
        each.in_force_from
        for each in others
        if each.in_force_from is not None and each.is_ever_in_force and _is_newer(each, grant)
    ]
    ends = [End(closed_on, EndedBy.SUCCEEDED)] if closed_on is not None else []
    ends += [End(min(following) - ONE_DAY, EndedBy.SUPERSEDED_BY_GRANT)] if following else []
    return min(ends, key=lambda end: end.last_day, default=None)


def _is_newer(one: Grant, other: Grant) -> bool:
    """Whether a grant takes the place of another: one of a later round does, however late the other starts."""
    if one.of_round != other.of_round:
        return one.of_round > other.of_round
    first, second = one.in_force_from, other.in_force_from
    return first is not None and second is not None and first > second


def is_in_the_way(grant: Grant, requested: Level, *, starts_on: date) -> bool:
    """Whether a grant bars its CCG from applying for a level: it holds, or will hold, that level or a higher one."""
    if status_on(grant, starts_on) not in {GrantStatus.IN_FORCE, GrantStatus.NOT_STARTED}:
        return False
    return grant.level is requested or (grant.level is Level.DELEGATED and requested is Level.JOINT)


def check_may_apply(requested: Level, held: Iterable[Grant], *, starts_on: date) -> None:
    """Refuse an application for what a CCG already holds or has been granted for that day.

    Raises AlreadyHeld for the same level, NoticeRequired for joint by a delegated holder, naming every
    CCG that is in the way.
    """
    ahead = [grant for grant in held if is_in_the_way(grant, requested, starts_on=starts_on)]
    same = [grant.ods_code for grant in ahead if grant.level is requested]
    higher = [grant.ods_code for grant in ahead if grant.level is not requested]
    faults = [Fault("/memberOdsCodes", f"{code} already holds {requested}.") for code in same]
    faults += [Fault("/memberOdsCodes", f"{code} holds delegated.") for code in higher]
    if same:
        raise AlreadyHeld(f"{', '.join(same)}: {requested} is in force or granted ahead.", faults=faults)
    if higher:
        raise NoticeRequired(
            f"{', '.join(higher)}: delegated is in force or granted ahead; give notice first.", faults=faults
        )
