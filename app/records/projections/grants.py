"""What entries about grants change: conditions, agreements, starts, ends, and acts that a second person confirms."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol, assert_never

from app.records import tables
from app.records.changes import Change, Put, Set
from app.records.entries.approvals import (
    AgreementCorrected,
    AgreementSigned,
    ApprovalEnded,
    ApprovalEnding,
    ApprovalEntry,
    ApprovalNotTakenUp,
    ApprovalPromoted,
    ApprovalResumed,
    ApprovalStarted,
    NoticeGiven,
    NoticeWithdrawn,
)
from app.records.entries.base import OfDecision
from app.records.entries.codec import document
from app.records.entries.conditions import ConditionEntry, ConditionLapsed, ConditionMet, ConditionWaived, EvidenceGiven
from app.records.entries.grants import AnyGrant, CarriedGrant, EndedGrant, NewGrant, PastGrant
from app.records.entries.proposals import (
    ProposalClosed,
    ProposalConfirmed,
    ProposalEntry,
    ProposalMade,
    ProposalWithdrawn,
)
from app.records.entries.wire import Position
from app.rules.decisions import ConditionState, ProposalState
from app.rules.grants import Agreement, EndedBy


def changes(entry: ConditionEntry | ApprovalEntry | ProposalEntry, position: Position) -> Iterator[Change]:
    """What an entry about a public decision changes. The act's first entry counts up the decision's version."""
    yield from _versioned(entry)
    match entry:
        case EvidenceGiven():
            yield _evidence(entry, position.at)
        case ConditionMet() | ConditionWaived() | ConditionLapsed():
            yield _settled(entry)
        case ProposalMade():
            yield from _proposed(entry, position.at)
        case ProposalConfirmed():
            yield _gone(entry.proposal_id, ProposalState.CONFIRMED, entry.actor, position.at)
        case ProposalWithdrawn():
            yield _gone(entry.proposal_id, ProposalState.WITHDRAWN, entry.actor, position.at, settled_note=entry.note)
        case ProposalClosed():
            yield _gone(entry.proposal_id, ProposalState.CLOSED, entry.actor, position.at, closed_reason=entry.reason)
        case _:
            yield Set(tables.Approval, {"decision_id": entry.decision_id}, _values(entry))


def _versioned(entry: OfDecision) -> Iterator[Change]:
    """The decision moves to its next version, if this is the first entry of an act on it.

    Entries of earlier releases do not give the version.
    """
    version = entry.decision_version
    if version is not None:
        key = {"decision_id": entry.decision_id, "version": version - 1}
        yield Set(tables.Decision, key, {"version": version})


# --- what is granted, and how it ends -----------------------------------------------------------


class Giving(Protocol):
    """An entry by which a decision grants something."""

    @property
    def decision_id(self) -> str:
        """The decision's permanent key."""

    @property
    def ods_code(self) -> str:
        """The CCG that gets the grant."""

    @property
    def round_id(self) -> str | None:
        """The round of the grant. None if it follows from a merger."""


def granted(entry: Giving, grant: AnyGrant) -> Change:
    """What a decision grants, from the entry that publishes or corrects it."""
    return Put(
        tables.Approval,
        {
            "decision_id": entry.decision_id,
            "ods_code": entry.ods_code,
            "round_id": entry.round_id,
            "level": grant.level,
            "agreement": grant.agreement,
            "signed_on": None,
            "in_force_from": grant.in_force_from,
            "in_force_to": None,
            "ended_by": None,
            "end_reason": None,
            "legal_basis": None,
            "own_to": None,
            "own_by": None,
            "promoted_on": None,
            "start_told": False,
            "end_told": False,
            **_course(grant),
        },
    )


def _course(grant: AnyGrant) -> dict[str, object]:
    """How far a grant has come, and how it ends, as far as its kind says.

    A start or an end that was known (or not known) when the past was recorded needs no announcement.
    """
    match grant:
        case NewGrant():
            return _end(grant.in_force_to, grant.ended_by)
        case PastGrant():
            return {**_end(grant.in_force_to, grant.ended_by), "start_told": True, "end_told": True}
        case EndedGrant():
            why = {"end_reason": grant.reason, "legal_basis": grant.legal_basis, "end_told": grant.end_announced}
            return {**_carried(grant), **_end(grant.in_force_to, grant.ended_by), **why}
        case CarriedGrant():
            return _carried(grant)
        case _:
            assert_never(grant)


