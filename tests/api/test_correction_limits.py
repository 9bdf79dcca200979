"""What stands in the way of a correction: other grants, live applications, other proposals, days that have passed."""

from datetime import UTC, datetime

import pytest

from tests.api.post_decision import approved, confirmed, corrected, etag, proposed, recorded_as
from tests.api.steps import assert_refused, submitted
from tests.api.test_corrections import WRONGLY, said
from tests.world import World, application


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


def test_a_rejection_cannot_be_corrected_while_another_application_of_the_ccg_is_live(world: World) -> None:
    """It was not approved and has applied for joint in the same round: first that has to be settled."""
    old = approved(world, "02W", word="rejected")
    submitted(world, "02W", level="joint")
    proposed(world, old, "correction", {"reason": WRONGLY, **said("approved")})
    record = recorded_as(world, old, "national-2")

    answer = world.person("national-2").post(record["proposal"]["href"], None, if_match=etag(world, old))

    assert_refused(
        answer,
        409,
        "wrong-state",
        "02W has another live application in round 2015-16.",
        state="published",
        allowed=["propose_correction", "confirm", "withdraw_proposal"],
    )


def test_a_rejection_cannot_be_corrected_while_another_decision_gives_something(world: World) -> None:
    """Rejected for delegated and approved for joint in one round: the joint approval is in the way."""
    old = approved(world, "02W", word="rejected")
    joint = approved(world, "02W", level="joint")
    proposed(world, old, "correction", {"reason": WRONGLY, **said("approved")})
    record = recorded_as(world, old, "national-2")

    answer = world.person("national-2").post(record["proposal"]["href"], None, if_match=etag(world, old))

    assert_refused(
        answer,
        409,
        "wrong-state",
        f"{joint.decision_id} gives 02W something in round 2015-16 already.",
        state="published",
        allowed=["propose_correction", "confirm", "withdraw_proposal"],
    )


@pytest.mark.parametrize(("was", "becomes", "status"), [("approved", "rejected", 201), ("rejected", "approved", 422)])
def test_a_correction_decides_whether_the_ccg_may_apply_again(
    world: World, was: str, becomes: str, status: int
) -> None:
    old = approved(world, "02W", word=was)
    corrected(world, old, said(becomes))

    answer = world.system("bradford").post("/v1/applications", application("02W"))

    assert answer.status_code == status, answer.text


def test_another_proposal_takes_the_place_of_an_open_one(sqlite_world: World) -> None:
    world, at = sqlite_world, approved(sqlite_world, "02W")
    first = proposed(world, at, "correction", {"reason": WRONGLY, **said("rejected")})["proposal"]
    second = proposed(world, at, "correction", {"reason": WRONGLY, **said("conditional")}, by="national-2")["proposal"]

    answer = world.person("national-2").post(first["href"], None, if_match=etag(world, at))
    confirmed(world, at, by="national-1")

    assert_refused(
        answer,
        409,
        "wrong-state",
        "The proposal is replaced.",
        state="replaced",
        allowed=["settle_agreement", "propose_correction", "propose_revocation", "withdraw_proposal"],
    )
    assert second["proposalId"] != first["proposalId"]
    assert world.public.get("/v1/approvals?outcome=conditional").json()["total"] == 1


def test_a_condition_of_a_correction_cannot_be_due_before_today(sqlite_world: World) -> None:
    world, at = sqlite_world, approved(sqlite_world, "02W")
    world.clock.move_to(datetime(2015, 3, 2, 12, tzinfo=UTC))
    body = {"reason": WRONGLY, **said("conditional")}

    answer = world.person("national-1").post(f"{at.where}/correction", body, if_match=etag(world, at))

    detail = "2015-03-01 has passed."
    assert_refused(answer, 422, "invalid-document", detail, ("/conditions/0/dueOn", detail))
