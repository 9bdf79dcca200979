"""What the database is like: whether it answers, at which revision, how long its log is, and whether it takes acts."""

import os
from datetime import datetime
from typing import NamedTuple

from app.records import ledger, migrations
from app.records.ledger import ClockBehind, Head
from app.records.session import Database, DatabaseUnavailable, Session

# Shorter than any caller's wait, so that whoever looks twice a second tells what is true within two.
LOOK_SECONDS = 1.0
# Below that, SQLite has no room for an act.
ROOM_BYTES = 2**20
NO_ROOM = "The disk is full."
CLOCK_BEHIND = "The clock is behind the newest entry of the log."


class Condition(NamedTuple):
    """What was found. ``refuses_acts`` says why acts are refused. It is empty if they are taken."""

    answers: bool = False
    revision: str | None = None
    head: Head | None = None
    refuses_acts: tuple[str, ...] = ()


def look(database: Database, at: datetime) -> Condition:
    """Look at a database, at this instant of the clock. It never raises DatabaseUnavailable."""
    try:
        with database.reading(LOOK_SECONDS) as session:
            revision = migrations.revision_of(session)
            is_ours = revision == migrations.expected_revision()
            head = ledger.head(session) if is_ours else None
            is_behind = is_ours and _is_behind(session, at)
    except DatabaseUnavailable:
        return Condition()
    reasons = ((NO_ROOM, _is_full(database)), (CLOCK_BEHIND, is_behind))
    return Condition(True, revision, head, tuple(reason for reason, is_true in reasons if is_true))


def _is_behind(session: Session, at: datetime) -> bool:
    try:
        ledger.check_clock(session, at)
    except ClockBehind:
        return True
    return False


def _is_full(database: Database) -> bool:
    """Whether the last act found no room, or the next one will not. PostgreSQL's disk may be on another machine."""
    if not database.is_sqlite:
        return database.is_out_of_room
    try:
        disk = os.statvfs(database.file)
    except OSError:
        return database.is_out_of_room
    return disk.f_bavail * disk.f_frsize < ROOM_BYTES or database.is_out_of_room
