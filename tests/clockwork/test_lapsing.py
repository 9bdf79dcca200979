"""What lapses when a round is over: drafts, and applications that wait for changes; at the end of the day in London."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.clockwork.jobs import Done
from tests.api.counting import sequence
from tests.api.post_decision import ticked
from tests.api.scheduling import MOMENT, ready, written
from tests.api.steps import (
    At,
    changes_requested,
    declared,
    drafted,
    log_size,
    made_round,
    recorded,
    submitted,
    withdrawn,
)
from tests.world import NORTH_WEST_LONDON, World

ROUND = "closing"
OVER = datetime(2014, 12, 20, tzinfo=UTC)
# The last Sundays of March and October have 23 and 25 hours.
ENDS = [
    (date(2015, 1, 31), datetime(2015, 2, 1, 0, 0, tzinfo=UTC)),
    (date(2015, 3, 28), datetime(2015, 3, 29, 0, 0, tzinfo=UTC)),
    (date(2015, 3, 29), datetime(2015, 3, 29, 23, 0, tzinfo=UTC)),
    (date(2015, 7, 15), datetime(2015, 7, 15, 23, 0, tzinfo=UTC)),
    (date(2015, 10, 24), datetime(2015, 10, 24, 23, 0, tzinfo=UTC)),
    (date(2015, 10, 25), datetime(2015, 10, 26, 0, 0, tzinfo=UTC)),
]


def closing(world: World, closes_on: date, **changed: date) -> None:
    made_round(world, ROUND, delegated_deadline=None, joint_deadline=None, closes_on=closes_on, **changed)


def waiting(world: World, *members: str) -> At:
    """An application that waits for changes until the last day of the round."""
    return changes_requested(world, submitted(world, *members, round_id=ROUND), "2014-12-19")


def state(world: World, at: At) -> str:
    answer = world.system(at.client).get(at.where)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["state"]
    return found


@pytest.mark.parametrize(("closes_on", "over"), ENDS)
def test_a_draft_lapses_when_the_day_is_over_in_london(sqlite_world: World, closes_on: date, over: datetime) -> None:
    world = sqlite_world
    closing(world, closes_on)
    at = drafted(world, "07T", round_id=ROUND)

    world.clock.move_to(over - MOMENT)
    early = (ticked(world), state(world, at))
    world.clock.move_to(over)
    done = ticked(world)

    assert early == ([], "draft")
    assert (done, state(world, at)) == ([Done("applications lapsed", 1)], "lapsed")


@pytest.fixture
def closed(world: World) -> dict[str, At]:
    """A round that closed on 19 December, with an application in each state, on the morning after."""
    closing(world, date(2014, 12, 19))
    at = {
        "draft": drafted(world, "07T", round_id=ROUND),
        "changes_requested": waiting(world, "02W"),
        "submitted": submitted(world, "10T", round_id=ROUND),
        "recommended": recorded(world, submitted(world, "05W", round_id=ROUND)),
        "withdrawn": withdrawn(world, submitted(world, "05C", round_id=ROUND)),
        "decided": ready(world, "07P", round_id=ROUND),
    }
    world.clock.move_to(OVER)
    return at


def test_drafts_and_what_waits_for_changes_lapse_and_nothing_else(world: World, closed: dict[str, At]) -> None:
    assert ticked(world) == [Done("applications lapsed", 2)]

    assert {name: state(world, at) for name, at in closed.items()} == {
        "draft": "lapsed",
        "changes_requested": "lapsed",
        "submitted": "submitted",
        "recommended": "recommended",
        "withdrawn": "withdrawn",
        "decided": "recommended",  # as the applicants see it
    }
    assert ticked(world) == []


def test_a_lapse_is_the_next_version_and_waits_on_nobody(sqlite_world: World) -> None:
    world = sqlite_world
    closing(world, date(2014, 12, 19))
    at = waiting(world, "02W")
    world.clock.move_to(OVER)

    ticked(world)

    answer = world.system("bradford").get(f"{at.where}/status")
    assert answer.json()["version"] == int(at.etag.strip('"v')) + 1
    told = {name: answer.json()[name] for name in ("state", "waitingOn", "dueOn", "nextActions")}
    assert told == {"state": "lapsed", "waitingOn": "none", "dueOn": None, "nextActions": []}


def test_applicants_read_of_it_and_nobody_who_did_not_see_the_application(sqlite_world: World) -> None:
    world = sqlite_world
    closing(world, date(2014, 12, 19))
    draft = drafted(world, "07T", round_id=ROUND)
    world.clock.move_to(OVER)

    ticked(world)

    [told] = [each for each in _events(world, "hackney") if each["type"] == "application.lapsed"]
    assert (told["reference"], told["href"], told["recordedAt"]) == (
        draft.reference,
        draft.where,
        "2014-12-20T00:00:00Z",
    )
    assert [each for each in _events(world, "slough") if each["type"] == "application.lapsed"] == []
    for person in ("london-panel-1", "national-1"):
        assert world.person(person).get(draft.where).status_code == 404


def _events(world: World, who: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = world.system(who).get("/v1/events?after=200&limit=200").json()["results"]
    return found


def test_a_panel_sees_what_it_had_before_it_as_lapsed(sqlite_world: World) -> None:
    world = sqlite_world
    closing(world, date(2014, 12, 19))
    at = waiting(world, "02W")
    world.clock.move_to(OVER)
    ticked(world)

    answer = world.person("north-panel-1").get(at.where)

    assert (answer.json()["state"], answer.json()["nextActions"]) == ("lapsed", [])
    assert world.person("north-panel-1").get("/v1/queue").json()["results"] == []


def test_after_an_outage_it_lapses_late_and_says_when_it_was_due(sqlite_world: World) -> None:
    world = sqlite_world
    closing(world, date(2014, 12, 19))
    at = drafted(world, "07T", round_id=ROUND)
    world.clock.move_to(OVER + timedelta(days=9, hours=1))

    ticked(world)

    [lapsed] = written(world, "application.lapsed")
    assert (lapsed.subject, lapsed.at) == (at.reference, world.clock.at)
    assert lapsed.data == {
        "state": "lapsed",
        "version": 2,
        "memberOdsCodes": ["07T"],
        "dueAt": "2014-12-20T00:00:00Z",
    }


def test_nothing_public_moves(world: World, closed: dict[str, At]) -> None:
    asked = ("/v1/changes?after=0&limit=200", "/v1/rounds", f"/v1/statistics?round={ROUND}", "/v1/organisations/02W")
    before, size = [world.public.get(path).content for path in asked], sequence(world)

    ticked(world)

    assert len(closed) == 6
    assert ([world.public.get(path).content for path in asked], sequence(world)) == (before, size)


def test_what_has_lapsed_blocks_nobody(world: World) -> None:
    """The round is given more days: who lapsed may apply again, or declare, and leads another application."""
    closing(world, date(2014, 12, 19))
    alone = waiting(world, "02W")
    group = waiting(world, *NORTH_WEST_LONDON)
    stoke = waiting(world, "05W")
    world.clock.move_to(OVER)
    ticked(world)

    closing(world, date(2014, 12, 31))

    again = submitted(world, "02W", round_id=ROUND)
    smaller = submitted(world, *NORTH_WEST_LONDON[:2], round_id=ROUND)
    declared(world, "05W", round_id=ROUND)
    assert {state(world, at) for at in (alone, group, stoke)} == {"lapsed"}
    assert {state(world, at) for at in (again, smaller)} == {"submitted"}


def test_a_round_that_was_given_more_days_lapses_at_their_end(sqlite_world: World) -> None:
    world = sqlite_world
    closing(world, date(2014, 12, 19))
    at = drafted(world, "07T", round_id=ROUND)
    world.clock.move_to(OVER - MOMENT)
    closing(world, date(2014, 12, 20))
    world.clock.move_to(OVER)
    size = log_size(world)

    assert (ticked(world), log_size(world), state(world, at)) == ([], size, "draft")
    world.clock.move_to(OVER + timedelta(days=1))
    assert (ticked(world), state(world, at)) == ([Done("applications lapsed", 1)], "lapsed")


def test_several_rounds_lapse_each_with_the_hour_it_was_due(sqlite_world: World) -> None:
    world = sqlite_world
    for place, day in enumerate((18, 19)):
        made_round(
            world,
            f"closing-{place}",
            delegated_deadline=None,
            joint_deadline=None,
            closes_on=date(2014, 12, day),
        )
        drafted(world, "07T", round_id=f"closing-{place}")
    world.clock.move_to(OVER)

    assert ticked(world) == [Done("applications lapsed", 2)]

    assert {each.data["dueAt"] for each in written(world, "application.lapsed")} == {
        "2014-12-19T00:00:00Z",
        "2014-12-20T00:00:00Z",
    }
