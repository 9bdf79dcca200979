"""All tables, in one room.

Three kinds stand here. The log (``log_entries``, ``log_private``, ``log_head``) is what happened.
The projections say where things stand; they are written only by folding entries
(``app.records.projections``), and ``register verify`` folds the whole log again and compares.
The operational tables at the end serve requests and hold no fact of the register.
Constraints make rows impossible that no act could have written.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.records.columns import Code, Document, Instant

LEVELS_APPLIED_FOR = "('delegated', 'joint')"
OUTCOME_GRANTS = (
    "(outcome IN ('approved', 'conditional') AND granted_level IS NOT NULL AND granted_level = requested_level)"
    " OR (outcome = 'rejected' AND granted_level IS NULL)"
    " OR (outcome = 'downgraded_to_joint' AND requested_level = 'delegated'"
    " AND granted_level IS NOT NULL AND granted_level = 'joint')"
)
DOWNGRADE_IS_CHOSEN = "(outcome = 'downgraded_to_joint') = (chosen_by IS NOT NULL)"

# --- the log ------------------------------------------------------------------------------------


class LogEntry(SQLModel, table=True):
    """One numbered, salted, hashed entry; ``body`` is the exact bytes hashed, the columns index it."""

    __tablename__: ClassVar[str] = "log_entries"
    __table_args__ = (
        CheckConstraint('"index" >= 0 AND act >= 0 AND act <= "index"', name="numbered"),
        CheckConstraint("length(salt) = 32 AND length(leaf) = 32", name="hashed"),
        Index("ix_log_entries_reference", "reference", "index"),
        Index("ix_log_entries_public", "index", sqlite_where=text("publishes"), postgresql_where=text("publishes")),
    )

    index: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    act: int = Field(sa_type=BigInteger)
    kind: str
    publishes: bool
    reference: str | None = Field(sa_type=Code, nullable=True)
    ods_code: str | None = Field(sa_type=Code, nullable=True)
    at: datetime = Field(sa_type=Instant)
    salt: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary)


class LogPrivate(SQLModel, table=True):
    """The private bytes of an entry, with a salt of their own; the entry's body holds their hash."""

    __tablename__: ClassVar[str] = "log_private"

    index: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="log_entries.index",
        sa_column_kwargs={"autoincrement": False},
    )
    salt: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)


class LogHead(SQLModel, table=True):
    """One row, locked by every writer first: how many entries there are and the public sequence."""

    __tablename__: ClassVar[str] = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger)
    public_sequence: int = Field(sa_type=BigInteger)


# --- reference data -----------------------------------------------------------------------------


class ReasonCode(SQLModel, table=True):
    """A reason code; ``history_only`` ones are for past rounds whose sources give no reason."""

    __tablename__: ClassVar[str] = "reason_codes"

    code: str = Field(sa_type=Code, primary_key=True)
    position: int = Field(unique=True)
    label: str
    description: str
    history_only: bool


class Region(SQLModel, table=True):
    """A commissioning region, owner of a moderation panel."""

    __tablename__: ClassVar[str] = "regions"

    code: str = Field(sa_type=Code, primary_key=True)
    name: str
    valid_from: date
    valid_to: date | None


class AreaTeam(SQLModel, table=True):
    """An area team of NHS England (to 31 March 2015), or the local team that came after."""

    __tablename__: ClassVar[str] = "area_teams"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),)

    code: str = Field(sa_type=Code, primary_key=True)
    ons_code: str | None
    name: str
    region_code: str = Field(sa_type=Code, foreign_key="regions.code")
    valid_from: date
    valid_to: date | None


# --- projections: organisations and rounds --------------------------------------------------------


class Organisation(SQLModel, table=True):
    """A CCG under its ODS code, a stable key; what can change is in ``organisation_facts``."""

    __tablename__: ClassVar[str] = "organisations"
    __table_args__ = (CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="days_in_order"),)

    ods_code: str = Field(sa_type=Code, primary_key=True)
    opened_on: date
    closed_on: date | None
    successor_ods_code: str | None = Field(sa_type=Code, nullable=True)
    known_to: date
    changed_sequence: int = Field(sa_type=BigInteger)


class OrganisationFact(SQLModel, table=True):
    """What a CCG was called and where it belonged from one day to another."""

    __tablename__: ClassVar[str] = "organisation_facts"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),)

    ods_code: str = Field(sa_type=Code, primary_key=True, foreign_key="organisations.ods_code")
    valid_from: date = Field(primary_key=True)
    valid_to: date | None
    name: str
    ons_code: str | None
    region_code: str = Field(sa_type=Code, foreign_key="regions.code")
    area_team_code: str | None = Field(sa_type=Code, nullable=True, foreign_key="area_teams.code")


