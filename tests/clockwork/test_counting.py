"""The day from which applications are counted in public: by a publication, of the clockwork where there is no other."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.clockwork.jobs import Done
from tests.api.counting import sequence
from tests.api.post_decision import ticked
from tests.api.replay import planned
from tests.api.scheduling import MOMENT, changes, ready, scheduled, written
from tests.api.steps import declared, drafted, log_size, made_round, submitted
from tests.world import World

# In summer time a London day begins in the evening before, by UTC.
DAYS = [
    (date(2015, 1, 23), datetime(2015, 1, 23, tzinfo=UTC)),
    (date(2015, 3, 29), datetime(2015, 3, 29, tzinfo=UTC)),
    (date(2015, 3, 30), datetime(2015, 3, 29, 23, tzinfo=UTC)),
    (date(2015, 6, 1), datetime(2015, 5, 31, 23, tzinfo=UTC)),
]
DAY, BEGINS = DAYS[0]
COUNTED = Done("rounds whose applications are counted", 1)


def requested(world: World, round_id: str = "2015-16") -> int:
    found: list[dict[str, Any]] = world.public.get(f"/v1/statistics?round={round_id}").json()["rounds"]
    number: int = found[0]["recorded"]["requested"]["delegated"]
    return number


@pytest.mark.parametrize(("day", "begins"), DAYS)
def test_they_are_counted_with_the_day_in_london(sqlite_world: World, day: date, begins: datetime) -> None:
    """Also when the round is over by then: the third of these days and the last lie on both sides of its closing."""
    world = sqlite_world
    planned(world, public_from=day)
    submitted(world, "10T")
    before = sequence(world)

    world.clock.move_to(begins - MOMENT)
    early = ([each for each in ticked(world) if each == COUNTED], requested(world), sequence(world))
    world.clock.move_to(begins)
    unticked = requested(world)
    done = ticked(world)

    assert (early, unticked) == (([], 0, before), 0)
    assert (done, requested(world)) == ([COUNTED], 1)


def test_the_publication_is_a_change_of_the_round_that_says_when_it_was_due(world: World) -> None:
    planned(world, public_from=DAY)
    submitted(world, "10T")
    before, plan = sequence(world), _plan(world)
    world.clock.move_to(BEGINS + timedelta(days=2, hours=7))

    ticked(world)

    [change] = changes(world, before)
    told = {name: change[name] for name in ("type", "round", "odsCode", "dueAt", "recordedAt", "occurredOn")}
    assert told == {
        "type": "round.changed",
        "round": "2015-16",
        "odsCode": None,
        "dueAt": "2015-01-23T00:00:00Z",
        "recordedAt": "2015-01-25T07:00:00Z",
        "occurredOn": None,
    }
    assert _plan(world) == plan
    assert requested(world) == 1


def _plan(world: World) -> dict[str, Any]:
    """What an admin puts of the round; what is counted in it left out."""
    found: dict[str, Any] = world.public.get("/v1/rounds/2015-16").json()
    return {
        name: found[name] for name in ("title", "kind", "opensOn", "closesOn", "deadlines", "applicationsPublicFrom")
    }


def test_it_is_written_once(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, public_from=DAY)
    submitted(world, "10T")
    world.clock.move_to(BEGINS)
    ticked(world)
    size = log_size(world)

    again = ticked(world)
    submitted(world, "05W", level="joint")
    world.clock.move_by(days=1)

    assert (again, ticked(world), log_size(world) - size, requested(world)) == ([], [], 2, 1)


def test_nothing_is_written_where_something_was_published_since_the_day_began(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, public_from=DAY)
    submitted(world, "10T")
    world.clock.move_to(BEGINS)
    declared(world, "02W", round_id="trial")
    size = log_size(world)
    world.clock.move_by(seconds=1)

    assert (ticked(world), log_size(world), requested(world)) == ([], size, 1)


def test_what_is_published_before_the_day_does_not_stand_in_for_it(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, public_from=DAY)
    submitted(world, "10T")
    world.clock.move_to(BEGINS - MOMENT)
    declared(world, "02W", round_id="trial")
    world.clock.move_to(BEGINS)

    assert (requested(world), ticked(world), requested(world)) == (0, [COUNTED], 1)


def test_an_announcement_of_the_same_tick_stands_in_for_it(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, public_from=DAY)
    ready(world)
    submitted(world, "05W")
    scheduled(world, BEGINS)
    world.clock.move_to(BEGINS)

    done = ticked(world)

    assert (done, requested(world)) == ([Done("decisions announced", 1)], 2)


def test_without_a_day_they_are_never_counted(sqlite_world: World) -> None:
    world = sqlite_world
    submitted(world, "10T")
    world.clock.move_to(BEGINS)

    assert (ticked(world), requested(world)) == ([], 0)


def test_drafts_are_not_counted(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, public_from=DAY)
    drafted(world, "10T")
    world.clock.move_to(BEGINS)

    assert (ticked(world), requested(world)) == ([COUNTED], 0)


def test_rounds_of_which_several_days_were_missed_are_counted_by_one_publication(sqlite_world: World) -> None:
    world = sqlite_world
    for place, day in enumerate((DAY, DAY + timedelta(days=1))):
        made_round(world, f"counted-{place}", kind="trial", applications_public_from=day)
        submitted(world, "10T", round_id=f"counted-{place}")
    world.clock.move_to(BEGINS + timedelta(days=3))

    done = ticked(world)

    assert done == [Done("rounds whose applications are counted", 2)]
    found = [each for each in written(world, "round.changed") if each.at == world.clock.at]
    assert [each.data["dueAt"] for each in found] == ["2015-01-23T00:00:00Z", "2015-01-24T00:00:00Z"]
    assert len({each.act for each in found}) == 1
    assert [requested(world, f"counted-{place}") for place in range(2)] == [1, 1]
    assert ticked(world) == []
