"""What a confirmed succession makes: a decision for each body, published at once, with the conditions still open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.casework import grants
from app.records import approvals, ledger, successions
from app.records.entries import AnyEntry
from app.records.entries.decisions import CarriedCondition, Succeeded
from app.records.entries.grants import NewGrant
from app.records.entries.successions import ItemTerms, NothingSucceeded, SuccessionConfirmed
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.records.successions import OpeningBody
from app.records.tables import Succession
from app.rules import deadlines
from app.rules import successions as rules
from app.rules.callers import Person
from app.rules.grants import Agreement, End, Grant
from app.rules.rounds import RoundKind
from app.rules.successions import HeldLevel, Predecessor
from app.rules.words import Level, Outcome


@dataclass(frozen=True, slots=True)
class Merged:
    """A body that opens by a merger, what is to move on to it, and what those held that it follows."""

    terms: ItemTerms
    body: OpeningBody
    predecessors: tuple[Predecessor, ...]

    @property
    def ods_code(self) -> str:
        """The body's code."""
        return self.terms.ods_code

    @property
    def succeeds(self) -> tuple[Succeeded, ...]:
        """Those that it follows, each with the decision by which it held something on the eve."""
        return tuple(
            Succeeded(ods_code=each.ods_code, decision_id=None if each.level is HeldLevel.NONE else each.decision_id)
            for each in self.predecessors
        )


@dataclass(frozen=True, slots=True)
class _Act:
    """The confirmation: of what, by whom, on which London day."""

    row: Succession
    person: Person
    today: date

    @property
    def is_late(self) -> bool:
        """Whether the day from which it holds is over."""
        return self.row.effective_on < self.today


def hand_over(
    session: Session, row: Succession, merged: Sequence[Merged], *, person: Person, at: datetime
) -> list[EntryReceipt]:
    """Write what each body gets, in the order in which they were proposed, and what follows from it."""
    act = _Act(row, person, deadlines.london_day(at))
    conditions = {each.ods_code: _conditions(session, each, row.effective_on) for each in merged}
    given = [
        grant for each in merged if (grant := _grant(each, row.effective_on, conditions[each.ods_code])) is not None
    ]
    ends = grants.known_ends(session, given, kind=RoundKind.REAL)
    granted = {each.ods_code: _new_grant(each, ends.get(each.ods_code)) for each in given}
    entries = [
        _decided(act, place, each, conditions[each.ods_code], granted.get(each.ods_code))
        for place, each in enumerate(merged)
    ]
    receipts = ledger.append(session, entries, at=at)
    _follow(session, merged, act, at)
    return receipts


def _follow(session: Session, merged: Sequence[Merged], act: _Act, at: datetime) -> None:
    """What follows at once: grants that end otherwise now, and those that have started already."""
    grants.settle(session, [each.ods_code for each in merged], actor=act.person.key, at=at)
    starts = [
        grants.started(held, actor=act.person.key, is_first=False)
        for each in merged
        for held in approvals.unannounced_starts(
            session, act.today, decision_id=rules.decision_id_of(act.row.effective_on, each.ods_code)
        )
    ]
    if starts:
        ledger.append(session, starts, at=at)


def _conditions(session: Session, merged: Merged, effective_on: date) -> tuple[CarriedCondition, ...]:
    """The conditions that are still open of what was granted at this level, each with its day."""
    if merged.terms.level.granted is None:
        return ()
    rows = successions.open_conditions(
        session, merged.body.predecessors, merged.terms.level.granted, eve=rules.eve_of(effective_on)
    )
    return tuple(
        CarriedCondition(condition_id=f"c{place}", text=row.text, reason_code=row.reason_code, due_on=row.due_on)
        for place, row in enumerate(rows, start=1)
    )


def _grant(merged: Merged, effective_on: date, conditions: Sequence[CarriedCondition]) -> Grant | None:
    """What the body gets. It has no first day while a condition is open."""
    level, agreement = merged.terms.level.granted, merged.terms.agreement
    if level is None or agreement is None:
        return None
    starts = None if conditions else effective_on
    return Grant(merged.ods_code, level, Agreement(agreement.value), starts, None, (effective_on, ""))


def _new_grant(grant: Grant, end: End | None) -> NewGrant:
    return NewGrant(
        level=grant.level,
        agreement=grant.agreement,
        in_force_from=grant.in_force_from,
        in_force_to=end.last_day if end else None,
        ended_by=end.by if end else None,
    )


def _decided(
    act: _Act, place: int, merged: Merged, conditions: tuple[CarriedCondition, ...], grant: NewGrant | None
) -> AnyEntry:
    if grant is None:
        return _nothing(act, place, merged)
    effective_on, where, level = act.row.effective_on, merged.body.place, Level(grant.level)
    return SuccessionConfirmed(
        reference=None,
        ods_code=merged.ods_code,
        decision_id=rules.decision_id_of(effective_on, merged.ods_code),
        round_id=None,
        name=where.name,
        region_code=where.region_code,
        area_team_code=where.area_team_code,
        requested_level=level,
        outcome=Outcome.CONDITIONAL if conditions else Outcome.APPROVED,
        chosen_by=None,
        reasons=(),
        granted_level=level,
        effective_from=effective_on,
        proposal_id=act.row.proposal_id,
        position=place,
        effective_on=effective_on,
        confirmed_late=act.is_late,
        succeeds=merged.succeeds,
        reason=merged.terms.reason,
        conditions=conditions,
        grant=grant,
        decided_on=act.today,
        signed_off_on=act.today,
        occurred_on=act.today,
        actor=act.person.key,
        proposed_by=act.row.proposed_by,
    )


def _nothing(act: _Act, place: int, merged: Merged) -> NothingSucceeded:
    return NothingSucceeded(
        ods_code=merged.ods_code,
        proposal_id=act.row.proposal_id,
        position=place,
        effective_on=act.row.effective_on,
        confirmed_late=act.is_late,
        succeeds=merged.succeeds,
        reason=merged.terms.reason,
        occurred_on=act.today,
        actor=act.person.key,
        proposed_by=act.row.proposed_by,
    )
