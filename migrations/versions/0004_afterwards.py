"""What comes after a decision: versions, evidence, agreements, endings, proposals, scheduled announcements.

Also what was left of the life before it: consents and leaving, assessments, extensions, and outcomes
shown to applicants ahead of their announcement.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code, Document, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CRITERIA = "('benefits', 'functions', 'governance', 'conflicts_of_interest', 'finance', 'capacity', 'engagement')"
_CHECKS = {
    "decisions": {"version_counts": "version >= 1"},
    "decision_conditions": {"settled_on_a_day": "(state = 'open') = (settled_on IS NULL)"},
    "approvals": {
        "signed_on_a_day": "signed_on IS NULL OR agreement = 'signed'",
        "an_own_end_has_a_cause": "(own_to IS NULL) = (own_by IS NULL)",
    },
    "announcements": {
        "state_known": "state IN ('scheduled', 'made', 'cancelled')",
        "made_at_an_instant": "(state = 'made') = (announced_at IS NOT NULL)",
        "scheduled_for_an_instant": "state = 'made' OR publish_at IS NOT NULL",
    },
}


def upgrade() -> None:
    _add("applications", shown_at=Instant())
    _add("application_members", consented_at=Instant(), left_at=Instant())
    _add("decisions", version=sa.Integer())
    _add("decision_conditions", settled_on=sa.Date())
    _add("approvals", signed_on=sa.Date(), end_reason=sa.String(), legal_basis=sa.String(), promoted_on=sa.Date())
    _add("approvals", own_to=sa.Date(), own_by=sa.String(), start_told=sa.Boolean(), end_told=sa.Boolean())
    _add("announcements", decision_ids=Document, state=sa.String(), publish_at=Instant())
    # Placeholders: the fold of the log, at the end of the upgrade, says what is true of each row.
    _fill("decisions", sa.Integer(), version=1)
    _fill("approvals", sa.Boolean(), start_told=True, end_told=True)
    _fill("announcements", Document, decision_ids=[])
    _fill("announcements", sa.String(), state="made")
    op.execute("UPDATE decision_conditions SET state = 'open'")
    with op.batch_alter_table("announcements") as announcements:
        announcements.alter_column("announced_at", existing_type=Instant(), nullable=True)
    for table, checks in _CHECKS.items():
        with op.batch_alter_table(table) as batch:
            for name, rule in checks.items():
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)
    _condition_evidence()
    _proposals()
    _assessments()
    _extensions()


def downgrade() -> None:
    """What the schema before cannot hold is lost here; the log keeps it, and going up again brings it back."""
    for table in ("extensions", "assessments", "proposals", "condition_evidence"):
        op.drop_table(table)
    op.execute("DELETE FROM announcements WHERE state <> 'made'")
    for table, checks in _CHECKS.items():
        with op.batch_alter_table(table) as batch:
            for name in checks:
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
    with op.batch_alter_table("announcements") as announcements:
        announcements.alter_column("announced_at", existing_type=Instant(), nullable=False)
    _drop("announcements", "publish_at", "state", "decision_ids")
    _drop("approvals", "end_told", "start_told", "own_by", "own_to")
    _drop("approvals", "promoted_on", "legal_basis", "end_reason", "signed_on")
    _drop("decision_conditions", "settled_on")
    _drop("decisions", "version")
    _drop("application_members", "left_at", "consented_at")
    _drop("applications", "shown_at")


def _add(table: str, **columns: Any) -> None:
    with op.batch_alter_table(table) as batch:
        for name, kind in columns.items():
            batch.add_column(sa.Column(name, kind, nullable=True))


def _drop(table: str, *columns: str) -> None:
    with op.batch_alter_table(table) as batch:
        for name in columns:
            batch.drop_column(name)


def _fill(table: str, kind: Any, **values: Any) -> None:
    """Give every row these values, which are of one kind, and let no row be without them."""
    columns = [sa.column(name, kind) for name in values]
    op.execute(sa.table(table, *columns).update().values(values))
    with op.batch_alter_table(table) as batch:
        for name in values:
            batch.alter_column(name, existing_type=kind, nullable=False)


def _condition_evidence() -> None:
    op.create_table(
        "condition_evidence",
        sa.Column("decision_id", Code(), nullable=False),
        sa.Column("condition_id", Code(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("links", Document, nullable=True),
        sa.Column("given_at", Instant(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_condition_evidence_number_counts")),
        sa.ForeignKeyConstraint(
            ["decision_id", "condition_id"],
            ["decision_conditions.decision_id", "decision_conditions.condition_id"],
            name="fk_condition_evidence_condition",
        ),
        sa.PrimaryKeyConstraint("decision_id", "condition_id", "number", name="pk_condition_evidence"),
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("proposal_id", Code(), nullable=False),
        sa.Column("decision_id", Code(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("condition_id", Code(), nullable=True),
        sa.Column("terms", Document, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=True),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('correction', 'revocation', 'waiver')", name=op.f("ck_proposals_kind_known")),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'replaced')", name=op.f("ck_proposals_state_known")),
        sa.CheckConstraint(
            "(kind = 'waiver') = (condition_id IS NOT NULL)", name=op.f("ck_proposals_a_waiver_names_a_condition")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name="fk_proposals_decision_id"),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_proposals"),
    )
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["decision_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("reference", Code(), nullable=False),
        sa.Column("criterion", Code(), nullable=False),
        sa.Column("rating", sa.String(), nullable=True),
        sa.Column("justification", sa.String(), nullable=True),
        sa.Column("assessed_by", sa.String(), nullable=True),
        sa.Column("assessed_at", Instant(), nullable=False),
        sa.CheckConstraint(f"criterion IN {CRITERIA}", name=op.f("ck_assessments_criterion_known")),
        sa.ForeignKeyConstraint(["reference"], ["applications.reference"], name="fk_assessments_reference"),
        sa.PrimaryKeyConstraint("reference", "criterion", name="pk_assessments"),
    )


def _extensions() -> None:
    op.create_table(
        "extensions",
        sa.Column("extension_id", Code(), nullable=False),
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("reference", Code(), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("granted_at", Instant(), nullable=False),
        sa.CheckConstraint("level IN ('delegated', 'joint')", name=op.f("ck_extensions_level_applied_for")),
        sa.ForeignKeyConstraint(["ods_code"], ["organisations.ods_code"], name="fk_extensions_ods_code"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_extensions_round_id"),
        sa.PrimaryKeyConstraint("extension_id", name="pk_extensions"),
    )
    op.create_index("ix_extensions_round", "extensions", ["round_id", "ods_code"])
