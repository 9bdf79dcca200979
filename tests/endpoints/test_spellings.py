"""A value of the query has one spelling: numbers are digits, and yes and no are ``true`` and ``false``."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.commands.documents import SNAPSHOT
from tests.endpoints.conftest import PlayedRegister
from tests.endpoints.expected import CCG, PANEL
from tests.house.sizes import HOUSE
from tests.openapi.reading import Operation, operations, resolved

# Digits of other scripts, signs, separators, fractions, exponents, blanks and leading noughts.
OTHER_NUMBERS = ("1_0", "%2B5", "5.0", "05", "-0", "5e0", "%205", "5%20", "0x5", "%EF%BC%95", "%D9%A5")
OTHER_WORDS = ("1", "0", "True", "yes", "on", "t", "%20true", "")
# As it is kept, which is what this release serves (tests/openapi): to make it anew takes each worker a second.
PUBLISHED: dict[str, Any] = json.loads((HOUSE.parent / SNAPSHOT).read_text(encoding="utf-8"))


def parameters(kind: str) -> Iterator[tuple[Operation, str]]:
    """Every query parameter of a type, with its operation."""
    for operation in operations(PUBLISHED):
        for each in operation.body.get("parameters", []):
            parameter: dict[str, Any] = resolved(PUBLISHED, each)
            schema = parameter.get("schema", {})
            types = {schema.get("type"), *(one.get("type") for one in schema.get("anyOf", []))}
            if parameter["in"] == "query" and kind in types:
                yield operation, parameter["name"]


NUMBERS = sorted({(operation.name, name) for operation, name in parameters("integer")})
WORDS = sorted({(operation.name, name) for operation, name in parameters("boolean")})


def ask(register: PlayedRegister, operation: Operation, name: str, value: str) -> tuple[int, str, list[str]]:
    """What is answered to a value: the status, the code, and which parameters are named."""
    address, _, query = register.address(operation).partition("?")
    others = [part for part in query.split("&") if part and not part.startswith(f"{name}=")]
    path = f"{address}?{'&'.join([*others, f'{name}={value}'])}"
    caller = register.callers[PANEL if operation.name == "list_queue" else CCG]
    body: dict[str, str] | None = {} if operation.method == "POST" else None
    answer = caller.send(operation.method, path, body).json()
    return answer["status"], answer["code"], [each["parameter"] for each in answer["errors"]]


@pytest.mark.parametrize(("operation", "name"), NUMBERS)
def test_a_whole_number_is_digits_without_a_leading_nought(
    register: PlayedRegister, by_name: dict[str, Operation], operation: str, name: str
) -> None:
    answers = {value: ask(register, by_name[operation], name, value) for value in OTHER_NUMBERS}

    assert answers == dict.fromkeys(OTHER_NUMBERS, (400, "invalid-parameter", [name]))


@pytest.mark.parametrize(("operation", "name"), WORDS)
def test_yes_and_no_are_true_and_false(
    register: PlayedRegister, by_name: dict[str, Operation], operation: str, name: str
) -> None:
    answers = {value: ask(register, by_name[operation], name, value) for value in OTHER_WORDS}

    assert answers == dict.fromkeys(OTHER_WORDS, (400, "invalid-parameter", [name]))


def test_there_are_numbers_and_words_to_look_at() -> None:
    assert ("list_approvals", "limit") in NUMBERS
    assert ("list_changes", "after") in NUMBERS
    assert ("list_approvals", "asKnownAt") in NUMBERS
    assert ("prove_inclusion", "index") in NUMBERS
    assert WORDS == [
        ("create_application", "validateOnly"),
        ("list_decisions", "overdue"),
        ("list_organisations", "open"),
    ]
