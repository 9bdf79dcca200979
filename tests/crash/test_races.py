"""Many callers at once: one decision for an application, one application for a key."""

import csv
import itertools
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, NamedTuple

import pytest
from sqlalchemy import func, select

from app.access.keys import Pair, generate_pair
from app.casework.registration import register_client, register_person
from app.records.changes import table_of
from app.records.clients import ClientKey
from app.records.session import Database
from app.records.tables import Application, LogEntry, Recommendation
from app.settings import Settings
from tests import facts as then
from tests.crash.conftest import Serve
from tests.crash.server import Server, now, open_round
from tests.world import application, outcome, outcomes

THREADS = 8
WORDS = ("approved", "rejected", "downgraded_to_joint")
ROUNDS = ("race-1", "race-2", "race-3")
REGIONS = ("Y54", "Y55")


class Submitted(NamedTuple):
    """An application that waits for the panel."""

    reference: str
    ods_code: str
    etag: str


def open_ccgs() -> list[str]:
    """The codes of the CCGs of two regions that are open in the tests' world."""
    with then.ORGANISATIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["ods_code"] for row in rows if row["region_ods_code"] in REGIONS and not row["closed_on"]]


def register_all(database: Database, settings: Settings, pair: Pair) -> None:
    """One system that speaks for every open CCG of two regions, eight panel members for both, and three rounds."""
    jwk = {name: pair.public_jwk[name] for name in ("kty", "crv", "x", "y")}
    with database.writing() as session:
        register_client(
            session,
            client_id="everyone",
            name="System of everyone",
            ods_codes=open_ccgs(),
            scopes=["applications"],
            keys=[ClientKey(pair.public_jwk["kid"], "ES256", jwk)],
            actor="test",
            at=now(),
        )
        for number in range(THREADS):
            register_person(
                session,
                issuer=settings.development_issuer,
                subject=f"panel-{number}",
                name=f"panel-{number} (made up)",
                role="panel",
                regions=REGIONS,
                actor="test",
                at=now(),
            )
    for round_id in ROUNDS:
        open_round(database, round_id)


def start_two_workers(server: Server) -> None:
    """Two processes that serve one database; how workers are started in life is seen in ``test_clockwork``."""
    server.start("tests.crash.forked_server", str(server.port), "2")


def submit(server: Server, count: int) -> list[Submitted]:
    """So many applications, each of a CCG that has no other in its round."""
    everyone = server.system("everyone")
    places = list(itertools.islice(itertools.product(ROUNDS, open_ccgs()), count))
    assert len(places) == count

    def create(place: tuple[str, str]) -> Submitted:
        body = application(place[1], round_id=place[0])
        answer = everyone.post("/v1/applications", body, Idempotency_Key=str(uuid.uuid4()))
        assert answer.status_code == 201, answer.text
        return Submitted(answer.json()["reference"], place[1], answer.headers["etag"])

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(create, places))


def decide_at_once(server: Server, applications: list[Submitted], members: int) -> list[list[int]]:
    """Every thread, for one of so many panel members, decides every application in step with the others.

    Returns the statuses by application and thread. What a thread decides is a word of its own.
    """
    panel = [server.person(f"panel-{number}") for number in range(members)]
    barrier = Barrier(THREADS, timeout=60)

    def decide(thread: int) -> list[int]:
        statuses = []
        for each in applications:
            body = outcomes(outcome(each.ods_code, WORDS[thread % len(WORDS)]))
            barrier.wait()
            answer = panel[thread % members].post(
                f"/v1/applications/{each.reference}/outcomes", body, If_Match=each.etag
            )
            statuses.append(answer.status_code)
        return statuses

    with ThreadPoolExecutor(THREADS) as pool:
        by_thread = list(pool.map(decide, range(THREADS)))
    return [list(statuses) for statuses in zip(*by_thread, strict=True)]


def recorded(database: Database) -> dict[str, list[str]]:
    """The outcomes that stand, by reference."""
    table = table_of(Recommendation)
    with database.reading() as session:
        rows = session.connection().execute(select(table.c.reference, table.c.outcome)).all()
    return {reference: [row.outcome for row in rows if row.reference == reference] for reference, _ in rows}


def entries(database: Database, kind: str) -> Counter[str]:
    """How many entries of a kind the log has of each application."""
    table = table_of(LogEntry)
    counted = select(table.c.reference, func.count()).where(table.c.kind == kind).group_by(table.c.reference)
    with database.reading() as session:
        return Counter({row[0]: row[1] for row in session.connection().execute(counted)})


@pytest.mark.parametrize(("members", "rounds"), [(2, 200), (8, 50)])
def test_of_panel_members_who_decide_at_once_exactly_one_is_told_that_it_is_recorded(
    postgresql_world_url: str, serve: Serve, settings: Settings, pairs: dict[str, Pair], members: int, rounds: int
) -> None:
    server = serve(postgresql_world_url)
    server.pairs = {**pairs, "everyone": generate_pair("ES256")}
    with server.database() as database:
        register_all(database, settings, server.pairs["everyone"])
    start_two_workers(server)
    applications = submit(server, rounds)

    statuses = decide_at_once(server, applications, members)

    assert [each.count(201) for each in statuses] == [1] * rounds
    assert {status for each in statuses for status in each} <= {201, 409, 412}
    winners = {
        each.reference: WORDS[found.index(201) % len(WORDS)] for each, found in zip(applications, statuses, strict=True)
    }
    with server.database() as database:
        assert recorded(database) == {reference: [word] for reference, word in winners.items()}
        assert entries(database, "outcome.recommended") == Counter(winners.keys())
    assert server.verify()[0] == 0


def test_fifty_equal_creates_at_once_make_one_application_and_get_one_answer(world_url: str, serve: Serve) -> None:
    server = serve(world_url)
    with server.database() as database:
        open_round(database, "race-1")
    if world_url.startswith("sqlite"):
        server.start()
    else:
        start_two_workers(server)
    hackney, barrier = server.system("hackney"), Barrier(50, timeout=60)
    body, key = application("07T", round_id="race-1"), str(uuid.uuid4())

    def create(_: int) -> tuple[int, str, str, bytes]:
        barrier.wait()
        answer = hackney.post("/v1/applications", body, Idempotency_Key=key)
        return answer.status_code, answer.headers.get("location", ""), answer.headers.get("etag", ""), answer.content

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(create, range(50)))

    [(status, location, etag, content)] = set(answers)
    with server.database() as database, database.reading() as session:
        rows: list[Any] = list(session.connection().execute(select(table_of(Application).c.reference)).scalars())
    assert (status, etag) == (201, '"v2"'), content
    assert [location] == [f"/v1/applications/{reference}" for reference in rows]
    assert server.verify()[0] == 0
