"""Entries about acts that take two people at NHS England, and the terms that the first one proposes."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.records.entries.base import OfDecision
from app.records.entries.codec import Omitted, Private
from app.rules.decisions import ProposalKind
from app.rules.grants import Agreement
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.words import Level, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTerms:
    """A new decision on the same request."""

    correction_reason: str
    outcome: Outcome
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    conditions: tuple[Condition, ...]
    granted_level: Level | None
    functions: Omitted[tuple[str, ...]] = None
    effective_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationTerms:
    """The end of a grant. Without a last day it ends once the revocation is confirmed."""

    reason: str
    legal_basis: str
    last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTerms:
    """A condition is no longer required.

    ``in_force_from`` is another day from which the approval counts, if there is one.
    """

    reason: str
    in_force_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTerms:
    """What should have been recorded of an agreement. ``in_force_from`` is another first day, if there is one."""

    reason: str
    state: Agreement
    signed_on: date | None
    in_force_from: date | None


AnyTerms = CorrectionTerms | RevocationTerms | WaiverTerms | AgreementTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMade(OfDecision):
    """One person proposes. ``replaces`` is the id of an open proposal about the same decision.

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
    """A second person confirms. The next entries say what follows."""

    KIND: ClassVar[str] = "proposal.confirmed"
    PUBLISHES: ClassVar[bool] = False

    proposal_id: str
    kind: ProposalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalWithdrawn(OfDecision):
    """Somebody at NHS England took it back before it was confirmed."""

    KIND: ClassVar[str] = "proposal.withdrawn"
    PUBLISHES: ClassVar[bool] = False

    proposal_id: str
    kind: ProposalKind
    note: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalClosed(OfDecision):
    """It can no longer be confirmed. The entries before it in its act, or a day that has passed, made it so."""

    KIND: ClassVar[str] = "proposal.closed"
    PUBLISHES: ClassVar[bool] = False

    proposal_id: str
    kind: ProposalKind
    reason: str


ProposalEntry = ProposalMade | ProposalConfirmed | ProposalWithdrawn | ProposalClosed
