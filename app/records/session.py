"""Connections and transactions: SQLite embedded, PostgreSQL for more than one machine.

Every writer takes one lock before it reads (SQLite: ``BEGIN IMMEDIATE``; PostgreSQL: the log's head row). So acts
happen one after another, and no act is based on what another has just changed. Readers never wait: each reads one
snapshot.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from app.records.failures import LOCKED, NO_ANSWER, NO_FILE, is_about_room, missing_right, why
from app.records.postgres import ANSWER_SECONDS, postgres_engine, waiting
from app.records.turns import Turns

__all__ = [
    "CommitUnanswered",
    "Database",
    "DatabaseDamaged",
    "DatabaseUnavailable",
    "RightMissing",
    "Session",
    "session_on",
]

BUSY_SECONDS = 5
HARDLY = 100
NO_ROOM_SECONDS = 60
_PASSWORD = re.compile(r"(?<=:)[^:@/]*(?=@)|(?<=password=)[^&]*")


CLOCK_TOLERANCE = timedelta(seconds=5)


class DatabaseUnavailable(Exception):
    """The database did not answer, or another writer held its lock for too long.

    Nothing was written, unless it is CommitUnanswered. ``why`` is a part of a sentence for whoever runs the register.
    """

    def __init__(self, what: str, why: str = NO_ANSWER) -> None:
        super().__init__(what)
        self.why = why


class CommitUnanswered(DatabaseUnavailable):
    """The database was told to commit, and its answer did not come. The act may have been done."""


class NoRoom(DatabaseUnavailable):
    """The database's disk is full. Nothing was written."""


class DatabaseDamaged(DatabaseUnavailable):
    """The file is not a database, or parts of it cannot be read."""


class RightMissing(DatabaseUnavailable):
    """The login may not do this. Nothing was written."""


