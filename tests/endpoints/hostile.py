"""Requests that nobody should send, and some that are nearly right: made from the schemas of the document."""

import copy
import json
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.openapi.reading import Node, Operation, examples, resolved

FORM = "application/x-www-form-urlencoded"
MOST_ITEMS = 3
LONGEST_TEXT = 40
ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202egnp.exe",
    "\ufeff",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%00",
    "${jndi:ldap://x}",
    "=1+1",
    "9" * 30,
    "-1",
    "NaN",
    "null",
    "a" * 3_000,
    "2015-02-30",
    "9999-12-31",
    "0000-01-01T00:00:00Z",
    "10T,10T",
    ",",
    "draft,,",
]
ODD_NUMBERS = [0, -1, 1.5, -0.0, 1e400, float("nan"), 2**31, 2**63, -(2**63) - 1, 10**25]
ODD_VALUES: SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_TEXTS),
    st.integers(),
    st.text(max_size=LONGEST_TEXT),
    st.just([]),
    st.just({}),
)
ODD_DOCUMENTS = st.recursive(
    ODD_VALUES,
    lambda inner: (
        st.lists(inner, max_size=MOST_ITEMS) | st.dictionaries(st.text(max_size=5), inner, max_size=MOST_ITEMS)
    ),
    max_leaves=6,
)
ODD_BYTES = st.one_of(
    st.binary(max_size=LONGEST_TEXT),
    st.sampled_from(
        [
            b"",
            b"{",
            b"null",
            b'{"a":1,"a":2}',
            b"\xef\xbb\xbf{}",
            b'{"a":"\\ud800"}',
            b"[" * 5_000,
            b'{"a":' * 50 + b"1" + b"}" * 50,
            b'{"a":1e999}',
            b'{"a":NaN}',
            '{"a":1}'.encode("utf-16"),
            b"{} {}",
            b'"' + b"x" * 300_000 + b'"',
        ]
    ),
)
ODD_HEADERS = st.sampled_from(
    [
        "*",
        '"v0"',
        '"v1"',
        '"v2"',
        'W/"v1"',
        '"v1", "v2"',
        "v1",
        '"',
        ",",
        '"v99999999999999999999"',
        "\x7f",
        "x" * 2_000,
    ]
)
ODD_TYPES = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "multipart/form-data; boundary=x",
        "",
        "\x7f/",
    ]
)
ACCEPTS = st.sampled_from(
    ["*/*", "application/json", "text/csv", "application/x-ndjson", "text/html", "q=1", ",;q=", "*/*;q=0"]
)


def fitting(document: Node, schema: Node) -> SearchStrategy[Any]:
    """Values that fit a schema, as far as a schema can tell."""
    schema = resolved(document, schema)
    if "anyOf" in schema:
        return st.one_of([fitting(document, each) for each in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type", "string")
    return st.one_of([_of_kind(document, schema, kind) for kind in (kinds if isinstance(kinds, list) else [kinds])])


def _of_kind(document: Node, schema: Node, kind: str) -> SearchStrategy[Any]:
    if kind == "array":
        least = schema.get("minItems", 0)
        return st.lists(fitting(document, schema.get("items", {})), min_size=least, max_size=least + MOST_ITEMS)
    makers: dict[str, SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
        "number": st.integers(-1_000, 1_000).map(lambda number: number / 4),
        "object": st.deferred(lambda: _object(document, schema)),
    }
    return makers[kind] if kind in makers else _text(schema)


def _object(document: Node, schema: Node) -> SearchStrategy[Any]:
    members = {name: fitting(document, each) for name, each in schema.get("properties", {}).items()}
    needed = set(schema.get("required", []))
    return st.fixed_dictionaries(
        {name: each for name, each in members.items() if name in needed},
        optional={name: each for name, each in members.items() if name not in needed},
    )


def _text(schema: Node) -> SearchStrategy[str]:
    if "pattern" in schema:
        pattern: str = schema["pattern"]
        return st.from_regex(pattern, fullmatch=True)
    match schema.get("format"):
        case "date":
            return st.dates().map(str)
        case "date-time":
            return st.datetimes().map(lambda at: f"{at.isoformat()}Z")
        case _:
            longest = min(schema.get("maxLength", LONGEST_TEXT), LONGEST_TEXT)
            return st.text(min_size=schema.get("minLength", 0), max_size=longest)


@st.composite
def spoilt(draw: DrawFn, document: Any) -> Any:
    """A right document with something odd in one place, or without something."""
    whole = copy.deepcopy(document)
    place = whole
    while isinstance(place, dict | list) and place:
        step = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[step], dict | list) or draw(st.booleans()):
            if draw(st.booleans()):
                place[step] = draw(ODD_DOCUMENTS)
            else:
                del place[step]
            break
        place = place[step]
    return whole


# --- requests -----------------------------------------------------------------------------------

Sent = tuple[str, bytes | None, dict[str, str]]
RARELY = st.integers(0, 9).map(lambda number: number == 0)
VERSIONS = st.sampled_from(["*", '"v1"', '"v2"', '"v1", "v2", "v3"'])


@st.composite
def requests(draw: DrawFn, document: Node, operation: Operation, places: dict[str, list[str]]) -> Sent:
    """An address with its query, a body, and headers."""
    path, query = operation.path, []
    headers = {"Accept": draw(ACCEPTS)} if draw(RARELY) else {}
    for parameter in operation.body.get("parameters", []):
        name, schema, sends_odd = parameter["name"], parameter["schema"], draw(RARELY)
        match parameter["in"]:
            case "path":
                there = st.sampled_from(places[name])
                value = _as_text(draw(ODD_VALUES if sends_odd else there | there | fitting(document, schema)))
                path = path.replace(f"{{{name}}}", quote(value, safe="", errors="replace"))
            case "query" if draw(st.booleans()):
                value = _as_text(draw(ODD_VALUES if sends_odd else fitting(document, schema)))
                query += [f"{name}={quote(value, safe='', errors='replace')}"] * (2 if draw(RARELY) else 1)
            case "header" if parameter["required"] or draw(st.booleans()):
                right = VERSIONS if name == "If-Match" else st.uuids().map(str)
                headers[name] = draw(ODD_HEADERS if sends_odd else right)
    if draw(RARELY):
        query.append(draw(st.sampled_from(["colour=red", "%00=1", "=", "&&", "limit", "a[]=1", "%ff=%fe"])))
    body = draw(_bodies(document, operation, headers)) if "requestBody" in operation.body else None
    return path + ("?" + "&".join(query) if query else ""), body, headers


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def _bodies(draw: DrawFn, document: Node, operation: Operation, headers: dict[str, str]) -> bytes:
    [(media_type, media)] = operation.body["requestBody"]["content"].items()
    headers["Content-Type"] = draw(ODD_TYPES) if draw(RARELY) else media_type
    right = draw(st.sampled_from(examples(document, media)))
    kinds: list[SearchStrategy[Any]] = [
        st.just(right),
        spoilt(right),
        spoilt(right),
        fitting(document, media["schema"]),
        ODD_DOCUMENTS,
        ODD_BYTES,
    ]
    found = draw(st.one_of(kinds))
    if isinstance(found, bytes):
        return found
    is_form = media_type == FORM and isinstance(found, dict)
    return (urlencode(found, errors="replace") if is_form else json.dumps(found)).encode()
