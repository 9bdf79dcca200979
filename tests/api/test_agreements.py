"""Agreements: a grant starts once both have signed, and not at all where the CCG does not go ahead."""

from datetime import date
from typing import Any

import pytest

from tests.api.post_decision import (
    AWAITED,
    action,
    approved,
    conditional,
    decided,
    etag,
    in_force_on,
    morning_of,
    not_taken_up,
    public_sequence,
    published,
    published_since,
    record_of,
    signed,
    stand_of,
    ticked,
)
from tests.api.steps import granted, log_size, made_round, submitted
from tests.world import World


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


APRIL, NOON = date(2015, 4, 1), "2014-12-15T12:00:00Z"
MIDNIGHT = "2015-03-31T23:00:00Z"


def held(standing: str, starts: str | None = "2015-04-01", agreement: str = "signed", **end: str) -> tuple[Any, ...]:
    return "approved", "delegated", standing, agreement, starts, end.get("to"), end.get("by")


def test_an_agreement_signed_ahead_starts_the_grant_on_its_day(world: World) -> None:
    """The whole record, what is published at once, and what the clockwork publishes on 1 April."""
    at = approved(world, "02W")
    before = public_sequence(world)

    answer = signed(world, at, date(2014, 12, 15))

    assert answer == record_of(
        at,
        version=3,
        grant=AWAITED | {"agreement": "signed", "signedOn": "2014-12-15"},
        nextActions=[
            action(at, "propose-correction", "correction"),
            action(at, "propose-revocation", "revocation"),
            action(at, "propose-agreement-correction", "agreement/correction"),
        ],
        receipt={"logIndex": log_size(world) - 1, "leafHash": answer["receipt"]["leafHash"], "href": None},
    )
    assert stand_of(world, "02W") == {
        "position": "not_started",
        "current": None,
        "next": held("not_started"),
        "past": [],
    }
    morning_of(world, APRIL)
    assert ticked(world) == []
    assert published_since(world, before) == [
        published(at, "agreement.signed", "2014-12-15", NOON),
        published(at, "approval.started", APRIL, MIDNIGHT, MIDNIGHT),
    ]
    assert stand_of(world, "02W") == {"position": "in_force", "current": held("in_force"), "next": None, "past": []}
    assert (in_force_on(world, "2015-03-31"), in_force_on(world, APRIL)) == ([], ["02W"])


@pytest.mark.parametrize(
    ("signed_on", "members", "starts"),
    [
        ("2015-04-01", {}, "2015-04-01"),
        ("2015-04-20", {}, "2015-04-20"),
        ("2015-04-20", {"inForceFrom": "2015-05-01"}, "2015-05-01"),
        ("2015-03-01", {"inForceFrom": "2015-03-01"}, "2015-03-01"),
        ("2015-03-01", {"inForceFrom": "2015-07-01"}, "2015-07-01"),
    ],
)
def test_a_grant_starts_on_its_day_or_on_that_of_signing_or_on_a_day_that_is_named(
    world: World, signed_on: str, members: dict[str, str], starts: str
) -> None:
    """Recorded on 20 April: what has started by then is told in the same act, with the day on which it did."""
    at = approved(world, "02W")
    morning_of(world, date(2015, 4, 20))
    before, now = public_sequence(world), "2015-04-19T23:00:00Z"

    answer = signed(world, at, date.fromisoformat(signed_on), **members)

    has_started = starts <= "2015-04-20"
    told = [published(at, "approval.started", starts, now)] if has_started else []
    assert (answer["grant"]["inForceFrom"], answer["grant"]["standing"]) == (
        starts,
        "in_force" if has_started else "not_started",
    )
    assert published_since(world, before) == [published(at, "agreement.signed", signed_on, now), *told]
    eve = date.fromisoformat(starts).toordinal() - 1
    assert (in_force_on(world, date.fromordinal(eve)), in_force_on(world, starts)) == ([], ["02W"])


