"""Changes to rows. ``app.records.projections`` says which entry makes which, ``app.records.writing`` makes them."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlmodel import SQLModel


class Put(NamedTuple):
    """The row under its primary key is this one, whether there was one before or not."""

    table: type[SQLModel]
    row: dict[str, Any]


class Set(NamedTuple):
    """The one row with this key has these values now. That there is exactly one is part of the change."""

    table: type[SQLModel]
    key: dict[str, Any]
    values: dict[str, Any]


class Remove(NamedTuple):
    """No row with these values is left."""

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
