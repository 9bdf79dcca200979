"""Published decisions and their grants, as the public reads them. Nothing embargoed gets through."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, or_, select
from sqlmodel import Session, col

from app.records.tables import Application, Approval, Decision, DecisionCondition, DecisionReason, Round
from app.rules.decisions import ConditionState, DecisionState
from app.rules.grants import LETTING_START, Agreement, EndedBy, GrantStatus, known_from
from app.rules.rounds import Coverage, RoundKind, RoundStage

IS_PUBLIC = col(Decision.state).in_([DecisionState.PUBLISHED, DecisionState.SUPERSEDED])
NEVER = date(1, 1, 1)
# What follows from a merger has no round: it is real, whole, and its day is that of the merger.
_STARTS_ON: Any = func.coalesce(col(Round.starts_on), col(Decision.effective_from))
_KIND: Any = func.coalesce(col(Round.kind), RoundKind.REAL.value)
_STAGE: Any = func.coalesce(col(Round.stage), RoundStage.APPLICATION.value)
STANDS_APART: Any = or_(_KIND == RoundKind.TRIAL, _STAGE == RoundStage.EXPRESSION_OF_INTEREST)
_COVERAGE: Any = func.coalesce(col(Round.coverage), Coverage.COMPLETE.value)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a public list asks for. An empty collection asks for everything.

    ``levels`` compares the level granted or, if nothing was granted, the level requested. Without ``rounds`` those that
    stand apart are left out. ``decided_by`` leaves out what had not been decided by that day. ``condition_states`` are
    those of the day; a decision is overdue as long as it stands, what it grants is not over, and a condition that was
    due before the day is open on it.
    """

    levels: Collection[str] = ()
    outcomes: Collection[str] = ()
    standings: Collection[str] = ()
    regions: Collection[str] = ()
    area_teams: Collection[str] = ()
    rounds: Collection[str] = ()
    reasons: Collection[str] = ()
    ods_codes: Collection[str] = ()
    text: str | None = None
    in_force_only: bool = False
    with_superseded: bool = False
    states: Collection[str] = ()
    decided_by: date | None = None
    condition_states: Collection[str] = ()
    is_overdue: bool | None = None
    ended_by: Collection[str] = ()


class PublishedRow(NamedTuple):
    """One published decision with its round, and its grant if it has one."""

    decision_id: str
    reference: str | None
    ods_code: str
    name: str
    region_code: str
    area_team_code: str | None
    round_id: str | None
    round_kind: str
    round_stage: str
    round_coverage: str
    round_starts_on: date
    requested_level: str | None
    outcome: str
    granted_level: str | None
    chosen_by: str | None
    effective_from: date | None
    state: str
    decided_on: date | None
    signed_off_on: date | None
    signed_off_index: int
    published_at: datetime
    published_sequence: int
    supersedes: str | None
    superseded_by: str | None
    correction_reason: str | None
    origin: str
    basis: str | None
    source: str | None
    succeeds: list[dict[str, str | None]] | None
    note: str | None
    scaled_down_to: str | None
    scaled_down_code: str | None
    scaled_down_text: str | None
    functions: list[str] | None
    agreement: str | None
    in_force_from: date | None
    in_force_to: date | None
    ended_by: str | None
    end_reason: str | None
    legal_basis: str | None
    promoted_on: date | None
    standing: str | None
    open_conditions: int
    total_conditions: int

    @property
    def is_over(self) -> bool:
        """Whether a correction stands in its place, or what it gives is over or never comes (``is_over``)."""
        is_past = self.standing is not None and GrantStatus(self.standing).is_over
        return self.state == DecisionState.SUPERSEDED or is_past


class ReasonRow(NamedTuple):
    """One reason of a published decision."""

    decision_id: str
    code: str
    text: str


def by_code(
    session: Session, filters: Filters, *, day: date, after: Sequence[str] | None, limit: int | None
) -> Iterator[PublishedRow]:
    """Published rows ordered by ODS code and decision id, streamed.

    ``day`` is the day for which the standing is given.
    """
    query = _rows(filters, day).order_by(col(Decision.ods_code), col(Decision.decision_id)).limit(limit)
    if after is not None:
        code, decision_id = after
        query = query.where(
            or_(
                col(Decision.ods_code) > code,
                and_(col(Decision.ods_code) == code, col(Decision.decision_id) > decision_id),
            )
        )
    return _stream(session, query)


def newest_first(
    session: Session, filters: Filters, *, day: date, after: Sequence[str] | None, limit: int | None
) -> Iterator[PublishedRow]:
    """Published rows by day decided, newest first, then by publication. Rows without a known day come last."""
    decided, sequence = func.coalesce(col(Decision.decided_on), literal(NEVER)), col(Decision.published_sequence)
    query = _rows(filters, day).order_by(decided.desc(), sequence.desc()).limit(limit)
    if after is not None:
        bound, published = date.fromisoformat(after[0]), int(after[1])
        query = query.where(or_(decided < bound, and_(decided == bound, sequence < published)))
    return _stream(session, query)


