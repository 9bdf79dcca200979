"""Waiting for a place, on real connections: who gets an answer, who is refused, and that nobody holds a place idly."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import orjson
import pytest
import uvicorn
from anyio.lowlevel import checkpoint
from fastapi import FastAPI, Request
from starlette.responses import Response
from structlog.testing import capture_logs
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.serving import configuration
from app.settings import Settings
from app.web.admission import Admission, Kind
from app.web.problems import document
from app.web.request_errors import Unavailable
from tests.web.wire import Connection, connected

REQUEST_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
SHORT, LONG = 0.1, 30.0
Act = Callable[["Stage"], Awaitable[None]]


class Stage:
    """An application with one place for each kind, and one request that stays in it until the test lets it go."""

    port: int

    def __init__(self, patience: float) -> None:
        self.admission = Admission(dict.fromkeys(Kind, 1), read_seconds=patience, write_seconds=patience)
        self.begun: list[str] = []
        self.has_begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.app = FastAPI(lifespan=self._running)
        self.app.add_api_route("/{name}", self._play, methods=["GET", "HEAD", "POST"], response_model=None)

    @asynccontextmanager
    async def _running(self, _: FastAPI) -> AsyncIterator[dict[str, Admission]]:
        yield {"admission": self.admission}

    async def _play(self, name: str, request: Request) -> Response:
        self.begun.append(name)
        if name == "long":
            self.has_begun.set()
            await self.go_on.wait()
        return Response(name.encode() + await request.body(), status_code=401 if name == "stranger" else 200)

    async def fill(self, connection: Connection) -> None:
        """Take the one place."""
        await connection.send(get("long"))
        await self.has_begun.wait()

    async def waiting(self, number: int, kind: Kind = Kind.PUBLIC) -> None:
        """Until so many requests wait for the place."""
        queue = self.admission._queues[kind]  # noqa: SLF001  the queue is what the test waits for
        await until(lambda: sum(map(len, queue._waiting.values())) == number)  # noqa: SLF001


async def until(has_happened: Callable[[], bool]) -> None:
    """Let the server go on until something has happened. The test's own limit ends a wait in vain."""
    while not has_happened():
        await checkpoint()


def play(act: Act, patience: float = LONG, settings: Settings | None = None) -> Stage:
    """Serve, with the test's callers in the same event loop."""

    async def together() -> Stage:
        stage = Stage(patience)
        server = uvicorn.Server(configuration(stage.app, settings or Settings(), host="127.0.0.1", port=0))
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        stage.port = server.servers[0].sockets[0].getsockname()[1]
        try:
            await asyncio.wait_for(act(stage), 10)
        finally:
            stage.go_on.set()
            server.should_exit = True
            await serving
        return stage

    return asyncio.run(together())


def get(name: str, method: str = "GET", **headers: str) -> bytes:
    named = {"Host": "x", **{key.replace("_", "-"): value for key, value in headers.items()}}
    lines = [f"{key}: {value}" for key, value in named.items()]
    return "\r\n".join([f"{method} /{name} HTTP/1.1", *lines, "", ""]).encode()


def test_a_request_waits_for_its_place_and_is_then_answered() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("short"))
            await stage.waiting(1)
            begun = list(stage.begun)
            stage.go_on.set()

            assert begun == ["long"]
            assert await first.answer() == (200, b"long")
            assert await second.answer() == (200, b"short")

    play(act)


def test_one_who_asks_once_is_answered_before_forty_connections_of_one_address() -> None:
    async def act(stage: Stage) -> None:
        async with AsyncExitStack() as opened:
            first, last, *many = [await opened.enter_async_context(connected(stage.port)) for _ in range(42)]
            await stage.fill(first)
            for each in many:
                await each.send(get("many", X_Forwarded_For="192.0.2.1"))
            await stage.waiting(40)
            await last.send(get("once", X_Forwarded_For="192.0.2.2"))
            await stage.waiting(41)
            stage.go_on.set()
            await asyncio.gather(*(each.answer() for each in (first, last, *many)))

    assert play(act).begun.index("once") <= 2


def test_one_whose_patience_ends_is_refused_as_the_application_would_and_may_ask_again() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("a%20b", X_Request_ID=REQUEST_ID, X_Correlation_ID="mine"))
            head = (await second.reader.readuntil(b"\r\n\r\n")).decode()
            named = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await second.reader.readexactly(int(named["Content-Length"]))
            refusal = Unavailable("There are too many requests at once. Nothing was written.")

            del named["date"]
            assert head.startswith("HTTP/1.1 503 Service Unavailable\r\n")
            assert named == {
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
                "Retry-After": "1",
                "Cache-Control": "no-store",
                "Content-Type": "application/problem+json",
                "Content-Length": str(len(body)),
                "X-Request-ID": REQUEST_ID,
                "X-Correlation-ID": "mine",
            }
            assert orjson.loads(body) == document(refusal, instance="/a%20b", trace_id=REQUEST_ID)
            stage.go_on.set()
            await first.answer()
            await second.send(get("again"))
            assert await second.answer() == (200, b"again")

    assert play(act, SHORT).begun == ["long", "again"]


