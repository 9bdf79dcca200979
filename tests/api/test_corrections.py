"""Corrections: another decision stands in the place of one that stays readable; two people, and public at once."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from app.records.people import person_id_of
from tests.api.post_decision import (
    AWAITED,
    FUNCTIONS,
    HELD,
    Decided,
    action,
    approved,
    condition_of,
    conditional,
    corrected,
    decided,
    discharged,
    etag,
    in_force_on,
    morning_of,
    noticed,
    proposed,
    public_sequence,
    published,
    published_since,
    record_of,
    recorded_as,
    shown_as,
    signed,
    stand_of,
)
from tests.api.steps import assert_refused, granted, made_round
from tests.world import CONDITION, REASON, World, outcome


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


NOON, LATER = "2014-12-15T12:00:00Z", "2014-12-15T16:00:00Z"
WORDS = ("approved", "conditional", "rejected", "downgraded_to_joint")
GIVES = {"approved": "delegated", "conditional": "delegated", "rejected": None, "downgraded_to_joint": "joint"}
REASONS = {"rejected": [REASON], "downgraded_to_joint": [REASON]}
WRONGLY = "Read out wrongly."


def said(word: str, **members: Any) -> dict[str, Any]:
    """What a correction says should have been decided."""
    return {name: value for name, value in outcome("", word, **members).items() if name != "odsCode"}


def as_decided(word: str) -> dict[str, Any]:
    """The members of a record that an outcome makes."""
    level = GIVES[word]
    starts = "2015-04-01" if level and word != "conditional" else None
    return {
        "outcome": word,
        "grantedLevel": level,
        "chosenBy": "panel" if word == "downgraded_to_joint" else None,
        "scaledDownTo": None,
        "scaledDownReason": None,
        "functions": FUNCTIONS if level == "delegated" else [],
        "effectiveFrom": "2015-04-01" if level else None,
        "reasons": REASONS.get(word, []),
        "conditions": [condition_of(1, CONDITION)] if word == "conditional" else [],
        "grant": AWAITED | {"level": level, "inForceFrom": starts} if level else None,
    }


def public_of(at: Decided, world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.public.get(at.where).json()
    return found


@pytest.mark.parametrize(("was", "becomes"), [*permutations(WORDS, 2), ("rejected", "rejected")])
def test_each_outcome_is_corrected_to_each_other(sqlite_world: World, was: str, becomes: str) -> None:
    """The new decision whole, the old one superseded with a link to it, and one standing row in the listing."""
    world, old = sqlite_world, approved(sqlite_world, "02W", word=was)
    before = public_sequence(world)
    world.clock.move_by(hours=4)

    new = corrected(world, old, said(becomes))

    assert new.decision_id == f"{old.decision_id}-2"
    found = recorded_as(world, new, "national-1")
    assert found == record_of(
        old,
        **as_decided(becomes),
        decisionId=new.decision_id,
        version=1,
        publishedAt=LATER,
        supersedes=old.decision_id,
        correctionReason=WRONGLY,
        nextActions=found["nextActions"],
        links=record_of(old)["links"] | {"self": f"{new.where}/record", "public": new.where},
    )
    assert (public_of(old, world)["state"], public_of(old, world)["supersededBy"]) == ("superseded", new.decision_id)
    assert (public_of(old, world)["outcome"], public_of(new, world)["supersedes"]) == (was, old.decision_id)
    listed = world.public.get("/v1/approvals?outcome=approved,conditional,rejected,downgraded_to_joint").json()
    assert [(row["decisionId"], row["outcome"]) for row in listed["results"]] == [(new.decision_id, becomes)]
    assert listed["counts"] == dict.fromkeys(WORDS, 0) | {becomes: 1}
    assert published_since(world, before) == [published(new, "decision.corrected", "2014-12-15", LATER)]


def test_a_correction_is_answered_whole_by_both_people(world: World) -> None:
    """The proposal leaves the public as it was; the confirmation answers with the new decision and its address."""
    old = approved(world, "02W")
    before = public_sequence(world)
    body = {"reason": WRONGLY, **said("conditional")}

    proposal = proposed(world, old, "correction", body)

    terms = {
        "correctionReason": WRONGLY,
        "odsCode": "02W",
        "outcome": "conditional",
        "reasons": [],
        "conditions": [{"id": "c1", **CONDITION}],
        "chosenBy": None,
        "grantedLevel": "delegated",
        "functions": FUNCTIONS,
        "effectiveFrom": "2015-04-01",
    }
    told = proposal["proposal"]
    assert proposal == record_of(
        old,
        version=3,
        proposal={
            "proposalId": told["proposalId"],
            "kind": "correction",
            "conditionId": None,
            "terms": {name: terms[name] for name in told["terms"]},
            "proposedBy": told["proposedBy"],
            "proposedAt": NOON,
            "href": f"/v1/proposals/{told['proposalId']}/confirmation",
        },
        nextActions=[
            action(old, "settle-agreement", "agreement", method="PUT"),
            action(old, "propose-correction", "correction"),
            action(old, "propose-revocation", "revocation"),
            action(old, "withdraw-proposal", f"/v1/proposals/{told['proposalId']}/withdrawal"),
        ],
        receipt=proposal["receipt"],
    )
    assert {"outcome", "conditions", "correctionReason", "grantedLevel"} <= set(told["terms"])
    assert told["proposedBy"].startswith("person:")
    assert public_sequence(world) == before
    assert [each["rel"] for each in recorded_as(world, old, "national-2")["nextActions"]][-2:] == [
        *("confirm", "withdraw-proposal"),
    ]
    answer = world.person("national-2").post(told["href"], None, if_match='"v3"')
    new = Decided(f"{old.decision_id}-2", "02W")
    assert (answer.status_code, answer.headers["location"], answer.headers["etag"]) == (201, new.where, '"v1"')
    assert answer.json() == recorded_as(world, new, "national-2") | {"receipt": answer.json()["receipt"]}
    assert answer.json()["receipt"]["logIndex"] == public_sequence(world)


def test_a_correction_of_the_text_keeps_the_agreement_its_days_and_the_notice(world: World) -> None:
    """What was signed, in force and given notice of goes on as it was, and nothing is told twice."""
    old = approved(world, "02W", word="downgraded_to_joint")
    signed(world, old, date(2014, 12, 15))
    morning_of(world, date(2015, 4, 1))
    noticed(world, old, reason="We merge.")
    before = public_sequence(world)
    text = {"code": "leadership", "text": "Interim management until summer."}

    new = corrected(world, old, said("downgraded_to_joint", reasons=[text]))

    grant = recorded_as(world, new, "national-1")["grant"]
    assert grant == AWAITED | {
        "level": "joint",
        "standing": "in_force",
        "agreement": "signed",
        "signedOn": "2014-12-15",
        "inForceTo": "2016-03-31",
        "endedBy": "notice",
        "endReason": "We merge.",
        "notice": {"lastDay": "2016-03-31", "withdrawableUntil": "2015-09-30"},
    }
    assert [each["type"] for each in published_since(world, before)] == ["decision.corrected"]
    assert in_force_on(world, "2015-04-01") == ["02W"]
    assert public_of(new, world)["reasons"] == [{**text, "codes": ["leadership"]}]
    morning_of(world, date(2016, 4, 1))
    assert [each["type"] for each in published_since(world, before)] == ["decision.corrected", "approval.ended"]


def test_a_correction_of_the_day_moves_the_start_of_what_is_signed(world: World) -> None:
    old = approved(world, "02W")
    signed(world, old, date(2014, 12, 15))

    new = corrected(world, old, said("approved", effectiveFrom="2015-07-01"))

    grant = recorded_as(world, new, "national-1")["grant"]
    assert (grant["agreement"], grant["inForceFrom"]) == ("signed", "2015-07-01")
    morning_of(world, date(2015, 7, 1))
    assert (in_force_on(world, "2015-06-30"), in_force_on(world, "2015-07-01")) == ([], ["02W"])


def test_what_an_approval_gave_never_was_in_force_once_it_is_corrected_away(world: World) -> None:
    """In force in May; corrected to a rejection in June; nothing was in force in May any more."""
    old = approved(world, "02W")
    signed(world, old, date(2014, 12, 15))
    morning_of(world, date(2015, 6, 1))
    assert in_force_on(world, "2015-05-01") == ["02W"]

    new = corrected(world, old, said("rejected"))

    voided = ("approved", "delegated", "ended", "signed", None, None, "corrected")
    assert in_force_on(world, "2015-05-01") == []
    assert stand_of(world, "02W") == {
        "position": "not_approved",
        "current": None,
        "next": None,
        "past": [("rejected", None, None, None, None, None, None), voided],
    }
    held = world.public.get("/v1/approvals/02W").json()["past"]
    assert [(each["state"], each["supersededBy"]) for each in held] == [
        ("published", None),
        ("superseded", new.decision_id),
    ]


def test_a_correction_is_corrected_again(world: World) -> None:
    """Morning, afternoon, evening: each names the one before; only the last stands, and no other is corrected."""
    first = approved(world, "02W")
    second = corrected(world, first, said("conditional"))
    third = corrected(world, second, said("rejected"), "And that was wrong too.")

    answer = world.person("national-1").post(
        f"{second.where}/correction", {"reason": "Once more.", **said("approved")}, if_match=etag(world, second)
    )

    assert third.decision_id == f"{first.decision_id}-3"
    chain = [(public_of(each, world)["supersedes"], public_of(each, world)["supersededBy"]) for each in (first, second)]
    assert chain == [(None, second.decision_id), (first.decision_id, third.decision_id)]
    assert public_of(third, world)["correctionReason"] == "And that was wrong too."
    assert_refused(
        answer,
        409,
        "wrong-state",
        "The decision is superseded; propose_correction is not possible.",
        state="superseded",
        allowed=[],
    )
    assert stand_of(world, "02W")["position"] == "not_approved"


def test_a_correction_that_voids_the_newer_grant_lets_the_older_go_on(world: World) -> None:
    """Joint until 31 March 2016, since delegated followed; without that it goes on, to the end of its own notice."""
    joint = decided(granted(world, "02W", level="joint").reference, "02W")
    signed(world, joint, date(2014, 12, 15))
    noticed(world, joint, lastDay="2017-03-31", reason="We thought of it.")
    made_round(world, "next")
    newer = decided(granted(world, "02W", round_id="next").reference, "02W")
    signed(world, newer, date(2014, 12, 15))
    superseded = recorded_as(world, joint, "national-1")["grant"]
    before = public_sequence(world)

    corrected(world, newer, said("rejected"))

    assert shown_as(superseded, "inForceTo", "endedBy") == ("2016-03-31", "superseded_by_grant")
    again = recorded_as(world, joint, "national-1")["grant"]
    assert shown_as(again, "inForceTo", "endedBy", "endReason") == ("2017-03-31", "notice", "We thought of it.")
    assert [each["type"] for each in published_since(world, before)] == ["decision.corrected", "approval.ending"]
    row = world.public.get("/v1/approvals/02W").json()["next"]
    assert shown_as(row, *HELD) == ("approved", "joint", "not_started", "signed", "2015-04-01", "2017-03-31", "notice")


def test_an_older_grant_without_an_end_of_its_own_is_resumed(world: World) -> None:
    joint = decided(granted(world, "02W", level="joint").reference, "02W")
    signed(world, joint, date(2014, 12, 15))
    made_round(world, "next")
    newer = decided(granted(world, "02W", round_id="next").reference, "02W")
    signed(world, newer, date(2014, 12, 15))
    before = public_sequence(world)

    new = corrected(world, newer, said("rejected"))

    grant = recorded_as(world, joint, "national-1")["grant"]
    assert shown_as(grant, "inForceTo", "endedBy") == (None, None)
    assert [(each["type"], each["decisionId"]) for each in published_since(world, before)] == [
        ("decision.corrected", new.decision_id),
        ("approval.resumed", joint.decision_id),
    ]


def test_a_promoted_approval_corrected_to_approved_waits_for_its_agreement_anew(sqlite_world: World) -> None:
    """It was approved with conditions; now it is another grant, which nobody has signed."""
    old = conditional(sqlite_world, "07T")
    discharged(sqlite_world, old)
    signed(sqlite_world, old, date(2014, 12, 15))

    new = corrected(sqlite_world, old, said("approved"))

    grant = recorded_as(sqlite_world, new, "national-1")["grant"]
    assert grant == AWAITED


def test_the_review_names_what_stands_in_the_place_of_what_was_recorded(world: World) -> None:
    at = approved(world, "02W")
    where = f"/v1/applications/{at.decision_id.removesuffix('-02W')}"
    before = world.person("north-panel-1").get(where).json()["review"]

    new = corrected(world, at, said("rejected"), WRONGLY)

    assert before["corrected"] == []
    assert world.person("north-panel-1").get(where).json()["review"] == before | {
        "corrected": [
            {
                "odsCode": "02W",
                "decisionId": new.decision_id,
                "correctedAt": NOON,
                "correctedBy": {"key": f"person:{_person_id(world, 'national-2')}", "name": "national-2 (made up)"},
                "reason": WRONGLY,
            }
        ]
    }
    assert world.system("bradford").get(where).json()["review"] is None


def _person_id(world: World, subject: str) -> str:
    return person_id_of(world.settings.development_issuer, subject)
