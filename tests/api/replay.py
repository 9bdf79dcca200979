"""The complete round, replayed act by act over HTTP, each on a day on which it can have been.

Dates that sources name are theirs: the deadlines, 23 January 2015, from which applications are public, and
18 February 2015, on which the outcomes were announced. The others are made up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests import complete_round
from tests.api.steps import SCALE_DOWN, At, acted, announced, registered
from tests.complete_round import (
    ALONE,
    CLIENT_OF,
    JOINT_APPLICATIONS,
    MEMBERS,
    PANEL_OF,
    REGION_OF,
    ROUND_ID,
    TITLE,
    TOGETHER,
    Applying,
)
from tests.world import World

PUBLIC_FROM = date(2015, 1, 23)
CONFIRM = {"decision": "confirm", "note": "Signed off; made up for a test."}
CHANGES = {
    "items": [{"pointer": "/proposal/governance", "text": "Name the joint arrangements; made up for a test."}],
    "dueOn": "2015-01-19",
}
EARLY, LATER = JOINT_APPLICATIONS[:30], JOINT_APPLICATIONS[30:50]
LAST = JOINT_APPLICATIONS[50:]


def instant(year: int, month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """An instant of a winter's day, on which London has the time of UTC."""
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@dataclass
class Replay:
    """A world in which the round was played, and what the public could count at moments on the way."""

    world: World
    together: At
    alone: dict[str, At]
    joint: dict[str, At]
    announcement: dict[str, Any]
    counted: dict[str, dict[str, Any]] = field(default_factory=dict)


def counts(world: World) -> dict[str, Any]:
    """What the public can count of the round now."""
    answer = world.public.get(f"/v1/statistics?round={ROUND_ID}")
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["rounds"]
    return {"countsApplications": found["countsApplications"], **found["recorded"]["requested"]}


def play(world: World) -> Replay:
    """The round from its planning to the announcement of its delegated decisions."""
    counted = {}
    world.clock.move_to(instant(2014, 11, 10))
    planned(world)
    for region, client_id in CLIENT_OF.items():
        codes = [code for code, place in REGION_OF.items() if place == region]
        registered(world, client_id, ["applications"], ods_codes=codes)
    world.clock.move_to(instant(2014, 12, 15))
    alone = submitted(world, ALONE)
    world.clock.move_to(instant(2015, 1, 9, 23, 59, 59))
    [together] = submitted(world, [TOGETHER]).values()
    world.clock.move_to(instant(2015, 1, 12))
    together = changes_requested(world, together)
    world.clock.move_to(instant(2015, 1, 15))
    alone = {each.lead: recorded(world, alone[each.lead], each) for each in ALONE}
    joint = submitted(world, EARLY)
    world.clock.move_to(instant(2015, 1, 20))
    declared(world, "none", complete_round.DECLARED_NONE)
    world.clock.move_to(instant(2015, 1, 22, 23, 59, 59))
    joint |= submitted(world, LATER)
    counted["as 22 January ends"] = counts(world)
    world.clock.move_to(instant(2015, 1, 23, 0))
    counted["as 23 January begins"] = counts(world)
    world.clock.move_to(instant(2015, 1, 26))
    together = recorded(world, together, TOGETHER)
    declared(world, "greater_involvement", complete_round.DECLARED_GREATER_INVOLVEMENT)
    counted["on 26 January"] = counts(world)
    world.clock.move_to(instant(2015, 1, 30, 23, 59, 59))
    joint |= submitted(world, LAST)
    counted["on 30 January, before the last declarations"] = counts(world)
    declared(world, "greater_involvement", complete_round.DECLARED_AS_NAMED)
    counted["as 30 January ends"] = counts(world)
    world.clock.move_to(instant(2015, 2, 10))
    together = signed_off(world, together)
    alone = {lead: signed_off(world, at) for lead, at in alone.items()}
    world.clock.move_to(instant(2015, 2, 18))
    counted["on 18 February, before the announcement"] = counts(world)
    announcement = announced(world, ROUND_ID, levels=["delegated"])
    counted["on 18 February, after the announcement"] = counts(world)
    return Replay(world, together, alone, joint, announcement, counted)


# --- acts ---------------------------------------------------------------------------------------


def planned(world: World, public_from: date = PUBLIC_FROM) -> None:
    """An admin says from when applications are public: the round as it is read, with that day."""
    where = f"/v1/rounds/{ROUND_ID}"
    plan = world.public.get(where).json() | {"title": TITLE, "applicationsPublicFrom": public_from.isoformat()}
    answer = world.person("admin-1").put(where, plan, if_match=f'"v{plan["version"]}"')
    assert answer.status_code == 200, answer.text


def submitted(world: World, applying: Iterable[Applying]) -> dict[str, At]:
    """Each application, created and submitted in one by the system of its region; by the lead."""
    found = {}
    for each in applying:
        answer = world.system(CLIENT_OF[each.region]).post("/v1/applications", each.document())
        assert answer.status_code == 201, answer.text
        found[each.lead] = At(answer.headers["location"], answer.headers["etag"], each.members)
    return found


def changes_requested(world: World, at: At) -> At:
    return acted(at, world.person(panel(at)).post(f"{at.where}/change-requests", CHANGES, if_match=at.etag))


def recorded(world: World, at: At, each: Applying) -> At:
    """The panel of the region meets on the day, and records what was decided."""
    sitting = {"metOn": world.clock.at.date().isoformat(), "members": MEMBERS, "recusals": []}
    body = {"panel": sitting, "outcomes": list(each.outcomes)}
    if any(outcome.get("chosenBy") == "ccg" for outcome in each.outcomes):
        at = _scaled_down(world, at)
    return acted(at, world.person(panel(at)).post(f"{at.where}/outcomes", body, if_match=at.etag))


def _scaled_down(world: World, at: At) -> At:
    """The CCG chose joint itself, as Slough did."""
    system = world.system(CLIENT_OF[REGION_OF[at.lead]])
    return acted(at, system.post(f"{at.where}/scale-down", SCALE_DOWN, if_match=at.etag), 200)


def signed_off(world: World, at: At) -> At:
    """By a second person: NHS England, where the panel recorded."""
    return acted(at, world.person("national-1").post(f"{at.where}/sign-off", CONFIRM, if_match=at.etag))


def declared(world: World, level: str, codes: Iterable[str]) -> None:
    for code in codes:
        body = {"odsCode": code, "roundId": ROUND_ID, "level": level, "attribution": complete_round.ATTRIBUTION}
        answer = world.system(CLIENT_OF[REGION_OF[code]]).post("/v1/declarations", body)
        assert answer.status_code == 201, answer.text


def panel(at: At) -> str:
    return f"{PANEL_OF[REGION_OF[at.lead]]}-panel-1"
