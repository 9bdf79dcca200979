"""Decisions for the people and systems that act on them: with conditions, evidence, grant and open proposal."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, literal, not_, true
from sqlmodel import Session, col, or_, select, tuple_

from app.records.application_lists import Sought
from app.records.approvals import grant_of
from app.records.columns import Instant
from app.records.open_conditions import LACKS_EVIDENCE
from app.records.places import newest_fact_of, now_in
from app.records.tables import (
    Application,
    ApplicationMember,
    Approval,
    ConditionEvidence,
    Decision,
    DecisionCondition,
    DecisionReason,
    Organisation,
    OrganisationFact,
    Proposal,
    Round,
)
from app.rules.callers import Caller, Scope, System
from app.rules.decisions import (
    ConditionSnapshot,
    ConditionState,
    DecisionSnapshot,
    DecisionState,
    ProposalState,
    shown_state,
)
from app.rules.grants import Agreement, EndedBy, Grant
from app.rules.rounds import RoundKind
from app.rules.successions import effective_on_of


@dataclass(frozen=True, slots=True)
class Dossier:
    """A decision with everything that belongs to it. ``application`` is None for a decision of history.

    ``present_region`` is that to which its CCG belongs now, or did last; ``opens_on`` is the CCG's first day. ``round``
    is None for one that follows from a merger.
    """

    decision: Decision
    round: Round | None
    application: Application | None
    members: tuple[str, ...]
    approval: Approval | None
    reasons: tuple[DecisionReason, ...]
    conditions: tuple[DecisionCondition, ...]
    evidence: tuple[ConditionEvidence, ...]
    proposals: tuple[Proposal, ...]
    present_region: str
    opens_on: date

    @property
    def regions(self) -> frozenset[str]:
        """The regions whose panels it concerns: that in which it was decided, and the present one."""
        return frozenset({self.decision.region_code, self.present_region})

    @property
    def decision_id(self) -> str:
        """The decision's permanent key."""
        return self.decision.decision_id

    @property
    def version(self) -> int:
        """How many acts there were on it, counting from 1."""
        return self.decision.version

    @property
    def proposal(self) -> Proposal | None:
        """The one that waits for a second person."""
        return next((each for each in self.proposals if each.state == ProposalState.OPEN), None)

    @property
    def untold_acts(self) -> int:
        """How many of the acts its applicants are not told of: proposals that were made, or taken back."""
        return len(self.proposals) + sum(each.state == ProposalState.WITHDRAWN for each in self.proposals)

    @property
    def grant(self) -> Grant | None:
        """What it grants, as the rules know grants."""
        return None if self.approval is None else grant_of(self.approval, self.starts_on)

    @property
    def starts_on(self) -> date:
        """The day on which its round starts, or of the merger from which it follows."""
        return effective_on_of(self.decision_id) if self.round is None else self.round.starts_on

    @property
    def kind(self) -> str:
        """The kind of its round, real or trial. What follows from a merger is real."""
        return RoundKind.REAL if self.round is None else self.round.kind

    @property
    def is_trial(self) -> bool:
        """Whether it is of a trial round."""
        return self.kind == RoundKind.TRIAL

    def stand(self, day: date) -> DecisionSnapshot:
        """The decision as the rules see it on a London day."""
        return snapshot_of(
            self.decision,
            self.approval,
            self.conditions,
            day,
            starts_on=self.starts_on,
            has_proposal=self.proposal is not None,
        )


def snapshot_of(
    decision: Decision,
    approval: Approval | None,
    conditions: Sequence[DecisionCondition],
    day: date,
    *,
    starts_on: date,
    has_proposal: bool,
) -> DecisionSnapshot:
    """A decision as the rules see it on a London day. ``starts_on`` is the day its round starts."""
    ended_by = approval.ended_by if approval else None
    bare = DecisionSnapshot(
        state=DecisionState(decision.state),
        grant=grant_of(approval, starts_on) if approval else None,
        ended_by=EndedBy(ended_by) if ended_by else None,
        conditions=(),
        has_proposal=has_proposal,
        day=day,
        noticed_for=_noticed_for(approval),
        is_asked=decision.requested_level is not None,
    )
    return replace(bare, conditions=tuple(_condition(each, is_over=bare.is_over) for each in conditions))


def _condition(row: DecisionCondition, *, is_over: bool) -> ConditionSnapshot:
    state = shown_state(ConditionState(row.state), is_over=is_over)
    return ConditionSnapshot(row.condition_id, state, row.due_on)


