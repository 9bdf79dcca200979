"""Reference data: the codes that answers use, what they are called and what they mean."""

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Path

from app.api.responses import reads_publicly
from app.api.schemas.organisations import ReferenceSetOut, ReferenceSetsOut, WordOut, WordsOut
from app.records import ledger, reference_data
from app.records.session import Session
from app.rules import words
from app.rules.lifecycle import STATES
from app.web.caching import SnapshotDep, public_read

router = APIRouter(prefix="/v1", tags=["public register"])
SetName = Literal[
    "levels",
    "outcomes",
    "reasons",
    "states",
    "regions",
    "area-teams",
    "functions",
    "criteria",
    "ratings",
    "conditions",
    "agreements",
    "endings",
    "bases",
    "measures",
]
SET_NAMES: tuple[SetName, ...] = get_args(SetName)
_IN_CODE = {
    "levels": words.LEVELS,
    "outcomes": words.OUTCOMES,
    "states": STATES,
    "functions": words.FUNCTIONS,
    "criteria": words.CRITERIA,
    "ratings": words.RATINGS,
    "conditions": words.CONDITION_STATES,
    "agreements": words.AGREEMENTS,
    "endings": words.ENDINGS,
    "bases": words.BASES,
    "measures": words.MEASURES,
}


@router.get(
    "/reference-data", response_model=ReferenceSetsOut, summary="List the reference data", responses=reads_publicly()
)
@public_read
def list_reference_data(snapshot: SnapshotDep) -> ReferenceSetsOut:
    """The sets of codes that the register uses."""
    del snapshot  # the list is the release's own
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
    """Codes with their labels for people, what they mean, and from when to when they hold."""
    return WordsOut(
        name=name, results=_words(snapshot.session, name), public_sequence=ledger.public_sequence(snapshot.session)
    )


def _words(session: Session, name: SetName) -> list[WordOut]:
    match name:
        case "reasons":
            return [WordOut.of(word) for word in reference_data.reasons(session)]
        case "regions" | "area-teams":
            rows = reference_data.regions(session) if name == "regions" else reference_data.area_teams(session)
            return [
                WordOut(
                    code=row.code, label=row.name, description=None, valid_from=row.valid_from, valid_to=row.valid_to
                )
                for row in rows
            ]
        case _:
            return [WordOut.of(word) for word in _IN_CODE[name]]
