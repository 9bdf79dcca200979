"""Rounds: what their days allow, and every fault of a plan at once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.rules.refusals import Fault, InvalidDocument
from app.rules.rounds import RoundPlan, check_plan
from app.rules.words import Level

ROUND = RoundPlan(
    round_id="2015-16",
    title="Co-commissioning 2015-16",
    kind="real",
    coverage="complete",
    opens_on=date(2014, 11, 10),
    delegated_deadline=date(2015, 1, 9),
    joint_deadline=None,
    closes_on=date(2015, 2, 28),
    starts_on=date(2015, 4, 1),
    counted_on=date(2015, 2, 18),
)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2014, 11, 9), "planned"),
        (date(2014, 11, 10), "open"),
        (date(2015, 2, 28), "open"),
        (date(2015, 3, 1), "closed"),
    ],
)
def test_a_round_is_open_from_the_day_it_opens_to_the_day_it_closes(day: date, state: str) -> None:
    assert ROUND.state_on(day) == state
    assert ROUND.takes_applications_on(day) is (state == "open")


@pytest.mark.parametrize(
    ("level", "deadline"),
    [
        (Level.DELEGATED, date(2015, 1, 9)),
        (Level.JOINT, date(2015, 2, 28)),
        (Level.GREATER_INVOLVEMENT, date(2015, 2, 28)),
        (Level.NONE, date(2015, 2, 28)),
    ],
)
def test_a_level_without_a_deadline_of_its_own_is_taken_until_the_round_closes(level: Level, deadline: date) -> None:
    assert ROUND.deadline_for(level) == deadline


def test_a_round_is_over_when_the_london_day_it_closes_is_over() -> None:
    summer = replace(ROUND, closes_on=date(2015, 6, 30))
    end = datetime(2015, 6, 30, 23, 0, tzinfo=UTC)

    assert not summer.is_over(end - timedelta(milliseconds=1))
    assert summer.is_over(end)


def test_a_plan_in_order_has_no_fault() -> None:
    check_plan(ROUND)
    check_plan(replace(ROUND, applicants_see_at=datetime(2015, 2, 18, 9, 30, tzinfo=UTC)))


def test_every_fault_of_a_plan_is_named_at_once() -> None:
    plan = RoundPlan(
        round_id="2015/16",
        title="",
        kind="practice",
        coverage="all",
        opens_on=date(2015, 3, 1),
        delegated_deadline=date(2015, 1, 9),
        joint_deadline=date(2015, 4, 2),
        closes_on=date(2015, 2, 28),
        starts_on=date(2015, 2, 28),
        counted_on=date(2014, 1, 1),
        applications_public_from=date(2014, 1, 1),
        applicants_see_at=datetime(2015, 2, 18, 9, 30),  # noqa: DTZ001  the fault under test
    )

    with pytest.raises(InvalidDocument) as refused:
        check_plan(plan)

    assert refused.value.faults == (
        Fault("/roundId", "At most 40 small letters, digits and single hyphens between them."),
        Fault("/title", "Between 1 and 200 characters."),
        Fault("/kind", "One of real, trial."),
        Fault("/coverage", "One of complete, partial."),
        Fault("/closesOn", "Not before opensOn."),
        Fault("/deadlines/delegated", "Not before opensOn and not after closesOn."),
        Fault("/deadlines/joint", "Not before opensOn and not after closesOn."),
        Fault("/startsOn", "After closesOn."),
        Fault("/countedOn", "Not before opensOn and not after startsOn."),
        Fault("/applicationsPublicFrom", "Not before opensOn."),
        Fault("/applicantsSeeAt", "An instant needs a time zone."),
    )
