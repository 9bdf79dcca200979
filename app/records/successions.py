"""Bodies that open in the place of others, bodies before and after one, and what is proposed to move on."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, false, func, not_
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col, or_, select

from app.records.places import Place
from app.records.tables import (
    Approval,
    Decision,
    DecisionCondition,
    Declaration,
    Organisation,
    OrganisationFact,
    Round,
    Succession,
)
from app.rules.bodies import BodyKind
from app.rules.decisions import ConditionState, DecisionState, ProposalState
from app.rules.grants import Agreement
from app.rules.history import Origin
from app.rules.rounds import RoundKind


class OpeningBody(NamedTuple):
    """A body as it opens, and the bodies that close in favour of it, by ODS code."""

    place: Place
    predecessors: tuple[str, ...]

    @property
    def ods_code(self) -> str:
        """Its code."""
        return self.place.ods_code


class BodyDays(NamedTuple):
    """The days of a body, and the one that came after it."""

    ods_code: str
    opened_on: date
    closed_on: date | None
    successor: str | None


def all_bodies(session: Session) -> dict[str, BodyDays]:
    """Every body that the register knows, by ODS code."""
    names = ("ods_code", "opened_on", "closed_on", "successor_ods_code")
    columns: list[Any] = [col(getattr(Organisation, name)).label(name) for name in names]
    rows = session.connection().execute(sqlalchemy_select(*columns))
    return {row.ods_code: BodyDays(*row) for row in rows}


def opened_on(session: Session, codes: Collection[str]) -> dict[str, date]:
    """The first day of each of these bodies, by ODS code."""
    rows = session.exec(
        select(col(Organisation.ods_code), col(Organisation.opened_on)).where(col(Organisation.ods_code).in_(codes))
    )
    return {code: day for code, day in rows}  # noqa: C416 - rows are no pairs to mypy


def opening_on(session: Session, day: date, codes: Collection[str] | None = None) -> list[OpeningBody]:
    """Every CCG that opens on a day, or only those of these codes, by ODS code. A board holds nothing here."""
    query = select(OrganisationFact).join(Organisation, col(Organisation.ods_code) == col(OrganisationFact.ods_code))
    query = query.where(
        Organisation.opened_on == day,
        Organisation.kind == BodyKind.CCG,
        OrganisationFact.valid_from == Organisation.opened_on,
    )
    if codes is not None:
        query = query.where(col(Organisation.ods_code).in_(codes))
    rows = session.exec(query.order_by(col(Organisation.ods_code))).all()
    before = predecessors_of(session, [row.ods_code for row in rows], closed_before=day)
    return [
        OpeningBody(
            Place(row.ods_code, BodyKind.CCG, row.name, row.ons_code, row.region_code, row.area_team_code, day),
            tuple(before.get(row.ods_code, ())),
        )
        for row in rows
    ]


def predecessors_of(session: Session, codes: Collection[str], *, closed_before: date) -> dict[str, list[str]]:
    """For each of these codes the bodies that closed before a day in favour of it, by ODS code."""
    rows = session.exec(
        select(Organisation.successor_ods_code, Organisation.ods_code)
        .where(col(Organisation.successor_ods_code).in_(codes), col(Organisation.closed_on) < closed_before)
        .order_by(col(Organisation.ods_code))
    )
    found: dict[str, list[str]] = {}
    for successor, code in rows:
        found.setdefault(successor or "", []).append(code)
    return found


def open_predecessors(session: Session, opening: Mapping[str, date], day: date) -> dict[str, str]:
    """The bodies, open on a day, in whose place these open later: each with the one that comes after it.

    ``opening`` has the first day of each. A body that closes after that day is not followed by it.
    """
    if not opening:
        return {}
    rows = session.exec(
        select(Organisation)
        .where(
            col(Organisation.successor_ods_code).in_(opening),
            Organisation.opened_on <= day,
            col(Organisation.closed_on) >= day,
        )
        .order_by(col(Organisation.ods_code))
    )
    found = {row.ods_code: (row.successor_ods_code or "", row.closed_on or date.max) for row in rows}
    return {code: after for code, (after, last_day) in found.items() if last_day < opening[after]}


def declared_rounds(session: Session, codes: Collection[str]) -> dict[str, set[str]]:
    """The rounds for which these bodies declared a level, by ODS code."""
    found: dict[str, set[str]] = {code: set() for code in codes}
    rows = session.exec(
        select(Declaration.ods_code, Declaration.round_id).where(col(Declaration.ods_code).in_(codes)).distinct()
    )
    for code, round_id in rows:
        found[code].add(round_id)
    return found


def own_decisions(session: Session, codes: Collection[str], by: date) -> dict[str, str]:
    """Decisions in effect that give these bodies something for a day, embargoed or not: ODS code to decision id.

    What was not taken up, or ended before that day, gives nothing for it. What a merger brought counts whatever it
    gives by now: it is corrected, not made again.
    """
    starts_on = func.coalesce(col(Decision.effective_from), col(Round.starts_on))
    is_over = or_(col(Approval.agreement) == Agreement.NOT_TAKEN_UP, col(Approval.in_force_to) < by)
    rows = session.exec(
        select(Decision.ods_code, Decision.decision_id)
        .join(Round, col(Round.round_id) == col(Decision.round_id), isouter=True)
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id), isouter=True)
        .where(
            col(Decision.ods_code).in_(codes),
            Decision.state != DecisionState.SUPERSEDED,
            func.coalesce(col(Round.kind), RoundKind.REAL) == RoundKind.REAL,
            or_(
                Decision.origin == Origin.SUCCESSION,
                and_(col(Decision.granted_level).is_not(None), starts_on <= by, not_(func.coalesce(is_over, false()))),
            ),
        )
        .order_by(col(Decision.decision_id))
    )
    return {code: decision_id for code, decision_id in rows}  # noqa: C416 - rows are no pairs to mypy


def open_conditions(session: Session, codes: Collection[str], level: str, *, eve: date) -> list[DecisionCondition]:
    """The open conditions of what these bodies were granted at a level, unless it was over before the eve was.

    They are those of published decisions in real rounds, by body and in their order.
    """
    rows = session.exec(
        select(DecisionCondition)
        .join(Decision, col(Decision.decision_id) == col(DecisionCondition.decision_id))
        .join(Approval, col(Approval.decision_id) == col(Decision.decision_id))
        .join(Round, col(Round.round_id) == col(Decision.round_id), isouter=True)
        .where(
            col(Decision.ods_code).in_(codes),
            Decision.state == DecisionState.PUBLISHED,
            Decision.granted_level == level,
            func.coalesce(col(Round.kind), RoundKind.REAL) == RoundKind.REAL,
            Approval.agreement != Agreement.NOT_TAKEN_UP,
            or_(col(Approval.own_to).is_(None), col(Approval.own_to) > eve),
            or_(col(Approval.in_force_to).is_(None), col(Approval.in_force_to) >= eve),
            DecisionCondition.state == ConditionState.OPEN,
        )
        .order_by(col(Decision.ods_code), col(Decision.decision_id), col(DecisionCondition.position))
    )
    return list(rows)


# --- proposals ----------------------------------------------------------------------------------


def fetch(session: Session, proposal_id: str) -> Succession | None:
    """One proposal, open or not. None if there is none with this id."""
    return session.exec(select(Succession).where(Succession.proposal_id == proposal_id)).one_or_none()


def proposed(session: Session, *, is_open: bool | None = None) -> list[Succession]:
    """The proposals, oldest first; or only those that are open, or no longer."""
    query = select(Succession).order_by(col(Succession.proposed_at), col(Succession.proposal_id))
    if is_open is not None:
        state = col(Succession.state)
        query = query.where((state == ProposalState.OPEN) if is_open else (state != ProposalState.OPEN))
    return list(session.exec(query))


def proposed_already(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Of these bodies, those that an open proposal names: ODS code to the proposal's id."""
    wanted = set(codes)
    return {
        item["odsCode"]: row.proposal_id
        for row in proposed(session, is_open=True)
        for item in row.items
        if item["odsCode"] in wanted
    }
