"""Applies changes to the tables, in few statements, and to the rows that the session has already read.

A statement of each form is built once and reused: building an INSERT costs four times as much as sending it.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import Delete, Executable, Update, and_, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, SQLModel

from app.records.changes import Change, Put, Remove, Set, primary_key, table_of

Row = dict[str, Any]
Key = tuple[Any, ...]
Names = tuple[str, ...]
# How many groups a change is held against. An act has few forms of change, so its group is seldom further back.
LOOKED_BACK = 16


def carry_out(session: Session, changes: Iterable[Change]) -> None:
    """Make the changes of one act. Raises LookupError if a row to be set is not there.

    Changes of one form wait for each other and share a statement, because 2,000 statements take much longer than one
    for 2,000 rows. Those of one table keep their order.
    """
    waiting: list[_Group] = []
    for change in changes:
        match change:
            case Put(model, row):
                plain = _plain(row)
                _group_for(waiting, model, tuple(plain), ()).put(_key_of(model, plain), plain)
            case Set(model, key, values) if None not in (whole := _key_of(model, key)):
                names, keys = tuple(values), tuple(key)
                _group_for(waiting, model, names, keys, whole).set(whole, _plain(key), _plain(values))
            case Set(model, key, values):
                _send(session, waiting)
                _set(session, model, [(_plain(key), _plain(values))])
            case Remove(model, key):
                _send(session, waiting)
                session.connection().execute(_removal(model, tuple(key)), _as_key(_plain(key)))
                _forget(session, model, key)
    _send(session, waiting)


class _Group:
    """Changes of one form that wait: rows to put, or with ``keys`` rows to set."""

    def __init__(self, model: type[SQLModel], names: Names, keys: Names) -> None:
        self.model, self.names, self.keys = model, names, keys
        self.rows: dict[Key, Row] = {}
        self.sets: list[tuple[Row, Row]] = []

    def takes(self, names: Names, keys: Names, whole: Key) -> bool:
        """Whether a change belongs here: one of the same form, or one that sets a row that waits here to be put.

        It sets nothing here that the row does not name, since the statement names the same columns for all rows.
        """
        if (self.names, self.keys) == (names, keys):
            return True
        return whole in self.rows and {*names, *keys} <= {*self.names}

    def put(self, whole: Key, row: Row) -> None:
        """Add a row."""
        self.rows[whole] = row

    def set(self, whole: Key, key: Row, values: Row) -> None:
        """Set values, at once if the row waits here to be put."""
        if self.keys:
            self.sets.append((key, values))
            return
        row = self.rows[whole]
        _check_matches(self.model, row, key)
        row |= values


def _group_for(waiting: list[_Group], model: type[SQLModel], names: Names, keys: Names, whole: Key = ()) -> _Group:
    """The group that a change joins, or a new one at the end.

    A change never passes another of its table, nor one of a table to whose rows it refers.
    """
    for group in waiting[: -LOOKED_BACK - 1 : -1]:
        if group.model is model and group.takes(names, keys, whole):
            return group
        if group.model is model or _refers(model, names, group.model):
            break
    waiting.append(_Group(model, names, keys))
    return waiting[-1]


@cache
def _refers(model: type[SQLModel], names: Names, other: type[SQLModel]) -> bool:
    """Whether these columns refer to rows of another table."""
    columns = table_of(model).c
    return any(each.column.table is table_of(other) for name in names for each in columns[name].foreign_keys)


def _send(session: Session, waiting: list[_Group]) -> None:
    """Write what waits, one statement for each group."""
    for group in waiting:
        if group.keys:
            _set(session, group.model, group.sets)
        else:
            _put(session, group.model, group.names, list(group.rows.values()))
    waiting.clear()


def _put(session: Session, model: type[SQLModel], names: Names, rows: list[Row]) -> None:
    connection = session.connection()
    statement = _upsert(model, names, connection.dialect.name)
    connection.execute(statement, rows if len(rows) > 1 else rows[0])
    for row in rows:
        _renew(session, model, row, row)


def _set(session: Session, model: type[SQLModel], sets: list[tuple[Row, Row]]) -> None:
    """Set rows whose keys have the same members. More than one only if each key is a whole one."""
    given = [_as_key(key) | values for key, values in sets]
    statement = _update(model, tuple(sets[0][0]))
    found = session.connection().execute(statement, given if len(given) > 1 else given[0])
    if found.rowcount != len(sets):
        keys = sets[0][0] if len(sets) == 1 else f"{len(sets)} keys"
        raise LookupError(f"{found.rowcount} rows of {table_of(model).name} match {keys}")
    for key, values in sets:
        _renew(session, model, key, values)


def _check_matches(model: type[SQLModel], row: Row, key: Row) -> None:
    """As the database would compare: nothing is equal to NULL."""
    if any(value is None or row[name] != value for name, value in key.items()):
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


def _key_of(model: type[SQLModel], row: Row) -> Key:
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
