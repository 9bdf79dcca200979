"""Rounds: yearly application cycles, real or trial, rounds of interest before them, and what their days allow."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.rules.refusals import Fault, InvalidDocument, RoundNotOpen
from app.rules.words import Level

ROUND_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_ROUND_ID = 40
LONGEST_TITLE = 200
LONGEST_SOURCE = 500


class RoundKind(StrEnum):
    """Whether a round decides anything; rows of a trial round say that they are trial."""

    REAL = "real"
    TRIAL = "trial"


class RoundStage(StrEnum):
    """What is asked for in a round: a level, or, as in 2014, only that the CCG's interest in it is noted."""

    APPLICATION = "application"
    EXPRESSION_OF_INTEREST = "expression_of_interest"


def stands_apart(kind: str, stage: str) -> bool:
    """Whether what is decided in a round gives nothing real: it counts, and is listed, only if the round is named."""
    return kind == RoundKind.TRIAL or stage == RoundStage.EXPRESSION_OF_INTEREST


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

    ``kind``, ``coverage`` and ``stage`` are plain text until ``check_plan`` has looked at them.
    ``counted_on`` is the day whose open CCGs the round's figures are divided by; applicants see
    their outcome from ``applicants_see_at``, or, without one, once it is published. Of a past round
    that is known in part the days it opened and closed may be unknown; ``source`` says where the
    others are known from, ``note`` what a reader must know beside it. ``review_from`` and ``review_to`` are the panels'
    first and last day, if they are planned. The three last days promise nothing: no rule goes by them.
    """

    round_id: str
    title: str
    kind: str
    coverage: str
    opens_on: date | None
    delegated_deadline: date | None
    joint_deadline: date | None
    closes_on: date | None
    starts_on: date
    counted_on: date
    applications_public_from: date | None = None
    applicants_see_at: datetime | None = None
    source: str | None = None
    note: str | None = None
    review_from: date | None = None
    review_to: date | None = None
    announcement_expected_on: date | None = None
    stage: str = RoundStage.APPLICATION

    @property
    def stands_apart(self) -> bool:
        """Whether it counts, and is listed, only if it is named."""
        return stands_apart(self.kind, self.stage)

    def state_on(self, day: date) -> RoundState:
        """Where the round stands on a London day; it is open on the day it opens and on the day it closes.

        A round that is known in part is past: nothing is applied for in it.
        """
        if self.coverage == Coverage.PARTIAL or self.opens_on is None or self.closes_on is None:
            return RoundState.CLOSED
        if day < self.opens_on:
            return RoundState.PLANNED
        return RoundState.OPEN if day <= self.closes_on else RoundState.CLOSED

    def takes_applications_on(self, day: date) -> bool:
        """Whether drafts and declarations can be made on a London day."""
        return self.state_on(day) is RoundState.OPEN

    def check_takes(self, what: str, day: date) -> None:
        """Raise RoundNotOpen if no drafts or declarations (``what``) can be made on a London day."""
        if self.takes_applications_on(day):
            return
        if self.coverage == Coverage.PARTIAL or self.opens_on is None or self.closes_on is None:
            said, fault = f"is of the past and takes no {what}", "Is of the past."
        else:
            said, fault = f"takes {what} from {self.opens_on} to {self.closes_on}", "Not open today."
        raise RoundNotOpen(f"Round {self.round_id} {said}.", faults=[Fault("/roundId", fault)])

    def deadline_for(self, level: Level) -> date | None:
        """The last London day on which a level is applied for (or declared) for the first time, if it is known."""
        named = {Level.DELEGATED: self.delegated_deadline, Level.JOINT: self.joint_deadline}
        return named.get(level) or self.closes_on

    def counts_applications_on(self, day: date) -> bool:
        """Whether what the register published on a London day counts applications without a published decision."""
        return self.applications_public_from is not None and day >= self.applications_public_from


def covered_rounds(plans: Iterable[RoundPlan], named: Collection[str]) -> list[RoundPlan]:
    """The rounds that a list covers, in the order given: those named, or else all that do not stand apart."""
    return [plan for plan in plans if (plan.round_id in named if named else not plan.stands_apart)]


def check_extension(until: date, today: date, *, extends: date | None, closes_on: date | None) -> None:
    """Raise InvalidDocument with every reason why there cannot be more time until a day."""
    faults = []
    if until < today:
        faults.append(Fault("/until", f"{until} has passed."))
    if extends is not None and until <= extends:
        faults.append(Fault("/until", f"There is time until {extends} already."))
    if closes_on is None or until > closes_on:
        faults.append(Fault("/until", f"The round closes on {closes_on}." if closes_on else "The round is over."))
    if faults:
        raise InvalidDocument(faults[0].detail, faults=faults)


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
    if plan.stage not in set(RoundStage):
        yield Fault("/stage", f"One of {', '.join(RoundStage)}.")
    if plan.source is not None and not 1 <= len(plan.source) <= LONGEST_SOURCE:
        yield Fault("/source", f"Between 1 and {LONGEST_SOURCE} characters.")
    if plan.note is not None and not 1 <= len(plan.note) <= LONGEST_SOURCE:
        yield Fault("/note", f"Between 1 and {LONGEST_SOURCE} characters.")


def _day_faults(plan: RoundPlan) -> Iterator[Fault]:
    opens_on, closes_on = plan.opens_on or date.min, plan.closes_on or date.max
    for name, day in (("opensOn", plan.opens_on), ("closesOn", plan.closes_on)):
        if day is None and plan.coverage != Coverage.PARTIAL:
            yield Fault(f"/{name}", "Required, except of a past round that is known in part.")
    if closes_on < opens_on:
        yield Fault("/closesOn", "Not before opensOn.")
    yield from _deadline_faults(plan, opens_on, closes_on)
    if plan.closes_on is not None and plan.starts_on <= plan.closes_on:
        yield Fault("/startsOn", "After closesOn.")
    if not opens_on <= plan.counted_on <= plan.starts_on:
        yield Fault("/countedOn", "Not before opensOn and not after startsOn.")
    if plan.applications_public_from is not None and plan.applications_public_from < opens_on:
        yield Fault("/applicationsPublicFrom", "Not before opensOn.")
    if plan.applicants_see_at is not None and plan.applicants_see_at.tzinfo is None:
        yield Fault("/applicantsSeeAt", "An instant needs a time zone.")
    yield from _expected_day_faults(plan, opens_on)


def _expected_day_faults(plan: RoundPlan, opens_on: date) -> Iterator[Fault]:
    """Review and announcement follow each other, from the day the round opens to the day it starts."""
    earliest, after = opens_on, "opensOn"
    for name, day in (
        ("reviewFrom", plan.review_from),
        ("reviewTo", plan.review_to),
        ("announcementExpectedOn", plan.announcement_expected_on),
    ):
        if day is None:
            continue
        if not earliest <= day <= plan.starts_on:
            yield Fault(f"/{name}", f"Not before {after} and not after startsOn.")
        earliest, after = max(earliest, day), name if day >= earliest else after


def _deadline_faults(plan: RoundPlan, opens_on: date, closes_on: date) -> Iterator[Fault]:
    for name, deadline in (("delegated", plan.delegated_deadline), ("joint", plan.joint_deadline)):
        if deadline is not None and not opens_on <= deadline <= closes_on:
            yield Fault(f"/deadlines/{name}", "Not before opensOn and not after closesOn.")
        elif deadline is not None and plan.closes_on is None and deadline >= plan.starts_on:
            yield Fault(f"/deadlines/{name}", "Before startsOn.")
