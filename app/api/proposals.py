"""What takes two people at NHS England: one proposes, another confirms.

Waivers, revocations, corrections; and what moves on after mergers.
"""

from collections.abc import Callable

from fastapi import APIRouter

from app.access.callers import NationalDep
from app.api.post_decision import OFFICER, acted
from app.api.responses import reads_privately, rehearses, writes
from app.api.schemas.decision_records import DecisionRecordOut
from app.api.schemas.panel import AgreementCorrectionIn, CorrectionIn, ProposalWithdrawalIn, RevocationIn, WaiverIn
from app.api.schemas.successions import (
    SuccessionIn,
    SuccessionOut,
    SuccessionPreviewIn,
    SuccessionPreviewOut,
    SuccessionsOut,
)
from app.casework import correcting, decision_views, successions
from app.casework.correcting import Terms
from app.casework.decision_views import DecisionView
from app.casework.successions import SuccessionActed, SuccessionView
from app.rules.callers import Person
from app.rules.decisions import ProposalKind
from app.rules.grants import Agreement
from app.rules.versions import Expectation
from app.web.bodies import StrictRoute
from app.web.caching import SnapshotDep, private_read
from app.web.identifiers import (
    ConditionPath,
    DecisionPath,
    ProposalPath,
    is_succession_id,
    new_proposal_id,
    new_succession_id,
)
from app.web.paging import PagingDep, instant
from app.web.preconditions import IfMatchDep, version_tag
from app.web.transactions import Answer, Transaction, TransactionDep, transactional

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=StrictRoute)


