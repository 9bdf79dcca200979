"""Putting a round: planning it, or changing what was planned."""

from collections.abc import Collection, Sequence
from datetime import datetime

from app.records import history, ledger, rounds, statistics
from app.records.entries.places import RoundChanged
from app.records.session import Session
from app.rules import counts
from app.rules.counts import Counted
from app.rules.history import Reported
from app.rules.refusals import Fault, InvalidDocument, check_all
from app.rules.rounds import Coverage, RoundPlan, check_plan
from app.rules.versions import Expectation

# So many CCGs without a choice are named, and the others counted.
MOST_NAMED = 10


def put_round(session: Session, plan: RoundPlan, *, actor: str, at: datetime) -> bool:
    """Make the round be as planned; returns whether that changed anything.

    Raises InvalidDocument with every fault.
    """
    current = rounds.fetch(session, plan.round_id)
    check_all(
        lambda: check_plan(plan),
        lambda: _check_stays_itself(session, current, plan),
        lambda: _check_stays_complete(session, current, plan),
        lambda: _check_is_complete(session, plan),
    )
    if plan == current:
        return False
    ledger.append(session, [RoundChanged.of(plan, actor=actor)], at=at)
    return True


def change_round(session: Session, plan: RoundPlan, *, actor: str, expected: Expectation, at: datetime) -> bool:
    """Make the round be as planned, if it is still at the version that was looked at. Returns whether it is new.

    Raises Stale, IfMatchRequired for a round that is there, and what ``put_round`` raises.
    """
    version = rounds.version_of(session, plan.round_id)
    expected.check(version, is_required=version > 0)
    put_round(session, plan, actor=actor, at=at)
    return version == 0


def _check_stays_itself(session: Session, current: RoundPlan | None, plan: RoundPlan) -> None:
    """What was applied for or declared in a trial never becomes real, nor an interest an application; nor back."""
    if current is None:
        return
    said = (("kind", current.kind, plan.kind), ("stage", current.stage, plan.stage))
    changed = [(name, before) for name, before, now in said if before != now]
    for what, is_there in (
        ("applications", rounds.has_applications),
        ("declarations", rounds.has_declarations),
        ("decisions", rounds.has_decisions),
    ):
        if changed and is_there(session, plan.round_id):
            raise InvalidDocument(
                f"A round with {what} keeps its {' and its '.join(name for name, _ in changed)}.",
                faults=[Fault(f"/{name}", f"Stays {before}: the round has {what}.") for name, before in changed],
            )


def _check_stays_complete(session: Session, current: RoundPlan | None, plan: RoundPlan) -> None:
    """A round in which casework was done is known whole: it cannot be said to be known in part."""
    is_reversed = current is not None and current.coverage != plan.coverage == Coverage.PARTIAL
    if is_reversed and rounds.has_applications(session, plan.round_id):
        raise InvalidDocument(
            "A round with applications stays complete.",
            faults=[Fault("/coverage", "Stays complete: the round has applications.")],
        )


def check_settled(session: Session, round_ids: Collection[str]) -> None:
    """Raise InvalidDocument if one of these rounds is said to be complete, and disagrees with what settles it."""
    for round_id in sorted(round_ids):
        plan = rounds.fetch(session, round_id)
        if plan is not None and _is_of_sources(session, plan):
            _refuse(plan, _differences(plan, *_counted(session, plan)))


def _check_is_complete(session: Session, plan: RoundPlan) -> None:
    """A round with facts of history is complete once it agrees with what settles it, and lists every CCG."""
    if _is_of_sources(session, plan):
        ccgs, totals = _counted(session, plan)
        _refuse(plan, [*_differences(plan, ccgs, totals), *_unlisted(plan, ccgs)])


def _is_of_sources(session: Session, plan: RoundPlan) -> bool:
    """Whether a round that is said to be complete is told by sources. One of casework is so by construction."""
    if plan.coverage != Coverage.COMPLETE or plan.round_id not in history.rounds_with_facts(session):
        return False
    return plan.round_id not in history.rounds_with_casework(session)


def _counted(session: Session, plan: RoundPlan) -> tuple[list[Counted], list[Reported]]:
    """The CCGs of a round, and the totals of England that settle it."""
    sequence = ledger.public_sequence(session)
    found = statistics.count_rounds(session, [plan], day=plan.counted_on, public_sequence=sequence)
    totals = history.reported_in(session, [plan.round_id])
    return found[plan.round_id].ccgs, [each for each in totals if each.is_national and each.settles]


def _differences(plan: RoundPlan, ccgs: Sequence[Counted], totals: Sequence[Reported]) -> list[str]:
    told = counts.unsettled(counts.figures(ccgs), [(each.measure, each.value) for each in totals])
    return [f"Round {plan.round_id}: {each}." for each in told]


def _unlisted(plan: RoundPlan, ccgs: Sequence[Counted]) -> list[str]:
    lacking = [ccg.ods_code for ccg in ccgs if not ccg.is_listed]
    if not lacking:
        return []
    named = ", ".join(lacking[:MOST_NAMED]) + (" …" if len(lacking) > MOST_NAMED else "")
    of = f"{len(lacking)} of the {len(ccgs)} CCGs that were open on {plan.counted_on}"
    return [f"Round {plan.round_id}: no choice is recorded for {of}: {named}."]


def _refuse(plan: RoundPlan, differences: Sequence[str]) -> None:
    if differences:
        faults = [Fault("/coverage", each) for each in differences]
        raise InvalidDocument(f"What is known of round {plan.round_id} is not complete.", faults=faults)
