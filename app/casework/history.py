"""Taking over what is known of past rounds: one entry a fact, published at once; nothing is ever taken back.

A repeat changes nothing, a fact that is said otherwise than before is a correction, and whatever
casework decided or has under way is left to casework.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from app.casework import grants
from app.casework.history_rows import Background, FactLine, place_of
from app.casework.reviewing import ruling_data
from app.casework.rounds import put_round
from app.records import approvals, history, ledger, rounds
from app.records.entries.wire import Entry
from app.records.history import ExistingFact
from app.records.organisations import DatedFact
from app.records.session import Session
from app.rules.grants import Agreement, EndedBy, Grant, end_of
from app.rules.history import Origin, PastDecision, PastDeclaration, PastFact, Reported
from app.rules.outcomes import Ruling
from app.rules.rounds import RoundPlan
from app.rules.words import Level

ACTOR = "history-import"
ONE_DAY = timedelta(days=1)


class Changed(NamedTuple):
    """What is said otherwise than before, and in which members."""

    key: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryDifference:
    """What an import changes; a key is a round alone, or with a CCG or a measure."""

    added: tuple[str, ...]
    changed: tuple[Changed, ...]
    unchanged: tuple[str, ...]

    @property
    def touched(self) -> frozenset[str]:
        """The keys of what is written."""
        return frozenset({*self.added, *(change.key for change in self.changed)})


def casework_rounds(session: Session, plans: Sequence[RoundPlan]) -> frozenset[str]:
    """Those of these rounds that would be changed, but in which something was applied for or declared here."""
    present = {plan.round_id: plan for plan in rounds.all_rounds(session)}
    said = [_brought_forward(present.get(plan.round_id), plan) for plan in plans]
    changed = {plan.round_id for plan in said if present.get(plan.round_id, plan) != plan}
    return history.with_casework(session) & changed


def import_rounds(
    session: Session, plans: Sequence[RoundPlan], *, at: datetime, dry_run: bool = False
) -> HistoryDifference:
    """Make past rounds be as a source says; none of them is casework's (``casework_rounds``).

    What such a source says nothing of stays as it is. Raises InvalidDocument with every fault of a round.
    """
    present = {plan.round_id: plan for plan in rounds.all_rounds(session)}
    plans = [_brought_forward(present.get(plan.round_id), plan) for plan in plans]
    found = _difference((plan.round_id, present.get(plan.round_id), plan) for plan in plans)
    for plan in plans:
        if not dry_run:
            put_round(session, plan, actor=ACTOR, at=at)
    return found


def _brought_forward(current: RoundPlan | None, said: RoundPlan) -> RoundPlan:
    """A round once a source has been taken into account that names its deadlines, its start and its count only."""
    if current is None:
        return said
    return replace(
        current,
        title=said.title,
        delegated_deadline=said.delegated_deadline,
        joint_deadline=said.joint_deadline,
        starts_on=said.starts_on,
        counted_on=said.counted_on,
        source=said.source,
    )


def import_totals(
    session: Session,
    totals: Sequence[Reported],
    plans: Mapping[str, RoundPlan],
    *,
    at: datetime,
    dry_run: bool = False,
) -> HistoryDifference:
    """Keep totals as they were reported, and first put the rounds they name that are not there yet.

    They are shown beside the register's own counts, never added to them.
    """
    present = {_total_key(each): each for each in history.reported_in(session)}
    found = _difference((_total_key(each), present.get(_total_key(each)), each) for each in totals)
    if dry_run or not found.touched:
        return found
    _put_missing(session, {each.round_id for each in totals}, plans, at)
    ledger.append(session, [_reported(each) for each in totals if _total_key(each) in found.touched], at=at)
    return found


def import_facts(
    session: Session,
    rows: Sequence[FactLine],
    plans: Mapping[str, RoundPlan],
    *,
    reason: str | None,
    at: datetime,
    dry_run: bool = False,
) -> HistoryDifference:
    """Take over decisions and declarations, and first the rounds they name that are not there yet.

    ``rows`` have no faults (``Background.faults``); ``plans`` are rounds that may be put; ``reason``
    says why facts that stand are corrected, else the members that changed are named. Returns the
    difference; with ``dry_run`` nothing else happens.
    """
    known = Background.of(session, rows, plans, at)
    facts = [row.fact for row in rows]
    found = _difference((_fact_key(fact), _stands(known, fact), fact) for fact in facts)
    if dry_run or not found.touched:
        return found
    _put_missing(session, {fact.round_id for fact in facts}, plans, at)
    why = {change.key: reason or _said_otherwise(change) for change in found.changed}
    entries = [
        _entry(session, known, fact, facts, why.get(_fact_key(fact), ""))
        for fact in facts
        if _fact_key(fact) in found.touched
    ]
    ledger.append(session, entries, at=at)
    grants.settle(session, {fact.ods_code for fact in facts}, actor=ACTOR, at=at)
    return found


def _difference(pairs: Iterable[tuple[str, Any, Any]]) -> HistoryDifference:
    """What is said now against what stands, each under its key; None where nothing stands."""
    added, changed, unchanged = [], [], []
    for key, before, now in pairs:
        if before is None:
            added.append(key)
        elif before == now:
            unchanged.append(key)
        else:
            names = [each.name for each in fields(now) if getattr(before, each.name) != getattr(now, each.name)]
            changed.append(Changed(key, tuple(names)))
    return HistoryDifference(tuple(added), tuple(changed), tuple(unchanged))


def _said_otherwise(change: Changed) -> str:
    members = ", ".join(name.replace("_", " ") for name in change.members)
    return f"The file that was taken over says otherwise than before: {members}."


def _put_missing(session: Session, named: set[str], plans: Mapping[str, RoundPlan], at: datetime) -> None:
    """Put the rounds that are named and not there, as they are planned."""
    present = {plan.round_id for plan in rounds.all_rounds(session)}
    for round_id in sorted(named - present):
        put_round(session, plans[round_id], actor=ACTOR, at=at)


def _stands(known: Background, fact: PastFact) -> PastFact | None:
    standing = known.standing_of(fact)
    return None if standing is None else standing.fact


def _fact_key(fact: PastFact) -> str:
    return f"{fact.round_id} {fact.ods_code}"


def _total_key(total: Reported) -> str:
    return " ".join(part for part in (total.round_id, total.measure, total.region_code) if part)


# --- entries ------------------------------------------------------------------------------------


def _entry(session: Session, known: Background, fact: PastFact, facts: Sequence[PastFact], why: str) -> Entry:
    """The entry that takes a fact over, or corrects the one that stands."""
    standing = known.standing_of(fact)
    key = f"{fact.reference}-{fact.ods_code}" + (f"-{standing.number + 1}" if standing else "")
    if isinstance(fact, PastDeclaration):
        return _declared(fact, key, [standing.key] if standing else [])
    plan, ccg = known.plans[fact.round_id], known.ccgs[fact.ods_code]
    others = _other_grants(session, known, fact, facts)
    data = {
        **_decided(fact, key, place_of(fact, plan, ccg) or ccg.facts[0]),
        "grant": _granted(fact, plan, others, ccg.closed_on),
        **(_corrects(standing, plan, why, known.today) if standing else {}),
    }
    return Entry(
        "decision.corrected" if standing else "decision.published",
        data,
        {"actor": ACTOR},
        reference=fact.reference,
        ods_code=fact.ods_code,
        publishes=True,
    )


def _other_grants(session: Session, known: Background, fact: PastDecision, facts: Sequence[PastFact]) -> list[Grant]:
    """What else the CCG was granted in rounds of the same kind: as the rows say, else as the register has it."""
    kind = known.plans[fact.round_id].kind
    rows = [each for each in facts if each.ods_code == fact.ods_code and known.plans[each.round_id].kind == kind]
    said_anew = {standing.key for each in rows if (standing := known.standing_of(each)) is not None}
    held = approvals.held_by(session, [fact.ods_code], kind=kind)
    granted = [_grant(each, known.plans[each.round_id]) for each in rows if each is not fact]
    return [each.grant for each in held if each.decision_id not in said_anew] + [each for each in granted if each]


def _decided(fact: PastDecision, decision_id: str, place: DatedFact) -> dict[str, Any]:
    ruling = Ruling(fact.ods_code, fact.outcome, fact.reasons, fact.conditions, fact.chosen_by)
    return {
        "origin": Origin.HISTORY,
        "basis": fact.basis,
        "source": fact.source,
        "decisionId": decision_id,
        "roundId": fact.round_id,
        "name": place.name,
        "regionCode": place.region_code,
        "areaTeamCode": place.area_team_code,
        "requestedLevel": fact.requested_level,
        **ruling_data(ruling),
        "grantedLevel": fact.granted_level,
        "effectiveFrom": _day(fact.effective_from),
        "decidedOn": _day(fact.decided_on),
        "occurredOn": _day(fact.decided_on),
    }


def _granted(
    fact: PastDecision, plan: RoundPlan, others: Sequence[Grant], closed_on: date | None
) -> dict[str, Any] | None:
    """What a fact gives, and how it ended as far as that is known by now."""
    grant = _grant(fact, plan)
    if grant is None:
        return None
    end = end_of(grant, others, closed_on=closed_on)
    return {
        "level": grant.level,
        "agreement": grant.agreement,
        "inForceFrom": _day(grant.in_force_from),
        "inForceTo": _day(end.last_day) if end else None,
        "endedBy": end.by if end else None,
    }


def _grant(fact: PastFact, plan: RoundPlan) -> Grant | None:
    """What a fact gives; one with conditions has no first day before they are met."""
    if isinstance(fact, PastDeclaration) or fact.granted_level is None:
        return None
    starts = None if fact.conditions else fact.effective_from
    agreement = fact.agreement or Agreement.NOT_KNOWN
    of_round = (plan.starts_on, plan.round_id)
    return Grant(fact.ods_code, Level(fact.granted_level), agreement, starts, None, of_round)


def _corrects(standing: ExistingFact, plan: RoundPlan, why: str, today: date) -> dict[str, Any]:
    """What a correction says of the decision before it: whatever that one gave never was in force."""
    grant = None if standing.fact is None else _grant(standing.fact, plan)
    never = (today if grant is None or grant.in_force_from is None else grant.in_force_from) - ONE_DAY
    voids = None if grant is None else {"inForceTo": _day(never), "endedBy": EndedBy.CORRECTED}
    return {"supersedes": standing.key, "correctionReason": why, "voids": voids}


def _declared(fact: PastDeclaration, declaration_id: str, replaces: list[str]) -> Entry:
    return Entry(
        "declaration.made",
        {
            "origin": Origin.HISTORY,
            "basis": fact.basis,
            "source": fact.source,
            "declarationId": declaration_id,
            "roundId": fact.round_id,
            "level": fact.level,
            "declaredOn": _day(fact.declared_on),
            "occurredOn": _day(fact.declared_on),
            "replaces": replaces,
        },
        {"actor": ACTOR},
        ods_code=fact.ods_code,
        publishes=True,
    )


def _reported(total: Reported) -> Entry:
    return Entry(
        "total.reported",
        {
            "roundId": total.round_id,
            "measure": total.measure,
            "regionCode": total.region_code,
            "value": total.value,
            "of": total.of,
            "asAt": total.as_at,
            "source": total.source,
        },
        {"actor": ACTOR},
        publishes=True,
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
