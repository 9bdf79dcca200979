"""The clockwork while the register is served: it goes on whatever happens, says when it does not, and ends cleanly."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
from anyio import to_thread
from sqlalchemy import func, select
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.casework.scheduled import JOBS
from app.clockwork import running as room
from app.clockwork.jobs import Done
from app.clockwork.running import Clockwork, running
from app.log.encoding import instant_text
from app.main import create_app
from app.records.changes import table_of
from app.records.entries import AnyEntry
from app.records.session import Session
from app.records.tables import StoredAnswer
from tests.api.scheduling import HOUR, MOMENT, is_public, ready, scheduled
from tests.api.steps import At
from tests.world import PUBLIC_URL, World

SHOWING = "outcomes shown to applicants"
HALF_A_MINUTE = timedelta(seconds=30)


def broken(_: Session, __: datetime) -> Sequence[AnyEntry]:
    raise ValueError("made up for a test")


@pytest.fixture
def due(sqlite_world: World) -> At:
    """A schedule whose hour has come."""
    at = ready(sqlite_world)
    scheduled(sqlite_world)
    sqlite_world.clock.move_to(HOUR)
    return at


@pytest.fixture
def clockwork(sqlite_world: World) -> Clockwork:
    return Clockwork(sqlite_world.database, sqlite_world.clock)


# --- its turns ----------------------------------------------------------------------------------


def test_a_turn_does_what_is_due_and_says_so_in_the_log(sqlite_world: World, due: At) -> None:
    clockwork = Clockwork(sqlite_world.database, sqlite_world.clock)

    with capture_logs() as log:
        clockwork.turn()

    assert is_public(sqlite_world, due)
    said = [(line["event"], line["what"], line["number"]) for line in log if line["event"] == "clockwork_did"]
    assert ("clockwork_did", "decisions announced", 1) in said
    assert clockwork.fault() is None


def test_a_database_that_is_away_is_waited_for(sqlite_world: World, due: At, clockwork: Clockwork) -> None:
    world, file = sqlite_world, sqlite_world.database.file
    away = Path(f"{file}-away")
    file.rename(away)

    with capture_logs() as log:
        clockwork.turn()
        world.clock.move_by(seconds=30)
        clockwork.turn()
    silent = clockwork.fault()
    away.rename(file)
    clockwork.turn()

    assert [line["event"] for line in log] == ["clockwork_waits"] * 2
    assert silent == "The clockwork last ticked 30 s ago."
    assert clockwork.fault() is None
    assert is_public(world, due)


def test_a_deed_that_fails_is_told_once_and_keeps_no_other_from_being_done(
    sqlite_world: World, due: At, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOBS, "decisions announced", broken)
    monkeypatch.setitem(JOBS, SHOWING, broken)
    del due

    with capture_logs() as log:
        for _ in range(3):
            clockwork.turn()
            sqlite_world.clock.move_by(seconds=1)

    failed = [(line["what"], line["log_level"]) for line in log if line["event"] == "clockwork_failed"]
    assert failed == [("decisions announced", "error"), (SHOWING, "error")]


def test_a_deed_that_keeps_failing_makes_the_clockwork_unfit_until_it_is_done(
    sqlite_world: World, due: At, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    with monkeypatch.context() as patched:
        patched.setitem(JOBS, "decisions announced", broken)
        clockwork.turn()
        at_first = clockwork.fault()
        world.clock.move_to(HOUR + HALF_A_MINUTE - MOMENT)
        clockwork.turn()
        nearly = clockwork.fault()
        world.clock.move_to(HOUR + HALF_A_MINUTE)
        clockwork.turn()
        at_last = clockwork.fault()
    clockwork.turn()

    assert (at_first, nearly) == (None, None)
    assert at_last == "Fails for 30 s: decisions announced."
    assert (clockwork.fault(), is_public(world, due)) == (None, True)


def test_the_half_minute_starts_anew_with_each_time_that_it_breaks(
    sqlite_world: World, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(JOBS, SHOWING, broken)
        clockwork.turn()
    sqlite_world.clock.move_by(seconds=20)
    clockwork.turn()
    monkeypatch.setitem(JOBS, SHOWING, broken)
    sqlite_world.clock.move_by(seconds=20)

    with capture_logs() as log:
        clockwork.turn()

    assert clockwork.fault() is None
    assert [line["event"] for line in log] == ["clockwork_failed"]


def test_the_purge_is_of_every_hour(sqlite_world: World, clockwork: Clockwork) -> None:
    world = sqlite_world
    ready(world)
    world.clock.move_by(days=30, minutes=-30)
    clockwork.turn()
    found = [_kept(world)]
    for minutes in (59, 1):
        world.clock.move_by(minutes=minutes)
        clockwork.turn()
        found.append(_kept(world))

    assert (found[0], found[1], found[2]) == (3, 3, 0)


def _kept(world: World) -> int:
    with world.database.reading() as session:
        counted = select(func.count()).select_from(table_of(StoredAnswer))
        return session.connection().execute(counted).scalar_one()


def test_a_purge_that_fails_is_told_like_a_deed(
    sqlite_world: World, due: At, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: Any) -> list[Done]:
        raise ValueError("made up for a test")

    monkeypatch.setattr(room, "purge", unable)
    clockwork.turn()
    sqlite_world.clock.move_by(seconds=31)
    clockwork.turn()

    assert is_public(sqlite_world, due)
    assert clockwork.fault() == "Fails for 31 s: what is old forgotten."


def test_that_the_log_is_not_the_one_that_was_signed_is_told_with_its_cause(sqlite_world: World) -> None:
    """Everybody is concerned by that; of other failures the cause is for the server's own log."""
    sqlite_world.sign()
    sqlite_world.signer._memory_file.unlink()  # noqa: SLF001 - as if it were lost
    clockwork = Clockwork(sqlite_world.database, sqlite_world.clock, sqlite_world.signer)

    clockwork.turn()
    sqlite_world.clock.move_by(seconds=30)
    clockwork.turn()

    said = clockwork.fault()
    assert said is not None
    assert said.startswith("Fails for 30 s: checkpoints signed (the signer's memory is lost, ")


