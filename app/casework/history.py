"""Taking over what is known of past rounds: one entry a fact, published at once; nothing is ever taken back.

A repeat changes nothing, a fact that is said otherwise than before is a correction, and whatever
casework decided or has under way is left to casework.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, NamedTuple, TypedDict

from app.casework import grants
from app.casework.history_rows import Background, FactLine, place_of
from app.casework.rounds import check_settled, put_round
from app.records import history, ledger, rounds
from app.records.approvals import Held
from app.records.entries import AnyEntry
from app.records.entries.decisions import PastDecisionCorrected, PastDecisionPublished
from app.records.entries.declarations import PastDeclarationMade
from app.records.entries.grants import PastGrant, Voided
from app.records.entries.places import TotalReported
from app.records.history import ExistingFact
from app.records.session import Session
from app.rules.bodies import DatedFact
from app.rules.deadlines import ONE_DAY
from app.rules.grants import Agreement, EndedBy, Grant, end_of
from app.rules.history import Basis, PastDecision, PastDeclaration, PastFact, Reported, Untold
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.rounds import RoundKind, RoundPlan, RoundStage
from app.rules.words import Level, Outcome

ACTOR = "history-import"


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
    def is_empty(self) -> bool:
        """Whether the import changes nothing."""
        return not self.added and not self.changed

    @property
    def touched(self) -> frozenset[str]:
        """The keys of what is written."""
        return frozenset({*self.added, *(change.key for change in self.changed)})


def casework_rounds(session: Session, plans: Sequence[RoundPlan]) -> frozenset[str]:
    """Those of these rounds that would be changed, but in which something was applied for or declared here."""
    present = {plan.round_id: plan for plan in rounds.all_rounds(session)}
    said = [_brought_forward(present.get(plan.round_id), plan) for plan in plans]
    changed = {plan.round_id for plan in said if present.get(plan.round_id, plan) != plan}
    return history.rounds_with_casework(session) & changed


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
        note=said.note,
        stage=current.stage if said.stage == RoundStage.APPLICATION else said.stage,
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
    if dry_run or found.is_empty:
        return found
    named = {each.round_id for each in totals if each.round_id}
    _put_missing(session, named, plans, at)
    touched = found.touched
    ledger.append(session, [_reported(each) for each in totals if _total_key(each) in touched], at=at)
    check_settled(session, named)
    return found


def import_facts(
    session: Session,
    rows: Sequence[FactLine],
    plans: Mapping[str, RoundPlan],
    *,
    reason: str | None,
    at: datetime,
    dry_run: bool = False,
    known: Background | None = None,
) -> HistoryDifference:
    """Take over decisions and declarations, and first the rounds they name that are not there yet.

    Raises InvalidDocument if a round that is said to be complete would not be.

    ``rows`` have no faults (``Background.faults``); ``plans`` are rounds that may be put; ``reason``
    says why facts that stand are corrected, else the members that changed are named. ``known`` is
    given if it was looked up before, and nothing was written since. Returns the difference; with
    ``dry_run`` nothing else happens.
    """
    known = known or Background.of(session, rows, plans, at)
    facts = [row.fact for row in rows]
    found = _difference((_fact_key(fact), _stands(known, fact), fact) for fact in facts)
    if dry_run or found.is_empty:
        return found
    named = {fact.round_id for fact in facts}
    _put_missing(session, named, plans, at)
    touched = found.touched
    why = {change.key: reason or _said_otherwise(change) for change in found.changed}
    entries = [_entry(known, fact, why.get(_fact_key(fact), "")) for fact in facts if _fact_key(fact) in touched]
    ledger.append(session, entries, at=at)
    grants.settle(session, {fact.ods_code for fact in facts}, actor=ACTOR, at=at)
    check_settled(session, named)
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
            names = [each.name for each in fields(now) if getattr(before, each.name, None) != getattr(now, each.name)]
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
    is_beside = isinstance(fact, PastDecision) and not fact.is_asked
    return f"{fact.round_id} {fact.ods_code}" + (" (not asked)" if is_beside else "")


def _total_key(total: Reported) -> str:
    return " ".join(part for part in (total.round_id, total.measure, total.region_code, total.area_team_code) if part)


# --- entries ------------------------------------------------------------------------------------


def _entry(known: Background, fact: PastFact, why: str) -> AnyEntry:
    """The entry that takes a fact over, or corrects the one that stands."""
    standing = known.standing_of(fact)
    key = f"{fact.reference}-{fact.ods_code}" + (f"-{standing.number + 1}" if standing else "")
    if isinstance(fact, PastDeclaration):
        return _declared(fact, key, (standing.key,) if standing else ())
    plan, ccg = known.plans[fact.round_id], known.ccgs[fact.ods_code]
    others = _other_grants(known, fact)
    decided = _decided(fact, key, place_of(fact, plan, ccg) or ccg.facts[0])
    grant = _granted(fact, plan, others, ccg.closed_on, known.ends_grants(ccg))
    if standing is None:
        return PastDecisionPublished(**decided, grant=grant)
    if isinstance(standing.fact, PastDeclaration):
        return PastDecisionPublished(**decided, grant=grant, replaces=standing.key, correction_reason=why)
    return PastDecisionCorrected(
        **decided,
        grant=grant,
        supersedes=standing.key,
        correction_reason=why,
        voids=_voided(standing, plan, known.today),
    )


def _other_grants(known: Background, fact: PastDecision) -> list[Grant]:
    """What else the CCG was granted in rounds of the same kind: as the rows say, else as the register has it."""
    kind = known.plans[fact.round_id].kind
    rows = [each for each in known.facts[fact.ods_code] if known.plans[each.round_id].kind == kind]
    said_anew = {standing.key for each in rows if (standing := known.standing_of(each)) is not None}
    held = [each for each in known.held.get(fact.ods_code, ()) if _kind_of(known, each) == kind]
    granted = [_grant(each, known.plans[each.round_id]) for each in rows if each is not fact]
    return [each.grant for each in held if each.decision_id not in said_anew] + [each for each in granted if each]


def _kind_of(known: Background, held: Held) -> str:
    """The kind of the round of a grant; what follows from a merger has none, and is real."""
    return RoundKind.REAL if held.round_id is None else known.plans[held.round_id].kind


class _Decided(TypedDict):
    """What a source says of a decision, whether it is new or said otherwise than before."""

    reference: str
    ods_code: str
    decision_id: str
    round_id: str
    name: str
    region_code: str
    area_team_code: str | None
    requested_level: Level | None
    outcome: Outcome
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    conditions: tuple[Condition, ...]
    granted_level: Level | None
    effective_from: date | None
    decided_on: date | None
    occurred_on: date | None
    basis: Basis
    source: str
    note: str | None
    actor: str


def _decided(fact: PastDecision, decision_id: str, place: DatedFact) -> _Decided:
    return {
        "reference": fact.reference,
        "ods_code": fact.ods_code,
        "decision_id": decision_id,
        "round_id": fact.round_id,
        "name": place.name,
        "region_code": place.region_code,
        "area_team_code": place.area_team_code,
        "requested_level": fact.requested_level,
        "outcome": fact.outcome,
        "chosen_by": fact.chosen_by,
        "reasons": fact.reasons,
        "conditions": fact.conditions,
        "granted_level": fact.granted_level,
        "effective_from": fact.effective_from,
        "decided_on": fact.decided_on,
        "occurred_on": fact.decided_on,
        "basis": fact.basis,
        "source": fact.source,
        "note": fact.note,
        "actor": ACTOR,
    }


def _granted(
    fact: PastDecision, plan: RoundPlan, others: Sequence[Grant], closed_on: date | None, closed_by: EndedBy
) -> PastGrant | None:
    """What a fact gives, and how it ended as far as that is known by now."""
    grant = _grant(fact, plan)
    if grant is None:
        return None
    end = end_of(grant, others, closed_on=closed_on, closed_by=closed_by)
    return PastGrant(
        level=grant.level,
        agreement=grant.agreement,
        in_force_from=grant.in_force_from,
        in_force_to=end.last_day if end else None,
        ended_by=end.by if end else None,
    )


def _grant(fact: PastFact, plan: RoundPlan) -> Grant | None:
    """What a fact gives; one with conditions has no first day before they are met."""
    if isinstance(fact, PastDeclaration) or fact.granted_level is None or not fact.is_asked:
        return None
    starts = None if fact.conditions else fact.effective_from
    agreement = fact.agreement or Agreement.NOT_KNOWN
    of_round = (plan.starts_on, plan.round_id)
    return Grant(fact.ods_code, Level(fact.granted_level), agreement, starts, None, of_round)


def _voided(standing: ExistingFact, plan: RoundPlan, today: date) -> Voided | None:
    """The end of what the decision before a correction gave: it never was in force."""
    grant = None if standing.fact is None else _grant(standing.fact, plan)
    if grant is None:
        return None
    return Voided(in_force_to=(grant.in_force_from or today) - ONE_DAY, ended_by=EndedBy.CORRECTED)


def _declared(fact: PastDeclaration, declaration_id: str, replaces: tuple[str, ...]) -> PastDeclarationMade:
    return PastDeclarationMade(
        ods_code=fact.ods_code,
        declaration_id=declaration_id,
        round_id=fact.round_id,
        level=fact.level,
        declared_on=fact.declared_on,
        occurred_on=fact.declared_on,
        replaces=replaces,
        basis=fact.basis,
        source=fact.source,
        outcome=Untold.NOT_KNOWN if fact.is_outcome_open else None,
        note=fact.note,
        actor=ACTOR,
    )


def _reported(total: Reported) -> TotalReported:
    said = {each.name: getattr(total, each.name) for each in fields(total)}
    return TotalReported(**said | {"settles": total.settles or None}, actor=ACTOR)
