"""The server's protocol on a real connection: how long a request may take to arrive."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from app.connections.protocol import HEAD_BYTES
from app.connections.protocol import Connection as Protocol
from tests.web.wire import PING, connected, served

LIMIT = 0.4


class Hurried(Protocol):
    arrival_limit = LIMIT


class Full(Protocol):
    requests_limit = 0


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    with served(app, Hurried) as found:
        yield found


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\r\n",
        b"GET /_ping HT",
        b"GET /_ping HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nX-Slow: ",
        b"POST /v1/samples/loose HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 10\r\n\r\n{",
    ],
)
def test_a_connection_that_stalls_is_dropped_after_the_limit(port: int, start: bytes) -> None:
    async def stall() -> float:
        async with connected(port) as connection:
            await connection.send(start)
            return await connection.seconds_to_end()

    assert LIMIT * 0.9 < asyncio.run(stall()) < LIMIT * 5


def test_a_stray_byte_after_an_answer_does_not_keep_the_connection(port: int) -> None:
    async def stall() -> tuple[int, float]:
        async with connected(port) as connection:
            await connection.send(PING)
            status, _ = await connection.answer()
            await connection.send(b"\r\n")
            return status, await connection.seconds_to_end()

    status, seconds = asyncio.run(stall())
    assert status == 200
    assert LIMIT * 0.9 < seconds < LIMIT * 5


def test_after_an_answer_the_longer_keep_alive_limit_rules(port: int) -> None:
    async def rest() -> tuple[int, bool, int]:
        async with connected(port) as connection:
            await connection.send(PING)
            first, _ = await connection.answer()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(connection.reader.read(1), LIMIT * 2)
            is_open = not connection.reader.at_eof()
            await connection.send(PING)
            second, _ = await connection.answer()
            return first, is_open, second

    assert asyncio.run(rest()) == (200, True, 200)


def test_pipelined_requests_are_answered_in_their_order(port: int) -> None:
    async def ask() -> list[int]:
        async with connected(port) as connection:
            await connection.send(PING + PING.replace(b"_ping", b"nothing") + PING)
            return [(await connection.answer())[0] for _ in range(3)]

    assert asyncio.run(ask()) == [200, 404, 200]


def test_a_head_without_end_is_cut_off(port: int) -> None:
    async def flood() -> float:
        async with connected(port) as connection:
            with contextlib.suppress(ConnectionError):
                await connection.send(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (HEAD_BYTES + 70_000))
            return await connection.seconds_to_end()

    assert asyncio.run(flood()) < LIMIT * 0.9


def test_what_is_no_http_is_answered_with_a_problem(port: int) -> None:
    async def babble() -> tuple[int, bytes]:
        async with connected(port) as connection:
            await connection.send(b"\x16\x03\x01 what\r\n\r\n")
            return await connection.answer()

    status, body = asyncio.run(babble())
    assert status == 400
    assert b'"code":"malformed-body"' in body


def test_a_request_too_many_is_turned_away_with_a_problem(app: FastAPI) -> None:
    async def ask(port: int) -> tuple[int, bytes]:
        async with connected(port) as connection:
            await connection.send(PING.replace(b"/_ping", b"/v1"))
            return await connection.answer()

    with served(app, Full) as port:
        status, body = asyncio.run(ask(port))

    assert status == 503
    assert b'"code":"unavailable"' in body
