"""What callers were promised: the documents of ``openapi/published``, and the breaks that ``allowed.toml`` explains."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.house.sizes import HOUSE
from tests.openapi.breaking import breaking_changes
from tests.openapi.reading import Node

FOLDER = HOUSE.parent / "openapi" / "published"


class Allowed(NamedTuple):
    """A breaking change that is meant, since which document, and why."""

    since: str
    says: str
    reason: str


def published() -> dict[str, Node]:
    """Each published document by its release."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}


def allowed() -> list[Allowed]:
    """The breaks that are explained. Raises TypeError for an entry with other members than these."""
    text = (FOLDER / "allowed.toml").read_text(encoding="utf-8")
    return [Allowed(**each) for each in tomllib.loads(text).get("change", [])]


def faults(older: Mapping[str, Node], newer: Node, explained: Iterable[Allowed]) -> list[str]:
    """Breaks that nobody explained, and explanations of what is no break or has no reason."""
    broken = {(release, each) for release, document in older.items() for each in breaking_changes(document, newer)}
    meant = {(each.since, each.says): each.reason.strip() for each in explained}
    return [
        *(f"since {release}: {each}" for release, each in sorted(broken - set(meant))),
        *(f"allowed, but does not occur: since {release}: {each}" for release, each in sorted(set(meant) - broken)),
        *(f"allowed without a reason: {each}" for (_, each), reason in sorted(meant.items()) if not reason),
    ]
