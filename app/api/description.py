"""The description of the API (OpenAPI 3.1), made from what the framework finds in the routes.

Problems, headers and repeated answers are described once and referred to. Examples come from files. What the framework
documents but the register never does is removed. Nothing depends on the settings.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from app.rules.lifecycle import MOVES, STATES
from app.web import licence
from app.web.advice import advice_on, meaning_of
from app.web.problems import EXAMPLE_TRACE_ID, PROBLEM_COMPONENT, PROBLEM_JSON, catalogue, document, status_of

TAGS = [
    {"name": "public register", "description": "Published facts, open to everybody and to every cache."},
    {"name": "applications", "description": "What CCG systems send and read, and what officers read of that."},
    {"name": "panel and NHS England", "description": "What people decide: outcomes, sign-off, announcements."},
    {"name": "decisions", "description": "What the CCG, the panel and NHS England do once a decision is made."},
    {"name": "transparency log", "description": "Proof, for anybody who asks, that nothing was rewritten."},
    {"name": "administration", "description": "Setting up rounds."},
    {"name": "access", "description": "Access tokens for systems, and how to discover what they need."},
    {"name": "service", "description": "What this service is, and whether it is well."},
]
_ROOM = files("app.api")
_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")
_OF_REHEARSALS = " A rehearsal (`validateOnly`) needs none."
# What is new takes If-None-Match instead, and an extension needs If-Match only if its body names an application.
_NOT_ALWAYS_ABOUT_ONE_RECORD = frozenset({"assess_application", "grant_extension", "put_round"})
_FRAMEWORKS_WORD = "Successful Response"

Node = dict[str, Any]

HEADERS: Node = {
    "ETag": {
        "description": "A strong tag. For a signed-in answer it is the version (send it as `If-Match`), for a public "
        "one it stands for the bytes. Send it as `If-None-Match` if 304 is documented.",
        "schema": {"type": "string"},
        "example": '"v2"',
    },
    "Link": {
        "description": 'Links that belong to the answer, separated by commas: `rel="next"` the next page (absent on '
        'the last one), `rel="describedby"` what the columns of a CSV mean, `rel="license"` the licence of public '
        "answers.",
        "schema": {"type": "string"},
        "example": f'</v1/approvals?limit=1&cursor=WyI0ZjY>; rel="next", <{licence.ADDRESS}>; rel="license"',
    },
    "Location": {
        "description": "The address of the new resource.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/applications/trial-7k3m9q2x",
    },
    "RateLimit": {
        "description": "On answers of the token endpoint and to callers with a valid token: `r` requests are left, and "
        "after `t` seconds it is one more (draft-ietf-httpapi-ratelimit-headers-10). Every such answer has it, not "
        "only 429, which lists it.",
        "schema": {"type": "string"},
        "example": '"client";r=5999;t=1',
    },
    "RateLimit-Policy": {
        "description": "Beside `RateLimit`: `q` requests in `w` seconds, for each client or person (`client`), or for "
        "each address (`address`).",
        "schema": {"type": "string"},
        "example": '"client";q=6000;w=60',
    },
    "Retry-After": {
        "description": "Seconds to wait before you ask again. Sent with `unavailable`, `not-signed-yet`, "
        "`write-unconfirmed`, `too-many-requests` and `request-in-progress`, and with `too-many-versions` only for the "
        "day's limit.",
        "schema": {"type": "integer"},
        "example": 1,
    },
    "WWW-Authenticate": {
        "description": "How to prove who you are.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}


def description_of(app: FastAPI) -> Node:
    """The OpenAPI document of an application."""
    found = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=guide(), routes=app.routes, tags=TAGS
    )
    endpoints = {route.name: route.endpoint for route in iter_route_contexts(app.routes)}
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for operation in operations_of(found):
        _describe(operation, endpoints[operation["operationId"]], schemas)
    schemas["Problem"] = PROBLEM_COMPONENT
    components["schemas"] = {
        name: _open(name, _lean(schema)) for name, schema in sorted(schemas.items()) if name not in _FRAMEWORKS_OWN
    }
    components["responses"] = _share_responses(found)
    components["examples"] = _problem_examples()
    components["headers"] = HEADERS
    found["components"] = dict(sorted(components.items()))
    return found


def operations_of(found: Node) -> Iterator[Node]:
    """Every operation of a document."""
    for path in found["paths"].values():
        yield from path.values()


def guide() -> str:
    """The text before the operations. The life cycle in it is made from the state table."""
    states = "\n".join(f"| `{word.code}` | {word.description} |" for word in STATES)
    moves = "\n".join(
        f"| `{move.source}` | `{move.act}` | `{move.target}` | {move.by} | {move.condition or 'at any time'} |"
        for move in MOVES
    )
    text = (_ROOM / "guide.md").read_text(encoding="utf-8")
    return text.replace("{states}", states).replace("{moves}", moves)


# --- operations ---------------------------------------------------------------------------------


def _describe(operation: Node, endpoint: Callable[..., Any] | None, schemas: Node) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]  # the framework's own, which the register never answers
    if "parameters" in operation:
        operation["parameters"] = list(_parameters(operation, endpoint))
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"] = _lean(media["schema"])
    for response in responses.values():
        if response["description"] == _FRAMEWORKS_WORD:
            response["description"] = _what_it_is(response, schemas)
    _add_examples(operation)


def _parameters(operation: Node, endpoint: Callable[..., Any] | None) -> Iterator[Node]:
    """The parameters, with what follows from the endpoint's refusals: the headers it needs or ignores."""
    key, responses = getattr(endpoint, "key", "offered"), operation["responses"]
    for parameter in operation["parameters"]:
        match parameter["name"]:
            case "idempotency-key" if key == "ignored":
                continue
            case "idempotency-key":
                shown = _parameter(parameter) | {"name": "Idempotency-Key", "required": key == "needed"}
                yield shown | {"description": shown["description"] + _OF_REHEARSALS * shown["required"]}
            case "if-match":
                needed = "428" in responses and operation["operationId"] not in _NOT_ALWAYS_ABOUT_ONE_RECORD
                yield _parameter(parameter) | {"name": "If-Match", "required": needed}
            case _:
                yield _parameter(parameter)


