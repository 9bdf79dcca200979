"""The register as it was known at a publication.

The log determines every state, so the beginning of the log determines a past state. It is rebuilt in memory with this
release's tables and read by the same queries. A past state never changes, so the last ones stay in memory. (Building
one from an earlier one would not pay: applying a change to tables takes fifteen times as long as replaying it.)
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock, Semaphore
from typing import NamedTuple
from uuid import uuid4
from weakref import finalize

from sqlalchemy import Connection, NullPool, create_engine, insert, select
from sqlmodel import Session, col

from app.records import migrations
from app.records.audit import log_entries, rebuilding
from app.records.audit.replay import InMemoryProjections
from app.records.changes import table_of
from app.records.entries.wire import LoggedEntry
from app.records.session import Database, DatabaseUnavailable, session_on
from app.records.tables import METADATA, LogEntry, LogHead, ReasonCode

MOST_KEPT = 8
MOST_WAITING = 20
PATIENCE_SECONDS = 5


class Publication(NamedTuple):
    """The last publication at a public sequence: its act, and when it was.

    ``leaf`` distinguishes it from one with the same number in a log that has replaced this one.
    """

    sequence: int
    act: int
    at: datetime
    leaf: bytes


def publication_at(session: Session, sequence: int) -> Publication | None:
    """The newest publication at or before a sequence that is complete. None before the first.

    An act is published whole. Inside an act that publishes several entries, the answer is the publication before it.
    """
    newest, following = _newest(session, sequence), _following(session, sequence)
    if newest is not None and following == newest.act:
        return _newest(session, newest.act - 1)
    return newest


def _newest(session: Session, sequence: int) -> Publication | None:
    """The last publishing entry at or before a sequence."""
    query = (
        select(*(col(getattr(LogEntry, name)) for name in ("index", "act", "at", "leaf")))
        .where(col(LogEntry.publishes), col(LogEntry.index) <= sequence)
        .order_by(col(LogEntry.index).desc())
        .limit(1)
    )
    row = session.connection().execute(query).first()
    return None if row is None else Publication(*row)


def _following(session: Session, sequence: int) -> int | None:
    """The act of the first publishing entry after a sequence."""
    publishing = select(col(LogEntry.act)).where(col(LogEntry.publishes), col(LogEntry.index) > sequence)
    return session.connection().scalar(publishing.order_by(col(LogEntry.index)).limit(1))


class PastStates:
    """The past states of one database that were asked for last. Any thread may read any of them."""

    def __init__(self, database: Database, *, most_kept: int = MOST_KEPT, patience: float = PATIENCE_SECONDS) -> None:
        self._database = database
        self._most_kept = most_kept
        self._patience = patience
        self._kept: OrderedDict[bytes, _State] = OrderedDict()
        self._looking = Lock()
        self._making = Lock()
        self._waiting = Semaphore(MOST_WAITING)

    @contextmanager
    def reading(self, known: Publication | None) -> Iterator[Session]:
        """A session on the state at that publication, or on an empty register before any publication.

        Raises DatabaseUnavailable if the database does not answer, or if the wait for other past states is too long.
        """
        # The name keeps the state open until the session is closed, even if the state has left memory's list.
        state = self._state(known)
        with session_on(state.engine) as session:
            yield session

    def close(self) -> None:
        """Drop all states. A state that somebody is reading closes afterwards."""
        with self._looking:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def _state(self, known: Publication | None) -> "_State":
        found = self._found(known)
        if found is not None:
            return found
        with self._turn():
            return self._found(known) or self._made(known)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Build one state at a time, because that takes a whole core.

        Only a few may wait, because each holds a thread.
        """
        if not self._waiting.acquire(blocking=False):
            raise DatabaseUnavailable("too many past states are asked for")
        try:
            if not self._making.acquire(timeout=self._patience):
                raise DatabaseUnavailable("other past states are being made")
            try:
                yield
            finally:
                self._making.release()
        finally:
            self._waiting.release()

    def _found(self, known: Publication | None) -> "_State | None":
        with self._looking:
            found = self._kept.get(_key(known))
            if found is not None:
                self._kept.move_to_end(_key(known))
            return found

    def _made(self, known: Publication | None) -> "_State":
        with self._database.reading() as session:
            state = _State(session.connection(), known)
        with self._looking:
            self._kept[_key(known)] = state
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        return state


def _key(known: Publication | None) -> bytes:
    return b"" if known is None else known.leaf


class _State:
    """One past state: a database in memory. It lives as long as this object or a connection to it."""

    def __init__(self, log: Connection, known: Publication | None) -> None:
        """Replay the log up to a publication."""
        address = f"file:/{uuid4().hex}?vfs=memdb"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, check_same_thread=False)

        keeper = connect()
        finalize(self, keeper.close)
        self.engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool)
        with self.engine.begin() as connection:
            METADATA.create_all(connection, checkfirst=False)
            _fill(connection, log, known)


def _fill(connection: Connection, log: Connection, known: Publication | None) -> None:
    """This release's reference data, the projections, and the public part of the log."""
    known_before = migrations.reference_rows()
    connection.execute(insert(table_of(ReasonCode)), known_before[table_of(ReasonCode).name])
    replayed, published, size = InMemoryProjections(known_before), [], 0
    for entry in () if known is None else log_entries.read(log, to_act=known.act):
        replayed.apply(LoggedEntry.of(entry.body, entry.private_body))
        size = entry.number + 1
        if entry.publishes:
            published.append({"index": entry.number, **{name: getattr(entry, name) for name in _COLUMNS}})
    rebuilding.fill(connection, replayed)
    if published:
        connection.execute(insert(table_of(LogEntry)), published)
    sequence = 0 if known is None else known.sequence
    connection.execute(insert(table_of(LogHead)).values(id=1, size=size, public_sequence=sequence))


_COLUMNS = [column.name for column in table_of(LogEntry).c if column.name != "index"]