class Database:
    """One database. It opens the sessions."""

    def __init__(self, url: str, *, clock_tolerance: timedelta = CLOCK_TOLERANCE) -> None:
        """Connects lazily to ``sqlite:///FILE`` or ``postgresql://…``.

        ``address`` is the same without a password. ``clock_tolerance`` is how far the newest entry may lie ahead of the
        clock of whoever writes (``ledger``).
        """
        self._clock_tolerance = clock_tolerance
        self.url = url
        self.address = _PASSWORD.sub("***", url)
        self.is_sqlite = url.startswith("sqlite:")
        if self.is_sqlite:
            parsed = make_url(url)
            self.file = Path(parsed.database or "")
            # Readers and writers have separate connections, so that each connection is set up once as read-only or for
            # writing.
            self.engine = self._sqlite_engine(parsed, "query_only = OFF")
            self._readers = self._sqlite_engine(parsed, "query_only = ON")
        else:
            self.engine = postgres_engine(url)
            self._readers = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writers = self.engine.execution_options(register_writes=True)
        # SQLite is no server that may not answer.
        self._limit: Callable[[float], AbstractContextManager[Any]] = nullcontext if self.is_sqlite else waiting
        self._turns = Turns()
        self._no_room_until = 0.0

    def _sqlite_engine(self, url: URL, mode: str) -> Engine:
        engine = create_engine(
            url.set(drivername="sqlite+pysqlite"), creator=self._open_file, pool_timeout=BUSY_SECONDS
        )
        event.listen(engine, "connect", lambda connection, record: _prepare_sqlite(connection, record, mode))
        event.listen(engine, "connect", self._remember_file)
        event.listen(engine, "checkout", self._check_file)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "handle_error", _name_undecodable)
        return engine

    @contextmanager
    def reading(self, answer_seconds: float = ANSWER_SECONDS) -> Iterator[Session]:
        """A session that reads one snapshot and cannot write.

        Raises DatabaseUnavailable if the database does not answer.
        """
        with _translated(), self._limit(answer_seconds), session_on(self._readers) as session:
            session.info["clock_tolerance"] = self._clock_tolerance
            yield session

    @contextmanager
    def writing(self, patience: float = BUSY_SECONDS) -> Iterator[Session]:
        """A transaction with the writers' lock. It is committed if the block ends without an error.

        Writers of this process take turns, first come, first served. They queue before they take a connection, so that
        readers always find one. Raises DatabaseUnavailable if the database does not answer, or if its lock is not free
        within ``patience`` seconds, the queue included. Raises CommitUnanswered if it is not known whether it
        committed.
        """
        begun = monotonic()
        until = begun + patience
        if not self._turns.acquire(patience):
            raise DatabaseUnavailable("other writers", LOCKED)
        try:
            with _translated(), self._limit(ANSWER_SECONDS), session_on(self._writers) as session:
                self._take_lock(session, _patience(until - monotonic()))
                file = self._identity()
                session.info["clock_tolerance"] = self._clock_tolerance
                session.info["waited"] = timedelta(seconds=monotonic() - begun)
                yield session
                _commit(session)
            # After the commit, because only then is it known that it went to the file that everybody opens.
            if self._identity() != file:
                raise DatabaseUnavailable("the file was removed or replaced", "the file was removed or replaced")
            self._no_room_until = 0.0
        except NoRoom:
            self._no_room_until = monotonic() + NO_ROOM_SECONDS
            raise
        finally:
            self._turns.release()

    @property
    def is_out_of_room(self) -> bool:
        """Whether a writer found the disk full within the last minute, and none has written since."""
        return monotonic() < self._no_room_until

    def _take_lock(self, session: Session, milliseconds: int) -> None:
        connection = session.connection(execution_options={"register_patience": milliseconds})
        if not self.is_sqlite:
            # Not lock_timeout: it starts again when the writer ahead in the queue gives up.
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
            with waiting(milliseconds / 1000 + ANSWER_SECONDS):
                connection.exec_driver_sql("SELECT size FROM log_head WHERE id = 1 FOR UPDATE")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{BUSY_SECONDS}s'")

    def ping(self) -> None:
        """Ask the database for an answer. Raises DatabaseUnavailable if it gives none."""
        with self.reading() as session:
            session.connection().execute(text("SELECT 1"))

    def wipe(self) -> bool:
        """Rewrite SQLite's file, so that no deleted data stays in it. False while others are reading it.

        PostgreSQL does so in its own time (VACUUM), so nothing happens there. Raises DatabaseUnavailable.
        """
        if not self.is_sqlite:
            return True
        with _translated(), self.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                driver.execute("PRAGMA busy_timeout = 1000").close()
                driver.execute("VACUUM").close()
                [is_busy, _, _] = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError:
                return False
            finally:
                driver.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS}000").close()
                connection.info["patience"] = 1000 * BUSY_SECONDS
        return not is_busy

    def make_file(self) -> None:
        """Create SQLite's file if there is none, readable only by its owner. PostgreSQL makes its own files.

        Nothing else creates it: a register that has lost its file must not start again with an empty one.
        """
        if self.is_sqlite:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))

    def _open_file(self) -> sqlite3.Connection:
        address = f"file:{quote(str(self.file.absolute()))}?mode=rw"
        try:
            return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        except sqlite3.OperationalError as error:
            if self._identity() is None:
                raise sqlite3.OperationalError(NO_FILE) from error
            raise

    def _remember_file(self, _: Any, record: Any) -> None:
        record.info["file"] = self._identity()

    def _check_file(self, _: Any, record: Any, __: Any) -> None:
        """A connection to a file that was removed or replaced would read and write data that nobody else sees."""
        if record.info["file"] != self._identity():
            raise DisconnectionError("the file was removed or replaced")

    def _identity(self) -> tuple[int, int] | None:
        """The file that SQLite's address leads to now. None if it leads to none, and on PostgreSQL."""
        if not self.is_sqlite:
            return None
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Close every pooled connection."""
        self._readers.dispose()
        self.engine.dispose()


def _patience(seconds: float) -> int:
    """For how many milliseconds to wait for the lock. A writer that hardly queued has the whole time."""
    whole = 1000 * BUSY_SECONDS
    left = max(1, round(1000 * seconds))
    return whole if whole - left < HARDLY else left


@contextmanager
def session_on(engine: Engine) -> Iterator[Session]:
    """A session that changes rows only by projecting log entries."""
    with Session(engine, autoflush=False) as session:
        event.listen(session, "before_flush", _refuse_flush)
        yield session


def _commit(session: Session) -> None:
    """Commit. Raises CommitUnanswered if the connection was lost before the answer came."""
    try:
        session.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise CommitUnanswered(type(error).__name__) from error
        raise


def _refuse_flush(session: Session, *_: Any) -> None:
    """Rows change only by projecting log entries (``ledger.append``), never by changing an object."""
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a row was changed without a log entry")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the drivers raise if a database does not work into DatabaseUnavailable."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        kind = NoRoom if is_about_room(getattr(error, "orig", None)) else DatabaseUnavailable
        raise kind(type(error).__name__, why(error)) from error
    except psycopg.Error as error:
        # The driver's own error, outside of any statement: the connection ended as it was handed out.
        raise DatabaseUnavailable(type(error).__name__, why(error)) from error
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise RightMissing(type(error).__name__, missing_right(error)) from error
        if type(error.orig) is sqlite3.DatabaseError:
            raise DatabaseDamaged(str(error.orig), f"the database cannot be read: {error.orig}") from error
        if error.connection_invalidated:
            raise DatabaseUnavailable(type(error).__name__) from error
        raise


def _prepare_sqlite(connection: Any, record: Any, mode: str) -> None:
    """Switch the driver's own transactions off and the safe settings on."""
    connection.isolation_level = None
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_SECONDS}000",
        mode,
    ):
        connection.execute(f"PRAGMA {setting}").close()
    record.info["patience"] = 1000 * BUSY_SECONDS


def _name_undecodable(context: Any) -> ValueError | None:
    """A stored text that is not UTF-8 is a wrong value. The driver reports it as if the database did not answer."""
    said = str(context.original_exception)
    return ValueError(said) if "decode to UTF-8" in said else None


def _begin_sqlite(connection: Any) -> None:
    """Writers take the lock at once. A transaction that starts by reading is refused when it wants to write.

    The connection remembers how long to wait for the lock. It is set again only if that time changes.
    """
    options, known = connection.get_execution_options(), connection.info
    patience = options.get("register_patience", 1000 * BUSY_SECONDS)
    if known["patience"] != patience:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience}")
        known["patience"] = patience
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("register_writes") else "BEGIN")
