"""A clock that ran ahead: acts wait for a person's word, the log stays sound, and instants never go back unsaid."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from app.casework import clocks
from app.casework.rounds import put_round
from app.clockwork.jobs import tick
from app.clockwork.running import Clockwork
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.ledger import ClockBehind
from app.records.tables import LogCheckpoint, LogEntry
from app.rules.refusals import InvalidDocument, WrongState
from tests.api.steps import granted, submitted
from tests.tampering import Tampering, tamper
from tests.world import NOON, TRIAL_ROUND, World, application

GROUND = "The clock of one machine was two hours ahead (made up for a test)."
TWO_HOURS = timedelta(hours=2)
SECOND = timedelta(seconds=1)


def instants(world: World) -> list[datetime]:
    log = table_of(LogEntry).c
    with world.database.reading() as session:
        return list(session.connection().execute(select(log.at).order_by(log.index)).scalars())


def size(world: World) -> int:
    return len(instants(world))


def accepted(world: World, ground: str = GROUND) -> int:
    with world.database.writing() as session:
        return clocks.accept(session, ground=ground, actor="operator", at=world.clock.at).index


@pytest.fixture
def ahead(world: World) -> World:
    """One act was written by a clock two hours ahead, and signed for; now the clock is right again."""
    world.clock.move_to(NOON + TWO_HOURS)
    submitted(world, "10T")
    world.sign()
    world.clock.move_to(NOON + SECOND)
    return world


def test_an_act_is_refused_while_the_newest_entry_lies_ahead(ahead: World) -> None:
    before = size(ahead)

    refused = ahead.system("hackney").post("/v1/applications", application("07T"))

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    problem = refused.json()
    assert problem["type"].endswith("/problems/unavailable")
    assert problem["detail"] == (
        "The register's clock is behind its newest entry. Nothing can be written until its operators have looked."
    )
    assert size(ahead) == before


def test_nothing_is_done_by_time_and_nothing_signed_meanwhile_and_the_log_is_sound(ahead: World) -> None:
    clockwork = Clockwork(ahead.database, ahead.clock)

    with pytest.raises(ClockBehind):
        tick(ahead.database, ahead.clock.at, ahead.signer)
    clockwork.turn()

    assert verify(ahead.database).faults == ()
    assert clockwork.fault() is None
    told = ahead.public.get("/_status").json()
    assert (told["status"], told["writing"]) == ("fit", "refused")
    [remark] = told["remarks"]
    assert remark == (
        "The clock is behind the newest entry of the log: "
        "`register check` says by how much, and `register clock accept` takes this clock as right."
    )


def test_a_clockwork_that_waits_for_the_clock_says_so_until_it_goes_on(ahead: World) -> None:
    clockwork = ahead.app.state.clockwork = Clockwork(ahead.database, ahead.clock, ahead.signer)

    clockwork.turn()
    waits = ahead.public.get("/_status")
    ahead.clock.move_to(NOON + TWO_HOURS)
    clockwork.turn()
    goes_on = ahead.public.get("/_status")

    assert (waits.status_code, goes_on.status_code) == (200, 200)
    assert [each.json()["checks"][2] for each in (waits, goes_on)] == [
        {"name": "clockwork", "fit": True, "detail": "It waits until the clock is right: nothing is done by time."},
        {"name": "clockwork", "fit": True, "detail": "As it should be."},
    ]
    assert [each.json()["findings"][3] for each in (waits, goes_on)] == [
        {"name": "signing", "well": False, "detail": "Nothing is signed while the clock is behind."},
        {"name": "signing", "well": True, "detail": "The log is signed as register.test/log."},
    ]


def test_reading_and_repeating_go_on_meanwhile(world: World) -> None:
    body = application("10T")
    world.clock.move_to(NOON + TWO_HOURS)
    first = world.system("slough").post("/v1/applications", body, Idempotency_Key="one")
    world.clock.move_to(NOON)
    slough = world.system("slough")

    again = slough.post("/v1/applications", body, Idempotency_Key="one")

    assert (again.status_code, again.content) == (201, first.content)
    assert slough.get(first.headers["Location"]).status_code == 200


def test_acts_go_on_once_the_clock_has_caught_up(ahead: World) -> None:
    ahead.clock.move_to(NOON + TWO_HOURS)

    submitted(ahead, "07T")
    ahead.sign()

    assert verify(ahead.database).faults == ()


def test_up_to_five_seconds_an_entry_takes_the_newest_instant(world: World) -> None:
    world.clock.move_to(NOON + 5 * SECOND)
    submitted(world, "10T")
    world.clock.move_to(NOON)

    submitted(world, "07T")
    world.sign()

    assert instants(world) == sorted(instants(world))
    assert instants(world)[-1] == NOON + 5 * SECOND
    assert verify(world.database).faults == ()
    with world.database.reading() as session:
        dated = session.connection().execute(select(table_of(LogCheckpoint).c.signed_at)).scalars().all()
    assert max(dated) == NOON + 5 * SECOND


def test_an_accepted_clock_lets_acts_go_on_and_the_log_stays_sound(ahead: World) -> None:
    newest = size(ahead) - 1

    accepted(ahead)
    granted(ahead, "07T")
    ahead.sign()
    ahead.clock.move_by(days=1)
    ahead.sign()

    assert verify(ahead.database).faults == ()
    assert instants(ahead)[newest : newest + 2] == [NOON + TWO_HOURS, NOON + SECOND]


def test_the_ground_is_public(ahead: World) -> None:
    newest = size(ahead) - 1

    index = accepted(ahead)

    [change] = ahead.public.get(f"/v1/changes?after={newest}").json()["results"]
    assert (index, change["sequence"], change["type"]) == (newest + 1, newest + 1, "clock.accepted")


def test_a_clock_that_is_not_behind_cannot_be_accepted(world: World) -> None:
    submitted(world, "10T")

    with pytest.raises(WrongState):
        accepted(world)


@pytest.mark.parametrize("ground", ["", " \n"])
def test_a_clock_is_not_accepted_without_a_ground(ahead: World, ground: str) -> None:
    with pytest.raises(InvalidDocument):
        accepted(ahead, ground)


def test_a_publication_that_was_not_signed_before_is_signed_after_the_acceptance_and_dated_as_it_was(
    world: World,
) -> None:
    submitted(world, "07T")
    world.sign()
    world.clock.move_to(NOON + TWO_HOURS)
    granted(world, "10T")
    world.clock.move_to(NOON + SECOND)
    accepted(world)

    world.sign()

    assert verify(world.database).faults == ()


def test_an_acceptance_that_names_another_entry_is_found(ahead: World) -> None:
    index = accepted(ahead)
    right = f'"newest":{index - 1}'.encode()

    tamper(ahead.database, replaced(index, right, b'"newest":0'))
    found = [fault.what for fault in verify(ahead.database).faults]
    tamper(ahead.database, replaced(index, b'"newest":0', right))

    assert "an acceptance of the clock names the entry before it, and its ground" in found


def replaced(index: int, part: bytes, other: bytes) -> Tampering:
    def replace_in_body(connection: Connection) -> None:
        log = table_of(LogEntry)
        body: bytes = connection.execute(select(log.c.body).where(log.c.index == index)).scalar_one()
        connection.execute(log.update().where(log.c.index == index).values(body=body.replace(part, other)))

    return replace_in_body


def test_what_a_command_waited_does_not_count_as_a_clock_that_is_behind(world: World) -> None:
    submitted(world, "10T")
    world.clock.move_by(seconds=20)
    submitted(world, "07T")

    with world.database.writing() as session:
        session.info["waited"] = 16 * SECOND
        put_round(session, replace(TRIAL_ROUND, title="A second trial (made up)"), actor="operator", at=NOON)

    assert instants(world)[-1] == NOON + 20 * SECOND


def test_a_writer_that_waited_for_its_turn_is_not_taken_for_one_whose_clock_is_behind(world: World) -> None:
    submitted(world, "10T")
    world.clock.move_by(seconds=20)
    submitted(world, "07T")
    world.clock.move_by(seconds=1)

    with world.database.writing() as session:
        session.info["now"] = world.clock.at
        put_round(session, replace(TRIAL_ROUND, title="A second trial (made up)"), actor="operator", at=NOON)

    assert instants(world) == sorted(instants(world))
    assert instants(world)[-1] == NOON + 20 * SECOND
