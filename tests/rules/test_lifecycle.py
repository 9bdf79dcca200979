"""The life cycle: every lawful move, written out by hand, and every other pair refused."""

from itertools import product

import pytest

from app.rules.decisions import ConditionState, DecisionState, ProposalState
from app.rules.lifecycle import (
    MOVES,
    STATES,
    Act,
    State,
    allowed,
    as_mermaid,
    is_over,
    is_under_way,
    move,
    waiting_on,
)
from app.rules.refusals import WrongState
from app.rules.words import Level

# By hand, from rule 21: a test that read its expectation from the table would hold whatever it says.
LAWFUL = {
    ("draft", "amend"): "draft",
    ("draft", "submit"): "submitted",
    ("draft", "withdraw"): "withdrawn",
    ("draft", "lapse"): "lapsed",
    ("submitted", "request_changes"): "changes_requested",
    ("submitted", "record_outcomes"): "recommended",
    ("submitted", "withdraw"): "withdrawn",
    ("submitted", "scale_down"): "submitted",
    ("changes_requested", "amend"): "changes_requested",
    ("changes_requested", "submit"): "submitted",
    ("changes_requested", "record_outcomes"): "recommended",
    ("changes_requested", "withdraw"): "withdrawn",
    ("changes_requested", "scale_down"): "changes_requested",
    ("changes_requested", "lapse"): "lapsed",
    ("recommended", "confirm"): "decided",
    ("recommended", "return"): "submitted",
    ("recommended", "withdraw_outcomes"): "submitted",
    ("recommended", "withdraw"): "withdrawn",
}
ALLOWED = {
    "draft": {"amend", "submit", "withdraw", "lapse"},
    "submitted": {"request_changes", "record_outcomes", "withdraw", "scale_down"},
    "changes_requested": {"amend", "submit", "record_outcomes", "withdraw", "lapse", "scale_down"},
    "recommended": {"confirm", "return", "withdraw_outcomes", "withdraw"},
    "decided": set[str](),
    "withdrawn": set[str](),
    "lapsed": set[str](),
}
TERMINAL = ["decided", "withdrawn", "lapsed"]
PAIRS = list(product(State, Act))
UNLAWFUL = [(state, act) for state, act in PAIRS if (state.value, act.value) not in LAWFUL]


def test_the_matrix_has_every_state_and_act() -> None:
    assert set(ALLOWED) == {state.value for state in State}
    assert (len(State), len(Act), len(LAWFUL), len(UNLAWFUL)) == (7, 10, 18, 52)


@pytest.mark.parametrize(("state", "act", "target"), [(*pair, target) for pair, target in LAWFUL.items()])
def test_a_lawful_act_leads_to_its_state(state: str, act: str, target: str) -> None:
    assert move(State(state), Act(act)) is State(target)


@pytest.mark.parametrize(("state", "act"), UNLAWFUL)
def test_every_other_act_is_refused_with_the_state_and_what_is_allowed(state: State, act: Act) -> None:
    with pytest.raises(WrongState) as refused:
        move(state, act)

    assert refused.value.detail == f"An application that is {state.value} cannot take the act {act.value}."
    assert refused.value.extra.keys() == {"state", "allowed"}
    assert refused.value.extra["state"] is state
    assert set(refused.value.extra["allowed"]) == ALLOWED[state.value]


@pytest.mark.parametrize("state", State)
def test_each_act_is_allowed_once_in_its_state(state: State) -> None:
    assert sorted(allowed(state)) == sorted(ALLOWED[state.value])


def test_nothing_follows_a_decision_a_withdrawal_or_a_lapse() -> None:
    assert [state.value for state in State if not allowed(state)] == TERMINAL


def test_the_table_says_who_takes_each_step_and_under_what_condition() -> None:
    assert {(step.source.value, step.act.value): (step.by, step.condition) for step in MOVES} == {
        ("draft", "amend"): ("applicant", ""),
        ("draft", "submit"): ("applicant", "by the round's deadline for the level"),
        ("draft", "withdraw"): ("applicant", ""),
        ("draft", "lapse"): ("clockwork", "the round is over"),
        ("submitted", "request_changes"): ("panel", ""),
        ("submitted", "record_outcomes"): ("panel", ""),
        ("submitted", "withdraw"): ("applicant", ""),
        ("submitted", "scale_down"): ("applicant", "only delegated to joint, once"),
        ("changes_requested", "amend"): ("applicant", ""),
        ("changes_requested", "submit"): ("applicant", "by the day the panel named"),
        ("changes_requested", "record_outcomes"): ("panel", "only rejected, once the day the panel named has passed"),
        ("changes_requested", "withdraw"): ("applicant", ""),
        ("changes_requested", "scale_down"): ("applicant", "only delegated to joint, once"),
        ("changes_requested", "lapse"): ("clockwork", "the round is over, nothing was recorded"),
        ("recommended", "confirm"): ("second person", ""),
        ("recommended", "return"): ("second person", ""),
        ("recommended", "withdraw_outcomes"): ("panel", ""),
        ("recommended", "withdraw"): ("applicant", ""),
    }
    assert len(MOVES) == len(LAWFUL)


