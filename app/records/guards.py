"""The guards in the database that keep the log from being rewritten: what they must be (revisions 0005 and 0006).

A guard of the same name that does nothing is none, and a trigger or a rule of somebody else's may undo what
the register writes: so what is there is compared with what the revisions put there.
"""

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
    SELECT proname, lanname || ' ' || prosrc FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
    WHERE pronamespace = current_schema()::regnamespace AND proname = :function
    UNION ALL
    SELECT rulename, definition FROM pg_rules WHERE schemaname = current_schema()""")


class Wrong(NamedTuple):
    """A guard that is not as it must be, or something that has no business there."""

    name: str
    what: str


def wrong(connection: Connection) -> list[Wrong]:
    """Every guard that is missing, switched off or not the register's, and every trigger and rule of others."""
    sqlite = connection.dialect.name == "sqlite"
    expected = _of_sqlite() if sqlite else _of_postgresql()
    there = _on_sqlite(connection) if sqlite else _on_postgresql(connection)
    found = [Wrong(name, "the guard is missing") for name in expected.keys() - there.keys()]
    for name, definition in there.items():
        if name not in expected:
            found.append(Wrong(name, "is not of the register"))
        elif definition != expected[name]:
            found.append(Wrong(name, "the guard is not the register's"))
    return sorted(found)


def _of_sqlite() -> dict[str, str]:
    found = {}
    for table, number in NUMBERED:
        is_there = f"{number} = NEW.{number} OR rowid = NEW.rowid"
        conditions = {
            "insert": f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {is_there})",  # noqa: S608 - names of ours
            "update": "",
            "delete": f"WHEN NOT {_IS_REDACTED}" if table == "log_private" else "",
        }
        for act, condition in conditions.items():
            name = f"{table}_kept_from_{act}"
            found[name] = _in_a_line(
                f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    return found


def _of_postgresql() -> dict[str, str]:
    acts = {"log_entries": "DELETE OR UPDATE OR TRUNCATE", "log_checkpoints": "DELETE OR UPDATE OR TRUNCATE"}
    found = {
        f"{table}_kept": f"O CREATE TRIGGER {table}_kept BEFORE {acts.get(table, 'UPDATE OR TRUNCATE')} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
        for table in TABLES
    }
    found["log_private_kept_from_delete"] = (
        "O CREATE TRIGGER log_private_kept_from_delete BEFORE DELETE ON log_private "
        f"FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()"
    )
    found[_FUNCTION] = _in_a_line(f"plpgsql {_REFUSING}")
    return found


def _on_sqlite(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {name: _in_a_line(sql) for name, sql in rows}


def _on_postgresql(connection: Connection) -> dict[str, str]:
    """Triggers with how they are switched, the function that they call, and rules, all of this schema."""
    rows = connection.execute(_THERE, {"function": _FUNCTION})
    return {name: _in_a_line(definition) for name, definition in rows}


def _in_a_line(definition: str) -> str:
    return " ".join(definition.split())
