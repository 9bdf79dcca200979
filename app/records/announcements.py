"""Signed-off decisions that wait for their announcement, and the previews that people have looked at."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col, select

from app.records.tables import Announcement, AnnouncementPreview, Application, Decision
from app.rules.decisions import AnnouncementState, DecisionState

PREVIEW_LIFE = timedelta(days=30)


def signed_off(session: Session, round_id: str, levels: Collection[str]) -> Sequence[Decision]:
    """The round's embargoed decisions on requests for these levels, by decision id."""
    return session.exec(
        select(Decision)
        .where(
            Decision.round_id == round_id,
            Decision.state == DecisionState.SIGNED_OFF,
            col(Decision.requested_level).in_(levels),
        )
        .order_by(col(Decision.decision_id))
    ).all()


def scheduled(session: Session, round_id: str) -> Sequence[Announcement]:
    """The announcements scheduled in a round, by due instant."""
    query = select(Announcement).where(
        Announcement.round_id == round_id, Announcement.state == AnnouncementState.SCHEDULED
    )
    return session.exec(query.order_by(col(Announcement.publish_at), col(Announcement.announcement_id))).all()


def due(session: Session, at: datetime) -> Announcement | None:
    """The scheduled announcement that has been due longest at an instant. None if none is due."""
    query = select(Announcement).where(
        Announcement.state == AnnouncementState.SCHEDULED, col(Announcement.publish_at) <= at
    )
    return session.exec(query.order_by(col(Announcement.publish_at), col(Announcement.announcement_id))).first()


def fetch(session: Session, announcement_id: str) -> Announcement | None:
    """One announcement. None if there is none with this id."""
    return session.exec(select(Announcement).where(Announcement.announcement_id == announcement_id)).one_or_none()


def decisions_of(session: Session, announcement: Announcement) -> Sequence[Decision]:
    """The decisions of an announcement, by decision id."""
    query = select(Decision).where(col(Decision.decision_id).in_(announcement.decision_ids))
    return session.exec(query.order_by(col(Decision.decision_id))).all()


def versions_of(session: Session, references: Collection[str]) -> dict[str, int]:
    """The current version of each of these applications."""
    rows = session.exec(
        select(Application.reference, Application.version).where(col(Application.reference).in_(references))
    )
    return {reference: version for reference, version in rows}  # noqa: C416


def forget_previews(session: Session, *, before: datetime) -> int:
    """Forget previews that were last looked at before an instant, and return how many."""
    old = delete(AnnouncementPreview).where(col(AnnouncementPreview.previewed_at) < before)
    return session.connection().execute(old).rowcount


def remember_preview(
    session: Session, set_digest: str, round_id: str, decision_ids: Sequence[str], *, at: datetime
) -> None:
    """Store a previewed set for 30 days, and forget older ones."""
    connection = session.connection()
    connection.execute(delete(AnnouncementPreview).where(col(AnnouncementPreview.previewed_at) < at - PREVIEW_LIFE))
    seen = connection.execute(
        update(AnnouncementPreview)
        .where(
            col(AnnouncementPreview.set_digest) == set_digest,
            col(AnnouncementPreview.round_id) == round_id,
        )
        .values(previewed_at=at)
    )
    if seen.rowcount == 0:
        connection.execute(
            insert(AnnouncementPreview).values(
                set_digest=set_digest, round_id=round_id, decision_ids=list(decision_ids), previewed_at=at
            )
        )


def recall_preview(session: Session, set_digest: str, round_id: str) -> list[str] | None:
    """The decision ids of a previewed set. None if no such preview is stored."""
    found = session.exec(
        select(AnnouncementPreview.decision_ids).where(
            AnnouncementPreview.set_digest == set_digest, AnnouncementPreview.round_id == round_id
        )
    ).first()
    return None if found is None else list(found)
