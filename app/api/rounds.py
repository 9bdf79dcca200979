"""Rounds: windows and deadlines, and what was announced in each."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header

from app.access.callers import AdminDep
from app.api.figures import figures_of_round
from app.api.responses import reads_publicly, writes
from app.api.schemas.organisations import RoundOut, RoundsOut
from app.api.schemas.rounds import RoundIn
from app.casework import rounds as casework
from app.records import ledger, places, rounds
from app.records.session import Session
from app.rules import deadlines
from app.rules.refusals import Fault, InvalidDocument, NotFound, Stale
from app.rules.rounds import RoundPlan
from app.web.bodies import StrictRoute
from app.web.caching import KnownSnapshotDep, public_read
from app.web.dependencies import NowDep
from app.web.filters import OnFilter
from app.web.identifiers import RoundPath
from app.web.transactions import Answer, TransactionDep, transactional

router = APIRouter(prefix="/v1", route_class=StrictRoute)
OnlyNew = Annotated[
    str | None, Header(pattern=r"^\*$", description="`*`: only make a new round, and leave one that is there alone.")
]


@router.get(
    "/rounds",
    response_model=RoundsOut,
    tags=["public register"],
    summary="List the rounds",
    responses=reads_publicly("not-yet-known"),
)
@public_read
def list_rounds(snapshot: KnownSnapshotDep, on: OnFilter = None) -> RoundsOut:
    """Every round, trial ones included and marked; the one that starts last comes first.

    With `on`: the state of each on that day, and the grants in force on it.
    """
    day = on or deadlines.london_day(snapshot.at)
    plans = rounds.all_rounds(snapshot.session)
    return RoundsOut(
        results=[_shown(snapshot.session, plan, day) for plan in plans],
        public_sequence=ledger.public_sequence(snapshot.session),
        total=len(plans),
        limit=len(plans),
        next_cursor=None,
        has_more=False,
    )


@router.get(
    "/rounds/{roundId}",
    response_model=RoundOut,
    tags=["public register"],
    summary="Read one round",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_round(round_id: RoundPath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> RoundOut:
    """Deadlines as days and as the instants at which they pass; what is counted of the round, beside what was reported.

    Figures are as `/v1/statistics?round=` gives them. With `on`: the state of the round on that day, and the
    grants in force on it.
    """
    plan = rounds.fetch(snapshot.session, round_id)
    if plan is None:
        raise NotFound("No such round.")
    return _shown(snapshot.session, plan, on or deadlines.london_day(snapshot.at))


@router.put(
    "/rounds/{roundId}",
    response_model=RoundOut,
    tags=["administration"],
    summary="Make a round be as planned",
    responses=writes("not-found", "invalid-document", "stale"),
)
@transactional
def put_round(
    round_id: RoundPath,
    admin: AdminDep,
    body: RoundIn,
    now: NowDep,
    transaction: TransactionDep,
    if_none_match: OnlyNew = None,
) -> Answer:
    """Plan a round, or change what was planned; takes what reading one gives. A repeat changes nothing.

    A round that has applications keeps its kind.
    """
    plan = body.plan()
    if plan.round_id != round_id:
        raise InvalidDocument(
            "The document is about another round.", faults=[Fault("/roundId", "Not the round of the address.")]
        )
    is_new = rounds.fetch(transaction.session, round_id) is None
    if if_none_match is not None and not is_new:
        raise Stale(f"There is a round {round_id} already.")
    casework.put_round(transaction.session, plan, actor=admin.key, at=now)
    return Answer(_shown(transaction.session, plan, deadlines.london_day(now)))


def _shown(session: Session, plan: RoundPlan, day: date) -> RoundOut:
    sequence = ledger.public_sequence(session)
    found = figures_of_round(session, plan, day=day, public_sequence=sequence)
    return RoundOut.of(found, places.region_names(session), public_sequence=sequence)
