"""Applications with everything that belongs to them, one by one. Only the ledger changes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import bindparam
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col, or_, select

from app.records import extensions, rounds
from app.records.approvals import grant_of
from app.records.earlier_decisions import EARLIER, EarlierDecision
from app.records.places import newest_fact_of
from app.records.tables import (
    Application,
    ApplicationMember,
    Approval,
    Assessment,
    Decision,
    DecisionCondition,
    DecisionReason,
    Organisation,
    OrganisationFact,
    Recommendation,
    Round,
)
from app.rules.deadlines import london_day
from app.rules.decisions import ConditionState, DecisionState, shown_state
from app.rules.grants import status_on
from app.rules.lifecycle import State
from app.rules.outcomes import ChosenBy, Condition, Reason, Ruling, ScalingDown, granted_functions
from app.rules.words import Criterion, Level, Outcome


@dataclass(frozen=True, slots=True)
class Case:
    """An application with its members, in their order, and its round.

    ``version`` counts the acts on it, from 1. ``state`` is its true state; ``casework.application_views`` decides how
    much of that a caller may know. ``consents`` says when each member agreed, ``names`` what each is called by its
    newest known name, ``closing`` the last day of those of which one is known. ``regions`` are that in which it was
    submitted, and that to which the lead belongs now. A CCG that has left is no member. ``is_published`` means that its
    decisions are announced. ``due_on`` is the London day by whose end the applicants must act: submit a draft, or make
    the changes asked for; ``more_time`` is the latest day to which the lead of a draft was given time.
    ``scaled_down`` is what its CCGs chose after they had submitted it, and ``scaling_agreed`` who of them agreed to it.
    ``predecessors`` are the bodies in whose place a member opens that was not open yet, each with its last day.
    ``parties`` are both, whose systems see it as applicants.
    """

    application: Application
    round: Round
    members: tuple[str, ...]
    consents: Mapping[str, datetime]
    names: Mapping[str, str]
    regions: frozenset[str]
    closing: Mapping[str, date]
    reference: str
    version: int
    state: State
    level: Level
    is_published: bool
    more_time: date | None
    due_on: date | None
    scaling_agreed: frozenset[str]
    scaled_down: ScalingDown | None
    predecessors: Mapping[str, date | None]
    parties: frozenset[str]

    def consenting(self, day: date) -> tuple[str, ...]:
        """Who agrees to the draft: the members, and their predecessors that are open on a day."""
        closed = {code for code, last_day in self.predecessors.items() if last_day is not None and last_day < day}
        return (*self.members, *(code for code in self.predecessors if code not in closed))

    @classmethod
    def of(
        cls,
        row: Application,
        plan: Round,
        members: tuple[str, ...],
        consents: Mapping[str, datetime],
        names: Mapping[str, str],
        regions: frozenset[str],
        closing: Mapping[str, date],
        more_time: date | None,
        scaling_agreed: frozenset[str],
        predecessors: Mapping[str, date | None],
    ) -> Self:
        """Build the case from its rows."""
        return cls(
            row,
            plan,
            members,
            consents,
            names,
            regions | {row.region_code},
            closing,
            reference=row.reference,
            version=row.version,
            state=State(row.state),
            level=Level(row.requested_level),
            is_published=row.published_at is not None,
            more_time=more_time,
            due_on=row.due_on if row.state != State.DRAFT else _first_due_on(row, plan, more_time),
            scaling_agreed=scaling_agreed,
            scaled_down=scaling_of(row),
            predecessors=predecessors,
            parties=frozenset((*members, *predecessors)),
        )

    def renewed(
        self,
        *,
        members: tuple[str, ...] | None = None,
        consents: Mapping[str, datetime] | None = None,
        scaling_agreed: frozenset[str] | None = None,
    ) -> Self:
        """The same after an act that changed the application's row, and members and consents if they are given."""
        known = self.members if members is None else members
        agreed = self.consents if consents is None else consents
        closing = {code: day for code, day in self.closing.items() if code in known}
        scaling = self.scaling_agreed if scaling_agreed is None else scaling_agreed
        row, plan, before = self.application, self.round, self.predecessors
        return self.of(row, plan, known, agreed, self.names, self.regions, closing, self.more_time, scaling, before)


