"""How long CCGs waited: half no longer than the median, nine in ten no longer than the 90th percentile."""

import pytest

from app.rules.waiting import Waits, waits_of


def test_of_no_waits_nothing_is_said() -> None:
    assert waits_of([]) is None


@pytest.mark.parametrize(
    ("days", "waits"),
    [
        ([7], Waits(1, 7.0, 7, 7)),
        ([0, 0], Waits(2, 0.0, 0, 0)),
        ([8, 3], Waits(2, 5.5, 8, 8)),
        ([9, 1, 5], Waits(3, 5.0, 9, 9)),
        ([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], Waits(10, 5.5, 9, 10)),
        ([11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6], Waits(11, 6.0, 10, 11)),
        (list(range(200, 0, -1)), Waits(200, 100.5, 180, 200)),
    ],
)
def test_waits_are_told_by_their_number_median_90th_percentile_and_the_longest(days: list[int], waits: Waits) -> None:
    assert waits_of(days) == waits


def test_the_median_is_a_number_with_a_fraction_even_if_it_is_whole() -> None:
    found = waits_of([2, 4, 6])

    assert found is not None
    assert isinstance(found.median, float)
