"""Expressions of interest, as in 2014: little is asked, nothing is granted, and a later application links to them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.rules.rounds import RoundStage
from tests.api import post_decision
from tests.api.post_decision import ticked
from tests.api.steps import (
    SUBMIT,
    At,
    acted,
    announced,
    assert_refused,
    assessed,
    granted,
    made_round,
    recorded,
    signed_off,
    submitted,
)
from tests.world import CONDITION, World, application, outcome, outcomes

ROUND = "interest-2014"
PARTS = ("summary", "benefits", "conflictsOfInterest")
# Lists and figures that name no round. What is decided here moves none of them.
UNNAMED = (
    "/v1/approvals",
    "/v1/approvals.csv",
    "/v1/decisions",
    "/v1/decisions.csv",
    "/v1/statistics",
    "/v1/statistics.csv",
    "/v1/organisations?limit=200",
    "/v1/organisations.csv",
    "/v1/comparison?from=2014-12-01&to=2015-06-01",
    "/v1/waiting-times",
    "/v1/waiting-times.csv",
)
NOT_CONDITIONAL = "An expression of interest grants nothing that could wait for conditions: choose another outcome."


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same acts to PostgreSQL."""
    made_round(
        sqlite_world,
        ROUND,
        stage=RoundStage.EXPRESSION_OF_INTEREST,
        starts_on=date(2015, 4, 1),
        announcement_expected_on=date(2015, 2, 1),
    )
    return sqlite_world


def three_parts(code: str, round_id: str = ROUND, level: str = "delegated", **sent: bool) -> dict[str, Any]:
    document = application(code, round_id=round_id, level=level, **sent)
    document["proposal"] = {name: document["proposal"][name] for name in PARTS}
    del document["signatories"]
    return document


def expressed(world: World, code: str = "10T", level: str = "delegated") -> At:
    """An expression of interest that says no more than it must."""
    client = {"10T": "slough", "02W": "bradford"}[code]
    answer = world.system(client).post("/v1/applications", three_parts(code, level=level))
    assert answer.status_code == 201, answer.text
    return At(answer.headers["location"], answer.headers["etag"], (code,))


def decided(world: World, word: str = "approved", code: str = "10T") -> At:
    return signed_off(world, recorded(world, expressed(world, code), outcome(code, word)))


def answered(world: World, word: str = "approved", code: str = "10T") -> At:
    at = decided(world, word, code)
    announced(world, ROUND)
    return at


def said(world: World, paths: tuple[str, ...] = UNNAMED) -> dict[str, Any]:
    """What lists hold, without the sequence that every publication moves."""
    found, sequence = {}, world.public.get("/v1/approvals").json()["publicSequence"]
    for path in paths:
        answer = world.public.get(path)
        assert answer.status_code == 200, answer.text
        is_json = answer.headers["content-type"].startswith("application/json")
        found[path] = (
            {**answer.json(), "publicSequence": 0} if is_json else _at_no_sequence(answer.text, sequence, path)
        )
    return found


def _at_no_sequence(text: str, sequence: int, path: str) -> str:
    """Each row of the statistics says at which sequence it was counted; rows of decisions have their own."""
    return text.replace(f",{sequence},", ",0,") if path == "/v1/statistics.csv" else text


def link(at: At, word: str = "approved", *, is_public: bool = True) -> dict[str, Any]:
    key = f"{at.reference}-{at.lead}"
    href = f"/v1/decisions/{key}{'' if is_public else '/record'}"
    return {"decisionId": key, "roundId": ROUND, "outcome": word, "href": href}


# --- what is asked ------------------------------------------------------------------------------


def test_a_round_says_its_stage_and_it_can_be_put(world: World) -> None:
    admin, path = world.person("admin-1"), f"/v1/rounds/{ROUND}"
    assert [world.public.get(each).json()["stage"] for each in (path, "/v1/rounds/2015-16")] == [
        "expression_of_interest",
        "application",
    ]
    before = admin.get(path)
    version = f'"v{before.json()["version"]}"'

    unknown = admin.put(path, {**before.json(), "stage": "hearsay"}, if_match=version)
    changed = admin.put(path, {**before.json(), "stage": "application"}, if_match=version)

    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/stage")
    assert (changed.status_code, changed.json()["stage"]) == (200, "application")


def test_a_round_with_expressions_of_interest_keeps_its_stage_and_its_kind(world: World) -> None:
    expressed(world)
    admin, path = world.person("admin-1"), f"/v1/rounds/{ROUND}"
    plan = admin.get(path).json()

    refused = admin.put(path, {**plan, "stage": "application", "kind": "trial"}, if_match=f'"v{plan["version"]}"')

    assert_refused(
        refused,
        422,
        "invalid-document",
        "A round with applications keeps its kind and its stage.",
        ("/kind", "Stays real: the round has applications."),
        ("/stage", "Stays expression_of_interest: the round has applications."),
    )


