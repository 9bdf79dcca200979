"""What the public counts of a round are made from: its CCGs, what is public of their choices, and what was decided."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from app.records import directory, ledger, published
from app.records.directory import DirectoryFilters
from app.records.published import Filters, PublishedRow
from app.records.tables import Application, ApplicationMember, Declaration
from app.rules.counts import Counted, Decided
from app.rules.deadlines import london_day
from app.rules.grants import Agreement, GrantStatus
from app.rules.rounds import RoundPlan
from app.rules.words import Level, Outcome

EVERY_CCG = 1_000_000


class RoundCount(NamedTuple):
    """The CCGs of a round, and the outcomes of decisions about others: those not open on the day it is counted on.

    ``counts_applications``: whether applications are counted before their decisions are published.
    """

    ccgs: list[Counted]
    elsewhere: list[Outcome]
    counts_applications: bool


class _Declared(NamedTuple):
    """What a CCG declared, and how and by which source that is known, where it is of history."""

    level: Level
    basis: str | None
    source: str | None


def ccgs_of(session: Session, plan: RoundPlan, *, day: date, public_sequence: int) -> RoundCount:
    """The CCGs open on the round's ``countedOn``, by ODS code.

    ``day`` is the one on which grants are in force. Applications without a published decision are counted
    as at the public sequence, if that was published on or after the round's day for them: so an unpublished
    act moves nothing, and what was once answered can be answered again.
    """
    decided = _decided(session, plan, day)
    counts_applications = _counts_applications(session, plan, public_sequence)
    applied = _applied(session, plan, public_sequence) if counts_applications else {}
    declared = _declared(session, plan)
    open_then = directory.search(
        session, DirectoryFilters(is_open=True), day=plan.counted_on, after=None, limit=EVERY_CCG
    )
    ccgs = [
        Counted(
            ods_code=row.ods_code,
            region_code=row.region_code,
            area_team_code=row.area_team_code,
            choice=_choice(decided[row.ods_code], applied.get(row.ods_code), declared.get(row.ods_code)),
            decided=tuple(_counted(each, reasons, day) for each, reasons in decided[row.ods_code]),
            sources=_said(decided[row.ods_code], declared.get(row.ods_code), "source"),
            bases=_said(decided[row.ods_code], declared.get(row.ods_code), "basis"),
        )
        for row in open_then
    ]
    within = {ccg.ods_code for ccg in ccgs}
    elsewhere = [Outcome(row.outcome) for code, rows in decided.items() if code not in within for row, _ in rows]
    return RoundCount(ccgs, elsewhere, counts_applications)


def _counts_applications(session: Session, plan: RoundPlan, public_sequence: int) -> bool:
    published_at = ledger.published_at(session, public_sequence)
    return published_at is not None and plan.counts_applications_on(london_day(published_at))


Rows = list[tuple[PublishedRow, frozenset[str]]]


def _choice(decided: Rows, applied: Level | None, declared: _Declared | None) -> Level | None:
    """What a CCG chose: the level of its newest published decision, else of its application, else as declared."""
    if decided:
        newest = max((row for row, _ in decided), key=lambda row: row.published_sequence)
        return Level(newest.requested_level)
    return applied or (declared.level if declared else None)


def _said(decided: Rows, declared: _Declared | None, what: str) -> frozenset[str]:
    """The sources, or the bases, of what is counted of a CCG: its decisions, or else what it declared."""
    facts: list[object] = [row for row, _ in decided] or [declared]
    return frozenset(each for each in (getattr(fact, what, None) for fact in facts) if each is not None)


def _counted(row: PublishedRow, reasons: frozenset[str], day: date) -> Decided:
    outcome = Outcome(row.outcome)
    since = row.promoted_on or row.in_force_from
    return Decided(
        requested_level=Level(row.requested_level),
        outcome=outcome,
        reason_codes=reasons,
        is_promoted=outcome is Outcome.CONDITIONAL and since is not None and since <= day,
        is_in_force=row.standing == GrantStatus.IN_FORCE,
        is_start_confirmed=row.agreement == Agreement.SIGNED,
    )


def _decided(session: Session, plan: RoundPlan, day: date) -> defaultdict[str, Rows]:
    rows = list(published.by_code(session, Filters(rounds=(plan.round_id,)), day=day, after=None, limit=None))
    ids = [row.decision_id for row in rows]
    reasons, conditions = published.reasons_of(session, ids), published.conditions_of(session, ids)
    found: defaultdict[str, Rows] = defaultdict(list)
    for row in rows:
        why = {each.code for each in reasons[row.decision_id]}
        why |= {each.reason_code for each in conditions[row.decision_id]}
        found[row.ods_code].append((row, frozenset(why)))
    return found


def _applied(session: Session, plan: RoundPlan, public_sequence: int) -> dict[str, Level]:
    """The level of each application that was live when the newest publishing entry was written."""
    query = (
        select(col(ApplicationMember.ods_code), col(Application.requested_level))
        .join(Application, col(Application.reference) == col(ApplicationMember.reference))
        .where(
            col(ApplicationMember.round_id) == plan.round_id,
            col(ApplicationMember.live_from) <= public_sequence,
            or_(col(ApplicationMember.live_to).is_(None), col(ApplicationMember.live_to) > public_sequence),
        )
    )
    return {code: Level(level) for code, level in session.connection().execute(query)}


def _declared(session: Session, plan: RoundPlan) -> dict[str, _Declared]:
    said = (col(Declaration.level), col(Declaration.basis), col(Declaration.source))
    query = select(col(Declaration.ods_code), *said).where(
        col(Declaration.round_id) == plan.round_id, col(Declaration.is_newest)
    )
    rows = session.connection().execute(query)
    return {code: _Declared(Level(level), basis, source) for code, level, basis, source in rows}
