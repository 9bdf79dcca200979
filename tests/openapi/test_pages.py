"""The documentation for people: Swagger UI with the served document, from this host alone."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.records.session import Database
from app.settings import Settings
from tests.openapi.reading import Node, operations
from tests.world import PUBLIC_URL

ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9.-]+", re.IGNORECASE)


@pytest.fixture
def browser(settings: Settings, sqlite_url: str) -> Iterator[TestClient]:
    database = Database(sqlite_url)
    yield TestClient(create_app(settings, database=database), base_url=PUBLIC_URL)
    database.close()


def test_the_page_names_no_other_host_and_runs_nothing_of_its_own(browser: TestClient) -> None:
    page = browser.get("/docs").text

    assert ELSEWHERE.findall(page) == []
    assert re.findall(r"<script(?![^>]* src=)|\son[a-z]+=|javascript:", page) == []
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="([^"]+)"', page))


def test_the_policy_allows_what_the_page_needs_and_no_more(browser: TestClient) -> None:
    policy = browser.get("/docs").headers["Content-Security-Policy"]

    assert dict(part.split(" ", 1) for part in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_the_style_fetches_nothing_from_elsewhere(browser: TestClient) -> None:
    style = browser.get("/docs/static/swagger-ui.css").text

    assert "@import" not in style
    assert [
        address for address in re.findall(r"url\(([^)]*)\)", style) if not address.strip("\"'").startswith("data:")
    ] == []


def test_the_start_shows_the_served_document_and_asks_no_validator(browser: TestClient, document: Node) -> None:
    start = browser.get("/docs/static/start.js").text

    assert ELSEWHERE.findall(start) == []
    assert 'url: "/openapi.json"' in start
    assert "validatorUrl: null" in start
    assert browser.get("/openapi.json").json() == document


def test_every_public_list_that_is_a_table_too_names_its_addresses(browser: TestClient, document: Node) -> None:
    tables = {
        operation.path: operation.body["description"]
        for operation in operations(document)
        if not operation.body.get("security")
        if "text/csv" in operation.body["responses"].get("200", {}).get("content", {})
    }

    names = ("approvals", "organisations", "decisions", "publications", "statistics", "comparison", "waiting-times")
    lists = {f"/v1/{name}" for name in names}
    assert set(tables) == lists
    for path, text in tables.items():
        for suffix, kind in ((".csv", "text/csv"), (".ndjson", "application/x-ndjson")):
            assert f"`{path}{suffix}`" in text
            query = "?from=2014-04-01&to=2015-06-01" if path == "/v1/comparison" else ""
            assert browser.get(f"{path}{suffix}{query}").headers["Content-Type"].startswith(kind)
