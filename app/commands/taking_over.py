"""Taking a file over: it is read and held against the register before the writers' lock is taken."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar


class Difference(Protocol):
    """What an import changes."""

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""


R = TypeVar("R")
D = TypeVar("D", bound=Difference)


def take_over(database: Any, read: Callable[[Any], R], write: Callable[[Any, R, bool], D], *, dry_run: bool) -> D:
    """Import what a file says, in one transaction. Returns the difference.

    ``read`` gives the rows, or raises if the register, as the session sees it, forbids them. ``write`` gives the
    difference, and makes it unless told that it is a dry run. If there is none, no lock is taken. If somebody has
    written meanwhile, the file is read again under the lock.
    """
    from app.records import ledger

    with database.reading() as session:
        seen, rows = ledger.head(session), read(session)
        found = write(session, rows, True)
    if dry_run or found.is_empty:
        return found
    with database.writing() as session:
        if ledger.head(session) != seen:
            rows = read(session)
        return write(session, rows, False)
