"""Conditions, from evidence to promotion or lapse: what each act answers, and what the public reads then."""

from datetime import date, timedelta

import pytest

from app.rules.deadlines import closes_at
from tests.api.post_decision import (
    AWAITED,
    HELD,
    SECOND,
    action,
    condition_of,
    conditional,
    decided,
    discharged,
    etag,
    evidenced,
    in_force_on,
    lapsed,
    morning_of,
    public_sequence,
    published,
    published_since,
    record_of,
    recorded_as,
    shown_as,
    signed,
    stand_of,
    waived,
)
from tests.api.steps import NOTHING_HERE, announced, assert_refused, log_size, recorded, signed_off, submitted
from tests.world import CONDITION, World, outcome


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


NOON = "2014-12-15T12:00:00Z"
OPEN = AWAITED | {"inForceFrom": None}
NOT_YET = ("conditional", "delegated", "not_started", "awaited", None, None, None)
LINK = {"url": "https://ccg.example/minutes.pdf", "sha256": "ab" * 32, "title": "Minutes"}


def test_evidence_is_kept_between_the_ccg_the_panel_and_nhs_england(world: World) -> None:
    """Whole records of everybody who sees it; nothing is published, and two pieces are numbered."""
    at = conditional(world, "07T", CONDITION, SECOND)
    before = public_sequence(world)

    answer = evidenced(world, at, "c2", "We have a chair.")
    evidenced(world, at, "c2", "And minutes.")

    size = log_size(world)
    first = {"number": 1, "text": "We have a chair.", "links": [LINK], "givenAt": NOON}
    second = first | {"number": 2, "text": "And minutes."}
    ours = [action(at, "give-evidence", f"conditions/{each}/evidence", "applications") for each in ("c1", "c2")]
    given = record_of(
        at,
        outcome="conditional",
        version=3,
        conditions=[condition_of(1, CONDITION), condition_of(2, SECOND, evidence=[first])],
        grant=OPEN,
        nextActions=ours,
    )
    receipt = {"logIndex": size - 2, "leafHash": answer["receipt"]["leafHash"], "href": None}
    assert answer == given | {"receipt": receipt}
    both = [condition_of(1, CONDITION), condition_of(2, SECOND, evidence=[first, second])]
    theirs = [action(at, "discharge", f"conditions/{each}/discharge", "panel") for each in ("c1", "c2")]
    assert recorded_as(world, at, "london-panel-2") == given | {
        "version": 4,
        "conditions": both,
        "nextActions": theirs,
    }
    assert recorded_as(world, at, "national-1")["conditions"] == both
    assert_refused(world.person("south-panel-1").get(f"{at.where}/record"), *NOTHING_HERE)
    assert_refused(world.system("slough").get(f"{at.where}/record"), *NOTHING_HERE)
    assert public_sequence(world) == before
    public = world.public.get(at.where).json()
    assert [sorted(each) for each in public["conditions"]] == [
        ["dueOn", "id", "reasonCode", "settledOn", "state", "text"]
    ] * 2


def test_the_last_of_two_conditions_promotes_the_approval(world: World) -> None:
    """The first changes nothing but itself; with the last it counts, and starts on 1 April once it is signed."""
    at = conditional(world, "07T", CONDITION, SECOND)
    before = public_sequence(world)
    first = discharged(world, at, "c2")
    between = stand_of(world, "07T")
    world.clock.move_by(days=2)

    answer = discharged(world, at, "c1")

    met = [
        condition_of(1, CONDITION, state="met", settledOn="2014-12-17"),
        condition_of(2, SECOND, state="met", settledOn="2014-12-15"),
    ]
    promoted = AWAITED | {"promotedOn": "2014-12-17"}
    assert (first["grant"], first["version"], first["receipt"]["logIndex"]) == (OPEN, 3, before + 1)
    assert between == {"position": "not_started", "current": None, "next": NOT_YET, "past": []}
    assert answer == record_of(
        at, outcome="conditional", version=4, conditions=met, grant=promoted, receipt=answer["receipt"]
    )
    assert published_since(world, before) == [
        published(at, "condition.met", "2014-12-15", NOON),
        published(at, "condition.met", "2014-12-17", "2014-12-17T12:00:00Z"),
        published(at, "approval.promoted", "2014-12-17", "2014-12-17T12:00:00Z"),
    ]
    history = world.public.get("/v1/organisations/07T/history").json()["results"]
    assert [each["type"] for each in history[-3:]] == ["condition.met", "condition.met", "approval.promoted"]
    [row] = world.public.get("/v1/approvals?outcome=conditional").json()["results"]
    assert shown_as(row, *HELD, "promotedOn", "conditions") == (
        *("conditional", "delegated", "not_started", "awaited", "2015-04-01", None, None),
        "2014-12-17",
        {"open": 0, "total": 2},
    )
    decision = world.public.get(at.where).json()
    assert (decision["outcome"], [each["state"] for each in decision["conditions"]]) == ("conditional", ["met", "met"])


