"""Entries about applications: drafts, submissions, ends and extensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.records.entries.base import Acted, Attribution, Document, Moved
from app.records.entries.codec import Later, Omitted, Private
from app.rules.outcomes import Reason
from app.rules.words import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCreated(Moved):
    """A draft at version 1. ``document`` is what the applicants propose.

    ``predecessors`` are the open bodies in whose place a member opens that is not open yet: each with that member.
    """

    KIND: ClassVar[str] = "application.created"

    round_id: str
    requested_level: Level
    lead_ods_code: str
    member_ods_codes: tuple[str, ...]
    region_code: str
    predecessors: Omitted[Mapping[str, str]] = None
    attribution: Private[Attribution]
    document: Private[Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAmended(Moved):
    """The draft has been replaced, or the proposal while changes are awaited.

    ``consents`` are those that remain valid.
    """

    KIND: ClassVar[str] = "application.amended"

    round_id: str
    requested_level: Level
    lead_ods_code: str
    member_ods_codes: tuple[str, ...]
    region_code: str
    predecessors: Omitted[Mapping[str, str]] = None
    consents: Later[Mapping[str, datetime]]
    attribution: Private[Attribution]
    document: Private[Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSubmitted(Moved):
    """The panel of its region has it. The entry repeats the proposal, so that its receipt proves all of it.

    ``ends_declarations`` are the ids of its members' declarations that it replaces.
    """

    KIND: ClassVar[str] = "application.submitted"

    round_id: Later[str]
    requested_level: Later[Level]
    lead_ods_code: Later[str]
    member_ods_codes: tuple[str, ...]
    region_code: str
    is_first: Later[bool]
    first_submitted_at: datetime
    ends_declarations: tuple[str, ...]
    attribution: Private[Attribution]
    declared_by: Private[str]
    document: Private[Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Moved):
    """A member CCG agrees to the draft as it is now, or to scaling down what was submitted (``scale_down_to``)."""

    KIND: ClassVar[str] = "consent.given"

    ods_code: str
    scale_down_to: Omitted[Level] = None
    attribution: Private[Attribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Moved):
    """One CCG is no longer a member. ``was_live`` if it blocked another application of that CCG."""

    KIND: ClassVar[str] = "member.left"

    ods_code: str
    was_live: bool
    attribution: Private[Attribution]
    reason: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationWithdrawn(Moved):
    """Withdrawn by its applicants."""

    KIND: ClassVar[str] = "application.withdrawn"

    member_ods_codes: tuple[str, ...]
    attribution: Private[Attribution]
    reason: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationScaledDown(Moved):
    """Its CCGs choose a lower level than they applied for, while the panel has it. It is not public before a decision.

    What was requested stays.
    """

    KIND: ClassVar[str] = "application.scaled_down"

    level: Level
    reason: Reason
    attribution: Private[Attribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationLapsed(Moved):
    """Its round is over. ``due_at`` is when the lapse was due."""

    KIND: ClassVar[str] = "application.lapsed"

    member_ods_codes: tuple[str, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExtended(Acted):
    """More time for one CCG's first submission at a level of a round."""

    KIND: ClassVar[str] = "extension.granted"

    ods_code: str
    extension_id: str
    round_id: str
    level: Level
    until: date
    reason: Private[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesExtended(Moved):
    """More time for the changes awaited in one application. ``ods_code`` is its lead's."""

    KIND: ClassVar[str] = "extension.granted"

    ods_code: str
    extension_id: str
    round_id: str
    level: Level
    until: date
    reason: Private[str]


ApplicationEntry = (
    ApplicationCreated
    | ApplicationAmended
    | ApplicationSubmitted
    | ConsentGiven
    | MemberLeft
    | ApplicationWithdrawn
    | ApplicationScaledDown
    | ApplicationLapsed
    | DeadlineExtended
    | ChangesExtended
)
