"""Days and deadlines in London.

A deadline is a day; it ends with that day in London, so the instant it closes is the instant the
next London day begins, exclusive.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)


def london_day(at: datetime) -> date:
    """The calendar day it is in London at an instant (an aware datetime)."""
    return at.astimezone(LONDON).date()


def start_of(day: date) -> datetime:
    """The instant, in UTC, at which a London day begins."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


def closes_at(day: date) -> datetime:
    """The instant, in UTC, from which a deadline on that day has passed."""
    return start_of(day + ONE_DAY)


def has_passed(deadline: date, at: datetime) -> bool:
    """Whether the London day of the deadline is over at an instant."""
    return at >= closes_at(deadline)
