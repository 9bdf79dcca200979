"""What holds for the answers of every address: caches, HEAD, unknown parameters, methods, paths and hosts."""

import json
from typing import Any

import pytest
from httpx2 import Response

from app.commands.documents import SNAPSHOT
from tests.endpoints.conftest import EXPIRED, GARBAGE, QUERIES, PlayedRegister
from tests.endpoints.expected import ACTORS, DISCOVERY, HEALTH, POLLED, PROOFS, PUBLIC, PUBLISHED, WHO_MAY
from tests.house.sizes import HOUSE
from tests.openapi.reading import Operation, operations

OPERATIONS = list(operations(json.loads((HOUSE.parent / SNAPSHOT).read_text(encoding="utf-8"))))
READS = [operation for operation in OPERATIONS if operation.method == "GET"]
FOR_EVER = "public, max-age=31536000, immutable"
TO_ALL = "public, max-age=0, must-revalidate"
FOR_FIVE_MINUTES = "public, max-age=300"
NOUNS = ("approvals", "organisations", "decisions", "publications", "waiting-times")
TABLES = [f"/v1/{noun}.{kind}" for noun in NOUNS for kind in ("csv", "ndjson")]
PAGES = ["/docs", "/docs/static/start.js", "/openapi.json", "/problems", "/problems/stale"]
OF_EACH_REQUEST = {"x-request-id", "x-correlation-id", "ratelimit"}


def some_who_may(register: PlayedRegister, operation: Operation) -> Any:
    return register.callers[next(actor for actor in ACTORS if actor in WHO_MAY.get(operation.name, ACTORS))]


def address_and_id(operation: Operation) -> Any:
    return pytest.param(operation, id=operation.name)


def what_stays(answer: Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in OF_EACH_REQUEST}
    return answer.status_code, answer.content, headers


# --- caches -------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [address_and_id(each) for each in READS])
def test_every_read_says_who_may_keep_its_answer(register: PlayedRegister, operation: Operation) -> None:
    answer = some_who_may(register, operation).get(register.address(operation))

    classes = {
        **dict.fromkeys(PUBLISHED, TO_ALL),
        **dict.fromkeys(DISCOVERY, FOR_FIVE_MINUTES),
        **dict.fromkeys(HEALTH, "no-store"),
        **dict.fromkeys(WHO_MAY, "no-store"),
        **dict.fromkeys(POLLED, "private, no-cache"),
        **dict.fromkeys(PROOFS, FOR_EVER),
    }
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, classes[operation.name])


@pytest.mark.parametrize("path", [*TABLES, *PAGES])
def test_tables_and_pages_may_be_kept_by_all(register: PlayedRegister, path: str) -> None:
    answer = register.world.public.get(path)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, TO_ALL)


@pytest.mark.parametrize("operation", [address_and_id(each) for each in READS])
def test_only_what_promises_304_answers_it(register: PlayedRegister, operation: Operation) -> None:
    caller, path = some_who_may(register, operation), register.address(operation)
    first = caller.get(path, Accept_Encoding="identity")

    again = caller.get(path, Accept_Encoding="identity", If_None_Match=first.headers.get("ETag", '"v1"'))

    promises = "304" in operation.body["responses"]
    assert (again.status_code, promises) == ((304, True) if operation.name in PUBLISHED | POLLED else (200, False))


@pytest.mark.parametrize("operation", [address_and_id(each) for each in READS])
def test_what_is_not_there_is_kept_by_nobody(register: PlayedRegister, operation: Operation) -> None:
    nothing = {"reference": "trial-nothing", "odsCode": "99Z", "decisionId": "trial-nothing-99Z"}
    path = register.address(operation, **nothing, **dict.fromkeys(("roundId", "name", "table"), "nothing"))
    if path.partition("?")[0] == operation.path:
        path = f"{operation.path}/nothing"

    answer = some_who_may(register, operation).get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *(operation.path + QUERIES.get(operation.path, "") for operation in READS if operation.name in PUBLIC - HEALTH),
        *TABLES,
        *PAGES,
    ],
)
def test_an_authorization_header_changes_nothing_in_a_public_answer(register: PlayedRegister, path: str) -> None:
    for name, value in register.places.items():
        path = path.replace(f"{{{name}}}", value)
    tokens = [register.callers[actor].token for actor in (*ACTORS, GARBAGE, EXPIRED)]
    without = register.world.public.get(path)

    answers = [
        register.world.public.get(path, Authorization=value)
        for value in ("Basic Zm9vOmJhcg==", "\x7f", *(f"Bearer {token}" for token in tokens))
    ]

    assert [what_stays(answer) for answer in answers] == [what_stays(without)] * len(answers)


