"""Serving over HTTP: uvicorn with safe settings, and a time limit for a request to arrive.

The server itself waits for ever for the rest of a request, so a few hundred stalled connections would keep everybody
out. Here a connection is dropped if it does not bring a whole request within the limit. For the next request on it the
server's own keep-alive limit applies.
"""

import asyncio
from typing import Any, cast
from uuid import uuid4

import orjson
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.entrance import Entrance
from app.main import create_app
from app.settings import Settings, read_settings
from app.web.problems import PROBLEM_JSON, answer, document
from app.web.request_errors import MalformedBody, Unavailable
from app.web.tracing import HEADER_LIMIT, SECURITY_HEADERS, configure_logging

ARRIVAL_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 5
SHUTDOWN_SECONDS = 10
# A worker that does not answer its parent for this long is replaced. On a busy machine a start takes several seconds.
WORKER_SECONDS = 30
CONNECTIONS_LIMIT = 512
# What the server holds in memory before the application can refuse it as too long.
HEAD_BYTES = 4 * HEADER_LIMIT


class TimedProtocol(Entrance):
    """The server's protocol, which also drops a connection if its request does not arrive in time."""

    arrival_limit = ARRIVAL_SECONDS
    connections_limit = CONNECTIONS_LIMIT
    _late: asyncio.TimerHandle | None = None
    _head_bytes: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the limit: the first request may take no longer than the rest of one."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the limit."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on. Any byte ends the server's keep-alive time, so from then on the arrival limit applies."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.abort()
        elif self._late is None and self.timeout_keep_alive_task is None and self._is_idle():
            self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a request: its time starts."""
        super().on_message_begin()
        self._head_bytes = 0
        self._wait()

    def on_headers_complete(self) -> None:
        """The head is complete. The body has a limit of its own."""
        self._head_bytes = None
        is_full = max(len(self.connections), len(self.tasks)) > self.connections_limit
        self.app = _turn_away if is_full else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete. The time for the answer does not count against the caller."""
        self._stop_waiting()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP with a problem document, and close."""
        del msg
        members = document(MalformedBody("The request is not HTTP."), instance="/", trace_id=str(uuid4()))
        body = orjson.dumps(members)
        headers = {
            **SECURITY_HEADERS,
            "Cache-Control": "no-store",
            "Content-Type": PROBLEM_JSON,
            "Content-Length": str(len(body)),
            "X-Request-ID": members["traceId"],
            "Connection": "close",
        }
        lines = [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
        self.transport.write(b"".join([b"HTTP/1.1 400 Bad Request\r\n", *lines, b"\r\n", body]))
        self.transport.close()

    def _is_idle(self) -> bool:
        return not self.pipeline and (self.cycle is None or self.cycle.response_complete)

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
            self.transport.abort()


async def _turn_away(scope: Any, receive: Any, send: Any) -> None:
    """The answer when there are too many connections. The server's own answer would not be a problem document."""
    refusal = Unavailable("There are too many requests at once. Nothing was written.", headers={"Connection": "close"})
    scope["state"]["trace_id"] = str(uuid4())
    await answer(scope, refusal)(scope, receive, send)


def application() -> FastAPI:
    """The register with the settings of the environment. Each of several workers makes its own.

    Raises InvalidSettings with every fault.
    """
    settings = read_settings()
    configure_logging(settings.log_level)
    return create_app(settings, ticks=True)


def configuration(
    app: FastAPI | str,
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int = 1,
    protocol: type[asyncio.Protocol] = TimedProtocol,
) -> uvicorn.Config:
    """The server's safe settings. ``app`` is an application, or the place of ``application``."""
    options: dict[str, Any] = {"factory": True} if isinstance(app, str) else {}
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=workers,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        **options,
    )


def serve(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Serve until told to stop. Each of several workers reads the settings from the environment itself."""
    configure_logging(settings.log_level)
    if workers == 1:
        uvicorn.Server(configuration(create_app(settings, ticks=True), settings, host=host, port=port)).run()
        return
    config = configuration("app.serving:application", settings, host=host, port=port, workers=workers)
    Multiprocess(config, sockets=[config.bind_socket()]).run()
