"""Readers and writers without pause, each of whose answers is noted with the time it took."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

from httpx2 import Response

from tests.crash.server import Server
from tests.crash.writers import Writer

LIST, STATUS, PING = "/v1/approvals", "/_status", "/_ping"
BETWEEN_LOOKS = 0.05


class Asked(NamedTuple):
    """One question: what, when, for how long, and how it was answered."""

    what: str
    began: float
    seconds: float
    status: int

    @property
    def ended(self) -> float:
        return self.began + self.seconds


@dataclass
class TimedWriter(Writer):
    """A writer that notes its answers, and goes on after those that tell it to come back."""

    asked: list[Asked] = field(default_factory=list)

    def write_until(self, over: Event) -> None:
        while not over.is_set():
            answer = self._ask()
            if answer.status_code != 503:
                self._take(answer)

    def _ask(self) -> Response:
        answer, asked = timed("write", super()._ask)
        self.asked.append(asked)
        return answer


@dataclass
class Load:
    """Everybody who asks a server at once."""

    server: Server
    writers: list[TimedWriter]
    reads: dict[str, Callable[[], Response]]
    asked: list[Asked] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @contextmanager
    def running(self, readers: int) -> Iterator[None]:
        """Ask without pause during the block, and look at the two probes beside it."""
        kinds = list(self.reads)
        with ThreadPoolExecutor(readers + len(self.writers) + 2) as pool:
            threads = [pool.submit(writer.write_until, self.over) for writer in self.writers]
            threads += [pool.submit(self._read, kinds[place % len(kinds)], 0) for place in range(readers)]
            threads += [pool.submit(self._read, probe, BETWEEN_LOOKS) for probe in (STATUS, PING)]
            try:
                yield
            finally:
                self.over.set()
        for thread in threads:
            thread.result()

    def since(self, what: str, began: float, ended: float) -> list[Asked]:
        """What was under way at some time between two instants."""
        everything = [*self.asked, *(each for writer in self.writers for each in writer.asked)]
        return [each for each in everything if each.what == what and each.began < ended and each.ended > began]

    def first_good(self, what: str, since: float) -> float:
        """After how many seconds the first good answer came; waits for it, so it is asked while the load runs."""
        until = time.monotonic() + 60
        while not (good := [each.ended for each in self.since(what, since, float("inf")) if each.status < 300]):
            assert time.monotonic() < until, f"{what} was not answered well within a minute"
            self.over.wait(BETWEEN_LOOKS)
        return min(good) - since

    def _read(self, what: str, pause: float) -> None:
        ask = self.reads.get(what) or (lambda: self.server.http.get(what))
        while not self.over.wait(pause):
            self.asked.append(timed(what, ask)[1])


def timed(what: str, ask: Callable[[], Response]) -> tuple[Response, Asked]:
    began = time.monotonic()
    answer = ask()
    return answer, Asked(what, began, time.monotonic() - began, answer.status_code)


def longest(asked: list[Asked]) -> float:
    return max(each.seconds for each in asked)
