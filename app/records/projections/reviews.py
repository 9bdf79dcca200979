"""What entries about declarations, and about the panel's review of an application, change."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

from app.records import tables
from app.records.changes import Change, Put, Remove, Set
from app.records.entries.codec import document
from app.records.entries.declarations import DeclarationEntry, DeclarationMade, PastDeclarationMade
from app.records.entries.reviews import (
    AssessmentRecorded,
    ChangesRequested,
    OutcomeRecommended,
    OutcomeReturned,
    OutcomeShown,
    ReviewEntry,
)
from app.records.entries.wire import Position
from app.records.projections.applications import NOTHING_ASKED, moved
from app.rules.history import Origin

_NO_REASON = {"reason_code": None, "reason_text": None}


def changes(entry: ReviewEntry | DeclarationEntry, position: Position) -> Iterator[Change]:
    """What an entry about a review, or a declaration, changes."""
    at = position.at
    match entry:
        case ChangesRequested():
            items = None if entry.items is None else document(entry.items)
            day = entry.due_on
            yield moved(entry, at, waiting_since=at, due_on=day, asked_due_on=day, change_request=items)
        case AssessmentRecorded():
            yield _assessment(entry, at)
        case OutcomeRecommended():
            yield from _recommended(entry, at)
        case OutcomeReturned():
            # The application is back with the panel, so its recommendations are removed.
            yield moved(entry, at, waiting_since=at, recorded_by=None)
            yield Remove(tables.Recommendation, {"reference": entry.reference})
        case OutcomeShown():
            yield moved(entry, at, shown_at=at)
        case DeclarationMade():
            why = entry.reason
            reason = {"reason_code": why and why.code, "reason_text": why and why.text}
            yield from _declared(entry, origin=Origin.CASEWORK, basis=None, source=None, note=None, **reason)
        case PastDeclarationMade():
            said = {"basis": entry.basis, "source": entry.source, "note": entry.note}
            yield from _declared(entry, origin=entry.origin, **said, **_NO_REASON)
        case _:
            assert_never(entry)


def _assessment(entry: AssessmentRecorded, at: datetime) -> Change:
    """What the panel thinks about one criterion. The newest assessment counts."""
    return Put(
        tables.Assessment,
        {
            "reference": entry.reference,
            "criterion": entry.criterion,
            "rating": entry.rating,
            "justification": entry.justification,
            "assessed_by": entry.actor,
            "assessed_at": at,
        },
    )


def _recommended(entry: OutcomeRecommended, at: datetime) -> Iterator[Change]:
    """The act's first entry moves the application. Each entry sets its member's recommendation."""
    if entry.position == 0:
        yield moved(entry, at, waiting_since=at, **NOTHING_ASKED, recorded_by=entry.actor)
    yield Put(
        tables.Recommendation,
        {
            "reference": entry.reference,
            "ods_code": entry.ods_code,
            "requested_level": entry.requested_level,
            "outcome": entry.outcome,
            "granted_level": entry.granted_level,
            "chosen_by": entry.chosen_by,
            "reasons": document(entry.reasons),
            "conditions": document(entry.conditions),
            "functions": None if entry.functions is None else list(entry.functions),
            "private_note": entry.private_note,
            "recorded_by": entry.actor,
            "recorded_at": at,
        },
    )


def _declared(entry: DeclarationEntry, **values: Any) -> Iterator[Change]:
    """The newest declaration of a CCG for a round. ``values`` say whether it is from history, and from which source."""
    for earlier in entry.replaces:
        yield Set(tables.Declaration, {"declaration_id": earlier}, {"is_newest": False})
    yield Put(
        tables.Declaration,
        {
            "declaration_id": entry.declaration_id,
            "ods_code": entry.ods_code,
            "round_id": entry.round_id,
            "level": entry.level,
            "declared_on": entry.declared_on,
            "is_newest": True,
            "ended_by": None,
            **values,
        },
    )
