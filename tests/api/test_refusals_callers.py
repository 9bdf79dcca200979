"""Who is turned away: without a token, in another role, and from what is not theirs. Whole bodies.

The tables are made from the published contract, so that a new route is asked too.
"""

from typing import Any

import pytest
from httpx2 import Response

from app.casework.registration import disable_client
from tests.api.conftest import Scene
from tests.api.steps import (
    CONFIRM,
    NOTHING_HERE,
    PERSON_REQUIRED,
    SCALE_DOWN,
    SUBMIT,
    UNRECOGNISED,
    WITHDRAW,
    assert_refused,
    drafted,
)
from tests.world import ATTRIBUTION, Speaker, World, application, outcome, outcomes

CHANGES = {"items": [{"text": "Say more."}], "dueOn": "2014-12-20"}
UNKNOWN = "2015-16-00000000"
DIGEST = "sha256:" + "0" * 64
DECISION = "/v1/decisions/{decisionId}"
CONDITION = f"{DECISION}/conditions/{{conditionId}}"
# Where the scene has no name for a part of an address, what it could be.
COULD_BE = {
    "version": "2",
    "criterion": "finance",
    "decisionId": "2015-16-00000000-10T",
    "conditionId": "c1",
    "proposalId": "2015-16-waiver-00000000",
    "announcementId": "trial-announcement-00000000",
}
# A body that fits, for every route that takes one.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/v1/applications/{reference}"): {"attribution": ATTRIBUTION},
    ("POST", "/v1/applications"): application("10T"),
    ("POST", "/v1/applications/{reference}/submission"): SUBMIT,
    ("POST", "/v1/applications/{reference}/withdrawal"): WITHDRAW,
    ("POST", "/v1/applications/{reference}/consents"): {"odsCode": "10T", "attribution": ATTRIBUTION},
    ("POST", "/v1/applications/{reference}/scale-down"): SCALE_DOWN,
    ("PUT", "/v1/applications/{reference}/assessments/{criterion}"): {"rating": "met", "justification": "Sound."},
    ("POST", "/v1/applications/{reference}/change-requests"): CHANGES,
    ("POST", "/v1/applications/{reference}/outcomes"): outcomes(outcome("10T", "approved")),
    ("POST", "/v1/applications/{reference}/outcomes/withdrawal"): {"note": "Why."},
    ("POST", "/v1/proposals/{proposalId}/withdrawal"): {"note": "Why."},
    ("POST", "/v1/applications/{reference}/sign-off"): CONFIRM,
    ("POST", "/v1/rounds/{roundId}/extensions"): {
        "odsCode": "10T",
        "level": "delegated",
        "until": "2015-02-01",
        "reason": "Why.",
    },
    ("POST", "/v1/rounds/{roundId}/announcement"): {"expect": DIGEST},
    ("POST", "/v1/rounds/{roundId}/announcement/preview"): {},
    ("POST", "/v1/successions/preview"): {"effectiveOn": "2018-04-01"},
    ("POST", "/v1/successions"): {
        "effectiveOn": "2018-04-01",
        "items": [{"odsCode": "15D", "level": "none"}],
    },
    ("POST", "/v1/declarations"): {"odsCode": "10T", "roundId": "trial", "level": "none", "attribution": ATTRIBUTION},
    ("PUT", "/v1/rounds/{roundId}"): {},
    ("POST", f"{CONDITION}/evidence"): {"text": "Seen.", "attribution": ATTRIBUTION},
    ("POST", f"{CONDITION}/lapse"): {"reason": "Why."},
    ("POST", f"{CONDITION}/waiver"): {"reason": "Why."},
    ("POST", f"{DECISION}/notice"): {"attribution": ATTRIBUTION},
    ("POST", f"{DECISION}/agreement/correction"): {"reason": "Why.", "state": "awaited"},
    ("POST", f"{DECISION}/notice/withdrawal"): {"reason": "Why.", "attribution": ATTRIBUTION},
    ("PUT", f"{DECISION}/agreement"): {"state": "not_taken_up"},
    ("POST", f"{DECISION}/revocation"): {"reason": "Why.", "legalBasis": "An act."},
    ("POST", f"{DECISION}/correction"): {"reason": "Why.", "outcome": "approved"},
}
# Who may use a route at all: the one guard that each route has.
CCG, PANEL, NATIONAL, PERSON, OFFICER, ADMIN, READER, NOTICE = (
    "ccg",
    "panel",
    "national",
    "person",
    "officer",
    "admin",
    "reader",
    "notice",
)
GUARDS = {
    ("GET", "/v1/applications"): READER,
    ("POST", "/v1/applications"): CCG,
    ("GET", "/v1/applications/{reference}"): READER,
    ("PATCH", "/v1/applications/{reference}"): CCG,
    ("GET", "/v1/applications/{reference}/status"): READER,
    ("GET", "/v1/applications/{reference}/events"): READER,
    ("GET", "/v1/applications/{reference}/receipt"): READER,
    ("GET", "/v1/applications/{reference}/versions"): READER,
    ("GET", "/v1/applications/{reference}/versions/{version}"): READER,
    ("GET", "/v1/applications/{reference}/assessments/{criterion}"): OFFICER,
    ("POST", "/v1/applications/{reference}/submission"): CCG,
    ("POST", "/v1/applications/{reference}/withdrawal"): CCG,
    ("POST", "/v1/applications/{reference}/consents"): CCG,
    ("POST", "/v1/applications/{reference}/scale-down"): CCG,
    ("PUT", "/v1/applications/{reference}/assessments/{criterion}"): PANEL,
    ("POST", "/v1/applications/{reference}/change-requests"): PANEL,
    ("POST", "/v1/applications/{reference}/outcomes"): PANEL,
    ("POST", "/v1/applications/{reference}/sign-off"): PERSON,
    ("POST", "/v1/rounds/{roundId}/extensions"): NATIONAL,
    ("POST", "/v1/rounds/{roundId}/announcement"): NATIONAL,
    ("POST", "/v1/rounds/{roundId}/announcement/preview"): NATIONAL,
    ("POST", "/v1/successions/preview"): NATIONAL,
    ("POST", "/v1/successions"): NATIONAL,
    ("GET", "/v1/successions"): NATIONAL,
    ("PUT", "/v1/rounds/{roundId}"): ADMIN,
    ("POST", "/v1/declarations"): CCG,
    ("GET", "/v1/events"): CCG,
    ("GET", "/v1/organisations/{odsCode}/status"): READER,
    ("GET", "/v1/queue"): OFFICER,
    ("GET", f"{DECISION}/record"): READER,
    ("POST", f"{CONDITION}/evidence"): CCG,
    ("POST", f"{CONDITION}/discharge"): PANEL,
    ("POST", f"{CONDITION}/lapse"): NATIONAL,
    ("POST", f"{CONDITION}/waiver"): NATIONAL,
    ("POST", f"{DECISION}/notice"): NOTICE,
    ("PUT", f"{DECISION}/agreement"): NATIONAL,
    ("POST", f"{DECISION}/revocation"): NATIONAL,
    ("POST", f"{DECISION}/correction"): NATIONAL,
    ("POST", "/v1/proposals/{proposalId}/confirmation"): NATIONAL,
    ("POST", "/v1/proposals/{proposalId}/withdrawal"): NATIONAL,
    ("POST", f"{DECISION}/notice/withdrawal"): CCG,
    ("POST", f"{DECISION}/agreement/correction"): NATIONAL,
    ("POST", "/v1/applications/{reference}/outcomes/withdrawal"): PANEL,
    ("DELETE", "/v1/rounds/{roundId}/announcement/{announcementId}"): NATIONAL,
}
NOT_CCG = (403, "forbidden", "This needs a system's token with the scope applications.")
NOT_OFFICER = (403, "forbidden", "This needs the scope panel or national.")
NOT_READER = (403, "forbidden", "This needs the scope applications or panel or national.")


