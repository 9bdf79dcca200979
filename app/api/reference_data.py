"""Reference data: the codes in the answers, their names and what they mean."""

from typing import Annotated, Literal, Self, get_args

from fastapi import APIRouter, Path

from app.api.responses import reads_publicly
from app.reading.reference_data import DatedWord, ReferenceSet, read_reference_set
from app.rules.words import FunctionKind
from app.web.caching import SnapshotDep, public_read
from app.web.documents import Day, Out, word_of

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
    "function-kinds",
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


class WordOut(Out):
    """One row of reference data. A function has a ``kind``.

    ``knownTo`` is the last day of which it is known which CCGs were an area team's, if the team went on after it.
    Functions, regions and area teams name their ``source``.
    """

    code: str
    label: str
    description: str | None
    valid_from: Day | None
    valid_to: Day | None
    known_to: Day | None
    kind: Annotated[str, word_of(*FunctionKind)] | None
    source: str | None

    @classmethod
    def of(cls, word: DatedWord) -> Self:
        """Show a code."""
        return cls(
            code=word.code,
            label=word.label,
            description=word.description,
            valid_from=word.valid_from,
            valid_to=word.valid_to,
            known_to=word.known_to,
            kind=word.kind,
            source=word.source,
        )


class WordsOut(Out):
    """One set of reference data."""

    name: str
    results: list[WordOut]
    public_sequence: int

    @classmethod
    def of(cls, found: ReferenceSet) -> Self:
        """Show a set."""
        return cls(
            name=found.name,
            results=[WordOut.of(word) for word in found.words],
            public_sequence=found.public_sequence,
        )


class ReferenceSetOut(Out):
    """The address of one set of reference data."""

    name: str
    href: str


class ReferenceSetsOut(Out):
    """The sets of reference data."""

    results: list[ReferenceSetOut]


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
