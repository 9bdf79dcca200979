"""What NHS England takes two people for: corrections, revocations and waivers (rules 4, 7 and 8).

One person proposes, and nothing is public; when another confirms, it takes effect and is public at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from app.casework import agreements, conditions, corrections, decision_views, grants
from app.casework.decision_views import DecisionActed, DecisionView, settle_grants
from app.casework.notice import check_ends_earlier
from app.records import applications, approvals, decisions, ledger
from app.records.entries import AnyEntry
from app.records.entries.approvals import ApprovalPromoted
from app.records.entries.codec import read
from app.records.entries.conditions import ConditionWaived
from app.records.entries.decisions import DecisionCorrected, MemberChange, Succeeded
from app.records.entries.grants import Voided
from app.records.entries.proposals import (
    AgreementTerms,
    AnyTerms,
    CorrectionTerms,
    ProposalConfirmed,
    ProposalMade,
    ProposalWithdrawn,
    RevocationTerms,
    WaiverTerms,
)
from app.records.session import Session
from app.records.tables import Decision, Proposal
from app.rules import outcomes, permissions
from app.rules.callers import Person
from app.rules.deadlines import ONE_DAY
from app.rules.decisions import PROPOSES, ProposalKind, ProposalState
from app.rules.grants import Agreement, End, EndedBy
from app.rules.history import Origin
from app.rules.outcomes import ChosenBy, Ruling
from app.rules.refusals import Fault, InvalidDocument, NotFound, WrongState, check_all
from app.rules.rounds import RoundStage
from app.rules.versions import Expectation
from app.rules.words import Level


@dataclass(frozen=True, slots=True)
class Terms:
    """What is proposed: its kind, the condition of a waiver, and what becomes public when it is confirmed."""

    kind: ProposalKind
    condition_id: str | None
    public: AnyTerms


def correction(view: DecisionView, ruling: Ruling, *, reason: str, effective_from: date | None) -> Terms:
    """Another decision in the place of this one, with the same request. Raises every fault at once."""
    old, document = view.dossier.decision, view.document
    level = Level(old.requested_level or "")
    kept = corrections.kept(view, ruling.conditions)
    stage = view.dossier.round.stage if view.dossier.round else RoundStage.APPLICATION
    fits = partial(outcomes.check_ruling, level, ruling, view.day, document=document, stage=stage, kept=kept)
    check_all(
        lambda: fits(is_scaled_down=_is_scaled_down(old)),
        lambda: outcomes.check_start(effective_from, {old.ods_code: view.dossier.opens_on}),
    )
    granted = outcomes.granted(level, replace(ruling, functions=ruling.functions or old.functions), document, stage)
    # Of history a day that no source gives stays unknown.
    usual = old.effective_from or (None if old.origin == Origin.HISTORY else view.dossier.starts_on)
    starts = effective_from or (usual and max(usual, view.dossier.opens_on))
    public = CorrectionTerms(
        correction_reason=reason,
        outcome=ruling.outcome,
        chosen_by=ruling.chosen_by,
        reasons=ruling.reasons,
        conditions=ruling.conditions,
        granted_level=granted.level,
        functions=granted.functions,
        effective_from=starts if granted.level else None,
    )
    return Terms(ProposalKind.CORRECTION, None, public)


def _is_scaled_down(old: Decision) -> bool | None:
    """Whether the CCG had scaled down. None of what was decided before that could be said: it may have."""
    if old.scaled_down_to is not None:
        return True
    is_older = old.origin == Origin.HISTORY or old.chosen_by == ChosenBy.CCG
    return None if is_older else False


def revocation(view: DecisionView, *, reason: str, legal_basis: str, last_day: date | None) -> Terms:
    """The end of a grant by NHS England's own power, at once or with a later day."""
    if last_day is not None and last_day < view.day:
        raise InvalidDocument("The last day has passed.", faults=[Fault("/lastDay", f"{last_day} has passed.")])
    check_ends_earlier(view, last_day or view.day)
    public = RevocationTerms(reason=reason, legal_basis=legal_basis, last_day=last_day)
    return Terms(ProposalKind.REVOCATION, None, public)


def waiver(view: DecisionView, condition_id: str, *, reason: str, in_force_from: date | None) -> Terms:
    """A condition is no longer required. NHS England may name the day on which the approval then starts."""
    view.check_condition_is_open(view.condition(condition_id))
    if in_force_from is not None and in_force_from < view.day:
        fault = Fault("/inForceFrom", f"{in_force_from} has passed.")
        raise InvalidDocument("The first day has passed.", faults=[fault])
    return Terms(ProposalKind.WAIVER, condition_id, WaiverTerms(reason=reason, in_force_from=in_force_from))


