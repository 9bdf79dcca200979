"""Sentences that stand beside a list, so that nobody takes what is not known for what is not so."""

from collections.abc import Iterable, Sequence
from datetime import date

from app.rules.grants import EndedBy
from app.rules.rounds import Coverage, RoundPlan


def known_until(known_to: date | None, day: date) -> list[str]:
    """A sentence if a day lies beyond what is known of CCGs."""
    if known_to is None or day <= known_to:
        return []
    reach = f"{known_to.day} {known_to:%B %Y}"
    return [f"What is known of CCGs (mergers, closings) reaches to {reach}, and not to this day."]


def known_in_part(plans: Iterable[RoundPlan]) -> list[str]:
    """A sentence if some of the rounds that a list covers are known in part."""
    named = sorted(plan.round_id for plan in plans if plan.coverage == Coverage.PARTIAL)
    if not named:
        return []
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    noun, verb = ("Round", "is") if len(named) == 1 else ("Rounds", "are")
    return [f"{noun} {listed} {verb} known in part: CCGs that our sources do not name are missing here."]


def lost_by_closing(lost: Sequence[str | None]) -> list[str]:
    """A sentence if levels were lost because CCGs closed: a merger is no change of mind.

    ``lost`` is what ended each level that was lost.
    """
    closed = lost.count(EndedBy.SUCCEEDED)
    if not closed:
        return []
    if len(lost) == 1:
        return ["The only CCG that lost a level closed; its successor needs a grant of its own."]
    how_many = f"All {closed}" if closed == len(lost) else f"{closed} of the {len(lost)}"
    return [f"{how_many} CCGs that lost a level closed; their successors need grants of their own."]
