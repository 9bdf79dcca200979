"""Proposals: what a submission needs at each level, all faults at once, and what the panel is shown."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from app.rules.proposals import check_complete, check_criterion, check_past, flags
from app.rules.refusals import Fault, IncompleteApplication, InvalidDocument
from app.rules.words import Criterion, Level
from tests.world import application

# By hand, from rule 17.
BOTH = [
    "/proposal/summary",
    "/proposal/benefits/integration",
    "/proposal/benefits/quality",
    "/proposal/benefits/inequalities",
    "/proposal/governance/committee/kind",
    "/proposal/governance/committee/layChair",
    "/proposal/governance/committee/layAndExecutiveMajority",
    "/proposal/governance/committee/termsOfReferenceUrl",
    "/proposal/governance/constitution/state",
    "/proposal/governance/constitution/agreedOn",
    "/proposal/conflictsOfInterest/policyUrl",
    "/proposal/conflictsOfInterest/registerOfInterestsUrl",
    "/proposal/conflictsOfInterest/lastReviewedOn",
    "/proposal/engagement/membersAgreedOn",
    "/proposal/engagement/narrative",
]
DELEGATED = [
    "/proposal/functions",
    "/proposal/finance/primaryCareSpendPounds",
    "/proposal/finance/currentYearForecastSurplusPercent",
    "/proposal/finance/plannedSurplusPercent",
    "/proposal/finance/meetsBusinessRules",
    "/proposal/finance/narrative",
    "/proposal/capacity/narrative",
    "/proposal/capacity/interimLeadership",
]
NOT_SIGNED = Fault("/signatories", "The accountable officer signs a submission.")


def document(level: str = "delegated") -> dict[str, Any]:
    """A complete document at a level."""
    whole = application("10T", level=level)
    return {name: deepcopy(whole[name]) for name in ("proposal", "signatories")}


def put(found: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    *way, last = pointer.removeprefix("/").split("/")
    place = found
    for name in way:
        place = place[name]
    place[last] = value
    return found


def remove(found: dict[str, Any], pointer: str) -> dict[str, Any]:
    *way, last = pointer.removeprefix("/").split("/")
    place = found
    for name in way:
        place = place[name]
    del place[last]
    return found


def faults(found: dict[str, Any], level: str = "delegated") -> tuple[Fault, ...]:
    with pytest.raises(IncompleteApplication) as refused:
        check_complete(found, Level(level))
    count = len(refused.value.faults)
    said = "1 thing is missing or does not fit." if count == 1 else f"{count} things are missing or do not fit."
    assert refused.value.detail == said
    return refused.value.faults


@pytest.mark.parametrize("level", ["delegated", "joint"])
def test_a_complete_document_is_taken(level: str) -> None:
    check_complete(document(level), Level(level))


@pytest.mark.parametrize("pointers", [BOTH, *([each] for each in BOTH)], ids=lambda pointers: " ".join(pointers)[:80])
@pytest.mark.parametrize("level", ["delegated", "joint"])
def test_what_both_levels_need_is_named_when_it_is_missing(level: str, pointers: list[str]) -> None:
    found = document(level)
    for pointer in pointers:
        remove(found, pointer)

    assert faults(found, level) == tuple(Fault(pointer, "Required at submission.") for pointer in pointers)


@pytest.mark.parametrize("pointer", DELEGATED)
def test_what_only_delegated_needs_is_named_there_and_not_for_joint(pointer: str) -> None:
    check_complete(remove(document("joint"), pointer), Level.JOINT)

    assert faults(remove(document(), pointer)) == (Fault(pointer, "Required at submission."),)


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_an_empty_text_are_nothing(nothing: str | None) -> None:
    assert faults(put(document(), "/proposal/summary", nothing)) == (
        Fault("/proposal/summary", "Required at submission."),
    )


def test_an_empty_list_of_functions_is_nothing() -> None:
    assert faults(put(document(), "/proposal/functions", [])) == (
        Fault("/proposal/functions", "Required at submission."),
    )


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/proposal/governance/committee/layChair", False),
        ("/proposal/governance/committee/layAndExecutiveMajority", False),
        ("/proposal/finance/meetsBusinessRules", False),
        ("/proposal/finance/primaryCareSpendPounds", 0),
        ("/proposal/finance/plannedSurplusPercent", 0.0),
        ("/proposal/finance/currentYearForecastSurplusPercent", -1.5),
    ],
)
def test_false_and_nought_are_answers(pointer: str, value: object) -> None:
    check_complete(put(document(), pointer, value), Level.DELEGATED)


def test_a_missing_part_names_every_member_of_it() -> None:
    assert faults(remove(document(), "/proposal/benefits")) == (
        Fault("/proposal/benefits/integration", "Required at submission."),
        Fault("/proposal/benefits/quality", "Required at submission."),
        Fault("/proposal/benefits/inequalities", "Required at submission."),
    )


@pytest.mark.parametrize("part", ["all of them", ["all of them"], 3])
def test_a_part_that_has_no_members_lacks_every_member(part: object) -> None:
    assert faults(put(document(), "/proposal/capacity", part)) == (
        Fault("/proposal/capacity/narrative", "Required at submission."),
        Fault("/proposal/capacity/interimLeadership", "Required at submission."),
    )


@pytest.mark.parametrize(
    ("level", "kind", "detail"),
    [
        ("delegated", "primary_care_commissioning_committee", None),
        ("delegated", "joint_committee", "A delegated application needs primary_care_commissioning_committee."),
        ("delegated", "committees_in_common", "A delegated application needs primary_care_commissioning_committee."),
        ("joint", "joint_committee", None),
        ("joint", "committees_in_common", None),
        (
            "joint",
            "primary_care_commissioning_committee",
            "A joint application needs committees_in_common or joint_committee.",
        ),
    ],
)
def test_the_committee_fits_the_level(level: str, kind: str, detail: str | None) -> None:
    pointer = "/proposal/governance/committee/kind"
    found = put(document(level), pointer, kind)

    if detail is None:
        check_complete(found, Level(level))
    else:
        assert faults(found, level) == (Fault(pointer, detail),)


@pytest.mark.parametrize(
    "signatories",
    [None, [], [{"name": "A. Chair", "role": "chair", "signedOn": "2014-12-12"}], [{"name": "Without a role"}]],
)
def test_the_accountable_officer_signs(signatories: list[dict[str, str]] | None) -> None:
    assert faults(document() | {"signatories": signatories}) == (NOT_SIGNED,)


def test_the_accountable_officer_may_be_one_of_several() -> None:
    found = document()
    found["signatories"].insert(0, {"name": "A. Chair", "role": "chair", "signedOn": "2014-12-12"})

    check_complete(found, Level.DELEGATED)


@pytest.mark.parametrize(("level", "pointers"), [("delegated", BOTH + DELEGATED), ("joint", BOTH)])
def test_everything_that_an_empty_draft_lacks_is_named_at_once(level: str, pointers: list[str]) -> None:
    expected = (*(Fault(pointer, "Required at submission.") for pointer in pointers), NOT_SIGNED)

    assert faults({}, level) == expected


# --- criteria -----------------------------------------------------------------------------------

OF_DELEGATED_ONLY = ["functions", "finance", "capacity"]


@pytest.mark.parametrize("criterion", Criterion)
def test_a_delegated_request_is_assessed_by_every_criterion(criterion: Criterion) -> None:
    check_criterion(criterion, Level.DELEGATED)


@pytest.mark.parametrize("criterion", ["benefits", "governance", "conflicts_of_interest", "engagement"])
def test_a_joint_request_is_assessed_by_what_it_has_to_say_something_about(criterion: str) -> None:
    check_criterion(Criterion(criterion), Level.JOINT)


@pytest.mark.parametrize("criterion", OF_DELEGATED_ONLY)
def test_a_joint_request_is_not_assessed_by_what_only_delegated_needs(criterion: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        check_criterion(Criterion(criterion), Level.JOINT)

    detail = f"{criterion} is a criterion of delegated requests only."
    assert (refused.value.detail, refused.value.faults) == (detail, (Fault("", detail),))


# --- flags --------------------------------------------------------------------------------------

STARTS_ON, EVE = date(2018, 4, 1), date(2018, 3, 31)
FLAGS: dict[str, tuple[str, Any]] = {
    "lay_chair_missing": ("/proposal/governance/committee/layChair", False),
    "lay_and_executive_majority_missing": ("/proposal/governance/committee/layAndExecutiveMajority", False),
    "business_rules_not_met": ("/proposal/finance/meetsBusinessRules", False),
    "interim_leadership": ("/proposal/capacity/interimLeadership", True),
    "constitution_not_agreed": ("/proposal/governance/constitution/state", "not_agreed"),
}


@pytest.mark.parametrize(("flag", "pointer", "value"), [(flag, *cause) for flag, cause in FLAGS.items()])
def test_what_is_accepted_and_shown_to_the_panel(flag: str, pointer: str, value: object) -> None:
    found = put(document(), pointer, value)

    check_complete(found, Level.DELEGATED)
    assert flags(found, closing=[], starts_on=STARTS_ON) == [flag]


@pytest.mark.parametrize("without", [document, dict, lambda: {"proposal": {"governance": {}}}])
def test_nothing_is_flagged_where_nothing_is_amiss_or_nothing_said(without: Callable[[], dict[str, Any]]) -> None:
    assert flags(without(), closing=[], starts_on=STARTS_ON) == []


def test_all_flags_come_together_in_a_fixed_order() -> None:
    found = document()
    for pointer, value in FLAGS.values():
        put(found, pointer, value)

    assert flags(found, closing=[EVE], starts_on=STARTS_ON) == [*FLAGS, "closing_known"]


@pytest.mark.parametrize(
    ("closing", "is_raised"),
    [([], False), ([STARTS_ON], False), ([EVE], True), ([date(2020, 3, 31)], False), ([STARTS_ON, EVE], True)],
)
def test_a_member_that_closes_before_the_round_starts_is_flagged(closing: list[date], *, is_raised: bool) -> None:
    assert flags({}, closing=closing, starts_on=STARTS_ON) == (["closing_known"] if is_raised else [])


# --- days that tell the past --------------------------------------------------------------------

PAST = (
    "/proposal/governance/constitution/agreedOn",
    "/proposal/conflictsOfInterest/lastReviewedOn",
    "/proposal/engagement/membersAgreedOn",
)


@pytest.mark.parametrize("pointer", PAST)
def test_a_day_that_tells_the_past_is_today_or_before(pointer: str) -> None:
    said = put(document(), pointer, "2018-04-01")

    check_past(said, STARTS_ON)
    with pytest.raises(InvalidDocument) as refused:
        check_past(said, EVE)

    assert refused.value.faults == (Fault(pointer, "2018-04-01 lies ahead of today, 2018-03-31."),)


def test_every_signatory_has_signed_by_today() -> None:
    said = {"signatories": [{"signedOn": "2018-03-31"}, {"signedOn": "2099-01-01"}, {}]}

    with pytest.raises(InvalidDocument) as refused:
        check_past(said, EVE)

    assert refused.value.faults == (Fault("/signatories/1/signedOn", "2099-01-01 lies ahead of today, 2018-03-31."),)


@pytest.mark.parametrize("said", [{}, {"signatories": None}, {"proposal": None}, {"proposal": {"engagement": {}}}])
def test_days_that_are_left_out_are_not_ahead(said: dict[str, Any]) -> None:
    check_past(said, EVE)
