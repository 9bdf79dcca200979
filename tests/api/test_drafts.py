"""Drafts, as their applicants read them: the deadline, more time, who has not agreed, and which versions."""

from datetime import date, timedelta

from app.rules.deadlines import start_of
from tests.api.steps import (
    SUBMIT,
    At,
    acted,
    changes_requested,
    drafted,
    extended,
    handed_in,
    left,
    registered,
    submitted,
)
from tests.world import ATTRIBUTION, World, application


def test_a_draft_names_its_deadline_and_more_time_that_was_given(sqlite_world: World) -> None:
    at = drafted(sqlite_world, "10T")
    slough = sqlite_world.system("slough")
    first = slough.get(f"{at.where}/status")

    extended(sqlite_world, "10T", "2015-01-30")

    again = slough.get(f"{at.where}/status", If_None_Match=first.headers["etag"])
    file, [row] = slough.get(at.where).json(), slough.get("/v1/applications").json()["results"]
    assert (first.json()["dueOn"], again.status_code, again.json()["dueOn"]) == ("2015-01-09", 200, "2015-01-30")
    assert (file["dueOn"], row["dueOn"]) == ("2015-01-30", "2015-01-30")
    given = [(each["odsCode"], each["until"], each["reason"], each["grantedBy"]) for each in file["extensions"]]
    assert given == [("10T", "2015-01-30", None, None)]


def test_who_has_not_agreed_to_a_draft_is_named(sqlite_world: World) -> None:
    registered(sqlite_world, "ealing", ["applications"], ods_codes=["07W"])
    answer = sqlite_world.system("brent").post("/v1/applications", application("07P", "07W", submitted=False))
    where = answer.headers["location"]
    clients = ("brent", "ealing")

    before = [sqlite_world.system(each).get(f"{where}/status").json()["consentsMissing"] for each in clients]
    body = {"odsCode": "07W", "attribution": ATTRIBUTION}
    sqlite_world.system("ealing").post(f"{where}/consents", body)

    after = [sqlite_world.system(each).get(where).json()["consentsMissing"] for each in clients]
    assert (before, after) == ([["07W"], ["07W"]], [[], []])


# --- until when it can be submitted ---------------------------------------------------------------


def offers(world: World, at: At) -> tuple[list[str], str, str]:
    """What the lead is offered, the day that it is told, and the state."""
    lead = world.system(at.client)
    status = lead.get(f"{at.where}/status").json()
    told = [each["rel"] for each in lead.get(at.where).json()["nextActions"]]
    assert told == [each["rel"] for each in status["nextActions"]]
    return told, status["dueOn"], status["state"]


def test_once_its_deadline_has_passed_a_draft_is_not_offered_for_submission(sqlite_world: World) -> None:
    """Until more time is given. What is not offered is refused, and the day is told all the same."""
    world = sqlite_world
    at = drafted(world, "10T")
    world.clock.move_to(start_of(date(2015, 1, 10)) - timedelta(milliseconds=1))
    in_time = offers(world, at)
    world.clock.move_by(milliseconds=1)
    late = offers(world, at)
    refused = world.system("slough").post(f"{at.where}/submission", SUBMIT)
    extended(world, "10T", "2015-01-20")
    again = offers(world, at)

    handed_in(world, at)

    assert in_time == (["amend", "submit", "withdraw"], "2015-01-09", "draft")
    assert late == (["amend", "withdraw"], "2015-01-09", "draft")
    assert (refused.status_code, refused.json()["code"]) == (422, "deadline-passed")
    assert again == (["amend", "submit", "withdraw"], "2015-01-20", "draft")


def test_once_the_day_for_changes_has_passed_they_are_not_offered_for_submission(sqlite_world: World) -> None:
    world = sqlite_world
    at = changes_requested(world, submitted(world, "10T"), "2014-12-20")
    world.clock.move_to(start_of(date(2014, 12, 21)))
    late = offers(world, at)
    refused = world.system("slough").post(f"{at.where}/submission", SUBMIT)
    conflict = world.system("slough").post(f"{at.where}/consents", {"odsCode": "10T", "attribution": ATTRIBUTION})

    assert late == (["amend", "withdraw", "scale-down"], "2014-12-20", "changes_requested")
    assert (refused.status_code, refused.json()["code"]) == (422, "deadline-passed")
    assert (conflict.status_code, conflict.json()["allowed"]) == (409, ["amend", "withdraw", "scale_down"])


# --- who reads which versions ---------------------------------------------------------------------


def amended(world: World, at: At, *members: str, summary: str) -> At:
    patch = {"attribution": ATTRIBUTION, "memberOdsCodes": list(members), "proposal": {"summary": summary}}
    return acted(at, world.system(at.client).patch(at.where, patch, if_match=at.etag), 200)


def versions(world: World, at: At, client: str) -> list[tuple[int, list[str]]]:
    """The versions that a system is told of, with what each changed; every other version is not there for it."""
    speaker = world.system(client)
    listed = speaker.get(f"{at.where}/versions").json()["results"]
    there = [number for number in range(1, 9) if speaker.get(f"{at.where}/versions/{number}").status_code == 200]
    assert [each["version"] for each in listed] == there
    return [(each["version"], each["changed"]) for each in listed]


def test_a_ccg_that_is_added_to_a_draft_reads_the_versions_from_then_on(sqlite_world: World) -> None:
    world = sqlite_world
    at = drafted(world, "07W", "09A")
    at = amended(world, at, "07W", "09A", summary="Before it joined.")
    at = amended(world, at, "07W", "09A", "07P", summary="As it joined.")
    at = amended(world, at, "07W", "09A", "07P", summary="Since then.")

    joined, group = versions(world, at, "brent"), versions(world, at, "north-west-london")

    assert joined == [(3, []), (4, ["/proposal/summary"])]
    assert [number for number, _ in group] == [1, 2, 3, 4]
    first = world.system("brent").get(f"{at.where}/versions/3")
    assert (first.json()["changes"], "Before it joined." in first.text) == ([], False)


def test_a_ccg_that_was_taken_out_and_added_again_reads_the_versions_since(sqlite_world: World) -> None:
    world = sqlite_world
    at = drafted(world, "07W", "07P")
    at = amended(world, at, "07W", summary="Without it.")
    at = amended(world, at, "07W", "07P", summary="With it again.")

    assert versions(world, at, "brent") == [(3, [])]


def test_no_version_is_said_to_have_taken_out_who_left(sqlite_world: World) -> None:
    world = sqlite_world
    at = left(world, drafted(world, "07W", "07P", "09A"), "07P", "brent")

    at = amended(world, at, "07W", "09A", summary="Mended.")
    at = amended(world, at, "07W", summary="Alone.")

    assert versions(world, at, "north-west-london") == [
        (1, []),
        (3, ["/proposal/summary"]),
        (4, ["/memberOdsCodes", "/proposal/summary"]),
    ]
