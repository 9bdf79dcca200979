"""Functions: what can be delegated and what is reserved, and which of them a decision at delegated grants."""

import csv
import io
from typing import Any

import pytest
from httpx2 import Response

from tests.api.history import import_history
from tests.api.post_decision import Decided, approved, corrected, decided, etag, recorded_as, signed
from tests.api.steps import (
    At,
    acted,
    announced,
    assert_refused,
    changes_requested,
    handed_in,
    recorded,
    returned,
    signed_off,
    submitted,
)
from tests.world import REASON, World, application, outcome, outcomes


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the nets and the machine read the same columns on PostgreSQL."""
    return sqlite_world


PROPOSED = ["gms_pms_apms_contracts", "new_practices"]
LESS = ["new_practices"]
DAY = "2015-04-01"
NOT_TAKEN = "The document is not what this address takes."
ONLY_DELEGATED = "Only an outcome that grants delegated commissioning grants functions. Leave it out."
CONTRACTS = "National contract terms: reserved, so no CCG takes it on. The terms that contracts have in all of England."


def record(world: World, at: At, *each: dict[str, Any]) -> Response:
    return world.person(at.panel()).post(f"{at.where}/outcomes", outcomes(*each), if_match=at.etag)


def granted(world: World, *members: str, level: str = "delegated", **said: dict[str, Any]) -> list[Decided]:
    """Announced, each member with what the panel said of its own."""
    rulings = [outcome(code, **{"word": "approved", **said.get(f"of_{code}", {})}) for code in members]
    at = recorded(world, submitted(world, *members, level=level), *rulings)
    at = signed_off(world, at, "national-1" if level == "delegated" else at.panel(2))
    announced(world, levels=[level])
    return [decided(at.reference, code) for code in members]


def everywhere(world: World, at: Decided) -> list[Any]:
    """The functions of a decision at every address that shows it whole."""
    on = f"on={DAY}&round=2015-16"
    shown = world.public.get(f"/v1/approvals/{at.code}").json()
    [listed] = [
        each for each in world.public.get("/v1/decisions").json()["results"] if each["decisionId"] == at.decision_id
    ]
    rows = csv.DictReader(io.StringIO(world.public.get("/v1/decisions.csv").text.lstrip("\ufeff")))
    [row] = [each for each in rows if each["decisionId"] == at.decision_id]
    record = recorded_as(world, at, "national-1")
    members = world.person(at.panel()).get(record["links"]["application"]).json()["members"]
    in_force = world.public.get(f"/v1/approvals?{on}").json()["results"]
    return [
        world.public.get(at.where).json()["functions"],
        listed["functions"],
        [each for each in row["functions"].split(" | ") if each],
        record["functions"],
        *[each["functions"] for each in members if each["odsCode"] == at.code],
        *[each["functions"] for each in (shown["current"], shown["next"], *shown["past"]) if each],
        *[each["functions"] for each in in_force if each["odsCode"] == at.code],
    ]


def test_reference_data_say_which_functions_are_delegated_and_which_reserved(world: World) -> None:
    found = world.public.get("/v1/reference-data/functions").json()
    kinds = world.public.get("/v1/reference-data/function-kinds").json()["results"]

    derby = "Southern Derbyshire CCG, governing body paper of 15 January 2015"
    assert [(each["code"], each["kind"]) for each in found["results"]] == [
        ("gms_pms_apms_contracts", "delegated"),
        ("newly_designed_enhanced_services", "delegated"),
        ("local_incentive_schemes", "delegated"),
        ("new_practices", "delegated"),
        ("practice_mergers", "delegated"),
        ("discretionary_payments", "delegated"),
        ("practice_complaints", "delegated"),
        ("individual_gp_performance", "reserved"),
        ("payments_and_list_management", "reserved"),
        ("national_contract_terms", "reserved"),
        ("dental_services", "reserved"),
        ("eye_health_services", "reserved"),
        ("community_pharmacy_services", "reserved"),
    ]
    assert found["results"][9] == {
        "code": "national_contract_terms",
        "label": "National contract terms",
        "description": "The terms that contracts have in all of England.",
        "validFrom": None,
        "validTo": None,
        "knownTo": None,
        "kind": "reserved",
        "source": derby,
    }
    assert [(each["code"], each["description"], each["kind"]) for each in kinds] == [
        ("delegated", "Delegated commissioning hands it over to the CCG.", None),
        ("reserved", "NHS England keeps it; no CCG takes it on.", None),
    ]


def test_a_proposal_that_names_a_reserved_function_is_refused_at_its_place(world: World) -> None:
    document = application("10T", submitted=False)
    document["proposal"]["functions"] = ["new_practices", "national_contract_terms"]

    answer = world.system("slough").post("/v1/applications", document)

    assert_refused(answer, 422, "invalid-document", NOT_TAKEN, ("/proposal/functions/1", CONTRACTS))


def test_a_decision_at_delegated_grants_the_functions_of_the_proposal(world: World) -> None:
    [at] = granted(world, "10T")
    ahead = everywhere(world, at)
    signed(world, at, world.clock.at.date())

    assert ahead == [PROPOSED] * 6
    assert everywhere(world, at) == [PROPOSED] * 7


def test_the_panel_may_grant_one_member_less_and_another_all(world: World) -> None:
    less, whole = granted(world, "07P", "07W", of_07P={"functions": LESS})

    assert everywhere(world, less) == [LESS] * 6
    assert everywhere(world, whole) == [PROPOSED] * 6


def test_a_conditional_approval_says_what_it_will_grant(world: World) -> None:
    [at] = granted(world, "10T", of_10T={"word": "conditional", "functions": LESS})

    assert everywhere(world, at) == [LESS] * 6


@pytest.mark.parametrize("word", ["rejected", "downgraded_to_joint"])
def test_what_is_not_delegated_grants_no_functions(world: World, word: str) -> None:
    [at] = granted(world, "10T", of_10T={"word": word})

    assert everywhere(world, at) == [[]] * 6


def test_a_joint_approval_grants_no_functions_whatever_was_proposed(world: World) -> None:
    [at] = granted(world, "10T", level="joint")

    assert everywhere(world, at) == [[]] * 6


def test_functions_at_another_level_are_refused_with_every_other_fault(world: World) -> None:
    at = submitted(world, "07P", "07W")

    answer = record(
        world,
        at,
        outcome("07P", "rejected", functions=LESS),
        outcome("07W", "approved", functions=["practice_mergers", "new_practices", "new_practices"]),
    )

    what = "practice_mergers was not proposed; the proposal names gms_pms_apms_contracts, new_practices."
    assert_refused(
        *(answer, 422, "invalid-document", ONLY_DELEGATED),
        ("/outcomes/0/functions", ONLY_DELEGATED),
        ("/outcomes/1/functions/0", what),
        ("/outcomes/1/functions/2", "new_practices is named twice."),
    )


def test_no_panel_grants_a_reserved_function_or_none_at_all(world: World) -> None:
    at = submitted(world, "10T")

    reserved = record(world, at, outcome("10T", "approved", functions=["national_contract_terms"]))
    nothing = record(world, at, outcome("10T", "approved", functions=[]))

    assert_refused(reserved, 422, "invalid-document", NOT_TAKEN, ("/outcomes/0/functions/0", CONTRACTS))
    assert_refused(nothing, 422, "invalid-document", NOT_TAKEN, ("/outcomes/0/functions", "Must have at least 1 item."))


def test_what_was_recorded_is_shown_as_it_was_recorded_and_applicants_know_nothing_of_it(world: World) -> None:
    at = recorded(world, submitted(world, "10T"), outcome("10T", "approved", functions=LESS))
    panels = world.person(at.panel()).get(at.where).json()
    [applicants] = world.system("slough").get(at.where).json()["members"]
    at = returned(world, at)
    [again] = world.person(at.panel()).get(at.where).json()["review"]["returned"]

    assert [each["functions"] for each in panels["members"]] == [LESS]
    assert [each["functions"] for each in panels["review"]["recorded"]["outcomes"]] == [LESS]
    assert applicants["functions"] is None
    assert [each["functions"] for each in again["outcomes"]] == [LESS]


def test_what_was_amended_because_the_panel_asked_is_what_is_granted(world: World) -> None:
    at = changes_requested(world, submitted(world, "10T"))
    changed = application("10T", submitted=False)
    changed["proposal"]["functions"] = ["practice_mergers"]
    at = acted(at, world.system("slough").patch(at.where, changed, if_match=at.etag), 200)
    signed_off(world, recorded(world, handed_in(world, at), outcome("10T", "approved")))
    announced(world)

    assert everywhere(world, decided(at.reference, "10T")) == [["practice_mergers"]] * 6


def test_a_correction_keeps_the_functions_unless_it_names_others(world: World) -> None:
    [at] = granted(world, "10T", of_10T={"functions": LESS})
    kept = corrected(world, at, {"outcome": "approved"})
    widened = corrected(world, kept, {"outcome": "approved", "functions": PROPOSED})
    taken = corrected(world, widened, {"outcome": "rejected", "reasons": [REASON]})

    assert [world.public.get(each.where).json()["functions"] for each in (at, kept, widened, taken)] == [
        *(LESS, LESS, PROPOSED, []),
    ]


def test_a_correction_that_first_grants_delegated_gives_what_was_proposed(world: World) -> None:
    [at] = granted(world, "10T", of_10T={"word": "downgraded_to_joint"})

    assert everywhere(world, corrected(world, at, {"outcome": "approved"}))[0] == PROPOSED


def test_the_second_person_reads_the_functions_that_a_correction_proposes(world: World) -> None:
    at = approved(world, "10T")
    where, body = f"{at.where}/correction", {"reason": "Read out wrongly.", "outcome": "approved"}

    made = world.person("national-1").post(where, {**body, "functions": LESS}, if_match=etag(world, at))
    wrong = world.person("national-1").post(
        where, {**body, "functions": ["practice_mergers"]}, if_match=etag(world, at)
    )

    assert made.status_code == 201, made.text
    assert made.json()["proposal"]["terms"]["functions"] == LESS
    what = "practice_mergers was not proposed; the proposal names gms_pms_apms_contracts, new_practices."
    assert_refused(wrong, 422, "invalid-document", what, ("/functions/0", what))


def test_of_history_it_is_not_known_which_functions_were_granted(world: World) -> None:
    import_history(world)
    rows = world.public.get("/v1/decisions?round=2015-16&level=delegated&limit=200").json()["results"]

    assert {each["origin"] for each in rows} == {"history"}
    assert [each["functions"] for each in rows if each["grantedLevel"] == "delegated"] == [None] * len(
        [each for each in rows if each["grantedLevel"] == "delegated"]
    )


def test_a_correction_of_what_has_no_proposal_names_no_functions(world: World) -> None:
    import_history(world)
    [row] = world.public.get("/v1/decisions?odsCode=04R&round=2015-16").json()["results"]
    at = Decided(row["decisionId"], "04R")
    body = {"reason": "A paper says so.", "outcome": "approved", "functions": ["practice_complaints"]}

    answer = world.person("national-1").post(f"{at.where}/correction", body, if_match=etag(world, at))

    what = "Of this decision no proposal is known, so nothing tells which functions there were. Leave it out."
    assert_refused(answer, 422, "invalid-document", what, ("/functions", what))
