"""Every form that a caller can meet has a sentence."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.commands.documents import openapi_document
from app.web import forms


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for each in node.values():
            yield from _patterns(each)
    elif isinstance(node, list):
        for each in node:
            yield from _patterns(each)


def test_each_pattern_of_what_comes_in_has_a_sentence() -> None:
    document = openapi_document()
    schemas = document["components"]["schemas"]
    sent = {name: each for name, each in schemas.items() if name.endswith("In")}
    asked = [
        each["parameters"] for path in document["paths"].values() for each in path.values() if "parameters" in each
    ]
    # A comma list is described by its items, and read as one text.
    lists = {"^[0-9A-Z]{3,5}$", "^[a-z0-9-]{1,40}$"}
    wanted = list(asked_in(asked, places={"query", "header"}))

    found = {*_patterns(sent), *_patterns(wanted)} - lists

    assert len(sent) > 30
    assert found <= forms.SENTENCES.keys()


def asked_in(operations: list[Any], *, places: set[str]) -> Iterator[Any]:
    """The parameters of some operations that stand in these places."""
    for parameters in operations:
        yield from (each for each in parameters if each.get("in") in places)


@pytest.mark.parametrize("pattern", forms.SENTENCES)
def test_a_sentence_says_what_must_be(pattern: str) -> None:
    sentence = forms.SENTENCES[pattern]

    assert sentence.startswith("Must be ")
    assert sentence.endswith(".")