# --- HEAD, parameters, methods, paths, hosts ----------------------------------------------------


@pytest.mark.parametrize("operation", [address_and_id(each) for each in READS])
def test_head_is_answered_wherever_get_is(register: PlayedRegister, operation: Operation) -> None:
    caller, path = some_who_may(register, operation), register.address(operation)
    got, head = caller.get(path), caller.send("HEAD", path, None)

    assert (head.status_code, head.content) == (200, b"")
    assert what_stays(head)[2] == what_stays(got)[2]


@pytest.mark.parametrize("path", [*TABLES, *PAGES])
def test_head_is_answered_for_tables_and_pages(register: PlayedRegister, path: str) -> None:
    got, head = register.world.public.get(path), register.world.public.send("HEAD", path, None)

    assert (head.status_code, head.content, what_stays(head)[2]) == (200, b"", what_stays(got)[2])


@pytest.mark.parametrize("operation", [address_and_id(each) for each in OPERATIONS])
def test_an_unknown_parameter_is_refused_everywhere(register: PlayedRegister, operation: Operation) -> None:
    body: dict[str, Any] | None = {} if "requestBody" in operation.body else None
    kinds = {"Content_Type": next(iter(operation.body["requestBody"]["content"]))} if body is not None else {}

    path = register.address(operation)
    answer = some_who_may(register, operation).send(
        operation.method, f"{path}{'&' if '?' in path else '?'}colour=red", body, Idempotency_Key="k", **kinds
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")
    [error] = answer.json()["errors"]
    taken = sorted(each["name"] for each in operation.body.get("parameters", []) if each["in"] == "query")
    known = f"The parameters here are {', '.join(taken)}." if taken else "This address takes no parameters."
    assert error == {"parameter": "colour", "detail": f"Is not known here. {known}"}


@pytest.mark.parametrize("path", [*TABLES, *PAGES, "/"])
def test_an_unknown_parameter_is_refused_by_tables_and_pages(register: PlayedRegister, path: str) -> None:
    answer = register.world.public.get(f"{path}?colour=red")

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
def test_a_method_that_an_address_does_not_take_is_told_those_it_takes(register: PlayedRegister, path: str) -> None:
    [known, *_] = there = [operation for operation in OPERATIONS if operation.path == path]
    methods = {operation.method for operation in there}

    # What is scheduled can be cancelled at an address of the same form.
    methods |= {"DELETE"} if path == "/v1/rounds/{roundId}/announcement/preview" else set()

    method = next(each for each in ("DELETE", "PUT") if each not in methods)
    answer = register.world.public.send(method, register.address(known), None)
    options = register.world.public.send("OPTIONS", register.address(known), None)

    allowed = ", ".join(sorted({"OPTIONS"} | methods | ({"HEAD"} if "GET" in methods else set())))
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert (answer.headers["Allow"], answer.headers["Cache-Control"]) == (allowed, "no-store")
    assert (options.status_code, options.content, options.headers["Allow"]) == (204, b"", allowed)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/v1/nothing",
        "/v1/",
        "/v1/approvals/",
        "/V1/approvals",
        "/v1//approvals",
        "/v1/approvals.xml",
        "/v1/approvals/10T/nothing",
        "/v1/rounds/trial/announcement/nothing/nothing",
        "/v1/proposals/trial-waiver-00000000",
        "/v1/%2e%2e/approvals",
        "/v1/approvals%00",
        "/oauth2",
        "/.well-known/nothing",
        "/docs/",
        "/redoc",
        "/docs/static/",
        "/openapi.yaml",
        "/<script>",
    ],
)
def test_an_unknown_address_is_a_problem_and_never_a_page(register: PlayedRegister, method: str, path: str) -> None:
    answer = register.world.public.send(method, path, None, Accept="text/html")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert {**answer.json(), "instance": "", "traceId": ""} == {
        "type": "/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing at this address, or nothing that you may see.",
        "instance": "",
        "code": "not-found",
        "traceId": "",
        "errors": [],
    }


OTHER_HOSTS = ["evil.example", "register.test.evil.example", "register.test@evil.example", ""]


@pytest.mark.parametrize("host", OTHER_HOSTS)
@pytest.mark.parametrize("path", ["/_ping", "/_status"])
def test_probes_are_answered_under_any_host(register: PlayedRegister, path: str, host: str) -> None:
    assert register.world.http.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "operation", [address_and_id(each) for each in OPERATIONS if each.path not in {"/_ping", "/_status"}]
)
@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_no_address_answers_under_another_host(register: PlayedRegister, operation: Operation, host: str) -> None:
    answer = register.world.http.request(operation.method, register.address(operation), headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-host")
    assert "evil" not in answer.text
