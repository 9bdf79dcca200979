"""Entries about successions: what is to move on after a merger, and what did.

A succession that gives nothing makes no decision, and says no more than that.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from app.records.entries.base import Acted
from app.records.entries.codec import Omitted, Private
from app.records.entries.decisions import CarriedCondition, Decided, Succeeded
from app.records.entries.grants import NewGrant
from app.rules.history import Origin
from app.rules.successions import Handover, MovedLevel, ProposedLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTerms:
    """What is to move on to one body, who merges into it, and what they were found to hold together."""

    ods_code: str
    level: MovedLevel
    agreement: Handover | None
    reason: str | None
    proposed: ProposedLevel
    predecessors: Omitted[tuple[str, ...]] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionProposed(Acted):
    """One person proposes what moves on to bodies that open on one day."""

    KIND: ClassVar[str] = "succession.proposed"

    proposal_id: str
    effective_on: date
    items: tuple[ItemTerms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionWithdrawn(Acted):
    """Somebody at NHS England took it back before it was confirmed."""

    KIND: ClassVar[str] = "succession.withdrawn"

    proposal_id: str
    note: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionConfirmed(Decided):
    """A second person confirms: a body holds what the bodies did that merged. This is its decision, and publishes it.

    ``position`` is its place among the bodies of the proposal, from 0. The conditions are those that were still open.
    """

    KIND: ClassVar[str] = "succession.confirmed"
    PUBLISHES: ClassVar[bool] = True

    proposal_id: str
    position: int
    effective_on: date
    confirmed_late: bool
    succeeds: tuple[Succeeded, ...]
    reason: str | None
    conditions: tuple[CarriedCondition, ...]
    grant: NewGrant
    decided_on: date
    signed_off_on: date
    occurred_on: date
    proposed_by: Private[str]
    origin: Literal[Origin.SUCCESSION] = Origin.SUCCESSION


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingSucceeded(Acted):
    """A second person confirms that nothing moves on to a body. It stands without a level until it is granted one."""

    KIND: ClassVar[str] = "succession.confirmed"
    PUBLISHES: ClassVar[bool] = True

    ods_code: str
    proposal_id: str
    position: int
    effective_on: date
    confirmed_late: bool
    succeeds: tuple[Succeeded, ...]
    reason: str | None
    occurred_on: date
    proposed_by: Private[str]


SuccessionEntry = SuccessionProposed | SuccessionWithdrawn | SuccessionConfirmed | NothingSucceeded
