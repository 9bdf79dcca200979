"""How many statements the database is asked for an answer: nothing is fetched twice.

What a connection says by itself (PRAGMA, BEGIN, SAVEPOINT) is not counted; the look-up of the caller is.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from tests.api.steps import At, declared, granted, recorded, submitted
from tests.world import Speaker, World, outcome

NOT_COUNTED = ("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")
# What the public reads, and at how many statements at most.
PUBLIC = {
    "/v1/approvals": 7,
    "/v1/approvals?on=2015-04-01": 7,
    "/v1/approvals.csv": 5,
    "/v1/approvals/10T": 8,
    "/v1/decisions": 9,
    "/v1/decisions?overdue=false&conditionState=open&endedBy=notice": 9,
    "/v1/decisions.csv": 6,
    "/v1/decisions/{decision}": 5,
    "/v1/organisations": 7,
    "/v1/organisations.csv": 5,
    # One of them for what the ODS says otherwise of the body.
    "/v1/organisations/10T": 10,
    "/v1/organisations/10T/history": 3,
    "/v1/rounds": 13,
    "/v1/rounds/2015-16": 12,
    "/v1/statistics": 12,
    "/v1/comparison?from=2014-12-01&to=2015-06-01": 12,
    "/v1/waiting-times": 3,
    "/v1/changes": 2,
    "/v1/publications": 4,
    "/v1/publications.csv": 2,
}
# What the system of a CCG and an officer read.
SIGNED_IN = {
    ("slough", "/v1/applications/{reference}"): 11,
    ("slough", "/v1/applications/{reference}/status"): 5,
    ("slough", "/v1/applications/{reference}/events"): 5,
    ("slough", "/v1/organisations/10T/status"): 10,
    ("slough", "/v1/events"): 2,
    ("national-1", "/v1/applications/{reference}/status"): 5,
    ("national-1", "/v1/applications"): 5,
    ("national-1", "/v1/queue"): 16,
    ("national-1", "/v1/queue?assessed=none,all&flag=interim_leadership"): 9,
}


@pytest.fixture(scope="module")
def read_world(
    run_directory: Path, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[tuple[World, At]]:
    """A world that is only read, and where a conditional grant is in it; something else waits."""
    file = run_directory / f"statements-{peopled_sqlite.name}"
    shutil.copyfile(peopled_sqlite, file)
    database = Database(f"sqlite:///{file}")
    world = World(database, settings, pairs)
    held = granted(world, "10T", word="conditional")
    recorded(world, submitted(world, "05C"), outcome("05C", "approved"))
    declared(world, "07T")
    yield world, held
    database.close()


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that databases are asked meanwhile, each with its parameters."""
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            found.append(f"{statement} {parameters}")

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def asked_for(speaker: Speaker, path: str) -> list[str]:
    with statements() as found:
        answer = speaker.get(path)
    assert answer.status_code == 200, answer.text
    return found


@pytest.mark.parametrize("path", PUBLIC)
def test_what_the_public_reads_asks_for_each_thing_once(read_world: tuple[World, At], path: str) -> None:
    world, held = read_world

    found = asked_for(world.public, path.format(decision=f"{held.reference}-10T"))

    assert 0 < len(found) <= PUBLIC[path], found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(("who", "path"), SIGNED_IN)
def test_what_callers_read_asks_for_each_thing_once(read_world: tuple[World, At], who: str, path: str) -> None:
    world, held = read_world
    speaker = world.system(who) if who in world.pairs else world.person(who)

    found = asked_for(speaker, path.format(reference=held.reference))

    assert 0 < len(found) <= SIGNED_IN[who, path], found
    assert len(set(found)) == len(found)
