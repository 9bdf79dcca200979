"""Who may act on what: roles, four eyes, declared interests, consents. Regions are a matter of sight."""

from typing import Any

import pytest

from app.rules.callers import Caller, Person, Scope, System
from app.rules.permissions import (
    check_consents,
    check_has_no_interest,
    check_is_for,
    check_is_for_lead,
    check_may_confirm,
    check_may_discharge,
    check_may_record,
    check_may_sign_off,
    has_scope,
)
from app.rules.refusals import ConflictOfInterest, ConsentMissing, Fault, Forbidden, Refusal, SamePerson
from app.rules.words import Level

MEMBERS = ("07P", "08G")


def person(role: str, *, name: str = "one", interests: tuple[str, ...] = ()) -> Person:
    regions = frozenset({"Y56"}) if role == "panel" else frozenset[str]()
    return Person(name, f"{name} (made up)", Scope(role), regions, frozenset(interests))


def system(*codes: str, scopes: tuple[str, ...] = ("applications",)) -> System:
    return System("brent", "System of brent", frozenset(codes), frozenset(), frozenset(map(Scope, scopes)))


def refusal(check: Any, *arguments: Any, **options: Any) -> tuple[type[Refusal], str] | None:
    """The class and sentence of a refusal, None where there is none. Families are not their members."""
    try:
        check(*arguments, **options)
    except Refusal as refused:
        return type(refused), refused.detail
    return None


def test_a_caller_has_a_name_in_the_log_that_says_what_it_is() -> None:
    assert (person("panel", name="a1").key, system("07P").key) == ("person:a1", "client:brent")


def test_a_person_has_the_one_scope_of_the_role() -> None:
    assert [person(role).scopes for role in ("panel", "national", "admin")] == [
        frozenset({Scope.PANEL}),
        frozenset({Scope.NATIONAL}),
        frozenset({Scope.ADMIN}),
    ]


@pytest.mark.parametrize(
    ("caller", "asked", "has"),
    [
        (person("panel"), ["panel"], True),
        (person("panel"), ["panel", "national"], True),
        (person("panel"), ["national"], False),
        (person("admin"), ["panel", "national"], False),
        (system("07P"), ["applications"], True),
        (system("07P"), ["panel"], False),
        (system("07P", scopes=()), ["applications"], False),
        (system("07P"), [], False),
    ],
)
def test_a_scope_is_had_or_not(caller: Caller, asked: list[str], *, has: bool) -> None:
    assert has_scope(caller, *map(Scope, asked)) is has


def test_only_the_leads_own_client_acts_for_it() -> None:
    assert refusal(check_is_for_lead, system("07P", "08G"), "07P") is None
    assert refusal(check_is_for_lead, system("08G"), "07P") == (
        Forbidden,
        "This client is not registered for 07P, the lead CCG.",
    )


def test_a_client_of_every_member_needs_no_consent() -> None:
    assert refusal(check_consents, system("07P", "08G", "10T"), MEMBERS, ()) is None


def test_a_member_that_has_agreed_needs_no_registration() -> None:
    assert refusal(check_consents, system("07P"), MEMBERS, {"08G", "10T"}) is None


def test_a_client_speaks_for_its_own_ccgs_only() -> None:
    assert refusal(check_is_for, system("07P", "08G"), "08G") is None
    assert refusal(check_is_for, system("07P"), "08G") == (Forbidden, "This client is not registered for 08G.")


def test_every_member_that_has_not_agreed_is_named() -> None:
    with pytest.raises(ConsentMissing) as refused:
        check_consents(system("07P"), ["07P", "08G", "10T", "08Y"], {"10T"})

    assert refused.value.detail == "No consent from 08G, 08Y."
    assert refused.value.faults == (
        Fault("/memberOdsCodes", "08G has not agreed. Its client does, at /consents of the draft."),
        Fault("/memberOdsCodes", "08Y has not agreed. Its client does, at /consents of the draft."),
    )


@pytest.mark.parametrize(
    ("interests", "detail"),
    [
        ((), None),
        (("10T",), None),
        (("08G",), "You have declared an interest in 08G."),
        (("10T", "08G"), "You have declared an interest in 08G."),
        (("08G", "07P"), "You have declared an interest in 07P, 08G."),
    ],
)
def test_an_interest_in_one_member_bars_from_the_whole_application(
    interests: tuple[str, ...], detail: str | None
) -> None:
    expected = (ConflictOfInterest, detail) if detail else None

    assert refusal(check_has_no_interest, person("panel", interests=interests), MEMBERS) == expected


