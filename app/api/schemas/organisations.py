"""CCGs, rounds and reference data as the public reads them."""

from datetime import date
from typing import Annotated, Literal, Self

from app.api.figures import RoundFigures
from app.api.schemas.changes import ChangeOut
from app.api.schemas.published import ApprovalOut, OutcomeCountsOut, PlaceOut
from app.api.schemas.statistics import RoundFiguresOut, outcomes_out, round_figures
from app.records.directory import DeclarationRow, FactRow
from app.rules import deadlines
from app.rules.history import Basis, Origin
from app.rules.rounds import RoundPlan
from app.rules.words import Word
from app.web.documents import Day, Instant, Out, word_of
from app.web.licence import PublicListOut


class SuccessorOut(Out):
    """The CCG that came after a closed one."""

    ods_code: str
    href: str


class DeclarationOut(Out):
    """A declared level that needs no approval. One of a past round has a ``basis`` and a ``source``."""

    round: str
    trial: bool
    level: Literal["greater_involvement", "none"]
    declared_on: Day | None
    origin: Annotated[str, word_of(*Origin)]
    basis: Annotated[str, word_of(*Basis)] | None
    source: str | None

    @classmethod
    def of(cls, row: DeclarationRow) -> Self:
        """A declaration from its row."""
        return cls.model_validate(
            {
                "round": row.round_id,
                "trial": row.round_kind == "trial",
                "level": row.level,
                "declared_on": row.declared_on,
                "origin": row.origin,
                "basis": row.basis,
                "source": row.source,
            },
            by_name=True,
            by_alias=False,
        )


class OrganisationLinksOut(Out):
    """Addresses of what belongs to a CCG."""

    self: str
    history: str
    approvals: str


Position = Literal[
    "in_force", "not_started", "ended", "not_taken_up", "not_approved", "declared", "no_published_decision"
]


class OrganisationRowOut(Out):
    """One CCG. ``position`` says what is published about it; ``level`` is what it holds or has been granted.

    ``basis`` and ``source`` are those of that position, where it is of a past round.
    """

    ods_code: str
    ons_code: str | None
    name: str
    region: PlaceOut
    area_team: PlaceOut | None
    open: bool
    opened_on: Day
    closed_on: Day | None
    successor: SuccessorOut | None
    position: Position
    level: str | None
    agreement_in_words: str | None
    basis: Annotated[str, word_of(*Basis)] | None
    source: str | None
    links: OrganisationLinksOut


class OrganisationsOut(PublicListOut):
    """The CCGs, by ODS code, closed ones included unless only open ones are asked for."""

    results: list[OrganisationRowOut]
    on: Day | None
    known_to: Day | None
    in_words: list[str]
    public_sequence: int
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool


class FactOut(Out):
    """What a CCG was called, and where it belonged, from one day to another."""

    valid_from: Day
    valid_to: Day | None
    name: str
    ons_code: str | None
    region: PlaceOut
    area_team: PlaceOut | None

    @classmethod
    def of(cls, row: FactRow, regions: dict[str, str], area_teams: dict[str, str]) -> Self:
        """A dated fact from its row."""
        return cls(
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            name=row.name,
            ons_code=row.ons_code,
            region=PlaceOut(code=row.region_code, name=regions[row.region_code]),
            area_team=None
            if row.area_team_code is None
            else PlaceOut(code=row.area_team_code, name=area_teams[row.area_team_code]),
        )


class OrganisationOut(OrganisationRowOut):
    """One CCG in full: what it holds on the day, what is granted ahead, and all else that was decided by then."""

    predecessors: list[str]
    names: list[FactOut]
    current: ApprovalOut | None
    next: ApprovalOut | None
    past: list[ApprovalOut]
    declarations: list[DeclarationOut]
    on: Day | None
    known_to: Day
    in_words: list[str]
    public_sequence: int


class HistoryOut(Out):
    """Every published event about one CCG, oldest first."""

    ods_code: str
    name: str
    results: list[ChangeOut]
    public_sequence: int


