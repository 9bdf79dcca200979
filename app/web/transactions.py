"""Writing endpoints: one transaction each, committed before the answer, and safe to repeat.

``transactional`` runs everything in the one thread that the framework gives the endpoint. It takes the writers' lock,
looks for a stored answer, does the act, writes the answer, stores it, commits, and only then returns the answer. A
dependency with ``yield`` would commit after the caller has read 201.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from threading import Lock
from time import monotonic
from typing import Annotated, Any, Literal, overload

from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from app.log.leaves import canonical
from app.records import idempotency
from app.records.idempotency import IdempotencyScope, StoredResponse
from app.records.session import CommitUnanswered, Database, DatabaseUnavailable, Session
from app.rules.callers import Caller
from app.rules.refusals import IdempotencyKeyReused, RequestInProgress
from app.web.admission import WRITE_SECONDS, Ticket
from app.web.documents import Out
from app.web.formats import CONTENT_TYPES, Format, Table
from app.web.request_errors import IdempotencyKeyRequired, InvalidHeader, WriteUnconfirmed
from app.web.requests import argument_of, check_request

Endpoint = Callable[..., "Answer"]
Wrapped = Callable[..., Response]
Decorator = Callable[[Endpoint], Wrapped]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers.

    ``reference`` and ``ods_code`` say what it is about, so that a repeat can check again whether its caller may see it.
    """

    content: Out | Table[Any] | None
    status: int = 200
    etag: str | None = None
    location: str | None = None
    reference: str | None = None
    ods_code: str | None = None
    link_next: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers that belong to the answer itself."""
        kind: Format = self.content.kind if isinstance(self.content, Table) else "json"
        named = {
            "Content-Type": CONTENT_TYPES[kind] if self.content is not None else None,
            "ETag": self.etag,
            "Location": self.location,
            "Link": f'<{self.link_next}>; rel="next"' if self.link_next is not None else None,
        }
        return {name: value for name, value in named.items() if value is not None}

    def body(self) -> bytes:
        """The bytes of the content."""
        if isinstance(self.content, Table):
            return self.content.as_bytes()
        return b"" if self.content is None else self.content.model_dump_json(by_alias=True).encode()


class Transaction:
    """The transaction of a writing endpoint.

    ``session`` has the writers' lock, or only reads in a rehearsal. It is there only while ``transactional`` runs the
    endpoint.
    """

    session: Session

    def __init__(self, request: Request, database: Database, at: datetime) -> None:
        self.request = request
        self.database = database
        self.at = at

    @contextmanager
    def opened(self) -> Iterator[Session]:
        """Open the transaction, and commit it if the block ends without an error.

        Raises DatabaseUnavailable.
        """
        with self.database.writing(patience_of(self.request)) as self.session:
            self.session.info["now"] = self.request.app.state.clock()
            yield self.session

    @contextmanager
    def rehearsed(self) -> Iterator[Session]:
        """Open a transaction that only reads. Raises DatabaseUnavailable."""
        with self.database.reading() as self.session:
            yield self.session


async def transaction(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Makes the request safe to repeat: 1 to 128 visible ASCII characters, kept for 30 days once "
            "the request has succeeded. One that was refused leaves its key free. Needed for creating an application."
        ),
    ] = None,
) -> Transaction:
    """The transaction of a writing endpoint, not open yet."""
    del idempotency_key  # declared for the documentation; ``transactional`` reads it once the caller is known
    return Transaction(request, request.app.state.database, request.app.state.clock())


TransactionDep = Annotated[Transaction, Depends(transaction)]
KeyUse = Literal["offered", "needed", "ignored"]


@overload
def transactional(endpoint: Endpoint, /) -> Wrapped: ...
@overload
def transactional(endpoint: None = None, /, *, key: KeyUse = "offered") -> Decorator: ...
def transactional(endpoint: Endpoint | None = None, /, *, key: KeyUse = "offered") -> Wrapped | Decorator:
    """Make an endpoint with a ``TransactionDep`` an act: one transaction, one commit, then the answer.

    ``key`` says whether an Idempotency-Key is optional, required or ignored. A preview ignores it, because it shows the
    present and not the past. If the endpoint's parameter ``validate_only`` is true, it is a rehearsal: it needs no key,
    and nothing of it stays.
    """
    if endpoint is None:
        return lambda found: _wrapped(found, key=key)
    return _wrapped(endpoint, key=key)


def _wrapped(endpoint: Endpoint, *, key: KeyUse) -> Wrapped:
    @wraps(endpoint)
    def run(**given: Any) -> Response:
        asked = argument_of(Transaction, given)
        check_request(asked.request, given)
        is_rehearsal = given.get("validate_only") is True
        scope = None if is_rehearsal or key == "ignored" else _scope(asked.request, needs_key=key == "needed")
        with _in_flight(scope), _unconfirmed(scope):
            return _answered(asked, scope, lambda: endpoint(**given), is_rehearsal=is_rehearsal)

    run.asks_itself = True  # type: ignore[attr-defined]
    run.key = key  # type: ignore[attr-defined]
    return run


def _answered(
    asked: Transaction, scope: IdempotencyScope | None, perform: Callable[[], Answer], *, is_rehearsal: bool
) -> Response:
    """Do the act and commit it, or find that it was already done. An exception leaves nothing behind.

    A rehearsal and a repeat take no lock, so that they keep no writer waiting.
    """
    if is_rehearsal:
        with asked.rehearsed():
            return _response(_stored(perform(), b""))
    body_hash = _body_hash(asked.request) if scope else b""
    if scope:
        with asked.database.reading() as session:
            if kept := idempotency.find(session, scope):
                return _repeat(asked, session, kept, body_hash)
    with asked.opened() as session:
        # Look again: a twin may have been at work meanwhile.
        if scope and (kept := idempotency.find(session, scope)):
            return _repeat(asked, session, kept, body_hash)
        answer = perform()
        kept = _stored(answer, body_hash)
        if scope and 200 <= answer.status < 300:  # noqa: PLR2004 — the successes of HTTP
            idempotency.store(session, scope, kept, at=asked.at)
    return _response(kept)


def _stored(answer: Answer, body_hash: bytes) -> StoredResponse:
    return StoredResponse(body_hash, answer.reference, answer.ods_code, answer.status, answer.headers(), answer.body())


def _repeat(asked: Transaction, session: Session, kept: StoredResponse, body_hash: bytes) -> Response:
    """Give the first answer again.

    Raises NotFound if the caller may no longer see it, IdempotencyKeyReused for another body.
    """
    caller, check_may_see = _caller(asked.request), asked.request.app.state.check_may_see
    check_may_see(session, caller, kept.reference, kept.ods_code)
    if kept.body_hash != body_hash:
        raise IdempotencyKeyReused("This Idempotency-Key was used for a request with another body.")
    return _response(kept)


@contextmanager
def _unconfirmed(scope: IdempotencyScope | None) -> Iterator[None]:
    """If nobody knows whether the act was committed, raise WriteUnconfirmed, which says how to find out."""
    try:
        yield
    except CommitUnanswered as error:
        how = "Send it again with the same Idempotency-Key" if scope else "Read the record before you send it again"
        raise WriteUnconfirmed(f"The act may have been done, and may not. {how}.") from error


def _response(kept: StoredResponse) -> Response:
    return Response(kept.body, status_code=kept.status, headers={**kept.headers, "Cache-Control": "no-store"})


# --- what a repeat is ---------------------------------------------------------------------------

_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def _scope(request: Request, *, needs_key: bool) -> IdempotencyScope | None:
    """The scope of the request's key. None without a key."""
    named = request.headers.getlist("idempotency-key")
    if not named:
        if needs_key:
            raise IdempotencyKeyRequired("Send an Idempotency-Key with this request, for instance a new UUID.")
        return None
    if len(named) > 1 or not _KEY.fullmatch(named[0]):
        raise InvalidHeader("Idempotency-Key must be 1 to 128 visible ASCII characters, once.")
    return IdempotencyScope(_caller(request).key, request.method, request.scope["path"], named[0])


