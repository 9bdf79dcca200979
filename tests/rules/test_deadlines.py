"""Deadlines are London days: exact to the millisecond, through both changes of the clock."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.deadlines import LONDON, closes_at, has_passed, london_day, start_of

MILLISECOND = timedelta(milliseconds=1)

# The day, the instant it begins and the instant it ends in UTC. British Summer Time ran from 01:00 UTC on
# 30 March 2014 to 01:00 UTC on 26 October 2014, and again from 29 March 2015.
DAYS = {
    "a winter's day": (date(2015, 1, 9), (2015, 1, 9, 0), (2015, 1, 10, 0)),
    "a summer's day": (date(2015, 6, 30), (2015, 6, 29, 23), (2015, 6, 30, 23)),
    "the day before the clocks go forward": (date(2015, 3, 28), (2015, 3, 28, 0), (2015, 3, 29, 0)),
    "the day of 23 hours": (date(2015, 3, 29), (2015, 3, 29, 0), (2015, 3, 29, 23)),
    "the day after the clocks went forward": (date(2015, 3, 30), (2015, 3, 29, 23), (2015, 3, 30, 23)),
    "the day before the clocks go back": (date(2014, 10, 25), (2014, 10, 24, 23), (2014, 10, 25, 23)),
    "the day of 25 hours": (date(2014, 10, 26), (2014, 10, 25, 23), (2014, 10, 27, 0)),
    "the day after the clocks went back": (date(2014, 10, 27), (2014, 10, 27, 0), (2014, 10, 28, 0)),
    "30 September, for notice": (date(2015, 9, 30), (2015, 9, 29, 23), (2015, 9, 30, 23)),
    "1 April, when grants start": (date(2015, 4, 1), (2015, 3, 31, 23), (2015, 4, 1, 23)),
    "29 February": (date(2016, 2, 29), (2016, 2, 29, 0), (2016, 3, 1, 0)),
    "New Year's Eve": (date(2014, 12, 31), (2014, 12, 31, 0), (2015, 1, 1, 0)),
}


def utc(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(("day", "begins", "ends"), DAYS.values(), ids=DAYS.keys())
def test_a_london_day_begins_and_closes_at_these_instants(
    day: date, begins: tuple[int, int, int, int], ends: tuple[int, int, int, int]
) -> None:
    assert start_of(day) == utc(*begins)
    assert closes_at(day) == utc(*ends)
    assert start_of(day).tzinfo is UTC
    assert closes_at(day).tzinfo is UTC


@pytest.mark.parametrize(("day", "begins", "ends"), DAYS.values(), ids=DAYS.keys())
def test_a_deadline_passes_exactly_when_its_day_ends(
    day: date, begins: tuple[int, int, int, int], ends: tuple[int, int, int, int]
) -> None:
    end = utc(*ends)

    assert not has_passed(day, utc(*begins))
    assert not has_passed(day, end - MILLISECOND)
    assert has_passed(day, end)
    assert has_passed(day, end + MILLISECOND)


@pytest.mark.parametrize(("day", "begins", "ends"), DAYS.values(), ids=DAYS.keys())
def test_the_london_day_of_an_instant(
    day: date, begins: tuple[int, int, int, int], ends: tuple[int, int, int, int]
) -> None:
    assert london_day(utc(*begins) - MILLISECOND) == day - timedelta(days=1)
    assert london_day(utc(*begins)) == day
    assert london_day(utc(*ends) - MILLISECOND) == day
    assert london_day(utc(*ends)) == day + timedelta(days=1)


def test_the_hour_that_comes_twice_belongs_to_one_day() -> None:
    first, second = utc(2014, 10, 26, 0), utc(2014, 10, 26, 1)

    assert (first.astimezone(LONDON).hour, second.astimezone(LONDON).hour) == (1, 1)
    assert (london_day(first), london_day(second)) == (date(2014, 10, 26), date(2014, 10, 26))


def test_an_instant_may_be_written_in_any_time_zone() -> None:
    in_tokyo = datetime(2015, 7, 1, 7, 59, 59, 999000, tzinfo=timezone(timedelta(hours=9)))

    assert london_day(in_tokyo) == date(2015, 6, 30)
    assert not has_passed(date(2015, 6, 30), in_tokyo)
    assert has_passed(date(2015, 6, 30), in_tokyo + MILLISECOND)


days = st.dates(min_value=date(2013, 4, 1), max_value=date(2040, 12, 31))
instants = st.datetimes(
    min_value=datetime(2013, 4, 1),  # noqa: DTZ001  Hypothesis adds the zone
    max_value=datetime(2040, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, LONDON, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))]),
)


@given(deadline=days, at=instants)
def test_a_deadline_has_passed_exactly_when_london_is_in_a_later_day(deadline: date, at: datetime) -> None:
    assert has_passed(deadline, at) == (london_day(at) > deadline)


@given(deadline=days, off=st.timedeltas(min_value=timedelta(hours=-30), max_value=timedelta(hours=30)))
def test_the_same_holds_close_to_the_end_of_a_day(deadline: date, off: timedelta) -> None:
    at = closes_at(deadline) + off

    assert has_passed(deadline, at) == (london_day(at) > deadline) == (off >= timedelta(0))


@given(day=days)
def test_one_day_begins_where_the_other_closes(day: date) -> None:
    assert closes_at(day) == start_of(day + timedelta(days=1))
    assert closes_at(day) - start_of(day) in {timedelta(hours=hours) for hours in (23, 24, 25)}
    assert london_day(start_of(day)) == day
