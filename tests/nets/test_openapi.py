"""The OpenAPI document differs from that of d1816db in words to people and in the release only."""

import copy
import difflib
import json
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest

from app.commands.documents import openapi_document
from tests.nets.since import (
    NEW_IN_OPERATION,
    NEW_MEMBERS,
    NEW_OPERATIONS,
    NULL_SINCE,
    WIDER,
    WIDER_PATTERNS,
    is_new,
)
from tests.openapi.published import published

Node = dict[str, Any]
WORDS = frozenset({"title", "detail", "summary", "description", "inWords"})
APPROVALS = "/v1/approvals"


def compared(document: Node) -> str:
    """A document without words to people, and without the number and the day of its release.

    Its examples are recorded anew whenever an answer says more; ``tests.openapi`` holds them against the schemas.
    """
    narrow = copy.deepcopy(document)
    for schema, name in NULL_SINCE:
        member = narrow["components"]["schemas"][schema]["properties"][name]
        if isinstance(member["type"], list):
            member["type"] = next(each for each in member["type"] if each != "null")
    return json.dumps(_without_words(narrow, document["info"]["version"]), indent=1, ensure_ascii=False)


def _without_words(value: Any, version: str) -> Any:
    match value:
        case dict():
            return {
                _without_new_codes(name): _without_words(each, version)
                for name, each in _without_new(value).items()
                if not ((name in WORDS and _is_words(each)) or _is_of_the_release(name, each, version))
                if name != "examples" and not is_new(name, value) and not _is_new_operation(each)
            }
        case list():
            # A required member is named in a list too.
            names = [each for each in value if isinstance(each, str)]
            return [
                _without_words(each, version) for each in value if not (isinstance(each, str) and is_new(each, names))
            ]
        case str():
            return _without_new_codes(_narrower(WIDER_PATTERNS.get(value, value)))
        case _:
            return value


def _without_new(value: Node) -> Node:
    """An operation without its new parameters and answers. Whatever else stays as it is."""
    operation = value.get("operationId")
    parameters, responses = value.get("parameters"), value.get("responses")
    if not isinstance(operation, str) or not isinstance(responses, dict):
        return value
    kept = {
        status: _without_new_headers(operation, status, each)
        for status, each in responses.items()
        if (operation, status) not in NEW_IN_OPERATION
    }
    if not isinstance(parameters, list):
        return value | {"responses": kept}
    named = [each for each in parameters if (operation, each.get("name")) not in NEW_IN_OPERATION]
    return value | {"responses": kept, "parameters": named}


def _without_new_headers(operation: str, status: str, response: Node) -> Node:
    headers = {
        name: each
        for name, each in response.get("headers", {}).items()
        if (operation, f"{status} {name}") not in NEW_IN_OPERATION
    }
    content = {
        name: each
        for name, each in response.get("content", {}).items()
        if (operation, f"{status} {name}") not in NEW_IN_OPERATION
    }
    rest = {name: each for name, each in response.items() if name not in {"headers", "content"}}
    return rest | ({"headers": headers} if headers else {}) | ({"content": content} if content else {})


def _without_new_codes(name: str) -> str:
    """Answers that routes share are named after their codes: ``unavailable`` and a new one."""
    return reduce(lambda kept, new: kept.replace(f".{new}", ""), NEW_MEMBERS, name)


def _is_new_operation(value: Any) -> bool:
    return isinstance(value, dict) and value.get("operationId") in NEW_OPERATIONS


def _narrower(name: str) -> str:
    """A reference to a document that says more counts as one to the document that 0.1.0 gave there."""
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{WIDER.get(last, last)}" if slash else name


def _is_words(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _is_of_the_release(name: str, value: Any, version: str) -> bool:
    return isinstance(value, str) and (name == "releasedOn" or (name == "version" and value == version))


@pytest.fixture(scope="module")
def before() -> Node:
    return published()["0.1.0"]


def test_the_document_differs_in_words_and_release_only(before: Node) -> None:
    then, now = (compared(each).splitlines() for each in (before, openapi_document()))

    assert list(difflib.unified_diff(then, now, lineterm="", n=2)) == []


def listing(document: Node) -> Node:
    found: Node = document["paths"][APPROVALS]["get"]
    return found


SEEN: dict[str, Callable[[Node], object]] = {
    "an operation goes": lambda document: document["paths"].pop(APPROVALS),
    "an address is new": lambda document: document["paths"].update({"/v1/new": {}}),
    "a parameter goes": lambda document: listing(document)["parameters"].pop(),
    "parameters in another order": lambda document: listing(document)["parameters"].reverse(),
    "a member that is called a title goes": lambda document: document["components"]["schemas"]["RoundOut"][
        "properties"
    ].pop("title"),
    "a header goes": lambda document: listing(document)["responses"]["200"]["headers"].pop("ETag"),
}
PASSES: dict[str, Callable[[Node], object]] = {
    "another description": lambda document: listing(document).update(description="Said otherwise."),
    "another summary": lambda document: listing(document).update(summary="Said otherwise."),
    "another example": lambda document: listing(document)["responses"]["200"]["content"]["application/json"][
        "examples"
    ]["made_up"]["value"].update(total=99),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_change_is_seen(before: Node, name: str) -> None:
    now = copy.deepcopy(before)

    SEEN[name](now)

    assert compared(now) != compared(before)


@pytest.mark.parametrize("name", PASSES)
def test_other_words_pass(before: Node, name: str) -> None:
    now = copy.deepcopy(before)

    PASSES[name](now)

    assert now != before
    assert compared(now) == compared(before)


def test_another_release_passes(before: Node) -> None:
    text = json.dumps(before)
    now = json.loads(text.replace('"0.1.0"', '"0.2.0"').replace("2026-11-25", "2027-01-04"))

    assert now != before
    assert compared(now) == compared(before)
