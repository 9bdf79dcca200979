"""The real cases of what came after a decision, played on made-up days, and the rules with the tests that hold them.

| case (England, 2014 to 2020) | test |
| --- | --- |
| City and Hackney: approved with conditions, not taken on by 1 April | ``test_city_and_hackney_...`` |
| one approved CCG dropped out in March 2015: 64 approved, 63 live | ``test_of_64_approved_63_went_live`` |
| 65 in the morning, "64 and one conditional" in the afternoon | ``test_65_in_the_morning_...`` |
| Stoke: not approved, a year later it was | ``test_a_ccg_that_was_not_approved_...`` |
| a CCG ends its delegation by notice, and turns to joint | ``test_a_ccg_gives_notice_and_turns_to_joint`` |
| revocation (none is known; the power exists) | ``test_revocations.py`` |
| Slough and two others became 15D in 2018 | ``test_slough_becomes_part_of_15d`` |
| Bradford City, Districts, Airedale became 36J in 2020 with different levels | ``test_bradford_becomes_36j_...`` |
| 01H and 01K, 2017: a boundary moved and closed nothing | ``test_a_boundary_change_closes_nothing`` |
| always 1 April, whenever decided, published, signed | ``test_the_days_of_a_grant_are_told_apart`` |

| rule | test |
| --- | --- |
| 4, two people | ``test_decision_refusals.py``: same-person, conflict-of-interest |
| 5, embargo | ``test_embargo_post_decision.py`` |
| 7, conditions | ``test_conditions.py``, ``test_records.py`` (overdue) |
| 8, corrections | ``test_corrections.py`` |
| 10, the next round | ``test_a_ccg_that_was_not_approved_...`` |
| 11, closing | ``test_slough_becomes_part_of_15d``, ``test_bradford_becomes_36j_...`` |
| 12, approved and conditional apart | ``test_65_in_the_morning_...`` |
| 14, a new grant, notice before joint | ``test_agreements.py``, ``test_notice.py`` |
| 15, told by the clockwork | ``test_agreements.py``, ``test_notice.py`` |
"""

from datetime import date
from typing import Any

import pytest

from tests.api.post_decision import (
    HELD,
    approved,
    closing_known,
    conditional,
    corrected,
    decided,
    discharged,
    in_force_on,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    public_sequence,
    published_since,
    shown_as,
    signed,
    stand_of,
)
from tests.api.steps import announced, granted, made_round, recorded, registered, signed_off, submitted
from tests.past import decision, say
from tests.world import CONDITION, NORTH_WEST_LONDON, World, application

APRIL = date(2015, 4, 1)


def counts(world: World, query: str = "round=2015-16") -> dict[str, Any]:
    """What the statistics say of the round: outcomes, and what is in force."""
    [row] = world.public.get(f"/v1/statistics?{query}").json()["results"]
    return {**row["outcomes"], **{name: row[name] for name in ("sincePromoted", "inForce", "notApprovedAsRequested")}}


def nobody(**members: int) -> dict[str, int]:
    words = ("approved", "conditional", "rejected", "downgraded_to_joint")
    return {**dict.fromkeys((*words, "sincePromoted", "inForce", "notApprovedAsRequested"), 0), **members}


def test_city_and_hackney_is_not_taken_on_until_its_conditions_are_met(world: World) -> None:
    """Conditional, and not in force on 1 April; the governance changes come in June, and so does the delegation."""
    at = conditional(world, "07T", CONDITION | {"dueOn": "2015-06-30"})
    signed(world, at, date(2014, 12, 15))
    morning_of(world, APRIL)
    in_april = counts(world)
    morning_of(world, date(2015, 6, 15))
    discharged(world, at)

    assert in_april == nobody(conditional=1)
    assert counts(world) == nobody(conditional=1, sincePromoted=1, inForce=1)
    assert (in_force_on(world, "2015-06-14"), in_force_on(world, "2015-06-15")) == ([], ["07T"])


