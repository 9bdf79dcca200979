"""After a merger: what the bodies held that close moves on to the one that opens, by two people (rule 22)."""

from datetime import date
from typing import Any

import pytest

from tests.api.history import import_history
from tests.api.post_decision import (
    Decided,
    approved,
    conditional,
    corrected,
    decided,
    discharged,
    in_force_on,
    noticed,
    public_sequence,
    published_since,
    recorded_as,
    revoked,
    shown_as,
    signed,
    stand_of,
)
from tests.api.steps import (
    CLIENT_OF,
    announced,
    assert_refused,
    made_round,
    recorded,
    registered,
    signed_off,
    submitted,
)
from tests.api.succession import (
    MERGER,
    NEW,
    asked,
    confirmed,
    held,
    item,
    looked,
    merged,
    moved_on,
    previewed,
    proposed,
    taken_back,
)
from tests.world import CONDITION, World

EAST_BERKSHIRE = ("10G", "10T", "11C")
IN_2018 = date(2018, 4, 1)
WHY = {"reason": "Agreed with all three."}


def before(code: str, level: str, at: Decided | None = None, **members: Any) -> dict[str, Any]:
    """What a body holds on its last day, as the preview says it."""
    return {
        "odsCode": code,
        "level": level,
        "decisionId": None if at is None else at.decision_id,
        "openConditions": 0,
        "endsOnEve": False,
        **members,
    }


def prospect(proposal: str, *predecessors: dict[str, Any], code: str = NEW, own: str | None = None) -> dict[str, Any]:
    return {
        "odsCode": code,
        "name": f"NHS {code} CCG",
        "predecessors": list(predecessors),
        "proposed": proposal,
        "ownDecision": own,
    }


def seen(world: World, on: date = MERGER) -> dict[str, Any]:
    """The only body that opens that day, as the preview says it."""
    found: dict[str, Any]
    [found] = previewed(world, on)["items"]
    return found


def east_berkshire(world: World) -> dict[str, Decided]:
    """All three are granted delegated commissioning, and have signed."""
    registered(world, "berkshire", ["applications"], ods_codes=list(EAST_BERKSHIRE))
    at = signed_off(world, recorded(world, submitted(world, *EAST_BERKSHIRE)))
    announced(world)
    return {code: held(world, decided(at.reference, code)) for code in EAST_BERKSHIRE}


def of_15d(world: World) -> dict[str, Any]:
    """What the preview says of East Berkshire, among the mergers of that day."""
    return next(each for each in previewed(world, IN_2018)["items"] if each["odsCode"] == "15D")


def test_what_all_three_of_east_berkshire_held_moves_on_to_15d(world: World) -> None:
    each = east_berkshire(world)
    looked(world, date(2018, 2, 1))
    said = of_15d(world)
    proposal = proposed(world, item("15D"), on=IN_2018)
    waiting = world.public.get("/v1/organisations/15D").json()
    known = public_sequence(world)

    done = confirmed(world, proposal)

    assert said == {
        **prospect("delegated", *(before(code, "delegated", each[code]) for code in EAST_BERKSHIRE), code="15D"),
        "name": "NHS East Berkshire CCG",
    }
    assert (waiting["position"], waiting["next"]) == ("no_published_decision", None)
    assert done["items"] == [
        {**item("15D"), "reason": None, "proposed": "delegated", "decisionId": "S2018-04-01-15D"},
    ]
    assert (done["state"], done["nextActions"]) == ("confirmed", [])
    assert [(row["type"], row["decisionId"]) for row in published_since(world, known)] == [
        ("succession.confirmed", "S2018-04-01-15D")
    ]
    ahead = stand_of(world, "15D")
    assert ahead["next"] == ("approved", "delegated", "not_started", "novated", "2018-04-01", None, None)
    looked(world, IN_2018)
    assert stand_of(world, "15D")["current"] == (
        *("approved", "delegated", "in_force", "novated", "2018-04-01", None, None),
    )
    assert in_force_on(world, "2018-03-31") == sorted(EAST_BERKSHIRE)
    assert in_force_on(world, IN_2018) == ["15D"]
    assert [row["endedBy"] for row in world.public.get("/v1/approvals/10T").json()["past"]] == ["succeeded"]
    assert of_15d(world)["ownDecision"] == "S2018-04-01-15D"


