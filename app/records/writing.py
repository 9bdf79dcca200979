"""Applies changes to the tables, in few statements, and to the rows that the session has already read.

A statement of each form is built once and reused: building an INSERT costs four times as much as sending it.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Delete, Executable, Update, and_, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, SQLModel

from app.records.changes import Change, Put, Remove, Set, primary_key, table_of

Row = dict[str, Any]
Names = tuple[str, ...]


def carry_out(session: Session, changes: Iterable[Change]) -> None:
    """Make the changes of one act, in their order. Raises LookupError if a row to be set is not there."""
    connection = session.connection()
    waiting: dict[tuple[type[SQLModel], tuple[Any, ...]], Row] = {}
    for change in changes:
        match change:
            case Put(model, row):
                waiting[model, _key_of(model, row)] = _plain(row)
            case Set(model, key, values) if (model, _key_of(model, key)) in waiting:
                new = waiting[model, _key_of(model, key)]
                _check_matches(model, new, key)
                new |= _plain(values)
            case Set(model, key, values):
                _put(session, connection, waiting)
                _set(session, connection, Set(model, _plain(key), _plain(values)))
            case Remove(model, key):
                _put(session, connection, waiting)
                connection.execute(_removal(model, tuple(key)), _as_key(_plain(key)))
                _forget(session, model, key)
    _put(session, connection, waiting)


def _put(session: Session, connection: Connection, waiting: dict[tuple[type[SQLModel], tuple[Any, ...]], Row]) -> None:
    """Write the waiting rows. Consecutive rows of one table share a statement."""
    for (model, names), group in groupby(waiting.items(), key=lambda item: (item[0][0], tuple(item[1]))):
        rows = [row for _, row in group]
        statement = _upsert(model, names, connection.dialect.name)
        connection.execute(statement, rows if len(rows) > 1 else rows[0])
        for row in rows:
            _renew(session, model, row, row)
    waiting.clear()


def _set(session: Session, connection: Connection, change: Set) -> None:
    model, key, values = change
    found = connection.execute(_update(model, tuple(key)), _as_key(key) | values)
    if found.rowcount != 1:
        raise LookupError(f"{found.rowcount} rows of {table_of(model).name} match {key}")
    _renew(session, model, key, values)


def _check_matches(model: type[SQLModel], row: Row, key: Row) -> None:
    if any(row[name] != value for name, value in key.items()):
        raise LookupError(f"0 rows of {table_of(model).name} match {key}")


# --- the rows that the session has read ---------------------------------------------------------


def _renew(session: Session, model: type[SQLModel], key: Row, values: Row) -> None:
    """Update an object that the session has read to what its row says now."""
    for known in _known(session, model, key):
        for name, value in values.items():
            set_committed_value(known, name, value)


def _forget(session: Session, model: type[SQLModel], key: Row) -> None:
    for known in _known(session, model, key):
        session.expunge(known)


def _known(session: Session, model: type[SQLModel], key: Row) -> Iterator[Any]:
    """The objects in the session whose rows match a key, in whole or in part."""
    whole = _key_of(model, key)
    if None not in whole:
        found = session.identity_map.get(identity_key(model, whole))
        yield from [] if found is None else [found]
        return
    for each in list(session.identity_map.values()):
        if isinstance(each, model) and all(getattr(each, name) == value for name, value in key.items()):
            yield each


def _key_of(model: type[SQLModel], row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in primary_key(model))


def _plain(row: Row) -> Row:
    """Enum members as the texts that the database stores."""
    return {name: value.value if isinstance(value, Enum) else value for name, value in row.items()}


# --- reusable statements ------------------------------------------------------------------------


def _as_key(key: Row) -> Row:
    """The values of a key under names of their own, because the same column may also be set."""
    return {f"key_{name}": value for name, value in key.items()}


def _matches(model: type[SQLModel], names: Names) -> Any:
    table = table_of(model)
    return and_(*(table.c[name] == bindparam(f"key_{name}", type_=table.c[name].type) for name in names))


@cache
def _upsert(model: type[SQLModel], names: Names, dialect: str) -> Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement, key = insert(table_of(model)), primary_key(model)
    rest = {name: statement.excluded[name] for name in names if name not in key}
    if not rest:
        return statement.on_conflict_do_nothing(index_elements=key)
    return statement.on_conflict_do_update(index_elements=key, set_=rest)


@cache
def _update(model: type[SQLModel], key: Names) -> Update:
    return update(table_of(model)).where(_matches(model, key))


@cache
def _removal(model: type[SQLModel], key: Names) -> Delete:
    return delete(table_of(model)).where(_matches(model, key))
