"""More time, from NHS England."""

from fastapi import APIRouter

from app.access.callers import NationalDep
from app.api.responses import writes
from app.api.schemas.extensions import ExtensionIn, ExtensionOut
from app.casework import extending
from app.casework.application_views import NOTHING_HERE
from app.records import rounds
from app.rules.refusals import NotFound
from app.web.bodies import StrictRoute
from app.web.dependencies import NowDep
from app.web.identifiers import RoundPath, new_extension_id
from app.web.preconditions import IfMatchDep, version_tag
from app.web.transactions import Answer, TransactionDep, transactional

router = APIRouter(prefix="/v1", tags=["panel and NHS England"], route_class=StrictRoute)


@router.post(
    "/rounds/{roundId}/extensions",
    status_code=201,
    response_model=ExtensionOut,
    summary="Give one CCG more time",
    responses=writes(
        "not-found", "wrong-state", "stale", "if-match-required", "invalid-document", "unknown-organisation"
    ),
)
@transactional
def grant_extension(
    round_id: RoundPath,
    person: NationalDep,
    body: ExtensionIn,
    now: NowDep,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """For the first submission (`odsCode` and `level`), or for awaited changes (`reference`, with its `If-Match`).

    It holds for applications that the CCG leads. Of several, the latest day holds. Nothing of it is published.
    """
    plan = rounds.fetch(transaction.session, round_id)
    if plan is None:
        raise NotFound(NOTHING_HERE)
    wanted, said = body.wanted(), {"extension_id": new_extension_id(round_id), "reason": body.reason}
    if isinstance(wanted, str):
        done = extending.extend_changes(
            transaction.session, plan, wanted, body.until, **said, person=person, expected=expected, at=now
        )
    else:
        done = extending.extend_deadline(transaction.session, plan, wanted, body.until, **said, person=person, at=now)
    etag = None if done.version is None else version_tag(done.version)
    return Answer(ExtensionOut.of(done, round_id), status=201, etag=etag, reference=done.reference)
