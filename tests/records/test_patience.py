"""How long a writer waits for the database's lock: what is left of its time, in milliseconds."""

import pytest

from app.records.session import _patience

WAITS = {5.0: 5000, 4.95: 5000, 4.89: 4890, 2.5: 2500, 0.0304: 30, 0.0: 1, -1.0: 1}


@pytest.mark.parametrize("left", WAITS)
def test_a_writer_waits_for_as_long_as_it_has_left(left: float) -> None:
    assert _patience(left) == WAITS[left]