def count_by_outcome(session: Session, filters: Filters, *, day: date) -> dict[str, int]:
    """How many rows there are for each outcome."""
    query = _filtered(select(col(Decision.outcome), func.count()).select_from(Decision), filters, day).group_by(
        col(Decision.outcome)
    )
    return {outcome: number for outcome, number in session.connection().execute(query)}  # noqa: C416


def count(session: Session, filters: Filters, *, day: date) -> int:
    """How many rows there are."""
    query = _filtered(select(func.count()).select_from(Decision), filters, day)
    found: int = session.connection().execute(query).scalar_one()
    return found


def fetch(session: Session, decision_id: str, *, day: date) -> PublishedRow | None:
    """One published decision. None if it is embargoed or does not exist."""
    query = _rows(_EVERYTHING, day).where(col(Decision.decision_id) == decision_id)
    row = session.connection().execute(query).first()
    return None if row is None else PublishedRow(*row)


def organisation_rows(session: Session, codes: Collection[str], *, day: date) -> list[PublishedRow]:
    """Every published decision about these CCGs, trial rounds included, by the round's start and then by publication.

    The past can be recorded in any order, so the order of publication alone says nothing.
    """
    in_order = (_STARTS_ON, func.coalesce(col(Decision.round_id), ""), col(Decision.published_sequence))
    query = _rows(_EVERYTHING, day).where(col(Decision.ods_code).in_(codes)).order_by(*in_order)
    return [PublishedRow(*row) for row in session.connection().execute(query)]


def reasons_of(session: Session, decision_ids: Collection[str]) -> dict[str, list[ReasonRow]]:
    """The reasons of these decisions, in their order, by decision id."""
    if not decision_ids:
        return {}
    query = (
        select(col(DecisionReason.decision_id), col(DecisionReason.code), col(DecisionReason.text))
        .where(col(DecisionReason.decision_id).in_(decision_ids))
        .order_by(col(DecisionReason.decision_id), col(DecisionReason.position))
    )
    found: dict[str, list[ReasonRow]] = {each: [] for each in decision_ids}
    for row in session.connection().execute(query):
        found[row[0]].append(ReasonRow(*row))
    return found


def decided_by(day: date, rows: Iterable[PublishedRow]) -> list[PublishedRow]:
    """The rows that had been decided by a day (``rules.grants.known_from``)."""
    return [
        row for row in rows if known_from(row.decided_on, row.in_force_from, round_starts_on=row.round_starts_on) <= day
    ]


def is_decided_by(day: date) -> ColumnElement[bool]:
    """``decided_by`` as a condition on decisions joined with their rounds and grants."""
    decided_on, in_force_from = col(Decision.decided_on), col(Approval.in_force_from)
    nothing_known = and_(decided_on.is_(None), in_force_from.is_(None))
    return or_(decided_on <= day, in_force_from <= day, and_(nothing_known, day >= _STARTS_ON))


_EVERYTHING = Filters(with_superseded=True, rounds=("*",))


_NEVER_STARTS = and_(
    col(Approval.in_force_to) < col(Approval.in_force_from),
    col(Approval.ended_by).in_([each.value for each in EndedBy if each.is_closing]),
)


def standing_column(day: date) -> ColumnElement[Any]:
    """``rules.grants.status_on`` as a column. Null if a decision grants nothing."""
    has_agreement = col(Approval.agreement).in_(LETTING_START)
    return case(
        (col(Approval.decision_id).is_(None), literal(None)),
        (col(Approval.agreement) == Agreement.NOT_TAKEN_UP, GrantStatus.NOT_TAKEN_UP.value),
        (_NEVER_STARTS, GrantStatus.NEVER_STARTED.value),
        (col(Approval.in_force_to) < day, GrantStatus.ENDED.value),
        (and_(has_agreement, col(Approval.in_force_from) <= day), GrantStatus.IN_FORCE.value),
        else_=GrantStatus.NOT_STARTED.value,
    )


def is_over(day: date) -> ColumnElement[bool]:
    """``rules.decisions.DecisionSnapshot.is_over`` as a condition."""
    is_past = or_(col(Approval.in_force_to) < day, _NEVER_STARTS)
    is_grant_over = or_(is_past, col(Approval.agreement) == Agreement.NOT_TAKEN_UP)
    return or_(col(Decision.state) == DecisionState.SUPERSEDED, func.coalesce(is_grant_over, false()))


def _has_condition(states: Collection[str], day: date) -> ColumnElement[bool]:
    """The decisions that have a condition in one of these states on a day (``rules.decisions.shown_state``)."""
    stored = _condition_state(day)
    is_open, is_gone = _with_condition(stored == ConditionState.OPEN.value), is_over(day)
    parts = [_with_condition(stored.in_([each for each in states if each != ConditionState.OPEN]))]
    if ConditionState.OPEN in states:
        parts.append(and_(is_open, not_(is_gone)))
    if ConditionState.LAPSED in states:
        parts.append(and_(is_open, is_gone))
    return or_(*parts)


