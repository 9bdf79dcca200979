"""What the past needs: days that are not known, basis and source beside each row, totals as they were reported.

Also the entries between which an application is live, and the reason of a correction.
"""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DAYS_KNOWN = "coverage = 'partial' OR (opens_on IS NOT NULL AND closes_on IS NOT NULL)"
BASIS_KNOWN = "basis IS NULL OR basis IN ('stated', 'derived', 'implied')"
ORIGIN_CARRIES = (
    "(origin = 'casework' AND declared_on IS NOT NULL)"
    " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)"
)


def upgrade() -> None:
    with op.batch_alter_table("rounds") as rounds:
        rounds.alter_column("opens_on", existing_type=sa.Date(), nullable=True)
        rounds.alter_column("closes_on", existing_type=sa.Date(), nullable=True)
        rounds.add_column(sa.Column("source", sa.String(), nullable=True))
        rounds.create_check_constraint(op.f("ck_rounds_days_known_unless_partial"), DAYS_KNOWN)
    with op.batch_alter_table("application_members") as members:
        members.add_column(sa.Column("live_from", sa.BigInteger(), nullable=True))
        members.add_column(sa.Column("live_to", sa.BigInteger(), nullable=True))
    _declarations()
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(sa.Column("correction_reason", sa.String(), nullable=True))
    with op.batch_alter_table("decision_conditions") as conditions:
        conditions.alter_column("due_on", existing_type=sa.Date(), nullable=True)
    _reported_totals()


def downgrade() -> None:
    """What the schema before cannot hold is lost here; the log keeps it, and going up again brings it back."""
    op.drop_table("reported_totals")
    op.execute("DELETE FROM decision_conditions WHERE due_on IS NULL")
    with op.batch_alter_table("decision_conditions") as conditions:
        conditions.alter_column("due_on", existing_type=sa.Date(), nullable=False)
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_column("correction_reason")
    op.execute("DELETE FROM declarations WHERE declared_on IS NULL")
    with op.batch_alter_table("declarations") as declarations:
        declarations.drop_constraint(op.f("ck_declarations_basis_known"), type_="check")
        declarations.drop_constraint(op.f("ck_declarations_origin_is_shown"), type_="check")
        declarations.alter_column("declared_on", existing_type=sa.Date(), nullable=False)
        for name in ("source", "basis", "origin"):
            declarations.drop_column(name)
    with op.batch_alter_table("application_members") as members:
        members.drop_column("live_to")
        members.drop_column("live_from")
    op.execute("UPDATE rounds SET opens_on = coalesce(closes_on, starts_on) WHERE opens_on IS NULL")
    op.execute("UPDATE rounds SET closes_on = opens_on WHERE closes_on IS NULL")
    with op.batch_alter_table("rounds") as rounds:
        rounds.drop_constraint(op.f("ck_rounds_days_known_unless_partial"), type_="check")
        rounds.drop_column("source")
        rounds.alter_column("closes_on", existing_type=sa.Date(), nullable=False)
        rounds.alter_column("opens_on", existing_type=sa.Date(), nullable=False)


def _declarations() -> None:
    with op.batch_alter_table("declarations") as declarations:
        for name in ("origin", "basis", "source"):
            declarations.add_column(sa.Column(name, sa.String(), nullable=True))
    op.execute("UPDATE declarations SET origin = 'casework'")
    with op.batch_alter_table("declarations") as declarations:
        declarations.alter_column("origin", existing_type=sa.String(), nullable=False)
        declarations.alter_column("declared_on", existing_type=sa.Date(), nullable=True)
        declarations.create_check_constraint(op.f("ck_declarations_origin_is_shown"), ORIGIN_CARRIES)
        declarations.create_check_constraint(op.f("ck_declarations_basis_known"), BASIS_KNOWN)


def _reported_totals() -> None:
    op.create_table(
        "reported_totals",
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("measure", Code(), nullable=False),
        sa.Column("region_code", Code(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("as_at", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("value >= 0 AND value <= of", name=op.f("ck_reported_totals_a_part_of_a_whole")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name="fk_reported_totals_round_id"),
        sa.PrimaryKeyConstraint("round_id", "measure", "region_code", name="pk_reported_totals"),
    )
