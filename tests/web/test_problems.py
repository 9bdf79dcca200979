"""Refusals as problem documents, and the pages that explain them."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.records.session import Database, DatabaseUnavailable
from app.rules.refusals import DeadlinePassed, WrongState
from app.web.advice import ADVICE
from app.web.problems import catalogue, responses_for, status_of
from tests.web.conftest import ALICE, BASE, log_size

NOTES = "/v1/samples/notes"


def test_a_conflict_carries_the_state_and_what_is_allowed(client: TestClient, database: Database) -> None:
    answer = client.post(NOTES, json={"title": "conflict"}, headers=ALICE)

    assert answer.json() == {
        "type": "/problems/wrong-state",
        "title": "Wrong state",
        "status": 409,
        "detail": "It is decided.",
        "instance": NOTES,
        "code": "wrong-state",
        "traceId": answer.headers["X-Request-ID"],
        "errors": [],
        "state": "decided",
        "allowed": ["read"],
    }
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert log_size(database) == 0


def test_a_refusal_of_who_proves_nothing_is_one_body_with_its_challenge(client: TestClient) -> None:
    answers = [client.get(f"{NOTES}/one", headers=headers) for headers in ({}, {"Authorization": "Bearer nobody"})]

    bodies = [{**answer.json(), "traceId": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert bodies[0]["detail"] == "A valid access token is needed, as Authorization: Bearer."
    assert [answer.headers["WWW-Authenticate"] for answer in answers] == ["Bearer", "Bearer"]


def test_foreign_impossible_and_unknown_addresses_answer_alike(client: TestClient) -> None:
    paths = [f"{NOTES}/foreign", f"{NOTES}/IMPOSSIBLE", f"{NOTES}/a%00b", "/v1/nothing", "/v1/samples/notes/"]

    answers = [client.get(path, headers=ALICE) for path in paths]

    assert {answer.status_code for answer in answers} == {404}
    assert {json.dumps({**answer.json(), "instance": "", "traceId": ""}) for answer in answers} == {
        json.dumps(
            {
                "type": "/problems/not-found",
                "title": "Not found",
                "status": 404,
                "detail": "There is nothing at this address, or nothing that you may see.",
                "instance": "",
                "code": "not-found",
                "traceId": "",
                "errors": [],
            }
        )
    }
    assert [answer.json()["instance"] for answer in answers] == paths


def test_a_method_that_an_address_does_not_take_is_told_all_that_it_takes(client: TestClient) -> None:
    answer = client.put(f"{NOTES}/one", json={}, headers=ALICE)

    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


def test_a_mistake_of_the_register_tells_nothing_of_the_inside(client: TestClient) -> None:
    answer = client.get(f"{NOTES}/broken", headers=ALICE)

    assert answer.json() == {
        "type": "/problems/internal",
        "title": "Internal",
        "status": 500,
        "detail": "The register has made a mistake. The trace id leads to its cause.",
        "instance": f"{NOTES}/broken",
        "code": "internal",
        "traceId": answer.headers["X-Request-ID"],
        "errors": [],
    }


def test_a_database_that_does_not_answer_makes_the_register_unavailable(app: FastAPI, client: TestClient) -> None:
    with app.state.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE log_head")

    answer = client.post(NOTES, json={"title": "a"}, headers=ALICE)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert "log_head" not in answer.text


def test_the_database_room_names_its_own_failure(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable) as caught, database.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM nowhere")

    assert isinstance(caught.value.__cause__, OperationalError)


def test_every_problem_has_a_page_and_a_status(client: TestClient) -> None:
    for code, kind in catalogue().items():
        page = client.get(f"/problems/{code}", headers={"Accept": "text/html"})
        document = client.get(f"/problems/{code}", headers={"Accept": "application/json"}).json()

        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f"<h1>{kind.title}</h1>" in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert (document["code"], document["status"]) == (code, status_of(kind))
        assert len(document["description"]) > 30


# These say in their descriptions what to do; beyond that there is only to wait.
ONLY_WAITING = {"too-many-requests"}


def test_each_problem_says_in_words_of_its_own_what_to_do(client: TestClient) -> None:
    rows = client.get("/problems", headers={"Accept": "application/json"}).json()["results"]

    advice = [row["advice"] for row in rows if row["code"] not in ONLY_WAITING]
    meanings = [row["description"] for row in rows]
    assert len(set(advice)) == len(advice) == len(rows) - len(ONLY_WAITING)
    assert len(set(meanings)) == len(meanings)
    assert all(len(each) > 40 and each.endswith(".") for each in advice if 'If-Match: "' not in each)


def test_no_advice_is_for_a_problem_that_there_is_not() -> None:
    assert ADVICE.keys() | ONLY_WAITING == catalogue().keys()


def test_the_list_of_problems_names_each(client: TestClient) -> None:
    document = client.get("/problems", headers={"Accept": "application/json"}).json()
    page = client.get("/problems", headers={"Accept": "text/html,*/*;q=0.8"}).text

    assert [row["code"] for row in document["results"]] == list(catalogue())
    assert all(f'href="/problems/{code}"' in page for code in catalogue())


@pytest.mark.parametrize("code", ["nothing", "Not-Found", "a%2Fb"])
def test_an_unknown_problem_has_no_page(client: TestClient, code: str) -> None:
    answer = client.get(f"/problems/{code}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_the_documentation_of_refusals_is_problem_json_with_an_example_for_each_code() -> None:
    documented = responses_for(404, 422, codes=["wrong-state", DeadlinePassed, WrongState])

    assert list(documented) == [404, 409, 422]
    assert list(documented[422]["content"]["application/problem+json"]["examples"]) == ["deadline-passed"]
    assert documented[409]["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_request_for_another_host_is_refused(app: FastAPI) -> None:
    answer = TestClient(app, base_url="http://evil.example").get("/v1")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-host")


def test_headers_over_16_kb_are_refused(app: FastAPI) -> None:
    answer = TestClient(app, base_url=BASE).get("/v1", headers={"X-Long": "x" * 16_385})

    assert (answer.status_code, answer.json()["code"]) == (431, "header-too-large")
