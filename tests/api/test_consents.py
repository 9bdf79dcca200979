"""Consents: the other members' own clients agree to a draft, and then the lead's client submits it."""

from typing import Any

import pytest
from httpx2 import Response

from tests.api.steps import (
    NOTHING_HERE,
    STALE,
    SUBMIT,
    At,
    acted,
    agreed,
    assert_refused,
    handed_in,
    log_size,
    made_round,
    problem,
    recorded,
    registered,
    submitted,
)
from tests.world import ATTRIBUTION, World, application


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


KEY = "4b1d7a30-6f8e-4c52-9d11-0a2b3c4d5e6f"
NOON = "2014-12-15T12:00:00Z"
MEMBERS = ("07P", "07W", "08Y")


def together(world: World, *members: str, level: str = "joint", round_id: str = "2015-16") -> At:
    """A draft of Brent's, in which Ealing and Hounslow with systems of their own are named, or these."""
    for client, code in (("ealing", "07W"), ("hounslow", "08Y")):
        if client not in world.pairs:
            registered(world, client, ["applications"], ods_codes=[code])
    named = members or MEMBERS
    document = application(*named, level=level, round_id=round_id, submitted=False)
    answer = world.system("brent").post("/v1/applications", document)
    assert answer.status_code == 201, answer.text
    return At(answer.headers["location"], answer.headers["etag"], named)


def consent(world: World, at: At, client: str, code: str, **headers: Any) -> Response:
    return world.system(client).post(f"{at.where}/consents", {"odsCode": code, "attribution": ATTRIBUTION}, **headers)


def shown(answer: Response) -> dict[str, str | None]:
    return {each["odsCode"]: each["consentedAt"] for each in answer.json()["members"]}


def offered(world: World, at: At, client: str) -> list[str]:
    return [each["rel"] for each in world.system(client).get(f"{at.where}/status").json()["nextActions"]]


def test_every_member_agrees_and_then_the_leads_client_submits(world: World) -> None:
    at = together(world)
    brent = world.system("brent")
    before = brent.get(f"{at.where}/status")

    first = consent(world, at, "ealing", "07W")
    half = brent.post(f"{at.where}/submission", SUBMIT)
    world.clock.move_by(minutes=5)
    second = consent(world, at, "hounslow", "08Y")
    polled = world.system("brent").get(f"{at.where}/status", If_None_Match=before.headers["etag"])
    answer = world.system("brent").post(f"{at.where}/submission", SUBMIT)

    assert (first.status_code, first.headers["etag"], shown(first)) == (
        201,
        '"v2"',
        {"07P": None, "07W": NOON, "08Y": None},
    )
    assert_refused(
        half,
        422,
        "consent-missing",
        "No consent from 08Y.",
        ("/memberOdsCodes", "08Y has not agreed. Its client does, at /consents of the draft."),
    )
    assert shown(second) == {"07P": None, "07W": NOON, "08Y": "2014-12-15T12:05:00Z"}
    assert (polled.status_code, polled.json()["version"], polled.json()["state"]) == (200, 3, "draft")
    assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (200, "submitted", 4)
    assert shown(answer) == shown(second)


def test_each_is_offered_what_it_can_do(world: World) -> None:
    at = together(world, "07P", "07W")
    before = {client: offered(world, at, client) for client in ("brent", "ealing", "north-west-london")}

    at = agreed(world, at, "07W", "ealing")

    after = {client: offered(world, at, client) for client in ("brent", "ealing", "north-west-london")}
    everything = ["amend", "submit", "withdraw"]
    assert before == {
        "brent": ["amend", "withdraw"],
        "ealing": ["consent", "leave"],
        "north-west-london": everything,
    }
    assert after == {"brent": everything, "ealing": ["leave"], "north-west-london": everything}
    [found] = [each for each in world.system("ealing").get(at.where).json()["nextActions"] if each["rel"] == "leave"]
    assert found == {
        "rel": "leave",
        "method": "POST",
        "href": f"{at.where}/withdrawal",
        "scope": "applications",
    }


AMENDMENTS: dict[str, dict[str, Any]] = {
    "the proposal": {"proposal": {"summary": "Shorter."}},
    "the signatories": {"signatories": []},
    "the same members in another order": {"memberOdsCodes": ["08Y", "07P", "07W"]},
    "the level": {"requestedLevel": "delegated"},
    "one member fewer": {"memberOdsCodes": ["07P", "07W"]},
    "another member": {"memberOdsCodes": ["07P", "07W", "08Y", "08G"]},
}


