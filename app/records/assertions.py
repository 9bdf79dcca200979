"""Client assertions that were used.

Each is good for one token. The table is operational, not a fact of the register.
"""

import hashlib
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from app.records.changes import table_of
from app.records.tables import UsedAssertion


def use(session: Session, client_id: str, jti: str, *, kept_until: datetime, at: datetime) -> bool:
    """Use an assertion up. False if the client has used this ``jti`` before.

    The session must be a writing one. The call also forgets what nobody could replay any more by ``at``. Only the
    SHA-256 of a ``jti`` is stored.
    """
    table, connection = table_of(UsedAssertion), session.connection()
    forget(session, at=at)
    row = {"client_id": client_id, "jti_hash": hashlib.sha256(jti.encode()).digest()}
    used = select(table.c.client_id).where(*(table.c[name] == value for name, value in row.items()))
    if connection.execute(used).first() is not None:
        return False
    connection.execute(insert(table).values(**row, expires_at=kept_until))
    return True


def forget(session: Session, *, at: datetime) -> int:
    """Forget assertions that nobody could replay any more by an instant, and return how many."""
    table = table_of(UsedAssertion)
    return session.connection().execute(delete(table).where(table.c.expires_at <= at)).rowcount
