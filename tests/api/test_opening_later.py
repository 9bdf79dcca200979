"""Applying before opening: a body that opens by the round's start, with the consent of those whose place it takes."""

from datetime import date
from typing import Any

import pytest
from httpx2 import Response

from tests.api.post_decision import decided, revoked
from tests.api.steps import (
    CONFIRM,
    SUBMIT,
    At,
    acted,
    agreed,
    announced,
    assert_refused,
    log_size,
    made_round,
    registered,
    signed_off,
)
from tests.api.succession import asked, item, merged, reopened
from tests.world import ATTRIBUTION, World, application, outcome, outcomes

NEW, LATER, UNKNOWN = "99X", "99Y", "99Z"
OPENS = date(2015, 4, 1)
BEFORE = ("10G", "10T")
RELS = ("consent", "submit", "leave", "amend", "withdraw")


@pytest.fixture
def world(sqlite_world: World) -> World:
    """Two of East Berkshire are to merge on the day the round starts; each of the three has a system of its own."""
    merged(sqlite_world, *BEFORE, into=NEW, on=OPENS)
    registered(sqlite_world, "new", ["applications"], ods_codes=[NEW])
    registered(sqlite_world, "bracknell", ["applications"], ods_codes=["10G"])
    return sqlite_world


def send(world: World, client: str = "new", *, submitted: bool = False, code: str = NEW, **changed: Any) -> Response:
    document = application(code, submitted=submitted) | changed
    return world.system(client).post("/v1/applications", document)


def draft(world: World) -> At:
    answer = send(world)
    assert answer.status_code == 201, answer.text
    return At(answer.headers["location"], answer.headers["etag"], (NEW,))


def submit(world: World, at: At) -> Response:
    return world.system("new").post(f"{at.where}/submission", SUBMIT)


def offered(world: World, at: At, client: str) -> list[str]:
    said = world.system(client).get(at.where).json()["nextActions"]
    return [each["rel"] for each in said if each["rel"] in RELS]


def missing(world: World, at: At, client: str) -> tuple[Any, Any]:
    """Whose consent is missing, as the file and the status say it to a client."""
    system = world.system(client)
    answers = [system.get(at.where).json(), system.get(f"{at.where}/status").json()]
    return answers[0]["consentsMissing"], answers[1]["consentsMissing"]


def all_agreed(world: World) -> At:
    at = agreed(world, draft(world), "10G", "bracknell")
    return agreed(world, at, "10T", "slough")


def must_agree(code: str) -> tuple[str, str]:
    what = f"{code}, in whose place {NEW} opens, has not agreed. Its client does, at /consents of the draft."
    return "/memberOdsCodes", what


def test_a_body_that_opens_by_the_start_of_the_round_may_draft_before(world: World) -> None:
    answer = send(world)

    said = answer.json()
    names = ("state", "leadOdsCode", "memberOdsCodes", "regionCode", "consentsMissing", "flags")
    assert (answer.status_code, [said[name] for name in names]) == (
        201,
        ["draft", NEW, [NEW], world.public.get("/v1/organisations/10G").json()["region"]["code"], list(BEFORE), []],
    )
    assert [each["odsCode"] for each in said["members"]] == [NEW]


def test_it_is_refused_at_submission_until_each_of_its_predecessors_has_agreed(world: World) -> None:
    at = draft(world)

    neither = submit(world, at)
    one = submit(world, agreed(world, at, "10G", "bracknell"))
    at_once = send(world, submitted=True)

    both = "No consent from 10G, 10T."
    assert_refused(neither, 422, "consent-missing", both, *map(must_agree, BEFORE))
    assert_refused(one, 422, "consent-missing", "No consent from 10T.", must_agree("10T"))
    assert_refused(at_once, 422, "consent-missing", both, *map(must_agree, BEFORE))


def test_each_predecessor_finds_the_draft_agrees_and_sees_who_else_has_not(world: World) -> None:
    at = draft(world)
    found = [world.system(client).get("/v1/applications").json() for client in ("bracknell", "slough", "brent")]
    before = {client: offered(world, at, client) for client in ("new", "bracknell", "slough")}
    lacking = [missing(world, at, client) for client in ("new", "bracknell", "slough")]

    at = agreed(world, at, "10G", "bracknell")

    assert [[row["href"] for row in each["results"]] for each in found] == [[at.where], [at.where], []]
    assert [each["total"] for each in found] == [1, 1, 0]
    assert before == {"new": ["amend", "withdraw"], "bracknell": ["consent"], "slough": ["consent"]}
    assert lacking == [(list(BEFORE), list(BEFORE))] * 3
    assert missing(world, at, "slough") == (["10T"], ["10T"])
    assert offered(world, at, "bracknell") == []
    assert offered(world, agreed(world, at, "10T", "slough"), "new") == ["amend", "submit", "withdraw"]


