"""What the nets hang on: the story as the present code tells it, and the world of the commit before."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.records.session import Database
from app.settings import Settings
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
