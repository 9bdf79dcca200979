"""The server on real connections: other protocols, other targets, callers who do not read, and too many of them."""

import asyncio
import contextlib
import json
import logging
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable
from contextlib import AsyncExitStack
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from app.connections.pot import Pot
from app.connections.protocol import HEAD_BYTES, PARSED_AT_ONCE
from app.connections.protocol import Connection as Protocol
from app.serving import KEEP_ALIVE_SECONDS, configuration
from tests.web.wire import NOBODY_EXEMPT, PING, Connection, connected, served

HOST = b"Host: 127.0.0.1:8000\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
WEBSOCKET = b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
OFFERS = pytest.mark.parametrize("offer", [b"", H2C, WEBSOCKET], ids=["none", "h2c", "websocket"])
BODY = b'{"title": "one", "unknown": 1}'
CURL = (
    *("-H", "Host: 127.0.0.1:8000", "-H", "Authorization: Bearer alice", "-H", "Content-Type: application/json"),
    *("-o", "/dev/null", "-w", "%{http_code} %{http_version}"),
)
GARBAGE = b"no HTTP\r\n\r\n"
ASK = PING.replace(b"/_ping", b"/answers")
CLOSING = ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
LARGE = 1024 * 1024
SECONDS = 10


def post(offer: bytes, body: bytes = BODY) -> bytes:
    """A POST of a document with a member too many."""
    length = b"Content-Length: %d\r\n" % len(body)
    named = HOST + offer + b"Authorization: Bearer alice\r\nContent-Type: application/json\r\n" + length
    return b"POST /v1/samples/loose HTTP/1.1\r\n" + named + b"\r\n" + body


def chunked(offer: bytes) -> bytes:
    whole = post(offer).replace(b"Content-Length: %d" % len(BODY), b"Transfer-Encoding: chunked")
    return whole.replace(BODY, b"a\r\n" + BODY[:10] + b"\r\n%x\r\n" % len(BODY[10:]) + BODY[10:] + b"\r\n0\r\n\r\n")


def conversation(port: int, pieces: list[bytes], answers: int) -> list[tuple[int, bytes]]:
    """Send piece by piece on one connection, and read so many answers."""

    async def speak() -> list[tuple[int, bytes]]:
        async with connected(port) as connection:
            for piece in pieces:
                await connection.send(piece)
            return [await connection.answer() for _ in range(answers)]

    return asyncio.run(speak())


def ends(port: int, sent: bytes) -> list[int]:
    """The statuses of all answers until the server closes."""

    async def speak() -> bytes:
        async with connected(port) as connection:
            await connection.send(sent)
            return await asyncio.wait_for(connection.reader.read(), SECONDS)

    return [int(part[:3]) for part in asyncio.run(speak()).split(b"HTTP/1.1 ")[1:]]


# --- offers of other protocols ------------------------------------------------------------------


@OFFERS
@pytest.mark.parametrize("write", [post, chunked], ids=["length", "chunked"])
def test_an_offer_of_another_protocol_is_declined_and_the_body_read(
    app: FastAPI, offer: bytes, write: Callable[[bytes], bytes]
) -> None:
    with served(app) as port:
        (status, body), (next_status, _) = conversation(port, [write(offer) + PING], 2)

    assert (status, json.loads(body)["code"], next_status) == (422, "invalid-document", 200)
    assert json.loads(body)["errors"] == [
        {"pointer": "/unknown", "detail": "Is not known here. The members here are title."}
    ]


@OFFERS
def test_an_offer_that_arrives_byte_by_byte_is_declined_as_well(app: FastAPI, offer: bytes) -> None:
    whole = post(offer)

    with served(app) as port:
        answers = conversation(port, [whole[place : place + 1] for place in range(len(whole))] + [PING], 2)

    assert [status for status, _ in answers] == [422, 200]


@OFFERS
def test_requests_without_a_body_may_offer_another_protocol(app: FastAPI, offer: bytes) -> None:
    ask = PING.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n")

    with served(app) as port:
        answers = conversation(port, [ask * 3], 3)

    assert [status for status, _ in answers] == [200] * 3


def test_a_body_that_comes_after_an_offer_can_be_waited_for(app: FastAPI) -> None:
    head = post(H2C + b"Expect: 100-continue\r\n").removesuffix(BODY)

    async def speak(port: int) -> tuple[bytes, int]:
        async with connected(port) as connection:
            await connection.send(head)
            asked = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), SECONDS)
            await connection.send(BODY)
            return asked, (await connection.answer())[0]

    with served(app) as port:
        assert asyncio.run(speak(port)) == (b"HTTP/1.1 100 Continue\r\n\r\n", 422)


