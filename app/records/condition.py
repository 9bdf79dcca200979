"""What the database is like: whether it answers, at which revision, how long its log is, and whether it takes acts."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.records import ledger, migrations, rights
from app.records.ledger import ClockBehind, Head
from app.records.session import Database, DatabaseUnavailable, RightMissing, Session

# Shorter than any caller's wait, so that whoever looks twice a second tells what is true within two.
LOOK_SECONDS = 1.0
# Below that, SQLite has no room for an act.
ROOM_BYTES = 2**20
# From here on an operator should do something.
LOW_BYTES = 2**29
# A token of a system is one that was written down as given, so that nobody gets another for the same assertion.
NO_ROOM = "The disk is full: no act can be written, and systems get no new tokens."
# By how much would tell everybody of what instant the newest entry is, public or not.
CLOCK_BEHIND = (
    "The clock is behind the newest entry of the log: "
    "`register check` says by how much, and `register clock accept` takes this clock as right."
)


class Condition(NamedTuple):
    """What was found.

    ``refuses_acts`` says why acts are refused. It is empty if they are taken. A database that does not ``answers`` may
    still say why not. ``looked_at`` is None if nobody has looked for too long.
    """

    answers: bool = False
    revision: str | None = None
    head: Head | None = None
    refuses_acts: tuple[str, ...] = ()
    room_is_low: bool = False
    looked_at: datetime | None = None


def look(database: Database, at: datetime) -> Condition:
    """Look at a database, at this instant of the clock. It never raises DatabaseUnavailable."""
    try:
        with database.reading(LOOK_SECONDS) as session:
            revision = migrations.revision_of(session)
            is_ours = revision == migrations.expected_revision()
            head = ledger.head(session) if is_ours else None
            is_behind = is_ours and _is_behind(session, at)
            lacking = rights.missing(session) if is_ours else []
    except RightMissing as missing:
        return Condition(refuses_acts=(in_a_sentence(missing.why),), looked_at=at)
    except DatabaseUnavailable:
        return Condition(looked_at=at)
    reasons = ((NO_ROOM, _is_full(database)), (CLOCK_BEHIND, is_behind), (_lacks(lacking), bool(lacking)))
    refused = tuple(reason for reason, is_true in reasons if is_true)
    return Condition(True, revision, head, refused, _has_less_than(LOW_BYTES, database), at)


def in_a_sentence(why: str) -> str:
    """Why a database does not work, as a sentence of its own."""
    return f"{why[:1].upper()}{why[1:]}."


def _lacks(rights_missing: Sequence[str]) -> str:
    return f"The database's login lacks rights: {'; '.join(rights_missing)}."


def _is_behind(session: Session, at: datetime) -> bool:
    try:
        ledger.check_clock(session, at)
    except ClockBehind:
        return True
    return False


def _is_full(database: Database) -> bool:
    """Whether the last act found no room, or the next one will not. PostgreSQL's disk may be on another machine."""
    return database.is_out_of_room or _has_less_than(ROOM_BYTES, database)


def _has_less_than(room: int, database: Database) -> bool:
    """Whether fewer bytes are free on SQLite's disk. False if nobody can know."""
    if not database.is_sqlite:
        return False
    try:
        disk = os.statvfs(database.file)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < room
