"""Entries about a decision's conditions: evidence that they are met, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from app.records.entries.base import Attribution, OfDecision
from app.records.entries.codec import Private
from app.rules.decisions import ConditionState


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGiven(OfDecision):
    """The evidence a CCG gives for a condition. ``number`` counts from 1. Its content is private."""

    KIND: ClassVar[str] = "evidence.given"
    PUBLISHES: ClassVar[bool] = False

    condition_id: str
    number: int
    attribution: Private[Attribution]
    text: Private[str]
    links: Private[Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionMet(OfDecision):
    """The panel says that a condition is met."""

    KIND: ClassVar[str] = "condition.met"
    STATE: ClassVar[ConditionState] = ConditionState.MET

    condition_id: str
    occurred_on: date
    note: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionWaived(OfDecision):
    """NHS England no longer requires a condition."""

    KIND: ClassVar[str] = "condition.waived"
    STATE: ClassVar[ConditionState] = ConditionState.WAIVED

    condition_id: str
    occurred_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionLapsed(OfDecision):
    """A condition was not met by its day."""

    KIND: ClassVar[str] = "condition.lapsed"
    STATE: ClassVar[ConditionState] = ConditionState.LAPSED

    condition_id: str
    occurred_on: date
    reason: str


ConditionEntry = EvidenceGiven | ConditionMet | ConditionWaived | ConditionLapsed
