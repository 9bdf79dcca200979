"""What sources say of past rounds, before the register was there: each fact with its basis and its source.

A fact of history is kept apart from casework for ever. Days that no source names stay empty, and a
total that was reported is never added to what the register counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.rules.grants import Agreement
from app.rules.outcomes import ChosenBy, Condition, Reason, granted_level
from app.rules.rounds import RoundStage
from app.rules.words import HISTORY_ONLY_REASONS, Level, Outcome

LONGEST_TEXT = 2_000
LONGEST_SOURCE = 500
# What sources tell of an agreement. It is never awaited any more, nor moved on by a merger.
PAST_AGREEMENTS = (Agreement.SIGNED, Agreement.NOT_TAKEN_UP, Agreement.NOT_KNOWN)


class Origin(StrEnum):
    """Whether something was decided in this register, taken over from sources, or follows from a merger."""

    CASEWORK = "casework"
    HISTORY = "history"
    SUCCESSION = "succession"


class Basis(StrEnum):
    """How a source says something: in so many words, by two facts together, or between the lines."""

    STATED = "stated"
    DERIVED = "derived"
    IMPLIED = "implied"


class Chosen(StrEnum):
    """What a CCG chose in a past round: a level, or nothing."""

    DELEGATED = "delegated"
    JOINT = "joint"
    GREATER_INVOLVEMENT = "greater_involvement"
    NONE = "none"
    NOT_DECLARED = "not_declared"

    @property
    def needs_approval(self) -> bool:
        """Whether somebody decided about it, even if no source tells what."""
        return self in {Chosen.DELEGATED, Chosen.JOINT}

    @property
    def is_declared(self) -> bool:
        """Whether it is a level that needs no approval."""
        return self in {Chosen.GREATER_INVOLVEMENT, Chosen.NONE}


class Untold(StrEnum):
    """What is said of the outcome of a choice if no source tells it."""

    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class PastDecision:
    """What was decided about one CCG in a past round. ``application`` is shared by CCGs that applied together.

    ``requested_level`` is None if a source shows that a CCG was approved for ``unasked_level``, but none tells what it
    had asked for. Such an approval has no days. ``is_interest`` if it was about an expression of interest, and so gives
    nothing. ``note`` is what a reader must know beside the source.
    """

    round_id: str
    application: str
    ods_code: str
    requested_level: Level | None
    outcome: Outcome
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    conditions: tuple[Condition, ...]
    decided_on: date | None
    effective_from: date | None
    agreement: Agreement | None
    basis: Basis
    source: str
    unasked_level: Level | None = None
    note: str | None = None
    is_interest: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether it answers a request that is known."""
        return self.requested_level is not None

    @property
    def reference(self) -> str:
        """The key of the application, as one of casework has it."""
        return f"{self.round_id}-{self.application}"

    @property
    def granted_level(self) -> Level | None:
        """What the outcome gives."""
        if self.requested_level is None:
            return self.unasked_level
        return None if self.is_interest else granted_level(self.requested_level, self.outcome)


@dataclass(frozen=True, slots=True)
class PastDeclaration:
    """What a CCG chose in a past round, if it needs no approval or no source tells the outcome.

    ``level`` is None if a source only shows that there was something, and not what the CCG chose in this round.
    """

    round_id: str
    application: str
    ods_code: str
    level: Chosen | None
    declared_on: date | None
    basis: Basis
    source: str
    note: str | None = None

    @property
    def is_outcome_open(self) -> bool:
        """Whether a source that names an outcome would take its place."""
        return self.level is None or self.level.needs_approval

    @property
    def reference(self) -> str:
        """The key of the declaration."""
        return f"{self.round_id}-{self.application}"


PastFact = PastDecision | PastDeclaration


@dataclass(frozen=True, slots=True)
class Reported:
    """A total as it was reported: ``value`` of ``of`` CCGs, as at a day or, where that is not known, a month.

    ``round_id`` is empty if it belongs to no round. Without a region and an area team it is for England. A round that
    is said to be complete must agree with what ``settles`` it. ``note`` is what a reader must know beside the source.
    """

    round_id: str
    measure: str
    region_code: str | None
    value: int
    of: int
    as_at: str
    source: str
    area_team_code: str | None = None
    settles: bool = False
    note: str | None = None

    @property
    def is_national(self) -> bool:
        """Whether it is for England."""
        return self.region_code is None and self.area_team_code is None


def is_reason_for_correction(text: str) -> bool:
    """Whether a text can stand as the public reason of a correction: one line of at most 2,000 characters."""
    return 1 <= len(text) <= LONGEST_TEXT and text.isprintable()


