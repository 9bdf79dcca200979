"""GrantStatus: what a CCG holds on a day, and what it may therefore apply for."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.grants import (
    Agreement,
    End,
    EndedBy,
    Grant,
    GrantStatus,
    agreement_in_words,
    check_may_apply,
    days_in_force,
    end_of,
    known_from,
    own_end,
    status_on,
)
from app.rules.refusals import AlreadyHeld, Fault, Incomplete, NoticeRequired
from app.rules.words import Level

START, LAST = date(2015, 4, 1), date(2018, 3, 31)
ONE_DAY = timedelta(days=1)
DAYS = {
    "eve": START - ONE_DAY,
    "start": START,
    "between": date(2016, 6, 1),
    "last": LAST,
    "after": LAST + ONE_DAY,
}

# By hand: for each agreement, and whether the grant has a first and a last day, how it stands on each of DAYS.
TABLE = {
    ("awaited", True, True): ["not_started", "not_started", "not_started", "not_started", "ended"],
    ("awaited", True, False): ["not_started", "not_started", "not_started", "not_started", "not_started"],
    ("awaited", False, True): ["not_started", "not_started", "not_started", "not_started", "ended"],
    ("awaited", False, False): ["not_started", "not_started", "not_started", "not_started", "not_started"],
    ("signed", True, True): ["not_started", "in_force", "in_force", "in_force", "ended"],
    ("signed", True, False): ["not_started", "in_force", "in_force", "in_force", "in_force"],
    ("signed", False, True): ["not_started", "not_started", "not_started", "not_started", "ended"],
    ("signed", False, False): ["not_started", "not_started", "not_started", "not_started", "not_started"],
    ("not_known", True, True): ["not_started", "in_force", "in_force", "in_force", "ended"],
    ("not_known", True, False): ["not_started", "in_force", "in_force", "in_force", "in_force"],
    ("not_known", False, True): ["not_started", "not_started", "not_started", "not_started", "ended"],
    ("not_known", False, False): ["not_started", "not_started", "not_started", "not_started", "not_started"],
    ("not_taken_up", True, True): ["not_taken_up"] * 5,
    ("not_taken_up", True, False): ["not_taken_up"] * 5,
    ("not_taken_up", False, True): ["not_taken_up"] * 5,
    ("not_taken_up", False, False): ["not_taken_up"] * 5,
}


def grant(
    level: str = "delegated",
    agreement: str = "signed",
    in_force_from: date | None = START,
    in_force_to: date | None = None,
    code: str = "10T",
) -> Grant:
    return Grant(code, Level(level), Agreement(agreement), in_force_from, in_force_to)


@pytest.mark.parametrize(("agreement", "has_start", "has_end"), list(TABLE))
def test_how_a_grant_stands_on_a_day(agreement: str, *, has_start: bool, has_end: bool) -> None:
    held = grant("delegated", agreement, START if has_start else None, LAST if has_end else None)

    found = [status_on(held, day).value for day in DAYS.values()]

    assert found == TABLE[agreement, has_start, has_end]


def test_the_table_has_every_agreement() -> None:
    assert {agreement for agreement, _, _ in TABLE} == {agreement.value for agreement in Agreement}


@pytest.mark.parametrize("day", DAYS.values())
def test_a_grant_that_would_begin_after_its_ccg_has_closed_never_starts_whenever_one_asks(day: date) -> None:
    eve = START - ONE_DAY
    held = {each: replace(grant(agreement=each, in_force_to=eve), ended_by=EndedBy.SUCCEEDED) for each in Agreement}
    found = {each: status_on(one, day) for each, one in held.items()}

    assert found == {
        **dict.fromkeys(Agreement, GrantStatus.NEVER_STARTED),
        Agreement.NOT_TAKEN_UP: GrantStatus.NOT_TAKEN_UP,
    }
    assert status_on(replace(grant(in_force_to=START), ended_by=EndedBy.SUCCEEDED), START) is GrantStatus.IN_FORCE


@pytest.mark.parametrize("by", [each for each in EndedBy if each is not EndedBy.SUCCEEDED])
def test_what_an_act_ended_before_its_first_day_has_ended(by: EndedBy) -> None:
    assert status_on(replace(grant(in_force_to=START - ONE_DAY), ended_by=by), START) is GrantStatus.ENDED


def test_what_is_over_comes_no_more() -> None:
    assert [each.value for each in GrantStatus if each.is_over] == ["ended", "not_taken_up", "never_started"]


days = st.dates(min_value=date(2013, 4, 1), max_value=date(2021, 3, 31))
grants = st.builds(
    Grant,
    st.just("10T"),
    st.sampled_from([Level.DELEGATED, Level.JOINT]),
    st.sampled_from(list(Agreement)),
    st.none() | days,
    st.none() | days,
)


@given(held=grants, day=days)
def test_in_force_means_between_both_days_under_an_agreement(held: Grant, day: date) -> None:
    has_begun = held.in_force_from is not None and held.in_force_from <= day
    has_not_ended = held.in_force_to is None or day <= held.in_force_to
    has_agreement = held.agreement.value in {"signed", "not_known"}

    assert (status_on(held, day) is GrantStatus.IN_FORCE) == (has_begun and has_not_ended and has_agreement)


@given(held=grants, day=days, later=days)
def test_what_has_ended_stays_ended_and_nothing_goes_back_to_not_started(held: Grant, day: date, later: date) -> None:
    day, later = min(day, later), max(day, later)
    order = [GrantStatus.NOT_STARTED, GrantStatus.IN_FORCE, GrantStatus.ENDED]
    before, after = status_on(held, day), status_on(held, later)

    if held.agreement is Agreement.NOT_TAKEN_UP:
        assert (before, after) == (GrantStatus.NOT_TAKEN_UP, GrantStatus.NOT_TAKEN_UP)
    else:
        assert order.index(before) <= order.index(after)


STARTS_ON = date(2016, 4, 1)
TAKEN = {
    "nothing held": [],
    "another level below": [grant("joint")],
    "the same, ended the day before": [grant(in_force_to=date(2016, 3, 31))],
    "the same, not taken up": [grant(agreement="not_taken_up")],
}
HELD = {
    "in force": grant(),
    "in force on the last day": grant(in_force_to=STARTS_ON),
    "granted ahead": grant(in_force_from=date(2017, 4, 1)),
    "waiting for its agreement": grant(agreement="awaited"),
    "waiting for its conditions": grant(agreement="awaited", in_force_from=None),
    "start not confirmed by a source": grant(agreement="not_known"),
}


@pytest.mark.parametrize("held", TAKEN.values(), ids=TAKEN.keys())
def test_delegated_may_be_applied_for_by_who_does_not_hold_it(held: list[Grant]) -> None:
    check_may_apply(Level.DELEGATED, held, starts_on=STARTS_ON)


@pytest.mark.parametrize("held", HELD.values(), ids=HELD.keys())
def test_a_level_that_is_held_or_granted_ahead_is_not_applied_for_again(held: Grant) -> None:
    with pytest.raises(AlreadyHeld) as refused:
        check_may_apply(Level.DELEGATED, [held], starts_on=STARTS_ON)

    assert refused.value.detail == "10T: delegated is in force or granted ahead."
    assert refused.value.faults == (Fault("/memberOdsCodes", "10T already holds delegated."),)


@pytest.mark.parametrize("held", HELD.values(), ids=HELD.keys())
def test_a_delegated_holder_gives_notice_before_applying_for_joint(held: Grant) -> None:
    with pytest.raises(NoticeRequired) as refused:
        check_may_apply(Level.JOINT, [held], starts_on=STARTS_ON)

    assert refused.value.detail == "10T: delegated is in force or granted ahead; give notice first."
    assert refused.value.faults == (Fault("/memberOdsCodes", "10T holds delegated."),)


def test_every_delegated_holder_that_gives_notice_first_is_named() -> None:
    with pytest.raises(NoticeRequired) as refused:
        check_may_apply(Level.JOINT, [grant(code="10T"), grant(code="10G")], starts_on=STARTS_ON)

    assert refused.value.detail == "10T, 10G: delegated is in force or granted ahead; give notice first."


def test_a_delegated_grant_that_ends_before_the_round_starts_leaves_the_way_to_joint_open() -> None:
    check_may_apply(Level.JOINT, [grant(in_force_to=date(2016, 3, 31))], starts_on=STARTS_ON)


def test_every_member_that_is_in_the_way_is_named() -> None:
    with pytest.raises(Incomplete) as refused:
        check_may_apply(
            Level.JOINT,
            [grant("joint", code="10T"), grant("joint", code="10G"), grant("delegated", code="10H")],
            starts_on=STARTS_ON,
        )

    assert isinstance(refused.value, AlreadyHeld)
    assert refused.value.detail == "10T, 10G: joint is in force or granted ahead."
    assert refused.value.faults == (
        Fault("/memberOdsCodes", "10T already holds joint."),
        Fault("/memberOdsCodes", "10G already holds joint."),
        Fault("/memberOdsCodes", "10H holds delegated."),
    )


# --- how a grant ends ---------------------------------------------------------------------------

NEXT, EVE_OF_NEXT, CLOSED = date(2016, 4, 1), date(2016, 3, 31), date(2018, 3, 31)
BY_GRANT, BY_CLOSING = End(EVE_OF_NEXT, EndedBy.SUPERSEDED_BY_GRANT), End(CLOSED, EndedBy.SUCCEEDED)
FOLLOWING = grant(in_force_from=NEXT)

# By hand: a grant, what else the CCG was granted, the CCG's last day, and how the grant ends.
ENDS: dict[str, tuple[Grant, list[Grant], date | None, End | None]] = {
    "nothing else is known": (grant(), [], None, None),
    "another grant follows": (grant(), [FOLLOWING], None, BY_GRANT),
    "another level follows": (grant(), [grant("joint", in_force_from=NEXT)], None, BY_GRANT),
    "a grant follows of which no source says that it started": (
        grant(),
        [grant(agreement="not_known", in_force_from=NEXT)],
        None,
        BY_GRANT,
    ),
    "two follow, and the first of them ends it": (
        grant(),
        [grant(in_force_from=date(2017, 4, 1)), FOLLOWING],
        None,
        BY_GRANT,
    ),
    "the one that follows still awaits its agreement": (
        grant(),
        [grant(agreement="awaited", in_force_from=NEXT)],
        None,
        None,
    ),
    "the one that follows was not taken up": (
        grant(),
        [grant(agreement="not_taken_up", in_force_from=NEXT)],
        None,
        None,
    ),
    "the one that follows has no first day": (grant(), [grant(in_force_from=None)], None, None),
    "another starts on the same day": (grant(), [grant("joint")], None, None),
    "another started before": (grant(), [grant(in_force_from=date(2014, 4, 1))], None, None),
    "the CCG closed": (grant(), [], CLOSED, BY_CLOSING),
    "another grant follows, then the CCG closed": (grant(), [FOLLOWING], CLOSED, BY_GRANT),
    "the CCG closed before the other would have started": (
        grant(),
        [grant(in_force_from=date(2019, 4, 1))],
        CLOSED,
        BY_CLOSING,
    ),
    "the CCG closed on the eve of the other": (
        grant(),
        [FOLLOWING],
        EVE_OF_NEXT,
        End(EVE_OF_NEXT, EndedBy.SUCCEEDED),
    ),
    "the CCG closed before the grant started": (grant(in_force_from=date(2019, 4, 1)), [], CLOSED, BY_CLOSING),
    "awaited, and another follows": (grant(agreement="awaited"), [FOLLOWING], None, BY_GRANT),
    "awaited, and the CCG closed": (grant(agreement="awaited"), [], CLOSED, BY_CLOSING),
    "start not confirmed, and another follows": (grant(agreement="not_known"), [FOLLOWING], None, BY_GRANT),
    "not taken up, and another follows": (grant(agreement="not_taken_up"), [FOLLOWING], None, None),
    "not taken up, and the CCG closed": (grant(agreement="not_taken_up"), [FOLLOWING], CLOSED, None),
    "without a first day nothing follows it": (grant(in_force_from=None), [FOLLOWING], None, None),
    "without a first day it ends with the CCG": (grant(in_force_from=None), [FOLLOWING], CLOSED, BY_CLOSING),
}


@pytest.mark.parametrize(("held", "others", "closed_on", "end"), ENDS.values(), ids=ENDS.keys())
def test_how_a_grant_ends(held: Grant, others: list[Grant], closed_on: date | None, end: End | None) -> None:
    assert end_of(held, others, closed_on=closed_on) == end


def test_an_end_that_is_known_already_is_worked_out_anew() -> None:
    known = grant(in_force_to=date(2015, 12, 31))

    assert end_of(known, [FOLLOWING], closed_on=None) == BY_GRANT
    assert end_of(known, [], closed_on=None) is None


@given(held=grants, others=st.lists(grants, max_size=4), closed_on=st.none() | days)
def test_no_grant_outlasts_its_ccg_or_the_start_of_the_next(
    held: Grant, others: list[Grant], closed_on: date | None
) -> None:
    end = end_of(held, others, closed_on=closed_on)

    if held.agreement is Agreement.NOT_TAKEN_UP or end is None:
        assert end is None
        assert held.agreement is Agreement.NOT_TAKEN_UP or closed_on is None
    else:
        assert closed_on is None or end.last_day <= closed_on
        assert end.by is (EndedBy.SUCCEEDED if end.last_day == closed_on else EndedBy.SUPERSEDED_BY_GRANT)


@pytest.mark.parametrize("by", list(EndedBy))
def test_only_an_end_that_follows_from_other_facts_changes_with_them(by: EndedBy) -> None:
    assert by.follows is (by.value in {"superseded_by_grant", "succeeded"})


@pytest.mark.parametrize(
    ("agreement", "words", "lets_start"),
    [
        ("awaited", "agreement awaited", False),
        ("signed", "agreement signed", True),
        ("not_taken_up", "not taken up", False),
        ("not_known", "start not confirmed by a source", True),
    ],
)
def test_what_a_reader_is_told_of_an_agreement(agreement: str, words: str, *, lets_start: bool) -> None:
    assert (Agreement(agreement).in_words, Agreement(agreement).lets_start) == (words, lets_start)


# --- what is told of it -------------------------------------------------------------------------


@pytest.mark.parametrize("ended_by", [None, *EndedBy])
@pytest.mark.parametrize("standing", [None, *GrantStatus])
def test_what_was_corrected_or_never_started_shows_no_day_in_force(ended_by: str | None, standing: str | None) -> None:
    shown = days_in_force(START, LAST, ended_by=ended_by, standing=standing)

    is_none = ended_by == "corrected" or standing == "never_started"
    assert shown == ((None, None) if is_none else (START, LAST))


# By hand: whether the reason of such an end is told.
TOLD = {
    None: False,
    "superseded_by_grant": False,
    "succeeded": False,
    "notice": True,
    "revoked": True,
    "condition_lapsed": True,
    "corrected": True,
}


@pytest.mark.parametrize("ended_by", list(TOLD))
def test_the_reason_of_an_end_is_told_if_it_was_an_act_on_the_grant(ended_by: str | None) -> None:
    told = own_end(ended_by, reason="Why.", legal_basis="Section 1")

    assert told == (("Why.", "Section 1") if TOLD[ended_by] else (None, None))
    assert {*TOLD} == {None, *EndedBy}


def test_an_agreement_is_told_in_words() -> None:
    assert {each: agreement_in_words(each) for each in (None, *Agreement)} == {
        None: None,
        "awaited": "agreement awaited",
        "signed": "agreement signed",
        "not_taken_up": "not taken up",
        "not_known": "start not confirmed by a source",
    }


EARLY, LATE, ROUND_STARTS = date(2015, 2, 18), date(2015, 3, 1), date(2014, 4, 1)


@pytest.mark.parametrize(
    ("decided_on", "in_force_from", "day"),
    [
        (EARLY, LATE, EARLY),
        (LATE, EARLY, EARLY),
        (EARLY, None, EARLY),
        (None, LATE, LATE),
        (None, None, ROUND_STARTS),
    ],
)
def test_a_decision_counts_from_the_first_day_that_is_known_of_it_or_else_from_its_round(
    decided_on: date | None, in_force_from: date | None, day: date
) -> None:
    assert known_from(decided_on, in_force_from, round_starts_on=ROUND_STARTS) == day


@pytest.mark.parametrize(
    ("agreement", "first", "last", "is_ever"),
    [
        ("signed", START, None, True),
        ("signed", START, LAST, True),
        ("signed", START, START, True),
        ("signed", START, START - ONE_DAY, False),
        ("signed", None, None, False),
        ("signed", None, LAST, False),
        ("not_known", START, START, True),
        ("awaited", START, None, False),
        ("not_taken_up", START, None, False),
    ],
)
def test_a_grant_is_ever_in_force_if_an_agreement_lets_it_start_before_it_ends(
    agreement: str, first: date | None, last: date | None, *, is_ever: bool
) -> None:
    assert grant(agreement=agreement, in_force_from=first, in_force_to=last).is_ever_in_force is is_ever


def test_grants_are_sorted_by_their_round_and_within_it_by_their_first_day() -> None:
    older, newer = (date(2015, 4, 1), "2015-16"), (date(2016, 4, 1), "2016-17")
    newest_first = [
        Grant("10T", Level.JOINT, Agreement.SIGNED, first, None, of_round)
        for of_round, first in [(newer, LATE), (newer, EARLY), (older, LAST), (older, EARLY), (older, None)]
    ]

    assert sorted(newest_first, key=lambda each: each.order) == newest_first[::-1]
