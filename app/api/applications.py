"""Applications as CCG systems write them: create, amend, submit."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ValidationError

from app.access.callers import CcgDep
from app.api.responses import writes
from app.api.schemas.applications import ApplicationOut, RehearsalOut
from app.api.schemas.proposals import ApplicationIn, SubmitIn
from app.casework import application_views, applying, eligibility
from app.casework.application_views import ApplicationView
from app.casework.applying import Acted
from app.casework.eligibility import Draft
from app.reading.applications import read_details
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.rules.callers import Caller
from app.rules.refusals import Fault, InvalidDocument
from app.rules.words import Level
from app.web.bodies import MERGE_PATCH, MergePatch, StrictRoute
from app.web.identifiers import Reference, new_reference
from app.web.preconditions import IfMatchDep, version_tag
from app.web.problems import document_faults
from app.web.queries import TRUE_OR_FALSE
from app.web.transactions import Answer, Transaction, TransactionDep, transactional

router = APIRouter(prefix="/v1/applications", tags=["applications"], route_class=StrictRoute)

ValidateOnly = Annotated[
    bool,
    Query(alias="validateOnly", description="Check everything, store nothing, and answer 200 with what would happen."),
    TRUE_OR_FALSE,
]
# What a patch may contain: some members of the application, each of them null to remove it.
_PATCH_BODY = {
    "content": {
        MERGE_PATCH: {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["attribution"],
                "properties": {
                    "requestedLevel": {"enum": ["delegated", "joint"]},
                    "memberOdsCodes": {"type": "array", "items": {"type": "string"}},
                    "proposal": {"type": ["object", "null"], "description": "A part of `ProposalIn`; null removes."},
                    "signatories": {
                        "type": ["array", "null"],
                        "items": {"$ref": "#/components/schemas/SignatoryIn"},
                    },
                    "attribution": {"$ref": "#/components/schemas/AttributionIn"},
                },
            }
        }
    }
}


def application_out(
    session: Session, view: ApplicationView, caller: Caller, at: datetime, receipt: EntryReceipt | None = None
) -> ApplicationOut:
    """An application as this caller may see it."""
    details = read_details(
        session,
        view.case,
        caller,
        at=at,
        sees_outcome=view.sees_outcome,
        is_officers=view.is_officers,
    )
    return ApplicationOut.of(view, details, at, receipt)


def acted(transaction: Transaction, done: Acted, caller: Caller, *, status: int = 200, is_new: bool = False) -> Answer:
    """The answer to an act on an application: its present state, its new version, and the act's receipt."""
    reference = done.view.case.reference
    return Answer(
        application_out(transaction.session, done.view, caller, transaction.at, done.receipt),
        status=status,
        etag=version_tag(done.view.case.version),
        location=f"/v1/applications/{reference}" if is_new else None,
        reference=reference,
    )


def draft_from(body: ApplicationIn) -> Draft:
    """The draft that a document describes."""
    return Draft(
        body.round_id,
        Level(body.requested_level),
        body.lead_ods_code,
        tuple(body.member_ods_codes),
        body.document(),
    )


@router.post(
    "",
    status_code=201,
    response_model=ApplicationOut,
    summary="Create an application, or create and submit it at once",
    responses={
        200: {"model": RehearsalOut, "description": "With `validateOnly`: what would happen."},
        **writes(
            "idempotency-key-required",
            "duplicate-application",
            "invalid-document",
            "approval-not-needed",
            "unknown-round",
            "round-not-open",
            "unknown-organisation",
            "several-regions",
            "already-held",
            "notice-required",
            "incomplete-application",
            "deadline-passed",
            "consent-missing",
        ),
    },
)
@transactional(key="needed")
def create_application(
    ccg: CcgDep, body: ApplicationIn, transaction: TransactionDep, validate_only: ValidateOnly = False
) -> Answer:
    """Create a draft for one or several CCGs of one region.

    With a `submission` member, one act creates and submits the application. The answer lists the faults of both at
    once. `validateOnly=true` checks the same, stores nothing and needs no `Idempotency-Key`.
    """
    draft, declared_by = draft_from(body), body.submission.declared_by if body.submission else None
    if validate_only:
        found = applying.rehearse(transaction.session, draft, caller=ccg, declared_by=declared_by, at=transaction.at)
        return Answer(RehearsalOut(valid=True, state=found.state, flags=found.flags))
    done = applying.create(
        transaction.session,
        draft,
        reference=new_reference(body.round_id),
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        declared_by=declared_by,
        at=transaction.at,
    )
    return acted(transaction, done, ccg, status=201, is_new=True)


@router.patch(
    "/{reference}",
    response_model=ApplicationOut,
    summary="Amend a draft, or the proposal while changes are asked for",
    openapi_extra={"requestBody": _PATCH_BODY},
    responses=writes(
        "not-found",
        "wrong-state",
        "stale",
        "if-match-required",
        "invalid-document",
        "approval-not-needed",
        "unknown-organisation",
        "several-regions",
        "already-held",
        "notice-required",
        "too-many-versions",
    ),
)
@transactional
def amend_application(
    reference: Reference,
    ccg: CcgDep,
    body: Annotated[dict[str, Any], MergePatch],
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Change members of the document by JSON Merge Patch (RFC 7396).

    A draft has at most 100 versions a London day, and 1,000,000 bytes in all its versions.

    `attribution` is required. The round and the lead never change. The level and the members cannot change after
    submission.
    """
    view = application_views.fetch_visible(transaction.session, reference, ccg)
    document = _patched(view, body)
    done = applying.amend(
        transaction.session,
        view,
        draft_from(document),
        caller=ccg,
        attribution=document.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, ccg)


@router.post(
    "/{reference}/submission",
    response_model=ApplicationOut,
    summary="Submit a draft, or submit again after changes",
    responses=writes(
        "not-found",
        "duplicate-application",
        "wrong-state",
        "stale",
        "invalid-document",
        "incomplete-application",
        "deadline-passed",
        "consent-missing",
        "unknown-organisation",
        "already-held",
        "notice-required",
    ),
)
@transactional
def submit_application(
    reference: Reference, ccg: CcgDep, body: SubmitIn, transaction: TransactionDep, expected: IfMatchDep
) -> Answer:
    """Hand the application to the regional moderation panel.

    The answer lists everything that is missing at once. `If-Match` is optional here; the register checks it if you send
    it.
    """
    done = applying.submit(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, ccg),
        declared_by=body.declared_by,
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, ccg)


def _patched(view: ApplicationView, patch: dict[str, Any]) -> ApplicationIn:
    """The whole document after the patch, validated like a new one.

    Raises InvalidDocument with every fault, and with pointers into the patched document.
    """
    if "submission" in patch:
        raise InvalidDocument(
            "A patch does not submit.", faults=[Fault("/submission", "Submit at /submission instead.")]
        )
    merged = merge(eligibility.draft_of(view.case).whole, patch)
    try:
        return ApplicationIn.model_validate(merged)
    except ValidationError as error:
        raise InvalidDocument(
            "The patched document does not fit.", faults=document_faults(error, ApplicationIn)
        ) from error


def merge(target: Any, patch: Any) -> Any:
    """JSON Merge Patch: members of the patch replace those of the target, null removes (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
