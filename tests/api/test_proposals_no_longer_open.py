"""Proposals that are no longer open: taken back by somebody at NHS England, or closed because something else came."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from httpx2 import Response

from tests.api.post_decision import (
    Decided,
    approved,
    conditional,
    decided,
    discharged,
    etag,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    proposed,
    recorded_as,
    signed,
    ticked,
)
from tests.api.steps import IF_MATCH_REQUIRED, NOTHING_HERE, STALE, assert_refused, granted
from tests.world import CONDITION, REASON, World

NOTE = {"note": "The figures were those of another CCG."}
REVOCATION = {"reason": "In special measures.", "legalBasis": "NHS Act 2006, section 14Z21"}
REJECTION = {"reason": "Read out wrongly.", "outcome": "rejected", "reasons": [REASON]}
WAIVER = {"reason": "No longer needed."}


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same acts to PostgreSQL."""
    return sqlite_world


def withdraw(world: World, at: Decided, href: str, by: str = "national-1", tag: str | None = None) -> Response:
    where = href.replace("confirmation", "withdrawal")
    return world.person(by).post(where, NOTE, if_match=tag or etag(world, at))


def confirm(world: World, at: Decided, href: str) -> Response:
    return world.person("national-2").post(href, None, if_match=etag(world, at))


def queued(world: World) -> int:
    total: int = world.person("national-1").get("/v1/queue?waitingOn=national").json()["total"]
    return total


# --- taken back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["national-1", "national-2"])
def test_anybody_at_nhs_england_takes_a_proposal_back_who_made_it_too(world: World, by: str) -> None:
    """Officers read what became of it; nobody waits for it any more, and it cannot be confirmed."""
    at = approved(world, "02W")
    made = proposed(world, at, "revocation", REVOCATION)["proposal"]
    before = queued(world)
    world.clock.move_by(minutes=5)

    answer = withdraw(world, at, made["href"], by)

    assert (answer.status_code, answer.headers["etag"]) == (201, '"v4"')
    [past] = answer.json()["pastProposals"]
    assert past == {
        **{name: made[name] for name in ("proposalId", "kind", "conditionId", "terms", "proposedBy", "proposedAt")},
        "state": "withdrawn",
        "settledBy": past["settledBy"],
        "settledAt": "2014-12-15T12:05:00Z",
        "note": NOTE["note"],
        "reason": None,
    }
    assert (past["settledBy"] == made["proposedBy"]) is (by == "national-1")
    assert recorded_as(world, at, "north-panel-1")["pastProposals"] == [past]
    assert (answer.json()["proposal"], before, queued(world)) == (None, 1, 0)
    said = {"state": "withdrawn", "allowed": ["settle_agreement", "propose_correction", "propose_revocation"]}
    for again in (confirm(world, at, made["href"]), withdraw(world, at, made["href"])):
        assert_refused(again, 409, "wrong-state", "The proposal is withdrawn.", **said)


def test_the_ccg_learns_nothing_of_it(world: World) -> None:
    at = decided(granted(world, "02W").reference, "02W")
    bradford, application = world.system("bradford"), f"/v1/applications/{at.decision_id.removesuffix('-02W')}"
    places = (f"{at.where}/record", application, f"{application}/status", f"{application}/events", "/v1/events")
    before = [bradford.get(path) for path in places]

    withdraw(world, at, proposed(world, at, "revocation", REVOCATION)["proposal"]["href"])

    after = [bradford.get(path) for path in places]
    assert [(each.content, each.headers.get("etag")) for each in after] == [
        (each.content, each.headers.get("etag")) for each in before
    ]
    assert before[0].json()["pastProposals"] == []


def test_it_is_offered_while_a_proposal_is_open_and_to_nhs_england_only(world: World) -> None:
    at = approved(world, "02W")
    href = proposed(world, at, "revocation", REVOCATION)["proposal"]["href"]
    who = ("national-1", "national-2", "north-panel-1")

    offered = {each: [one["rel"] for one in recorded_as(world, at, each)["nextActions"]][-1:] for each in who}
    refused = world.person("north-panel-1").post(
        href.replace("confirmation", "withdrawal"), NOTE, if_match=etag(world, at)
    )

    assert offered == {"national-1": ["withdraw-proposal"], "national-2": ["withdraw-proposal"], "north-panel-1": []}
    assert_refused(refused, 403, "forbidden", "This needs the role national.")


