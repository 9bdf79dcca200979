"""The queue: what waits for panel and NHS England, applications and decisions in one row, oldest wait first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.reading.applications import following_of
from app.records import application_lists, applications, decisions
from app.records.application_lists import Sought
from app.records.applications import Case
from app.records.decisions import Dossier
from app.records.earlier_decisions import EarlierDecision, interests
from app.records.session import Session
from app.rules.callers import Caller
from app.rules.lifecycle import WaitingOn
from app.rules.proposals import criteria_of


class Awaited(StrEnum):
    """What something in the queue waits on."""

    APPLICANT = WaitingOn.APPLICANT.value
    PANEL = WaitingOn.PANEL.value
    NATIONAL = WaitingOn.NATIONAL.value
    ANNOUNCEMENT = WaitingOn.ANNOUNCEMENT.value
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """An application that waits, by how many criteria it is assessed, and its expressions of interest before."""

    case: Case
    assessed: int
    interests: Sequence[EarlierDecision]

    @property
    def since(self) -> datetime:
        """Since when it waits."""
        return self.case.application.waiting_since

    @property
    def to_assess(self) -> int:
        """By how many criteria it is to be assessed."""
        return len(criteria_of(self.case.level, self.case.round.stage))

    @property
    def key(self) -> str:
        """What tells it from others in the queue."""
        return self.case.reference


@dataclass(frozen=True, slots=True)
class WaitingDecision:
    """A decision that waits, and for what."""

    since: datetime
    key: str
    awaited: Awaited
    dossier: Dossier


Waiting = WaitingCase | WaitingDecision


@dataclass(frozen=True, slots=True)
class Queue:
    """A part of the queue, what the members of its applications are called, and how much waits in all."""

    rows: list[Waiting]
    total: int


def list_waiting(
    session: Session, officer: Caller, sought: Sought, *, day: date, after: Sequence[str] | None, limit: int | None
) -> Queue:
    """What waits on a London day and the officer may see, up to ``limit`` of each kind after an instant and key."""
    cases = application_lists.queue(session, officer, sought, after=after, limit=limit)
    waits = decisions.waiting(session, officer, sought, day=day, after=after, limit=limit)
    assessed = application_lists.assessed(session, [case.reference for case in cases])
    before = applications.earlier_decisions(session, {code for case in cases for code in case.members})
    rows: list[Waiting] = [
        WaitingCase(case, assessed.get(case.reference, 0), _interests(case, before)) for case in cases
    ]
    rows += [WaitingDecision(wait.since, wait.key, Awaited(wait.awaited), wait.dossier) for wait in waits]
    return Queue(
        sorted(rows, key=lambda row: (row.since, row.key)),
        application_lists.count_queue(session, officer, sought)
        + decisions.count_waiting(session, officer, sought, day=day),
    )


def _interests(case: Case, before: Sequence[EarlierDecision]) -> list[EarlierDecision]:
    """What an application's members had expressed before, as far as it is public."""
    own = (each for each in before if each.ods_code in case.members)
    return interests(own, following_of(case))
