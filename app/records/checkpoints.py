"""The log's checkpoints: which are due, which were signed, and the leaves they cover."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, case, func, insert, or_, select
from sqlmodel import Session

from app.log.leaves import leaf_hash
from app.log.notes import Checkpoint, WrongNote, unchecked
from app.records import ledger
from app.records.changes import table_of
from app.records.tables import Decision, LogCheckpoint, LogEntry

_ENTRIES = table_of(LogEntry).c
_CHECKPOINTS = table_of(LogCheckpoint).c
_DECISIONS = table_of(Decision).c

# An act takes its instant before it waits for its turn to write, and clocks differ.
PATIENCE = timedelta(minutes=1)
# A date later than this came from a clock that ran ahead. A smaller error heals by itself.
AHEAD = timedelta(days=1)
# At most this many are signed in one transaction, so that nobody waits long while a long log is signed for the first
# time.
AT_ONCE = 1_000


class HistoryDiffers(Exception):
    """The log is not the one that was signed. Somebody rewrote it, or put an older copy in its place."""


class Due(NamedTuple):
    """A checkpoint to sign: how many entries it covers, and whether it is for the public."""

    size: int
    is_public: bool


class Signed(NamedTuple):
    """A checkpoint that was signed."""

    number: int
    size: int
    is_public: bool
    note: str

    def checkpoint(self) -> Checkpoint:
        """What the note says. Raises HistoryDiffers if it is no checkpoint, or has another size."""
        if not isinstance(self.note, str):
            raise HistoryDiffers(f"checkpoint {self.number} in the database is none")
        try:
            found = unchecked(self.note)
        except WrongNote as wrong:
            raise HistoryDiffers(f"checkpoint {self.number} in the database is none ({wrong})") from wrong
        if found.size != self.size:
            raise HistoryDiffers(f"checkpoint {self.number} in the database is over {found.size} entries")
        return found


def due(session: Session, at: datetime, *, midnight: datetime) -> list[Due]:
    """What is due to be signed at an instant, by size, at most ``AT_ONCE``. ``midnight`` began the day in London.

    For the public: the log at the end of each publishing act and, once a day, as it was at midnight, whether anything
    happened or not. For owners: everything there is.
    """
    head = ledger.head(session)
    signed = newest(session)
    public = newest(session, is_public=True)
    covered = 0 if public is None else public.size
    sizes = {Due(size, is_public=True) for size in _ends_of_publications(session, covered, head)}
    if head.size and not (public and midnight <= _signed_at(session, public) <= at + AHEAD):
        size = max(covered, _size_before(session, midnight, head.size, until=at + AHEAD))
        if size:
            sizes.add(Due(size, is_public=True))
    if head.size > max([0 if signed is None else signed.size, *(each.size for each in sizes)]):
        sizes.add(Due(head.size, is_public=False))
    return sorted(sizes)[:AT_ONCE]


def add(session: Session, signed: Sequence[tuple[Due, str]], *, at: datetime) -> None:
    """Store what was signed, in order. None of it is dated before the last entry that it covers."""
    last = session.connection().execute(select(func.coalesce(func.max(_CHECKPOINTS.number), 0))).scalar_one()
    ends = select(_ENTRIES.index, _ENTRIES.at).where(_ENTRIES.index.in_([each.size - 1 for each, _ in signed]))
    dated = {index + 1: instant for index, instant in session.connection().execute(ends)}
    rows = [
        {
            "number": number,
            "size": each.size,
            "is_public": each.is_public,
            "signed_at": max(at, dated.get(each.size, at)),
            "note": note,
        }
        for number, (each, note) in enumerate(signed, start=last + 1)
    ]
    session.connection().execute(insert(LogCheckpoint), rows)


def newest(session: Session, *, is_public: bool = False) -> Signed | None:
    """The checkpoint over the most entries. With ``is_public`` only those for the public count."""
    query = _query().order_by(_CHECKPOINTS.size.desc(), _CHECKPOINTS.number.desc()).limit(1)
    return _one(session, query.where(_CHECKPOINTS.is_public) if is_public else query)


def first_covering(session: Session, index: int, *, is_public: bool = False) -> Signed | None:
    """The first checkpoint that covers an entry."""
    query = _query().where(_CHECKPOINTS.size > index).order_by(_CHECKPOINTS.size, _CHECKPOINTS.number).limit(1)
    return _one(session, query.where(_CHECKPOINTS.is_public) if is_public else query)


def leaves(session: Session, start: int, end: int) -> list[bytes]:
    """The leaves from ``start`` up to but without ``end``. Raises HistoryDiffers."""
    query = select(_ENTRIES.leaf).where(_ENTRIES.index >= start, _ENTRIES.index < end).order_by(_ENTRIES.index)
    found = list(session.connection().execute(query).scalars())
    if not all(isinstance(leaf, bytes) for leaf in found):
        raise HistoryDiffers(f"not every leaf of the entries {start} to {end - 1} is one")
    return found


def _query() -> Select[int, int, bool, str]:
    return select(_CHECKPOINTS.number, _CHECKPOINTS.size, _CHECKPOINTS.is_public, _CHECKPOINTS.note)


def _one(session: Session, query: Select[int, int, bool, str]) -> Signed | None:
    row = session.connection().execute(query).one_or_none()
    return None if row is None else Signed(*row)


def _ends_of_publications(session: Session, covered: int, head: ledger.Head) -> list[int]:
    """The size of the log at the end of each publishing act that no public checkpoint covers."""
    if head.public_sequence < covered or not head.size:
        return []
    query = (
        select(func.max(_ENTRIES.index) + 1)
        .where(_ENTRIES.index >= covered)
        .group_by(_ENTRIES.act)
        .having(func.count().filter(_ENTRIES.publishes) > 0)
    )
    return list(session.connection().execute(query).scalars())


def _signed_at(session: Session, signed: Signed) -> datetime:
    """When it was signed. The instant is later than now if a clock that ran ahead gave it."""
    query = select(_CHECKPOINTS.signed_at).where(_CHECKPOINTS.number == signed.number)
    found: datetime = session.connection().execute(query).scalar_one()
    return found


def _size_before(session: Session, instant: datetime, size: int, *, until: datetime) -> int:
    """How many entries the log had at an instant: those before the first one written from then on.

    An entry dated after ``until`` came from a clock that ran ahead. It does not show when it was written.
    """
    query = select(func.min(_ENTRIES.index)).where(_ENTRIES.at >= instant, _ENTRIES.at <= until)
    first: int | None = session.connection().execute(query).scalar_one()
    return size if first is None else first


class Logged(NamedTuple):
    """An entry as the public sees it. ``salt`` and ``body`` are None until its content is published."""

    number: int
    leaf: bytes
    salt: bytes | None
    body: bytes | None

    @property
    def is_whole(self) -> bool:
        """Whether salt and body, as they are open, match the leaf."""
        if self.salt is None and self.body is None:
            return True
        if not isinstance(self.salt, bytes) or not isinstance(self.body, bytes):
            return False
        return leaf_hash(self.salt, self.body) == self.leaf


def entries(session: Session, start: int, end: int, *, size: int) -> list[Logged]:
    """The entries from ``start`` up to but without ``end``, as open as they are in a log of that size.

    A publishing entry is open from the start. A sign-off entry is open once its decision is published.
    """
    published = (
        select(_DECISIONS.signed_off_index)
        .where(_DECISIONS.signed_off_index >= start, _DECISIONS.signed_off_index < end)
        .where(_DECISIONS.published_sequence < size)
    )
    is_open = or_(_ENTRIES.publishes, _ENTRIES.index.in_(published))
    query = (
        select(_ENTRIES.index, _ENTRIES.leaf, case((is_open, _ENTRIES.salt)), case((is_open, _ENTRIES.body)))
        .where(_ENTRIES.index >= start, _ENTRIES.index < end)
        .order_by(_ENTRIES.index)
    )
    return [Logged(*row) for row in session.connection().execute(query)]
