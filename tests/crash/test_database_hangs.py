"""The database stopped but not dead: nobody waits for it for long, and it is used again as soon as it answers."""

import os
import time
from collections.abc import Iterator
from queue import Queue
from threading import Event

import pytest

from app.access.keys import Pair
from app.records.session import BUSY_SECONDS
from app.settings import Settings
from tests.crash.conftest import Serve, fill
from tests.crash.load import LIST, PING, STATUS, Load, TimedWriter, longest
from tests.crash.private_postgres import PrivatePostgres
from tests.crash.server import Server
from tests.crash.writers import Acknowledged, applications_of, drained, missing
from tests.postgres_server import make_run_directory
from tests.world import NORTH_WEST_LONDON

# ``make nightly-hanging`` has more of each.
READERS = int(os.environ.get("REGISTER_TEST_HANGING_READERS", "4"))
WRITERS = int(os.environ.get("REGISTER_TEST_HANGING_WRITERS", "2"))
HANGS_FOR_SECONDS = float(os.environ.get("REGISTER_TEST_HANGING_SECONDS", "4"))
NOBODY_WAITS_LONGER = 2
OWN = "/v1/applications"
# Each writer has a CCG of its own, since a CCG has one live application in a round.
SYSTEMS = [
    *(("hackney", "07T"), ("dudley", "05C"), ("stoke", "05W")),
    *(("north-west-london", code) for code in NORTH_WEST_LONDON),
]


@pytest.fixture
def postgres(settings: Settings, pairs: dict[str, Pair]) -> Iterator[PrivatePostgres]:
    own = PrivatePostgres(make_run_directory())
    own.ensure_started()
    fill(own.url, settings, pairs)
    yield own
    own.stop()


def writers_for(server: Server, number: int, done: "Queue[Acknowledged]") -> list[TimedWriter]:
    """So many writers, at most as many as there are CCGs with a system."""
    return [TimedWriter(code, server.system(name), done) for name, code in SYSTEMS[:number]]


def test_a_database_that_hangs_makes_nobody_hang(postgres: PrivatePostgres, serve: Serve) -> None:
    server, done = serve(postgres.url), Queue[Acknowledged]()
    server.start()
    server.wait_for(STATUS)
    hackney = server.system("hackney")
    load = Load(
        server,
        writers_for(server, WRITERS, done),
        {LIST: lambda: server.http.get(LIST), OWN: lambda: hackney.get(OWN)},
    )

    with load.running(READERS):
        acknowledged = [done.get(timeout=60) for _ in range(5 * WRITERS)]
        with postgres.stopped():
            stopped_at = time.monotonic()
            Event().wait(HANGS_FOR_SECONDS)
            back_at = time.monotonic()
        acknowledged += [done.get(timeout=60) for _ in range(10 * WRITERS)]
        back = {what: load.first_good(what, back_at) for what in (LIST, OWN, STATUS, "write")}
    for writer in load.writers:
        writer.finish()
    acknowledged += drained(done)

    during = {what: load.since(what, stopped_at, back_at) for what in (LIST, OWN, STATUS, PING, "write")}
    waited = {what: longest(asked) for what, asked in during.items()}
    told = {
        what: {each.status for each in asked if stopped_at < each.began and each.ended < back_at}
        for what, asked in during.items()
    }
    # The figures that a long run is for.
    print({"waited": waited, "back": back, "asked": {what: len(asked) for what, asked in during.items()}})  # noqa: T201
    assert max(waited[what] for what in (LIST, OWN, STATUS, PING)) <= NOBODY_WAITS_LONGER
    assert waited["write"] <= BUSY_SECONDS + NOBODY_WAITS_LONGER
    assert {status for what in (LIST, OWN, "write") for status in told[what]} == {503}
    assert told[PING] == {200}
    late = [each for each in during[STATUS] if stopped_at + NOBODY_WAITS_LONGER < each.began and each.ended < back_at]
    assert {each.status for each in late} == {503}
    assert max(back.values()) <= NOBODY_WAITS_LONGER
    assert [line for line in server.log.read_text().splitlines() if "Traceback" in line] == []
    assert server.faults() == ()
    with server.database() as database:
        assert missing(database, acknowledged) == []
        assert applications_of(database) == sum(writer.created for writer in load.writers)
