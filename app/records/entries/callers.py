"""Entries about who may call. Each replaces the whole record. Names, codes and keys are private."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.records.clients import ClientKey
from app.records.entries.base import Acted
from app.records.entries.codec import Omitted, Private
from app.rules.callers import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChanged(Acted):
    """A registered system. ``enabled_at`` is when it was last enabled again, if it ever was disabled."""

    KIND: ClassVar[str] = "client.changed"

    client_id: str
    disabled_at: datetime | None
    enabled_at: Omitted[datetime] = None
    name: Private[str]
    ods_codes: Private[tuple[str, ...]]
    regions: Private[tuple[str, ...]]
    scopes: Private[tuple[Scope, ...]]
    keys: Private[tuple[ClientKey, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(Acted):
    """A registered person."""

    KIND: ClassVar[str] = "person.changed"

    person_id: str
    role: Scope
    ended_at: datetime | None
    issuer: Private[str]
    subject: Private[str]
    name: Private[str]
    regions: Private[tuple[str, ...]]
    interests: Private[tuple[str, ...]]


CallerEntry = ClientChanged | PersonChanged
