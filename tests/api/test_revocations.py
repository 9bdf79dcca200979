"""Revocation: NHS England ends a grant on a legal basis, by two people; the basis and the reason are public."""

from datetime import date
from typing import Any

import pytest

from tests.api.post_decision import (
    AWAITED,
    HELD,
    action,
    approved,
    confirmed,
    etag,
    in_force_on,
    morning_of,
    noticed,
    proposed,
    public_sequence,
    published,
    published_since,
    record_of,
    recorded_as,
    revoked,
    shown_as,
    signed,
    stand_of,
)
from tests.api.steps import assert_refused, made_round
from tests.world import World, application


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


BODY = {"reason": "In special measures.", "legalBasis": "NHS Act 2006, section 14Z21"}
PUBLIC = {"endReason": BODY["reason"], "legalBasis": BODY["legalBasis"]}
SIGNED = AWAITED | {"agreement": "signed", "signedOn": "2014-12-15"}


def held(standing: str, to: str) -> tuple[Any, ...]:
    return "approved", "delegated", standing, "signed", "2015-04-01", to, "revoked"


@pytest.mark.parametrize("last_day", [None, "2015-09-30"])
def test_a_grant_is_revoked_at_once_or_with_a_later_day(world: World, last_day: str | None) -> None:
    """It is in force until the end of its last day; the whole record, and what the public reads."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 7, 6))
    before, ends = public_sequence(world), last_day or "2015-07-06"

    answer = revoked(world, at, **({"lastDay": last_day} if last_day else {}))

    ending = {"standing": "in_force", "inForceTo": ends, "endedBy": "revoked", **PUBLIC}
    assert answer == record_of(
        at,
        version=6,
        grant=SIGNED | ending,
        nextActions=answer["nextActions"],
        pastProposals=answer["pastProposals"],
        receipt={"logIndex": before + 3, "leafHash": answer["receipt"]["leafHash"], "href": None},
    )
    now = "2015-07-05T23:00:00Z"
    assert published_since(world, before) == [published(at, "approval.ending", ends, now)]
    current = world.public.get("/v1/approvals/02W").json()["current"]
    assert shown_as(current, *HELD, "endReason", "legalBasis") == (*held("in_force", ends), *PUBLIC.values())
    over = date.fromordinal(date.fromisoformat(ends).toordinal() + 1)
    morning_of(world, over)
    assert stand_of(world, "02W") == {"position": "ended", "current": None, "next": None, "past": [held("ended", ends)]}
    assert (in_force_on(world, ends), in_force_on(world, over)) == (["02W"], [])
    assert [each["type"] for each in published_since(world, before)] == ["approval.ending", "approval.ended"]


def test_a_grant_that_has_not_started_never_does_once_it_is_revoked(world: World) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))

    revoked(world, at)

    grant = recorded_as(world, at, "national-1")["grant"]
    assert grant == SIGNED | {"standing": "ended", "inForceTo": "2014-12-14", "endedBy": "revoked", **PUBLIC}
    morning_of(world, date(2015, 4, 1))
    assert in_force_on(world, "2015-04-01") == []
    assert "approval.started" not in [each["type"] for each in published_since(world, 0)]
    assert stand_of(world, "02W")["position"] == "ended"


def test_nothing_is_public_of_a_revocation_that_nobody_confirmed(world: World) -> None:
    at = approved(world, "02W")
    public = world.public.get("/v1/approvals/02W").content
    before = public_sequence(world)

    answer = proposed(world, at, "revocation", {**BODY, "lastDay": "2015-06-30"})

    told = answer["proposal"]
    assert told == {
        "proposalId": told["proposalId"],
        "kind": "revocation",
        "conditionId": None,
        "terms": {**BODY, "lastDay": "2015-06-30"},
        "proposedBy": told["proposedBy"],
        "proposedAt": "2014-12-15T12:00:00Z",
        "href": f"/v1/proposals/{told['proposalId']}/confirmation",
    }
    theirs = world.system("bradford").get(f"{at.where}/record").json()
    assert (theirs["proposal"], theirs["nextActions"]) == (None, [])
    assert (world.public.get("/v1/approvals/02W").content, public_sequence(world)) == (public, before)


def test_a_revocation_comes_before_the_end_by_notice(world: World) -> None:
    """Whichever is first: the notice would have ended it a year later."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    noticed(world, at)

    answer = revoked(world, at, lastDay="2015-12-31")

    assert shown_as(answer["grant"], "inForceTo", "endedBy", "endReason", "legalBasis") == (
        *("2015-12-31", "revoked", *PUBLIC.values()),
    )


def test_a_grant_that_ends_sooner_anyway_is_not_revoked(sqlite_world: World) -> None:
    world, at = sqlite_world, approved(sqlite_world, "02W")
    signed(world, at, date(2014, 12, 15))
    noticed(world, at)

    answer = world.person("national-1").post(
        f"{at.where}/revocation", {**BODY, "lastDay": "2016-03-31"}, if_match=etag(world, at)
    )

    assert_refused(
        answer,
        409,
        "wrong-state",
        "The grant ends with 2016-03-31 already.",
        state="published",
        allowed=["move_notice", "propose_correction", "propose_revocation", "propose_agreement"],
    )


def test_a_revocation_confirmed_after_its_last_day_takes_no_effect(sqlite_world: World) -> None:
    world, at = sqlite_world, approved(sqlite_world, "02W")
    proposed(world, at, "revocation", {**BODY, "lastDay": "2014-12-16"})
    world.clock.move_by(days=2)
    record = recorded_as(world, at, "national-2")

    answer = world.person("national-2").post(record["proposal"]["href"], None, if_match=etag(world, at))

    assert_refused(
        answer,
        409,
        "wrong-state",
        "The last day that was proposed, 2014-12-16, has passed.",
        state="published",
        allowed=["settle_agreement", "propose_correction", "propose_revocation", "withdraw_proposal"],
    )


def test_the_day_of_confirmation_is_the_last_when_none_was_named(sqlite_world: World) -> None:
    world, at = sqlite_world, approved(sqlite_world, "02W")
    signed(world, at, date(2014, 12, 15), inForceFrom="2014-12-15")
    proposed(world, at, "revocation", BODY)
    world.clock.move_by(days=2)

    answer = confirmed(world, at)

    assert answer["grant"]["inForceTo"] == "2014-12-17"


def test_a_ccg_whose_grant_was_revoked_may_apply_in_the_next_round(sqlite_world: World) -> None:
    """In the same one it was granted something, which is not decided twice (rule 2)."""
    world, at = sqlite_world, approved(sqlite_world, "02W")
    made_round(world, "next")
    revoked(world, at)
    world.clock.move_by(days=1)

    same, following = (
        world.system("bradford").post("/v1/applications", application("02W", round_id=round_id))
        for round_id in ("2015-16", "next")
    )

    assert (same.status_code, same.json()["code"], following.status_code) == (409, "duplicate-application", 201)


def test_what_was_revoked_is_not_revoked_twice(sqlite_world: World) -> None:
    world, at = sqlite_world, approved(sqlite_world, "02W")
    revoked(world, at)
    world.clock.move_by(days=1)

    answer = world.person("national-1").post(f"{at.where}/revocation", BODY, if_match=etag(world, at))

    assert_refused(
        answer,
        409,
        "wrong-state",
        "The decision is published, its grant ended and its agreement awaited; propose_revocation is not possible.",
        state="published",
        allowed=["propose_correction"],
    )
    assert recorded_as(world, at, "national-1")["nextActions"] == [action(at, "propose-correction", "correction")]
