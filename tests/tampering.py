"""Behind the register's back: what somebody does who may change rows and the schema."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from app.records.audit import triggers
from app.records.session import Database

Tampering = Callable[[Connection], object]


def tamper(database: Database, tampering: Tampering) -> None:
    """Do it in one transaction, with the guards off meanwhile and foreign keys looked at afterwards."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        with unguarded(connection):
            tampering(connection)


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Guards are only as good as who may not drop them; here they are back afterwards, as if nothing had been."""
    if connection.dialect.name != "sqlite":
        for table in triggers.TABLES:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in triggers.TABLES:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in found:
        connection.exec_driver_sql(statement)
