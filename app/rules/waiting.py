"""How long CCGs waited for their decision: from the first submission to the announcement, in London days."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

NINETY_PER_CENT = 90


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits in whole days: half waited no longer than the median, nine in ten no longer than the 90th percentile.

    The percentile is the nearest rank: one of the waits themselves. ``oldest`` is the longest wait.
    """

    number: int
    median: float
    percentile_90: int
    oldest: int


def waits_of(days: Sequence[int]) -> Waits | None:
    """What is said of some waits; None where nobody waited."""
    if not days:
        return None
    in_order = sorted(days)
    rank = math.ceil(len(in_order) * NINETY_PER_CENT / 100)
    return Waits(len(in_order), float(median(in_order)), in_order[rank - 1], in_order[-1])