def test_a_refused_head_has_no_body_and_a_closing_connection_is_closed() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("short", "HEAD", Connection="close"))
            head, _, rest = (await second.reader.read(-1)).partition(b"\r\n\r\n")

            assert (head[:12], rest) == (b"HTTP/1.1 503", b"")
            assert b"Connection: close" in head

    play(act, SHORT)


def test_a_body_that_is_still_arriving_holds_no_place() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as slow, connected(stage.port) as quick:
            await slow.send(get("slow", "POST", Content_Length="4") + b"ab")
            await quick.send(get("quick"))
            answered = await quick.answer()
            begun = list(stage.begun)
            await slow.send(b"cd")

            assert (answered, begun) == ((200, b"quick"), ["quick"])
            assert await slow.answer() == (200, b"slowabcd")

    play(act)


def test_a_long_body_arrives_whole_also_if_its_sender_wants_to_be_asked_for_it() -> None:
    async def act(stage: Stage) -> None:
        body = b"x" * 200_000
        async with connected(stage.port) as connection:
            await connection.send(get("long-body", "POST", Content_Length="200000", Expect="100-continue"))
            asked = await connection.reader.readuntil(b"\r\n\r\n")
            await connection.send(body)

            assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert await connection.answer() == (200, b"long-body" + body)

    play(act)


@pytest.mark.parametrize("length", ["Content-Length: 300000", "Transfer-Encoding: chunked"])
def test_a_body_longer_than_any_may_be_is_left_to_the_application_before_it_has_arrived(length: str) -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as connection:
            head = f"POST /huge HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n"
            await connection.send(head.encode() + b"50000\r\n" + b"x" * 270_000)
            await until(lambda: bool(stage.begun))

    assert play(act).begun == ["huge"]


def test_one_that_goes_away_waits_no_longer() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first:
            await stage.fill(first)
            async with connected(stage.port) as second:
                await second.send(get("gone"))
                await stage.waiting(1)
            await stage.waiting(0)
            stage.go_on.set()
            assert await first.answer() == (200, b"long")

    assert play(act).begun == ["long"]


def test_whoever_is_not_recognised_is_told_at_once_but_keeps_the_place_a_little_longer() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as connection:
            await connection.send(get("stranger", Authorization="Bearer nonsense"))
            first = await connection.answer()
            await connection.send(get("again", Authorization="Bearer nonsense"))
            await stage.waiting(1, Kind.LOGIN)

            assert first == (401, b"stranger")
            assert await connection.answer() == (200, b"again")

    play(act)


def test_pipelined_requests_wait_one_after_another() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("one") + get("two"))
            await stage.waiting(1)
            stage.go_on.set()

            assert [await second.answer() for _ in range(2)] == [(200, b"one"), (200, b"two")]

    play(act)


@pytest.mark.parametrize(
    ("proxies", "said", "sharer"),
    [
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "203.0.113.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1,192.0.2.0/24", "203.0.113.1, 192.0.2.7", "203.0.113.1"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "nonsense", "nonsense"),
        ("192.0.2.1", "192.0.2.7", "127.0.0.1"),
    ],
)
def test_only_a_named_proxy_may_say_who_asks(proxies: str, said: str, sharer: str) -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("short", X_Forwarded_For=said))
            await stage.waiting(1)
            assert list(stage.admission._queues[Kind.PUBLIC]._waiting) == [sharer]  # noqa: SLF001

    play(act, settings=Settings(forwarded_allow_ips=proxies))


def test_all_that_are_refused_in_a_second_have_one_line_in_the_log() -> None:
    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            for _ in range(3):
                await second.send(get("short"))
                await second.answer()
            await until(lambda: not stage.admission.refused)

    with capture_logs() as lines:
        play(act, SHORT)

    assert [line for line in lines if line["log_level"] == "warning"] == [
        {
            "event": "too many requests at once",
            "refused": {"public": 3},
            "most": {"public 127.0.0.1": 3},
            "log_level": "warning",
        }
    ]


def test_who_says_that_nothing_more_comes_waits_no_longer() -> None:
    """Most who do so have gone. Who has not is told at once."""

    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("late"))
            await stage.waiting(1)
            second.writer.write_eof()

            status, _ = await second.answer()
            assert (status, await second.reader.read()) == (503, b"")

    assert play(act).begun == ["long"]


# --- what is left of a request ------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["refused", "gone"])
def test_nothing_keeps_a_request_that_was_not_answered(ending: str) -> None:
    """Without a collection: such requests come by the thousand, with bodies of a quarter of a megabyte."""
    left: list[weakref.ref[RequestResponseCycle]] = []

    async def act(stage: Stage) -> None:
        async with connected(stage.port) as first, connected(stage.port) as second:
            await stage.fill(first)
            await second.send(get("late"))
            await stage.waiting(1)
            queue = stage.admission._queues[Kind.PUBLIC]  # noqa: SLF001  the ticket is what the test watches
            [ticket] = [each for line in queue._waiting.values() for each in line]  # noqa: SLF001
            assert isinstance(ticket.begin, partial)
            left.append(weakref.ref(ticket.begin.args[1]))
            del ticket
            if ending == "refused":
                await second.answer()
        await stage.waiting(0)
        await until(lambda: left[0]() is None)

    gc.disable()
    try:
        play(act, patience=SHORT if ending == "refused" else LONG)
    finally:
        gc.enable()
