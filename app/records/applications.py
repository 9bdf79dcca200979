"""Applications: what is read of them. They are changed only through the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from sqlalchemy import and_, false, func, literal, or_
from sqlalchemy import case as case_when
from sqlmodel import Session, col, select, tuple_

from app.records.columns import Instant
from app.records.tables import (
    Application,
    ApplicationMember,
    Decision,
    DecisionCondition,
    DecisionReason,
    Declaration,
    Recommendation,
    Round,
)
from app.rules.callers import Caller, Scope, System
from app.rules.decisions import ConditionState, DecisionState
from app.rules.lifecycle import State
from app.rules.outcomes import ChosenBy, Condition, Reason, Ruling
from app.rules.words import Level, Outcome


@dataclass(frozen=True, slots=True)
class Case:
    """An application with its members, in their order, and its round.

    ``version`` says how often it has been acted on, counting from 1; ``state`` is where it truly stands, while
    what a caller may know of that is for ``casework.application_views`` to say. ``consents`` says when a
    member agreed. A CCG that has left is no member. ``is_published``: its decisions are announced.
    """

    application: Application
    round: Round
    members: tuple[str, ...]
    consents: Mapping[str, datetime]
    reference: str
    version: int
    state: State
    level: Level
    is_published: bool

    @classmethod
    def of(cls, row: Application, plan: Round, members: tuple[str, ...], consents: Mapping[str, datetime]) -> Self:
        """The case as its rows say."""
        return cls(
            row,
            plan,
            members,
            consents,
            reference=row.reference,
            version=row.version,
            state=State(row.state),
            level=Level(row.requested_level),
            is_published=row.published_at is not None,
        )

    def renewed(
        self, *, members: tuple[str, ...] | None = None, consents: Mapping[str, datetime] | None = None
    ) -> Self:
        """The same after an act that changed its application's row, and members or consents if they are given."""
        known = self.members if members is None else members
        return self.of(self.application, self.round, known, self.consents if consents is None else consents)


@dataclass(frozen=True, slots=True)
class Result:
    """What was recorded or decided for one member. ``decision_id`` is None before sign-off.

    ``settled`` says which conditions are open no more: their state, and since which day.
    """

    ruling: Ruling
    granted_level: Level | None
    decision_id: str | None
    open_conditions: int
    settled: Mapping[str, tuple[str, date | None]] = field(default_factory=dict)


IN_ROUND = select(Application, Round).join(Round, col(Round.round_id) == col(Application.round_id))
"""Applications with their rounds: what ``cases`` reads, narrowed and ordered by whoever asks."""


def fetch(session: Session, reference: str) -> Case | None:
    """One application, or None."""
    found = cases(session, IN_ROUND.where(Application.reference == reference))
    return found[0] if found else None


def cases(session: Session, query: Any) -> list[Case]:
    """The applications that a query made of ``IN_ROUND`` finds, with their members, in its order."""
    found = session.exec(query).all()
    members: dict[str, dict[str, datetime | None]] = {application.reference: {} for application, _ in found}
    rows = session.exec(
        select(ApplicationMember.reference, ApplicationMember.ods_code, ApplicationMember.consented_at)
        .where(col(ApplicationMember.reference).in_(members), col(ApplicationMember.left_at).is_(None))
        .order_by(col(ApplicationMember.reference), col(ApplicationMember.position))
    )
    for reference, code, consented_at in rows:
        members[reference][code] = consented_at
    return [_case(application, plan, members[application.reference]) for application, plan in found]


