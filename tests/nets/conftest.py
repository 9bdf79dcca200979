"""What the nets hang on: the story as the present code tells it, and the world of the commit before."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.records import migrations
from app.records.session import Database
from app.settings import Settings
from tests.api.conftest import SettledWorld
from tests.nets.before import opened, unpack
from tests.nets.story import settings_in, told
from tests.world import World


@pytest.fixture(scope="session")
def net_settings(run_directory: Path) -> Settings:
    """Settings with the story's own log key."""
    return settings_in(run_directory / f"nets-{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def story(run_directory: Path, sqlite_template: Path, net_settings: Settings) -> Iterator[World]:
    """The story, told by the present code in a database of its own; tests only read it."""
    file = run_directory / f"story-{uuid.uuid4().hex}.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    yield told(database, net_settings)
    database.close()


@pytest.fixture
def before(tmp_path: Path, net_settings: Settings) -> Iterator[SettledWorld]:
    """A copy of the database of the commit before, brought to the newest schema, at the end of the story."""
    world = opened(unpack(tmp_path), net_settings)
    migrations.upgrade(world.database)
    yield world
    world.database.close()