def agreement(
    view: DecisionView, *, reason: str, state: Agreement, signed_on: date | None, in_force_from: date | None
) -> Terms:
    """What should have been recorded of an agreement."""
    public = AgreementTerms(reason=reason, state=state, signed_on=signed_on, in_force_from=in_force_from)
    agreements.check_correction(view, public)
    return Terms(ProposalKind.AGREEMENT, None, public)


def propose(
    session: Session,
    view: DecisionView,
    kind: ProposalKind,
    terms: Callable[[DecisionView], Terms],
    *,
    proposal_id: str,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Propose; ``terms`` makes them once it is known that the act is possible.

    Another proposal about the same decision that is still open is replaced.
    """
    expected.check(view.dossier.version)
    view.check_possible(PROPOSES[kind])
    made = terms(view)
    earlier = view.dossier.proposal
    entry = ProposalMade(
        **view.subject(person.key),
        proposal_id=proposal_id,
        kind=made.kind,
        condition_id=made.condition_id,
        terms=made.public,
        replaces=earlier.proposal_id if earlier else None,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return DecisionActed(receipt, decision_views.fetch_visible(session, view.dossier.decision_id, person, at))


def withdraw(
    session: Session, proposal_id: str, *, note: str, person: Person, expected: Expectation, at: datetime
) -> DecisionActed:
    """Take a proposal back; anybody of NHS England may, also who made it. Raises NotFound."""
    proposal, view = _found(session, proposal_id, person, at)
    expected.check(view.dossier.version)
    _check_open(view, proposal)
    kind = ProposalKind(proposal.kind)
    entry = ProposalWithdrawn(**view.subject(person.key), proposal_id=proposal_id, kind=kind, note=note)
    [receipt] = ledger.append(session, [entry], at=at)
    return DecisionActed(receipt, decision_views.fetch_visible(session, proposal.decision_id, person, at))


def _found(session: Session, proposal_id: str, person: Person, at: datetime) -> tuple[Proposal, DecisionView]:
    proposal = decisions.proposal_with_id(session, proposal_id)
    if proposal is None:
        raise NotFound("There is no such proposal.")
    return proposal, decision_views.fetch_visible(session, proposal.decision_id, person, at)


def _check_open(view: DecisionView, proposal: Proposal) -> None:
    if proposal.state == ProposalState.OPEN:
        return
    why = f": {proposal.closed_reason}" if proposal.state == ProposalState.CLOSED else "."
    raise WrongState(f"The proposal is {proposal.state}{why}", extra={"state": proposal.state, "allowed": view.acts})


# --- confirming ---------------------------------------------------------------------------------


class Effect(NamedTuple):
    """What a confirmed proposal does: its entries, and the decision to look at then."""

    entries: Sequence[AnyEntry]
    decision_id: str


def confirm(
    session: Session, proposal_id: str, *, person: Person, expected: Expectation, at: datetime
) -> DecisionActed:
    """Let what another person proposed take effect. Raises NotFound, and SamePerson for who proposed it."""
    proposal, view = _found(session, proposal_id, person, at)
    permissions.check_may_confirm(person, view.concerned, proposed_by=proposal.proposed_by)
    expected.check(view.dossier.version)
    _check_open(view, proposal)
    kind = ProposalKind(proposal.kind)
    view.check_possible(PROPOSES[kind])
    confirmed = ProposalConfirmed(**view.subject(person.key), proposal_id=proposal_id, kind=kind)
    effect = _EFFECTS[kind](session, view, proposal, person)
    receipts = ledger.append(session, [confirmed, *effect.entries], at=at)
    done = DecisionActed(receipts[1], view)
    return settle_grants(session, view, done, actor=person.key, at=at, decision_id=effect.decision_id)


def _corrected(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    old, terms = view.dossier.decision, read(CorrectionTerms, proposal.terms)
    corrections.check_start(view, proposal)
    _check_stands_alone(session, view, terms.granted_level)
    number = decisions.corrections_of(session, old.reference, old.ods_code, old.round_id) + 1
    carried = corrections.conditions(view, terms.conditions)
    granted = corrections.resulting_grant(view, terms, carried)
    corrected = DecisionCorrected(
        reference=old.reference,
        ods_code=old.ods_code,
        decision_id=f"{corrections.first_id(old)}-{number}",
        round_id=old.round_id,
        name=old.name,
        region_code=old.region_code,
        area_team_code=old.area_team_code,
        requested_level=Level(old.requested_level or ""),
        outcome=terms.outcome,
        chosen_by=terms.chosen_by,
        reasons=terms.reasons,
        conditions=carried,
        scaled_down=applications.scaling_of(old),
        granted_level=terms.granted_level,
        functions=terms.functions,
        effective_from=terms.effective_from,
        decided_on=view.day,
        signed_off_on=view.day,
        occurred_on=view.day,
        supersedes=old.decision_id,
        correction_reason=terms.correction_reason,
        proposal_id=proposal.proposal_id,
        voids=_voided(view),
        grant=granted.entry,
        member=_member(view, terms.granted_level),
        succeeds=None if old.succeeds is None else tuple(read(Succeeded, each) for each in old.succeeds),
        actor=person.key,
        proposed_by=proposal.proposed_by,
    )
    entries: list[AnyEntry] = [corrected]
    if granted.is_promoted:
        entries.append(_promoted(corrected, view.day))
    return Effect(entries, corrected.decision_id)


def _promoted(corrected: DecisionCorrected, day: date) -> ApprovalPromoted:
    """The correction itself promotes what it gives."""
    return ApprovalPromoted(
        reference=corrected.reference,
        ods_code=corrected.ods_code,
        decision_id=corrected.decision_id,
        round_id=corrected.round_id,
        decision_version=None,
        occurred_on=day,
        in_force_from=max(corrected.effective_from or day, day),
        actor=corrected.actor,
    )


def _check_stands_alone(session: Session, view: DecisionView, granted: str | None) -> None:
    """A CCG has one standing grant, and one live application, in a round: a correction may not give it another."""
    old = view.dossier.decision
    if granted is None:
        return
    other = decisions.with_other_grant(session, old)
    if other is not None:
        raise WrongState(
            f"{other} gives {old.ods_code} something in round {old.round_id} already.",
            extra={"state": old.state, "allowed": view.acts},
        )
    live = applications.live_members(session, old.round_id or "", [old.ods_code])
    if live.get(old.ods_code, old.reference) != old.reference:
        raise WrongState(
            f"{old.ods_code} has another live application in round {old.round_id}.",
            extra={"state": old.state, "allowed": view.acts},
        )


def _voided(view: DecisionView) -> Voided | None:
    """What the old decision gave never was in force: its last day is before its first."""
    approval = view.dossier.approval
    if approval is None:
        return None
    return Voided(in_force_to=(approval.in_force_from or view.day) - ONE_DAY, ended_by=EndedBy.CORRECTED)


def _member(view: DecisionView, granted: Level | None) -> MemberChange | None:
    """Whether the CCG's part in the application becomes live, or ends; None if that does not change."""
    had, has = view.dossier.decision.granted_level is not None, granted is not None
    if view.dossier.application is None or had == has:
        return None
    return MemberChange.LIVE if has else MemberChange.ENDED


def _revoked(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    terms = read(RevocationTerms, proposal.terms)
    last_day = terms.last_day or view.day
    if last_day < view.day:
        raise WrongState(
            f"The last day that was proposed, {last_day}, has passed.",
            extra={"state": view.dossier.decision.state, "allowed": view.acts},
        )
    check_ends_earlier(view, last_day)
    held = approvals.held_under(session, view.dossier.decision_id)
    if held is None:
        raise LookupError(f"{view.dossier.decision_id} gives nothing")
    starts, is_signed = held.grant.in_force_from, held.grant.agreement.lets_start
    if not is_signed or starts is None or starts > last_day:
        # It never comes into force: so it is over at once, and nothing of it stays granted ahead.
        last_day = view.day - ONE_DAY
    entry = grants.ended(
        held,
        End(last_day, EndedBy.REVOKED),
        view.day,
        actor=person.key,
        is_first=False,
        reason=terms.reason,
        legal_basis=terms.legal_basis,
    )
    return Effect([entry], view.dossier.decision_id)


def _waived(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    del session  # what a waiver does is known from the decision alone
    condition = view.condition(proposal.condition_id or "")
    view.check_condition_is_open(condition)
    terms = read(WaiverTerms, proposal.terms)
    waived = ConditionWaived(
        **view.subject(person.key, is_first=False),
        condition_id=condition.condition_id,
        occurred_on=view.day,
        reason=terms.reason,
    )
    starts = max(terms.in_force_from, view.day) if terms.in_force_from else None
    promoted = conditions.promotion(view, condition.condition_id, actor=person.key, named=starts)
    return Effect([waived, *promoted], view.dossier.decision_id)


def _agreement_corrected(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    del session  # it is known from the decision alone
    return Effect([agreements.correct(view, proposal, person)], view.dossier.decision_id)


_EFFECTS = {
    ProposalKind.CORRECTION: _corrected,
    ProposalKind.REVOCATION: _revoked,
    ProposalKind.WAIVER: _waived,
    ProposalKind.AGREEMENT: _agreement_corrected,
}
