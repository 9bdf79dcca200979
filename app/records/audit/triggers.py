"""The triggers that protect the log from being rewritten, and how they must be defined (revisions 0005 and 0006).

A trigger of the right name that does nothing protects nothing, and somebody else's trigger or rule may undo what the
register writes. So this compares what is there with what the revisions created.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text

NUMBERED = (("log_entries", '"index"'), ("log_private", '"index"'), ("log_checkpoints", "number"))
TABLES = tuple(table for table, _ in NUMBERED)
REFUSAL = "the log is only ever added to"

_IS_REDACTED = """
    EXISTS ( SELECT 1 FROM log_entries
    WHERE kind = 'entry.redacted' AND json_extract(CAST(body AS TEXT), '$.data.index') = OLD."index")"""
_REFUSING = """
    BEGIN
        IF TG_LEVEL = 'ROW' THEN
            IF EXISTS ( SELECT 1 FROM log_entries
            WHERE kind = 'entry.redacted'
            AND (convert_from(body, 'UTF8')::json #>> '{data,index}')::bigint = OLD.index) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'the log is only ever added to';
    END"""
_FUNCTION = "refuse_to_rewrite_the_log"
_THERE = text("""
    SELECT tgname, replace(tgenabled::text, 'A', 'O') || ' ' || pg_get_triggerdef(pg_trigger.oid, true)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT proname, lanname || ' ' || coalesce(array_to_string(proconfig, ',') || ' ', '') || prosrc
    FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
    WHERE pronamespace = current_schema()::regnamespace AND proname = :function
    UNION ALL
    SELECT rulename, definition FROM pg_rules WHERE schemaname = current_schema()
    UNION ALL
    SELECT relname, 'row security' FROM pg_class
    WHERE (relrowsecurity OR relforcerowsecurity) AND relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT child.relname, 'inherits ' || parent.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT 'session_replication_role', setting FROM pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setting LIKE 'session_replication_role=%' AND setdatabase IN
    (0, (SELECT oid FROM pg_database WHERE datname = current_database()))""")


class Guard(NamedTuple):
    """A trigger, the function that triggers call, or a rule: its name, and its definition in one line."""

    name: str
    definition: str


class Wrong(NamedTuple):
    """A trigger that differs from its definition, or something that does not belong there."""

    name: str
    what: str


def wrong(connection: Connection) -> list[Wrong]:
    """Every trigger that is missing, switched off or altered, and every trigger and rule that is not the register's."""
    is_sqlite = connection.dialect.name == "sqlite"
    expected = set(_of_sqlite() if is_sqlite else _of_postgresql())
    there = set(_on_sqlite(connection) if is_sqlite else _on_postgresql(connection))
    lacking, names = {guard.name for guard in expected - there}, {guard.name for guard in there}
    changed = lacking & names
    found = [
        Wrong(name, "the guard is not the register's" if name in changed else "the guard is missing")
        for name in lacking
    ]
    others = {guard.name for guard in there - expected} - changed
    return sorted([*found, *(Wrong(name, "is not of the register") for name in others)])


def _of_sqlite() -> Iterator[Guard]:
    for table, number in NUMBERED:
        is_there = f"{number} = NEW.{number} OR rowid = NEW.rowid"
        conditions = {
            "insert": f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {is_there})",  # noqa: S608 - names of ours
            "update": "",
            "delete": f"WHEN NOT {_IS_REDACTED}" if table == "log_private" else "",
        }
        for act, condition in conditions.items():
            name = f"{table}_kept_from_{act}"
            statement = f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} {condition}"
            yield Guard(name, _in_a_line(f"{statement} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"))


def _of_postgresql() -> Iterator[Guard]:
    acts = {
        "log_entries_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON log_entries": "STATEMENT",
        "log_private_kept BEFORE UPDATE OR TRUNCATE ON log_private": "STATEMENT",
        "log_private_kept_from_delete BEFORE DELETE ON log_private": "ROW",
        "log_checkpoints_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON log_checkpoints": "STATEMENT",
    }
    for act, level in acts.items():
        definition = f"O CREATE TRIGGER {act} FOR EACH {level} EXECUTE FUNCTION {_FUNCTION}()"
        yield Guard(act.partition(" ")[0], definition)
    yield Guard(_FUNCTION, _in_a_line(f"plpgsql {_REFUSING}"))


def _on_sqlite(connection: Connection) -> Iterator[Guard]:
    """Triggers and views in SQLite. It goes by the statement, because SQLite does too, not by the type in the row."""
    rows = connection.execute(
        text(
            "SELECT name, sql FROM sqlite_master "
            "WHERE type NOT IN ('table', 'index') OR upper(sql) LIKE 'CREATE%TRIGGER%'"
        )
    )
    return (Guard(name, _in_a_line(sql)) for name, sql in rows)


def _on_postgresql(connection: Connection) -> Iterator[Guard]:
    """Triggers, whether they are switched on, the function that they call, and rules, all in this schema."""
    rows = connection.execute(_THERE, {"function": _FUNCTION})
    return (Guard(name, _in_a_line(definition)) for name, definition in rows)


def _in_a_line(definition: str) -> str:
    # Other white space, such as a no-break space, may be part of a name.
    return re.sub(r"[ \t\r\n]+", " ", definition).strip()
