"""How many requests a client or an address may send in a minute, and what the answers say about it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from app.web.admission import Admission, Kind
from tests.world import Speaker, World, application

LIMITS = {"limit_client_requests": 3, "limit_token_requests": 4, "limit_unknown_writes": 2}


@pytest.fixture
def world(sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    database = Database(sqlite_world_url)
    yield World(database, settings.model_copy(update=LIMITS), pairs)
    database.close()


def said(answer: Response) -> tuple[int, str | None, str | None]:
    """Status, policy, and what is left; the seconds, which pass, are checked and taken out."""
    left = answer.headers.get("ratelimit")
    if left is not None:
        seconds = int(left.partition(";t=")[2])
        assert 1 <= seconds <= 60
        assert answer.headers.get("retry-after", str(seconds)) == str(seconds)
    return answer.status_code, answer.headers.get("ratelimit-policy"), left and left.partition(";t=")[0]


def refused(answer: Response, instance: str, sentence: str) -> bool:
    members: dict[str, Any] = answer.json()
    return members == {
        "type": "/problems/too-many-requests",
        "title": "Too many requests",
        "status": 429,
        "detail": sentence,
        "instance": instance,
        "code": "too-many-requests",
        "traceId": answer.headers["x-request-id"],
        "errors": [],
    }


def test_a_client_may_send_so_many_and_another_is_not_concerned(world: World) -> None:
    slough, hackney = world.system("slough"), world.system("hackney")
    policy = '"client";q=3;w=60'

    answers = [slough.get("/v1/applications") for _ in range(4)]

    assert [said(answer) for answer in answers] == [
        (200, policy, '"client";r=2'),
        (200, policy, '"client";r=1'),
        (200, policy, '"client";r=0'),
        (429, policy, '"client";r=0'),
    ]
    assert refused(answers[3], "/v1/applications", "At most 3 requests a minute for each client. Nothing was written.")
    assert said(hackney.get("/v1/applications")) == (200, policy, '"client";r=2')


def test_the_seconds_are_those_until_one_request_more_may_be_sent_on_any_answer(world: World) -> None:
    slough = world.system("slough")

    answers = [slough.get("/v1/applications") for _ in range(4)]

    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"client";r=2;t=20',
        '"client";r=1;t=20',
        '"client";r=0;t=20',
        '"client";r=0;t=20',
    ]


def test_a_person_is_counted_like_a_client_for_reads_and_writes_and_refusals(world: World) -> None:
    panel = world.person("south-panel-1")
    policy = '"client";q=3;w=60'

    answers = [
        panel.get("/v1/queue"),
        panel.get("/v1/applications/none"),
        panel.post("/v1/applications", {}),
        panel.post("/v1/applications", {}),
    ]

    assert [said(answer) for answer in answers] == [
        (200, policy, '"client";r=2'),
        (404, policy, '"client";r=1'),
        (403, policy, '"client";r=0'),
        (429, policy, '"client";r=0'),
    ]


def test_an_address_may_ask_for_so_many_tokens_whether_it_gets_them_or_not(world: World) -> None:
    policy = '"address";q=4;w=60'

    answers = [world.http.post("/oauth2/token", data={"grant_type": "other"}) for _ in range(5)]

    assert [said(answer) for answer in answers] == [
        (400, policy, '"address";r=3'),
        (400, policy, '"address";r=2'),
        (400, policy, '"address";r=1'),
        (400, policy, '"address";r=0'),
        (429, policy, '"address";r=0'),
    ]
    sentence = "At most 4 requests for tokens a minute from one address. Nothing was written."
    assert refused(answers[4], "/oauth2/token", sentence)


def test_an_address_may_send_so_many_writes_that_nobody_is_known_for(world: World) -> None:
    slough = world.system("slough")
    stranger = Speaker(world, "nonsense")

    answers = [stranger.post("/v1/applications", application("10T")) for _ in range(3)]

    assert [said(answer) for answer in answers] == [
        (401, None, None),
        (401, None, None),
        (429, '"address";q=2;w=60', '"address";r=0'),
    ]
    sentence = (
        "At most 2 writes a minute from one address with a token that nobody knows, or none. Nothing was written."
    )
    assert refused(answers[2], "/v1/applications", sentence)
    assert said(stranger.get("/v1/applications")) == (401, None, None)
    assert said(slough.get("/v1/applications"))[0] == 200


@pytest.mark.parametrize(("authorization", "kind"), [(None, Kind.PUBLIC), (b"Bearer nonsense", Kind.LOGIN)])
def test_behind_a_server_too_writes_without_a_token_are_counted_like_those_with_an_unknown_one(
    world: World, authorization: bytes | None, kind: Kind
) -> None:
    ticket = Admission({}).ticket("POST", "/v1/applications", authorization, "10.0.0.1")

    async def served(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["ticket"] = ticket
        await world.app(scope, receive, send)

    answers = [TestClient(served, base_url=str(world.http.base_url)).post("/v1/applications") for _ in range(3)]

    assert ticket.kind is kind
    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_public_answers_and_health_are_not_counted_and_say_nothing(world: World) -> None:
    admin = world.person("admin-1")

    answers = [admin.get(path) for path in ("/v1/approvals", "/_ping", "/_status") for _ in range(4)]

    assert {(answer.headers.get("ratelimit"), answer.status_code) for answer in answers} == {(None, 200)}


def test_what_polls_and_what_enters_200_outcomes_is_far_below_the_limits() -> None:
    settings = Settings()
    a_poll_a_second, a_panels_afternoon_in_a_minute = 60, 200

    assert settings.limit_client_requests >= 10 * max(a_poll_a_second, a_panels_afternoon_in_a_minute)


def test_the_description_of_the_api_says_the_numbers(world: World) -> None:
    settings, said = Settings(), world.app.openapi()["info"]["description"]

    assert f"{settings.limit_client_requests:,} requests a minute" in said
    assert f"{settings.limit_token_requests:,} tokens a minute" in said
    assert f"{settings.limit_unknown_writes:,} writes a minute" in said


def test_the_page_of_the_refusal_says_what_to_do(world: World) -> None:
    page = world.http.get("/problems/too-many-requests", headers={"Accept": "text/html"}).text

    assert re.search(r"<dt>Status</dt><dd>429</dd>", page)
    assert "Wait for as many seconds as Retry-After says" in page
