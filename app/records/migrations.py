"""The schema's revisions: up, down, the revision a database is at, and whether it has drifted from the tables.

The Alembic configuration is built here, so an installed register needs no file beside the ``migrations`` package. All
revisions of one call run in one transaction, on both databases. At its end the projections are rebuilt from the log, so
no revision has to interpret the log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import CheckConstraint, Column, Connection, Constraint, Index, Inspector, Table, func, inspect, select
from sqlalchemy.exc import ProgrammingError

import app
from app.records import tables
from app.records.audit import rebuilding
from app.records.changes import table_of
from app.records.failures import missing_right
from app.records.session import Database, RightMissing, Session
from app.records.tables import LogCheckpoint

REVISIONS = Path(app.__file__).parent.parent / "migrations"
CHECKPOINTS_SINCE = "0005"
METADATA = tables.LogEntry.metadata


class UnknownRevision(Exception):
    """There is no such revision, or no way to it from the database's revision."""


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to a revision. Nothing happens if it is already there.

    Creates a SQLite file that does not exist. Raises UnknownRevision, DatabaseUnavailable if the database does not
    answer, and rebuilding.UnreadableLog if its log cannot be read.
    """
    database.make_file()
    with _configured(database) as (config, connection):
        before = _revision(connection)
        if before is not None:
            _keep_writers_out(connection)
        command.upgrade(config, revision)
        if before not in {None, _revision(connection)} and _revision(connection) == expected_revision():
            rebuilding.rebuild(connection, reference_rows())


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision (``base`` empties the database).

    What the older schema cannot hold is lost. Going up again brings back what stands in the log, but no signed
    checkpoint (``checkpoints_lost``).

    Raises UnknownRevision, and DatabaseUnavailable if the database does not answer.
    """
    with _configured(database) as (config, _):
        command.downgrade(config, revision)


def checkpoints_lost(database: Database, revision: str) -> int:
    """How many signed checkpoints going down to a revision would drop. The log cannot bring them back.

    None if there is no such revision, as going down will say. Raises DatabaseUnavailable, and UnknownRevision if the
    database names several.
    """
    with database.reading() as session:
        connection = session.connection()
        if not inspect(connection).has_table(LogCheckpoint.__tablename__):
            return 0
        try:
            way = ScriptDirectory.from_config(_config()).iterate_revisions(_revision(connection), revision)
            if not any(each.revision == CHECKPOINTS_SINCE for each in way):
                return 0
        except RevisionError:
            return 0
        found: int = connection.scalar(select(func.count()).select_from(table_of(LogCheckpoint))) or 0
        return found


def current_revision(database: Database) -> str | None:
    """The revision of a database. None before the first.

    Raises DatabaseUnavailable, and UnknownRevision if the database names several.
    """
    with database.reading() as session:
        return revision_of(session)


def revision_of(session: Session) -> str | None:
    """The revision of the database that a session reads. Raises UnknownRevision if the database names several."""
    return _revision(session.connection())


@cache
def expected_revision() -> str | None:
    """The newest revision in this release. Its files are read once in each process."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this release has a revision."""
    return any(each.revision == revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


@cache
def reference_rows() -> dict[str, list[dict[str, Any]]]:
    """What this release's revisions put into the reference tables, by table. For each row the newest values count."""
    revisions = reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))
    found: dict[str, list[dict[str, Any]]] = {}
    for revision in revisions:
        rows_of = getattr(revision.module, "reference_rows", None)
        found |= rows_of() if rows_of is not None else {}
    return found


def drift(database: Database) -> list[str]:
    """Every difference between a database's schema and this release's tables. Empty if there is none.

    Compares what Alembic compares (tables, columns, types, keys, indexes), and which CHECK constraints there are.
    Raises DatabaseUnavailable.
    """
    with database.reading() as session:
        connection = session.connection()
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
        return [*map(_in_words, found), *_check_differences(inspect(connection))]


def _in_words(difference: Any) -> str:
    """Describe a difference: what Alembic would add is missing, what it would remove is unknown."""
    act, _, kind = str(difference[0]).partition("_")
    is_there, thing = "missing" if act == "add" else "unknown", difference[-1]
    if isinstance(thing, Table):
        return f"{thing.name}: the table is {is_there}"
    if isinstance(thing, (Column, Index, Constraint)):
        return f"{thing.table}: the {kind} {thing.name} is {is_there}"
    return str(difference)


def _check_differences(inspector: Inspector) -> list[str]:
    present = set(inspector.get_table_names())
    return [
        f"{table.name}: {difference}"
        for table in METADATA.sorted_tables
        if table.name in present
        for difference in _differing_checks(table, inspector)
    ]


def _differing_checks(table: Table, inspector: Inspector) -> list[str]:
    wanted = {str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)}
    there = {str(each["name"]) for each in inspector.get_check_constraints(table.name)}
    missing = [f"the check {name} is missing" for name in sorted(wanted - there)]
    return missing + [f"the check {name} is unknown" for name in sorted(there - wanted)]


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(REVISIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _keep_writers_out(connection: Connection) -> None:
    """Take the lock that every writer takes first, so that no act is lost between the log and its tables.

    On SQLite the transaction already holds the whole database. An older schema may have no log yet.
    """
    if inspect(connection).has_table("log_head"):
        connection.execute(select(table_of(tables.LogHead).c.size).with_for_update())


def _revision(connection: Connection) -> str | None:
    try:
        return MigrationContext.configure(connection).get_current_revision()
    except (CommandError, ValueError) as error:
        raise UnknownRevision("the table alembic_version does not name one revision") from error


@contextmanager
def _configured(database: Database) -> Iterator[tuple[Config, Connection]]:
    """One transaction for everything, in which SQLite's tables can be rebuilt despite foreign keys."""
    database.ping()
    with (
        database.engine.execution_options(register_writes=True).connect() as connection,
        _without_foreign_keys(connection, is_sqlite=database.is_sqlite),
        connection.begin(),
    ):
        try:
            yield _config(connection), connection
        except CommandError as error:
            raise UnknownRevision(str(error)) from error
        except ProgrammingError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise RightMissing(type(error).__name__, missing_right(error)) from error
            raise


@contextmanager
def _without_foreign_keys(connection: Connection, *, is_sqlite: bool) -> Iterator[None]:
    """SQLite alters a table by building another one. Foreign keys are checked at the end.

    They can be switched off only outside a transaction, so this uses the driver's own connection.
    """
    if not is_sqlite:
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys = OFF").close()
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON").close()
