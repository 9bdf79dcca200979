"""What one CCG holds, worked out once for every place that shows it."""

from collections.abc import Iterable, Sequence
from datetime import date

from app.api.schemas.published import ApprovalOut
from app.records import places, published
from app.records.published import PublishedRow
from app.records.session import Session
from app.rules.grants import GrantStatus
from app.rules.history import Origin


def is_standing(row: PublishedRow) -> bool:
    """Whether a row counts: a correction that superseded it does not."""
    return row.state == "published"


def pick_current(rows: Iterable[PublishedRow]) -> PublishedRow | None:
    """The grant in force, of several the one that started last; a real one before one of a trial round."""
    held = [row for row in rows if is_standing(row) and row.standing == GrantStatus.IN_FORCE]
    return max(held, key=lambda row: (row.round_kind != "trial", row.in_force_from or date.min), default=None)


def pick_next(rows: Iterable[PublishedRow]) -> PublishedRow | None:
    """The grant ahead of the newest round; a real one before one of a trial round.

    One of the past of which no source gives the first day is not ahead of one that is in force.
    """
    found = list(rows)
    ahead = [row for row in found if is_standing(row) and row.standing == GrantStatus.NOT_STARTED]
    if pick_current(found) is not None:
        ahead = [row for row in ahead if row.origin != Origin.HISTORY or row.in_force_from is not None]
    return max(ahead, key=_newest_round, default=None)


def _newest_round(row: PublishedRow) -> tuple[bool, date, int]:
    return row.round_kind != "trial", row.round_starts_on, row.published_sequence


def current_and_next(session: Session, ods_code: str, day: date) -> tuple[ApprovalOut | None, ApprovalOut | None]:
    """What a CCG holds in force on a day, and what it was granted ahead."""
    rows = published.of_organisations(session, [ods_code], day=day)
    shown = listed(session, rows)
    current, following = pick_current(rows), pick_next(rows)
    return (shown[current.decision_id] if current else None, shown[following.decision_id] if following else None)


def listed(session: Session, rows: Sequence[PublishedRow]) -> dict[str, ApprovalOut]:
    """Rows as a listing shows them, with their reasons, by decision id and in their order."""
    regions, teams = places.region_names(session), places.area_team_names(session)
    reasons = published.reasons_of(session, [row.decision_id for row in rows])
    return {row.decision_id: ApprovalOut.of(row, reasons[row.decision_id], regions, teams) for row in rows}
