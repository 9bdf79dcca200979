"""The database stopped but not dead: nobody waits for it for long, and it is used again as soon as it answers."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from httpx2 import Response

from app.access.keys import Pair
from app.records import migrations
from app.records.session import BUSY_SECONDS, Database
from app.settings import Settings
from tests.crash.conftest import Serve
from tests.crash.private_postgres import PrivatePostgres
from tests.crash.server import Server, open_round
from tests.crash.writers import ROUND
from tests.postgres_server import make_run_directory
from tests.world import application, people_the_world

SECONDS = 2
LIST = "/v1/approvals"


@pytest.fixture
def postgres(settings: Settings, pairs: dict[str, Pair]) -> Iterator[PrivatePostgres]:
    own = PrivatePostgres(make_run_directory())
    own.ensure_started()
    database = Database(own.url)
    migrations.upgrade(database)
    people_the_world(database, settings, pairs)
    open_round(database, ROUND)
    database.close()
    yield own
    own.stop()


def timed(ask: Callable[[], Response]) -> tuple[Response, float]:
    started = time.perf_counter()
    answer = ask()
    return answer, time.perf_counter() - started


def test_a_database_that_hangs_makes_nobody_hang(postgres: PrivatePostgres, serve: Serve) -> None:
    server = serve(postgres.url)
    server.start()
    server.wait_for("/_status")
    hackney, key = server.system("hackney"), str(uuid.uuid4())

    def write() -> Response:
        return hackney.post("/v1/applications", application("07T", round_id=ROUND), Idempotency_Key=key)

    asked = (lambda: server.http.get(LIST), lambda: hackney.get("/v1/applications"), write)
    with postgres.stopped():
        with ThreadPoolExecutor(3) as pool:
            told = list(pool.map(timed, asked))
        server.wait_for("/_status", 503)
        fitness, ping = (timed(partial(server.http.get, path)) for path in ("/_status", "/_ping"))
    back, until_back = timed(lambda: first_good(server))

    assert [answer.status_code for answer, _ in told] == [503, 503, 503]
    assert {answer.json()["code"] for answer, _ in told} == {"unavailable"}
    assert max(seconds for _, seconds in told[:2]) < SECONDS
    assert told[2][1] < BUSY_SECONDS + SECONDS
    assert fitness[0].json()["checks"][0] == {
        "name": "database",
        "fit": False,
        "detail": "The database does not answer.",
    }
    assert (ping[0].status_code, max(fitness[1], ping[1]) < 0.5) == (200, True)
    assert (back.status_code, until_back < SECONDS) == (200, True)
    assert write().status_code == 201
    assert "Traceback" not in server.log.read_text()
    assert server.faults() == ()


def first_good(server: Server) -> Response:
    """The first good answer of so many."""
    for _ in range(10):
        answer = server.http.get(LIST)
        if answer.status_code == 200:
            return answer
    return answer