def test_a_draft_with_the_three_parts_is_submitted(world: World) -> None:
    slough = world.system("slough")
    created = slough.post("/v1/applications", three_parts("10T", submitted=False))
    at = At(created.headers["location"], created.headers["etag"], ("10T",))

    answer = slough.post(f"{at.where}/submission", SUBMIT)

    assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    assert answer.json()["proposal"] == {name: application("10T")["proposal"][name] for name in PARTS}


def test_what_is_missing_of_the_three_parts_is_named_and_nothing_else(world: World) -> None:
    document = three_parts("10T")
    document["proposal"] = {"summary": "So.", "benefits": {"quality": "Better."}}

    refused = world.system("slough").post("/v1/applications", document)

    lacking = (
        *("/proposal/benefits/integration", "/proposal/benefits/inequalities"),
        *("/proposal/conflictsOfInterest/policyUrl", "/proposal/conflictsOfInterest/registerOfInterestsUrl"),
        "/proposal/conflictsOfInterest/lastReviewedOn",
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "incomplete-application")
    assert [each["pointer"] for each in refused.json()["errors"]] == list(lacking)


def test_the_same_in_a_round_of_applications_is_refused_and_names_the_parts(world: World) -> None:
    refused = world.system("slough").post("/v1/applications", three_parts("10T", "2015-16"))

    named = [each["pointer"] for each in refused.json()["errors"]]
    assert (refused.status_code, refused.json()["code"]) == (422, "incomplete-application")
    parts = {each.split("/")[2] for each in named if each.startswith("/proposal/")}
    assert parts == {"functions", "governance", "finance", "capacity", "engagement"}
    assert named[-1] == "/signatories"


def test_it_is_assessed_by_what_it_must_say(world: World) -> None:
    at = expressed(world)
    panel = world.person(at.panel())
    [row] = panel.get("/v1/queue").json()["results"]
    offered = [each["href"].rpartition("/")[2] for each in row["nextActions"] if each["rel"] == "assess"]

    refused = panel.put(f"{at.where}/assessments/finance", {"rating": "met", "justification": "So."}, If_None_Match="*")
    assessed(world, assessed(world, at, "benefits"), "conflicts_of_interest")

    assert (row["assessed"], offered) == ({"done": 0, "of": 2}, ["benefits", "conflicts_of_interest"])
    detail = "An expression of interest is assessed by benefits and conflicts_of_interest only."
    assert_refused(refused, 422, "invalid-document", detail, ("", detail))
    assert [each["assessed"] for each in panel.get("/v1/queue?assessed=all").json()["results"]] == [
        {"done": 2, "of": 2}
    ]


def test_nothing_can_wait_for_a_condition(world: World) -> None:
    at = expressed(world)

    body = outcomes(outcome("10T", "conditional"))
    refused = world.person(at.panel()).post(f"{at.where}/outcomes", body, if_match=at.etag)

    assert_refused(refused, 422, "condition-not-allowed", NOT_CONDITIONAL, ("/outcomes/0/outcome", NOT_CONDITIONAL))


# --- what is decided ----------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["approved", "downgraded_to_joint", "rejected"])
def test_a_decision_grants_nothing_and_moves_no_list_that_does_not_name_its_round(world: World, word: str) -> None:
    granted(world, "05W")
    before, at = said(world), decided(world, word)
    announced(world, ROUND)

    assert said(world) == before
    found = world.public.get(at.decision()).json()
    given = ("grantedLevel", "effectiveFrom", "standing", "inForceFrom", "inForceTo", "endedBy", "agreementInWords")
    assert (found["stage"], found["outcome"], found["trial"]) == ("expression_of_interest", word, False)
    assert {name: found[name] for name in given} == dict.fromkeys(given)
    assert found["expressionsOfInterest"] == []


def test_it_is_listed_and_counted_if_its_round_is_named(world: World) -> None:
    at = answered(world)

    [row] = world.public.get(f"/v1/decisions?round={ROUND}").json()["results"]
    listed = world.public.get(f"/v1/approvals?round={ROUND}").json()
    [figures] = world.public.get(f"/v1/statistics?round={ROUND}").json()["results"]
    plan = world.public.get(f"/v1/rounds/{ROUND}").json()

    assert row["decisionId"] == f"{at.reference}-10T"
    assert [(each["decisionId"], each["grantedLevel"], each["standing"]) for each in listed["results"]] == [
        (f"{at.reference}-10T", None, None)
    ]
    assert plan["counts"] == {"approved": 1, "conditional": 0, "rejected": 0, "downgraded_to_joint": 0}
    assert (figures["round"], figures["outcomes"]["approved"]) == (ROUND, 1)
    assert figures["inForce"] == 0


