"""A PostgreSQL of one test's own, which may be stopped and killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres_server import PostgresServer

TRIES = 20


class PrivatePostgres(PostgresServer):
    """A server that nobody else depends on; its data outlives its processes."""

    def halt(self) -> None:
        """End it in good order, whoever is connected."""
        self._run("pg_ctl", "stop", "--wait", "-D", str(self.data), "-m", "fast")

    def kill(self) -> None:
        """``kill -9`` every process of it, each by its id."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for pid in (self._postmaster, *others_of(connection)):
                signal_if_there(pid, signal.SIGKILL)
        # They name a process that is dead, but that may still be waiting to be buried.
        for file in (self.data / "postmaster.pid", *self.directory.glob(".s.PGSQL.*.lock")):
            file.unlink(missing_ok=True)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop every process of it during the block: none answers, and the kernel takes what they are sent."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            pids = self._postmaster, *others_of(connection)
        for pid in pids:
            signal_if_there(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                signal_if_there(pid, signal.SIGCONT)

    def resume(self) -> None:
        """Start it again over the same data, as soon as nothing of the old one is left."""
        for left in reversed(range(TRIES)):
            try:
                self._run("pg_ctl", "start", "--wait", "-D", str(self.data), "-l", str(self.directory / "log"))
            except RuntimeError:
                if not left:
                    raise
            else:
                return

    @property
    def _postmaster(self) -> int:
        return int(Path(self.data / "postmaster.pid").read_text().split()[0])


def others_of(connection: psycopg.Connection[Any]) -> list[int]:
    """The server's processes but for the first, and for the one that answers here."""
    rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
    return [pid for (pid,) in rows]


def signal_if_there(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
