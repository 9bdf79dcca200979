"""The published contract as a judge: every JSON answer must be one that the OpenAPI document promises."""

import copy
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from fastapi import FastAPI
from httpx2 import Response
from jsonschema_rs import Draft202012Validator, Registry

OPENAPI = "urn:openapi"


@dataclass
class Contract:
    """An OpenAPI document, with a validator for each answer it promises."""

    document: dict[str, Any]
    routes: list[tuple[re.Pattern[str], str]]
    validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    @classmethod
    def of(cls, app: FastAPI) -> Self:
        document = _strict(app.openapi())
        paths = sorted(document["paths"], key=lambda path: path.count("{"))
        return cls(
            document,
            [
                (
                    re.compile(re.sub(r"\{[^}]+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))),
                    path,
                )
                for path in paths
            ],
        )

    def check(self, method: str, response: Response) -> None:
        """Fail unless the answer's status, media type and JSON are documented for its address."""
        path = self._path(response.request.url.path)
        if path is None or response.status_code in {304, 405}:
            return
        operation = self.document["paths"][path].get(method.lower())
        if operation is None:
            return
        promised = operation["responses"].get(str(response.status_code))
        assert promised is not None, f"{method} {path} does not promise {response.status_code}: {response.text}"
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if "json" not in media_type or media_type == "application/x-ndjson":
            return
        assert media_type in promised["content"], f"{method} {path} {response.status_code} promises no {media_type}"
        place = ["paths", path, method.lower(), "responses", str(response.status_code), "content", media_type, "schema"]
        self._validator("/".join(_escaped(part) for part in place)).validate(response.json())

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation that answers at an address."""
        found = self._path(path)
        assert found is not None, f"{path} is not in the contract"
        operation: dict[str, Any] = self.document["paths"][found][method.lower()]
        return operation

    def _path(self, path: str) -> str | None:
        return next((found for pattern, found in self.routes if pattern.fullmatch(path)), None)

    @cached_property
    def _registry(self) -> Registry:
        return Registry([(OPENAPI, self.document)])

    def _validator(self, pointer: str) -> Draft202012Validator:
        if pointer not in self.validators:
            self.validators[pointer] = Draft202012Validator({"$ref": f"{OPENAPI}#/{pointer}"}, registry=self._registry)
        return self.validators[pointer]


def _strict(published: dict[str, Any]) -> dict[str, Any]:
    """The document with its shared answers in their places, and no member allowed that it does not name.

    Readers are told to overlook members they do not know; the register's own tests do not.
    """
    document = copy.deepcopy(published)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] = {
                status: document["components"]["responses"][response["$ref"].rpartition("/")[2]]
                if "$ref" in response
                else response
                for status, response in operation["responses"].items()
            }
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Out") and "properties" in schema:
            schema["additionalProperties"] = False
    return document


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


_contracts: list[Contract] = []


def contract_of(app: FastAPI) -> Contract:
    """The contract of a release: the same for every application made from it, so made once."""
    if not _contracts:
        _contracts.append(Contract.of(app))
    return _contracts[0]
