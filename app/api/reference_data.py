"""Reference data: the codes in the answers, their names and what they mean."""

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Path

from app.api.responses import reads_publicly
from app.api.schemas.reference_data import ReferenceSetOut, ReferenceSetsOut, WordsOut
from app.reading.reference_data import read_reference_set
from app.web.caching import SnapshotDep, public_read

router = APIRouter(prefix="/v1", tags=["public register"])
SetName = Literal[
    "levels",
    "outcomes",
    "reasons",
    "states",
    "regions",
    "area-teams",
    "declaration-reasons",
    "functions",
    "criteria",
    "ratings",
    "conditions",
    "standings",
    "agreements",
    "endings",
    "bases",
    "measures",
]
SET_NAMES: tuple[SetName, ...] = get_args(SetName)


@router.get(
    "/reference-data", response_model=ReferenceSetsOut, summary="List the reference data", responses=reads_publicly()
)
@public_read
def list_reference_data(snapshot: SnapshotDep) -> ReferenceSetsOut:
    """The sets of codes that the register uses."""
    del snapshot  # the list changes only with a release
    return ReferenceSetsOut(
        results=[ReferenceSetOut(name=name, href=f"/v1/reference-data/{name}") for name in SET_NAMES]
    )


@router.get(
    "/reference-data/{name}",
    response_model=WordsOut,
    summary="Read one set of reference data",
    responses=reads_publicly("not-found"),
)
@public_read
def read_reference_data(name: Annotated[SetName, Path(description="Which set.")], snapshot: SnapshotDep) -> WordsOut:
    """Codes with their labels for people, what they mean, and how long they are valid."""
    return WordsOut.of(read_reference_set(snapshot.session, name))
