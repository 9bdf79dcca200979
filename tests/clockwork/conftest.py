"""Worlds in which the clockwork is run by hand, each held to a sound log at its end."""

from collections.abc import Iterator

import pytest

from app.access.keys import Pair
from app.settings import Settings
from tests.api.conftest import settled
from tests.world import World


@pytest.fixture
def world(world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """The world on each kind of database."""
    with settled(world_url, settings, pairs) as world:
        yield world


@pytest.fixture
def sqlite_world(sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """The world on SQLite only: for what the database has no part in."""
    with settled(sqlite_world_url, settings, pairs) as world:
        yield world