def test_a_promoted_approval_counts_beside_the_conditional_it_was(world: World) -> None:
    """In force from 1 April; the decision's own outcome stays conditional, and it is never counted as approved."""
    at = conditional(world, "07T")
    discharged(world, at)
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 4, 1))

    [figures] = world.public.get("/v1/statistics?round=2015-16").json()["results"]

    counted = {name: figures[name] for name in ("sincePromoted", "inForce", "startNotConfirmed")}
    assert counted == {"sincePromoted": 1, "inForce": 1, "startNotConfirmed": 0}
    assert figures["outcomes"] == {"approved": 0, "conditional": 1, "rejected": 0, "downgraded_to_joint": 0}
    assert world.public.get("/v1/approvals").json()["total"] == 0
    assert (in_force_on(world, "2015-03-31"), in_force_on(world, "2015-04-01")) == ([], ["07T"])
    assert in_force_on(world, "2015-04-01", outcome="approved") == []
    held = ("conditional", "delegated", "in_force", "signed", "2015-04-01", None, None)
    assert stand_of(world, "07T") == {"position": "in_force", "current": held, "next": None, "past": []}


def test_a_condition_met_after_the_first_day_starts_the_approval_on_that_day(world: World) -> None:
    """The later of effectiveFrom and the day: signed before, so that it starts, and is told, in the same act."""
    at = conditional(world, "07T", CONDITION | {"dueOn": "2015-06-30"})
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 5, 6))
    before = public_sequence(world)

    answer = discharged(world, at)

    assert shown_as(answer["grant"], "standing", "promotedOn", "inForceFrom") == (
        *("in_force", "2015-05-06", "2015-05-06"),
    )
    now = "2015-05-05T23:00:00Z"
    assert published_since(world, before) == [
        published(at, kind, "2015-05-06", now) for kind in ("condition.met", "approval.promoted", "approval.started")
    ]
    assert (in_force_on(world, "2015-05-05"), in_force_on(world, "2015-05-06")) == ([], ["07T"])


@pytest.mark.parametrize(
    ("named", "starts"), [(None, "2015-04-01"), ("2015-02-01", "2015-02-01"), ("2015-07-01", "2015-07-01")]
)
def test_a_waiver_promotes_too_on_the_day_that_nhs_england_names(world: World, named: str | None, starts: str) -> None:
    at = conditional(world, "07T")
    before = public_sequence(world)

    answer = waived(world, at, **({"inForceFrom": named} if named else {}))

    assert answer == record_of(
        at,
        outcome="conditional",
        version=4,
        conditions=[condition_of(1, CONDITION, state="waived", settledOn="2014-12-15")],
        grant=AWAITED | {"promotedOn": "2014-12-15", "inForceFrom": starts},
        nextActions=answer["nextActions"],
        pastProposals=answer["pastProposals"],
        receipt={"logIndex": before + 3, "leafHash": answer["receipt"]["leafHash"], "href": None},
    )
    assert published_since(world, before) == [
        published(at, "condition.waived", "2014-12-15", NOON),
        published(at, "approval.promoted", "2014-12-15", NOON),
    ]


