"""Statements are compiled once for a process, not once for every database that a test makes.

SQLAlchemy keeps what it has compiled with the engine it compiled it for, and every test has an engine of its own:
it would compile every statement anew, which takes longer than to run them. Here all engines of one kind share.
"""

from typing import Any, ClassVar

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class _SharedSQLite(SQLiteDialect_pysqlite):
    """SQLite, whose compiled statements serve each engine."""

    supports_statement_cache = True
    compiled: ClassVar[dict[Any, Any]] = {}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


class _SharedPostgreSQL(PGDialect_psycopg):
    """PostgreSQL, whose compiled statements serve each engine: all servers of a run are of one version."""

    supports_statement_cache = True
    compiled: ClassVar[dict[Any, Any]] = {}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


def share_compiled_statements() -> None:
    """From now on, for every engine that this process makes."""
    registry.register("sqlite.pysqlite", __name__, _SharedSQLite.__name__)
    registry.register("postgresql.psycopg", __name__, _SharedPostgreSQL.__name__)
