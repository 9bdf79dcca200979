"""Scaling down: after they have applied for delegated commissioning, CCGs choose joint commissioning themselves."""

from typing import Any

import pytest
from httpx2 import Response

from tests.api.steps import (
    IF_MATCH_REQUIRED,
    SCALE_DOWN,
    SUBMIT,
    At,
    acted,
    agreed,
    announced,
    assert_refused,
    changes_requested,
    drafted,
    handed_in,
    recorded,
    registered,
    scaled_down,
    signed_off,
    submitted,
)
from tests.world import ATTRIBUTION, World, application, outcome, outcomes


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same acts to PostgreSQL."""
    return sqlite_world


REASON = SCALE_DOWN["reason"]
MEMBERS = ("07P", "07W")
OWN = {"chosenBy": "ccg"}
NOT_SCALED = "The application was not scaled down, so the downgrade is the choice of the panel."


def scale(world: World, at: At, client: str | None = None, **changed: Any) -> Response:
    """Ask for it with the newest version."""
    sent = {**SCALE_DOWN, **changed}
    return world.system(client or at.client).post(f"{at.where}/scale-down", sent, if_match=at.etag)


def rels(world: World, at: At, who: str) -> list[str]:
    caller = world.person(who) if "-panel-" in who or who.startswith("national") else world.system(who)
    return [each["rel"] for each in caller.get(at.where).json()["nextActions"]]


def scaling_of(said: dict[str, Any]) -> tuple[Any, Any, Any]:
    return said["requestedLevel"], said["scaledDownTo"], said["scaledDownReason"]


def record(world: World, at: At, *each: dict[str, Any]) -> Response:
    return world.person(at.panel()).post(f"{at.where}/outcomes", outcomes(*each), if_match=at.etag)


def together(world: World) -> At:
    """A delegated application of Brent's that Ealing, with a system of its own, agreed to."""
    registered(world, "ealing", ["applications"], ods_codes=["07W"])
    document = application(*MEMBERS, round_id="2015-16", submitted=False)
    answer = world.system("brent").post("/v1/applications", document)
    at = agreed(world, At(answer.headers["location"], answer.headers["etag"], MEMBERS), "07W", "ealing")
    return acted(at, world.system("brent").post(f"{at.where}/submission", SUBMIT), 200)


def test_what_was_requested_stays_and_the_lower_level_stands_beside_it(world: World) -> None:
    at = submitted(world, "10T")

    answer = scale(world, at)

    said = answer.json()
    assert (answer.status_code, answer.headers["etag"], said["state"]) == (200, '"v3"', "submitted")
    assert scaling_of(said) == ("delegated", "joint", REASON)


def test_panel_and_national_see_it_with_its_reason_in_files_and_in_the_queue(world: World) -> None:
    at = scaled_down(world, submitted(world, "10T"))

    panel, national = world.person(at.panel()), world.person("national-1")
    [row] = panel.get("/v1/queue").json()["results"]
    [listed] = national.get("/v1/applications").json()["results"]

    told = ("delegated", "joint", REASON)
    assert [scaling_of(each) for each in (panel.get(at.where).json(), national.get(at.where).json(), row)] == [told] * 3
    assert listed["scaledDownTo"] == "joint"


def test_only_the_leads_system_is_offered_it_while_it_is_possible(world: World) -> None:
    draft = drafted(world, "10T")
    before = rels(world, draft, "slough")
    at = handed_in(world, draft)
    offered = {who: "scale-down" in rels(world, at, who) for who in ("slough", at.panel(), "national-1")}
    asked = changes_requested(world, at)
    while_asked = rels(world, asked, "slough")
    after = rels(world, scaled_down(world, asked), "slough")

    assert offered == {"slough": True, at.panel(): False, "national-1": False}
    assert ["scale-down" in each for each in (before, while_asked, after)] == [False, True, False]


def test_the_panel_can_then_only_record_that_the_ccg_chose_or_reject(world: World) -> None:
    at = scaled_down(world, submitted(world, "10T"))

    approved = record(world, at, outcome("10T", "approved"))
    panels = record(world, at, outcome("10T", "downgraded_to_joint", chosenBy="panel"))
    own = record(world, at, outcome("10T", "downgraded_to_joint", **OWN))

    only = "The application was scaled down: only downgraded_to_joint or rejected is possible."
    choice = "The application was scaled down: the choice was that of the ccg."
    assert_refused(approved, 422, "scaled-down", only, ("/outcomes/0/outcome", only))
    assert_refused(panels, 422, "scaled-down", choice, ("/outcomes/0/chosenBy", choice))
    assert own.status_code == 201


def test_what_was_scaled_down_can_be_rejected(world: World) -> None:
    at = scaled_down(world, submitted(world, "10T"))

    assert record(world, at, outcome("10T", "rejected")).status_code == 201


def test_a_downgrade_is_the_ccgs_choice_only_if_it_scaled_down(world: World) -> None:
    at = submitted(world, "10T")

    answer = record(world, at, outcome("10T", "downgraded_to_joint", **OWN))

    assert_refused(answer, 422, "not-scaled-down", NOT_SCALED, ("/outcomes/0/chosenBy", NOT_SCALED))


