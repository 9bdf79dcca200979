"""A member leaves an application that is not decided yet; the others go on, and it is free."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from httpx2 import Response

from app.casework.registration import Change, change_client
from tests.api.replay import planned
from tests.api.steps import (
    NOTHING_HERE,
    STALE,
    WITHDRAW,
    At,
    announced,
    assert_refused,
    assessed,
    changes_requested,
    declared,
    drafted,
    handed_in,
    left,
    log_size,
    recorded,
    registered,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import ATTRIBUTION, World, application, outcome


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


KEY = "4b1d7a30-6f8e-4c52-9d11-0a2b3c4d5e6f"
MEMBERS = ("07W", "07P", "09A")
Way = Callable[[World], At]
WAYS: dict[str, Way] = {
    "draft": lambda world: drafted(world, *MEMBERS),
    "submitted": lambda world: submitted(world, *MEMBERS),
    "changes_requested": lambda world: changes_requested(world, submitted(world, *MEMBERS)),
    "recommended": lambda world: recorded(world, submitted(world, *MEMBERS)),
}


def leave(world: World, at: At, code: str, client: str = "brent", **headers: Any) -> Response:
    body = {"odsCode": code, "reason": "Alone after all.", "attribution": ATTRIBUTION}
    return world.system(client).post(f"{at.where}/withdrawal", body, **headers)


@pytest.mark.parametrize("state", WAYS)
def test_a_member_leaves_and_the_others_go_on(world: World, state: str) -> None:
    at = WAYS[state](world)
    version = int(at.etag.strip('"v'))

    answer = leave(world, at, "07P")

    document = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, f'"v{version + 1}"')
    assert (document["state"], document["version"], document["nextActions"]) == (state, version + 1, [])
    assert document["memberOdsCodes"] == [each["odsCode"] for each in document["members"]] == ["07W", "09A"]
    assert document["receipt"]["logIndex"] == log_size(world) - 1
    lead = world.system("north-west-london").get(at.where).json()
    assert (lead["state"], lead["memberOdsCodes"]) == (state, ["07W", "09A"])


@pytest.mark.parametrize("state", WAYS)
def test_who_has_left_sees_nothing_of_it_any_more(world: World, state: str) -> None:
    at = left(world, WAYS[state](world), "07P", "brent")
    brent = world.system("brent")

    for path in ("", "/status", "/events"):
        assert_refused(brent.get(at.where + path), *NOTHING_HERE)
    assert_refused(leave(world, at, "07P"), *NOTHING_HERE)
    listed = brent.get("/v1/applications").json()
    assert (listed["results"], listed["total"]) == ([], 0)
    assert brent.get("/v1/organisations/07P/status").json()["applications"] == []
    events = brent.get("/v1/events?after=200&limit=200").json()["results"]
    assert [each for each in events if each["reference"] == at.reference] == []
    group = world.system("north-west-london")
    assert group.get("/v1/applications?odsCode=07P").json()["results"] == []
    assert group.get(f"{at.where}/events").json()["results"][-1] | {"sequence": 0, "recordedAt": ""} == {
        "sequence": 0,
        "type": "member.left",
        "reference": at.reference,
        "odsCode": "07P",
        "decisionId": None,
        "occurredOn": None,
        "recordedAt": "",
        "basis": None,
        "source": None,
        "href": at.where,
        "by": None,
        "said": {},
    }


@pytest.mark.parametrize("state", WAYS)
def test_leaving_sent_again_with_its_key_gets_its_first_answer(world: World, state: str) -> None:
    """Though there is nothing at that address for the client any more; another client's is not answered by it."""
    at = WAYS[state](world)
    first = leave(world, at, "07P", Idempotency_Key=KEY, if_match=at.etag)
    size = log_size(world)

    again = leave(world, at, "07P", Idempotency_Key=KEY, if_match=at.etag)
    other = leave(world, at, "09A", Idempotency_Key=KEY)
    hackney = leave(world, at, "07P", "hackney", Idempotency_Key=KEY)

    assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
    reused = "This Idempotency-Key was used for a request with another body."
    assert_refused(other, 422, "idempotency-key-reused", reused)
    assert_refused(hackney, *NOTHING_HERE)
    assert log_size(world) == size


