"""The stage of a round: applications, or expressions of interest, whose outcomes grant nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_GRANTS = (
    "(outcome IN ('approved', 'conditional') AND granted_level IS NOT NULL AND granted_level = requested_level)"
    " OR (outcome = 'rejected' AND granted_level IS NULL)"
    " OR (outcome = 'downgraded_to_joint' AND requested_level = 'delegated'"
    " AND granted_level IS NOT NULL AND granted_level = 'joint')"
)
_MAY_GRANT = (
    "(outcome = 'approved' AND (granted_level IS NULL OR granted_level = requested_level))"
    " OR (outcome = 'conditional' AND granted_level IS NOT NULL AND granted_level = requested_level)"
    " OR (outcome = 'rejected' AND granted_level IS NULL)"
    " OR (outcome = 'downgraded_to_joint' AND requested_level = 'delegated'"
    " AND (granted_level IS NULL OR granted_level = 'joint'))"
)
_TABLES = ("recommendations", "decisions")


def upgrade() -> None:
    op.add_column("rounds", sa.Column("stage", sa.String(), nullable=False, server_default="application"))
    with op.batch_alter_table("rounds") as rounds:
        rounds.alter_column("stage", server_default=None)
        rounds.create_check_constraint(
            op.f("ck_rounds_stage_known"), "stage IN ('application', 'expression_of_interest')"
        )
    for table in _TABLES:
        _outcomes_are(table, _MAY_GRANT)


def downgrade() -> None:
    """Stages go, and decisions that grant no level; the log keeps them, and going up again brings them back."""
    granted_nothing = "outcome <> 'rejected' AND granted_level IS NULL"
    made = f"SELECT decision_id FROM decisions WHERE {granted_nothing}"  # noqa: S608 - the words are those above
    for table in ("decision_reasons", "proposals"):
        op.execute(f"DELETE FROM {table} WHERE decision_id IN ({made})")  # noqa: S608 - the names are those above
    for table in reversed(_TABLES):
        op.execute(f"DELETE FROM {table} WHERE {granted_nothing}")  # noqa: S608 - the names are those above
        _outcomes_are(table, _GRANTS)
    with op.batch_alter_table("rounds") as rounds:
        rounds.drop_constraint(op.f("ck_rounds_stage_known"), type_="check")
        rounds.drop_column("stage")


def _outcomes_are(table: str, rule: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_outcome_grants"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_outcome_grants"), rule)
