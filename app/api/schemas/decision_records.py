"""Decisions as the people and systems that act on them read them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Self

from app.api.schemas.applications import NextActionOut
from app.api.schemas.approvals import SucceededOut, confirmed_late, reason_out, round_href
from app.api.schemas.case_files import ConditionOut, ReasonOut
from app.api.schemas.log import ReceiptOut
from app.api.schemas.timelines import TimelineEventOut
from app.casework.decision_views import DecisionView
from app.reading.timelines import Told
from app.records.decision_statuses import DecisionStatus
from app.records.ledger import EntryReceipt
from app.records.tables import Approval, ConditionEvidence, DecisionCondition, Proposal
from app.rules.callers import Scope, System
from app.rules.decisions import (
    ConditionState,
    DecisionAct,
    DecisionSnapshot,
    DecisionState,
    ProposalKind,
    ProposalState,
    allowed,
)
from app.rules.grants import Agreement, EndedBy, GrantStatus, days_in_force, own_end, status_on
from app.rules.notice import withdrawable_until
from app.web.documents import AppliedLevelOut, ChosenByOut, Day, Instant, Out, OutcomeOut, word_of


class EvidenceLinkOut(Out):
    """A document, and the SHA-256 of its bytes."""

    url: str
    sha256: str
    title: str | None


class EvidenceOut(Out):
    """What the CCG sent as evidence. Null if it was redacted."""

    number: int
    text: str | None
    links: list[EvidenceLinkOut] | None
    given_at: Instant

    @classmethod
    def of(cls, row: ConditionEvidence) -> Self:
        """Make evidence from its row."""
        links = None if row.links is None else [_link(each) for each in row.links]
        return cls(number=row.number, text=row.text, links=links, given_at=row.given_at)


class RecordConditionOut(ConditionOut):
    """A condition with its evidence. Only the CCG itself, the panel and NHS England see it."""

    is_overdue: bool
    evidence: list[EvidenceOut]


class NoticeOut(Out):
    """The CCG's notice: the grant's last day by it, and the last day on which the CCG can take it back."""

    last_day: Day
    withdrawable_until: Day

    @classmethod
    def of(cls, last_day: date) -> Self:
        """Make a notice from the last day that it gives."""
        return cls(last_day=last_day, withdrawable_until=withdrawable_until(last_day))


class GrantOut(Out):
    """What a decision grants, and its status today."""

    level: AppliedLevelOut
    standing: Annotated[str, word_of(*GrantStatus)]
    agreement: Annotated[str, word_of(*Agreement)]
    signed_on: Day | None
    promoted_on: Day | None
    in_force_from: Day | None
    in_force_to: Day | None
    ended_by: Annotated[str, word_of(*EndedBy)] | None
    end_reason: str | None
    legal_basis: str | None
    notice: NoticeOut | None


class ProposalOut(Out):
    """What one person at NHS England proposed and another may confirm. Applicants do not see it."""

    proposal_id: str
    kind: Annotated[str, word_of(*ProposalKind)]
    condition_id: str | None
    terms: dict[str, Any]
    proposed_by: str | None
    proposed_at: Instant
    href: str

    @classmethod
    def of(cls, row: Proposal) -> Self:
        """Make a proposal from its row."""
        return cls(
            proposal_id=row.proposal_id,
            kind=row.kind,
            condition_id=row.condition_id,
            terms=row.terms,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            href=f"/v1/proposals/{row.proposal_id}/confirmation",
        )


class PastProposalOut(Out):
    """A proposal that is no longer open: confirmed, replaced by another, taken back, or closed.

    It is closed when something else made it impossible. ``note`` says why it was taken back, ``reason`` why it was
    closed. Applicants see none of these.
    """

    proposal_id: str
    kind: Annotated[str, word_of(*ProposalKind)]
    condition_id: str | None
    terms: dict[str, Any]
    proposed_by: str | None
    proposed_at: Instant
    state: Annotated[str, word_of(*ProposalState)]
    settled_by: str | None
    settled_at: Instant | None
    note: str | None
    reason: str | None

    @classmethod
    def of(cls, row: Proposal) -> Self:
        """Make a past proposal from its row."""
        return cls(
            **{name: getattr(row, name) for name in _OF_PROPOSAL}, note=row.settled_note, reason=row.closed_reason
        )


_OF_PROPOSAL = (
    *("proposal_id", "kind", "condition_id", "terms", "proposed_by", "proposed_at"),
    *("state", "settled_by", "settled_at"),
)


class RecordLinksOut(Out):
    """Addresses of what belongs to a decision."""

    self: str
    public: str | None
    application: str | None
    organisation: str
    round: str | None


class DecisionRecordOut(Out):
    """A decision as this caller may see it. Send its ``version`` as ``If-Match`` when you act on it.

    ``grant`` is null if nothing is granted, and before publication. ``acts`` is what was said and done about the
    decision, the oldest first, with notes, reasons and names: for the panel and NHS England only.
    """

    decision_id: str
    reference: str | None
    ods_code: str
    name: str
    region_code: str
    round_id: str | None
    trial: bool
    requested_level: AppliedLevelOut | None
    outcome: OutcomeOut
    granted_level: AppliedLevelOut | None
    chosen_by: ChosenByOut | None
    scaled_down_to: AppliedLevelOut | None
    scaled_down_reason: ReasonOut | None
    functions: Sequence[str] | None
    effective_from: Day | None
    state: Annotated[str, word_of(*DecisionState)]
    version: int
    decided_on: Day | None
    signed_off_on: Day | None
    published_at: Instant | None
    supersedes: str | None
    superseded_by: str | None
    correction_reason: str | None
    succeeds: list[SucceededOut] | None
    confirmed_late: bool | None
    reasons: list[ReasonOut]
    conditions: list[RecordConditionOut]
    grant: GrantOut | None
    acts: list[TimelineEventOut] | None
    proposal: ProposalOut | None
    past_proposals: list[PastProposalOut]
    next_actions: list[NextActionOut]
    receipt: ReceiptOut | None
    links: RecordLinksOut

    @classmethod
    def of(cls, view: DecisionView, acts: Sequence[Told] | None, receipt: EntryReceipt | None = None) -> Self:
        """Show a decision as this caller may see it."""
        dossier, row, is_officer = view.dossier, view.dossier.decision, view.is_officers
        return cls(
            **{name: getattr(row, name) for name in _OWN},
            version=view.version,
            scaled_down_reason=reason_out(row.scaled_down_code, row.scaled_down_text),
            functions=view.functions,
            trial=dossier.is_trial,
            succeeds=SucceededOut.of_all(row.succeeds),
            confirmed_late=confirmed_late(row),
            reasons=[ReasonOut(code=each.code, text=each.text) for each in dossier.reasons],
            conditions=[_condition(view, each, with_evidence=is_officer or view.is_own) for each in dossier.conditions],
            grant=None if dossier.approval is None else _grant(view, dossier.approval),
            acts=None if acts is None else [TimelineEventOut.of_told(each) for each in acts],
            proposal=ProposalOut.of(dossier.proposal) if dossier.proposal and is_officer else None,
            past_proposals=[PastProposalOut.of(each) for each in _past_proposals(view)],
            next_actions=decision_actions(view),
            receipt=None if receipt is None else ReceiptOut.of(receipt),
            links=_links(view),
        )


_OWN = (
    *("decision_id", "reference", "ods_code", "name", "region_code", "round_id", "requested_level", "outcome"),
    *("granted_level", "chosen_by", "scaled_down_to", "effective_from", "state", "decided_on", "signed_off_on"),
    *("published_at", "supersedes", "superseded_by", "correction_reason"),
)


def _past_proposals(view: DecisionView) -> list[Proposal]:
    return [each for each in view.dossier.proposals if view.is_officers and each.state != ProposalState.OPEN]


def _condition(view: DecisionView, row: DecisionCondition, *, with_evidence: bool) -> RecordConditionOut:
    [stand] = [each for each in view.stand.conditions if each.condition_id == row.condition_id]
    evidence = [each for each in view.dossier.evidence if each.condition_id == row.condition_id]
    return RecordConditionOut(
        id=row.condition_id,
        text=row.text,
        reason_code=row.reason_code,
        due_on=row.due_on,
        state=stand.state.value,
        settled_on=row.settled_on,
        is_overdue=stand.is_overdue(view.day),
        evidence=[EvidenceOut.of(each) for each in evidence] if with_evidence else [],
    )


def _grant(view: DecisionView, row: Approval) -> GrantOut:
    grant = view.dossier.grant
    standing = status_on(grant, view.day) if grant else ""
    return GrantOut(
        level=row.level,
        standing=standing,
        agreement=row.agreement,
        signed_on=row.signed_on,
        promoted_on=row.promoted_on,
        **days_in_force(row.in_force_from, row.in_force_to, ended_by=row.ended_by, standing=standing)._asdict(),
        ended_by=row.ended_by,
        **own_end(row.ended_by, reason=row.end_reason, legal_basis=row.legal_basis)._asdict(),
        notice=None if (last_day := view.stand.noticed_for) is None else NoticeOut.of(last_day),
    )


def _link(each: dict[str, Any]) -> EvidenceLinkOut:
    return EvidenceLinkOut(url=each["url"], sha256=each["sha256"], title=each["title"])


def _links(view: DecisionView) -> RecordLinksOut:
    """Addresses around a decision. A decision of history has no application in the register."""
    row = view.dossier.decision
    return RecordLinksOut(
        self=f"/v1/decisions/{row.decision_id}/record",
        public=f"/v1/decisions/{row.decision_id}" if row.published_at is not None else None,
        application=f"/v1/applications/{row.reference}" if view.dossier.application is not None else None,
        organisation=f"/v1/organisations/{row.ods_code}",
        round=round_href(row.round_id),
    )


_ACTIONS = {
    DecisionAct.GIVE_NOTICE: ("give-notice", "POST", "/notice", "applications"),
    DecisionAct.SETTLE_AGREEMENT: ("settle-agreement", "PUT", "/agreement", "national"),
    DecisionAct.WITHDRAW_NOTICE: ("withdraw-notice", "POST", "/notice/withdrawal", "applications"),
    DecisionAct.PROPOSE_AGREEMENT: ("propose-agreement-correction", "POST", "/agreement/correction", "national"),
    DecisionAct.MOVE_NOTICE: ("move-notice", "POST", "/notice", "national"),
    DecisionAct.PROPOSE_CORRECTION: ("propose-correction", "POST", "/correction", "national"),
    DecisionAct.PROPOSE_REVOCATION: ("propose-revocation", "POST", "/revocation", "national"),
}
_CONDITION_ACTIONS = {
    DecisionAct.GIVE_EVIDENCE: ("give-evidence", "/evidence", "applications"),
    DecisionAct.DISCHARGE: ("discharge", "/discharge", "panel"),
    DecisionAct.LAPSE: ("lapse", "/lapse", "national"),
    DecisionAct.PROPOSE_WAIVER: ("propose-waiver", "/waiver", "national"),
}


def decision_actions(view: DecisionView) -> list[NextActionOut]:
    """What this caller can do about a decision now."""
    proposal = view.dossier.proposal
    return actions_on(
        view.dossier.decision_id, view.acts, view.stand, None if proposal is None else proposal.proposal_id
    )


def applicants_actions(decisions: Iterable[DecisionStatus], caller: System) -> list[NextActionOut]:
    """What a CCG's system can do about the published decisions of an application."""
    return [
        action
        for each in decisions
        if each.ods_code in caller.ods_codes
        for action in actions_on(each.decision_id, allowed(each.snapshot, Scope.APPLICATIONS), each.snapshot)
    ]