def test_a_tunnel_cannot_be_read_as_http(app: FastAPI) -> None:
    with served(app) as port:
        assert ends(port, b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + HOST + b"\r\n" + PING) == [400]


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_gets_the_same_answer_whatever_it_offers(app: FastAPI, version: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.fail("curl is needed: the package is called curl everywhere")
    with served(app) as port:
        said = subprocess.run(
            [curl, "-sS", version, *CURL, "--data-binary", BODY, f"http://127.0.0.1:{port}/v1/samples/loose"],
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )

    assert said.stdout == b"422 1.1"


# --- targets and probes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://127.0.0.1:8000/v1", b"127.0.0.1:8000", 200),
        (b"HTTP://127.0.0.1/v1", b"127.0.0.1", 200),
        (b"https://127.0.0.1/v1", b"elsewhere.example", 200),
        (b"http://127.0.0.1/v1?colour=red", b"127.0.0.1", 400),
        (b"http://127.0.0.1", b"127.0.0.1", 303),
        (b"http://elsewhere.example/v1", b"127.0.0.1", 400),
        (b"http://elsewhere.example", b"127.0.0.1", 400),
        (b"http://127.0.0.1@elsewhere.example/v1", b"127.0.0.1", 400),
        (b"http:///v1", b"127.0.0.1", 400),
        (b"ftp://127.0.0.1/v1", b"127.0.0.1", 400),
        (b"/v1", b"127.0.0.1", 200),
        (b"/v1", b"elsewhere.example", 400),
    ],
)
def test_a_target_may_name_this_host_only(app: FastAPI, target: bytes, host: bytes, status: int) -> None:
    with served(app) as port:
        [(found, body)] = conversation(port, [b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"], 1)

    assert found == status
    if status == 400:
        assert json.loads(body)["code"] == ("invalid-parameter" if b"?" in target else "unknown-host")


@pytest.mark.parametrize("path", [b"/_ping", b"/_status"])
@pytest.mark.parametrize(
    "rest", [b" HTTP/1.1\r\nHost: 10.0.0.5:8000\r\n\r\n", b" HTTP/1.0\r\n\r\n", b" HTTP/1.1\r\n\r\n"]
)
def test_a_probe_is_answered_whatever_the_host(app: FastAPI, path: bytes, rest: bytes) -> None:
    with served(app) as port:
        [(status, body)] = conversation(port, [b"GET " + path + rest], 1)

    assert status in {200, 503}
    assert json.loads(body)["status"] in {"pass", "fit", "unfit"}


# --- callers who do not read --------------------------------------------------------------------


class LargeAnswers:
    """An application whose answers the kernel cannot take in whole. It counts how many it has begun."""

    def __init__(self) -> None:
        self.begun = 0

    async def __call__(self, _: Any, __: Any, send: Any) -> None:
        self.begun += 1
        length = [(b"content-length", str(LARGE).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"x" * (LARGE // 2), "more_body": True})
        await send({"type": "http.response.body", "body": b"x" * (LARGE // 2)})


class PlainAnswers:
    """An application whose answers are as long as it is told, each sent in one piece."""

    def __init__(self, length: int) -> None:
        self.begun, self.body, self.answered = 0, b"x" * length, Event()

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        await receive()
        length = [(b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": self.body})
        self.answered.set()


def answering(app: FastAPI, answers: Any) -> FastAPI:
    """The application with one more address, where these answers come from."""
    app.router.routes.insert(0, Route("/answers", answers))
    return app


class Ending(Protocol):
    """It says when a connection has ended."""

    ended: Event

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.ended.set()


class Impatient(Pot):
    unread_limit = 0.3


def ending() -> type[Ending]:
    return type("Ended", (Ending,), {"ended": Event()})


async def wait_for(event: Event) -> None:
    """Until it is set. The test's own loop goes on."""
    assert await asyncio.to_thread(event.wait, SECONDS)


def few_bytes_at_a_time(port: int) -> socket.socket:
    """A caller that takes little before it reads."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    return made


@pytest.mark.parametrize("last", [ASK, ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), b"no HTTP\r\n\r\n"])
def test_who_does_not_read_is_dropped_and_nothing_more_is_computed(
    app: FastAPI, last: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answers, protocol = LargeAnswers(), ending()

    with (
        served(answering(app, answers), protocol, Impatient) as port,
        few_bytes_at_a_time(port) as caller,
        caplog.at_level(logging.WARNING),
    ):
        caller.sendall(ASK * 200 + last)
        assert protocol.ended.wait(SECONDS)

    assert answers.begun == 1
    assert caplog.records == []


@pytest.mark.parametrize("first", [1, 4])
def test_a_request_is_not_begun_before_the_last_answer_is_read(app: FastAPI, first: int) -> None:
    answers, protocol = PlainAnswers(LARGE), ending()

    with served(answering(app, answers), protocol, Impatient) as port, few_bytes_at_a_time(port) as caller:
        caller.sendall(ASK * first)
        assert answers.answered.wait(SECONDS)
        caller.sendall(ASK * 3)
        assert protocol.ended.wait(SECONDS)

    assert answers.begun == 1


def test_who_closes_without_reading_is_not_waited_for(app: FastAPI) -> None:
    answers, protocol = LargeAnswers(), ending()

    with served(answering(app, answers), protocol, Impatient) as port, few_bytes_at_a_time(port) as caller:
        caller.sendall(CLOSING)
        assert protocol.ended.wait(SECONDS)

    assert answers.begun == 1


def test_who_reads_late_gets_every_answer_in_order(app: FastAPI) -> None:
    answers, number = LargeAnswers(), 3 * PARSED_AT_ONCE // len(ASK)

    async def speak(port: int) -> list[tuple[int, int]]:
        async with connected(port) as connection:
            await connection.send(ASK * number)
            whole = [await connection.answer() for _ in range(number)]
            return [(status, len(body)) for status, body in whole]

    with served(answering(app, answers)) as port:
        assert asyncio.run(speak(port)) == [(200, LARGE)] * number
    assert answers.begun == number


def test_requests_that_are_longer_than_what_the_server_reads_at_once_are_all_answered(app: FastAPI) -> None:
    answers, number = PlainAnswers(2), 6000

    async def speak(port: int) -> int:
        async with connected(port) as connection:
            connection.writer.write(ASK * number)
            return sum([(await connection.answer())[0] == 200 for _ in range(number)])

    with served(answering(app, answers)) as port:
        assert asyncio.run(speak(port)) == number
    assert answers.begun == number


def test_who_reads_slowly_is_not_dropped(app: FastAPI) -> None:
    answers, protocol = LargeAnswers(), ending()

    with served(answering(app, answers), protocol, Impatient) as port, few_bytes_at_a_time(port) as caller:
        caller.sendall(ASK)
        slices = 0
        while not protocol.ended.wait(Impatient.unread_limit / 3) and slices < 8:
            slices += 1
            assert caller.recv(LARGE // 16, socket.MSG_WAITALL)

    assert slices == 8


# --- callers who hang up ------------------------------------------------------------------------


class WaitingAnswers:
    """An application that answers only when it is told to."""

    def __init__(self) -> None:
        self.begun, self.answers, self.answered = Event(), Event(), Event()

    async def __call__(self, _: Any, __: Any, send: Any) -> None:
        self.begun.set()
        await wait_for(self.answers)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        self.answered.set()


def hang_up(caller: socket.socket) -> None:
    """Without a farewell."""
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.close()


@pytest.mark.parametrize("leave", [hang_up, socket.socket.close])
@pytest.mark.parametrize("number", [1, 2, 60])
def test_a_caller_who_hangs_up_leaves_no_trace(
    app: FastAPI, leave: Callable[[socket.socket], None], number: int, caplog: pytest.LogCaptureFixture
) -> None:
    answers, protocol = WaitingAnswers(), ending()

    with caplog.at_level(logging.WARNING), served(answering(app, answers), protocol) as port:
        caller = socket.create_connection(("127.0.0.1", port))
        caller.sendall(ASK * number)
        assert answers.begun.wait(SECONDS)
        leave(caller)
        answers.answers.set()
        assert answers.answered.wait(SECONDS)
        assert protocol.ended.wait(SECONDS)

    assert caplog.records == []


def test_a_caller_who_hangs_up_in_a_body_leaves_no_trace(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    protocol = ending()

    with caplog.at_level(logging.WARNING), served(app, protocol) as port:
        caller = socket.create_connection(("127.0.0.1", port))
        caller.sendall(post(H2C)[:-1])
        hang_up(caller)
        assert protocol.ended.wait(SECONDS)

    assert caplog.records == []


def test_a_whole_request_before_garbage_is_answered_and_then_the_connection_ends(app: FastAPI) -> None:
    with served(app) as port:
        assert ends(port, PING * 2 + GARBAGE) == [200, 200]
        assert ends(port, chunked(b"").replace(b"\r\na\r\n", b"\r\nzz\r\n")) == [400]


# --- too many -----------------------------------------------------------------------------------


class SmallPot(Pot):
    limit = 40


def test_dripping_connections_of_many_addresses_keep_nobody_out(app: FastAPI) -> None:
    drip = PING[:-1]

    async def speak(port: int) -> tuple[list[int], int]:
        drips: list[Connection] = []
        statuses = []
        async with AsyncExitStack() as stack:
            for number in range(150):
                each = await stack.enter_async_context(connected(port, f"127.0.0.{2 + number % 20}"))
                await each.send(drip)
                drips.append(each)
                if number % 3 == 0:
                    good = await stack.enter_async_context(connected(port, "127.0.0.50"))
                    await good.send(PING)
                    statuses.append((await good.answer())[0])
            dropped = [each for each in drips if await each.is_ended()]
        return statuses, len(dropped)

    with served(app, pot=SmallPot) as port:
        statuses, dropped = asyncio.run(speak(port))

    assert statuses == [200] * 50
    assert dropped >= 150 - SmallPot.limit


def test_an_idle_connection_is_kept_longer_than_a_proxy_keeps_it(app: FastAPI) -> None:
    config = configuration(app, NOBODY_EXEMPT, host="127.0.0.1", port=0)

    assert (config.timeout_keep_alive, KEEP_ALIVE_SECONDS) == (75, 75)


# --- bodies in chunks ---------------------------------------------------------------------------

LOOSE = b"POST /v1/samples/loose HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
IN_CHUNKS = LOOSE + b"Transfer-Encoding: chunked\r\n\r\n"


def pieces(content: bytes, size: int) -> bytes:
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n"


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (pieces(b"[" + b"1," * 2_000 + b"1]", 1) + b"\r\n", [401]),
        (pieces(b"[" + b"1," * 100_000 + b"1]", 8) + b"\r\n", [401]),
        (pieces(BODY, 100) + b"X-Sum: " + b"a" * 8_000 + b"\r\n\r\n", [401]),
        (pieces(b"[" + b"1," * 20_000 + b"1]", 1) + b"\r\n", [400]),
        (pieces(BODY, 100) + b"X: " + b"a" * 1_000_000, [400]),
        (pieces(BODY, 100) + b"X: a\r\n" * 10_000, [400]),
        (b"1;x=" + b"a" * 100_000 + b"\r\n1\r\n0\r\n\r\n", [400]),
    ],
    ids=["few small chunks", "chunks of eight", "a trailer", "small chunks", "a long trailer", "trailers", "extension"],
)
def test_what_surrounds_a_body_in_chunks_is_bounded(app: FastAPI, sent: bytes, statuses: list[int]) -> None:
    end = b"" if statuses == [400] else b"GET /_ping HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    with served(app) as port:
        with contextlib.suppress(ConnectionError):
            found = ends(port, IN_CHUNKS + sent + end)
            assert found == (statuses if statuses == [400] else [*statuses, 200])
        [(status, _)] = conversation(port, [PING], 1)

    assert status == 200


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"identity"])
def test_a_body_in_another_coding_is_refused(app: FastAPI, coding: bytes) -> None:
    with served(app) as port:
        assert ends(port, LOOSE + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n") == [400]


@pytest.mark.parametrize("hosts", [b"", b"Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n"])
def test_a_target_that_names_a_host_does_not_stand_for_a_missing_or_a_doubled_one(app: FastAPI, hosts: bytes) -> None:
    with served(app) as port:
        [(status, _)] = conversation(port, [b"GET http://127.0.0.1/v1 HTTP/1.1\r\n" + hosts + b"\r\n"], 1)

    assert status == 400


# --- what is allowed but seldom -----------------------------------------------------------------


def test_who_has_said_all_may_still_read_the_answers_to_whole_requests(app: FastAPI) -> None:
    async def speak(port: int, sent: bytes) -> bytes:
        async with connected(port) as connection:
            await connection.send(sent)
            connection.writer.write_eof()
            return await asyncio.wait_for(connection.reader.read(), SECONDS)

    with served(app) as port:
        whole, half = asyncio.run(speak(port, post(b"") + PING)), asyncio.run(speak(port, post(b"")[:-1]))

    assert [part[:3] for part in whole.split(b"HTTP/1.1 ")[1:]] == [b"422", b"200"]
    assert half == b""


def test_options_of_the_whole_server_name_all_methods(app: FastAPI) -> None:
    async def speak(port: int) -> list[bytes]:
        async with connected(port) as connection:
            await connection.send(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n")
            head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), SECONDS)
            return head.split(b"\r\n")

    with served(app) as port:
        first, *headers = asyncio.run(speak(port))

    assert first.split()[1] == b"204"
    assert b"allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT" in headers


def test_nobody_who_speaks_the_older_http_is_told_to_go_on(app: FastAPI) -> None:
    older = post(b"Expect: 100-continue\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")

    with served(app) as port:
        assert ends(port, older) == [422]


def test_a_head_that_is_much_too_long_is_answered(app: FastAPI) -> None:
    with served(app) as port:
        assert ends(port, PING.removesuffix(b"\r\n") + b"X: " + b"a" * HEAD_BYTES) == [431]
