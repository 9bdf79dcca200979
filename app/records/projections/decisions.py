"""What entries about decisions and their announcement change."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, assert_never

from app.records import tables
from app.records.changes import Change, Put, Set
from app.records.entries.announcements import (
    AnnouncementCancelled,
    AnnouncementEntry,
    AnnouncementMade,
    AnnouncementScheduled,
)
from app.records.entries.codec import document
from app.records.entries.decisions import (
    CarriedCondition,
    DecisionCorrected,
    DecisionEntry,
    DecisionPublished,
    DecisionSignedOff,
    MemberChange,
    PastDecisionCorrected,
    PastDecisionPublished,
)
from app.records.entries.successions import SuccessionConfirmed
from app.records.entries.wire import Position
from app.records.projections.applications import ended, live, moved
from app.records.projections.grants import granted
from app.rules.decisions import AnnouncementState, ConditionState, DecisionState
from app.rules.history import Origin
from app.rules.outcomes import Condition, Reason


def changes(entry: DecisionEntry | AnnouncementEntry, position: Position) -> Iterator[Change]:
    """What an entry about a decision, or an announcement, changes."""
    match entry:
        case DecisionSignedOff():
            yield from _signed_off(entry, position)
        case DecisionPublished():
            yield from _published(entry, position)
        case PastDecisionPublished():
            if entry.replaces is not None:
                yield Set(tables.Declaration, {"declaration_id": entry.replaces}, {"is_newest": False})
            yield from _of_history(entry, position, correction_reason=entry.correction_reason)
        case DecisionCorrected():
            yield from _superseded(entry)
            yield from _of_casework(entry, position)
        case PastDecisionCorrected():
            yield from _superseded(entry)
            yield from _of_history(
                entry, position, supersedes=entry.supersedes, correction_reason=entry.correction_reason
            )
        case AnnouncementScheduled() | AnnouncementCancelled() | AnnouncementMade():
            yield _announcement(entry, position.at)
        case _:
            assert_never(entry)


def _signed_off(entry: DecisionSignedOff, position: Position) -> Iterator[Change]:
    """The act's first entry moves the application. Each entry makes its member's decision."""
    if entry.position == 0:
        yield moved(entry, position.at, waiting_since=position.at, shown_at=position.at if entry.is_shown else None)
    yield from decided(
        entry,
        position.index,
        state=DecisionState.SIGNED_OFF,
        signed_off_on=entry.signed_off_on,
        recorded_by=entry.recorded_by,
        signed_off_by=entry.actor,
        origin=Origin.CASEWORK,
    )


Whole = DecisionSignedOff | PastDecisionPublished | DecisionCorrected | PastDecisionCorrected | SuccessionConfirmed


def decided(entry: Whole, index: int, **values: Any) -> Iterator[Change]:
    """The decision in an entry, with its reasons and conditions. ``values`` is what only its kind says."""
    scaled = entry.scaled_down if isinstance(entry, DecisionSignedOff | DecisionCorrected) else None
    functions = entry.functions if isinstance(entry, DecisionSignedOff | DecisionCorrected) else None
    yield Put(
        tables.Decision,
        {
            "decision_id": entry.decision_id,
            "reference": entry.reference,
            "ods_code": entry.ods_code,
            "name": entry.name,
            "region_code": entry.region_code,
            "area_team_code": entry.area_team_code,
            "round_id": entry.round_id,
            "requested_level": entry.requested_level,
            "outcome": entry.outcome,
            "granted_level": entry.granted_level,
            "chosen_by": entry.chosen_by,
            "scaled_down_to": scaled and scaled.level,
            "scaled_down_code": scaled and scaled.reason.code,
            "scaled_down_text": scaled and scaled.reason.text,
            "functions": None if functions is None else list(functions),
            "effective_from": entry.effective_from,
            "decided_on": entry.decided_on,
            "signed_off_index": index,
            "version": 1,
            **dict.fromkeys(_ONLY_SOME_DECISIONS),
            **values,
        },
    )
    yield from _reasons(entry.decision_id, entry.reasons)
    yield from _conditions(entry.decision_id, entry.conditions)


_ONLY_SOME_DECISIONS = (
    "signed_off_on",
    "recorded_by",
    "signed_off_by",
    "published_at",
    "published_sequence",
    "supersedes",
    "superseded_by",
    "correction_reason",
    "basis",
    "source",
    "succeeds",
    "note",
)


def _reasons(decision_id: str, reasons: Sequence[Reason]) -> Iterator[Change]:
    for position, reason in enumerate(reasons):
        yield Put(
            tables.DecisionReason,
            {"decision_id": decision_id, "position": position, "code": reason.code, "text": reason.text},
        )


def _conditions(decision_id: str, conditions: Sequence[Condition | CarriedCondition]) -> Iterator[Change]:
    for position, condition in enumerate(conditions):
        # A correction can leave a condition as settled as it was.
        state = condition.state if isinstance(condition, CarriedCondition) else None
        settled_on = condition.settled_on if isinstance(condition, CarriedCondition) else None
        yield Put(
            tables.DecisionCondition,
            {
                "decision_id": decision_id,
                "condition_id": condition.condition_id,
                "position": position,
                "text": condition.text,
                "reason_code": condition.reason_code,
                "due_on": condition.due_on,
                "state": state or ConditionState.OPEN,
                "settled_on": settled_on,
            },
        )


def _published(entry: DecisionPublished, position: Position) -> Iterator[Change]:
    """A decision is public. An application's first one moves the application."""
    public = {"published_at": position.at, "published_sequence": position.index, "version": 2}
    yield Set(
        tables.Decision,
        {"decision_id": entry.decision_id, "state": DecisionState.SIGNED_OFF},
        {"state": DecisionState.PUBLISHED, **public},
    )
    if entry.grant is None:
        yield from ended(entry.reference, [entry.ods_code], position.index)
    else:
        yield granted(entry, entry.grant)
    if entry.position == 0:
        yield moved(entry, position.at, waiting_since=position.at, published_at=position.at)


