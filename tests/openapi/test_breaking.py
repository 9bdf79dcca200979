"""The check for breaking changes finds what is planted, and lets pass what breaks nobody."""

import copy
from collections.abc import Callable

import pytest

from tests.openapi.breaking import breaking_changes
from tests.openapi.reading import Node

APPROVALS = "/v1/approvals"
APPLICATIONS = "/v1/applications"

Change = Callable[[Node], object]


def schema(document: Node, name: str) -> Node:
    found: Node = document["components"]["schemas"][name]
    return found


def member(document: Node, name: str, of: str) -> Node:
    found: Node = schema(document, of)["properties"][name]
    return found


def parameters(document: Node, path: str) -> list[Node]:
    found: list[Node] = document["paths"][path]["get"]["parameters"]
    return found


def answer(document: Node, path: str) -> Node:
    found: Node = document["paths"][path]["get"]["responses"]["200"]
    return found


BREAKING: dict[str, tuple[Change, str]] = {
    "an operation goes": (
        lambda document: document["paths"].pop(APPROVALS),
        "GET /v1/approvals: removed",
    ),
    "an operation is renamed": (
        lambda document: document["paths"][APPROVALS]["get"].update(operationId="approvals"),
        "GET /v1/approvals: is now called approvals",
    ),
    "other tokens": (
        lambda document: document["paths"][APPLICATIONS]["post"].update(security=[{"personToken": []}]),
        "POST /v1/applications: takes other tokens",
    ),
    "a token where none was needed": (
        lambda document: document["paths"][APPROVALS]["get"].update(security=[{"personToken": []}]),
        "GET /v1/approvals: takes other tokens",
    ),
    "a parameter goes": (
        lambda document: parameters(document, APPROVALS).pop(0),
        "GET /v1/approvals: parameter level removed",
    ),
    "a parameter is needed": (
        lambda document: parameters(document, APPROVALS)[0].update(required=True),
        "GET /v1/approvals: parameter level is now required",
    ),
    "a new parameter is needed": (
        lambda document: parameters(document, APPROVALS).append(
            {"in": "query", "name": "new", "required": True, "schema": {}}
        ),
        "GET /v1/approvals: parameter new is now required",
    ),
    "a parameter takes fewer words": (
        lambda document: parameters(document, APPROVALS)[1]["schema"]["items"]["enum"].remove("rejected"),
        "GET /v1/approvals outcome[]: no longer taken: ['rejected']",
    ),
    "a lower limit": (
        lambda document: parameters(document, APPROVALS)[-2]["schema"].update(maximum=100),
        "GET /v1/approvals limit: maximum is now 100",
    ),
    "a success goes": (
        lambda document: document["paths"][APPROVALS]["get"]["responses"].pop("200"),
        "GET /v1/approvals 200: removed",
    ),
    "a format goes": (
        lambda document: answer(document, APPROVALS)["content"].pop("text/csv"),
        "GET /v1/approvals 200: text/csv removed",
    ),
    "a header goes": (
        lambda document: answer(document, APPROVALS)["headers"].pop("ETag"),
        "GET /v1/approvals 200: header ETag removed",
    ),
    "a member of an answer goes": (
        lambda document: schema(document, "ApprovalOut")["properties"].pop("standing"),
        "GET /v1/approvals 200/results[]/standing: removed",
    ),
    "a member is not always there": (
        lambda document: schema(document, "ApprovalOut")["required"].remove("standing"),
        "GET /v1/approvals 200/results[]/standing: not always there",
    ),
    "a member is of another type": (
        lambda document: member(document, "trial", "ApprovalOut").update(type="string"),
        "GET /v1/approvals 200/results[]/trial: type boolean became string",
    ),
    "a member may be null": (
        lambda document: member(document, "trial", "ApprovalOut").update(type=["boolean", "null"]),
        "GET /v1/approvals 200/results[]/trial: type boolean became boolean or null",
    ),
    "a word not met before": (
        lambda document: member(document, "outcome", "ApprovalOut")["enum"].append("deferred"),
        "GET /v1/approvals 200/results[]/outcome: words not met before: ['deferred']",
    ),
    "a word behind null": (
        lambda document: member(document, "standing", "ApprovalOut")["anyOf"][0]["enum"].append("paused"),
        "GET /v1/approvals 200/results[]/standing: words not met before: ['paused']",
    ),
    "a member of a body is needed": (
        lambda document: schema(document, "ApplicationIn")["required"].append("proposal"),
        "POST /v1/applications body/proposal: now required",
    ),
    "a member of a body is refused": (
        lambda document: schema(document, "ApplicationIn")["properties"].pop("proposal"),
        "POST /v1/applications body/proposal: no longer taken",
    ),
    "a member of a body may no longer be null": (
        lambda document: member(document, "summary", "ProposalIn").update(type="string"),
        "POST /v1/applications body/proposal/summary: type null or string became string",
    ),
    "a shorter text": (
        lambda document: member(document, "declaredBy", "SubmissionIn").update(maxLength=10),
        "POST /v1/applications body/submission/declaredBy: maxLength is now 10",
    ),
    "another pattern": (
        lambda document: member(document, "leadOdsCode", "ApplicationIn").update(pattern="^Q"),
        "POST /v1/applications body/leadOdsCode: pattern is now ^Q",
    ),
    "a body of another media type": (
        lambda document: document["paths"][APPLICATIONS]["post"]["requestBody"].update(
            content={"text/plain": {"schema": {}}}
        ),
        "POST /v1/applications body: application/json no longer taken",
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "a new operation": lambda document: document["paths"].update(
        {"/v1/new": {"get": {"operationId": "new", "responses": {}}}}
    ),
    "a new member of an answer": lambda document: schema(document, "ApprovalOut")["properties"].update(
        colour={"type": "string"}
    ),
    "a new member of a body": lambda document: schema(document, "ApplicationIn")["properties"].update(
        colour={"type": "string"}
    ),
    "a new parameter": lambda document: parameters(document, APPROVALS).append(
        {"in": "query", "name": "new", "schema": {"type": "string"}}
    ),
    "a member of an answer is never null": lambda document: member(document, "source", "ApprovalOut").update(
        type="string"
    ),
    "a longer text": lambda document: member(document, "declaredBy", "SubmissionIn").update(maxLength=1_000),
    "a parameter takes more words": lambda document: parameters(document, APPROVALS)[1]["schema"]["items"][
        "enum"
    ].append("deferred"),
    "a refusal goes": lambda document: document["paths"][APPROVALS]["get"]["responses"].pop("406"),
    "other words to people": lambda document: document["info"].update(description="new"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_found(document: Node, name: str) -> None:
    newer = copy.deepcopy(document)
    change, sentence = BREAKING[name]

    change(newer)

    assert sentence in breaking_changes(document, newer)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nobody_passes(document: Node, name: str) -> None:
    newer = copy.deepcopy(document)

    HARMLESS[name](newer)

    assert breaking_changes(document, newer) == []