def _parameter(parameter: Node) -> Node:
    """One parameter. It is never null. A comma list is an array of words that is sent as one text."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        [kind] = [each for each in schema["anyOf"] if each != {"type": "null"}]
        schema = {**kind, **{name: value for name, value in schema.items() if name != "anyOf"}}
    if "x-comma-list" in schema:
        items = {"type": "array", "items": schema["x-comma-list"], "minItems": 1}
        return {**parameter, "schema": items, "style": "form", "explode": False}
    schema.pop("description", None)
    return {**parameter, "schema": _lean(schema)}


def _what_it_is(response: Node, schemas: Node) -> str:
    named = [media.get("schema", {}).get("$ref", "") for media in response.get("content", {}).values()]
    shown: Node = next((schemas[each.rpartition("/")[2]] for each in named if each), {})
    described: str = shown.get("description", _FRAMEWORKS_WORD)
    return described.partition("\n\n")[0].replace("``", "`")


def _add_examples(operation: Node) -> None:
    """Add the examples from the file that is named like the operation, if there is one."""
    file = _ROOM / "examples" / f"{operation['operationId']}.json"
    if not file.is_file():
        return
    found = orjson.loads(file.read_bytes())
    if "request" in found:
        [media] = operation["requestBody"]["content"].values()
        media["examples"] = found["request"]
    for status, answer in found["answers"].items():
        response = operation["responses"][status]
        for media_type, examples in answer["content"].items():
            response["content"][media_type]["examples"] = examples
        for name in answer["headers"]:
            response.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}


# --- components ---------------------------------------------------------------------------------


def _problem_examples() -> Node:
    """A made-up problem for each code, with the members that a real one has."""
    found, kinds = {}, catalogue()
    for code, own in orjson.loads((_ROOM / "examples" / "problems.json").read_bytes()).items():
        shown = document(kinds[code](own.get("detail", "")), instance=own["instance"], trace_id=EXAMPLE_TRACE_ID)
        kind = kinds[code]
        told = f"{meaning_of(kind)} What to do: {advice_on(kind, status_of(kind))}"
        found[code] = {"summary": kind.title, "description": told, "value": {**shown, **own}}
    return found


def _share_responses(found: Node) -> Node:
    """Move the refusals that several operations share to the components. The codes make the name."""
    places = [
        (operation["responses"], status)
        for operation in operations_of(found)
        for status, response in operation["responses"].items()
        if list(response.get("content", ())) == [PROBLEM_JSON]
    ]
    names = [".".join(responses[status]["content"][PROBLEM_JSON]["examples"]) for responses, status in places]
    number, shared = Counter(names), {}
    for name, (responses, status) in zip(names, places, strict=True):
        if number[name] > 1:
            shared[name] = responses[status]
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _open(name: str, schema: Node) -> Node:
    """A document that goes out may have more members one day. A document that comes in may have only these."""
    if name.endswith("Out"):
        schema.pop("additionalProperties", None)
    return schema


_NOT_SCHEMAS = frozenset({"default", "examples", "example", "enum", "const"})


def _lean(node: Any) -> Any:
    """A schema without titles that repeat the members' names, and with null as a second type."""
    if isinstance(node, list):
        return [_lean(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {
        name: value if name in _NOT_SCHEMAS else _lean(value)
        for name, value in node.items()
        if not (name == "title" and isinstance(value, str))
    }
    if "x-schema" in kept:
        reference = {"$ref": f"#/components/schemas/{kept['x-schema']}"}
        return {"anyOf": [reference, {"type": "null"}]} if "anyOf" in kept else reference
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].replace("``", "`")
    return _with_null(kept)


def _with_null(schema: Node) -> Node:
    match schema.get("anyOf"):
        case [{"type": str(kind)} as other, {"type": "null"}] if "enum" not in other and "const" not in other:
            rest = {name: value for name, value in schema.items() if name != "anyOf"}
            return {**other, "type": [kind, "null"], **rest}
        case _:
            return schema
