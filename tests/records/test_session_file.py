"""SQLite's file: its owner's only, and never taken for granted."""

import shutil
import stat
from pathlib import Path

import pytest

from app.records import migrations
from app.records.session import Database, DatabaseUnavailable


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    return Path(shutil.copyfile(sqlite_template, tmp_path / "register.db"))


def test_a_new_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'register.db'}")

    migrations.upgrade(database)

    with database.writing():
        modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in (tmp_path / "new").iterdir()}
    assert set(modes.values()) == {0o600}
    database.close()


def test_a_file_that_is_not_there_is_not_made_by_asking_for_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'register.db'}")

    for opened in (database.reading, database.writing):
        with pytest.raises(DatabaseUnavailable), opened() as session:
            session.connection()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_removed_answers_nothing_more(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    database.ping()

    for each in file.parent.iterdir():
        each.unlink()

    with pytest.raises(DatabaseUnavailable):
        database.ping()
    with pytest.raises(DatabaseUnavailable), database.writing():
        pass
    assert list(file.parent.iterdir()) == []


def test_a_write_whose_file_is_removed_under_it_is_not_acknowledged(file: Path) -> None:
    database = Database(f"sqlite:///{file}")

    with pytest.raises(DatabaseUnavailable), database.writing():
        file.unlink()

    database.close()


def test_a_write_whose_file_is_replaced_under_it_is_not_acknowledged(file: Path, sqlite_template: Path) -> None:
    database = Database(f"sqlite:///{file}")
    other = Path(shutil.copyfile(sqlite_template, file.with_name("other.db")))

    with pytest.raises(DatabaseUnavailable), database.writing():
        other.replace(file)

    database.close()


def test_a_file_that_was_replaced_is_opened_anew(file: Path, sqlite_template: Path) -> None:
    database = Database(f"sqlite:///{file}")
    database.ping()

    for each in file.parent.iterdir():
        each.unlink()
    shutil.copyfile(sqlite_template, file)

    database.ping()
    database.close()
