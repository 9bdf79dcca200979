"""The ledger: every act appends its entries here, in the transaction that does the act.

An entry's body is the exact bytes that are hashed. It holds only what may one day be public. Who acted and what stays
private are separate bytes; a salted hash of their own binds them to the body. Appending an entry also projects it, so
no fact changes without an entry.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, bindparam, case, insert, update
from sqlmodel import Session, col, select

from app.log.encoding import instant_text
from app.log.leaves import SALT_BYTES, canonical, commitment, leaf_hash
from app.records import projections
from app.records.changes import table_of
from app.records.entries import AnyEntry
from app.records.entries.log import ClockAccepted, LogOpened
from app.records.entries.wire import Entry, LoggedEntry
from app.records.session import CLOCK_TOLERANCE
from app.records.tables import LogEntry, LogHead, LogPrivate
from app.records.writing import carry_out


@dataclass(frozen=True, slots=True)
class EntryReceipt:
    """An entry's index in the log, and its 32-byte leaf."""

    index: int
    leaf: bytes


class ClockBehind(Exception):
    """The newest entry is dated further ahead of this clock than one clock may be ahead of another.

    Nothing was written. One of the two clocks is wrong, and only a person can know which.
    """

    def __init__(self, at: datetime, newest: datetime) -> None:
        super().__init__(f"the clock says {instant_text(at)}, and the newest entry is of {instant_text(newest)}")
        self.at, self.newest = at, newest


class Head(NamedTuple):
    """How many entries the log has, and the index of the newest publishing one."""

    size: int
    public_sequence: int


def head(session: Session) -> Head:
    """The log's head as the session sees it."""
    row = session.exec(select(LogHead.size, LogHead.public_sequence)).one()
    return Head(*row)


def public_sequence(session: Session) -> int:
    """The index of the newest publishing entry. 0 before anything was published."""
    return head(session).public_sequence


def published_at(session: Session, sequence: int) -> datetime | None:
    """When the entry with this index was written (aware, UTC). None if there is none."""
    return session.exec(select(LogEntry.at).where(LogEntry.index == sequence)).one_or_none()


