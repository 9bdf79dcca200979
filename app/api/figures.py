"""The figures of one round, worked out once for every place that shows them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from app.records import history, rounds, statistics
from app.records.session import Session
from app.rules.counts import Counted, Figures, figures
from app.rules.history import Reported
from app.rules.rounds import Coverage, RoundKind, RoundPlan
from app.rules.words import MEASURES, Outcome
from app.web.request_errors import InvalidParameter, ParameterFault


class RoundFigures(NamedTuple):
    """A round's CCGs, the counts over all of them, and what was reported of the round.

    ``day`` is the one on which grants are in force; ``elsewhere`` are the outcomes of decisions about
    CCGs that are not among those counted.
    """

    plan: RoundPlan
    day: date
    counts_applications: bool
    ccgs: list[Counted]
    whole: Figures
    elsewhere: list[Outcome]
    reported: list[Reported]

    @property
    def announced(self) -> dict[Outcome, int]:
        """Every decision of the round by its outcome, whether its CCG is counted or not."""
        return {outcome: number + self.elsewhere.count(outcome) for outcome, number in self.whole.outcomes.items()}


class Group(NamedTuple):
    """Some CCGs of a round, what they have in common (the code is None where it is not known), and reported totals."""

    code: str | None
    name: str
    ccgs: list[Counted]
    reported: Sequence[Reported] = ()


def figures_of_round(session: Session, plan: RoundPlan, *, day: date, public_sequence: int) -> RoundFigures:
    """A round's figures on a day, as at the public sequence."""
    ccgs, elsewhere, counts_applications = statistics.ccgs_of(session, plan, day=day, public_sequence=public_sequence)
    reported = sorted(history.reported_in(session, [plan.round_id]), key=_in_order)
    return RoundFigures(plan, day, counts_applications, ccgs, figures(ccgs), elsewhere, reported)


_PLACES = {word.code: place for place, word in enumerate(MEASURES)}


def _in_order(total: Reported) -> tuple[int, str]:
    """As the measures are listed, England before its regions."""
    return _PLACES.get(total.measure, len(_PLACES)), total.region_code or ""


def listed_rounds(session: Session, named: Collection[str]) -> list[RoundPlan]:
    """The rounds that a list covers, the one that starts last first: those named, or else all real ones.

    Raises InvalidParameter naming those that there are not.
    """
    plans = rounds.all_rounds(session)
    unknown = set(named) - {plan.round_id for plan in plans}
    if unknown:
        faults = [ParameterFault("round", f"{each} is not a round.") for each in sorted(unknown)]
        raise InvalidParameter("There is no such round.", parameters=faults)
    return [plan for plan in plans if (plan.round_id in named if named else plan.kind != RoundKind.TRIAL)]


def known_until(known_to: date | None, day: date) -> list[str]:
    """A sentence where a day lies beyond what is known of CCGs, so that nobody takes silence for a fact."""
    if known_to is None or day <= known_to:
        return []
    reach = f"{known_to.day} {known_to:%B %Y}"
    return [f"What is known of CCGs (mergers, closings) reaches to {reach}, and not to this day."]


def known_in_part(plans: list[RoundPlan]) -> list[str]:
    """A sentence where some of these rounds are known in part, so that nobody takes a list of theirs for the whole."""
    named = sorted(plan.round_id for plan in plans if plan.coverage == Coverage.PARTIAL)
    if not named:
        return []
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    noun, verb = ("Round", "is") if len(named) == 1 else ("Rounds", "are")
    return [f"{noun} {listed} {verb} known in part: CCGs that our sources do not name are missing here."]
