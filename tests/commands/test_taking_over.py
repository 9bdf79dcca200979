"""Files are read, checked and compared before the writers' lock is taken, and again if somebody writes meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from app import reference
from app.casework.history import Changed, HistoryDifference
from app.commands import history, organisations
from app.records.session import Database, Session
from tests.past import LONG_AFTER, entries
from tests.soundness import assert_sound

AFTER_THE_END = datetime(2022, 7, 4, 12, 0, tzinfo=UTC)  # of CCGs, to which the register's own file reaches
HEADER = (
    "round,application,ods_code,name,requested_level,outcome,granted_level,chosen_by,"
    "reason_codes,reason_text,decided_on,effective_from,agreement,basis,source\n"
)
APPROVED = "2015-16,10t,10T,NHS Slough CCG,delegated,approved,delegated,,,,2015-02-18,2015-04-01,signed,stated,HSJ\n"
REJECTED = "2015-16,10t,10T,NHS Slough CCG,delegated,rejected,,,other,Why not.,2015-02-18,,,stated,HSJ\n"
CHANGED = ("outcome", "reasons", "effective_from", "agreement")
SLOUGH = "2015-16 10T"


class Forestalled(Database):
    """A database in which somebody else writes just before a writer gets the lock, for the first time."""

    meanwhile: Callable[[], object] | None = None

    @contextmanager
    def writing(self, patience: float = 5) -> Iterator[Session]:
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        with super().writing(patience) as session:
            yield session


@pytest.fixture
def database(world_url: str) -> Iterator[Forestalled]:
    """The world's database; it is sound at the end."""
    database = Forestalled(world_url)
    yield database
    assert_sound(database)
    database.close()


def file_of(directory: Path, row: str) -> Path:
    file = directory / f"{row.split(',')[5]}.csv"
    file.write_text(HEADER + row, encoding="utf-8")
    return file


def take_over(database: Database, file: Path) -> HistoryDifference:
    found: HistoryDifference = history.take_over(database, file, at=LONG_AFTER)
    return found


def test_a_file_that_says_nothing_new_waits_for_no_writer(database: Forestalled, tmp_path: Path) -> None:
    file = file_of(tmp_path, APPROVED)
    take_over(database, file)

    with database.writing():
        again = take_over(database, file)

    assert again == HistoryDifference((), (), (SLOUGH,))


def test_organisations_that_are_known_wait_for_no_writer(database: Forestalled) -> None:
    organisations.take_over(database, reference.ORGANISATIONS, at=AFTER_THE_END)

    with database.writing():
        again = organisations.take_over(database, reference.ORGANISATIONS, at=AFTER_THE_END)

    assert (again.is_empty, len(again.unchanged)) == (True, 290)


def test_a_file_with_a_fault_is_refused_while_another_writes(
    database: Forestalled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, APPROVED.replace("NHS Slough CCG", "NHS Sluff CCG"))

    with database.writing(), pytest.raises(typer.Exit):
        take_over(database, file)

    assert capsys.readouterr().err == f"{file}:2: 10T is called NHS Slough CCG, not NHS Sluff CCG\n"


def test_what_was_written_after_a_file_was_read_counts(database: Forestalled, tmp_path: Path) -> None:
    database.meanwhile = lambda: take_over(database, file_of(tmp_path, REJECTED))

    found = take_over(database, file_of(tmp_path, APPROVED))

    assert found == HistoryDifference((), (Changed(SLOUGH, CHANGED),), ())


def test_what_was_taken_over_meanwhile_is_not_taken_over_twice(database: Forestalled, tmp_path: Path) -> None:
    file = file_of(tmp_path, APPROVED)
    database.meanwhile = lambda: take_over(database, file)

    found = take_over(database, file)

    assert found == HistoryDifference((), (), (SLOUGH,))
    assert [noted.kind for noted in entries(database)[-2:]] == ["person.changed", "decision.published"]
