"""Rounds as administrators put them."""

from typing import Any

import pytest
from httpx2 import Response

from tests.api.steps import (
    IF_MATCH_REQUIRED,
    At,
    announced,
    assert_refused,
    log_size,
    recorded,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import World, outcome

WHERE = "/v1/rounds/trial"


def put(world: World, document: Any, where: str = WHERE, **headers: str) -> Response:
    return world.person("admin-1").send("PUT", where, document, **headers)


def planned(world: World, where: str = WHERE) -> dict[str, Any]:
    found: dict[str, Any] = world.public.get(where).json()
    return found


def test_a_put_that_only_makes_a_new_round_leaves_one_that_is_there_alone(sqlite_world: World) -> None:
    plan = planned(sqlite_world)

    made = put(sqlite_world, {**plan, "roundId": "trial-2"}, "/v1/rounds/trial-2", If_None_Match="*")
    no = {**plan, "roundId": "trial-2", "title": "No"}
    again = put(sqlite_world, no, "/v1/rounds/trial-2", If_None_Match="*")

    assert (made.status_code, made.headers["etag"], made.json()["version"]) == (201, '"v1"', 1)
    detail = "There is one already, at version 1. Read it, and name its version in If-Match."
    assert_refused(again, 412, "stale", detail)
    assert planned(sqlite_world, "/v1/rounds/trial-2")["title"] == plan["title"]


def test_the_second_of_two_administrators_is_told_and_overwrites_nothing(world: World) -> None:
    plan = planned(world)
    read = f'"v{plan["version"]}"'

    first = put(world, {**plan, "applicationsPublicFrom": "2014-12-01"}, If_Match=read)
    second = put(world, {**plan, "title": "Another"}, If_Match=read)

    assert (first.status_code, first.json()["version"], first.headers["etag"]) == (200, 2, '"v2"')
    detail = "The record is at version 2 now, not at the one that If-Match names. Read it again."
    assert_refused(second, 412, "stale", detail)
    now = planned(world)
    assert (now["version"], now["title"], now["applicationsPublicFrom"]) == (2, plan["title"], "2014-12-01")
    mended = put(world, {**now, "title": "Another"}, If_Match='"v2"')
    assert (mended.status_code, planned(world)["title"], planned(world)["version"]) == (200, "Another", 3)


def test_a_round_that_is_there_is_changed_only_with_its_version(sqlite_world: World) -> None:
    plan = planned(sqlite_world)
    tag = sqlite_world.public.get(WHERE).headers["etag"]
    size = log_size(sqlite_world)

    bare = put(sqlite_world, {**plan, "title": "Another"})
    by_bytes = put(sqlite_world, {**plan, "title": "Another"}, If_Match=tag)
    of_nothing = put(sqlite_world, {**plan, "roundId": "new"}, "/v1/rounds/new", If_Match='"v1"')

    assert_refused(bare, *IF_MATCH_REQUIRED)
    detail = 'If-Match names no version. Read the record again: it is at version 1, If-Match: "v1".'
    assert_refused(by_bytes, 412, "stale", detail)
    nothing_yet = "There is nothing here yet. If-None-Match: * makes it new."
    assert_refused(of_nothing, 412, "stale", nothing_yet)
    assert log_size(sqlite_world) == size


def test_sending_the_same_again_changes_nothing(sqlite_world: World) -> None:
    plan, size = planned(sqlite_world), log_size(sqlite_world)

    same = put(sqlite_world, plan, If_Match='"v1"')

    assert (same.status_code, same.headers["etag"], same.json()) == (200, '"v1"', plan)
    assert log_size(sqlite_world) == size


@pytest.mark.parametrize("weak", ['W/"v1"', '"v0", W/"v1"'])
def test_a_tag_that_a_proxy_made_weak_is_as_good(sqlite_world: World, weak: str) -> None:
    assert put(sqlite_world, {**planned(sqlite_world), "title": "Another"}, If_Match=weak).status_code == 200


def test_an_old_answer_says_the_version_of_its_time(sqlite_world: World) -> None:
    plan = planned(sqlite_world)
    put(sqlite_world, {**plan, "title": "Another"}, If_Match='"v1"')

    then = sqlite_world.public.get(f"{WHERE}?asKnownAt={plan['publicSequence']}").json()

    assert (then["version"], then["title"]) == (1, plan["title"])


EXPECTED = {"reviewFrom": "2014-12-20", "reviewTo": "2015-01-30", "announcementExpectedOn": "2015-02-18"}


def test_a_round_says_when_it_is_reviewed_and_when_its_announcement_is_expected(world: World) -> None:
    """Until there is an announcement, a status says the day too; a withdrawn application expects none."""
    plan, gone = planned(world), withdrawn(world, submitted(world, "05C", round_id="trial"))
    at = submitted(world, "10T", round_id="trial")

    def expected_by(which: At) -> str | None:
        found: str | None = world.person("national-1").get(f"{which.where}/status").json()["expectedBy"]
        return found

    before = expected_by(at)
    answer = put(world, {**plan, **EXPECTED}, If_Match='"v1"')
    planned_for, of_gone = expected_by(at), expected_by(gone)
    signed_off(world, recorded(world, at, outcome("10T", "approved")))
    between = expected_by(at)
    announced(world, "trial")

    now = planned(world)
    assert {name: plan[name] for name in EXPECTED} == dict.fromkeys(EXPECTED)
    changed = {**plan, **EXPECTED, "version": 2, "publicSequence": answer.json()["publicSequence"]}
    assert (answer.status_code, answer.json()) == (200, changed)
    assert {name: now[name] for name in EXPECTED} == EXPECTED
    day = EXPECTED["announcementExpectedOn"]
    assert (before, planned_for, of_gone, between, expected_by(at)) == (None, day, None, day, None)
    assert planned(world, f"{WHERE}?asKnownAt={plan['publicSequence']}")["reviewTo"] is None


def test_a_round_is_refused_with_every_day_that_is_out_of_order(sqlite_world: World) -> None:
    days = {"reviewFrom": "2015-01-20", "reviewTo": "2015-01-19", "announcementExpectedOn": "2031-01-01"}

    refused = put(sqlite_world, {**planned(sqlite_world), **days}, If_Match='"v1"')

    faults = [
        ("/reviewTo", "Not before reviewFrom and not after startsOn."),
        ("/announcementExpectedOn", "Not before reviewFrom and not after startsOn."),
    ]
    assert_refused(refused, 422, "invalid-document", "The round's document breaks rules.", *faults)
