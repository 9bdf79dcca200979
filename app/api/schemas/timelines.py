"""What happened: events, the timelines of applications and decisions, and the versions of an application."""

from datetime import date
from typing import Annotated, Any, Self

from app.api.schemas.case_files import ActorOut
from app.api.schemas.decisions import href_of
from app.reading.timelines import Followed, Told
from app.reading.versions import Version
from app.records.events import Event
from app.web.documents import Day, Instant, Out, shown_as


class EventOut(Out):
    """One event, public or about the caller's own applications. It never says more than the caller may know."""

    sequence: int
    type: str
    reference: str | None
    ods_code: str | None
    decision_id: str | None
    occurred_on: Day | None
    recorded_at: Instant
    basis: str | None
    source: str | None
    href: str | None

    @classmethod
    def of(cls, event: Event) -> Self:
        """Make an event from a log entry. What an unpublished entry decided is left out."""
        occurred = event.data.get("occurredOn") if event.publishes else None
        own = None if event.reference is None else f"/v1/applications/{event.reference}"
        return cls(
            sequence=event.sequence,
            type=event.kind,
            reference=event.reference,
            ods_code=event.ods_code,
            decision_id=event.data.get("decisionId") if event.publishes else None,
            occurred_on=date.fromisoformat(occurred) if occurred else None,
            recorded_at=event.at,
            basis=event.data.get("basis") if event.publishes else None,
            source=event.data.get("source") if event.publishes else None,
            href=href_of(event) if event.publishes else own,
        )


class EventsOut(Out):
    """Events after an index, oldest first. ``nextAfter`` is the index of the last one here."""

    results: list[EventOut]
    limit: int
    next_after: int
    has_more: bool

    @classmethod
    def of(cls, found: Followed, limit: int) -> Self:
        """Show events after an index."""
        return cls(
            results=[EventOut.of(each) for each in found.events],
            limit=limit,
            next_after=found.next_after,
            has_more=found.has_more,
        )


class TimelineEventOut(EventOut):
    """An event of one application or decision, with who acted and what was said, for those to whom that is promised.

    ``by`` is for the panel and NHS England, and for the writer. ``said`` has those words of the entry that this reader
    may read, by the names with which they were sent (`reason`, `note`, `items`, `panel`, `privateNote`, `attribution`,
    …). What a proposal proposes stands in ``terms``.
    """

    by: ActorOut | None
    said: dict[str, Any]

    @classmethod
    def of_told(cls, told: Told) -> Self:
        """Show an event with its words."""
        by = told.by
        shown = EventOut.of(told.event)
        return cls(
            **{name: getattr(shown, name) for name in EventOut.model_fields},
            by=None if by is None else ActorOut(key=by.key, name=by.name),
            said=told.said,
        )


class TimelineOut(Out):
    """Everything that happened to one application, oldest first."""

    reference: str
    results: list[TimelineEventOut]


# --- versions -----------------------------------------------------------------------------------


class ChangedOut(Out):
    """A place that a version changed (a JSON Pointer into the version), and what stood and stands there."""

    pointer: str
    before: Any
    now: Any


class VersionRowOut(Out):
    """A version of an application in a list. ``changed`` are the places that differ from the version listed before."""

    version: int
    kind: str
    written_at: Instant
    changed: list[str]
    href: str

    @classmethod
    def of_listed(cls, reference: str, found: Version) -> Self:
        """Show a version in a list."""
        return cls(
            version=found.number,
            kind=found.kind,
            written_at=found.at,
            changed=[each.pointer for each in found.changes],
            href=version_href(reference, found.number),
        )


class VersionsOut(Out):
    """The versions of an application that wrote its proposal or handed it in, oldest first."""

    reference: str
    results: list[VersionRowOut]


class VersionOut(Out):
    """An application as it was written at a version. ``changes`` is what differs from the version listed before.

    ``kind`` is the event that made it. ``declaredBy`` is who declared the submission. ``attribution`` is for the writer
    and NHS England. A null proposal was redacted, or was never written.
    """

    reference: str
    version: int
    kind: str
    written_at: Instant
    written_by: ActorOut | None
    requested_level: str
    member_ods_codes: list[str]
    proposal: Annotated[dict[str, Any] | None, shown_as("ProposalIn")]
    signatories: list[Annotated[dict[str, Any], shown_as("SignatoryIn")]] | None
    declared_by: str | None
    attribution: Annotated[dict[str, Any] | None, shown_as("AttributionIn")]
    changes: list[ChangedOut]
    href: str

    @classmethod
    def of(cls, reference: str, found: Version) -> Self:
        """Show a version whole."""
        document, by = found.document or {}, found.by
        return cls(
            reference=reference,
            version=found.number,
            kind=found.kind,
            written_at=found.at,
            written_by=None if by is None else ActorOut(key=by.key, name=by.name),
            requested_level=found.level,
            member_ods_codes=list(found.members),
            proposal=document.get("proposal"),
            signatories=document.get("signatories"),
            declared_by=found.said.get("declaredBy"),
            attribution=found.said.get("attribution"),
            changes=[ChangedOut(pointer=each.pointer, before=each.before, now=each.now) for each in found.changes],
            href=version_href(reference, found.number),
        )


def version_href(reference: str, number: int) -> str:
    """The address of a version."""
    return f"/v1/applications/{reference}/versions/{number}"
