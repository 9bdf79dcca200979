"""How tests walk through an OpenAPI document."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker

Node = dict[str, Any]


class Operation(NamedTuple):
    """One operation with its address."""

    method: str
    path: str
    body: Node

    @property
    def name(self) -> str:
        return str(self.body["operationId"])


def operations(document: Node) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, body in methods.items():
            yield Operation(method.upper(), path, body)


def resolved(document: Node, node: Node) -> Node:
    """What a reference points to, or the node itself."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def responses(document: Node, operation: Operation) -> dict[str, Node]:
    return {status: resolved(document, each) for status, each in operation.body["responses"].items()}


def validator(document: Node, schema: Node) -> Draft202012Validator:
    """Judges by a schema of the document, whose components it may refer to."""
    return Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker())


def examples(document: Node, media: Node) -> list[Any]:
    """The values of all examples of one media type."""
    found = [resolved(document, each)["value"] for each in media.get("examples", {}).values()]
    return [*found, *([media["example"]] if "example" in media else [])]