def test_city_and_hackney_might_never_have_met_them(world: World) -> None:
    at = conditional(world, "07T")
    morning_of(world, date(2015, 3, 2))
    lapsed(world, at)
    made_round(world, "2016-17", delegated_deadline=date(2015, 3, 31))

    answer = world.system("hackney").post("/v1/applications", application("07T", round_id="2016-17"))

    assert counts(world) == nobody(conditional=1)
    assert stand_of(world, "07T")["position"] == "ended"
    assert answer.status_code == 201, answer.text


def many(world: World) -> dict[str, Any]:
    """Eight approved CCGs of North West London stand for the 64, on one application."""
    at = signed_off(world, recorded(world, submitted(world, *NORTH_WEST_LONDON)))
    announced(world)
    return {code: decided(at.reference, code) for code in NORTH_WEST_LONDON}


def test_of_64_approved_63_went_live(world: World) -> None:
    """Here of eight seven: approved and in force are counted apart, and the one that dropped out is still approved."""
    each = many(world)
    *went, dropped = NORTH_WEST_LONDON
    for code in went:
        signed(world, each[code], date(2014, 12, 15))
    not_taken_up(world, each[dropped])

    morning_of(world, APRIL)

    assert counts(world) == nobody(approved=8, inForce=7)
    assert world.public.get("/v1/approvals").json()["total"] == 8
    assert in_force_on(world, APRIL) == sorted(went)
    listed = world.public.get("/v1/approvals?standing=not_taken_up").json()["results"]
    assert [(row["odsCode"], row["outcome"]) for row in listed] == [(dropped, "approved")]
    assert shown_as(world.public.get(f"/v1/organisations/{dropped}").json(), "position", "level") == (
        *("not_taken_up", "delegated"),
    )


def test_65_in_the_morning_64_and_one_conditional_in_the_afternoon(world: World) -> None:
    """Here eight, and seven and one. The morning's decision stays readable and says what took its place."""
    each = many(world)
    morning = counts(world)
    world.clock.move_by(hours=5)

    new = corrected(world, each["08Y"], {"outcome": "conditional", "conditions": [CONDITION]}, "Read out wrongly.")

    assert morning == nobody(approved=8)
    assert counts(world) == nobody(approved=7, conditional=1)
    assert world.public.get("/v1/approvals").json()["total"] == 7
    assert world.public.get("/v1/rounds/2015-16").json()["counts"] == {
        "approved": 7,
        "conditional": 1,
        "rejected": 0,
        "downgraded_to_joint": 0,
    }
    old = world.public.get(each["08Y"].where).json()
    assert shown_as(old, "outcome", "state", "supersededBy") == ("approved", "superseded", new.decision_id)
    now = world.public.get(new.where).json()
    assert shown_as(now, "outcome", "state", "supersedes", "correctionReason") == (
        *("conditional", "published", each["08Y"].decision_id, "Read out wrongly."),
    )


def test_a_ccg_that_was_not_approved_is_approved_in_the_next_round(world: World) -> None:
    """Stoke: the new application names the earlier decision (rule 10)."""
    first = approved(world, "05W", word="rejected")
    made_round(world, "2016-17")

    again = submitted(world, "05W", round_id="2016-17")
    read = world.system("stoke").get(again.where).json()
    signed_off(world, recorded(world, again))
    announced(world, "2016-17")

    assert read["earlierDecisions"] == [first.where]
    assert stand_of(world, "05W")["next"] == (
        "approved",
        "delegated",
        "not_started",
        "awaited",
        "2016-04-01",
        None,
        None,
    )
    assert [row[0] for row in stand_of(world, "05W")["past"]] == ["rejected"]


def test_a_ccg_gives_notice_and_turns_to_joint(world: World) -> None:
    """Delegated until 31 March 2016, joint from the next day: nothing between, nothing twice."""
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    noticed(world, at)
    made_round(world, "2016-17")
    joint = decided(granted(world, "02W", level="joint", round_id="2016-17").reference, "02W")
    signed(world, joint, date(2014, 12, 15))

    morning_of(world, date(2016, 4, 1))

    assert stand_of(world, "02W") == {
        "position": "in_force",
        "current": ("approved", "joint", "in_force", "signed", "2016-04-01", None, None),
        "next": None,
        "past": [("approved", "delegated", "ended", "signed", "2015-04-01", "2016-03-31", "notice")],
    }
    assert [in_force_on(world, day) for day in ("2016-03-31", "2016-04-01")] == [["02W"], ["02W"]]


