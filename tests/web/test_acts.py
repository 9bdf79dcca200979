"""Writing endpoints: one transaction, committed before the answer, safe to repeat."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from app.records import idempotency
from app.records.session import Database
from tests.web.conftest import ALICE, BASE, log_size

NOTES = "/v1/samples/notes"
KEYED = "/v1/samples/keyed"
KEY = {**ALICE, "Idempotency-Key": "0b2c"}
T = TypeVar("T")
SCOPE = idempotency.IdempotencyScope("client:alice", "POST", NOTES, "0b2c")


def kept(database: Database, scope: idempotency.IdempotencyScope = SCOPE) -> idempotency.StoredResponse | None:
    with database.reading() as session:
        return idempotency.find(session, scope)


def test_an_act_answers_with_its_version_and_place_and_is_kept_by_no_cache(client: TestClient) -> None:
    answer = client.post(NOTES, json={"title": "a"}, headers=ALICE)

    named = {name: answer.headers[name] for name in ("ETag", "Location", "Content-Type", "Cache-Control")}
    assert answer.status_code == 201
    assert named == {
        "ETag": '"v3"',
        "Location": f"{NOTES}/one",
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
    }


def test_a_repeat_gets_the_first_answer_and_does_nothing(client: TestClient, database: Database) -> None:
    first = client.post(NOTES, json={"title": "a", "text": "b"}, headers=KEY)
    size = log_size(database)

    second = client.post(
        NOTES, content=b'{ "text":"b", "title":"a" }', headers={**KEY, "Content-Type": "application/json"}
    )

    assert (second.status_code, second.content) == (first.status_code, first.content)
    for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert second.headers[name] == first.headers[name]
    assert log_size(database) == size


@pytest.mark.parametrize(("body", "query"), [({"title": "b"}, ""), ({"title": "a"}, "?validateOnly=false")])
def test_a_key_used_for_another_request_is_refused(
    client: TestClient, database: Database, body: dict[str, str], query: str
) -> None:
    client.post(NOTES, json={"title": "a"}, headers=KEY)
    size = log_size(database)

    answer = client.post(NOTES + query, json=body, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert log_size(database) == size


def test_another_caller_with_the_same_key_is_another_request(client: TestClient, database: Database) -> None:
    client.post(NOTES, json={"title": "a"}, headers=KEY)
    size = log_size(database)

    answer = client.post(NOTES, json={"title": "b"}, headers={**KEY, "Authorization": "Bearer bob"})

    assert (answer.status_code, log_size(database)) == (201, size + 1)


def test_a_repeat_is_answered_only_while_its_caller_may_see_what_it_is_about(client: TestClient) -> None:
    headers = {**KEY, "Authorization": "Bearer bob"}
    client.post(NOTES, json={"title": "a"}, headers=headers)

    answer = client.post(NOTES, json={"title": "a"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_repeat_comes_before_the_version_is_looked_at(client: TestClient, database: Database) -> None:
    headers = {**KEY, "Content-Type": "application/merge-patch+json"}
    first = client.patch(f"{NOTES}/one", content=b"{}", headers={**headers, "If-Match": '"v3"'})

    second = client.patch(f"{NOTES}/one", content=b"{}", headers={**headers, "If-Match": '"v2"'})

    assert (first.status_code, second.status_code, second.content) == (200, 200, first.content)
    assert log_size(database) == 2


def test_a_refusal_is_not_kept_and_leaves_nothing(client: TestClient, database: Database) -> None:
    first = client.post(NOTES, json={"title": "conflict"}, headers=KEY)

    assert (first.status_code, log_size(database), kept(database)) == (409, 0, None)
    assert client.post(NOTES, json={"title": "a"}, headers=KEY).status_code == 201


def test_a_rehearsal_answers_and_leaves_nothing(client: TestClient, database: Database) -> None:
    answer = client.post(f"{NOTES}?validateOnly=true", json={"title": "a"}, headers=KEY)

    assert (answer.status_code, answer.json()["logSize"]) == (201, 0)
    assert (log_size(database), kept(database)) == (0, None)


def test_an_answer_without_a_body_is_repeated_too(client: TestClient, database: Database) -> None:
    answers_given = [client.delete(f"{NOTES}/one", headers=KEY) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers_given] == [(204, b""), (204, b"")]
    assert log_size(database) == 2


def test_a_needed_key_is_asked_for_but_not_for_a_rehearsal(client: TestClient, database: Database) -> None:
    without = client.post(KEYED, json={}, headers=ALICE)
    rehearsed = client.post(f"{KEYED}?validateOnly=true", json={}, headers=ALICE)
    with_key = client.post(KEYED, json={}, headers=KEY)

    assert (without.status_code, without.json()["code"]) == (400, "idempotency-key-required")
    assert (rehearsed.status_code, with_key.status_code, log_size(database)) == (201, 201, 2)


@pytest.mark.parametrize("key", [b"", b"a b", b"x" * 129, b"\xe9"])
def test_a_malformed_key_is_refused_once_it_is_known_who_calls(client: TestClient, key: bytes) -> None:
    named = (b"Idempotency-Key", key)

    known = client.post(NOTES, json={"title": "a"}, headers=[named, (b"Authorization", b"Bearer alice")])
    unknown = client.post(NOTES, json={"title": "a"}, headers=[named])

    assert (known.status_code, known.json()["code"]) == (400, "invalid-header")
    assert unknown.status_code == 401


def test_a_key_sent_twice_is_refused(client: TestClient) -> None:
    headers = [("Authorization", "Bearer alice"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]

    answer = client.post(NOTES, json={"title": "a"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-header")


def test_equal_requests_at_once_are_done_once_and_answered_alike(app: FastAPI, database: Database) -> None:
    barrier = Barrier(8)

    def ask() -> tuple[int, bytes]:
        client = TestClient(app, base_url=BASE)
        barrier.wait(5)
        answer = client.post(NOTES, json={"title": "a"}, headers=KEY)
        return answer.status_code, answer.content

    given = at_once(8, ask)

    assert (len(set(given)), given[0][0], log_size(database)) == (1, 201, 2)


def test_a_twin_that_waits_in_vain_is_told_that_the_first_is_in_progress(app: FastAPI, database: Database) -> None:
    shorten_waiting(database)
    with database.writing():
        given = at_once(2, partial(post_note, app, Barrier(2), KEY))

    # The one that gives up last may find that it has no twin left.
    assert (409, "request-in-progress", "1") in given
    assert set(given) <= {(409, "request-in-progress", "1"), (503, "unavailable", "1")}


def test_a_request_without_a_twin_that_waits_in_vain_finds_the_register_unavailable(
    app: FastAPI, database: Database
) -> None:
    shorten_waiting(database)
    with database.writing():
        given = post_note(app, Barrier(1), KEY)

    assert given == (503, "unavailable", "1")


def shorten_waiting(database: Database) -> None:
    """Give up at once where the lock is taken, instead of after five seconds."""
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 200"))
    database.engine.dispose()


def post_note(app: FastAPI, barrier: Barrier, headers: dict[str, str]) -> tuple[int, str, str]:
    client = TestClient(app, base_url=BASE)
    barrier.wait(5)
    answer = client.post(NOTES, json={"title": "a"}, headers=headers)
    return answer.status_code, answer.json()["code"], answer.headers["Retry-After"]


def at_once(count: int, ask: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(count) as pool:
        return [asked.result() for asked in [pool.submit(ask) for _ in range(count)]]
