"""What one CCG holds, worked out once for every place that shows it."""

from collections.abc import Iterable
from datetime import date

from app.api.schemas.published import ApprovalOut
from app.records import places, published
from app.records.published import PublishedRow
from app.records.session import Session
from app.rules.standing import Standing

_AHEAD = {Standing.NOT_STARTED.value}


def is_standing(row: PublishedRow) -> bool:
    """Whether a row counts: a correction that superseded it does not."""
    return row.state == "published"


def pick_current(rows: Iterable[PublishedRow]) -> PublishedRow | None:
    """The grant in force; a real one before one of a trial round."""
    held = [row for row in rows if is_standing(row) and row.standing == Standing.IN_FORCE]
    return min(held, key=lambda row: row.round_kind == "trial", default=None)


def pick_next(rows: Iterable[PublishedRow]) -> PublishedRow | None:
    """The newest grant that has not started; a real one before one of a trial round."""
    ahead = [row for row in rows if is_standing(row) and row.standing in _AHEAD]
    return min(ahead, key=lambda row: (row.round_kind == "trial", -row.published_sequence), default=None)


def current_and_next(session: Session, ods_code: str, day: date) -> tuple[ApprovalOut | None, ApprovalOut | None]:
    """What a CCG holds in force on a day, and what it was granted ahead."""
    rows = published.of_organisations(session, [ods_code], day=day)
    regions, teams = places.region_names(session), places.area_team_names(session)
    current, following = pick_current(rows), pick_next(rows)
    return (
        ApprovalOut.of(current, regions, teams) if current else None,
        ApprovalOut.of(following, regions, teams) if following else None,
    )
