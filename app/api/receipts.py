"""Receipts: for the owner of a submission, and for everybody of each published decision."""

from fastapi import APIRouter

from app.access.callers import ApplicantOrOfficerDep
from app.api.responses import reads_privately, reads_publicly
from app.api.schemas.log import ProofOut
from app.casework import application_views
from app.log.receipts import Receipt
from app.records import receipts
from app.rules.refusals import NotFound
from app.web.caching import Public, SnapshotDep, private_read, public_read
from app.web.dependencies import LogTreeDep
from app.web.identifiers import DecisionPath, Reference
from app.web.request_errors import NotSignedYet
from app.web.transactions import Answer

router = APIRouter(prefix="/v1", tags=["transparency log"])


@router.get(
    "/applications/{reference}/receipt",
    response_model=ProofOut,
    summary="Get the receipt of a submission",
    responses=reads_privately("not-found", "not-signed-yet"),
)
@private_read
def read_submission_receipt(
    reference: Reference, caller: ApplicantOrOfficerDep, tree: LogTreeDep, snapshot: SnapshotDep
) -> Answer:
    """Of the newest submission, or of the draft's creation: keep it, it proves when the register had what.

    The private part (what was submitted, and by whom) is there for the system that submitted it.
    """
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    return Answer(_shown(receipts.of_submission(snapshot.session, tree, view.case.reference, reader=caller.key)))


@router.get(
    "/decisions/{decisionId}/receipt",
    response_model=ProofOut,
    summary="Get the receipt of a published decision",
    responses=reads_publicly("not-found", "not-signed-yet"),
)
@public_read
def read_decision_receipt(decision_id: DecisionPath, tree: LogTreeDep, snapshot: SnapshotDep) -> Public:
    """What was signed off, byte for byte, with the proof that it stands in the log under a signed checkpoint."""
    try:
        receipt = receipts.of_decision(snapshot.session, tree, decision_id)
    except LookupError as error:
        raise NotFound("No such published decision.") from error
    return Public(_shown(receipt))


def _shown(receipt: Receipt | None) -> ProofOut:
    if receipt is None:
        raise NotSignedYet("No checkpoint covers it yet.")
    return ProofOut.of(receipt)