# --- whether it is fit --------------------------------------------------------------------------


def test_a_register_whose_clockwork_is_silent_is_unfit(sqlite_world: World) -> None:
    """It has an application of its own here, whose clockwork does not run."""
    world = sqlite_world
    app = create_app(world.settings, database=world.database, clock=world.clock, ticks=True)
    http = TestClient(app, base_url=PUBLIC_URL)
    started = world.clock.at

    world.clock.move_to(started + HALF_A_MINUTE - MOMENT)
    fit = http.get("/_status")
    world.clock.move_to(started + HALF_A_MINUTE)
    unfit = http.get("/_status")
    app.state.clockwork.turn()
    again = http.get("/_status")

    good = "As it should be."
    checks = [{"name": name, "fit": True, "detail": good} for name in ("database", "migrations", "clockwork")]
    silent = {"name": "clockwork", "fit": False, "detail": "The clockwork last ticked 30 s ago."}
    accepts: dict[str, Any] = {
        "status": "fit",
        "writing": "accepted",
        "remarks": [],
        "checks": checks,
        "lookedAt": instant_text(started + HALF_A_MINUTE - MOMENT),
        "tickedAt": instant_text(started),
        "findings": [
            {"name": "clock", "well": True, "detail": good},
            {"name": "disk", "well": True, "detail": good},
            {"name": "rights", "well": True, "detail": good},
            {"name": "signing", "well": True, "detail": "The log is signed as register.test/log."},
            {"name": "keySets", "well": True, "detail": good},
        ],
        "logHead": None,
    }
    later = {"lookedAt": instant_text(started + HALF_A_MINUTE)}
    assert (fit.status_code, fit.json()) == (200, accepts)
    assert (unfit.status_code, unfit.headers["retry-after"]) == (503, "1")
    assert unfit.json() == accepts | later | {"status": "unfit", "checks": [*checks[:2], silent]}
    assert again.json() == accepts | later | {"tickedAt": instant_text(started + HALF_A_MINUTE)}


def test_a_register_without_a_clockwork_is_fit_without(sqlite_world: World) -> None:
    sqlite_world.clock.move_by(days=300)

    answer = sqlite_world.public.get("/_status")

    assert (answer.status_code, answer.json()["checks"][2]["fit"]) == (200, True)


# --- the loop -----------------------------------------------------------------------------------


class Counted(Clockwork):
    """Counts its turns, the first of which fails, and tells when there were three."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, world.clock)
        self.turns = 0
        self.are_three = Event()

    def turn(self) -> None:
        self.turns += 1
        if self.turns == 1:
            raise ValueError("made up for a test")
        if self.turns == 3:
            self.are_three.set()


def test_the_loop_goes_on_after_a_fault_of_its_own(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TICK_SECONDS", 0.01)
    clockwork = Counted(sqlite_world)

    async def served() -> bool:
        async with running(clockwork):
            return await to_thread.run_sync(clockwork.are_three.wait, 30)

    with capture_logs() as log:
        went_on = asyncio.run(served())

    assert went_on
    assert [line["event"] for line in log] == ["clockwork_failed"]


class Slow(Clockwork):
    """A turn that takes as long as it is held up."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, world.clock)
        self.begun, self.let_go = Event(), Event()
        self.finished = 0

    def turn(self) -> None:
        self.begun.set()
        assert self.let_go.wait(30)
        super().turn()
        self.finished += 1


def test_an_end_in_the_middle_of_a_tick_waits_for_it(sqlite_world: World, due: At) -> None:
    clockwork = Slow(sqlite_world)

    async def served() -> int:
        async with running(clockwork):
            assert await to_thread.run_sync(clockwork.begun.wait, 30)
            Timer(0.1, clockwork.let_go.set).start()
        return clockwork.finished

    assert asyncio.run(served()) == 1
    assert is_public(sqlite_world, due)


def test_an_end_between_two_ticks_waits_for_none(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TICK_SECONDS", 3600.0)
    clockwork = Slow(sqlite_world)
    clockwork.let_go.set()

    async def served() -> int:
        async with asyncio.timeout(30), running(clockwork):
            assert await to_thread.run_sync(clockwork.begun.wait, 30)
        return clockwork.finished

    assert asyncio.run(served()) == 1
