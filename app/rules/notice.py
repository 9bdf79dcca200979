"""Notice: a CCG ends its delegation by 30 September for the next 1 April (NHS England's questions and answers)."""

from datetime import date

from app.rules.refusals import Fault, NoticeTooShort

LAST_DAY_TO_GIVE = (9, 30)
LAST_DAY_IN_FORCE = (3, 31)


def earliest_end(given_on: date) -> date:
    """The 31 March that a notice given on a London day can first end a grant on."""
    is_in_time = given_on <= date(given_on.year, *LAST_DAY_TO_GIVE)
    return date(given_on.year + (1 if is_in_time else 2), *LAST_DAY_IN_FORCE)


def check_last_day(last_day: date, given_on: date) -> None:
    """Raise NoticeTooShort unless a grant can end on that day by the CCG's own notice."""
    earliest = earliest_end(given_on)
    if last_day < earliest or (last_day.month, last_day.day) != LAST_DAY_IN_FORCE:
        raise NoticeTooShort(
            f"A notice given on {given_on} ends a grant on {earliest}, or on a later 31 March.",
            faults=[Fault("/lastDay", f"{last_day} is no 31 March from {earliest} on.")],
        )


def withdrawable_until(last_day: date) -> date:
    """The last day on which a CCG can take a notice back, by the grant's last day.

    That is 30 September of the year, from April to March, in which the grant ends; or the last day itself if NHS
    England let the grant end before that.
    """
    year = last_day.year if (last_day.month, last_day.day) > LAST_DAY_IN_FORCE else last_day.year - 1
    return min(last_day, date(year, *LAST_DAY_TO_GIVE))
