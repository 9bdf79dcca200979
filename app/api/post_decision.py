"""What follows a decision: evidence, discharge, lapse, agreement and notice."""

from fastapi import APIRouter

from app.access.callers import ApplicantOrOfficerDep, CcgDep, CcgOrNationalDep, NationalDep, PanelDep
from app.api.responses import reads_privately, writes
from app.api.schemas.decision_records import DecisionRecordOut
from app.api.schemas.panel import AgreementIn, DischargeIn, ReasonedIn
from app.api.schemas.proposals import EvidenceIn, NoticeIn, NoticeWithdrawalIn
from app.casework import agreements, conditions, decision_views, notice
from app.casework.decision_views import DecisionActed, DecisionView
from app.reading import timelines
from app.reading.timelines import Told
from app.records.session import Session
from app.rules.callers import System
from app.rules.refusals import Fault, InvalidDocument
from app.web.bodies import StrictRoute
from app.web.caching import SnapshotDep, private_read
from app.web.identifiers import ConditionPath, DecisionPath
from app.web.preconditions import IfMatchDep, version_tag
from app.web.transactions import Answer, Transaction, TransactionDep, transactional

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=StrictRoute)
# The refusals that every act on a decision shares, and those that an officer's acts share.
ACT = ("not-found", "wrong-state", "stale", "invalid-document")
OFFICER = (*ACT, "if-match-required")


def acted(transaction: Transaction, done: DecisionActed, *, status: int = 201, location: str | None = None) -> Answer:
    """The answer to an act on a decision: its present state, its new version, and the act's receipt."""
    row = done.view.dossier.decision
    return Answer(
        DecisionRecordOut.of(done.view, _acts(transaction.session, done.view), done.receipt),
        status=status,
        etag=version_tag(done.view.version),
        location=location,
        reference=row.reference if done.view.dossier.application else None,
        ods_code=row.ods_code,
    )


