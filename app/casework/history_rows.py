"""Rows of a file of past facts, held against what the register knows: which of them can be taken over, and where."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Self, TypeVar

from app.records import applications, approvals, history, organisations, rounds
from app.records.approvals import Held
from app.records.history import ExistingFact
from app.records.session import Session
from app.rules import deadlines
from app.rules.bodies import BodyKind, DatedFact, OrganisationRecord
from app.rules.grants import EndedBy
from app.rules.history import PastDecision, PastDeclaration, PastFact, faults_of, stage_faults
from app.rules.rounds import RoundKind, RoundPlan, RoundState

# What an address takes: the decision's key is the reference, the CCG's code, and the number of a correction.
LONGEST_REFERENCE = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as it stands on a line of a file, with the CCG's name there, which is only compared."""

    line: int
    name: str
    fact: PastFact


class RowFault(NamedTuple):
    """One thing that is wrong with a line (from 1)."""

    line: int
    detail: str


def place_of(fact: PastFact, plan: RoundPlan, ccg: OrganisationRecord) -> DatedFact | None:
    """Name, region and area team of a CCG on the day of a fact; None where it was not open then.

    Where the day is not known, the day on which it took effect or else the round was counted stands in.
    """
    day = day_of(fact, plan)
    if not ccg.opened_on <= day <= (ccg.closed_on or date.max):
        return None
    return next((each for each in reversed(ccg.facts) if each.valid_from <= day), ccg.facts[0])


def day_of(fact: PastFact, plan: RoundPlan) -> date:
    """The day whose facts of the CCG go with a past fact."""
    if isinstance(fact, PastDecision):
        return fact.decided_on or fact.effective_from or plan.counted_on
    return fact.declared_on or plan.counted_on


