"""The demo's trial round. There is always one that takes applications."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from app.commands.console import ACTOR

DELEGATED_DAYS, JOINT_DAYS, LEAD_DAYS = 60, 90, 30


def open_trial_round(database: Any, at: datetime) -> str:
    """The id of the trial round that still takes applications for both levels. Makes a new one if there is none."""
    from app.casework.rounds import put_round
    from app.records import rounds
    from app.rules.deadlines import london_day
    from app.rules.rounds import RoundKind
    from app.rules.words import Level

    today = london_day(at)
    with database.writing() as session:
        trials = [plan for plan in rounds.all_rounds(session) if plan.kind == RoundKind.TRIAL]
        for plan in trials:
            if plan.takes_applications_on(today) and today <= (plan.deadline_for(Level.DELEGATED) or today):
                return str(plan.round_id)
        round_id = _free_id({plan.round_id for plan in trials})
        put_round(session, trial_plan(round_id, today), actor=ACTOR, at=at)
    return round_id


def trial_plan(round_id: str, today: date) -> Any:
    """A trial round from today, with deadlines in 60 and 90 days.

    It starts on the first 1 April 30 days after those.
    """
    from app.rules.rounds import Coverage, RoundKind, RoundPlan

    delegated, joint = today + timedelta(days=DELEGATED_DAYS), today + timedelta(days=JOINT_DAYS)
    ready = joint + timedelta(days=LEAD_DAYS)
    april = date(ready.year, 4, 1)
    starts_on = april if april >= ready else april.replace(year=ready.year + 1)
    return RoundPlan(
        round_id=round_id,
        title="Trial round, for trying the register out: nothing in it is real",
        kind=RoundKind.TRIAL,
        coverage=Coverage.COMPLETE,
        opens_on=today,
        delegated_deadline=delegated,
        joint_deadline=joint,
        closes_on=starts_on - timedelta(days=1),
        starts_on=starts_on,
        counted_on=today,
    )


def _free_id(taken: Collection[str]) -> str:
    """The first free id: ``trial``, or ``trial-2`` and so on."""
    numbered = ["trial", *(f"trial-{number}" for number in range(2, len(taken) + 3))]
    return next(each for each in numbered if each not in taken)
