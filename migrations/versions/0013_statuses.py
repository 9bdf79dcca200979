"""The days on which a round's review and announcement are expected."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

EXPECTED = ("review_from", "review_to", "announcement_expected_on")


def upgrade() -> None:
    for name in EXPECTED:
        op.add_column("rounds", sa.Column(name, sa.Date(), nullable=True))


def downgrade() -> None:
    """The days go; the log keeps them, and going up again brings them back."""
    for name in reversed(EXPECTED):
        op.drop_column("rounds", name)
