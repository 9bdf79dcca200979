"""Regions, area teams, bodies and rounds, with the totals reported about them."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field

from app.records.columns import Code, Document, Instant
from app.records.tables.base import TableRow


class ReasonCode(TableRow, table=True):
    """A reason code. A ``history_only`` one is for past rounds whose sources give no reason."""

    __tablename__: ClassVar[str] = "reason_codes"

    code: str = Field(sa_type=Code, primary_key=True)
    position: int = Field(unique=True)
    label: str
    description: str
    history_only: bool


class Region(TableRow, table=True):
    """A commissioning region. Each has a moderation panel. ``successors`` are what it became after its last day."""

    __tablename__: ClassVar[str] = "regions"

    code: str = Field(sa_type=Code, primary_key=True)
    name: str
    valid_from: date
    valid_to: date | None
    ons_code: str | None
    successors: list[str] | None = Field(sa_type=Document, nullable=True)
    source: str | None


class AreaTeam(TableRow, table=True):
    """An area team of NHS England (until 31 March 2015), or the local team that followed.

    ``known_to`` is the day to which it is known which CCGs were its own.
    """

    __tablename__: ClassVar[str] = "area_teams"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),)

    code: str = Field(sa_type=Code, primary_key=True)
    ons_code: str | None
    name: str
    region_code: str = Field(sa_type=Code, foreign_key="regions.code")
    valid_from: date
    valid_to: date | None
    known_to: date | None
    source: str | None


class Organisation(TableRow, table=True):
    """A body under its ODS code, a stable key. What can change is in ``organisation_facts``."""

    __tablename__: ClassVar[str] = "organisations"
    __table_args__ = (
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="days_in_order"),
        CheckConstraint("kind IN ('ccg', 'icb', 'trial')", name="kind_known"),
    )

    ods_code: str = Field(sa_type=Code, primary_key=True)
    kind: str
    opened_on: date
    closed_on: date | None
    successor_ods_code: str | None = Field(sa_type=Code, nullable=True)
    known_to: date
    changed_sequence: int = Field(sa_type=BigInteger)


class OrganisationFact(TableRow, table=True):
    """A CCG's name and place from one day to another."""

    __tablename__: ClassVar[str] = "organisation_facts"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),)

    ods_code: str = Field(sa_type=Code, primary_key=True, foreign_key="organisations.ods_code")
    valid_from: date = Field(primary_key=True)
    valid_to: date | None
    name: str
    ons_code: str | None
    region_code: str = Field(sa_type=Code, foreign_key="regions.code")
    area_team_code: str | None = Field(sa_type=Code, nullable=True, foreign_key="area_teams.code")
    source: str | None


class OrganisationStatement(TableRow, table=True):
    """What one file said of one body. All of them together give the facts, in whatever order files were read."""

    __tablename__: ClassVar[str] = "organisation_statements"
    __table_args__ = (CheckConstraint("said_by IN ('own', 'change', 'ods')", name="said_by_known"),)

    ods_code: str = Field(sa_type=Code, primary_key=True)
    said_by: str = Field(sa_type=Code, primary_key=True)
    valid_from: date = Field(primary_key=True)
    as_at: date
    kind: str | None
    name: str | None
    ons_code: str | None
    region_code: str | None = Field(sa_type=Code, nullable=True)
    area_team_code: str | None = Field(sa_type=Code, nullable=True)
    opened_on: date | None
    closed_on: date | None
    successor: str | None = Field(sa_type=Code, nullable=True)
    differences: list[str] = Field(sa_type=Document)
    is_correction: bool
    source: str | None


class Round(TableRow, table=True):
    """A yearly application cycle, a round of expressions of interest before one, or a trial."""

    __tablename__: ClassVar[str] = "rounds"
    __table_args__ = (
        CheckConstraint("kind IN ('real', 'trial')", name="kind_known"),
        CheckConstraint("coverage IN ('complete', 'partial')", name="coverage_known"),
        CheckConstraint("stage IN ('application', 'expression_of_interest')", name="stage_known"),
        CheckConstraint("closes_on >= opens_on", name="days_in_order"),
        CheckConstraint(
            "coverage = 'partial' OR (opens_on IS NOT NULL AND closes_on IS NOT NULL)", name="days_known_unless_partial"
        ),
    )

    round_id: str = Field(sa_type=Code, primary_key=True)
    title: str
    kind: str
    coverage: str
    opens_on: date | None
    delegated_deadline: date | None
    joint_deadline: date | None
    closes_on: date | None
    starts_on: date
    counted_on: date
    applications_public_from: date | None
    applicants_see_at: datetime | None = Field(sa_type=Instant, nullable=True)
    source: str | None
    note: str | None
    review_from: date | None
    review_to: date | None
    announcement_expected_on: date | None
    stage: str


class RoundChange(TableRow, table=True):
    """One entry that planned a round, or changed its plan. How many there are is the round's version."""

    __tablename__: ClassVar[str] = "round_changes"

    round_id: str = Field(sa_type=Code, primary_key=True, foreign_key="rounds.round_id")
    index: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})


class ReportedTotal(TableRow, table=True):
    """A total that somebody reported at the time. It is shown beside the register's counts, never added to them.

    ``round_id`` is empty if it belongs to no round. ``region_code`` and ``area_team_code`` are empty if the total is
    for England. ``as_at`` is a day, or a month if the day is not known.
    """

    __tablename__: ClassVar[str] = "reported_totals"
    __table_args__ = (CheckConstraint("value >= 0 AND value <= of", name="a_part_of_a_whole"),)

    round_id: str = Field(sa_type=Code, primary_key=True)
    measure: str = Field(sa_type=Code, primary_key=True)
    region_code: str = Field(sa_type=Code, primary_key=True)
    area_team_code: str = Field(sa_type=Code, primary_key=True)
    value: int
    of: int
    as_at: str
    source: str
    settles: bool
    note: str | None
