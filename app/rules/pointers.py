"""JSON Pointers (RFC 6901) with which a panel says where in an application something must change."""

from collections.abc import Sequence
from typing import Any

from app.rules.refusals import Fault, InvalidDocument

LONGEST_INDEX = 4


def check_lead_somewhere(document: Any, pointers: Sequence[str | None]) -> None:
    """Raise InvalidDocument for each pointer that leads to nothing in the document. None points nowhere on purpose."""
    faults = []
    for place, pointer in enumerate(pointers):
        nearest, value = _nearest(document, pointer or "")
        if nearest != (pointer or ""):
            detail = f"There is nothing at {pointer} in the application. {_parts_of(nearest, value)}"
            faults.append(Fault(f"/items/{place}/pointer", detail))
    if faults:
        raise InvalidDocument("A pointer leads to nothing in the application.", faults=faults)


def _nearest(document: Any, pointer: str) -> tuple[str, Any]:
    """The longest part of a pointer that leads somewhere, and the value there."""
    value, found = document, ""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and _is_index(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            break
        found = f"{found}/{step}"
    return found, value


def _parts_of(pointer: str, value: Any) -> str:
    """What there is instead, below the nearest place that there is."""
    where = f"At {pointer}" if pointer else "At its top"
    match value:
        case dict() if value:
            return f"{where} there are {', '.join(value)}."
        case list() if value:
            return f"{where} there are the places 0 to {len(value) - 1}."
        case _:
            return f"{where} there is a value without parts."


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_INDEX and text == str(int(text))
