"""Outcomes: what each must carry, what it grants, and every fault at once."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.rules.outcomes import (
    ChosenBy,
    Condition,
    Reason,
    Ruling,
    Sitting,
    check_ruling,
    check_rulings,
    check_scaling_down,
    granted_level,
)
from app.rules.refusals import (
    ConditionNotAllowed,
    ConditionRequired,
    Fault,
    Incomplete,
    InvalidDocument,
    MemberMissing,
    NothingToDowngrade,
    NotScaledDown,
    OnlyRejection,
    ReasonRequired,
    ScaledDown,
)
from app.rules.rounds import RoundStage
from app.rules.words import Level, Outcome

REASONS = (Reason("leadership", "Uncertain interim management."),)
CONDITIONS = (Condition("c1", "Complete the governance changes.", "governance", date(2015, 3, 1)),)
APPROVED = Ruling("10T", Outcome.APPROVED)
CONDITIONAL = Ruling("10T", Outcome.CONDITIONAL, conditions=CONDITIONS)
REJECTED = Ruling("10T", Outcome.REJECTED, REASONS)
DOWNGRADED = Ruling("10T", Outcome.DOWNGRADED_TO_JOINT, REASONS, chosen_by=ChosenBy.PANEL)
TODAY, YESTERDAY = date(2015, 1, 20), date(2015, 1, 19)
SITTING = Sitting(met_on=TODAY, members=("One (made up)", "Two (made up)"), recusals=("Three (made up)",))
OWN_CHOICE = replace(DOWNGRADED, chosen_by=ChosenBy.CCG)
ONLY_JOINT = "The application was scaled down: only downgraded_to_joint or rejected is possible."
COMPLETE = [APPROVED, CONDITIONAL, REJECTED, DOWNGRADED]


def check(
    *rulings: Ruling, level: Level = Level.DELEGATED, members: tuple[str, ...] = ("10T",), **options: Any
) -> None:
    check_rulings(level, members, rulings, **{"sitting": SITTING, "today": TODAY, **options})


def refusal(*rulings: Ruling, **options: Any) -> tuple[type[Incomplete], str, tuple[Fault, ...]]:
    with pytest.raises(Incomplete) as refused:
        check(*rulings, **options)
    return type(refused.value), refused.value.detail, refused.value.faults


@pytest.mark.parametrize(
    ("requested", "outcome", "granted"),
    [
        ("delegated", "approved", "delegated"),
        ("delegated", "conditional", "delegated"),
        ("delegated", "rejected", None),
        ("delegated", "downgraded_to_joint", "joint"),
        ("joint", "approved", "joint"),
        ("joint", "conditional", "joint"),
        ("joint", "rejected", None),
    ],
)
def test_what_an_outcome_grants(requested: str, outcome: str, granted: str | None) -> None:
    assert granted_level(Level(requested), Outcome(outcome)) == (Level(granted) if granted else None)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_expression_of_interest_grants_nothing(outcome: Outcome) -> None:
    assert granted_level(Level.DELEGATED, outcome, RoundStage.EXPRESSION_OF_INTEREST) is None


@pytest.mark.parametrize("ruling", COMPLETE, ids=lambda ruling: ruling.outcome.value)
def test_an_outcome_with_what_it_must_carry_is_taken(ruling: Ruling) -> None:
    check(ruling)


@pytest.mark.parametrize("ruling", [APPROVED, CONDITIONAL, REJECTED], ids=lambda ruling: ruling.outcome.value)
def test_a_joint_request_takes_the_outcomes_that_are_no_downgrade(ruling: Ruling) -> None:
    check(ruling, level=Level.JOINT)


@pytest.mark.parametrize("ruling", [APPROVED, CONDITIONAL], ids=lambda ruling: ruling.outcome.value)
def test_an_approval_may_carry_reasons(ruling: Ruling) -> None:
    check(replace(ruling, reasons=REASONS))


@pytest.mark.parametrize("ruling", [OWN_CHOICE, REJECTED], ids=lambda ruling: ruling.outcome.value)
def test_what_was_scaled_down_is_downgraded_as_the_ccgs_choice_or_rejected(ruling: Ruling) -> None:
    check(ruling, is_scaled_down=True)


@pytest.mark.parametrize(
    ("ruling", "fault"),
    [
        (APPROVED, Fault("/outcomes/0/outcome", ONLY_JOINT)),
        (CONDITIONAL, Fault("/outcomes/0/outcome", ONLY_JOINT)),
        (DOWNGRADED, Fault("/outcomes/0/chosenBy", "The application was scaled down: the choice was that of the ccg.")),
    ],
)
def test_what_was_scaled_down_takes_no_other_outcome(ruling: Ruling, fault: Fault) -> None:
    assert refusal(ruling, is_scaled_down=True) == (ScaledDown, fault.detail, (fault,))


def test_a_downgrade_is_the_ccgs_choice_only_if_it_scaled_down() -> None:
    fault = Fault(
        "/outcomes/0/chosenBy", "The application was not scaled down, so the downgrade is the choice of the panel."
    )

    assert refusal(OWN_CHOICE) == (NotScaledDown, fault.detail, (fault,))


def test_of_a_joint_request_it_is_not_asked_whose_choice_a_downgrade_was() -> None:
    fault = Fault("/outcomes/0/outcome", "Delegated commissioning was not requested.")

    assert refusal(OWN_CHOICE, level=Level.JOINT) == (NothingToDowngrade, fault.detail, (fault,))


def test_whose_choice_it_was_stays_open_if_it_is_not_known_whether_a_ccg_scaled_down() -> None:
    check_ruling(Level.DELEGATED, OWN_CHOICE, TODAY, is_scaled_down=None)
    check_ruling(Level.DELEGATED, APPROVED, TODAY, is_scaled_down=None)


def test_only_a_delegated_request_is_scaled_down_and_for_a_known_reason() -> None:
    check_scaling_down(Level.DELEGATED, REASONS[0], pointer="/level")
    with pytest.raises(NothingToDowngrade) as refused:
        check_scaling_down(Level.JOINT, Reason("magic", "Why."), pointer="/level")

    assert refused.value.faults == (
        Fault("/level", "Delegated commissioning was not requested."),
        Fault("/reason/code", NOT_USABLE.format("magic")),
    )


@pytest.mark.parametrize(
    ("ruling", "kind", "fault"),
    [
        (
            replace(REJECTED, reasons=()),
            ReasonRequired,
            Fault("/outcomes/0/reasons", "rejected needs at least one reason."),
        ),
        (
            replace(DOWNGRADED, reasons=()),
            ReasonRequired,
            Fault("/outcomes/0/reasons", "downgraded_to_joint needs at least one reason."),
        ),
        (
            replace(DOWNGRADED, chosen_by=None),
            ReasonRequired,
            Fault("/outcomes/0/chosenBy", "A downgrade says whose choice it was: ccg or panel."),
        ),
        (
            replace(CONDITIONAL, conditions=()),
            ConditionRequired,
            Fault("/outcomes/0/conditions", "conditional needs at least one condition."),
        ),
        (
            replace(APPROVED, conditions=CONDITIONS),
            ConditionNotAllowed,
            Fault("/outcomes/0/conditions", "approved carries no conditions."),
        ),
        (
            replace(REJECTED, conditions=CONDITIONS),
            ConditionNotAllowed,
            Fault("/outcomes/0/conditions", "rejected carries no conditions."),
        ),
        (
            replace(DOWNGRADED, conditions=CONDITIONS),
            ConditionNotAllowed,
            Fault("/outcomes/0/conditions", "downgraded_to_joint carries no conditions."),
        ),
        *(
            (
                replace(ruling, chosen_by=ChosenBy.PANEL),
                NothingToDowngrade,
                Fault("/outcomes/0/chosenBy", "Only a downgrade says whose choice it was."),
            )
            for ruling in (APPROVED, CONDITIONAL, REJECTED)
        ),
    ],
)
def test_an_outcome_without_what_it_must_carry_or_with_what_it_must_not_is_refused(
    ruling: Ruling, kind: type[Incomplete], fault: Fault
) -> None:
    assert refusal(ruling) == (kind, fault.detail, (fault,))


def test_only_a_delegated_request_can_be_downgraded() -> None:
    fault = Fault("/outcomes/0/outcome", "Delegated commissioning was not requested.")

    assert refusal(DOWNGRADED, level=Level.JOINT) == (NothingToDowngrade, fault.detail, (fault,))


@pytest.mark.parametrize(
    ("codes", "faults"),
    [
        ([], [("/outcomes", "10T has no outcome."), ("/outcomes", "10G has no outcome.")]),
        (["10T"], [("/outcomes", "10G has no outcome.")]),
        (["10T", "10G", "07T"], [("/outcomes/2/odsCode", "07T is not a member of this application.")]),
        (["10T", "10G", "10T"], [("/outcomes", "10T has 2 outcomes.")]),
        (
            ["10T", "10T", "07T"],
            [
                ("/outcomes", "10G has no outcome."),
                ("/outcomes/2/odsCode", "07T is not a member of this application."),
                ("/outcomes", "10T has 2 outcomes."),
            ],
        ),
    ],
)
def test_each_member_has_exactly_one_outcome(codes: list[str], faults: list[tuple[str, str]]) -> None:
    rulings = [replace(APPROVED, ods_code=code) for code in codes]
    expected = tuple(Fault(*fault) for fault in faults)

    assert refusal(*rulings, members=("10T", "10G")) == (MemberMissing, expected[0].detail, expected)


def test_the_outcomes_may_come_in_any_order() -> None:
    check(replace(REJECTED, ods_code="10G"), APPROVED, members=("10T", "10G"))


@pytest.mark.parametrize("ruling", [APPROVED, CONDITIONAL, DOWNGRADED], ids=lambda ruling: ruling.outcome.value)
def test_while_changes_are_awaited_only_a_rejection_is_possible(ruling: Ruling) -> None:
    fault = Fault("/outcomes/0/outcome", "Changes are still awaited: only rejected is possible.")

    assert refusal(ruling, only_rejection=True) == (OnlyRejection, fault.detail, (fault,))


def test_a_rejection_is_possible_while_changes_are_awaited() -> None:
    check(REJECTED, only_rejection=True)


def test_all_faults_are_named_at_once_under_the_first_code() -> None:
    rulings = [
        replace(APPROVED, ods_code="10G", conditions=CONDITIONS, chosen_by=ChosenBy.CCG),
        replace(REJECTED, reasons=()),
        Ruling("10H", Outcome.DOWNGRADED_TO_JOINT, conditions=CONDITIONS),
        Ruling("10V", Outcome.CONDITIONAL),
    ]

    kind, detail, faults = refusal(
        *rulings, level=Level.JOINT, members=("10T", "10G", "10H", "10V", "10W"), only_rejection=True
    )

    assert (kind, detail) == (MemberMissing, "10W has no outcome.")
    assert faults == (
        Fault("/outcomes", "10W has no outcome."),
        Fault("/outcomes/0/chosenBy", "Only a downgrade says whose choice it was."),
        Fault("/outcomes/0/conditions", "approved carries no conditions."),
        Fault("/outcomes/0/outcome", "Changes are still awaited: only rejected is possible."),
        Fault("/outcomes/1/reasons", "rejected needs at least one reason."),
        Fault("/outcomes/2/outcome", "Delegated commissioning was not requested."),
        Fault("/outcomes/2/chosenBy", "A downgrade says whose choice it was: ccg or panel."),
        Fault("/outcomes/2/reasons", "downgraded_to_joint needs at least one reason."),
        Fault("/outcomes/2/conditions", "downgraded_to_joint carries no conditions."),
        Fault("/outcomes/2/outcome", "Changes are still awaited: only rejected is possible."),
        Fault("/outcomes/3/conditions", "conditional needs at least one condition."),
        Fault("/outcomes/3/outcome", "Changes are still awaited: only rejected is possible."),
    )


# Rulings with faults of two kinds: the code is that of the kind that stands earlier in this order.
MISSING, DOWNGRADE_OF_JOINT = replace(APPROVED, ods_code="07T"), replace(DOWNGRADED, reasons=())


@pytest.mark.parametrize(
    ("rulings", "options", "kind"),
    [
        ([MISSING], {"only_rejection": True}, MemberMissing),
        ([DOWNGRADE_OF_JOINT], {"only_rejection": True, "level": Level.JOINT}, OnlyRejection),
        ([DOWNGRADE_OF_JOINT], {"level": Level.JOINT}, NothingToDowngrade),
        (
            [replace(REJECTED, reasons=()), replace(CONDITIONAL, ods_code="10G", conditions=())],
            {"members": ("10T", "10G")},
            ReasonRequired,
        ),
        (
            [replace(APPROVED, conditions=CONDITIONS), replace(CONDITIONAL, ods_code="10G", conditions=())],
            {"members": ("10T", "10G")},
            ConditionRequired,
        ),
        (
            [replace(APPROVED, conditions=CONDITIONS, reasons=(Reason("magic", "Not a reason."),))],
            {},
            ConditionNotAllowed,
        ),
    ],
)
def test_the_code_is_chosen_in_a_fixed_order(
    rulings: list[Ruling], options: dict[str, Any], kind: type[Incomplete]
) -> None:
    assert refusal(*rulings, **options)[0] is kind


# --- words, days and the meeting ------------------------------------------------------------------

NOT_USABLE = "{} is none of the reason codes at /v1/reference-data/reasons that can be used now."


@pytest.mark.parametrize("code", ["magic", "not_published"], ids=["no reason", "a reason of the past only"])
def test_a_reason_code_that_cannot_be_used_now_is_refused_of_reasons_and_of_conditions(code: str) -> None:
    ruling = replace(
        CONDITIONAL,
        reasons=(*REASONS, Reason(code, "Why.")),
        conditions=(*CONDITIONS, replace(CONDITIONS[0], reason_code=code)),
    )
    faults = (
        Fault("/outcomes/0/reasons/1/code", NOT_USABLE.format(code)),
        Fault("/outcomes/0/conditions/1/reasonCode", NOT_USABLE.format(code)),
    )

    assert refusal(ruling) == (InvalidDocument, faults[0].detail, faults)


def test_a_condition_may_not_be_due_on_a_day_that_has_passed() -> None:
    ruling = replace(CONDITIONAL, conditions=(replace(CONDITIONS[0], due_on=YESTERDAY),))
    fault = Fault("/outcomes/0/conditions/0/dueOn", "2015-01-19 has passed.")

    assert refusal(ruling) == (InvalidDocument, fault.detail, (fault,))


@pytest.mark.parametrize("due_on", [TODAY, None])
def test_a_condition_may_be_due_today_or_on_no_day(due_on: date | None) -> None:
    check(replace(CONDITIONAL, conditions=(replace(CONDITIONS[0], due_on=due_on),)))


def test_the_panel_cannot_have_met_in_the_future_but_may_have_met_before() -> None:
    fault = Fault("/panel/metOn", "The panel cannot have met in the future.")

    assert refusal(APPROVED, sitting=SITTING, today=YESTERDAY) == (InvalidDocument, fault.detail, (fault,))
    check(APPROVED, sitting=replace(SITTING, met_on=YESTERDAY))


def test_somebody_who_stood_aside_did_not_sit() -> None:
    sitting = replace(SITTING, recusals=("Three (made up)", "Two (made up)"))
    fault = Fault("/panel/recusals/1", "Somebody who stood aside did not sit.")

    assert refusal(APPROVED, sitting=sitting) == (InvalidDocument, fault.detail, (fault,))


def test_what_outcomes_must_carry_is_named_before_the_meeting_and_the_meeting_before_words_and_days() -> None:
    unusable = replace(
        REJECTED,
        ods_code="10G",
        reasons=(Reason("magic", "Why."),),
        conditions=(replace(CONDITIONS[0], due_on=YESTERDAY),),
    )
    sitting = Sitting(date(2015, 1, 21), members=("One (made up)",), recusals=("One (made up)",))

    assert refusal(unusable, replace(REJECTED, reasons=()), members=("10T", "10G"), sitting=sitting) == (
        ReasonRequired,
        "rejected needs at least one reason.",
        (
            Fault("/outcomes/0/conditions", "rejected carries no conditions."),
            Fault("/outcomes/1/reasons", "rejected needs at least one reason."),
            Fault("/panel/metOn", "The panel cannot have met in the future."),
            Fault("/panel/recusals/0", "Somebody who stood aside did not sit."),
            Fault("/outcomes/0/reasons/0/code", NOT_USABLE.format("magic")),
            Fault("/outcomes/0/conditions/0/dueOn", "2015-01-19 has passed."),
        ),
    )


def test_a_single_ruling_is_the_whole_document_and_names_all_its_faults() -> None:
    ruling = replace(REJECTED, reasons=(), conditions=(replace(CONDITIONS[0], reason_code="magic", due_on=YESTERDAY),))

    with pytest.raises(ReasonRequired) as refused:
        check_ruling(Level.DELEGATED, ruling, TODAY)

    assert refused.value.faults == (
        Fault("/reasons", "rejected needs at least one reason."),
        Fault("/conditions", "rejected carries no conditions."),
        Fault("/conditions/0/reasonCode", NOT_USABLE.format("magic")),
        Fault("/conditions/0/dueOn", "2015-01-19 has passed."),
    )


def test_a_condition_that_the_decision_has_already_keeps_a_day_that_has_passed_and_a_new_one_may_not() -> None:
    overdue = replace(CONDITIONS[0], due_on=YESTERDAY)

    with pytest.raises(InvalidDocument) as refused:
        check_ruling(Level.DELEGATED, replace(CONDITIONAL, conditions=(overdue, overdue)), TODAY, kept={0})

    assert refused.value.faults == (Fault("/conditions/1/dueOn", "2015-01-19 has passed."),)


# --- a ruling that is the whole document ----------------------------------------------------------


@pytest.mark.parametrize("ruling", COMPLETE, ids=lambda ruling: ruling.outcome.value)
def test_a_single_ruling_with_what_it_must_carry_is_taken(ruling: Ruling) -> None:
    check_ruling(Level.DELEGATED, ruling, TODAY)


@pytest.mark.parametrize(
    ("level", "ruling", "kind", "faults"),
    [
        (
            Level.DELEGATED,
            replace(REJECTED, reasons=()),
            ReasonRequired,
            (Fault("/reasons", "rejected needs at least one reason."),),
        ),
        (
            Level.JOINT,
            replace(DOWNGRADED, conditions=CONDITIONS),
            NothingToDowngrade,
            (
                Fault("/outcome", "Delegated commissioning was not requested."),
                Fault("/conditions", "downgraded_to_joint carries no conditions."),
            ),
        ),
    ],
)
def test_the_faults_of_a_single_ruling_are_those_of_its_own_members(
    level: Level, ruling: Ruling, kind: type[Incomplete], faults: tuple[Fault, ...]
) -> None:
    with pytest.raises(Incomplete) as refused:
        check_ruling(level, ruling, TODAY)

    assert (type(refused.value), refused.value.detail, refused.value.faults) == (kind, faults[0].detail, faults)
