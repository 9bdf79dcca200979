"""A CCG takes its notice back: until it takes effect, or 30 September, whichever is first."""

from datetime import UTC, date, datetime, timedelta

import pytest
from httpx2 import Response

from app.rules.deadlines import closes_at
from tests.api.post_decision import (
    AWAITED,
    Decided,
    action,
    approved,
    closing_known,
    etag,
    in_force_on,
    morning_of,
    noticed,
    public_sequence,
    published,
    published_since,
    record_of,
    recorded_as,
    shown_as,
    signed,
    stand_of,
)
from tests.api.steps import STALE, At, assert_refused, drafted, log_size, made_round, submitted, withdrawn
from tests.world import ATTRIBUTION, World

WHY = "The members voted to stay."
BODY = {"reason": WHY, "attribution": ATTRIBUTION}
LAST_TO_GIVE = date(2015, 9, 30)


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same act to PostgreSQL."""
    return sqlite_world


def with_notice(world: World) -> Decided:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    noticed(world, at, reason="The CCGs of Bradford decide together.")
    return at


def withdraw(world: World, at: Decided, **headers: str) -> Response:
    return world.system("bradford").post(f"{at.where}/notice/withdrawal", BODY, **headers)


def test_the_end_that_was_announced_no_longer_holds_and_everybody_reads_why(world: World) -> None:
    """The whole record, public at once, until the last millisecond of 30 September in London."""
    at = with_notice(world)
    morning_of(world, date(2015, 4, 1))
    world.clock.move_to(closes_at(LAST_TO_GIVE) - timedelta(milliseconds=1))
    before, announced = public_sequence(world), stand_of(world, "02W")["current"]
    offered = world.system("bradford").get(f"{at.where}/record").json()["nextActions"]

    answer = withdraw(world, at)

    assert offered == [action(at, "withdraw-notice", "notice/withdrawal", scope="applications")]
    assert (answer.status_code, answer.headers["etag"]) == (201, '"v7"')
    assert answer.json() == record_of(
        at,
        version=7,
        grant=AWAITED | {"agreement": "signed", "signedOn": "2014-12-15", "standing": "in_force"},
        nextActions=[action(at, "give-notice", "notice", scope="applications")],
        receipt={
            "logIndex": log_size(world) - 2,
            "leafHash": answer.json()["receipt"]["leafHash"],
            "href": None,
        },
    )
    now = "2015-09-30T22:59:59.999000Z"
    withdrawn, resumed = published_since(world, before)
    assert (withdrawn, resumed["type"]) == (published(at, "notice.withdrawn", "2015-09-30", now), "approval.resumed")
    kept = stand_of(world, "02W")["current"]
    assert (announced[-2:], kept[-2:]) == (("2016-03-31", "notice"), (None, None))
    assert world.public.get("/v1/approvals/02W").json()["current"]["endReason"] is None
    history = world.public.get("/v1/organisations/02W/history").json()["results"]
    assert [(each["type"], each["reason"]) for each in history[-3:]] == [
        ("approval.started", None),
        ("notice.withdrawn", WHY),
        ("approval.resumed", None),
    ]
    assert in_force_on(world, "2016-06-01") == ["02W"]
    then = world.public.get(f"/v1/approvals/02W?asKnownAt={before}").json()["current"]
    assert shown_as(then, "inForceTo", "endedBy") == ("2016-03-31", "notice")


def test_on_1_october_it_stands_and_the_answer_names_the_day_until_which_it_could_be_taken_back(world: World) -> None:
    at = with_notice(world)
    morning_of(world, date(2015, 4, 1))
    world.clock.move_to(closes_at(LAST_TO_GIVE))

    answer = withdraw(world, at)

    detail = "The notice for 2016-03-31 could be taken back until the end of 2015-09-30."
    assert_refused(answer, 409, "wrong-state", detail, state="published", allowed=[])
    assert world.system("bradford").get(f"{at.where}/record").json()["nextActions"] == []


def test_one_that_nhs_england_moved_can_be_taken_back_until_it_takes_effect(world: World) -> None:
    at = with_notice(world)
    morning_of(world, date(2015, 7, 1))
    moved = {"lastDay": "2015-07-06", "reason": "Both agreed to end it at once."}
    world.person("national-1").post(f"{at.where}/notice", moved, if_match=etag(world, at))
    shown = recorded_as(world, at, "national-1")["grant"]["notice"]
    world.clock.move_to(closes_at(date(2015, 7, 6)))

    late = withdraw(world, at)

    assert shown == {"lastDay": "2015-07-06", "withdrawableUntil": "2015-07-06"}
    detail = "The notice for 2015-07-06 could be taken back until the end of 2015-07-06."
    assert_refused(late, 409, "wrong-state", detail, state="published", allowed=[])
    world.clock.move_by(milliseconds=-1)
    assert withdraw(world, at).json()["grant"]["notice"] is None


def test_without_a_notice_there_is_nothing_to_take_back(world: World) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))

    answer = withdraw(world, at)

    assert_refused(
        answer,
        409,
        "wrong-state",
        "The decision is published, its grant not started and its agreement signed; withdraw_notice is not possible.",
        state="published",
        allowed=["give_notice"],
    )


def test_it_says_why_who_and_is_the_ccgs_own(world: World) -> None:
    at = with_notice(world)

    silent = world.system("bradford").post(f"{at.where}/notice/withdrawal", {}).json()
    stale = withdraw(world, at, if_match='"v2"')
    other = world.system("slough").post(f"{at.where}/notice/withdrawal", BODY)
    officer = world.person("national-1").post(f"{at.where}/notice/withdrawal", BODY)

    assert [each["pointer"] for each in silent["errors"]] == ["/reason", "/attribution"]
    assert_refused(stale, *STALE)
    assert (other.status_code, officer.status_code) == (404, 403)


def test_a_notice_is_given_anew_after_it_was_taken_back(world: World) -> None:
    at = with_notice(world)
    withdraw(world, at)
    world.clock.move_to(datetime(2015, 10, 2, 12, tzinfo=UTC))

    answer = noticed(world, at)

    assert answer["grant"]["notice"] == {"lastDay": "2017-03-31", "withdrawableUntil": "2016-09-30"}


# --- what stands before it ------------------------------------------------------------------------


def test_one_behind_an_earlier_end_can_be_taken_back_and_the_earlier_end_stays(world: World) -> None:
    """A notice for 2021, and then it becomes known that the CCG closes in 2020."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    noticed(world, at, lastDay="2021-03-31")
    closing_known(world, date(2020, 3, 31), "02W")
    before = recorded_as(world, at, "national-1")
    offered = world.system("bradford").get(f"{at.where}/record").json()["nextActions"]

    answer = withdraw(world, at)

    ends = {"inForceTo": "2020-03-31", "endedBy": "succeeded"}
    assert before["grant"] == before["grant"] | ends | {
        "notice": {"lastDay": "2021-03-31", "withdrawableUntil": "2020-09-30"}
    }
    assert offered == [action(at, "withdraw-notice", "notice/withdrawal", scope="applications")]
    assert answer.status_code == 201, answer.text
    assert answer.json()["grant"] == answer.json()["grant"] | ends | {"notice": None}
    assert [each["rel"] for each in answer.json()["nextActions"]] == ["give-notice"]


def applied(world: World, level: str, round_id: str, code: str = "02W") -> At:
    made_round(world, round_id, opens_on=date(2014, 12, 1), starts_on=date(2016, 4, 1))
    return submitted(world, code, level=level, round_id=round_id)


@pytest.mark.parametrize("level", ["joint", "delegated"])
def test_while_an_application_rests_on_it_it_stands_and_the_application_is_named(world: World, level: str) -> None:
    at = with_notice(world)
    case = applied(world, level, "2016-17")

    answer = withdraw(world, at)
    withdrawn(world, case)

    detail = (
        f"02W has applied for {level} in round 2016-17 because of this notice: withdraw application "
        f"{case.reference} first."
    )
    assert_refused(answer, 409, "live-application", detail, href=case.where)
    assert withdraw(world, at).status_code == 201


def test_an_application_that_does_not_rest_on_it_is_no_obstacle(world: World) -> None:
    """A trial, and a draft that nobody has handed in."""
    at = with_notice(world)
    submitted(world, "02W", level="joint", round_id="trial")
    made_round(world, "2016-17", opens_on=date(2014, 12, 1), starts_on=date(2016, 4, 1))
    drafted(world, "02W", level="joint", round_id="2016-17")

    assert withdraw(world, at).status_code == 201
