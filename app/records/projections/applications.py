"""What entries about applications change, from draft to submission and at their end, and extensions."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from app.records import tables
from app.records.changes import Change, Put, Remove, Set
from app.records.entries.applications import (
    ApplicationAmended,
    ApplicationCreated,
    ApplicationEntry,
    ApplicationLapsed,
    ApplicationScaledDown,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    ChangesExtended,
    ConsentGiven,
    DeadlineExtended,
    MemberLeft,
)
from app.records.entries.base import Move
from app.records.entries.wire import Position
from app.rules.lifecycle import State

NOTHING_ASKED: dict[str, None] = {"due_on": None, "asked_due_on": None, "change_request": None}
"""No changes are awaited."""


def changes(entry: ApplicationEntry, position: Position) -> Iterator[Change]:
    """What an entry about an application changes."""
    match entry:
        case ApplicationCreated():
            yield from _created(entry, position.at)
        case ApplicationAmended():
            yield from _amended(entry, position.at)
        case ApplicationSubmitted():
            yield from _submitted(entry, position)
        case ApplicationWithdrawn() | ApplicationLapsed():
            yield from _over(entry, position)
        case ApplicationScaledDown():
            why = {"scaled_down_code": entry.reason.code, "scaled_down_text": entry.reason.text}
            yield moved(entry, position.at, scaled_down_to=entry.level, **why)
        case ConsentGiven():
            yield from _consented(entry, position.at)
        case MemberLeft():
            yield from _left(entry, position)
        case ChangesExtended():
            yield moved(entry, position.at, due_on=entry.until)
            yield _extension(entry, entry.reference, position.at)
        case DeadlineExtended():
            yield _extension(entry, None, position.at)
        case _:
            assert_never(entry)


def moved(entry: Move, at: datetime, **values: Any) -> Change:
    """The application moves to its next version. The change includes that it was at the one before."""
    return Set(
        tables.Application,
        {"reference": entry.reference, "version": entry.version - 1},
        {"version": entry.version, "state": entry.state, "updated_at": at, **values},
    )


def live(reference: str | None, codes: Sequence[str], index: int) -> Iterator[Change]:
    """From this entry on the members block a second application in the round, even if they had stopped."""
    for code in codes:
        key = {"reference": reference, "ods_code": code}
        yield Set(tables.ApplicationMember, key, {"is_live": True, "live_from": index, "live_to": None})


def ended(reference: str | None, codes: Sequence[str], index: int) -> Iterator[Change]:
    """From this entry on the members block nobody."""
    for code in codes:
        key = {"reference": reference, "ods_code": code}
        yield Set(tables.ApplicationMember, key, {"is_live": False, "live_to": index})


def _created(entry: ApplicationCreated, at: datetime) -> Iterator[Change]:
    """A draft: the application at version 1, and its members."""
    yield Put(
        tables.Application,
        {
            "reference": entry.reference,
            "round_id": entry.round_id,
            "requested_level": entry.requested_level,
            "lead_ods_code": entry.lead_ods_code,
            "region_code": entry.region_code,
            "state": entry.state,
            "version": entry.version,
            "created_at": at,
            "updated_at": at,
            "first_submitted_at": None,
            "waiting_since": at,
            "due_on": None,
            "asked_due_on": None,
            "shown_at": None,
            "published_at": None,
            "document": entry.document,
            "change_request": None,
            "recorded_by": None,
            "scaled_down_to": None,
            "scaled_down_code": None,
            "scaled_down_text": None,
        },
    )
    yield from _members(entry, {})


def _members(entry: ApplicationCreated | ApplicationAmended, consents: Mapping[str, datetime]) -> Iterator[Change]:
    """The members in their order, and after them the bodies in whose place one of them opens."""
    precedes = {**dict.fromkeys(entry.member_ods_codes), **(entry.predecessors or {})}
    for position, (code, member) in enumerate(precedes.items()):
        yield Put(
            tables.ApplicationMember,
            {
                "reference": entry.reference,
                "ods_code": code,
                "position": position,
                "round_id": entry.round_id,
                "is_live": False,
                "live_from": None,
                "live_to": None,
                "consented_at": consents.get(code),
                "scaling_agreed_at": None,
                "left_at": None,
                "precedes": member,
            },
        )


def _amended(entry: ApplicationAmended, at: datetime) -> Iterator[Change]:
    """The draft or the proposal is replaced."""
    yield moved(
        entry,
        at,
        requested_level=entry.requested_level,
        region_code=entry.region_code,
        document=entry.document,
    )
    if entry.state is State.DRAFT:
        yield Remove(tables.ApplicationMember, {"reference": entry.reference})
        yield from _members(entry, entry.consents or {})


def _submitted(entry: ApplicationSubmitted, position: Position) -> Iterator[Change]:
    """The panel of its region has it. Its members are live, and their declarations have ended."""
    yield moved(
        entry,
        position.at,
        region_code=entry.region_code,
        first_submitted_at=entry.first_submitted_at,
        waiting_since=position.at,
        **NOTHING_ASKED,
    )
    # Entries of the first release do not say whether this is the first submission. Their instants show it.
    if entry.first_submitted_at == position.at if entry.is_first is None else entry.is_first:
        yield from live(entry.reference, entry.member_ods_codes, position.index)
    for declaration_id in entry.ends_declarations:
        yield Set(tables.Declaration, {"declaration_id": declaration_id}, {"ended_by": entry.reference})


def _consented(entry: ConsentGiven, at: datetime) -> Iterator[Change]:
    """A member CCG agrees to the draft as it is now, or to a scaling down."""
    yield moved(entry, at)
    key = {"reference": entry.reference, "ods_code": entry.ods_code}
    agreed = "consented_at" if entry.scale_down_to is None else "scaling_agreed_at"
    yield Set(tables.ApplicationMember, key, {agreed: at})


def _over(entry: ApplicationWithdrawn | ApplicationLapsed, position: Position) -> Iterator[Change]:
    """Withdrawn or lapsed: it blocks nobody any more, and nothing is recommended."""
    yield moved(entry, position.at, waiting_since=position.at, **NOTHING_ASKED, recorded_by=None)
    yield from ended(entry.reference, entry.member_ods_codes, position.index)
    yield Remove(tables.Recommendation, {"reference": entry.reference})


def _left(entry: MemberLeft, position: Position) -> Iterator[Change]:
    """One CCG is no longer a member. The others go on."""
    yield moved(entry, position.at)
    key = {"reference": entry.reference, "ods_code": entry.ods_code}
    yield Set(tables.ApplicationMember, key, {"left_at": position.at})
    yield Remove(tables.ApplicationMember, {"reference": entry.reference, "precedes": entry.ods_code})
    if entry.was_live:
        yield from ended(entry.reference, [entry.ods_code], position.index)
    yield Remove(tables.Recommendation, key)


def _extension(entry: DeadlineExtended | ChangesExtended, reference: str | None, at: datetime) -> Change:
    """More time, for a level of the round or for the changes that one application must make."""
    return Put(
        tables.Extension,
        {
            "extension_id": entry.extension_id,
            "round_id": entry.round_id,
            "ods_code": entry.ods_code,
            "level": entry.level,
            "reference": reference,
            "until": entry.until,
            "reason": entry.reason,
            "granted_by": entry.actor,
            "granted_at": at,
        },
    )
