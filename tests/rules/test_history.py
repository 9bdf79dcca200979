"""Facts of past rounds: what each must carry and cannot carry, every fault named."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.rules.grants import Agreement
from app.rules.history import (
    Basis,
    Chosen,
    PastDecision,
    PastDeclaration,
    PastFact,
    Reported,
    faults_of,
    is_reason_for_correction,
    total_faults,
)
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.words import Level, Outcome

FEBRUARY, APRIL = date(2015, 2, 18), date(2015, 4, 1)
LEADERSHIP = Reason("leadership", "Uncertain interim management.")
NOT_PUBLISHED = Reason("not_published", "No reason was published.")
GOVERNANCE = Reason("governance", "Approval waits for changes.")

APPROVED = PastDecision(
    round_id="2015-16",
    application="slough",
    ods_code="10T",
    requested_level=Level.DELEGATED,
    outcome=Outcome.APPROVED,
    chosen_by=None,
    reasons=(),
    conditions=(),
    decided_on=FEBRUARY,
    effective_from=APRIL,
    agreement=Agreement.NOT_KNOWN,
    basis=Basis.STATED,
    source="HSJ, February 2015",
)
CONDITIONAL = replace(
    APPROVED,
    outcome=Outcome.CONDITIONAL,
    reasons=(GOVERNANCE,),
    conditions=(Condition("c1", GOVERNANCE.text, GOVERNANCE.code, None),),
)
REJECTED = replace(APPROVED, outcome=Outcome.REJECTED, reasons=(LEADERSHIP,), effective_from=None, agreement=None)
DOWNGRADED = replace(APPROVED, outcome=Outcome.DOWNGRADED_TO_JOINT, reasons=(LEADERSHIP,), chosen_by=ChosenBy.CCG)
DECLARED = PastDeclaration(
    round_id="2015-16",
    application="01h",
    ods_code="01H",
    level=Chosen.GREATER_INVOLVEMENT,
    declared_on=date(2015, 1, 30),
    basis=Basis.STATED,
    source="HSJ, January 2015",
)
UNASKED = replace(
    APPROVED, requested_level=None, unasked_level=Level.JOINT, decided_on=None, effective_from=None, agreement=None
)

NOTE = "note has at most 500 characters"
UNASKED_LEVEL = "without a requested_level the outcome is approved, and granted_level is delegated or joint"
UNASKED_DAYS = "without a requested_level there is neither an agreement nor a day on which it takes effect"
UNASKED_REASON = "without a requested_level there is neither a choice nor a reason"
SOURCE = "source has between 1 and 500 characters"
PARTED = "source has ' | ', which parts several sources where they are listed"
REASON_TEXT = "reason_text has between 1 and 2000 characters where there is a reason"
GRANTS_NOTHING = "rejected grants nothing: it has neither an agreement nor a day on which it takes effect"
AGREEMENT = "agreement is signed, not_taken_up, or not_known where no source says that it started"
WHOSE_CHOICE = "chosen_by says whose choice a downgrade was, and nothing else"

COMPLETE: dict[str, PastFact] = {
    "approved": APPROVED,
    "approved, for joint": replace(APPROVED, requested_level=Level.JOINT),
    "approved, signed": replace(APPROVED, agreement=Agreement.SIGNED),
    "approved, not taken up": replace(APPROVED, agreement=Agreement.NOT_TAKEN_UP),
    "approved, with a reason": replace(APPROVED, reasons=(LEADERSHIP,)),
    "approved, on days that nobody knows": replace(APPROVED, decided_on=None, effective_from=None),
    "conditional": CONDITIONAL,
    "conditional, not taken up": replace(CONDITIONAL, agreement=Agreement.NOT_TAKEN_UP, effective_from=None),
    "rejected": REJECTED,
    "rejected, no reason published": replace(REJECTED, reasons=(NOT_PUBLISHED,)),
    "rejected, for two reasons": replace(REJECTED, reasons=(LEADERSHIP, GOVERNANCE)),
    "rejected, with the longest reason": replace(REJECTED, reasons=(Reason("other", "x" * 2000),)),
    "downgraded by its own choice": DOWNGRADED,
    "downgraded by the panel": replace(DOWNGRADED, chosen_by=ChosenBy.PANEL),
    "approved, nobody tells what for": UNASKED,
    "declared": DECLARED,
    "chosen, nobody tells the outcome": replace(DECLARED, level=Chosen.JOINT),
    "chose nothing": replace(DECLARED, level=Chosen.NOT_DECLARED),
    "named and no more": replace(DECLARED, level=None, note="x" * 500),
    "declared none": replace(DECLARED, level=Chosen.NONE),
    "declared on a day that nobody knows": replace(DECLARED, declared_on=None),
    "from the longest source": replace(DECLARED, source="x" * 500),
    "from the shortest source": replace(DECLARED, source="x"),
    "from a source with a stroke": replace(DECLARED, source="HSJ|2015 |"),
    "rejected, with the shortest reason": replace(REJECTED, reasons=(Reason("other", "x"),)),
}

# By hand: what is wrong with a fact, and every sentence that is said of it.
WRONG: list[tuple[PastFact, list[str]]] = [
    (replace(APPROVED, source=""), [SOURCE]),
    (replace(APPROVED, source="x" * 501), [SOURCE]),
    (replace(DECLARED, source=""), [SOURCE]),
    (replace(APPROVED, source="HSJ, 2015 | Pulse, 2015"), [PARTED]),
    (replace(DECLARED, source=" | " + "x" * 500), [SOURCE, PARTED]),
    (replace(DECLARED, note="x" * 501), [NOTE]),
    (replace(UNASKED, note=""), [NOTE]),
    (replace(UNASKED, outcome=Outcome.REJECTED), [UNASKED_LEVEL]),
    (replace(UNASKED, unasked_level=None), [UNASKED_LEVEL]),
    (replace(UNASKED, unasked_level=Level.NONE), [UNASKED_LEVEL]),
    (replace(UNASKED, agreement=Agreement.NOT_KNOWN), [UNASKED_DAYS]),
    (replace(UNASKED, effective_from=date(2015, 4, 1)), [UNASKED_DAYS]),
    (replace(UNASKED, chosen_by=ChosenBy.CCG), [UNASKED_REASON]),
    (replace(UNASKED, reasons=(LEADERSHIP,)), [UNASKED_REASON]),
    (
        replace(APPROVED, requested_level=Level.GREATER_INVOLVEMENT),
        ["greater_involvement needs no approval: it is declared"],
    ),
    (replace(REJECTED, requested_level=Level.NONE), ["none needs no approval: it is declared"]),
    (replace(DOWNGRADED, requested_level=Level.JOINT), ["only a delegated request is downgraded to joint"]),
    (replace(DOWNGRADED, chosen_by=None), [WHOSE_CHOICE]),
    (replace(APPROVED, chosen_by=ChosenBy.PANEL), [WHOSE_CHOICE]),
    (replace(REJECTED, chosen_by=ChosenBy.CCG), [WHOSE_CHOICE]),
    (replace(REJECTED, reasons=()), ["rejected needs a reason; not_published where none was published"]),
    (
        replace(DOWNGRADED, reasons=()),
        ["downgraded_to_joint needs a reason; not_published where none was published"],
    ),
    (
        replace(CONDITIONAL, reasons=(), conditions=()),
        ["conditional needs a reason: it says what the condition is"],
    ),
    (replace(REJECTED, reasons=(LEADERSHIP, LEADERSHIP)), ["a reason is named twice"]),
    (replace(REJECTED, reasons=(LEADERSHIP, NOT_PUBLISHED)), ["not_published stands alone"]),
    (replace(REJECTED, reasons=(Reason("leadership", ""),)), [REASON_TEXT]),
    (replace(REJECTED, reasons=(LEADERSHIP, Reason("other", "x" * 2001))), [REASON_TEXT]),
    (replace(REJECTED, agreement=Agreement.NOT_KNOWN), [GRANTS_NOTHING]),
    (replace(REJECTED, effective_from=APRIL), [GRANTS_NOTHING]),
    (replace(APPROVED, agreement=None), [AGREEMENT]),
    (replace(APPROVED, agreement=Agreement.AWAITED), [AGREEMENT]),
    (replace(CONDITIONAL, agreement=Agreement.AWAITED), [AGREEMENT]),
    (replace(DOWNGRADED, agreement=None), [AGREEMENT]),
]


@pytest.mark.parametrize("fact", COMPLETE.values(), ids=COMPLETE.keys())
def test_a_fact_that_carries_what_it_must_has_no_fault(fact: PastFact) -> None:
    assert list(faults_of(fact)) == []


@pytest.mark.parametrize(("fact", "faults"), WRONG)
def test_what_a_fact_lacks_or_cannot_carry_is_a_fault(fact: PastFact, faults: list[str]) -> None:
    assert list(faults_of(fact)) == faults


def test_every_fault_of_a_decision_is_named_at_once() -> None:
    fact = replace(
        APPROVED,
        requested_level=Level.NONE,
        outcome=Outcome.DOWNGRADED_TO_JOINT,
        reasons=(NOT_PUBLISHED, NOT_PUBLISHED, Reason("other", "")),
        agreement=Agreement.AWAITED,
        source="",
    )

    assert list(faults_of(fact)) == [
        SOURCE,
        "none needs no approval: it is declared",
        "only a delegated request is downgraded to joint",
        WHOSE_CHOICE,
        "a reason is named twice",
        "not_published stands alone",
        REASON_TEXT,
        AGREEMENT,
    ]


@pytest.mark.parametrize(
    ("fact", "granted"),
    [(APPROVED, "delegated"), (CONDITIONAL, "delegated"), (REJECTED, None), (DOWNGRADED, "joint")],
)
def test_an_outcome_of_the_past_grants_what_one_of_today_grants(fact: PastDecision, granted: str | None) -> None:
    assert fact.granted_level == granted


def test_a_fact_has_the_key_of_its_application() -> None:
    assert (APPROVED.reference, DECLARED.reference) == ("2015-16-slough", "2015-16-01h")


@pytest.mark.parametrize(
    ("text", "can_stand"),
    [
        ("", False),
        ("x", True),
        ("x" * 2000, True),
        ("x" * 2001, False),
        ("The board paper names caf\u00e9 rooms, not the CCG.", True),
        ("Two\nlines", False),
        ("A\ttab", False),
    ],
)
def test_the_reason_of_a_correction_is_one_line_of_at_most_2000_characters(text: str, *, can_stand: bool) -> None:
    assert is_reason_for_correction(text) is can_stand


TOTAL = Reported("2015-16", "approved", None, 64, 66, "2015-02-18", "NHS England, February 2015")
LONG_SOURCE = "source has at most 500 characters"


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, []),
        ({"source": "x" * 500}, []),
        ({"source": "x" * 501}, [LONG_SOURCE]),
        ({"as_at": "2015-02-19"}, ["as_at 2015-02-19 has not come yet"]),
        ({"as_at": "2015-02"}, []),
        ({"as_at": "2015-03"}, ["as_at 2015-03 has not come yet"]),
        ({"as_at": "2014-12"}, []),
        ({"as_at": "2016-01-01", "source": "x" * 501}, [LONG_SOURCE, "as_at 2016-01-01 has not come yet"]),
    ],
)
def test_a_total_is_as_at_a_day_or_a_month_that_has_come(changed: dict[str, Any], faults: list[str]) -> None:
    """Today is 18 February 2015."""
    assert list(total_faults(replace(TOTAL, **changed), FEBRUARY)) == faults