@pytest.mark.parametrize("case", AMENDMENTS)
def test_a_consent_is_to_the_draft_as_it_stands(sqlite_world: World, case: str) -> None:
    world, patch = sqlite_world, AMENDMENTS[case]
    at = agreed(world, together(world), "07W", "ealing")

    amended = world.system("brent").patch(at.where, {"attribution": ATTRIBUTION, **patch}, if_match=at.etag)

    assert amended.status_code == 200, amended.text
    assert (shown(world.system("brent").get(at.where))["07W"], shown(amended)["07W"]) == (None, None)
    assert "consent" in offered(world, at, "ealing")


def test_a_ccg_agrees_again_to_what_has_changed(world: World) -> None:
    at = agreed(world, together(world, "07P", "07W"), "07W", "ealing")
    patch = {"attribution": ATTRIBUTION, "memberOdsCodes": ["07P", "07W", "08Y"]}
    at = acted(at, world.system("brent").patch(at.where, patch, if_match=at.etag), 200)

    refused = world.system("brent").post(f"{at.where}/submission", SUBMIT)
    agreed(world, agreed(world, at, "08Y", "hounslow"), "07W", "ealing")

    assert refused.json()["detail"] == "No consent from 07W, 08Y."
    assert handed_in_by_brent(world, at).status_code == 200


def handed_in_by_brent(world: World, at: At) -> Response:
    return world.system("brent").post(f"{at.where}/submission", SUBMIT)


def test_changes_that_the_panel_asks_for_need_no_new_consent(world: World) -> None:
    at = agreed(world, together(world, "07P", "07W"), "07W", "ealing")
    etag, since = handed_in_by_brent(world, at).headers["etag"], log_size(world) - 1
    body = {"items": [{"text": "Say more."}], "dueOn": "2014-12-20"}
    asked = world.person("london-panel-1").post(f"{at.where}/change-requests", body, if_match=etag)
    patch = {"attribution": ATTRIBUTION, "proposal": {"summary": "More."}}
    amended = world.system("brent").patch(at.where, patch, if_match=asked.headers["etag"])

    told = world.system("ealing").get(f"/v1/events?after={since}").json()["results"]
    may = offered(world, at, "ealing")
    again = handed_in_by_brent(world, at)

    assert ([each["type"] for each in told], may) == (["changes.requested", "application.amended"], ["leave"])
    assert shown(amended) == shown(again) == {"07P": None, "07W": NOON}
    assert (again.status_code, again.json()["state"]) == (200, "submitted")


# --- refusals -----------------------------------------------------------------------------------

NOT_FOR = "This client is not registered for {}."
REFUSED: dict[str, tuple[str, str, tuple[Any, ...]]] = {
    "a stranger's client": ("hackney", "07T", NOTHING_HERE),
    "for a member that it is not registered for": (
        "ealing",
        "08Y",
        (403, "forbidden", NOT_FOR.format("08Y"), ("/odsCode", NOT_FOR.format("08Y"))),
    ),
    "the lead's client for a member": (
        "brent",
        "07W",
        (403, "forbidden", NOT_FOR.format("07W"), ("/odsCode", NOT_FOR.format("07W"))),
    ),
}
UNFIT = {
    "no member": ("north-west-london", "08G", "08G is not a member of this application."),
    "the lead": ("brent", "07P", "07P leads the application; the other members agree."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_only_a_members_own_client_agrees(sqlite_world: World, case: str) -> None:
    client, code, refusal = REFUSED[case]

    answer = consent(sqlite_world, together(sqlite_world), client, code)

    assert_refused(answer, *refusal)


@pytest.mark.parametrize("case", UNFIT)
def test_only_members_agree_and_not_the_lead(sqlite_world: World, case: str) -> None:
    client, code, detail = UNFIT[case]

    answer = consent(sqlite_world, together(sqlite_world), client, code)

    assert_refused(answer, 422, "invalid-document", detail, ("/odsCode", detail))


def test_a_consent_is_given_once(world: World) -> None:
    at = agreed(world, together(world), "07W", "ealing")
    size = log_size(world)

    answer = consent(world, at, "ealing", "07W")

    assert_refused(answer, 409, "wrong-state", "07W has agreed already.", state="draft", allowed=["leave"])
    assert log_size(world) == size


def test_a_consent_sent_again_with_its_key_gets_its_first_answer(world: World) -> None:
    at = together(world)
    first = consent(world, at, "ealing", "07W", Idempotency_Key=KEY, if_match=at.etag)

    again = consent(world, at, "ealing", "07W", Idempotency_Key=KEY, if_match=at.etag)

    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])


