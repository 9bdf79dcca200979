"""Notice: a CCG ends its delegation by 30 September for the next 1 April; NHS England may let it end on another day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.rules.deadlines import closes_at
from tests.api.post_decision import (
    AWAITED,
    HELD,
    action,
    approved,
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
from tests.api.steps import assert_refused, log_size, made_round, submitted
from tests.world import ATTRIBUTION, World, application


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


SIGNED = AWAITED | {"agreement": "signed", "signedOn": "2014-12-15"}
LAST_DAY = date(2015, 9, 30)
NEXT = {
    "opens_on": date(2015, 10, 1),
    "delegated_deadline": date(2015, 12, 1),
    "joint_deadline": date(2015, 12, 1),
    "closes_on": date(2015, 12, 31),
    "counted_on": date(2015, 10, 1),
}


def held(standing: str, to: str | None, by: str | None = "notice") -> tuple[Any, ...]:
    return "approved", "delegated", standing, "signed", "2015-04-01", to, by


@pytest.mark.parametrize(
    ("milliseconds", "ends", "given_on"),
    [(-1, "2016-03-31", "2015-09-30"), (0, "2017-03-31", "2015-10-01")],
)
def test_notice_by_the_end_of_30_september_in_london_is_in_time(
    world: World, milliseconds: int, ends: str, given_on: str
) -> None:
    """The whole record, public at once; it ends with 31 March, and no other day can be had for less."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 4, 1))
    world.clock.move_to(closes_at(LAST_DAY) + timedelta(milliseconds=milliseconds))
    before = public_sequence(world)

    answer = noticed(world, at, reason="The CCGs of Bradford decide together.")

    assert answer == record_of(
        at,
        version=5,
        grant=SIGNED
        | {
            "standing": "in_force",
            "inForceTo": ends,
            "endedBy": "notice",
            "endReason": "The CCGs of Bradford decide together.",
            "notice": {"lastDay": ends, "withdrawableUntil": f"{int(ends[:4]) - 1}-09-30"},
        },
        nextActions=answer["nextActions"],
        receipt={"logIndex": log_size(world) - 1, "leafHash": answer["receipt"]["leafHash"], "href": None},
    )
    [change] = published_since(world, before)
    assert (change["type"], change["occurredOn"]) == ("notice.given", given_on)
    assert stand_of(world, "02W") == {
        "position": "in_force",
        "current": held("in_force", ends),
        "next": None,
        "past": [],
    }
    assert world.public.get("/v1/approvals/02W").json()["current"]["endReason"] == answer["grant"]["endReason"]
    year = int(ends[:4])
    morning_of(world, date(year, 4, 1))
    assert stand_of(world, "02W")["past"] == [held("ended", ends)]
    midnight = f"{year}-03-31T23:00:00Z"
    assert published_since(world, before)[1:] == [published(at, "approval.ended", ends, midnight, midnight)]
    assert (in_force_on(world, ends), in_force_on(world, f"{year}-04-01")) == (["02W"], [])


@pytest.mark.parametrize("last_day", ["2016-03-30", "2016-04-01", "2015-03-31", "2015-12-31"])
def test_a_notice_ends_on_no_other_day_and_not_sooner(sqlite_world: World, last_day: str) -> None:
    at = approved(sqlite_world, "02W")
    signed(sqlite_world, at, date(2014, 12, 15))
    sqlite_world.clock.move_to(datetime(2015, 9, 30, 12, tzinfo=UTC))

    answer = sqlite_world.system("bradford").post(
        f"{at.where}/notice", {"lastDay": last_day, "attribution": ATTRIBUTION}
    )

    assert_refused(
        answer,
        422,
        "notice-too-short",
        "A notice given on 2015-09-30 ends a grant on 2016-03-31, or on a later 31 March.",
        ("/lastDay", f"{last_day} is no 31 March from 2016-03-31 on."),
    )


def test_a_notice_may_name_a_later_31_march(world: World) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    world.clock.move_to(datetime(2015, 9, 1, 12, tzinfo=UTC))

    answer = noticed(world, at, lastDay="2018-03-31")

    assert shown_as(answer["grant"], "inForceTo", "endedBy", "endReason") == ("2018-03-31", "notice", None)


