"""PostgreSQL with a deadline for each answer, kept in this process.

A server that is stopped but not dead goes on acknowledging what it is sent, because its kernel does that. So neither
the network's time limits nor the server's own help. A connection that does not answer in time is closed, and never
used again.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.waiting import READY_R
from sqlalchemy import Engine, create_engine, event

# A caller is answered within two seconds. It may have waited for its place for half a second before.
ANSWER_SECONDS = 1.3
POOL_SECONDS = 1.0
TICK_SECONDS = 0.1
# So that a server that comes back does not first have to greet hundreds of callers that have gone.
CONNECTING_AT_ONCE = 8

# For cut networks: the kernel gives up. An address may say otherwise.
NETWORK = {
    "connect_timeout": 2,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}

T = TypeVar("T")
Y = TypeVar("Y")


class NoAnswer(psycopg.OperationalError):
    """The server did not answer in time."""


class Waiting:
    """For how long a thread waits for PostgreSQL: so many seconds for an answer, then as many for the next."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """There was an answer, so the server lives."""
        self._until = monotonic() + self._seconds

    @property
    def left(self) -> float:
        """How many seconds are left, at least 0."""
        return max(0.0, self._until - monotonic())


_waiting: ContextVar[Waiting | None] = ContextVar("waiting", default=None)


@contextmanager
def waiting(seconds: float) -> Iterator[None]:
    """Wait for at most so many seconds for each answer during the block, and for a connection before the first.

    Outside such a block nothing is given up: a migration may take its time.
    """
    before = _waiting.get()
    _waiting.set(Waiting(seconds))
    try:
        yield
        if before is not None:
            before.renew()
    finally:
        _waiting.set(before)


class Connection(psycopg.Connection[Any]):
    """A connection that is given up if the server does not answer in time."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Self]:
        """Connect. The driver's own limit is never below two seconds."""
        return _limited(super()._connect_gen(conninfo), _waiting.get())

    def wait(self, gen: PQGen[T], interval: float = TICK_SECONDS, timeout: float | None = None) -> T:
        """Wait for an answer: every round trip goes through here, COMMIT and ROLLBACK too."""
        limit = _waiting.get()
        if limit is None:
            return super().wait(gen, interval, timeout)
        try:
            found = super().wait(_limited(gen, limit, renews=True), interval, timeout)
        except NoAnswer:
            self.close()
            raise
        limit.renew()
        return found


def _limited(work: Generator[Y, Any, T], limit: Waiting | None, *, renews: bool = False) -> Generator[Y, Any, T]:
    """The same work within a limit. The driver comes here whenever something has arrived, and ten times a second.

    A long answer may take its time, if it ``renews`` the limit with each part that arrives.
    """
    try:
        wanted = next(work)
        while True:
            ready = yield wanted
            if limit is not None:
                if renews and ready & READY_R:
                    limit.renew()
                elif not limit.left:
                    raise NoAnswer("no answer in time")
            wanted = work.send(ready)
    except StopIteration as done:
        found: T = done.value
        return found


class Servers:
    """The servers that an address names: one, or a primary and its standbys."""

    def __init__(self, address: str) -> None:
        """Raises ValueError if libpq cannot read the address."""
        self._each = each_server(address)
        self._places = BoundedSemaphore(CONNECTING_AT_ONCE)

    def connect(self) -> Connection:
        """Connect to the server that answered last, or else to the next that will.

        Raises psycopg.OperationalError. If time is short, each server has its share of it.
        """
        limit = _waiting.get()
        if not self._places.acquire(timeout=limit.left if limit else None):
            raise NoAnswer("others are connecting")
        try:
            return self._first_to_answer(limit)
        finally:
            self._places.release()

    def _first_to_answer(self, limit: Waiting | None) -> Connection:
        servers = self._each
        for position, server in enumerate(servers):
            share = limit.left / (len(servers) - position) if limit else None
            try:
                found = _connected(server, share)
            except psycopg.OperationalError:
                if position + 1 == len(servers):
                    raise
            else:
                self._each = [server, *servers[:position], *servers[position + 1 :]]
                return found
        raise AssertionError("an address names a server")


def _connected(server: str, seconds: float | None) -> Connection:
    if seconds is None:
        return Connection.connect(server)
    with waiting(seconds):
        return Connection.connect(server)


def each_server(address: str) -> list[str]:
    """What libpq needs to connect to each server that an address names. Raises ValueError if it cannot be read.

    If there are several, only one that takes writes is meant: a standby may be behind.
    """
    try:
        given = {**NETWORK, **conninfo_to_dict(address)}
    except psycopg.ProgrammingError as error:
        raise ValueError(str(error).strip()) from error
    lists = {name: str(given[name]).split(",") for name in ("host", "hostaddr", "port") if given.get(name)}
    number = max(map(len, lists.values()), default=1)
    if any(len(values) not in {1, number} for values in lists.values()):
        raise ValueError("names another number of ports than of hosts")
    if number > 1:
        given.setdefault("target_session_attrs", "read-write")
    return [
        make_conninfo("", **given | {name: values[at % len(values)] for name, values in lists.items()})
        for at in range(number)
    ]


def postgres_engine(address: str) -> Engine:
    """The pool of connections to an address. Raises ValueError if libpq cannot read it."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=Servers(address).connect,
        pool_pre_ping=True,
        pool_timeout=POOL_SECONDS,
        pool_size=10,
        max_overflow=30,
    )
    event.listen(engine, "handle_error", _forget_standby)
    return engine


def _forget_standby(context: Any) -> None:
    """A server that takes no writes any more has become a standby. Whoever connects anew finds the primary."""
    if isinstance(context.original_exception, ReadOnlySqlTransaction):
        context.is_disconnect = True
