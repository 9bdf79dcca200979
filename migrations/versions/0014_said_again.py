"""When a client was last enabled again, and the day that a panel named for changes before more time was given."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.add_column(sa.Column("enabled_at", Instant(), nullable=True))
    with op.batch_alter_table("applications") as applications:
        applications.add_column(sa.Column("asked_due_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("applications") as applications:
        applications.drop_column("asked_due_on")
    with op.batch_alter_table("clients") as clients:
        clients.drop_column("enabled_at")