def scaling_of(row: Application | Decision) -> ScalingDown | None:
    """To which level an application, or that of a decision, was scaled down, and why."""
    if row.scaled_down_to is None:
        return None
    return ScalingDown(Level(row.scaled_down_to), Reason(row.scaled_down_code or "", row.scaled_down_text or ""))


def _first_due_on(row: Application, plan: Round, more_time: date | None) -> date | None:
    """The last day for the first submission: the round's, or a later one that was given."""
    own = rounds.plan_of(plan).deadline_for(Level(row.requested_level))
    return max((day for day in (own, more_time) if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Result:
    """What was recorded or decided for one member. ``settled`` are its conditions that are not open any more."""

    ruling: Ruling
    granted_level: Level | None
    decision_id: str | None  # None before sign-off
    open_conditions: int
    settled: Mapping[str, tuple[str, date | None]] = field(default_factory=dict)


# Applications with their rounds. Callers of ``cases`` add their own filter and order.
IN_ROUND = select(Application, Round).join(Round, col(Round.round_id) == col(Application.round_id))


def fetch(session: Session, reference: str) -> Case | None:
    """One application. None if there is none with this reference."""
    found = cases(session, IN_ROUND.where(Application.reference == reference))
    return found[0] if found else None


def cases(session: Session, query: Any) -> list[Case]:
    """The applications that a query built on ``IN_ROUND`` finds, with their members, in its order."""
    found = session.exec(query).all()
    members: dict[str, list[_Member]] = {application.reference: [] for application, _ in found}
    for row in session.connection().execute(_MEMBERS, {"references": list(members)}):
        members[row.reference].append(_Member(*row[1:]))
    drafted = {plan.round_id for application, plan in found if application.state == State.DRAFT}
    given = extensions.latest_of(session, drafted) if drafted else {}
    return [_case(application, plan, members[application.reference], given) for application, plan in found]


class _Member(NamedTuple):
    """A member CCG: when it agreed, if it had to, its newest known name and region, and its last day, if known."""

    ods_code: str
    consented_at: datetime | None
    name: str
    region_code: str
    closed_on: date | None
    agrees_to_scaling: bool
    precedes: str | None


IS_MEMBER = col(ApplicationMember.precedes).is_(None)
"""A row that is about a member. The others are about bodies in whose place one opens, as long as it is to do so."""

_MEMBERS = (
    sqlalchemy_select(
        col(ApplicationMember.reference),
        col(ApplicationMember.ods_code),
        col(ApplicationMember.consented_at),
        col(OrganisationFact.name),
        col(OrganisationFact.region_code),
        col(Organisation.closed_on),
        col(ApplicationMember.scaling_agreed_at).is_not(None).label("agrees_to_scaling"),
        col(ApplicationMember.precedes),
    )
    .select_from(ApplicationMember)
    .join(OrganisationFact, newest_fact_of(ApplicationMember.ods_code), isouter=True)
    .join(Organisation, col(Organisation.ods_code) == col(ApplicationMember.ods_code), isouter=True)
    .where(
        col(ApplicationMember.reference).in_(bindparam("references", expanding=True)),
        col(ApplicationMember.left_at).is_(None),
        or_(IS_MEMBER, col(Organisation.successor_ods_code) == col(ApplicationMember.precedes)),
    )
    .order_by(col(ApplicationMember.reference), col(ApplicationMember.position))
)


def _case(
    application: Application, plan: Round, parties: Sequence[_Member], given: Mapping[tuple[str, str, str], date]
) -> Case:
    members = [each for each in parties if each.precedes is None]
    return Case.of(
        application,
        plan,
        tuple(each.ods_code for each in members),
        {each.ods_code: each.consented_at for each in parties if each.consented_at is not None},
        {each.ods_code: each.name for each in members},
        frozenset(each.region_code for each in members if each.ods_code == application.lead_ods_code),
        {each.ods_code: each.closed_on for each in members if each.closed_on is not None},
        given.get((plan.round_id, application.lead_ods_code, application.requested_level)),
        frozenset(each.ods_code for each in members if each.agrees_to_scaling),
        {each.ods_code: each.closed_on for each in parties if each.precedes is not None},
    )


def results(session: Session, case: Case, at: datetime) -> dict[str, Result]:
    """What the panel recorded, or what was signed off, for each member CCG by ODS code, as it is at an instant."""
    if case.state is State.DECIDED:
        return _decided(session, case, london_day(at))
    document = case.application.document
    rows = session.exec(select(Recommendation).where(Recommendation.reference == case.reference))
    return {
        row.ods_code: Result(
            Ruling(
                row.ods_code,
                Outcome(row.outcome),
                tuple(Reason(each["code"], each["text"]) for each in row.reasons),
                tuple(_condition(each) for each in row.conditions),
                ChosenBy(row.chosen_by) if row.chosen_by else None,
                row.private_note,
                granted_functions(row.granted_level, row.functions, document),
            ),
            Level(row.granted_level) if row.granted_level else None,
            None,
            len(row.conditions),
        )
        for row in rows
    }


def assessments_of(session: Session, reference: str) -> list[Assessment]:
    """The newest assessment for each criterion, in the order of the criteria."""
    found = session.exec(select(Assessment).where(Assessment.reference == reference))
    order = list(Criterion)
    return sorted(found, key=lambda row: order.index(Criterion(row.criterion)))


def earlier_decisions(session: Session, codes: Collection[str], *, own: Collection[str] = ()) -> list[EarlierDecision]:
    """Rejections of these CCGs, and their expressions of interest, that are public or were shown to ``own``."""
    found: Any = session.connection().execute(EARLIER, {"codes": list(codes), "own": list(own)})
    return [EarlierDecision(*row) for row in found]


def live_members(session: Session, round_id: str, codes: Collection[str]) -> dict[str, str]:
    """Of these CCGs, those with a live application in the round: ODS code to reference."""
    rows = session.exec(
        select(ApplicationMember.ods_code, ApplicationMember.reference).where(
            ApplicationMember.round_id == round_id,
            col(ApplicationMember.ods_code).in_(codes),
            col(ApplicationMember.is_live),
        )
    )
    return {code: reference for code, reference in rows}  # noqa: C416 - rows are no pairs to mypy


def _condition(said: dict[str, str]) -> Condition:
    return Condition(said["id"], said["text"], said["reasonCode"], date.fromisoformat(said["dueOn"]))


def _decided(session: Session, case: Case, day: date) -> dict[str, Result]:
    decisions = session.exec(
        select(Decision, Approval)
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
        .where(Decision.reference == case.reference, Decision.state != DecisionState.SUPERSEDED)
    ).all()
    ids = [each.decision_id for each, _ in decisions]
    over = {row.decision_id for _, row in decisions if row and status_on(grant_of(row, date.min), day).is_over}
    reasons = session.exec(
        select(DecisionReason)
        .where(col(DecisionReason.decision_id).in_(ids))
        .order_by(col(DecisionReason.decision_id), col(DecisionReason.position))
    ).all()
    conditions = session.exec(
        select(DecisionCondition)
        .where(col(DecisionCondition.decision_id).in_(ids))
        .order_by(col(DecisionCondition.decision_id), col(DecisionCondition.position))
    ).all()
    recorded = session.exec(select(Recommendation).where(Recommendation.reference == case.reference))
    notes = {each.ods_code: each.private_note for each in recorded}
    document = case.application.document
    return {
        each.ods_code: _result(each, reasons, conditions, notes, document, is_over=each.decision_id in over)
        for each, _ in decisions
    }


def _result(
    decision: Decision,
    reasons: Sequence[DecisionReason],
    conditions: Sequence[DecisionCondition],
    notes: Mapping[str, str | None],
    document: Mapping[str, Any] | None,
    *,
    is_over: bool,
) -> Result:
    own = [each for each in conditions if each.decision_id == decision.decision_id]
    states = {each.condition_id: shown_state(ConditionState(each.state), is_over=is_over) for each in own}
    return Result(
        Ruling(
            decision.ods_code,
            Outcome(decision.outcome),
            tuple(Reason(each.code, each.text) for each in reasons if each.decision_id == decision.decision_id),
            tuple(Condition(each.condition_id, each.text, each.reason_code, each.due_on) for each in own),
            ChosenBy(decision.chosen_by) if decision.chosen_by else None,
            notes.get(decision.ods_code),
            granted_functions(decision.granted_level, decision.functions, document),
        ),
        Level(decision.granted_level) if decision.granted_level else None,
        decision.decision_id,
        sum(state is ConditionState.OPEN for state in states.values()),
        {
            each.condition_id: (state, each.settled_on)
            for each in own
            if (state := states[each.condition_id]) is not ConditionState.OPEN
        },
    )
