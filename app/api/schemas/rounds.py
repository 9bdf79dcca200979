"""Rounds: how they are read and planned, and extensions."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from app.api.schemas.approvals import OutcomeCountsOut
from app.api.schemas.log import ReceiptOut
from app.api.schemas.statistics import RoundFiguresOut, outcomes_out, round_figures
from app.casework.extending import Extended, FirstSubmission
from app.reading.rounds import RoundFigures, Rounds
from app.records.earlier_decisions import EarlierDecision
from app.rules import deadlines
from app.rules.refusals import Fault, InvalidDocument
from app.rules.rounds import LONGEST_SOURCE, RoundPlan
from app.rules.words import Level
from app.web import forms
from app.web.documents import AppliedLevelOut, Day, In, Instant, InstantIn, Line, OdsCode, Out, OutcomeOut, Prose, line
from app.web.licence import PublicListOut

# --- as they are read ---------------------------------------------------------------------------


class RoundDeadlinesOut(Out):
    """The last London day for a first submission at each level. Null if no national deadline is known."""

    delegated: Day | None
    joint: Day | None


class DeadlinesAtOut(Out):
    """The instants at which the deadlines pass: each is the start of the next London day."""

    delegated: Instant | None
    joint: Instant | None


class RoundLinksOut(Out):
    """Addresses of what belongs to a round."""

    self: str
    approvals: str
    decisions: str


class _PlannedOut(Out):
    """The plan of a round. ``version`` counts its changes; name it in ``If-Match`` to change the plan."""

    round_id: str
    version: int
    title: str
    kind: Literal["real", "trial"]
    stage: Literal["application", "expression_of_interest"]
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
    review_from: Day | None
    review_to: Day | None
    announcement_expected_on: Day | None
    source: str | None
    note: str | None
    counts: OutcomeCountsOut | None


class RoundOut(RoundFiguresOut, _PlannedOut):
    """A round: its windows and deadlines, and the register's counts for it beside what was reported.

    ``counts`` cover what was announced in the round, once something was. If a past round is only partly known, the days
    it opened and closed may be null; ``source`` says how the others are known. The figures divide by the CCGs that were
    open on ``countedOn``. Grants are in force on ``inForceOn``. The register knows about CCGs up to ``knownTo``. The
    panels are to review from ``reviewFrom`` to ``reviewTo``. At the ``stage`` of expressions of interest CCGs say which
    level interests them: the round's decisions grant nothing, and count only if the round is named.
    """

    known_to: Day | None
    public_sequence: int
    links: RoundLinksOut

    @classmethod
    def of(cls, found: RoundFigures, among: Rounds) -> Self:
        """Show one of these rounds on a London day."""
        plan, announced, shown = found.plan, found.announced, round_figures(found, among.names)
        return cls.model_validate(
            {
                "round_id": plan.round_id,
                "version": among.versions[plan.round_id],
                "title": plan.title,
                "kind": plan.kind,
                "stage": plan.stage,
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
                "review_from": plan.review_from,
                "review_to": plan.review_to,
                "announcement_expected_on": plan.announcement_expected_on,
                "source": plan.source,
                "note": plan.note,
                "counts": outcomes_out(announced) if any(announced.values()) else None,
                **shown,
                "in_words": [*shown["in_words"], *among.in_words],
                "known_to": among.known_to,
                "public_sequence": among.public_sequence,
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

    @classmethod
    def of(cls, found: Rounds) -> Self:
        """Show all rounds on one page."""
        shown = [RoundOut.of(each, found) for each in found.rounds]
        return cls(
            results=shown,
            public_sequence=found.public_sequence,
            total=len(shown),
            limit=len(shown),
            next_cursor=None,
            has_more=False,
        )


def _deadlines_at(plan: RoundPlan) -> DeadlinesAtOut:
    def instant(day: date | None) -> Instant | None:
        return None if day is None else deadlines.closes_at(day)

    return DeadlinesAtOut(delegated=instant(plan.delegated_deadline), joint=instant(plan.joint_deadline))


# --- as they are put ----------------------------------------------------------------------------

COMPUTED = frozenset(
    {"version", "state", "deadlinesAt", "closesAt", "counts", "knownTo", "publicSequence", "links"}
    | {"inForceOn", "countsApplications", "outsideDenominator", "recorded", "reported", "inWords"}
)


class DeadlinesIn(In):
    """The last London day for a first submission at each level. Null if there is no national deadline."""

    delegated: Day | None
    joint: Day | None


class RoundIn(In):
    """A round, in the form in which reading gives it.

    What the register computes (`state`, `counts`, …) is ignored here.

    Only a past round that is partly known may have null for the days it opened and closed.
    """

    round_id: Annotated[str, Field(max_length=40)]
    title: Line
    kind: Literal["real", "trial"]
    stage: Literal["application", "expression_of_interest"] = "application"
    coverage: Literal["complete", "partial"]
    opens_on: Day | None
    deadlines: DeadlinesIn
    closes_on: Day | None
    starts_on: Day
    counted_on: Day
    applications_public_from: Day | None = None
    applicants_see_at: InstantIn | None = None
    review_from: Day | None = None
    review_to: Day | None = None
    announcement_expected_on: Day | None = None
    source: Annotated[str, *line(1, LONGEST_SOURCE)] | None = None
    note: Annotated[str, *line(1, LONGEST_SOURCE)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_computed(cls, document: Any) -> Any:
        if not isinstance(document, dict):
            return document
        return {name: value for name, value in document.items() if name not in COMPUTED}

    def plan(self) -> RoundPlan:
        """The round as the rules know it."""
        return RoundPlan(
            round_id=self.round_id,
            title=self.title,
            kind=self.kind,
            coverage=self.coverage,
            opens_on=self.opens_on,
            delegated_deadline=self.deadlines.delegated,
            joint_deadline=self.deadlines.joint,
            closes_on=self.closes_on,
            starts_on=self.starts_on,
            counted_on=self.counted_on,
            applications_public_from=self.applications_public_from,
            applicants_see_at=self.applicants_see_at,
            source=self.source,
            note=self.note,
            review_from=self.review_from,
            review_to=self.review_to,
            announcement_expected_on=self.announcement_expected_on,
            stage=self.stage,
        )


# --- before it was applied for ------------------------------------------------------------------


class ExpressionOfInterestOut(Out):
    """The decision on an expression of interest that a CCG made before it applied. It grants nothing."""

    decision_id: str
    round_id: str
    outcome: OutcomeOut
    href: str

    @classmethod
    def of(cls, each: EarlierDecision) -> Self:
        """Show where it is. Before it is public it is at its record, for its applicants only."""
        where = "" if each.is_public else "/record"
        href = f"/v1/decisions/{each.decision_id}{where}"
        return cls(decision_id=each.decision_id, round_id=each.round_id, outcome=each.outcome, href=href)


# --- more time ----------------------------------------------------------------------------------


class ExtensionIn(In):
    """More time, until the end of a London day. The reason is private.

    For a CCG's first submission at a level give ``odsCode`` and ``level``. For awaited changes of an application give
    only its ``reference``.
    """

    ods_code: OdsCode | None = None
    level: Literal["delegated", "joint"] | None = None
    reference: Annotated[str, Field(pattern=forms.ID, max_length=60)] | None = None
    until: Day
    reason: Prose

    def wanted(self) -> FirstSubmission | str:
        """What to extend: a first submission, or the changes of the application with a reference."""
        if self.reference is None and self.ods_code is not None and self.level is not None:
            return FirstSubmission(self.ods_code, Level(self.level))
        if self.reference is not None and self.ods_code is None and self.level is None:
            return self.reference
        raise InvalidDocument("Name either odsCode and level, or reference alone.", faults=list(self._shape_faults()))

    def _shape_faults(self) -> Iterator[Fault]:
        for pointer, value in (("/odsCode", self.ods_code), ("/level", self.level)):
            if self.reference is None and value is None:
                yield Fault(pointer, "Is required if there is no reference.")
            if self.reference is not None and value is not None:
                yield Fault(pointer, "Not together with a reference.")


class ExtensionOut(Out):
    """The extension that was granted. It has a ``reference`` if it is for the changes of one application."""

    extension_id: str
    round_id: str
    ods_code: str
    level: AppliedLevelOut
    reference: str | None
    until: Day
    receipt: ReceiptOut

    @classmethod
    def of(cls, done: Extended, round_id: str) -> Self:
        """Show an extension."""
        return cls(
            extension_id=done.extension_id,
            round_id=round_id,
            ods_code=done.ods_code,
            level=done.level,
            reference=done.reference,
            until=done.until,
            receipt=ReceiptOut.of(done.receipt),
        )
