"""Entries about the log itself."""

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAccepted(Acted):
    """The clock is behind the newest entry, and is right: the one that wrote ``newest`` had run ahead.

    ``dated`` is the instant of that entry. Instants begin anew with this entry. The ground is public.
    """

    KIND: ClassVar[str] = "clock.accepted"
    PUBLISHES: ClassVar[bool] = True

    newest: int
    dated: datetime
    ground: str


OwnEntry = LogOpened | EntryRedacted | ClockAccepted
