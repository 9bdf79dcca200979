"""Where a request waits until it may be worked on: between the parser and the application.

A request asks for a place once it has arrived whole, so nobody holds one by sending slowly. It gives the place back as
soon as its answer begins, so nobody holds one by reading slowly. While it waits it has no thread, no task and no
session. If its patience ends first, it is refused with ready-made bytes and never reaches the application. Whoever asks
again at once is thereby slowed down as well.
"""

from asyncio import TimerHandle
from collections import Counter
from functools import partial
from time import monotonic
from typing import Any

import orjson
import structlog
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.web.admission import Admission, Ticket, do_nothing, network_of
from app.web.bodies import BODY_LIMIT
from app.web.problems import PROBLEM_JSON, document, instance_of
from app.web.request_errors import Unavailable
from app.web.tracing import SECURITY_HEADERS, ids_of

SECONDS_OF_A_LINE = 1.0
NAMED_IN_A_LINE = 3
UNRECOGNISED = 401
SECONDS_AFTER_UNRECOGNISED = 0.02
_SENTENCE = "There are too many requests at once. Nothing was written."
_log = structlog.get_logger("entrance")


class Entrance(HttpToolsProtocol):
    """The server's protocol, which gives a request to the application only once it has a place."""

    _arriving: tuple[RequestResponseCycle, Any] | None = None
    _waiting: tuple[Ticket, RequestResponseCycle, TimerHandle] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for this any more."""
        self._arriving = None
        if self._waiting is not None:
            ticket, _, timer = self._waiting
            self._stop_waiting_for_place(timer)
            self._give_up(ticket)
        super().connection_lost(exc)
        self.cycle = None  # type: ignore[assignment]  # it knows the connection, so each would keep the other

    def on_body(self, body: bytes) -> None:
        """Take a body in whole. What is longer than any may be is left to the application, which refuses it."""
        super().on_body(body)
        if self._arriving is None:
            return
        if len(self._arriving[0].body) > BODY_LIMIT:
            self._ask()
        elif self.flow.read_paused:
            self.flow.resume_reading()

    def on_message_complete(self) -> None:
        """The request has arrived whole."""
        super().on_message_complete()
        self._ask()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Where the server would begin to work on a request. What it answers by itself needs no place."""
        if app is not self.config.loaded_app:
            super()._start_asgi_task(cycle, app)
            return
        self._arriving = (cycle, app)
        if not cycle.more_body or _is_too_long(cycle.scope):
            self._ask()
        elif cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            if cycle.scope["http_version"] != "1.0":
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # --- the place ------------------------------------------------------------------------------

    @property
    def _admission(self) -> Admission:
        admission: Admission = self.app_state["admission"]
        return admission

    def _ask(self) -> None:
        if self._arriving is None:
            return
        (cycle, app), self._arriving = self._arriving, None
        ticket = self._ticket(cycle.scope)
        ticket.begin = partial(self._begin, ticket, cycle, app)
        if self._admission.enter(ticket, monotonic()):
            ticket.begin()
        else:
            self._waiting = ticket, cycle, self.loop.call_later(ticket.patience, self._refuse, ticket, cycle)

    def _begin(self, ticket: Ticket, cycle: RequestResponseCycle, app: Any) -> None:
        if self._waiting is not None:
            self._stop_waiting_for_place(self._waiting[-1])
        ticket.begin = do_nothing  # so that nothing keeps the request alive once it is answered
        cycle.scope["state"]["ticket"] = ticket
        super()._start_asgi_task(cycle, _Placed(app, ticket, self))

    def _stop_waiting_for_place(self, timer: TimerHandle) -> None:
        self._waiting = None
        timer.cancel()

    def leave(self, ticket: Ticket, status: int | None) -> None:
        """Give a place back: at once, or some time after a token that nobody knows, since such are cheap to make."""
        if status == UNRECOGNISED:
            self.loop.call_later(SECONDS_AFTER_UNRECOGNISED, self._leave, ticket, status)
        else:
            self._leave(ticket, status)

    def _leave(self, ticket: Ticket, status: int | None) -> None:
        for each in self._admission.leave(ticket, status, monotonic()):
            each.begin()

    def _ticket(self, scope: Any) -> Ticket:
        tokens = [value for name, value in scope["headers"] if name == b"authorization"]
        return self._admission.ticket(
            scope["method"], scope["path"], tokens[0] if tokens else None, network_of(self._address(scope))
        )

    def _address(self, scope: Any) -> str:
        """The address of whoever asks. Only named proxies may say that it is another."""
        address: str = self.client[0] if self.client else ""
        app = self.config.loaded_app
        if not isinstance(app, ProxyHeadersMiddleware) or address not in app.trusted_hosts:
            return address
        said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return (said and app.trusted_hosts.get_trusted_client_address(", ".join(said))[0]) or address

    # --- no place -------------------------------------------------------------------------------

    def _give_up(self, ticket: Ticket) -> None:
        """It waits no longer. What it would have begun holds the request, body and all, and the ticket itself."""
        ticket.begin = do_nothing
        self._admission.withdraw(ticket)

    def _refuse_who_waits(self) -> None:
        if self._waiting is not None:
            ticket, cycle, timer = self._waiting
            timer.cancel()
            self._refuse(ticket, cycle)

    def _refuse(self, ticket: Ticket, cycle: RequestResponseCycle) -> None:
        self._waiting = None
        self._give_up(ticket)
        cycle.body = bytearray()
        self._count(ticket)
        if self.transport.is_closing():
            return
        self.transport.write(self._refusal(cycle))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _refusal(self, cycle: RequestResponseCycle) -> bytes:
        """The same answer as the application's, without the application."""
        scope: Any = cycle.scope
        request_id, correlation_id = ids_of(scope)
        members = document(Unavailable(_SENTENCE), instance=instance_of(scope), trace_id=request_id)
        body = orjson.dumps(members)
        headers = {
            **SECURITY_HEADERS,
            "Retry-After": "1",
            "Cache-Control": "no-store",
            "Content-Type": PROBLEM_JSON,
            "Content-Length": str(len(body)),
            "X-Request-ID": request_id,
            "X-Correlation-ID": correlation_id,
            **({} if cycle.keep_alive else {"Connection": "close"}),
        }
        lines = [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
        lines += [b"%b: %b\r\n" % each for each in self.server_state.default_headers]
        return b"".join(
            [
                b"HTTP/1.1 503 Service Unavailable\r\n",
                *lines,
                b"\r\n",
                b"" if scope["method"] == "HEAD" else body,
            ]
        )

    def _count(self, ticket: Ticket) -> None:
        """One line a second for all that are refused, however many they are."""
        refused: Counter[tuple[str, str]] = self._admission.refused
        if not refused:
            self.loop.call_later(SECONDS_OF_A_LINE, _write_line, refused)
        refused[ticket.kind.value, ticket.sharer] += 1


class _Placed:
    """The application with one place, which it gives back as its answer begins."""

    def __init__(self, app: Any, ticket: Ticket, entrance: Entrance) -> None:
        self._app, self._ticket, self._entrance = app, ticket, entrance
        self._has_place = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._leave(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._leave(None)

    def _leave(self, status: int | None) -> None:
        if self._has_place:
            self._has_place = False
            self._entrance.leave(self._ticket, status)


def _is_too_long(scope: Any) -> bool:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return any(int(each) > BODY_LIMIT for each in lengths)


def _write_line(refused: Counter[tuple[str, str]]) -> None:
    by_kind: Counter[str] = Counter()
    for (kind, _), number in refused.items():
        by_kind[kind] += number
    most = {f"{kind} {sharer}": number for (kind, sharer), number in refused.most_common(NAMED_IN_A_LINE)}
    refused.clear()
    _log.warning("too many requests at once", refused=dict(by_kind), most=most)
