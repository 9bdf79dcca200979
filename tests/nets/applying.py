"""The first part of the story: rounds, applications, reviews, outcomes and announcements."""

from datetime import UTC, date, datetime
from typing import Any

from tests.api import steps
from tests.api.post_decision import morning_of, ticked
from tests.api.steps import At
from tests.nets.telling import at_hand, ok, registered
from tests.world import ATTRIBUTION, CONDITION, NORTH_WEST_LONDON, REASON, World, application, outcome

LONDON_TRIO = ("07P", "07W", "08Y")
SECOND = {"text": "Appoint a lay chair.", "reasonCode": "conflicts_of_interest", "dueOn": "2014-12-19"}
THIRD = {"text": "Publish a register of interests.", "reasonCode": "conflicts_of_interest", "dueOn": "2015-06-30"}


def plan_rounds(world: World) -> None:
    """Rounds of every kind, put and changed by an admin and by a command; more systems."""
    admin, where = world.person("admin-1"), "/v1/rounds/2015-16"
    days = {"applicationsPublicFrom": "2015-01-23", "applicantsSeeAt": "2015-02-01T09:00:00Z"}
    ok(admin.put(where, world.public.get(where).json() | days, if_match='"v1"'))
    plan = {
        "roundId": "trial-2",
        "title": "A second trial round",
        "kind": "trial",
        "coverage": "partial",
        "opensOn": "2015-09-01",
        "deadlines": {"delegated": "2015-11-06", "joint": None},
        "closesOn": "2016-03-31",
        "startsOn": "2016-04-01",
        "countedOn": "2015-09-01",
        "source": "Made up for a test",
    }
    ok(admin.put("/v1/rounds/trial-2", plan, If_None_Match="*"), 201)
    no_deadlines: dict[str, Any] = {"delegated_deadline": None, "joint_deadline": None}
    early = {"opens_on": date(2014, 11, 10), "starts_on": date(2015, 1, 1), "closes_on": date(2014, 12, 31)}
    steps.made_round(world, "2014-15", **no_deadlines, **early)
    steps.made_round(world, "closing", kind="trial", **no_deadlines, closes_on=date(2014, 12, 19))
    steps.made_round(world, "next")
    steps.made_round(world, "trial-3", kind="trial")
    for client_id, codes in (("bradford-districts", "02R"), ("ealing", "07W"), ("hounslow", "08Y")):
        registered(world, client_id, ["applications"], ods_codes=[codes])
    registered(world, "south-panel-system", ["panel"], regions=["Y57"])
    registered(world, "national-system", ["national"])


def apply(world: World) -> None:
    """Applications alone and together, by steps and at once; consents, members that leave, declarations."""
    _apply_by_steps(world)
    _apply_together(world)
    _leave_a_draft(world)
    steps.submitted(world, "05W")
    steps.drafted(world, "07T")
    steps.submitted(world, "02W", level="joint")
    for level in ("none", "greater_involvement"):
        world.clock.move_by(minutes=1)
        steps.declared(world, "05C", level)
    steps.submitted(world, "05C")
    steps.declared(world, "02R")
    steps.withdrawn(world, steps.drafted(world, "02W", round_id="trial"))
    why = {"reason": "The members want to wait a year.", "attribution": ATTRIBUTION}
    at = steps.submitted(world, "07T", round_id="trial")
    ok(world.system("hackney").post(f"{at.where}/withdrawal", why))


