"""The transparency log as everybody reads it: what a signed checkpoint covers."""

from app.records import checkpoints
from app.records.checkpoints import HistoryDiffers, Logged, Signed
from app.records.log_tree import LogTree
from app.records.session import Session


def newest_checkpoint(session: Session) -> Signed | None:
    """The newest public checkpoint; None before one was signed. Raises HistoryDiffers if it is none."""
    newest = checkpoints.newest(session, is_public=True)
    if newest is not None:
        newest.checkpoint()
    return newest


def read_entries(session: Session, tree: LogTree, signed: Signed, start: int, end: int) -> list[Logged]:
    """Entries from ``start`` up to, not with, ``end``, held against what was signed. Raises HistoryDiffers."""
    found = checkpoints.entries(session, start, end, size=signed.size)
    leaves = tree.read_to_checkpoint(session, signed.checkpoint())
    for entry in found:
        if not entry.is_whole or entry.leaf != leaves.leaf(entry.number):
            raise HistoryDiffers(f"entry {entry.number} is not the one that was signed")
    return found
