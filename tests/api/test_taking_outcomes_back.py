"""Recorded outcomes are taken back by the panel itself, until a second person has signed them off."""

import pytest

from tests.api.steps import (
    IF_MATCH_REQUIRED,
    NOTHING_HERE,
    RETURN,
    STALE,
    At,
    acted,
    assert_refused,
    recorded,
    signed_off,
    submitted,
)
from tests.world import World, outcome

NOTE = {"note": "The wrong box was ticked."}


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same act to PostgreSQL."""
    return sqlite_world


def taken_back(world: World, at: At, number: int = 1) -> At:
    return acted(at, world.person(at.panel(number)).post(f"{at.where}/outcomes/withdrawal", NOTE, if_match=at.etag))


@pytest.mark.parametrize("level", ["delegated", "joint"])
@pytest.mark.parametrize("number", [1, 2])
def test_any_panel_member_of_the_region_takes_them_back_who_recorded_them_too(
    world: World, level: str, number: int
) -> None:
    at = recorded(world, submitted(world, "10T", level=level))
    panel = world.person(at.panel(number))
    before = panel.get(at.where).json()

    answer = panel.post(f"{at.where}/outcomes/withdrawal", NOTE, if_match=at.etag)

    assert (answer.status_code, answer.headers["etag"]) == (201, '"v4"')
    now, again = answer.json(), recorded(world, acted(at, answer), outcome("10T", "rejected"))
    assert (before["state"], before["waitingOn"], now["state"], now["waitingOn"]) == (
        *("recommended", "national" if level == "delegated" else "panel"),
        *("submitted", "panel"),
    )
    assert [each["outcome"] for each in before["members"]] == ["approved"]
    assert [each["outcome"] for each in now["members"]] == [None]
    assert [each["rel"] for each in now["nextActions"]][:2] == ["request-changes", "record-outcomes"]
    assert [each["outcome"] for each in panel.get(again.where).json()["members"]] == ["rejected"]


def test_applicants_are_told_the_same_as_of_a_return(world: World) -> None:
    """Neither the note, nor who it was, nor that the panel itself took its outcome back."""
    back, returned = (recorded(world, submitted(world, code)) for code in ("10T", "05W"))
    taken_back(world, back)
    signed_off(world, returned, body=RETURN)

    told = [
        (world.system(at.client).get(at.where).json(), world.system(at.client).get(f"{at.where}/events").json())
        for at in (back, returned)
    ]

    newest = [events["results"][-1] for _, events in told]
    for each in newest:
        del each["sequence"], each["reference"], each["href"]
    assert newest[0] == newest[1]
    assert newest[0]["type"] == "outcome.returned"
    assert [(each["state"], each["version"], each["waitingOn"]) for each, _ in told] == [("submitted", 4, "panel")] * 2
    assert "ticked" not in str(told)


def test_whoever_may_not(world: World) -> None:
    at = recorded(world, submitted(world, "10T"))
    refusals: dict[str, tuple[int, str, str]] = {
        "south-panel-interested": (403, "conflict-of-interest", "You have declared an interest in 10T."),
        "london-panel-1": NOTHING_HERE,
        "national-1": (403, "forbidden", "This needs the role panel."),
    }

    for who, refusal in refusals.items():
        answer = world.person(who).post(f"{at.where}/outcomes/withdrawal", NOTE, if_match=at.etag)
        assert_refused(answer, *refusal)


def test_it_says_why_and_names_the_version_that_was_looked_at(world: World) -> None:
    at = recorded(world, submitted(world, "10T"))
    panel, where = world.person(at.panel(2)), f"{at.where}/outcomes/withdrawal"

    assert_refused(panel.post(where, NOTE, if_match='"v2"'), *STALE)
    assert_refused(panel.post(where, NOTE), *IF_MATCH_REQUIRED)
    silent = panel.post(where, {}, if_match=at.etag).json()
    assert (silent["code"], [each["pointer"] for each in silent["errors"]]) == ("invalid-document", ["/note"])


def test_not_before_they_are_recorded_and_not_after_the_sign_off(world: World) -> None:
    waiting = submitted(world, "05W")
    decided = signed_off(world, recorded(world, submitted(world, "10T")))
    stands = ((waiting, "submitted", ["request_changes", "record_outcomes"]), (decided, "decided", list[str]()))

    for at, state, allowed in stands:
        answer = world.person(at.panel()).post(f"{at.where}/outcomes/withdrawal", NOTE, if_match=at.etag)
        detail = f"The application is {state}; withdraw_outcomes is not possible."
        assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=allowed)


def test_a_repeat_is_answered_as_the_first_time(world: World) -> None:
    at = recorded(world, submitted(world, "10T"))
    panel = world.person(at.panel())

    first, second = (
        panel.post(f"{at.where}/outcomes/withdrawal", NOTE, if_match=at.etag, Idempotency_Key="once") for _ in range(2)
    )

    assert (first.status_code, first.content) == (second.status_code, second.content)