def _superseded(entry: DecisionCorrected | PastDecisionCorrected) -> Iterator[Change]:
    """Another decision replaces one that stays readable. The grant of the old one is void."""
    key = {"decision_id": entry.supersedes}
    yield Set(
        tables.Decision,
        {**key, "state": DecisionState.PUBLISHED},
        {"state": DecisionState.SUPERSEDED, "superseded_by": entry.decision_id},
    )
    if entry.voids is not None:
        end = {"in_force_to": entry.voids.in_force_to, "ended_by": entry.voids.ended_by, "end_told": True}
        yield Set(tables.Approval, key, {**end, "end_reason": None, "legal_basis": None})


def _of_casework(entry: DecisionCorrected, position: Position) -> Iterator[Change]:
    """A correction that one person proposed and another confirmed. It can change whether its CCG blocks others."""
    yield from decided(
        entry,
        position.index,
        state=DecisionState.PUBLISHED,
        published_at=position.at,
        published_sequence=position.index,
        signed_off_on=entry.signed_off_on,
        recorded_by=entry.proposed_by,
        signed_off_by=entry.actor,
        origin=Origin.CASEWORK if entry.succeeds is None else Origin.SUCCESSION,
        succeeds=None if entry.succeeds is None else document(entry.succeeds),
        supersedes=entry.supersedes,
        correction_reason=entry.correction_reason,
    )
    if entry.grant is not None:
        yield granted(entry, entry.grant)
    if entry.member is MemberChange.LIVE:
        yield from live(entry.reference, [entry.ods_code], position.index)
    elif entry.member is MemberChange.ENDED:
        yield from ended(entry.reference, [entry.ods_code], position.index)


def _of_history(
    entry: PastDecisionPublished | PastDecisionCorrected, position: Position, **values: Any
) -> Iterator[Change]:
    """A decision of the past comes whole, in the entry that publishes it."""
    yield from decided(
        entry,
        position.index,
        state=DecisionState.PUBLISHED,
        published_at=position.at,
        published_sequence=position.index,
        origin=entry.origin,
        basis=entry.basis,
        source=entry.source,
        note=entry.note,
        **values,
    )
    if entry.grant is not None:
        yield granted(entry, entry.grant)


def _announcement(entry: AnnouncementEntry, at: datetime) -> Change:
    """An announcement, made or scheduled, and the set it published. Or its cancellation."""
    key = {"announcement_id": entry.announcement_id, "state": AnnouncementState.SCHEDULED}
    match entry:
        case AnnouncementScheduled():
            return _put(entry, AnnouncementState.SCHEDULED, publish_at=entry.publish_at, announced_at=None)
        case AnnouncementCancelled():
            return Set(tables.Announcement, key, {"state": AnnouncementState.CANCELLED})
        case AnnouncementMade(due_at=None):
            return _put(entry, AnnouncementState.MADE, publish_at=None, announced_at=at)
        case AnnouncementMade():
            return Set(tables.Announcement, key, {"state": AnnouncementState.MADE, "announced_at": at})
        case _:
            assert_never(entry)


def _put(entry: AnnouncementScheduled | AnnouncementMade, state: AnnouncementState, **values: Any) -> Change:
    return Put(
        tables.Announcement,
        {
            "announcement_id": entry.announcement_id,
            "round_id": entry.round_id,
            "levels": document(entry.levels),
            "set_digest": entry.set_digest,
            "size": entry.size,
            "decision_ids": document(entry.decision_ids or ()),
            "state": state,
            **values,
        },
    )
