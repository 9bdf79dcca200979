"""What has happened, from the log: for the public, and for a caller's own applications."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from app.records.tables import Application, ApplicationMember, LogEntry, LogPrivate
from app.rules.timelines import EVIDENCE, EXTENDED, OFFICERS_ONLY, SIGNED_OFF


class Event(NamedTuple):
    """One log entry as a feed reads it. ``data`` is its public part. Show only what the reader may see.

    ``private`` is its private part, if that was asked for and was not redacted.
    """

    sequence: int
    kind: str
    publishes: bool
    reference: str | None
    ods_code: str | None
    at: datetime
    data: dict[str, Any]
    private: dict[str, Any] | None = None


def published(session: Session, *, after: int, limit: int) -> list[Event]:
    """Publishing entries with a higher index, oldest first."""
    return _read(session, _entries(after, limit).where(col(LogEntry.publishes)))


def published_about(session: Session, ods_code: str) -> list[Event]:
    """Every publishing entry about one CCG, oldest first."""
    query = _entries(-1, None).where(col(LogEntry.publishes), col(LogEntry.ods_code) == ods_code)
    return _read(session, query)


def public_and_own(session: Session, codes: Collection[str], *, after: int, limit: int) -> list[Event]:
    """Publishing entries, and entries of applications that name one of these CCGs, oldest first."""
    return _read(session, _entries(after, limit).where(_is_public_or_own(codes)))


def newest_public_or_own(session: Session, codes: Collection[str]) -> int:
    """The index of the newest of those entries; 0 if there is none, which the log's opening has."""
    query = select(func.max(col(LogEntry.index))).where(_is_public_or_own(codes))
    newest: int | None = session.connection().execute(query).scalar_one()
    return 0 if newest is None else newest


def _is_public_or_own(codes: Collection[str]) -> Any:
    """What a CCG's system may see of the log.

    Of their own applications applicants see what they may: the same rule as ``rules.timelines.is_event_visible``.
    """
    own = select(col(ApplicationMember.reference)).where(
        col(ApplicationMember.ods_code).in_(codes), col(ApplicationMember.left_at).is_(None)
    )
    shown = select(col(Application.reference)).where(
        or_(col(Application.published_at).is_not(None), col(Application.shown_at).is_not(None))
    )
    may_show = and_(
        col(LogEntry.kind).not_in(OFFICERS_ONLY),
        or_(col(LogEntry.kind) != EVIDENCE, col(LogEntry.ods_code).in_(codes)),
        or_(col(LogEntry.kind) != SIGNED_OFF, col(LogEntry.reference).in_(shown)),
    )
    is_own = or_(
        col(LogEntry.reference).in_(own), and_(col(LogEntry.kind) == EXTENDED, col(LogEntry.ods_code).in_(codes))
    )
    return or_(col(LogEntry.publishes), and_(is_own, may_show))


def application_events(session: Session, reference: str) -> list[Event]:
    """Every entry of one application, oldest first, with its private part."""
    return _read_whole(session, _entries(-1, None).where(col(LogEntry.reference) == reference))


def body_events(session: Session, ods_code: str) -> list[Event]:
    """Every entry about one body and no application, oldest first, with its private part."""
    of_it = and_(col(LogEntry.reference).is_(None), col(LogEntry.ods_code) == ods_code)
    return _read_whole(session, _entries(-1, None).where(of_it))


def _read_whole(session: Session, entries: Any) -> list[Event]:
    query = entries.add_columns(col(LogPrivate.body).label("private"))
    rows = session.connection().execute(
        query.join(LogPrivate, col(LogPrivate.index) == col(LogEntry.index), isouter=True)
    )
    return [_event(row)._replace(private=row.private and orjson.loads(row.private)) for row in rows]


def _entries(after: int, limit: int | None) -> Any:
    return (
        select(
            col(LogEntry.index).label("index_"),
            col(LogEntry.kind),
            col(LogEntry.publishes),
            col(LogEntry.reference),
            col(LogEntry.ods_code),
            col(LogEntry.at),
            col(LogEntry.body),
        )
        .where(col(LogEntry.index) > after)
        .order_by(col(LogEntry.index))
        .limit(limit)
    )


def _read(session: Session, query: Any) -> list[Event]:
    return [_event(row) for row in session.connection().execute(query)]


def _event(row: Any) -> Event:
    return Event(
        sequence=row.index_,
        kind=row.kind,
        publishes=row.publishes,
        reference=row.reference,
        ods_code=row.ods_code,
        at=row.at,
        data=orjson.loads(row.body)["data"],
    )
