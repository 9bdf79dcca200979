"""The queue: what waits for panel and NHS England, applications and decisions in one row, oldest wait first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.records import application_lists, decisions
from app.records.application_lists import Sought
from app.records.applications import Case
from app.records.decisions import Dossier
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
    """An application that waits, and by how many criteria it is assessed."""

    case: Case
    assessed: int

    @property
    def since(self) -> datetime:
        """Since when it waits."""
        return self.case.application.waiting_since

    @property
    def to_assess(self) -> int:
        """By how many criteria it is to be assessed."""
        return len(criteria_of(self.case.level))

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
    rows: list[Waiting] = [WaitingCase(case, assessed.get(case.reference, 0)) for case in cases]
    rows += [WaitingDecision(wait.since, wait.key, Awaited(wait.awaited), wait.dossier) for wait in waits]
    return Queue(
        sorted(rows, key=lambda row: (row.since, row.key)),
        application_lists.count_queue(session, officer, sought)
        + decisions.count_waiting(session, officer, sought, day=day),
    )
