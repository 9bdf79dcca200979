"""Sentences that stand beside a list."""

from datetime import date

import pytest

from app.rules.caveats import known_in_part, known_until, lost_by_closing, named_of, of_grants
from app.rules.counts import Counted, figures
from app.rules.rounds import RoundPlan

ONLY_BY = "a successor holds it only by a grant of its own or a succession."
UNKNOWN = Counted("10T", "Y57", None, None, (), frozenset(), frozenset())


def plan(round_id: str, coverage: str = "partial") -> RoundPlan:
    day = date(2015, 4, 1)
    return RoundPlan(round_id, round_id, "real", coverage, day, None, None, day, day, day)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ([], []),
        (["2016-17"], ["Round 2016-17 is known in part: CCGs that our sources do not name are missing here."]),
        (
            ["2017-18", "2016-17"],
            ["Rounds 2016-17 and 2017-18 are known in part: CCGs that our sources do not name are missing here."],
        ),
        (
            ["c", "a", "b"],
            ["Rounds a, b and c are known in part: CCGs that our sources do not name are missing here."],
        ),
    ],
)
def test_a_list_names_its_rounds_that_are_known_in_part(named: list[str], expected: list[str]) -> None:
    assert known_in_part([plan("2015-16", "complete"), *map(plan, named)]) == expected


def test_a_day_beyond_what_is_known_of_ccgs_is_said_so() -> None:
    known_to = date(2021, 3, 9)
    sentence = "What is known of CCGs (mergers, closings) reaches to 9 March 2021, and not to this day."

    assert known_until(known_to, date(2021, 3, 10)) == [sentence]
    assert known_until(known_to, known_to) == []
    assert known_until(None, known_to) == []


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ([], []),
        (["notice", None], []),
        (
            ["succeeded"],
            ["The only CCG that lost a level closed; " + ONLY_BY],
        ),
        (
            ["succeeded"] * 2,
            ["Both CCGs that lost a level closed; " + ONLY_BY],
        ),
        (["abolished"], ["The only CCG that lost a level was abolished; boards hold nothing here."]),
        (["abolished"] * 6, ["All 6 CCGs that lost a level were abolished; boards hold nothing here."]),
        (
            ["succeeded", "notice", None],
            ["1 of the 3 CCGs that lost a level closed; " + ONLY_BY],
        ),
    ],
)
def test_levels_that_were_lost_by_closing_are_counted(lost: list[str | None], expected: list[str]) -> None:
    assert lost_by_closing(lost) == expected


def test_a_list_says_of_the_totals_that_it_is_about_how_many_are_named_each_sentence_once() -> None:
    totals = [("approved", 6), ("approved", 6), ("authorised", 5), ("conditional", 1), ("applied_delegated", 9)]

    assert named_of(figures([UNKNOWN]), totals, ["approved"]) == [
        "None of the 6 CCGs reported as approved is named by our sources.",
        "None of the 5 CCGs reported as authorised is named by our sources.",
        "Our sources name none of its CCGs.",
    ]


def test_grants_in_force_of_which_no_source_confirms_the_start_are_explained() -> None:
    known = "is in force as far as is known; it is counted as startNotConfirmed and not as inForce."

    assert of_grants([("in_force", "signed"), ("ended", "not_known"), (None, None)]) == []
    assert of_grants([("in_force", "signed"), ("in_force", "not_known")]) == [
        f"A grant with the agreement not_known (start not confirmed by a source) {known}"
    ]


def test_grants_that_never_start_are_explained() -> None:
    begins = "would have begun only after its CCG had closed"

    assert of_grants([("never_started", "signed"), ("ended", "signed")]) == [
        f"A grant with the standing never_started {begins}; it never is in force."
    ]
