"""The days on which a round's review and announcement are expected, and why a CCG declared what it did."""

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
    with op.batch_alter_table("declarations") as declarations:
        declarations.add_column(sa.Column("reason_code", sa.String(), nullable=True))
        declarations.add_column(sa.Column("reason_text", sa.String(), nullable=True))
        declarations.create_check_constraint(
            op.f("ck_declarations_reason_is_whole"), "(reason_code IS NULL) = (reason_text IS NULL)"
        )


def downgrade() -> None:
    """Days and reasons go; the log keeps them, and going up again brings them back."""
    with op.batch_alter_table("declarations") as declarations:
        declarations.drop_constraint(op.f("ck_declarations_reason_is_whole"), type_="check")
        declarations.drop_column("reason_text")
        declarations.drop_column("reason_code")
    for name in reversed(EXPECTED):
        op.drop_column("rounds", name)
