"""Values that are stored in another way than the register stores them, but read as the same.

SQLite stores what it is given: 2 or a word for true, another form of an instant. Such a value reads right, but a query
that compares stored values misses its row. PostgreSQL's columns hold only values of their type.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, Boolean, Column, Connection, Date, Select, Table, select, type_coerce
from sqlalchemy.types import NullType

from app.records.columns import Instant
from app.records.tables import METADATA

BATCH = 1000


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
        spelt = _spelt(table)
        if spelt:
            rewritten = {column.name: _rewritten(column, connection) for column in spelt}
            yield from _of(connection, table, rewritten)


def _of(connection: Connection, table: Table, spelt: dict[str, Callable[[Any], Any]]) -> Iterator[Misspelt]:
    keys = [column.name for column in table.primary_key]
    for row in connection.execute(_as_stored(table), execution_options={"yield_per": BATCH}).mappings():
        for name, rewritten in spelt.items():
            if row[name] is not None and not _is_as_written(row[name], rewritten):
                yield Misspelt(table.name, tuple(row[key] for key in keys), name)


@cache
def _spelt(table: Table) -> tuple[Column[Any], ...]:
    """The columns of a table whose values can be written in more than one way."""
    return tuple(column for column in table.c if _has_spellings(column))


@cache
def _as_stored(table: Table) -> Select[*tuple[Any, ...]]:
    """A table's keys and those columns, as SQLite stores them."""
    names = {*table.primary_key.columns.keys(), *(column.name for column in _spelt(table))}
    return select(*(type_coerce(table.c[name], NullType()).label(name) for name in names))


def _has_spellings(column: Column[Any]) -> bool:
    return isinstance(column.type, (Boolean, Date, Instant, JSON))


def _rewritten(column: Column[Any], connection: Connection) -> Callable[[Any], Any]:
    """A function that reads a stored value and writes it again."""
    kind = column.type.dialect_impl(connection.dialect)
    read, write = kind.result_processor(connection.dialect, None), kind.bind_processor(connection.dialect)
    return lambda stored: _or_same(write, _or_same(read, stored))


def _or_same(process: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if process is None else process(value)


def _is_as_written(stored: Any, rewritten: Callable[[Any], Any]) -> bool:
    try:
        return bool(rewritten(stored) == stored)
    except (TypeError, ValueError, AttributeError):
        return False
