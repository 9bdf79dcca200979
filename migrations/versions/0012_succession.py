"""Successions: what moves on after a merger, the decision it makes, which has no round, and novated agreements."""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Code, Document, Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OF_CASEWORK = (
    "(origin = 'casework' AND coalesce(recorded_by <> signed_off_by, state <> 'signed_off')"
    " AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL AND reference IS NOT NULL)"
    " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)"
)
_OF_A_SUCCESSION = (
    " OR (origin = 'succession' AND coalesce(recorded_by <> signed_off_by, true) AND state <> 'signed_off'"
    " AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL)"
)
_NO_ROUND = "(origin = 'succession') = (round_id IS NULL) AND (origin = 'succession') = (succeeds IS NOT NULL)"
_AGREEMENTS = "agreement IN ('awaited', 'signed', 'not_taken_up', 'not_known')"
_MORE_AGREEMENTS = "agreement IN ('awaited', 'signed', 'novated', 'not_taken_up', 'not_known')"
_ONE_FOR_EACH = sa.text("state <> 'superseded' AND origin = 'succession'")


def upgrade() -> None:
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(sa.Column("succeeds", Document, nullable=True))
        decisions.alter_column("round_id", existing_type=Code(), nullable=True)
        decisions.drop_constraint(op.f("ck_decisions_origin_is_shown"), type_="check")
        decisions.create_check_constraint(op.f("ck_decisions_origin_is_shown"), _OF_CASEWORK + _OF_A_SUCCESSION)
        decisions.create_check_constraint(op.f("ck_decisions_only_a_succession_has_no_round"), _NO_ROUND)
        decisions.create_index(
            op.f("uq_decisions_succession"),
            ["ods_code"],
            unique=True,
            sqlite_where=_ONE_FOR_EACH,
            postgresql_where=_ONE_FOR_EACH,
        )
    with op.batch_alter_table("approvals") as approvals:
        approvals.alter_column("round_id", existing_type=Code(), nullable=True)
        approvals.drop_constraint(op.f("ck_approvals_agreement_known"), type_="check")
        approvals.create_check_constraint(op.f("ck_approvals_agreement_known"), _MORE_AGREEMENTS)
    op.create_table(
        "successions",
        sa.Column("proposal_id", Code(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("items", Document, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=True),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_note", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'withdrawn')", name=op.f("ck_successions_state_known")),
        sa.CheckConstraint(
            "(state = 'open') = (settled_at IS NULL)", name=op.f("ck_successions_an_open_one_is_not_settled")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_successions_version_counts")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_successions")),
    )


def downgrade() -> None:
    """What the schema before cannot hold is lost here; the log keeps it, and going up again brings it back."""
    op.drop_table("successions")
    made = "SELECT decision_id FROM decisions WHERE origin = 'succession'"
    for table in ("condition_evidence", "decision_conditions", "decision_reasons", "approvals", "proposals"):
        op.execute(f"DELETE FROM {table} WHERE decision_id IN ({made})")  # noqa: S608 - the names are those above
    op.execute("DELETE FROM approvals WHERE agreement = 'novated'")
    op.execute("DELETE FROM decisions WHERE origin = 'succession'")
    with op.batch_alter_table("approvals") as approvals:
        approvals.alter_column("round_id", existing_type=Code(), nullable=False)
        approvals.drop_constraint(op.f("ck_approvals_agreement_known"), type_="check")
        approvals.create_check_constraint(op.f("ck_approvals_agreement_known"), _AGREEMENTS)
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_index(op.f("uq_decisions_succession"))
        decisions.drop_constraint(op.f("ck_decisions_only_a_succession_has_no_round"), type_="check")
        decisions.drop_constraint(op.f("ck_decisions_origin_is_shown"), type_="check")
        decisions.create_check_constraint(op.f("ck_decisions_origin_is_shown"), _OF_CASEWORK)
        decisions.alter_column("round_id", existing_type=Code(), nullable=False)
        decisions.drop_column("succeeds")
