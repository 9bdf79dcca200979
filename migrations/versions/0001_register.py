"""The register's tables: the log, its projections, reference data and what serves requests."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code, Document, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OUTCOME_GRANTS = (
    "(outcome IN ('approved', 'conditional') AND granted_level IS NOT NULL AND granted_level = requested_level)"
    " OR (outcome = 'rejected' AND granted_level IS NULL)"
    " OR (outcome = 'downgraded_to_joint' AND requested_level = 'delegated'"
    " AND granted_level IS NOT NULL AND granted_level = 'joint')"
)
ORIGIN_CARRIES = (
    "(origin = 'casework' AND recorded_by IS NOT NULL AND signed_off_by IS NOT NULL AND recorded_by <> signed_off_by"
    " AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL AND reference IS NOT NULL)"
    " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)"
)
PUBLISHED_IS_NUMBERED = (
    "(state = 'signed_off') = (published_sequence IS NULL) AND (published_at IS NULL) = (published_sequence IS NULL)"
)
TABLES = (
    "log_entries",
    "log_private",
    "log_head",
    "reason_codes",
    "regions",
    "area_teams",
    "organisations",
    "organisation_facts",
    "rounds",
    "clients",
    "people",
    "applications",
    "application_members",
    "recommendations",
    "declarations",
    "decisions",
    "decision_reasons",
    "decision_conditions",
    "approvals",
    "announcements",
    "stored_answers",
    "used_assertions",
    "announcement_previews",
)


def upgrade() -> None:
    _log_entries()
    _log_private()
    _log_head()
    _reason_codes()
    _regions()
    _area_teams()
    _organisations()
    _organisation_facts()
    _rounds()
    _clients()
    _people()
    _applications()
    _application_members()
    _recommendations()
    _declarations()
    _decisions()
    _decision_reasons()
    _decision_conditions()
    _approvals()
    _announcements()
    _stored_answers()
    _used_assertions()
    _announcement_previews()
    op.execute("INSERT INTO log_head (id, size, public_sequence) VALUES (1, 0, 0)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _log_entries() -> None:
    op.create_table(
        "log_entries",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("reference", Code(), nullable=True),
        sa.Column("ods_code", Code(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('"index" >= 0 AND act >= 0 AND act <= "index"', name=op.f("ck_log_entries_numbered")),
        sa.CheckConstraint("length(salt) = 32 AND length(leaf) = 32", name=op.f("ck_log_entries_hashed")),
        sa.PrimaryKeyConstraint("index", name="pk_log_entries"),
    )
    op.create_index(
        "ix_log_entries_public",
        "log_entries",
        ["index"],
        sqlite_where=sa.text("publishes"),
        postgresql_where=sa.text("publishes"),
    )
    op.create_index("ix_log_entries_reference", "log_entries", ["reference", "index"])


def _log_private() -> None:
    op.create_table(
        "log_private",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["index"], ["log_entries.index"], name="fk_log_private_index"),
        sa.PrimaryKeyConstraint("index", name="pk_log_private"),
    )


def _log_head() -> None:
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("public_sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_head_single")),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )


def _reason_codes() -> None:
    op.create_table(
        "reason_codes",
        sa.Column("code", Code(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("history_only", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_reason_codes"),
        sa.UniqueConstraint("position", name="uq_reason_codes_position"),
    )


def _regions() -> None:
    op.create_table(
        "regions",
        sa.Column("code", Code(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_regions"),
    )


def _area_teams() -> None:
    op.create_table(
        "area_teams",
        sa.Column("code", Code(), nullable=False),
        sa.Column("ons_code", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region_code", Code(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_area_teams_days_in_order")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_area_teams_region_code"),
        sa.PrimaryKeyConstraint("code", name="pk_area_teams"),
    )


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("successor_ods_code", Code(), nullable=True),
        sa.Column("known_to", sa.Date(), nullable=False),
        sa.Column("changed_sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name=op.f("ck_organisations_days_in_order")),
        sa.PrimaryKeyConstraint("ods_code", name="pk_organisations"),
    )


def _organisation_facts() -> None:
    op.create_table(
        "organisation_facts",
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ons_code", sa.String(), nullable=True),
        sa.Column("region_code", Code(), nullable=False),
        sa.Column("area_team_code", Code(), nullable=True),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_organisation_facts_days_in_order")
        ),
        sa.ForeignKeyConstraint(["area_team_code"], ["area_teams.code"], name="fk_organisation_facts_area_team_code"),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_organisation_facts_ods_code"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_organisation_facts_region_code"),
        sa.PrimaryKeyConstraint("ods_code", "valid_from", name="pk_organisation_facts"),
    )


def _rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("coverage", sa.String(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("delegated_deadline", sa.Date(), nullable=True),
        sa.Column("joint_deadline", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("applications_public_from", sa.Date(), nullable=True),
        sa.Column("applicants_see_at", Instant(), nullable=True),
        sa.CheckConstraint("coverage IN ('complete', 'partial')", name=op.f("ck_rounds_coverage_known")),
        sa.CheckConstraint("kind IN ('real', 'trial')", name=op.f("ck_rounds_kind_known")),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_rounds_days_in_order")),
        sa.PrimaryKeyConstraint("round_id", name="pk_rounds"),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("client_id", Code(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ods_codes", Document, nullable=False),
        sa.Column("regions", Document, nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("keys", Document, nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name="pk_clients"),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("person_id", Code(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("regions", Document, nullable=False),
        sa.Column("interests", Document, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint("role IN ('panel', 'national', 'admin')", name=op.f("ck_people_role_known")),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
        sa.UniqueConstraint("issuer", "subject", name="uq_people_identity"),
    )


def _applications() -> None:
    op.create_table(
        "applications",
        sa.Column("reference", Code(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("requested_level", sa.String(), nullable=False),
        sa.Column("lead_ods_code", Code(), nullable=False),
        sa.Column("region_code", Code(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("first_submitted_at", Instant(), nullable=True),
        sa.Column("waiting_since", Instant(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("document", Document, nullable=True),
        sa.Column("change_request", Document, nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "published_at IS NULL OR state = 'decided'", name=op.f("ck_applications_published_when_decided")
        ),
        sa.CheckConstraint("requested_level IN ('delegated', 'joint')", name=op.f("ck_applications_level_applied_for")),
        sa.CheckConstraint(
            "state <> 'changes_requested' OR due_on IS NOT NULL", name=op.f("ck_applications_changes_have_a_day")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'changes_requested', 'recommended', 'decided', 'withdrawn', 'lapsed')",
            name=op.f("ck_applications_state_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn', 'lapsed') OR first_submitted_at IS NOT NULL",
            name=op.f("ck_applications_submitted_at_known"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_applications_version_counts")),
        sa.ForeignKeyConstraint(["lead_ods_code"], ["organisations.ods_code"], name="fk_applications_lead_ods_code"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_applications_region_code"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_applications_round_id"),
        sa.PrimaryKeyConstraint("reference", name="pk_applications"),
    )
    op.create_index("ix_applications_queue", "applications", ["region_code", "state", "waiting_since"])
    op.create_index("ix_applications_round", "applications", ["round_id", "state"])


def _application_members() -> None:
    op.create_table(
        "application_members",
        sa.Column("reference", Code(), nullable=False),
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_application_members_ods_code"),
        sa.ForeignKeyConstraint(["reference"], ["applications.reference"], name="fk_application_members_reference"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_application_members_round_id"),
        sa.PrimaryKeyConstraint("reference", "ods_code", name="pk_application_members"),
    )
    op.create_index("ix_application_members_ods_code", "application_members", ["ods_code"])
    op.create_index(
        "uq_application_members_live",
        "application_members",
        ["ods_code", "round_id"],
        unique=True,
        sqlite_where=sa.text("is_live"),
        postgresql_where=sa.text("is_live"),
    )


def _recommendations() -> None:
    op.create_table(
        "recommendations",
        sa.Column("reference", Code(), nullable=False),
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("requested_level", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("granted_level", sa.String(), nullable=True),
        sa.Column("chosen_by", sa.String(), nullable=True),
        sa.Column("reasons", Document, nullable=False),
        sa.Column("conditions", Document, nullable=False),
        sa.Column("private_note", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'downgraded_to_joint') = (chosen_by IS NOT NULL)",
            name=op.f("ck_recommendations_downgrade_is_chosen"),
        ),
        sa.CheckConstraint(
            "requested_level IN ('delegated', 'joint')", name=op.f("ck_recommendations_level_applied_for")
        ),
        sa.CheckConstraint(
            OUTCOME_GRANTS,
            name=op.f("ck_recommendations_outcome_grants"),
        ),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_recommendations_ods_code"),
        sa.ForeignKeyConstraint(["reference"], ["applications.reference"], name="fk_recommendations_reference"),
        sa.PrimaryKeyConstraint("reference", "ods_code", name="pk_recommendations"),
    )


def _declarations() -> None:
    op.create_table(
        "declarations",
        sa.Column("declaration_id", Code(), nullable=False),
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("is_newest", sa.Boolean(), nullable=False),
        sa.Column("ended_by", Code(), nullable=True),
        sa.CheckConstraint("level IN ('greater_involvement', 'none')", name=op.f("ck_declarations_level_declared")),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_declarations_ods_code"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_declarations_round_id"),
        sa.PrimaryKeyConstraint("declaration_id", name="pk_declarations"),
    )
    op.create_index(
        "uq_declarations_standing",
        "declarations",
        ["ods_code", "round_id"],
        unique=True,
        sqlite_where=sa.text("is_newest"),
        postgresql_where=sa.text("is_newest"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", Code(), nullable=False),
        sa.Column("reference", Code(), nullable=True),
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region_code", Code(), nullable=False),
        sa.Column("area_team_code", Code(), nullable=True),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("requested_level", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("granted_level", sa.String(), nullable=True),
        sa.Column("chosen_by", sa.String(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("signed_off_on", sa.Date(), nullable=True),
        sa.Column("signed_off_index", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("signed_off_by", sa.String(), nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("published_sequence", sa.BigInteger(), nullable=True),
        sa.Column("supersedes", Code(), nullable=True),
        sa.Column("superseded_by", Code(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.CheckConstraint(
            ORIGIN_CARRIES,
            name=op.f("ck_decisions_origin_is_shown"),
        ),
        sa.CheckConstraint(
            "(outcome = 'downgraded_to_joint') = (chosen_by IS NOT NULL)", name=op.f("ck_decisions_downgrade_is_chosen")
        ),
        sa.CheckConstraint("requested_level IN ('delegated', 'joint')", name=op.f("ck_decisions_level_applied_for")),
        sa.CheckConstraint(
            OUTCOME_GRANTS,
            name=op.f("ck_decisions_outcome_grants"),
        ),
        sa.CheckConstraint(
            PUBLISHED_IS_NUMBERED,
            name=op.f("ck_decisions_published_is_numbered"),
        ),
        sa.CheckConstraint(
            "basis IS NULL OR basis IN ('stated', 'derived', 'implied')", name=op.f("ck_decisions_basis_known")
        ),
        sa.CheckConstraint("state IN ('signed_off', 'published', 'superseded')", name=op.f("ck_decisions_state_known")),
        sa.ForeignKeyConstraint(["area_team_code"], ["area_teams.code"], name="fk_decisions_area_team_code"),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_decisions_ods_code"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_decisions_region_code"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_decisions_round_id"),
        sa.ForeignKeyConstraint(["signed_off_index"], ["log_entries.index"], name="fk_decisions_signed_off_index"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_ods_code", "decisions", ["ods_code", "decision_id"])
    op.create_index("ix_decisions_reference", "decisions", ["reference"])
    op.create_index("ix_decisions_round", "decisions", ["round_id", "state", "outcome"])
    op.create_index(
        "uq_decisions_standing",
        "decisions",
        ["ods_code", "round_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'superseded' AND granted_level IS NOT NULL"),
        postgresql_where=sa.text("state <> 'superseded' AND granted_level IS NOT NULL"),
    )


def _decision_reasons() -> None:
    op.create_table(
        "decision_reasons",
        sa.Column("decision_id", Code(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", Code(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name=op.f("ck_decision_reasons_text_length")),
        sa.ForeignKeyConstraint(["code"], ["reason_codes.code"], name="fk_decision_reasons_code"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name="fk_decision_reasons_decision_id"),
        sa.PrimaryKeyConstraint("decision_id", "position", name="pk_decision_reasons"),
    )


def _decision_conditions() -> None:
    op.create_table(
        "decision_conditions",
        sa.Column("decision_id", Code(), nullable=False),
        sa.Column("condition_id", Code(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reason_code", Code(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'met', 'waived', 'lapsed')", name=op.f("ck_decision_conditions_state_known")
        ),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name=op.f("ck_decision_conditions_text_length")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name="fk_decision_conditions_decision_id"),
        sa.ForeignKeyConstraint(["reason_code"], ["reason_codes.code"], name="fk_decision_conditions_reason_code"),
        sa.PrimaryKeyConstraint("decision_id", "condition_id", name="pk_decision_conditions"),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("decision_id", Code(), nullable=False),
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("in_force_to", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "agreement IN ('awaited', 'signed', 'not_taken_up', 'not_known')", name=op.f("ck_approvals_agreement_known")
        ),
        sa.CheckConstraint("level IN ('delegated', 'joint')", name=op.f("ck_approvals_level_granted")),
        sa.CheckConstraint("(in_force_to IS NULL) = (ended_by IS NULL)", name=op.f("ck_approvals_an_end_has_a_cause")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name="fk_approvals_decision_id"),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_approvals_ods_code"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_approvals_round_id"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_ods_code", "approvals", ["ods_code"])


def _announcements() -> None:
    op.create_table(
        "announcements",
        sa.Column("announcement_id", Code(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("levels", Document, nullable=False),
        sa.Column("set_digest", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("announced_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_announcements_round_id"),
        sa.PrimaryKeyConstraint("announcement_id", name="pk_announcements"),
    )


def _stored_answers() -> None:
    op.create_table(
        "stored_answers",
        sa.Column("caller", Code(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("key", Code(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reference", Code(), nullable=True),
        sa.Column("ods_code", Code(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", Document, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "method", "path", "key", name="pk_stored_answers"),
    )
    op.create_index("ix_stored_answers_stored_at", "stored_answers", ["stored_at"])


def _used_assertions() -> None:
    op.create_table(
        "used_assertions",
        sa.Column("client_id", Code(), nullable=False),
        sa.Column("jti_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti_hash", name="pk_used_assertions"),
    )
    op.create_index("ix_used_assertions_expires_at", "used_assertions", ["expires_at"])


def _announcement_previews() -> None:
    op.create_table(
        "announcement_previews",
        sa.Column("set_digest", Code(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("decision_ids", Document, nullable=False),
        sa.Column("previewed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("set_digest", "round_id", name="pk_announcement_previews"),
    )
    op.create_index("ix_announcement_previews_previewed_at", "announcement_previews", ["previewed_at"])