def _caller(request: Request) -> Caller:
    """Who calls: the argument of the endpoint that a guard has made."""
    caller: Caller = request.state.caller
    return caller


def _body_hash(request: Request) -> bytes:
    """SHA-256 of the request's content.

    It is equal for bodies that differ only in white space and the order of members.
    """
    document = getattr(request.state, "document", None)
    asked = [request.method, request.scope["path"], sorted(request.query_params.multi_items()), document]
    return hashlib.sha256(canonical(asked)).digest()


# --- twins --------------------------------------------------------------------------------------

_lock = Lock()
_flying: Counter[IdempotencyScope] = Counter()


def patience_of(request: Request) -> float:
    """For how many seconds a request may still wait for the writers' lock: it may have waited for its place."""
    ticket: Ticket | None = getattr(request.state, "ticket", None)
    return WRITE_SECONDS if ticket is None else ticket.patience_left(monotonic())


@contextmanager
def _in_flight(scope: IdempotencyScope | None) -> Iterator[None]:
    """Count the requests of a scope that this process is working on.

    A twin waits for the writers' lock and then finds the stored answer. If that wait ends without the lock, and another
    request of the scope is still at work, it raises RequestInProgress.
    """
    if scope is None:
        yield
        return
    with _lock:
        _flying[scope] += 1
    try:
        yield
    except DatabaseUnavailable as error:
        with _lock:
            has_twin = _flying[scope] > 1
        if has_twin:
            raise RequestInProgress("The first request with this Idempotency-Key is still being worked on.") from error
        raise
    finally:
        with _lock:
            _flying[scope] -= 1
            if not _flying[scope]:
                del _flying[scope]
