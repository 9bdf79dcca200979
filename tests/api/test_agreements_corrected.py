"""An agreement that was recorded wrongly is corrected by two people: one proposes what is true, another confirms it."""

from datetime import date
from typing import Any

import pytest
from httpx2 import Response

from tests.api.post_decision import (
    Decided,
    approved,
    conditional,
    confirmed,
    discharged,
    etag,
    in_force_on,
    morning_of,
    not_taken_up,
    public_sequence,
    published_since,
    recorded_as,
    shown_as,
    signed,
    stand_of,
)
from tests.api.steps import assert_refused
from tests.world import World

WHY = "The date of the draft was taken down."


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same acts to PostgreSQL."""
    return sqlite_world


def propose(world: World, at: Decided, state: str, by: str = "national-1", **members: Any) -> Response:
    body = {"reason": WHY, "state": state, **members}
    return world.person(by).post(f"{at.where}/agreement/correction", body, if_match=etag(world, at))


def corrected(world: World, at: Decided, state: str, **members: Any) -> dict[str, Any]:
    answer = propose(world, at, state, **members)
    assert answer.status_code == 201, answer.text
    return confirmed(world, at)


def test_nothing_is_public_before_a_second_person_confirms_and_all_of_it_is_then(world: World) -> None:
    """A day of signing in May puts the start off, which had been told; what was known before stays to be asked for."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 5, 11))
    before, public = public_sequence(world), world.public.get("/v1/approvals/02W").content

    made = propose(world, at, "signed", signedOn="2015-05-10")
    quiet = (world.public.get("/v1/approvals/02W").content, public_sequence(world))
    alone = world.person("national-1").post(made.json()["proposal"]["href"], None, if_match=etag(world, at))
    record = confirmed(world, at)

    assert (made.status_code, made.json()["proposal"]["kind"]) == (201, "agreement")
    terms = {"reason": WHY, "state": "signed", "signedOn": "2015-05-10", "inForceFrom": None}
    assert made.json()["proposal"]["terms"] == terms
    assert quiet == (public, before)
    assert (alone.status_code, alone.json()["code"]) == (403, "same-person")
    names = ("standing", "agreement", "signedOn", "inForceFrom")
    assert shown_as(record["grant"], *names) == ("in_force", "signed", "2015-05-10", "2015-05-10")
    assert [each["type"] for each in published_since(world, before)] == ["agreement.corrected", "approval.started"]
    change = world.public.get("/v1/organisations/02W/history").json()["results"][-2]
    assert (change["type"], change["reason"]) == ("agreement.corrected", WHY)
    assert (in_force_on(world, "2015-05-09"), in_force_on(world, "2015-05-10")) == ([], ["02W"])
    then = world.public.get(f"/v1/approvals/02W?asKnownAt={before}").json()["current"]
    assert shown_as(then, "agreement", "inForceFrom") == ("signed", "2015-04-01")
    compared = "/v1/comparison?from=2015-04-15&to=2015-05-15"
    assert "02W" in world.public.get(compared).text


def test_a_grant_recorded_as_not_taken_up_by_mistake_waits_for_its_agreement_again(world: World) -> None:
    at = approved(world, "02W")
    not_taken_up(world, at)

    record = corrected(world, at, "awaited")

    names = ("standing", "agreement", "signedOn", "inForceFrom")
    assert shown_as(record["grant"], *names) == ("not_started", "awaited", None, "2015-04-01")
    assert "settle-agreement" in [each["rel"] for each in record["nextActions"]]
    assert "propose-agreement-correction" not in [each["rel"] for each in record["nextActions"]]
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 4, 1))
    assert in_force_on(world, "2015-04-01") == ["02W"]


def test_a_grant_recorded_as_signed_by_mistake_never_was_in_force(world: World) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 4, 2))

    record = corrected(world, at, "not_taken_up")

    assert shown_as(record["grant"], "standing", "agreement", "signedOn") == ("not_taken_up", "not_taken_up", None)
    assert in_force_on(world, "2015-04-02") == []
    assert stand_of(world, "02W")["current"] is None


def test_the_day_that_was_planned_counts_again_if_the_signature_had_put_it_off(world: World) -> None:
    """Also of a conditional approval: the day of its promotion then."""
    at = conditional(world, "07T")
    world.clock.move_by(days=120)
    discharged(world, at)
    world.clock.move_by(days=10)
    signed(world, at, date(2015, 4, 24))

    record = corrected(world, at, "signed", signedOn="2015-04-01")

    assert shown_as(record["grant"], "signedOn", "promotedOn", "inForceFrom") == (
        *("2015-04-01", "2015-04-14", "2015-04-14"),
    )


@pytest.mark.parametrize(
    ("sent", "pointer", "detail"),
    [
        (
            {"state": "signed", "signedOn": "2014-12-16"},
            "/signedOn",
            "2014-12-16 lies ahead: record it once both have signed.",
        ),
        (
            {"state": "signed", "signedOn": "2014-12-14"},
            "/signedOn",
            "2014-12-14 is before 2014-12-15, on which the decision was published.",
        ),
        ({"state": "signed", "signedOn": "2014-12-15"}, "", "That is what is recorded already."),
    ],
)
def test_what_cannot_be_or_is_recorded_already_is_refused(
    world: World, sent: dict[str, str], pointer: str, detail: str
) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))

    answer = propose(world, at, **sent)

    assert_refused(answer, 422, "invalid-document", detail, (pointer, detail))


def test_there_is_nothing_to_correct_before_anything_was_recorded(world: World) -> None:
    at = approved(world, "02W")

    answer = propose(world, at, "signed", signedOn="2014-12-15")

    assert_refused(
        answer,
        409,
        "wrong-state",
        "The decision is published, its grant not started and its agreement awaited; "
        "propose_agreement is not possible.",
        state="published",
        allowed=["settle_agreement", "propose_correction", "propose_revocation"],
    )


def test_it_is_offered_to_nhs_england_while_an_agreement_is_recorded(world: World) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))

    offered = {
        who: "propose-agreement-correction" in [each["rel"] for each in recorded_as(world, at, who)["nextActions"]]
        for who in ("national-1", "north-panel-1")
    }

    assert offered == {"national-1": True, "north-panel-1": False}
