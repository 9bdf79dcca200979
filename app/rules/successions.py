"""Succession: what the bodies held that merged moves on to the body that comes after them (rule 22)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol

from app.rules.deadlines import ONE_DAY
from app.rules.grants import CONFIRMED, Agreement, EndedBy, GrantStatus
from app.rules.history import Origin
from app.rules.holdings import DecidedGrant, counts, is_valid, pick_current, pick_next
from app.rules.refusals import Fault
from app.rules.rounds import Coverage, RoundPlan
from app.rules.words import Level


class MovedLevel(StrEnum):
    """What a succession gives: a level, or nothing."""

    DELEGATED = Level.DELEGATED.value
    JOINT = Level.JOINT.value
    NONE = Level.NONE.value

    @property
    def granted(self) -> Level | None:
        """The level as it is granted; None for nothing."""
        return None if self is MovedLevel.NONE else Level(self.value)


class HeldLevel(StrEnum):
    """What a body held on the eve. Of the past it may not be known."""

    DELEGATED = Level.DELEGATED.value
    JOINT = Level.JOINT.value
    NONE = Level.NONE.value
    NOT_KNOWN = "not_known"


class ProposedLevel(StrEnum):
    """What those held that merged, taken together: the level that all held, nothing, or no one level."""

    DELEGATED = Level.DELEGATED.value
    JOINT = Level.JOINT.value
    NONE = Level.NONE.value
    MIXED = "mixed"
    NOT_KNOWN = "not_known"


class Handover(StrEnum):
    """What becomes of the agreement: it goes on with the new body at once, or is still to be signed."""

    NOVATED = Agreement.NOVATED.value
    AWAITED = Agreement.AWAITED.value


@dataclass(frozen=True, slots=True)
class SuccessionItem:
    """What is to move on to one body. ``reason`` is public. ``agreement`` is None if nothing moves on."""

    ods_code: str
    level: MovedLevel
    agreement: Handover | None
    reason: str | None


class DecidedBefore(DecidedGrant, Protocol):
    """A published decision about a body that merged, as far as these rules look at it on the eve."""

    @property
    def decision_id(self) -> str: ...
    @property
    def round_id(self) -> str | None: ...
    @property
    def granted_level(self) -> str | None: ...
    @property
    def agreement(self) -> str | None: ...
    @property
    def in_force_to(self) -> date | None: ...
    @property
    def ended_by(self) -> str | None: ...
    @property
    def open_conditions(self) -> int: ...
    @property
    def total_conditions(self) -> int: ...


class Predecessor(NamedTuple):
    """A body that closed, and what it held on the eve.

    ``decision_id`` is the decision by which it held that; if it held nothing, the one that had ended then, or was still
    ahead. ``open_conditions`` counts also those of what is ahead beside it: they move on with what was granted at their
    level. ``ends_on_eve`` if an act on the grant itself (notice, revocation, lapse) ended it then.
    """

    ods_code: str
    level: HeldLevel
    decision_id: str | None
    open_conditions: int
    ends_on_eve: bool


def decision_id_of(effective_on: date, ods_code: str) -> str:
    """The key of the decision that a succession makes."""
    return f"S{effective_on.isoformat()}-{ods_code}"


def effective_on_of(decision_id: str) -> date:
    """The day of the succession that made a decision, or the one that it corrects."""
    return date.fromisoformat(decision_id[1:11])


def holder_on(ods_code: str, rows: Sequence[DecidedBefore], eve: date, *, is_known_in_part: bool) -> Predecessor:
    """What a body held on the eve, by what is published about it; ``rows`` have their standing of that day.

    ``is_known_in_part`` if nothing is known of it in a round that our sources know in part. A grant of which no source
    confirms the start is not known to have been held: to move it on is a decision, and needs a reason.
    """
    real = [row for row in rows if is_valid(row) and counts(row) and row.granted_level is not None]
    current, ahead = pick_current(real), pick_next(real)
    row = current or ahead
    level = HeldLevel.NONE
    ends_on_eve = current is not None and _ends_itself(current, eve)
    if current is not None and not ends_on_eve:
        is_confirmed = current.agreement in CONFIRMED
        level = HeldLevel(current.granted_level or "") if is_confirmed else HeldLevel.NOT_KNOWN
    elif current is None and (is_known_in_part or (ahead is not None and _has_no_known_start(ahead))):
        level = HeldLevel.NOT_KNOWN
    return Predecessor(
        ods_code,
        level,
        None if row is None else row.decision_id,
        sum(each.open_conditions for each in real),
        ends_on_eve,
    )


def _ends_itself(row: DecidedBefore, eve: date) -> bool:
    """Whether an act on the grant itself ends it with the eve; an end with the body's closing is none."""
    return row.in_force_to == eve and row.ended_by is not None and not EndedBy(row.ended_by).follows


