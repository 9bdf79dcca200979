"""Every route is open on purpose or guarded by one guard, and every guard lets in whom it should."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.access.callers import GUARDS, CcgDep, national_signatory
from app.commands.documents import SNAPSHOT
from app.main import create_app
from app.records.session import Database
from app.rules.callers import Person
from app.settings import Settings
from tests.endpoints.conftest import EXPIRED, GARBAGE, NOBODY, PlayedRegister
from tests.endpoints.expected import (
    ACTORS,
    ADMIN_SYSTEM,
    ALSO_GUARDED,
    CCG,
    NATIONAL_SYSTEM,
    ONLY_PEOPLE,
    PANEL_SYSTEM,
    PUBLIC,
    WHO_MAY,
)
from tests.house.sizes import HOUSE
from tests.openapi.reading import Operation, operations

PUBLISHED = json.loads((HOUSE.parent / SNAPSHOT).read_text(encoding="utf-8"))
GUARDED = [operation for operation in operations(PUBLISHED) if operation.name not in PUBLIC]
SYSTEMS = {CCG, PANEL_SYSTEM, NATIONAL_SYSTEM, ADMIN_SYSTEM}


def guards_of(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        if inner.call in GUARDS:
            yield inner.call
        yield from guards_of(inner)


def open_doors(app: FastAPI) -> list[str]:
    """The routes that are neither on the public list without a guard, nor off it with exactly one."""
    found = []
    for route in iter_route_contexts(app.routes):
        number = len(list(guards_of(route.dependant))) if route.dependant is not None else 0
        if number != (0 if route.name in PUBLIC else 1):
            found.append(str(route.name))
    return found


@pytest.fixture
def app(settings: Settings, sqlite_url: str) -> Iterator[FastAPI]:
    database = Database(sqlite_url)
    yield create_app(settings, database=database)
    database.close()


def test_every_route_is_public_on_the_list_or_has_exactly_one_guard(app: FastAPI) -> None:
    assert open_doors(app) == []


def test_a_new_route_without_a_guard_is_found(app: FastAPI) -> None:
    @app.get("/v1/planted")
    def planted() -> str:
        return "nobody asked who calls"

    assert open_doors(app) == ["planted"]


def test_a_new_route_with_two_guards_is_found(app: FastAPI) -> None:
    @app.get("/v1/planted")
    def planted(ccg: CcgDep, person: Annotated[Person, Depends(national_signatory)]) -> str:
        return "who now?"

    assert open_doors(app) == ["planted"]


def test_a_public_route_that_gets_a_guard_is_found(app: FastAPI) -> None:
    @app.get("/v1/approvals/planted", name="list_approvals")
    def planted(ccg: CcgDep) -> str:
        return "for some only"

    assert open_doors(app) == ["list_approvals"]


def test_the_lists_name_every_route_and_nothing_else(app: FastAPI) -> None:
    assert {route.name for route in iter_route_contexts(app.routes)} == PUBLIC | set(WHO_MAY) | ALSO_GUARDED
    assert {operation.name for operation in GUARDED} == set(WHO_MAY)


# --- over HTTP ----------------------------------------------------------------------------------


def ask(register: PlayedRegister, actor: str, operation: Operation, **others: str) -> Any:
    path = register.address(operation, **others)
    body: dict[str, Any] | None = {} if "requestBody" in operation.body else None
    headers = {"Content_Type": next(iter(operation.body["requestBody"]["content"]))} if body is not None else {}
    return register.callers[actor].send(operation.method, path, body, Idempotency_Key="k", If_Match='"v1"', **headers)


@pytest.mark.parametrize("actor", [NOBODY, GARBAGE, EXPIRED])
@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
def test_who_proves_nothing_is_not_let_in(register: PlayedRegister, operation: Operation, actor: str) -> None:
    answer = ask(register, actor, operation)

    path = register.address(operation)
    assert answer.json() == {
        "type": "/problems/unrecognised",
        "title": "Unrecognised",
        "status": 401,
        "detail": "A valid access token is needed, as Authorization: Bearer.",
        "instance": path,
        "code": "unrecognised",
        "traceId": answer.headers["X-Request-ID"],
        "errors": [],
    }
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
def test_each_actor_is_let_in_where_it_should_be(register: PlayedRegister, operation: Operation, actor: str) -> None:
    answer = ask(register, actor, operation)

    if actor in WHO_MAY[operation.name]:
        assert answer.status_code in {200, 404, 409, 412, 422} or answer.json()["code"] == "same-person", answer.text
    else:
        person_is_needed = actor in SYSTEMS and operation.name in ONLY_PEOPLE
        assert (answer.status_code, answer.json()["code"]) == (
            403,
            "person-required" if person_is_needed else "forbidden",
        )
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "operation",
    [operation for operation in GUARDED if "requestBody" in operation.body],
    ids=lambda operation: operation.name,
)
def test_nothing_of_a_body_is_looked_at_before_it_is_known_who_calls(
    register: PlayedRegister, operation: Operation
) -> None:
    answers = [
        register.world.public.send(operation.method, register.address(operation), body, **headers)
        for body in (b"\xff", b"{" * 100, b"", b"x" * 300_000)
        for headers in ({"Content_Type": "text/plain"}, {})
    ]

    assert {answer.status_code for answer in answers} == {401}
