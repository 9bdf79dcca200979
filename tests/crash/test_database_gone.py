"""The database stopped, killed, or locked by somebody else: callers are told to come back, and nothing is lost."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import pytest
from httpx2 import Response

from app.access.keys import Pair
from app.records.session import BUSY_SECONDS
from app.settings import Settings
from tests.crash.conftest import Serve, fill
from tests.crash.private_postgres import PrivatePostgres
from tests.crash.server import Caller, open_round
from tests.crash.writers import ROUND, Acknowledged, Writer, applications_of, drained, missing, writing
from tests.postgres_server import make_run_directory
from tests.world import application

WRITERS = {"hackney": "07T", "brent": "07P", "dudley": "05C", "stoke": "05W"}
MOMENTS = (2, 9, 1, 14, 5)


@pytest.fixture(scope="module")
def postgres(settings: Settings, pairs: dict[str, Pair]) -> Iterator[PrivatePostgres]:
    """A PostgreSQL with the world in it."""
    own = PrivatePostgres(make_run_directory())
    own.ensure_started()
    fill(own.url, settings, pairs)
    yield own
    own.stop()


def unavailable(answer: Response, path: str) -> dict[str, Any]:
    return {
        "type": "/problems/unavailable",
        "title": "Unavailable",
        "status": 503,
        "detail": "The register cannot answer now. Nothing was written.",
        "instance": path,
        "code": "unavailable",
        "traceId": answer.headers["x-request-id"],
        "errors": [],
    }


def create(caller: Caller, code: str, key: str) -> Response:
    return caller.post("/v1/applications", application(code, round_id=ROUND, submitted=False), Idempotency_Key=key)


def test_while_the_database_is_gone_every_caller_is_told_to_come_back(postgres: PrivatePostgres, serve: Serve) -> None:
    server = serve(postgres.url)
    server.start()
    hackney, form = server.system("hackney"), {"grant_type": "client_credentials"}
    assert server.http.get("/v1/approvals").status_code == 200
    postgres.halt()

    started = time.perf_counter()
    answers = [server.http.get("/v1/approvals"), create(hackney, "07T", str(uuid.uuid4()))]
    seconds = time.perf_counter() - started
    server.wait_for("/_status", 503)
    fitness, ping = server.http.get("/_status"), server.http.get("/_ping")

    assert [answer.json() for answer in answers] == [
        unavailable(answers[0], "/v1/approvals"),
        unavailable(answers[1], "/v1/applications"),
    ]
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
    assert seconds < 4
    assert (fitness.status_code, fitness.json()["status"], ping.status_code) == (503, "unfit", 200)
    assert "Traceback" not in "".join(answer.text for answer in (*answers, fitness))

    postgres.resume()

    server.wait_for("/_status")
    assert server.http.post("/oauth2/token", data=form).status_code == 400
    assert create(hackney, "07T", str(uuid.uuid4())).status_code == 201


def test_five_kills_of_postgresql_during_writes_lose_nothing_that_was_acknowledged(
    postgres: PrivatePostgres, serve: Serve
) -> None:
    server = serve(postgres.url)
    server.start()
    done: Queue[Acknowledged] = Queue()
    writers = [Writer(code, server.system(name), done) for name, code in WRITERS.items()]
    acknowledged: list[Acknowledged] = []
    with server.database() as database:
        before = applications_of(database)

    for moment in MOMENTS:
        with writing(writers):
            acknowledged += [done.get(timeout=60) for _ in range(moment)]
            postgres.kill()
        acknowledged += drained(done)
        postgres.resume()
        with server.database() as database:
            assert missing(database, acknowledged) == []
        assert server.faults() == ()
        server.wait_for("/_status")

    for writer in writers:
        writer.finish()
    with server.database() as database:
        assert applications_of(database) - before == sum(writer.created for writer in writers)
    assert len(set(acknowledged)) == len(acknowledged) >= sum(MOMENTS)


def test_while_somebody_holds_the_writers_lock_readers_are_served_and_writers_told_to_come_back(
    world_url: str, serve: Serve
) -> None:
    server = serve(world_url)
    with server.database() as database:
        open_round(database, ROUND)
    server.start()
    hackney, brent, twin, lone = server.system("hackney"), server.system("brent"), str(uuid.uuid4()), str(uuid.uuid4())

    started = time.perf_counter()
    with server.database() as database, database.writing(), ThreadPoolExecutor(3) as pool:
        twins = [pool.submit(create, hackney, "07T", twin) for _ in range(2)]
        waiting = pool.submit(create, brent, "07P", lone)
        read = server.http.get("/v1/approvals")
        refused = [each.result() for each in (*twins, waiting)]
    seconds = time.perf_counter() - started

    assert BUSY_SECONDS < seconds < 1.9 * BUSY_SECONDS
    assert read.status_code == 200
    assert refused[2].json() == unavailable(refused[2], "/v1/applications")
    assert "request-in-progress" in {answer.json()["code"] for answer in refused[:2]}
    assert {answer.json()["code"] for answer in refused[:2]} <= {"request-in-progress", "unavailable"}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert [create(hackney, "07T", twin).status_code, create(brent, "07P", lone).status_code] == [201, 201]
    assert server.verify()[0] == 0
