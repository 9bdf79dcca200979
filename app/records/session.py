"""Connections and transactions: SQLite embedded, PostgreSQL for more than one machine.

Every writer takes one lock before it reads (SQLite: ``BEGIN IMMEDIATE``; PostgreSQL: the log's head
row), so that acts happen one after another and none is decided on what another has just changed.
Readers never wait: each reads one snapshot.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

__all__ = ["Database", "DatabaseUnavailable", "Session"]

BUSY_SECONDS = 5
CONNECT_SECONDS = 1


class DatabaseUnavailable(Exception):
    """The database did not answer, or another writer held its lock for too long. Nothing was written."""


class Database:
    """One database: where sessions come from."""

    def __init__(self, url: str) -> None:
        """Connects lazily to ``sqlite:///FILE`` or ``postgresql://…``."""
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = create_engine(
                parsed.set(drivername="sqlite+pysqlite"),
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
                pool_timeout=BUSY_SECONDS,
            )
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                connect_args={"connect_timeout": CONNECT_SECONDS},
                pool_pre_ping=True,
                pool_timeout=CONNECT_SECONDS,
                pool_size=10,
                max_overflow=30,
            )
        only_reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._readers = self.engine.execution_options(
            **({"register_only_reads": True} if self.is_sqlite else only_reads)
        )
        self._writers = self.engine.execution_options(register_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that reads one snapshot and cannot write.

        Raises DatabaseUnavailable when the database does not answer.
        """
        with _translated(), _session(self._readers) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that holds the writers' lock; it is committed when the block ends without an error.

        Raises DatabaseUnavailable when the database does not answer or its lock is not free in 5 s.
        """
        with _translated(), _session(self._writers) as session, session.begin():
            if not self.is_sqlite:
                # Not lock_timeout: it starts anew when the one who queued before gives up.
                session.connection().exec_driver_sql(f"SET LOCAL statement_timeout = '{BUSY_SECONDS}s'")
                session.connection().exec_driver_sql("SELECT size FROM log_head WHERE id = 1 FOR UPDATE")
            else:
                session.connection()
            yield session

    def ping(self) -> None:
        """Ask the database for an answer; raises DatabaseUnavailable when there is none."""
        with self.reading() as session:
            session.connection().execute(text("SELECT 1"))

    def make_directory(self) -> None:
        """Make the directory that SQLite's file lies in; PostgreSQL makes its own."""
        if self.is_sqlite and self.engine.url.database:
            Path(self.engine.url.database).parent.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def _session(engine: Engine) -> Iterator[Session]:
    with Session(engine, autoflush=False) as session:
        event.listen(session, "before_flush", _refuse_flush)
        yield session


def _refuse_flush(session: Session, *_: Any) -> None:
    """Rows change only by folding log entries (``ledger.append``), never by changing an object."""
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a row was changed without a log entry")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable(type(error).__name__) from error
        raise


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """The driver's own transaction handling off, the safe settings on."""
    connection.isolation_level = None
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_SECONDS}000",
    ):
        connection.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(connection: Any) -> None:
    """Writers take the lock at once: a transaction that starts by reading is refused when it comes to write.

    Whether a connection may write is said anew with each transaction, since pooled ones serve both.
    """
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if options.get('register_only_reads') else 'OFF'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("register_writes") else "BEGIN")