def test_the_decision_says_what_it_succeeds(sqlite_world: World) -> None:
    world = sqlite_world
    each = east_berkshire(world)
    looked(world, date(2018, 2, 1))

    at = moved_on(world, item("15D"), on=IN_2018)

    row = world.public.get(at.where).json()
    assert row == {
        "decisionId": "S2018-04-01-15D",
        "reference": None,
        "odsCode": "15D",
        "name": "NHS East Berkshire CCG",
        "region": {"code": "Y57", "name": "South of England"},
        "areaTeam": row["areaTeam"],
        "round": None,
        "trial": False,
        "coverage": "complete",
        "requestedLevel": "delegated",
        "outcome": "approved",
        "grantedLevel": "delegated",
        "chosenBy": None,
        "functions": None,
        "scaledDownTo": None,
        "scaledDownReason": None,
        "effectiveFrom": "2018-04-01",
        "standing": "not_started",
        "inForceFrom": "2018-04-01",
        "inForceTo": None,
        "endedBy": None,
        "endReason": None,
        "legalBasis": None,
        "agreementInWords": "agreement novated",
        "reasons": [],
        "conditions": [],
        "state": "published",
        "decidedOn": "2018-02-01",
        "signedOffOn": "2018-02-01",
        "publishedAt": "2018-02-01T00:00:00Z",
        "sequence": public_sequence(world),
        "supersedes": None,
        "supersededBy": None,
        "correctionReason": None,
        "origin": "succession",
        "basis": None,
        "source": None,
        "note": None,
        "succeeds": [{"odsCode": code, "decisionId": each[code].decision_id} for code in EAST_BERKSHIRE],
        "confirmedLate": False,
        "stage": "application",
        "expressionsOfInterest": [],
        "receipt": row["receipt"],
        "links": {
            "self": at.where,
            "approval": "/v1/approvals/15D",
            "organisation": "/v1/organisations/15D",
            "round": None,
        },
    }
    looked(world, IN_2018)
    world.sign()
    assert world.public.get(f"{at.where}/receipt").status_code == 200
    decisions = world.public.get("/v1/decisions?odsCode=15D").json()
    assert [each["decisionId"] for each in decisions["results"]] == [at.decision_id]
    assert world.public.get("/v1/decisions?odsCode=15D&round=2015-16").json()["results"] == []
    [line] = [line for line in world.public.get("/v1/decisions.csv?odsCode=15D").text.splitlines() if "15D" in line]
    assert "succession" in line
    kinds = [
        each["kind"] for each in world.public.get("/v1/publications?from=2018-02-01&to=2018-02-01").json()["results"]
    ]
    assert kinds[-1] == "succession"


def test_of_bradford_it_is_not_known_what_02n_held(sqlite_world: World) -> None:
    world = sqlite_world
    import_history(world)
    looked(world, date(2020, 2, 1))
    merged(world, "02N", "02R", "02W", into="36J", on=date(2020, 4, 1))
    on = date(2020, 4, 1)

    refused = world.person("national-1").post("/v1/successions", asked(item("36J"), on=on))
    at = moved_on(world, item("36J", reason="The minutes of all three say so."), on=on)

    found = seen_before(world, on)
    assert [(each["odsCode"], each["level"]) for each in found] == [
        ("02N", "not_known"),
        ("02R", "not_known"),
        ("02W", "not_known"),
    ]
    said = "Required: what they held together is not known, not delegated."
    assert_refused(refused, 422, "invalid-document", said, ("/items/0/reason", said))
    assert [each["reason"] for each in history(world, "36J") if each["type"] == "succession.confirmed"] == [
        "The minutes of all three say so."
    ]
    assert world.public.get(at.where).json()["succeeds"] == [
        {"odsCode": "02N", "decisionId": None},
        {"odsCode": "02R", "decisionId": "2015-16-02r-02R"},
        {"odsCode": "02W", "decisionId": "2015-16-02w-02W"},
    ]


