"""Corrections: what stays as it was, of conditions and of the grant, each sentence of the rules as a case."""

from dataclasses import replace
from datetime import date

import pytest

from app.rules.corrections import (
    ConditionSoFar,
    Given,
    GrantSoFar,
    OwnEnd,
    is_promoted,
    new_grant,
    surviving_conditions,
    surviving_grant,
)
from app.rules.decisions import ConditionState
from app.rules.grants import Agreement, EndedBy
from app.rules.outcomes import Condition
from app.rules.words import Level

OPEN, MET, WAIVED, LAPSED = ConditionState
FIRST, LATER = date(2015, 4, 1), date(2015, 7, 1)
SIGNED, PROMOTED, TODAY = date(2015, 3, 20), date(2015, 5, 5), date(2015, 6, 1)
DUE = date(2015, 3, 1)

GOVERNANCE = ConditionSoFar("Complete the governance changes.", "governance", DUE, MET, date(2015, 2, 20))
FINANCE = ConditionSoFar("Show a balanced budget.", "finance", None, OPEN, None)

OUTRIGHT = Given(Level.DELEGATED, is_conditional=False, effective_from=FIRST)
CONDITIONAL = Given(Level.DELEGATED, is_conditional=True, effective_from=FIRST)
STARTED = GrantSoFar(
    OUTRIGHT,
    Agreement.SIGNED,
    signed_on=SIGNED,
    promoted_on=None,
    in_force_from=FIRST,
    is_start_announced=True,
    end=None,
)
BY_PROMOTION = replace(STARTED, given=CONDITIONAL, promoted_on=PROMOTED, in_force_from=PROMOTED)
WAITING = replace(STARTED, given=CONDITIONAL, in_force_from=None, is_start_announced=False)
NOTICE = OwnEnd(date(2016, 3, 31), EndedBy.NOTICE, "Boundaries change.", None, is_announced=False)
LAPSE = OwnEnd(date(2015, 5, 1), EndedBy.CONDITION_LAPSED, "It was not met.", None, is_announced=True)


def proposed(condition_id: str, old: ConditionSoFar) -> Condition:
    return Condition(condition_id, old.text, old.reason_code, old.due_on)


# --- conditions -----------------------------------------------------------------------------------


def test_a_condition_with_the_same_text_reason_and_day_goes_on_under_any_id() -> None:
    found = surviving_conditions([GOVERNANCE, FINANCE], [proposed("new-2", FINANCE), proposed("new-1", GOVERNANCE)])

    assert found == (FINANCE, GOVERNANCE)


@pytest.mark.parametrize(
    "changed",
    [
        Condition("c1", "Complete the changes of governance.", "governance", DUE),
        Condition("c1", GOVERNANCE.text, "finance", DUE),
        Condition("c1", GOVERNANCE.text, "governance", date(2015, 3, 2)),
        Condition("c1", GOVERNANCE.text, "governance", None),
    ],
    ids=["text", "reason", "day", "no day"],
)
def test_a_condition_with_another_text_reason_or_day_is_new(changed: Condition) -> None:
    assert surviving_conditions([GOVERNANCE], [changed]) == (None,)


def test_a_condition_of_before_goes_on_in_one_at_most() -> None:
    twice = [proposed("c1", GOVERNANCE), proposed("c2", GOVERNANCE)]

    assert surviving_conditions([GOVERNANCE], twice) == (GOVERNANCE, None)


def test_conditions_that_were_said_twice_go_on_in_their_order() -> None:
    still_open = replace(GOVERNANCE, state=OPEN, settled_on=None)
    twice = [proposed("c1", GOVERNANCE), proposed("c2", GOVERNANCE)]

    assert surviving_conditions([still_open, GOVERNANCE], twice) == (still_open, GOVERNANCE)


def test_a_correction_without_conditions_has_none_that_go_on() -> None:
    assert surviving_conditions([GOVERNANCE], []) == ()