def _apply_by_steps(world: World) -> None:
    """Slough, step by step, with a decimal number, an accent and an emoji on the way."""
    whole = application("10T", submitted=False)
    whole["proposal"]["finance"]["narrative"] = "Café “Sound” — 1 \U0001f600 <&>"
    bare = {name: whole[name] for name in ("roundId", "requestedLevel", "leadOdsCode", "memberOdsCodes")}
    bare["attribution"] = {"name": "B. Clerk", "email": "b@ccg.example", "userId": "u2"}
    world.clock.move_by(microseconds=123_456)
    created = ok(world.system("slough").post("/v1/applications", bare), 201)
    patch = {name: whole[name] for name in ("proposal", "signatories", "attribution")}
    world.clock.move_by(minutes=1)
    amended = ok(world.system("slough").patch(created["links"]["self"], patch, if_match='"v1"'))
    world.clock.move_by(minutes=1)
    ok(world.system("slough").post(f"{amended['links']['self']}/submission", steps.SUBMIT))


def _apply_together(world: World) -> None:
    """Brent leads and amends; then Ealing and Hounslow agree, since an amendment would end a consent."""
    drafted = application(*LONDON_TRIO, submitted=False)
    answer = world.system("brent").post("/v1/applications", drafted)
    at = steps.acted(At(answer.headers["location"], "", LONDON_TRIO), answer)
    brent = world.system("brent")
    nobody: list[dict[str, str]] = []
    for signatories in (nobody, drafted["signatories"]):
        change = {"signatories": signatories, "attribution": ATTRIBUTION}
        changed = brent.patch(at.where, change, if_match=at.etag)
        at = steps.acted(at, changed, 200)
    other = {**drafted["proposal"], "summary": "Said otherwise."}
    changed = brent.patch(at.where, {"proposal": other, "attribution": ATTRIBUTION}, if_match=at.etag)
    at = steps.acted(at, changed, 200)
    world.clock.move_by(minutes=5)
    at = steps.agreed(world, at, "07W", "ealing")
    at = steps.agreed(world, at, "08Y", "hounslow")
    at = steps.acted(at, world.system("brent").post(f"{at.where}/submission", steps.SUBMIT), 200)
    leaving = {"odsCode": "08Y", "reason": "Hounslow waits.", "attribution": ATTRIBUTION}
    ok(world.system("hounslow").post(f"{at.where}/withdrawal", leaving))


def _leave_a_draft(world: World) -> None:
    drafted = application("07P", "08Y", level="joint", round_id="trial", submitted=False)
    answer = world.system("brent").post("/v1/applications", drafted)
    at = steps.acted(At(answer.headers["location"], "", ("07P", "08Y")), answer)
    at = steps.agreed(world, at, "08Y", "hounslow")
    change = {"requestedLevel": "delegated", "attribution": ATTRIBUTION}
    at = steps.acted(at, world.system("brent").patch(at.where, change, if_match=at.etag), 200)
    steps.left(world, at, "08Y", "hounslow")


def review(world: World) -> None:
    """Assessments, changes asked for and made, more time, and changes that do not come in time."""
    slough = at_hand(world, "slough", "10T", "2015-16")
    slough = steps.assessed(world, slough, "finance", "not_met")
    slough = steps.assessed(world, slough, "finance", "partly_met")
    slough = steps.assessed(world, slough, "governance")
    items = [{"pointer": "/proposal/finance/narrative", "text": "Say how."}, {"text": "Name the chair."}]
    wanted = {"items": items, "dueOn": "2014-12-20"}
    answer = world.person("south-panel-1").post(f"{slough.where}/change-requests", wanted, if_match=slough.etag)
    slough = steps.changes_extended(world, steps.acted(slough, answer), "2014-12-23")
    world.clock.move_by(hours=2)
    patch = {"proposal": {"finance": {"narrative": "With savings."}}, "attribution": ATTRIBUTION}
    answer = world.system("slough").patch(slough.where, patch, if_match=slough.etag)
    steps.handed_in(world, steps.acted(slough, answer, 200))
    steps.extended(world, "02R", "2015-01-20")
    steps.extended(world, "02R", "2015-01-22")
    for round_id, codes in (("closing", ("05W",)), ("trial", ("05C",))):
        steps.changes_requested(world, steps.submitted(world, *codes, round_id=round_id), "2014-12-18")
    steps.drafted(world, "10T", round_id="closing")


