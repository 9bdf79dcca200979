"""What takes two people at NHS England: one proposes a waiver, a revocation or a correction, another confirms it."""

from collections.abc import Callable

from fastapi import APIRouter

from app.access.callers import NationalDep
from app.api.post_decision import OFFICER, acted
from app.api.responses import writes
from app.api.schemas.decision_records import DecisionRecordOut
from app.api.schemas.panel import AgreementCorrectionIn, CorrectionIn, ProposalWithdrawalIn, RevocationIn, WaiverIn
from app.casework import correcting, decision_views
from app.casework.correcting import Terms
from app.casework.decision_views import DecisionView
from app.rules.callers import Person
from app.rules.decisions import ProposalKind
from app.rules.grants import Agreement
from app.rules.versions import Expectation
from app.web.bodies import StrictRoute
from app.web.identifiers import ConditionPath, DecisionPath, ProposalPath, new_proposal_id
from app.web.preconditions import IfMatchDep
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
    response_model=DecisionRecordOut,
    summary="Confirm what another person proposed",
    responses=writes(*OFFICER, "same-person", "conflict-of-interest"),
)
@transactional
def confirm_proposal(
    proposal_id: ProposalPath, national: NationalDep, transaction: TransactionDep, expected: IfMatchDep
) -> Answer:
    """It takes effect at once, and is public at once. The answer is the decision, or the new one after a correction."""
    done = correcting.confirm(transaction.session, proposal_id, person=national, expected=expected, at=transaction.at)
    row = done.view.dossier.decision
    location = f"/v1/decisions/{row.decision_id}" if row.supersedes else None
    return acted(transaction, done, location=location)


@router.post(
    "/proposals/{proposalId}/withdrawal",
    status_code=201,
    response_model=DecisionRecordOut,
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
    done = correcting.withdraw(
        transaction.session, proposal_id, note=body.note, person=national, expected=expected, at=transaction.at
    )
    return acted(transaction, done)


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
