"""What the database is like: what ``look`` finds, and how long it remembers that an act found no room."""

import os
import sqlite3
from pathlib import Path

import pytest

from app.records import condition, migrations
from app.records.condition import NO_ROOM, Condition, look
from app.records.failures import why
from app.records.ledger import Head
from app.records.session import Database, NoRoom
from tests.world import NOON

FILLING = "CREATE TABLE filling AS SELECT zeroblob(1000000) AS bytes"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'register.db'}")
    migrations.upgrade(made)
    return made


def as_it_should_be() -> Condition:
    return Condition(answers=True, revision=migrations.expected_revision(), head=Head(0, 0), looked_at=NOON)


def fill(database: Database) -> None:
    """Do more than there is room for. The limit belongs to the connection, and stays."""
    with database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql(FILLING)


def test_a_database_that_is_as_it_should_be_takes_acts(database: Database) -> None:
    assert look(database, NOON) == as_it_should_be()


def test_a_database_of_another_revision_is_not_asked_for_its_log(database: Database) -> None:
    migrations.downgrade(database, "0001")

    assert look(database, NOON) == Condition(answers=True, revision="0001", looked_at=NOON)


def test_a_database_that_is_gone_does_not_answer(database: Database) -> None:
    database.file.unlink()

    assert look(database, NOON) == Condition(looked_at=NOON)


def test_an_act_that_found_no_room_is_told_until_another_is_done(database: Database) -> None:
    with pytest.raises(NoRoom) as refused:
        fill(database)
    full = look(database, NOON)
    database.engine.dispose()
    with database.writing():
        pass

    assert refused.value.why == "the database's disk is full"
    assert full == as_it_should_be()._replace(refuses_acts=(NO_ROOM,))
    assert look(database, NOON) == as_it_should_be()


def test_a_disk_on_which_sqlite_cannot_even_read_is_said_to_be_full() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE

    assert why(error) == "the database's disk is full"


def test_an_act_that_found_no_room_is_forgotten_after_a_minute(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.records.session.NO_ROOM_SECONDS", 0)
    with pytest.raises(NoRoom):
        fill(database)

    assert look(database, NOON) == as_it_should_be()


def test_a_disk_with_no_room_for_an_act_is_told_before_one_is_tried(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = os.statvfs(database.file)
    monkeypatch.setattr(condition, "ROOM_BYTES", disk.f_blocks * disk.f_frsize + 1)

    assert look(database, NOON) == as_it_should_be()._replace(refuses_acts=(NO_ROOM,))
