"""Proposals that were taken back or that closed themselves: who, when and why; and proposals about agreements."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATES = "state IN ('open', 'confirmed', 'replaced')"
_KINDS = "kind IN ('correction', 'revocation', 'waiver')"
_MORE_KINDS = "kind IN ('correction', 'revocation', 'waiver', 'agreement')"
_MORE_STATES = "state IN ('open', 'confirmed', 'replaced', 'withdrawn', 'closed')"


def upgrade() -> None:
    with op.batch_alter_table("proposals") as proposals:
        proposals.add_column(sa.Column("settled_by", sa.String(), nullable=True))
        proposals.add_column(sa.Column("settled_at", Instant(), nullable=True))
        proposals.add_column(sa.Column("settled_note", sa.String(), nullable=True))
        proposals.add_column(sa.Column("closed_reason", sa.String(), nullable=True))
        proposals.drop_constraint(op.f("ck_proposals_state_known"), type_="check")
        proposals.create_check_constraint(op.f("ck_proposals_state_known"), _MORE_STATES)
        proposals.drop_constraint(op.f("ck_proposals_kind_known"), type_="check")
        proposals.create_check_constraint(op.f("ck_proposals_kind_known"), _MORE_KINDS)
        proposals.create_check_constraint(
            op.f("ck_proposals_an_open_one_is_not_settled"), "state <> 'open' OR settled_at IS NULL"
        )


def downgrade() -> None:
    """What the schema before cannot hold is lost here; the log keeps it, and going up again brings it back."""
    op.execute("DELETE FROM proposals WHERE state IN ('withdrawn', 'closed') OR kind = 'agreement'")
    with op.batch_alter_table("proposals") as proposals:
        proposals.drop_constraint(op.f("ck_proposals_an_open_one_is_not_settled"), type_="check")
        proposals.drop_constraint(op.f("ck_proposals_state_known"), type_="check")
        proposals.create_check_constraint(op.f("ck_proposals_state_known"), _STATES)
        proposals.drop_constraint(op.f("ck_proposals_kind_known"), type_="check")
        proposals.create_check_constraint(op.f("ck_proposals_kind_known"), _KINDS)
        for name in ("closed_reason", "settled_note", "settled_at", "settled_by"):
            proposals.drop_column(name)
