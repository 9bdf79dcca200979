"""Entries that make decisions: signed off, published, corrected, and those of the past from sources."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from app.records.entries.base import Acted
from app.records.entries.codec import Later, Named, Omitted, Private
from app.records.entries.grants import CorrectedGrant, NewGrant, PastGrant, Voided
from app.rules.decisions import ConditionState
from app.rules.history import Basis, Origin
from app.rules.lifecycle import State
from app.rules.outcomes import ChosenBy, Condition, Reason, ScalingDown
from app.rules.words import Level, Outcome


class MemberChange(StrEnum):
    """What a correction does to the CCG's part in the application: it blocks others again, or no longer."""

    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedCondition:
    """A condition of a correction. An unchanged condition stays as settled as it was."""

    condition_id: Annotated[str, Named("id")]
    text: str
    reason_code: str
    due_on: date | None
    state: Omitted[ConditionState] = None
    settled_on: Omitted[date] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """A body that merged, and the decision by which it held something. None if it held nothing."""

    ods_code: str
    decision_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Acted):
    """What every decision says. Name, region and area team are the CCG's on the day of the decision.

    Only a decision that follows from a merger has no round.
    """

    reference: str | None
    ods_code: str
    decision_id: str
    round_id: str | None
    name: str
    region_code: str
    area_team_code: str | None
    requested_level: Level | None
    outcome: Outcome
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    granted_level: Level | None
    effective_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSignedOff(Decided):
    """A second person confirmed.

    The decision is embargoed until its announcement. ``position`` is its place in the act, from 0. ``scaled_down`` is
    what the CCGs had chosen before it. ``functions`` are those that delegated commissioning gives; entries of earlier
    releases do not say them: then they are the proposal's.

    ``is_shown`` if its applicants may see it at once.
    """

    KIND: ClassVar[str] = "decision.signed_off"

    reference: str
    requested_level: Level
    version: int
    state: State
    position: int
    is_shown: Later[bool]
    conditions: tuple[Condition, ...]
    scaled_down: Omitted[ScalingDown] = None
    functions: Omitted[tuple[str, ...]] = None
    decided_on: date
    signed_off_on: date
    recorded_by: Private[str]
    note: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPublished(Acted):
    """A decision is public. This opens the entry ``opens``, which was written at sign-off.

    ``position`` is its place among its application's decisions, from 0. ``due_at`` is when a scheduled announcement was
    due.
    """

    KIND: ClassVar[str] = "decision.published"
    PUBLISHES: ClassVar[bool] = True

    reference: str
    ods_code: str
    decision_id: str
    announcement_id: str
    round_id: str
    opens: int
    occurred_on: date
    position: int
    version: int
    state: State
    grant: NewGrant | None
    due_at: Omitted[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecisionPublished(Decided):
    """A decision in a past round, from a source. It is published whole. Its day may be unknown.

    ``replaces`` is the choice that was known before any source told the outcome. The requested level is null if no
    source tells it.
    """

    KIND: ClassVar[str] = "decision.published"
    PUBLISHES: ClassVar[bool] = True

    conditions: tuple[Condition, ...]
    decided_on: date | None
    occurred_on: date | None
    grant: PastGrant | None
    basis: Basis
    source: str
    note: Omitted[str] = None
    replaces: Omitted[str] = None
    correction_reason: Omitted[str] = None
    origin: Literal[Origin.HISTORY] = Origin.HISTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCorrected(Decided):
    """A new decision replaces one that stays readable. One person proposed it and another confirmed it.

    ``voids`` is the end of the old decision's grant. ``member`` is what becomes of the CCG's part in the application.
    ``succeeds`` is that of a decision that follows from a merger.
    """

    KIND: ClassVar[str] = "decision.corrected"
    PUBLISHES: ClassVar[bool] = True

    supersedes: str
    correction_reason: str
    proposal_id: str
    voids: Voided | None
    grant: CorrectedGrant | None
    member: MemberChange | None
    conditions: tuple[CarriedCondition, ...]
    scaled_down: Omitted[ScalingDown] = None
    functions: Omitted[tuple[str, ...]] = None
    decided_on: date
    signed_off_on: date
    occurred_on: date
    succeeds: Omitted[tuple[Succeeded, ...]] = None
    proposed_by: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecisionCorrected(Decided):
    """A decision in a past round, corrected because a source says something else."""

    KIND: ClassVar[str] = "decision.corrected"
    PUBLISHES: ClassVar[bool] = True

    supersedes: str
    correction_reason: str
    voids: Voided | None
    grant: PastGrant | None
    conditions: tuple[Condition, ...]
    decided_on: date | None
    occurred_on: date | None
    basis: Basis
    source: str
    note: Omitted[str] = None
    origin: Literal[Origin.HISTORY] = Origin.HISTORY


DecisionEntry = (
    DecisionSignedOff | DecisionPublished | PastDecisionPublished | DecisionCorrected | PastDecisionCorrected
)
