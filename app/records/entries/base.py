"""What all kinds of entries share: how they are written and read, and the fields that many of them have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, TypedDict, TypeVar

from app.records.entries.codec import (
    Candidate,
    Mark,
    Member,
    Omitted,
    Private,
    Shape,
    fitting,
    members_of,
    shape_in,
    worked_out_once,
    written,
)
from app.records.entries.wire import Entry, LoggedEntry
from app.rules.lifecycle import State

Attribution = Mapping[str, Any]
Document = Mapping[str, Any]
ENVELOPE = ("reference", "ods_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedEntry:
    """An entry of one kind. ``reference`` and ``ods_code`` go into the envelope, the other fields inside.

    ``EARLIER`` are members that earlier releases wrote and that nothing reads any more.
    """

    KIND: ClassVar[str]
    PUBLISHES: ClassVar[bool] = False
    EARLIER: ClassVar[frozenset[str]] = frozenset()

    def to_entry(self) -> Entry:
        """The entry in the log's form."""
        layout = layout_of(type(self))
        return Entry(
            self.KIND,
            written(self, layout.public),
            written(self, layout.private),
            reference=getattr(self, "reference", None),
            ods_code=getattr(self, "ods_code", None),
            publishes=self.PUBLISHES,
        )


E_ = TypeVar("E_", bound=TypedEntry)


class Layout(NamedTuple):
    """Where the fields of a kind go. ``envelope`` says which may be null there."""

    public: tuple[Member, ...]
    private: tuple[Member, ...]
    envelope: dict[str, bool]


@worked_out_once
def layout_of(cls: type[TypedEntry]) -> Layout:
    """Where the fields of a kind go."""
    members = members_of(cls)
    inside = [each for each in members if each.field not in ENVELOPE or Mark.REPEATED in each.marks]
    return Layout(
        tuple(each for each in inside if not each.is_private),
        tuple(each for each in inside if each.is_private),
        {each.field: each.is_nullable for each in members if each.field in ENVELOPE},
    )


@worked_out_once
def _public_shape(classes: tuple[type[TypedEntry], ...], names: tuple[str, ...]) -> Shape:
    """How to read the class of a kind that has exactly these public members."""
    candidates = [Candidate(cls, layout_of(cls).public, cls.EARLIER) for cls in classes]
    return fitting(classes[0].KIND, candidates, names)


@worked_out_once
def _private_shape(cls: type[TypedEntry], names: tuple[str, ...]) -> Shape:
    members = layout_of(cls).private
    strange = set(names) - {each.name for each in members}
    if strange:
        raise ValueError(f"{cls.KIND} keeps no {', '.join(sorted(strange))}")
    return shape_in(cls, members, names)


def read_entry(classes: tuple[type[E_], ...], logged: LoggedEntry) -> E_:
    """The entry, as the one of these classes that has these public members. Redacted fields are None."""
    public, private = _public_shape(classes, tuple(logged.data)), {} if logged.private is None else logged.private
    if not isinstance(private, dict):
        raise TypeError(f"{logged.kind} keeps a private part that is no object")
    values = public.values(logged.data)
    values.update(_private_shape(public.cls, tuple(private)).values(private))
    envelope = layout_of(public.cls).envelope
    for name, value in ((ENVELOPE[0], logged.reference), (ENVELOPE[1], logged.ods_code)):
        if name in envelope and (envelope[name] or value is not None):
            if values.setdefault(name, value) != value:
                raise ValueError(f"{name} is {value!r} in the envelope, and {values[name]!r} inside")
        elif name in envelope or value is not None:
            raise TypeError(f"{logged.kind} of {name} {value!r}")
    found: E_ = public.cls(**values)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted(TypedEntry):
    """An entry that somebody or something wrote. ``actor`` is that writer's key in the log."""

    actor: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Acted):
    """An entry that brings an application to its next version."""

    reference: str
    version: int
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDecision(Acted):
    """An entry about a decision and its grant.

    ``decision_version`` is the decision's version after the act. Only the act's first entry about the decision gives
    it. Entries of earlier releases do not give it.
    """

    PUBLISHES: ClassVar[bool] = True

    reference: str | None
    ods_code: str
    decision_id: str
    round_id: str | None
    decision_version: Omitted[int]


class DecisionSubject(TypedDict):
    """The fields of ``OfDecision``."""

    reference: str | None
    ods_code: str
    decision_id: str
    round_id: str | None
    decision_version: int | None
    actor: str


class Move(Protocol):
    """An entry that moves an application: ``Moved``, and the entries about decisions that do."""

    @property
    def reference(self) -> str:
        """The application's permanent key."""

    @property
    def version(self) -> int:
        """The application's version after it."""

    @property
    def state(self) -> State:
        """The application's state after it."""
