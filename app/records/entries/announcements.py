"""Entries about announcements: a fixed set of a round's decisions, published together."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.records.entries.base import Acted
from app.records.entries.codec import Later, Omitted
from app.rules.words import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementScheduled(Acted):
    """A set is scheduled for publication at an instant."""

    KIND: ClassVar[str] = "announcement.scheduled"

    announcement_id: str
    round_id: str
    levels: tuple[Level, ...]
    set_digest: str
    size: int
    decision_ids: tuple[str, ...]
    publish_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementCancelled(Acted):
    """A scheduled announcement is cancelled."""

    KIND: ClassVar[str] = "announcement.cancelled"

    announcement_id: str
    round_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementMade(Acted):
    """A set is published: at once, or as scheduled if there is a ``due_at``."""

    KIND: ClassVar[str] = "announcement.made"

    announcement_id: str
    round_id: str
    levels: tuple[Level, ...]
    set_digest: str
    size: int
    decision_ids: Later[tuple[str, ...]]
    due_at: Omitted[datetime]


AnnouncementEntry = AnnouncementScheduled | AnnouncementCancelled | AnnouncementMade
