"""What lists of decisions do not show: how much of a round, or of a region in it, our sources name."""

from collections.abc import Collection, Iterator, Sequence

from app.reading.rounds import RoundFigures, figures_of
from app.records import ledger, places
from app.records.session import Session
from app.rules import caveats
from app.rules.counts import figures
from app.rules.rounds import Coverage, RoundPlan


def told(
    session: Session, covered: Sequence[RoundPlan], regions: Collection[str], outcomes: Collection[str]
) -> list[str]:
    """What the statistics say of the rounds that a list covers and that are known in part, and of regions in them.

    ``regions`` and ``outcomes`` are those that the list is filtered by, or empty for all.
    """
    plans = [plan for plan in covered if plan.coverage == Coverage.PARTIAL]
    return list(_told(session, plans, regions, outcomes)) if plans else []


def _told(
    session: Session, plans: Sequence[RoundPlan], regions: Collection[str], outcomes: Collection[str]
) -> Iterator[str]:
    names = places.region_names(session)
    # Which grants are in force is not told here, so any day will do.
    for found in figures_of(session, plans, plans[0].counted_on, ledger.public_sequence(session)):
        for code in regions or (None,):
            of = found.plan.round_id if code is None else f"{found.plan.round_id}, {names[code]}"
            yield from (f"Round {of}: {sentence}" for sentence in _of_region(found, code, outcomes))


def _of_region(found: RoundFigures, code: str | None, outcomes: Collection[str]) -> list[str]:
    """What is known of a region's CCGs in a round, or of all of them."""
    counted = figures([ccg for ccg in found.ccgs if code in {None, ccg.region_code}])
    totals = [
        (each.measure, each.value)
        for each in found.reported
        if each.region_code == code and each.area_team_code is None
    ]
    return caveats.named_of(counted, totals, outcomes)
