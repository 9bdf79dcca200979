"""CCGs, rounds and reference data as the public reads them."""

from datetime import date
from typing import Literal, Self

from app.api.schemas.base import Day, Instant, Out
from app.api.schemas.published import ApprovalOut, ChangeOut, OutcomeCountsOut, PlaceOut
from app.records.directory import DeclarationRow, FactRow
from app.rules import deadlines
from app.rules.rounds import RoundPlan
from app.rules.words import Word


class SuccessorOut(Out):
    """The CCG that came after a closed one."""

    ods_code: str
    href: str


class DeclarationOut(Out):
    """A declared level that needs no approval."""

    round: str
    trial: bool
    level: Literal["greater_involvement", "none"]
    declared_on: Day

    @classmethod
    def of(cls, row: DeclarationRow) -> Self:
        """A declaration from its row."""
        return cls.model_validate(
            {
                "round": row.round_id,
                "trial": row.round_kind == "trial",
                "level": row.level,
                "declared_on": row.declared_on,
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
    """One CCG. ``position`` says what is published about it; ``level`` is what it holds or has been granted."""

    ods_code: str
    ons_code: str | None
    name: str
    region: PlaceOut
    area_team: PlaceOut | None
    opened_on: Day
    closed_on: Day | None
    successor: SuccessorOut | None
    position: Position
    level: str | None
    links: OrganisationLinksOut


class OrganisationsOut(Out):
    """The CCGs, by ODS code, closed ones included."""

    results: list[OrganisationRowOut]
    on: Day | None
    known_to: Day | None
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
    """One CCG in full."""

    names: list[FactOut]
    current: ApprovalOut | None
    next: ApprovalOut | None
    declarations: list[DeclarationOut]
    on: Day | None
    known_to: Day
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


class RoundOut(Out):
    """A round: its windows and deadlines, and counts of what was announced in it, once something was."""

    round_id: str
    title: str
    kind: Literal["real", "trial"]
    coverage: Literal["complete", "partial"]
    state: Literal["planned", "open", "closed"]
    opens_on: Day
    deadlines: RoundDeadlinesOut
    deadlines_at: DeadlinesAtOut
    closes_on: Day
    closes_at: Instant
    starts_on: Day
    counted_on: Day
    applications_public_from: Day | None
    applicants_see_at: Instant | None
    counts: OutcomeCountsOut | None
    links: RoundLinksOut

    @classmethod
    def of(cls, plan: RoundPlan, counts: dict[str, int], day: date) -> Self:
        """A round as it stands on a London day."""
        return cls.model_validate(
            {
                "round_id": plan.round_id,
                "title": plan.title,
                "kind": plan.kind,
                "coverage": plan.coverage,
                "state": plan.state_on(day),
                "opens_on": plan.opens_on,
                "deadlines": RoundDeadlinesOut(delegated=plan.delegated_deadline, joint=plan.joint_deadline),
                "deadlines_at": _deadlines_at(plan),
                "closes_on": plan.closes_on,
                "closes_at": deadlines.closes_at(plan.closes_on),
                "starts_on": plan.starts_on,
                "counted_on": plan.counted_on,
                "applications_public_from": plan.applications_public_from,
                "applicants_see_at": plan.applicants_see_at,
                "counts": OutcomeCountsOut.of(counts) if counts else None,
                "links": RoundLinksOut(
                    self=f"/v1/rounds/{plan.round_id}",
                    approvals=f"/v1/approvals?round={plan.round_id}",
                    decisions=f"/v1/decisions?round={plan.round_id}",
                ),
            },
            by_name=True,
            by_alias=False,
        )


class RoundsOut(Out):
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
