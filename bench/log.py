"""What proof costs: roots, proofs, receipts, signatures, and the share of a write that goes into the log.

``make bench`` prints each figure beside what it may be, and ends with 1 where one is over. Times are
medians of interleaved runs in one process; on a busy machine only their ratios mean anything.
"""

import json
import secrets
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from app.access.keys import write_private_key
from app.clockwork.signing import Signer
from app.log.leaves import SALT_BYTES, canonical, commitment, leaf_hash
from app.log.notes import Checkpoint, SigningLogKey
from app.log.receipts import Receipt
from app.log.tree import Tree, check_inclusion
from app.records import ledger, migrations
from app.records.entries.wire import Entry
from app.records.log_tree import LogTree
from app.records.session import Database

LEAVES = 100_000
RUNS = 15
WRITES = 60
NAME = "register.test/log"
BODY = canonical({"index": 77_777, "kind": "decision.signed_off", "data": {"text": "x" * 600}, "privateHash": "0" * 64})


class Figure(NamedTuple):
    """One thing that was measured."""

    what: str
    value: float
    unit: str
    limit: float


def median(do: Callable[[], object], runs: int = RUNS) -> float:
    """The median time of some runs, in seconds."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        do()
        times.append(perf_counter() - start)
    return statistics.median(times)


def of_the_tree() -> list[Figure]:
    """A log of 100,000 entries, one of which is a decision."""
    leaves = [secrets.token_bytes(32) for _ in range(LEAVES)]
    salt = secrets.token_bytes(SALT_BYTES)
    decided = leaves[77_777] = leaf_hash(salt, BODY)
    tree, key = Tree(leaves), SigningLogKey.generate(NAME)
    root, proof = tree.root(), tree.inclusion(77_777, LEAVES)
    note = Checkpoint(NAME, LEAVES, root).signed(key)
    receipt = Receipt(77_777, salt, BODY.decode(), tuple(proof), note)
    written = json.dumps(receipt.document(), separators=(",", ":"))
    keys, checked = [key.public], partial(check_inclusion, decided, 77_777, LEAVES, proof, root)
    return [
        Figure("cold root of 100,000 leaves", 1e3 * median(lambda: Tree(leaves).root()), "ms", 150),
        Figure("hashes in a proof", len(b"".join(proof)), "bytes", 544),
        Figure("receipt beyond its body", len(written) - len(json.dumps(BODY.decode())), "bytes", 1300),
        Figure("a proof checked", 1e6 * median(checked), "µs", 50),
        Figure("a receipt checked, signature included", 1e3 * median(lambda: receipt.check(keys)), "ms", 1),
    ]


def of_a_write(directory: Path) -> list[Figure]:
    """The hashing in a write, and the signing after it, each beside the write itself, in turns."""
    database = Database(f"sqlite:///{directory / 'register.db'}")
    migrations.upgrade(database)
    write_private_key(directory / "key", SigningLogKey.generate(NAME).written().encode())
    signer = Signer.of(directory / "key", LogTree())
    entry = Entry("log.opened", json.loads(BODY)["data"], {"actor": "bench", "document": "x" * 2000})
    writes, hashes, signings = [], [], []
    for _ in range(WRITES):
        at = datetime.now(UTC)
        writes.append(timed(partial(write, database, entry, at)))
        hashes.append(timed(partial(commit_to, entry)))
        signings.append(timed(partial(signer.sign, database, at)))
    database.close()
    write_time = statistics.median(writes)
    return [
        Figure("hashing, of a write", 100 * statistics.median(hashes) / write_time, "%", 5),
        # One checkpoint a second at most, during which nobody writes.
        Figure("signing, of the time in which others may write", 100 * statistics.median(signings), "%", 5),
    ]


def write(database: Database, entry: Entry, at: datetime) -> None:
    """One act of one entry, with its commit."""
    with database.writing() as session:
        ledger.append_written(session, [entry], at=at)


def commit_to(entry: Entry) -> bytes:
    """What the log computes for one entry: two salts, two commitments, one leaf."""
    salt, private_salt = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
    commitment(private_salt, canonical(entry.private))
    return leaf_hash(salt, canonical(entry.data))


def timed(do: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    start = perf_counter()
    do()
    return perf_counter() - start


def main() -> int:
    """Measure, print, and judge."""
    with tempfile.TemporaryDirectory() as directory:
        figures = [*of_the_tree(), *of_a_write(Path(directory))]
    for what, value, unit, limit in figures:
        sys.stdout.write(f"{'ok  ' if value <= limit else 'OVER'} {what}: {value:.3g} {unit} (at most {limit:g})\n")
    return int(any(figure.value > figure.limit for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
