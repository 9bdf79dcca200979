"""Versions of rounds, and who gave more time.

A round's version is the number of entries about its plan, so older rounds have one too.
"""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "round_changes",
        sa.Column("round_id", Code(), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("round_id", "index", name=op.f("pk_round_changes")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name=op.f("fk_round_changes_round_id")),
    )
    op.add_column("extensions", sa.Column("granted_by", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("extensions", "granted_by")
    op.drop_table("round_changes")
