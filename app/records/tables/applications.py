"""Applications, what the panel recommends on them, and declarations."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field

from app.records.columns import Code, Document, Instant
from app.records.tables.base import (
    BASIS_KNOWN,
    CRITERIA,
    DOWNGRADE_IS_CHOSEN,
    LEVEL_APPLIED_FOR,
    LEVELS_APPLIED_FOR,
    OUTCOME_GRANTS,
    SCALED_DOWN,
    TableRow,
)


class Application(TableRow, table=True):
    """An application of one or several CCGs of one region, at its newest version.

    ``shown_at`` is when its applicants were shown the outcome before the announcement. ``document``, ``change_request``
    and ``recorded_by`` come from private bytes.
    """

    __tablename__: ClassVar[str] = "applications"
    __table_args__ = (
        CheckConstraint(LEVEL_APPLIED_FOR, name="level_applied_for"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'changes_requested', 'recommended', 'decided', 'withdrawn', 'lapsed')",
            name="state_known",
        ),
        CheckConstraint(
            "state IN ('draft', 'withdrawn', 'lapsed') OR first_submitted_at IS NOT NULL", name="submitted_at_known"
        ),
        CheckConstraint("state <> 'changes_requested' OR due_on IS NOT NULL", name="changes_have_a_day"),
        CheckConstraint("published_at IS NULL OR state = 'decided'", name="published_when_decided"),
        CheckConstraint("version >= 1", name="version_counts"),
        CheckConstraint(SCALED_DOWN, name="scaled_down"),
        Index("ix_applications_queue", "region_code", "state", "waiting_since"),
        Index("ix_applications_round", "round_id", "state"),
    )

    reference: str = Field(sa_type=Code, primary_key=True)
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    requested_level: str
    lead_ods_code: str = Field(sa_type=Code, foreign_key="organisations.ods_code")
    region_code: str = Field(sa_type=Code, foreign_key="regions.code")
    state: str
    version: int
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    first_submitted_at: datetime | None = Field(sa_type=Instant, nullable=True)
    waiting_since: datetime = Field(sa_type=Instant)
    due_on: date | None
    asked_due_on: date | None = None
    shown_at: datetime | None = Field(sa_type=Instant, nullable=True)
    published_at: datetime | None = Field(sa_type=Instant, nullable=True)
    document: dict[str, Any] | None = Field(sa_type=Document, nullable=True)
    change_request: list[dict[str, Any]] | None = Field(sa_type=Document, nullable=True)
    recorded_by: str | None
    scaled_down_to: str | None
    scaled_down_code: str | None
    scaled_down_text: str | None


class ApplicationMember(TableRow, table=True):
    """A CCG that an application names. If ``is_live``, it blocks a second application in the round.

    ``live_from`` and ``live_to`` are the indices of the entries that made it live and ended that. With them it can be
    counted at any public sequence. A CCG that has left (``left_at``) is no longer a member. ``scaling_agreed_at`` is
    when it agreed to scaling down.
    """

    __tablename__: ClassVar[str] = "application_members"
    __table_args__ = (
        Index(
            "uq_application_members_live",
            "ods_code",
            "round_id",
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
        Index("ix_application_members_ods_code", "ods_code"),
    )

    reference: str = Field(sa_type=Code, primary_key=True, foreign_key="applications.reference")
    ods_code: str = Field(sa_type=Code, primary_key=True, foreign_key="organisations.ods_code")
    position: int
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    is_live: bool
    live_from: int | None = Field(sa_type=BigInteger, nullable=True)
    live_to: int | None = Field(sa_type=BigInteger, nullable=True)
    consented_at: datetime | None = Field(sa_type=Instant, nullable=True)
    left_at: datetime | None = Field(sa_type=Instant, nullable=True)
    scaling_agreed_at: datetime | None = Field(sa_type=Instant, nullable=True)
    precedes: str | None = Field(sa_type=Code, nullable=True)


class Assessment(TableRow, table=True):
    """What the panel thinks of an application by one criterion. All of it comes from private bytes."""

    __tablename__: ClassVar[str] = "assessments"
    __table_args__ = (CheckConstraint(f"criterion IN {CRITERIA}", name="criterion_known"),)

    reference: str = Field(sa_type=Code, primary_key=True, foreign_key="applications.reference")
    criterion: str = Field(sa_type=Code, primary_key=True)
    rating: str | None
    justification: str | None
    assessed_by: str | None
    assessed_at: datetime = Field(sa_type=Instant)


class Extension(TableRow, table=True):
    """More time for one CCG: a later day than the round has for a level, or than the panel gave for changes.

    ``reference`` is that of the application whose changes are awaited. Reason and person come from private bytes.
    """

    __tablename__: ClassVar[str] = "extensions"
    __table_args__ = (
        CheckConstraint(f"level IN {LEVELS_APPLIED_FOR}", name="level_applied_for"),
        Index("ix_extensions_round", "round_id", "ods_code"),
    )

    extension_id: str = Field(sa_type=Code, primary_key=True)
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    ods_code: str = Field(sa_type=Code, foreign_key="organisations.ods_code")
    level: str
    reference: str | None = Field(sa_type=Code, nullable=True)
    until: date
    reason: str | None
    granted_by: str | None
    granted_at: datetime = Field(sa_type=Instant)


class Recommendation(TableRow, table=True):
    """What the panel has recorded for one member CCG, until it is signed off or returned."""

    __tablename__: ClassVar[str] = "recommendations"
    __table_args__ = (
        CheckConstraint(LEVEL_APPLIED_FOR, name="level_applied_for"),
        CheckConstraint(OUTCOME_GRANTS, name="outcome_grants"),
        CheckConstraint(DOWNGRADE_IS_CHOSEN, name="downgrade_is_chosen"),
    )

    reference: str = Field(sa_type=Code, primary_key=True, foreign_key="applications.reference")
    ods_code: str = Field(sa_type=Code, primary_key=True, foreign_key="organisations.ods_code")
    requested_level: str
    outcome: str
    granted_level: str | None
    chosen_by: str | None
    reasons: list[dict[str, Any]] = Field(sa_type=Document)
    conditions: list[dict[str, Any]] = Field(sa_type=Document)
    functions: list[str] | None = Field(sa_type=Document, nullable=True)
    private_note: str | None
    recorded_by: str | None
    recorded_at: datetime = Field(sa_type=Instant)


class Declaration(TableRow, table=True):
    """A level that needs no approval, declared by a CCG for a round. Only one is current at a time.

    In a past round it may be a choice of which no source tells the outcome. ``level`` is null if not even the choice is
    told.
    """

    __tablename__: ClassVar[str] = "declarations"
    __table_args__ = (
        CheckConstraint(
            "coalesce(level IN ('greater_involvement', 'none'), false) OR (origin = 'history'"
            " AND (level IS NULL OR level IN ('delegated', 'joint', 'not_declared')))",
            name="level_declared",
        ),
        CheckConstraint(
            "(origin = 'casework' AND declared_on IS NOT NULL)"
            " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)",
            name="origin_is_shown",
        ),
        CheckConstraint("(reason_code IS NULL) = (reason_text IS NULL)", name="reason_is_whole"),
        CheckConstraint(BASIS_KNOWN, name="basis_known"),
        Index(
            "uq_declarations_standing",
            "ods_code",
            "round_id",
            unique=True,
            sqlite_where=text("is_newest"),
            postgresql_where=text("is_newest"),
        ),
    )

    declaration_id: str = Field(sa_type=Code, primary_key=True)
    ods_code: str = Field(sa_type=Code, foreign_key="organisations.ods_code")
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    level: str | None
    declared_on: date | None
    is_newest: bool
    ended_by: str | None = Field(sa_type=Code, nullable=True)
    origin: str
    basis: str | None
    source: str | None
    note: str | None
    reason_code: str | None
    reason_text: str | None