def entry_at(session: Session, index: int) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    """The members of an entry's body and of its private part, which is None once redacted. None for no entry."""
    query = (
        select(LogEntry.body, LogPrivate.body)
        .join(LogPrivate, col(LogPrivate.index) == col(LogEntry.index), isouter=True)
        .where(LogEntry.index == index)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        return None
    body, private = row
    return orjson.loads(body), None if private is None else orjson.loads(private)


def newest_instant(session: Session) -> datetime | None:
    """When the newest entry was written (aware, UTC). None if the log is empty."""
    return session.exec(select(LogEntry.at).order_by(col(LogEntry.index).desc()).limit(1)).one_or_none()


def append(session: Session, entries: Sequence[AnyEntry], *, at: datetime) -> list[EntryReceipt]:
    """Append the entries of one act, and make the changes that follow from them.

    ``at`` is the instant of the act. If the newest entry is of a later one, that one is taken, so that instants never
    go back. Raises ClockBehind if the newest entry lies further ahead than clocks may differ. The session must be a
    writing one: it holds the lock that keeps the numbers gapless. Everything that one session appends is one act,
    because nobody sees it before the commit. Rows that the session has already read are up to date again afterwards.
    Returns a receipt for each entry, in order.
    """
    return append_written(session, [each.to_entry() for each in entries], at=at)


def append_written(session: Session, entries: Sequence[Entry], *, at: datetime) -> list[EntryReceipt]:
    """Append entries in the log's own form."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if not entries:
        return []
    counted = _count_in(session, entries)
    if counted is None:
        _write(session, [_Numbered(LogOpened().to_entry(), 0, 0)], at)
        session.connection().execute(update(LogHead).values(size=1))
        return append_written(session, entries, at=at)
    first, newest = counted
    if entries[0].kind != ClockAccepted.KIND:
        at = _not_before(session, newest, at)
    act = session.info.setdefault("act", first)
    return _write(session, [_Numbered(entry, first + place, act) for place, entry in enumerate(entries)], at)


def check_clock(session: Session, at: datetime) -> None:
    """Raise ClockBehind if nothing can be appended at an instant."""
    newest = newest_instant(session)
    if newest is not None:
        _not_before(session, newest, at)


def _not_before(session: Session, newest: datetime, at: datetime) -> datetime:
    """The instant for an entry after one of ``newest``.

    An act takes its instant before it waits for its turn. So it is not that instant which shows that a clock is behind,
    but the one at which the turn came: as the session has it, or else later by what it waited.
    """
    now = session.info.get("now", at + session.info.get("waited", timedelta(0)))
    if newest - now > session.info.get("clock_tolerance", CLOCK_TOLERANCE):
        raise ClockBehind(now, newest)
    return max(newest, at)


class _Numbered(NamedTuple):
    """An entry, its index, and the index of the first entry of its act."""

    entry: Entry
    number: int
    act: int


_COUNT_IN = (
    update(LogHead)
    .where(col(LogHead.size) > 0)
    .values(
        size=col(LogHead.size) + bindparam("count", type_=BigInteger),
        public_sequence=case(
            (bindparam("publishing", type_=BigInteger) < 0, col(LogHead.public_sequence)),
            else_=col(LogHead.size) + bindparam("publishing", type_=BigInteger),
        ),
    )
    .returning(col(LogHead.size), select(LogEntry.at).order_by(col(LogEntry.index).desc()).limit(1).scalar_subquery())
)
_ENTRIES, _PRIVATE = insert(table_of(LogEntry)), insert(table_of(LogPrivate))


def _count_in(session: Session, entries: Sequence[Entry]) -> tuple[int, datetime] | None:
    """Count the entries of an act in the log's head.

    Returns the index of the first one, and the instant of the entry before it. None if the log is empty.
    """
    publishing = [place for place, entry in enumerate(entries) if entry.publishes]
    counted = {"count": len(entries), "publishing": publishing[-1] if publishing else -1}
    found = session.connection().execute(_COUNT_IN, counted).one_or_none()
    return None if found is None else (found[0] - len(entries), found[1])


def _write(session: Session, numbered: Sequence[_Numbered], at: datetime) -> list[EntryReceipt]:
    if not numbered:
        return []
    rows, private_rows, changes = [], [], []
    for each in numbered:
        salt, private_salt = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
        private = canonical(each.entry.private)
        body = _body(each, at, commitment(private_salt, private))
        rows.append(_row(each, at, salt, body))
        private_rows.append({"index": each.number, "salt": private_salt, "body": private})
        changes += projections.changes(LoggedEntry.of(body, private))
    connection = session.connection()
    connection.execute(_ENTRIES, rows)
    connection.execute(_PRIVATE, private_rows)
    carry_out(session, changes)
    return [EntryReceipt(row["index"], row["leaf"]) for row in rows]


def _body(numbered: _Numbered, at: datetime, private_hash: bytes) -> bytes:
    entry = numbered.entry
    return canonical(
        {
            "index": numbered.number,
            "act": numbered.act,
            "kind": entry.kind,
            "publishes": entry.publishes,
            "reference": entry.reference,
            "odsCode": entry.ods_code,
            "at": instant_text(at),
            "data": entry.data,
            "privateHash": private_hash.hex(),
        }
    )


def _row(numbered: _Numbered, at: datetime, salt: bytes, body: bytes) -> dict[str, Any]:
    entry = numbered.entry
    return {
        "index": numbered.number,
        "act": numbered.act,
        "kind": entry.kind,
        "publishes": entry.publishes,
        "reference": entry.reference,
        "ods_code": entry.ods_code,
        "at": at,
        "salt": salt,
        "body": body,
        "leaf": leaf_hash(salt, body),
    }
