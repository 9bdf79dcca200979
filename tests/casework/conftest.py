"""The world without its doors, for tests of casework: what differs between databases is tested with the records."""

from collections.abc import Iterator

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