def test_nhs_england_may_let_a_grant_end_on_another_day_with_a_reason_that_is_public(world: World) -> None:
    """Today at the earliest; once it is over the CCG holds nothing."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    noticed(world, at)
    morning_of(world, date(2015, 7, 6))
    before = public_sequence(world)
    body = {"lastDay": "2015-07-06", "reason": "Both agreed to end it at once."}

    answer = world.person("national-1").post(f"{at.where}/notice", body, if_match=etag(world, at))

    record = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"v6"')
    assert record == record_of(
        at,
        version=6,
        grant=SIGNED
        | {
            "standing": "in_force",
            "inForceTo": "2015-07-06",
            "endedBy": "notice",
            "endReason": body["reason"],
            "notice": {"lastDay": "2015-07-06", "withdrawableUntil": "2015-07-06"},
        },
        nextActions=[
            action(at, "move-notice", "notice"),
            action(at, "propose-correction", "correction"),
            action(at, "propose-agreement-correction", "agreement/correction"),
        ],
        receipt=record["receipt"],
    )
    morning_of(world, date(2015, 7, 7))
    assert [each["type"] for each in published_since(world, before)] == ["notice.given", "approval.ended"]
    past = world.public.get("/v1/approvals/02W").json()["past"][0]
    assert shown_as(past, *HELD, "endReason") == (*held("ended", "2015-07-06"), body["reason"])


def test_another_day_has_not_passed_and_is_explained(sqlite_world: World) -> None:
    at = approved(sqlite_world, "02W")
    signed(sqlite_world, at, date(2014, 12, 15))
    noticed(sqlite_world, at)
    why = ("/reason", "Required of NHS England: why the grant ends on this day.")
    days: dict[str, dict[str, str]] = {
        "Required of NHS England: the last day in force.": {},
        "2014-12-14 has passed.": {"lastDay": "2014-12-14"},
    }

    for detail, body in days.items():
        answer = sqlite_world.person("national-1").post(f"{at.where}/notice", body, if_match=etag(sqlite_world, at))
        said = "NHS England names the day and the reason."
        assert_refused(answer, 422, "invalid-document", said, ("/lastDay", detail), why)


def test_nhs_england_ends_nothing_by_itself_without_the_ccgs_notice(sqlite_world: World) -> None:
    """That would be a revocation, which takes two people."""
    at = approved(sqlite_world, "02W")
    signed(sqlite_world, at, date(2014, 12, 15))
    body = {"lastDay": "2015-07-06", "reason": "We say so."}

    answer = sqlite_world.person("national-1").post(f"{at.where}/notice", body, if_match=etag(sqlite_world, at))

    detail = "The decision is published, its grant not started and its agreement signed; move_notice is not possible."
    allowed = ["propose_correction", "propose_revocation", "propose_agreement"]
    assert_refused(answer, 409, "wrong-state", detail, state="published", allowed=allowed)


def test_a_delegated_holder_applies_for_joint_once_it_has_given_notice(world: World) -> None:
    """Rule 14: refused before, taken after, in a round that starts when the delegation is over."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    made_round(world, "next", **NEXT)
    world.clock.move_to(datetime(2015, 10, 5, 12, tzinfo=UTC))
    refused = world.system("bradford").post("/v1/applications", application("02W", level="joint", round_id="next"))

    noticed(world, at)
    body = {"lastDay": "2016-03-31", "reason": "It was agreed in September."}
    given = world.person("national-1").post(f"{at.where}/notice", body, if_match=etag(world, at))

    detail = "02W: delegated is in force or granted ahead; give notice first."
    assert_refused(refused, 422, "notice-required", detail, ("/memberOdsCodes", "02W holds delegated."))
    assert given.status_code == 201
    assert submitted(world, "02W", level="joint", round_id="next").reference.startswith("next-")


def test_a_notice_of_a_grant_that_has_not_started_is_taken_too(world: World) -> None:
    """It is signed and starts on 1 April: given before, it is in force for one year."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))

    answer = noticed(world, at)

    assert shown_as(answer["grant"], "standing", "inForceFrom", "inForceTo") == (
        *("not_started", "2015-04-01", "2016-03-31"),
    )
    assert [each["rel"] for each in recorded_as(world, at, "national-1")["nextActions"]] == [
        *("move-notice", "propose-correction", "propose-revocation", "propose-agreement-correction"),
    ]