def actions_on(
    decision_id: str, acts: Iterable[DecisionAct], snapshot: DecisionSnapshot, proposal_id: str | None = None
) -> list[NextActionOut]:
    """The acts on a decision with their addresses. An act on conditions appears once for each condition it fits."""
    base = f"/v1/decisions/{decision_id}"
    found = []
    for act in acts:
        if act in _ACTIONS:
            rel, method, path, scope = _ACTIONS[act]
            found.append(NextActionOut(rel=rel, method=method, href=f"{base}{path}", scope=scope))
        elif act is DecisionAct.CONFIRM and proposal_id is not None:
            href = f"/v1/proposals/{proposal_id}/confirmation"
            found.append(NextActionOut(rel="confirm", method="POST", href=href, scope="national"))
        elif act is DecisionAct.WITHDRAW_PROPOSAL and proposal_id is not None:
            href = f"/v1/proposals/{proposal_id}/withdrawal"
            found.append(NextActionOut(rel="withdraw-proposal", method="POST", href=href, scope="national"))
        elif act in _CONDITION_ACTIONS:
            rel, path, scope = _CONDITION_ACTIONS[act]
            found += [
                NextActionOut(rel=rel, method="POST", href=f"{base}/conditions/{each.condition_id}{path}", scope=scope)
                for each in snapshot.conditions
                if each.state is ConditionState.OPEN and (act is not DecisionAct.LAPSE or each.is_overdue(snapshot.day))
            ]
    return found
