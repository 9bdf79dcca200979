"""A draft that is amended in a loop: over HTTP, to the limit of a day, and to that of its bytes."""

from httpx2 import Response

from tests.api.steps import STALE, At, assert_refused, drafted
from tests.world import ATTRIBUTION, World


def amended(world: World, at: At, summary: str, version: int) -> Response:
    body = {"attribution": ATTRIBUTION, "proposal": {"summary": summary}}
    return world.system("slough").patch(at.where, body, if_match=f'"v{version}"')


def test_a_draft_has_a_hundred_versions_a_day(sqlite_world: World) -> None:
    at = drafted(sqlite_world, "10T")
    for version in range(1, 100):
        assert amended(sqlite_world, at, f"Version {version + 1}.", version).status_code == 200

    refused = amended(sqlite_world, at, "One more.", 100)
    sqlite_world.clock.move_by(days=1)
    next_day = amended(sqlite_world, at, "One more.", 100)

    detail = "This draft has 100 versions of today; more are possible tomorrow. It can be submitted or withdrawn today."
    assert_refused(refused, 429, "too-many-versions", detail)
    # It is noon in London.
    assert refused.headers["Retry-After"] == str(12 * 3600)
    assert next_day.status_code == 200


def test_all_versions_of_a_draft_have_a_million_bytes(world: World) -> None:
    at, text = drafted(world, "10T"), "x" * 10_000
    slough, narrative = world.system("slough"), {"narrative": text}
    long = {"attribution": ATTRIBUTION, "proposal": {"engagement": narrative, "capacity": narrative}}
    taken = 0
    while (answer := slough.patch(at.where, long, if_match=f'"v{taken + 1}"')).status_code == 200:
        taken += 1

    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-versions")
    assert "Retry-After" not in answer.headers
    assert answer.json()["detail"].endswith(
        " bytes; they may have 1,000,000. Submit it, or withdraw it and create a new one."
    )
    assert 40 <= taken <= 49


def test_a_tag_that_a_proxy_made_weak_is_taken_when_a_draft_is_amended(world: World) -> None:
    at = drafted(world, "10T")
    slough, body = world.system("slough"), {"attribution": ATTRIBUTION, "proposal": {"summary": "Mended."}}
    weak = f"W/{slough.get(at.where).headers['etag']}"

    mended = slough.patch(at.where, body, if_match=weak)
    again = slough.patch(at.where, body, if_match=weak)

    assert (weak, mended.status_code, mended.headers["etag"]) == ('W/"v1"', 200, '"v2"')
    assert mended.json()["proposal"]["summary"] == "Mended."
    assert_refused(again, *STALE)
