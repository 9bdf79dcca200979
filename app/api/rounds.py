"""Rounds: windows and deadlines, what was announced in each, and extensions."""

from fastapi import APIRouter

from app.access.callers import AdminDep, NationalDep
from app.api.responses import Documented, reads_publicly, writes
from app.api.schemas.rounds import ExtensionIn, ExtensionOut, RoundIn, RoundOut, RoundsOut
from app.casework import extending
from app.casework import rounds as casework
from app.casework.application_views import NOTHING_HERE
from app.reading import rounds as reading
from app.reading.rounds import Rounds
from app.records import rounds
from app.rules.deadlines import london_day
from app.rules.refusals import Fault, InvalidDocument, NotFound
from app.rules.versions import Expectation
from app.web.bodies import StrictRoute
from app.web.caching import KnownSnapshotDep, public_read
from app.web.filters import OnFilter
from app.web.identifiers import RoundPath, new_extension_id
from app.web.preconditions import IfMatchDep, OnlyNew, version_tag
from app.web.transactions import Answer, TransactionDep, transactional

router = APIRouter(prefix="/v1", route_class=StrictRoute)
# A router of its own, because the API's description lists it after the acts of panel and NHS England.
extensions_router = APIRouter(prefix="/v1", tags=["panel and NHS England"], route_class=StrictRoute)

_PLANNED: Documented = {201: {"model": RoundOut, "description": "The round is new."}}


@router.get(
    "/rounds",
    response_model=RoundsOut,
    tags=["public register"],
    summary="List the rounds",
    responses=reads_publicly("not-yet-known"),
)
@public_read
def list_rounds(snapshot: KnownSnapshotDep, on: OnFilter = None) -> RoundsOut:
    """Every round, trial rounds included and marked. The one that starts last comes first.

    With `on`: the state of each round on that day, and the grants in force on it.
    """
    return RoundsOut.of(reading.list_rounds(snapshot.session, on or snapshot.today))


@router.get(
    "/rounds/{roundId}",
    response_model=RoundOut,
    tags=["public register"],
    summary="Read one round",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_round(round_id: RoundPath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> RoundOut:
    """Deadlines as days and as instants; the register's counts for the round, beside what was reported.

    The figures are those of `/v1/statistics?round=`. With `on`: the state of the round on that day, and the grants in
    force on it.
    """
    return _shown(reading.read_round(snapshot.session, round_id, on or snapshot.today))


@router.put(
    "/rounds/{roundId}",
    response_model=RoundOut,
    tags=["administration"],
    summary="Plan a round, or change its plan",
    responses=_PLANNED | writes("not-found", "invalid-document", "stale", "if-match-required"),
)
@transactional
def put_round(
    round_id: RoundPath,
    admin: AdminDep,
    body: RoundIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
    if_none_match: OnlyNew = None,
) -> Answer:
    """Send what reading a round gives, with its `version` in `If-Match`: `"v2"` if the version is 2.

    A new round needs `If-None-Match: *` instead, and is answered 201. Sending the same again changes nothing. A
    `version` in the document must be the one that `If-Match` names; what else the register computes is ignored. A round
    that has applications keeps its kind.
    """
    plan = body.plan()
    if plan.round_id != round_id:
        raise InvalidDocument(
            "The document is about another round.", faults=[Fault("/roundId", "Not the round of the address.")]
        )
    expected = Expectation(None, is_new=True) if if_none_match else expected
    is_new = casework.change_round(
        transaction.session, plan, actor=admin.key, expected=expected, said=body.version, at=transaction.at
    )
    found = reading.with_figures(transaction.session, [plan], london_day(transaction.at))
    return Answer(_shown(found), status=201 if is_new else 200, etag=version_tag(found.versions[round_id]))


def _shown(found: Rounds) -> RoundOut:
    [round_] = found.rounds
    return RoundOut.of(round_, found)


@extensions_router.post(
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
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """For the first submission (`odsCode` and `level`), or for awaited changes (`reference`, with its `If-Match`).

    It applies to the applications that the CCG leads. If there are several, the latest day counts. None of it is
    published.
    """
    plan = rounds.fetch(transaction.session, round_id)
    if plan is None:
        raise NotFound(NOTHING_HERE)
    wanted, said = body.wanted(), {"extension_id": new_extension_id(round_id), "reason": body.reason}
    if isinstance(wanted, str):
        done = extending.extend_changes(
            transaction.session, plan, wanted, body.until, **said, person=person, expected=expected, at=transaction.at
        )
    else:
        done = extending.extend_deadline(
            transaction.session, plan, wanted, body.until, **said, person=person, at=transaction.at
        )
    etag = None if done.version is None else version_tag(done.version)
    return Answer(ExtensionOut.of(done, round_id), status=201, etag=etag, reference=done.reference)
