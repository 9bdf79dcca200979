"""Servers for the tests of races and kills; none is left running."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.access.keys import Pair
from app.settings import Settings
from tests.crash.server import Server

Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path, settings: Settings, pairs: dict[str, Pair]) -> Iterator[Serve]:
    """Make a server for a database; it is ended with the test, however the test ends."""
    with ExitStack() as ends:

        def make(url: str, *, workers: int = 1) -> Server:
            return ends.enter_context(Server(url, tmp_path, settings, pairs, workers))

        yield make
