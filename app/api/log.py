"""The transparency log: checkpoints, entries, proofs and receipts.

With these nobody has to take the register's word.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from app.access.callers import ApplicantOrOfficerDep
from app.api.responses import reads_privately, reads_publicly
from app.api.schemas.log import ConsistencyOut, InclusionOut, LoggedListOut, LoggedOut, ProofOut
from app.casework import application_views
from app.log.receipts import Receipt
from app.reading import log as reading
from app.records import receipts
from app.records.checkpoints import Signed
from app.records.session import Session
from app.rules.refusals import NotFound, NotYetKnown
from app.web.caching import Public, SnapshotDep, private_read, public_read
from app.web.dependencies import LogKeysDep, LogTreeDep
from app.web.formats import Text
from app.web.identifiers import DecisionPath, Reference
from app.web.queries import WHOLE
from app.web.request_errors import InvalidParameter, NotSignedYet, ParameterFault
from app.web.transactions import Answer

router = APIRouter(prefix="/v1", tags=["transparency log"])
ENTRIES_LIMIT = 1_000
_WHOLE = {"ge": 0, "le": 2**62}

FirstEntry = Annotated[int, Query(alias="from", description="The first entry, counted from 0.", **_WHOLE), WHOLE]
BeforeEntry = Annotated[
    int | None,
    Query(
        alias="to",
        description=f"The entry to stop before; at most {ENTRIES_LIMIT} at once. Without it you get as many as that.",
        **_WHOLE,
    ),
    WHOLE,
]
EntryIndex = Annotated[int, Query(description="The entry, counted from 0.", **_WHOLE), WHOLE]
Size = Annotated[int, Query(description="The size of the log, as a checkpoint names it.", **_WHOLE), WHOLE]
FromSize = Annotated[
    int, Query(alias="from", description="The size of the log in the older checkpoint.", **_WHOLE), WHOLE
]
ToSize = Annotated[int, Query(alias="to", description="The size of the log in the newer checkpoint.", **_WHOLE), WHOLE]


@router.get(
    "/log/checkpoint",
    response_class=PlainTextResponse,
    response_model=None,
    summary="Read the newest public checkpoint",
    responses=reads_publicly("not-signed-yet"),
)
@public_read(offers=("text",))
def read_checkpoint(snapshot: SnapshotDep) -> Text:
    """A signed note (C2SP): the log's name, its size, its root, and signatures by the keys at `/v1/log/key`.

    The register makes a new one after each publication and after each midnight in London. Keep one. At any later time
    it shows whether the log still begins with the log you saw.
    """
    return Text(_newest(snapshot.session).note)


@router.get(
    "/log/key",
    response_class=PlainTextResponse,
    response_model=None,
    summary="Read the log's keys",
    responses=reads_publicly("not-signed-yet"),
)
@public_read(offers=("text",))
def read_key(snapshot: SnapshotDep, keys: LogKeysDep) -> Text:
    """The keys that sign checkpoints, newest first, one on each line (C2SP: name, id and Ed25519 key).

    Get them once by another way too, and compare: anybody who could rewrite the log could also rewrite this answer.
    """
    del snapshot  # the log keys are not rows
    if not keys:
        raise NotSignedYet("This register has no log key.")
    return Text("".join(f"{key}\n" for key in keys))


@router.get(
    "/log/entries",
    response_model=LoggedListOut,
    summary="Read entries of the log",
    responses=reads_publicly("not-signed-yet", "not-yet-known"),
)
@public_read
def list_entries(
    snapshot: SnapshotDep, tree: LogTreeDep, start: FirstEntry = 0, end: BeforeEntry = None
) -> LoggedListOut:
    """Entries that the newest public checkpoint covers. For an unpublished entry you see only the leaf.

    The register writes a decision's entry at sign-off and opens it at publication. The leaf was there all the time, so
    it proves that what was published is what was decided.
    """
    newest = _newest(snapshot.session)
    size = newest.size
    if start > size:
        detail = f"The newest public checkpoint covers {size} entries; {start} is not yet known."
        raise NotYetKnown(detail, parameter="from", extra={"size": size})
    end = min(size, start + ENTRIES_LIMIT) if end is None else end
    faults = _beyond("to", end, size)
    if not faults and end - start > ENTRIES_LIMIT:
        faults.append(ParameterFault("to", f"At most {ENTRIES_LIMIT} entries at once."))
    if start > end:
        faults.append(ParameterFault("from", f"There is nothing from {start} to {end}."))
    _refuse(faults)
    found = reading.read_entries(snapshot.session, tree, newest, start, end)
    return LoggedListOut(results=[LoggedOut.of(entry) for entry in found], size=size)


@router.get(
    "/log/proofs/inclusion",
    response_model=InclusionOut,
    summary="Prove that an entry is in the log",
    responses=reads_publicly("not-signed-yet"),
)
@public_read
def prove_inclusion(snapshot: SnapshotDep, tree: LogTreeDep, index: EntryIndex, size: Size) -> Public:
    """The hashes that prove it. The proof never changes, so any cache may keep it for ever."""
    newest = _newest(snapshot.session)
    faults = _beyond("size", size, newest.size)
    if index >= size:
        faults.append(ParameterFault("index", f"A log of size {size} has no entry {index}."))
    _refuse(faults)
    found = tree.read_to_checkpoint(snapshot.session, newest.checkpoint())
    return Public(
        InclusionOut.of(index, size, found.leaf(index), found.inclusion(index, size)),
        is_immutable=True,
    )


@router.get(
    "/log/proofs/consistency",
    response_model=ConsistencyOut,
    summary="Prove that the log only grew",
    responses=reads_publicly("not-signed-yet"),
)
@public_read
def prove_consistency(snapshot: SnapshotDep, tree: LogTreeDep, from_size: FromSize, to_size: ToSize) -> Public:
    """Prove that a later log begins with the log of an older checkpoint. Any cache may keep the proof for ever."""
    newest = _newest(snapshot.session)
    faults = _beyond("to", to_size, newest.size)
    if not 0 < from_size <= to_size:
        faults.append(ParameterFault("from", f"Must be from 1 to {to_size}."))
    _refuse(faults)
    proof = tree.read_to_checkpoint(snapshot.session, newest.checkpoint()).consistency(from_size, to_size)
    return Public(ConsistencyOut.of(from_size, to_size, proof), is_immutable=True)


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
    """The receipt of the newest submission, or of the draft's creation.

    Keep it: it proves what the register had, and when.

    Only the system that submitted it sees the private part (what it submitted, and who did).
    """
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    return Answer(_shown(receipts.submission_receipt(snapshot.session, tree, view.case.reference, reader=caller.key)))


@router.get(
    "/decisions/{decisionId}/receipt",
    response_model=ProofOut,
    summary="Get the receipt of a published decision",
    responses=reads_publicly("not-found", "not-signed-yet"),
)
@public_read
def read_decision_receipt(decision_id: DecisionPath, tree: LogTreeDep, snapshot: SnapshotDep) -> Public:
    """What was signed off, byte for byte, with the proof that it is in the log under a signed checkpoint."""
    try:
        receipt = receipts.decision_receipt(snapshot.session, tree, decision_id)
    except LookupError as error:
        raise NotFound("No such published decision.") from error
    return Public(_shown(receipt))


def _newest(session: Session) -> Signed:
    newest = reading.newest_checkpoint(session)
    if newest is None:
        raise NotSignedYet("No checkpoint has been signed yet.")
    return newest


def _beyond(parameter: str, size: int, newest: int) -> list[ParameterFault]:
    fault = ParameterFault(parameter, f"The newest public checkpoint covers {newest} entries.")
    return [fault] if size > newest else []


def _refuse(faults: list[ParameterFault]) -> None:
    if faults:
        raise InvalidParameter("The log has no such entries or sizes.", parameters=faults)


def _shown(receipt: Receipt | None) -> ProofOut:
    if receipt is None:
        raise NotSignedYet("No checkpoint covers it yet.")
    return ProofOut.of(receipt)
