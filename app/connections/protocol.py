"""How requests arrive: the server's protocol for one connection, with limits of its own.

The server itself waits for ever for the rest of a request, reads ahead without end, computes answers that nobody reads,
and takes the body of a request that offers another protocol for the next request. Here

* a connection is dropped if it does not bring a whole request within the limit. For the next request on it the
  server's keep-alive limit applies;
* a request that waits for the answer before it keeps the rest from being read, and no answer is computed while the
  caller does not read the one before. The pot drops a caller who reads nothing for some seconds;
* an offer of another protocol is declined by answering in this one (RFC 9110, section 7.8), body and all.
"""

import asyncio
import fcntl
import socket
import struct
import termios
from functools import partial
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from app.connections.answers import last_answer, refuse
from app.connections.entrance import Entrance
from app.connections.flow import Flow
from app.connections.heads import take_absolute_target, unread_coding
from app.connections.pot import Pot, State
from app.rules.refusals import Refusal
from app.web.request_errors import HeaderTooLarge, MalformedBody, Unavailable
from app.web.tracing import HEADER_LIMIT, HEADER_SENTENCE, PROBES

ARRIVAL_SECONDS = 5.0
REQUESTS_LIMIT = 512
# What the server holds in memory before the application can refuse it as too long.
HEAD_BYTES = 4 * HEADER_LIMIT
# Of a body in chunks this much may be no content: sizes, extensions, trailers. Chunks earn twice their content, so it
# is spent only by chunks of a byte or three, which cost us more than the caller, and by what follows the last chunk,
# which the parser copies with every piece that comes.
FRAMING_BYTES = HEADER_LIMIT
# The parser cannot stop after a request. So it gets little at once, and at most this much is parsed too early.
PARSED_AT_ONCE = 1024
# Of what the caller has not fetched, the kernel keeps this much; the rest is ours, and we notice.
UNSENT_BYTES = 64 * 1024


