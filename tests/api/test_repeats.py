"""Repeats: a request sent again with its Idempotency-Key gets its first answer, whatever has happened since."""

from typing import Any

import pytest
from httpx2 import Response

from app.casework.registration import disable_client, end_person, register_person
from app.records.people import person_id_of
from tests.api.conftest import Scene
from tests.api.steps import (
    CONFIRM,
    NOTHING_HERE,
    SUBMIT,
    UNRECOGNISED,
    WITHDRAW,
    At,
    announced,
    assert_refused,
    changes_requested,
    drafted,
    log_size,
    previewed,
    recorded,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import ATTRIBUTION, World, application, outcome, outcomes

APPLICATIONS = "/v1/applications"
KEY = "4b1d7a30-6f8e-4c52-9d11-0a2b3c4d5e6f"
CHANGES = {"items": [{"text": "Say more."}], "dueOn": "2014-12-20"}
REUSED = "This Idempotency-Key was used for a request with another body."


def kept(answer: Response) -> tuple[int, bytes, dict[str, str]]:
    """What a repeat must give again."""
    names = ("content-type", "location", "etag", "cache-control")
    return answer.status_code, answer.content, {name: answer.headers[name] for name in names if name in answer.headers}


def test_creating_again_gives_the_first_answer_though_the_application_has_moved_on(world: World) -> None:
    slough, document = world.system("slough"), application("10T")
    first = slough.post(APPLICATIONS, document, Idempotency_Key=KEY)
    at = At(first.headers["location"], first.headers["etag"], ("10T",))
    signed_off(world, recorded(world, at))
    announced(world)
    size = log_size(world)

    again = slough.post(APPLICATIONS, dict(reversed(document.items())), Idempotency_Key=KEY)
    other = slough.post(APPLICATIONS, document | {"requestedLevel": "joint"}, Idempotency_Key=KEY)
    new = slough.post(APPLICATIONS, document)

    assert kept(again) == kept(first)
    assert (first.status_code, first.headers["etag"], first.json()["state"]) == (201, '"v2"', "submitted")
    assert_refused(other, 422, "idempotency-key-reused", REUSED)
    assert new.json()["code"] == "already-held"
    assert log_size(world) == size
    assert slough.get(at.where).json()["version"] == 5


def test_every_act_is_repeated_before_its_version_and_state_are_looked_at(world: World) -> None:
    """Each is sent again once the application is announced, with the version it was sent with, or with none."""
    slough, panel = world.system("slough"), world.person("south-panel-1")
    national, signed = world.person("national-1"), drafted(world, "10T")
    sent: list[tuple[Any, str, Any, Response]] = []

    def act(speaker: Any, path: str, body: Any) -> None:
        answer = speaker.post(
            signed.where + path, body, if_match=speaker.get(signed.where).headers["etag"], Idempotency_Key=KEY
        )
        assert answer.status_code in {200, 201}, answer.text
        sent.append((speaker, path, body, answer))

    amend = {"attribution": ATTRIBUTION, "proposal": {"summary": "Shorter."}}
    amended = slough.patch(signed.where, amend, if_match='"v1"', Idempotency_Key=KEY)
    act(slough, "/submission", SUBMIT)
    act(panel, "/change-requests", CHANGES)
    assert kept(slough.post(f"{signed.where}/submission", SUBMIT, Idempotency_Key=KEY)) == kept(sent[0][3])
    slough.post(f"{signed.where}/submission", SUBMIT)
    act(panel, "/outcomes", outcomes(outcome("10T", "approved")))
    act(national, "/sign-off", CONFIRM)
    expect = {"expect": previewed(world)["setDigest"]}
    announcement = national.post("/v1/rounds/2015-16/announcement", expect, Idempotency_Key=KEY)
    size = log_size(world)

    for speaker, path, body, first in sent:
        for if_match in ('"v1"', None):
            again = speaker.post(signed.where + path, body, if_match=if_match, Idempotency_Key=KEY)
            assert kept(again) == kept(first)
    assert kept(slough.patch(signed.where, amend, if_match='"v1"', Idempotency_Key=KEY)) == kept(amended)
    again = national.post("/v1/rounds/2015-16/announcement", expect, Idempotency_Key=KEY)
    assert kept(again) == kept(announcement)
    assert log_size(world) == size


def test_a_withdrawal_and_a_declaration_are_repeated(world: World) -> None:
    slough, at = world.system("slough"), submitted(world, "10T")
    declaration = {"odsCode": "10T", "roundId": "2015-16", "level": "none", "attribution": ATTRIBUTION}
    first = slough.post(f"{at.where}/withdrawal", WITHDRAW, Idempotency_Key=KEY)
    declared = slough.post("/v1/declarations", declaration, Idempotency_Key=KEY)
    submitted(world, "10T")  # ends the declaration, and would refuse another

    again = slough.post(f"{at.where}/withdrawal", WITHDRAW, Idempotency_Key=KEY)
    declared_again = slough.post("/v1/declarations", declaration, Idempotency_Key=KEY)

    assert (kept(again), kept(declared_again)) == (kept(first), kept(declared))
    assert slough.post("/v1/declarations", declaration).status_code == 409


def test_a_key_means_one_request_of_one_caller_at_one_address(world: World) -> None:
    slough, hackney = world.system("slough"), world.system("hackney")

    ours = slough.post(APPLICATIONS, application("10T"), Idempotency_Key=KEY)
    theirs = hackney.post(APPLICATIONS, application("07T"), Idempotency_Key=KEY)
    elsewhere = slough.post(f"{ours.headers['location']}/withdrawal", WITHDRAW, Idempotency_Key=KEY)

    assert (ours.status_code, theirs.status_code, elsewhere.status_code) == (201, 201, 200)
    assert ours.headers["location"] != theirs.headers["location"]


@pytest.mark.parametrize(
    ("path", "if_match"), [("/outcomes", '"v2"'), ("/outcomes", '"v1"'), ("/outcomes", None), ("/sign-off", '"v3"')]
)
def test_another_body_under_the_same_key_is_refused_before_version_and_state(
    sqlite_world: World, path: str, if_match: str | None
) -> None:
    at = submitted(sqlite_world, "10T")
    speaker, body, other = {
        "/outcomes": ("south-panel-1", outcomes(outcome("10T", "approved")), outcomes(outcome("10T", "rejected"))),
        "/sign-off": ("national-1", CONFIRM, {"decision": "return", "note": "No."}),
    }[path]
    at = at if path == "/outcomes" else recorded(sqlite_world, at)
    person = sqlite_world.person(speaker)
    person.post(at.where + path, body, if_match=at.etag, Idempotency_Key=KEY)

    answer = person.post(at.where + path, other, if_match=if_match, Idempotency_Key=KEY)

    assert_refused(answer, 422, "idempotency-key-reused", REUSED)


def test_a_refusal_is_not_kept(sqlite_world: World) -> None:
    """A key is spent by a success only: what was refused may be mended and sent again."""
    slough, document = sqlite_world.system("slough"), application("10T")

    refused = slough.post(APPLICATIONS, document | {"roundId": "2099-00"}, Idempotency_Key=KEY)
    created = slough.post(APPLICATIONS, document, Idempotency_Key=KEY)

    assert (refused.status_code, created.status_code) == (422, 201)


def test_a_preview_shows_what_is_there_now_whatever_its_key(sqlite_world: World) -> None:
    national, preview = sqlite_world.person("national-1"), "/v1/rounds/2015-16/announcement/preview"
    before = national.post(preview, {}, Idempotency_Key=KEY)
    signed_off(sqlite_world, recorded(sqlite_world, submitted(sqlite_world, "10T")))

    after = national.post(preview, {}, Idempotency_Key=KEY)

    assert (before.json()["counts"]["total"], after.json()["counts"]["total"]) == (0, 1)


@pytest.mark.parametrize("key", [KEY, ""])
def test_a_rehearsal_stores_nothing_and_needs_no_key(sqlite_world: World, key: str) -> None:
    slough, size = sqlite_world.system("slough"), log_size(sqlite_world)
    draft = application("10T", submitted=False)

    tried = slough.post(f"{APPLICATIONS}?validateOnly=true", application("10T"), Idempotency_Key=key)
    drafted_only = slough.post(f"{APPLICATIONS}?validateOnly=true", draft, Idempotency_Key=key)

    assert (tried.status_code, tried.json()) == (200, {"valid": True, "state": "submitted", "flags": []})
    assert (drafted_only.status_code, drafted_only.json()) == (200, {"valid": True, "state": "draft", "flags": []})
    assert "location" not in tried.headers
    assert log_size(sqlite_world) == size
    assert slough.get(APPLICATIONS).json()["results"] == []
    assert slough.post(APPLICATIONS, application("10T"), Idempotency_Key=KEY).status_code == 201


def test_a_rehearsal_and_a_repeat_wait_for_no_writer(world: World) -> None:
    slough, hackney = world.system("slough"), world.system("hackney")
    first = slough.post(APPLICATIONS, application("10T"), Idempotency_Key=KEY)

    with world.database.writing():
        again = slough.post(APPLICATIONS, application("10T"), Idempotency_Key=KEY)
        other = slough.post(APPLICATIONS, application("10T", level="joint"), Idempotency_Key=KEY)
        rehearsed = hackney.post(f"{APPLICATIONS}?validateOnly=true", application("07T"))
        refused = slough.post(f"{APPLICATIONS}?validateOnly=true", application("10T"))

    assert kept(again) == kept(first)
    assert_refused(other, 422, "idempotency-key-reused", REUSED)
    assert (rehearsed.status_code, rehearsed.json()["valid"]) == (200, True)
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate-application")


def test_a_rehearsal_names_what_the_panel_will_be_shown(scene: Scene) -> None:
    document = application("07P", "07W", round_id="2014-15")
    document["proposal"]["governance"]["committee"] |= {"layChair": False, "layAndExecutiveMajority": False}
    document["proposal"]["governance"]["constitution"]["state"] = "not_agreed"
    document["proposal"]["finance"]["meetsBusinessRules"] = False
    document["proposal"]["capacity"]["interimLeadership"] = True

    answer = scene.world.system("north-west-london").post(f"{APPLICATIONS}?validateOnly=true", document)

    assert answer.json() == {
        "valid": True,
        "state": "submitted",
        "flags": [
            "lay_chair_missing",
            "lay_and_executive_majority_missing",
            "business_rules_not_met",
            "interim_leadership",
            "constitution_not_agreed",
        ],
    }


@pytest.mark.parametrize("key", ["k" * 129, "two words", "\N{SNOWMAN}".encode()])
def test_a_key_that_cannot_be_one_is_refused(scene: Scene, key: Any) -> None:
    answer = scene.world.system("slough").post(APPLICATIONS, application("10T"), Idempotency_Key=key)

    assert_refused(answer, 400, "invalid-header", "Idempotency-Key must be 1 to 128 visible ASCII characters, once.")


def test_a_disabled_client_gets_no_repeat(sqlite_world: World) -> None:
    slough = sqlite_world.system("slough")
    slough.post(APPLICATIONS, application("10T"), Idempotency_Key=KEY)
    with sqlite_world.database.writing() as session:
        disable_client(session, "slough", actor="test", at=sqlite_world.clock.at)

    answer = slough.post(APPLICATIONS, application("10T"), Idempotency_Key=KEY)

    assert_refused(answer, *UNRECOGNISED)


def test_a_panel_member_who_has_moved_to_another_region_gets_no_repeat(sqlite_world: World) -> None:
    at, panel = submitted(sqlite_world, "10T"), sqlite_world.person("south-panel-1")
    body = outcomes(outcome("10T", "approved", privateNote="Between us."))
    first = panel.post(f"{at.where}/outcomes", body, if_match=at.etag, Idempotency_Key=KEY)
    moves: dict[str, Any] = {"actor": "test", "at": sqlite_world.clock.at}
    issuer = sqlite_world.settings.development_issuer
    with sqlite_world.database.writing() as session:
        end_person(session, person_id_of(issuer, "south-panel-1"), **moves)
        register_person(
            session, issuer=issuer, subject="south-panel-1", name="Moved", role="panel", regions=["Y54"], **moves
        )

    answer = panel.post(f"{at.where}/outcomes", body, if_match=at.etag, Idempotency_Key=KEY)

    assert first.status_code == 201
    assert_refused(answer, *NOTHING_HERE)


def test_a_repeat_says_no_more_than_was_said_at_first(sqlite_world: World) -> None:
    """The stored answer is of its day: an applicant's does not grow an outcome, nor lose what was there."""
    slough, at = sqlite_world.system("slough"), drafted(sqlite_world, "10T")
    first = slough.post(f"{at.where}/submission", SUBMIT, Idempotency_Key=KEY)
    withdrawn(sqlite_world, changes_requested(sqlite_world, At(at.where, first.headers["etag"], ("10T",))))

    again = slough.post(f"{at.where}/submission", SUBMIT, Idempotency_Key=KEY)

    assert (again.json()["state"], slough.get(at.where).json()["state"]) == ("submitted", "withdrawn")
