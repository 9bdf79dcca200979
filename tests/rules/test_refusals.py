"""Refusals: each with a code, a title and a page of its own, and every fault at once."""

import re

import pytest

from app.rules.refusals import (
    FAMILIES,
    AlreadyHeld,
    ConsentMissing,
    DeadlinePassed,
    Fault,
    IfMatchRequired,
    Incomplete,
    Refusal,
    SamePerson,
    WrongState,
    check_all,
    named_refusals,
)

# All that the rules refuse with, besides the families. Callers branch on these codes (rule 19).
CODES = {
    "already-decided",
    "already-proposed",
    "approval-not-needed",
    "unknown-organisation",
    "several-regions",
    "already-held",
    "round-not-open",
    "incomplete-application",
    "deadline-passed",
    "consent-missing",
    "duplicate-application",
    "wrong-state",
    "not-scaled-down",
    "scaled-down",
    "stale",
    "member-missing",
    "reason-required",
    "condition-required",
    "condition-not-allowed",
    "nothing-to-downgrade",
    "conflict-of-interest",
    "if-match-required",
    "same-person",
    "announcement-changed",
    "nothing-to-announce",
    "request-in-progress",
    "too-many-versions",
    "idempotency-key-reused",
    "invalid-document",
    "unknown-round",
    "notice-required",
    "notice-too-short",
    "only-rejection",
    "live-application",
    "not-yet-known",
    "person-required",
}


# What the doors refuse on top of these is found as well, where a test has opened them.
RULES = {code: kind for code, kind in named_refusals().items() if kind.__module__ == Refusal.__module__}


def classes_below(kind: type[Refusal]) -> list[type[Refusal]]:
    return [found for child in kind.__subclasses__() for found in (child, *classes_below(child))]


def test_these_are_all_the_codes_of_the_rules() -> None:
    assert set(RULES) - {family.code for family in FAMILIES} == CODES


def test_no_two_refusals_have_the_same_code() -> None:
    found = classes_below(Refusal)

    assert len({kind.code for kind in found}) == len(set(found)) == len(named_refusals())


@pytest.mark.parametrize("kind", RULES.values(), ids=RULES)
def test_a_refusal_has_a_code_a_title_and_a_text_of_its_own_and_one_family(kind: type[Refusal]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert kind.title == kind.code.replace("-", " ").capitalize()
    assert kind.__doc__ is not None
    assert kind.__doc__.strip().endswith(".")
    assert sum(issubclass(kind, family) for family in FAMILIES) == 1


@pytest.mark.parametrize(
    ("kind", "code", "title"),
    [
        (Incomplete, "incomplete", "Incomplete"),
        (SamePerson, "same-person", "Same person"),
        (IfMatchRequired, "if-match-required", "If match required"),
    ],
)
def test_the_words_of_a_class_name_are_its_code_and_its_title(kind: type[Refusal], code: str, title: str) -> None:
    """A class gets them when it is made; here it is given them anew, so that it is this that is tested."""
    kind.__init_subclass__()

    assert (kind.code, kind.title) == (code, title)


def test_the_texts_of_two_refusals_differ() -> None:
    texts = [kind.__doc__ for kind in named_refusals().values()]

    assert len(set(texts)) == len(texts)


def test_a_refusal_carries_its_sentence_its_faults_and_what_else_there_is_to_say() -> None:
    fault = Fault("/dueOn", "Has passed.")

    refused = WrongState("Not now.", faults=[fault], extra={"state": "draft"})

    assert (str(refused), refused.detail, refused.faults, refused.extra) == (
        "Not now.",
        "Not now.",
        (fault,),
        {"state": "draft"},
    )
    assert (SamePerson("No.").faults, SamePerson("No.").extra) == ((), {})


def refusing(refusal: Refusal) -> None:
    raise refusal


def test_all_faults_of_all_checks_are_gathered_under_the_first_refusal() -> None:
    asked: list[str] = []
    first = DeadlinePassed("Too late.", faults=[Fault("/requestedLevel", "Too late.")])
    second = ConsentMissing("Not agreed.", faults=[Fault("/memberOdsCodes", "1"), Fault("/memberOdsCodes", "2")])

    with pytest.raises(Incomplete) as refused:
        check_all(
            lambda: asked.append("a"),
            lambda: refusing(first),
            lambda: asked.append("b"),
            lambda: refusing(second),
            lambda: asked.append("c"),
        )

    assert refused.value is first
    assert refused.value.detail == "Too late."
    assert refused.value.faults == (
        Fault("/requestedLevel", "Too late."),
        Fault("/memberOdsCodes", "1"),
        Fault("/memberOdsCodes", "2"),
    )
    assert asked == ["a", "b", "c"]


def test_checks_may_stand_inside_checks() -> None:
    inner = AlreadyHeld("Held.", faults=[Fault("/a", "1")])
    outer = DeadlinePassed("Late.", faults=[Fault("/b", "2")])

    with pytest.raises(AlreadyHeld) as refused:
        check_all(lambda: check_all(lambda: refusing(inner)), lambda: refusing(outer))

    assert refused.value.faults == (Fault("/a", "1"), Fault("/b", "2"))


def test_nothing_is_raised_where_nothing_is_refused() -> None:
    check_all()
    check_all(lambda: None, lambda: None)


def test_a_refusal_that_is_no_fault_of_the_document_is_raised_at_once() -> None:
    asked: list[str] = []

    with pytest.raises(SamePerson):
        check_all(
            lambda: refusing(DeadlinePassed("Late.")), lambda: refusing(SamePerson("No.")), lambda: asked.append("b")
        )

    assert asked == []
