"""Notice: given by 30 September it ends a grant with the next 31 March, and with the one after if given later."""

from datetime import date

import pytest

from app.rules.notice import check_last_day, earliest_end, withdrawable_until
from app.rules.refusals import Fault, NoticeTooShort

IN_TIME, TOO_LATE = date(2015, 9, 30), date(2015, 10, 1)


@pytest.mark.parametrize(
    ("given_on", "ends_on"),
    [
        (date(2015, 1, 1), date(2016, 3, 31)),
        (date(2015, 3, 31), date(2016, 3, 31)),
        (IN_TIME, date(2016, 3, 31)),
        (TOO_LATE, date(2017, 3, 31)),
        (date(2015, 12, 31), date(2017, 3, 31)),
    ],
)
def test_the_day_of_the_notice_says_on_which_31_march_a_grant_can_first_end(given_on: date, ends_on: date) -> None:
    assert earliest_end(given_on) == ends_on
    check_last_day(ends_on, given_on)


@pytest.mark.parametrize("last_day", [date(2016, 3, 31), date(2017, 3, 31), date(2030, 3, 31)])
def test_a_grant_may_end_with_any_later_financial_year(last_day: date) -> None:
    check_last_day(last_day, IN_TIME)


@pytest.mark.parametrize(
    ("given_on", "last_day", "earliest"),
    [
        (IN_TIME, date(2015, 3, 31), "2016-03-31"),
        (IN_TIME, date(2015, 12, 31), "2016-03-31"),
        (IN_TIME, date(2016, 3, 30), "2016-03-31"),
        (IN_TIME, date(2016, 4, 1), "2016-03-31"),
        (IN_TIME, date(2016, 12, 31), "2016-03-31"),
        (IN_TIME, date(2017, 3, 30), "2016-03-31"),
        (TOO_LATE, date(2016, 3, 31), "2017-03-31"),
    ],
)
def test_a_grant_ends_on_no_other_day_by_notice(given_on: date, last_day: date, earliest: str) -> None:
    with pytest.raises(NoticeTooShort) as refused:
        check_last_day(last_day, given_on)

    assert (refused.value.detail, refused.value.faults) == (
        f"A notice given on {given_on} ends a grant on {earliest}, or on a later 31 March.",
        (Fault("/lastDay", f"{last_day} is no 31 March from {earliest} on."),),
    )


@pytest.mark.parametrize(
    ("last_day", "until"),
    [
        (date(2016, 3, 31), date(2015, 9, 30)),
        (date(2018, 3, 31), date(2017, 9, 30)),
        (date(2015, 7, 6), date(2015, 7, 6)),
        (date(2015, 9, 30), date(2015, 9, 30)),
        (date(2015, 10, 1), date(2015, 9, 30)),
        (date(2016, 4, 1), date(2016, 4, 1)),
    ],
)
def test_a_notice_can_be_taken_back_until_30_september_or_until_it_takes_effect(last_day: date, until: date) -> None:
    """Whichever is first; NHS England may have let the grant end on any day."""
    assert withdrawable_until(last_day) == until