@pytest.mark.parametrize(
    ("ended", "status"), [(["09A"], 200), (["07W", "07P", "08C", "08E", "08G", "07Y", "08Y"], 404)]
)
def test_a_system_that_goes_on_seeing_the_application_gets_its_first_answer_as_long_as_it_does(
    world: World, ended: list[str], status: int
) -> None:
    """It acts for the others too: what it was told of them is not for who acts only for the CCG that has left."""
    at = submitted(world, *MEMBERS)
    first = leave(world, at, "09A", "north-west-london", Idempotency_Key=KEY)
    with world.database.writing() as session:
        change_client(session, "north-west-london", ods_codes=Change((), ended), actor="test", at=world.clock.at)

    again = leave(world, at, "09A", "north-west-london", Idempotency_Key=KEY)

    assert (first.status_code, again.status_code) == (200, status)
    assert (again.content == first.content) == (status == 200)


@pytest.mark.parametrize("state", ["submitted", "changes_requested", "recommended"])
def test_who_has_left_is_free_to_apply_again_and_to_declare(world: World, state: str) -> None:
    at = WAYS[state](world)
    before = world.system("brent").post("/v1/applications", application("07P"))

    left(world, at, "07P", "brent")

    after = world.system("brent").post("/v1/applications", application("07P"))
    assert (before.json()["code"], after.status_code, after.json()["state"]) == (
        "duplicate-application",
        201,
        "submitted",
    )
    withdrawn(world, At(after.headers["location"], '"v2"', ("07P",)))
    declared(world, "07P")


def test_its_recommendation_goes_and_the_others_are_decided(world: World) -> None:
    words = [outcome("07W", "rejected"), outcome("07P", "rejected"), outcome("09A", "approved")]
    at = recorded(world, submitted(world, *MEMBERS), *words)
    stale = at.etag

    at = left(world, at, "07P", "brent")
    refused = world.person("national-1").post(f"{at.where}/sign-off", {"decision": "confirm"}, if_match=stale)
    seen = world.person("national-1").get(at.where).json()
    at = signed_off(world, at)
    announced(world)

    assert_refused(refused, *STALE)
    assert {each["odsCode"]: each["outcome"] for each in seen["members"]} == {"07W": "rejected", "09A": "approved"}
    assert [world.public.get(at.decision(code)).status_code for code in MEMBERS] == [200, 404, 200]
    assert world.system("brent").get("/v1/organisations/07P/status").json()["applications"] == []


def test_outcomes_are_recorded_for_who_is_still_a_member(world: World) -> None:
    at = left(world, submitted(world, *MEMBERS), "07P", "brent")
    body = {
        "panel": {"metOn": "2014-12-15", "members": ["One"]},
        "outcomes": [outcome(code, "approved") for code in MEMBERS],
    }

    refused = world.person(at.panel()).post(f"{at.where}/outcomes", body, if_match=at.etag)
    at = recorded(world, at)

    detail = "07P is not a member of this application."
    assert_refused(refused, 422, "member-missing", detail, ("/outcomes/1/odsCode", detail))
    queue = world.person("national-1").get("/v1/queue").json()["results"]
    assert [[each["odsCode"] for each in row["members"]] for row in queue] == [["07W", "09A"]]
    assert at.members == ("07W", "09A")


def test_an_interest_in_who_has_left_bars_nobody(world: World) -> None:
    at = submitted(world, "07W", "08G")
    barred = world.person("london-panel-interested").get(at.where).json()["nextActions"]

    left(world, at, "08G", "north-west-london")

    free = world.person("london-panel-interested").get(at.where).json()["nextActions"]
    assert [each["rel"] for each in barred] == ["request-changes"]
    assert [each["rel"] for each in free] == ["request-changes", "record-outcomes", *["assess"] * 7]


def test_a_draft_is_submitted_without_who_has_left_and_may_name_it_again(world: World) -> None:
    at = left(world, drafted(world, *MEMBERS), "07P", "brent")
    patch = {"attribution": ATTRIBUTION, "memberOdsCodes": list(MEMBERS)}

    named = world.system("north-west-london").patch(at.where, patch, if_match=at.etag)
    seen = world.system("brent").get(at.where)
    gone = left(world, At(at.where, named.headers["etag"], MEMBERS), "07P", "brent")
    at = handed_in(world, gone)

    assert (named.json()["memberOdsCodes"], seen.status_code) == (list(MEMBERS), 200)
    document = world.system("north-west-london").get(at.where).json()
    assert (document["state"], document["memberOdsCodes"]) == ("submitted", ["07W", "09A"])
    assert submitted(world, "07P").etag == '"v2"'


def test_changes_are_made_and_handed_in_without_who_has_left(world: World) -> None:
    at = left(world, changes_requested(world, submitted(world, *MEMBERS)), "07P", "brent")
    patch: dict[str, Any] = {"attribution": ATTRIBUTION, "proposal": {"summary": "Two of us."}}
    amended = world.system("north-west-london").patch(at.where, patch, if_match=at.etag)

    at = handed_in(world, at)
    whole = withdrawn(world, assessed(world, at, "benefits"))

    assert amended.json()["memberOdsCodes"] == ["07W", "09A"]
    assert world.system("north-west-london").get(whole.where).json()["state"] == "withdrawn"


