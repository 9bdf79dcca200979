"""Lists of applications: those that a caller may see, those that wait, and how many there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, false, func, literal, or_
from sqlalchemy import case as case_when
from sqlmodel import Session, col, select, tuple_

from app.records.applications import IN_ROUND, Case, cases
from app.records.columns import Instant
from app.records.places import now_in
from app.records.tables import Application, ApplicationMember, Assessment, Organisation, Round
from app.rules.callers import Caller, Scope, System
from app.rules.lifecycle import State
from app.rules.proposals import RAISED_BY, Flag, criteria_of
from app.rules.rounds import RoundStage
from app.rules.words import Level


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications a list asks for. An empty collection asks for all."""

    rounds: Collection[str] = ()
    states: Collection[str] = ()
    levels: Collection[str] = ()
    ods_codes: Collection[str] = ()


class Assessed(StrEnum):
    """How many of its criteria an application is assessed by."""

    NONE = "none"
    PARTLY = "partly"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Sought:
    """What of the queue is asked for: what it waits on, and the rest as in other lists. Empty asks for all.

    Only applications have flags and are assessed. ``ods_codes`` are members of an application, or a decision's CCG.
    """

    awaited: str | None = None
    ods_codes: Collection[str] = ()
    rounds: Collection[str] = ()
    levels: Collection[str] = ()
    flags: Collection[Flag] = ()
    assessed: Collection[Assessed] = ()

    @property
    def leaves_decisions(self) -> bool:
        """Whether decisions can be among what is asked for."""
        return not self.flags and not self.assessed


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
    session: Session, caller: Caller, sought: Sought, *, after: Sequence[str] | None, limit: int | None
) -> list[Case]:
    """Submitted applications that are not announced yet, longest wait first."""
    query = IN_ROUND.where(*_sought_by(caller, sought))
    if after is not None:
        since, reference = datetime.fromisoformat(after[0]), after[1]
        query = query.where(
            tuple_(col(Application.waiting_since), col(Application.reference)) > tuple_(_bound(since), reference)
        )
    query = query.order_by(col(Application.waiting_since), col(Application.reference)).limit(limit)
    return cases(session, query)


def count_queue(session: Session, caller: Caller, sought: Sought) -> int:
    """How many applications the queue holds."""
    return session.exec(select(func.count()).select_from(Application).where(*_sought_by(caller, sought))).one()


def assessed(session: Session, references: Collection[str]) -> dict[str, int]:
    """By how many criteria these applications are assessed. Those by none are left out."""
    reference = col(Assessment.reference)
    query = select(reference, func.count()).where(reference.in_(references)).group_by(reference)
    return dict(session.exec(query).all()) if references else {}


def _wanted_by(caller: Caller, wanted: Wanted) -> list[Any]:
    """The conditions of a search."""
    pairs: list[tuple[Collection[str], Any]] = [
        (wanted.rounds, col(Application.round_id)),
        (wanted.states, _shown_state(caller)),
        (wanted.levels, col(Application.requested_level)),
    ]
    conditions = [_visible_to(caller), *(column.in_(values) for values, column in pairs if values)]
    if wanted.ods_codes:
        conditions.append(col(Application.reference).in_(_with_member(wanted.ods_codes)))
    return conditions


def _sought_by(caller: Caller, sought: Sought) -> list[Any]:
    """The conditions of the queue."""
    wanted = Wanted(rounds=sought.rounds, levels=sought.levels, ods_codes=sought.ods_codes)
    conditions = [*_wanted_by(caller, wanted), _waits_on(sought.awaited)]
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes:
        # Of its own CCGs' applications it sees what applicants see, and the queue tells more.
        conditions.append(col(Application.reference).not_in(_references_of(caller.ods_codes)))
    if sought.flags:
        conditions.append(or_(*map(_is_raised, sought.flags)))
    if sought.assessed:
        conditions.append(_how_far_assessed().in_(sought.assessed))
    return conditions


_CLOSING_BEFORE_THE_START = (
    select(ApplicationMember.reference)
    .join(Organisation, col(Organisation.ods_code) == col(ApplicationMember.ods_code))
    .join(Round, col(Round.round_id) == col(ApplicationMember.round_id))
    .where(
        col(ApplicationMember.left_at).is_(None),
        col(ApplicationMember.precedes).is_(None),
        col(Organisation.closed_on) < col(Round.starts_on),
    )
)


def _is_raised(flag: Flag) -> Any:
    """The same rule as ``rules.proposals.flags``, as a condition on rows."""
    if flag is Flag.CLOSING_KNOWN:
        return col(Application.reference).in_(_CLOSING_BEFORE_THE_START)
    pointer, value = RAISED_BY[flag]
    said = col(Application.document)[tuple(pointer.removeprefix("/").split("/"))]
    return said.as_boolean().is_(value) if isinstance(value, bool) else said.as_string() == value


def _how_far_assessed() -> Any:
    """An application as one of ``Assessed``. Each criterion has at most one assessment that counts."""
    of_it = select(func.count()).where(col(Assessment.reference) == col(Application.reference))
    done = of_it.correlate(Application).scalar_subquery()
    wanted = [
        (and_(col(Round.stage) == stage, col(Application.requested_level) == level), len(criteria_of(level, stage)))
        for level in Level
        if level.needs_approval
        for stage in RoundStage
    ]
    in_its_round = select(case_when(*wanted)).where(col(Round.round_id) == col(Application.round_id))
    return case_when(
        (done == 0, literal(Assessed.NONE.value)),
        (done < in_its_round.correlate(Application).scalar_subquery(), literal(Assessed.PARTLY.value)),
        else_=literal(Assessed.ALL.value),
    )


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
    """The applications to which one of these CCGs is a party: a member, or in whose place a member opens."""
    follows = exists().where(
        col(Organisation.ods_code) == col(ApplicationMember.ods_code),
        col(Organisation.successor_ods_code) == col(ApplicationMember.precedes),
    )
    return select(ApplicationMember.reference).where(
        col(ApplicationMember.ods_code).in_(codes),
        col(ApplicationMember.left_at).is_(None),
        or_(col(ApplicationMember.precedes).is_(None), follows),
    )


def _with_member(codes: Collection[str]) -> Any:
    """The applications that have one of these CCGs as a member. A CCG that has left is no member."""
    return _references_of(codes).where(col(ApplicationMember.precedes).is_(None))


def _visible_to(caller: Caller) -> Any:
    """The same rule as ``rules.visibility.viewer_of``, as a condition on rows."""
    was_submitted = col(Application.first_submitted_at).is_not(None)
    parts: list[Any] = [false()]
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes:
        parts.append(col(Application.reference).in_(_references_of(caller.ods_codes)))
    if Scope.NATIONAL in caller.scopes:
        parts.append(was_submitted)
    if Scope.PANEL in caller.scopes:
        is_theirs = or_(
            col(Application.region_code).in_(caller.regions), now_in(Application.lead_ods_code, caller.regions)
        )
        parts.append(and_(was_submitted, is_theirs))
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


def undecided(session: Session, ods_code: str, *, kind: str) -> list[Case]:
    """What a CCG has applied for in rounds of one kind and has no public answer to yet.

    Neither drafts nor expressions of interest count.
    """
    live = select(ApplicationMember.reference).where(
        ApplicationMember.ods_code == ods_code, col(ApplicationMember.is_live)
    )
    in_rounds = (Round.kind == kind, Round.stage == RoundStage.APPLICATION)
    query = IN_ROUND.where(col(Application.reference).in_(live), col(Application.published_at).is_(None), *in_rounds)
    return cases(session, query.order_by(col(Application.reference)))
