"""Reads the log entry by entry and says what is wrong with each: for verification, and for rebuilding."""

from collections.abc import Collection, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from app.log.encoding import instant_text
from app.log.leaves import commitment, leaf_hash
from app.records.changes import table_of
from app.records.entries.base import read_entry
from app.records.entries.log import ClockAccepted, EntryRedacted
from app.records.entries.wire import LoggedEntry
from app.records.tables import LogEntry, LogPrivate

BATCH = 1000
REDACTED = EntryRedacted.KIND
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def read(connection: Connection, *, to_act: int | None = None) -> Iterator[Any]:
    """The entries with their private bytes, in order, in batches. ``number`` is an entry's index.

    ``to_act`` leaves out the entries of later acts. Raises one of ``UNREADABLE`` at an entry whose columns cannot be
    read.
    """
    log, private = table_of(LogEntry), table_of(LogPrivate)
    statement = (
        select(
            *(each.label("number") if each.name == "index" else each for each in log.c),
            private.c.salt.label("private_salt"),
            private.c.body.label("private_body"),
        )
        .join(private, private.c.index == log.c.index, isouter=True)
        .order_by(log.c.index)
    )
    if to_act is not None:
        statement = statement.where(log.c.act <= to_act)
    with connection.execute(statement, execution_options={"yield_per": BATCH}) as rows:
        yield from rows


def redacted(connection: Connection) -> dict[int, int]:
    """Which entries were redacted, each with the index of the entry that says so.

    Raises one of ``UNREADABLE`` if an entry does not say which one it redacts.
    """
    log = table_of(LogEntry).c
    rows = connection.execute(select(log.index, log.body).where(log.kind == REDACTED).order_by(log.index))
    return {_redaction(body).index: index for index, body in rows}


def _redaction(body: bytes) -> EntryRedacted:
    return read_entry((EntryRedacted,), LoggedEntry.of(body, None))


def faults_of(entry: Row[Any], *, act: int, redacted: Collection[int]) -> Iterator[str]:
    """What is wrong with one entry by itself.

    ``act`` is the act of the entry before it. ``redacted`` are the entries whose private bytes must be gone.
    """
    yield from _act_faults(entry, act)
    yield from _byte_faults(entry, is_redacted=entry.number in redacted)
    yield from _column_faults(entry)
    if entry.kind == REDACTED:
        yield from _redaction_faults(entry)
    if entry.kind == ClockAccepted.KIND:
        yield from _acceptance_faults(entry)


def orphans(connection: Connection) -> list[int]:
    """Private bytes that belong to no entry. They would keep the next entry with their number from being written."""
    log, private = table_of(LogEntry), table_of(LogPrivate)
    query = select(private.c.index).where(private.c.index.not_in(select(log.c.index))).order_by(private.c.index)
    return list(connection.execute(query).scalars())


def _act_faults(entry: Row[Any], act: int) -> Iterator[str]:
    """An entry must belong to the act before it, or start its own."""
    if entry.act not in {act, entry.number}:
        yield f"act {entry.act} neither goes on nor begins here"


def _byte_faults(entry: Row[Any], *, is_redacted: bool) -> Iterator[str]:
    """The leaf must match body and salt, and the hash must match the private bytes."""
    try:
        if leaf_hash(entry.salt, entry.body) != entry.leaf:
            yield "the leaf is not that of salt and body"
        if is_redacted:
            if entry.private_body is not None:
                yield "the private bytes were redacted, and are there"
        elif entry.private_body is None:
            yield "the private bytes are missing"
        elif commitment(entry.private_salt, entry.private_body).hex() != orjson.loads(entry.body)["privateHash"]:
            yield "the private bytes are not those of privateHash"
    except UNREADABLE as error:
        yield f"the bytes are unreadable: {error}"


def _redaction_faults(entry: Row[Any]) -> Iterator[str]:
    """A redaction must name an entry before it, and its ground."""
    try:
        said = _redaction(entry.body)
        is_right = 0 <= said.index < entry.number and bool(said.ground.strip())
    except UNREADABLE:
        is_right = False
    if not is_right:
        yield "a redaction names an entry before it, and its ground"


def _acceptance_faults(entry: Row[Any]) -> Iterator[str]:
    """An acceptance of the clock must name the entry before it, and its ground."""
    try:
        said = read_entry((ClockAccepted,), LoggedEntry.of(entry.body, None))
        is_right = said.newest == entry.number - 1 and bool(said.ground.strip())
    except UNREADABLE:
        is_right = False
    if not is_right:
        yield "an acceptance of the clock names the entry before it, and its ground"


def _column_faults(entry: Row[Any]) -> Iterator[str]:
    """The columns index the body, so they must agree with it."""
    columns = {
        "index": entry.number,
        "act": entry.act,
        "kind": entry.kind,
        "publishes": entry.publishes,
        "reference": entry.reference,
        "odsCode": entry.ods_code,
        "at": instant_text(entry.at),
    }
    try:
        body = orjson.loads(entry.body)
        differing = [name for name, value in columns.items() if body[name] != value]
    except UNREADABLE:
        differing = list(columns)
    if differing:
        yield f"columns differ from the body: {', '.join(differing)}"
