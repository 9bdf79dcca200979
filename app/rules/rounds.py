"""Rounds: yearly application cycles, real or trial, and what their days allow."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.rules.deadlines import has_passed
from app.rules.refusals import Fault, InvalidDocument
from app.rules.words import Level

ROUND_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_ROUND_ID = 40
LONGEST_TITLE = 200


class RoundKind(StrEnum):
    """Whether a round decides anything; rows of a trial round say that they are trial."""

    REAL = "real"
    TRIAL = "trial"


class Coverage(StrEnum):
    """Whether the register knows all of a round, or for history only a part."""

    COMPLETE = "complete"
    PARTIAL = "partial"


class RoundState(StrEnum):
    """Where a round stands on a day."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """A round. A level without a deadline is rolling: it is applied for until the round closes.

    ``kind`` and ``coverage`` are plain text until ``check_plan`` has looked at them.
    ``counted_on`` is the day whose open CCGs the round's figures are divided by; applicants see
    their outcome from ``applicants_see_at``, or, without one, once it is published.
    """

    round_id: str
    title: str
    kind: str
    coverage: str
    opens_on: date
    delegated_deadline: date | None
    joint_deadline: date | None
    closes_on: date
    starts_on: date
    counted_on: date
    applications_public_from: date | None = None
    applicants_see_at: datetime | None = None

    def state_on(self, day: date) -> RoundState:
        """Where the round stands on a London day; it is open on the day it opens and on the day it closes."""
        if day < self.opens_on:
            return RoundState.PLANNED
        return RoundState.OPEN if day <= self.closes_on else RoundState.CLOSED

    def takes_applications_on(self, day: date) -> bool:
        """Whether drafts and declarations can be made on a London day."""
        return self.state_on(day) is RoundState.OPEN

    def deadline_for(self, level: Level) -> date:
        """The last London day on which a level is applied for (or declared) for the first time."""
        named = {Level.DELEGATED: self.delegated_deadline, Level.JOINT: self.joint_deadline}
        return named.get(level) or self.closes_on

    def is_over(self, at: datetime) -> bool:
        """Whether the day the round closes is over in London at an instant."""
        return has_passed(self.closes_on, at)


def check_plan(plan: RoundPlan) -> None:
    """Raise InvalidDocument with every fault of a plan; pointers are those of the wire document."""
    faults = [*_word_faults(plan), *_day_faults(plan)]
    if faults:
        raise InvalidDocument("The round's document breaks rules.", faults=faults)


def _word_faults(plan: RoundPlan) -> Iterator[Fault]:
    if not ROUND_ID.fullmatch(plan.round_id) or len(plan.round_id) > LONGEST_ROUND_ID:
        yield Fault("/roundId", f"At most {LONGEST_ROUND_ID} small letters, digits and single hyphens between them.")
    if not 1 <= len(plan.title) <= LONGEST_TITLE:
        yield Fault("/title", f"Between 1 and {LONGEST_TITLE} characters.")
    if plan.kind not in set(RoundKind):
        yield Fault("/kind", f"One of {', '.join(RoundKind)}.")
    if plan.coverage not in set(Coverage):
        yield Fault("/coverage", f"One of {', '.join(Coverage)}.")


def _day_faults(plan: RoundPlan) -> Iterator[Fault]:
    if plan.closes_on < plan.opens_on:
        yield Fault("/closesOn", "Not before opensOn.")
    for name, deadline in (("delegated", plan.delegated_deadline), ("joint", plan.joint_deadline)):
        if deadline is not None and not plan.opens_on <= deadline <= plan.closes_on:
            yield Fault(f"/deadlines/{name}", "Not before opensOn and not after closesOn.")
    if plan.starts_on <= plan.closes_on:
        yield Fault("/startsOn", "After closesOn.")
    if not plan.opens_on <= plan.counted_on <= plan.starts_on:
        yield Fault("/countedOn", "Not before opensOn and not after startsOn.")
    if plan.applications_public_from is not None and plan.applications_public_from < plan.opens_on:
        yield Fault("/applicationsPublicFrom", "Not before opensOn.")
    if plan.applicants_see_at is not None and plan.applicants_see_at.tzinfo is None:
        yield Fault("/applicantsSeeAt", "An instant needs a time zone.")
