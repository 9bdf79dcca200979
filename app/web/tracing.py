"""Around every request: its ids, its line in the log, and refusals before any route is looked for.

A plain ASGI middleware, the outermost one. Every answer passes through it, and no exception gets past it. The log
contains no query, no body, no token and no person's name.
"""

import logging
import re
import sys
import time
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import answer, internal
from app.web.request_errors import BadRequest, HeaderTooLarge, UnknownHost
from app.web.requests import matched_route

HEADER_LIMIT = 16 * 1024
HEADER_SENTENCE = f"The address and the headers may have at most {HEADER_LIMIT} bytes together."
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Balancers ask these by an address of their own, without naming a host.
PROBES = frozenset({"/_ping", "/_status"})
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,128}")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")
_log = structlog.get_logger("requests")


class Tracing:
    """Gives every request its ids and its line in the log, and turns any escaped exception into a problem."""

    def __init__(self, app: ASGIApp, *, host_names: frozenset[str]) -> None:
        self.app = app
        self.host_names = frozenset(name.lower() for name in host_names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request. Anything else passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        traced = _Traced(scope, send)
        with structlog.contextvars.bound_contextvars(
            request_id=traced.request_id, correlation_id=traced.correlation_id
        ):
            try:
                await self._serve(traced, receive)
            finally:
                traced.log()

    async def _serve(self, traced: "_Traced", receive: Receive) -> None:
        refusal = self._refusal(traced.scope)
        try:
            app = self.app if refusal is None else answer(traced.scope, refusal)
            await app(traced.scope, receive, traced.send)
        except Exception as error:  # noqa: BLE001 — the last resort: a caller never sees what went wrong inside
            mistake = internal(traced.scope, error)
            if traced.status is not None:
                raise ConnectionAbortedError("the answer had begun") from None
            await mistake(traced.scope, receive, traced.send)

    def _refusal(self, scope: Scope) -> BadRequest | None:
        length = sum(len(name) + len(value) for name, value in scope["headers"])
        if length + len(scope.get("raw_path") or b"") + len(scope["query_string"]) > HEADER_LIMIT:
            return HeaderTooLarge(HEADER_SENTENCE)
        if scope["path"] in PROBES:
            return None
        named = Headers(scope=scope).getlist("host")
        host = _HOST.fullmatch(named[0].lower()) if len(named) == 1 else None
        if host is None or host[1].strip("[]") not in self.host_names:
            return UnknownHost("The Host header does not name this register.")
        return None


def ids_of(scope: Scope) -> tuple[str, str]:
    """The request's id and its correlation id: those that it brings, or new ones."""
    headers = Headers(scope=scope)
    given = headers.get("x-request-id", "")
    request_id = given.lower() if _UUID.fullmatch(given) else str(uuid4())
    correlation = headers.get("x-correlation-id", "")
    return request_id, correlation if _VISIBLE.fullmatch(correlation) else request_id


class _Traced:
    """One request: its ids, and what is known about its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id, self.correlation_id = ids_of(scope)
        self.method: str = scope["method"]
        self.is_head = self.method == "HEAD"
        self.state = {**scope.get("state", {}), "trace_id": self.request_id}
        # HEAD is GET without the body, so routes need not know about it.
        self.scope = {**scope, "state": self.state, "method": "GET" if self.is_head else self.method}
        self.status: int | None = None
        self._send = send
        self._started = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Send a part of the answer, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["X-Correlation-ID"] = self.correlation_id
            headers.update(self.state.get("allowance", {}))
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        elif self.is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def log(self) -> None:
        """Write the request's line in the log."""
        caller = self.state.get("caller")
        known = {"caller": getattr(caller, "key", None), "problem": self.state.get("problem")}
        _log.info(
            "request",
            method=self.method,
            route=getattr(matched_route(self.scope), "path_format", None),
            status=self.status,
            duration_ms=round((time.perf_counter() - self._started) * 1000, 1),
            **{name: value for name, value in known.items() if value is not None},
        )


# --- the log ------------------------------------------------------------------------------------


_EVERY_LINE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_AS_JSON: list[Any] = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]


def configure_logging(level: str) -> None:
    """Write the log to stderr, one JSON object on each line, with the libraries' lines in the same form.

    ``level`` is ``debug``, ``info``, ``warning`` or ``error``.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_EVERY_LINE,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_EVERY_LINE, processors=_AS_JSON))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # These report every request themselves. The register's own line says it once.
    for name in ("uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # These two lines come with each look at the database, once a second, and say nothing of it.
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    # A connection that ended cannot be tidied up, and the pool writes a trace of that. Whoever used it is told, and the
    # register's own line says that the database did not answer.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
