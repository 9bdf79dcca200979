"""Changes: asked for by the panel, made by the applicants by a day of their own, or not made at all."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.steps import (
    SUBMIT,
    At,
    acted,
    assert_refused,
    changes_requested,
    handed_in,
    recorded,
    signed_off,
    submitted,
)
from tests.world import ATTRIBUTION, World, outcome, outcomes

DUE = "2015-02-14"
AFTER_DUE = datetime(2015, 2, 15, tzinfo=UTC)
# The round's own deadline for delegated was 9 January.


@pytest.fixture
def at(world: World) -> At:
    """Slough's application, with changes asked for by 14 February."""
    return changes_requested(world, submitted(world, "10T"), DUE)


def record(world: World, at: At, *words: str) -> Any:
    body = outcomes(*(outcome(code, word) for code, word in zip(at.members, words, strict=True)))
    return world.person(at.panel()).post(f"{at.where}/outcomes", body, if_match=at.etag)


def test_the_applicants_see_what_the_panel_asked_for_and_by_when(world: World, at: At) -> None:
    answer = world.system("slough").get(at.where).json()

    asked = {"items": [{"pointer": "/proposal/summary", "text": "Say more."}], "dueOn": DUE}
    assert (answer["state"], answer["waitingOn"], answer["dueOn"]) == ("changes_requested", "applicant", DUE)
    assert answer["changeRequest"] == asked | {"extendedTo": None}
    assert [each["rel"] for each in answer["nextActions"]] == ["amend", "submit", "withdraw", "scale-down"]


def test_officers_find_in_the_queue_what_waits_for_its_applicants(sqlite_world: World) -> None:
    at = changes_requested(sqlite_world, submitted(sqlite_world, "10T"))
    submitted(sqlite_world, "07T")

    for who in ("south-panel-1", "national-1"):
        found = sqlite_world.person(who).get("/v1/queue?waitingOn=applicant").json()
        assert ([row["reference"] for row in found["results"]], found["total"]) == ([at.reference], 1)


def test_a_resubmission_is_bound_by_its_own_day_and_not_by_the_rounds_deadline(world: World, at: At) -> None:
    """Amended and submitted again a month after the deadline, in the last millisecond of the day named."""
    world.clock.move_to(AFTER_DUE)
    late = world.system("slough").post(f"{at.where}/submission", SUBMIT)
    world.clock.move_by(milliseconds=-1)
    patch: dict[str, Any] = {"attribution": ATTRIBUTION, "proposal": {"summary": "More."}, "signatories": None}
    amended = acted(at, world.system("slough").patch(at.where, patch, if_match=at.etag), 200)
    incomplete = world.system("slough").post(f"{at.where}/submission", SUBMIT)
    patch = {
        "attribution": ATTRIBUTION,
        "signatories": [{"name": "A. Officer", "role": "accountable_officer", "signedOn": "2015-02-14"}],
    }
    acted(amended, world.system("slough").patch(at.where, patch, if_match=amended.etag), 200)
    handed_in(world, at)

    assert_refused(
        late,
        422,
        "deadline-passed",
        f"The deadline was {DUE}.",
        ("/requestedLevel", f"The deadline for delegated was the end of {DUE} in London."),
    )
    fault = ("/signatories", "The accountable officer signs a submission.")
    assert_refused(incomplete, 422, "incomplete-application", "1 thing is missing or does not fit.", fault)
    answer = world.system("slough").get(at.where).json()
    shown = {name: answer[name] for name in ("state", "waitingOn", "dueOn", "changeRequest", "firstSubmittedAt")}
    assert shown == {
        "state": "submitted",
        "waitingOn": "panel",
        "dueOn": None,
        "changeRequest": None,
        "firstSubmittedAt": "2014-12-15T12:00:00Z",
    }
    assert (answer["proposal"]["summary"], answer["version"]) == ("More.", 6)


@pytest.mark.parametrize("word", ["approved", "conditional", "rejected", "downgraded_to_joint"])
def test_nothing_is_recorded_while_changes_may_still_come(sqlite_world: World, word: str) -> None:
    at = changes_requested(sqlite_world, submitted(sqlite_world, "10T"), DUE)
    sqlite_world.clock.move_to(AFTER_DUE)
    sqlite_world.clock.move_by(milliseconds=-1)

    answer = record(sqlite_world, at, word)

    detail = f"Changes are awaited until the end of {DUE}."
    assert_refused(answer, 409, "wrong-state", detail, state="changes_requested", allowed=[])


@pytest.mark.parametrize("word", ["approved", "conditional", "downgraded_to_joint"])
def test_only_a_rejection_is_recorded_once_the_day_has_passed(sqlite_world: World, word: str) -> None:
    at = changes_requested(sqlite_world, submitted(sqlite_world, "07W", "07P"), DUE)
    sqlite_world.clock.move_to(AFTER_DUE)

    answer = record(sqlite_world, at, "rejected", word)

    detail = "Changes are still awaited: only rejected is possible."
    assert_refused(answer, 422, "only-rejection", detail, ("/outcomes/1/outcome", detail))


def test_a_rejection_needs_no_resubmission_once_the_day_has_passed(world: World, at: At) -> None:
    """As with North West London's eight."""
    world.clock.move_to(AFTER_DUE)

    rejected = recorded(world, at, outcome("10T", "rejected"))
    signed_off(world, rejected)

    answer = world.person("national-1").get(at.where).json()
    shown = (answer["state"], answer["dueOn"], answer["changeRequest"], answer["members"][0]["outcome"])
    assert shown == ("decided", None, None, "rejected")


def test_changes_may_be_asked_for_again(world: World, at: At) -> None:
    again = changes_requested(world, handed_in(world, at), "2015-03-31")

    answer = world.system("slough").get(f"{again.where}/status").json()

    assert (answer["state"], answer["dueOn"], answer["version"]) == ("changes_requested", "2015-03-31", 5)