@router.post(
    "/decisions/{decisionId}/conditions/{conditionId}/waiver",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Propose to waive a condition",
    responses=writes(*OFFICER),
)
@transactional
def propose_waiver(
    decision_id: DecisionPath,
    condition_id: ConditionPath,
    national: NationalDep,
    body: WaiverIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Nothing becomes public until a second person at NHS England confirms it."""

    def terms(view: DecisionView) -> Terms:
        return correcting.waiver(view, condition_id, reason=body.reason, in_force_from=body.in_force_from)

    view = decision_views.fetch_visible(transaction.session, decision_id, national, transaction.at)
    view.condition(condition_id)
    return _proposed(transaction, view, ProposalKind.WAIVER, terms, national, expected)


@router.post(
    "/decisions/{decisionId}/revocation",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Propose to revoke what was granted",
    responses=writes(*OFFICER),
)
@transactional
def propose_revocation(
    decision_id: DecisionPath,
    national: NationalDep,
    body: RevocationIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Nothing becomes public until a second person at NHS England confirms it. Then the grant ends with `lastDay`."""

    def terms(view: DecisionView) -> Terms:
        return correcting.revocation(view, reason=body.reason, legal_basis=body.legal_basis, last_day=body.last_day)

    view = decision_views.fetch_visible(transaction.session, decision_id, national, transaction.at)
    return _proposed(transaction, view, ProposalKind.REVOCATION, terms, national, expected)


@router.post(
    "/decisions/{decisionId}/correction",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Propose to correct a published decision",
    responses=writes(
        *OFFICER,
        "reason-required",
        "condition-required",
        "condition-not-allowed",
        "nothing-to-downgrade",
        "not-scaled-down",
        "scaled-down",
    ),
)
@transactional
def propose_correction(
    decision_id: DecisionPath,
    national: NationalDep,
    body: CorrectionIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Nothing becomes public until a second person at NHS England confirms it.

    Then a new decision replaces the old one.

    The old decision stays readable and says that it was replaced. The level requested stays the same. If the outcome
    stays the same, nothing else is lost: conditions with the same words and the same day stay as settled as they are,
    and so do the agreement, the promotion, and a notice or revocation. Another outcome is a new grant, and nobody has
    signed an agreement for it yet.
    """

    def terms(view: DecisionView) -> Terms:
        ruling = body.ruling(view.dossier.decision.ods_code)
        return correcting.correction(view, ruling, reason=body.reason, effective_from=body.effective_from)

    view = decision_views.fetch_visible(transaction.session, decision_id, national, transaction.at)
    return _proposed(transaction, view, ProposalKind.CORRECTION, terms, national, expected)


@router.post(
    "/decisions/{decisionId}/agreement/correction",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Propose to correct what was recorded of an agreement",
    responses=writes(*OFFICER),
)
@transactional
def propose_agreement(
    decision_id: DecisionPath,
    national: NationalDep,
    body: AgreementCorrectionIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """For a wrong day of signing, or an agreement wrongly recorded as signed or as not taken up.

    Nothing becomes public until a second person at NHS England confirms it. Then the grant starts on the right day.
    """

    def terms(view: DecisionView) -> Terms:
        return correcting.agreement(
            view,
            reason=body.reason,
            state=Agreement(body.state),
            signed_on=body.signed_on,
            in_force_from=body.in_force_from,
        )

    view = decision_views.fetch_visible(transaction.session, decision_id, national, transaction.at)
    return _proposed(transaction, view, ProposalKind.AGREEMENT, terms, national, expected)


@router.post(
    "/proposals/{proposalId}/confirmation",
    status_code=201,
    response_model=DecisionRecordOut | SuccessionOut,
    summary="Confirm what another person proposed",
    responses=writes(*OFFICER, "same-person", "conflict-of-interest", "already-decided"),
)
@transactional
def confirm_proposal(
    proposal_id: ProposalPath, national: NationalDep, transaction: TransactionDep, expected: IfMatchDep
) -> Answer:
    """It takes effect at once, and is public at once. The answer is the decision, or the new one after a correction.

    If it was proposed what moves on after mergers, the answer is that proposal, which names the decisions.
    """
    if is_succession_id(proposal_id):
        return _moved(
            successions.confirm(transaction.session, proposal_id, person=national, expected=expected, at=transaction.at)
        )
    done = correcting.confirm(transaction.session, proposal_id, person=national, expected=expected, at=transaction.at)
    row = done.view.dossier.decision
    location = f"/v1/decisions/{row.decision_id}" if row.supersedes else None
    return acted(transaction, done, location=location)


@router.post(
    "/proposals/{proposalId}/withdrawal",
    status_code=201,
    response_model=DecisionRecordOut | SuccessionOut,
    summary="Take a proposal back",
    responses=writes(*OFFICER),
)
@transactional
def withdraw_proposal(
    proposal_id: ProposalPath,
    national: NationalDep,
    body: ProposalWithdrawalIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Anybody at NHS England can, until it is confirmed. The note stays with the panel and NHS England."""
    if is_succession_id(proposal_id):
        return _moved(
            successions.withdraw(
                transaction.session,
                proposal_id,
                note=body.note,
                person=national,
                expected=expected,
                at=transaction.at,
            )
        )
    done = correcting.withdraw(
        transaction.session, proposal_id, note=body.note, person=national, expected=expected, at=transaction.at
    )
    return acted(transaction, done)


# --- after mergers ------------------------------------------------------------------------------


@router.post(
    "/successions/preview",
    response_model=SuccessionPreviewOut,
    summary="See what can move on after the mergers of a day",
    responses=rehearses("invalid-document"),
)
@transactional(key="ignored")
def preview_succession(national: NationalDep, body: SuccessionPreviewIn, transaction: TransactionDep) -> Answer:
    """Every body that opens that day, those that it follows, what each holds on its last day, and what all hold.

    Notice, revocation or a lapse that ends a grant with that day, a grant whose agreement is not signed, and one whose
    conditions are open leave nothing to move on. Of the past it may not be known what was held.
    """
    del national  # the guard checks the person; nothing else is needed of them
    found = successions.preview(transaction.session, body.effective_on)
    return Answer(SuccessionPreviewOut.of(body.effective_on, found))


@router.post(
    "/successions",
    status_code=201,
    response_model=SuccessionOut,
    summary="Propose what moves on after the mergers of a day",
    responses=writes("conflict-of-interest", "already-decided", "already-proposed", "invalid-document"),
)
@transactional
def propose_succession(national: NationalDep, body: SuccessionIn, transaction: TransactionDep) -> Answer:
    """Nothing becomes public until a second person at NHS England confirms it.

    Then each body has a decision of its own, with the conditions that were still open, from the day on that is named,
    also if that has passed.
    """
    done = successions.propose(
        transaction.session,
        body.effective_on,
        [each.item() for each in body.items],
        proposal_id=new_succession_id(body.effective_on),
        person=national,
        at=transaction.at,
    )
    return _moved(done)


@router.get(
    "/successions",
    response_model=SuccessionsOut,
    summary="List what was proposed to move on after mergers",
    responses=reads_privately(),
)
@private_read
def list_successions(national: NationalDep, snapshot: SnapshotDep, paging: PagingDep) -> Answer:
    """Oldest first, with what you can do about each. Send its `version` as `If-Match` when you act on one."""
    found = successions.proposed(snapshot.session, national)
    after = paging.after(instant, str)
    rest = [each for each in found if after is None or _key(each) > after]
    page = paging.cut(rest, _key)
    return Answer(SuccessionsOut.of(page, len(found)), link_next=page.link_next)


def _key(view: SuccessionView) -> list[str]:
    return [view.row.proposed_at.isoformat(), view.row.proposal_id]


def _moved(done: SuccessionActed) -> Answer:
    """The answer to an act on a succession: the proposal, its version, and the act's receipt."""
    return Answer(
        SuccessionOut.of(done.view, done.receipt),
        status=201,
        etag=version_tag(done.view.row.version),
    )


def _proposed(
    transaction: Transaction,
    view: DecisionView,
    kind: ProposalKind,
    terms: Callable[[DecisionView], Terms],
    person: Person,
    expected: Expectation,
) -> Answer:
    proposal_id = new_proposal_id(view.dossier.decision.round_id, kind)
    done = correcting.propose(
        transaction.session,
        view,
        kind,
        terms,
        proposal_id=proposal_id,
        person=person,
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done)
