"""Which changes between two OpenAPI documents break a client that was written for the older one.

A client sends what the older document allows and reads what it promises: so nothing that is sent
may be refused anew, and nothing that is read may go away or become something else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.openapi.reading import Node, Operation, operations, resolved

LIMITS_BELOW = ("maximum", "maxLength", "maxItems", "exclusiveMaximum")
LIMITS_ABOVE = ("minimum", "minLength", "minItems", "exclusiveMinimum")


@dataclass(frozen=True)
class Pair:
    """A place in both documents. ``sent``: the client writes it; otherwise the client reads it."""

    older: Node
    newer: Node
    place: str
    sent: bool = False
    seen: tuple[str, ...] = ()

    def at(self, step: str) -> "Pair":
        return replace(self, place=f"{self.place}{step}")


def breaking_changes(older: Node, newer: Node) -> list[str]:
    """Every breaking change, one sentence each."""
    found: list[str] = []
    after = {(operation.method, operation.path): operation for operation in operations(newer)}
    for before in operations(older):
        place = f"{before.method} {before.path}"
        now = after.get((before.method, before.path))
        if now is None:
            found.append(f"{place}: removed")
        else:
            found += _operation(Pair(older, newer, place), before, now)
    return found


def _operation(pair: Pair, before: Operation, now: Operation) -> Iterator[str]:
    if before.name != now.name:
        yield f"{pair.place}: is now called {now.name}"
    if _tokens(now) - _tokens(before) and not _tokens(before) & _tokens(now):
        yield f"{pair.place}: takes other tokens"
    yield from _parameters(pair, before.body, now.body)
    yield from _body(pair, before.body.get("requestBody", {}), now.body.get("requestBody", {}))
    yield from _answers(pair, before.body["responses"], now.body["responses"])


def _tokens(operation: Operation) -> set[str]:
    return {name for each in operation.body.get("security", []) for name in each}


def _parameters(pair: Pair, before: Node, now: Node) -> Iterator[str]:
    old, new = _named(pair.older, before), _named(pair.newer, now)
    for key, parameter in new.items():
        if parameter.get("required") and not old.get(key, {}).get("required"):
            yield f"{pair.place}: parameter {key[1]} is now required"
    for key, parameter in old.items():
        if key not in new:
            yield f"{pair.place}: parameter {key[1]} removed"
        else:
            place = replace(pair, place=f"{pair.place} {key[1]}", sent=True)
            yield from _schema(place, parameter["schema"], new[key]["schema"])


def _named(document: Node, operation: Node) -> dict[tuple[str, str], Node]:
    found = [resolved(document, each) for each in operation.get("parameters", [])]
    return {(each["in"], each["name"]): each for each in found}


def _body(pair: Pair, before: Node, now: Node) -> Iterator[str]:
    if now.get("required") and not before.get("required"):
        yield f"{pair.place}: a body is now required"
    for media_type, media in before.get("content", {}).items():
        place = replace(pair, place=f"{pair.place} body", sent=True)
        if media_type not in now.get("content", {}):
            yield f"{place.place}: {media_type} no longer taken"
        else:
            yield from _schema(place, media["schema"], now["content"][media_type]["schema"])


def _answers(pair: Pair, before: Node, now: Node) -> Iterator[str]:
    for status, answer in before.items():
        old, new = resolved(pair.older, answer), resolved(pair.newer, now.get(status, {}))
        place = pair.at(f" {status}")
        if status not in now:
            if status.startswith("2"):
                yield f"{place.place}: removed"
            continue
        for header in set(old.get("headers", {})) - set(new.get("headers", {})):
            yield f"{place.place}: header {header} removed"
        for media_type, media in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                yield f"{place.place}: {media_type} removed"
            else:
                yield from _schema(place, media["schema"], new["content"][media_type]["schema"])


# --- schemas ------------------------------------------------------------------------------------


def _schema(pair: Pair, before: Any, now: Any) -> Iterator[str]:
    visit = f"{before} {now}"
    if visit in pair.seen:
        return
    pair = replace(pair, seen=(*pair.seen, visit))
    old, new = resolved(pair.older, before), resolved(pair.newer, now)
    kinds, new_kinds = _kinds(pair.older, old), _kinds(pair.newer, new)
    lost, gained = kinds - new_kinds, new_kinds - kinds
    if (lost if pair.sent else gained) and kinds and new_kinds:
        yield f"{pair.place}: type {_told(kinds)} became {_told(new_kinds)}"
    old, new = _only(pair.older, old), _only(pair.newer, new)
    yield from _words(pair, old, new)
    if pair.sent:
        yield from _limits(pair, old, new)
    yield from _members(pair, old, new)
    if "items" in old and "items" in new:
        yield from _schema(pair.at("[]"), old["items"], new["items"])


def _kinds(document: Node, schema: Node) -> set[str]:
    if "anyOf" in schema:
        return {kind for each in schema["anyOf"] for kind in _kinds(document, resolved(document, each))}
    named = schema.get("type", [])
    return set(named if isinstance(named, list) else [named])


def _only(document: Node, schema: Node) -> Node:
    """The one alternative of a schema that is not null, or the schema itself."""
    others = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    return resolved(document, others[0]) if len(others) == 1 else schema


def _told(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


def _words(pair: Pair, old: Node, new: Node) -> Iterator[str]:
    before, now = _words_of(old), _words_of(new)
    if pair.sent and now and (not before or before - now):
        yield f"{pair.place}: no longer taken: {sorted(before - now) or 'anything but some words'}"
    if not pair.sent and before and (not now or now - before):
        yield f"{pair.place}: words not met before: {sorted(now - before) or 'any'}"


def _words_of(schema: Node) -> set[str]:
    return {str(word) for word in schema.get("enum", [schema["const"]] if "const" in schema else [])}


def _limits(pair: Pair, old: Node, new: Node) -> Iterator[str]:
    for name in LIMITS_BELOW:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{pair.place}: {name} is now {new[name]}"
    for name in LIMITS_ABOVE:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"{pair.place}: {name} is now {new[name]}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{pair.place}: pattern is now {new['pattern']}"


def _members(pair: Pair, old: Node, new: Node) -> Iterator[str]:
    before, now = old.get("properties", {}), new.get("properties", {})
    needed, now_needed = set(old.get("required", [])), set(new.get("required", []))
    if pair.sent:
        yield from (f"{pair.place}/{name}: now required" for name in sorted(now_needed - needed))
        if new.get("additionalProperties") is False:
            yield from (f"{pair.place}/{name}: no longer taken" for name in sorted(set(before) - set(now)))
    else:
        yield from (f"{pair.place}/{name}: removed" for name in sorted(set(before) - set(now)))
        yield from (f"{pair.place}/{name}: not always there" for name in sorted((needed - now_needed) & set(now)))
    for name in sorted(set(before) & set(now)):
        yield from _schema(pair.at(f"/{name}"), before[name], now[name])