def _noticed_for(approval: Approval | None) -> date | None:
    """The last day that the CCG's notice gives a grant. None without one, and if a correction made it void."""
    if approval is None or approval.own_by != EndedBy.NOTICE or approval.ended_by == EndedBy.CORRECTED:
        return None
    return approval.own_to


def fetch(session: Session, decision_id: str) -> Dossier | None:
    """One decision, embargoed or not. None if there is none with this id."""
    return next(iter(dossiers(session, _WHOLE.where(col(Decision.decision_id) == decision_id))), None)


def with_open_proposal(session: Session, decision_ids: Collection[str] | None = None) -> list[Dossier]:
    """The decisions about which a proposal is open; or only those of these."""
    query = _WHOLE.join(Proposal, col(Proposal.decision_id) == col(Decision.decision_id)).where(
        col(Proposal.state) == ProposalState.OPEN
    )
    if decision_ids is not None:
        query = query.where(col(Decision.decision_id).in_(decision_ids))
    return dossiers(session, query.order_by(col(Decision.decision_id)))


def proposal_with_id(session: Session, proposal_id: str) -> Proposal | None:
    """One proposal, open or not. None if there is none with this id."""
    return session.exec(select(Proposal).where(Proposal.proposal_id == proposal_id)).one_or_none()


def corrections_of(session: Session, reference: str | None, ods_code: str, round_id: str | None) -> int:
    """How many decisions there are about one CCG's part in an application, or for history in a round.

    Without a round those that follow from a merger.
    """
    query = select(Decision.decision_id).where(Decision.ods_code == ods_code, Decision.round_id == round_id)
    return len(session.exec(query.where(Decision.reference == reference)).all())


def with_other_grant(session: Session, decision: Decision) -> str | None:
    """Another decision in effect that grants this CCG something in the same round. None if there is none."""
    return session.exec(
        select(Decision.decision_id).where(
            Decision.ods_code == decision.ods_code,
            Decision.round_id == decision.round_id,
            Decision.state != DecisionState.SUPERSEDED,
            col(Decision.granted_level).is_not(None),
            Decision.decision_id != decision.decision_id,
        )
    ).first()


_WHOLE = (
    select(Decision, Round, Application, Approval)
    .add_columns(col(OrganisationFact.region_code), col(Organisation.opened_on))
    .select_from(Decision)
    .join(Organisation, col(Organisation.ods_code) == col(Decision.ods_code))
    .join(OrganisationFact, newest_fact_of(Decision.ods_code))
    .join(Round, col(Round.round_id) == col(Decision.round_id), isouter=True)
    .join(Application, col(Application.reference) == col(Decision.reference), isouter=True)
    .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
)


def dossiers(session: Session, query: Any) -> list[Dossier]:
    """The decisions that a query built on ``_WHOLE`` finds, with everything that belongs to them, in its order."""
    found = session.exec(query).all()
    ids = [decision.decision_id for decision, *_ in found]
    reasons = _grouped(session, DecisionReason, ids, DecisionReason.position)
    conditions = _grouped(session, DecisionCondition, ids, DecisionCondition.position)
    # Evidence belongs to a condition, so a decision without conditions has none.
    evidence = _grouped(session, ConditionEvidence, list(conditions), ConditionEvidence.number)
    members = _members(session, {decision.reference for decision, *_ in found if decision.reference})
    proposals = _grouped(session, Proposal, ids, Proposal.proposed_at)
    return [
        Dossier(
            decision,
            plan,
            application,
            members.get(decision.reference or "", (decision.ods_code,)),
            approval,
            reasons.get(decision.decision_id, ()),
            conditions.get(decision.decision_id, ()),
            evidence.get(decision.decision_id, ()),
            proposals.get(decision.decision_id, ()),
            present_region,
            opens_on,
        )
        for decision, plan, application, approval, present_region, opens_on in found
    ]


class Wait(NamedTuple):
    """A decision that waits: for what, and since when. ``key`` identifies it in a list."""

    since: datetime
    key: str
    awaited: str
    dossier: Dossier


def waiting(
    session: Session, caller: Caller, sought: Sought, *, day: date, after: Sequence[str] | None, limit: int | None
) -> list[Wait]:
    """Published decisions that wait for an act on a London day, longest wait first.

    ``condition``: a condition must be met while its grant is not over; it waits since publication. It is also found by
    whose turn it is: the applicant's while one has no evidence, then the panel's. ``national``: NHS England must
    confirm a proposal; it waits since the proposal was made.
    """
    found: list[tuple[datetime, str, str, str]] = []
    for name, query, since, key in _waits(caller, sought, day):
        rows = query.order_by(since, key).limit(limit)
        if after is not None:
            rows = rows.where(
                tuple_(since, key) > tuple_(literal(datetime.fromisoformat(after[0]), Instant()), after[1])
            )
        found += [(at, each, name, decision_id) for decision_id, at, each in session.exec(rows)]
    first = sorted(found)[:limit]
    ids = {decision_id for *_, decision_id in first}
    shown = {each.decision_id: each for each in dossiers(session, _WHOLE.where(col(Decision.decision_id).in_(ids)))}
    return [Wait(at, key, name, shown[decision_id]) for at, key, name, decision_id in first]


