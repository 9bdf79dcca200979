"""Entries about bodies, rounds and reported totals. Each replaces the whole record."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Self

from app.records.entries.base import Acted
from app.records.entries.codec import Later, Omitted, Repeated
from app.rules.bodies import BodyKind, DatedFact, Statement
from app.rules.rounds import Coverage, RoundKind, RoundPlan, RoundStage


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationChanged(Acted):
    """All that is known of a body: its facts, oldest first, and the day to which the sources reach.

    A CCG's entry names no kind, since entries of earlier releases name none.
    """

    KIND: ClassVar[str] = "organisation.changed"
    PUBLISHES: ClassVar[bool] = True

    ods_code: Repeated[str]
    opened_on: date
    closed_on: date | None
    successor: str | None
    known_to: date
    facts: tuple[DatedFact, ...]
    body_kind: Omitted[BodyKind]


@dataclass(frozen=True, slots=True)
class RegionStated:
    """A commissioning region and the days on which it was one."""

    code: str
    name: str
    ons_code: str | None
    valid_from: date
    valid_to: date | None
    successors: tuple[str, ...]
    source: str | None


@dataclass(frozen=True, slots=True)
class AreaTeamStated:
    """An area team and its days, and to which day it is known which CCGs were its own."""

    code: str
    name: str
    ons_code: str | None
    region_code: str
    valid_from: date
    valid_to: date | None
    known_to: date | None
    source: str | None

    @property
    def last_day(self) -> date | None:
        """The last day on which a CCG is known to have been its own. None if there is no such day yet."""
        return min((day for day in (self.valid_to, self.known_to) if day is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationsStated(Acted):
    """What one file said of bodies, regions and area teams, as at its own day, as far as it was not said before.

    ``speaks_of`` are the bodies of which it spoke as a whole: they are known to its day. ``reason`` is why some of what
    it says overrules what was known.
    """

    KIND: ClassVar[str] = "organisations.stated"
    PUBLISHES: ClassVar[bool] = True

    as_at: date
    regions: tuple[RegionStated, ...]
    area_teams: tuple[AreaTeamStated, ...]
    statements: tuple[Statement, ...]
    speaks_of: tuple[str, ...]
    reason: Omitted[str]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last days to apply for the levels of a round."""

    delegated: date | None
    joint: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundChanged(Acted):
    """A round as it is planned. With ``due_at`` it was written again because its applications count from then on.

    ``stage`` is said of a round of expressions of interest only.
    """

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
    note: Omitted[str]
    review_from: Omitted[date]
    review_to: Omitted[date]
    announcement_expected_on: Omitted[date]
    stage: Omitted[RoundStage]
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
            note=plan.note,
            review_from=plan.review_from,
            review_to=plan.review_to,
            announcement_expected_on=plan.announcement_expected_on,
            stage=None if plan.stage == RoundStage.APPLICATION else RoundStage(plan.stage),
            due_at=due_at,
            actor=actor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalReported(Acted):
    """A total as it was reported at the time: ``value`` of ``of`` CCGs, at a day or a month.

    The round is empty if it belongs to none. ``settles`` is left out unless a complete round must agree with it.
    """

    KIND: ClassVar[str] = "total.reported"
    PUBLISHES: ClassVar[bool] = True

    round_id: str
    measure: str
    region_code: str | None
    value: int
    of: int
    as_at: str
    source: str
    area_team_code: Omitted[str]
    settles: Omitted[bool]
    note: Omitted[str]


PlaceEntry = OrganisationChanged | OrganisationsStated | RoundChanged | TotalReported
