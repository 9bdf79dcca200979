"""The signer: makes the checkpoints that are due, one at a time, and never over another history than before.

Its key is in a file outside the database. Beside it is its memory, the newest checkpoint that it signed. It writes the
memory after it has signed and before the rows are committed. After a crash between any two of these steps it can go on,
because the same log gives the same note again. After the commit it notes what was recorded. So it can tell a row that
has gone missing from one that was not there yet.
"""

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.access.log_keys import LogKeys, read_log_keys
from app.log.notes import Checkpoint, WrongNote, read_checkpoint
from app.records import checkpoints, ledger
from app.records.audit.signatures import Memory
from app.records.checkpoints import HistoryDiffers
from app.records.log_tree import LogTree
from app.records.session import Database, Session
from app.rules import deadlines

LOST = "the signer's memory is lost, and the log was signed before: see `register log-key recall`"


class Signer:
    """Signs what is due, and remembers it."""

    def __init__(self, keys: LogKeys, memory_file: Path, tree: LogTree) -> None:
        """``tree`` belongs to this process. Everybody who holds the key shares ``memory_file``."""
        self.keys = keys
        self._memory_file = memory_file
        self._recorded_file = memory_file.with_name(f"{memory_file.name}.recorded")
        self._tree = tree

    @classmethod
    def of(cls, key_file: Path, tree: LogTree) -> "Signer":
        """The signer with the keys in a file, and its memory beside that file. Raises InvalidSettings."""
        return cls(read_log_keys(key_file), key_file.with_name(f"{key_file.name}.memory"), tree)

    def sign(self, database: Database, at: datetime) -> int:
        """Sign every checkpoint that is due at an instant, and return how many.

        It holds the writers' lock meanwhile, so that what it signs is committed and nobody else signs. If the log is
        not the one signed before, it signs nothing and raises HistoryDiffers. It does that even if nothing is due, so
        that a backup in the wrong place is noticed before anybody writes to it. Raises ClockBehind, since a checkpoint
        is never dated before the last entry that it covers.
        """
        self.check(database)
        number = signed = self._sign_some(database, at)
        # Only if there was too much for one transaction. What others write meanwhile waits for the next time.
        while signed == checkpoints.AT_ONCE:
            signed = self._sign_some(database, at)
            number += signed
        return number

    def memory(self) -> Memory:
        """What was signed and recorded. Raises HistoryDiffers if the file is not what the signer wrote."""
        signed = self._read(self._memory_file)
        return Memory(signed, self._read(self._recorded_file), is_lost=signed is None)

    def check(self, database: Database) -> None:
        """Raise HistoryDiffers if the log is not the one that was signed before."""
        # The memory first: what it remembers was committed earlier, so any later look at the log finds it.
        memory = self.memory()
        with database.reading() as session:
            self._tree.look_again(session)
            self._check_against(session, memory)

    def recall(self, database: Database) -> Checkpoint:
        """Take the newest checkpoint in the database as the memory, if the memory was lost, and return it.

        Only a person can know that nobody ever got a newer one. Raises HistoryDiffers if there is a memory, or no
        checkpoint to take.
        """
        memory = self.memory()
        if not memory.is_lost:
            raise HistoryDiffers("the signer's memory is there")
        with database.reading() as session:
            newest = checkpoints.newest(session)
            if newest is None:
                raise HistoryDiffers("no checkpoint was signed yet")
            try:
                found = read_checkpoint(newest.note, self.keys.public)
            except WrongNote as wrong:
                raise HistoryDiffers(f"the newest checkpoint in the database is not this log's ({wrong})") from wrong
            for each in (memory.recorded, found):
                if each is not None:
                    self._tree.read_to_checkpoint(session, each)
        self._keep(self._memory_file, newest.note)
        return found

    def _sign_some(self, database: Database, at: datetime) -> int:
        midnight = deadlines.start_of(deadlines.london_day(at))
        with database.reading() as session:
            if not checkpoints.due(session, at, midnight=midnight):
                return 0
        with database.writing() as session:
            ledger.check_clock(session, at)
            due = checkpoints.due(session, at, midnight=midnight)
            if not due:
                return 0
            notes = self._signed(session, [each.size for each in due])
            checkpoints.add(session, list(zip(due, notes, strict=True)), at=at)
        self._keep(self._recorded_file, notes[-1])
        return len(due)

    def _check_against(self, session: Session, memory: Memory) -> None:
        """The log must agree with the memory, even with an older one, and with the checkpoints in the database."""
        newest = checkpoints.newest(session)
        # Look again: another process may have signed for the first time since.
        if newest is not None and memory.is_lost and self.memory().is_lost:
            raise HistoryDiffers(LOST)
        for each in (memory.signed, memory.recorded, None if newest is None else newest.checkpoint()):
            if each is not None:
                self._tree.read_to_checkpoint(session, each)

    def _signed(self, session: Session, sizes: Sequence[int]) -> list[str]:
        self._check_against(session, self.memory())
        tree = self._tree.read_to_size(session, sizes[-1])
        notes = [self.keys.signed(Checkpoint(self.keys.origin, size, tree.root(size))) for size in sizes]
        self._keep(self._memory_file, notes[-1])
        return notes

    def _read(self, file: Path) -> Checkpoint | None:
        try:
            return read_checkpoint(file.read_text(encoding="utf-8"), self.keys.public)
        except FileNotFoundError:
            return None
        except (WrongNote, UnicodeDecodeError) as wrong:
            raise HistoryDiffers(
                f"the signer's memory is not what it wrote ({file}: {wrong}); "
                "where it is damaged for good, remove it, and see `register log-key recall`"
            ) from wrong

    def _keep(self, file: Path, note: str) -> None:
        """Write a note to a file, unless the note there covers more: a midnight may be signed after a later entry."""
        there = self._read(file)
        if there is None or read_checkpoint(note, self.keys.public).size >= there.size:
            _write(file, note)


def _write(path: Path, text: str) -> None:
    """Replace a file: whole and on the disk, or not at all."""
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
