"""What a CCG holds, out of everything that was decided about it."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from app.rules.holdings import Holdings, holdings_of, is_valid, pick_current, pick_next


@dataclass(frozen=True)
class Row:
    """A decision of the round that starts in 2015, in force."""

    name: str
    standing: str | None = "in_force"
    in_force_from: date | None = date(2015, 4, 1)
    round_starts_on: date = date(2015, 4, 1)
    published_sequence: int = 1
    round_kind: str = "real"
    round_stage: str = "application"
    origin: str = "casework"
    state: str = "published"


HELD = Row("held")
AHEAD = Row("ahead", "not_started", date(2016, 4, 1), date(2016, 4, 1), 2)


def test_of_several_grants_in_force_the_one_that_started_last_is_held() -> None:
    later = replace(HELD, name="later", in_force_from=date(2015, 6, 1))
    of_no_day = replace(HELD, name="of no day", in_force_from=None)

    assert pick_current([later, HELD, of_no_day]) == later
    assert pick_current([of_no_day]) == of_no_day


@pytest.mark.parametrize("standing", ["not_started", "ended", "not_taken_up", None])
def test_what_is_not_in_force_is_not_held(standing: str | None) -> None:
    assert pick_current([replace(HELD, standing=standing)]) is None


def test_a_real_grant_comes_before_one_of_a_trial_round_that_started_later() -> None:
    trial = replace(HELD, name="trial", round_kind="trial", in_force_from=date(2018, 4, 1))

    assert pick_current([HELD, trial]) == HELD
    assert pick_current([trial]) == trial


def test_what_a_correction_superseded_is_neither_held_nor_ahead() -> None:
    corrected = [replace(row, state="superseded") for row in (HELD, AHEAD)]

    assert (pick_current(corrected), pick_next(corrected)) == (None, None)
    assert [is_valid(row) for row in (HELD, *corrected)] == [True, False, False]


def test_of_several_grants_ahead_the_newest_round_is_next_and_within_it_the_newest_publication() -> None:
    newer = replace(AHEAD, name="newer", published_sequence=3)
    of_an_older_round = replace(AHEAD, name="older", round_starts_on=date(2015, 4, 1), published_sequence=9)
    trial = replace(AHEAD, name="trial", round_kind="trial", round_starts_on=date(2018, 4, 1))

    assert pick_next([newer, AHEAD, of_an_older_round, trial]) == newer
    assert pick_next([trial]) == trial
    assert pick_next([HELD]) is None


def test_a_grant_of_history_without_a_first_day_is_not_ahead_of_one_in_force() -> None:
    unknown = replace(AHEAD, origin="history", in_force_from=None)
    known = replace(unknown, in_force_from=date(2016, 4, 1))
    of_casework = replace(AHEAD, in_force_from=None)

    assert pick_next([HELD, unknown]) is None
    assert pick_next([unknown]) == unknown
    assert pick_next([HELD, known]) == known
    assert pick_next([HELD, of_casework]) == of_casework


def test_the_rest_is_told_newest_first() -> None:
    ended, rejected = Row("ended", "ended"), Row("rejected", None)

    assert holdings_of([ended, HELD, rejected, AHEAD]) == Holdings(HELD, AHEAD, [rejected, ended])
    assert holdings_of(list[Row]()) == Holdings(None, None, [])


def test_holdings_can_be_shown_in_another_way() -> None:
    held = holdings_of([Row("ended", "ended"), HELD, AHEAD])

    assert held.shown_as(lambda row: row.name) == Holdings("held", "ahead", ["ended"])
    assert holdings_of(list[Row]()).shown_as(lambda row: row.name) == Holdings(None, None, [])