def test_its_ccg_holds_nothing_by_it(world: World) -> None:
    at = answered(world)

    held = world.public.get("/v1/approvals/10T").json()
    ccg = world.public.get("/v1/organisations/10T").json()
    status = world.system("slough").get("/v1/organisations/10T/status").json()
    record = world.person("national-1").get(f"{at.decision()}/record").json()

    assert [(each["current"], each["next"]) for each in (held, ccg, status)] == [(None, None)] * 3
    assert ccg["position"] == "no_published_decision"
    assert record["grant"] is None
    assert [each["rel"] for each in record["nextActions"]] == ["propose-correction"]


def test_it_bars_nothing(world: World) -> None:
    answered(world)

    again = expressed(world)
    applied = submitted(world, "10T")

    assert [world.system("slough").get(each.where).json()["state"] for each in (again, applied)] == ["submitted"] * 2


def test_a_holder_is_refused_as_an_applicant_is(world: World) -> None:
    granted(world, "10T")

    refused = world.system("slough").post("/v1/applications", three_parts("10T"))

    assert_refused(
        refused,
        422,
        "already-held",
        "10T: delegated is in force or granted ahead.",
        ("/memberOdsCodes", "10T already holds delegated."),
    )


def test_a_correction_grants_nothing_either(world: World) -> None:
    at = post_decision.decided(answered(world, "rejected").reference, "10T")
    conditional = {"outcome": "conditional", "conditions": [CONDITION], "reason": "It was misread."}
    version = post_decision.etag(world, at)

    refused = world.person("national-1").post(f"{at.where}/correction", conditional, if_match=version)
    corrected = post_decision.corrected(world, at, {"outcome": "approved"})

    assert_refused(refused, 422, "condition-not-allowed", NOT_CONDITIONAL, ("/outcome", NOT_CONDITIONAL))
    shown = world.public.get(corrected.where).json()
    assert [shown[name] for name in ("outcome", "grantedLevel", "standing")] == ["approved", None, None]


# --- what follows -------------------------------------------------------------------------------


def test_a_later_application_its_queue_row_and_its_decision_link_to_it(world: World) -> None:
    interest = answered(world)
    at = submitted(world, "10T")
    panel = world.person(at.panel())

    file = world.system("slough").get(at.where).json()
    seen = panel.get(at.where).json()
    [row] = [each for each in panel.get("/v1/queue").json()["results"] if each["reference"] == at.reference]
    signed_off(world, recorded(world, at))
    announced(world)

    shown = world.public.get(at.decision()).json()
    linked = [each["expressionsOfInterest"] for each in (file, seen, row, shown)]
    assert linked == [[link(interest)]] * 4
    assert shown["stage"] == "application"
    assert world.system("slough").get(interest.where).json()["expressionsOfInterest"] == []
    assert (f"{interest.reference}-10T" in panel.get("/v1/queue.csv").text) is False


def test_a_rejected_interest_is_linked_as_one_and_not_as_an_earlier_decision(world: World) -> None:
    made_round(world, "2016-17")
    interest = answered(world, "rejected")

    file = world.system("slough").get(submitted(world, "10T", round_id="2016-17").where).json()

    assert (file["expressionsOfInterest"], file["earlierDecisions"]) == ([link(interest, "rejected")], [])


def test_nobody_is_linked_to_what_they_may_not_know(world: World) -> None:
    """Before it is public it is shown to its applicants alone, from the instant that the round names."""
    see_at = datetime(2014, 12, 20, 9, 0, tzinfo=UTC)
    made_round(
        world, ROUND, stage=RoundStage.EXPRESSION_OF_INTEREST, starts_on=date(2015, 4, 1), applicants_see_at=see_at
    )
    interest, at = decided(world), submitted(world, "10T")

    def linked() -> list[Any]:
        slough, panel = world.system("slough"), world.person(at.panel())
        [row] = [each for each in panel.get("/v1/queue").json()["results"] if each["reference"] == at.reference]
        read = [slough.get(at.where).json(), panel.get(at.where).json(), row]
        return [each["expressionsOfInterest"] for each in read]

    hidden = linked()
    world.clock.at = see_at
    ticked(world)
    shown = linked()
    own = world.system("slough").get(link(interest, is_public=False)["href"])
    announced(world, ROUND)

    assert hidden == [[], [], []]
    assert shown == [[link(interest, is_public=False)], [], []]
    assert own.status_code == 200
    assert linked() == [[link(interest)]] * 3


def test_the_queues_file_names_it(world: World) -> None:
    interest, at = answered(world), submitted(world, "10T")
    acted(at, world.person(at.panel()).get(at.where), 200)

    head, row = world.person(at.panel()).get("/v1/queue.csv").text.splitlines()

    assert head.split(",")[-1] == "expressionsOfInterest"
    assert row.split(",")[-1] == f"{interest.reference}-10T"
