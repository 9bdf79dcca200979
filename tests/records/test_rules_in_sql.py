"""Rules that stand in SQL as well, for listings: they say the same as the rules, row by row, on both databases."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, select
from sqlmodel import Session, col

from app.records import application_lists, applications, decisions, events, redactions, tables
from app.records.application_lists import Assessed, Sought, Wanted
from app.records.applications import Case
from app.records.published import Filters, by_code, is_decided_by, standing_column
from app.rules import lifecycle, visibility
from app.rules.callers import Caller, Person, Scope, System
from app.rules.decisions import ConditionState, DecisionState, ProposalState
from app.rules.grants import Agreement, Grant, known_from, status_on
from app.rules.lifecycle import State, WaitingOn
from app.rules.proposals import Flag, criteria_of, flags
from app.rules.rounds import RoundStage
from app.rules.timelines import EVIDENCE, EXTENDED, OFFICERS_ONLY, SIGNED_OFF, is_event_visible
from app.rules.visibility import Viewer
from app.rules.words import Level
from tests.records.rows import (
    APPLICATION,
    APPROVAL,
    ASSESSMENT,
    AT,
    CONDITION,
    DECISION,
    ENTRY,
    MEMBER,
    PROPOSAL,
    ROUND,
    put,
)

# --- standing -----------------------------------------------------------------------------------

EDGES = [None, date(2015, 3, 31), date(2015, 4, 1), date(2018, 3, 31), date(2018, 4, 1)]
DAYS = [date(2015, 3, 30), *(day for day in EDGES if day is not None), date(2018, 4, 2)]


def put_grants(connection: Connection) -> dict[str, Grant]:
    """A grant for every agreement, first day and last day, and a decision without one; by decision id."""
    put(connection, tables.Application, APPLICATION)
    grants = {}
    for number, (agreement, first, last) in enumerate(product(Agreement, EDGES, EDGES)):
        decision_id, ended_by = f"CC-1-{number}", "notice" if last else None
        put(connection, tables.Decision, DECISION, decision_id=decision_id, state="superseded")
        put(
            connection,
            tables.Approval,
            APPROVAL,
            decision_id=decision_id,
            agreement=agreement.value,
            in_force_from=first,
            in_force_to=last,
            ended_by=ended_by,
        )
        grants[decision_id] = Grant("10T", Level.DELEGATED, agreement, first, last)
    rejected = {"decision_id": "CC-1-rejected", "outcome": "rejected", "granted_level": None}
    put(connection, tables.Decision, DECISION, **rejected)
    return grants


def test_the_standing_column_is_the_rule_and_empty_where_nothing_was_granted(bare: Connection) -> None:
    grants = put_grants(bare)

    decision_id = col(tables.Decision.decision_id)
    of_decision = col(tables.Approval.decision_id) == decision_id
    for day in DAYS:
        query = select(decision_id, standing_column(day)).join(tables.Approval, of_decision, isouter=True)
        found = {row[0]: row[1] for row in bare.execute(query)}
        expected = {each: status_on(grant, day).value for each, grant in grants.items()}
        assert found == {**expected, "CC-1-rejected": None}


def test_what_had_been_decided_by_a_day_is_the_rule_also_where_days_are_not_known(bare: Connection) -> None:
    put(bare, tables.Round, ROUND)
    put(bare, tables.Application, APPLICATION)
    starts_on = ROUND["starts_on"]
    edges = [None, starts_on - timedelta(days=1), starts_on, starts_on + timedelta(days=1)]
    known = {}
    of_the_past = {
        "round_id": ROUND["round_id"],
        "state": "superseded",
        "origin": "history",
        "basis": "stated",
        "source": "HSJ",
    }
    for number, (decided_on, first, is_granted) in enumerate(product(edges, edges, [True, False])):
        named = f"CC-1-{number}"
        put(bare, tables.Decision, DECISION, decision_id=named, decided_on=decided_on, **of_the_past)
        if is_granted:
            put(bare, tables.Approval, APPROVAL, decision_id=named, in_force_from=first)
        known[named] = known_from(decided_on, first if is_granted else None, round_starts_on=starts_on)

    decision_id = col(tables.Decision.decision_id)
    joined = (
        select(decision_id)
        .join(tables.Round, col(tables.Round.round_id) == col(tables.Decision.round_id))
        .join(tables.Approval, col(tables.Approval.decision_id) == decision_id, isouter=True)
    )
    for day in (starts_on + timedelta(days=number) for number in range(-2, 3)):
        found = {row[0] for row in bare.execute(joined.where(is_decided_by(day)))}
        assert (day, found) == (day, {each for each, since in known.items() if since <= day})


# --- sight --------------------------------------------------------------------------------------

# Rounds, and whether what was decided in them was shown to its applicants.
ROUNDS = {"2016-17": False, "2017-18": True, "2018-19": False}
PLACES = {"Y56": ("07P", "08G"), "Y57": ("10T",)}
# state, whether it was ever submitted, whether its decisions are published
STANDS = [
    ("draft", False, False),
    ("submitted", True, False),
    ("changes_requested", True, False),
    ("recommended", True, False),
    ("decided", True, False),
    ("decided", True, True),
    ("withdrawn", False, False),
    ("withdrawn", True, False),
    ("lapsed", False, False),
    ("lapsed", True, False),
]


def system(*codes: str, scopes: tuple[str, ...] = ("applications",), regions: tuple[str, ...] = ()) -> System:
    return System("one", "One", frozenset(codes), frozenset(regions), frozenset(map(Scope, scopes)))


def person(role: str, *regions: str) -> Person:
    return Person("one", "One (made up)", Scope(role), frozenset(regions), frozenset())


CALLERS: dict[str, Caller] = {
    "lead of London": system("07P"),
    "member in London": system("08G"),
    "Slough": system("10T"),
    "Slough and a member in London": system("10T", "08G"),
    "another CCG": system("02W"),
    "no CCG": system(),
    "a member without the scope": system("07P", scopes=()),
    "system of the London panel": system(scopes=("panel",), regions=("Y56",)),
    "system of a panel without the scope": system(scopes=(), regions=("Y56",)),
    "system of NHS England": system(scopes=("national",)),
    "Slough, and of the London panel": system("10T", scopes=("applications", "panel"), regions=("Y56",)),
    "Slough, and of NHS England": system("10T", scopes=("applications", "national")),
    "London's panel": person("panel", "Y56"),
    "panel of two regions": person("panel", "Y56", "Y57"),
    "panel of the North": person("panel", "Y54"),
    "panel of nowhere": person("panel"),
    "NHS England": person("national"),
    "administrator": person("admin", "Y56"),
}


class Filled(NamedTuple):
    """A session on a grid of applications, with each of them as it was put there."""

    session: Session
    cases: list[Case]


@pytest.fixture
def grid(bare: Connection) -> Iterator[Filled]:
    for round_id in ROUNDS:
        put(bare, tables.Round, ROUND, round_id=round_id)
    cells = product(STANDS, ["delegated", "joint"], PLACES, ROUNDS)
    for number, ((state, submitted, published), level, region, round_id) in enumerate(cells):
        reference, members = f"CC-{number:03}", PLACES[region]
        put(
            bare,
            tables.Application,
            APPLICATION,
            reference=reference,
            round_id=round_id,
            requested_level=level,
            lead_ods_code=members[0],
            region_code=region,
            state=state,
            first_submitted_at=AT if submitted else None,
            due_on=date(2015, 1, 9) if state == "changes_requested" else None,
            shown_at=AT if ROUNDS[round_id] and state == "decided" else None,
            published_at=AT if published else None,
            created_at=AT + timedelta(minutes=number // 7),
            waiting_since=AT - timedelta(minutes=number // 7),
        )
        for position, code in enumerate(members):
            row = {"reference": reference, "ods_code": code, "position": position, "round_id": round_id}
            put(bare, tables.ApplicationMember, MEMBER, **row, is_live=False)
    with Session(bare, autoflush=False) as session:
        references = [f"CC-{number:03}" for number in range(120)]
        cases = [case for case in (applications.fetch(session, each) for each in references) if case is not None]
        yield Filled(session, cases)


def part(caller: Caller, case: Case) -> Viewer:
    return visibility.viewer_of(
        caller,
        members=frozenset(case.members),
        regions=case.regions,
        was_submitted=case.application.first_submitted_at is not None,
    )


def shown(caller: Caller, case: Case) -> State:
    viewer = part(caller, case)
    was_shown = case.application.shown_at is not None
    is_visible = visibility.is_outcome_visible(viewer, case.state, is_published=case.is_published, was_shown=was_shown)
    return visibility.shown_state(viewer, case.state, is_outcome_visible=is_visible)


def visible(caller: Caller, filled: Filled) -> list[Case]:
    return [case for case in filled.cases if part(caller, case) is not Viewer.STRANGER]


def search(caller: Caller, filled: Filled, *states: str) -> list[str]:
    found = application_lists.search(filled.session, caller, Wanted(states=states), after=None, limit=1000)
    return sorted(case.reference for case in found)


def test_a_caller_lists_the_applications_that_it_may_see(grid: Filled) -> None:
    assert len(grid.cases) == 120
    for name, caller in CALLERS.items():
        expected = sorted(case.reference for case in visible(caller, grid))
        assert (name, search(caller, grid)) == (name, expected)


def test_states_are_asked_for_as_the_caller_may_know_them(grid: Filled) -> None:
    for name, caller in CALLERS.items():
        states: dict[str, list[str]] = {state.value: [] for state in State}
        for case in visible(caller, grid):
            states[shown(caller, case)].append(case.reference)
        found = {state: search(caller, grid, state) for state in states}
        assert (name, found) == (name, states)


def test_the_queue_waits_on_whom_the_life_cycle_says(grid: Filled) -> None:
    waits = [WaitingOn.APPLICANT, WaitingOn.PANEL, WaitingOn.NATIONAL, WaitingOn.ANNOUNCEMENT]
    officers = {name: caller for name, caller in CALLERS.items() if Scope.APPLICATIONS not in caller.scopes}
    for name, caller in officers.items():
        expected: dict[WaitingOn, list[str]] = {turn: [] for turn in WaitingOn}
        for case in visible(caller, grid):
            turn = lifecycle.waiting_on(case.state, case.level, is_published=case.is_published)
            expected[turn].append(case.reference)
        found = {turn: queued(caller, grid, turn) for turn in waits}
        everything = sorted(reference for turn in waits for reference in expected[turn])
        assert (name, found) == (name, {turn: expected[turn] for turn in waits})
        assert (name, queued(caller, grid, None)) == (name, everything)


def queued(caller: Caller, filled: Filled, awaited: WaitingOn | None) -> list[str]:
    found = application_lists.queue(filled.session, caller, Sought(awaited=awaited), after=None, limit=1000)
    return sorted(case.reference for case in found)


def test_a_listing_read_page_by_page_has_each_application_once_newest_first(grid: Filled) -> None:
    """Seven were created in the same minute each time, and a page has five."""
    expected = sorted(grid.cases, key=lambda case: (case.application.created_at, case.reference), reverse=True)
    found: list[Case] = []
    after: list[str] | None = None
    caller = system("10T", "07P")
    while page := application_lists.search(grid.session, caller, Wanted(), after=after, limit=5):
        found += page
        after = [page[-1].application.created_at.isoformat(), page[-1].reference]

    assert [case.reference for case in found] == [case.reference for case in expected]


def test_the_queue_read_page_by_page_has_each_application_once_oldest_wait_first(grid: Filled) -> None:
    waiting = {"submitted", "changes_requested", "recommended", "decided"}
    expected = sorted(
        (case for case in grid.cases if case.state.value in waiting and not case.is_published),
        key=lambda case: (case.application.waiting_since, case.reference),
    )
    found: list[Case] = []
    after: list[str] | None = None
    while page := application_lists.queue(grid.session, person("national"), Sought(), after=after, limit=5):
        found += page
        after = [page[-1].application.waiting_since.isoformat(), page[-1].reference]

    assert [case.reference for case in found] == [case.reference for case in expected]


# --- conditions on a day ------------------------------------------------------------------------

DUE, BEFORE, AFTER = date(2015, 3, 1), date(2015, 2, 20), date(2015, 3, 20)
SETTLED: list[tuple[str, date | None]] = [("open", None), ("met", BEFORE), ("waived", AFTER), ("lapsed", AFTER)]
# How a grant can stand: its agreement, its first and its last day. One ends before it would have begun.
OVER: list[tuple[str, date | None, date | None] | None] = [
    None,
    ("awaited", None, None),
    ("signed", BEFORE, AFTER),
    ("signed", AFTER + timedelta(days=1), AFTER),
    ("not_taken_up", None, None),
]


class Owed(NamedTuple):
    """A decision with one condition: how it was settled, when it was due, and how the decision and its grant stand."""

    state: str
    settled_on: date | None
    due_on: date | None
    decision: str
    grant: tuple[str, date | None, date | None] | None

    def is_over_on(self, day: date) -> bool:
        agreement, first, last = self.grant or (None, None, None)
        is_past = last is not None and (last < day or (first is not None and last < first))
        return is_past or agreement == "not_taken_up" or self.decision == "superseded"

    def state_on(self, day: date) -> str:
        if self.settled_on is not None and self.settled_on <= day:
            return self.state
        return "lapsed" if self.is_over_on(day) else "open"

    def is_overdue_on(self, day: date) -> bool:
        return self.state_on(day) == "open" and self.due_on is not None and self.due_on < day


def put_conditions(connection: Connection) -> dict[str, Owed]:
    """A decision for every way in which its condition and its grant can stand, by decision id."""
    put(connection, tables.Round, ROUND)
    put(connection, tables.Application, APPLICATION)
    made = {}
    nothing = {"outcome": "rejected", "granted_level": None}  # so that the same CCG can have many
    ways = product(SETTLED, [None, DUE], ["published", "superseded"], OVER)
    for number, ((state, settled_on), due_on, decision, grant) in enumerate(ways):
        named = f"CC-1-{number}"
        put(connection, tables.Decision, DECISION, decision_id=named, state=decision, **nothing)
        settled = {"state": state, "settled_on": settled_on, "due_on": due_on}
        put(connection, tables.DecisionCondition, CONDITION, decision_id=named, **settled)
        if grant is not None:
            agreement, first, last = grant
            by = "succeeded" if first and last and last < first else "notice"
            ended = {"in_force_from": first, "in_force_to": last, "ended_by": last and by}
            put(connection, tables.Approval, APPROVAL, decision_id=named, agreement=agreement, **ended)
        made[named] = Owed(state, settled_on, due_on, decision, grant)
    return made


def test_conditions_are_asked_for_as_they_stood_on_a_day(bare: Connection) -> None:
    made = put_conditions(bare)

    def found(day: date, **asked: Any) -> set[str]:
        filters = Filters(with_superseded=True, **asked)
        with Session(bare) as session:
            return {row.decision_id for row in by_code(session, filters, day=day, after=None, limit=None)}

    for day in sorted({each + timedelta(days=more) for each in (BEFORE, DUE, AFTER) for more in (-1, 0, 1)}):
        states = {state.value: found(day, condition_states=[state]) for state in ConditionState}
        expected = {word: {named for named, each in made.items() if each.state_on(day) == word} for word in states}
        assert (day, states) == (day, expected)
        overdue = {named for named, each in made.items() if each.is_overdue_on(day)}
        assert (day, found(day, is_overdue=True)) == (day, overdue)
        assert (day, found(day, is_overdue=False)) == (day, set(made) - overdue)


def test_conditions_are_counted_as_open_only_of_what_is_not_over(bare: Connection) -> None:
    made = put_conditions(bare)

    for day in (BEFORE, AFTER, AFTER + timedelta(days=1)):
        with Session(bare) as session:
            rows = list(by_code(session, Filters(with_superseded=True), day=day, after=None, limit=None))
        for row in rows:
            each = made[row.decision_id]
            is_open = each.state == "open" and not each.is_over_on(day)
            assert (day, row.is_over, row.open_conditions) == (day, each.is_over_on(day), int(is_open))


def test_a_decision_in_the_queue_waits_on_whom_the_life_cycle_says_of_its_conditions(bare: Connection) -> None:
    """Two conditions each, settled or open, with evidence or without."""
    put(bare, tables.Round, ROUND)
    put(bare, tables.Application, APPLICATION)
    ways = [("met", False), ("met", True), ("open", False), ("open", True)]
    expected: dict[str, set[str]] = {"applicant": set(), "panel": set(), "none": set()}
    for number, both in enumerate(product(ways, ways)):
        named = f"CC-1-{number}"
        nothing = {"outcome": "rejected", "granted_level": None}  # so that the same CCG can have many
        put(bare, tables.Decision, DECISION, decision_id=named, **nothing)
        put(bare, tables.Approval, APPROVAL, decision_id=named, agreement="awaited")
        for place, (state, has_evidence) in enumerate(both):
            which = {"decision_id": named, "condition_id": f"c{place}"}
            settled_on = BEFORE if state == "met" else None
            put(bare, tables.DecisionCondition, CONDITION, **which, position=place, state=state, settled_on=settled_on)
            if has_evidence:
                put(bare, tables.ConditionEvidence, {**which, "number": 1, "text": "", "links": [], "given_at": AT})
        evidenced = [has_evidence for state, has_evidence in both if state == "open"]
        turn = lifecycle.waiting_on(State.DECIDED, Level.DELEGATED, is_published=True, evidenced=evidenced)
        expected[turn].add(named)

    with Session(bare) as session:
        asked = {
            awaited: decisions.waiting(
                session, person("national"), Sought(awaited=awaited), day=DUE, after=None, limit=None
            )
            for awaited in ("applicant", "panel", "condition", None)
        }
    found = {awaited: {each.dossier.decision_id for each in waits} for awaited, waits in asked.items()}

    everything = expected["applicant"] | expected["panel"]
    turns = {"applicant": expected["applicant"], "panel": expected["panel"]}
    assert {name: found[name] for name in turns} == turns
    assert found["condition"] == found[None] == everything
    assert [len(each) for each in expected.values()] == [7, 5, 4]


# --- the queue: flags and assessments -----------------------------------------------------------

# By hand: only the first closes before the round starts, for the last has left.
CLOSING = {"X1X": date(2016, 3, 31), "X2X": date(2016, 4, 1), "X3X": None, "X4X": date(2016, 3, 31)}
SAID: list[Any] = [None, True, False]
LEFT_OUT: list[dict[str, Any] | None] = [None, {}, {"proposal": None}, {"proposal": {"governance": None}}]


def proposals_said() -> Iterator[dict[str, Any] | None]:
    """Every document that a flag may be asked of: with parts left out, null, and each value."""
    yield from LEFT_OUT
    for chair, majority, rules, interim in product(SAID, SAID, SAID, SAID):
        committee = {"layChair": chair, "layAndExecutiveMajority": majority}
        yield {
            "proposal": {
                "governance": {"committee": committee},
                "finance": {"meetsBusinessRules": rules},
                "capacity": {"interimLeadership": interim},
            }
        }
    yield from ({"proposal": {"governance": {"constitution": {"state": state}}}} for state in ("agreed", "not_agreed"))


def raised_by(case: Case) -> list[str]:
    return flags(case.application.document or {}, closing=case.closing.values(), starts_on=case.round.starts_on)


def test_a_flag_that_is_asked_for_is_the_rule_whatever_a_document_says(bare: Connection) -> None:
    put(bare, tables.Round, ROUND)
    said = {f"CC-flag-{number}": document for number, document in enumerate(proposals_said())}
    for reference, document in said.items():
        named = {"reference": reference, "state": "submitted", "document": document}
        put(bare, tables.Application, APPLICATION, **named)

    for code, closed_on in CLOSING.items():
        named = {"reference": f"CC-closing-{code}", "state": "submitted", "round_id": ROUND["round_id"]}
        put(bare, tables.Application, APPLICATION, **named)
        known = {"opened_on": date(2013, 4, 1), "known_to": date(2020, 4, 1), "changed_sequence": 1}
        put(
            bare,
            tables.Organisation,
            {"ods_code": code, "kind": "ccg", "successor_ods_code": None, "closed_on": closed_on, **known},
        )
        member = {"reference": named["reference"], "ods_code": code, "round_id": ROUND["round_id"]}
        put(bare, tables.ApplicationMember, MEMBER, **member, left_at=AT if code == "X4X" else None)

    with Session(bare) as session:
        everything = application_lists.queue(session, person("national"), Sought(), after=None, limit=None)
        for flag in Flag:
            found = application_lists.queue(session, person("national"), Sought(flags=[flag]), after=None, limit=None)
            raised = [case.reference for case in everything if flag in raised_by(case)]
            assert (flag, [case.reference for case in found]) == (flag, raised)
        assert raised == ["CC-closing-X1X"]
        both = Sought(flags=[Flag.INTERIM_LEADERSHIP, Flag.CONSTITUTION_NOT_AGREED])
        assert application_lists.count_queue(session, person("national"), both) == 28


def test_how_far_an_application_is_assessed_goes_by_the_criteria_of_its_level_and_stage(bare: Connection) -> None:
    expected: dict[Assessed, list[str]] = {each: [] for each in Assessed}
    for stage in RoundStage:
        put(bare, tables.Round, ROUND, round_id=stage.value, stage=stage.value)
    for stage, level in product(RoundStage, (Level.DELEGATED, Level.JOINT)):
        criteria = criteria_of(level, stage)
        for done in range(len(criteria) + 1):
            named = {"reference": f"CC-{stage}-{level}-{done}", "state": "submitted", "requested_level": level.value}
            put(bare, tables.Application, APPLICATION, round_id=stage.value, **named)
            for criterion in criteria[:done]:
                put(bare, tables.Assessment, ASSESSMENT, reference=named["reference"], criterion=criterion.value)
            how_far = Assessed.ALL if done == len(criteria) else Assessed.PARTLY if done else Assessed.NONE
            expected[how_far].append(named["reference"])

    with Session(bare) as session:
        for how_far in Assessed:
            sought = Sought(assessed=[how_far])
            found = application_lists.queue(session, person("national"), sought, after=None, limit=None)
            assert (how_far, sorted(case.reference for case in found)) == (how_far, sorted(expected[how_far]))
        some = ["CC-application-joint-0", "CC-application-joint-3"]
        assert application_lists.assessed(session, some) == {some[1]: 3}


# --- events -------------------------------------------------------------------------------------

EVENTS_FROM = 100_000
# Whether what was decided was shown to its applicants, or published.
DECIDED = {"CC-hidden": (None, None), "CC-shown": (AT, None), "CC-public": (None, AT)}
ABOUT = (None, "10T", "08G", "02W")
KINDS = ("application.submitted", EVIDENCE, EXTENDED, SIGNED_OFF, *sorted(OFFICERS_ONLY))
READERS = (frozenset({"10T"}), frozenset({"08G"}), frozenset({"10T", "08G"}), frozenset({"07P"}), frozenset[str]())


def put_events(connection: Connection) -> list[dict[str, Any]]:
    """Every kind of event about each CCG and none, of applications by 10T and 08G that 07P has left, and of none."""
    put(connection, tables.Round, ROUND)
    for reference, (shown_at, published_at) in DECIDED.items():
        seen = {"shown_at": shown_at, "published_at": published_at}
        put(connection, tables.Application, APPLICATION, reference=reference, state="decided", **seen)
        for position, code in enumerate(("10T", "08G", "07P")):
            member = {"reference": reference, "ods_code": code, "position": position, "is_live": False}
            put(connection, tables.ApplicationMember, MEMBER, **member, left_at=AT if code == "07P" else None)
    rows = []
    for number, each in enumerate(product([*DECIDED, None], ABOUT, KINDS, [False, True])):
        row: dict[str, Any] = dict(zip(("reference", "ods_code", "kind", "publishes"), each, strict=True))
        rows.append({**row, "index": EVENTS_FROM + number})
        put(connection, tables.LogEntry, ENTRY, **rows[-1], body=b'{"data":{}}')
    return rows


def is_told(row: dict[str, Any], codes: frozenset[str]) -> bool:
    """By the rules: whether the system of these CCGs may follow an event."""
    is_about_own = row["ods_code"] in codes
    if row["publishes"] or (row["kind"] == EXTENDED and is_about_own):
        return True
    viewer = Viewer.APPLICANT if row["reference"] and codes & {"10T", "08G"} else Viewer.STRANGER
    sees_outcome = row["reference"] in {"CC-shown", "CC-public"}
    return is_event_visible(viewer, row["kind"], sees_outcome=sees_outcome, is_about_own=is_about_own)


@pytest.mark.parametrize("codes", READERS, ids=lambda codes: " ".join(sorted(codes)) or "nobody")
def test_a_system_follows_the_events_that_it_may_see(bare: Connection, codes: frozenset[str]) -> None:
    rows = put_events(bare)
    with Session(bare, autoflush=False) as session:
        found = [each.sequence for each in events.public_and_own(session, codes, after=EVENTS_FROM - 1, limit=1_000)]

    assert found == [row["index"] for row in rows if is_told(row, codes)]
    assert 0 < len(found) < len(rows)


# --- what is over -------------------------------------------------------------------------------

OF_ONE_DECISION = [(None, None, None), *product(DecisionState, [None, *ConditionState], [None, *ProposalState])]


def put_decision(
    connection: Connection,
    reference: str,
    state: DecisionState,
    condition: ConditionState | None = None,
    proposal: ProposalState | None = None,
) -> None:
    """A decision that grants nothing, so that one CCG can have many, with a condition and a proposal or without."""
    named = f"{reference}-{state}"
    is_public = state is not DecisionState.SIGNED_OFF
    published = {"published_at": AT if is_public else None, "published_sequence": 2 if is_public else None}
    rejected = {"outcome": "rejected", "granted_level": None, "effective_from": None}
    about = {"decision_id": named, "reference": reference, "state": state.value}
    put(connection, tables.Decision, DECISION, **about, **published, **rejected)
    if condition is not None:
        settled_on = None if condition is ConditionState.OPEN else AT.date()
        row = {"decision_id": named, "state": condition.value, "settled_on": settled_on}
        put(connection, tables.DecisionCondition, CONDITION, **row)
    if proposal is not None:
        row = {"proposal_id": f"PR-{named}", "decision_id": named, "state": proposal.value}
        put(connection, tables.Proposal, PROPOSAL, **row)


def test_an_application_is_over_when_the_rule_says_so_of_its_states(bare: Connection) -> None:
    """Beside it stands one that is not over, with a decision of each state and all that can be open."""
    put(bare, tables.Application, APPLICATION, reference="CC-other", state="submitted")
    for each in DecisionState:
        put_decision(bare, "CC-other", each, ConditionState.OPEN, ProposalState.OPEN)
    expected = {}
    for number, (state, (decision, condition, proposal)) in enumerate(product(State, OF_ONE_DECISION)):
        reference = f"CC-{number:03}"
        due_on = AT.date() if state is State.CHANGES_REQUESTED else None
        put(bare, tables.Application, APPLICATION, reference=reference, state=state.value, due_on=due_on)
        if decision is not None:
            put_decision(bare, reference, decision, condition, proposal)
        known = [[each] if each is not None else [] for each in (decision, condition, proposal)]
        expected[reference] = lifecycle.is_over(state, *known)

    with Session(bare, autoflush=False) as session:
        found = {reference: redactions.is_over(session, reference) for reference in expected}

    assert found == expected
    assert set(expected.values()) == {True, False}
