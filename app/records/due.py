"""Applications for which something is due by time."""

from datetime import date, datetime

from sqlmodel import Session, col

from app.records.applications import IN_ROUND, Case, cases
from app.records.tables import Application, Round
from app.rules.lifecycle import State


def to_be_shown(session: Session, at: datetime) -> list[Case]:
    """Decided applications, neither announced nor shown, in rounds that show outcomes by an instant."""
    query = IN_ROUND.where(
        Application.state == State.DECIDED,
        col(Application.published_at).is_(None),
        col(Application.shown_at).is_(None),
        col(Round.applicants_see_at) <= at,
    ).order_by(col(Application.reference))
    return cases(session, query)


def to_lapse(session: Session, day: date) -> list[Case]:
    """Drafts, and applications that wait for changes, in rounds that closed before a London day."""
    query = IN_ROUND.where(
        col(Application.state).in_([State.DRAFT, State.CHANGES_REQUESTED]),
        col(Round.closes_on) < day,
    ).order_by(col(Application.reference))
    return cases(session, query)
