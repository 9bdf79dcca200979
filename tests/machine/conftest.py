"""Prepared databases with the small world in them, a fresh one for each run of the machine."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.records.session import Database
from tests.conftest import _administer, _named
from tests.machine import small_world

Fresh = Callable[[], Database]


@pytest.fixture
def fresh_sqlite(tmp_path: Path, sqlite_template: Path) -> Fresh:
    """Puts the prepared file in the place of what the run before left."""
    template, own = tmp_path / "template.db", tmp_path / "register.db"
    shutil.copyfile(sqlite_template, template)
    _fill(f"sqlite:///{template}")
    database = Database(f"sqlite:///{own}")

    def fresh() -> Database:
        database.close()
        for leftover in tmp_path.glob("register.db*"):
            leftover.unlink()
        shutil.copyfile(template, own)
        return database

    return fresh


@pytest.fixture
def fresh_postgresql(postgresql_server: str, postgresql_template: str) -> Iterator[Fresh]:
    """Puts a copy of the prepared database in the place of what the run before left."""
    template, own = (f"register_machine_{uuid.uuid4().hex}" for _ in range(2))
    copy = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
    _administer(postgresql_server, copy, template, postgresql_template)
    _fill(_named(postgresql_server, template))
    database = Database(_named(postgresql_server, own))

    def fresh() -> Database:
        database.close()
        _administer(postgresql_server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", own)
        _administer(postgresql_server, copy, own, template)
        return database

    yield fresh
    database.close()
    for name in (own, template):
        _administer(postgresql_server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _fill(url: str) -> None:
    database = Database(url)
    small_world.fill(database)
    database.close()
