"""Entries about declarations of a level that needs no approval. ``replaces`` are the ids of earlier ones."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from app.records.entries.base import Acted, Attribution
from app.records.entries.codec import Omitted, Private
from app.rules.history import Basis, Chosen, Origin, Untold
from app.rules.outcomes import Reason
from app.rules.words import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationMade(Acted):
    """A CCG declares a level for a round."""

    KIND: ClassVar[str] = "declaration.made"
    PUBLISHES: ClassVar[bool] = True

    ods_code: str
    declaration_id: str
    round_id: str
    level: Level
    declared_on: date
    occurred_on: date
    replaces: tuple[str, ...]
    reason: Omitted[Reason]
    attribution: Private[Attribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDeclarationMade(Acted):
    """A declaration in a past round, from a source. Its day may be unknown.

    With the outcome ``not_known`` it is a choice of which no source tells what was decided. Its level is null if not
    even the choice is told.
    """

    KIND: ClassVar[str] = "declaration.made"
    PUBLISHES: ClassVar[bool] = True

    ods_code: str
    declaration_id: str
    round_id: str
    level: Chosen | None
    declared_on: date | None
    occurred_on: date | None
    replaces: tuple[str, ...]
    basis: Basis
    source: str
    outcome: Omitted[Untold] = None
    note: Omitted[str] = None
    origin: Literal[Origin.HISTORY] = Origin.HISTORY


DeclarationEntry = DeclarationMade | PastDeclarationMade
