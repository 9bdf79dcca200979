"""The log's tree, held in memory between requests. It grows with the log, because leaves never change."""

from threading import Lock

from sqlmodel import Session

from app.log.notes import Checkpoint
from app.log.tree import Tree
from app.records import checkpoints
from app.records.checkpoints import HistoryDiffers

LOOKED_AT = 1_000


class LogTree:
    """A tree over the log's leaves, 64 bytes for each entry. Many threads may use it."""

    def __init__(self) -> None:
        """Start empty. The first request reads the leaves."""
        self._tree = Tree()
        self._looked_to = 0
        self._lock = Lock()

    def read_to_size(self, session: Session, size: int) -> Tree:
        """A tree over at least the first ``size`` entries. Raises HistoryDiffers if the log has fewer."""
        with self._lock:
            # The leaves in memory may be those of a log that another has replaced since. Then everything is read again.
            for tree in (self._tree, Tree()):
                if _extended(tree, session, size):
                    self._tree = tree
                    return tree
        raise HistoryDiffers(f"the log has fewer than {size} entries")

    def read_to_checkpoint(self, session: Session, checkpoint: Checkpoint) -> Tree:
        """The tree whose root a checkpoint has. Raises HistoryDiffers if the log is another."""
        tree = self.read_to_size(session, checkpoint.size)
        if tree.root(checkpoint.size) != checkpoint.root:
            raise HistoryDiffers(f"the log's first {checkpoint.size} entries are not those that were signed")
        return tree

    def look_again(self, session: Session) -> None:
        """Compare the next thousand leaves in memory with those in the database.

        If they differ, somebody has rewritten what was read. Then everything is read again, and the signatures show it.
        """
        with self._lock:
            start = self._looked_to if self._looked_to < self._tree.size else 0
            end = self._looked_to = min(start + LOOKED_AT, self._tree.size)
            # The session may be older than the leaves in memory, and see fewer.
            leaves = checkpoints.leaves(session, start, end)
            if leaves != [self._tree.leaf(start + place) for place in range(len(leaves))]:
                self._tree = Tree()


def _extended(tree: Tree, session: Session, size: int) -> bool:
    """Extend a tree to a size. False if the log does not continue where the tree ends."""
    if tree.size >= size > 0:
        return checkpoints.leaves(session, size - 1, size) == [tree.leaf(size - 1)]
    known = max(0, tree.size - 1)
    leaves = checkpoints.leaves(session, known, size)
    if tree.size and leaves[:1] != [tree.leaf(known)]:
        return False
    tree.extend(leaves[1:] if tree.size else leaves)
    return tree.size == size
