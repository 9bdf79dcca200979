"""Making the projections anew from the log, when the schema has changed.

What stands is a fold of the log, so a revision needs to know only what the tables look like, never
how to fill them.
"""

from sqlalchemy import Connection, delete, insert, select

from app.records.changes import Folded, table_of
from app.records.mirror import Mirror
from app.records.projections import PROJECTED
from app.records.tables import METADATA, LogEntry, LogPrivate

BATCH = 1000


class UnfoldableLog(Exception):
    """The log holds an entry that this release cannot fold. Nothing was changed."""


def rebuild(connection: Connection) -> None:
    """Empty every projection and fill it from the log, in the transaction of the connection.

    Raises UnfoldableLog naming the entry.
    """
    mirror = _folded(connection)
    models = {table_of(model).name: model for model in PROJECTED}
    in_order = [models[table.name] for table in METADATA.sorted_tables if table.name in models]
    for model in reversed(in_order):
        connection.execute(delete(table_of(model)))
    for model in in_order:
        rows = list(mirror.rows_of(model).values())
        for start in range(0, len(rows), BATCH):
            connection.execute(insert(table_of(model)), rows[start : start + BATCH])


def _folded(connection: Connection) -> Mirror:
    mirror, log, private = Mirror(), table_of(LogEntry), table_of(LogPrivate)
    entries = (
        select(log.c.index.label("number"), log.c.body, private.c.body.label("private"))
        .join(private, private.c.index == log.c.index, isouter=True)
        .order_by(log.c.index)
    )
    with connection.execute(entries, execution_options={"yield_per": BATCH}) as rows:
        for entry in rows:
            try:
                mirror.fold(Folded.of(entry.body, entry.private))
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                raise UnfoldableLog(f"entry {entry.number} cannot be folded: {error!r}") from error
    return mirror