def _case(application: Application, plan: Round, members: Mapping[str, datetime | None]) -> Case:
    consents = {code: at for code, at in members.items() if at is not None}
    return Case.of(application, plan, tuple(members), consents)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications a listing asks for; empty collections ask for all."""

    rounds: Collection[str] = ()
    states: Collection[str] = ()
    levels: Collection[str] = ()
    ods_codes: Collection[str] = ()


def search(session: Session, caller: Caller, wanted: Wanted, *, after: Sequence[str] | None, limit: int) -> list[Case]:
    """The caller's applications, newest first (by creation), up to ``limit`` after a key.

    Applicants get their own; panel those of their regions and national all, once submitted. States
    are compared as the caller may know them.
    """
    query = IN_ROUND.where(*_wanted_by(caller, wanted))
    if after is not None:
        created, reference = datetime.fromisoformat(after[0]), after[1]
        query = query.where(
            tuple_(col(Application.created_at), col(Application.reference))
            < tuple_(_bound(created), reference)  # a row value comparison: the keyset
        )
    query = query.order_by(col(Application.created_at).desc(), col(Application.reference).desc()).limit(limit)
    return cases(session, query)


def count(session: Session, caller: Caller, wanted: Wanted) -> int:
    """How many applications a search has in all."""
    query = select(func.count()).select_from(Application)
    return session.exec(query.where(*_wanted_by(caller, wanted))).one()


def queue(
    session: Session, caller: Caller, *, awaited: str | None, after: Sequence[str] | None, limit: int
) -> list[Case]:
    """Submitted applications that are not announced yet, oldest wait first; ``awaited`` names whose turn it is."""
    query = IN_ROUND.where(_visible_to(caller), _waits_on(awaited))
    if after is not None:
        since, reference = datetime.fromisoformat(after[0]), after[1]
        query = query.where(
            tuple_(col(Application.waiting_since), col(Application.reference)) > tuple_(_bound(since), reference)
        )
    query = query.order_by(col(Application.waiting_since), col(Application.reference)).limit(limit)
    return cases(session, query)


def count_queue(session: Session, caller: Caller, *, awaited: str | None) -> int:
    """How many applications the queue has in all."""
    query = select(func.count()).select_from(Application).where(_visible_to(caller), _waits_on(awaited))
    return session.exec(query).one()


def _wanted_by(caller: Caller, wanted: Wanted) -> list[Any]:
    """The conditions of a search."""
    pairs: list[tuple[Collection[str], Any]] = [
        (wanted.rounds, col(Application.round_id)),
        (wanted.states, _shown_state(caller)),
        (wanted.levels, col(Application.requested_level)),
    ]
    conditions = [_visible_to(caller), *(column.in_(values) for values, column in pairs if values)]
    if wanted.ods_codes:
        conditions.append(col(Application.reference).in_(_references_of(wanted.ods_codes)))
    return conditions


def results(session: Session, case: Case) -> dict[str, Result]:
    """What the panel recorded, or what was signed off, for each member CCG by ODS code."""
    if case.state is State.DECIDED:
        return _decided(session, case.reference)
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
            ),
            Level(row.granted_level) if row.granted_level else None,
            None,
            len(row.conditions),
        )
        for row in rows
    }


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


def of_organisation(session: Session, caller: Caller, ods_code: str) -> list[Case]:
    """The applications that name a CCG and that the caller may see, newest first."""
    return search(session, caller, Wanted(ods_codes=[ods_code]), after=None, limit=200)


def standing_declarations(session: Session, round_id: str, codes: Collection[str]) -> list[Declaration]:
    """The declarations that stand for these CCGs in a round."""
    return list(
        session.exec(
            select(Declaration).where(
                Declaration.round_id == round_id,
                col(Declaration.ods_code).in_(codes),
                col(Declaration.is_newest),
                col(Declaration.ended_by).is_(None),
            )
        )
    )


def newest_declarations(session: Session, round_id: str, ods_code: str) -> list[str]:
    """The id of a CCG's newest declaration for a round, standing or ended, if there is one."""
    return list(
        session.exec(
            select(Declaration.declaration_id).where(
                Declaration.round_id == round_id, Declaration.ods_code == ods_code, col(Declaration.is_newest)
            )
        )
    )


def waiting_for_sign_off(session: Session, round_id: str, levels: Collection[str]) -> list[Case]:
    """The round's submitted applications at these levels that are not decided yet, by reference."""
    states = [State.SUBMITTED, State.CHANGES_REQUESTED, State.RECOMMENDED]
    query = IN_ROUND.where(
        Application.round_id == round_id,
        col(Application.state).in_(states),
        col(Application.requested_level).in_(levels),
    ).order_by(col(Application.reference))
    return cases(session, query)


