"""The database of the commit before: the story as d1816db told it, with the checkpoints that it signed.

``python -m tests.nets.make`` packs it. Its clients' keys and the key of its log follow from names (``seeds``), so
whoever opens a copy can call as anybody in it.
"""

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.records.session import Database
from app.settings import Settings
from tests.api.conftest import SettledWorld
from tests.nets.seeds import pair_of
from tests.world import SYSTEMS, Clock

COMMIT = "d1816db"
KEPT = Path(__file__).with_name("before.db.gz")
# The public half of the story's log key, by which the checkpoints in the database are signed.
LOG_KEY = "register.test/log+8212a4cd+ASuivs0cQJiUpy38kb65+g3KWr2dxiBRAPAFVAdUkU8D"
# What the database holds, as it was packed.
ENTRIES, PUBLIC_SEQUENCE, REVISION = 584, 565, "0006"
LATER_SYSTEMS = ("bradford-districts", "ealing", "south-panel-system", "national-system")
NOW = datetime(2019, 6, 4, 9, 15, tzinfo=UTC)


def pack(database: Path) -> None:
    """Keep a database: without what deleted rows left behind, and the same bytes for the same rows."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM")
    KEPT.write_bytes(gzip.compress(database.read_bytes(), 9, mtime=0))


def unpack(directory: Path) -> Path:
    """A copy of the database, in a directory."""
    file = directory / "before.db"
    file.write_bytes(gzip.decompress(KEPT.read_bytes()))
    return file


def opened(file: Path, settings: Settings) -> SettledWorld:
    """The world of a copy, when the story has ended."""
    pairs = {client_id: pair_of(client_id) for client_id in (*SYSTEMS, *LATER_SYSTEMS)}
    return SettledWorld(Database(f"sqlite:///{file}"), settings, pairs, Clock(NOW))
