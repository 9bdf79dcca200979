"""Which functions a decision at delegated grants, and which the panel recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLES = ("recommendations", "decisions")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("functions", sa.JSON(), nullable=True))


def downgrade() -> None:
    """What was said of them goes; the log keeps it, and going up again brings it back."""
    for table in _TABLES:
        op.drop_column(table, "functions")
