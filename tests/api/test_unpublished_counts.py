"""Public counts and acts that are not published: no byte moves until something is, and then by what was done since."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.api.replay import planned
from tests.api.steps import (
    At,
    acted,
    announced,
    changes_requested,
    declared,
    drafted,
    handed_in,
    previewed,
    recorded,
    registered,
    returned,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import ATTRIBUTION, NORTH_WEST_LONDON, World, application, outcome

TODAY, LATER = date(2014, 12, 15), date(2015, 6, 1)
GROUPINGS = ("round", "region", "areaTeam", "reason")
ASKED = [
    *(f"/v1/statistics?groupBy={group_by}&round=2015-16,trial" for group_by in GROUPINGS),
    f"/v1/statistics?on={LATER}",
    "/v1/statistics.csv?groupBy=areaTeam",
    "/v1/statistics.ndjson?groupBy=region",
    "/v1/rounds",
    "/v1/rounds/2015-16",
]
Bytes = dict[str, tuple[int, bytes, str]]


def snapshot(world: World) -> Bytes:
    """Every answer that counts, in each grouping and format."""
    found = {path: world.public.get(path) for path in ASKED}
    return {path: (answer.status_code, answer.content, answer.headers["etag"]) for path, answer in found.items()}


def counts(world: World, more: str = "") -> dict[str, int]:
    """What is counted of the round, in one row of numbers."""
    found = world.public.get(f"/v1/statistics?round=2015-16{more}").json()["rounds"][0]["recorded"]
    requested = {f"requested {name}": number for name, number in found["requested"].items()}
    return {**requested, **found["outcomes"], "notApprovedAsRequested": found["notApprovedAsRequested"]}


def moved(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """By how much each number that moved has moved."""
    return {name: after[name] - number for name, number in before.items() if after[name] != number}


def publish(world: World) -> None:
    """Something that has nothing to do with the round: a declaration in the trial round."""
    declared(world, "02W", round_id="trial")


@pytest.fixture
def open_world(world: World) -> World:
    """A round whose applications are public from today."""
    planned(world, public_from=TODAY)
    return world


# --- not a byte ---------------------------------------------------------------------------------


def test_no_unpublished_act_moves_a_byte_of_statistics(open_world: World) -> None:
    world = open_world
    declared(world, "10T")
    before = snapshot(world)

    def unmoved(act: At) -> At:
        """The act has happened, and no count can tell."""
        after = snapshot(world)
        assert {path for path in ASKED if after[path] != before[path]} == set()
        return act

    slough = unmoved(drafted(world, "10T"))
    slough = unmoved(amended(world, slough, "delegated"))
    slough = unmoved(handed_in(world, slough))  # which ends the declaration
    slough = unmoved(changes_requested(world, slough))
    slough = unmoved(amended(world, slough, "delegated"))
    slough = unmoved(handed_in(world, slough))
    slough = unmoved(recorded(world, slough, outcome("10T", "approved")))
    slough = unmoved(returned(world, slough))
    slough = unmoved(recorded(world, slough, outcome("10T", "rejected")))
    slough = unmoved(signed_off(world, slough))
    stoke = unmoved(signed_off(world, recorded(world, submitted(world, "05W"), outcome("05W", "conditional"))))
    unmoved(withdrawn(world, submitted(world, "05C", level="joint")))
    unmoved(withdrawn(world, drafted(world, "05C")))
    unmoved(submitted(world, *NORTH_WEST_LONDON))
    unmoved(submitted(world, "07T", round_id="trial"))
    previewed(world)
    registered(world, "made-up-for-a-test", ["applications"], ods_codes=["02W"])
    unmoved(stoke)
    announced(world)
    assert {path for path, answer in snapshot(world).items() if answer == before[path]} == set()


def amended(world: World, at: At, level: str) -> At:
    """The applicants write another summary."""
    proposal = {**application(at.lead, level=level)["proposal"], "summary": "Made up anew for a test."}
    body = {"proposal": proposal, "attribution": ATTRIBUTION}
    return acted(at, world.system(at.client).patch(at.where, body, if_match=at.etag), 200)


# --- by what was done ---------------------------------------------------------------------------

Act = Callable[[World, At], Any]
FIRST_CHOICE = {"requested delegated": 1, "requested notDeclared": -1}
ACTS: dict[str, tuple[Act, dict[str, int]]] = {
    "a draft": (lambda world, _: drafted(world, "07T"), {}),
    "a submission": (lambda world, _: submitted(world, "07T"), FIRST_CHOICE),
    "a submission for joint": (
        lambda world, _: submitted(world, "07T", level="joint"),
        {"requested joint": 1, "requested notDeclared": -1},
    ),
    "a submission of eight": (
        lambda world, _: submitted(world, *NORTH_WEST_LONDON),
        {"requested delegated": 8, "requested notDeclared": -8},
    ),
    "a submission after a declaration": (
        lambda world, _: submitted(world, "05C"),
        {"requested delegated": 1, "requested greater_involvement": -1},
    ),
    "a submission that was withdrawn after a declaration": (
        lambda world, _: withdrawn(world, submitted(world, "05C")),
        {},
    ),
    "a withdrawal": (
        withdrawn,
        {"requested delegated": -1, "requested notDeclared": 1},
    ),
    "a withdrawal and an application for joint": (
        lambda world, slough: (withdrawn(world, slough), submitted(world, "10T", level="joint")),
        {"requested delegated": -1, "requested joint": 1},
    ),
    "a submission in a trial round": (lambda world, _: submitted(world, "07T", round_id="trial"), {}),
    "changes requested": (changes_requested, {}),
    "a rejection recorded": (lambda world, slough: recorded(world, slough, outcome("10T", "rejected")), {}),
    "a rejection signed off": (
        lambda world, slough: signed_off(world, recorded(world, slough, outcome("10T", "rejected"))),
        {},
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_the_next_publication_moves_the_counts_by_what_was_done_since(open_world: World, name: str) -> None:
    world, (act, expected) = open_world, ACTS[name]
    slough = submitted(world, "10T")
    declared(world, "05C")
    before = counts(world)
    act(world, slough)
    unmoved = counts(world)

    publish(world)

    assert before["requested delegated"] == 1
    assert unmoved == before
    assert moved(before, counts(world)) == expected


ANNOUNCED = {
    "approved": {"approved": 1},
    "conditional": {"conditional": 1},
    "rejected": {"rejected": 1, "notApprovedAsRequested": 1},
    "downgraded_to_joint": {"downgraded_to_joint": 1, "notApprovedAsRequested": 1},
}


@pytest.mark.parametrize("word", ANNOUNCED)
def test_an_announcement_moves_the_outcomes_and_leaves_the_choices(open_world: World, word: str) -> None:
    """A CCG has chosen what it applied for, whatever came of it."""
    world = open_world
    slough = signed_off(world, recorded(world, submitted(world, "10T"), outcome("10T", word)))
    publish(world)
    before = counts(world)

    announced(world)

    assert moved(before, counts(world)) == ANNOUNCED[word]
    assert world.public.get(slough.decision()).json()["outcome"] == word


def test_a_new_application_after_a_withdrawal_is_counted_once(open_world: World) -> None:
    world = open_world
    before = counts(world)
    withdrawn(world, submitted(world, "10T"))
    submitted(world, "10T", level="joint")

    publish(world)

    assert moved(before, counts(world)) == {"requested joint": 1, "requested notDeclared": -1}


# --- before their day ---------------------------------------------------------------------------


def test_applications_are_counted_from_the_first_publication_on_their_day(sqlite_world: World) -> None:
    """The day alone moves nothing: what was answered at a public sequence is answered so for ever."""
    world = sqlite_world
    planned(world, public_from=date(2015, 1, 23))
    before = counts(world)
    submitted(world, "10T")

    world.clock.move_to(datetime(2015, 1, 22, 23, 59, 59, 999_999, tzinfo=UTC))
    publish(world)
    on_the_eve = counts(world)
    world.clock.move_to(datetime(2015, 1, 23, tzinfo=UTC))
    of_the_eve = counts(world)
    publish(world)

    assert [moved(before, found) for found in (on_the_eve, of_the_eve, counts(world))] == [{}, {}, FIRST_CHOICE]


@pytest.mark.parametrize("public_from", ["2014-12-15", "2015-01-23"])
def test_the_day_for_grants_does_not_say_whose_applications_are_public(sqlite_world: World, public_from: str) -> None:
    """Who asks for a day to come sees no application before its day; who asks for one gone by sees them after it."""
    world = sqlite_world
    planned(world, public_from=date.fromisoformat(public_from))
    submitted(world, "10T")
    publish(world)
    today = counts(world)

    found = {on: counts(world, f"&on={on}") for on in ("2014-12-01", "2015-01-23")}

    assert found == dict.fromkeys(found, today)
