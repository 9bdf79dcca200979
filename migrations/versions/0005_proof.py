"""Proof: signed checkpoints, and guards by which the database itself keeps the log from being rewritten.

Nothing of the log is changed or deleted, but for the private bytes of an entry that another entry says
were redacted. A guard stops an accident and a stolen application login, not whoever may drop it: that
is what checkpoints are for.
"""

import sqlalchemy as sa
from alembic import op

from app.records.columns import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEPT = ("log_entries", "log_private", "log_checkpoints")
REFUSAL = "the log is only ever added to"
# SQLite replaces a row without asking the guard of DELETE, so adding a number that is there is refused as well.
NUMBERS = {"log_entries": '"index"', "log_private": '"index"', "log_checkpoints": "number"}
SQLITE_REDACTED = """EXISTS (
    SELECT 1 FROM log_entries
    WHERE kind = 'entry.redacted' AND json_extract(CAST(body AS TEXT), '$.data.index') = OLD."index")"""
POSTGRESQL_REDACTED = """EXISTS (
    SELECT 1 FROM log_entries
    WHERE kind = 'entry.redacted' AND (convert_from(body, 'UTF8')::json #>> '{data,index}')::bigint = OLD.index)"""


ORIGIN_BEFORE = (
    "(origin = 'casework' AND recorded_by IS NOT NULL AND signed_off_by IS NOT NULL"
    " AND recorded_by <> signed_off_by AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL"
    " AND reference IS NOT NULL)"
    " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)"
)
ORIGIN_SHOWN = (
    "(origin = 'casework' AND coalesce(recorded_by <> signed_off_by, state <> 'signed_off')"
    " AND decided_on IS NOT NULL AND signed_off_on IS NOT NULL AND reference IS NOT NULL)"
    " OR (origin = 'history' AND basis IS NOT NULL AND source IS NOT NULL)"
)


def upgrade() -> None:
    _show_origin_by(ORIGIN_SHOWN)
    op.create_table(
        "log_checkpoints",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_checkpoints")),
        sa.CheckConstraint("number >= 1 AND size >= 1", name=op.f("ck_log_checkpoints_counted")),
    )
    op.create_index("ix_log_checkpoints_size", "log_checkpoints", ["is_public", "size"])
    op.create_index(
        "ix_log_entries_redactions",
        "log_entries",
        ["index"],
        sqlite_where=sa.text("kind = 'entry.redacted'"),
        postgresql_where=sa.text("kind = 'entry.redacted'"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    """Signed checkpoints are lost here, and going up again does not bring them back: the log does not hold them."""
    if op.get_bind().dialect.name == "sqlite":
        for table in KEPT:
            for act in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {table}_kept_from_{act}")
    else:
        for table in KEPT:
            op.execute(f"DROP TRIGGER {table}_kept ON {table}")
        op.execute("DROP TRIGGER log_private_kept_from_delete ON log_private")
        op.execute("DROP FUNCTION refuse_to_rewrite_the_log()")
    op.drop_index("ix_log_entries_redactions", "log_entries")
    op.drop_table("log_checkpoints")
    # The schema before cannot hold a decision of which it was redacted who made it; the log keeps the rest.
    op.execute("UPDATE decisions SET recorded_by = 'redacted-1' WHERE origin = 'casework' AND recorded_by IS NULL")
    op.execute("UPDATE decisions SET signed_off_by = 'redacted-2' WHERE origin = 'casework' AND signed_off_by IS NULL")
    _show_origin_by(ORIGIN_BEFORE)


def _show_origin_by(rule: str) -> None:
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_constraint(op.f("ck_decisions_origin_is_shown"), type_="check")
        decisions.create_check_constraint(op.f("ck_decisions_origin_is_shown"), rule)


def _guard_sqlite() -> None:
    for table in KEPT:
        number = NUMBERS[table]
        is_allowed = f"WHEN NOT {SQLITE_REDACTED}" if table == "log_private" else ""
        is_there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {number} = NEW.{number})"  # noqa: S608 - names of ours
        for act, condition in (("insert", is_there), ("update", ""), ("delete", is_allowed)):
            op.execute(
                f"CREATE TRIGGER {table}_kept_from_{act} BEFORE {act.upper()} ON {table} {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        f"""
        CREATE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_LEVEL = 'ROW' THEN
                IF {POSTGRESQL_REDACTED} THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION '{REFUSAL}';
        END $$
        """
    )
    for table in KEPT:
        acts = "UPDATE OR TRUNCATE" if table == "log_private" else "UPDATE OR DELETE OR TRUNCATE"
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {acts} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_log()"
        )
    op.execute(
        "CREATE TRIGGER log_private_kept_from_delete BEFORE DELETE ON log_private "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_log()"
    )
