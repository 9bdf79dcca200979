"""Grants that start and end with a day in London: told once, on that day or late, and never where they do not start."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.casework.organisations import import_organisations
from app.clockwork.jobs import Done
from app.records import organisations
from tests.api.counting import sequence
from tests.api.post_decision import (
    Decided,
    corrected,
    decided,
    discharged,
    evidenced,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    revoked,
    signed,
    ticked,
)
from tests.api.scheduling import MOMENT, Written, changes, written
from tests.api.steps import announced, granted, log_size, made_round, recorded, signed_off, submitted
from tests.past import LONG_AFTER, decision, say
from tests.world import World, outcome

APRIL = date(2015, 4, 1)
STARTED, ENDED = Done("grants started", 1), Done("grants ended", 1)
# Both Sundays on which the clocks change, and the days after them.
MORNINGS = [
    (date(2015, 3, 28), datetime(2015, 3, 28, 0, tzinfo=UTC)),
    (date(2015, 3, 29), datetime(2015, 3, 29, 0, tzinfo=UTC)),
    (date(2015, 3, 30), datetime(2015, 3, 29, 23, tzinfo=UTC)),
    (APRIL, datetime(2015, 3, 31, 23, tzinfo=UTC)),
    (date(2015, 10, 25), datetime(2015, 10, 24, 23, tzinfo=UTC)),
    (date(2015, 10, 26), datetime(2015, 10, 26, 0, tzinfo=UTC)),
]


def grant(world: World, code: str = "10T", day: date = APRIL, level: str = "delegated") -> Decided:
    """Announced, the agreement signed, and to start on a day."""
    at = recorded(world, submitted(world, code, level=level), outcome(code, "approved"))
    by = "national-1" if level == "delegated" else at.panel(2)
    at = signed_off(world, at, by, {"decision": "confirm", "effectiveFrom": day.isoformat()})
    announced(world)
    found = decided(at.reference, code)
    signed(world, found, date(2014, 12, 15))
    return found


def told(world: World, kind: str, at: Decided, after: int = 0) -> list[Written]:
    """What the log has of one kind about the grant. The world knows from the start when its CCGs close."""
    return [each for each in written(world, kind, after=after) if each.subject == at.decision_id]


def standing(world: World, at: Decided) -> dict[str, Any]:
    """The grant as the list of approvals has it."""
    [row] = world.public.get(f"/v1/approvals?q={at.code}&outcome=approved,conditional").json()["results"]
    return {name: row[name] for name in ("standing", "inForceFrom", "inForceTo", "endedBy", "endReason")}


# --- starts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "begins"), MORNINGS)
def test_a_start_is_told_when_its_day_begins_in_london(sqlite_world: World, day: date, begins: datetime) -> None:
    world = sqlite_world
    at = grant(world, day=day)

    world.clock.move_to(begins - MOMENT)
    early = ticked(world)
    world.clock.move_to(begins)
    done, again = ticked(world), ticked(world)

    assert (early, done, again) == ([], [STARTED], [])
    [start] = told(world, "approval.started", at)
    assert (start.at, start.data["occurredOn"], start.publishes) == (begins, day.isoformat(), True)


def test_a_start_is_a_public_change_and_the_next_version_of_the_decision(world: World) -> None:
    at = grant(world)
    before = sequence(world)
    version = _version(world, at)

    morning_of(world, APRIL)

    [change] = changes(world, before)
    assert change == {
        "sequence": sequence(world),
        "type": "approval.started",
        "odsCode": "10T",
        "decisionId": at.decision_id,
        "round": "2015-16",
        "occurredOn": "2015-04-01",
        "recordedAt": "2015-03-31T23:00:00Z",
        "dueAt": "2015-03-31T23:00:00Z",
        "reason": None,
        "basis": None,
        "source": None,
        "href": "/v1/approvals/10T",
    }
    assert _version(world, at) == version + 1
    assert standing(world, at)["standing"] == "in_force"


def _version(world: World, at: Decided) -> int:
    found: int = world.person("national-1").get(f"{at.where}/record").json()["version"]
    return found


def test_several_missed_days_are_told_late_each_with_its_own(sqlite_world: World) -> None:
    world = sqlite_world
    days = {"10T": date(2015, 4, 2), "05W": APRIL, "02W": date(2015, 4, 3)}
    at = {code: grant(world, code, day) for code, day in days.items()}
    world.clock.move_to(datetime(2015, 4, 6, 8, 30, tzinfo=UTC))

    done = ticked(world)

    assert done == [Done("grants started", 3)]
    for code, day in days.items():
        [start] = told(world, "approval.started", at[code])
        assert (start.at, start.data["occurredOn"]) == (world.clock.at, day.isoformat())
        assert start.data["dueAt"] == f"{(day - timedelta(days=1)).isoformat()}T23:00:00Z"
    assert ticked(world) == []


def test_a_start_whose_agreement_came_later_is_told_with_it_and_not_again(sqlite_world: World) -> None:
    world = sqlite_world
    found = granted(world, "10T")
    at = decided(found.reference, "10T")
    morning_of(world, APRIL)
    assert told(world, "approval.started", at) == []
    world.clock.move_to(datetime(2015, 4, 10, 9, tzinfo=UTC))

    signed(world, at, date(2015, 4, 10))

    assert len(told(world, "approval.started", at)) == 1
    world.clock.move_to(datetime(2015, 4, 11, 9, tzinfo=UTC))
    assert (ticked(world), len(told(world, "approval.started", at))) == ([], 1)


def test_a_conditional_grant_starts_when_it_was_promoted(sqlite_world: World) -> None:
    world = sqlite_world
    at = decided(granted(world, "10T", word="conditional").reference, "10T")
    signed(world, at, date(2014, 12, 15))
    evidenced(world, at)
    discharged(world, at)

    morning_of(world, APRIL)

    assert len(told(world, "approval.started", at)) == 1


def closed(world: World, code: str, day: date) -> None:
    """A newer source says that a CCG closes."""
    with world.database.writing() as session:
        record = organisations.all_known(session)[code]
        *earlier, last = [fact for fact in record.facts if fact.valid_from <= day]
        facts = (*earlier, replace(last, valid_to=day))
        changed = replace(record, closed_on=day, known_to=record.known_to + timedelta(days=1), facts=facts)
        import_organisations(session, [changed], actor="test", at=world.clock.at)


def never_signed(world: World) -> Decided:
    return decided(granted(world, "10T").reference, "10T")


def never_taken_up(world: World) -> Decided:
    at = never_signed(world)
    not_taken_up(world, at)
    return at


def closed_before(world: World) -> Decided:
    at = grant(world)
    closed(world, "10T", date(2015, 3, 20))
    return at


def revoked_before(world: World) -> Decided:
    at = grant(world)
    revoked(world, at, lastDay="2015-03-15")
    return at


def condition_open(world: World) -> Decided:
    at = decided(granted(world, "10T", word="conditional").reference, "10T")
    signed(world, at, date(2014, 12, 15))
    return at


def condition_lapsed(world: World) -> Decided:
    at = condition_open(world)
    world.clock.move_to(datetime(2015, 3, 2, 9, tzinfo=UTC))
    lapsed(world, at)
    return at


def void(world: World) -> Decided:
    at = grant(world)
    corrected(world, at, {k: v for k, v in outcome("10T", "rejected").items() if k != "odsCode"})
    return at


NEVER = [never_signed, never_taken_up, closed_before, revoked_before, condition_open, condition_lapsed, void]


@pytest.mark.parametrize("made", NEVER)
def test_a_grant_that_does_not_start_tells_no_start(sqlite_world: World, made: Any) -> None:
    world = sqlite_world
    at = made(world)

    morning_of(world, APRIL)
    morning_of(world, date(2015, 4, 2))

    assert told(world, "approval.started", at) == []
    assert len(told(world, "approval.ended", at)) <= 1


# --- ends ---------------------------------------------------------------------------------------


def by_notice(world: World, at: Decided) -> str:
    noticed(world, at, reason="We take back the work.")
    return "notice.given"


def by_merger(world: World, at: Decided) -> str:
    closed(world, at.code, date(2016, 3, 31))
    return "approval.ending"


def by_revocation(world: World, at: Decided) -> str:
    revoked(world, at, lastDay="2016-03-31")
    return "approval.ending"


def by_grant(world: World, at: Decided) -> str:
    made_round(world, "2016-17", opens_on=date(2014, 12, 1), closes_on=date(2015, 12, 31), delegated_deadline=None)
    new = granted(world, at.code, round_id="2016-17")
    signed(world, decided(new.reference, at.code), date(2015, 6, 1))
    return "approval.ending"


ENDS = [
    (by_notice, "notice", "We take back the work."),
    (by_merger, "succeeded", None),
    (by_revocation, "revoked", "In special measures."),
]


@pytest.mark.parametrize(("ends", "by", "reason"), ENDS)
def test_an_end_that_lies_ahead_is_told_when_it_is_known_and_when_it_has_come(
    world: World, ends: Any, by: str, reason: str | None
) -> None:
    at = grant(world)
    morning_of(world, APRIL)
    world.clock.move_to(datetime(2015, 6, 1, 9, tzinfo=UTC))

    size = log_size(world)
    kind = ends(world, at)
    ahead = (len(told(world, kind, at, size)), told(world, "approval.ended", at), standing(world, at))
    world.clock.move_to(datetime(2016, 3, 31, 23, tzinfo=UTC) - MOMENT)
    early = ticked(world)
    world.clock.move_to(datetime(2016, 3, 31, 23, tzinfo=UTC))
    done, again = ticked(world), ticked(world)

    known = {"inForceFrom": "2015-04-01", "inForceTo": "2016-03-31", "endedBy": by, "endReason": reason}
    assert ahead == (1, [], {"standing": "in_force", **known})
    assert (early, done, again) == ([], [ENDED], [])
    [end] = told(world, "approval.ended", at)
    told_of_it = {name: end.data[name] for name in ("occurredOn", "inForceTo", "endedBy", "dueAt")}
    assert told_of_it == {
        "occurredOn": "2016-03-31",
        "inForceTo": "2016-03-31",
        "endedBy": by,
        "dueAt": "2016-03-31T23:00:00Z",
    }
    assert standing(world, at) == {"standing": "ended", **known}


def test_a_new_grant_starts_as_the_older_one_ends(world: World) -> None:
    at = grant(world, level="joint")
    morning_of(world, APRIL)
    world.clock.move_to(datetime(2015, 6, 1, 9, tzinfo=UTC))
    size = log_size(world)
    assert len(told(world, by_grant(world, at), at, size)) == 1

    morning_of(world, date(2016, 4, 1))

    new = [each for each in written(world, "approval.started") if each.subject != at.decision_id]
    [end] = told(world, "approval.ended", at)
    assert [each.data["occurredOn"] for each in new] == ["2016-04-01"]
    assert (end.data["endedBy"], end.data["occurredOn"]) == ("superseded_by_grant", "2016-03-31")
    size = log_size(world)
    assert (ticked(world), log_size(world)) == ([], size)


def test_a_start_and_an_end_that_were_both_missed_are_both_told(sqlite_world: World) -> None:
    world = sqlite_world
    at = grant(world)
    revoked(world, at, lastDay="2015-04-10")
    world.clock.move_to(datetime(2015, 5, 1, 9, tzinfo=UTC))

    done = ticked(world)

    assert done == [STARTED, ENDED]
    [start], [end] = told(world, "approval.started", at), told(world, "approval.ended", at)
    assert (start.data["dueAt"], end.data["dueAt"]) == ("2015-03-31T23:00:00Z", "2015-04-10T23:00:00Z")
    assert (start.at, end.at) == (world.clock.at, world.clock.at)


def test_an_end_today_is_told_by_the_act_and_once_more_when_the_day_is_over(sqlite_world: World) -> None:
    world = sqlite_world
    at = grant(world)
    morning_of(world, APRIL)
    world.clock.move_to(datetime(2015, 5, 1, 9, tzinfo=UTC))
    size = log_size(world)
    revoked(world, at)
    today = (len(told(world, "approval.ending", at, size)), len(told(world, "approval.ended", at)))

    morning_of(world, date(2015, 5, 2))

    assert today == (1, 0)
    assert len(told(world, "approval.ended", at)) == 1
    assert standing(world, at)["endReason"] == "In special measures."


def test_nobody_is_told_again_of_what_was_taken_down_of_the_past(sqlite_world: World) -> None:
    """Its grants had started and ended before; what ended them is told when it is taken down."""
    world = sqlite_world
    with world.database.writing() as session:
        say(session, decision("02W"), decision("02R"))
    world.clock.move_to(LONG_AFTER)

    assert ticked(world) == []
    world.clock.move_by(days=400)
    assert ticked(world) == []
    assert written(world, "approval.started") == []