def _carried(grant: CarriedGrant) -> dict[str, object]:
    return {"signed_on": grant.signed_on, "promoted_on": grant.promoted_on, "start_told": grant.start_announced}


def _end(last_day: date | None, ended_by: EndedBy | None) -> dict[str, object]:
    """The end of a grant.

    An end by an act on the grant itself is stored beside an end that follows from something else.
    """
    end: dict[str, object] = {"in_force_to": last_day, "ended_by": ended_by}
    if ended_by is not None and not ended_by.follows:
        end |= {"own_to": last_day, "own_by": ended_by}
    return end


def _values(entry: ApprovalEntry) -> dict[str, object]:
    """The values of a grant from an entry on."""
    match entry:
        case ApprovalPromoted():
            return {"promoted_on": entry.occurred_on, "in_force_from": entry.in_force_from}
        case AgreementSigned() | ApprovalNotTakenUp() | AgreementCorrected():
            return _agreed(entry)
        case ApprovalStarted():
            return {"start_told": True}
        case NoticeGiven() | ApprovalEnding() | ApprovalEnded():
            return _ended(entry)
        case NoticeWithdrawn():
            # What the grant ends by now is for the entries that follow.
            return {"own_to": None, "own_by": None, "end_reason": None, "legal_basis": None}
        case ApprovalResumed():
            return {"in_force_to": None, "ended_by": None, "end_told": False}
        case _:
            assert_never(entry)


def _agreed(entry: AgreementSigned | ApprovalNotTakenUp | AgreementCorrected) -> dict[str, object]:
    """Whether both have signed."""
    if isinstance(entry, ApprovalNotTakenUp):
        return {"agreement": Agreement.NOT_TAKEN_UP}
    days = {"signed_on": entry.signed_on, "in_force_from": entry.in_force_from}
    if isinstance(entry, AgreementCorrected):
        return {"agreement": entry.agreement, **days, "start_told": entry.start_announced}
    return {"agreement": Agreement.SIGNED, **days}


def _ended(entry: NoticeGiven | ApprovalEnding | ApprovalEnded) -> dict[str, object]:
    """The last day of a grant is known, whether it is ahead or over."""
    end = _end(entry.in_force_to, entry.ended_by)
    if not entry.ended_by.follows:
        # Only the act itself gives the reason. The announcement that the end has come, or holds again, gives none.
        if isinstance(entry, NoticeGiven):
            end |= {"end_reason": entry.reason, "legal_basis": None}
        elif entry.reason is not None:
            end |= {"end_reason": entry.reason, "legal_basis": entry.legal_basis}
    return {**end, "end_told": isinstance(entry, ApprovalEnded)}


# --- conditions ---------------------------------------------------------------------------------


def _evidence(entry: EvidenceGiven, at: datetime) -> Change:
    """The evidence a CCG gives for a condition."""
    return Put(
        tables.ConditionEvidence,
        {
            "decision_id": entry.decision_id,
            "condition_id": entry.condition_id,
            "number": entry.number,
            "text": entry.text,
            "links": entry.links,
            "given_at": at,
        },
    )


def _settled(entry: ConditionMet | ConditionWaived | ConditionLapsed) -> Change:
    """A condition is no longer open."""
    return Set(
        tables.DecisionCondition,
        {"decision_id": entry.decision_id, "condition_id": entry.condition_id, "state": ConditionState.OPEN},
        {"state": entry.STATE, "settled_on": entry.occurred_on},
    )


# --- what takes two people ----------------------------------------------------------------------


def _proposed(entry: ProposalMade, at: datetime) -> Iterator[Change]:
    """One person proposes. An open proposal about the same decision is replaced."""
    if entry.replaces is not None:
        yield _gone(entry.replaces, ProposalState.REPLACED, entry.actor, at)
    yield Put(
        tables.Proposal,
        {
            "proposal_id": entry.proposal_id,
            "decision_id": entry.decision_id,
            "kind": entry.kind,
            "condition_id": entry.condition_id,
            "terms": document(entry.terms),
            "state": ProposalState.OPEN,
            "proposed_by": entry.actor,
            "proposed_at": at,
            "settled_by": None,
            "settled_at": None,
            "settled_note": None,
            "closed_reason": None,
        },
    )


def _gone(proposal_id: str, state: ProposalState, by: str | None, at: datetime, **why: str | None) -> Change:
    """A proposal is no longer open."""
    key = {"proposal_id": proposal_id, "state": ProposalState.OPEN}
    return Set(tables.Proposal, key, {"state": state, "settled_by": by, "settled_at": at, **why})
