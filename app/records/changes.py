"""Changes to rows. ``app.records.projections`` says which entry makes which, ``app.records.writing`` makes them."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, Self

import orjson
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


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry as the fold sees it. ``private`` is None where the private bytes were redacted."""

    index: int
    kind: str
    reference: str | None
    ods_code: str | None
    at: datetime
    data: dict[str, Any]
    private: dict[str, Any] | None

    @classmethod
    def of(cls, body: bytes, private: bytes | None) -> Self:
        """Read an entry from its exact bytes."""
        entry = orjson.loads(body)
        return cls(
            index=entry["index"],
            kind=entry["kind"],
            reference=entry["reference"],
            ods_code=entry["odsCode"],
            at=datetime.fromisoformat(entry["at"]),
            data=entry["data"],
            private=None if private is None else orjson.loads(private),
        )

    def kept(self, name: str) -> Any:
        """A private member, or None where it was redacted or never there."""
        return None if self.private is None else self.private.get(name)


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


@cache
def primary_key(model: type[SQLModel]) -> tuple[str, ...]:
    """The names of a table's primary key columns, in order."""
    return tuple(column.name for column in table_of(model).primary_key.columns)


def day(text: str | None) -> date | None:
    """A day from the text an entry keeps."""
    return None if text is None else date.fromisoformat(text)


def instant(text: str | None) -> datetime | None:
    """An instant from the text an entry keeps."""
    return None if text is None else datetime.fromisoformat(text)
