"""``kill -9``: nothing that was acknowledged is lost, nothing that was asked for twice is done twice."""

import uuid
from queue import Queue

import pytest
from httpx2 import TransportError
from sqlalchemy import select

from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import StoredAnswer
from tests.crash.conftest import Serve
from tests.crash.server import Server, open_round
from tests.crash.writers import ROUND, Acknowledged, Writer, applications_of, drained, missing, writing
from tests.world import application

WRITERS = {"hackney": "07T", "brent": "07P", "dudley": "05C", "stoke": "05W"}
# After how many acknowledged writes the server is killed, each time.
MOMENTS = (1, 7, 2, 13, 4, 23, 1, 10, 3, 16)


@pytest.fixture
def server(world_url: str, serve: Serve) -> Server:
    made = serve(world_url)
    with made.database() as database:
        open_round(database, ROUND)
    return made


def kept_answers(database: Database) -> list[tuple[int, dict[str, str], bytes]]:
    table = table_of(StoredAnswer)
    with database.reading() as session:
        rows = session.connection().execute(select(table.c.status, table.c.headers, table.c.body)).all()
    return [(row.status, row.headers, row.body) for row in rows]


@pytest.mark.parametrize(("moment", "written"), [("before-commit", 0), ("before-answer", 1)])
def test_a_repeat_after_a_kill_around_the_commit_gets_the_first_answer(
    server: Server, moment: str, written: int
) -> None:
    server.start("tests.crash.dying_server", moment, str(server.port))
    hackney = server.system("hackney")
    body, key = application("07T", round_id=ROUND), str(uuid.uuid4())

    with pytest.raises(TransportError):
        hackney.post("/v1/applications", body, Idempotency_Key=key, X_Correlation_ID="die")

    assert server.wait_for_end() == -9
    with server.database() as database:
        assert applications_of(database) == written
        first = kept_answers(database)
    server.start()
    repeats = [hackney.post("/v1/applications", body, Idempotency_Key=key) for _ in range(2)]
    with server.database() as database:
        assert applications_of(database) == 1
        [(status, headers, content)] = kept_answers(database)
    assert first in ([], [(status, headers, content)])
    assert [(each.status_code, each.headers["location"], each.headers["etag"], each.content) for each in repeats] == [
        (status, headers["Location"], headers["ETag"], content)
    ] * 2
    assert status == 201
    assert server.verify()[0] == 0


def test_ten_kills_of_the_server_during_writes_lose_nothing_that_was_acknowledged(server: Server) -> None:
    done: Queue[Acknowledged] = Queue()
    server.start()
    writers = [Writer(code, server.system(name), done) for name, code in WRITERS.items()]
    acknowledged: list[Acknowledged] = []

    for moment in MOMENTS:
        with writing(writers):
            acknowledged += [done.get(timeout=60) for _ in range(moment)]
            server.kill()
        acknowledged += drained(done)
        server.launch()
        assert server.faults() == ()
        with server.database() as database:
            assert missing(database, acknowledged) == []
        server.wait_for("/_ping")

    # What a kill left unanswered is in the log or not; asked for again, it is there once.
    for writer in writers:
        writer.finish()
    with server.database() as database:
        assert applications_of(database) == sum(writer.created for writer in writers)
    assert len(set(acknowledged)) == len(acknowledged) >= sum(MOMENTS)
    assert server.verify()[0] == 0
