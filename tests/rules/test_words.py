"""The register's words: the codes of rule 16 and the glossary, each with a label and what it means."""

from collections.abc import Sequence

import pytest

from app.rules import words
from app.rules.grants import Agreement, EndedBy
from app.rules.history import Basis
from app.rules.lifecycle import State
from app.rules.words import Criterion, Function, FunctionKind, Level, Outcome, Rating, Word

# By hand, from rule 16.
LABELS = {
    "approved": "Approved",
    "conditional": "Approved with conditions",
    "rejected": "Not approved",
    "downgraded_to_joint": "Downgraded to joint commissioning",
}
REASONS = [
    "capability_and_capacity",
    "leadership",
    "financial_position",
    "cost_pressures",
    "business_rules",
    "governance",
    "conflicts_of_interest",
    "constitution",
    "member_engagement",
    "insufficient_time",
    "special_measures",
    "other",
    "not_published",
]
FUNCTIONS = [
    "gms_pms_apms_contracts",
    "newly_designed_enhanced_services",
    "local_incentive_schemes",
    "new_practices",
    "practice_mergers",
    "discretionary_payments",
    "practice_complaints",
    "individual_gp_performance",
    "payments_and_list_management",
    "national_contract_terms",
    "dental_services",
    "eye_health_services",
    "community_pharmacy_services",
]
CRITERIA = [
    "benefits",
    "functions",
    "governance",
    "conflicts_of_interest",
    "finance",
    "capacity",
    "engagement",
]
MEASURES = [
    "applied_delegated",
    "chose_joint",
    "chose_greater_involvement",
    "chose_none",
    "choices_known",
    "approved_first_statement",
    "approved",
    "authorised",
    "conditional",
    "not_approved_as_requested",
    "joint_approved",
    "delegated_in_force",
    "delegated_in_force_other_count",
    "joint_in_force",
    "greater_involvement_in_force",
    "newly_started",
    "approved_not_started",
    "conditional_not_taken_up",
    "invited",
    "icbs_delegated_primary_medical",
    "icbs_delegated_pharmacy_ophthalmic_or_dental",
    "icbs_delegated_pharmacy_ophthalmic_and_dental",
]
SETS = [
    words.LEVELS,
    words.OUTCOMES,
    words.REASONS,
    words.FUNCTIONS,
    words.FUNCTION_KINDS,
    words.CRITERIA,
    words.RATINGS,
    words.CONDITION_STATES,
    words.AGREEMENTS,
    words.ENDINGS,
    words.BASES,
    words.MEASURES,
]


def codes(rows: Sequence[Word | Function]) -> list[str]:
    return [word.code for word in rows]


def test_the_words_are_those_of_the_contract() -> None:
    assert codes(words.LEVELS) == ["delegated", "joint", "greater_involvement", "none"]
    assert {word.code: word.label for word in words.OUTCOMES} == LABELS
    assert codes(words.REASONS) == REASONS
    assert codes(words.FUNCTIONS) == FUNCTIONS
    assert codes(words.CRITERIA) == CRITERIA
    assert codes(words.CONDITION_STATES) == ["open", "met", "waived", "lapsed"]
    assert codes(words.MEASURES) == MEASURES
    assert {"not_published"} == words.HISTORY_ONLY_REASONS


def test_there_is_a_word_for_every_value_that_code_knows() -> None:
    assert codes(words.LEVELS) == [level.value for level in Level]
    assert codes(words.OUTCOMES) == [outcome.value for outcome in Outcome]
    assert codes(words.AGREEMENTS) == [agreement.value for agreement in Agreement]
    assert codes(words.ENDINGS) == [ended_by.value for ended_by in EndedBy]
    assert codes(words.CRITERIA) == [criterion.value for criterion in Criterion]
    assert codes(words.RATINGS) == [rating.value for rating in Rating]
    assert codes(words.BASES) == [basis.value for basis in Basis]
    assert len(State) == 7


@pytest.mark.parametrize("rows", SETS, ids=lambda rows: rows[0].code)
def test_every_word_has_a_code_and_a_label_of_its_own_and_a_sentence(rows: Sequence[Word | Function]) -> None:
    assert len(set(codes(rows))) == len({word.label for word in rows}) == len(rows)
    assert [word for word in rows if not word.label or not word.description.endswith(".")] == []


def test_only_delegated_and_joint_are_applied_for() -> None:
    assert {level.value: level.needs_approval for level in Level} == {
        "delegated": True,
        "joint": True,
        "greater_involvement": False,
        "none": False,
    }


def test_seven_functions_are_delegated_and_six_reserved_each_by_a_source() -> None:
    assert codes(words.FUNCTION_KINDS) == [kind.value for kind in FunctionKind]
    assert [each.kind.value for each in words.FUNCTIONS] == ["delegated"] * 7 + ["reserved"] * 6
    assert [each.code for each in words.FUNCTIONS if not each.source] == []