def role(words: str) -> tuple[int, str, str]:
    return 403, "forbidden", f"This needs the role {words}."


# For each guard, how each kind of caller is turned away; who is not named may come in.
TURNED_AWAY: dict[str, dict[str, tuple[int, str, str]]] = {
    CCG: dict.fromkeys(("south-panel-1", "national-1", "admin-1", "south-panel-system", "national-system"), NOT_CCG),
    PANEL: {
        "slough": PERSON_REQUIRED,
        "south-panel-system": PERSON_REQUIRED,
        "national-system": PERSON_REQUIRED,
        "national-1": role("panel"),
        "admin-1": role("panel"),
    },
    NATIONAL: {
        "slough": PERSON_REQUIRED,
        "south-panel-system": PERSON_REQUIRED,
        "national-system": PERSON_REQUIRED,
        "south-panel-1": role("national"),
        "admin-1": role("national"),
    },
    PERSON: {
        "slough": PERSON_REQUIRED,
        "south-panel-system": PERSON_REQUIRED,
        "national-system": PERSON_REQUIRED,
        "admin-1": role("panel or national"),
    },
    ADMIN: {
        "slough": PERSON_REQUIRED,
        "national-system": PERSON_REQUIRED,
        "south-panel-1": role("admin"),
        "national-1": role("admin"),
    },
    NOTICE: {
        "south-panel-system": PERSON_REQUIRED,
        "national-system": PERSON_REQUIRED,
        "south-panel-1": role("national"),
        "admin-1": role("national"),
    },
    OFFICER: {"slough": NOT_OFFICER, "admin-1": NOT_OFFICER},
    READER: {"admin-1": NOT_READER},
}


