"""``register tick``: what happens by time, done once, and said; by the real clock, since a command has no other."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import pytest

from app.access.keys import Pair
from app.casework.scheduled import JOBS
from app.records.entries import AnyEntry
from app.records.session import Session
from app.settings import Settings
from tests.api.conftest import settled
from tests.api.scheduling import ready, scheduled, where
from tests.api.steps import drafted, log_size, made_round
from tests.commands.conftest import Register, Said
from tests.world import World


def broken(_: Session, __: datetime) -> Sequence[AnyEntry]:
    raise ValueError("made up for a test")


@pytest.fixture
def due(world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """The register that the command ticks, with a schedule and a draft from long ago."""
    with settled(world_url, settings, pairs) as world:
        ready(world)
        scheduled(world)
        made_round(world, "closing", closes_on=date(2014, 12, 19), delegated_deadline=None, joint_deadline=None)
        drafted(world, "07T", round_id="closing")
        yield world


def test_what_was_due_is_done_and_said(due: World, over_world: Register) -> None:
    said, again = over_world("tick"), over_world("tick")

    assert (said.code, said.err) == (0, "")
    assert said.lines == [
        "decisions announced: 1",
        "applications lapsed: 1",
        "stored answers forgotten: 5",
        "used assertions forgotten: 2",
        "previews forgotten: 1",
    ]
    assert again == Said(0, "", "Nothing was due.\n")
    assert due.public.get("/v1/decisions").json()["total"] == 1


def test_programs_read_it_as_json(due: World, over_world: Register) -> None:
    size = log_size(due)

    said, again = over_world("tick", "--json"), over_world("tick", "--json")

    assert json.loads(said.out)[:2] == [
        {"what": "decisions announced", "number": 1},
        {"what": "applications lapsed", "number": 1},
    ]
    assert again == Said(0, "[]\n", "")
    assert log_size(due) - size == 3


def test_what_fails_is_named_and_the_others_are_done(
    due: World, over_world: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(JOBS, "decisions announced", broken)
        said = over_world("tick")

    assert (said.code, said.err) == (1, "Failed: decisions announced (ValueError('made up for a test'))\n")
    assert said.lines[0] == "applications lapsed: 1"
    assert due.public.get("/v1/decisions").json()["total"] == 0
    assert over_world("tick").lines == ["decisions announced: 1"]


def test_what_fails_leaves_json_readable(over_sqlite: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(JOBS, "grants started", broken)

    said = over_sqlite("tick", "--json")

    assert (said.code, json.loads(said.out)) == (1, [])


def test_a_cancelled_schedule_is_not_done(due: World, over_world: Register) -> None:
    [found] = due.person("national-1").post("/v1/rounds/2015-16/announcement/preview", {}).json()["scheduled"]
    answer = due.person("national-1").delete(where({"round": "2015-16", **found}))

    said = over_world("tick")

    assert answer.status_code == 200
    assert "decisions announced: 1" not in said.lines
    assert due.public.get("/v1/decisions").json()["total"] == 0


def test_a_register_with_nothing_due_says_so(database_url: str) -> None:
    assert Register(database_url=database_url)("tick") == Said(0, "", "Nothing was due.\n")


def test_a_database_that_is_behind_is_left_alone(database_url: str) -> None:
    run = Register(database_url=database_url)
    run("db", "downgrade", "0003", "--yes")

    assert run("tick") == Said(
        1, "", "The database stands at 0003, this release expects 0016: run `register db upgrade`.\n"
    )


def test_a_database_that_is_not_there_is_named() -> None:
    said = Register(database_url="sqlite:////nowhere/register.db")("tick")

    why = "the database's file is not there; `register db upgrade` makes a new one"
    assert said == Said(1, "", f"sqlite:////nowhere/register.db: {why}.\n")


def test_wrong_usage_ends_with_2(over_sqlite: Register) -> None:
    assert over_sqlite("tick", "--nonsense").code == 2
    assert over_sqlite("tick", "now").code == 2