def test_a_decision_without_conditions_has_none_to_go_on() -> None:
    assert surviving_conditions([], [proposed("c1", GOVERNANCE)]) == (None,)


# --- a new grant ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "first_day"), [(OUTRIGHT, FIRST), (CONDITIONAL, None)])
def test_nobody_has_signed_a_new_grant_and_a_conditional_one_has_no_first_day(
    given: Given, first_day: date | None
) -> None:
    assert new_grant(given) == GrantSoFar(
        given,
        Agreement.AWAITED,
        signed_on=None,
        promoted_on=None,
        in_force_from=first_day,
        is_start_announced=False,
        end=None,
    )


# --- a grant that goes on -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "given", "conditions"),
    [
        (STARTED, replace(OUTRIGHT, level=Level.JOINT), []),
        (STARTED, CONDITIONAL, [MET]),
        (BY_PROMOTION, OUTRIGHT, []),
        (replace(STARTED, given=replace(OUTRIGHT, level=Level.JOINT)), OUTRIGHT, []),
    ],
    ids=["another level", "conditional now", "conditional no more", "the higher level"],
)
def test_another_level_or_only_one_of_them_conditional_is_another_grant(
    before: GrantSoFar, given: Given, conditions: list[ConditionState]
) -> None:
    assert surviving_grant(before, given, conditions) is None


@pytest.mark.parametrize("agreement", Agreement)
def test_a_grant_with_the_same_level_goes_on_as_it_was_whatever_its_agreement(agreement: Agreement) -> None:
    before = replace(STARTED, agreement=agreement, signed_on=SIGNED if agreement is Agreement.SIGNED else None)

    assert surviving_grant(before, OUTRIGHT, []) == before


@pytest.mark.parametrize("conditions", [[MET], [WAIVED], [MET, WAIVED]])
def test_a_promotion_goes_on_if_every_condition_is_fulfilled(conditions: list[ConditionState]) -> None:
    assert surviving_grant(BY_PROMOTION, CONDITIONAL, conditions) == BY_PROMOTION


@pytest.mark.parametrize("conditions", [[OPEN], [MET, OPEN], [LAPSED], [MET, LAPSED]])
def test_a_promotion_and_the_first_day_are_gone_with_a_condition_that_is_not_fulfilled(
    conditions: list[ConditionState],
) -> None:
    assert surviving_grant(BY_PROMOTION, CONDITIONAL, conditions) == replace(
        BY_PROMOTION, promoted_on=None, in_force_from=None, is_start_announced=False
    )


@pytest.mark.parametrize("conditions", [[OPEN], [MET]])
def test_a_signature_goes_on_for_a_grant_that_waits_for_its_conditions(conditions: list[ConditionState]) -> None:
    assert surviving_grant(WAITING, CONDITIONAL, conditions) == WAITING


def test_a_conditional_grant_that_was_not_promoted_has_no_first_day_even_with_another_day() -> None:
    later = replace(CONDITIONAL, effective_from=LATER)

    assert surviving_grant(WAITING, later, [MET]) == replace(WAITING, given=later)


# --- its first day --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "day", "first_day"),
    [
        (STARTED, LATER, LATER),
        (STARTED, date(2015, 3, 1), SIGNED),
        (replace(STARTED, agreement=Agreement.NOT_KNOWN, signed_on=None), date(2015, 3, 1), date(2015, 3, 1)),
        (replace(STARTED, signed_on=date(2015, 8, 1)), LATER, date(2015, 8, 1)),
        (BY_PROMOTION, date(2015, 3, 1), PROMOTED),
        (BY_PROMOTION, LATER, LATER),
    ],
    ids=["later", "before the signature", "unsigned", "signed last", "before the promotion", "after the promotion"],
)
def test_another_first_day_counts_from_the_last_of_day_signature_and_promotion_and_is_announced_anew(
    before: GrantSoFar, day: date, first_day: date
) -> None:
    given = replace(before.given, effective_from=day)
    conditions = [MET] if given.is_conditional else []

    assert surviving_grant(before, given, conditions) == replace(
        before, given=given, in_force_from=first_day, is_start_announced=False
    )


