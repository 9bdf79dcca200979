"""Bodies of several kinds, what each file said of them, and dated regions.

The log fills all of it: entries of earlier releases name no kind, and are of CCGs.
"""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code, Document

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("regions", sa.Column("ons_code", sa.String(), nullable=True))
    op.add_column("regions", sa.Column("successors", Document, nullable=True))
    op.add_column("regions", sa.Column("source", sa.String(), nullable=True))
    op.add_column("area_teams", sa.Column("known_to", sa.Date(), nullable=True))
    op.add_column("area_teams", sa.Column("source", sa.String(), nullable=True))
    op.add_column("organisation_facts", sa.Column("source", sa.String(), nullable=True))
    op.add_column("organisations", sa.Column("kind", sa.String(), nullable=False, server_default="ccg"))
    with op.batch_alter_table("organisations") as organisations:
        organisations.alter_column("kind", server_default=None)
        organisations.create_check_constraint(op.f("ck_organisations_kind_known"), "kind IN ('ccg', 'icb', 'trial')")
    _statements()


def _statements() -> None:
    op.create_table(
        "organisation_statements",
        sa.Column("ods_code", Code(), nullable=False),
        sa.Column("said_by", Code(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("as_at", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("ons_code", sa.String(), nullable=True),
        sa.Column("region_code", Code(), nullable=True),
        sa.Column("area_team_code", Code(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("successor", Code(), nullable=True),
        sa.Column("differences", Document, nullable=False),
        sa.Column("is_correction", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("ods_code", "said_by", "valid_from", name=op.f("pk_organisation_statements")),
        sa.CheckConstraint(
            "said_by IN ('own', 'change', 'ods')", name=op.f("ck_organisation_statements_said_by_known")
        ),
    )


def downgrade() -> None:
    """Kinds, statements and the days of regions go; the log keeps them, and going up again brings them back."""
    op.drop_table("organisation_statements")
    with op.batch_alter_table("organisations") as organisations:
        organisations.drop_constraint(op.f("ck_organisations_kind_known"), type_="check")
        organisations.drop_column("kind")
    op.drop_column("organisation_facts", "source")
    for name in ("source", "known_to"):
        op.drop_column("area_teams", name)
    for name in ("source", "successors", "ons_code"):
        op.drop_column("regions", name)
