"""The clockwork of the real server: schedules by the real clock, several workers at once, and kills around a tick."""

import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import NamedTuple

import pytest
from sqlalchemy import select

from app.log.encoding import instant_text
from app.records.changes import table_of
from app.records.tables import LogEntry
from tests.crash.conftest import Serve
from tests.crash.server import Server, now, open_round, register
from tests.world import application, outcome, outcomes

ROUND = "clockwork"
IN_TIME = timedelta(seconds=3)
WORKERS = {"sqlite": 1, "postgresql": 2}


class Scheduled(NamedTuple):
    """A decision that is scheduled to be published."""

    decision: str
    publish_at: datetime


def ready(server: Server, client: str = "hackney", code: str = "07T", round_id: str = ROUND) -> str:
    """One CCG's application, rejected and signed off; the server runs. Returns the decision's address."""
    body, key = application(code, round_id=round_id), str(uuid.uuid4())
    made = server.system(client).post("/v1/applications", body, Idempotency_Key=key)
    assert made.status_code == 201, made.text
    where, ruled = made.headers["location"], outcomes(outcome(code, "rejected"))
    panel = server.person("london-panel-1").post(f"{where}/outcomes", ruled, If_Match=made.headers["etag"])
    assert panel.status_code == 201, panel.text
    confirm = {"decision": "confirm"}
    signed = server.person("national-1").post(f"{where}/sign-off", confirm, If_Match=panel.headers["etag"])
    assert signed.status_code == 201, signed.text
    return f"/v1/decisions/{made.json()['reference']}-{code}"


def scheduled(server: Server, decision: str, seconds: float, round_id: str = ROUND) -> Scheduled:
    """What is signed off in a round, scheduled for so long from now."""
    national, where = server.person("national-1"), f"/v1/rounds/{round_id}/announcement"
    expect = national.post(f"{where}/preview", {}).json()["setDigest"]
    publish_at = now() + timedelta(seconds=seconds)
    answer = national.post(where, {"expect": expect, "publishAt": instant_text(publish_at)})
    assert answer.status_code == 201, answer.text
    return Scheduled(decision, publish_at)


def wait_until(at: datetime) -> None:
    """For as long as it takes: nobody sets the event."""
    Event().wait(max(0.0, (at - now()).total_seconds()))


def written(server: Server, *kinds: str) -> list[tuple[str, datetime, int]]:
    """The entries of these kinds: what, when and in which act."""
    table = table_of(LogEntry)
    query = select(table.c.kind, table.c.at, table.c.act).where(table.c.kind.in_(kinds)).order_by(table.c.index)
    with server.database() as database, database.reading() as session:
        return [(kind, at, act) for kind, at, act in session.connection().execute(query)]


def publications(server: Server) -> list[str]:
    return [kind for kind, _, _ in written(server, "announcement.made", "decision.published")]


ONCE = ["announcement.made", "decision.published"]


def serving(serve: Serve, url: str, workers: int = 1) -> Server:
    server = serve(url, workers=workers)
    with server.database() as database:
        open_round(database, ROUND)
    server.start()
    return server


def test_a_served_register_publishes_a_schedule_within_three_seconds_of_its_hour(world_url: str, serve: Serve) -> None:
    """On PostgreSQL two workers tick at once, and it is published once all the same."""
    server = serving(serve, world_url, WORKERS[world_url.partition(":")[0]])
    decision = ready(server)
    due = scheduled(server, decision, seconds=3)
    assert server.http.get(decision).status_code == 404

    wait_until(due.publish_at)
    server.wait_for(decision)

    [(_, at, act), (_, at_too, act_too)] = written(server, *ONCE)
    assert timedelta(0) <= at - due.publish_at < IN_TIME
    assert (at_too, act_too) == (at, act)
    assert server.http.get("/_status").json()["checks"][2] == {
        "name": "clockwork",
        "fit": True,
        "detail": "As it should be.",
    }
    assert server.stop() in {0, -signal.SIGTERM}
    assert (publications(server), server.verify()[0]) == (ONCE, 0)
    assert "clockwork_failed" not in server.log.read_text()


def test_processes_that_tick_at_once_beside_a_server_publish_it_once(world_url: str, serve: Serve) -> None:
    server = serving(serve, world_url)
    decision = ready(server)
    due = scheduled(server, decision, seconds=4)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: register("tick", database_url=world_url), range(6)))
    wait_until(due.publish_at)
    server.wait_for(decision)

    assert {each.returncode for each in done} == {0}
    assert (publications(server), server.verify()[0]) == (ONCE, 0)


def test_what_came_due_while_the_register_was_down_is_published_when_it_is_back(world_url: str, serve: Serve) -> None:
    server = serving(serve, world_url)
    with server.database() as database:
        open_round(database, "another")
    decision, other = ready(server), ready(server, "brent", "07P", "another")
    first = scheduled(server, decision, 6)
    second = scheduled(server, other, 3, "another")
    server.kill()
    back_at = max(first.publish_at, second.publish_at)
    wait_until(back_at)

    server.start()
    server.wait_for(decision)
    server.wait_for(other)

    found = written(server, *ONCE)
    assert [kind for kind, _, _ in found] == ONCE * 2
    assert found[0][2] == found[1][2] < found[2][2] == found[3][2]
    assert all(at >= back_at for _, at, _ in found)
    answer = server.http.get("/v1/changes?after=200&limit=200").json()["results"]
    told = [each["dueAt"] for each in answer if each["type"] == "decision.published"]
    assert told == sorted(instant_text(each.publish_at) for each in (first, second))
    assert server.verify()[0] == 0


@pytest.mark.parametrize(("moment", "kept"), [("tick-before-commit", []), ("tick-after-commit", ONCE)])
def test_a_register_that_dies_in_its_tick_has_published_whole_or_not_at_all(
    world_url: str, serve: Serve, moment: str, kept: list[str]
) -> None:
    server = serving(serve, world_url)
    decision = ready(server)
    server.kill()
    server.launch("tests.crash.dying_server", moment, str(server.port))
    server.wait_for("/_ping")
    scheduled(server, decision, seconds=0.5)

    assert server.wait_for_end() == -signal.SIGKILL

    assert (publications(server), server.faults()) == (kept, ())
    server.start()
    server.wait_for(decision)
    assert (publications(server), server.verify()[0]) == (ONCE, 0)


def test_kills_around_a_tick_publish_each_schedule_once(world_url: str, serve: Serve) -> None:
    """Killed at moments before, at and after the hour; what was not published by then is when it is back."""
    server = serving(serve, world_url)
    moments = (-0.1, 0.1, 0.3, 0.6, 0.9)
    for number, after in enumerate(moments, start=1):
        round_id = f"{ROUND}-{number}"
        with server.database() as database:
            open_round(database, round_id)
        due = scheduled(server, ready(server, round_id=round_id), 1.0, round_id)
        wait_until(due.publish_at + timedelta(seconds=after))

        server.kill()

        so_far = publications(server)
        assert so_far in (ONCE * (number - 1), ONCE * number)
        assert server.faults() == ()
        server.start()
        server.wait_for(due.decision)
        assert publications(server) == ONCE * number
    assert server.verify()[0] == 0
