"""The data for a round's public counts: its CCGs, what is public about their choices, and the decisions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from app.records import directory, ledger, published, published_conditions
from app.records.directory import DirectoryFilters, OrganisationRow
from app.records.published import Filters, PublishedRow
from app.records.tables import Application, ApplicationMember, Declaration
from app.rules.bodies import counted_in
from app.rules.counts import Counted, Decided
from app.rules.deadlines import london_day
from app.rules.grants import CONFIRMED, GrantStatus
from app.rules.history import Chosen
from app.rules.rounds import RoundPlan
from app.rules.words import Level, Outcome


class RoundCount(NamedTuple):
    """The CCGs of a round, and the outcomes for CCGs that were not open on the day of the count.

    ``counts_applications``: whether applications count before their decisions are published.
    """

    ccgs: list[Counted]
    elsewhere: list[Outcome]
    counts_applications: bool


class _Declared(NamedTuple):
    """What a CCG declared or chose, and for history how and from which source that is known."""

    level: Chosen | None
    basis: str | None
    source: str | None


def count_rounds(
    session: Session, plans: Collection[RoundPlan], *, day: date, public_sequence: int
) -> dict[str, RoundCount]:
    """For each round the CCGs that were open on its ``countedOn``, by ODS code.

    ``day`` is the day on which grants are in force. Applications without a published decision count as they were at the
    public sequence, if it was published on or after the round's day for them. So an unpublished act changes no count,
    and an old answer can be given again.
    """
    if not plans:
        return {}
    decided, declared = _decided(session, plans, day), _declared(session, plans)
    counting = _counting_applications(session, plans, public_sequence)
    applied = _applied(session, counting, public_sequence)
    open_then = {
        (day, kind): directory.search(
            session, DirectoryFilters(counted_in(kind), is_open=True), day=day, after=None, limit=None
        )
        for day, kind in sorted({(plan.counted_on, plan.kind) for plan in plans})
    }
    return {
        plan.round_id: _count(
            open_then[plan.counted_on, plan.kind],
            _Known(decided[plan.round_id], applied[plan.round_id], declared[plan.round_id]),
            day,
            counts_applications=plan.round_id in counting,
        )
        for plan in plans
    }


def _count(
    open_then: Sequence[OrganisationRow], known: "_Known", day: date, *, counts_applications: bool
) -> RoundCount:
    ccgs = [
        Counted(
            ods_code=row.ods_code,
            region_code=row.region_code,
            area_team_code=row.area_team_code,
            choice=_choice(*known.of(row.ods_code)),
            decided=tuple(_counted(each, reasons, day) for each, reasons in known.decided[row.ods_code]),
            sources=_said(known.decided[row.ods_code], known.declared.get(row.ods_code), "source"),
            bases=_said(known.decided[row.ods_code], known.declared.get(row.ods_code), "basis"),
            is_silent=_is(Chosen.NOT_DECLARED, *known.of(row.ods_code)),
        )
        for row in open_then
    ]
    within = {ccg.ods_code for ccg in ccgs}
    elsewhere = [Outcome(row.outcome) for code, rows in known.decided.items() if code not in within for row, _ in rows]
    return RoundCount(ccgs, elsewhere, counts_applications)


def _counting_applications(session: Session, plans: Collection[RoundPlan], public_sequence: int) -> set[str]:
    """The rounds whose applications count before their decisions are published."""
    published_at = ledger.published_at(session, public_sequence)
    if published_at is None:
        return set()
    return {plan.round_id for plan in plans if plan.counts_applications_on(london_day(published_at))}


Rows = list[tuple[PublishedRow, frozenset[str]]]


class _Known(NamedTuple):
    """What is known about the CCGs of a round, by ODS code."""

    decided: defaultdict[str, Rows]
    applied: dict[str, Level]
    declared: dict[str, _Declared]

    def of(self, ods_code: str) -> tuple[Rows, Level | None, _Declared | None]:
        """What one CCG was decided about, applied for and declared."""
        return self.decided[ods_code], self.applied.get(ods_code), self.declared.get(ods_code)


def _choice(decided: Rows, applied: Level | None, declared: _Declared | None) -> Level | None:
    """A CCG's choice: the level of its newest published decision, else of its application, else of its declaration.

    A decision of which no source tells what was asked for says nothing of the choice.
    """
    asked = [row for row, _ in decided if row.requested_level is not None]
    if asked:
        return Level(max(asked, key=lambda row: row.published_sequence).requested_level or "")
    if applied is not None or declared is None or declared.level in {None, Chosen.NOT_DECLARED}:
        return applied
    return Level(declared.level or "")


def _is(chosen: Chosen, decided: Rows, applied: Level | None, declared: _Declared | None) -> bool:
    """Whether all that is known of a CCG is that it chose so."""
    return not decided and applied is None and declared is not None and declared.level is chosen


def _said(decided: Rows, declared: _Declared | None, what: str) -> frozenset[str]:
    """The sources, or the bases, of what counts for a CCG: its decisions, or else what it declared.

    Beside a decision of which no source tells what was asked for, what it declared counts too.
    """
    facts: list[object] = [row for row, _ in decided]
    if all(row.requested_level is None for row, _ in decided):
        facts.append(declared)
    return frozenset(each for each in (getattr(fact, what, None) for fact in facts) if each is not None)


def _counted(row: PublishedRow, reasons: frozenset[str], day: date) -> Decided:
    outcome = Outcome(row.outcome)
    since = row.promoted_on or row.in_force_from
    return Decided(
        requested_level=Level(row.requested_level) if row.requested_level else None,
        granted_level=Level(row.granted_level) if row.granted_level else None,
        outcome=outcome,
        reason_codes=reasons,
        is_promoted=outcome is Outcome.CONDITIONAL and since is not None and since <= day,
        is_in_force=row.standing == GrantStatus.IN_FORCE,
        is_start_confirmed=row.agreement in CONFIRMED,
    )


def _decided(session: Session, plans: Collection[RoundPlan], day: date) -> dict[str, defaultdict[str, Rows]]:
    """Published decisions with the codes of their reasons and conditions, by round and ODS code."""
    ids = [plan.round_id for plan in plans]
    rows = list(published.by_code(session, Filters(rounds=ids), day=day, after=None, limit=None))
    keys = [row.decision_id for row in rows]
    reasons, conditions = published.reasons_of(session, keys), published_conditions.conditions_of(session, keys)
    found: dict[str, defaultdict[str, Rows]] = {round_id: defaultdict(list) for round_id in ids}
    for row in rows:
        why = {each.code for each in reasons[row.decision_id]}
        why |= {each.reason_code for each in conditions[row.decision_id]}
        found[row.round_id or ""][row.ods_code].append((row, frozenset(why)))
    return found


def _applied(session: Session, round_ids: Collection[str], public_sequence: int) -> defaultdict[str, dict[str, Level]]:
    """The level of each application that was live when the newest publishing entry was written, by round and CCG."""
    found: defaultdict[str, dict[str, Level]] = defaultdict(dict)
    if not round_ids:
        return found
    query = (
        select(col(ApplicationMember.round_id), col(ApplicationMember.ods_code), col(Application.requested_level))
        .join(Application, col(Application.reference) == col(ApplicationMember.reference))
        .where(
            col(ApplicationMember.round_id).in_(round_ids),
            col(ApplicationMember.live_from) <= public_sequence,
            or_(col(ApplicationMember.live_to).is_(None), col(ApplicationMember.live_to) > public_sequence),
        )
    )
    for round_id, code, level in session.connection().execute(query):
        found[round_id][code] = Level(level)
    return found


def _declared(session: Session, plans: Collection[RoundPlan]) -> dict[str, dict[str, _Declared]]:
    """The newest declaration of each CCG, by round and CCG."""
    found: dict[str, dict[str, _Declared]] = {plan.round_id: {} for plan in plans}
    said = (col(Declaration.level), col(Declaration.basis), col(Declaration.source))
    query = select(col(Declaration.round_id), col(Declaration.ods_code), *said).where(
        col(Declaration.round_id).in_(found), col(Declaration.is_newest)
    )
    for round_id, code, level, basis, source in session.connection().execute(query):
        found[round_id][code] = _Declared(None if level is None else Chosen(level), basis, source)
    return found
