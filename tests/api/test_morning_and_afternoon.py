"""18 February 2015: 65 approvals were announced in the morning, and 64 and one with a condition in the afternoon.

Both are told for ever, each as it was known. The CCGs that no source names are made up for the test.
"""

from datetime import date
from typing import Any

import pytest

from app.records.audit.verification import verify
from tests.api.counting import sequence
from tests.api.post_decision import Decided, confirmed, decided, etag, proposed, recorded_as
from tests.api.replay import instant
from tests.api.steps import announced, registered
from tests.complete_round import CLIENT_OF, REGION_OF
from tests.world import CONDITION, World, application, outcome, outcomes

APPROVED_IN = {"Y54": 24, "Y55": 26, "Y57": 8, "Y56": 7}
PANEL = {"Y54": "north", "Y55": "midlands", "Y56": "london", "Y57": "south"}
HACKNEY = "07T"
CORRECTION = {
    "outcome": "conditional",
    "conditions": [CONDITION],
    "reason": "Announced as approved by mistake: changes to governance are pending.",
}


def members_of(region: str) -> list[str]:
    """As many CCGs of a region as were announced, Hackney among them."""
    codes = sorted(
        (code for code, place in REGION_OF.items() if place == region), key=lambda code: (code != HACKNEY, code)
    )
    return codes[: APPROVED_IN[region]]


def approve(world: World, region: str) -> str:
    """The CCGs of one region apply as a group, and each is approved and signed off."""
    codes = members_of(region)
    client = registered(world, CLIENT_OF[region], ["applications"], ods_codes=codes)
    made = world.system(client).post("/v1/applications", application(*codes))
    where, panel = made.headers["location"], f"{PANEL[region]}-panel-1"
    said = outcomes(*(outcome(code, "approved") for code in codes))
    found = world.person(panel).post(f"{where}/outcomes", said, if_match=made.headers["etag"])
    signed = world.person("national-1").post(
        f"{where}/sign-off", {"decision": "confirm"}, if_match=found.headers["etag"]
    )
    assert signed.status_code == 201, signed.text
    return where.rpartition("/")[2]


def table(world: World, **asked: Any) -> dict[str, Any]:
    """What a newspaper prints: how many were approved, how many with a condition, and of how many."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    listing = world.public.get(f"/v1/approvals?round=2015-16&limit=200&{query}").json()
    [figures] = world.public.get(f"/v1/statistics?round=2015-16&{query}").json()["rounds"]
    lines = world.public.get(f"/v1/approvals.csv?round=2015-16&{query}").text.splitlines()
    counted = figures["recorded"]["outcomes"]
    return {
        "listed": len(listing["results"]),
        "in the CSV": len(lines) - 1,
        "counts": [listing["counts"]["approved"], listing["counts"]["conditional"]],
        "statistics": [counted["approved"], counted["conditional"], figures["recorded"]["organisations"]],
        "Hackney is listed": HACKNEY in {row["odsCode"] for row in listing["results"]},
    }


MORNING = {
    "listed": 65,
    "in the CSV": 65,
    "counts": [65, 0],
    "statistics": [65, 0, 211],
    "Hackney is listed": True,
}
AFTERNOON = {
    "listed": 64,
    "in the CSV": 64,
    "counts": [64, 1],
    "statistics": [64, 1, 211],
    "Hackney is listed": False,
}


def test_65_in_the_morning_and_64_and_one_with_a_condition_in_the_afternoon(world: World) -> None:
    references = {region: approve(world, region) for region in APPROVED_IN}
    world.clock.move_to(instant(2015, 2, 18, 9, 30))
    assert announced(world)["counts"]["byOutcome"]["approved"] == 65
    morning = sequence(world)
    assert table(world) == MORNING

    world.clock.move_to(instant(2015, 2, 18, 15))
    hackney = decided(references["Y56"], HACKNEY)
    proposed(world, hackney, "correction", CORRECTION)
    assert table(world) == MORNING
    new = Decided(confirmed(world, hackney)["decisionId"], HACKNEY)
    afternoon = sequence(world)
    assert table(world) == AFTERNOON

    world.clock.move_to(instant(2019, 5, 1))
    assert (table(world, asKnownAt=morning), table(world, asKnownAt=afternoon)) == (MORNING, AFTERNOON)
    old, corrected = (world.public.get(each.where).json() for each in (hackney, new))
    assert (old["outcome"], old["state"], old["supersededBy"]) == ("approved", "superseded", new.decision_id)
    assert (corrected["outcome"], corrected["supersedes"], corrected["correctionReason"]) == (
        "conditional",
        hackney.decision_id,
        CORRECTION["reason"],
    )
    before = world.public.get(f"{hackney.where}?asKnownAt={morning}").json()
    assert (before["outcome"], before["state"], before["supersededBy"]) == ("approved", "published", None)
    assert verify(world.database).is_sound


def test_one_person_alone_corrects_nothing(sqlite_world: World) -> None:
    reference = approve(sqlite_world, "Y56")
    announced(sqlite_world)
    hackney = decided(reference, HACKNEY)
    proposed(sqlite_world, hackney, "correction", CORRECTION)
    href = recorded_as(sqlite_world, hackney, "national-1")["proposal"]["href"]

    answer = sqlite_world.person("national-1").post(href, None, if_match=etag(sqlite_world, hackney))

    assert (answer.status_code, answer.json()["code"]) == (403, "same-person")


@pytest.mark.parametrize("on", [date(2015, 2, 18), date(2015, 4, 1)])
def test_an_approval_that_was_corrected_is_in_force_on_no_day(sqlite_world: World, on: date) -> None:
    reference = approve(sqlite_world, "Y56")
    announced(sqlite_world)
    hackney = decided(reference, HACKNEY)
    proposed(sqlite_world, hackney, "correction", CORRECTION)
    confirmed(sqlite_world, hackney)

    found = sqlite_world.public.get(f"/v1/approvals?on={on}").json()

    assert HACKNEY not in {row["odsCode"] for row in found["results"]}