class Round(SQLModel, table=True):
    """A yearly application cycle, or a trial one."""

    __tablename__: ClassVar[str] = "rounds"
    __table_args__ = (
        CheckConstraint("kind IN ('real', 'trial')", name="kind_known"),
        CheckConstraint("coverage IN ('complete', 'partial')", name="coverage_known"),
        CheckConstraint("closes_on >= opens_on", name="days_in_order"),
    )

    round_id: str = Field(sa_type=Code, primary_key=True)
    title: str
    kind: str
    coverage: str
    opens_on: date
    delegated_deadline: date | None
    joint_deadline: date | None
    closes_on: date
    starts_on: date
    counted_on: date
    applications_public_from: date | None
    applicants_see_at: datetime | None = Field(sa_type=Instant, nullable=True)


# --- projections: who may call ------------------------------------------------------------------


class RegisteredClient(SQLModel, table=True):
    """A registered system, with its keys: ``[{kid, alg, jwk, notBefore, notAfter}]``."""

    __tablename__: ClassVar[str] = "clients"

    client_id: str = Field(sa_type=Code, primary_key=True)
    name: str
    ods_codes: list[str] = Field(sa_type=Document)
    regions: list[str] = Field(sa_type=Document)
    scopes: list[str] = Field(sa_type=Document)
    keys: list[dict[str, Any]] = Field(sa_type=Document)
    disabled_at: datetime | None = Field(sa_type=Instant, nullable=True)


class RegisteredPerson(SQLModel, table=True):
    """A person with a role, known by issuer and subject. ``interests`` are ODS codes."""

    __tablename__: ClassVar[str] = "people"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_people_identity"),
        CheckConstraint("role IN ('panel', 'national', 'admin')", name="role_known"),
    )

    person_id: str = Field(sa_type=Code, primary_key=True)
    issuer: str
    subject: str
    name: str
    role: str
    regions: list[str] = Field(sa_type=Document)
    interests: list[str] = Field(sa_type=Document)
    ended_at: datetime | None = Field(sa_type=Instant, nullable=True)


# --- projections: applications --------------------------------------------------------------------


