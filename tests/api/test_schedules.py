"""Scheduled announcements: a fixed set, published at its hour and once, unless it is cancelled before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from app.clockwork.jobs import Done, tick
from app.records.session import Database
from tests.api.counting import sequence
from tests.api.post_decision import ticked
from tests.api.scheduling import HOUR, MOMENT, cancelled, changes, is_public, ready, scheduled, where, written
from tests.api.steps import (
    CONFIRM,
    NOTHING_HERE,
    RETURN,
    announced,
    assert_refused,
    log_size,
    made_round,
    previewed,
)
from tests.world import NOON, World

DAY = timedelta(days=1)
ONE = {"approved": 0, "conditional": 0, "rejected": 1, "downgraded_to_joint": 0}
COUNTS = {
    "total": 1,
    "byOutcome": ONE,
    "byRegion": [{"code": "Y57", "name": "South of England", "total": 1, "byOutcome": ONE}],
    "byLevel": {"delegated": 1, "joint": 0},
}


# --- what is scheduled --------------------------------------------------------------------------


def test_a_schedule_is_answered_with_its_hour_and_publishes_nothing(sqlite_world: World) -> None:
    world = sqlite_world
    slough = ready(world)
    before, digest = sequence(world), previewed(world)["setDigest"]

    made = scheduled(world)

    assert made == {
        "announcementId": made["announcementId"],
        "round": "2015-16",
        "levels": ["delegated", "joint"],
        "state": "scheduled",
        "publishAt": "2015-02-18T10:00:00Z",
        "publishedAt": None,
        "publicSequence": None,
        "counts": COUNTS,
        "decisionIds": [f"{slough.reference}-10T"],
        "setDigest": digest,
    }
    assert (is_public(world, slough), sequence(world)) == (False, before)


def test_an_hour_may_be_said_in_any_zone(sqlite_world: World) -> None:
    ready(sqlite_world)

    made = scheduled(sqlite_world, datetime.fromisoformat("2015-06-01T10:00:00+01:00"))

    assert made["publishAt"] == "2015-06-01T09:00:00Z"


@pytest.mark.parametrize("earlier", [timedelta(0), MOMENT, DAY, 400 * DAY])
def test_an_instant_that_has_passed_is_refused(sqlite_world: World, earlier: timedelta) -> None:
    world = sqlite_world
    ready(world)
    expect, size, at = previewed(world)["setDigest"], log_size(world), world.clock.at - earlier

    answer = world.person("national-1").post(
        "/v1/rounds/2015-16/announcement", {"expect": expect, "publishAt": at.isoformat()}
    )

    passed = f"{at.isoformat().replace('+00:00', 'Z')} has passed."
    told = "An announcement is scheduled for an instant that lies ahead."
    assert_refused(answer, 422, "invalid-document", told, ("/publishAt", passed))
    assert log_size(world) == size


def test_what_is_scheduled_is_in_no_other_preview(sqlite_world: World) -> None:
    world = sqlite_world
    ready(world)
    made = scheduled(world)
    stoke = ready(world, "05W")

    found = previewed(world)

    assert [each["decisionId"] for each in found["decisions"]] == [f"{stoke.reference}-05W"]
    assert found["notYetSignedOff"] == []
    assert found["scheduled"] == [
        {
            "announcementId": made["announcementId"],
            "publishAt": "2015-02-18T10:00:00Z",
            "size": 1,
            "href": where(made),
        }
    ]


def test_nothing_is_left_to_announce_when_everything_is_scheduled(sqlite_world: World) -> None:
    world = sqlite_world
    ready(world)
    scheduled(world)
    expect = previewed(world)["setDigest"]

    answer = world.person("national-1").post("/v1/rounds/2015-16/announcement", {"expect": expect})

    nothing = "Nothing in round 2015-16 is signed off and waiting to be announced."
    assert_refused(answer, 409, "nothing-to-announce", nothing)


def test_what_is_scheduled_is_not_returned(sqlite_world: World) -> None:
    world = sqlite_world
    slough = ready(world)
    scheduled(world)

    answers = [
        world.person("national-2").post(f"{slough.where}/sign-off", body, if_match=slough.etag)
        for body in (RETURN, CONFIRM)
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "wrong-state")] * 2


# --- its hour -----------------------------------------------------------------------------------


def test_it_is_published_at_its_hour_and_not_a_millisecond_before(world: World) -> None:
    slough = ready(world)
    made = scheduled(world)
    before = sequence(world)

    world.clock.move_to(HOUR - MOMENT)
    early = (ticked(world), is_public(world, slough), sequence(world))
    world.clock.move_to(HOUR)
    unticked = (is_public(world, slough), sequence(world))
    done = ticked(world)

    assert early == ([], False, before)
    assert unticked == (False, before)
    assert done == [Done("decisions announced", 1)]
    assert is_public(world, slough)
    [change] = changes(world, before)
    assert change == {
        "sequence": sequence(world),
        "type": "decision.published",
        "odsCode": "10T",
        "decisionId": f"{slough.reference}-10T",
        "round": "2015-16",
        "occurredOn": "2015-02-18",
        "recordedAt": "2015-02-18T10:00:00Z",
        "dueAt": "2015-02-18T10:00:00Z",
        "reason": None,
        "basis": None,
        "source": None,
        "href": slough.decision(),
    }
    assert made["decisionIds"] == [change["decisionId"]]


def test_it_is_published_once(sqlite_world: World) -> None:
    world = sqlite_world
    ready(world)
    scheduled(world)
    world.clock.move_to(HOUR)
    ticked(world)
    size = log_size(world)

    assert (ticked(world), log_size(world)) == ([], size)
    world.clock.move_by(days=1)
    assert (ticked(world), log_size(world)) == ([], size)


def test_many_clockworks_at_once_publish_it_once(world: World, world_url: str) -> None:
    """Each has connections of its own, as processes have."""
    ready(world)
    ready(world, "05W")
    scheduled(world)
    world.clock.move_to(HOUR)
    databases, barrier = [Database(world_url) for _ in range(6)], Barrier(6, timeout=60)

    def tick_at_once(database: Database) -> list[Done]:
        barrier.wait()
        return tick(database, HOUR)

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(tick_at_once, databases))

    for database in databases:
        database.close()
    assert sorted(done) == [[], [], [], [], [], [Done("decisions announced", 2)]]
    assert len(written(world, "announcement.made")) == 1
    assert len(written(world, "decision.published")) == 2


def test_after_an_outage_it_is_published_late_and_says_so(world: World) -> None:
    """Nearly at midnight of UTC in summer: in London the next day has begun."""
    slough = ready(world)
    scheduled(world)
    before = sequence(world)
    world.clock.move_to(datetime(2015, 6, 20, 23, 30, tzinfo=UTC))

    ticked(world)

    [change] = changes(world, before)
    assert (change["dueAt"], change["recordedAt"], change["occurredOn"]) == (
        "2015-02-18T10:00:00Z",
        "2015-06-20T23:30:00Z",
        "2015-06-21",
    )
    assert world.public.get(slough.decision()).json()["publishedAt"] == "2015-06-20T23:30:00Z"
    [made] = written(world, "announcement.made")
    assert (made.data["dueAt"], made.at) == ("2015-02-18T10:00:00Z", world.clock.at)


def test_several_that_came_due_while_nothing_ran_are_published_one_after_another(world: World) -> None:
    codes = ("10T", "05W", "02W")
    hours = {"10T": HOUR + 2 * DAY, "05W": HOUR, "02W": HOUR + DAY}
    for code in codes:
        ready(world, code)
        scheduled(world, hours[code])
    before = sequence(world)
    world.clock.move_to(HOUR + 3 * DAY)

    done = ticked(world)

    found = [(change["odsCode"], change["dueAt"]) for change in changes(world, before)]
    assert done == [Done("decisions announced", 3)]
    assert found == [
        ("05W", "2015-02-18T10:00:00Z"),
        ("02W", "2015-02-19T10:00:00Z"),
        ("10T", "2015-02-20T10:00:00Z"),
    ]
    acts = [each.act for each in written(world, "announcement.made")]
    assert [each.act for each in written(world, "decision.published")] == acts
    assert len(set(acts)) == 3
    assert {change["recordedAt"] for change in changes(world, before)} == {"2015-02-21T10:00:00Z"}


def test_those_that_lie_ahead_wait_on(sqlite_world: World) -> None:
    world = sqlite_world
    slough = ready(world)
    scheduled(world)
    stoke = ready(world, "05W")
    scheduled(world, HOUR + DAY)
    world.clock.move_to(HOUR + DAY - MOMENT)

    ticked(world)

    assert (is_public(world, slough), is_public(world, stoke)) == (True, False)


def test_what_is_signed_off_later_is_not_in_it(sqlite_world: World) -> None:
    world = sqlite_world
    slough = ready(world)
    scheduled(world)
    stoke = ready(world, "05W")
    world.clock.move_to(HOUR)

    ticked(world)

    assert (is_public(world, slough), is_public(world, stoke)) == (True, False)
    assert announced(world)["decisionIds"] == [f"{stoke.reference}-05W"]


def test_a_schedule_may_be_of_one_level(sqlite_world: World) -> None:
    world = sqlite_world
    slough, stoke = ready(world), ready(world, "05W", level="joint")

    made = scheduled(world, levels=["joint"])

    assert (made["levels"], made["decisionIds"]) == (["joint"], [f"{stoke.reference}-05W"])
    assert [each["reference"] for each in previewed(world)["decisions"]] == [slough.reference]


def test_an_announcement_at_once_says_when_it_was_made(sqlite_world: World) -> None:
    world = sqlite_world
    slough = ready(world)

    made = announced(world)

    assert made == {
        "announcementId": made["announcementId"],
        "round": "2015-16",
        "levels": ["delegated", "joint"],
        "state": "made",
        "publishAt": None,
        "publishedAt": "2014-12-15T12:00:00Z",
        "publicSequence": sequence(world),
        "counts": COUNTS,
        "decisionIds": [f"{slough.reference}-10T"],
        "setDigest": made["setDigest"],
    }


# --- cancelling ---------------------------------------------------------------------------------


def test_what_is_cancelled_is_not_published_and_can_be_announced_again(world: World) -> None:
    slough = ready(world)
    made = scheduled(world)
    before = sequence(world)

    answer = cancelled(world, made)

    assert answer == made | {"state": "cancelled"}
    world.clock.move_to(HOUR)
    assert (ticked(world), is_public(world, slough), sequence(world)) == ([], False, before)
    again = previewed(world)
    assert (again["setDigest"], again["scheduled"]) == (made["setDigest"], [])
    later = scheduled(world, HOUR + DAY)
    assert later["announcementId"] != made["announcementId"]
    cancelled(world, later)
    assert announced(world)["decisionIds"] == made["decisionIds"]
    assert is_public(world, slough)


def refused(world: World, made: dict[str, Any], state: str) -> None:
    size = log_size(world)
    answer = world.person("national-1").delete(where(made))
    assert_refused(answer, 409, "wrong-state", f"The announcement is {state}.", state=state, allowed=[])
    assert log_size(world) == size


def test_what_was_published_at_its_hour_is_not_cancelled(sqlite_world: World) -> None:
    ready(sqlite_world)
    made = scheduled(sqlite_world)
    sqlite_world.clock.move_to(HOUR)
    ticked(sqlite_world)

    refused(sqlite_world, made, "made")


def test_what_was_announced_at_once_is_not_cancelled(sqlite_world: World) -> None:
    ready(sqlite_world)

    refused(sqlite_world, announced(sqlite_world), "made")


def test_what_is_cancelled_is_not_cancelled_again(sqlite_world: World) -> None:
    ready(sqlite_world)
    made = scheduled(sqlite_world)
    cancelled(sqlite_world, made)

    refused(sqlite_world, made, "cancelled")


def test_what_is_due_but_not_yet_published_can_still_be_cancelled(sqlite_world: World) -> None:
    """The clockwork was down at its hour: nothing is public before its act."""
    world = sqlite_world
    slough = ready(world)
    made = scheduled(world)
    world.clock.move_to(HOUR + DAY)

    cancelled(world, made)

    assert (ticked(world), is_public(world, slough)) == ([], False)


def test_an_announcement_is_at_the_address_of_its_own_round_only(sqlite_world: World) -> None:
    world = sqlite_world
    ready(world)
    made = scheduled(world)
    national = world.person("national-1")

    for other in (made | {"round": "trial"}, made | {"round": "nothing"}, made | {"announcementId": "2015-16-nothing"}):
        assert_refused(national.delete(where(other)), *NOTHING_HERE)

    assert [each["href"] for each in previewed(world)["scheduled"]] == [where(made)]


@pytest.mark.parametrize("who", ["south-panel-1", "admin-1"])
def test_only_nhs_england_cancels(sqlite_world: World, who: str) -> None:
    ready(sqlite_world)
    made = scheduled(sqlite_world)

    assert sqlite_world.person(who).delete(where(made)).status_code == 403
    assert sqlite_world.system("slough").delete(where(made)).status_code == 403
    assert sqlite_world.public.delete(where(made)).status_code == 401


def test_a_schedule_and_its_cancelling_are_told_to_nobody_outside(sqlite_world: World) -> None:
    """Neither the public nor the applicants learn that an hour was set."""
    world = sqlite_world
    slough = ready(world)
    asked = ("/v1/changes?after=0&limit=200", "/v1/rounds", "/v1/statistics", "/v1/decisions")
    before = [world.public.get(path).content for path in asked]
    own = [f"{slough.where}/status", f"{slough.where}/events", "/v1/events?limit=200"]
    client = world.system("slough")
    known = [client.get(path).content for path in own]

    made = scheduled(world)
    assert [world.public.get(path).content for path in asked] == before
    assert [client.get(path).content for path in own] == known
    cancelled(world, made)

    assert [world.public.get(path).content for path in asked] == before
    assert [client.get(path).content for path in own] == known


def test_a_schedule_of_a_trial_round_leaves_the_real_one_alone(sqlite_world: World) -> None:
    world = sqlite_world
    made_round(world, "other", kind="trial")
    trial, real = ready(world, "02W", round_id="other"), ready(world)
    scheduled(world, NOON + DAY, round_id="other")
    world.clock.move_to(NOON + DAY)

    ticked(world)

    assert (is_public(world, trial), is_public(world, real)) == (True, False)