@dataclass(frozen=True, slots=True)
class Background:
    """What the register knows beside the rows: rounds, CCGs, and what stands in those rounds.

    ``plans`` are the rounds that are there, and those that can be put with the rows; ``references`` say
    of which round an application is, since round and name together could be read in two ways. ``acted_on``
    are decisions whose conditions were settled here, or whose grant was ended by an act on it. ``held`` is
    what the CCGs were granted, ``facts`` what all rows say, both by ODS code.
    """

    today: date
    plans: Mapping[str, RoundPlan]
    ccgs: Mapping[str, OrganisationRecord]
    standing: Mapping[history.Place, ExistingFact]
    under_way: frozenset[tuple[str, str]]
    references: Mapping[str, str]
    acted_on: frozenset[str]
    held: Mapping[str, Sequence[Held]]
    facts: Mapping[str, Sequence[PastFact]]

    @classmethod
    def of(cls, session: Session, rows: Sequence[FactLine], plans: Mapping[str, RoundPlan], at: datetime) -> Self:
        """Look up all that rows refer to. A round that is there counts before a plan to put it."""
        named, codes = {row.fact.round_id for row in rows}, {row.fact.ods_code for row in rows}
        present = {plan.round_id: plan for plan in rounds.all_rounds(session)}
        return cls(
            today=deadlines.london_day(at),
            plans={**plans, **present},
            ccgs=organisations.all_known(session),
            standing=history.standing_in(session, named),
            under_way=frozenset(
                (round_id, code) for round_id in named for code in applications.live_members(session, round_id, codes)
            ),
            held=_by_code(
                (each.grant.ods_code, each)
                for kind in RoundKind
                for each in approvals.held_by(session, codes, kind=kind)
            ),
            acted_on=history.acted_on(session, codes),
            facts=_by_code((row.fact.ods_code, row.fact) for row in rows),
            references={
                **{row.fact.reference: row.fact.round_id for row in reversed(rows)},
                **history.rounds_of(session, [row.fact for row in rows]),
            },
        )

    def ends_grants(self, ccg: OrganisationRecord) -> EndedBy:
        """How a CCG's end ends its grants: one that a board followed was abolished."""
        successor = self.ccgs.get(ccg.successor or "")
        is_abolished = successor is not None and successor.kind is BodyKind.ICB
        return EndedBy.ABOLISHED if is_abolished else EndedBy.SUCCEEDED

    def standing_of(self, fact: PastFact) -> ExistingFact | None:
        """What stands for the fact's CCG in its round, and would be said otherwise by it."""
        is_asked = isinstance(fact, PastDeclaration) or fact.is_asked
        return self.standing.get((fact.round_id, fact.ods_code, is_asked or self._is_named_only(fact)))

    def _is_named_only(self, fact: PastFact) -> bool:
        """Whether nothing is known of a CCG in a round but that a source names it."""
        standing = self.standing.get((fact.round_id, fact.ods_code, True))
        said = None if standing is None else standing.fact
        return isinstance(said, PastDeclaration) and said.level is None

    def faults(self, rows: Sequence[FactLine]) -> list[RowFault]:
        """Everything that forbids to take these rows over, by line."""
        return [
            RowFault(row.line, detail)
            for row in rows
            for detail in (
                *faults_of(row.fact),
                *self._stage_faults(row.fact),
                *self._reference_faults(row),
                *self._conflicts(row.fact),
            )
        ]

    def _stage_faults(self, fact: PastFact) -> Iterator[str]:
        plan = self.plans.get(fact.round_id)
        return stage_faults(fact, plan.stage) if plan is not None else iter(())

    def _reference_faults(self, row: FactLine) -> Iterator[str]:
        fact = row.fact
        plan, ccg = self.plans.get(fact.round_id), self.ccgs.get(fact.ods_code)
        if plan is None:
            yield f"there is no round {fact.round_id}; put it first"
        elif plan.state_on(self.today) is not RoundState.CLOSED:
            yield f"round {fact.round_id} is not over: what is decided in it is casework's"
        if len(fact.reference) > LONGEST_REFERENCE:
            yield f"round and application have at most {LONGEST_REFERENCE - 1} characters together"
        if self.references.get(fact.reference, fact.round_id) != fact.round_id:
            yield f"application {fact.reference} is one of round {self.references[fact.reference]}"
        if ccg is None:
            yield f"{fact.ods_code} is not the code of a CCG that the register knows"
            return
        if plan is not None and place_of(fact, plan, ccg) is None:
            yield f"{fact.ods_code} was not open on {day_of(fact, plan)}"
        if row.name and row.name.casefold() not in {each.name.casefold() for each in ccg.facts}:
            yield f"{fact.ods_code} is called {ccg.facts[0].name}, not {row.name}"
        if isinstance(fact, PastDecision) and fact.effective_from is not None and fact.effective_from < ccg.opened_on:
            yield f"{fact.ods_code} had not opened on {fact.effective_from}, on which this takes effect"
        happened = fact.decided_on if isinstance(fact, PastDecision) else fact.declared_on
        if happened is not None and happened > self.today:
            yield f"{happened} has not come yet"

    def _conflicts(self, fact: PastFact) -> Iterator[str]:
        standing = self.standing_of(fact)
        if (fact.round_id, fact.ods_code) in self.under_way:
            yield f"{fact.ods_code} has an application in round {fact.round_id}, which is casework's to decide"
        elif standing is not None and standing.fact is None:
            yield f"what stands for {fact.ods_code} in round {fact.round_id} is casework's own ({standing.key})"
        elif standing is not None and standing.key in self.acted_on and standing.fact != fact:
            yield f"what {standing.key} gives was acted on here since, which a file would undo; propose a correction"
        elif standing is not None and not _may_follow(standing.fact, fact):
            yield f"{fact.ods_code} in round {fact.round_id}: a decision cannot become a declaration, nor the reverse"
        for round_id in sorted(self._granted_from_the_same_day(fact)):
            yield f"{fact.ods_code} was granted something from {self._first_day(fact)} in round {round_id} already"

    def _granted_from_the_same_day(self, fact: PastFact) -> set[str]:
        """Other rounds of the same kind whose grant starts on the same day: one CCG holds one level at a time."""
        plan, day = self.plans.get(fact.round_id), self._first_day(fact)
        if plan is None or day is None:
            return set()
        said = {each.round_id: self._first_day(each) for each in self.facts.get(fact.ods_code, ())}
        held = {
            each.round_id: each.grant.in_force_from
            for each in self.held.get(fact.ods_code, ())
            if each.round_id is not None and each.grant.agreement.lets_start
        }
        kinds = {round_id: each.kind for round_id, each in self.plans.items()}
        others = {**held, **said}
        return {
            round_id
            for round_id, first_day in others.items()
            if first_day == day and round_id != fact.round_id and kinds.get(round_id) == plan.kind
        }

    @staticmethod
    def _first_day(fact: PastFact) -> date | None:
        """The first day of what a fact grants, where it came into force."""
        if isinstance(fact, PastDeclaration) or fact.agreement is None or not fact.agreement.lets_start:
            return None
        return None if fact.conditions else fact.effective_from


def _may_follow(standing: PastFact | None, fact: PastFact) -> bool:
    """Whether one fact can be said in the place of another: a choice without an outcome can be decided."""
    is_open = isinstance(standing, PastDeclaration) and standing.is_outcome_open
    return is_open or type(standing) is type(fact)


def _by_code(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for code, each in pairs:
        found[code].append(each)
    return dict(found)
