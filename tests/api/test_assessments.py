"""Assessments: what the panel thinks by each criterion, for panel and NHS England only."""

from typing import Any

import pytest
from httpx2 import Response

from app.records import people
from app.rules.words import Criterion
from tests.api.steps import (
    IF_MATCH_REQUIRED,
    NOTHING_HERE,
    PERSON_REQUIRED,
    STALE,
    At,
    assert_refused,
    assessed,
    changes_requested,
    drafted,
    handed_in,
    recorded,
    registered,
    returned,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import World, application, outcome, outcomes


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


BODY = {"rating": "partly_met", "justification": "The accounts are late."}
NOON = "2014-12-15T12:00:00Z"


def assess(world: World, at: At, who: str, criterion: str = "finance", body: Any = None, **headers: str) -> Response:
    headers = headers or {"If_None_Match": "*"}
    speaker = world.system(who) if who in world.pairs else world.person(who)
    return speaker.send("PUT", f"{at.where}/assessments/{criterion}", BODY if body is None else body, **headers)


def test_the_newest_word_on_each_criterion_stands_in_the_order_of_the_criteria(world: World) -> None:
    at = submitted(world, "10T")
    at = assessed(world, assessed(world, at, "finance"), "benefits", "not_met")
    world.clock.move_by(minutes=5)

    answer = assess(world, at, "south-panel-2", If_Match='"v1"')

    first = {"key": key_of(world, "south-panel-1"), "name": "south-panel-1 (made up)"}
    second = {"key": key_of(world, "south-panel-2"), "name": "south-panel-2 (made up)"}
    benefits = {
        "criterion": "benefits",
        "rating": "not_met",
        "justification": "Why benefits is not_met.",
        "assessedAt": NOON,
    }
    finance = {
        "criterion": "finance",
        "rating": "partly_met",
        "justification": "The accounts are late.",
        "assessedAt": "2014-12-15T12:05:00Z",
    }
    before = {
        "rating": "met",
        "justification": "Why finance is met.",
        "assessedAt": NOON,
        "assessedBy": first,
    }
    assert (answer.status_code, answer.headers["etag"], answer.json()["state"]) == (200, '"v2"', "submitted")
    assert (answer.json()["assessments"], answer.json()["version"]) == ([benefits, finance], 2)
    whole = [
        benefits | {"assessedBy": first, "version": 1, "earlier": []},
        finance | {"assessedBy": second, "version": 2, "earlier": [before]},
    ]
    for officer in ("south-panel-1", "national-1"):
        assert world.person(officer).get(at.where).json()["assessments"] == whole
        one = world.person(officer).get(f"{at.where}/assessments/finance")
        assert (one.json(), one.headers["etag"]) == (whole[1], '"v2"')


def test_of_two_assessors_the_second_is_told_and_nothing_is_lost(world: World) -> None:
    at = submitted(world, "10T")
    first = assess(world, at, "south-panel-1", body=BODY | {"rating": "not_met"})

    new = assess(world, at, "south-panel-2")
    later = assess(world, at, "south-panel-2", If_Match='"v1"')
    stale = assess(world, at, "south-panel-1", If_Match='"v1"')

    assert (first.status_code, first.headers["etag"]) == (201, '"v1"')
    detail = "There is one already, at version 1. Read it, and name its version in If-Match."
    assert_refused(new, 412, "stale", detail)
    assert (later.status_code, later.headers["etag"]) == (200, '"v2"')
    assert_refused(stale, *STALE)
    found = world.person("south-panel-1").get(f"{at.where}/assessments/finance").json()
    assert (found["version"], found["rating"], [each["rating"] for each in found["earlier"]]) == (
        2,
        "partly_met",
        ["not_met"],
    )


def key_of(world: World, who: str) -> str:
    with world.database.reading() as session:
        return next(f"person:{each.person_id}" for each in people.list_all(session) if each.name == f"{who} (made up)")


def test_applicants_and_the_public_learn_nothing_of_it(world: World) -> None:
    registered(world, "national-system", ["national"])
    at = submitted(world, "10T")
    slough = world.system("slough")
    events = slough.get("/v1/events?after=200&limit=200").json()["results"]

    at = assessed(world, at, "finance", "not_met")

    document = slough.get(at.where).json()
    assert (document["assessments"], document["version"], document["state"]) == (None, 2, "submitted")
    assert slough.get("/v1/events?after=200&limit=200").json()["results"] == events
    own = [each["type"] for each in slough.get(f"{at.where}/events").json()["results"]]
    of_panel = [each["type"] for each in world.person("south-panel-1").get(f"{at.where}/events").json()["results"]]
    assert (own, of_panel[-1]) == (["application.created", "application.submitted"], "assessment.recorded")
    assert world.system("national-system").get(at.where).json()["assessments"][0]["rating"] == "not_met"
    for path in ("", "/status", "/events"):
        assert "Why finance" not in slough.get(at.where + path).text


def test_it_stays_with_the_application_through_changes_and_a_decision(world: World) -> None:
    at = assessed(world, submitted(world, "10T"), "governance")
    at = assessed(world, changes_requested(world, at), "finance", "partly_met")
    at = assessed(world, recorded(world, handed_in(world, at)), "capacity")
    at = signed_off(world, recorded(world, returned(world, at)))

    found = world.person("national-1").get(at.where).json()

    assert [each["criterion"] for each in found["assessments"]] == ["governance", "finance", "capacity"]
    assert found["state"] == "decided"


@pytest.mark.parametrize("criterion", ["benefits", "governance", "conflicts_of_interest", "engagement"])
def test_a_joint_request_is_assessed_by_what_it_has_to_say(sqlite_world: World, criterion: str) -> None:
    assert assessed(sqlite_world, submitted(sqlite_world, "10T", level="joint"), criterion).etag == '"v2"'


@pytest.mark.parametrize("criterion", ["functions", "finance", "capacity"])
def test_some_criteria_are_of_delegated_requests_only(sqlite_world: World, criterion: str) -> None:
    at = submitted(sqlite_world, "10T", level="joint")

    answer = assess(sqlite_world, at, "south-panel-1", criterion)

    detail = f"{criterion} is a criterion of delegated requests only."
    assert_refused(answer, 422, "invalid-document", detail, ("", detail))
    assert assessed(sqlite_world, submitted(sqlite_world, "05W"), criterion).etag == '"v2"'


WHO: dict[str, tuple[str, tuple[Any, ...]]] = {
    "the panel of another region": ("london-panel-1", NOTHING_HERE),
    "NHS England": ("national-1", (403, "forbidden", "This needs the role panel.")),
    "the applicant": ("slough", PERSON_REQUIRED),
    "somebody with an interest": (
        "south-panel-interested",
        (403, "conflict-of-interest", "You have declared an interest in 10T."),
    ),
}


@pytest.mark.parametrize("case", WHO)
def test_only_the_panel_of_the_region_assesses_without_an_interest(sqlite_world: World, case: str) -> None:
    who, refusal = WHO[case]

    assert_refused(assess(sqlite_world, submitted(sqlite_world, "10T"), who), *refusal)


def test_a_version_is_needed_and_it_is_the_newest(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "10T")

    nothing = "There is nothing here yet. If-None-Match: * makes it new."
    assert_refused(assess(sqlite_world, at, "south-panel-1", If_Match=""), 428, "if-match-required", nothing)
    assert_refused(assess(sqlite_world, at, "south-panel-1", If_Match=at.etag), 412, "stale", nothing)

    assessed(sqlite_world, at, "finance")

    assert_refused(assess(sqlite_world, at, "south-panel-1", If_Match=""), *IF_MATCH_REQUIRED)


def test_a_criterion_that_there_is_not_is_told_those_that_there_are(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "10T")

    refused = [assess(sqlite_world, at, who, "money").json() for who in ("south-panel-1", "london-panel-1")]

    names = [repr(str(each)) for each in Criterion]
    fault = {"parameter": "criterion", "detail": f"Must be one of {', '.join(names[:-1])} or {names[-1]}."}
    assert [(each["code"], each["errors"]) for each in refused] == [("not-found", [fault])] * 2


def test_a_draft_is_not_there_and_what_is_over_is_not_assessed(sqlite_world: World) -> None:
    at = drafted(sqlite_world, "10T")
    assert_refused(assess(sqlite_world, at, "south-panel-1"), *NOTHING_HERE)

    for state, way in (("withdrawn", withdrawn), ("decided", lambda world, at: signed_off(world, recorded(world, at)))):
        over = way(sqlite_world, submitted(sqlite_world, "10T"))
        answer = assess(sqlite_world, over, "south-panel-1")
        detail = f"The application is {state}; assess is not possible."
        assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=[])


