"""How long published decisions took from submission to announcement."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from app.records.tables import Application, Decision
from app.rules.history import Origin


class Waited(NamedTuple):
    """One CCG's wait: from the first submission of its application to the publication of its first decision."""

    level: str
    submitted_at: datetime
    published_at: datetime


def waited(session: Session, round_ids: Collection[str]) -> dict[str, list[Waited]]:
    """The waits for rounds' published decisions, by round. Corrections and decisions of history are left out."""
    found: dict[str, list[Waited]] = {round_id: [] for round_id in round_ids}
    waits = (col(Decision.requested_level), col(Application.first_submitted_at), col(Decision.published_at))
    query = (
        select(col(Decision.round_id), *waits)
        .join(Application, col(Application.reference) == col(Decision.reference))
        .where(
            col(Decision.round_id).in_(found),
            col(Decision.supersedes).is_(None),
            col(Decision.origin) == Origin.CASEWORK,
        )
        .order_by(col(Decision.decision_id))
    )
    for round_id, level, submitted_at, published_at in session.connection().execute(query):
        if level is not None and submitted_at is not None and published_at is not None:
            found[str(round_id)].append(Waited(level, submitted_at, published_at))
    return found
