"""How often a draft may be written."""

from datetime import UTC, datetime

import pytest

from app.rules.proposals import Versions, check_versions
from app.rules.refusals import TooManyVersions

# A quarter past eleven in London, where it is summer.
EVENING = datetime(2015, 6, 1, 22, 15, tzinfo=UTC)


@pytest.mark.parametrize("written", [Versions(99, 0), Versions(1, 999_990), Versions(99, 999_990)])
def test_a_hundredth_version_and_a_millionth_byte_are_possible(written: Versions) -> None:
    check_versions(written, 10, EVENING)


def test_a_101st_version_waits_for_the_next_day_in_london() -> None:
    with pytest.raises(TooManyVersions) as refused:
        check_versions(Versions(100, 1_000), 10, EVENING)

    assert refused.value.detail == (
        "This draft has 100 versions of today; more are possible tomorrow. It can be submitted or withdrawn today."
    )
    assert refused.value.seconds == 45 * 60


def test_more_than_a_million_bytes_in_all_are_too_many_on_any_day() -> None:
    with pytest.raises(TooManyVersions) as refused:
        check_versions(Versions(0, 999_990), 11, EVENING)

    assert refused.value.detail == (
        "All versions of this draft together would have 1,000,001 bytes; they may have 1,000,000. "
        "Submit it, or withdraw it and create a new one."
    )
    assert refused.value.seconds is None