def seen_before(world: World, on: date) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = seen(world, on)["predecessors"]
    return found


def history(world: World, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.public.get(f"/v1/organisations/{code}/history").json()["results"]
    return found


def two(world: World, first: str = "delegated", second: str = "joint") -> tuple[Decided, Decided]:
    """Two bodies of one region that hold a level each."""
    hackney, brent = (approved(world, code, level=level) for code, level in (("07T", first), ("07P", second)))
    return held(world, hackney), held(world, brent)


def test_two_levels_are_mixed_and_one_of_them_needs_a_reason(sqlite_world: World) -> None:
    world = sqlite_world
    hackney, brent = two(world)
    merged(world, "07T", "07P")
    looked(world)

    said = seen(world)
    moved_on(world, item(level="joint", reason="Brent was joint, and all agreed to joint."))
    looked(world, MERGER)

    assert said == prospect("mixed", before("07P", "joint", brent), before("07T", "delegated", hackney))
    assert stand_of(world, NEW)["current"] == ("approved", "joint", "in_force", "novated", "2016-04-01", None, None)


def test_where_nobody_held_anything_nothing_moves_on_and_that_is_public(sqlite_world: World) -> None:
    world = sqlite_world
    merged(world, "07T", "07P")
    looked(world)
    known = public_sequence(world)

    said = seen(world)
    done = confirmed(world, proposed(world, item(level="none", agreement=None)))

    assert said == prospect("none", before("07P", "none"), before("07T", "none"))
    assert done["items"] == [
        {"odsCode": NEW, "level": "none", "agreement": None, "reason": None, "proposed": "none", "decisionId": None}
    ]
    assert [(each["type"], each["decisionId"]) for each in published_since(world, known)] == [
        ("succession.confirmed", None)
    ]
    assert stand_of(world, NEW) == {"position": "no_published_decision", "current": None, "next": None, "past": []}
    assert previewed(world)["withoutAnything"] == 1


def test_an_open_condition_moves_on_with_its_day(world: World) -> None:
    late = CONDITION | {"dueOn": "2016-06-30"}
    hackney = held(world, conditional(world, "07T", late))
    merged(world, "07T")
    looked(world)

    said = seen(world)
    at = moved_on(world, item(reason="Once the condition is met."))
    looked(world, MERGER)
    ahead = stand_of(world, NEW)["next"]
    record = recorded_as(world, at, "national-1")
    looked(world, date(2016, 5, 2))
    CLIENT_OF.setdefault(NEW, "hackney")
    discharged(world, at)

    assert said == prospect("none", before("07T", "none", hackney, openConditions=1))
    assert ahead == ("conditional", "delegated", "not_started", "novated", None, None, None)
    assert record["conditions"] == [
        {"id": "c1", **late, "state": "open", "settledOn": None, "isOverdue": False, "evidence": []}
    ]
    assert stand_of(world, NEW)["current"] == (
        *("conditional", "delegated", "in_force", "novated", "2016-05-02", None, None),
    )
    assert [act["type"] for act in recorded_as(world, at, "national-1")["acts"]] == [
        *("succession.confirmed", "condition.met", "approval.promoted", "approval.started"),
    ]


def test_an_open_condition_of_what_is_ahead_is_counted_beside_what_is_held(sqlite_world: World) -> None:
    world = sqlite_world
    hackney = held(world, approved(world, "07T", level="joint"))
    made_round(world, "2015-autumn", starts_on=date(2015, 10, 1))
    conditional(world, "07T", CONDITION | {"dueOn": "2016-06-30"}, round_id="2015-autumn")
    merged(world, "07T")
    looked(world)

    assert seen(world) == prospect("joint", before("07T", "joint", hackney, openConditions=1))


def test_what_ends_on_the_eve_by_notice_is_not_held(sqlite_world: World) -> None:
    world = sqlite_world
    hackney, brent = two(world, second="delegated")
    noticed(world, hackney, lastDay="2016-03-31")
    merged(world, "07T", "07P")
    looked(world)

    assert seen(world) == prospect(
        "mixed", before("07P", "delegated", brent), before("07T", "none", hackney, endsOnEve=True)
    )


def test_what_was_never_signed_is_not_held(sqlite_world: World) -> None:
    world = sqlite_world
    hackney = approved(world, "07T")
    merged(world, "07T")
    looked(world)

    assert seen(world) == prospect("none", before("07T", "none", hackney))
    looked(world, MERGER)
    assert seen(world) == prospect("none", before("07T", "none", hackney))


def test_an_agreement_that_is_awaited_is_signed_as_others_are(sqlite_world: World) -> None:
    world = sqlite_world
    held(world, approved(world, "07T"))
    merged(world, "07T")
    looked(world)

    at = moved_on(world, item(agreement="awaited"))
    looked(world, date(2016, 4, 20))
    waiting = stand_of(world, NEW)["next"]
    signed(world, at, date(2016, 4, 15))

    assert waiting == ("approved", "delegated", "not_started", "awaited", "2016-04-01", None, None)
    assert stand_of(world, NEW)["current"] == ("approved", "delegated", "in_force", "signed", "2016-04-15", None, None)


def test_confirmed_late_it_is_in_force_from_its_day_and_says_so(world: World) -> None:
    held(world, approved(world, "07T"))
    merged(world, "07T")
    looked(world, date(2016, 4, 11))
    known = public_sequence(world)

    at = moved_on(world)

    assert shown_as(world.public.get(at.where).json(), "confirmedLate", "effectiveFrom", "decidedOn") == (
        *(True, "2016-04-01", "2016-04-11"),
    )
    assert in_force_on(world, MERGER) == [NEW]
    assert world.public.get(f"/v1/approvals?on={MERGER}&asKnownAt={known}").json()["results"] == []
    assert [each["type"] for each in published_since(world, known)] == ["succession.confirmed", "approval.started"]


def test_a_lead_that_closes_while_recommended_is_decided_and_holds_nothing(sqlite_world: World) -> None:
    """The outcome is made public as it was recorded; what it grants would start after the CCG, and never does."""
    world = sqlite_world
    made_round(world, "2016-17")
    at = recorded(world, submitted(world, "07T", round_id="2016-17"))
    merged(world, "07T")
    looked(world, MERGER)

    signed_off(world, at)
    announced(world, "2016-17")

    assert stand_of(world, "07T")["current"] is None
    [row] = world.public.get("/v1/approvals/07T").json()["past"]
    assert shown_as(row) == ("approved", "delegated", "never_started", "awaited", None, None, "succeeded")
    assert seen(world) == prospect("none", before("07T", "none", None))


def test_what_two_people_see_of_a_proposal(sqlite_world: World) -> None:
    world = sqlite_world
    held(world, approved(world, "07T"))
    merged(world, "07T")
    looked(world)
    proposal = proposed(world, item(agreement="awaited"))
    where = f"/v1/proposals/{proposal['proposalId']}"

    first, second = (world.person(each).get("/v1/successions").json() for each in ("national-1", "national-2"))

    withdraw = {"rel": "withdraw-proposal", "method": "POST", "href": f"{where}/withdrawal", "scope": "national"}
    confirm = {"rel": "confirm", "method": "POST", "href": f"{where}/confirmation", "scope": "national"}
    waiting = {
        "proposalId": proposal["proposalId"],
        "effectiveOn": "2016-04-01",
        "items": [{**item(agreement="awaited"), "reason": None, "proposed": "delegated", "decisionId": None}],
        "state": "open",
        "version": 1,
        "proposedBy": proposal["proposedBy"],
        "proposedAt": "2016-02-01T00:00:00Z",
        "settledBy": None,
        "settledAt": None,
        "note": None,
        "nextActions": [withdraw],
        "receipt": None,
    }
    page = {"total": 1, "limit": 50, "nextCursor": None, "hasMore": False}
    assert first == {"results": [waiting], **page}
    assert second == {"results": [{**waiting, "nextActions": [confirm, withdraw]}], **page}


def test_a_proposal_is_taken_back_with_a_note_and_can_be_made_anew(sqlite_world: World) -> None:
    world = sqlite_world
    held(world, approved(world, "07T"))
    merged(world, "07T")
    looked(world)
    proposal = proposed(world)

    gone = taken_back(world, proposal, by="national-2")
    late = world.person("national-2").post(
        f"/v1/proposals/{proposal['proposalId']}/confirmation", None, if_match='"v2"'
    )
    moved_on(world)

    assert shown_as(gone, "state", "note", "version", "nextActions") == ("withdrawn", "Too early.", 2, [])
    said = "The proposal is withdrawn."
    assert_refused(late, 409, "wrong-state", said, state="withdrawn", allowed=[])
    assert stand_of(world, NEW)["next"] is not None


@pytest.fixture
def one_held(sqlite_world: World) -> World:
    """Slough holds delegated commissioning, and is to merge alone."""
    held(sqlite_world, approved(sqlite_world, "10T"))
    merged(sqlite_world, "10T")
    return looked(sqlite_world)


def test_every_fault_of_a_proposal_is_told_at_once(one_held: World) -> None:
    body = asked(
        item("07P"),
        item(level="joint", agreement=None),
        item(level="none"),
    )

    answer = one_held.person("national-1").post("/v1/successions", body)

    nothing = "07P is no CCG that opens that day in the place of others."
    assert_refused(
        answer,
        422,
        "invalid-document",
        nothing,
        ("/items/0/odsCode", nothing),
        ("/items/1/agreement", "Required of a level: whether the agreement is novated or awaited."),
        ("/items/1/reason", "Required: what they held together is delegated, not joint."),
        ("/items/2/agreement", "Nothing moves on, so there is no agreement. Leave it out."),
        ("/items/2/reason", "Required: what they held together is delegated, not none."),
        ("/items/2/odsCode", f"{NEW} is named twice."),
    )


def test_one_person_proposes_and_another_without_an_interest_confirms(one_held: World) -> None:
    world = one_held
    barred = world.person("national-interested").post("/v1/successions", asked())
    proposal = proposed(world)
    where = f"/v1/proposals/{proposal['proposalId']}/confirmation"

    same = world.person("national-1").post(where, None, if_match='"v1"')
    interested = world.person("national-interested").post(where, None, if_match='"v1"')
    blind = world.person("national-2").post(where, None)
    twice = world.person("national-2").post("/v1/successions", asked())

    interest = "You have declared an interest in 10T."
    assert_refused(barred, 403, "conflict-of-interest", interest)
    assert_refused(interested, 403, "conflict-of-interest", interest)
    assert_refused(same, 403, "same-person", "You proposed this; a second person confirms it.")
    assert blind.status_code == 428
    said = f"{NEW}: a succession waits to be confirmed."
    assert_refused(twice, 409, "already-proposed", said, ("/items/0/odsCode", f"{NEW} is in {proposal['proposalId']}."))


def test_what_changed_since_it_was_proposed_is_not_confirmed(one_held: World) -> None:
    world = one_held
    proposal = proposed(world)
    [slough] = seen_before(world, MERGER)
    revoked(world, Decided(slough["decisionId"], "10T"), lastDay="2016-03-30")

    where = f"/v1/proposals/{proposal['proposalId']}/confirmation"
    answer = world.person("national-2").post(where, None, if_match='"v1"')

    said = (
        f"{NEW}: what merges there, or what it held, is not what it was when this was proposed. "
        "Take it back, and propose again."
    )
    assert_refused(answer, 409, "wrong-state", said, state="open", allowed=["withdraw"])
    assert seen(world)["proposed"] == "none"


def test_it_is_not_confirmed_when_another_body_has_joined_the_merger(sqlite_world: World) -> None:
    world = sqlite_world
    for code in ("10T", "07T"):
        held(world, approved(world, code))
    merged(world, "10T")
    looked(world)
    proposal = proposed(world)
    merged(world, "07T")

    where = f"/v1/proposals/{proposal['proposalId']}/confirmation"
    answer = world.person("national-2").post(where, None, if_match='"v1"')

    assert seen(world)["proposed"] == proposal["items"][0]["proposed"] == "delegated"
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state")


def test_a_decision_for_that_day_wins(one_held: World) -> None:
    world = one_held
    at = moved_on(world)

    answer = world.person("national-1").post("/v1/successions", asked())

    said = f"{NEW}: a decision gives something for that day already."
    assert_refused(answer, 409, "already-decided", said, ("/items/0/odsCode", f"{NEW} holds {at.decision_id}."))
    assert seen(world)["ownDecision"] == at.decision_id


def test_repeated_it_is_proposed_and_confirmed_once(one_held: World) -> None:
    world, key = one_held, "5f3a"
    first, again = (world.person("national-1").post("/v1/successions", asked(), Idempotency_Key=key) for _ in range(2))
    where = f"/v1/proposals/{first.json()['proposalId']}/confirmation"
    done, same = (world.person("national-2").post(where, None, if_match='"v1"', Idempotency_Key=key) for _ in range(2))

    assert (again.status_code, again.json()) == (201, first.json())
    assert (same.status_code, same.json()) == (201, done.json())


def test_a_succession_is_corrected_and_revoked_as_other_decisions_are(one_held: World) -> None:
    world = one_held
    at = moved_on(world)
    looked(world, MERGER)

    new = corrected(world, at, {"outcome": "approved", "effectiveFrom": "2016-05-01"})
    found = world.public.get(new.where).json()
    revoked(world, new, lastDay="2016-12-31")

    again = world.person("national-1").post("/v1/successions", asked())

    assert (again.status_code, again.json()["code"]) == (409, "already-decided")
    assert new.decision_id == f"{at.decision_id}-2"
    assert shown_as(found, "origin", "round", "supersedes") == ("succession", None, at.decision_id)
    assert found["succeeds"] == world.public.get(at.where).json()["succeeds"]
    assert in_force_on(world, "2016-04-30") == []
    assert world.public.get(f"/v1/approvals/{NEW}").json()["next"]["inForceTo"] == "2016-12-31"


def test_lineage_leads_over_generations(sqlite_world: World) -> None:
    world = sqlite_world
    hackney, brent = two(world, second="delegated")
    merged(world, "07T", "07P")
    at = moved_on(looked(world))
    merged(world, NEW, into="99B", on=date(2017, 4, 1))

    first = world.public.get("/v1/organisations/07T/lineage").json()
    last = world.public.get("/v1/organisations/99B/lineage").json()
    then = world.public.get("/v1/organisations/07T/lineage?on=2016-06-01").json()

    assert [(each["odsCode"], each["generation"]) for each in first["after"]] == [(NEW, 1), ("99B", 2)]
    assert [(each["odsCode"], each["generation"]) for each in last["before"]] == [(NEW, 1), ("07P", 2), ("07T", 2)]
    assert [each["odsCode"] for each in then["after"]] == [NEW]
    assert first == {
        "odsCode": "07T",
        "name": "NHS City and Hackney CCG",
        "openedOn": "2013-04-01",
        "closedOn": "2016-03-31",
        "successor": {"odsCode": NEW, "href": f"/v1/organisations/{NEW}"},
        "held": [period(hackney, "2015-04-01", "2016-03-31", "agreement signed")],
        "before": [],
        "after": last["before"][:1]
        and [
            {**last["before"][0], "generation": 1},
            {**{name: last[name] for name in BODY}, "generation": 2},
        ],
        "on": None,
        "knownTo": first["knownTo"],
        "inWords": first["inWords"],
        "publicSequence": public_sequence(world),
    }
    assert last["before"][0]["held"] == [period(at, "2016-04-01", "2017-03-31", "agreement novated", "succession")]
    assert brent.decision_id == last["before"][1]["held"][0]["decisionId"]
    assert world.public.get("/v1/organisations/ZZZ/lineage").status_code == 404


BODY = ("odsCode", "name", "openedOn", "closedOn", "successor", "held")


def period(at: Decided, first: str, last: str, words: str, origin: str = "casework") -> dict[str, Any]:
    return {
        "level": "delegated",
        "inForceFrom": first,
        "inForceTo": last,
        "endedBy": "succeeded",
        "agreementInWords": words,
        "origin": origin,
        "decisionId": at.decision_id,
        "href": at.where,
    }
