"""Which functions a decision grants, and the bodies in whose place a member of an application opens."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_WITH_FUNCTIONS = ("recommendations", "decisions")


def upgrade() -> None:
    for table in _WITH_FUNCTIONS:
        op.add_column(table, sa.Column("functions", sa.JSON(), nullable=True))
    op.add_column("application_members", sa.Column("precedes", Code(), nullable=True))


def downgrade() -> None:
    """What was said of them goes; the log keeps it, and going up again brings it back."""
    # Without the column they would pass for members.
    op.execute("DELETE FROM application_members WHERE precedes IS NOT NULL")
    op.drop_column("application_members", "precedes")
    for table in _WITH_FUNCTIONS:
        op.drop_column(table, "functions")
