"""Putting a round: planning it, or changing what was planned."""

from datetime import datetime

from app.records import ledger, rounds
from app.records.entries.places import RoundChanged
from app.records.session import Session
from app.rules.refusals import Fault, InvalidDocument, check_all
from app.rules.rounds import Coverage, RoundPlan, check_plan
from app.rules.versions import Expectation


def put_round(session: Session, plan: RoundPlan, *, actor: str, at: datetime) -> bool:
    """Make the round be as planned; returns whether that changed anything.

    Raises InvalidDocument with every fault.
    """
    current = rounds.fetch(session, plan.round_id)
    check_all(
        lambda: check_plan(plan),
        lambda: _check_kind_stays(session, current, plan),
        lambda: _check_stays_complete(session, current, plan),
    )
    if plan == current:
        return False
    ledger.append(session, [RoundChanged.of(plan, actor=actor)], at=at)
    return True


def change_round(
    session: Session, plan: RoundPlan, *, actor: str, expected: Expectation, said: int | None, at: datetime
) -> bool:
    """Make the round be as planned, if it is still at the version that was looked at. Returns whether it is new.

    ``said`` is the version that the document itself gives, if it gives one. Raises Stale, IfMatchRequired,
    InvalidDocument for a document of another version, and what ``put_round`` raises.
    """
    version = rounds.version_of(session, plan.round_id)
    expected.check(version)
    if version > 0 and said not in {None, version}:
        raise InvalidDocument(
            "The document and If-Match are about two versions.",
            faults=[
                Fault("/version", f"Is not {version}, which If-Match names. Read the round again, or leave it out.")
            ],
        )
    put_round(session, plan, actor=actor, at=at)
    return version == 0


def _check_kind_stays(session: Session, current: RoundPlan | None, plan: RoundPlan) -> None:
    """What was applied for or declared in a trial never becomes real, nor the other way round."""
    if current is None or current.kind == plan.kind:
        return
    for what, is_there in (
        ("applications", rounds.has_applications),
        ("declarations", rounds.has_declarations),
        ("decisions", rounds.has_decisions),
    ):
        if is_there(session, plan.round_id):
            raise InvalidDocument(
                f"A round with {what} keeps its kind.",
                faults=[Fault("/kind", f"Stays {current.kind}: the round has {what}.")],
            )


def _check_stays_complete(session: Session, current: RoundPlan | None, plan: RoundPlan) -> None:
    """A round in which casework was done is known whole: it cannot be said to be known in part."""
    is_reversed = current is not None and current.coverage != plan.coverage == Coverage.PARTIAL
    if is_reversed and rounds.has_applications(session, plan.round_id):
        raise InvalidDocument(
            "A round with applications stays complete.",
            faults=[Fault("/coverage", "Stays complete: the round has applications.")],
        )
