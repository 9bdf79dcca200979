"""SQLite's guards look at row numbers too, and the checkpoints get an index over their size.

A row of SQLite has a number of its own beside its key. Whoever gives that number can replace the row that
has it, under another key, and SQLite asks no guard of DELETE: so the guard of INSERT has to.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBERS = {"log_entries": '"index"', "log_private": '"index"', "log_checkpoints": "number"}
REFUSAL = "the log is only ever added to"


def upgrade() -> None:
    op.create_index("ix_log_checkpoints_every_size", "log_checkpoints", ["size", "number"])
    _guard_inserts("{number} = NEW.{number} OR rowid = NEW.rowid")


def downgrade() -> None:
    _guard_inserts("{number} = NEW.{number}")
    op.drop_index("ix_log_checkpoints_every_size", "log_checkpoints")


def _guard_inserts(rule: str) -> None:
    """``NEW.rowid`` is -1 where none was given, and no row has that number."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, number in NUMBERS.items():
        is_there = f"EXISTS (SELECT 1 FROM {table} WHERE {rule.format(number=number)})"  # noqa: S608 - names of ours
        op.execute(f"DROP TRIGGER {table}_kept_from_insert")
        op.execute(
            f"CREATE TRIGGER {table}_kept_from_insert BEFORE INSERT ON {table} WHEN {is_there} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
