"""Published events, as everybody follows them."""

from datetime import date, datetime
from typing import Self

from app.reading.changes import Changes
from app.records.events import Event
from app.web.documents import Day, Instant, Out
from app.web.licence import PublicListOut


class ChangeOut(Out):
    """One published event. Gaps in ``sequence`` are normal: other acts are numbered in the same log.

    ``occurredOn`` is the day it happened (null where no source gives it), ``recordedAt`` when the register
    took it down. What happens by time was due at ``dueAt``. A fact of a past round has a ``basis`` and a ``source``.
    """

    sequence: int
    type: str
    ods_code: str | None
    decision_id: str | None
    round: str | None
    occurred_on: Day | None
    recorded_at: Instant
    due_at: Instant | None
    basis: str | None
    source: str | None
    href: str | None

    @classmethod
    def of(cls, event: Event) -> Self:
        """A change from a publishing log entry."""
        data = event.data
        occurred = data.get("occurredOn")
        return cls(
            sequence=event.sequence,
            type=event.kind,
            ods_code=event.ods_code,
            decision_id=data.get("decisionId"),
            round=data.get("roundId"),
            occurred_on=date.fromisoformat(occurred) if occurred else None,
            recorded_at=event.at,
            due_at=datetime.fromisoformat(data["dueAt"]) if data.get("dueAt") else None,
            basis=data.get("basis"),
            source=data.get("source"),
            href=href_of(event),
        )


class ChangesOut(PublicListOut):
    """Published events after a sequence, oldest first."""

    results: list[ChangeOut]
    limit: int
    next_after: int
    has_more: bool
    public_sequence: int

    @classmethod
    def of(cls, found: Changes, limit: int) -> Self:
        """Changes as they are followed."""
        return cls(
            results=[ChangeOut.of(event) for event in found.events],
            limit=limit,
            next_after=found.next_after,
            has_more=found.has_more,
            public_sequence=found.public_sequence,
        )


_OF_A_GRANT = ("approval.", "agreement.", "notice.")


def href_of(event: Event) -> str | None:
    """Where the thing that a published event is about can be read: of a grant, what its CCG holds."""
    if event.kind.startswith(_OF_A_GRANT) and event.ods_code is not None:
        return f"/v1/approvals/{event.ods_code}"
    if "decisionId" in event.data:
        return f"/v1/decisions/{event.data['decisionId']}"
    if event.ods_code is not None:
        return f"/v1/organisations/{event.ods_code}"
    if "roundId" in event.data:
        return f"/v1/rounds/{event.data['roundId']}"
    return None
