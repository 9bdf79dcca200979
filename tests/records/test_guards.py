"""The database's own guards: nothing of the log is changed, deleted, replaced or emptied, but for what was redacted."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.records import ledger
from app.records.audit import triggers
from app.records.audit.verification import verify
from app.records.entries.wire import Entry
from app.records.session import Database
from tests.tampering import unguarded

NOON = datetime(2015, 2, 18, 12, 0, tzinfo=UTC)
CHECKPOINT = "INSERT INTO log_checkpoints (number, size, is_public, signed_at, note) VALUES (1, 3, true, '{at}', 'n')"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A log of three entries and a checkpoint."""
    with database.writing() as session:
        ledger.append_written(session, [Entry("log.opened", {}), Entry("log.opened", {})], at=NOON)
        instant = "2015-02-18 12:00:00.000000" if database.is_sqlite else "2015-02-18 12:00:00+00"
        session.connection().exec_driver_sql(CHECKPOINT.format(at=instant))
    with database.engine.execution_options(register_writes=True).connect() as connection:
        yield connection


STATEMENTS = [
    "UPDATE log_entries SET kind = 'x'",
    'UPDATE log_entries SET kind = kind WHERE "index" = 1',
    "UPDATE log_private SET body = body",
    "UPDATE log_checkpoints SET note = 'm'",
    'DELETE FROM log_entries WHERE "index" = 2',
    'DELETE FROM log_private WHERE "index" = 2',
    "DELETE FROM log_private",
    "DELETE FROM log_checkpoints",
]
ON_SQLITE = [
    'INSERT OR REPLACE INTO log_entries SELECT * FROM log_entries WHERE "index" = 1',
    "REPLACE INTO log_private SELECT * FROM log_private",
    "REPLACE INTO log_checkpoints SELECT * FROM log_checkpoints",
    # By the number that a row has beside its key: it would go, and another key stand in its place.
    (
        'INSERT OR REPLACE INTO log_entries (rowid, "index", act, kind, publishes, at, salt, body, leaf) '
        "SELECT 2, 9, 9, kind, publishes, at, salt, body, leaf FROM log_entries LIMIT 1"
    ),
    'INSERT OR REPLACE INTO log_private (rowid, "index", salt, body) SELECT 2, 2, salt, body FROM log_private LIMIT 1',
    (
        "INSERT OR REPLACE INTO log_checkpoints (rowid, number, size, is_public, signed_at, note) "
        "SELECT 1, 2, size, is_public, signed_at, note FROM log_checkpoints"
    ),
]
ON_POSTGRESQL = [
    "TRUNCATE log_checkpoints",
    "TRUNCATE log_private",
    "TRUNCATE log_entries CASCADE",
    'INSERT INTO log_private SELECT * FROM log_private ON CONFLICT ("index") DO UPDATE SET body = EXCLUDED.body',
    'INSERT INTO log_entries SELECT * FROM log_entries ON CONFLICT ("index") DO UPDATE SET kind = EXCLUDED.kind',
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_log_is_only_ever_added_to(connection: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match="the log is only ever added to"):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("statement", [*ON_SQLITE, *ON_POSTGRESQL])
def test_the_databases_own_ways_around_it_are_closed(connection: Connection, statement: str) -> None:
    if (statement in ON_SQLITE) != (connection.dialect.name == "sqlite"):
        return
    with pytest.raises(DBAPIError, match="the log is only ever added to"):
        connection.exec_driver_sql(statement)


def test_private_bytes_go_only_where_an_entry_says_that_they_were_redacted(database: Database) -> None:
    with database.writing() as session:
        ledger.append_written(session, [Entry("log.opened", {}), Entry("log.opened", {})], at=NOON)
    with database.writing() as session:
        ledger.append_written(session, [Entry("entry.redacted", {"index": 1, "ground": "Made up."})], at=NOON)
        session.connection().exec_driver_sql('DELETE FROM log_private WHERE "index" = 1')
        with pytest.raises(DBAPIError, match="only ever added to"), session.begin_nested():
            session.connection().exec_driver_sql('DELETE FROM log_private WHERE "index" = 2')


def test_a_guard_that_is_missing_or_switched_off_is_named(database: Database) -> None:
    assert verify(database).faults == ()

    with database.engine.begin() as connection:
        names = triggers.wrong(connection)
        with unguarded(connection):
            while_off = triggers.wrong(connection)
        assert (names, triggers.wrong(connection)) == ([], [])
        assert len(while_off) == (9 if database.is_sqlite else 4)
        connection.exec_driver_sql(
            "DROP TRIGGER log_entries_kept_from_delete"
            if database.is_sqlite
            else "DROP TRIGGER log_entries_kept ON log_entries"
        )

    [fault] = verify(database).faults
    assert (fault.table, fault.what) == ("the schema", "the guard is missing")


IDLE_ON_SQLITE = [
    "DROP TRIGGER log_entries_kept_from_update",
    "CREATE TRIGGER log_entries_kept_from_update BEFORE UPDATE ON log_entries WHEN 0 BEGIN SELECT 1; END",
]
IDLE_ON_POSTGRESQL = [
    (
        "CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN coalesce(NEW, OLD); END'"
    )
]
ELSEWHERE_ON_SQLITE = [
    'CREATE TABLE "log_entries\u00a0" (a)',
    "DROP TRIGGER log_entries_kept_from_update",
    (
        "CREATE TRIGGER log_entries_kept_from_update BEFORE UPDATE ON log_entries\u00a0 "
        "BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END"
    ),
]
DISGUISED_ON_SQLITE = [
    "CREATE TRIGGER foreign_one AFTER INSERT ON decisions BEGIN DELETE FROM decision_reasons; END",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET type = 'TRIGGER' WHERE name = 'foreign_one'",
    "PRAGMA writable_schema = OFF",
]
FOREIGN_ON_SQLITE = ["CREATE TRIGGER foreign_one AFTER INSERT ON decisions BEGIN DELETE FROM decision_reasons; END"]
FOREIGN_ON_POSTGRESQL = ["CREATE RULE foreign_one AS ON INSERT TO decision_reasons DO INSTEAD NOTHING"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER FUNCTION refuse_to_rewrite_the_log() SET search_path = public",
        "ALTER TABLE log_entries ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE more () INHERITS (log_private)",
        (
            "DO $$ BEGIN EXECUTE format("
            "'ALTER DATABASE %%I SET session_replication_role = replica', current_database()); END $$"
        ),
    ],
)
def test_what_makes_postgresqls_guards_idle_is_found(postgresql_url: str, statement: str) -> None:
    database = Database(postgresql_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement)

    [fault] = verify(database).faults
    database.close()
    assert fault.table == "the schema"


@pytest.mark.parametrize(
    ("on_sqlite", "on_postgresql", "what"),
    [
        (IDLE_ON_SQLITE, IDLE_ON_POSTGRESQL, "the guard is not the register's"),
        (ELSEWHERE_ON_SQLITE, IDLE_ON_POSTGRESQL, "the guard is not the register's"),
        (DISGUISED_ON_SQLITE, FOREIGN_ON_POSTGRESQL, "is not of the register"),
        (FOREIGN_ON_SQLITE, FOREIGN_ON_POSTGRESQL, "is not of the register"),
    ],
)
def test_a_guard_that_does_nothing_is_found_and_what_others_put_there(
    database: Database, on_sqlite: list[str], on_postgresql: list[str], what: str
) -> None:
    with database.engine.begin() as connection:
        for statement in on_sqlite if database.is_sqlite else on_postgresql:
            connection.exec_driver_sql(statement)

    [fault] = verify(database).faults
    assert (fault.table, fault.what) == ("the schema", what)