def test_a_first_day_that_is_not_said_leaves_the_one_before() -> None:
    unsaid = replace(OUTRIGHT, effective_from=None)

    assert surviving_grant(STARTED, unsaid, []) == replace(STARTED, given=unsaid)


def test_a_first_day_that_becomes_known_is_another_first_day() -> None:
    unknown = replace(STARTED, given=replace(OUTRIGHT, effective_from=None), in_force_from=None)

    assert surviving_grant(unknown, OUTRIGHT, []) == replace(STARTED, is_start_announced=False)


# --- its end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [EndedBy.NOTICE, EndedBy.REVOKED])
def test_an_end_by_an_act_on_the_grant_itself_stays(by: EndedBy) -> None:
    before = replace(STARTED, end=replace(NOTICE, by=by))

    assert surviving_grant(before, OUTRIGHT, []) == before


def test_an_end_stays_also_with_another_first_day_and_with_an_open_condition() -> None:
    later = replace(OUTRIGHT, effective_from=LATER)
    moved = surviving_grant(replace(STARTED, end=NOTICE), later, [])
    waiting = surviving_grant(replace(BY_PROMOTION, end=NOTICE), CONDITIONAL, [OPEN])

    assert [each.end if each else None for each in (moved, waiting)] == [NOTICE, NOTICE]


@pytest.mark.parametrize(
    ("conditions", "end"),
    [([LAPSED], LAPSE), ([MET, LAPSED], LAPSE), ([OPEN], None), ([MET], None)],
)
def test_a_lapse_ends_the_grant_only_as_long_as_the_condition_that_lapsed_is_one(
    conditions: list[ConditionState], end: OwnEnd | None
) -> None:
    assert surviving_grant(replace(WAITING, end=LAPSE), CONDITIONAL, conditions) == replace(WAITING, end=end)


@pytest.mark.parametrize("day", [FIRST, LATER])
def test_a_lapse_that_is_none_any_more_does_not_end_a_promoted_grant_on_whichever_day_it_starts(day: date) -> None:
    given = replace(CONDITIONAL, effective_from=day)

    found = surviving_grant(replace(BY_PROMOTION, end=LAPSE), given, [MET])

    assert found == surviving_grant(BY_PROMOTION, given, [MET])
    assert found is not None
    assert found.end is None


# --- promotion by the correction ------------------------------------------------------------------


@pytest.mark.parametrize("grant", [WAITING, new_grant(CONDITIONAL), replace(WAITING, end=NOTICE)])
@pytest.mark.parametrize("conditions", [[MET], [WAIVED], [MET, WAIVED]])
def test_a_correction_that_takes_away_the_last_open_condition_promotes(
    grant: GrantSoFar, conditions: list[ConditionState]
) -> None:
    assert is_promoted(grant, conditions, TODAY)


@pytest.mark.parametrize("conditions", [[], [OPEN], [MET, OPEN], [LAPSED], [MET, LAPSED]])
def test_a_correction_without_conditions_or_with_one_that_is_not_fulfilled_does_not_promote(
    conditions: list[ConditionState],
) -> None:
    assert not is_promoted(WAITING, conditions, TODAY)


@pytest.mark.parametrize(
    "grant",
    [
        BY_PROMOTION,
        replace(WAITING, agreement=Agreement.NOT_TAKEN_UP, signed_on=None),
        replace(WAITING, end=replace(NOTICE, last_day=date(2015, 5, 31))),
    ],
    ids=["promoted before", "not taken up", "over"],
)
def test_a_grant_that_was_promoted_or_was_not_taken_up_or_is_over_is_not_promoted(grant: GrantSoFar) -> None:
    assert not is_promoted(grant, [MET], TODAY)


def test_a_grant_is_promoted_even_on_its_last_day() -> None:
    assert is_promoted(replace(WAITING, end=replace(NOTICE, last_day=TODAY)), [MET], TODAY)