class Application(SQLModel, table=True):
    """An application of one or several CCGs of one region, at its newest version.

    ``document``, ``change_request``, ``recorded_by`` and ``created_by`` are made from private bytes.
    """

    __tablename__: ClassVar[str] = "applications"
    __table_args__ = (
        CheckConstraint(f"requested_level IN {LEVELS_APPLIED_FOR}", name="level_applied_for"),
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
    published_at: datetime | None = Field(sa_type=Instant, nullable=True)
    earlier: list[str] = Field(sa_type=Document)
    document: dict[str, Any] | None = Field(sa_type=Document, nullable=True)
    change_request: list[dict[str, Any]] | None = Field(sa_type=Document, nullable=True)
    recorded_by: str | None


class ApplicationMember(SQLModel, table=True):
    """A CCG named by an application. ``is_live`` ones block a second application in the round."""

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


class Recommendation(SQLModel, table=True):
    """What the panel has recorded for one member CCG, until it is signed off or returned."""

    __tablename__: ClassVar[str] = "recommendations"
    __table_args__ = (
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
    private_note: str | None
    recorded_by: str | None
    recorded_at: datetime = Field(sa_type=Instant)


class Declaration(SQLModel, table=True):
    """A level that needs no approval, declared by a CCG for a round; one stands at a time."""

    __tablename__: ClassVar[str] = "declarations"
    __table_args__ = (
        CheckConstraint("level IN ('greater_involvement', 'none')", name="level_declared"),
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
    level: str
    declared_on: date
    is_newest: bool
    ended_by: str | None = Field(sa_type=Code, nullable=True)


# --- projections: decisions and what they give ----------------------------------------------------


class Decision(SQLModel, table=True):
    """A signed-off decision for one CCG. Its outcome never changes; nothing here is edited or deleted."""

    __tablename__: ClassVar[str] = "decisions"
    __table_args__ = (
        CheckConstraint(OUTCOME_GRANTS, name="outcome_grants"),
        CheckConstraint(DOWNGRADE_IS_CHOSEN, name="downgrade_is_chosen"),
        CheckConstraint("state IN ('signed_off', 'published', 'superseded')", name="state_known"),
        CheckConstraint(
            "(state = 'signed_off') = (published_sequence IS NULL)"
            " AND (published_at IS NULL) = (published_sequence IS NULL)",
            name="published_is_numbered",
        ),
        CheckConstraint(
            "(origin = 'casework' AND recorded_by IS NOT NULL AND signed_off_by IS NOT NULL"
            " AND recorded_by <> signed_off_by AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL"
            " AND reference IS NOT NULL)"
            " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)",
            name="origin_is_shown",
        ),
        CheckConstraint("basis IS NULL OR basis IN ('stated', 'derived', 'implied')", name="basis_known"),
        Index(
            "uq_decisions_standing",
            "ods_code",
            "round_id",
            unique=True,
            sqlite_where=text("state <> 'superseded' AND granted_level IS NOT NULL"),
            postgresql_where=text("state <> 'superseded' AND granted_level IS NOT NULL"),
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
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    requested_level: str
    outcome: str
    granted_level: str | None
    chosen_by: str | None
    effective_from: date | None
    state: str
    decided_on: date | None
    signed_off_on: date | None
    signed_off_index: int = Field(sa_type=BigInteger, foreign_key="log_entries.index")
    recorded_by: str | None
    signed_off_by: str | None
    published_at: datetime | None = Field(sa_type=Instant, nullable=True)
    published_sequence: int | None = Field(sa_type=BigInteger, nullable=True)
    supersedes: str | None = Field(sa_type=Code, nullable=True)
    superseded_by: str | None = Field(sa_type=Code, nullable=True)
    origin: str
    basis: str | None
    source: str | None


class DecisionReason(SQLModel, table=True):
    """One public reason of a decision."""

    __tablename__: ClassVar[str] = "decision_reasons"
    __table_args__ = (CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_length"),)

    decision_id: str = Field(sa_type=Code, primary_key=True, foreign_key="decisions.decision_id")
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    code: str = Field(sa_type=Code, foreign_key="reason_codes.code")
    text: str


class DecisionCondition(SQLModel, table=True):
    """One condition of a conditional approval; it stays visible for ever."""

    __tablename__: ClassVar[str] = "decision_conditions"
    __table_args__ = (
        CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_length"),
        CheckConstraint("state IN ('open', 'met', 'waived', 'lapsed')", name="state_known"),
    )

    decision_id: str = Field(sa_type=Code, primary_key=True, foreign_key="decisions.decision_id")
    condition_id: str = Field(sa_type=Code, primary_key=True)
    position: int
    text: str
    reason_code: str = Field(sa_type=Code, foreign_key="reason_codes.code")
    due_on: date
    state: str


class Approval(SQLModel, table=True):
    """What a published decision gives: a grant and how it stands."""

    __tablename__: ClassVar[str] = "approvals"
    __table_args__ = (
        CheckConstraint(f"level IN {LEVELS_APPLIED_FOR}", name="level_granted"),
        CheckConstraint("agreement IN ('awaited', 'signed', 'not_taken_up', 'not_known')", name="agreement_known"),
        CheckConstraint("(in_force_to IS NULL) = (ended_by IS NULL)", name="an_end_has_a_cause"),
        Index("ix_approvals_ods_code", "ods_code"),
    )

    decision_id: str = Field(sa_type=Code, primary_key=True, foreign_key="decisions.decision_id")
    ods_code: str = Field(sa_type=Code, foreign_key="organisations.ods_code")
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    level: str
    agreement: str
    in_force_from: date | None
    in_force_to: date | None
    ended_by: str | None


class Announcement(SQLModel, table=True):
    """One announcement: a fixed set of a round's signed-off decisions, published together."""

    __tablename__: ClassVar[str] = "announcements"

    announcement_id: str = Field(sa_type=Code, primary_key=True)
    round_id: str = Field(sa_type=Code, foreign_key="rounds.round_id")
    levels: list[str] = Field(sa_type=Document)
    set_digest: str
    size: int
    announced_at: datetime = Field(sa_type=Instant)


# --- operational tables ---------------------------------------------------------------------------


class StoredAnswer(SQLModel, table=True):
    """The first answer to a request with an Idempotency-Key, kept so that a repeat gets it again."""

    __tablename__: ClassVar[str] = "stored_answers"

    caller: str = Field(sa_type=Code, primary_key=True)
    method: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    key: str = Field(sa_type=Code, primary_key=True)
    body_hash: bytes = Field(sa_type=LargeBinary)
    reference: str | None = Field(sa_type=Code, nullable=True)
    ods_code: str | None = Field(sa_type=Code, nullable=True)
    status: int
    headers: dict[str, str] = Field(sa_type=Document)
    body: bytes = Field(sa_type=LargeBinary)
    stored_at: datetime = Field(sa_type=Instant, index=True)


class UsedAssertion(SQLModel, table=True):
    """A client assertion's jti that was used, so that it cannot be replayed."""

    __tablename__: ClassVar[str] = "used_assertions"

    client_id: str = Field(sa_type=Code, primary_key=True)
    jti_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    expires_at: datetime = Field(sa_type=Instant, index=True)


class AnnouncementPreview(SQLModel, table=True):
    """A set that was previewed, so that a changed announcement can say what changed."""

    __tablename__: ClassVar[str] = "announcement_previews"

    set_digest: str = Field(sa_type=Code, primary_key=True)
    round_id: str = Field(sa_type=Code, primary_key=True)
    decision_ids: list[str] = Field(sa_type=Document)
    previewed_at: datetime = Field(sa_type=Instant, index=True)
