"""Tracing, health, and the documentation."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from alembic.runtime.migration import MigrationContext
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openapi_spec_validator import validate
from sqlalchemy import create_engine

from app.records.migrations import expected_revision
from app.release import VERSION
from app.web import tracing
from tests.web.conftest import ALICE, BASE


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    names = ("uvicorn.access", "httpx", "httpcore", "sqlalchemy.pool", "alembic.runtime.migration")
    quiet = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def lines_of(capture: pytest.CaptureFixture[str], logger: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in capture.readouterr().err.splitlines()]
    return [line for line in found if line["logger"] == logger]


def test_request_and_correlation_ids_are_echoed(client: TestClient) -> None:
    given = {"X-Request-ID": str(uuid4()), "X-Correlation-ID": "case-7"}

    for path in ("/_ping", "/v1/nothing", "/v1/samples/status"):
        answer = client.get(path, headers=given)

        assert {name: answer.headers[name] for name in given} == given


@pytest.mark.parametrize("given", ["", "x", "7", "x" * 37, "{00000000-0000-0000-0000-000000000000}"])
def test_a_request_id_that_is_no_uuid_is_made_anew(client: TestClient, given: str) -> None:
    answer = client.get("/_ping", headers={"X-Request-ID": given, "X-Correlation-ID": "a b"})

    assert str(UUID(answer.headers["X-Request-ID"])) == answer.headers["X-Request-ID"] != given
    assert answer.headers["X-Correlation-ID"] == answer.headers["X-Request-ID"]


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/_ping", "/v1/nothing", "/openapi.json"):
        answer = client.get(path)

        assert {name: answer.headers[name] for name in tracing.SECURITY_HEADERS} == tracing.SECURITY_HEADERS


@pytest.mark.usefixtures("logging_as_before")
def test_a_connection_that_cannot_be_tidied_up_leaves_no_trace_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    tracing.configure_logging("info")

    # What a cursor leaves that cannot be closed, since the database hangs or has gone.
    logging.getLogger("sqlalchemy.pool.impl.QueuePool").error("Error closing cursor")

    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("logging_as_before")
def test_a_look_at_the_databases_revision_leaves_no_line_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    tracing.configure_logging("info")

    with create_engine("sqlite://").connect() as connection:
        MigrationContext.configure(connection)

    assert capfd.readouterr().err == ""


def test_a_request_leaves_one_line_without_query_token_or_body(
    client: TestClient, logging_as_before: None, capfd: pytest.CaptureFixture[str]
) -> None:
    tracing.configure_logging("info")

    client.post("/v1/samples/notes?secret=1", json={"title": "private"}, headers=ALICE)

    lines = lines_of(capfd, "requests")
    assert len(lines) == 1
    assert {name: value for name, value in lines[0].items() if name not in {"timestamp", "duration_ms"}} == {
        "event": "request",
        "level": "info",
        "logger": "requests",
        "method": "POST",
        "route": "/v1/samples/notes",
        "status": 400,
        "problem": "invalid-parameter",
        "caller": "client:alice",
        "request_id": lines[0]["correlation_id"],
        "correlation_id": lines[0]["request_id"],
    }


def test_the_cause_of_a_mistake_is_in_the_log_with_the_trace_id(
    client: TestClient, logging_as_before: None, capfd: pytest.CaptureFixture[str]
) -> None:
    tracing.configure_logging("info")

    answer = client.get("/v1/samples/notes/broken", headers=ALICE)

    mistake = lines_of(capfd, "problems")[0]
    assert mistake["error"] == "ZeroDivisionError"
    assert "a secret of the inside" in mistake["traceback"]
    assert mistake["request_id"] == answer.json()["traceId"]


def test_lines_of_libraries_are_json_too(logging_as_before: None, capfd: pytest.CaptureFixture[str]) -> None:
    tracing.configure_logging("info")

    logging.getLogger("library").warning("odd %s", "thing")

    assert [line["event"] for line in lines_of(capfd, "library")] == ["odd thing"]


@pytest.mark.parametrize("path", ["/_ping", "/v1", "/v1/samples/large", "/docs", "/v1/nothing"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    headers = {"Accept-Encoding": "identity", "X-Request-ID": str(uuid4())}
    got, head = client.get(path, headers=headers), client.head(path, headers=headers)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers == got.headers


def test_ping_answers_with_version_and_revision(client: TestClient) -> None:
    answer = client.get("/_ping")

    assert answer.json() == {"status": "pass", "version": VERSION, "revision": expected_revision()}
    assert answer.headers["Cache-Control"] == "no-store"


def test_status_is_unfit_where_the_database_is_at_another_revision(app: FastAPI, client: TestClient) -> None:
    answer = client.get("/_status")

    assert (answer.status_code, answer.json()["status"], answer.headers["Retry-After"]) == (503, "unfit", "1")
    assert [(check["name"], check["fit"]) for check in answer.json()["checks"]] == [
        ("database", True),
        ("migrations", False),
        ("clockwork", True),
    ]


def test_status_is_fit_where_the_database_is_as_expected(app: FastAPI, client: TestClient) -> None:
    with app.state.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (expected_revision(),))

    answer = client.get("/_status")

    assert answer.status_code == 200
    told = answer.json()
    assert {name: told[name] for name in ("status", "writing", "remarks", "checks", "logHead")} == {
        "status": "fit",
        "writing": "accepted",
        "remarks": [],
        "checks": [
            {"name": "database", "fit": True, "detail": "As it should be."},
            {"name": "migrations", "fit": True, "detail": "As it should be."},
            {"name": "clockwork", "fit": True, "detail": "As it should be."},
        ],
        "logHead": None,
    }


def test_the_service_says_what_it_is(client: TestClient) -> None:
    document = client.get("/v1").json()

    assert list(document) == ["name", "version", "releasedOn", "status", "links"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", document["releasedOn"])


def test_the_front_page_leads_to_the_documentation(client: TestClient) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/docs")


def test_the_documentation_asks_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert len(addresses) == 5
    assert all(client.get(address).status_code == 200 for address in addresses)
    for text in (page.text, client.get("/docs/static/start.js").text):
        assert "//" not in text
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]


def test_no_other_file_is_served_with_the_documentation(client: TestClient) -> None:
    for name in ("redoc.standalone.js", "..%2fcore.py", "x"):
        assert client.get(f"/docs/static/{name}").status_code == 404


def test_the_description_of_the_api_is_valid_and_knows_problems_only(app: FastAPI) -> None:
    document = TestClient(app, base_url=BASE).get("/openapi.json").json()

    validate(document)
    assert "HTTPValidationError" not in json.dumps(document)
    assert "Problem" in document["components"]["schemas"]
    patched = document["paths"]["/v1/samples/notes/{note}"]["patch"]
    assert list(patched["requestBody"]["content"]) == ["application/merge-patch+json"]
    assert [each["name"] for each in patched["parameters"]] == ["note", "If-Match", "Idempotency-Key"]
