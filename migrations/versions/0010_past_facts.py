"""Choices without an outcome, approvals without a request, totals by area team, and notes beside sources.

The log fills all of it: entries of earlier releases name none of this.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from app.records.columns import Code

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NEEDS_NO_APPROVAL = "level IN ('greater_involvement', 'none')"
CHOSEN = (
    "coalesce(level IN ('greater_involvement', 'none'), false) OR (origin = 'history'"
    " AND (level IS NULL OR level IN ('delegated', 'joint', 'not_declared')))"
)
REQUEST_KNOWN = (
    "requested_level IS NOT NULL OR (origin = 'history' AND outcome = 'approved' AND granted_level IS NOT NULL)"
)
GRANTED = "state <> 'superseded' AND granted_level IS NOT NULL"


def upgrade() -> None:
    op.add_column("rounds", sa.Column("note", sa.String(), nullable=True))
    with op.batch_alter_table("declarations") as declarations:
        declarations.add_column(sa.Column("note", sa.String(), nullable=True))
        declarations.alter_column("level", existing_type=sa.String(), nullable=True)
        declarations.drop_constraint(op.f("ck_declarations_level_declared"), type_="check")
        declarations.create_check_constraint(op.f("ck_declarations_level_declared"), CHOSEN)
    op.drop_index("uq_decisions_standing", table_name="decisions")
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(sa.Column("note", sa.String(), nullable=True))
        decisions.alter_column("requested_level", existing_type=sa.String(), nullable=True)
        decisions.create_check_constraint(op.f("ck_decisions_request_known"), REQUEST_KNOWN)
    _one_standing(f"{GRANTED} AND requested_level IS NOT NULL")
    _totals(is_wide=True)


def downgrade() -> None:
    """What the earlier schema cannot hold goes; the log keeps it, and going up again brings it back."""
    _totals(is_wide=False)
    for table in ("decision_reasons", "decision_conditions"):
        op.execute(
            f"DELETE FROM {table} WHERE decision_id IN"  # noqa: S608
            " (SELECT decision_id FROM decisions WHERE requested_level IS NULL)"
        )
    op.execute("DELETE FROM decisions WHERE requested_level IS NULL")
    op.drop_index("uq_decisions_standing", table_name="decisions")
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_constraint(op.f("ck_decisions_request_known"), type_="check")
        decisions.alter_column("requested_level", existing_type=sa.String(), nullable=False)
        decisions.drop_column("note")
    _one_standing(GRANTED)
    op.execute(f"DELETE FROM declarations WHERE level IS NULL OR NOT {NEEDS_NO_APPROVAL}")  # noqa: S608
    with op.batch_alter_table("declarations") as declarations:
        declarations.drop_constraint(op.f("ck_declarations_level_declared"), type_="check")
        declarations.create_check_constraint(op.f("ck_declarations_level_declared"), NEEDS_NO_APPROVAL)
        declarations.alter_column("level", existing_type=sa.String(), nullable=False)
        declarations.drop_column("note")
    op.drop_column("rounds", "note")


def _one_standing(which: str) -> None:
    """Of the decisions about a CCG in a round one stands among these."""
    op.create_index(
        "uq_decisions_standing",
        "decisions",
        ["ods_code", "round_id"],
        unique=True,
        sqlite_where=sa.text(which),
        postgresql_where=sa.text(which),
    )


def _totals(*, is_wide: bool) -> None:
    """Totals anew, under another key: with area teams and without a round, or as before."""
    op.drop_table("reported_totals")
    columns: list[SchemaItem] = [
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("measure", Code(), nullable=False),
        sa.Column("region_code", Code(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("as_at", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("value >= 0 AND value <= of", name=op.f("ck_reported_totals_a_part_of_a_whole")),
    ]
    key = ["round_id", "measure", "region_code"]
    if is_wide:
        key = [*key, "area_team_code"]
        columns += [
            sa.Column("area_team_code", Code(), nullable=False),
            sa.Column("settles", sa.Boolean(), nullable=False),
            sa.Column("note", sa.String(), nullable=True),
        ]
    else:
        columns.append(sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_reported_totals_round_id"))
    op.create_table("reported_totals", *columns, sa.PrimaryKeyConstraint(*key, name=op.f("pk_reported_totals")))
