"""Systems that write without pause until the server is gone, and then go on where they were."""

import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue
from typing import Any, NamedTuple

from httpx2 import Response, TransportError
from sqlalchemy import func, select

from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import Application, LogEntry
from tests.crash.server import Caller
from tests.world import ATTRIBUTION, application

ROUND = "crash"


class Acknowledged(NamedTuple):
    """A write that a system was told is done."""

    reference: str
    log_index: int
    leaf: str


@dataclass
class Wish:
    """A write that a system wants done; it is sent with the same key until there is an answer."""

    path: str
    body: Any
    key: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Writer:
    """A system that submits an application of its one CCG, withdraws it, submits the next."""

    ods_code: str
    caller: Caller
    done: Queue[Acknowledged]
    wish: Wish = field(init=False)
    created: int = 0

    def __post_init__(self) -> None:
        self.wish = self._creation()

    def write(self) -> None:
        """Write until the server is gone or cannot answer; what was not answered stays wished for."""
        while True:
            try:
                answer = self._ask()
            except TransportError:
                return
            if answer.status_code == 503:
                assert answer.headers["retry-after"] == "1"
                return
            self._take(answer)

    def finish(self) -> None:
        """Have the last wish done."""
        self._take(self._ask())

    def _ask(self) -> Response:
        return self.caller.post(self.wish.path, self.wish.body, Idempotency_Key=self.wish.key)

    def _take(self, answer: Response) -> None:
        assert answer.status_code in {200, 201}, answer.text
        written = answer.json()
        receipt = written["receipt"]
        self.done.put(Acknowledged(written["reference"], receipt["logIndex"], receipt["leafHash"]))
        if answer.status_code == 201:
            self.created += 1
            self.wish = Wish(f"/v1/applications/{written['reference']}/withdrawal", {"attribution": ATTRIBUTION})
        else:
            self.wish = self._creation()

    def _creation(self) -> Wish:
        return Wish("/v1/applications", application(self.ods_code, round_id=ROUND))


@contextmanager
def writing(writers: Iterable[Writer]) -> Iterator[None]:
    """Let the writers write beside what is done here; they must be gone at the end, with the server."""
    with ThreadPoolExecutor(8) as pool:
        threads = [pool.submit(writer.write) for writer in writers]
        yield
    for thread in threads:
        thread.result()


def drained(queue: Queue[Acknowledged]) -> list[Acknowledged]:
    """Everything in a queue that nobody writes to any more."""
    return [queue.get() for _ in range(queue.qsize())]


def missing(database: Database, acknowledged: Iterable[Acknowledged]) -> list[Acknowledged]:
    """Those acknowledged writes that the log does not have, entry for entry and leaf for leaf."""
    table = table_of(LogEntry)
    with database.reading() as session:
        rows = session.connection().execute(select(table.c.reference, table.c.index, table.c.leaf)).all()
    there = {Acknowledged(reference, index, leaf.hex()) for reference, index, leaf in rows}
    return [each for each in acknowledged if each not in there]


def applications_of(database: Database) -> int:
    """How many applications the round has."""
    table = table_of(Application)
    with database.reading() as session:
        counted = select(func.count()).where(table.c.round_id == ROUND)
        return session.connection().execute(counted).scalar_one()
