"""Rounds with their figures: what is counted of each, beside what was reported of it at the time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app.records import directory, history, ledger, places, rounds, statistics
from app.records.places import PlaceNames
from app.records.session import Session
from app.records.statistics import RoundCount
from app.rules import caveats
from app.rules.counts import Counted, Figures, figures
from app.rules.filters import Asked, check_known
from app.rules.history import Reported
from app.rules.refusals import NotFound
from app.rules.rounds import RoundPlan, covered_rounds
from app.rules.words import MEASURES, Outcome


@dataclass(frozen=True, slots=True)
class RoundFigures:
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


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds with their figures, as at a public sequence, the version of each, and what regions are called.

    ``in_words`` says so if the day of the figures lies beyond what is known of CCGs.
    """

    rounds: list[RoundFigures]
    versions: dict[str, int]
    names: PlaceNames
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def list_rounds(session: Session, day: date) -> Rounds:
    """Every round with its figures on a day, the one that starts last first."""
    return with_figures(session, rounds.all_rounds(session), day)


def read_round(session: Session, round_id: str, day: date) -> Rounds:
    """One round with its figures on a day. Raises NotFound."""
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise NotFound("No such round.")
    return with_figures(session, [plan], day)


def with_figures(session: Session, plans: Collection[RoundPlan], day: date) -> Rounds:
    """Rounds with their figures on a day."""
    sequence = ledger.public_sequence(session)
    versions = rounds.versions(session, [plan.round_id for plan in plans])
    known_to = directory.known_to(session)
    return Rounds(
        figures_of(session, plans, day, sequence),
        versions,
        places.place_names(session),
        known_to,
        caveats.known_until(known_to, day),
        sequence,
    )


def listed_rounds(
    session: Session, named: Collection[str], *, regions: Collection[str] = (), area_teams: Collection[str] = ()
) -> list[RoundPlan]:
    """The rounds that a list covers, the one that starts last first. ``named`` are those that it asks for.

    Raises UnknownNames for rounds, regions and area teams that there are not.
    """
    plans = rounds.all_rounds(session)
    check_names(session, plans, named, regions, area_teams)
    return covered_rounds(plans, named)


def check_names(
    session: Session,
    plans: Collection[RoundPlan],
    named: Collection[str],
    regions: Collection[str],
    area_teams: Collection[str],
) -> None:
    """Raise UnknownNames with every round, region and area team that there is not."""
    asked = [Asked("round", named, [plan.round_id for plan in plans])] if named else []
    if regions or area_teams:
        names = places.place_names(session)
        asked += [Asked("region", regions, names.regions), Asked("area team", area_teams, names.area_teams)]
    if asked:
        check_known(*asked)


def check_rounds(session: Session, named: Collection[str]) -> None:
    """Raise UnknownNames with every round that there is not."""
    if named:
        check_names(session, rounds.all_rounds(session), named, (), ())


def check_places(session: Session, regions: Collection[str], area_teams: Collection[str]) -> None:
    """Raise UnknownNames with every region and area team that there is not."""
    check_names(session, (), (), regions, area_teams)


def figures_of(session: Session, plans: Collection[RoundPlan], day: date, public_sequence: int) -> list[RoundFigures]:
    """The figures of rounds on a day, as at the public sequence."""
    reported: dict[str, list[Reported]] = {plan.round_id: [] for plan in plans}
    for total in history.reported_in(session, list(reported)):
        reported[total.round_id].append(total)
    counted = statistics.count_rounds(session, plans, day=day, public_sequence=public_sequence)
    return [_figures(plan, counted[plan.round_id], reported[plan.round_id], day) for plan in plans]


def _figures(plan: RoundPlan, count: RoundCount, reported: list[Reported], day: date) -> RoundFigures:
    return RoundFigures(
        plan,
        day,
        count.counts_applications,
        count.ccgs,
        figures(count.ccgs),
        count.elsewhere,
        sorted(reported, key=_in_order),
    )


_PLACES = {word.code: place for place, word in enumerate(MEASURES)}


def _in_order(total: Reported) -> tuple[int, str, str]:
    """As the measures are listed, England before its regions, and those before the area teams."""
    return _PLACES.get(total.measure, len(_PLACES)), total.area_team_code or "", total.region_code or ""