def asked(speaker: Speaker, method: str, path: str, names: dict[str, str]) -> Response:
    """Send a request that nothing is wrong with but who sends it, or what it asks for."""
    content_type = "application/merge-patch+json" if method == "PATCH" else ""
    return speaker.send(
        method,
        path.format(**COULD_BE | names),
        BODIES.get((method, path)),
        Content_Type=content_type,
        If_Match='"v1"' if method != "GET" else "",
        Idempotency_Key="0b2c" if method == "POST" else "",
    )


def speaker_of(world: World, who: str) -> Speaker:
    return world.system(who) if who in world.pairs else world.person(who)


def names_in(scene: Scene, name: str = "submitted") -> dict[str, str]:
    return {"reference": scene[name].reference, "roundId": "trial", "odsCode": "10T"}


def test_the_table_names_every_guarded_route_of_the_contract(scene: Scene) -> None:
    paths = scene.world.contract.document["paths"]

    guarded = {
        (method.upper(), path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if operation.get("security")
    }

    assert guarded == set(GUARDS)


@pytest.mark.parametrize(("method", "path"), GUARDS)
@pytest.mark.parametrize("token", [None, "no.such.token"])
def test_without_a_valid_token_every_guarded_route_answers_alike(
    scene: Scene, method: str, path: str, token: str | None
) -> None:
    speaker = Speaker(scene.world, token)

    answers = [
        asked(speaker, method, path, names_in(scene)),
        asked(speaker, method, path, {"reference": UNKNOWN, "roundId": "none", "odsCode": "ZZZ"}),
        speaker.send(method, path.format(**COULD_BE | names_in(scene)) + "?unknown=1", b"{"),
    ]

    for answer in answers:
        assert_refused(answer, *UNRECOGNISED)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "who"), [(*route, who) for route, guard in GUARDS.items() for who in TURNED_AWAY[guard]]
)
def test_callers_in_another_role_are_turned_away(scene: Scene, method: str, path: str, who: str) -> None:
    """Before anything is said about what they ask for: whether it is there or not."""
    speaker = speaker_of(scene.world, who)
    status, code, detail = TURNED_AWAY[GUARDS[method, path]][who]

    answers = [
        asked(speaker, method, path, names_in(scene)),
        asked(speaker, method, path, {"reference": UNKNOWN, "roundId": "none", "odsCode": "ZZZ"}),
    ]

    for answer in answers:
        assert_refused(answer, status, code, detail)


# --- not there, or not yours --------------------------------------------------------------------

