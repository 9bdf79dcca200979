"""How the fields of a class become members of JSON and are read again, by the types of its annotations.

This is worked out once for each class and set of members, not for each entry, because verification reads 100,000 of
them. Unexpected members raise ValueError, missing ones KeyError, and values of another type TypeError, ValueError or
KeyError.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum, auto
from functools import lru_cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    ParamSpec,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from app.log.encoding import instant_text
from app.rules.bodies import DatedFact
from app.rules.outcomes import Condition

P = ParamSpec("P")
T = TypeVar("T")
MOST_SHAPES = 4096


def worked_out_once(function: Callable[P, T]) -> Callable[P, T]:
    """Remember the result for a class, or for a class and the names of its members."""
    return cast("Callable[P, T]", lru_cache(MOST_SHAPES)(function))


class Mark(Enum):
    """What is special about a field."""

    PRIVATE = auto()
    OMITTED = auto()
    LATER = auto()
    REPEATED = auto()


class Named(NamedTuple):
    """The member's name, if it is not the field's name in camelCase."""

    name: str


# Stored apart from what may be public. None when read, if it was redacted or if nothing was said.
Private = Annotated[T | None, Mark.PRIVATE]
# Left out if there is nothing to say. An ordinary field writes null.
Omitted = Annotated[T | None, Mark.OMITTED]
PrivateOmitted = Annotated[T | None, Mark.PRIVATE, Mark.OMITTED]
# Always written now, but missing in entries of earlier releases, which stay readable for ever.
Later = Annotated[T | None, Mark.LATER]
# In the envelope, and once more among the members.
Repeated = Annotated[T, Mark.REPEATED]

# The rules' values do not know the names that they have in the log.
_NAMES = {(Condition, "condition_id"): "id"}
# Nor which of their fields earlier releases did not write.
_OMITTED = {(DatedFact, "source")}


class Converter(NamedTuple):
    """How to read a value that is not null from JSON, and how to write it."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


class Member(NamedTuple):
    """A field and the JSON member that it becomes."""

    field: str
    name: str
    converter: Converter
    is_nullable: bool
    marks: frozenset[Any]

    @property
    def is_private(self) -> bool:
        """Whether it belongs to the private part."""
        return Mark.PRIVATE in self.marks

    @property
    def may_lack(self) -> bool:
        """Whether it may be missing when it is read. A private member may be missing because it may be redacted."""
        return not self.marks.isdisjoint({Mark.OMITTED, Mark.LATER, Mark.PRIVATE})


