"""``register db``: the schema, up and down, and what the other commands say of a schema that is not theirs."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, make_url

from app.access.keys import Pair
from app.records import migrations
from app.records.session import Database
from app.settings import Settings
from tests.commands.conftest import Register, Said
from tests.crash.server import free_port
from tests.postgres_server import ASKED_FOR_A_PASSWORD
from tests.world import World

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


def test_going_down_says_beforehand_that_signed_checkpoints_do_not_come_back(
    over_sqlite: Register, sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair]
) -> None:
    database = Database(sqlite_world_url)
    world = World(database, settings, pairs)
    world.sign()
    lost = "Signed checkpoints that no upgrade brings back: 1. Keep a backup.\n"

    asked = over_sqlite("db", "downgrade", "0004", answer="n\n")
    nearer = over_sqlite("db", "downgrade", "0005", "--yes")
    further = over_sqlite("db", "downgrade", "0004", "--yes")
    again = over_sqlite("db", "upgrade")

    with database.reading() as session:
        left = session.connection().exec_driver_sql("SELECT count(*) FROM log_checkpoints").scalar_one()
    database.close()
    assert (asked.code, asked.err.startswith(f"{lost}{QUESTION}")) == (1, True)
    assert nearer == Said(0, "0005\n", "")
    assert (further, again.code, left) == (Said(0, "0004\n", lost), 0, 0)


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


def test_whoever_keeps_the_schema_needs_no_setting_but_the_database(run: Register) -> None:
    for command in ("upgrade", "check", "current"):
        assert run("db", command, environment="production", log_level="loud", oidc_issuers="[").code == 0


# --- a database that does not work --------------------------------------------------------------


@pytest.fixture
def with_password(postgresql_url: str) -> Iterator[str]:
    """A login that the server asks for a password."""
    name = f"{ASKED_FOR_A_PASSWORD}_{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE ROLE {} LOGIN PASSWORD 'right'").format(Identifier(name)))
        yield name
        connection.execute(SQL("DROP ROLE {}").format(Identifier(name)))


COMMANDS = [("db", "current"), ("db", "upgrade"), ("verify",), ("people", "list"), ("serve",)]


@pytest.mark.parametrize("command", [("db", "current"), ("verify",), ("people", "list"), ("serve",)])
def test_a_file_that_is_not_there_ends_a_command_with_1(command: tuple[str, ...]) -> None:
    url = "sqlite:////nowhere/register.db"

    why = "the database's file is not there; `register db upgrade` makes a new one"
    assert Register(database_url=url)(*command) == Said(1, "", f"{url}: {why}.\n")


@pytest.fixture
def wrong_addresses(postgresql_url: str, with_password: str) -> dict[str, tuple[str, str]]:
    """Addresses that lead nowhere, each in its own way, as a command names it and with what it says of it."""
    right = make_url(postgresql_url)

    def changed(url: URL = right, **parts: Any) -> str:
        return url.set(**parts).render_as_string(hide_password=False)

    nobody = "nobody answers at this address"
    return {
        changed(username="stranger"): ("", 'PostgreSQL has no login "stranger"'),
        changed(database="nothing"): ("", 'PostgreSQL has no database "nothing"; its owner makes it with createdb'),
        changed(username=with_password, password="wrong"): (
            "wrong",
            f'PostgreSQL refuses the password of the login "{with_password}"',
        ),
        changed(username=with_password): ("", "PostgreSQL wants a password, and the address has none"),
        "postgresql://a@/b?host=/nowhere": ("", nobody),
        f"postgresql://a@127.0.0.1:{free_port()}/b": ("", nobody),
        "postgresql://a@nowhere.invalid/b": ("", "there is no host of this name, or no name server answers"),
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_wrong_with_an_address_of_postgresql_is_told_apart(
    wrong_addresses: dict[str, tuple[str, str]], command: tuple[str, ...]
) -> None:
    said = {url: Register(database_url=url)(*command) for url in wrong_addresses}

    assert said == {
        url: Said(1, "", f"{url.replace(f':{secret}@', ':***@') if secret else url}: {why}.\n")
        for url, (secret, why) in wrong_addresses.items()
    }


def test_check_tells_the_same_apart(wrong_addresses: dict[str, tuple[str, str]]) -> None:
    said = {url: Register(database_url=url)("check").lines[1] for url in wrong_addresses}

    assert said == {url: f"unfit  database: PostgreSQL: {why}" for url, (_, why) in wrong_addresses.items()}


@pytest.mark.parametrize("command", [*COMMANDS, ("check",)])
def test_an_address_that_cannot_be_read_is_named(command: tuple[str, ...]) -> None:
    refused = Register(database_url="postgresql://a@/b?weather=fine")(*command)

    assert refused.code == 1
    assert 'REGISTER_DATABASE_URL: invalid URI query parameter: "weather"' in refused.out + refused.err