def test_a_waiver_confirmed_after_the_day_it_named_starts_on_the_day_of_confirmation(sqlite_world: World) -> None:
    """Nothing is ever in force in the past by an act of today."""
    world, at = sqlite_world, conditional(sqlite_world, "07T")
    body = {"reason": "No longer needed.", "inForceFrom": "2014-12-16"}
    where = f"{at.where}/conditions/c1/waiver"
    world.person("national-1").post(where, body, if_match=etag(world, at))
    world.clock.move_by(days=3)
    record = recorded_as(world, at, "national-2")

    answer = world.person("national-2").post(record["proposal"]["href"], None, if_match=etag(world, at)).json()

    assert (answer["grant"]["promotedOn"], answer["grant"]["inForceFrom"]) == ("2014-12-18", "2014-12-18")


# --- conditions that are not met ----------------------------------------------------------------

DUE = date(2015, 3, 1)


def test_a_condition_lapses_only_once_its_day_is_over_in_london(world: World) -> None:
    """To the millisecond; the grant ends with it, the reason is public, and the conditions stay to be read."""
    at = conditional(world, "07T", CONDITION, SECOND | {"dueOn": "2015-06-30"})
    before = public_sequence(world)
    world.clock.move_to(closes_at(DUE) - timedelta(milliseconds=1))
    early = world.person("national-1").post(
        f"{at.where}/conditions/c1/lapse", {"reason": "Nothing came."}, if_match=etag(world, at)
    )
    world.clock.move_by(milliseconds=1)
    overdue = [each["isOverdue"] for each in recorded_as(world, at, "london-panel-1")["conditions"]]

    answer = lapsed(world, at)

    assert_refused(
        early,
        409,
        "wrong-state",
        "The decision is published, its grant not started and its agreement awaited; lapse is not possible.",
        state="published",
        allowed=["settle_agreement", "propose_waiver", "propose_correction", "propose_revocation"],
    )
    assert overdue == [True, False]
    ended = OPEN | {
        "standing": "ended",
        "inForceTo": "2015-03-01",
        "endedBy": "condition_lapsed",
        "endReason": "Nothing came in time.",
    }
    assert answer == record_of(
        at,
        outcome="conditional",
        version=3,
        conditions=[
            condition_of(1, CONDITION, state="lapsed", settledOn="2015-03-02"),
            # With the grant nobody owes the other any more.
            condition_of(2, SECOND | {"dueOn": "2015-06-30"}, state="lapsed"),
        ],
        grant=ended,
        nextActions=[action(at, "propose-correction", "correction")],
        receipt=answer["receipt"],
    )
    now = "2015-03-02T00:00:00Z"
    assert published_since(world, before) == [
        published(at, "condition.lapsed", "2015-03-02", now),
        published(at, "approval.ended", "2015-03-01", now),
    ]
    over = ("conditional", "delegated", "ended", "awaited", None, "2015-03-01", "condition_lapsed")
    assert stand_of(world, "07T") == {"position": "ended", "current": None, "next": None, "past": [over]}
    held = world.public.get("/v1/approvals/07T").json()["past"][0]
    assert (held["endReason"], [each["state"] for each in held["conditionDetails"]]) == (
        *("Nothing came in time.", ["lapsed", "lapsed"]),
    )


def test_each_member_of_a_joint_application_has_conditions_of_its_own(sqlite_world: World) -> None:
    """Its evidence is read by its own system only; the other members read the record without it."""
    world = sqlite_world
    case = submitted(world, "07W", "07P")
    case = signed_off(world, recorded(world, case, outcome("07W", "conditional"), outcome("07P", "conditional")))
    announced(world)
    ealing, brent = decided(case.reference, "07W"), decided(case.reference, "07P")
    evidenced(world, ealing)

    read = {who: world.system(who).get(f"{ealing.where}/record").json() for who in ("north-west-london", "brent")}
    foreign = world.system("brent").post(
        f"{ealing.where}/conditions/c1/evidence",
        {"text": "Ours.", "links": [], "attribution": {"name": "A", "email": "a@b.example", "userId": "u"}},
    )
    discharged(world, ealing)

    assert len(read["north-west-london"]["conditions"][0]["evidence"]) == 1
    assert (read["brent"]["conditions"][0]["evidence"], read["brent"]["nextActions"]) == ([], [])
    assert_refused(foreign, 403, "forbidden", "This client is not registered for 07W.")
    assert recorded_as(world, brent, "national-1")["grant"]["promotedOn"] is None