def stage_faults(fact: PastFact, stage: str) -> Iterator[str]:
    """Whether a decision fits what was asked for in its round: an interest grants nothing."""
    if not isinstance(fact, PastDecision) or fact.outcome is Outcome.REJECTED:
        return
    if stage == RoundStage.EXPRESSION_OF_INTEREST and not fact.is_interest:
        yield f"granted_level of {fact.outcome} is empty: round {fact.round_id} takes expressions of interest"
    if stage == RoundStage.APPLICATION and fact.is_interest:
        level = granted_level(fact.requested_level or Level.JOINT, fact.outcome)
        yield f"granted_level of {fact.outcome} is {level}: round {fact.round_id} takes applications"


def total_faults(total: Reported, today: date) -> Iterator[str]:
    """What is wrong with a total that can be read: its source is too long, or its day has not come."""
    if len(total.source) > LONGEST_SOURCE:
        yield f"source has at most {LONGEST_SOURCE} characters"
    if total.as_at > today.isoformat()[: len(total.as_at)]:
        yield f"as_at {total.as_at} has not come yet"
    yield from _note_faults(total.note)


def _note_faults(note: str | None) -> Iterator[str]:
    if note is not None and not 1 <= len(note) <= LONGEST_SOURCE:
        yield f"note has at most {LONGEST_SOURCE} characters"


def faults_of(fact: PastFact) -> Iterator[str]:
    """Everything that a fact lacks or cannot carry, one sentence each (rule 16)."""
    if not 1 <= len(fact.source) <= LONGEST_SOURCE:
        yield f"source has between 1 and {LONGEST_SOURCE} characters"
    if " | " in fact.source:
        yield "source has ' | ', which parts several sources where they are listed"
    yield from _note_faults(fact.note)
    if isinstance(fact, PastDeclaration):
        return
    if fact.requested_level is None:
        yield from _unasked_faults(fact)
        return
    if not fact.requested_level.needs_approval:
        yield f"{fact.requested_level} needs no approval: it is declared"
    yield from _carried_faults(fact)
    yield from _reason_faults(fact)
    yield from _grant_faults(fact)


def _unasked_faults(fact: PastDecision) -> Iterator[str]:
    """An approval of which no source tells what was asked for says its level and nothing else."""
    if fact.outcome is not Outcome.APPROVED or fact.unasked_level is None or not fact.unasked_level.needs_approval:
        yield "without a requested_level the outcome is approved, and granted_level is delegated or joint"
    if fact.agreement is not None or fact.effective_from is not None:
        yield "without a requested_level there is neither an agreement nor a day on which it takes effect"
    if fact.chosen_by is not None or fact.reasons or fact.conditions:
        yield "without a requested_level there is neither a choice nor a reason"


def _carried_faults(fact: PastDecision) -> Iterator[str]:
    is_downgrade = fact.outcome is Outcome.DOWNGRADED_TO_JOINT
    if is_downgrade and fact.requested_level is not Level.DELEGATED:
        yield "only a delegated request is downgraded to joint"
    if is_downgrade != (fact.chosen_by is not None):
        yield "chosen_by says whose choice a downgrade was, and nothing else"
    if fact.outcome in {Outcome.REJECTED, Outcome.DOWNGRADED_TO_JOINT} and not fact.reasons:
        yield f"{fact.outcome} needs a reason; not_published where none was published"
    if fact.outcome is Outcome.CONDITIONAL and fact.is_interest:
        yield "an expression of interest is never conditional: it grants nothing that could wait"
    if fact.outcome is Outcome.CONDITIONAL and not fact.conditions:
        yield "conditional needs a reason: it says what the condition is"


def _reason_faults(fact: PastDecision) -> Iterator[str]:
    codes = [reason.code for reason in fact.reasons]
    if len(set(codes)) != len(codes):
        yield "a reason is named twice"
    if len(codes) > 1 and HISTORY_ONLY_REASONS.intersection(codes):
        yield "not_published stands alone"
    if any(not 1 <= len(reason.text) <= LONGEST_TEXT for reason in fact.reasons):
        yield f"reason_text has between 1 and {LONGEST_TEXT} characters where there is a reason"


def _grant_faults(fact: PastDecision) -> Iterator[str]:
    if fact.granted_level is None:
        if fact.agreement is not None or fact.effective_from is not None:
            yield f"{fact.outcome} grants nothing: it has neither an agreement nor a day on which it takes effect"
    elif fact.agreement not in PAST_AGREEMENTS:
        yield "agreement is signed, not_taken_up, or not_known where no source says that it started"
