"""The schema's revisions: up, down, where a database stands, and whether it drifted from the tables.

The Alembic configuration is made here, so that an installed register needs no file beside the
``migrations`` package. All revisions of one call run in one transaction, on both databases. At its end
the projections are folded from the log anew, so that no revision has to work out what the log says.
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
from alembic.util import CommandError
from sqlalchemy import CheckConstraint, Column, Connection, Constraint, Index, Inspector, Table, inspect, select

import app
from app.records import tables
from app.records.audit import rebuilding
from app.records.changes import table_of
from app.records.session import Database

REVISIONS = Path(app.__file__).parent.parent / "migrations"
METADATA = tables.LogEntry.metadata


class UnknownRevision(Exception):
    """There is no such revision, or no way from where the database stands to it."""


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to a revision; nothing happens when it is there already.

    A SQLite file that is not there is made. Raises UnknownRevision, DatabaseUnavailable when the
    database does not answer, and rebuilding.UnfoldableLog when its log cannot be read.
    """
    database.make_file()
    with _configured(database) as (config, connection):
        before = _revision(connection)
        if before is not None:
            _keep_writers_out(connection)
        command.upgrade(config, revision)
        if before not in {None, _revision(connection)} and _revision(connection) == expected_revision():
            rebuilding.rebuild(connection)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision (``base`` empties the database). What it held is gone.

    Raises UnknownRevision, and DatabaseUnavailable when the database does not answer.
    """
    with _configured(database) as (config, _):
        command.downgrade(config, revision)


def current_revision(database: Database) -> str | None:
    """The revision that a database stands at, None before the first.

    Raises DatabaseUnavailable, and UnknownRevision where the database says that it stands at several.
    """
    with database.reading() as session:
        return _revision(session.connection())


@cache
def expected_revision() -> str | None:
    """The newest revision that this release has; its files are read once a process."""
    return ScriptDirectory.from_config(_config()).get_current_head()


@cache
def reference_rows() -> dict[str, list[dict[str, Any]]]:
    """What this release's revisions put into the reference tables, by table: the newest word of each."""
    revisions = reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))
    found: dict[str, list[dict[str, Any]]] = {}
    for revision in revisions:
        rows_of = getattr(revision.module, "reference_rows", None)
        found |= rows_of() if rows_of is not None else {}
    return found


def drift(database: Database) -> list[str]:
    """Every difference between a database's schema and this release's tables; empty when there is none.

    Compares what Alembic does (tables, columns, types, keys, indexes) and which CHECK constraints
    there are. Raises DatabaseUnavailable.
    """
    with database.reading() as session:
        connection = session.connection()
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
        return [*map(_in_words, found), *_check_differences(inspect(connection))]


def _in_words(difference: Any) -> str:
    """What Alembic would add is missing, and what it would remove is unknown."""
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

    SQLite's transaction holds the whole database already; an older schema may have no log yet.
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
    """One transaction for all that happens, in which SQLite's tables can be made anew under foreign keys."""
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


@contextmanager
def _without_foreign_keys(connection: Connection, *, is_sqlite: bool) -> Iterator[None]:
    """SQLite alters a table by making another in its place; its foreign keys are checked at the end.

    They can be put off only outside a transaction, so the driver's own connection is told.
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
