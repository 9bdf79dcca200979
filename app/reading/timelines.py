"""What happened to an application, as far as its reader may know; and what a CCG's system follows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from app.records import actors, events
from app.records.actors import Actor
from app.records.events import Event
from app.records.session import Session
from app.records.tables import Decision
from app.rules.callers import Caller, System
from app.rules.promises import UNTIL_PUBLIC, WHO, said_to
from app.rules.refusals import NotYetKnown
from app.rules.timelines import is_event_visible
from app.rules.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Told:
    """An event as its reader may know it: who acted, and what was said to this reader among others.

    ``by`` is None for who is not told it, and if it was redacted.
    """

    event: Event
    by: Actor | None
    said: dict[str, Any]


def read_timeline(
    session: Session, reference: str, viewer: Viewer, caller: Caller, *, sees_outcome: bool
) -> list[Told]:
    """The events of an application that a viewer may see, oldest first."""
    codes = caller.ods_codes if isinstance(caller, System) else frozenset[str]()
    visible = [
        event
        for event in events.application_events(session, reference)
        if is_event_visible(viewer, event.kind, sees_outcome=sees_outcome, is_about_own=event.ods_code in codes)
    ]
    return _told(session, visible, viewer, caller, codes)


def read_acts(session: Session, decision: Decision, viewer: Viewer, caller: Caller) -> list[Told]:
    """What was said and done about one decision, oldest first, for officers."""
    if decision.reference is None:
        known = events.body_events(session, decision.ods_code)
    else:
        known = events.application_events(session, decision.reference)
    found = [event for event in known if event.data.get("decisionId") == decision.decision_id]
    return _told(session, found, viewer, caller, frozenset())


def _told(
    session: Session, found: Iterable[Event], viewer: Viewer, caller: Caller, codes: Collection[str]
) -> list[Told]:
    """Events with what each tells this reader. Applicants are told of no person, only that they acted themselves."""
    rows = [(event, (event.private or {}).get(WHO)) for event in found]
    is_officer = viewer in {Viewer.PANEL, Viewer.NATIONAL}
    shown = {key for _, key in rows if key is not None and (is_officer or key == caller.key)}
    names = actors.named(session, shown) if shown else {}
    return [
        Told(
            event,
            names.get(key) if key is not None else None,
            said_to(
                viewer,
                event.kind,
                {**(event.private or {}), **{name: event.data.get(name) for name in UNTIL_PUBLIC}},
                is_writer=key == caller.key,
                is_own=event.ods_code in codes,
            ),
        )
        for event, key in rows
    ]


@dataclass(frozen=True, slots=True)
class Followed:
    """Events, oldest first. ``next_after`` is the index to go on from."""

    events: list[Event]
    next_after: int
    has_more: bool


def follow_events(session: Session, codes: Collection[str], *, after: int, limit: int) -> Followed:
    """Public events and those of these CCGs' own applications after an index, at most ``limit``.

    Raises NotYetKnown beyond the newest of them. It names no other entry of the log.
    """
    rows = events.public_and_own(session, codes, after=after, limit=limit + 1)
    page = rows[:limit]
    if not page and after > (newest := events.newest_public_or_own(session, codes)):
        told = f"Your newest event is {newest}" if newest > 0 else "You have no event"
        raise NotYetKnown(f"{told}; {after} is not yet known.", parameter="after", extra={"nextAfter": newest})
    return Followed(page, page[-1].sequence if page else max(after, 0), len(rows) > limit)
