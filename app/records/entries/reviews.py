"""Entries about the panel's review of an application, until sign-off."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.records.entries.base import Acted, Moved
from app.records.entries.codec import Omitted, Private, PrivateOmitted
from app.rules.outcomes import ChosenBy, Condition, Reason, Sitting
from app.rules.words import Criterion, Level, Outcome, Rating


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One change that the panel asks for. ``pointer`` says where in the application, if it is one place."""

    pointer: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesRequested(Moved):
    """The application is back with the applicants until a day."""

    KIND: ClassVar[str] = "changes.requested"

    due_on: date
    items: Private[tuple[ChangeItem, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRecorded(Acted):
    """What the panel thinks about one criterion. The application stays at its version."""

    KIND: ClassVar[str] = "assessment.recorded"
    EARLIER: ClassVar[frozenset[str]] = frozenset({"version", "state"})

    reference: str
    criterion: Criterion
    rating: Private[Rating]
    justification: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRecommended(Moved):
    """What the panel recorded for one member CCG. ``position`` is its place in the act, from 0.

    ``panel`` is the meeting that decided it. ``functions`` are those that delegated commissioning would give.
    """

    KIND: ClassVar[str] = "outcome.recommended"

    ods_code: str
    position: int
    requested_level: Level
    outcome: Outcome
    granted_level: Level | None
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    conditions: tuple[Condition, ...]
    functions: Omitted[tuple[str, ...]] = None
    panel: Private[Sitting]
    private_note: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReturned(Moved):
    """The application is back with the panel: returned by a second person, or taken back by the panel itself.

    Applicants are told the same of both, so who it was is private.
    """

    KIND: ClassVar[str] = "outcome.returned"

    note: Private[str]
    taken_back: PrivateOmitted[bool] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeShown(Moved):
    """Its applicants may see the outcome before the announcement. ``due_at`` is from when on."""

    KIND: ClassVar[str] = "outcome.shown"

    member_ods_codes: tuple[str, ...]
    due_at: datetime


ReviewEntry = ChangesRequested | AssessmentRecorded | OutcomeRecommended | OutcomeReturned | OutcomeShown
