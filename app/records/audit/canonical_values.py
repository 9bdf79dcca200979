"""Values that are stored in another way than the register stores them, but read as the same.

SQLite stores what it is given: 2 or a word for true, another form of an instant. Such a value reads right, but a query
that compares stored values misses its row. PostgreSQL's columns hold only values of their type.
"""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, Boolean, Column, Connection, Date, Select, Table, select, type_coerce
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import NullType

from app.records.columns import Instant
from app.records.tables import METADATA

BATCH = 1000
DIALECT = sqlite.dialect()


class Misspelt(NamedTuple):
    """A stored value that the register would have written in another way."""

    table: str
    key: tuple[Any, ...]
    column: str


def misspelt(connection: Connection) -> Iterator[Misspelt]:
    """Every such value in the database, table by table."""
    if connection.dialect.name != "sqlite":
        return
    for table in METADATA.sorted_tables:
        if _spelt(table):
            yield from _of(connection, table)


def _of(connection: Connection, table: Table) -> Iterator[Misspelt]:
    keys, checks = len(table.primary_key), [(column.name, _check(column)) for column in _spelt(table)]
    for row in connection.execute(_as_stored(table), execution_options={"yield_per": BATCH}):
        for (name, is_as_written), stored in zip(checks, row[keys:], strict=True):
            if stored is not None and not is_as_written(stored):
                yield Misspelt(table.name, tuple(row[:keys]), name)


@cache
def _spelt(table: Table) -> tuple[Column[Any], ...]:
    """The columns of a table whose values can be written in more than one way."""
    return tuple(column for column in table.c if _has_spellings(column))


@cache
def _as_stored(table: Table) -> Select[*tuple[Any, ...]]:
    """A table's keys and then those columns, as SQLite stores them."""
    columns = (*table.primary_key, *_spelt(table))
    return select(*(type_coerce(column, NullType()).label(f"value_{place}") for place, column in enumerate(columns)))


def _has_spellings(column: Column[Any]) -> bool:
    return isinstance(column.type, (Boolean, Date, Instant, JSON))


@cache
def _check(column: Column[Any]) -> Callable[[Any], bool]:
    """A function that says whether a stored value, read and written again, is the same."""
    kind = column.type.dialect_impl(DIALECT)
    read, write = kind.result_processor(DIALECT, None), kind.bind_processor(DIALECT)

    def is_as_written(stored: Any) -> bool:
        try:
            return bool(_or_same(write, _or_same(read, stored)) == stored)
        except (TypeError, ValueError, AttributeError):
            return False

    # Days and instants come again and again, so some answers are remembered. Documents are long and rarely equal.
    # It goes by type too, because 1 is not 1.0.
    is_long = isinstance(column.type, JSON)
    return is_as_written if is_long else lru_cache(maxsize=BATCH, typed=True)(is_as_written)


def _or_same(process: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if process is None else process(value)