def _condition_state(day: date) -> ColumnElement[Any]:
    """How a condition stood at the end of a day by itself: it was open until it was settled."""
    settled_on = col(DecisionCondition.settled_on)
    return case((settled_on <= day, col(DecisionCondition.state)), else_=literal(ConditionState.OPEN.value))


def _with_condition(*wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """The decisions that have such a condition."""
    return col(Decision.decision_id).in_(select(col(DecisionCondition.decision_id)).where(*wanted))


def _is_overdue(day: date) -> ColumnElement[bool]:
    """Whether something is owed that was due before a day. Nothing is owed of what is superseded or over."""
    is_open = _condition_state(day) == ConditionState.OPEN.value
    return and_(not_(is_over(day)), _with_condition(is_open, col(DecisionCondition.due_on) < day))


def _conditions(*wanted: ColumnElement[bool]) -> Any:
    return (
        select(func.count())
        .select_from(DecisionCondition)
        .where(col(DecisionCondition.decision_id) == col(Decision.decision_id), *wanted)
        .scalar_subquery()
    )


def _rows(filters: Filters, day: date) -> Any:
    still_open = _conditions(col(DecisionCondition.state) == ConditionState.OPEN)
    columns = [
        *(_column(name) for name in PublishedRow._fields[:-3]),
        standing_column(day).label("standing"),
        case((is_over(day), 0), else_=still_open).label("open_conditions"),
        _conditions().label("total_conditions"),
    ]
    return _filtered(select(*columns).select_from(Decision).join(Application, _PROPOSED, isouter=True), filters, day)


_OF_THE_GRANT = {"agreement", "in_force_from", "in_force_to", "ended_by", "end_reason", "legal_basis", "promoted_on"}
# Entries of earlier releases do not say which functions they grant: those of the proposal, as far as there is one.
_PROPOSED = and_(col(Application.reference) == col(Decision.reference), col(Decision.functions).is_(None))
_FUNCTIONS = func.coalesce(col(Decision.functions), col(Application.document)["proposal", "functions"])
_ROUND = {"kind": _KIND, "stage": _STAGE, "coverage": _COVERAGE, "starts_on": _STARTS_ON}
_WORKED_OUT = {**{f"round_{name}": column for name, column in _ROUND.items()}, "functions": _FUNCTIONS}


def _column(name: str) -> Any:
    """The column behind a field of ``PublishedRow``. Most are the decision's own."""
    if name in _WORKED_OUT:
        return _WORKED_OUT[name].label(name)
    owner = Approval if name in _OF_THE_GRANT else Decision
    return col(getattr(owner, name))


def _filtered(query: Any, filters: Filters, day: date) -> Any:
    query = query.join(Round, col(Round.round_id) == col(Decision.round_id), isouter=True).join(
        Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True
    )
    wanted: list[tuple[Collection[str], Any]] = [
        (filters.levels, func.coalesce(col(Decision.granted_level), col(Decision.requested_level))),
        (filters.outcomes, col(Decision.outcome)),
        (filters.standings, standing_column(day)),
        (filters.regions, col(Decision.region_code)),
        (filters.area_teams, col(Decision.area_team_code)),
        (filters.ods_codes, col(Decision.ods_code)),
        (filters.states, col(Decision.state)),
        (filters.ended_by, col(Approval.ended_by)),
    ]
    conditions = [column.in_(values) for values, column in wanted if values]
    conditions.append(IS_PUBLIC if filters.with_superseded else col(Decision.state) == DecisionState.PUBLISHED)
    if not filters.rounds:
        conditions.append(not_(STANDS_APART))
    elif "*" not in filters.rounds:
        conditions.append(col(Decision.round_id).in_(filters.rounds))
    if filters.reasons:
        having = select(col(DecisionReason.decision_id)).where(col(DecisionReason.code).in_(filters.reasons))
        conditions.append(col(Decision.decision_id).in_(having))
    if filters.condition_states:
        conditions.append(_has_condition(filters.condition_states, day))
    if filters.is_overdue is not None:
        conditions.append(_is_overdue(day) if filters.is_overdue else not_(_is_overdue(day)))
    if filters.decided_by is not None:
        conditions.append(is_decided_by(filters.decided_by))
    if filters.in_force_only:
        conditions.append(standing_column(day) == GrantStatus.IN_FORCE.value)
    if filters.text:
        conditions.append(_mentions(filters.text))
    return query.where(*conditions)


def _mentions(text: str) -> ColumnElement[bool]:
    """The name contains the text, or the ODS code equals it, in capitals or not."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(func.lower(col(Decision.name)).like(f"%{escaped}%", escape="\\"), col(Decision.ods_code) == text.upper())


def _stream(session: Session, query: Any) -> Iterator[PublishedRow]:
    with session.connection().execute(query.execution_options(yield_per=500)) as result:
        for row in result:
            yield PublishedRow(*row)