def test_an_agreement_not_signed_by_the_day_starts_nothing(world: World) -> None:
    approved(world, "02W")

    morning_of(world, date(2015, 6, 1))

    awaited = held("not_started", agreement="awaited")
    assert stand_of(world, "02W") == {"position": "not_started", "current": None, "next": awaited, "past": []}
    assert in_force_on(world, "2015-06-01") == []


def test_an_agreement_signed_while_conditions_are_open_names_no_day(world: World) -> None:
    at = conditional(world, "07T")

    answer = signed(world, at, date(2014, 12, 15))

    assert answer["grant"] == AWAITED | {"agreement": "signed", "signedOn": "2014-12-15", "inForceFrom": None}
    assert morning_of(world, APRIL)
    assert in_force_on(world, APRIL) == []


def test_a_ccg_that_does_not_go_ahead_has_not_taken_up_its_approval(world: World) -> None:
    """It stays approved, and never is in force; the note is not public."""
    at = approved(world, "02W")
    before = public_sequence(world)

    answer = world.person("national-1").put(
        f"{at.where}/agreement",
        {"state": "not_taken_up", "note": "The members voted against it."},
        if_match=etag(world, at),
    )

    declined = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v3"')
    assert declined == record_of(
        at,
        version=3,
        grant=AWAITED | {"standing": "not_taken_up", "agreement": "not_taken_up"},
        nextActions=[
            action(at, "propose-correction", "correction"),
            action(at, "propose-agreement-correction", "agreement/correction"),
        ],
        receipt=declined["receipt"],
    )
    assert published_since(world, before) == [published(at, "approval.not_taken_up", "2014-12-15", NOON)]
    over = held("not_taken_up", agreement="not_taken_up")
    assert stand_of(world, "02W") == {"position": "not_taken_up", "current": None, "next": None, "past": [over]}
    assert "voted against" not in str(world.public.get("/v1/approvals/02W").json())
    morning_of(world, APRIL)
    assert in_force_on(world, APRIL) == []


def test_a_ccg_that_did_not_go_ahead_may_apply_for_the_next_round(sqlite_world: World) -> None:
    """Or for joint: what was not taken up is not held."""
    world = sqlite_world
    at = approved(world, "02W")
    not_taken_up(world, at)
    made_round(world, "next")

    assert submitted(world, "02W", level="joint", round_id="next").reference.startswith("next-")


def test_a_new_grant_ends_the_older_one_the_day_before_it_starts(world: World) -> None:
    """Joint since 2015, delegated from 2016: one ends on 31 March, when the other is known to start."""
    joint = decided(granted(world, "02W", level="joint").reference, "02W")
    signed(world, joint, date(2014, 12, 15))
    made_round(world, "next")
    delegated = decided(granted(world, "02W", round_id="next").reference, "02W")
    unsigned = stand_of(world, "02W")
    before = public_sequence(world)
    signed(world, delegated, date(2014, 12, 15))

    ended = ("approved", "joint", "not_started", "signed", "2015-04-01", "2016-03-31", "superseded_by_grant")
    assert unsigned["past"] == [("approved", "joint", "not_started", "signed", "2015-04-01", None, None)]
    assert stand_of(world, "02W")["past"] == [ended]
    assert published_since(world, before) == [
        published(delegated, "agreement.signed", "2014-12-15", NOON),
        published(joint, "approval.ending", "2016-03-31", NOON),
    ]
    before = public_sequence(world)
    morning_of(world, date(2016, 4, 1))
    midnight = "2016-03-31T23:00:00Z"
    assert published_since(world, before) == [
        published(joint, "approval.started", "2015-04-01", midnight, MIDNIGHT),
        published(delegated, "approval.started", "2016-04-01", midnight, midnight),
        published(joint, "approval.ended", "2016-03-31", midnight, midnight),
    ]
    assert [in_force_on(world, day, level=level) for day, level in BOTH] == [["02W"], [], [], ["02W"]]


BOTH = [("2016-03-31", "joint"), ("2016-03-31", "delegated"), ("2016-04-01", "joint"), ("2016-04-01", "delegated")]