def test_it_names_the_version_says_why_and_finds_the_proposal(world: World) -> None:
    at = approved(world, "02W")
    href = proposed(world, at, "revocation", REVOCATION)["proposal"]["href"].replace("confirmation", "withdrawal")
    national = world.person("national-2")

    assert_refused(national.post(href, NOTE, if_match='"v2"'), *STALE)
    assert_refused(national.post(href, NOTE), *IF_MATCH_REQUIRED)
    silent = national.post(href, {}, if_match=etag(world, at)).json()
    lost = national.post("/v1/proposals/2015-16-waiver-00000000/withdrawal", NOTE, if_match="*")

    assert (silent["code"], [each["pointer"] for each in silent["errors"]]) == ("invalid-document", ["/note"])
    assert_refused(lost, *NOTHING_HERE)


# --- closed ---------------------------------------------------------------------------------------

DUE_IN_MARCH = CONDITION | {"dueOn": "2015-03-01"}


def _met(world: World) -> tuple[Decided, str, str]:
    at = conditional(world, "07T", CONDITION)
    proposed(world, at, "conditions/c1/waiver", WAIVER)
    href = recorded_as(world, at, "national-1")["proposal"]["href"]
    discharged(world, at)
    return at, href, "Condition c1 is met."


def _lapsed(world: World) -> tuple[Decided, str, str]:
    """The lapse of one condition ends the grant, so nothing is left to waive of the other."""
    at = conditional(world, "07T", DUE_IN_MARCH, CONDITION)
    href = proposed(world, at, "conditions/c2/waiver", WAIVER)["proposal"]["href"]
    world.clock.move_to(datetime(2015, 3, 2, 12, tzinfo=UTC))
    lapsed(world, at)
    return at, href, "The decision is published, its grant ended and its agreement awaited."


def _not_taken_up(world: World) -> tuple[Decided, str, str]:
    at = approved(world, "02W")
    href = proposed(world, at, "revocation", REVOCATION)["proposal"]["href"]
    not_taken_up(world, at)
    return at, href, "The decision is published, its grant not taken up and its agreement not taken up."


def _noticed(world: World) -> tuple[Decided, str, str]:
    """The CCG's own notice ends the grant sooner than the revocation would."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    href = proposed(world, at, "revocation", {**REVOCATION, "lastDay": "2016-06-30"})["proposal"]["href"]
    noticed(world, at)
    return at, href, "The grant ends with 2016-03-31 already."


def _over(world: World) -> tuple[Decided, str, str]:
    """Only a day has passed."""
    at = approved(world, "02W")
    href = proposed(world, at, "revocation", {**REVOCATION, "lastDay": "2014-12-16"})["proposal"]["href"]
    morning_of(world, date(2014, 12, 17))
    return at, href, "The last day that was proposed, 2014-12-16, has passed."


@pytest.mark.parametrize("act", [_met, _lapsed, _not_taken_up, _noticed, _over])
def test_an_act_that_makes_a_proposal_impossible_closes_it(
    world: World, act: Callable[[World], tuple[Decided, str, str]]
) -> None:
    at, href, why = act(world)

    record = recorded_as(world, at, "national-1")
    assert (record["proposal"], queued(world)) == (None, 0)
    [past] = record["pastProposals"]
    assert (past["state"], past["reason"], past["note"]) == ("closed", why, None)
    assert "withdraw-proposal" not in [each["rel"] for each in record["nextActions"]]
    answer = confirm(world, at, href).json()
    assert (answer["code"], answer["detail"], answer["state"]) == (
        "wrong-state",
        f"The proposal is closed: {why}",
        "closed",
    )
    assert ticked(world) == []


def test_what_can_still_be_confirmed_stays_open(world: World) -> None:
    """A correction of a grant that ended, a waiver of the condition that is left, an earlier revocation."""
    rejected = approved(world, "02W")
    signed(world, rejected, date(2014, 12, 15))
    proposed(world, rejected, "correction", REJECTION)
    noticed(world, rejected)
    waits = conditional(world, "07T", CONDITION, CONDITION | {"text": "Appoint a lay chair."})
    proposed(world, waits, "conditions/c2/waiver", WAIVER)
    discharged(world, waits)
    ticked(world)

    kinds = [recorded_as(world, at, "national-1")["proposal"]["kind"] for at in (rejected, waits)]

    assert (kinds, queued(world)) == (["correction", "waiver"], 2)


def test_the_ccg_whose_notice_closes_a_proposal_is_not_told_of_it(world: World) -> None:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    proposed(world, at, "revocation", {**REVOCATION, "lastDay": "2016-06-30"})

    answer: dict[str, Any] = noticed(world, at)

    events = f"/v1/applications/{at.decision_id.removesuffix('-02W')}/events"
    kinds = [each["type"] for each in world.system("bradford").get(events).json()["results"]]
    assert (answer["proposal"], answer["pastProposals"]) == (None, [])
    assert "notice.given" in kinds
    assert [each for each in kinds if each.startswith("proposal.")] == []
