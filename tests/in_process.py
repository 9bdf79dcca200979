"""Requests to an application within the test's own process: one hop to the event loop and back for each.

Starlette's test client goes to the loop seven times a request, which costs more than most answers do. It
serves where a test needs what it has besides (exceptions raised, websockets, lifespans).
"""

import atexit
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote

from anyio.from_thread import BlockingPortal, start_blocking_portal
from httpx2 import BaseTransport, Client, Request, Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Scope

CALLER = ("testclient", 50_000)


def shared_loop() -> BlockingPortal:
    """The event loop that all requests of a test run share; outside a run one for the process."""
    return TestClient.portal or _loop_of_the_process()


@cache
def _loop_of_the_process() -> BlockingPortal:
    running = start_blocking_portal()
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal


class InProcess(BaseTransport):
    """Hands each request to the application. ``loop`` gives the portal to the event loop that it runs in."""

    def __init__(self, app: ASGIApp, loop: Callable[[], BlockingPortal]) -> None:
        self.app = app
        self.loop = loop

    def handle_request(self, request: Request) -> Response:
        """The whole answer, once the application has ended it."""
        return self.loop().call(_answer, self.app, _scope_of(request), request.read())


async def _answer(app: ASGIApp, scope: Scope, body: bytes) -> Response:
    sent: list[Message] = []
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *parts = sent
    content = b"" if scope["method"] == "HEAD" else b"".join(part.get("body", b"") for part in parts)
    return Response(start["status"], headers=start["headers"], content=content)


def _scope_of(request: Request) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.partition(b"?")[0],
        "root_path": "",
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": CALLER,
        "server": (url.host, url.port or 80),
        "state": {},
    }


def client_of(app: ASGIApp, loop: Callable[[], BlockingPortal], base_url: str) -> Client:
    """A client as a caller's library is one: it follows redirects and unpacks what is compressed."""
    return Client(transport=InProcess(app, loop), base_url=base_url, follow_redirects=True)