# state, level → whose turn it is before and after publication; a row for every cell.
TURNS = {
    ("draft", "delegated"): ("applicant", "applicant"),
    ("draft", "joint"): ("applicant", "applicant"),
    ("submitted", "delegated"): ("panel", "panel"),
    ("submitted", "joint"): ("panel", "panel"),
    ("changes_requested", "delegated"): ("applicant", "applicant"),
    ("changes_requested", "joint"): ("applicant", "applicant"),
    ("recommended", "delegated"): ("national", "national"),
    ("recommended", "joint"): ("panel", "panel"),
    ("decided", "delegated"): ("announcement", "none"),
    ("decided", "joint"): ("announcement", "none"),
    ("withdrawn", "delegated"): ("none", "none"),
    ("withdrawn", "joint"): ("none", "none"),
    ("lapsed", "delegated"): ("none", "none"),
    ("lapsed", "joint"): ("none", "none"),
}


@pytest.mark.parametrize(("state", "level"), list(TURNS))
def test_whose_turn_it_is(state: str, level: str) -> None:
    before, after = TURNS[state, level]

    assert waiting_on(State(state), Level(level), is_published=False).value == before
    assert waiting_on(State(state), Level(level), is_published=True).value == after


@pytest.mark.parametrize(
    ("evidenced", "turn"),
    [([], "none"), ([False], "applicant"), ([True, False], "applicant"), ([True, True], "panel")],
)
def test_whose_turn_it_is_after_publication_goes_by_the_evidence_for_open_conditions(
    evidenced: list[bool], turn: str
) -> None:
    for level in (Level.DELEGATED, Level.JOINT):
        assert waiting_on(State.DECIDED, level, is_published=True, evidenced=evidenced).value == turn
        assert waiting_on(State.DECIDED, level, is_published=False, evidenced=evidenced).value == "announcement"


def test_the_turns_cover_every_state_and_both_levels() -> None:
    assert set(TURNS) == set(product((state.value for state in State), ("delegated", "joint")))


def test_the_diagram_is_the_whole_table() -> None:
    assert as_mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> draft: create\n"
        "    draft --> draft: amend by applicant\n"
        "    changes_requested --> changes_requested: amend by applicant\n"
        "    draft --> submitted: submit by applicant (by the round's deadline for the level)\n"
        "    changes_requested --> submitted: submit by applicant (by the day the panel named)\n"
        "    submitted --> changes_requested: request_changes by panel\n"
        "    submitted --> recommended: record_outcomes by panel\n"
        "    changes_requested --> recommended: record_outcomes by panel"
        " (only rejected, once the day the panel named has passed)\n"
        "    recommended --> decided: confirm by second person\n"
        "    recommended --> submitted: return by second person\n"
        "    recommended --> submitted: withdraw_outcomes by panel\n"
        "    draft --> withdrawn: withdraw by applicant\n"
        "    submitted --> withdrawn: withdraw by applicant\n"
        "    changes_requested --> withdrawn: withdraw by applicant\n"
        "    recommended --> withdrawn: withdraw by applicant\n"
        "    submitted --> submitted: scale_down by applicant (only delegated to joint, once)\n"
        "    changes_requested --> changes_requested: scale_down by applicant (only delegated to joint, once)\n"
        "    draft --> lapsed: lapse by clockwork (the round is over)\n"
        "    changes_requested --> lapsed: lapse by clockwork (the round is over, nothing was recorded)\n"
        "    decided --> [*]\n"
        "    withdrawn --> [*]\n"
        "    lapsed --> [*]\n"
    )


def test_an_application_is_under_way_until_it_is_decided_or_over() -> None:
    under_way = [state.value for state in State if is_under_way(state)]

    assert under_way == ["draft", "submitted", "changes_requested", "recommended"]


@pytest.mark.parametrize("state", State)
def test_an_application_without_decisions_is_over_in_a_state_that_no_act_leaves(state: State) -> None:
    assert is_over(state, [], [], []) is (state.value in TERMINAL)


@pytest.mark.parametrize(
    ("decisions", "conditions", "proposals", "over"),
    [
        (["published", "superseded"], ["met", "waived", "lapsed"], ["confirmed", "replaced"], True),
        (["published", "signed_off"], [], [], False),
        (["published"], ["met", "open"], [], False),
        (["published"], [], ["replaced", "open"], False),
    ],
)
def test_one_that_is_decided_is_over_once_all_is_public_and_nothing_is_open(
    decisions: list[str], conditions: list[str], proposals: list[str], *, over: bool
) -> None:
    found = is_over(
        State.DECIDED,
        [DecisionState(each) for each in decisions],
        [ConditionState(each) for each in conditions],
        [ProposalState(each) for each in proposals],
    )

    assert found is over


def test_every_state_has_a_label_and_says_what_it_means() -> None:
    assert [word.code for word in STATES] == [state.value for state in State]
    assert [word.code for word in STATES if not word.label or not word.description.endswith(".")] == []
