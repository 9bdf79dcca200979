"""Public counts: the register's own, and beside them what others reported at the time."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from app.api.schemas.approvals import OutcomeCountsOut
from app.api.schemas.figures import ReportedOut
from app.reading.rounds import RoundFigures
from app.reading.statistics import Group, Statistics
from app.records.places import PlaceNames
from app.rules.caveats import noted
from app.rules.counts import Figures, named_in_words, not_confirmed_in_words, unnamed_in_words
from app.rules.history import Basis, Reported
from app.rules.rounds import Coverage, RoundKind
from app.rules.words import Level, Outcome
from app.web.documents import Day, Out
from app.web.licence import PublicListOut

GroupBy = Literal["region", "areaTeam", "round", "reason"]


def _spelt(name: str) -> Any:
    """The metadata of a member that is a word of the register, with the same value as everywhere."""
    return Field(alias=name)


# --- what the register counts -------------------------------------------------------------------


class ChoicesOut(Out):
    """How many CCGs chose each level."""

    delegated: int
    joint: int
    greater_involvement: Annotated[int, _spelt("greater_involvement")]
    none: int


class RequestedOut(ChoicesOut):
    """The choices in a round that is completely known. They add up to ``organisations``.

    ``notDeclared`` counts CCGs about which nothing is public: no decision, no declaration and, from the round's
    ``applicationsPublicFrom``, no application.
    """

    not_declared: int


class RequestedInPartOut(ChoicesOut):
    """The choices in a round that is only partly known. They add up to ``organisations``.

    ``notDeclared`` counts CCGs of which a source says that they chose nothing, ``notKnown`` those of which none tells
    what they chose.
    """

    not_declared: int
    not_known: int


class OutcomesByLevelOut(Out):
    """Outcomes by the level that was requested."""

    delegated: OutcomeCountsOut
    joint: OutcomeCountsOut


class PercentOut(Out):
    """Counts in per cent of ``organisations``, to one decimal.

    The outcomes are null as long as nothing is decided, the choices as long as none is public.
    """

    delegated: float | None
    joint: float | None
    greater_involvement: Annotated[float | None, _spelt("greater_involvement")]
    none: float | None
    not_declared: float | None
    approved: float | None
    conditional: float | None
    rejected: float | None
    downgraded_to_joint: Annotated[float | None, _spelt("downgraded_to_joint")]
    not_approved_as_requested: float | None

    @classmethod
    def of(cls, found: Figures) -> Self | None:
        """Percentages of figures. None if there are no CCGs to divide by."""
        shares = {
            **{level.value: found.percent_of_choices(number) for level, number in found.requested.items()},
            "not_declared": found.percent_of_choices(found.without_choice),
            **{outcome.value: found.percent_of_outcomes(number) for outcome, number in found.outcomes.items()},
            "not_approved_as_requested": found.percent_of_outcomes(found.not_approved_as_requested),
        }
        return cls.model_validate(shares, by_name=True, by_alias=False) if found.organisations else None


class BasesOut(Out):
    """How many of the CCGs are known from an explicit statement, from two facts together, or by implication."""

    stated: int
    derived: int
    implied: int


class FiguresOut(Out):
    """Counts over the CCGs of a round, or of a group of them. ``organisations`` is their denominator.

    Approved and conditional are counted apart; ``notApprovedAsRequested`` is rejected and downgraded together.
    ``inForce`` counts grants in force on the day. ``startNotConfirmed`` counts, apart from those, grants that are in
    force as far as is known, though no source says that they started. A round that is only partly known has no
    percentages. ``outcomeNotKnown`` counts CCGs that chose a level of which no source tells if it was granted: they are
    in ``requested``, and in no outcome. ``requestNotKnown`` counts approvals of which no source tells what was
    asked for, nor for which days: they are in ``outcomes``, and neither in ``requested`` nor in ``inForce``.
    ``sources`` are those of the past facts counted here; ``bases`` counts how the sources say it.
    """

    organisations: int
    requested: RequestedOut | RequestedInPartOut
    outcomes: OutcomeCountsOut
    outcomes_by_requested_level: OutcomesByLevelOut
    outcome_not_known: int
    request_not_known: int
    not_approved_as_requested: int
    since_promoted: int
    in_force: int
    start_not_confirmed: int
    percent: PercentOut | None
    sources: list[str]
    bases: BasesOut

    @classmethod
    def of(cls, found: Figures, coverage: str) -> Self:
        """The figures of a round, or of a group in it."""
        return cls(**figures_of(found, coverage))


def figures_of(found: Figures, coverage: str) -> dict[str, Any]:
    """The members of ``FiguresOut``."""
    is_partial = coverage == Coverage.PARTIAL
    return {
        "organisations": found.organisations,
        "requested": _requested(found, is_partial=is_partial),
        "outcomes": outcomes_out(found.outcomes),
        "outcomes_by_requested_level": OutcomesByLevelOut(
            delegated=outcomes_out(found.outcomes_by_level[Level.DELEGATED]),
            joint=outcomes_out(found.outcomes_by_level[Level.JOINT]),
        ),
        "outcome_not_known": found.outcome_not_known,
        "request_not_known": found.unasked.total(),
        "not_approved_as_requested": found.not_approved_as_requested,
        "since_promoted": found.since_promoted,
        "in_force": found.in_force,
        "start_not_confirmed": found.start_not_confirmed,
        "percent": None if is_partial else PercentOut.of(found),
        "sources": list(found.sources),
        "bases": BasesOut(**{basis.value: found.bases.get(basis, 0) for basis in Basis}),
    }


def _requested(found: Figures, *, is_partial: bool) -> RequestedOut | RequestedInPartOut:
    chosen = {level.value: number for level, number in found.requested.items()}
    if is_partial:
        return RequestedInPartOut(**chosen, not_declared=found.silent, not_known=found.without_choice - found.silent)
    return RequestedOut(**chosen, not_declared=found.without_choice)


def outcomes_out(counts: Mapping[Outcome, int]) -> OutcomeCountsOut:
    """Show counts by outcome."""
    return OutcomeCountsOut(**{outcome.value: counts[outcome] for outcome in Outcome})


def in_words(found: Figures, coverage: str, totals: Sequence[Reported]) -> list[str]:
    """For a round or group that is only partly known: how many CCGs of each reported number are named.

    For every one: why grants of which no source confirms the start are not counted as in force.
    """
    apart = [*noted(totals), *not_confirmed_in_words(found)]
    if coverage != Coverage.PARTIAL:
        return apart
    sentences = [named_in_words(total.measure, total.value, found) for total in totals]
    return [*(each for each in sentences if each is not None), *unnamed_in_words(found), *apart]


# --- both, beside each other --------------------------------------------------------------------


class RoundFiguresOut(Out):
    """The register's counts for a round (``recorded``) beside what was reported about it at the time.

    The figures divide by the CCGs that were open on ``countedOn``. Grants are in force on ``inForceOn``.
    ``countsApplications`` says whether applications count before their decisions are published. ``outsideDenominator``
    counts decisions about CCGs that were not open on ``countedOn``; they are not in ``recorded``. If the round is only
    partly known, ``inWords`` says how many CCGs of each reported number are named.
    """

    counted_on: Day
    in_force_on: Day
    counts_applications: bool
    outside_denominator: int
    recorded: FiguresOut
    reported: list[ReportedOut]
    in_words: list[str]


def round_figures(found: RoundFigures, names: PlaceNames) -> dict[str, Any]:
    """The members of ``RoundFiguresOut``."""
    coverage, whole = found.plan.coverage, found.whole
    national = [total for total in found.reported if total.is_national]
    return {
        "counted_on": found.plan.counted_on,
        "in_force_on": found.day,
        "counts_applications": found.counts_applications,
        "outside_denominator": len(found.elsewhere),
        "recorded": FiguresOut.of(whole, coverage),
        "reported": [ReportedOut.of_total(total, names) for total in found.reported],
        "in_words": [*noted([found.plan]), *in_words(whole, coverage, national)],
    }


class _NamedRoundOut(Out):
    """Which round it is."""

    round: str
    title: str
    trial: bool
    coverage: Annotated[str, Field(json_schema_extra={"enum": list(Coverage)})]


class RoundStatisticsOut(RoundFiguresOut, _NamedRoundOut):
    """A round as a whole: the register's counts (``recorded``) beside what was reported at the time.

    The figures divide by the CCGs that were open on ``countedOn``. Grants are in force on ``inForceOn``.
    ``countsApplications`` says whether applications count before their decisions are published. ``outsideDenominator``
    are decisions about CCGs that were not open on ``countedOn``; they are not counted.
    """

    href: str

    @classmethod
    def of(cls, found: RoundFigures, names: PlaceNames) -> Self:
        """Show a round with its figures."""
        plan = found.plan
        return cls(
            round=plan.round_id,
            title=plan.title,
            trial=plan.kind == RoundKind.TRIAL,
            coverage=plan.coverage,
            **round_figures(found, names),
            href=f"/v1/rounds/{plan.round_id}",
        )


class GroupOut(Out):
    """What the CCGs of a row have in common. The code is null if it is not known."""

    code: str | None
    name: str


class _GroupedOut(Out):
    """The CCGs that a row counts."""

    round: str
    trial: bool
    coverage: Annotated[str, Field(json_schema_extra={"enum": list(Coverage)})]
    group: GroupOut


class StatisticsRowOut(FiguresOut, _GroupedOut):
    """The CCGs of one group in one round, with what was reported about the group. Do not add rows of different rounds.

    The row of a reason counts the CCGs whose decision, or one of its conditions, gives that reason. A CCG with several
    reasons is in several rows.
    """

    reported: list[ReportedOut]
    in_words: list[str]

    @classmethod
    def of_group(cls, group: Group, names: PlaceNames) -> Self:
        """Show a group's row."""
        plan, found, totals = group.plan, group.figures, group.reported
        return cls(
            round=plan.round_id,
            trial=plan.kind == RoundKind.TRIAL,
            coverage=plan.coverage,
            group=GroupOut(code=group.code, name=group.name),
            **figures_of(found, plan.coverage),
            reported=[ReportedOut.of_total(total, names) for total in totals],
            in_words=in_words(found, plan.coverage, totals),
        )


class StatisticsOut(PublicListOut):
    """Counts by group for each round asked for, and each round as a whole.

    ``reported`` is what was reported of CCGs, or of the boards that followed them, beside all rounds. The register
    knows about CCGs (mergers, closings) up to ``knownTo``.
    """

    group_by: GroupBy
    on: Day | None
    known_to: Day | None
    in_words: list[str]
    public_sequence: int
    rounds: list[RoundStatisticsOut]
    reported: list[ReportedOut]
    results: list[StatisticsRowOut]
    total: int

    @classmethod
    def by_group(cls, found: Statistics, group_by: GroupBy, on: date | None) -> Self:
        """Show counts by group."""
        rows = [StatisticsRowOut.of_group(each, found.names) for each in found.groups]
        return cls(
            group_by=group_by,
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
            rounds=[RoundStatisticsOut.of(each, found.names) for each in found.rounds],
            reported=[ReportedOut.of_total(each, found.names) for each in found.of_no_round],
            results=rows,
            total=len(rows),
        )
