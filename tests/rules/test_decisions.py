"""What can be done about a decision once it is public: every act in every situation, written out by hand."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from app.rules.callers import Scope
from app.rules.decisions import (
    PROPOSES,
    ConditionSnapshot,
    ConditionState,
    DecisionAct,
    DecisionSnapshot,
    DecisionState,
    ProposalKind,
    ProposalSnapshot,
    allowed,
    check_possible,
    obstacle,
)
from app.rules.grants import Agreement, EndedBy, Grant
from app.rules.refusals import WrongState
from app.rules.words import Level

EVE, DAY, LATER = date(2016, 5, 31), date(2016, 6, 1), date(2017, 4, 1)
GRANT = Grant("10T", Level.DELEGATED, Agreement.SIGNED, date(2015, 4, 1), None)
HELD = DecisionSnapshot(DecisionState.PUBLISHED, GRANT, None, (), has_proposal=False, day=DAY)
AHEAD = replace(HELD, grant=replace(GRANT, in_force_from=LATER))
AWAITED = replace(HELD, grant=replace(GRANT, agreement=Agreement.AWAITED))
NOT_TAKEN_UP = replace(HELD, grant=replace(GRANT, agreement=Agreement.NOT_TAKEN_UP))
OVER = replace(HELD, grant=replace(GRANT, in_force_to=EVE), ended_by=EndedBy.NOTICE)
REJECTED = replace(HELD, grant=None)


def ending(by: EndedBy) -> DecisionSnapshot:
    """A grant in force of which it is known how it ends."""
    noticed_for = LATER if by is EndedBy.NOTICE else None
    return replace(HELD, grant=replace(GRANT, in_force_to=LATER), ended_by=by, noticed_for=noticed_for)


def noticed(day: date) -> DecisionSnapshot:
    """A grant that ends by notice with 31 March 2016, on a day."""
    last_day = date(2016, 3, 31)
    grant = replace(GRANT, in_force_to=last_day)
    return replace(HELD, grant=grant, ended_by=EndedBy.NOTICE, noticed_for=last_day, day=day)


def ending_before(last_day: date, **members: Any) -> DecisionSnapshot:
    """A grant in force that ends with its CCG, on a day before its notice would end it."""
    return replace(HELD, grant=replace(GRANT, in_force_to=last_day), ended_by=EndedBy.SUCCEEDED, **members)


def conditional(*conditions: tuple[ConditionState, date | None]) -> DecisionSnapshot:
    """A grant that waits for its conditions, each with its state and the day by which it is due."""
    return replace(
        HELD,
        grant=replace(GRANT, in_force_from=None),
        conditions=tuple(ConditionSnapshot(f"c{place}", *each) for place, each in enumerate(conditions)),
    )


OPEN, MET = ConditionState.OPEN, ConditionState.MET
WITH_CONDITION = conditional((OPEN, DAY))

# By hand, from rules 4, 7, 8 and 14, in the order in which acts are told.
CORRECT = ["propose_correction"]
CHANGE = [*CORRECT, "propose_revocation"]
END = ["give_notice", *CHANGE]
SETTLE = ["give_evidence", "give_notice", "discharge", "propose_waiver", *CHANGE]
NOTICED = ["move_notice", *CHANGE]
MEND = ["propose_agreement"]
SITUATIONS: dict[str, tuple[DecisionSnapshot, list[str]]] = {
    "in force": (HELD, [*END, *MEND]),
    "granted ahead": (AHEAD, [*END, *MEND]),
    "in force, as far as is known": (replace(HELD, grant=replace(GRANT, agreement=Agreement.NOT_KNOWN)), END),
    "waiting for its agreement": (AWAITED, ["settle_agreement", *CHANGE]),
    "not taken up": (NOT_TAKEN_UP, [*CORRECT, *MEND]),
    "rejected": (REJECTED, CORRECT),
    "over": (OVER, [*CORRECT, *MEND]),
    "in force for the last day": (
        replace(ending(EndedBy.NOTICE), day=LATER),
        ["move_notice", *CORRECT, "withdraw_notice", *MEND],
    ),
    "with a notice behind an earlier end": (
        ending_before(date(2016, 12, 31), noticed_for=date(2017, 3, 31)),
        [*CHANGE, "withdraw_notice", *MEND],
    ),
    "with a notice behind an earlier end, too late to take it back": (
        ending_before(date(2016, 12, 31), noticed_for=date(2017, 3, 31), day=date(2016, 10, 1)),
        [*CHANGE, *MEND],
    ),
    "ending with its CCG before a notice could": (ending_before(date(2017, 3, 31)), [*CHANGE, *MEND]),
    "ending with its CCG a day after a notice could": (ending_before(date(2017, 4, 1)), [*END, *MEND]),
    "ending by notice": (ending(EndedBy.NOTICE), [*NOTICED, "withdraw_notice", *MEND]),
    "ending by notice on 31 March, on 30 September": (noticed(date(2015, 9, 30)), [*NOTICED, "withdraw_notice", *MEND]),
    "ending by notice on 31 March, on 1 October": (noticed(date(2015, 10, 1)), [*NOTICED, *MEND]),
    "ending by revocation": (ending(EndedBy.REVOKED), [*CHANGE, *MEND]),
    "ending as the next grant starts": (ending(EndedBy.SUPERSEDED_BY_GRANT), [*END, *MEND]),
    "ending with its CCG": (ending(EndedBy.SUCCEEDED), [*END, *MEND]),
    "waiting for a condition that is due today": (WITH_CONDITION, [*SETTLE, *MEND]),
    "waiting for a condition that is due on no day": (conditional((OPEN, None)), [*SETTLE, *MEND]),
    "waiting for a condition that was due": (
        conditional((OPEN, EVE)),
        ["give_evidence", "give_notice", "discharge", "lapse", "propose_waiver", *CHANGE, *MEND],
    ),
    "waiting for one of two conditions that was due": (
        conditional((MET, EVE), (OPEN, EVE)),
        ["give_evidence", "give_notice", "discharge", "lapse", "propose_waiver", *CHANGE, *MEND],
    ),
    "waiting for one of two conditions, the other was due": (conditional((MET, EVE), (OPEN, DAY)), [*SETTLE, *MEND]),
    "with all conditions met": (conditional((MET, EVE), (MET, None)), [*END, *MEND]),
    "not taken up, with an open condition that was due": (
        replace(conditional((OPEN, EVE)), grant=NOT_TAKEN_UP.grant),
        [*CORRECT, *MEND],
    ),
    "in force, with a proposal": (replace(HELD, has_proposal=True), [*END, "confirm", "withdraw_proposal", *MEND]),
    "rejected, with a proposal": (replace(REJECTED, has_proposal=True), [*CORRECT, "confirm", "withdraw_proposal"]),
    **{
        f"{state.value}, {name}": (replace(stand, state=state), [])
        for state in (DecisionState.SIGNED_OFF, DecisionState.SUPERSEDED)
        for name, stand in {
            "in force": replace(HELD, has_proposal=True),
            "waiting for its agreement": AWAITED,
            "ending by notice": ending(EndedBy.NOTICE),
            "with a condition": conditional((OPEN, EVE)),
        }.items()
    },
}
# No day that they could name would end the grant any earlier: casework says with which day it ends.
REFUSED_BY_ITS_DAY = {
    ("in force for the last day", "propose_revocation"),
    ("ending with its CCG before a notice could", "give_notice"),
}
TAKES = {
    "applications": {"give_evidence", "give_notice", "withdraw_notice"},
    "panel": {"discharge"},
    "national": {
        "lapse",
        "settle_agreement",
        "move_notice",
        "propose_waiver",
        "propose_correction",
        "propose_revocation",
        "confirm",
        "withdraw_proposal",
        "propose_agreement",
    },
    "admin": set[str](),
}


@pytest.mark.parametrize(("name", "scope"), list(product(SITUATIONS, TAKES)))
def test_what_can_be_done_is_told_to_those_whose_part_it_is(name: str, scope: str) -> None:
    stand, possible = SITUATIONS[name]

    assert allowed(stand, Scope(scope)) == [act for act in possible if act in TAKES[scope]]


@pytest.mark.parametrize(("name", "act"), list(product(SITUATIONS, DecisionAct)))
def test_what_cannot_be_done_is_refused_with_what_can(name: str, act: DecisionAct) -> None:
    stand, possible = SITUATIONS[name]
    found: dict[str, object] | None = None
    try:
        check_possible(stand, act, Scope.NATIONAL)
    except WrongState as refusal:
        found = refusal.extra

    told = {"state": stand.state, "allowed": [each for each in possible if each in TAKES["national"]]}
    assert found == (None if act.value in possible or (name, act.value) in REFUSED_BY_ITS_DAY else told)


def test_every_act_is_possible_in_some_situation_and_is_the_part_of_one_scope() -> None:
    assert {act for _, possible in SITUATIONS.values() for act in possible} == {act.value for act in DecisionAct}
    assert sorted(act for acts in TAKES.values() for act in acts) == sorted(act.value for act in DecisionAct)


@pytest.mark.parametrize(
    ("stand", "said"),
    [
        (HELD, "published, its grant in force and its agreement signed"),
        (AHEAD, "published, its grant not started and its agreement signed"),
        (AWAITED, "published, its grant not started and its agreement awaited"),
        (NOT_TAKEN_UP, "published, its grant not taken up and its agreement not taken up"),
        (OVER, "published, its grant ended and its agreement signed"),
        (REJECTED, "published and grants nothing"),
        (replace(HELD, state=DecisionState.SUPERSEDED), "superseded"),
        (replace(HELD, state=DecisionState.SIGNED_OFF), "signed_off"),
    ],
)
def test_a_refusal_says_how_the_decision_stands(stand: DecisionSnapshot, said: str) -> None:
    with pytest.raises(WrongState) as refused:
        check_possible(stand, DecisionAct.LAPSE, Scope.PANEL)

    assert refused.value.detail == f"The decision is {said}; lapse is not possible."


def test_a_refusal_names_what_is_possible_for_who_asks() -> None:
    told = {}
    for scope in Scope:
        with pytest.raises(WrongState) as refused:
            check_possible(WITH_CONDITION, DecisionAct.CONFIRM, scope)
        told[scope.value] = refused.value.extra["allowed"]

    assert told == {
        "applications": ["give_evidence", "give_notice"],
        "panel": ["discharge"],
        "national": ["propose_waiver", "propose_correction", "propose_revocation", *MEND],
        "admin": [],
    }


def test_each_kind_of_proposal_is_proposed_by_an_act_of_its_own() -> None:
    assert {kind.value: PROPOSES[kind].value for kind in ProposalKind} == {
        "correction": "propose_correction",
        "revocation": "propose_revocation",
        "waiver": "propose_waiver",
        "agreement": "propose_agreement",
    }


# --- what can no longer be confirmed --------------------------------------------------------------

CORRECTION, REVOCATION = ProposalSnapshot(ProposalKind.CORRECTION), ProposalSnapshot(ProposalKind.REVOCATION)
WAIVER = ProposalSnapshot(ProposalKind.WAIVER, condition_id="c0")
REPLACED = "Another decision has replaced this one."
ENDED = "The decision is published, its grant ended and its agreement signed."
ENDS = ending(EndedBy.NOTICE)
OBSTACLES: dict[str, tuple[DecisionSnapshot, ProposalSnapshot, str | None]] = {
    **{
        f"a {each.kind.value} of what was replaced": (replace(HELD, state=DecisionState.SUPERSEDED), each, REPLACED)
        for each in (CORRECTION, REVOCATION, WAIVER)
    },
    "a correction of what is over": (OVER, CORRECTION, None),
    "a revocation of what is in force": (HELD, REVOCATION, None),
    "a revocation of what is over": (OVER, REVOCATION, ENDED),
    "a revocation of nothing": (REJECTED, REVOCATION, "The decision is published and grants nothing."),
    "a revocation by a day that is over": (
        HELD,
        replace(REVOCATION, last_day=EVE),
        "The last day that was proposed, 2016-05-31, has passed.",
    ),
    "a revocation for today": (HELD, replace(REVOCATION, last_day=DAY), None),
    "a revocation before the end": (ENDS, replace(REVOCATION, last_day=DAY), None),
    "a revocation with the end": (
        ENDS,
        replace(REVOCATION, last_day=LATER),
        "The grant ends with 2017-04-01 already.",
    ),
    "a revocation at once on the last day": (
        replace(ENDS, day=LATER),
        REVOCATION,
        "The grant ends with 2017-04-01 already.",
    ),
    "a waiver of an open condition": (WITH_CONDITION, WAIVER, None),
    "a waiver of a condition that is met": (conditional((MET, EVE), (OPEN, DAY)), WAIVER, "Condition c0 is met."),
    "a waiver for what is not taken up": (
        replace(WITH_CONDITION, grant=NOT_TAKEN_UP.grant),
        WAIVER,
        "The decision is published, its grant not taken up and its agreement not taken up.",
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_stands_in_the_way_of_a_proposal(name: str) -> None:
    stand, proposal, said = OBSTACLES[name]

    assert obstacle(stand, proposal) == said
