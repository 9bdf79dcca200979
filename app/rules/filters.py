"""The names that lists are filtered by: one that there is not is refused, never taken for an empty list."""

from collections.abc import Collection
from typing import NamedTuple

from app.rules.refusals import UnknownName, UnknownNames


class Asked(NamedTuple):
    """Names of one kind that a filter asks for, and those that there are. ``noun`` says what they are names of."""

    noun: str
    names: Collection[str]
    known: Collection[str]


def check_known(*asked: Asked) -> None:
    """Raise UnknownNames with every name that there is not."""
    unknown = [
        UnknownName(each.noun, name, tuple(sorted(each.known)))
        for each in asked
        for name in sorted(set(each.names) - set(each.known))
    ]
    if unknown:
        raise UnknownNames(unknown)