def test_a_client_of_two_members_that_takes_one_out_still_sees_the_other(world: World) -> None:
    registered(world, "two", ["applications"], ods_codes=["07P", "09A"])
    at = submitted(world, *MEMBERS)

    answer = leave(world, at, "07P", "two")

    assert [each["rel"] for each in answer.json()["nextActions"]] == ["consent-to-scale-down", "leave"]
    assert world.system("two").get(at.where).json()["memberOdsCodes"] == ["07W", "09A"]


def test_the_only_members_leaving_is_the_whole_withdrawn(world: World) -> None:
    at = left(world, submitted(world, "07W", "07P"), "07P", "brent")

    answer = leave(world, at, "07W", "north-west-london", Idempotency_Key=KEY)
    again = leave(world, at, "07W", "north-west-london", Idempotency_Key=KEY)

    assert (answer.status_code, answer.json()["state"], answer.json()["memberOdsCodes"]) == (200, "withdrawn", ["07W"])
    assert again.content == answer.content


def test_who_has_left_is_counted_until_the_next_publication(world: World) -> None:
    """From the day on which a round's applications are public, their number moves only by what is published."""
    planned(world, public_from=date(2014, 12, 15))

    def delegated() -> int:
        found = world.public.get("/v1/statistics?round=2015-16").json()["rounds"][0]["recorded"]["requested"]
        number: int = found["delegated"]
        return number

    at = submitted(world, *MEMBERS)
    declared(world, "02W", round_id="trial")
    counted = [delegated()]
    left(world, at, "07P", "brent")
    counted.append(delegated())
    declared(world, "05W", round_id="trial")
    counted.append(delegated())

    assert counted == [3, 3, 2]


# --- refusals -----------------------------------------------------------------------------------

WHOLE = "07W leads the application; it withdraws the whole, without odsCode."
NOT_FOR = "This client is not registered for {}."
REFUSED: dict[str, tuple[str, str, tuple[Any, ...]]] = {
    "a stranger's client": ("hackney", "07T", NOTHING_HERE),
    "another member": ("brent", "09A", (403, "forbidden", NOT_FOR.format("09A"), ("/odsCode", NOT_FOR.format("09A")))),
    "the lead, by another": (
        "brent",
        "07W",
        (403, "forbidden", NOT_FOR.format("07W"), ("/odsCode", NOT_FOR.format("07W"))),
    ),
    "the lead, by itself": ("north-west-london", "07W", (422, "invalid-document", WHOLE, ("/odsCode", WHOLE))),
    "no member": (
        "north-west-london",
        "08G",
        (
            422,
            "invalid-document",
            "08G is not a member of this application.",
            ("/odsCode", "08G is not a member of this application."),
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_member_is_taken_out_by_its_own_client_only(sqlite_world: World, case: str) -> None:
    client, code, refusal = REFUSED[case]

    answer = leave(sqlite_world, submitted(sqlite_world, *MEMBERS), code, client)

    assert_refused(answer, *refusal)


def test_a_members_client_does_not_withdraw_the_whole(sqlite_world: World) -> None:
    at = submitted(sqlite_world, *MEMBERS)

    answer = sqlite_world.system("brent").post(f"{at.where}/withdrawal", WITHDRAW)

    detail = "This client is not registered for 07W, the lead CCG. Only its client withdraws the whole."
    own = "Name a member that this client is registered for, and only that CCG leaves."
    assert_refused(answer, 403, "forbidden", detail, ("/odsCode", own))


def test_leaving_an_older_version_is_stale(sqlite_world: World) -> None:
    assert_refused(leave(sqlite_world, submitted(sqlite_world, *MEMBERS), "07P", if_match='"v1"'), *STALE)


ENDED: dict[str, tuple[Way, str]] = {
    "decided": (lambda world: signed_off(world, recorded(world, submitted(world, *MEMBERS))), "recommended"),
    "withdrawn": (lambda world: withdrawn(world, submitted(world, *MEMBERS)), "withdrawn"),
}


@pytest.mark.parametrize("name", ENDED)
def test_nobody_leaves_what_is_decided_or_over(sqlite_world: World, name: str) -> None:
    way, state = ENDED[name]
    at = way(sqlite_world)

    answer = leave(sqlite_world, at, "07P")

    detail = f"The application is {state}; leave is not possible."
    assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=[])
    offered = sqlite_world.system("brent").get(at.where).json()["nextActions"]
    assert offered == []