@router.get(
    "/decisions/{decisionId}/record",
    response_model=DecisionRecordOut,
    summary="Read a decision as one who acts on it",
    responses=reads_privately("not-found"),
)
@private_read
def read_decision_record(decision_id: DecisionPath, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """Applicants can read it once they may see the decision, the panel of the region and NHS England from sign-off.

    Send its `ETag` as `If-Match` when you act on the decision.
    """
    view = decision_views.fetch_visible(snapshot.session, decision_id, caller, snapshot.at)
    return Answer(DecisionRecordOut.of(view, _acts(snapshot.session, view)), etag=version_tag(view.version))


def _acts(session: Session, view: DecisionView) -> list[Told] | None:
    """What was said and done about a decision. None for applicants, who read the application's events."""
    if not view.is_officers:
        return None
    return timelines.read_acts(session, view.dossier.decision, view.viewer, view.caller)


@router.post(
    "/decisions/{decisionId}/conditions/{conditionId}/evidence",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Show that a condition is met",
    responses=writes(*ACT),
)
@transactional
def give_evidence(
    decision_id: DecisionPath,
    condition_id: ConditionPath,
    ccg: CcgDep,
    body: EvidenceIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """The CCG's own system sends it. Only the CCG, the panel and NHS England see it. `If-Match` is optional here."""
    done = conditions.give_evidence(
        transaction.session,
        decision_views.fetch_visible(transaction.session, decision_id, ccg, transaction.at),
        condition_id,
        text=body.text,
        links=[link.model_dump(mode="json", by_alias=True) for link in body.links],
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done)


@router.post(
    "/decisions/{decisionId}/notice",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Give notice to end what was granted",
    responses=writes(*OFFICER, "notice-too-short", "conflict-of-interest"),
)
@transactional
def give_notice(
    decision_id: DecisionPath,
    caller: CcgOrNationalDep,
    body: NoticeIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Notice by 30 September ends the grant on the next 31 March, later notice a year after that.

    It is public at once.

    Once the CCG has given notice, NHS England may let the grant end on another day, also in mid-year. Then `lastDay`,
    `reason` and `If-Match` are required.
    """
    view = decision_views.fetch_visible(transaction.session, decision_id, caller, transaction.at)
    if isinstance(caller, System):
        if body.attribution is None:
            raise InvalidDocument("A system says who acted.", faults=[Fault("/attribution", "Required.")])
        done = notice.give(
            transaction.session,
            view,
            last_day=body.last_day,
            reason=body.reason,
            caller=caller,
            attribution=body.attribution.model_dump(mode="json", by_alias=True),
            expected=expected,
            at=transaction.at,
        )
    else:
        done = notice.override(
            transaction.session,
            view,
            last_day=body.last_day,
            reason=body.reason,
            person=caller,
            expected=expected,
            at=transaction.at,
        )
    return acted(transaction, done)


@router.post(
    "/decisions/{decisionId}/notice/withdrawal",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Take a notice back",
    responses=writes(*ACT, "live-application"),
)
@transactional
def withdraw_notice(
    decision_id: DecisionPath,
    ccg: CcgDep,
    body: NoticeWithdrawalIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """The CCG can until the end of `grant.notice.withdrawableUntil`: 30 September, or the last day if that is earlier.

    It is public at once, with its reason. The end that had been announced no longer holds. `If-Match` is optional here.
    An application that the CCG could not have made without the notice is withdrawn first.
    """
    done = notice.withdraw(
        transaction.session,
        decision_views.fetch_visible(transaction.session, decision_id, ccg, transaction.at),
        reason=body.reason,
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done)


@router.post(
    "/decisions/{decisionId}/conditions/{conditionId}/discharge",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Say that a condition is met",
    responses=writes(*OFFICER, "same-person", "conflict-of-interest"),
)
@transactional
def discharge_condition(
    decision_id: DecisionPath,
    condition_id: ConditionPath,
    panel: PanelDep,
    transaction: TransactionDep,
    expected: IfMatchDep,
    body: DischargeIn | None = None,
) -> Answer:
    """By a member of the regional panel who did not record the decision.

    When no condition is open, the approval is promoted.
    """
    done = conditions.discharge(
        transaction.session,
        decision_views.fetch_visible(transaction.session, decision_id, panel, transaction.at),
        condition_id,
        note=body.note if body else None,
        panel=panel,
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done)


@router.post(
    "/decisions/{decisionId}/conditions/{conditionId}/lapse",
    status_code=201,
    response_model=DecisionRecordOut,
    summary="Say that a condition was not met in time",
    responses=writes(*OFFICER),
)
@transactional
def lapse_condition(
    decision_id: DecisionPath,
    condition_id: ConditionPath,
    national: NationalDep,
    body: ReasonedIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Possible once the day by which it was due is over. The grant ends with it, and the reason is published."""
    done = conditions.lapse(
        transaction.session,
        decision_views.fetch_visible(transaction.session, decision_id, national, transaction.at),
        condition_id,
        reason=body.reason,
        person=national,
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done)


@router.put(
    "/decisions/{decisionId}/agreement",
    response_model=DecisionRecordOut,
    summary="Record that the agreement is signed, or not taken up",
    responses=writes(*OFFICER),
)
@transactional
def settle_agreement(
    decision_id: DecisionPath,
    national: NationalDep,
    body: AgreementIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """A grant starts only once both have signed. It starts on its day, or on the day of signing if that is later."""
    view = decision_views.fetch_visible(transaction.session, decision_id, national, transaction.at)
    if body.signed_on is not None:
        done = agreements.sign(
            transaction.session,
            view,
            signed_on=body.signed_on,
            in_force_from=body.in_force_from,
            note=body.note,
            person=national,
            expected=expected,
            at=transaction.at,
        )
    else:
        done = agreements.decline(
            transaction.session, view, note=body.note, person=national, expected=expected, at=transaction.at
        )
    return acted(transaction, done, status=200)