def test_to_everybody_else_there_is_no_such_draft(world: World) -> None:
    at = draft(world)

    for caller in (world.system("brent"), world.person("south-panel-1"), world.person("national-1")):
        assert caller.get(at.where).status_code == 404
    stranger = world.system("brent").post(f"{at.where}/consents", {"odsCode": "10G", "attribution": ATTRIBUTION})
    assert stranger.status_code == 404


def test_predecessors_are_told_by_the_events_of_members(world: World) -> None:
    newest = log_size(world) - 1
    at = draft(world)
    at = agreed(world, at, "10G", "bracknell")

    told = [
        [each["type"] for each in world.system(client).get(f"{at.where}/events").json()["results"]]
        for client in ("new", "bracknell", "slough")
    ]
    own = world.system("slough").get(f"/v1/events?after={newest}").json()["results"]

    assert told == [["application.created", "consent.given"]] * 3
    assert [each["type"] for each in own if each["reference"] == at.reference] == told[0]


def test_an_amendment_ends_their_consents_too(world: World) -> None:
    at = all_agreed(world)
    document = application(NEW, submitted=False)

    at = acted(at, world.system("new").patch(at.where, document, if_match=at.etag), 200)

    assert missing(world, at, "new")[0] == list(BEFORE)


def test_a_client_registered_for_all_of_them_submits_at_once(world: World) -> None:
    registered(world, "all-three", ["applications"], ods_codes=[NEW, *BEFORE])

    answer = send(world, "all-three", submitted=True)

    assert (answer.status_code, answer.json()["state"]) == (201, "submitted")


def test_predecessors_neither_leave_nor_count_as_members(world: World) -> None:
    at = all_agreed(world)
    leaving = world.system("slough").post(f"{at.where}/withdrawal", {"odsCode": "10T", "attribution": ATTRIBUTION})
    acted(at, submit(world, at), 200)
    own = world.system("slough").post("/v1/applications", application("10T"))
    waiting = world.person("national-1").get("/v1/applications?odsCode=10T").json()["results"]

    what = "10T is not a member of this application."
    assert_refused(leaving, 422, "invalid-document", what, ("/odsCode", what))
    assert own.status_code == 201
    assert [row["leadOdsCode"] for row in waiting] == ["10T"]


def test_it_is_decided_in_the_region_of_its_first_fact_and_holds_from_its_first_day(world: World) -> None:
    at = all_agreed(world)
    at = acted(at, submit(world, at), 200)
    panel = world.person("south-panel-1")
    answer = panel.post(
        f"{at.where}/outcomes",
        {
            "panel": {"metOn": "2014-12-14", "members": ["A. Chair"], "recusals": []},
            "outcomes": [outcome(NEW, "approved")],
        },
        if_match=at.etag,
    )
    at = acted(at, answer)
    before = world.public.get(f"/v1/organisations/{NEW}").json()
    signed_off(world, at)
    announced(world)

    decision = world.public.get(decided(at.reference, NEW).where).json()
    assert before["position"] == "no_published_decision"
    names = ("odsCode", "name", "outcome", "grantedLevel", "effectiveFrom", "standing")
    assert [decision[name] for name in names] == [
        *(NEW, f"NHS {NEW} CCG", "approved", "delegated", "2015-04-01", "not_started"),
    ]
    assert decision["region"] == world.public.get("/v1/organisations/10G").json()["region"]
    assert world.public.get(f"/v1/approvals/{NEW}").json()["next"]["decisionId"] == decision["decisionId"]


def test_bodies_that_open_after_the_start_or_that_nobody_knows_are_refused_each_with_the_reason(world: World) -> None:
    merged(world, "11C", into=LATER, on=date(2015, 4, 2))

    answer = send(world, memberOdsCodes=[NEW, LATER, UNKNOWN])

    assert_refused(
        *(answer, 422, "unknown-organisation"),
        f"{LATER}, {UNKNOWN}: not the code of a CCG that is open, or opens by 2015-04-01.",
        ("/memberOdsCodes/1", f"{LATER} opens on 2015-04-02, after the round starts on 2015-04-01."),
        ("/memberOdsCodes/2", f"{UNKNOWN} is not an open CCG. All are at /v1/organisations."),
    )


