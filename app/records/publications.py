"""Publications: acts that publish, each with all its public entries."""

from collections.abc import Collection, Generator, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, select
from sqlmodel import Session, col

from app.records.tables import LogEntry
from app.rules.deadlines import closes_at, start_of
from app.rules.publications import telling


class Publication(NamedTuple):
    """An act that published: its first and its last public entry, and how many there are.

    ``telling`` and ``kind`` are the index and the kind of the entry after which it is called.
    """

    first: int
    sequence: int
    recorded_at: datetime
    events: int
    telling: int
    kind: str


class Days(NamedTuple):
    """London days, the first and the last of them. None for no limit."""

    first: date | None
    last: date | None


def oldest_first(session: Session, days: Days, *, after: int) -> Generator[Publication, None, None]:
    """Publications of some days that end after a sequence, streamed. An act's entries stand beside each other."""
    query: Any = select(col(LogEntry.index).label("index_"), col(LogEntry.act), col(LogEntry.at), col(LogEntry.kind))
    query = query.where(*_of(days), col(LogEntry.index) > after).order_by(col(LogEntry.index))
    with session.connection().execute(query.execution_options(yield_per=500)) as rows:
        for _, entries in groupby(rows, key=lambda row: row.act):
            yield _publication(list(entries))


def count(session: Session, days: Days) -> int:
    """How many publications there are of some days."""
    return session.connection().scalar(select(func.count(col(LogEntry.act).distinct())).where(*_of(days))) or 0


def public_parts(session: Session, indexes: Collection[int]) -> dict[int, dict[str, Any]]:
    """The public parts of these entries, by index."""
    query: Any = select(col(LogEntry.index).label("index_"), col(LogEntry.body)).where(col(LogEntry.index).in_(indexes))
    return {row.index_: orjson.loads(row.body)["data"] for row in session.connection().execute(query)}


def _of(days: Days) -> Iterator[Any]:
    yield col(LogEntry.publishes)
    if days.first is not None:
        yield col(LogEntry.at) >= start_of(days.first)
    if days.last is not None:
        yield col(LogEntry.at) < closes_at(days.last)


def _publication(entries: list[Any]) -> Publication:
    kind = telling({entry.kind for entry in entries})
    found = next(entry.index_ for entry in entries if entry.kind == kind)
    newest = entries[-1]
    return Publication(entries[0].index_, newest.index_, newest.at, len(entries), found, kind)
