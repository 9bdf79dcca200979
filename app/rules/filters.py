"""The names that lists are filtered by: one that there is not is refused, never taken for an empty list."""

from collections.abc import Collection, Sequence
from typing import NamedTuple


class UnknownName(NamedTuple):
    """A name in a filter that there is not, what it would be the name of, and all that there are."""

    noun: str
    name: str
    known: tuple[str, ...]


class UnknownNames(Exception):
    """A list was asked for rounds, regions or area teams that do not exist.

    This refusal has no code and no page of its own. What is wrong is how the list was asked for, so each kind of answer
    says that in terms of its own address.
    """

    def __init__(self, unknown: Sequence[UnknownName]) -> None:
        super().__init__(", ".join(each.name for each in unknown))
        self.unknown = tuple(unknown)


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
