"""Changes to rows. ``app.records.projections`` derives them from entries, ``app.records.writing`` makes them."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlmodel import SQLModel


class Put(NamedTuple):
    """Write this row under its primary key, whether there was one or not."""

    table: type[SQLModel]
    row: dict[str, Any]


class Set(NamedTuple):
    """Set these values in the one row with this key. The change includes that there is exactly one."""

    table: type[SQLModel]
    key: dict[str, Any]
    values: dict[str, Any]


class Remove(NamedTuple):
    """Remove every row with these values."""

    table: type[SQLModel]
    key: dict[str, Any]


Change = Put | Set | Remove


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


@cache
def primary_key(model: type[SQLModel]) -> tuple[str, ...]:
    """The names of a table's primary key columns, in order."""
    return tuple(column.name for column in table_of(model).primary_key.columns)
