"""Reading endpoints: private ones for signed-in callers, public ones for everybody and every cache.

A public answer is a pure function of its address, the public sequence, the London day and the release. Nothing here
looks at who asks or when, so an old answer can be given again. If a request asks for the state as known at a public
sequence, the endpoint gets a session on that past state, and the instant of that publication instead of the present
one.
"""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Annotated, Any, overload
from urllib.parse import quote

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from app.records import ledger, past
from app.records.past import PastStates
from app.records.session import Database, Session
from app.rules.deadlines import london_day
from app.rules.refusals import NotYetKnown
from app.web import licence
from app.web.documents import Out
from app.web.filters import KnownAtFilter
from app.web.formats import CONTENT_TYPES, MEDIA_TYPES, Format, Lines, Table, Text, takes_gzip
from app.web.preconditions import is_none_match
from app.web.requests import argument_of, check_request
from app.web.transactions import Answer

GZIP_FROM_BYTES = 1_400
ETAG_CHARACTERS = 32
PUBLIC = "public, max-age=0, must-revalidate"
FOR_EVER = "public, max-age=31536000, immutable"
POLLED = "private, no-cache"
PRIVATE = "no-store"

Content = Out | Table[Any] | Lines | Text


@dataclass(frozen=True, slots=True)
class Public:
    """A public answer with the address of its next page. ``kind`` is the media type of a document.

    ``is_immutable`` means that this address will never have another answer, whatever happens.
    """

    content: Content
    link_next: str | None = None
    kind: Format = "json"
    is_immutable: bool = False


