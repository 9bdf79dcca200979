"""What happened to an application, as far as its reader may know; and what a CCG's system follows."""

from collections.abc import Collection
from dataclasses import dataclass

from app.records import events
from app.records.events import Event
from app.records.session import Session
from app.rules.timelines import is_event_visible
from app.rules.visibility import Viewer


def read_timeline(
    session: Session, reference: str, viewer: Viewer, *, sees_outcome: bool, codes: Collection[str]
) -> list[Event]:
    """The events of an application that a viewer may see, oldest first; ``codes`` are the CCGs that the viewer is."""
    return [
        event
        for event in events.application_events(session, reference)
        if is_event_visible(viewer, event.kind, sees_outcome=sees_outcome, is_about_own=event.ods_code in codes)
    ]


@dataclass(frozen=True, slots=True)
class Followed:
    """Events, oldest first. ``next_after`` is the index to go on from."""

    events: list[Event]
    next_after: int
    has_more: bool


def follow_events(session: Session, codes: Collection[str], *, after: int, limit: int) -> Followed:
    """Public events and those of these CCGs' own applications after an index, at most ``limit``."""
    rows = events.public_and_own(session, codes, after=after, limit=limit + 1)
    page = rows[:limit]
    return Followed(page, page[-1].sequence if page else after, len(rows) > limit)
