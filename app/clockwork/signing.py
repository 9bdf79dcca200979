"""The signer: makes the checkpoints that are due, one at a time, and never over another history than before.

Its key lies in a file outside the database; beside it lies its memory, the newest checkpoint that it
signed. Memory is written after signing and before the rows are committed: a crash between any two of
these lines leaves it able to go on, since the same log gives the same note again.
"""

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.access.log_keys import LogKeys, read_log_keys
from app.log.notes import Checkpoint, WrongNote, parse_checkpoint, read_checkpoint
from app.records import checkpoints
from app.records.log_tree import HistoryDiffers, LogTree
from app.records.session import Database, Session
from app.rules import deadlines


class Signer:
    """Signs what is due, and remembers it."""

    def __init__(self, keys: LogKeys, memory_file: Path, tree: LogTree) -> None:
        """``tree`` is the process's own; ``memory_file`` is shared by all who hold the key."""
        self.keys = keys
        self._memory_file = memory_file
        self._tree = tree

    @classmethod
    def of(cls, key_file: Path, tree: LogTree) -> "Signer":
        """The signer whose keys are in a file, and whose memory lies beside it. Raises InvalidSettings."""
        return cls(read_log_keys(key_file), key_file.with_name(f"{key_file.name}.memory"), tree)

    def sign(self, database: Database, at: datetime) -> int:
        """Sign every checkpoint that is due at an instant; returns how many that were.

        The writers' lock is held meanwhile, so that what is signed is committed and nobody else signs.
        Raises HistoryDiffers, having signed nothing, when the log is not the one signed before; also where
        nothing is due, so that a backup in the wrong place is known before anybody writes into it.
        """
        midnight = deadlines.start_of(deadlines.london_day(at))
        self.check(database)
        with database.reading() as session:
            if not checkpoints.due(session, midnight):
                return 0
        with database.writing() as session:
            due = checkpoints.due(session, midnight)
            if due:
                notes = self._signed(session, [each.size for each in due])
                checkpoints.add(session, list(zip(due, notes, strict=True)), at=at)
        return len(due)

    def remembered(self) -> Checkpoint | None:
        """The newest checkpoint that was signed, None before the first.

        Raises HistoryDiffers when the memory is not what the signer wrote.
        """
        try:
            return read_checkpoint(self._memory_file.read_text(encoding="utf-8"), self.keys.public)
        except FileNotFoundError:
            return None
        except (WrongNote, UnicodeDecodeError) as wrong:
            raise HistoryDiffers(f"the signer's memory is not what it wrote ({wrong})") from wrong

    def check(self, database: Database) -> None:
        """Raises HistoryDiffers when the log is not the one that was signed before."""
        # The memory first: what it remembers was committed before, so any later look at the log finds it.
        memory = self.remembered()
        with database.reading() as session:
            self._check_against(session, memory)

    def _check_against(self, session: Session, memory: Checkpoint | None) -> None:
        """The log must bear out the memory, and what the database has: the memory may be lost, or an older one."""
        kept = checkpoints.newest(session)
        try:
            newest = None if kept is None else parse_checkpoint(kept.note)
        except WrongNote as wrong:
            raise HistoryDiffers(f"the newest checkpoint in the database is none ({wrong})") from wrong
        for each in (memory, newest):
            if each is not None:
                self._tree.under(session, each)

    def _signed(self, session: Session, sizes: Sequence[int]) -> list[str]:
        memory = self.remembered()
        self._check_against(session, memory)
        tree = self._tree.of_size(session, sizes[-1])
        notes = [self.keys.signed(Checkpoint(self.keys.origin, size, tree.root(size))) for size in sizes]
        if memory is None or sizes[-1] >= memory.size:
            _write(self._memory_file, notes[-1])
        return notes


def _write(path: Path, text: str) -> None:
    """Put a file in the place of the one before: whole and on the disk, or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
