"""Counting: how the CCGs of a round chose and what was decided (rule 12).

Each CCG that was open on the day a round is counted on stands in exactly one choice, so that the
choices add up to the denominator. What others reported is not looked at here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from app.rules.words import Level, Outcome


@dataclass(frozen=True, slots=True)
class Decided:
    """A published decision as far as it is counted.

    ``reason_codes`` are those of its reasons and of its conditions. ``is_in_force`` is judged on one day;
    a grant whose start no source confirms is counted apart. ``requested_level`` is None if no source tells it.
    """

    requested_level: Level | None
    outcome: Outcome
    reason_codes: frozenset[str]
    is_promoted: bool
    is_in_force: bool
    is_start_confirmed: bool
    granted_level: Level | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A CCG of a round. ``choice`` is what is public of its choice: None where nothing is.

    ``sources`` are those that what is counted here was taken from, ``bases`` how they say it; casework has none.
    ``is_silent`` if a source says that it chose nothing.
    """

    ods_code: str
    region_code: str
    area_team_code: str | None
    choice: Level | None
    decided: tuple[Decided, ...]
    sources: frozenset[str]
    bases: frozenset[str]
    is_silent: bool = False

    @property
    def is_listed(self) -> bool:
        """Whether its choice is known, also that it made none."""
        return self.choice is not None or self.is_silent

    @property
    def is_named(self) -> bool:
        """Whether anything at all is known about it."""
        return self.is_listed or bool(self.decided) or bool(self.sources)

    @property
    def lacks_outcome(self) -> bool:
        """Whether a source tells what it applied for, and none what was decided."""
        is_applied_for = self.choice is not None and self.choice.needs_approval
        return is_applied_for and bool(self.sources) and not self.decided

    def given(self, reason_code: str) -> "Counted":
        """The same CCG with only what was decided for this reason."""
        return replace(self, decided=tuple(each for each in self.decided if reason_code in each.reason_codes))


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over some CCGs; ``organisations`` is how many they are, and what percentages divide by.

    ``unnamed`` are those of which nothing is known, ``silent`` those that are known to have chosen nothing; both are
    without a choice. ``outcome_not_known`` chose a level of which no source tells whether it was granted. ``unasked``
    are approvals of which no source tells what had been asked for, by the level granted.
    """

    organisations: int
    requested: Mapping[Level, int]
    without_choice: int
    unnamed: int
    silent: int
    outcome_not_known: int
    unasked: Counter[Level]
    outcomes: Mapping[Outcome, int]
    outcomes_by_level: Mapping[Level, Mapping[Outcome, int]]
    since_promoted: int
    in_force: int
    start_not_confirmed: int
    sources: tuple[str, ...]
    bases: Mapping[str, int]

    @property
    def not_approved_as_requested(self) -> int:
        """Rejected and downgraded together."""
        return self.outcomes[Outcome.REJECTED] + self.outcomes[Outcome.DOWNGRADED_TO_JOINT]

    @property
    def is_decided(self) -> bool:
        """Whether anything was decided about these CCGs."""
        return any(self.outcomes.values())

    def percent_of_choices(self, number: int) -> float | None:
        """A count of CCGs by their choice as a percentage of all. None as long as nothing is known of any choice."""
        return percent(number, self.organisations) if self.without_choice < self.organisations else None

    def percent_of_outcomes(self, number: int) -> float | None:
        """A count of decisions as a percentage of the CCGs. None as long as nothing is decided."""
        return percent(number, self.organisations) if self.is_decided else None


def percent(number: int, of: int) -> float | None:
    """A part of a whole in per cent, to one decimal, halves up; None where there is no whole."""
    if of == 0:
        return None
    return float((Decimal(100 * number) / Decimal(of)).quantize(Decimal("0.1"), ROUND_HALF_UP))


def figures(ccgs: Sequence[Counted]) -> Figures:
    """Count CCGs, their choices, and what was decided about them."""
    decided = [each for ccg in ccgs for each in ccg.decided]
    chosen = Counter(ccg.choice for ccg in ccgs if ccg.choice is not None)
    return Figures(
        organisations=len(ccgs),
        requested={level: chosen[level] for level in Level},
        without_choice=len(ccgs) - chosen.total(),
        unnamed=sum(not ccg.is_named for ccg in ccgs),
        silent=sum(ccg.is_silent for ccg in ccgs),
        outcome_not_known=sum(ccg.lacks_outcome for ccg in ccgs),
        unasked=Counter(each.granted_level for each in decided if each.requested_level is None and each.granted_level),
        outcomes=_outcomes(decided),
        outcomes_by_level={
            level: _outcomes(each for each in decided if each.requested_level is level)
            for level in Level
            if level.needs_approval
        },
        since_promoted=sum(each.is_promoted for each in decided),
        in_force=sum(each.is_in_force and each.is_start_confirmed for each in decided),
        start_not_confirmed=sum(each.is_in_force and not each.is_start_confirmed for each in decided),
        sources=tuple(sorted(frozenset[str]().union(*(ccg.sources for ccg in ccgs)))),
        bases=Counter(basis for ccg in ccgs for basis in ccg.bases),
    )


def _outcomes(decided: Iterable[Decided]) -> dict[Outcome, int]:
    found = Counter(each.outcome for each in decided)
    return {outcome: found[outcome] for outcome in Outcome}


# --- beside what others reported ----------------------------------------------------------------

_DELEGATED, _JOINT = Level.DELEGATED, Level.JOINT
_PHRASES = {
    "applied_delegated": "reported to have applied for delegated commissioning",
    "chose_joint": "reported to have chosen joint commissioning",
    "chose_greater_involvement": "reported to have chosen greater involvement",
    "chose_none": "reported to have chosen no involvement",
    "approved": "reported as approved",
    "authorised": "reported as authorised",
    "conditional": "reported as approved with conditions",
    "not_approved_as_requested": "reported as not approved as requested",
    "joint_approved": "reported as approved for joint commissioning",
}


_DECIDED_AS = {
    "approved": frozenset({Outcome.APPROVED}),
    "authorised": frozenset({Outcome.APPROVED}),
    "conditional": frozenset({Outcome.CONDITIONAL}),
    "not_approved_as_requested": frozenset({Outcome.REJECTED, Outcome.DOWNGRADED_TO_JOINT}),
    "joint_approved": frozenset({Outcome.APPROVED}),
}


def is_about(measure: str, outcomes: Collection[str]) -> bool:
    """Whether a reported total counts decisions with one of these outcomes; with any, if none is named."""
    decided = _DECIDED_AS.get(measure, frozenset())
    return bool(decided) and (not outcomes or not decided.isdisjoint(outcomes))


def _counterparts(found: Figures) -> dict[str, int]:
    """What the register's own counts say of the same thing as a reported total, by its measure."""
    delegated, joint = found.outcomes_by_level[_DELEGATED], found.outcomes_by_level[_JOINT]
    return {
        "applied_delegated": found.requested[_DELEGATED],
        "chose_joint": found.requested[_JOINT],
        "chose_greater_involvement": found.requested[Level.GREATER_INVOLVEMENT],
        "chose_none": found.requested[Level.NONE],
        "approved": delegated[Outcome.APPROVED] + found.unasked[_DELEGATED],
        "authorised": delegated[Outcome.APPROVED] + found.unasked[_DELEGATED],
        "conditional": delegated[Outcome.CONDITIONAL],
        "not_approved_as_requested": delegated[Outcome.REJECTED] + delegated[Outcome.DOWNGRADED_TO_JOINT],
        "joint_approved": joint[Outcome.APPROVED] + found.unasked[_JOINT],
    }