def _bound(at: datetime) -> Any:
    """An instant as a bound value of the column's own type."""
    return literal(at, Instant())


def _references_of(codes: Collection[str]) -> Any:
    """The applications of which one of these CCGs is a member; one that has left is none."""
    return select(ApplicationMember.reference).where(
        col(ApplicationMember.ods_code).in_(codes), col(ApplicationMember.left_at).is_(None)
    )


def _visible_to(caller: Caller) -> Any:
    """The same rule as ``rules.visibility.viewer_of``, as a condition on rows."""
    was_submitted = col(Application.first_submitted_at).is_not(None)
    parts: list[Any] = [false()]
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes:
        parts.append(col(Application.reference).in_(_references_of(caller.ods_codes)))
    if Scope.NATIONAL in caller.scopes:
        parts.append(was_submitted)
    if Scope.PANEL in caller.scopes:
        parts.append(and_(was_submitted, col(Application.region_code).in_(caller.regions)))
    return or_(*parts)


def _waits_on(awaited: str | None) -> Any:
    """The same rule as ``rules.lifecycle.waiting_on``, as a condition on rows."""
    state, level = col(Application.state), col(Application.requested_level)
    rules = {
        "applicant": state == State.CHANGES_REQUESTED,
        "panel": or_(state == State.SUBMITTED, and_(state == State.RECOMMENDED, level == Level.JOINT)),
        "national": and_(state == State.RECOMMENDED, level == Level.DELEGATED),
        "announcement": and_(state == State.DECIDED, col(Application.published_at).is_(None)),
    }
    return or_(*rules.values()) if awaited is None else rules.get(awaited, false())


def _shown_state(caller: Caller) -> Any:
    """The same rule as ``rules.visibility.shown_state``, as a column."""
    if not isinstance(caller, System) or Scope.APPLICATIONS not in caller.scopes:
        return col(Application.state)
    is_hidden = and_(
        col(Application.reference).in_(_references_of(caller.ods_codes)),
        col(Application.state) == State.DECIDED,
        col(Application.published_at).is_(None),
        col(Application.shown_at).is_(None),
    )
    return case_when((is_hidden, literal(State.RECOMMENDED.value)), else_=col(Application.state))


def _condition(each: dict[str, str]) -> Condition:
    return Condition(each["id"], each["text"], each["reasonCode"], date.fromisoformat(each["dueOn"]))


def _decided(session: Session, reference: str) -> dict[str, Result]:
    decisions = session.exec(
        select(Decision).where(Decision.reference == reference, Decision.state != DecisionState.SUPERSEDED)
    ).all()
    ids = [each.decision_id for each in decisions]
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
    recorded = session.exec(select(Recommendation).where(Recommendation.reference == reference))
    notes = {each.ods_code: each.private_note for each in recorded}
    return {each.ods_code: _result(each, reasons, conditions, notes.get(each.ods_code)) for each in decisions}


def _result(
    decision: Decision,
    reasons: Sequence[DecisionReason],
    conditions: Sequence[DecisionCondition],
    private_note: str | None,
) -> Result:
    own = [each for each in conditions if each.decision_id == decision.decision_id]
    return Result(
        Ruling(
            decision.ods_code,
            Outcome(decision.outcome),
            tuple(Reason(each.code, each.text) for each in reasons if each.decision_id == decision.decision_id),
            tuple(Condition(each.condition_id, each.text, each.reason_code, each.due_on) for each in own),
            ChosenBy(decision.chosen_by) if decision.chosen_by else None,
            private_note,
        ),
        Level(decision.granted_level) if decision.granted_level else None,
        decision.decision_id,
        sum(each.state == ConditionState.OPEN for each in own),
        {each.condition_id: (each.state, each.settled_on) for each in own if each.state != ConditionState.OPEN},
    )
