"""``register log show``: one entry with its private part."""

import json
from collections.abc import Iterator

import pytest

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from tests.api.steps import declared, log_size, submitted, withdrawn
from tests.commands.conftest import Register
from tests.world import ATTRIBUTION, World


@pytest.fixture
def world(world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    database = Database(world_url)
    yield World(database, settings, pairs)
    database.close()


def test_an_entry_is_shown_with_its_private_part(world: World, world_url: str) -> None:
    declared(world, "10T")

    said = Register(database_url=world_url)("log", "show", log_size(world) - 1)

    assert said.code == 0, said.err
    entry = json.loads(said.out)
    assert (entry["kind"], entry["odsCode"], entry["data"]["level"]) == (
        "declaration.made",
        "10T",
        "greater_involvement",
    )
    assert entry["private"] == {"actor": "client:slough", "attribution": ATTRIBUTION}


def test_there_is_no_entry_beyond_the_newest(world: World, world_url: str) -> None:
    said = Register(database_url=world_url)("log", "show", log_size(world))

    assert (said.code, said.out, said.err) == (1, "", f"The log has no entry {log_size(world)}.\n")


def test_what_was_redacted_is_not_shown(world: World, world_url: str) -> None:
    withdrawn(world, submitted(world, "10T"))
    run, index = Register(database_url=world_url), log_size(world) - 1
    run("redact", index, "--ground", "Made up for a test.", "--yes")

    said = run("log", "show", index)

    entry = json.loads(said.out)
    assert (entry["kind"], entry["private"]) == ("application.withdrawn", None)


@pytest.mark.parametrize("index", [-1, 2**63, 10**30])
def test_an_entry_that_cannot_be_is_wrong_usage(over_sqlite: Register, index: int) -> None:
    assert over_sqlite("log", "show", "--", index).code == 2