def test_it_is_public_with_the_decision_and_not_before(world: World) -> None:
    at = submitted(world, "10T")
    before = [world.public.get(path).text for path in PUBLIC]
    at = scaled_down(world, at)
    own = outcome("10T", "downgraded_to_joint", **OWN)
    at = signed_off(world, recorded(world, at, own))
    unpublished = [world.public.get(path).text for path in PUBLIC]
    record_of = world.person("national-1").get(f"{at.decision()}/record").json()
    announced(world)

    decision = world.public.get(at.decision()).json()
    row = world.public.get("/v1/approvals/10T").json()["next"]
    csv = world.public.get("/v1/decisions.csv").text.splitlines()
    told = ("delegated", "joint", REASON)
    assert unpublished == before
    assert [scaling_of(each) for each in (record_of, decision, row)] == [told] * 3
    assert (decision["outcome"], decision["chosenBy"], decision["grantedLevel"]) == (
        "downgraded_to_joint",
        "ccg",
        "joint",
    )
    assert "chosenBy,scaledDownTo," in csv[0]
    assert "joint,ccg,joint" in csv[1]


PUBLIC = ("/v1/changes", "/v1/approvals", "/v1/decisions", "/v1/statistics", "/v1/organisations/10T")


def test_the_applicants_events_tell_it_and_the_public_ones_do_not(world: World) -> None:
    at = scaled_down(world, submitted(world, "10T"))

    own = world.system("slough").get(f"{at.where}/events").json()["results"]
    panel = world.person(at.panel()).get(f"{at.where}/events").json()["results"]

    kind = "application.scaled_down"
    assert [each["type"] for each in own][-1] == [each["type"] for each in panel][-1] == kind
    assert (own[-1]["said"], panel[-1]["said"]) == ({"attribution": ATTRIBUTION}, {})
    assert kind not in world.public.get("/v1/changes").text


def test_a_correction_of_it_says_it_too_and_keeps_to_what_is_possible(world: World) -> None:
    at = scaled_down(world, submitted(world, "10T"))
    signed_off(world, recorded(world, at, outcome("10T", "downgraded_to_joint", **OWN)))
    announced(world)
    first, second = world.person("national-1"), world.person("national-2")
    etag = first.get(f"{at.decision()}/record").headers["etag"]
    reasons = [{"code": "leadership", "text": "Said better."}]
    less = {"reason": "Wrong words.", "outcome": "approved"}

    refused = first.post(f"{at.decision()}/correction", less, if_match=etag)
    made = {**less, "outcome": "downgraded_to_joint", "reasons": reasons, **OWN}
    proposed = first.post(f"{at.decision()}/correction", made, if_match=etag)
    proposal = proposed.json()["proposal"]["proposalId"]
    confirmed = second.post(f"/v1/proposals/{proposal}/confirmation", {}, if_match=proposed.headers["etag"])

    assert (refused.status_code, refused.json()["code"]) == (422, "scaled-down")
    assert scaling_of(confirmed.json()) == ("delegated", "joint", REASON)


@pytest.mark.parametrize("state", ["draft", "recommended", "withdrawn"])
def test_it_is_refused_in_any_other_state(world: World, state: str) -> None:
    at = drafted(world, "10T")
    if state != "draft":
        at = handed_in(world, at)
    if state == "recommended":
        at = recorded(world, at)
    if state == "withdrawn":
        at = acted(at, world.system("slough").post(f"{at.where}/withdrawal", {"attribution": ATTRIBUTION}), 200)

    answer = scale(world, at)

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state")
    assert answer.json()["detail"] == f"The application is {state}; scale_down is not possible."


def test_it_is_done_once(world: World) -> None:
    at = scaled_down(world, submitted(world, "10T"))

    assert_refused(
        scale(world, at),
        409,
        "wrong-state",
        "The application was scaled down already.",
        state="submitted",
        allowed=["withdraw"],
    )


def test_a_joint_request_has_nothing_to_scale_down_and_every_fault_is_named(world: World) -> None:
    at = submitted(world, "10T", level="joint")

    answer = scale(world, at, reason={"code": "magic", "text": "Why."})

    no = "Delegated commissioning was not requested."
    magic = "magic is none of the reason codes at /v1/reference-data/reasons that can be used now."
    assert_refused(answer, 422, "nothing-to-downgrade", no, ("/level", no), ("/reason/code", magic))


def test_a_version_is_required(world: World) -> None:
    at = submitted(world, "10T")

    answer = world.system("slough").post(f"{at.where}/scale-down", SCALE_DOWN)

    assert_refused(answer, *IF_MATCH_REQUIRED)


def test_no_deadline_bars_it(world: World) -> None:
    at = submitted(world, "10T", round_id="trial")
    world.clock.move_by(days=40)

    assert scale(world, at).status_code == 200


def test_each_other_members_client_agrees_before_the_lead_scales_down(world: World) -> None:
    at = together(world)
    body = {"odsCode": "07W", "attribution": ATTRIBUTION}

    alone = scale(world, at, "brent")
    offered = (rels(world, at, "brent"), rels(world, at, "ealing"))
    plain = world.system("ealing").post(f"{at.where}/consents", body)
    at = acted(at, world.system("ealing").post(f"{at.where}/consents", {**body, "scaleDownTo": "joint"}))
    again = world.system("ealing").post(f"{at.where}/consents", {**body, "scaleDownTo": "joint"})
    then = rels(world, at, "brent")
    done = scale(world, at, "brent")

    missing = "07W has not agreed. Its client does, at /consents with scaleDownTo."
    assert_refused(alone, 422, "consent-missing", "No consent to the scaling down from 07W.", ("", missing))
    assert offered == (["withdraw"], ["consent-to-scale-down", "leave"])
    assert (plain.status_code, again.status_code, done.status_code) == (409, 409, 200)
    assert then == ["withdraw", "scale-down"]


def test_a_member_that_does_not_lead_cannot_scale_down(world: World) -> None:
    at = together(world)

    answer = scale(world, at, "ealing")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
