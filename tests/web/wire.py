"""Real connections to a server within the process, byte by byte."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from threading import Thread
from typing import Any

import uvicorn

from app.connections.pot import Pot
from app.connections.protocol import Connection as Protocol
from app.serving import configuration
from app.settings import Settings

NOBODY_EXEMPT = Settings(forwarded_allow_ips="10.0.0.1")
PING = b"GET /_ping HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"


@contextlib.contextmanager
def served(
    app: Any,
    protocol: type[Protocol] = Protocol,
    pot: type[Pot] = Pot,
    *,
    settings: Settings = NOBODY_EXEMPT,
) -> Iterator[int]:
    """The port at which an application is served."""
    config = configuration(app, settings, host="127.0.0.1", port=0, protocol=protocol, pot=pot)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


class Connection:
    """One connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        named = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        return int(head.split(b" ")[1]), await self.reader.readexactly(int(named.get(b"content-length", 0)))

    async def is_ended(self) -> bool:
        """Whether the server has closed the connection by now."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            return await asyncio.wait_for(self.reader.read(1), 0.01) == b""
        return self.reader.exception() is not None

    async def seconds_to_end(self) -> float:
        """How long the server keeps the connection while nothing more is sent."""
        clock = asyncio.get_running_loop().time
        started = clock()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.reader.read(), 8)
        return clock() - started


@contextlib.asynccontextmanager
async def connected(port: int, address: str = "127.0.0.1") -> AsyncIterator[Connection]:
    """A connection from an address of the loopback."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