def unsettled(found: Figures, totals: Iterable[tuple[str, int]]) -> list[str]:
    """Where the counts of a round differ from the reported totals that settle it, one sentence each."""
    counted = _counterparts(found)
    return [
        f"{'1 CCG is' if number == 1 else f'{number} CCGs are'} recorded, and {value} are {_PHRASES[measure]}"
        for measure, value in totals
        if (number := counted.get(measure, value)) != value
    ]


def named_in_words(measure: str, value: int, found: Figures) -> str | None:
    """A sentence that says how many of a reported number are known by name.

    None for a measure that counts what a round's own decisions do not say.
    """
    if measure not in _PHRASES or value == 0:
        return None
    named = _counterparts(found)[measure]
    if named > value:
        return f"{named} CCGs are named by our sources, more than the {value} {_PHRASES[measure]}."
    if value == 1:
        return f"The only CCG {_PHRASES[measure]} is {'named' if named else 'not named'} by our sources."
    if named == value:
        return f"{all_of(value)} CCGs {_PHRASES[measure]} are named by our sources."
    number, verb = (str(named), "is" if named == 1 else "are") if named else ("None", "is")
    return f"{number} of the {value} CCGs {_PHRASES[measure]} {verb} named by our sources."


def unnamed_in_words(found: Figures, whose: str = "these") -> list[str]:
    """Sentences that say of how many CCGs nothing or only a part is known, so that no nought is read as counted."""
    if found.unnamed and found.unnamed == found.organisations:
        return [f"Our sources name none of {whose} CCGs."]
    known = [
        (found.unnamed, "not named by our sources"),
        (found.without_choice - found.unnamed - found.silent, "named by our sources, which do not tell the choice"),
        (found.outcome_not_known, "known by the choice alone: no source tells the outcome"),
        (
            found.unasked.total(),
            "known to have been approved, but no source tells on what request or for which days",
        ),
    ]
    return [f"{_so_many(number, found.organisations, whose)} {what}." for number, what in known if number]


def _so_many(number: int, of: int, whose: str) -> str:
    if of == 1:
        return "The only CCG here is"
    if number == of:
        return f"Each of {whose} {of} CCGs is"
    return f"{number} of {whose} {of} CCGs {'is' if number == 1 else 'are'}"


def not_confirmed_in_words(found: Figures) -> list[str]:
    """A sentence that says why grants that lists show as in force are not counted as such."""
    number = found.start_not_confirmed
    if not number:
        return []
    grants, their, they = ("grant is", "its", "it is") if number == 1 else ("grants are", "their", "they are")
    known = f"{number} {grants} in force as far as is known: no source confirms {their} start"
    return [f"{known}, so {they} counted as startNotConfirmed and not as inForce."]


def all_of(number: int) -> str:
    """The word for all of two or more, before a noun: "Both", "All 6"."""
    return "Both" if number == 2 else f"All {number}"  # noqa: PLR2004 - two have a word of their own
