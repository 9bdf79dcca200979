"""Servers for the tests of races and kills; none is left running."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.access.keys import Pair
from app.records import migrations
from app.records.session import Database
from app.settings import Settings
from tests.crash.server import Server, open_round
from tests.crash.writers import ROUND
from tests.world import people_the_world

Serve = Callable[..., Server]


def fill(url: str, settings: Settings, pairs: dict[str, Pair]) -> None:
    """Put the world into an empty database, with a round that is open today."""
    database = Database(url)
    migrations.upgrade(database)
    people_the_world(database, settings, pairs)
    open_round(database, ROUND)
    database.close()


@pytest.fixture
def serve(tmp_path: Path, settings: Settings, pairs: dict[str, Pair]) -> Iterator[Serve]:
    """Make a server for a database; it is ended with the test, however the test ends."""
    with ExitStack() as ends:

        def make(url: str, *, workers: int = 1) -> Server:
            return ends.enter_context(Server(url, tmp_path, settings, pairs, workers))

        yield make