def test_a_body_that_does_not_fit_is_told_every_fault(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "10T")

    answer = assess(sqlite_world, at, "south-panel-1", body={"rating": "good", "justification": "", "weight": 1})
    silent = assess(sqlite_world, at, "south-panel-1", body={"rating": "met"})
    long = assess(sqlite_world, at, "south-panel-1", body={"rating": "met", "justification": "x" * 2001})

    detail = "The document is not what this address takes."
    assert_refused(
        answer,
        422,
        "invalid-document",
        detail,
        ("/rating", "Must be one of 'met', 'partly_met' or 'not_met'."),
        ("/justification", "Must have at least 1 character."),
        ("/weight", "Is not known here. The members here are rating, justification."),
    )
    assert_refused(silent, 422, "invalid-document", detail, ("/justification", "Is required."))
    fault = ("/justification", "Must have at most 2000 characters.")
    assert_refused(long, 422, "invalid-document", detail, fault)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        (
            "criteria",
            ["benefits", "functions", "governance", "conflicts_of_interest", "finance", "capacity", "engagement"],
        ),
        ("ratings", ["met", "partly_met", "not_met"]),
    ],
)
def test_the_words_are_reference_data(sqlite_world: World, name: str, codes: list[str]) -> None:
    found = sqlite_world.public.get(f"/v1/reference-data/{name}").json()

    assert [each["code"] for each in found["results"]] == codes


def test_nobody_both_sat_and_stood_aside(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "10T")
    body = outcomes(outcome("10T", "approved"))
    body["panel"] = {"metOn": "2014-12-16", "members": ["One", "Two"], "recusals": ["Three", "Two"]}

    answer = sqlite_world.person("south-panel-1").post(f"{at.where}/outcomes", body, if_match=at.etag)

    detail = "The panel cannot have met in the future."
    aside = ("/panel/recusals/1", "Somebody who stood aside did not sit.")
    assert_refused(answer, 422, "invalid-document", detail, ("/panel/metOn", detail), aside)


def test_flags_and_assessments_are_beside_each_other(sqlite_world: World) -> None:
    document = application("10T")
    document["proposal"]["finance"]["meetsBusinessRules"] = False
    made = sqlite_world.system("slough").post("/v1/applications", document)

    found = sqlite_world.person("south-panel-1").get(made.headers["location"]).json()

    assert (found["flags"], found["assessments"]) == (["business_rules_not_met"], [])
