"""Lists of applications: those that a caller may see, those that wait, and how many there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, false, func, literal, or_
from sqlalchemy import case as case_when
from sqlmodel import Session, col, select, tuple_

from app.records.applications import IN_ROUND, Case, cases
from app.records.columns import Instant
from app.records.tables import Application, ApplicationMember
from app.rules.callers import Caller, Scope, System
from app.rules.lifecycle import State
from app.rules.words import Level


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications a list asks for. An empty collection asks for all."""

    rounds: Collection[str] = ()
    states: Collection[str] = ()
    levels: Collection[str] = ()
    ods_codes: Collection[str] = ()


def search(session: Session, caller: Caller, wanted: Wanted, *, after: Sequence[str] | None, limit: int) -> list[Case]:
    """The caller's applications, newest first (by creation), up to ``limit`` after a key.

    Applicants get their own. Panel members get those of their regions, NHS England all, both only once submitted.
    States are compared as the caller may know them.
    """
    query = IN_ROUND.where(*_wanted_by(caller, wanted))
    if after is not None:
        created, reference = datetime.fromisoformat(after[0]), after[1]
        query = query.where(
            tuple_(col(Application.created_at), col(Application.reference))
            < tuple_(_bound(created), reference)  # a row value comparison: the keyset
        )
    query = query.order_by(col(Application.created_at).desc(), col(Application.reference).desc()).limit(limit)
    return cases(session, query)


def count(session: Session, caller: Caller, wanted: Wanted) -> int:
    """How many applications a search finds."""
    query = select(func.count()).select_from(Application)
    return session.exec(query.where(*_wanted_by(caller, wanted))).one()


def queue(
    session: Session, caller: Caller, *, awaited: str | None, after: Sequence[str] | None, limit: int
) -> list[Case]:
    """Submitted applications that are not announced yet, longest wait first. ``awaited`` names whose turn it is."""
    query = IN_ROUND.where(_visible_to(caller), _waits_on(awaited))
    if after is not None:
        since, reference = datetime.fromisoformat(after[0]), after[1]
        query = query.where(
            tuple_(col(Application.waiting_since), col(Application.reference)) > tuple_(_bound(since), reference)
        )
    query = query.order_by(col(Application.waiting_since), col(Application.reference)).limit(limit)
    return cases(session, query)


def count_queue(session: Session, caller: Caller, *, awaited: str | None) -> int:
    """How many applications the queue holds."""
    query = select(func.count()).select_from(Application).where(_visible_to(caller), _waits_on(awaited))
    return session.exec(query).one()


def _wanted_by(caller: Caller, wanted: Wanted) -> list[Any]:
    """The conditions of a search."""
    pairs: list[tuple[Collection[str], Any]] = [
        (wanted.rounds, col(Application.round_id)),
        (wanted.states, _shown_state(caller)),
        (wanted.levels, col(Application.requested_level)),
    ]
    conditions = [_visible_to(caller), *(column.in_(values) for values, column in pairs if values)]
    if wanted.ods_codes:
        conditions.append(col(Application.reference).in_(_references_of(wanted.ods_codes)))
    return conditions


def organisation_cases(session: Session, caller: Caller, ods_code: str) -> list[Case]:
    """The applications that name a CCG and that the caller may see, newest first."""
    return search(session, caller, Wanted(ods_codes=[ods_code]), after=None, limit=200)


def waiting_for_sign_off(session: Session, round_id: str, levels: Collection[str]) -> list[Case]:
    """The round's submitted applications at these levels that are not decided yet, by reference."""
    states = [State.SUBMITTED, State.CHANGES_REQUESTED, State.RECOMMENDED]
    query = IN_ROUND.where(
        Application.round_id == round_id,
        col(Application.state).in_(states),
        col(Application.requested_level).in_(levels),
    ).order_by(col(Application.reference))
    return cases(session, query)


def _bound(at: datetime) -> Any:
    """An instant as a bound value of the column's own type."""
    return literal(at, Instant())


def _references_of(codes: Collection[str]) -> Any:
    """The applications that have one of these CCGs as a member. A CCG that has left is no member."""
    return select(ApplicationMember.reference).where(
        col(ApplicationMember.ods_code).in_(codes), col(ApplicationMember.left_at).is_(None)
    )


def _visible_to(caller: Caller) -> Any:
    """The same rule as ``rules.visibility.viewer_of``, as a condition on rows."""
    was_submitted = col(Application.first_submitted_at).is_not(None)
    parts: list[Any] = [false()]
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes:
        parts.append(col(Application.reference).in_(_references_of(caller.ods_codes)))
    if Scope.NATIONAL in caller.scopes:
        parts.append(was_submitted)
    if Scope.PANEL in caller.scopes:
        parts.append(and_(was_submitted, col(Application.region_code).in_(caller.regions)))
    return or_(*parts)


def _waits_on(awaited: str | None) -> Any:
    """The same rule as ``rules.lifecycle.waiting_on``, as a condition on rows."""
    state, level = col(Application.state), col(Application.requested_level)
    rules = {
        "applicant": state == State.CHANGES_REQUESTED,
        "panel": or_(state == State.SUBMITTED, and_(state == State.RECOMMENDED, level == Level.JOINT)),
        "national": and_(state == State.RECOMMENDED, level == Level.DELEGATED),
        "announcement": and_(state == State.DECIDED, col(Application.published_at).is_(None)),
    }
    return or_(*rules.values()) if awaited is None else rules.get(awaited, false())


def _shown_state(caller: Caller) -> Any:
    """The same rule as ``rules.visibility.shown_state``, as a column."""
    if not isinstance(caller, System) or Scope.APPLICATIONS not in caller.scopes:
        return col(Application.state)
    is_hidden = and_(
        col(Application.reference).in_(_references_of(caller.ods_codes)),
        col(Application.state) == State.DECIDED,
        col(Application.published_at).is_(None),
        col(Application.shown_at).is_(None),
    )
    return case_when((is_hidden, literal(State.RECOMMENDED.value)), else_=col(Application.state))
