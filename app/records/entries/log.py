"""Entries about the log itself."""

from dataclasses import dataclass
from typing import ClassVar

from app.records.entries.base import Acted, TypedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOpened(TypedEntry):
    """The first entry."""

    KIND: ClassVar[str] = "log.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRedacted(Acted):
    """The private part of the entry ``index`` was deleted for good. The ground is public."""

    KIND: ClassVar[str] = "entry.redacted"
    PUBLISHES: ClassVar[bool] = True

    index: int
    ground: str


OwnEntry = LogOpened | EntryRedacted
