"""``register db``: the schema, up and down, and what the other commands say of a schema that is not theirs."""

from pathlib import Path

import pytest

from app.records import migrations
from app.records.session import Database
from tests.commands.conftest import Register, Said

HEAD = migrations.expected_revision()
QUESTION = "This drops tables and what they hold. Go on? [y/N]:"


@pytest.fixture
def run(database_url: str) -> Register:
    """The command line over an empty register."""
    return Register(database_url=database_url)


def behind(found: str | None) -> str:
    return f"The database stands at {found}, this release expects {HEAD}: run `register db upgrade`.\n"


def test_the_schema_goes_down_and_up_again(run: Register) -> None:
    steps = [
        run("db", "check"),
        run("db", "downgrade", "base", "--yes"),
        run("db", "current"),
        run("db", "check"),
        run("db", "upgrade"),
        run("db", "upgrade"),
        run("db", "check"),
    ]

    assert steps == [
        Said(0, f"{HEAD}: no drift\n", ""),
        Said(0, "None\n", ""),
        Said(0, "None\n", ""),
        Said(1, "", behind(None)),
        Said(0, f"{HEAD}\n", ""),
        Said(0, f"{HEAD}\n", ""),
        Said(0, f"{HEAD}: no drift\n", ""),
    ]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_going_down_asks_and_does_nothing_without_a_yes(run: Register, answer: str) -> None:
    asked = run("db", "downgrade", "base", answer=answer)

    assert asked.code == 1
    assert asked.err.startswith(QUESTION)
    assert run("db", "current").out == f"{HEAD}\n"


def test_going_down_goes_on_at_a_yes(run: Register) -> None:
    asked = run("db", "downgrade", "0001", answer="y\n")

    assert (asked.code, asked.lines[-1]) == (0, "0001")


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_a_revision_that_is_not_there_is_wrong_usage(run: Register, way: str) -> None:
    refused = run("db", way, "nonsense", *(["--yes"] if way == "downgrade" else []))

    assert refused == Said(2, "", "Can't locate revision identified by 'nonsense'\n")


def test_drift_is_found_and_named(run: Register, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE rounds ADD COLUMN weather TEXT")

    checked = run("db", "check")

    assert (checked.code, checked.out) == (1, "")
    assert "weather" in checked.err


def test_an_upgrade_makes_the_directory_of_a_sqlite_file(tmp_path: Path) -> None:
    run = Register(database_url=f"sqlite:///{tmp_path / 'not' / 'there' / 'register.db'}")

    assert run("db", "upgrade") == Said(0, f"{HEAD}\n", "")


def test_an_upgrade_over_a_log_that_cannot_be_folded_changes_nothing_and_says_so(
    over_world: Register, world_url: str
) -> None:
    over_world("db", "downgrade", "0002", "--yes")
    database = Database(world_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE log_entries SET body = '[]' WHERE \"index\" = 7")
    database.close()

    refused = over_world("db", "upgrade")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("The log cannot be replayed (entry 7: ")
    assert refused.err.endswith("); nothing was changed.\n")
    assert over_world("db", "current") == Said(0, "0002\n", "")


@pytest.mark.parametrize("command", [("verify",), ("clients", "list"), ("people", "list")])
def test_other_commands_name_a_schema_that_is_not_theirs(run: Register, command: tuple[str, ...]) -> None:
    run("db", "downgrade", "base", "--yes")

    assert run(*command) == Said(1, "", behind(None))


@pytest.mark.parametrize("url", ["sqlite:////nowhere/register.db", "postgresql://nobody@/nothing?host=/nowhere"])
@pytest.mark.parametrize("command", [("db", "current"), ("verify",), ("people", "list")])
def test_a_database_that_is_not_there_ends_a_command_with_1(url: str, command: tuple[str, ...]) -> None:
    refused = Register(database_url=url)(*command)

    said = "The database does not answer, is not there, or somebody else holds its lock. "
    assert refused == Said(1, "", f"{url}:\n{said}`register db upgrade` makes a new one.\n")
