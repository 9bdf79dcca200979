"""Signed-off decisions, and what they grant."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from app.records.columns import Code, Document, Instant
from app.records.tables.base import (
    AGREEMENT_KNOWN,
    BASIS_KNOWN,
    DOWNGRADE_IS_CHOSEN,
    LEVEL_APPLIED_FOR,
    LEVELS_APPLIED_FOR,
    OUTCOME_GRANTS,
    SCALED_DOWN,
    TableRow,
)

STANDS_AS_GRANTED = "state <> 'superseded' AND granted_level IS NOT NULL AND requested_level IS NOT NULL"


class Decision(TableRow, table=True):
    """A signed-off decision for one CCG. Its outcome never changes; nothing here is edited or deleted.

    ``version`` counts the acts on it and on its grant. Only what follows from a merger has no round; ``succeeds`` names
    the bodies that merged, and what they held. ``requested_level`` is null if no source tells what was asked for; such
    a decision can stand beside another of its round. ``functions`` is what was said of those that it grants at
    delegated; null if that was not said, as before the register asked for it.
    """

    __tablename__: ClassVar[str] = "decisions"
    __table_args__ = (
        CheckConstraint(LEVEL_APPLIED_FOR, name="level_applied_for"),
        CheckConstraint(OUTCOME_GRANTS, name="outcome_grants"),
        CheckConstraint(DOWNGRADE_IS_CHOSEN, name="downgrade_is_chosen"),
        CheckConstraint("state IN ('signed_off', 'published', 'superseded')", name="state_known"),
        CheckConstraint(
            "(state = 'signed_off') = (published_sequence IS NULL)"
            " AND (published_at IS NULL) = (published_sequence IS NULL)",
            name="published_is_numbered",
        ),
        CheckConstraint(
            # Once it is published, who did it may be redacted.
            "(origin = 'casework' AND coalesce(recorded_by <> signed_off_by, state <> 'signed_off')"
            " AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL AND reference IS NOT NULL)"
            " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)"
            " OR (origin = 'succession' AND coalesce(recorded_by <> signed_off_by, true) AND state <> 'signed_off'"
            " AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL)",
            name="origin_is_shown",
        ),
        CheckConstraint(
            "(origin = 'succession') = (round_id IS NULL) AND (origin = 'succession') = (succeeds IS NOT NULL)",
            name="only_a_succession_has_no_round",
        ),
        CheckConstraint(BASIS_KNOWN, name="basis_known"),
        CheckConstraint(
            "requested_level IS NOT NULL"
            " OR (origin = 'history' AND outcome = 'approved' AND granted_level IS NOT NULL)",
            name="request_known",
        ),
        CheckConstraint("version >= 1", name="version_counts"),
        CheckConstraint(SCALED_DOWN, name="scaled_down"),
        Index(
            "uq_decisions_standing",
            "ods_code",
            "round_id",
            unique=True,
            sqlite_where=text(STANDS_AS_GRANTED),
            postgresql_where=text(STANDS_AS_GRANTED),
        ),
        Index(
            "uq_decisions_succession",
            "ods_code",
            unique=True,
            sqlite_where=text("state <> 'superseded' AND origin = 'succession'"),
            postgresql_where=text("state <> 'superseded' AND origin = 'succession'"),
        ),
        Index("ix_decisions_round", "round_id", "state", "outcome"),
        Index("ix_decisions_ods_code", "ods_code", "decision_id"),
    )

    decision_id: str = Field(sa_type=Code, primary_key=True)
    reference: str | None = Field(sa_type=Code, nullable=True, index=True)
    ods_code: str = Field(sa_type=Code, foreign_key="organisations.ods_code")
    name: str
    region_code: str = Field(sa_type=Code, foreign_key="regions.code")
    area_team_code: str | None = Field(sa_type=Code, nullable=True, foreign_key="area_teams.code")
    round_id: str | None = Field(sa_type=Code, nullable=True, foreign_key="rounds.round_id")
    requested_level: str | None
    outcome: str
    granted_level: str | None
    chosen_by: str | None
    effective_from: date | None
    state: str
    version: int
    decided_on: date | None
    signed_off_on: date | None
    signed_off_index: int = Field(sa_type=BigInteger, foreign_key="log_entries.index")
    recorded_by: str | None
    signed_off_by: str | None
    published_at: datetime | None = Field(sa_type=Instant, nullable=True)
    published_sequence: int | None = Field(sa_type=BigInteger, nullable=True)
    supersedes: str | None = Field(sa_type=Code, nullable=True)
    superseded_by: str | None = Field(sa_type=Code, nullable=True)
    correction_reason: str | None
    origin: str
    basis: str | None
    source: str | None
    succeeds: list[dict[str, Any]] | None = Field(sa_type=Document, nullable=True)
    note: str | None
    scaled_down_to: str | None
    scaled_down_code: str | None
    scaled_down_text: str | None
    functions: list[str] | None = Field(sa_type=Document, nullable=True)


class DecisionReason(TableRow, table=True):
    """One public reason of a decision."""

    __tablename__: ClassVar[str] = "decision_reasons"
    __table_args__ = (CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_length"),)

    decision_id: str = Field(sa_type=Code, primary_key=True, foreign_key="decisions.decision_id")
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    code: str = Field(sa_type=Code, foreign_key="reason_codes.code")
    text: str


class DecisionCondition(TableRow, table=True):
    """One condition of a conditional approval. It stays visible for ever. In the past its due day may be unknown.

    ``settled_on`` is the day it was met, waived or lapsed.
    """

    __tablename__: ClassVar[str] = "decision_conditions"
    __table_args__ = (
        CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_length"),
        CheckConstraint("state IN ('open', 'met', 'waived', 'lapsed')", name="state_known"),
        CheckConstraint("(state = 'open') = (settled_on IS NULL)", name="settled_on_a_day"),
    )

    decision_id: str = Field(sa_type=Code, primary_key=True, foreign_key="decisions.decision_id")
    condition_id: str = Field(sa_type=Code, primary_key=True)
    position: int
    text: str
    reason_code: str = Field(sa_type=Code, foreign_key="reason_codes.code")
    due_on: date | None
    state: str
    settled_on: date | None


class ConditionEvidence(TableRow, table=True):
    """The evidence a CCG gave that a condition is met. All of it comes from private bytes."""

    __tablename__: ClassVar[str] = "condition_evidence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["decision_id", "condition_id"],
            ["decision_conditions.decision_id", "decision_conditions.condition_id"],
            name="fk_condition_evidence_condition",
        ),
        CheckConstraint("number >= 1", name="number_counts"),
    )

    decision_id: str = Field(sa_type=Code, primary_key=True)
    condition_id: str = Field(sa_type=Code, primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str | None
    links: list[dict[str, Any]] | None = Field(sa_type=Document, nullable=True)
    given_at: datetime = Field(sa_type=Instant)


class Approval(TableRow, table=True):
    """What a published decision grants, and its status.

    ``own_to`` and ``own_by`` are the end by an act on the grant itself. It holds again if another grant ended this one
    earlier and turns out not to exist. ``start_told`` and ``end_told`` say whether the start and the end were
    announced.
    """

    __tablename__: ClassVar[str] = "approvals"
    __table_args__ = (
        CheckConstraint(f"level IN {LEVELS_APPLIED_FOR}", name="level_granted"),
        CheckConstraint(AGREEMENT_KNOWN, name="agreement_known"),
        CheckConstraint("(in_force_to IS NULL) = (ended_by IS NULL)", name="an_end_has_a_cause"),
        CheckConstraint("signed_on IS NULL OR agreement = 'signed'", name="signed_on_a_day"),
        CheckConstraint("(own_to IS NULL) = (own_by IS NULL)", name="an_own_end_has_a_cause"),
        Index("ix_approvals_ods_code", "ods_code"),
    )

    decision_id: str = Field(sa_type=Code, primary_key=True, foreign_key="decisions.decision_id")
    ods_code: str = Field(sa_type=Code, foreign_key="organisations.ods_code")
    round_id: str | None = Field(sa_type=Code, nullable=True, foreign_key="rounds.round_id")
    level: str
    agreement: str
    signed_on: date | None
    in_force_from: date | None
    in_force_to: date | None
    ended_by: str | None
    end_reason: str | None
    legal_basis: str | None
    own_to: date | None
    own_by: str | None
    promoted_on: date | None
    start_told: bool
    end_told: bool


class Proposal(TableRow, table=True):
    """What one person proposed, until a second one confirms it: a correction, a revocation, a waiver, an agreement.

    ``terms`` may one day be public. Who proposed it comes from private bytes. ``settled_…`` say who made it no longer
    open, when, and with what note, ``closed_reason`` why it closed itself.
    """

    __tablename__: ClassVar[str] = "proposals"
    __table_args__ = (
        CheckConstraint("kind IN ('correction', 'revocation', 'waiver', 'agreement')", name="kind_known"),
        CheckConstraint("state IN ('open', 'confirmed', 'replaced', 'withdrawn', 'closed')", name="state_known"),
        CheckConstraint("state <> 'open' OR settled_at IS NULL", name="an_open_one_is_not_settled"),
        CheckConstraint("(kind = 'waiver') = (condition_id IS NOT NULL)", name="a_waiver_names_a_condition"),
        Index(
            "uq_proposals_open",
            "decision_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    proposal_id: str = Field(sa_type=Code, primary_key=True)
    decision_id: str = Field(sa_type=Code, foreign_key="decisions.decision_id")
    kind: str
    condition_id: str | None = Field(sa_type=Code, nullable=True)
    terms: dict[str, Any] = Field(sa_type=Document)
    state: str
    proposed_by: str | None
    proposed_at: datetime = Field(sa_type=Instant)
    settled_by: str | None
    settled_at: datetime | None = Field(sa_type=Instant, nullable=True)
    settled_note: str | None
    closed_reason: str | None


class Succession(TableRow, table=True):
    """What one person proposed to move on from bodies that merge, until a second one confirms it.

    ``items`` may one day be public: one for each body that comes after. ``version`` counts the acts on it.
    """

    __tablename__: ClassVar[str] = "successions"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'confirmed', 'withdrawn')", name="state_known"),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="an_open_one_is_not_settled"),
        CheckConstraint("version >= 1", name="version_counts"),
    )

    proposal_id: str = Field(sa_type=Code, primary_key=True)
    effective_on: date
    items: list[dict[str, Any]] = Field(sa_type=Document)
    state: str
    version: int
    proposed_by: str | None
    proposed_at: datetime = Field(sa_type=Instant)
    settled_by: str | None
    settled_at: datetime | None = Field(sa_type=Instant, nullable=True)
    settled_note: str | None


class Announcement(TableRow, table=True):
    """One announcement: a fixed set of a round's signed-off decisions, published together, now or at a set hour."""

    __tablename__: ClassVar[str] = "announcements"
    __table_args__ = (
        CheckConstraint("state IN ('scheduled', 'made', 'cancelled')", name="state_known"),
        CheckConstraint("(state = 'made') = (announced_at IS NOT NULL)", name="made_at_an_instant"),
        CheckConstraint("state = 'made' OR publish_at IS NOT NULL", name="scheduled_for_an_instant"),
    )

    announcement_id: str = Field(sa_type=Code, primary_key=True)
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    levels: list[str] = Field(sa_type=Document)
    set_digest: str
    size: int
    decision_ids: list[str] = Field(sa_type=Document)
    state: str
    publish_at: datetime | None = Field(sa_type=Instant, nullable=True)
    announced_at: datetime | None = Field(sa_type=Instant, nullable=True)