def test_a_consent_to_an_older_version_is_stale(sqlite_world: World) -> None:
    at = agreed(sqlite_world, together(sqlite_world), "07W", "ealing")

    assert_refused(consent(sqlite_world, at, "hounslow", "08Y", if_match='"v1"'), *STALE)
    assert consent(sqlite_world, at, "hounslow", "08Y", if_match=at.etag).status_code == 201


def test_only_a_draft_is_agreed_to(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "07W", "07P")

    answer = consent(sqlite_world, at, "brent", "07P")

    detail = "The application is submitted; consent is not possible."
    assert_refused(answer, 409, "wrong-state", detail, state="submitted", allowed=["consent_to_scale_down", "leave"])


def test_a_body_that_does_not_fit_is_told_every_fault(sqlite_world: World) -> None:
    at = together(sqlite_world)

    answer = sqlite_world.system("ealing").post(f"{at.where}/consents", {"odsCode": "slough", "level": "joint"})

    detail = "The document is not what this address takes."
    assert answer.json() == problem(
        answer,
        422,
        "invalid-document",
        detail,
        ("/odsCode", "Must be an ODS code such as 10T: 3 or 5 of A\u2013Z and 0\u20139."),
        ("/attribution", "Is required."),
        ("/level", "Is not known here. The members here are odsCode, scaleDownTo, attribution."),
    )


# --- duplicates ---------------------------------------------------------------------------------


def test_a_duplicate_is_told_of_members_that_agreed_and_where_it_is_to_who_sees_it(world: World) -> None:
    """Ealing has applied alone meanwhile. Brent is told that, and not where; the client of both is told where."""
    at = agreed(world, together(world, "07P", "07W"), "07W", "ealing")
    alone = world.system("ealing").post("/v1/applications", application("07W", level="joint"))
    where = alone.headers["location"]

    to_brent = handed_in_by_brent(world, at)
    to_both = world.system("north-west-london").post(f"{at.where}/submission", SUBMIT)

    for answer, href in ((to_brent, None), (to_both, where)):
        assert_refused(
            answer,
            409,
            "duplicate-application",
            "07W: there is a live application in round 2015-16 already.",
            ("/memberOdsCodes", "07W has a live application."),
            conflicts=[{"odsCode": "07W", "href": href}],
        )


def test_a_duplicate_of_a_member_that_has_not_agreed_is_not_told(world: World) -> None:
    at = together(world, "07P", "07W")
    world.system("ealing").post("/v1/applications", application("07W", level="joint"))

    answer = handed_in_by_brent(world, at)

    assert_refused(
        answer,
        422,
        "consent-missing",
        "No consent from 07W.",
        ("/memberOdsCodes", "07W has not agreed. Its client does, at /consents of the draft."),
    )


def test_created_and_submitted_in_one_needs_registration_for_every_member(sqlite_world: World) -> None:
    agreed(sqlite_world, together(sqlite_world, "07P", "07W"), "07W", "ealing")

    answer = sqlite_world.system("brent").post("/v1/applications", application("07P", "07W", level="joint"))

    assert_refused(
        answer,
        422,
        "consent-missing",
        "No consent from 07W.",
        ("/memberOdsCodes", "07W has not agreed. Its client does, at /consents of the draft."),
    )


def test_a_consent_is_to_one_application_and_ends_no_declaration(world: World) -> None:
    """A draft blocks nobody, agreed to or not."""
    made_round(world, "other")
    at = agreed(world, together(world, "07P", "07W"), "07W", "ealing")
    other = together(world, "07P", "07W", round_id="other")
    body = {"odsCode": "07W", "roundId": "2015-16", "level": "none", "attribution": ATTRIBUTION}

    declared = world.system("ealing").post("/v1/declarations", body)

    assert declared.status_code == 201
    assert shown(world.system("brent").get(other.where)) == {"07P": None, "07W": None}
    handed_in(world, at)
    assert recorded(world, At(at.where, '"v3"', at.members)).etag == '"v4"'