def decide(world: World) -> None:
    """Outcomes of every kind, for one and for several; one is returned; sign-off with and without a day."""
    world.clock.move_to(datetime(2014, 12, 16, 10, 0, tzinfo=UTC))
    slough = at_hand(world, "slough", "10T", "2015-16")
    no = outcome("10T", "rejected", privateNote="Not unanimous.", reasons=[REASON, {"code": "other", "text": "Late."}])
    slough = steps.returned(world, steps.recorded(world, slough, no))
    slough = steps.recorded(world, slough, outcome("10T", "downgraded_to_joint"))
    day = {"decision": "confirm", "effectiveFrom": "2015-05-01", "note": "From May."}
    steps.signed_off(world, slough, body=day)
    stoke = at_hand(world, "stoke", "05W", "2015-16")
    steps.signed_off(world, steps.recorded(world, stoke, outcome("05W", "conditional")), by="national-2")
    trio = at_hand(world, "brent", "07P", "2015-16")
    panel = {"metOn": "2014-12-15", "members": ["One", "Two"], "recusals": ["Two, of 07W"]}
    each = [outcome("07P", "approved"), outcome("07W", "downgraded_to_joint", chosenBy="panel")]
    body = {"panel": panel, "outcomes": each}
    answer = world.person("london-panel-1").post(f"{trio.where}/outcomes", body, if_match=trio.etag)
    steps.signed_off(world, steps.acted(trio, answer))
    bradford = at_hand(world, "bradford", "02W", "2015-16")
    steps.signed_off(world, steps.recorded(world, bradford), by="north-panel-2")
    dudley = at_hand(world, "dudley", "05C", "2015-16")
    conditions = [SECOND, THIRD, CONDITION]
    steps.recorded(world, dudley, outcome("05C", "conditional", conditions=conditions))
    group = steps.submitted(world, *NORTH_WEST_LONDON, round_id="trial")
    words = ["rejected", "approved", "conditional", "downgraded_to_joint", *["approved"] * 4]
    rulings = [outcome(code, word) for code, word in zip(NORTH_WEST_LONDON, words, strict=True)]
    steps.signed_off(world, steps.recorded(world, group, *rulings))


def announce(world: World) -> None:
    """At once, cancelled, and by the clock; counts, outcomes shown and lapses on the way."""
    steps.announced(world, "trial", levels=["delegated"])
    for levels, publish_at in ((["joint"], "2015-01-10T09:30:00Z"), (["joint", "delegated"], "2015-02-18T09:30:00Z")):
        asked: dict[str, Any] = {"levels": levels}
        expect = steps.previewed(world, **asked)["setDigest"]
        body = {**asked, "expect": expect, "publishAt": publish_at}
        made = ok(world.person("national-1").post("/v1/rounds/2015-16/announcement", body), 201)
        if levels == ["joint"]:
            ok(world.person("national-2").delete(f"/v1/rounds/2015-16/announcement/{made['announcementId']}"))
    world.clock.move_to(datetime(2014, 12, 29, 9, 0, tzinfo=UTC))
    late = at_hand(world, "dudley", "05C", "trial")
    steps.recorded(world, late, outcome("05C", "rejected"))
    world.clock.move_to(datetime(2015, 1, 22, 23, 59, 59, 999_000, tzinfo=UTC))
    by_extension = steps.submitted(world, "02R")
    morning_of(world, date(2015, 1, 23))
    world.clock.move_to(datetime(2015, 2, 1, 9, 0, 2, tzinfo=UTC))
    ticked(world)
    steps.signed_off(world, steps.recorded(world, by_extension))
    world.clock.move_to(datetime(2015, 2, 18, 9, 30, tzinfo=UTC))
    ticked(world)
    steps.announced(world)


CHAPTERS = (plan_rounds, apply, review, decide, announce)