class Connection(Entrance):
    """One connection."""

    arrival_limit = ARRIVAL_SECONDS
    requests_limit = REQUESTS_LIMIT
    flow: Flow
    state = State.WORKING
    address = ""
    _late: asyncio.TimerHandle | None = None
    _head_bytes: int | None = None
    _framing_bytes = 0
    _is_arriving = True
    _answering: RequestResponseCycle | None = None
    _held: memoryview | None = None
    _unread = 0
    _unread_since = 0.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        pot: Pot,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.pot = pot

    def refusal(self, method: bytes, target: bytes) -> Refusal | None:
        """Why the register does not answer a request, but the server does at once. None if the register answers.

        It is asked when the head has arrived. ``target`` is the address with its query.
        """
        del method
        if len(self.tasks) < self.requests_limit or target.partition(b"?")[0].decode("latin-1") in PROBES:
            return None
        return Unavailable("There are too many requests at once. Nothing was written.", headers={"Connection": "close"})

    # --- the connection ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the limit: the first request may take no longer than the rest of one."""
        super().connection_made(cast("asyncio.Transport", transport))
        self.flow = Flow(self.transport)
        self.address = self.pot.address_of(self.client[0] if self.client else None)
        if hasattr(socket, "TCP_NOTSENT_LOWAT") and self.client:
            given = transport.get_extra_info("socket")
            given.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        self._wait()
        self.pot.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all limits, and whatever is under way for this caller."""
        self._forget_requests()
        self.pot.remove(self)
        super().connection_lost(exc)
        self._answering = None
        self._unset_keepalive_if_required()

    def drop(self) -> None:
        """End the connection at once, whatever is under way."""
        self._forget_requests()
        self.pot.remove(self)
        self.transport.abort()

    def _forget_requests(self) -> None:
        self._stop_waiting()
        under_way = [self._answering, *(cycle for cycle, _ in self.pipeline)]
        self.pipeline.clear()
        self._held = None
        for cycle in filter(None, under_way):
            cycle.disconnected = True
            cycle.body = bytearray()  # which a request and its connection, that know each other, would keep
            cycle.message_event.set()

    def descriptor(self) -> int:
        """The number of its file descriptor."""
        found: int = self.transport.get_extra_info("socket").fileno()
        return found

    def has_news(self) -> bool:
        """Whether bytes of the caller have come that nobody has read yet."""
        found = fcntl.ioctl(self.descriptor(), termios.FIONREAD, struct.pack("i", 0))
        return found != struct.pack("i", 0)

    # --- what arrives -----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read on. Any byte ends the server's keep-alive time, so from then on the arrival limit applies."""
        self._unset_keepalive_if_required()
        self._read(memoryview(data))
        if self.transport.is_closing():
            return
        if self._head_bytes is None and self._late is None and self._is_idle():
            self._is_arriving = True
            self._wait()
        self._settle()

    def _read(self, data: memoryview) -> None:
        """Parse little by little, and hold the rest as soon as a request has to wait."""
        start = 0
        while start < len(data) and not self._is_to_wait() and not self.transport.is_closing():
            self._parse(data[start : start + PARSED_AT_ONCE])
            start += PARSED_AT_ONCE
        if self._is_to_wait() and not self.transport.is_closing():
            self._held = data[start:]
            self.flow.hold()

    def _is_to_wait(self) -> bool:
        return bool(self.pipeline) or self.flow.write_paused

    def _parse(self, data: memoryview) -> None:
        self._framing_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offered:
            self._read_as_plain(data[offered.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
                self._end_too_long_a_head()
        elif self._framing_bytes > FRAMING_BYTES and not self.transport.is_closing():
            self.send_400_response("")

    def _read_as_plain(self, rest: memoryview) -> None:
        """Read a request again without the offer of another protocol, and then what comes after its head."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("")
            return
        version = self.parser.get_http_version().encode()
        lines = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        head = b"\r\n".join([method + b" " + self.url + b" HTTP/" + version, *lines, b"", b""])
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._parse(memoryview(head))
        self._parse(rest)

    def on_message_begin(self) -> None:
        """The first byte of a request: its time starts."""
        super().on_message_begin()
        self._head_bytes = 0
        self._is_arriving = True
        self._wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Headers belong to the head. Those that come after a body are of no use here."""
        if self._head_bytes is not None:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete. The body has a limit of its own."""
        self._head_bytes = None
        self._framing_bytes = 0
        if self.parser.should_upgrade():
            return
        self.url = take_absolute_target(self.url, self.headers)
        refusal = unread_coding(self.headers) or self.refusal(self.parser.get_method(), self.url)
        self.app = self.config.loaded_app if refusal is None else partial(refuse, refusal)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Content has come."""
        self._framing_bytes = max(0, self._framing_bytes - 2 * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete. The time for the answer does not count against the caller."""
        self._stop_waiting()
        self._framing_bytes = 0
        if not self.parser.should_upgrade():
            self._is_arriving = False
            super().on_message_complete()

    # --- what is answered -------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with the next request."""
        self.server_state.total_requests += 1
        self._answering = None
        self._go_on()

    def pause_writing(self) -> None:
        """The caller does not read."""
        super().pause_writing()
        self._settle()

    def resume_writing(self) -> None:
        """The caller has read."""
        super().resume_writing()
        self._unread = 0
        self._go_on()

    def _go_on(self) -> None:
        """Answer the next request and read what was held, unless the caller has to read first."""
        if not self.transport.is_closing() and not self.flow.write_paused:
            if self.pipeline and self._answering is None:
                self._start_asgi_task(*self.pipeline.pop())
            if not self.pipeline:
                self._read_held()
            if self._answering is None and self._late is None:
                self._rest()
        self._settle()

    def _read_held(self) -> None:
        held, self._held = self._held, None
        self.flow.release()
        if held:
            self._read(held)

    def _rest(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _settle(self) -> None:
        """Tell the pot what state the connection is in."""
        self.pot.move(self, self._state())

    def _state(self) -> State:
        if self.transport.is_closing() or self.flow.write_paused or (self._is_arriving and self._is_idle()):
            return State.UNFINISHED
        if self._answering is None:
            return State.IDLE
        return State.UNFINISHED if self._answering.more_body else State.WORKING

    def drop_if_unread(self, at: float, limit: float) -> None:
        """End the connection if its caller has read nothing of what waits for it for ``limit`` seconds."""
        waiting = self.transport.get_write_buffer_size()
        if waiting != self._unread:
            self._unread, self._unread_since = waiting, at
        elif waiting and at - self._unread_since >= limit:
            self.drop()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        del msg
        self._end(MalformedBody("The request is not HTTP."))

    def _end(self, refusal: Refusal) -> None:
        """Answer what cannot be read with a problem document, and close. Requests before it are answered first."""
        if self._end_after_the_last_whole_request():
            return
        self._forget_requests()
        self.transport.write(last_answer(refusal))
        self.transport.close()

    def _end_too_long_a_head(self) -> None:
        """Answer it, unless a request before it is not answered yet: meanwhile the parser would copy more and more."""
        if self._is_idle():
            self._end(HeaderTooLarge(HEADER_SENTENCE))
        else:
            self.drop()

    def eof_received(self) -> bool:  # type: ignore[override]  # what asyncio asks for; the server returns nothing
        """The caller has said all, and may still read. What has arrived whole is answered, but waits no longer.

        Most who end in the middle have gone, and nobody should wait behind them.
        """
        is_whole = self._end_after_the_last_whole_request()
        self._refuse_who_waits()
        return is_whole and not self.transport.is_closing()

    def _end_after_the_last_whole_request(self) -> bool:
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()
        last = self.pipeline[0][0] if self.pipeline else self._answering
        if last is None or last.more_body:
            if last is not None and last.response_started:
                self.drop()
            return self.transport.is_closing()
        last.keep_alive = False
        return True

    def _is_idle(self) -> bool:
        return not self.pipeline and self._answering is None

    def _wait(self) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(self.arrival_limit, self._end_waiting)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end_waiting(self) -> None:
        """Drop the connection, unless the server itself stopped reading."""
        self._late = None
        if self.flow.read_paused:
            self._wait()
        elif not self.transport.is_closing():
            self.drop()
