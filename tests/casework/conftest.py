"""The world without its doors, for tests of casework: what differs between databases is tested with the records."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.records.session import Database
from tests.records.acting import Steps
from tests.soundness import assert_sound


@pytest.fixture
def steps(sqlite_world_url: str) -> Iterator[Steps]:
    """Acts through casework, each in a transaction of its own; whatever a test does, the log must stay sound."""
    database = Database(sqlite_world_url)
    yield Steps(database)
    assert_sound(database)
    database.close()


@pytest.fixture
def sqlite_urls(sqlite_url: str, sqlite_template: Path) -> tuple[str, str]:
    """Two empty registers."""
    other = Path(sqlite_url.removeprefix("sqlite:///")).with_name("other.db")
    shutil.copyfile(sqlite_template, other)
    return sqlite_url, f"sqlite:///{other}"
