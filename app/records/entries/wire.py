"""An entry in the log's own form: members of JSON. Typed entries are written to it and read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class Entry:
    """What an act says. ``data`` may one day be public; ``private`` never is.

    ``publishes`` makes the entry public with its commit, and its index the new public sequence.
    """

    kind: str
    data: Mapping[str, Any]
    private: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None
    ods_code: str | None = None
    publishes: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """The index of an entry in the log, and when it was written (aware, UTC)."""

    index: int
    at: datetime


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry of the log. ``private`` is None if the private bytes were redacted."""

    position: Position
    kind: str
    reference: str | None
    ods_code: str | None
    data: dict[str, Any]
    private: dict[str, Any] | None

    @classmethod
    def of(cls, body: bytes, private: bytes | None) -> Self:
        """Read an entry from its exact bytes."""
        entry = orjson.loads(body)
        return cls(
            position=Position(entry["index"], datetime.fromisoformat(entry["at"])),
            kind=entry["kind"],
            reference=entry["reference"],
            ods_code=entry["odsCode"],
            data=entry["data"],
            private=None if private is None else orjson.loads(private),
        )
