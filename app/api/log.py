"""The transparency log: checkpoints, entries and proofs, so that nobody has to take the register's word for it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from app.api.responses import reads_publicly
from app.api.schemas.log import ConsistencyOut, InclusionOut, LoggedListOut, LoggedOut
from app.records import checkpoints
from app.records.checkpoints import HistoryDiffers
from app.records.session import Session
from app.web.caching import Public, SnapshotDep, public_read
from app.web.dependencies import LogKeysDep, LogTreeDep
from app.web.formats import Text
from app.web.queries import WHOLE
from app.web.request_errors import InvalidParameter, NotSignedYet, ParameterFault

router = APIRouter(prefix="/v1/log", tags=["transparency log"])
ENTRIES_LIMIT = 1_000
_WHOLE = {"ge": 0, "le": 2**62}

FirstEntry = Annotated[int, Query(alias="from", description="The first entry, counted from 0.", **_WHOLE), WHOLE]
BeforeEntry = Annotated[
    int | None,
    Query(
        alias="to",
        description=f"Up to, and not with, this entry; at most {ENTRIES_LIMIT} at once, and as many without it.",
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
    "/checkpoint",
    response_class=PlainTextResponse,
    response_model=None,
    summary="Read the newest public checkpoint",
    responses=reads_publicly("not-signed-yet"),
)
@public_read(offers=("text",))
def read_checkpoint(snapshot: SnapshotDep) -> Text:
    """A signed note (C2SP): the log's name, its size, its root, and signatures by the keys at `/v1/log/key`.

    There is a new one after each publication and after each midnight in London. Keep one: it shows at any later time
    whether the log of then still begins with the log of now.
    """
    return Text(_newest(snapshot.session).note)


@router.get(
    "/key",
    response_class=PlainTextResponse,
    response_model=None,
    summary="Read the log's keys",
    responses=reads_publicly("not-signed-yet"),
)
@public_read(offers=("text",))
def read_key(snapshot: SnapshotDep, keys: LogKeysDep) -> Text:
    """The keys by which checkpoints are signed, one a line (C2SP: name, id and Ed25519 key), the newest first.

    Get them by another way too, once, and compare: whoever could rewrite the log could rewrite this answer.
    """
    del snapshot  # the log keys are no rows
    if not keys:
        raise NotSignedYet("This register has no log key.")
    return Text("".join(f"{key}\n" for key in keys))


@router.get(
    "/entries",
    response_model=LoggedListOut,
    summary="Read entries of the log",
    responses=reads_publicly("not-signed-yet"),
)
@public_read
def list_entries(
    snapshot: SnapshotDep, tree: LogTreeDep, start: FirstEntry = 0, end: BeforeEntry = None
) -> LoggedListOut:
    """Entries that the newest public checkpoint covers; of those that are not published only the leaf.

    A decision's entry is written when it is signed off, and opens when it is published: its leaf has stood
    there all the time, so what was published is what had been decided.
    """
    newest = _newest(snapshot.session)
    size = newest.size
    end = min(size, start + ENTRIES_LIMIT) if end is None else end
    faults = _beyond("to", end, size)
    if not faults and end - start > ENTRIES_LIMIT:
        faults.append(ParameterFault("to", f"At most {ENTRIES_LIMIT} entries at once."))
    if start > end:
        faults.append(ParameterFault("from", f"There is nothing from {start} to {end}."))
    _refuse(faults)
    found = checkpoints.entries(snapshot.session, start, end, size=size)
    signed = tree.under(snapshot.session, newest.checkpoint())
    for entry in found:
        if not entry.is_whole or entry.leaf != signed.leaf(entry.number):
            raise HistoryDiffers(f"entry {entry.number} is not the one that was signed")
    return LoggedListOut(results=[LoggedOut.of(entry) for entry in found], size=size)


@router.get(
    "/proofs/inclusion",
    response_model=InclusionOut,
    summary="Prove that an entry is in the log",
    responses=reads_publicly("not-signed-yet"),
)
@public_read
def prove_inclusion(snapshot: SnapshotDep, tree: LogTreeDep, index: EntryIndex, size: Size) -> Public:
    """The proof never changes: any cache may keep it for ever."""
    newest = _newest(snapshot.session)
    faults = _beyond("size", size, newest.size)
    if index >= size:
        faults.append(ParameterFault("index", f"A log of {size} entries has no entry {index}."))
    _refuse(faults)
    found = tree.under(snapshot.session, newest.checkpoint())
    return Public(
        InclusionOut.of(index, size, found.leaf(index), found.inclusion(index, size)),
        is_immutable=True,
    )


@router.get(
    "/proofs/consistency",
    response_model=ConsistencyOut,
    summary="Prove that the log only grew",
    responses=reads_publicly("not-signed-yet"),
)
@public_read
def prove_consistency(snapshot: SnapshotDep, tree: LogTreeDep, from_size: FromSize, to_size: ToSize) -> Public:
    """That the log of one checkpoint begins with the log of an older one. Any cache may keep the proof for ever."""
    newest = _newest(snapshot.session)
    faults = _beyond("to", to_size, newest.size)
    if not 0 < from_size <= to_size:
        faults.append(ParameterFault("from", f"Must be from 1 to {to_size}."))
    _refuse(faults)
    proof = tree.under(snapshot.session, newest.checkpoint()).consistency(from_size, to_size)
    return Public(ConsistencyOut.of(from_size, to_size, proof), is_immutable=True)


def _newest(session: Session) -> checkpoints.Signed:
    newest = checkpoints.newest(session, is_public=True)
    if newest is None:
        raise NotSignedYet("No checkpoint has been signed yet.")
    newest.checkpoint()
    return newest


def _beyond(parameter: str, size: int, newest: int) -> list[ParameterFault]:
    fault = ParameterFault(parameter, f"The newest public checkpoint covers {newest} entries.")
    return [fault] if size > newest else []


def _refuse(faults: list[ParameterFault]) -> None:
    if faults:
        raise InvalidParameter("The log has no such entries or sizes.", parameters=faults)
