"""A register to read from: two grants, one of them conditional, and an application that waits for sign-off."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app.access.keys import Pair
from app.records.session import Database, Session
from app.settings import Settings
from tests.api.steps import At, granted, recorded, submitted
from tests.world import World, outcome


class Readable(NamedTuple):
    """A session on a register, and the applications in it."""

    session: Session
    held: At
    recorded: At


@pytest.fixture(scope="module")
def readable(
    run_directory: Path, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[Readable]:
    """The register, open for reading; tests only read it."""
    file = run_directory / f"reading-{uuid.uuid4().hex}.db"
    shutil.copyfile(peopled_sqlite, file)
    database = Database(f"sqlite:///{file}")
    world = World(database, settings, pairs)
    held = granted(world, "10T", word="conditional")
    granted(world, "07T")
    waiting = recorded(world, submitted(world, "05C"), outcome("05C", "approved"))
    with database.reading() as session:
        yield Readable(session, held, waiting)
    database.close()