def _has_no_known_start(row: DecidedBefore) -> bool:
    """A grant of the past, without conditions, of which no source gives the first day."""
    return row.origin == Origin.HISTORY and row.in_force_from is None and not row.total_conditions


def is_known_in_part(
    rows: Sequence[DecidedBefore],
    declared_in: Collection[str],
    plans: Iterable[RoundPlan],
    eve: date,
    *,
    opened_on: date,
) -> bool:
    """Whether a body may hold something that our sources do not tell.

    There is a round, started in its days, by the eve, and known in part, in which nothing is known of the body. A grant
    that is known to have been in force since would have ended what it may have been given in that round.
    """
    named = {row.round_id for row in rows} | set(declared_in)
    held = (row.in_force_from for row in rows if _was_in_force(row) and row.in_force_from)
    since = max([*held, opened_on - ONE_DAY])
    return any(
        plan.coverage == Coverage.PARTIAL and plan.round_id not in named
        for plan in plans
        if not plan.stands_apart and since < plan.starts_on <= eve
    )


def _was_in_force(row: DecidedBefore) -> bool:
    is_over = row.standing in {GrantStatus.IN_FORCE, GrantStatus.ENDED}
    has_days = row.in_force_to is None or row.in_force_from is None or row.in_force_from <= row.in_force_to
    return is_valid(row) and counts(row) and is_over and has_days and row.agreement in CONFIRMED


def in_common(predecessors: Iterable[Predecessor]) -> ProposedLevel:
    """What predecessors held together. Two that are known to differ are mixed, whatever is not known of a third."""
    levels = {each.level for each in predecessors}
    known = levels - {HeldLevel.NOT_KNOWN}
    if len(known) > 1:
        return ProposedLevel.MIXED
    if HeldLevel.NOT_KNOWN in levels:
        return ProposedLevel.NOT_KNOWN
    return ProposedLevel(known.pop().value) if known else ProposedLevel.NONE


def item_faults(place: int, item: SuccessionItem, proposed: ProposedLevel | None) -> Iterator[Fault]:
    """What an item lacks. ``proposed`` is None for a body that does not open that day by a merger."""
    at = f"/items/{place}"
    if proposed is None:
        yield Fault(f"{at}/odsCode", f"{item.ods_code} is no CCG that opens that day in the place of others.")
        return
    if item.level is not MovedLevel.NONE and item.agreement is None:
        yield Fault(f"{at}/agreement", "Required of a level: whether the agreement is novated or awaited.")
    if item.level is MovedLevel.NONE and item.agreement is not None:
        yield Fault(f"{at}/agreement", "Nothing moves on, so there is no agreement. Leave it out.")
    if item.level.value != proposed.value and item.reason is None:
        yield Fault(f"{at}/reason", f"Required: what they held together is {_IN_WORDS[proposed]}, not {item.level}.")


_IN_WORDS = {level: level.value.replace("_", " ") for level in ProposedLevel}


def eve_of(effective_on: date) -> date:
    """The last day of those that merged."""
    return effective_on - ONE_DAY
