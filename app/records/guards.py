"""The guards in the database that keep the log from being rewritten: which there must be (revision 0005)."""

from sqlalchemy import Connection, text

NUMBERED = (("log_entries", '"index"'), ("log_private", '"index"'), ("log_checkpoints", "number"))
TABLES = tuple(table for table, _ in NUMBERED)
_SQLITE = [f"{table}_kept_from_{act}" for table in TABLES for act in ("insert", "update", "delete")]
_POSTGRESQL = [*(f"{table}_kept" for table in TABLES), "log_private_kept_from_delete"]


def missing(connection: Connection) -> list[str]:
    """The names of guards that are not there, or are switched off."""
    if connection.dialect.name == "sqlite":
        there = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        return sorted(set(_SQLITE) - set(there))
    enabled = text(
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE tgenabled IN ('O', 'A') AND relnamespace = current_schema()::regnamespace"
    )
    return sorted(set(_POSTGRESQL) - set(connection.execute(enabled).scalars()))
