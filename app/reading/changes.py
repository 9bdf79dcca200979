"""Every published change in its order: of the whole register, and about one CCG."""

from dataclasses import dataclass
from datetime import date

from app.records import directory, events, ledger
from app.records.events import Event
from app.records.session import Session
from app.rules.refusals import NotFound, NotYetKnown


@dataclass(frozen=True, slots=True)
class Changes:
    """Published events, oldest first. ``next_after`` is the sequence to go on from.

    That is 0 if there is none yet: the entry with which the log opens is never published.
    """

    events: list[Event]
    next_after: int
    has_more: bool
    public_sequence: int


def list_changes(session: Session, *, after: int, limit: int) -> Changes:
    """Published events after a sequence, at most ``limit``. Raises NotYetKnown beyond the newest one."""
    newest = ledger.public_sequence(session)
    if after > newest:
        detail = f"The register has published up to {newest}; {after} is not yet known."
        raise NotYetKnown(detail, parameter="after", extra={"publicSequence": newest})
    rows = events.published(session, after=after, limit=limit + 1)
    page = rows[:limit]
    return Changes(page, page[-1].sequence if page else max(after, 0), len(rows) > limit, newest)


@dataclass(frozen=True, slots=True)
class CcgHistory:
    """Every published event about one CCG, oldest first, with its name on the day."""

    ods_code: str
    name: str
    events: list[Event]
    public_sequence: int


def read_history(session: Session, ods_code: str, *, today: date) -> CcgHistory:
    """Every published event about one CCG. Raises NotFound."""
    row = directory.fetch(session, ods_code, day=today)
    if row is None:
        raise NotFound("No such CCG.")
    return CcgHistory(ods_code, row.name, events.published_about(session, ods_code), ledger.public_sequence(session))