def test_once_it_has_opened_nobody_else_agrees(world: World) -> None:
    made_round(
        world,
        "2016-17",
        delegated_deadline=date(2015, 5, 1),
        joint_deadline=date(2015, 5, 1),
        closes_on=date(2015, 6, 1),
    )
    answer = send(world, roundId="2016-17")
    at = At(answer.headers["location"], answer.headers["etag"], (NEW,))
    lacking = missing(world, at, "new")[0]

    world.clock.move_to(world.clock.at.replace(year=2015, month=4, day=2))

    assert (answer.status_code, lacking) == (201, list(BEFORE))
    assert missing(world, at, "new") == ([], [])
    assert submit(world, at).status_code == 200


def test_an_own_decision_that_was_revoked_before_that_day_leaves_room_for_a_succession(world: World) -> None:
    at = all_agreed(world)
    at = acted(at, submit(world, at), 200)
    sound = outcomes(outcome(NEW, "approved"))
    at = acted(at, world.person("south-panel-1").post(f"{at.where}/outcomes", sound, if_match=at.etag))
    signed_off(world, at)
    announced(world)
    own = decided(at.reference, NEW)
    moves = asked(item(NEW, "none", None), on=OPENS)

    while_it_stands = world.person("national-1").post("/v1/successions", moves)
    revoked(world, own)
    afterwards = world.person("national-1").post("/v1/successions", moves)

    told = ("/items/0/odsCode", f"{NEW} holds {own.decision_id}.")
    said = f"{NEW}: a decision gives something for that day already."
    assert_refused(while_it_stands, 409, "already-decided", said, told)
    assert afterwards.status_code == 201


def test_an_interest_in_a_predecessor_bars_as_one_in_a_member_does(world: World) -> None:
    at = all_agreed(world)
    at = acted(at, submit(world, at), 200)
    panel, national = world.person("south-panel-interested"), world.person("national-interested")
    barred = (403, "conflict-of-interest", "You have declared an interest in 10T.")

    said = panel.put(f"{at.where}/assessments/finance", {"rating": "met", "justification": "Sound."}, If_None_Match="*")
    recorded = panel.post(f"{at.where}/outcomes", outcomes(outcome(NEW, "approved")), if_match=at.etag)
    offered_to_panel = [each["rel"] for each in panel.get(at.where).json()["nextActions"]]
    sound = outcomes(outcome(NEW, "approved"))
    at = acted(at, world.person("south-panel-1").post(f"{at.where}/outcomes", sound, if_match=at.etag))
    signed = national.post(f"{at.where}/sign-off", CONFIRM, if_match=at.etag)

    for answer in (said, recorded, signed):
        assert_refused(answer, *barred)
    assert offered_to_panel == ["request-changes"]
    assert national.get(at.where).json()["nextActions"] == []


def test_of_a_merger_that_is_called_off_nobody_is_a_predecessor_any_more(world: World) -> None:
    at = agreed(world, draft(world), "10T", "slough")
    reopened(world, "10G")

    left = (missing(world, at, "new"), offered(world, at, "new"))
    reads = world.system("bracknell").get(at.where)
    listed = world.system("bracknell").get("/v1/applications").json()

    assert left == (([], []), ["amend", "submit", "withdraw"])
    assert (reads.status_code, listed["results"], listed["total"]) == (404, [], 0)
    assert submit(world, at).status_code == 200


def test_who_joins_the_merger_later_is_asked_once_the_draft_is_amended(world: World) -> None:
    registered(world, "windsor", ["applications"], ods_codes=["11C"])
    at = all_agreed(world)
    merged(world, "11C", into=NEW, on=OPENS)

    refused = submit(world, at)
    change = {"attribution": ATTRIBUTION, "proposal": {"summary": "Made up, with a third."}}
    at = acted(at, world.system("new").patch(at.where, change, if_match=at.etag), 200)

    what = "11C, in whose place 99X opens, is not asked yet: the merger became known after the draft."
    told = f"{what} Amend the draft, then its client can."
    assert_refused(refused, 422, "consent-missing", "No consent from 11C.", ("/memberOdsCodes", told))
    assert missing(world, at, "new") == ([*BEFORE, "11C"], [*BEFORE, "11C"])
    assert offered(world, at, "windsor") == ["consent"]