OF_AN_APPLICATION = [route for route in GUARDS if "{reference}" in route[1]]
# Whom an application is not there for: a caller who may use the route, and the scene's name of an application.
STRANGERS = {
    CCG: [("hackney", "submitted"), ("slough", "draft"), ("brent", "joint-recommended")],
    PANEL: [("london-panel-1", "submitted"), ("london-panel-1", "draft"), ("south-panel-1", "decided")],
    OFFICER: [
        ("london-panel-1", "submitted"),
        ("london-panel-system", "submitted"),
        ("south-panel-1", "draft"),
        ("national-1", "draft"),
    ],
    PERSON: [("london-panel-1", "submitted"), ("south-panel-2", "joint-recommended"), ("national-1", "draft")],
    READER: [
        ("hackney", "submitted"),
        ("slough", "draft"),
        ("london-panel-1", "submitted"),
        ("london-panel-1", "draft"),
        ("london-panel-system", "submitted"),
        ("national-1", "draft"),
        ("national-system", "draft"),
    ],
}


@pytest.mark.parametrize(
    ("method", "path", "who", "name"),
    [(*route, *stranger) for route in OF_AN_APPLICATION for stranger in STRANGERS[GUARDS[route]]],
)
def test_a_foreign_application_and_an_unknown_one_answer_alike(
    scene: Scene, method: str, path: str, who: str, name: str
) -> None:
    speaker = speaker_of(scene.world, who)

    foreign = asked(speaker, method, path, names_in(scene, name))
    unknown = asked(speaker, method, path, {"reference": UNKNOWN})

    assert_refused(foreign, *NOTHING_HERE)
    assert_refused(unknown, *NOTHING_HERE)
    assert told(foreign) == told(unknown)


def told(answer: Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Everything that an answer tells but which request it was."""
    body = {name: value for name, value in answer.json().items() if name not in {"instance", "traceId"}}
    ids = {"x-request-id", "x-correlation-id", "ratelimit", "content-length"}
    return answer.status_code, body, {name: value for name, value in answer.headers.items() if name not in ids}


@pytest.mark.parametrize(
    "path",
    ["/v1/applications/{reference}", "/v1/applications/{reference}/status", "/v1/applications/{reference}/events"],
)
@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_tell_a_foreign_application_from_an_unknown_one_as_little(
    scene: Scene, method: str, path: str
) -> None:
    hackney = scene.world.system("hackney")

    foreign, unknown = (
        hackney.send(method, path.format(reference=reference), None)
        for reference in (scene["submitted"].reference, UNKNOWN)
    )

    assert (foreign.status_code, dict(foreign.headers) | IDS) == (unknown.status_code, dict(unknown.headers) | IDS)
    assert foreign.status_code == {"HEAD": 404, "OPTIONS": 204}.get(method, 405)


IDS = {"x-request-id": "", "x-correlation-id": "", "content-length": "", "ratelimit": ""}


@pytest.mark.parametrize("reference", ["TRIAL-1", "trial--1", "t" * 61, "%00", "trial_1"])
def test_what_can_be_no_reference_is_not_there(scene: Scene, reference: str) -> None:
    answer = scene.world.system("slough").get(f"/v1/applications/{reference}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("who", "code"),
    [("hackney", "10T"), ("slough", "ZZZ"), ("london-panel-1", "10T"), ("south-panel-1", "ZZZ"), ("national-1", "ZZZ")],
)
def test_the_status_of_a_foreign_ccg_and_of_an_unknown_one_answer_alike(scene: Scene, who: str, code: str) -> None:
    answer = speaker_of(scene.world, who).get(f"/v1/organisations/{code}/status")

    assert_refused(answer, *NOTHING_HERE)


# --- ended callers ------------------------------------------------------------------------------


def test_a_disabled_client_is_not_known_any_more(sqlite_world: World) -> None:
    slough = sqlite_world.system("slough")
    draft = drafted(sqlite_world, "10T")
    with sqlite_world.database.writing() as session:
        disable_client(session, "slough", actor="test", at=sqlite_world.clock.at)

    for answer in (slough.get(draft.where), slough.post(f"{draft.where}/submission", SUBMIT)):
        assert_refused(answer, *UNRECOGNISED)


def test_a_token_that_has_expired_is_none(scene: Scene) -> None:
    slough = scene.world.system("slough")
    scene.world.clock.move_by(seconds=700)

    assert_refused(slough.get(scene["submitted"].where), *UNRECOGNISED)
