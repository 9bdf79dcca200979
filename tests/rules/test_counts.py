"""Counting: each CCG stands in one choice, percentages go halves up, and reported totals only stand beside."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.counts import (
    Counted,
    Decided,
    Figures,
    figures,
    is_about,
    named_in_words,
    not_confirmed_in_words,
    percent,
    unnamed_in_words,
)
from app.rules.words import MEASURES, Level, Outcome

NO_CHOICE = {"delegated": 0, "joint": 0, "greater_involvement": 0, "none": 0}
NO_OUTCOME = {"approved": 0, "conditional": 0, "rejected": 0, "downgraded_to_joint": 0}


def decided(outcome: str = "approved", *reasons: str, level: str = "delegated", **changed: bool) -> Decided:
    is_so = {"is_promoted": False, "is_in_force": False, "is_start_confirmed": False, **changed}
    return Decided(
        Level(level),
        Outcome(outcome),
        frozenset(reasons),
        is_so["is_promoted"],
        is_so["is_in_force"],
        is_so["is_start_confirmed"],
    )


def ccg(
    code: str, choice: str | None = None, *each: Decided, sources: tuple[str, ...] = (), bases: tuple[str, ...] = ()
) -> Counted:
    return Counted(code, "Y56", None, Level(choice) if choice else None, each, frozenset(sources), frozenset(bases))


def found(**changed: Any) -> Figures:
    """Figures of nothing, with members changed; counts by word are given as far as they are not 0."""
    given_members: dict[str, Any] = {
        "organisations": 0,
        "requested": {},
        "without_choice": 0,
        "unnamed": changed.get("without_choice", 0),
        "silent": 0,
        "outcome_not_known": 0,
        "unasked": Counter(),
        "outcomes": {},
        "outcomes_by_level": {},
        "since_promoted": 0,
        "in_force": 0,
        "start_not_confirmed": 0,
        "sources": (),
        "bases": {},
        **changed,
    }
    by_level = {"delegated": {}, "joint": {}, **given_members["outcomes_by_level"]}
    return Figures(
        **{
            **given_members,
            "requested": {**NO_CHOICE, **given_members["requested"]},
            "outcomes": {**NO_OUTCOME, **given_members["outcomes"]},
            "outcomes_by_level": {level: {**NO_OUTCOME, **counts} for level, counts in by_level.items()},
        }
    )


# --- figures ------------------------------------------------------------------------------------


def test_no_ccg_counts_nothing() -> None:
    assert figures([]) == found()


def test_each_ccg_stands_in_the_choice_that_is_public_of_it_or_without_one() -> None:
    ccgs = [
        ccg("07P", "delegated"),
        ccg("07W", "delegated"),
        ccg("10T", "joint"),
        ccg("01H", "greater_involvement"),
        ccg("99P", "none"),
        ccg("05C"),
        ccg("06M"),
        ccg("07T"),
    ]

    assert figures(ccgs) == found(
        organisations=8,
        requested={"delegated": 2, "joint": 1, "greater_involvement": 1, "none": 1},
        without_choice=3,
    )


def test_outcomes_are_counted_by_the_level_that_was_requested() -> None:
    ccgs = [
        ccg("02W", "delegated", decided(is_in_force=True, is_start_confirmed=True)),
        ccg("02R", "delegated", decided(is_in_force=True)),
        ccg("07T", "delegated", decided("conditional", "governance")),
        ccg("05C", "delegated", decided("conditional", "governance", is_promoted=True, is_in_force=True)),
        ccg("07P", "delegated", decided("rejected", "insufficient_time")),
        ccg("10T", "delegated", decided("downgraded_to_joint", "leadership", is_in_force=True)),
        ccg("05W", "joint", decided(level="joint")),
        ccg("05G", "joint", decided("rejected", "other", level="joint")),
    ]

    counted = figures(ccgs)

    assert counted == found(
        organisations=8,
        requested={"delegated": 6, "joint": 2},
        outcomes={"approved": 3, "conditional": 2, "rejected": 2, "downgraded_to_joint": 1},
        outcomes_by_level={
            "delegated": {"approved": 2, "conditional": 2, "rejected": 1, "downgraded_to_joint": 1},
            "joint": {"approved": 1, "rejected": 1},
        },
        since_promoted=1,
        in_force=1,
        start_not_confirmed=3,
    )
    assert counted.not_approved_as_requested == 3


def test_a_ccg_that_was_decided_on_twice_is_one_ccg_with_two_outcomes() -> None:
    counted = figures([ccg("05W", "joint", decided("rejected", "other"), decided(level="joint"))])

    assert counted == found(
        organisations=1,
        requested={"joint": 1},
        outcomes={"approved": 1, "rejected": 1},
        outcomes_by_level={"delegated": {"rejected": 1}, "joint": {"approved": 1}},
    )


def test_a_grant_that_is_not_in_force_is_in_neither_count_of_grants() -> None:
    assert figures([ccg("02W", "delegated", decided(is_start_confirmed=True))]) == found(
        organisations=1,
        requested={"delegated": 1},
        outcomes={"approved": 1},
        outcomes_by_level={"delegated": {"approved": 1}},
    )


def test_sources_are_named_once_and_in_order() -> None:
    ccgs = [ccg("07P", sources=("Pulse", "HSJ")), ccg("07W", sources=("HSJ",)), ccg("10T")]

    assert figures(ccgs).sources == ("HSJ", "Pulse")


def test_a_ccg_counts_once_for_each_basis_that_a_fact_of_it_has_and_casework_for_none() -> None:
    ccgs = [
        ccg("07P", "delegated", bases=("stated",)),
        ccg("07W", "delegated", decided("rejected", "other"), decided(), bases=("stated", "derived")),
        ccg("04V", "delegated", decided(), bases=("implied",)),
        ccg("05C", "delegated", decided()),
        ccg("10T"),
    ]

    assert figures(ccgs).bases == {"stated": 2, "derived": 1, "implied": 1}


ALL_DECIDED = st.builds(
    Decided,
    st.sampled_from([Level.DELEGATED, Level.JOINT]),
    st.sampled_from(list(Outcome)),
    st.frozensets(st.sampled_from(["governance", "leadership", "other"])),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
ALL_CCGS = st.lists(
    st.builds(
        Counted,
        st.just("07P"),
        st.just("Y56"),
        st.none(),
        st.none() | st.sampled_from(list(Level)),
        st.lists(ALL_DECIDED, max_size=3).map(tuple),
        st.frozensets(st.sampled_from(["HSJ", "Pulse"])),
        st.frozensets(st.sampled_from(["stated", "derived", "implied"])),
    ),
    max_size=30,
)


@given(ccgs=ALL_CCGS)
def test_the_choices_add_up_to_the_ccgs_and_the_outcomes_to_what_was_decided(ccgs: list[Counted]) -> None:
    counted = figures(ccgs)
    all_decided = sum(len(each.decided) for each in ccgs)

    assert sum(counted.requested.values()) + counted.without_choice == counted.organisations == len(ccgs)
    assert sum(counted.outcomes.values()) == all_decided
    assert sum(sum(outcomes.values()) for outcomes in counted.outcomes_by_level.values()) == all_decided
    assert counted.in_force + counted.start_not_confirmed <= all_decided
    assert sum(counted.bases.values()) == sum(len(each.bases) for each in ccgs)


# --- given a reason -----------------------------------------------------------------------------


def test_given_a_reason_only_what_was_decided_for_it_is_left() -> None:
    for_governance, for_both = decided("conditional", "governance"), decided("rejected", "governance", "leadership")
    whole = ccg("07T", "delegated", for_governance, for_both, decided(), sources=("HSJ",))

    assert whole.given("governance") == ccg("07T", "delegated", for_governance, for_both, sources=("HSJ",))
    assert whole.given("leadership") == ccg("07T", "delegated", for_both, sources=("HSJ",))
    assert whole.given("other") == ccg("07T", "delegated", sources=("HSJ",))


# --- per cent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "of", "expected"),
    [
        (77, 211, 36.5),
        (90, 211, 42.7),
        (26, 211, 12.3),
        (5, 211, 2.4),
        (13, 211, 6.2),
        (211, 211, 100.0),
        (0, 211, 0.0),
        (1, 3, 33.3),
        (2, 3, 66.7),
    ],
)
def test_a_percentage_has_one_decimal(number: int, of: int, expected: float) -> None:
    assert percent(number, of) == expected
    counted = found(organisations=of, outcomes={Outcome.APPROVED: 1})
    assert (counted.percent_of_choices(number), counted.percent_of_outcomes(number)) == (expected, expected)


@pytest.mark.parametrize(
    ("number", "of", "expected"), [(1, 2000, 0.1), (3, 2000, 0.2), (5, 2000, 0.3), (1, 16, 6.3), (3, 16, 18.8)]
)
def test_halves_go_up_whether_the_digit_before_is_even_or_odd(number: int, of: int, expected: float) -> None:
    assert percent(number, of) == expected


def test_there_is_no_percentage_of_nothing() -> None:
    assert percent(0, 0) is None
    assert (found().percent_of_choices(0), found().percent_of_outcomes(0)) == (None, None)


def test_there_is_no_percentage_of_what_is_not_there_yet() -> None:
    nobody_chose = found(organisations=3, without_choice=3)
    nothing_decided = found(organisations=3, without_choice=2)

    assert (nobody_chose.percent_of_choices(0), nobody_chose.percent_of_choices(3)) == (None, None)
    assert nothing_decided.percent_of_choices(1) == 33.3
    assert (nobody_chose.percent_of_outcomes(0), nothing_decided.percent_of_outcomes(0)) == (None, None)


# --- beside what others reported ----------------------------------------------------------------

COUNTED = found(
    organisations=211,
    requested={"delegated": 28, "joint": 9, "greater_involvement": 2},
    outcomes_by_level={
        "delegated": {"approved": 15, "conditional": 1, "rejected": 11, "downgraded_to_joint": 1},
        "joint": {"approved": 7, "conditional": 2, "rejected": 3},
    },
)


@pytest.mark.parametrize(
    ("measure", "value", "sentence"),
    [
        (
            "applied_delegated",
            77,
            "28 of the 77 CCGs reported to have applied for delegated commissioning are named by our sources.",
        ),
        ("chose_joint", 90, "9 of the 90 CCGs reported to have chosen joint commissioning are named by our sources."),
        (
            "chose_greater_involvement",
            26,
            "2 of the 26 CCGs reported to have chosen greater involvement are named by our sources.",
        ),
        ("chose_none", 5, "None of the 5 CCGs reported to have chosen no involvement is named by our sources."),
        ("approved", 64, "15 of the 64 CCGs reported as approved are named by our sources."),
        ("authorised", 52, "15 of the 52 CCGs reported as authorised are named by our sources."),
        ("conditional", 3, "1 of the 3 CCGs reported as approved with conditions is named by our sources."),
        ("conditional", 1, "The only CCG reported as approved with conditions is named by our sources."),
        (
            "not_approved_as_requested",
            12,
            "All 12 CCGs reported as not approved as requested are named by our sources.",
        ),
        (
            "joint_approved",
            87,
            "7 of the 87 CCGs reported as approved for joint commissioning are named by our sources.",
        ),
    ],
)
def test_a_reported_number_says_how_many_of_it_are_named(measure: str, value: int, sentence: str) -> None:
    assert named_in_words(measure, value, COUNTED) == sentence


def test_the_only_ccg_of_a_reported_number_may_not_be_named() -> None:
    sentence = "The only CCG reported to have chosen no involvement is not named by our sources."

    assert named_in_words("chose_none", 1, COUNTED) == sentence


@pytest.mark.parametrize(
    "measure", ["choices_known", "approved_first_statement", "delegated_in_force", "never_heard_of"]
)
def test_what_a_rounds_own_decisions_do_not_say_has_no_sentence(measure: str) -> None:
    assert named_in_words(measure, 63, COUNTED) is None


def test_a_measure_has_a_sentence_unless_it_counts_what_decisions_do_not_say() -> None:
    without = {word.code for word in MEASURES if named_in_words(word.code, 2, COUNTED) is None}

    assert without == {
        *("choices_known", "approved_first_statement", "delegated_in_force", "delegated_in_force_other_count"),
        *("joint_in_force", "greater_involvement_in_force", "newly_started", "approved_not_started"),
        *("conditional_not_taken_up", "invited", "icbs_delegated_primary_medical"),
        *("icbs_delegated_pharmacy_ophthalmic_or_dental", "icbs_delegated_pharmacy_ophthalmic_and_dental"),
    }


@pytest.mark.parametrize(
    ("organisations", "without_choice", "sentences"),
    [
        (66, 44, ["44 of these 66 CCGs are not named by our sources."]),
        (66, 1, ["1 of these 66 CCGs is not named by our sources."]),
        (66, 66, ["Our sources name none of these CCGs."]),
        (66, 0, []),
        (0, 0, []),
    ],
)
def test_of_how_many_ccgs_nothing_is_known_is_said(
    organisations: int, without_choice: int, sentences: list[str]
) -> None:
    counted = found(organisations=organisations, without_choice=without_choice)

    assert unnamed_in_words(counted) == sentences


def test_why_a_grant_that_a_list_shows_as_in_force_is_not_counted_so_is_said() -> None:
    said = {number: not_confirmed_in_words(found(start_not_confirmed=number)) for number in range(3)}

    known = "in force as far as is known: no source confirms"
    assert said == {
        0: [],
        1: [f"1 grant is {known} its start, so it is counted as startNotConfirmed and not as inForce."],
        2: [f"2 grants are {known} their start, so they are counted as startNotConfirmed and not as inForce."],
    }


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("approved", {"approved"}),
        ("authorised", {"approved"}),
        ("conditional", {"conditional"}),
        ("not_approved_as_requested", {"rejected", "downgraded_to_joint"}),
        ("joint_approved", {"approved"}),
        ("applied_delegated", set()),
        ("delegated_in_force", set()),
    ],
)
def test_a_total_is_about_decisions_with_the_outcomes_that_it_counts(measure: str, words: set[str]) -> None:
    assert {outcome.value for outcome in Outcome if is_about(measure, [outcome])} == words
    assert is_about(measure, []) is bool(words)