class Snapshot:
    """The one state of the register that an endpoint reads. It is open while the wrapper runs the endpoint.

    ``at`` is the instant of the request, or of the publication that ``asKnownAt`` asks for.
    """

    def __init__(
        self, request: Request, database: Database, past: PastStates, at: datetime, known_at: int | None = None
    ) -> None:
        self.request = request
        self.database = database
        self.past = past
        self.at = at
        self.known_at = known_at
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """A session that cannot write. Raises RuntimeError outside the wrapper."""
        if self._session is None:
            raise RuntimeError("The snapshot is not open: the endpoint lacks @public_read or @private_read.")
        return self._session

    @property
    def today(self) -> date:
        """The London day of that instant."""
        return london_day(self.at)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open the present state, or the state at a public sequence.

        Before the first publication there was no state on any day. Raises NotYetKnown, DatabaseUnavailable.
        """
        with self.database.reading() as self._session:
            if self.known_at is None:
                yield
                return
            known = _publication(self._session, self.known_at)
        # Return the connection first: a past state may have to wait until others are built.
        self.at = self.at if known is None else known.at
        with self.past.reading(known) as self._session:
            yield


def _publication(session: Session, known_at: int) -> past.Publication | None:
    """The publication that an ``asKnownAt`` asks for. Raises NotYetKnown."""
    newest = ledger.public_sequence(session)
    if known_at > newest:
        detail = f"The register has published up to {newest}; {known_at} is not yet known."
        raise NotYetKnown(detail, parameter="asKnownAt", extra={"publicSequence": newest})
    return past.publication_at(session, known_at)


async def snapshot(request: Request) -> Snapshot:
    """The present state, not open yet."""
    return _snapshot(request, None)


async def known_snapshot(request: Request, as_known_at: KnownAtFilter = None) -> Snapshot:
    """The present state, or the state at ``asKnownAt``, not open yet."""
    return _snapshot(request, as_known_at)


def _snapshot(request: Request, known_at: int | None) -> Snapshot:
    state = request.app.state
    return Snapshot(request, state.database, state.past_states, state.clock(), known_at)


SnapshotDep = Annotated[Snapshot, Depends(snapshot)]
KnownSnapshotDep = Annotated[Snapshot, Depends(known_snapshot)]
PrivateEndpoint = Callable[..., Answer]
PublicEndpoint = Callable[..., Content | Public]
Wrapped = Callable[..., Response]

# --- private ------------------------------------------------------------------------------------


@overload
def private_read(endpoint: PrivateEndpoint, /) -> Wrapped: ...
@overload
def private_read(
    endpoint: None = None, /, *, polled: bool = False, offers: tuple[Format, ...] = ("json",)
) -> Callable[[PrivateEndpoint], Wrapped]: ...
def private_read(
    endpoint: PrivateEndpoint | None = None, /, *, polled: bool = False, offers: tuple[Format, ...] = ("json",)
) -> Wrapped | Callable[[PrivateEndpoint], Wrapped]:
    """Make an endpoint with a ``SnapshotDep`` a private read. No cache stores its answer.

    ``polled`` is for a status document. The caller may store it, and gets 304 as long as its ETag stays the same.
    ``offers`` are its formats, as for a public read.
    """

    def respond(request: Request, answer: Answer) -> Response:
        return _private(request, answer, polled=polled)

    if endpoint is None:
        return lambda found: _wrapped(found, respond, offers=offers)
    return _wrapped(endpoint, respond, offers=offers)


def _private(request: Request, answer: Answer, *, polled: bool) -> Response:
    headers = {**answer.headers(), "Cache-Control": POLLED if polled else PRIVATE}
    if polled and is_none_match(request.headers.get("if-none-match"), answer.etag):
        headers.pop("Content-Type", None)
        return Response(status_code=304, headers=headers)
    return Response(answer.body(), status_code=answer.status, headers=headers)


# --- public -------------------------------------------------------------------------------------


@overload
def public_read(endpoint: PublicEndpoint, /) -> Wrapped: ...
@overload
def public_read(
    endpoint: None = None, /, *, offers: tuple[Format, ...] = ("json",)
) -> Callable[[PublicEndpoint], Wrapped]: ...
def public_read(endpoint: PublicEndpoint | None = None, /, *, offers: tuple[Format, ...] = ("json",)) -> Any:
    """Make an endpoint a public read: strong ETag of the bytes, 304, gzip, and open to every cache.

    An endpoint with a ``KnownSnapshotDep`` takes ``asKnownAt`` without knowing about it. The endpoint returns a
    document, a table, lines, or one of them in a ``Public`` with the address of its next page. ``offers`` are its
    formats; ``FormatDep`` tells it which one the caller wants.
    """
    if endpoint is None:
        return lambda found: _wrapped(found, public_response, offers=offers)
    return _wrapped(endpoint, public_response, offers=offers)


def public_response(request: Request, answer: Content | Public) -> Response:
    """A public answer under the caching rules: whole, or 304."""
    public = answer if isinstance(answer, Public) else Public(answer)
    response = public_bytes(request, *_bytes(public), kept=FOR_EVER if public.is_immutable else PUBLIC)
    response.headers["Link"] = ", ".join(_links(request, public))
    return response


def public_bytes(request: Request, body: bytes, content_type: str, *, kept: str = PUBLIC) -> Response:
    """Bytes under the caching rules: a strong ETag for each encoding, gzip if it pays, 304."""
    etag = hashlib.sha256(body).hexdigest()[:ETAG_CHARACTERS]
    is_packed = len(body) >= GZIP_FROM_BYTES and takes_gzip(request.headers.get("accept-encoding", ""))
    headers = {
        "Cache-Control": kept,
        "Vary": "Accept, Accept-Encoding",
        "ETag": f'"{etag}-gzip"' if is_packed else f'"{etag}"',
    }
    if is_none_match(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = content_type
    if is_packed:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
    return Response(body, headers=headers)


def _bytes(public: Public) -> tuple[bytes, str]:
    content = public.content
    if isinstance(content, Table | Lines | Text):
        return content.as_bytes(), CONTENT_TYPES[content.kind]
    return content.model_dump_json(by_alias=True).encode(), CONTENT_TYPES[public.kind]


def _links(request: Request, public: Public) -> Iterator[str]:
    """The links of an answer: the next page, the description beside a CSV, the licence."""
    if public.link_next is not None:
        yield f'<{public.link_next}>; rel="next"'
    if isinstance(public.content, Table) and public.content.kind == "csv":
        beside = quote(request.scope["path"].removesuffix(".csv"))
        yield f'<{beside}.csv-metadata.json>; rel="describedby"; type="{MEDIA_TYPES["csv-metadata.json"]}"'
    yield f'<{licence.ADDRESS}>; rel="license"'


# --- both ---------------------------------------------------------------------------------------


def _wrapped(
    endpoint: Callable[..., Any],
    respond: Callable[[Request, Any], Response],
    *,
    offers: tuple[Format, ...] = ("json",),
) -> Wrapped:
    """Open the snapshot in the endpoint's thread, and write the answer while it is open."""

    @wraps(endpoint)
    def run(**given: Any) -> Response:
        asked = argument_of(Snapshot, given)
        check_request(asked.request, given, offers)
        with asked.opened():
            return respond(asked.request, endpoint(**given))

    run.asks_itself = True  # type: ignore[attr-defined]
    run.offers = offers  # type: ignore[attr-defined]
    return run
