"""Positions that nothing has reached yet are refused with the newest one; the newest itself is an empty answer."""

from contextlib import closing
from typing import Any

import pytest

from app.reading.changes import Changes, list_changes
from app.reading.timelines import Followed, follow_events
from app.records.session import Database
from app.web.filters import BEFORE_ALL
from tests.api.steps import assert_refused, granted, log_size, recorded, signed_off, submitted
from tests.world import World


@pytest.fixture(scope="module")
def embargoed(shared_world: World) -> World:
    """One decision is public; another is signed off, so that the log goes on after all that anybody may see."""
    world = shared_world
    granted(world, "05C")
    world.sign()
    signed_off(world, recorded(world, submitted(world, "07T")))
    return world


def answered(world: World, path: str) -> dict[str, Any]:
    answer = world.public.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_changes_after_the_newest_are_none_and_beyond_it_not_known(embargoed: World) -> None:
    newest = answered(embargoed, "/v1/changes?limit=1")["publicSequence"]
    assert newest < log_size(embargoed) - 1

    at_the_end = answered(embargoed, f"/v1/changes?after={newest}")
    beyond = embargoed.public.get(f"/v1/changes?after={newest + 1}")

    said = ("results", "nextAfter", "hasMore", "publicSequence")
    assert [at_the_end[name] for name in said] == [[], newest, False, newest]
    detail = f"The register has published up to {newest}; {newest + 1} is not yet known."
    assert_refused(beyond, 422, "not-yet-known", detail, ("after", detail), publicSequence=newest)


@pytest.mark.parametrize("client", ["hackney", "slough"])
def test_events_end_with_the_newest_that_this_caller_may_see(embargoed: World, client: str) -> None:
    system = embargoed.system(client)
    newest = system.get("/v1/events?after=9999").json()["nextAfter"]
    assert newest < log_size(embargoed) - 1

    at_the_end = system.get(f"/v1/events?after={newest}")
    beyond = system.get(f"/v1/events?after={newest + 1}")

    assert (at_the_end.status_code, at_the_end.json()) == (
        200,
        {"results": [], "limit": 50, "nextAfter": newest, "hasMore": False},
    )
    detail = f"Your newest event is {newest}; {newest + 1} is not yet known."
    assert_refused(beyond, 422, "not-yet-known", detail, ("after", detail), nextAfter=newest)


def test_a_position_has_no_sign(embargoed: World) -> None:
    fault = ("after", "Must be at least 0.")
    for answer in (
        embargoed.public.get("/v1/changes?after=-1"),
        embargoed.system("hackney").get("/v1/events?after=-1"),
    ):
        assert_refused(answer, 400, "invalid-parameter", "The query or a header has values that do not fit.", fault)


def test_from_nothing_one_goes_on_with_nought(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as empty, empty.reading() as session:
        changes = [list_changes(session, after=after, limit=5) for after in (BEFORE_ALL, 0)]
        events = [follow_events(session, ["10T"], after=after, limit=5) for after in (BEFORE_ALL, 0)]

    assert changes == [Changes([], 0, has_more=False, public_sequence=0)] * 2
    assert events == [Followed([], 0, has_more=False)] * 2


def test_what_each_caller_is_told_is_its_own(embargoed: World) -> None:
    hackney, slough = (
        embargoed.system(client).get("/v1/events?after=9999").json()["nextAfter"] for client in ("hackney", "slough")
    )

    assert slough == answered(embargoed, "/v1/changes?limit=1")["publicSequence"] < hackney


def test_entries_from_the_size_are_none_and_beyond_it_not_known(embargoed: World) -> None:
    size = answered(embargoed, "/v1/log/entries?to=1")["size"]
    assert size < log_size(embargoed)

    assert answered(embargoed, f"/v1/log/entries?from={size}") == {"results": [], "size": size}
    for asked in (f"from={size + 1}", f"from={size + 1}&to={size + 2}"):
        detail = f"The newest public checkpoint covers {size} entries; {size + 1} is not yet known."
        beyond = embargoed.public.get(f"/v1/log/entries?{asked}")
        assert_refused(beyond, 422, "not-yet-known", detail, ("from", detail), size=size)
