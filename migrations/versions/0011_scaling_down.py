"""Applications that their CCGs scaled down, and who of them agreed to it; decisions say it too."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SCALED_DOWN = (
    "(scaled_down_to IS NULL) = (scaled_down_code IS NULL) AND (scaled_down_to IS NULL) = (scaled_down_text IS NULL)"
    " AND (scaled_down_to IS NULL OR (scaled_down_to = 'joint' AND requested_level = 'delegated'))"
)


def upgrade() -> None:
    op.add_column("application_members", sa.Column("scaling_agreed_at", Instant(), nullable=True))
    for table in ("applications", "decisions"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("scaled_down_to", sa.String(), nullable=True))
            batch.add_column(sa.Column("scaled_down_code", sa.String(), nullable=True))
            batch.add_column(sa.Column("scaled_down_text", sa.String(), nullable=True))
            batch.create_check_constraint(op.f(f"ck_{table}_scaled_down"), _SCALED_DOWN)


def downgrade() -> None:
    """Who scaled down goes; the log keeps it, and going up again brings it back."""
    for table in ("decisions", "applications"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_scaled_down"), type_="check")
            for name in ("scaled_down_text", "scaled_down_code", "scaled_down_to"):
                batch.drop_column(name)
    op.drop_column("application_members", "scaling_agreed_at")
