"""Alembic's door: runs the revisions over the connection that ``app.records.migrations`` opened."""

from alembic import context
from sqlmodel import SQLModel

from app.records import tables  # noqa: F401  the tables make the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
