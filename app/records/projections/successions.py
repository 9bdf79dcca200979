"""What entries about successions change: the proposal, and the decision that a body gets by it."""

from collections.abc import Iterator
from typing import assert_never

from app.records import tables
from app.records.changes import Change, Put, Set
from app.records.entries.codec import document
from app.records.entries.successions import (
    NothingSucceeded,
    SuccessionConfirmed,
    SuccessionEntry,
    SuccessionProposed,
    SuccessionWithdrawn,
)
from app.records.entries.wire import Position
from app.records.projections.decisions import decided
from app.records.projections.grants import granted
from app.rules.decisions import DecisionState, ProposalState


def changes(entry: SuccessionEntry, position: Position) -> Iterator[Change]:
    """What an entry about a succession changes."""
    match entry:
        case SuccessionProposed():
            yield _proposed(entry, position)
        case SuccessionWithdrawn():
            yield _settled(entry, position, ProposalState.WITHDRAWN, entry.note)
        case SuccessionConfirmed():
            yield from _accepted(entry, position)
            yield from _decided(entry, position)
        case NothingSucceeded():
            yield from _accepted(entry, position)
        case _:
            assert_never(entry)


def _proposed(entry: SuccessionProposed, position: Position) -> Change:
    return Put(
        tables.Succession,
        {
            "proposal_id": entry.proposal_id,
            "effective_on": entry.effective_on,
            "items": document(entry.items),
            "state": ProposalState.OPEN,
            "version": 1,
            "proposed_by": entry.actor,
            "proposed_at": position.at,
            "settled_by": None,
            "settled_at": None,
            "settled_note": None,
        },
    )


def _settled(
    entry: SuccessionWithdrawn | SuccessionConfirmed | NothingSucceeded,
    position: Position,
    state: ProposalState,
    note: str | None,
) -> Change:
    """A proposal is no longer open."""
    settled = {"settled_by": entry.actor, "settled_at": position.at, "settled_note": note}
    key = {"proposal_id": entry.proposal_id, "state": ProposalState.OPEN}
    return Set(tables.Succession, key, {"state": state, "version": 2, **settled})


def _accepted(entry: SuccessionConfirmed | NothingSucceeded, position: Position) -> Iterator[Change]:
    """The first body of a proposal settles the proposal."""
    if entry.position == 0:
        yield _settled(entry, position, ProposalState.CONFIRMED, None)


def _decided(entry: SuccessionConfirmed, position: Position) -> Iterator[Change]:
    yield from decided(
        entry,
        position.index,
        state=DecisionState.PUBLISHED,
        published_at=position.at,
        published_sequence=position.index,
        signed_off_on=entry.signed_off_on,
        recorded_by=entry.proposed_by,
        signed_off_by=entry.actor,
        origin=entry.origin,
        succeeds=document(entry.succeeds),
    )
    yield granted(entry, entry.grant)
