"""Public counts by group and round."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.reading.rounds import RoundFigures, figures_of, listed_rounds
from app.records import directory, history, ledger, places
from app.records.places import PlaceNames
from app.records.session import Session
from app.rules import caveats
from app.rules.counts import Counted, Figures, figures
from app.rules.history import Reported
from app.rules.rounds import RoundPlan
from app.rules.words import REASONS

NOT_KNOWN = "Not known"


class Grouping(StrEnum):
    """What the rows of the counts are by."""

    REGION = "region"
    AREA_TEAM = "areaTeam"
    ROUND = "round"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Group:
    """Some CCGs of a round, counted, with what they have in common and what was reported of them.

    ``code`` is None if it is not known. ``day`` is the one on which grants are in force.
    """

    plan: RoundPlan
    day: date
    by: Grouping
    code: str | None
    name: str
    figures: Figures
    reported: Sequence[Reported]
    public_sequence: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts by group for each round asked for, and each round as a whole.

    ``of_no_round`` is what was reported of CCGs, or of what followed them, beside all rounds.
    """

    rounds: list[RoundFigures]
    groups: list[Group]
    of_no_round: list[Reported]
    names: PlaceNames
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def count_by(session: Session, by: Grouping, *, named: Collection[str], day: date) -> Statistics:
    """Count choices, outcomes and what is in force on a day, for the rounds named or else all real ones.

    Raises UnknownNames.
    """
    plans, sequence = listed_rounds(session, named), ledger.public_sequence(session)
    found = figures_of(session, plans, day, sequence)
    names, known_to = places.place_names(session), directory.known_to(session)
    return Statistics(
        rounds=found,
        groups=[
            Group(each.plan, day, by, code, name, figures(ccgs), reported, sequence)
            for each in found
            for code, name, ccgs, reported in _GROUPS[by](each, names)
        ],
        of_no_round=[] if named else history.reported_in(session, [""]),
        names=names,
        known_to=known_to,
        in_words=caveats.known_until(known_to, day),
        public_sequence=sequence,
    )


Parts = Iterator[tuple[str | None, str, Sequence[Counted], Sequence[Reported]]]


def _whole(found: RoundFigures, _: PlaceNames) -> Parts:
    national = [each for each in found.reported if each.is_national]
    yield found.plan.round_id, found.plan.title, found.ccgs, national


def _by_region(found: RoundFigures, names: PlaceNames) -> Parts:
    for code in sorted({ccg.region_code for ccg in found.ccgs}):
        of_region = [each for each in found.reported if each.region_code == code]
        yield code, names.regions[code], [ccg for ccg in found.ccgs if ccg.region_code == code], of_region


def _by_area_team(found: RoundFigures, names: PlaceNames) -> Parts:
    for code in sorted({ccg.area_team_code for ccg in found.ccgs}, key=lambda each: (each is None, each)):
        name = NOT_KNOWN if code is None else names.area_teams[code]
        of_team = [each for each in found.reported if code is not None and each.area_team_code == code]
        yield code, name, [ccg for ccg in found.ccgs if ccg.area_team_code == code], of_team


def _by_reason(found: RoundFigures, _: PlaceNames) -> Parts:
    for reason in REASONS:
        given = [ccg.given(reason.code) for ccg in found.ccgs]
        if any(ccg.decided for ccg in given):
            yield reason.code, reason.label, [ccg for ccg in given if ccg.decided], ()


_GROUPS: dict[Grouping, Callable[[RoundFigures, PlaceNames], Parts]] = {
    Grouping.ROUND: _whole,
    Grouping.REGION: _by_region,
    Grouping.AREA_TEAM: _by_area_team,
    Grouping.REASON: _by_reason,
}
