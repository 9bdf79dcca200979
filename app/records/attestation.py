"""What was signed, compared with the log as it is: checkpoints, the signer's memory, and one kept outside."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.log.notes import Checkpoint, LogKey, WrongNote, parse_checkpoint, read_checkpoint
from app.log.tree import Tree
from app.records.changes import table_of
from app.records.tables import LogCheckpoint

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


class Doubt(NamedTuple):
    """What was signed and is not so: the first entry that may be to blame, the checkpoint's name, and what."""

    entry: int | None
    checkpoint: str
    what: str


def doubts(connection: Connection, leaves: Sequence[bytes], instants: Sequence[datetime], known: Known) -> list[Doubt]:
    """Everything that was signed and is not so, for a log with these leaves that were written at these instants."""
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
    found += _wrong_roots(leaves, signed)
    newest = max((row.size for row in rows), default=0)
    if known.remembered is not None and newest < known.remembered.size:
        missing = f"the checkpoint over {known.remembered.size} entries that was signed is missing"
        found.append(Doubt(None, "the signer's memory", missing))
    heads = {row.signed_at: row.size for row in sorted(rows, key=lambda row: int(row.size))}
    return [*found, *_back_dated(instants, sorted((size, at) for at, size in heads.items()))]


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
