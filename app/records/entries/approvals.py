"""Entries about grants: promoted, signed, started, ended. ``due_at`` is when that was due."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from app.records.entries.base import Attribution, OfDecision
from app.records.entries.codec import Named, Omitted, Private, PrivateOmitted
from app.rules.grants import Agreement, EndedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPromoted(OfDecision):
    """No condition is open any more. The approval counts, and starts on its day."""

    KIND: ClassVar[str] = "approval.promoted"

    occurred_on: date
    in_force_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSigned(OfDecision):
    """Both have signed. The first day is not known while conditions are open."""

    KIND: ClassVar[str] = "agreement.signed"

    occurred_on: date
    signed_on: date
    in_force_from: date | None
    note: PrivateOmitted[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalNotTakenUp(OfDecision):
    """The CCG does not go ahead."""

    KIND: ClassVar[str] = "approval.not_taken_up"

    occurred_on: date
    note: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCorrected(OfDecision):
    """The agreement had been recorded wrongly. One person proposed what is true, another confirmed it.

    ``start_announced`` if the start that was announced still is the right one.
    """

    KIND: ClassVar[str] = "agreement.corrected"

    occurred_on: date
    agreement: Agreement
    signed_on: date | None
    in_force_from: date | None
    start_announced: Annotated[bool, Named("startTold")]
    reason: str
    proposed_by: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalStarted(OfDecision):
    """The grant is in force."""

    KIND: ClassVar[str] = "approval.started"

    occurred_on: date | None
    in_force_from: date | None
    due_at: Omitted[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeGiven(OfDecision):
    """A CCG ends its grant. Or NHS England lets it end on another day; then there is no attribution."""

    KIND: ClassVar[str] = "notice.given"

    occurred_on: date
    in_force_to: date
    ended_by: EndedBy
    reason: str | None
    attribution: PrivateOmitted[Attribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWithdrawn(OfDecision):
    """A CCG takes its notice back. The next entries say how the grant ends now, if that is known."""

    KIND: ClassVar[str] = "notice.withdrawn"

    occurred_on: date
    reason: str
    attribution: PrivateOmitted[Attribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEnding(OfDecision):
    """The last day of a grant is known, and is still ahead."""

    KIND: ClassVar[str] = "approval.ending"

    occurred_on: date
    in_force_to: date
    ended_by: EndedBy
    reason: Omitted[str]
    legal_basis: Omitted[str]
    due_at: Omitted[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEnded(OfDecision):
    """The last day of a grant is over."""

    KIND: ClassVar[str] = "approval.ended"

    occurred_on: date
    in_force_to: date
    ended_by: EndedBy
    reason: Omitted[str]
    legal_basis: Omitted[str]
    due_at: Omitted[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalResumed(OfDecision):
    """What was to end a grant no longer holds. Its end is not known."""

    KIND: ClassVar[str] = "approval.resumed"


ApprovalEntry = (
    ApprovalPromoted
    | AgreementSigned
    | ApprovalNotTakenUp
    | AgreementCorrected
    | ApprovalStarted
    | NoticeGiven
    | NoticeWithdrawn
    | ApprovalEnding
    | ApprovalEnded
    | ApprovalResumed
)
