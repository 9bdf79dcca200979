"""Answers kept for repeats: the first answer to a request with an Idempotency-Key, stored with its effect."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from app.records.tables import StoredAnswer

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class IdempotencyScope:
    """Within what a key means the same request: the caller, the method and the path."""

    caller: str
    method: str
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """An answer as it was given, and what it was about (for asking again who may see it)."""

    body_hash: bytes
    reference: str | None
    ods_code: str | None
    status: int
    headers: dict[str, str]
    body: bytes


def find(session: Session, scope: IdempotencyScope) -> StoredResponse | None:
    """The answer that the first request of this scope got, if one is kept."""
    row = session.exec(
        select(StoredAnswer).where(
            StoredAnswer.caller == scope.caller,
            StoredAnswer.method == scope.method,
            StoredAnswer.path == scope.path,
            StoredAnswer.key == scope.key,
        )
    ).one_or_none()
    if row is None:
        return None
    return StoredResponse(row.body_hash, row.reference, row.ods_code, row.status, row.headers, row.body)


def store(session: Session, scope: IdempotencyScope, kept: StoredResponse, *, at: datetime) -> None:
    """Keep an answer in the transaction of its effect. The clockwork forgets it once it is over 30 days old."""
    session.connection().execute(
        insert(StoredAnswer).values(
            caller=scope.caller,
            method=scope.method,
            path=scope.path,
            key=scope.key,
            body_hash=kept.body_hash,
            reference=kept.reference,
            ods_code=kept.ods_code,
            status=kept.status,
            headers=kept.headers,
            body=kept.body,
            stored_at=at,
        )
    )


def forget(session: Session, *, before: datetime) -> int:
    """Forget answers that were stored before an instant; returns how many there were."""
    return session.connection().execute(delete(StoredAnswer).where(col(StoredAnswer.stored_at) < before)).rowcount


def forget_about(session: Session, reference: str | None, at: datetime) -> None:
    """Forget the answers about an application, and those of the act of an instant: they may tell what was redacted."""
    is_about = col(StoredAnswer.stored_at) == at
    if reference is not None:
        is_about |= col(StoredAnswer.reference) == reference
    session.connection().execute(delete(StoredAnswer).where(is_about))
