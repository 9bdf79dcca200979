"""Compares what was signed with the log as it is: checkpoints, the signer's memory, and one stored elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from app.log.notes import Checkpoint, LogKey, WrongNote, read_checkpoint, unchecked
from app.log.tree import Tree
from app.records.changes import table_of
from app.records.checkpoints import AHEAD, PATIENCE
from app.records.tables import LogCheckpoint
from app.rules import deadlines

MEMORY = "the signer's memory"


class Memory(NamedTuple):
    """What the signer remembers beside its key: the newest checkpoint it signed, and the newest one recorded by then.

    ``is_lost`` means that there is a signer, but it remembers nothing.
    """

    signed: Checkpoint | None = None
    recorded: Checkpoint | None = None
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What verification knows from outside the database.

    ``keys`` are the log's; without them no signature is checked. ``since`` is a checkpoint that somebody outside has
    stored.
    """

    keys: Sequence[LogKey] = ()
    memory: Memory = field(default_factory=Memory)
    since: Checkpoint | None = None


class Written(NamedTuple):
    """What verification has read of the log: leaves, instants, and its size at the end of each publishing act.

    ``acceptances`` are the entries from which instants begin anew, since the clock had run ahead before.
    """

    leaves: Sequence[bytes]
    instants: Sequence[datetime]
    publications: Sequence[int]
    acceptances: Sequence[int] = ()

    def is_anew(self, earlier: int, later: int) -> bool:
        """Whether instants begin anew after the first ``earlier`` entries, and within the first ``later``."""
        return any(earlier <= each < later for each in self.acceptances)


class Doubt(NamedTuple):
    """Something signed that is not true: the first entry that may be to blame, the checkpoint's name, and the fault."""

    entry: int | None
    checkpoint: str
    what: str


def doubts(connection: Connection, log: Written, known: Known) -> list[Doubt]:
    """Every signed statement that is not true, or that is stored for another purpose than it was signed for."""
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
            checkpoint = read_checkpoint(row.note, known.keys) if known.keys else unchecked(row.note)
        except WrongNote as wrong:
            found.append(Doubt(None, str(row.number), str(wrong)))
            continue
        if checkpoint.size != row.size:
            found.append(Doubt(None, str(row.number), f"the note is over {checkpoint.size} entries, not {row.size}"))
        signed.append((str(row.number), checkpoint))
    outside = ((MEMORY, known.memory.signed), (MEMORY, known.memory.recorded), ("the checkpoint given", known.since))
    signed += [(name, checkpoint) for name, checkpoint in outside if checkpoint is not None]
    found += _wrong_roots(log.leaves, signed)
    found += _wrong_memory(known.memory, newest=max((row.size for row in rows), default=0))
    return [*found, *_back_dated(rows, log), *_wrongly_public(rows, log), *_wrongly_dated(rows, log)]


def _wrong_memory(memory: Memory, newest: int) -> Iterator[Doubt]:
    """What the signer remembers must be in the database, and a signer whose log was signed must remember."""
    if memory.recorded is not None and newest < memory.recorded.size:
        yield Doubt(None, MEMORY, f"the checkpoint over {memory.recorded.size} entries that was signed is missing")
    if memory.is_lost and newest:
        yield Doubt(
            None, MEMORY, f"is lost, and checkpoints over {newest} entries were signed: see `register log-key recall`"
        )


def _wrong_roots(leaves: Sequence[bytes], signed: Iterable[tuple[str, Checkpoint]]) -> Iterator[Doubt]:
    """The smallest checkpoint that the log contradicts. No later one can be right."""
    tree = Tree(leaves)
    good = smaller = 0
    for name, checkpoint in sorted(signed, key=lambda each: each[1].size):
        size = checkpoint.size
        # Of two with one size, one may be right and the other wrong, if it is from a history that was lost.
        smaller = good if good < size else smaller
        if size > tree.size:
            yield Doubt(tree.size, name, f"entries {tree.size} to {size - 1} were signed and are missing")
            return
        if tree.root(size) != checkpoint.root:
            yield Doubt(smaller, name, f"entries {smaller} to {size - 1} are not all those that were signed")
            return
        good = size


def _back_dated(rows: Sequence[Row[Any]], log: Written) -> Iterator[Doubt]:
    """Entries with an instant before that of a checkpoint that does not contain them."""
    # A midnight is signed later than the entries it covers, and several checkpoints are signed at once. So everything
    # that was signed was there.
    sizes = accumulate((row.size for row in rows), max)
    heads = {row.signed_at: size for row, size in zip(rows, sizes, strict=True)}
    for (at, size), end in zip(heads.items(), [*heads.values(), len(log.instants)][1:], strict=True):
        for index in range(size, min(end, len(log.instants))):
            if log.instants[index] < at - PATIENCE and not log.is_anew(size, index + 1):
                yield Doubt(index, "", f"is dated {log.instants[index]}, and was not there at {at}")


def _wrongly_public(rows: Sequence[Row[Any]], log: Written) -> Iterator[Doubt]:
    """The public sees a checkpoint for each publication and each midnight in London, and no other."""
    newest = max((row.size for row in rows), default=0)
    public = {row.size for row in rows if row.is_public}
    publications = set(log.publications)
    for size in sorted(publications - public):
        if size <= newest:
            yield Doubt(None, f"over {size} entries", "the public one is missing, though a publication ends there")
    shown = signed = 0
    for row in rows:
        if row.is_public:
            is_shown = row.size in publications or _is_of_midnight(row, log.instants, shown=shown, signed=signed)
            if not is_shown:
                yield Doubt(None, str(row.number), "is public, and is of no publication and no midnight")
            shown = max(shown, row.size)
        signed = max(signed, row.size)


def _is_of_midnight(row: Row[Any], instants: Sequence[datetime], *, shown: int, signed: int) -> bool:
    """Whether a checkpoint shows the log at the start of the day on which it was signed.

    ``shown`` and ``signed`` are what the public and anybody had before. An entry that waited for its turn past midnight
    comes after what was signed then. An instant from a clock that ran ahead proves nothing.
    """
    midnight = deadlines.start_of(deadlines.london_day(row.signed_at))
    newer = any(midnight <= at <= row.signed_at + AHEAD for at in instants[shown : row.size])
    older = any(at < midnight - PATIENCE for at in instants[row.size : signed])
    return not (newer or older)


def _wrongly_dated(rows: Sequence[Row[Any]], log: Written) -> Iterator[Doubt]:
    """Checkpoints must be signed in order, each after the entries that it covers."""
    newest: datetime | None = None
    covered = 0
    for row in rows:
        earlier = [] if newest is None or log.is_anew(covered, row.size) else [newest]
        covered = max(covered, row.size)
        if 0 < row.size <= len(log.instants):
            earlier.append(log.instants[row.size - 1])
        if any(row.signed_at < each - PATIENCE for each in earlier):
            yield Doubt(None, str(row.number), f"is dated {row.signed_at}, before what it is over or follows")
        newest = max(row.signed_at, *earlier)
