"""What was signed, compared with the log as it is: checkpoints, the signer's memory, and one kept outside."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from app.log.notes import Checkpoint, LogKey, WrongNote, parse_checkpoint, read_checkpoint
from app.log.tree import Tree
from app.records.changes import table_of
from app.records.tables import LogCheckpoint
from app.rules import deadlines

# An act's instant is taken before it waits for its turn to write.
PATIENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What verifying knows beside the database.

    ``keys`` are the log's, without which no signature is looked at; ``remembered`` is the signer's memory,
    ``since`` a checkpoint that somebody outside has kept.
    """

    keys: Sequence[LogKey] = ()
    remembered: Checkpoint | None = None
    since: Checkpoint | None = None


class Written(NamedTuple):
    """What verifying has read of the log: leaves, instants, and its size at the end of each act that published."""

    leaves: Sequence[bytes]
    instants: Sequence[datetime]
    publications: Sequence[int]


class Doubt(NamedTuple):
    """What was signed and is not so: the first entry that may be to blame, the checkpoint's name, and what."""

    entry: int | None
    checkpoint: str
    what: str


def doubts(connection: Connection, log: Written, known: Known) -> list[Doubt]:
    """Everything that was signed and is not so, or is kept as something else than it was signed for."""
    table = table_of(LogCheckpoint)
    rows = connection.execute(select(table).order_by(table.c.number)).all()
    found: list[Doubt] = []
    signed: list[tuple[str, Checkpoint]] = []
    for place, row in enumerate(rows, start=1):
        if row.number != place:
            found.append(Doubt(None, str(place), f"checkpoints {place} to {row.number - 1} are missing"))
            break
    for row in rows:
        try:
            checkpoint = read_checkpoint(row.note, known.keys) if known.keys else parse_checkpoint(row.note)
        except WrongNote as wrong:
            found.append(Doubt(None, str(row.number), str(wrong)))
            continue
        if checkpoint.size != row.size:
            found.append(Doubt(None, str(row.number), f"the note is over {checkpoint.size} entries, not {row.size}"))
        signed.append((str(row.number), checkpoint))
    outside = (("the signer's memory", known.remembered), ("the checkpoint given", known.since))
    signed += [(name, checkpoint) for name, checkpoint in outside if checkpoint is not None]
    found += _wrong_roots(log.leaves, signed)
    newest = max((row.size for row in rows), default=0)
    if known.remembered is not None and newest < known.remembered.size:
        missing = f"the checkpoint over {known.remembered.size} entries that was signed is missing"
        found.append(Doubt(None, "the signer's memory", missing))
    heads = {row.signed_at: row.size for row in sorted(rows, key=lambda row: int(row.size))}
    found += _back_dated(log.instants, sorted((size, at) for at, size in heads.items()))
    return [*found, *_wrongly_public(rows, log), *_wrongly_dated(rows, log.instants)]


def _wrong_roots(leaves: Sequence[bytes], signed: Iterable[tuple[str, Checkpoint]]) -> Iterator[Doubt]:
    """The smallest checkpoint that the log does not bear out; none after it can be right."""
    tree = Tree(leaves)
    good = 0
    for name, checkpoint in sorted(signed, key=lambda each: each[1].size):
        size = checkpoint.size
        if size > tree.size:
            yield Doubt(tree.size, name, f"entries {tree.size} to {size - 1} were signed and are missing")
            return
        if tree.root(size) != checkpoint.root:
            yield Doubt(good, name, f"entries {good} to {size - 1} are not all those that were signed")
            return
        good = size


def _back_dated(instants: Sequence[datetime], heads: Sequence[tuple[int, datetime]]) -> Iterator[Doubt]:
    """Entries that say they were written before a checkpoint that does not have them."""
    ends = [size for size, _ in heads[1:]]
    for (size, at), end in zip(heads, [*ends, len(instants)][: len(heads)], strict=True):
        for index in range(size, min(end, len(instants))):
            if instants[index] < at - PATIENCE:
                yield Doubt(index, "", f"is dated {instants[index]}, and was not there at {at}")


def _wrongly_public(rows: Sequence[Row[Any]], log: Written) -> Iterator[Doubt]:
    """The public is shown a checkpoint for each publication and each midnight in London, and no other."""
    newest = max((row.size for row in rows), default=0)
    public = {row.size for row in rows if row.is_public}
    publications = set(log.publications)
    for size in sorted(publications - public):
        if size <= newest:
            yield Doubt(None, f"over {size} entries", "the public one is missing, though a publication ends there")
    latest = list(accumulate(log.instants, max))
    for row in rows:
        if row.is_public and row.size not in publications:
            midnight = deadlines.start_of(deadlines.london_day(row.signed_at))
            # What waited for its turn past midnight stands after what was signed then.
            size = bisect_left(latest, midnight)
            if not row.size <= size or any(at < midnight - PATIENCE for at in log.instants[row.size : size]):
                yield Doubt(None, str(row.number), "is public, and is of no publication and no midnight")


def _wrongly_dated(rows: Sequence[Row[Any]], instants: Sequence[datetime]) -> Iterator[Doubt]:
    """Checkpoints are signed one after another, each after the entries that it is over."""
    newest: datetime | None = None
    for row in rows:
        earlier = [] if newest is None else [newest]
        if 0 < row.size <= len(instants):
            earlier.append(instants[row.size - 1])
        if any(row.signed_at < each - PATIENCE for each in earlier):
            yield Doubt(None, str(row.number), f"is dated {row.signed_at}, before what it is over or follows")
        newest = max(row.signed_at, *earlier)
