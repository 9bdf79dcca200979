"""One tick: each job on its own, so that one that fails keeps no other from being done."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.casework.scheduled import JOBS
from app.clockwork import jobs
from app.clockwork.jobs import Done, NotAllDone, tick
from app.records.entries import AnyEntry
from app.records.entries.log import LogOpened
from app.records.entries.reviews import OutcomeShown
from app.records.session import Database, DatabaseUnavailable, Session
from app.rules.lifecycle import State
from tests.api.post_decision import ticked
from tests.api.scheduling import HOUR, ready, scheduled, written
from tests.api.steps import drafted, log_size, made_round
from tests.world import World

LATE = datetime(2015, 3, 1, 9, tzinfo=UTC)
SHOWING = "outcomes shown to applicants"


def broken(_: Session, __: datetime) -> Sequence[AnyEntry]:
    raise ValueError("made up for a test")


def written_badly(_: Session, at: datetime) -> Sequence[AnyEntry]:
    """Two entries of which the second finds no application: the first must not stay."""
    shown = OutcomeShown(reference="CC-0", version=2, state=State.DECIDED, member_ods_codes=(), due_at=at, actor="test")
    return [LogOpened(), shown]


@pytest.fixture
def due(world: World) -> World:
    """Something due before the job that the tests break, and something after it."""
    ready(world)
    scheduled(world)
    made_round(world, "closing", closes_on=date(2014, 12, 19), delegated_deadline=None, joint_deadline=None)
    drafted(world, "07T", round_id="closing")
    world.clock.move_to(HOUR)
    return world


@pytest.mark.parametrize("job", [broken, written_badly])
def test_the_other_deeds_are_done_and_what_failed_is_named(
    due: World, monkeypatch: pytest.MonkeyPatch, job: Any
) -> None:
    monkeypatch.setitem(JOBS, SHOWING, job)

    with pytest.raises(NotAllDone) as raised:
        ticked(due)

    assert raised.value.done == [Done("decisions announced", 1), Done("applications lapsed", 1)]
    assert list(raised.value.failures) == [SHOWING]
    assert written(due, "outcome.shown") == []


def test_what_failed_is_tried_again_and_done_then(due: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(JOBS, "decisions announced", broken)
        with pytest.raises(NotAllDone, match="not done: decisions announced"):
            ticked(due)

    assert ticked(due) == [Done("decisions announced", 1)]


def test_a_deed_that_is_always_due_does_not_keep_the_tick(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is done so many times and no more; the next tick goes on."""
    world = sqlite_world
    monkeypatch.setitem(JOBS, SHOWING, lambda *_: [LogOpened()])
    monkeypatch.setattr(jobs, "AT_MOST", 3)
    size = log_size(world)

    done = ticked(world)

    assert (done, log_size(world) - size) == ([Done(SHOWING, 3)], 3)


def test_a_database_that_is_away_ends_the_tick(due: World, world_url: str) -> None:
    if world_url.startswith("sqlite"):
        elsewhere = f"{world_url}-elsewhere"
    else:
        elsewhere = "postgresql://nobody@/nothing?host=/nowhere"
    database = Database(elsewhere)

    with pytest.raises(DatabaseUnavailable):
        tick(database, due.clock.at)

    database.close()
    assert not Path(elsewhere.removeprefix("sqlite:///")).exists()


def test_an_empty_register_has_nothing_to_do(database: Database) -> None:
    assert tick(database, LATE) == []


def test_a_tick_with_nothing_to_do_leaves_no_trace_and_takes_no_lock(sqlite_world: World) -> None:
    """Another writer holds the lock all the while."""
    size = log_size(sqlite_world)

    with sqlite_world.database.writing():
        done = ticked(sqlite_world)

    assert (done, log_size(sqlite_world)) == ([], size)


def test_everything_that_is_due_is_done_in_one_tick(due: World) -> None:
    assert ticked(due) == [Done("decisions announced", 1), Done("applications lapsed", 1)]
    assert ticked(due) == []
    assert [each.data["dueAt"] for each in written(due, "announcement.made", "application.lapsed")] == [
        "2015-02-18T10:00:00Z",
        "2014-12-20T00:00:00Z",
    ]