def test_slough_becomes_part_of_15d(world: World) -> None:
    """Closed on 31 March 2018: its grant ends that day as succeeded, and the successor has none."""
    at = approved(world, "10T")
    known = public_sequence(world)
    signed(world, at, date(2014, 12, 15))

    before = stand_of(world, "10T")
    morning_of(world, date(2018, 4, 1))

    over = ("approved", "delegated", "ended", "signed", "2015-04-01", "2018-03-31", "succeeded")
    assert before["next"] is not None
    assert stand_of(world, "10T") == {"position": "ended", "current": None, "next": None, "past": [over]}
    assert (in_force_on(world, "2018-03-31"), in_force_on(world, "2018-04-01")) == (["10T"], [])
    assert "approval.ended" in [each["type"] for each in published_since(world, known)]
    slough = world.public.get("/v1/organisations/10T").json()
    assert shown_as(slough, "open", "closedOn", "successor") == (
        *(False, "2018-03-31", {"odsCode": "15D", "href": "/v1/organisations/15D"}),
    )
    successor = world.public.get("/v1/organisations/15D").json()
    assert shown_as(successor, "position", "current", "next") == ("no_published_decision", None, None)


def test_bradford_becomes_36j_of_ccgs_with_different_levels(world: World) -> None:
    """City was delegated, Districts joint: each grant ends with its own CCG on 31 March 2020, whatever its level."""
    registered(world, "bradford-districts", ["applications"], ods_codes=["02R"])
    city, districts = approved(world, "02W"), approved(world, "02R", level="joint")
    for at in (city, districts):
        signed(world, at, date(2014, 12, 15))
    morning_of(world, APRIL)
    levels = {level: in_force_on(world, APRIL, level=level) for level in ("delegated", "joint")}
    closing = date(2020, 3, 31)
    closing_known(world, closing, "02W", "02R")

    morning_of(world, date(2020, 4, 1))

    assert levels == {"delegated": ["02W"], "joint": ["02R"]}
    for code, level in (("02W", "delegated"), ("02R", "joint")):
        over = ("approved", level, "ended", "signed", "2015-04-01", "2020-03-31", "succeeded")
        assert stand_of(world, code) == {"position": "ended", "current": None, "next": None, "past": [over]}
    assert (in_force_on(world, closing), in_force_on(world, "2020-04-01")) == (["02R", "02W"], [])


@pytest.mark.usefixtures("clocks_go_back")
def test_a_boundary_change_closes_nothing(world: World) -> None:
    """01H and 01K in 2017: names and places are dated facts, the grant goes on under the same code."""
    with world.database.writing() as session:
        say(session, decision("01H"), decision("01K"))

    morning_of(world, date(2017, 5, 1))

    for code in ("01H", "01K"):
        stand = stand_of(world, code)
        assert (stand["position"], stand["past"]) == ("in_force", [])
        assert stand["current"] == ("approved", "delegated", "in_force", "not_known", "2015-04-01", None, None)


def test_the_days_of_a_grant_are_told_apart(world: World) -> None:
    """Decided (signed off), published, signed and in force on four different days."""
    at = recorded(world, submitted(world, "02W"))
    world.clock.move_by(days=1)
    at = signed_off(world, at)
    world.clock.move_by(days=1)
    announced(world)
    world.clock.move_by(days=1)
    signed(world, decided(at.reference, "02W"), date(2014, 12, 18))

    row = world.public.get("/v1/approvals/02W").json()["next"]
    record = world.person("national-1").get(f"{at.decision()}/record").json()

    assert (row["decidedOn"], row["publishedAt"], row["effectiveFrom"], row["inForceFrom"]) == (
        *("2014-12-16", "2014-12-17T12:00:00Z", "2015-04-01", "2015-04-01"),
    )
    assert (record["signedOffOn"], record["grant"]["signedOn"]) == ("2014-12-16", "2014-12-18")
    assert set(HELD) < set(row)
