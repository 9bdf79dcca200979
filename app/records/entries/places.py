"""Entries about CCGs, rounds and reported totals. Each replaces the whole record."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Self

from app.records.entries.base import Acted
from app.records.entries.codec import Later, Omitted, Repeated
from app.records.organisations import DatedFact
from app.rules.rounds import Coverage, RoundKind, RoundPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationChanged(Acted):
    """All that a source says about a CCG: its facts, oldest first, and the day to which the source reaches."""

    KIND: ClassVar[str] = "organisation.changed"
    PUBLISHES: ClassVar[bool] = True

    ods_code: Repeated[str]
    opened_on: date
    closed_on: date | None
    successor: str | None
    known_to: date
    facts: tuple[DatedFact, ...]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last days to apply for the levels of a round."""

    delegated: date | None
    joint: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundChanged(Acted):
    """A round as it is planned. With ``due_at`` it was written again because its applications count from then on."""

    KIND: ClassVar[str] = "round.changed"
    PUBLISHES: ClassVar[bool] = True

    round_id: str
    title: str
    kind: RoundKind
    coverage: Coverage
    opens_on: date | None
    deadlines: Deadlines
    closes_on: date | None
    starts_on: date
    counted_on: date
    applications_public_from: date | None
    applicants_see_at: datetime | None
    source: Later[str]
    due_at: Omitted[datetime]

    @classmethod
    def of(cls, plan: RoundPlan, *, actor: str, due_at: datetime | None = None) -> Self:
        """The entry for a plan without faults."""
        return cls(
            round_id=plan.round_id,
            title=plan.title,
            kind=RoundKind(plan.kind),
            coverage=Coverage(plan.coverage),
            opens_on=plan.opens_on,
            deadlines=Deadlines(plan.delegated_deadline, plan.joint_deadline),
            closes_on=plan.closes_on,
            starts_on=plan.starts_on,
            counted_on=plan.counted_on,
            applications_public_from=plan.applications_public_from,
            applicants_see_at=plan.applicants_see_at,
            source=plan.source,
            due_at=due_at,
            actor=actor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalReported(Acted):
    """A total as it was reported at the time: ``value`` of ``of`` CCGs, at a day or a month."""

    KIND: ClassVar[str] = "total.reported"
    PUBLISHES: ClassVar[bool] = True

    round_id: str
    measure: str
    region_code: str | None
    value: int
    of: int
    as_at: str
    source: str


PlaceEntry = OrganisationChanged | RoundChanged | TotalReported
