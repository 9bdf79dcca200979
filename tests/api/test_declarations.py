"""Declarations: greater involvement or none for a round, public at once, without anybody's approval."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.api.conftest import Scene
from tests.api.steps import (
    LICENSED,
    assert_refused,
    declared,
    granted,
    log_size,
    made_round,
    recorded,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import ATTRIBUTION, World, outcome

DECLARATIONS = "/v1/declarations"
OF_CASEWORK = {"reason": None, "origin": "casework", "basis": None, "source": None}


def body(code: str = "10T", round_id: str = "2015-16", level: str = "none") -> dict[str, Any]:
    return {"odsCode": code, "roundId": round_id, "level": level, "attribution": ATTRIBUTION}


@pytest.mark.parametrize("level", ["greater_involvement", "none"])
def test_a_declaration_is_public_at_once(world: World, level: str) -> None:
    sequence = log_size(world)

    made = declared(world, "10T", level)

    organisation = world.public.get("/v1/organisations/10T").json()
    changes = world.public.get(f"/v1/changes?after={sequence - 1}").json()
    assert made == {
        "declarationId": made["declarationId"],
        "odsCode": "10T",
        "roundId": "2015-16",
        "level": level,
        "declaredOn": "2014-12-15",
        "reason": None,
        "receipt": {"logIndex": sequence, "leafHash": made["receipt"]["leafHash"], "href": None},
    }
    assert (organisation["position"], organisation["level"]) == ("declared", level)
    assert organisation["declarations"] == [
        {"round": "2015-16", "trial": False, "level": level, "declaredOn": "2014-12-15", **OF_CASEWORK}
    ]
    assert changes == {
        "results": [
            {
                "sequence": sequence,
                "type": "declaration.made",
                "odsCode": "10T",
                "decisionId": None,
                "round": "2015-16",
                "occurredOn": "2014-12-15",
                "recordedAt": "2014-12-15T12:00:00Z",
                "dueAt": None,
                "reason": None,
                "basis": None,
                "source": None,
                "href": "/v1/organisations/10T",
            }
        ],
        "limit": 50,
        "nextAfter": sequence,
        "hasMore": False,
        "publicSequence": sequence,
        **LICENSED,
    }


def test_a_declaration_replaces_the_one_before_until_the_round_closes(world: World) -> None:
    declared(world, "10T", "none")
    world.clock.move_to(datetime(2015, 3, 31, 22, 59, 59, 999000, tzinfo=UTC))
    declared(world, "10T", "greater_involvement")
    world.clock.move_by(milliseconds=1)

    late = world.system("slough").post(DECLARATIONS, body())

    detail = "Round 2015-16 takes declarations from 2014-11-10 to 2015-03-31."
    assert_refused(late, 422, "round-not-open", detail, ("/roundId", "Not open today."))
    assert world.public.get("/v1/organisations/10T").json()["declarations"] == [
        {"round": "2015-16", "trial": False, "level": "greater_involvement", "declaredOn": "2015-03-31", **OF_CASEWORK}
    ]


def test_a_submission_ends_a_declaration_and_nobody_outside_can_tell(world: World) -> None:
    """The declaration is shown as it was made; after a withdrawal the CCG may declare anew."""
    declared(world, "10T")
    before = world.public.get("/v1/organisations/10T")

    at = submitted(world, "10T")
    after = world.public.get("/v1/organisations/10T")
    withdrawn(world, at)
    declared(world, "10T", "none")

    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    assert world.public.get("/v1/organisations/10T").json()["level"] == "none"


def test_a_trial_rounds_declaration_is_marked_and_counts_for_nothing(world: World) -> None:
    declared(world, "10T", round_id="trial")

    organisation = world.public.get("/v1/organisations/10T").json()

    assert organisation["declarations"] == [
        {"round": "trial", "trial": True, "level": "greater_involvement", "declaredOn": "2014-12-15", **OF_CASEWORK}
    ]
    assert (organisation["position"], organisation["level"]) == ("no_published_decision", None)


def test_a_ccg_whose_application_was_not_granted_may_declare(sqlite_world: World) -> None:
    granted(sqlite_world, "10T", word="rejected")

    declared(sqlite_world, "10T")

    assert sqlite_world.public.get("/v1/organisations/10T").json()["position"] == "not_approved"


@pytest.mark.parametrize("name", ["submitted", "changes", "recommended", "decided"])
def test_a_ccg_with_a_live_application_does_not_declare(scene: Scene, name: str) -> None:
    at = scene[name]

    answer = scene.world.system(at.client).post(DECLARATIONS, body(at.lead))

    detail = f"{at.lead} has an application in round 2015-16 that is under way or was granted."
    assert_refused(answer, 409, "live-application", detail, href=at.where)


def test_an_embargoed_rejection_is_live_like_any_other_decision(sqlite_world: World) -> None:
    """Or a CCG could find out early, by declaring, that it was rejected."""
    at = signed_off(sqlite_world, recorded(sqlite_world, submitted(sqlite_world, "10T"), outcome("10T", "rejected")))

    answer = sqlite_world.system("slough").post(DECLARATIONS, body())

    detail = "10T has an application in round 2015-16 that is under way or was granted."
    assert_refused(answer, 409, "live-application", detail, href=at.where)


@pytest.mark.parametrize(
    ("asked", "code", "detail", "errors"),
    [
        (
            body(round_id="next"),
            "round-not-open",
            "Round next takes declarations from 2015-01-01 to 2015-03-31.",
            [("/roundId", "Not open today.")],
        ),
        (
            body(round_id="2099-00"),
            "unknown-round",
            "There is no round 2099-00.",
            [("/roundId", "No such round. All are at /v1/rounds.")],
        ),
        (
            body(level="joint") | {"attribution": {"name": ""}, "why": "So."},
            "invalid-document",
            "The document is not what this address takes.",
            [
                ("/level", "Must be one of 'greater_involvement' or 'none'."),
                ("/attribution/name", "Must have at least 1 character."),
                ("/why", "Is not known here. The members here are odsCode, roundId, level, reason, attribution."),
            ],
        ),
    ],
)
def test_a_declaration_that_does_not_fit(
    scene: Scene, asked: dict[str, Any], code: str, detail: str, errors: list[tuple[str, str]]
) -> None:
    answer = scene.world.system("slough").post(DECLARATIONS, asked)

    assert_refused(answer, 422, code, detail, *errors)


@pytest.mark.parametrize("code", ["07T", "ZZZ"])
def test_a_client_declares_for_its_own_ccgs_only(scene: Scene, code: str) -> None:
    answer = scene.world.system("slough").post(DECLARATIONS, body(code))

    detail = f"This client is not registered for {code}."
    assert_refused(answer, 403, "forbidden", detail, ("/odsCode", detail))


def test_a_closed_ccg_declares_nothing(sqlite_world: World) -> None:
    """Slough was merged into East Berkshire on 1 April 2018."""
    sqlite_world.clock.move_to(datetime(2018, 4, 1, 9, tzinfo=UTC))
    made_round(
        sqlite_world,
        "2019-20",
        opens_on=date(2018, 4, 1),
        delegated_deadline=None,
        joint_deadline=None,
        closes_on=date(2018, 12, 1),
        counted_on=date(2018, 4, 1),
        starts_on=date(2019, 4, 1),
    )

    answer = sqlite_world.system("slough").post(DECLARATIONS, body(round_id="2019-20"))

    detail = "10T is not the code of a CCG that is open."
    assert_refused(
        answer, 422, "unknown-organisation", detail, ("/odsCode", "Not an open CCG. All are at /v1/organisations.")
    )


def test_a_declaration_says_why_and_everybody_reads_it(world: World) -> None:
    """The record and what the CCG's system polls say the code too, history and changes the words."""
    why = {"code": "unclear_governance", "text": "We do not know yet who decides what."}

    answer = world.system("slough").post(DECLARATIONS, body() | {"reason": why})

    made = answer.json()
    assert (answer.status_code, made["reason"]) == (201, why)
    row = {"round": "2015-16", "trial": False, "level": "none", "declaredOn": "2014-12-15", **OF_CASEWORK}
    assert world.public.get("/v1/organisations/10T").json()["declarations"] == [row | {"reason": why}]
    polled = world.system("slough").get("/v1/organisations/10T/status").json()
    assert polled["declarations"] == [row | {"reason": why}]
    index = made["receipt"]["logIndex"]
    [change] = world.public.get(f"/v1/changes?after={index - 1}").json()["results"]
    assert change["reason"] == why["text"]
    assert world.public.get("/v1/organisations/10T/history").json()["results"][-1] == change
    words = world.public.get("/v1/reference-data/declaration-reasons").json()["results"]
    assert [each["code"] for each in words] == [
        *("unclear_governance", "insufficient_time", "due_diligence", "financial_problems"),
        *("member_engagement", "other"),
    ]


def test_a_reason_that_is_not_among_the_words_or_says_nothing_is_refused(sqlite_world: World) -> None:
    answer = sqlite_world.system("slough").post(DECLARATIONS, body() | {"reason": {"code": "tired", "text": ""}})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-document")
    assert sorted(each["pointer"] for each in answer.json()["errors"]) == ["/reason/code", "/reason/text"]
