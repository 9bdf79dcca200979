"""How values are written. Input is accepted only in that one form: no value can be written in two ways."""

import base64
import json
from datetime import UTC, datetime
from typing import Any


def instant_text(at: datetime) -> str:
    """An instant in the form of the log and the API: RFC 3339 in UTC, with microseconds only if there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_base64(value: bytes) -> str:
    """Base64 with the standard alphabet, padded (RFC 4648, section 4)."""
    return base64.b64encode(value).decode()


def from_base64(written: Any) -> bytes:
    """The bytes. Raises ValueError for any other form of base64, and TypeError if it is no text."""
    try:
        value = base64.b64decode(text(written), validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error
    if to_base64(value) != written:
        raise ValueError("not base64 as it should be written")
    return value


def from_json(written: str | bytes) -> dict[str, Any]:
    """An object. Raises TypeError for anything else, and ValueError if it is no JSON or has a member twice."""
    try:
        found = json.loads(written, object_pairs_hook=_members)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(found, dict):
        raise TypeError("it is not a JSON object")
    return found


def member(given: dict[str, Any], name: str) -> Any:
    """The value under a name. Raises ValueError if there is none."""
    if name not in given:
        raise ValueError(f"it has no {name}")
    return given[name]


def text(value: Any) -> str:
    """The value, which must be text. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError("salt, body, hashes and checkpoint must be text")
    return value


def number(value: Any) -> int:
    """The value, which must be a whole number. Raises TypeError."""
    if type(value) is not int:
        raise TypeError("index and sizes must be numbers")
    return value


def items(value: Any) -> list[Any]:
    """The value, which must be a list. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError("proof must be a list")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members
