"""When a client was last enabled again: its access tokens from before stay refused."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Instant

revision = "0014"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.add_column(sa.Column("enabled_at", Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.drop_column("enabled_at")