class Shape(NamedTuple):
    """How to read a class from one set of members: which field from which member, and which fields have none."""

    cls: type[Any]
    present: tuple[tuple[str, str, Callable[[Any], Any], bool], ...]
    absent: dict[str, None]

    def values(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' values."""
        found: dict[str, Any] = dict(self.absent)
        for field, name, read, is_nullable in self.present:
            value = members[name]
            found[field] = None if value is None and is_nullable else read(value)
        return found


def document(value: Any) -> Any:
    """A value, or a tuple of values, as plain JSON."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [document(each) for each in value]
    if is_dataclass(value):
        return written(value, members_of(type(value)))
    return converter_of(type(value)).write(value)


def read(classes: type[T] | tuple[type[T], ...], given: Mapping[str, Any]) -> T:
    """Read a value as the one of these classes that has these members."""
    candidates = classes if isinstance(classes, tuple) else (classes,)
    shape = shape_of(candidates, tuple(given))
    found: T = shape.cls(**shape.values(given))
    return found


def written(value: Any, members: Sequence[Member]) -> dict[str, Any]:
    """The members for these fields of a value."""
    found: dict[str, Any] = {}
    for member in members:
        held = getattr(value, member.field)
        if held is not None:
            found[member.name] = member.converter.write(held)
        elif Mark.OMITTED not in member.marks:
            found[member.name] = None
    return found


@worked_out_once
def members_of(cls: type[Any]) -> tuple[Member, ...]:
    """Every field of a class with its member, in the order of the log's own bytes."""
    hints = get_type_hints(cls, include_extras=True)
    found = [_member(cls, each.name, hints[each.name]) for each in fields(cls)]
    return tuple(sorted(found, key=lambda member: member.name))


def _member(cls: type[Any], field: str, hint: Any) -> Member:
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    if (cls, field) in _OMITTED:
        marks = (*marks, Mark.OMITTED)
    named = [mark.name for mark in marks if isinstance(mark, Named)]
    head, *tail = field.split("_")
    usual = _NAMES.get((cls, field)) or head + "".join(part.capitalize() for part in tail)
    kinds = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    own = tuple(kind for kind in kinds if kind is not NoneType)
    converter = converter_of(own[0]) if len(own) == 1 else _of_classes(own)
    return Member(field, named[0] if named else usual, converter, NoneType in kinds, frozenset(marks))


@worked_out_once
def shape_of(classes: tuple[type[Any], ...], names: tuple[str, ...]) -> Shape:
    """How to read the class that has exactly these members. Raises KeyError and ValueError if none has."""
    return fitting(classes[0].__name__, [Candidate(cls, members_of(cls)) for cls in classes], names)


class Candidate(NamedTuple):
    """A class that may fit some members. ``unread`` are members that it may have beside its fields."""

    cls: type[Any]
    members: tuple[Member, ...]
    unread: frozenset[str] = frozenset()


def fitting(what: str, candidates: Sequence[Candidate], names: tuple[str, ...]) -> Shape:
    """How to read the candidate that has exactly these members. Raises KeyError and ValueError if none has."""
    for cls, members, unread in candidates:
        known = {each.name for each in members} | unread
        if known.issuperset(names) and not _lacking(members, names):
            return shape_in(cls, members, names)
    lacking = _lacking(candidates[0].members, names)
    if lacking:
        raise KeyError(f"{what} lacks {', '.join(lacking)}")
    raise ValueError(f"{what} has no such members: {', '.join(names)}")


def shape_in(cls: type[Any], members: Sequence[Member], names: Sequence[str]) -> Shape:
    """How to read these fields of a class from members with these names."""
    present = [each for each in members if each.name in names]
    return Shape(
        cls,
        tuple((each.field, each.name, each.converter.read, each.is_nullable) for each in present),
        {each.field: None for each in members if each.name not in names},
    )


def _lacking(members: Sequence[Member], names: Sequence[str]) -> list[str]:
    return [each.name for each in members if not each.may_lack and each.name not in names]


# --- values -------------------------------------------------------------------------------------


@worked_out_once
def converter_of(kind: Any) -> Converter:
    """How to read and write values of a type."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_dataclass(kind):
        return _of_classes((kind,))
    origin = get_origin(kind)
    if origin is None:
        return _of_words(list(kind))
    return _GENERIC[origin](get_args(kind))


def _of_words(words: Sequence[Any]) -> Converter:
    """Members of an enumeration, by their values."""
    return Converter({word.value: word for word in words}.__getitem__, lambda word: word.value)


def _of_classes(classes: tuple[Any, ...]) -> Converter:
    """One of several classes, distinguished by their members."""

    def read_one(given: Any) -> Any:
        return read(classes, _object(given))

    return Converter(read_one, lambda value: written(value, members_of(type(value))))


def _of_tuple(arguments: tuple[Any, ...]) -> Converter:
    item = converter_of(arguments[0])
    return Converter(
        lambda given: tuple([item.read(each) for each in _list(given)]),
        lambda held: [item.write(each) for each in held],
    )


def _of_mapping(arguments: tuple[Any, ...]) -> Converter:
    item = converter_of(arguments[1])
    return Converter(
        lambda given: {name: item.read(value) for name, value in _object(given).items()},
        lambda held: {name: item.write(value) for name, value in held.items()},
    )


def _of_sequence(arguments: tuple[Any, ...]) -> Converter:
    return Converter(_list, _of_tuple(arguments).write)


def _same(value: Any) -> Any:
    return value


def _exactly(kind: type[T]) -> Callable[[Any], T]:
    def check(value: Any) -> T:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")
        found: T = value
        return found

    return check


_list, _object = _exactly(list), _exactly(dict)
_PLAIN: dict[Any, Converter] = {
    Any: Converter(_same, _same),
    NoneType: Converter(_same, _same),
    str: Converter(_exactly(str), _same),
    int: Converter(_exactly(int), _same),
    bool: Converter(_exactly(bool), _same),
    date: Converter(date.fromisoformat, date.isoformat),
    datetime: Converter(datetime.fromisoformat, instant_text),
}
_GENERIC: dict[Any, Callable[[tuple[Any, ...]], Converter]] = {
    tuple: _of_tuple,
    Mapping: _of_mapping,
    Sequence: _of_sequence,
    Literal: _of_words,
}
