"""Writers take turns: first come, first served, and nobody is refused while everybody writes."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Thread
from time import monotonic

from app.records import ledger
from app.records.entries.log import LogOpened
from app.records.session import Database
from app.records.turns import Turns

AT = datetime(2014, 12, 15, 12, 0, tzinfo=UTC)
WRITERS = 8
# Whoever is not served within the patience is refused: they write for longer than that.
PATIENCE_SECONDS, WRITING_SECONDS = 0.75, 1.5


def test_who_came_first_is_served_first_also_before_who_releases_and_comes_again() -> None:
    turns, served = Turns(), list[str]()

    def serve(name: str) -> None:
        turns.acquire(5)
        served.append(name)
        turns.release()

    turns.acquire(5)
    waiting = [Thread(target=serve, args=[name]) for name in "abc"]
    for each in waiting:
        queued = len(turns._waiting)  # noqa: SLF001  the queue is what the test waits for
        each.start()
        while len(turns._waiting) == queued:  # noqa: SLF001
            pass
    turns.release()
    serve("again")
    for each in waiting:
        each.join()

    assert served == ["a", "b", "c", "again"]


def test_a_turn_that_does_not_come_in_time_is_given_up_and_passed_over() -> None:
    turns = Turns()
    turns.acquire(1)
    is_refused = not turns.acquire(0.01)
    turns.release()

    assert (is_refused, turns.acquire(0.01)) == (True, True)


def test_eight_threads_that_write_without_pause_write_about_as_often_and_none_is_refused(database: Database) -> None:
    start, written = Barrier(WRITERS), Counter[int]()

    def write(number: int) -> None:
        start.wait()
        until = monotonic() + WRITING_SECONDS
        while monotonic() < until:
            with database.writing(PATIENCE_SECONDS) as session:
                ledger.append(session, [LogOpened()], at=AT)
            written[number] += 1

    with ThreadPoolExecutor(WRITERS) as pool:
        for each in [pool.submit(write, number) for number in range(WRITERS)]:
            each.result()

    assert len(written) == WRITERS
    assert max(written.values()) <= 2 * min(written.values())
