"""Rebuilds the projections from the log after the schema has changed.

The log determines the projections. So a revision needs to know only what the tables look like, never how to fill them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from app.records.audit import log_entries
from app.records.audit.replay import InMemoryProjections
from app.records.changes import table_of
from app.records.entries.wire import LoggedEntry
from app.records.projections import PROJECTED
from app.records.tables import METADATA, LogHead

BATCH = log_entries.BATCH


class UnreadableLog(Exception):
    """The log is not whole, or holds an entry that this release cannot project. Nothing was changed."""


def rebuild(connection: Connection, reference: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Empty every projection and fill it from the log, in the transaction of the connection.

    ``reference`` are the rows that the schema's revisions put there, by table. Raises UnreadableLog with the entry at
    fault, or with the row that does not fit the others.
    """
    replayed = _replayed(connection, InMemoryProjections(reference))
    try:
        fill(connection, replayed)
        _check_foreign_keys(connection)
    except StatementError as error:
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError):
            raise
        raise UnreadableLog(f"what it says does not fit together: {error.orig}") from error


def fill(connection: Connection, replayed: InMemoryProjections) -> None:
    """Make the projections' tables hold exactly the replayed rows."""
    models = {table_of(model).name: model for model in PROJECTED}
    in_order = [models[table.name] for table in METADATA.sorted_tables if table.name in models]
    for model in reversed(in_order):
        connection.execute(delete(table_of(model)))
    for model in in_order:
        rows = list(replayed.rows_of(model).values())
        for start in range(0, len(rows), BATCH):
            connection.execute(insert(table_of(model)), rows[start : start + BATCH])


def _check_foreign_keys(connection: Connection) -> None:
    """Check all foreign keys. SQLite ignored them while the tables were rebuilt."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise UnreadableLog(f"a row of {broken[0]} names a row of {broken[2]} that is not there")


def _replayed(connection: Connection, replayed: InMemoryProjections) -> InMemoryProjections:
    """The projections of a log that is whole. An entry is projected only if its bytes are those it was written with."""
    size, act = 0, 0
    try:
        gone = log_entries.redacted(connection)
        for entry in log_entries.read(connection):
            if entry.number != size:
                raise UnreadableLog(f"entry {entry.number}: entry {size} is missing")
            for fault in log_entries.faults_of(entry, act=act, redacted=gone):
                raise UnreadableLog(f"entry {entry.number}: {fault}")
            replayed.apply(LoggedEntry.of(entry.body, entry.private_body))
            size, act = entry.number + 1, entry.act
    except (*log_entries.UNREADABLE, LookupError) as error:
        raise UnreadableLog(f"entry {size} cannot be replayed: {error!r}") from error
    counted = connection.execute(select(table_of(LogHead).c.size)).scalar()
    if counted != size:
        raise UnreadableLog(f"the head counts {counted} entries, and there are {size}")
    return replayed
