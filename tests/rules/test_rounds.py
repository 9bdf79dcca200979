"""Rounds: what their days allow, and every fault of a plan at once."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.rules.refusals import Fault, InvalidDocument
from app.rules.rounds import RoundPlan, RoundState, check_extension, check_plan, covered_rounds
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


def test_a_plan_in_order_has_no_fault() -> None:
    check_plan(ROUND)
    check_plan(replace(ROUND, applicants_see_at=datetime(2015, 2, 18, 9, 30, tzinfo=UTC)))


@pytest.mark.parametrize(
    "plan",
    [
        replace(ROUND, round_id="1"),
        replace(ROUND, round_id="a" * 40),
        replace(ROUND, title="T"),
        replace(ROUND, title="T" * 200),
        replace(ROUND, opens_on=date(2015, 1, 9), closes_on=date(2015, 1, 9)),
        replace(ROUND, delegated_deadline=ROUND.opens_on, joint_deadline=ROUND.closes_on),
        replace(ROUND, counted_on=date(2014, 11, 10)),
        replace(ROUND, counted_on=ROUND.starts_on),
        replace(ROUND, closes_on=date(2015, 3, 31)),
        replace(ROUND, applications_public_from=ROUND.opens_on),
        replace(ROUND, review_from=ROUND.opens_on, review_to=ROUND.opens_on, announcement_expected_on=ROUND.starts_on),
        replace(ROUND, review_to=ROUND.starts_on, announcement_expected_on=ROUND.starts_on),
    ],
)
def test_the_ends_of_what_a_plan_may_say_are_within_it(plan: RoundPlan) -> None:
    check_plan(plan)


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

    assert refused.value.detail == "The round's document breaks rules."
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


@pytest.mark.parametrize(
    ("days", "faults"),
    [
        (("2014-01-01", None, None), [Fault("/reviewFrom", "Not before opensOn and not after startsOn.")]),
        (("2015-02-01", "2015-01-31", None), [Fault("/reviewTo", "Not before reviewFrom and not after startsOn.")]),
        (
            ("2015-02-01", "2015-02-10", "2015-02-09"),
            [Fault("/announcementExpectedOn", "Not before reviewTo and not after startsOn.")],
        ),
        (
            ("2015-02-01", "2014-01-01", "2015-01-31"),
            [
                Fault("/reviewTo", "Not before reviewFrom and not after startsOn."),
                Fault("/announcementExpectedOn", "Not before reviewFrom and not after startsOn."),
            ],
        ),
        ((None, None, "2020-01-01"), [Fault("/announcementExpectedOn", "Not before opensOn and not after startsOn.")]),
    ],
)
def test_review_and_announcement_are_planned_in_their_order(
    days: tuple[str | None, str | None, str | None], faults: list[Fault]
) -> None:
    first, last, expected = (None if each is None else date.fromisoformat(each) for each in days)

    with pytest.raises(InvalidDocument) as refused:
        check_plan(replace(ROUND, review_from=first, review_to=last, announcement_expected_on=expected))

    assert list(refused.value.faults) == faults


# --- what is known of the past ------------------------------------------------------------------

PARTIAL = replace(ROUND, coverage="partial", opens_on=None, closes_on=None, source="NHS England, checklist for 2015-16")


@pytest.mark.parametrize(
    "plan",
    [
        PARTIAL,
        replace(PARTIAL, opens_on=date(2014, 11, 10)),
        replace(PARTIAL, closes_on=date(2015, 2, 28)),
        replace(PARTIAL, opens_on=date(2014, 11, 10), closes_on=date(2015, 2, 28)),
        replace(ROUND, opens_on=None),
        replace(ROUND, closes_on=None),
    ],
)
@pytest.mark.parametrize("day", [date(2014, 1, 1), date(2014, 12, 1), date(2015, 4, 1)])
def test_nothing_is_applied_for_in_a_round_that_is_known_in_part(plan: RoundPlan, day: date) -> None:
    assert plan.state_on(day) is RoundState.CLOSED
    assert not plan.takes_applications_on(day)


@pytest.mark.parametrize(
    ("level", "deadline"),
    [(Level.DELEGATED, date(2015, 1, 9)), (Level.JOINT, None), (Level.GREATER_INVOLVEMENT, None), (Level.NONE, None)],
)
def test_a_deadline_that_no_source_names_is_not_known(level: Level, deadline: date | None) -> None:
    assert PARTIAL.deadline_for(level) == deadline


def test_a_partial_plan_needs_no_days_on_which_it_opened_and_closed() -> None:
    check_plan(PARTIAL)
    check_plan(replace(PARTIAL, counted_on=PARTIAL.starts_on))
    check_plan(replace(PARTIAL, opens_on=date(2014, 11, 10)))
    check_plan(replace(PARTIAL, closes_on=date(2015, 2, 28)))
    check_plan(replace(PARTIAL, source=None))


def faults_of(plan: RoundPlan) -> tuple[Fault, ...]:
    with pytest.raises(InvalidDocument) as refused:
        check_plan(plan)
    return refused.value.faults


NEEDED = "Required, except of a past round that is known in part."
DEADLINE = "Not before opensOn and not after closesOn."
COUNTED = "Not before opensOn and not after startsOn."
IN_SOURCE = "Between 1 and 500 characters."
IN_ROUND_ID = "At most 40 small letters, digits and single hyphens between them."


@pytest.mark.parametrize(
    ("plan", "faults"),
    [
        (replace(ROUND, opens_on=None), (Fault("/opensOn", NEEDED),)),
        (replace(ROUND, closes_on=None), (Fault("/closesOn", NEEDED),)),
        (
            replace(ROUND, opens_on=None, closes_on=None),
            (Fault("/opensOn", NEEDED), Fault("/closesOn", NEEDED)),
        ),
        (replace(PARTIAL, counted_on=date(2015, 4, 2)), (Fault("/countedOn", COUNTED),)),
        (
            replace(PARTIAL, opens_on=date(2015, 3, 1)),
            (Fault("/deadlines/delegated", DEADLINE), Fault("/countedOn", COUNTED)),
        ),
        (replace(PARTIAL, closes_on=date(2015, 1, 8)), (Fault("/deadlines/delegated", DEADLINE),)),
        (replace(PARTIAL, delegated_deadline=PARTIAL.starts_on), (Fault("/deadlines/delegated", "Before startsOn."),)),
        (replace(PARTIAL, closes_on=date(2015, 4, 1)), (Fault("/startsOn", "After closesOn."),)),
        (replace(ROUND, round_id="a" * 41), (Fault("/roundId", IN_ROUND_ID),)),
        (replace(ROUND, round_id="2015--16"), (Fault("/roundId", IN_ROUND_ID),)),
        (replace(ROUND, title="T" * 201), (Fault("/title", "Between 1 and 200 characters."),)),
        (replace(PARTIAL, source=""), (Fault("/source", IN_SOURCE),)),
        (replace(PARTIAL, source="x" * 501), (Fault("/source", IN_SOURCE),)),
        (replace(ROUND, source=""), (Fault("/source", IN_SOURCE),)),
    ],
)
def test_the_days_that_are_known_of_a_round_stand_in_order(plan: RoundPlan, faults: tuple[Fault, ...]) -> None:
    assert faults_of(plan) == faults


def test_a_source_has_at_most_500_characters() -> None:
    check_plan(replace(PARTIAL, source="x"))
    check_plan(replace(PARTIAL, source="x" * 500))


@pytest.mark.parametrize(
    ("public_from", "is_counted"),
    [(None, False), (date(2015, 1, 24), False), (date(2015, 1, 23), True), (date(2015, 1, 22), True)],
)
def test_applications_are_counted_from_the_day_on_which_they_are_public(
    public_from: date | None, *, is_counted: bool
) -> None:
    plan = replace(ROUND, applications_public_from=public_from)

    assert plan.counts_applications_on(date(2015, 1, 23)) is is_counted


DAY = date(2015, 1, 9)


@pytest.mark.parametrize(
    ("until", "extends", "closes_on", "faults"),
    [
        (date(2015, 1, 10), DAY, date(2015, 1, 10), []),
        (date(2015, 1, 10), None, date(2015, 1, 10), []),
        (DAY, DAY, date(2015, 1, 10), ["There is time until 2015-01-09 already."]),
        (date(2015, 1, 8), date(2015, 1, 7), date(2015, 1, 10), ["2015-01-08 has passed."]),
        (date(2015, 1, 11), DAY, date(2015, 1, 10), ["The round closes on 2015-01-10."]),
        (
            date(2015, 1, 8),
            DAY,
            date(2015, 1, 7),
            ["2015-01-08 has passed.", "There is time until 2015-01-09 already.", "The round closes on 2015-01-07."],
        ),
        (date(2015, 1, 10), None, None, ["The round is over."]),
    ],
)
def test_more_time_is_from_today_later_than_there_was_and_within_the_round(
    until: date, extends: date | None, closes_on: date | None, faults: list[str]
) -> None:
    """Today is 9 January. Of a past round the day it closed may be unknown."""
    found: list[Fault] = []
    detail = None
    try:
        check_extension(until, DAY, extends=extends, closes_on=closes_on)
    except InvalidDocument as refusal:
        detail, found = refusal.detail, list(refusal.faults)

    assert found == [Fault("/until", each) for each in faults]
    assert detail == (faults[0] if faults else None)


REAL, OLDER, TRIAL = ROUND, replace(ROUND, round_id="2014-15"), replace(ROUND, round_id="trial", kind="trial")


@pytest.mark.parametrize(
    ("named", "covered"),
    [
        ([], [REAL, OLDER]),
        (["trial"], [TRIAL]),
        (["2014-15", "trial"], [TRIAL, OLDER]),
    ],
)
def test_a_list_covers_the_rounds_that_are_named_or_else_all_real_ones(
    named: list[str], covered: list[RoundPlan]
) -> None:
    assert covered_rounds([REAL, TRIAL, OLDER], named) == covered


def test_a_stage_is_one_of_two() -> None:
    check_plan(replace(ROUND, stage="expression_of_interest"))

    with pytest.raises(InvalidDocument) as refused:
        check_plan(replace(ROUND, stage="hearsay"))

    assert refused.value.faults == (Fault("/stage", "One of application, expression_of_interest."),)


def test_a_round_of_interest_is_covered_only_if_it_is_named() -> None:
    interest = replace(REAL, round_id="interest", stage="expression_of_interest")

    assert covered_rounds([REAL, interest], []) == [REAL]
    assert covered_rounds([REAL, interest], ["interest"]) == [interest]
