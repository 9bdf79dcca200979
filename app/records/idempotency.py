"""The first answer to a request with an Idempotency-Key, stored together with its effect, for repeats."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from app.records.tables import StoredAnswer

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class IdempotencyScope:
    """The range in which a key means the same request: the caller, the method and the path."""

    caller: str
    method: str
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """An answer as it was given, and what it was about (to check again who may see it)."""

    body_hash: bytes
    reference: str | None
    ods_code: str | None
    status: int
    headers: dict[str, str]
    body: bytes


def find(session: Session, scope: IdempotencyScope) -> StoredResponse | None:
    """The answer to the first request of this scope. None if none is stored."""
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
    """Store an answer in the transaction of its effect. The clockwork forgets it after 30 days."""
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
    """Forget answers stored before an instant, and return how many."""
    return session.connection().execute(delete(StoredAnswer).where(col(StoredAnswer.stored_at) < before)).rowcount


def forget_about(session: Session, reference: str | None, at: datetime) -> None:
    """Forget the answers about an application, and those of an act's instant: they may reveal what was redacted."""
    is_about = col(StoredAnswer.stored_at) == at
    if reference is not None:
        is_about |= col(StoredAnswer.reference) == reference
    session.connection().execute(delete(StoredAnswer).where(is_about))
