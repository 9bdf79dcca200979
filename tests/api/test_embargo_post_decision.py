"""The embargo after publication: no public answer differs by one byte before and after an act that is not public.

Evidence, proposals of all kinds and of successions, refused confirmations, what is scheduled and what is cancelled;
what is public at once moves something, so that the comparison is known to look.
"""

from datetime import date
from typing import Any

import pytest

from tests.api.post_decision import (
    approved,
    conditional,
    confirmed,
    decided,
    discharged,
    etag,
    evidenced,
    proposed,
    signed,
)
from tests.api.steps import made_round, previewed, recorded, signed_off, submitted
from tests.api.succession import MERGER, NEW, asked, held, looked, merged, taken_back
from tests.api.succession import confirmed as succession_confirmed
from tests.api.succession import proposed as succession_proposed
from tests.api.test_embargo import FILTERED, PLAIN, moved, public_paths, snapshot
from tests.world import CONDITION, REASON, World


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: what is public is read by the same queries on both."""
    return sqlite_world


CORRECTION = {"reason": "Wrong.", "outcome": "rejected", "reasons": [REASON]}
REVOCATION = {"reason": "So.", "legalBasis": "NHS Act 2006, section 14Z21", "lastDay": "2015-12-31"}


@pytest.fixture
def paths(world: World) -> list[str]:
    """All public addresses; of decisions only those that a test names."""
    made_round(world, "other")
    return [*public_paths(world), *FILTERED, "/v1/waiting-times.csv", "/v1/waiting-times?round=trial,2015-16,other"]


def test_no_public_answer_moves_by_evidence_and_proposals(world: World, paths: list[str]) -> None:
    hackney, bradford = conditional(world, "07T", CONDITION, CONDITION), approved(world, "02W")
    signed(world, bradford, date(2014, 12, 15))
    paths += [hackney.where, bradford.where]
    before = snapshot(world, paths, PLAIN)

    def assert_unmoved(act: Any) -> None:
        assert act is not None
        assert moved(before, snapshot(world, paths, PLAIN)) == {}

    assert_unmoved(evidenced(world, hackney))
    assert_unmoved(proposed(world, hackney, "conditions/c1/waiver", {"reason": "No longer needed."}))
    assert_unmoved(proposed(world, hackney, "revocation", REVOCATION))  # which replaces the waiver
    assert_unmoved(proposed(world, bradford, "correction", CORRECTION))
    record = world.person("national-1").get(f"{bradford.where}/record").json()
    assert_unmoved(world.person("national-1").post(record["proposal"]["href"], None, if_match=etag(world, bradford)))
    assert_unmoved(world.system("bradford").get(f"{bradford.where}/record"))
    discharged(world, hackney)
    assert set(moved(before, snapshot(world, [hackney.where, "/v1/changes"], PLAIN)))
    confirmed(world, bradford)
    assert world.public.get(bradford.where).json()["state"] == "superseded"


def test_no_public_answer_moves_by_what_is_scheduled_or_cancelled(world: World, paths: list[str]) -> None:
    at = signed_off(world, recorded(world, submitted(world, "02W")))
    paths += [decided(at.reference, "02W").where]
    before = snapshot(world, paths, PLAIN)
    national = world.person("national-1")
    body = {"expect": previewed(world)["setDigest"], "publishAt": "2015-02-18T09:30:00Z"}

    scheduled = national.post("/v1/rounds/2015-16/announcement", body)
    while_scheduled = moved(before, snapshot(world, paths, PLAIN))
    cancelled = national.delete(f"/v1/rounds/2015-16/announcement/{scheduled.json()['announcementId']}")

    assert (scheduled.status_code, cancelled.status_code) == (201, 200)
    assert while_scheduled == {}
    assert moved(before, snapshot(world, paths, PLAIN)) == {}


def own_answers(world: World, code: str, at: str) -> list[Any]:
    """What the system of a body that merges reads: bodies, tags and totals."""
    system = world.system("hackney")
    paths = (f"/v1/organisations/{code}/status", f"{at}/record", "/v1/events?limit=200", "/v1/applications")
    return [(answer.content, answer.headers.get("etag")) for answer in map(system.get, paths)]


def test_nobody_outside_can_tell_that_a_succession_was_proposed_or_taken_back(world: World, paths: list[str]) -> None:
    hackney = held(world, approved(world, "07T"))
    merged(world, "07T")
    looked(world)
    world.sign()
    paths += [hackney.where, f"/v1/organisations/{NEW}", f"/v1/organisations/{NEW}/lineage", f"/v1/approvals/{NEW}"]
    paths += [f"/v1/decisions/S{MERGER}-{NEW}", f"/v1/organisations/{NEW}/history", f"/v1/approvals?on={MERGER}"]
    before, own = snapshot(world, paths, PLAIN), own_answers(world, "07T", hackney.where)

    taken_back(world, succession_proposed(world))
    proposal = succession_proposed(world)
    refused = world.person("national-1").post("/v1/successions", asked())
    world.sign()

    assert refused.status_code == 409
    assert moved(before, snapshot(world, paths, PLAIN)) == {}
    assert own_answers(world, "07T", hackney.where) == own
    succession_confirmed(world, proposal)
    now = {path for _, _, path in moved(before, snapshot(world, paths, PLAIN))}
    assert {f"/v1/approvals/{NEW}", f"/v1/decisions/S{MERGER}-{NEW}", "/v1/changes", "/v1/decisions"} <= now
