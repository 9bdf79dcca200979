"""What happened to an application in the words of those who did it: entries of the log with their private parts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, select
from sqlmodel import Session, col

from app.records.entries import AnyEntry, from_logged
from app.records.entries.applications import (
    ApplicationAmended,
    ApplicationCreated,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    ChangesExtended,
    MemberLeft,
)
from app.records.entries.decisions import DecisionCorrected, DecisionSignedOff
from app.records.entries.reviews import (
    AssessmentRecorded,
    ChangesRequested,
    OutcomeRecommended,
    OutcomeReturned,
)
from app.records.entries.wire import LoggedEntry
from app.records.tables import LogEntry, LogPrivate
from app.rules.proposals import Versions
from app.rules.words import Criterion

CASE_FILE = frozenset(
    each.KIND
    for each in (
        ApplicationSubmitted,
        ApplicationWithdrawn,
        ChangesExtended,
        MemberLeft,
        ChangesRequested,
        AssessmentRecorded,
        OutcomeRecommended,
        OutcomeReturned,
        DecisionSignedOff,
        DecisionCorrected,
    )
)
VERSIONS = frozenset(each.KIND for each in (ApplicationCreated, ApplicationAmended, ApplicationSubmitted, MemberLeft))


class Filed(NamedTuple):
    """An entry about an application, and when it was written (aware, UTC). Redacted fields of the entry are None."""

    entry: AnyEntry
    at: datetime


_ENTRIES: Any = (
    select(col(LogEntry.body), col(LogPrivate.body).label("private"))
    .where(col(LogEntry.reference) == bindparam("reference"))
    .where(col(LogEntry.kind).in_(bindparam("kinds", expanding=True)))
    .order_by(col(LogEntry.index))
)
_WHOLE = _ENTRIES.join(LogPrivate, col(LogPrivate.index) == col(LogEntry.index), isouter=True)
# A submission repeats the proposal, which is long, and the case file asks only when it was.
_BARE_SUBMISSIONS = _ENTRIES.join(
    LogPrivate,
    and_(col(LogPrivate.index) == col(LogEntry.index), col(LogEntry.kind) != ApplicationSubmitted.KIND),
    isouter=True,
)


def case_file(session: Session, reference: str) -> list[Filed]:
    """What the panel and NHS England, and the applicants with them, said and did. Oldest first.

    Submissions come without their private part.
    """
    return _read(session, _BARE_SUBMISSIONS, reference, CASE_FILE)


def versions(session: Session, reference: str) -> list[Filed]:
    """The entries that wrote the proposal or handed it in, with the proposal, and who left meanwhile. Oldest first."""
    return _read(session, _WHOLE, reference, VERSIONS)


def assessments(session: Session, reference: str) -> list[Filed]:
    """Every assessment of an application, oldest first."""
    return _read(session, _WHOLE, reference, {AssessmentRecorded.KIND})


def assessments_by(session: Session, reference: str, criterion: Criterion) -> int:
    """How often an application was assessed by one criterion."""
    said = [each.entry for each in assessments(session, reference)]
    return sum(isinstance(each, AssessmentRecorded) and each.criterion is criterion for each in said)


def written(session: Session, reference: str, *, since: datetime) -> Versions:
    """How many versions of an application's document were written since an instant, and the bytes of all."""
    query = (
        select(
            func.count().filter(col(LogEntry.at) >= since),
            func.coalesce(func.sum(func.length(col(LogPrivate.body)) + func.length(col(LogEntry.body))), 0),
        )
        .join(LogPrivate, col(LogPrivate.index) == col(LogEntry.index))
        .where(
            col(LogEntry.reference) == reference,
            col(LogEntry.kind).in_([ApplicationCreated.KIND, ApplicationAmended.KIND]),
        )
    )
    return Versions(*session.connection().execute(query).one())


def _read(session: Session, query: Any, reference: str, kinds: Collection[str]) -> list[Filed]:
    rows = session.connection().execute(query, {"reference": reference, "kinds": sorted(kinds)})
    logged = [LoggedEntry.of(body, private) for body, private in rows]
    return [Filed(from_logged(each), each.position.at) for each in logged]
