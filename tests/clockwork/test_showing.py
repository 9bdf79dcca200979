"""The hour at which applicants see their outcome: an act of its own, and until then nothing of theirs moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

from httpx2 import Response

from app.clockwork.jobs import Done
from app.log.encoding import instant_text
from tests.api.counting import sequence
from tests.api.post_decision import ticked
from tests.api.scheduling import MOMENT, ready, written
from tests.api.steps import At, announced, log_size, recorded, signed_off, submitted
from tests.world import NORTH_WEST_LONDON, World, outcome

SEEN_AT = datetime(2015, 2, 1, 9, 0, tzinfo=UTC)
SHOWN = Done("outcomes shown to applicants", 1)
CLIENTS = ("north-west-london", "brent")


def planned(world: World, seen_at: datetime | None) -> None:
    """An admin says when applicants see their outcome."""
    where = "/v1/rounds/2015-16"
    plan = world.public.get(where).json() | {"applicantsSeeAt": seen_at and instant_text(seen_at)}
    answer = world.person("admin-1").put(where, plan, if_match=f'"v{plan["version"]}"')
    assert answer.status_code == 200, answer.text


def of_a_group(world: World) -> At:
    """Eight CCGs on one application: the one in the lead is rejected."""
    at = submitted(world, *NORTH_WEST_LONDON)
    words = {code: "rejected" if code == at.lead else "approved" for code in at.members}
    return signed_off(world, recorded(world, at, *(outcome(code, word) for code, word in words.items())))


def polled(world: World, at: At, who: str, etag: str | None = None) -> Response:
    return world.system(who).get(f"{at.where}/status", **({"If_None_Match": etag} if etag else {}))


def seen(world: World, at: At, who: str) -> dict[str, Any]:
    """The status as a client sees it, without what it may do next."""
    answer = polled(world, at, who)
    outcomes = {each["odsCode"]: each["outcome"] for each in answer.json()["members"]}
    return {
        "version": f'"v{answer.json()["version"]}"',
        "state": answer.json()["state"],
        "waitingOn": answer.json()["waitingOn"],
        "outcomes": {outcomes[code] for code in at.members[1:]},
        "lead": outcomes[at.lead],
    }


def test_every_members_poller_sees_the_outcome_with_the_act_and_not_before(world: World) -> None:
    planned(world, SEEN_AT)
    at = of_a_group(world)
    hidden = {"version": at.etag, "state": "recommended", "waitingOn": "announcement", "outcomes": {None}, "lead": None}
    assert [seen(world, at, who) for who in CLIENTS] == [hidden] * 2
    public, tags = sequence(world), {who: polled(world, at, who).headers["etag"] for who in CLIENTS}

    world.clock.move_to(SEEN_AT - MOMENT)
    assert ticked(world) == []
    assert [polled(world, at, who, tags[who]).status_code for who in CLIENTS] == [304, 304]
    world.clock.move_to(SEEN_AT)
    assert [polled(world, at, who, tags[who]).status_code for who in CLIENTS] == [304, 304]
    assert ticked(world) == [SHOWN]

    version = int(at.etag.strip('"v')) + 1
    shown = {
        "version": f'"v{version}"',
        "state": "decided",
        "waitingOn": "announcement",
        "outcomes": {"approved"},
        "lead": "rejected",
    }
    assert [polled(world, at, who, tags[who]).status_code for who in CLIENTS] == [200, 200]
    assert [seen(world, at, who) for who in CLIENTS] == [shown] * 2
    assert (ticked(world), sequence(world)) == ([], public)
    assert world.public.get(at.decision()).status_code == 404


def test_the_status_of_a_member_ccg_moves_with_the_act_too(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    of_a_group(world)
    where = {"north-west-london": "/v1/organisations/07W/status", "brent": "/v1/organisations/07P/status"}

    def tags() -> dict[str, str]:
        return {who: world.system(who).get(path).headers["etag"] for who, path in where.items()}

    world.clock.move_to(SEEN_AT - MOMENT)
    before = tags()
    world.clock.move_to(SEEN_AT)
    unticked = tags()
    ticked(world)

    assert unticked == before
    assert {who for who, tag in tags().items() if tag != before[who]} == set(CLIENTS)


def kinds(answer: Response) -> list[str]:
    found: list[dict[str, Any]] = answer.json()["results"]
    return [each["type"] for each in found if each["reference"]]


def test_applicants_read_of_it_in_their_events_and_nobody_else_does(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    at = ready(world)
    before = kinds(world.system("slough").get("/v1/events?after=200&limit=200"))
    world.clock.move_to(SEEN_AT)
    ticked(world)

    own = kinds(world.system("slough").get("/v1/events?after=200&limit=200"))
    timeline = kinds(world.system("slough").get(f"{at.where}/events"))

    assert before == ["application.created", "application.submitted", "outcome.recommended"]
    assert own == timeline == [*before, "decision.signed_off", "outcome.shown"]
    assert kinds(world.system("hackney").get("/v1/events?after=200&limit=200")) == []
    assert "outcome.shown" not in world.public.get("/v1/changes?after=0&limit=200").text


def test_after_an_outage_it_is_shown_late_and_says_so(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    at = ready(world)
    world.clock.move_to(SEEN_AT + timedelta(days=2))

    ticked(world)

    [shown] = written(world, "outcome.shown")
    assert (shown.subject, shown.publishes, shown.at) == (at.reference, False, world.clock.at)
    assert shown.data["dueAt"] == "2015-02-01T09:00:00Z"
    assert world.system("slough").get(at.where).json()["updatedAt"] == "2015-02-03T09:00:00Z"


def test_sign_off_after_the_hour_shows_the_outcome_at_once(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    slough, stoke = (recorded(world, submitted(world, code), outcome(code, "rejected")) for code in ("10T", "05W"))

    world.clock.move_to(SEEN_AT - MOMENT)
    slough = signed_off(world, slough)
    world.clock.move_to(SEEN_AT)
    stoke = signed_off(world, stoke)

    assert [seen(world, at, at.client)["lead"] for at in (slough, stoke)] == [None, "rejected"]
    assert (ticked(world), ticked(world)) == ([SHOWN], [])
    assert [seen(world, at, at.client)["lead"] for at in (slough, stoke)] == ["rejected", "rejected"]
    assert [each.subject for each in written(world, "outcome.shown")] == [slough.reference]
    assert seen(world, stoke, "stoke")["version"] == stoke.etag


def test_an_hour_that_was_moved_to_later_is_waited_for(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    at = ready(world)
    world.clock.move_to(SEEN_AT - MOMENT)
    planned(world, SEEN_AT + timedelta(days=7))

    world.clock.move_to(SEEN_AT)
    assert (ticked(world), seen(world, at, "slough")["lead"]) == ([], None)
    world.clock.move_to(SEEN_AT + timedelta(days=7))

    assert (ticked(world), seen(world, at, "slough")["lead"]) == ([SHOWN], "rejected")


def test_an_hour_that_was_moved_to_earlier_has_come_at_once(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    at = ready(world)
    world.clock.move_to(SEEN_AT - timedelta(days=7))
    assert ticked(world) == []

    planned(world, SEEN_AT - timedelta(days=8))

    assert seen(world, at, "slough")["lead"] is None
    assert (ticked(world), seen(world, at, "slough")["lead"]) == ([SHOWN], "rejected")


def test_what_was_shown_stays_shown_whatever_becomes_of_the_hour(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    at = ready(world)
    world.clock.move_to(SEEN_AT)
    ticked(world)
    before = seen(world, at, "slough")

    planned(world, SEEN_AT + timedelta(days=7))
    later = seen(world, at, "slough")
    planned(world, None)

    assert before["lead"] == "rejected"
    assert later == seen(world, at, "slough") == before


def test_what_was_announced_before_needs_no_showing(sqlite_world: World) -> None:
    world = sqlite_world
    planned(world, SEEN_AT)
    ready(world)
    announced(world)
    size = log_size(world)
    world.clock.move_to(SEEN_AT)

    assert (ticked(world), log_size(world)) == ([], size)


def test_without_an_hour_applicants_see_with_the_announcement(sqlite_world: World) -> None:
    world = sqlite_world
    at = ready(world)
    world.clock.move_to(SEEN_AT)
    before = (ticked(world), seen(world, at, "slough")["lead"])

    announced(world)

    assert before == ([], None)
    assert seen(world, at, "slough")["lead"] == "rejected"
