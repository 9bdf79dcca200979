"""What was sent is what is kept, or it is refused in words that tell how to mend it."""

import json
from typing import Any

import pytest

from tests.api.conftest import Scene
from tests.api.history import import_history
from tests.api.steps import CONFIRM, IF_MATCH_REQUIRED, assert_refused, drafted
from tests.world import ATTRIBUTION, World, application

TOO_MANY = "Must have at most two decimals: no more are kept."
PLANNED = "/proposal/finance/plannedSurplusPercent"
FORECAST = "/proposal/finance/currentYearForecastSurplusPercent"
NOT_WHAT_IT_TAKES = "The document is not what this address takes."


def with_percent(world: World, text: str) -> Any:
    """Create a draft in which both percentages are written so."""
    whole = application("10T", submitted=False)
    whole["proposal"]["finance"] |= {"plannedSurplusPercent": "@", "currentYearForecastSurplusPercent": "@"}
    body = json.dumps(whole).replace('"@"', text).encode()
    return world.system("slough").post("/v1/applications", body)


@pytest.mark.parametrize(
    "text",
    [
        "0.30000000000000004",
        "0.300000000000000000001",
        "2.999999999999999999",
        "1.005",
        "1e-400",
        "-0.001",
        "3e-99999999999999999999",
    ],
)
def test_a_number_with_more_digits_than_are_kept_is_refused(scene: Scene, text: str) -> None:
    refused = with_percent(scene.world, text)

    assert_refused(refused, 422, "invalid-document", NOT_WHAT_IT_TAKES, (FORECAST, TOO_MANY), (PLANNED, TOO_MANY))


@pytest.mark.parametrize("text", ["0.3", "0.30", "3e-1", "0.3000000000000000000000", "-12.34", "2", "1000"])
def test_a_number_is_kept_as_it_was_sent(sqlite_world: World, text: str) -> None:
    made = with_percent(sqlite_world, text)

    kept = sqlite_world.system("slough").get(made.headers["location"]).json()["proposal"]["finance"]
    assert (kept["plannedSurplusPercent"], kept["currentYearForecastSurplusPercent"]) == (float(text), float(text))


def test_a_patched_number_is_looked_at_as_well(sqlite_world: World) -> None:
    at = drafted(sqlite_world, "10T")
    patch = b'{"proposal": {"finance": {"plannedSurplusPercent": 0.1000000000000000055}}, "attribution": {"name": "A"}}'

    refused = sqlite_world.system("slough").patch(at.where, patch, if_match=at.etag)

    assert [each for each in refused.json()["errors"] if each["pointer"] == PLANNED] == [
        {"pointer": PLANNED, "detail": TOO_MANY}
    ]


# --- days that tell the past --------------------------------------------------------------------

AHEAD = (
    "/proposal/governance/constitution/agreedOn",
    "/proposal/conflictsOfInterest/lastReviewedOn",
    "/proposal/engagement/membersAgreedOn",
    "/signatories/0/signedOn",
)


def dated(day: str, *, submitted: bool = True) -> dict[str, Any]:
    """An application in which every day that tells the past is this one."""
    whole = application("10T", submitted=submitted)
    for pointer in AHEAD:
        *parents, name = pointer.split("/")[1:]
        place: Any = whole
        for step in parents:
            place = place[int(step)] if step.isdigit() else place[step]
        place[name] = day
    return whole


@pytest.mark.parametrize("submitted", [True, False])
def test_a_day_that_tells_the_past_is_not_ahead_of_today(scene: Scene, *, submitted: bool) -> None:
    refused = scene.world.system("slough").post("/v1/applications", dated("2099-01-01", submitted=submitted))

    ahead = "2099-01-01 lies ahead of today, 2014-12-15."
    detail = "A day that tells the past lies ahead."
    assert_refused(refused, 422, "invalid-document", detail, *((pointer, ahead) for pointer in AHEAD))


def test_it_is_today_in_london_that_counts_and_a_patch_is_looked_at_too(sqlite_world: World) -> None:
    world = sqlite_world
    made = world.system("slough").post("/v1/applications", dated("2014-12-15", submitted=False))
    assert made.status_code == 201, made.text
    where, ahead = made.headers["location"], "2014-12-16 lies ahead of today, 2014-12-15."
    patch = {"proposal": {"engagement": {"membersAgreedOn": "2014-12-16"}}, "attribution": ATTRIBUTION}

    refused = world.system("slough").patch(where, patch, if_match=made.headers["etag"])

    detail = "A day that tells the past lies ahead."
    assert_refused(refused, 422, "invalid-document", detail, ("/proposal/engagement/membersAgreedOn", ahead))
    world.clock.move_by(hours=12)  # midnight in London
    assert world.system("slough").patch(where, patch, if_match=made.headers["etag"]).status_code == 200


# --- rounds of the past -------------------------------------------------------------------------


def test_a_round_of_the_past_says_that_it_is_and_takes_nothing(sqlite_world: World) -> None:
    world = import_history(sqlite_world)
    declaration = {"odsCode": "07T", "roundId": "2016-17", "level": "none", "attribution": ATTRIBUTION}

    applied = world.system("hackney").post("/v1/applications", application("07T", round_id="2016-17"))
    declared = world.system("hackney").post("/v1/declarations", declaration)

    past = ("/roundId", "Is of the past.")
    said = "Round 2016-17 is of the past and takes no"
    assert (applied.json()["code"], applied.json()["detail"]) == ("round-not-open", f"{said} applications.")
    assert {"pointer": past[0], "detail": past[1]} in applied.json()["errors"]
    assert "None" not in applied.text
    assert_refused(declared, 422, "round-not-open", f"{said} declarations.", past)


# --- If-Match -----------------------------------------------------------------------------------


def test_what_one_refusal_advises_is_not_refused_by_the_other(scene: Scene) -> None:
    at, national = scene["recommended"], scene.world.person("national-1")

    any_version, bare = (
        national.post(f"{at.where}/sign-off", CONFIRM, if_match=each) for each in ("*", at.etag.strip('"'))
    )

    assert_refused(any_version, *IF_MATCH_REQUIRED)
    detail = 'If-Match must be an entity tag in its quotes, such as If-Match: "v7", or several with commas.'
    assert_refused(bare, 400, "invalid-header", detail)
    assert "*" not in scene.world.public.get("/problems/invalid-header").text.partition("If-Match")[2].partition(".")[0]