def count_waiting(session: Session, caller: Caller, sought: Sought, *, day: date) -> int:
    """How many decisions wait."""
    return sum(
        session.connection().execute(query.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
        for _, query, _, _ in _waits(caller, sought, day)
    )


def _waits(caller: Caller, sought: Sought, day: date) -> list[tuple[str, Any, Any, Any]]:
    """What decisions that the caller may see wait for: a name, the decisions, since when, and their key in a list."""
    still_open = select(DecisionCondition.decision_id).where(DecisionCondition.state == ConditionState.OPEN)
    published, decision_id = col(Decision.published_at), col(Decision.decision_id)
    conditional = (
        _theirs(caller, sought, published, decision_id)
        .join(Approval, col(Approval.decision_id) == decision_id)
        .where(
            col(Approval.own_by).is_(None),
            or_(col(Approval.in_force_to).is_(None), col(Approval.in_force_to) >= day),
            Approval.agreement != Agreement.NOT_TAKEN_UP,
            decision_id.in_(still_open),
        )
    )
    proposed_at, proposal_id = col(Proposal.proposed_at), col(Proposal.proposal_id)
    proposed = (
        _theirs(caller, sought, proposed_at, proposal_id)
        .join(Proposal, col(Proposal.decision_id) == decision_id)
        .where(Proposal.state == ProposalState.OPEN)
    )
    turns = {"applicant": decision_id.in_(LACKS_EVIDENCE), "panel": decision_id.not_in(LACKS_EVIDENCE)}
    if sought.awaited in turns:
        conditional = conditional.where(turns[sought.awaited])
    known = [
        ("condition", conditional, published, decision_id, {None, "condition", *turns}),
        ("national", proposed, proposed_at, proposal_id, {None, "national"}),
    ]
    return [wait[:4] for wait in known if sought.leaves_decisions and sought.awaited in wait[4]]


def _theirs(caller: Caller, sought: Sought, since: Any, key: Any) -> Any:
    """Published decisions that the caller may see, each with the start of its wait and its key in a list."""
    pairs: list[tuple[Collection[str], Any]] = [
        (sought.ods_codes, col(Decision.ods_code)),
        (sought.rounds, col(Decision.round_id)),
        (sought.levels, col(Decision.requested_level)),
    ]
    return select(Decision.decision_id, since, key).where(
        Decision.state == DecisionState.PUBLISHED,
        _visible_to(caller),
        *(column.in_(values) for values, column in pairs if values),
    )


def _visible_to(caller: Caller) -> Any:
    """The panel sees those of its regions, NHS England all. No system sees as an officer those of its own CCGs."""
    of_panel = or_(col(Decision.region_code).in_(caller.regions), now_in(Decision.ods_code, caller.regions))
    theirs = true() if Scope.NATIONAL in caller.scopes else of_panel
    if not isinstance(caller, System) or Scope.APPLICATIONS not in caller.scopes:
        return theirs
    own = select(ApplicationMember.reference).where(col(ApplicationMember.ods_code).in_(caller.ods_codes))
    is_own = or_(col(Decision.ods_code).in_(caller.ods_codes), func.coalesce(col(Decision.reference), "").in_(own))
    return and_(theirs, not_(is_own))


def _grouped(session: Session, table: Any, ids: Collection[str], order: Any) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    query = select(table).where(col(table.decision_id).in_(ids)).order_by(col(table.decision_id), order)
    for row in session.exec(query) if ids else ():
        found.setdefault(row.decision_id, []).append(row)
    return {decision_id: tuple(rows) for decision_id, rows in found.items()}


def _members(session: Session, references: Collection[str]) -> dict[str, tuple[str, ...]]:
    rows = session.exec(
        select(ApplicationMember.reference, ApplicationMember.ods_code)
        .where(col(ApplicationMember.reference).in_(references), col(ApplicationMember.left_at).is_(None))
        .order_by(col(ApplicationMember.reference), col(ApplicationMember.position))
    )
    found: dict[str, list[str]] = {}
    for reference, code in rows:
        found.setdefault(reference, []).append(code)
    return {reference: tuple(codes) for reference, codes in found.items()}
