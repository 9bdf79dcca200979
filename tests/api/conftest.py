"""Worlds on SQLite: one of a test's own, and a scene with applications in every state that tests share.

A test may do in the scene whatever leaves no trace: refusals, reads and rehearsals. Each is held to
that by the size of the log.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from tests.api.steps import (
    At,
    changes_requested,
    drafted,
    granted,
    log_size,
    made_round,
    recorded,
    registered,
    signed_off,
    submitted,
    withdrawn,
)
from tests.soundness import assert_sound
from tests.world import NOON, NORTH_WEST_LONDON, Speaker, World


class SettledWorld(World):
    """A world that fetches a token once for each caller and instant: many tests, few callers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._speakers: dict[tuple[str, datetime], Speaker] = {}

    def system(self, client_id: str) -> Speaker:
        return self._once(client_id, super().system)

    def person(self, subject: str) -> Speaker:
        return self._once(subject, super().person)

    def _once(self, name: str, fetch: Callable[[str], Speaker]) -> Speaker:
        key = (name, self.clock.at)
        if key not in self._speakers:
            self._speakers[key] = fetch(name)
        return self._speakers[key]


@contextmanager
def settled(url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """A world in a database, in which ``verify`` finds nothing wrong at the end."""
    database = Database(url)
    yield SettledWorld(database, settings, pairs)
    assert_sound(database)
    database.close()


@pytest.fixture
def world(world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """The world on each kind of database, as for all tests, but with its tokens fetched once."""
    with settled(world_url, settings, pairs) as world:
        yield world


@pytest.fixture
def sqlite_world(sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """The world, on SQLite only: for what the database has no part in."""
    with settled(sqlite_world_url, settings, pairs) as world:
        yield world


@pytest.fixture(scope="module")
def shared_world(
    run_directory: Path, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[World]:
    """A world on SQLite for all tests of a module, which sets it up once and then only reads."""
    with settled(_copied(run_directory, peopled_sqlite), settings, pairs) as world:
        yield world


def _copied(run_directory: Path, peopled: Path) -> str:
    file = run_directory / f"shared-{uuid.uuid4().hex}.db"
    shutil.copyfile(peopled, file)
    return f"sqlite:///{file}"


@dataclass
class Scene:
    """A world at noon on 15 December 2014 with applications in many states, by name."""

    world: World
    at: dict[str, At] = field(default_factory=dict)

    def __getitem__(self, name: str) -> At:
        return self.at[name]


@pytest.fixture(scope="session")
def made_scene(
    run_directory: Path, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[Scene]:
    """The scene, made once; ask for ``scene``, which keeps it as it is."""
    with settled(_copied(run_directory, peopled_sqlite), settings, pairs) as world:
        scene = Scene(world)
        _set(scene)
        yield scene


def _set(scene: Scene) -> None:
    world, at = scene.world, scene.at
    made_round(
        world,
        "2014-15",
        opens_on=date(2014, 11, 10),
        delegated_deadline=None,
        joint_deadline=None,
        closes_on=date(2014, 12, 31),
        starts_on=date(2015, 1, 1),
    )
    made_round(world, "next", opens_on=date(2015, 1, 1), counted_on=date(2015, 2, 1))
    registered(world, "london-panel-system", ["panel"], regions=["Y56"])
    registered(world, "south-panel-system", ["panel"], regions=["Y57"])
    registered(world, "national-system", ["national"])
    at["granted"] = granted(world, "05C", round_id="2014-15")
    at["granted-joint"] = granted(world, "07T", level="joint", round_id="2014-15")
    at["draft"] = drafted(world, "07T")
    at["submitted"] = submitted(world, "10T")
    at["changes"] = changes_requested(world, submitted(world, "02W"))
    at["recommended"] = recorded(world, submitted(world, "05W"))
    joint = recorded(world, submitted(world, *NORTH_WEST_LONDON, level="joint"))
    at["decided"] = signed_off(world, joint, "london-panel-2")
    at["announced"] = granted(world, "07T", round_id="trial")
    at["withdrawn"] = withdrawn(world, submitted(world, "02W", round_id="trial"))
    at["several"] = submitted(world, "07W", "07P", "09A", round_id="trial")
    at["joint"] = submitted(world, "10T", level="joint", round_id="trial")
    at["joint-recommended"] = recorded(world, submitted(world, "05W", level="joint", round_id="trial"))


@pytest.fixture
def scene(made_scene: Scene) -> Iterator[Scene]:
    """The scene at noon; whatever the test asks of it must leave no trace."""
    made_scene.world.clock.move_to(NOON)
    size = log_size(made_scene.world)
    yield made_scene
    made_scene.world.clock.move_to(NOON)
    assert log_size(made_scene.world) == size