@pytest.mark.parametrize("role", ["national", "admin"])
def test_only_panel_members_record_outcomes(role: str) -> None:
    assert refusal(check_may_record, person(role), MEMBERS) == (
        Forbidden,
        "Only a member of the regional moderation panel records outcomes.",
    )


def test_a_panel_member_records_outcomes_without_an_interest() -> None:
    assert refusal(check_may_record, person("panel"), MEMBERS) is None
    assert refusal(check_may_record, person("panel", interests=("08G",)), MEMBERS) == (
        ConflictOfInterest,
        "You have declared an interest in 08G.",
    )


BY_NATIONAL = (Forbidden, "A delegated request is signed off by NHS England.")
BY_PANEL = (Forbidden, "A joint request is signed off by a second member of the regional panel.")
BY_ANOTHER = (SamePerson, "You recorded this outcome; a second person signs it off.")
INTERESTED = (ConflictOfInterest, "You have declared an interest in 08G.")

# level, role, whether the same person recorded, whether an interest is declared → the refusal, or None
SIGN_OFF = {
    ("delegated", "national", False, False): None,
    ("delegated", "national", False, True): INTERESTED,
    ("delegated", "national", True, False): BY_ANOTHER,
    ("delegated", "national", True, True): BY_ANOTHER,
    ("delegated", "panel", False, False): BY_NATIONAL,
    ("delegated", "panel", False, True): BY_NATIONAL,
    ("delegated", "panel", True, False): BY_NATIONAL,
    ("delegated", "panel", True, True): BY_NATIONAL,
    ("delegated", "admin", False, False): BY_NATIONAL,
    ("joint", "panel", False, False): None,
    ("joint", "panel", False, True): INTERESTED,
    ("joint", "panel", True, False): BY_ANOTHER,
    ("joint", "panel", True, True): BY_ANOTHER,
    ("joint", "national", False, False): BY_PANEL,
    ("joint", "national", False, True): BY_PANEL,
    ("joint", "national", True, False): BY_PANEL,
    ("joint", "national", True, True): BY_PANEL,
    ("joint", "admin", False, False): BY_PANEL,
}


@pytest.mark.parametrize(("level", "role", "recorded", "interested"), list(SIGN_OFF))
def test_who_may_sign_off(level: str, role: str, *, recorded: bool, interested: bool) -> None:
    signer = person(role, interests=("08G",) if interested else ())
    recorder = signer.key if recorded else "person:another"

    found = refusal(check_may_sign_off, signer, Level(level), MEMBERS, recorded_by=recorder)

    assert found == SIGN_OFF[level, role, recorded, interested]


def test_four_eyes_look_at_the_person_and_not_at_the_role() -> None:
    """Somebody who sat on the panel and is with NHS England by now has the same key."""
    then, now = person("panel", name="a1"), person("national", name="a1")

    assert refusal(check_may_sign_off, now, Level.DELEGATED, MEMBERS, recorded_by=then.key) == BY_ANOTHER


@pytest.mark.parametrize("recorded_by", ["person:another", None])
def test_another_panel_member_discharges_conditions(recorded_by: str | None) -> None:
    assert refusal(check_may_discharge, person("panel"), MEMBERS, recorded_by=recorded_by) is None
    interested = person("panel", interests=("08G",))
    assert refusal(check_may_discharge, interested, MEMBERS, recorded_by=recorded_by) == INTERESTED


@pytest.mark.parametrize("interests", [(), ("08G",)])
def test_nobody_discharges_the_conditions_of_what_they_recorded(interests: tuple[str, ...]) -> None:
    recorder = person("panel", interests=interests)

    assert refusal(check_may_discharge, recorder, MEMBERS, recorded_by=recorder.key) == (
        SamePerson,
        "You recorded this outcome; another member of the panel discharges its conditions.",
    )


@pytest.mark.parametrize("proposed_by", ["person:another", None])
def test_a_second_person_confirms_a_proposal(proposed_by: str | None) -> None:
    assert refusal(check_may_confirm, person("national"), MEMBERS, proposed_by=proposed_by) is None
    interested = person("national", interests=("08G",))
    assert refusal(check_may_confirm, interested, MEMBERS, proposed_by=proposed_by) == INTERESTED


@pytest.mark.parametrize("interests", [(), ("08G",)])
def test_nobody_confirms_what_they_proposed(interests: tuple[str, ...]) -> None:
    proposer = person("national", interests=interests)

    assert refusal(check_may_confirm, proposer, MEMBERS, proposed_by=proposer.key) == (
        SamePerson,
        "You proposed this; a second person confirms it.",
    )