class RoundDeadlinesOut(Out):
    """The last London day for a first submission at each level; null where there is no national deadline."""

    delegated: Day | None
    joint: Day | None


class DeadlinesAtOut(Out):
    """The instants at which the deadlines pass: the London day after each begins."""

    delegated: Instant | None
    joint: Instant | None


class RoundLinksOut(Out):
    """Addresses of what belongs to a round."""

    self: str
    approvals: str
    decisions: str


class _PlannedOut(Out):
    """What is planned of a round."""

    round_id: str
    title: str
    kind: Literal["real", "trial"]
    coverage: Literal["complete", "partial"]
    state: Literal["planned", "open", "closed"]
    opens_on: Day | None
    deadlines: RoundDeadlinesOut
    deadlines_at: DeadlinesAtOut
    closes_on: Day | None
    closes_at: Instant | None
    starts_on: Day
    applications_public_from: Day | None
    applicants_see_at: Instant | None
    source: str | None
    counts: OutcomeCountsOut | None


class RoundOut(RoundFiguresOut, _PlannedOut):
    """A round: its windows and deadlines, and what the register counts of it beside what was reported.

    ``counts`` are of what was announced in it, once something was. Of a past round that is known in part
    the days it opened and closed may be null; ``source`` says where the others are known from. The
    figures divide by the CCGs open on ``countedOn``; grants are in force on ``inForceOn``.
    """

    public_sequence: int
    links: RoundLinksOut

    @classmethod
    def of(cls, found: RoundFigures, regions: dict[str, str], *, public_sequence: int) -> Self:
        """A round as it stands on a London day."""
        plan, announced = found.plan, found.announced
        return cls.model_validate(
            {
                "round_id": plan.round_id,
                "title": plan.title,
                "kind": plan.kind,
                "coverage": plan.coverage,
                "state": plan.state_on(found.day),
                "opens_on": plan.opens_on,
                "deadlines": RoundDeadlinesOut(delegated=plan.delegated_deadline, joint=plan.joint_deadline),
                "deadlines_at": _deadlines_at(plan),
                "closes_on": plan.closes_on,
                "closes_at": None if plan.closes_on is None else deadlines.closes_at(plan.closes_on),
                "starts_on": plan.starts_on,
                "applications_public_from": plan.applications_public_from,
                "applicants_see_at": plan.applicants_see_at,
                "source": plan.source,
                "counts": outcomes_out(announced) if any(announced.values()) else None,
                **round_figures(found, regions),
                "public_sequence": public_sequence,
                "links": RoundLinksOut(
                    self=f"/v1/rounds/{plan.round_id}",
                    approvals=f"/v1/approvals?round={plan.round_id}",
                    decisions=f"/v1/decisions?round={plan.round_id}",
                ),
            },
            by_name=True,
            by_alias=False,
        )


class RoundsOut(PublicListOut):
    """All rounds, by the day they start."""

    results: list[RoundOut]
    public_sequence: int
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool


class WordOut(Out):
    """One row of reference data."""

    code: str
    label: str
    description: str | None
    valid_from: Day | None
    valid_to: Day | None

    @classmethod
    def of(cls, word: Word) -> Self:
        """A code of the register's own, which holds on every day."""
        return cls(code=word.code, label=word.label, description=word.description, valid_from=None, valid_to=None)


class WordsOut(Out):
    """One set of reference data."""

    name: str
    results: list[WordOut]
    public_sequence: int


class ReferenceSetOut(Out):
    """Where one set of reference data is."""

    name: str
    href: str


class ReferenceSetsOut(Out):
    """The sets of reference data."""

    results: list[ReferenceSetOut]


def _deadlines_at(plan: RoundPlan) -> DeadlinesAtOut:
    def instant(day: date | None) -> Instant | None:
        return None if day is None else deadlines.closes_at(day)

    return DeadlinesAtOut(delegated=instant(plan.delegated_deadline), joint=instant(plan.joint_deadline))
