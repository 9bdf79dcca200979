"""A wire to PostgreSQL that falls silent at COMMIT: before the server hears of it, or before its answer is told."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote, urlsplit

# With the NUL that ends it: the level of a transaction is called READ COMMITTED.
COMMIT = b"COMMIT\0"
SOCKET = ".s.PGSQL.5432"


class Silence(Enum):
    """What is swallowed, with all that comes after it on that connection."""

    NOTHING = "nothing"
    COMMIT = "the word of the caller"
    ANSWER = "the answer of the server"


class SilentWire:
    """Stands between the register and a server, at an address of its own."""

    def __init__(self, url: str, directory: Path) -> None:
        parts = urlsplit(url)
        self._server = parts.query.removeprefix("host=").replace("%2F", "/")
        self.url = parts._replace(query=f"host={quote(str(directory), safe='')}").geturl()
        self.silence = Silence.NOTHING
        self.committed = Event()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(directory / SOCKET))
        self._door.listen()
        self._ends: list[socket.socket] = [self._door]

    @contextmanager
    def open(self) -> Iterator["SilentWire"]:
        """Carry what is said during the block."""
        greeting = Thread(target=self._greet)
        greeting.start()
        try:
            yield self
        finally:
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            greeting.join()

    def _greet(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._door.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(f"{self._server}/{SOCKET}")
                self._ends += [caller, server]
                is_silent = Event()
                for carry in (self._to_server, self._to_caller):
                    Thread(target=carry, args=(caller, server, is_silent)).start()

    def _to_server(self, caller: socket.socket, server: socket.socket, is_silent: Event) -> None:
        def pass_on(heard: bytes) -> None:
            if COMMIT in heard and self.silence is not Silence.NOTHING:
                is_silent.set()
                if self.silence is Silence.COMMIT:
                    return
            server.sendall(heard)

        _carry(caller, server, pass_on)

    def _to_caller(self, caller: socket.socket, server: socket.socket, is_silent: Event) -> None:
        def pass_on(heard: bytes) -> None:
            if not is_silent.is_set():
                caller.sendall(heard)
            elif COMMIT in heard:
                self.committed.set()

        _carry(server, caller, pass_on)


def _carry(source: socket.socket, target: socket.socket, pass_on: Callable[[bytes], None]) -> None:
    with suppress(OSError):
        while heard := source.recv(65536):
            pass_on(heard)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
