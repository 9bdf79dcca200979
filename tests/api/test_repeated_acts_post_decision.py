"""Repeats of the acts on a decision: the same key and body give the same answer, another body is refused."""

from datetime import date
from typing import Any

import pytest

from tests.api.post_decision import Decided, conditional, etag, morning_of, proposed, recorded_as, signed
from tests.api.steps import assert_refused, log_size
from tests.past import decision, say
from tests.world import ATTRIBUTION, CONDITION, REASON, World

KEY = "repeat-1"
ACTS: dict[str, tuple[str, Any, Any, str]] = {
    "evidence": ("conditions/c1/evidence", {"text": "See.", "links": [], "attribution": ATTRIBUTION}, None, "hackney"),
    "discharge": ("conditions/c1/discharge", {"note": "Seen."}, None, "london-panel-2"),
    "lapse": ("conditions/c1/lapse", {"reason": "Nothing came."}, None, "national-1"),
    "waiver": ("conditions/c1/waiver", {"reason": "No longer needed."}, None, "national-1"),
    "revocation": ("revocation", {"reason": "So.", "legalBasis": "NHS Act 2006"}, None, "national-1"),
    "correction": ("correction", {"reason": "Wrong.", "outcome": "rejected", "reasons": [REASON]}, None, "national-1"),
    "agreement": ("agreement", {"state": "not_taken_up"}, {"state": "not_taken_up", "note": "So."}, "national-1"),
}


def known(world: World) -> Decided:
    """A conditional decision of history, of which no application is known."""
    with world.database.writing() as session:
        say(session, decision("07T", "conditional"))
    return Decided("2015-16-07t-07T", "07T")


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_done_once_and_answered_alike(sqlite_world: World, name: str) -> None:
    world, at = sqlite_world, conditional(sqlite_world, "07T")
    path, body, other, by = ACTS[name]
    morning_of(world, date(2015, 3, 2))

    assert_repeats(world, at, path, body, other or {**body, "colour": "red"} if name != "agreement" else other, by)


def assert_repeats(world: World, at: Decided, path: str, body: Any, other: Any, by: str) -> None:
    """With the version that is stale by now; an unreadable other body is refused as such, a readable one as reused."""
    speaker = world.system(by) if by in world.pairs else world.person(by)
    send = speaker.put if path == "agreement" else speaker.post
    tag = etag(world, at)
    other = {**body, "reason": "Else."} if "reason" in body else {**body, "note": "Else."} if "note" in body else other
    first = send(f"{at.where}/{path}", body, if_match=tag, Idempotency_Key=KEY)
    size = log_size(world)

    second = send(f"{at.where}/{path}", body, if_match=tag, Idempotency_Key=KEY)

    assert first.status_code in {200, 201}, first.text
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["etag"] == first.headers["etag"]
    if "colour" not in other:
        reused = send(f"{at.where}/{path}", other, if_match=tag, Idempotency_Key=KEY)
        detail = "This Idempotency-Key was used for a request with another body."
        assert_refused(reused, 422, "idempotency-key-reused", detail)
    assert log_size(world) == size


def test_a_confirmation_is_repeated_with_its_address(world: World) -> None:
    at = conditional(world, "07T", CONDITION)
    proposed(world, at, "correction", ACTS["correction"][1])
    href = recorded_as(world, at, "national-2")["proposal"]["href"]

    first, second = (
        world.person("national-2").post(href, None, if_match='"v3"', Idempotency_Key=KEY) for _ in range(2)
    )

    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert second.headers["location"] == first.headers["location"] == f"{at.where}-2"


# --- decisions of history, which have no application --------------------------------------------


@pytest.mark.parametrize("name", [name for name in ACTS if name not in {"agreement", "lapse"}])
@pytest.mark.usefixtures("clocks_go_back")
def test_an_act_on_a_decision_of_history_is_repeated_too(sqlite_world: World, name: str) -> None:
    world = sqlite_world
    at = known(world)
    path, body, _, by = ACTS[name]

    assert_repeats(world, at, path, body, {**body, "colour": "red"}, by)


def test_the_ccg_reads_the_record_of_its_decision_of_history(world: World) -> None:
    at = known(world)

    record = world.system("hackney").get(f"{at.where}/record").json()

    assert (record["links"]["application"], record["grant"]["agreement"]) == (None, "not_known")
    assert [each["rel"] for each in record["nextActions"]] == ["give-evidence", "give-notice"]
    assert world.system("slough").get(f"{at.where}/record").status_code == 404


@pytest.mark.usefixtures("clocks_go_back")
def test_a_decision_of_history_is_corrected_and_numbered(world: World) -> None:
    at = known(world)
    proposed(world, at, "correction", {"reason": "HSJ says otherwise.", "outcome": "approved"})
    record = recorded_as(world, at, "national-2")

    answer = world.person("national-2").post(record["proposal"]["href"], None, if_match=f'"v{record["version"]}"')

    new = world.public.get(f"{at.where}-2").json()
    assert (answer.status_code, new["supersedes"], new["outcome"]) == (201, at.decision_id, "approved")
    assert world.public.get(at.where).json()["supersededBy"] == new["decisionId"]
    assert new["reference"] == "2015-16-07t"
    assert signed(world, Decided(new["decisionId"], "07T"), world.clock.at.date())["grant"]["agreement"] == "signed"
