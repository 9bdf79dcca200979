"""The ledger: every act appends its entries here, in the transaction that does the act.

An entry's body is the exact bytes that are hashed, and holds only what may one day be public; who
acted and what stays private are bytes apart, bound to the body by their own salted hash. Folding
the entry into the projections is part of appending it, so no fact changes without an entry.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from app.log.leaves import SALT_BYTES, canonical, commitment, leaf_hash
from app.records import projections
from app.records.changes import LoggedEntry, carry_out
from app.records.tables import LogEntry, LogHead, LogPrivate


@dataclass(frozen=True, slots=True)
class Entry:
    """What an act says: ``data`` may one day be public, ``private`` never is.

    ``publishes`` makes the entry public with its commit, and its index the new public sequence.
    """

    kind: str
    data: Mapping[str, Any]
    private: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None
    ods_code: str | None = None
    publishes: bool = False


@dataclass(frozen=True, slots=True)
class EntryReceipt:
    """Where in the log an entry stands, and its 32-byte leaf."""

    index: int
    leaf: bytes


class Head(NamedTuple):
    """How many entries the log has, and the index of the newest publishing one."""

    size: int
    public_sequence: int


def head(session: Session) -> Head:
    """The log's head as the session sees it."""
    row = session.exec(select(LogHead.size, LogHead.public_sequence)).one()
    return Head(*row)


def public_sequence(session: Session) -> int:
    """The index of the newest publishing entry; 0 before anything was published."""
    return head(session).public_sequence


def published_at(session: Session, sequence: int) -> datetime | None:
    """When the entry with this index was written (aware, UTC); None where there is none."""
    return session.exec(select(LogEntry.at).where(LogEntry.index == sequence)).one_or_none()


def newest_instant(session: Session) -> datetime | None:
    """When the newest entry was written (aware, UTC); None of an empty log."""
    return session.exec(select(LogEntry.at).order_by(col(LogEntry.index).desc()).limit(1)).one_or_none()


def append(session: Session, entries: Sequence[Entry], *, at: datetime) -> list[EntryReceipt]:
    """Append the entries of one act and fold them into the projections.

    ``at`` is the instant of the act. The session must be a writing one: it holds the lock that
    keeps the numbers gapless. Whatever one session appends is one act, since it is seen only with its
    commit. Returns a receipt for each entry, in order.
    """
    size, public = head(session)
    if size == 0:
        _write(session, Entry("log.opened", {}), index=0, act=0, at=at)
        size = 1
    act = session.info.setdefault("act", size)
    receipts = [_write(session, entry, index=size + place, act=act, at=at) for place, entry in enumerate(entries)]
    published = [receipt.index for receipt, entry in zip(receipts, entries, strict=True) if entry.publishes]
    session.connection().execute(
        update(LogHead).values(size=size + len(entries), public_sequence=max([public, *published]))
    )
    # The fold went past the session's objects: whoever reads on must see what is there now.
    session.expire_all()
    return receipts


def _write(session: Session, entry: Entry, *, index: int, act: int, at: datetime) -> EntryReceipt:
    salt, private_salt = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
    private = canonical(entry.private)
    body = canonical(
        {
            "index": index,
            "act": act,
            "kind": entry.kind,
            "publishes": entry.publishes,
            "reference": entry.reference,
            "odsCode": entry.ods_code,
            "at": instant_text(at),
            "data": entry.data,
            "privateHash": commitment(private_salt, private).hex(),
        }
    )
    receipt = EntryReceipt(index, leaf_hash(salt, body))
    connection = session.connection()
    connection.execute(
        insert(LogEntry).values(
            index=index,
            act=act,
            kind=entry.kind,
            publishes=entry.publishes,
            reference=entry.reference,
            ods_code=entry.ods_code,
            at=at,
            salt=salt,
            body=body,
            leaf=receipt.leaf,
        )
    )
    connection.execute(insert(LogPrivate).values(index=index, salt=private_salt, body=private))
    folded = LoggedEntry.of(body, private)
    for change in projections.changes(folded):
        carry_out(connection, change)
    return receipt


def instant_text(at: datetime) -> str:
    """An instant as the log and the API write it: RFC 3339 in UTC, with microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
