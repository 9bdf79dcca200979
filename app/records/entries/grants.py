"""Grants, as the entries that publish or correct a decision write them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from app.records.entries.codec import Later, Named, Omitted
from app.rules.grants import Agreement, EndedBy
from app.rules.words import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrant:
    """What a decision grants. The first day is not known while conditions are open. The end may be known already."""

    level: Level
    agreement: Agreement
    in_force_from: date | None
    in_force_to: Omitted[date] = None
    ended_by: Omitted[EndedBy] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastGrant:
    """What a decision of the past granted, and how that ended, as far as it is known."""

    level: Level
    agreement: Agreement
    in_force_from: date | None
    in_force_to: date | None
    ended_by: EndedBy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedGrant:
    """A grant that a correction continues: as far as it was signed, promoted and announced as started."""

    level: Level
    agreement: Agreement
    in_force_from: date | None
    signed_on: date | None
    promoted_on: Later[date]
    start_announced: Annotated[bool, Named("startTold")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedGrant(CarriedGrant):
    """A grant that an act on it had ended, and whether that was announced."""

    in_force_to: date
    ended_by: EndedBy
    reason: str | None
    legal_basis: str | None
    end_announced: Annotated[bool, Named("endTold")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """The end of a superseded decision's grant. The grant was never in force."""

    in_force_to: date
    ended_by: EndedBy


CorrectedGrant = NewGrant | CarriedGrant | EndedGrant
AnyGrant = CorrectedGrant | PastGrant
