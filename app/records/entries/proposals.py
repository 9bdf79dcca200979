"""Entries about what NHS England takes two people for, and the terms that are proposed."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.records.entries.base import OfDecision
from app.rules.decisions import ProposalKind
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.words import Level, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTerms:
    """Another decision with the same request."""

    correction_reason: str
    outcome: Outcome
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    conditions: tuple[Condition, ...]
    granted_level: Level | None
    effective_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationTerms:
    """The end of a grant; without a last day it ends once that is confirmed."""

    reason: str
    legal_basis: str
    last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTerms:
    """A condition is no longer required; ``in_force_from`` is the day from which the approval then counts, if named."""

    reason: str
    in_force_from: date | None


AnyTerms = CorrectionTerms | RevocationTerms | WaiverTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMade(OfDecision):
    """One person proposes; ``replaces`` is the id of an open proposal about the same decision.

    ``condition_id`` is the condition of a waiver.
    """

    KIND: ClassVar[str] = "proposal.made"
    PUBLISHES: ClassVar[bool] = False

    proposal_id: str
    kind: ProposalKind
    condition_id: str | None
    terms: AnyTerms
    replaces: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalConfirmed(OfDecision):
    """A second person confirms; what that does is said by the entries that follow."""

    KIND: ClassVar[str] = "proposal.confirmed"
    PUBLISHES: ClassVar[bool] = False

    proposal_id: str
    kind: ProposalKind


ProposalEntry = ProposalMade | ProposalConfirmed
