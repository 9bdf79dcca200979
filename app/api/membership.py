"""What member CCGs do: agree to an application or leave it. The lead can scale it down or withdraw it."""

from dataclasses import replace

from fastapi import APIRouter

from app.access.callers import CcgDep
from app.api.applications import acted
from app.api.responses import writes
from app.api.schemas.applications import ApplicationOut
from app.api.schemas.proposals import ConsentIn, ScaleDownIn, WithdrawIn
from app.casework import application_views, membership
from app.rules.outcomes import Reason
from app.rules.visibility import Viewer
from app.rules.words import Level
from app.web.bodies import StrictRoute
from app.web.identifiers import Reference
from app.web.preconditions import IfMatchDep
from app.web.transactions import Answer, TransactionDep, transactional

router = APIRouter(prefix="/v1/applications", tags=["applications"], route_class=StrictRoute)


@router.post(
    "/{reference}/consents",
    status_code=201,
    response_model=ApplicationOut,
    summary="Agree to a draft as one of its members",
    responses=writes("not-found", "wrong-state", "stale", "invalid-document", "nothing-to-downgrade"),
)
@transactional
def give_consent(
    reference: Reference, ccg: CcgDep, body: ConsentIn, transaction: TransactionDep, expected: IfMatchDep
) -> Answer:
    """The client of a member CCG agrees, so that the lead's client can submit.

    The consent is to the draft as it is now. Any amendment of it ends the consent. `If-Match` is optional here;
    the register checks it if you send it.

    With `scaleDownTo` it agrees that the lead's client scales down what was submitted.
    """
    done = membership.consent(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, ccg),
        body.ods_code,
        scale_down_to=Level(body.scale_down_to) if body.scale_down_to else None,
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, ccg, status=201)


@router.post(
    "/{reference}/scale-down",
    response_model=ApplicationOut,
    summary="Choose joint commissioning after applying for delegated",
    responses=writes(
        "not-found",
        "wrong-state",
        "stale",
        "if-match-required",
        "nothing-to-downgrade",
        "consent-missing",
        "invalid-document",
    ),
)
@transactional
def scale_down_application(
    reference: Reference, ccg: CcgDep, body: ScaleDownIn, transaction: TransactionDep, expected: IfMatchDep
) -> Answer:
    """The lead's client scales a submitted application down, once, from delegated to joint commissioning.

    `requestedLevel` stays. The panel can then only record `downgraded_to_joint`, chosen by the CCG, or `rejected`.
    The client of each other member must have agreed, at `/consents` with `scaleDownTo`. No deadline bars it.
    """
    done = membership.scale_down(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, ccg),
        Level(body.level),
        Reason(body.reason.code, body.reason.text),
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, ccg)


@router.post(
    "/{reference}/withdrawal",
    response_model=ApplicationOut,
    summary="Withdraw an application before it is decided, or leave it",
    responses=writes("not-found", "wrong-state", "stale", "invalid-document"),
)
@transactional
def withdraw_application(
    reference: Reference, ccg: CcgDep, body: WithdrawIn, transaction: TransactionDep, expected: IfMatchDep
) -> Answer:
    """The lead's client withdraws the whole application. A member's client can take one CCG out of it with `odsCode`.

    The others go on without that CCG, and its client no longer sees the application. `If-Match` is optional here; the
    register checks it if you send it.
    """
    done = membership.withdraw(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, ccg),
        body.ods_code,
        reason=body.reason,
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    answer = acted(transaction, done, ccg)
    # A system whose CCG has left no longer sees the application: a repeat still gets its answer, as long as it acts for
    # that CCG. One that goes on seeing it is asked for that instead.
    has_gone = done.view.viewer is Viewer.STRANGER
    return replace(answer, reference=None, ods_code=body.ods_code) if has_gone else answer
