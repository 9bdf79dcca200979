"""The queue as officers work through it: filtered, with how far each application is assessed, and as CSV."""

import csv
import io
from typing import Any

import pytest

from app.rules.proposals import Flag
from app.rules.words import Criterion
from tests.api.steps import At, assert_refused, assessed, granted, recorded, submitted
from tests.world import NORTH_WEST_LONDON, World, application


def with_interim_leadership(world: World, code: str, client: str) -> At:
    sent = application(code)
    sent["proposal"]["capacity"]["interimLeadership"] = True
    answer = world.system(client).post("/v1/applications", sent)
    assert answer.status_code == 201, answer.text
    return At(answer.headers["location"], answer.headers["etag"], (code,))


@pytest.fixture(scope="module")
def filled(shared_world: World) -> dict[str, str]:
    """What waits, by where it is: four applications and a decision with an open condition."""
    world = shared_world
    held = granted(world, "05C", word="conditional")
    slough = submitted(world, "10T")
    for criterion in Criterion:
        slough = assessed(world, slough, criterion.value)
    hackney = assessed(world, with_interim_leadership(world, "07T", "hackney"), "finance")
    stoke = submitted(world, "05W", level="joint", round_id="trial")
    london = recorded(world, submitted(world, *NORTH_WEST_LONDON, level="joint"))
    return {
        f"{held.decision()}/record": "dudley",
        slough.where: "slough",
        hackney.where: "hackney",
        stoke.where: "stoke",
        london.where: "london",
    }


EVERYTHING = {"dudley", "slough", "hackney", "stoke", "london"}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", EVERYTHING),
        ("odsCode=10T,08Y", {"slough", "london"}),
        ("odsCode=05C", {"dudley"}),
        ("round=trial", {"stoke"}),
        ("round=trial,2015-16", EVERYTHING),
        ("level=joint", {"stoke", "london"}),
        ("level=joint&round=2015-16&waitingOn=panel", {"london"}),
        ("level=delegated", {"dudley", "slough", "hackney"}),
        ("flag=interim_leadership", {"hackney"}),
        ("flag=interim_leadership,lay_chair_missing&round=trial", set()),
        ("assessed=none", {"stoke", "london"}),
        ("assessed=partly", {"hackney"}),
        ("assessed=all", {"slough"}),
        ("assessed=partly,all", {"slough", "hackney"}),
        ("assessed=none,partly,all", EVERYTHING - {"dudley"}),
        ("waitingOn=condition&assessed=none", set()),
    ],
)
def test_the_queue_is_filtered_and_its_total_and_its_csv_agree(
    shared_world: World, filled: dict[str, str], question: str, found: set[str]
) -> None:
    officer = shared_world.person("national-1")

    whole = officer.get(f"/v1/queue?{question}").json()
    table = officer.get(f"/v1/queue?{question}", Accept="text/csv")
    pages, path = [], f"/v1/queue?{question}&limit=1"
    while path:
        page = officer.get(path)
        pages += page.json()["results"]
        path = page.links.get("next", {}).get("url", "")

    assert {filled[row["href"]] for row in whole["results"]} == found
    assert (whole["total"], len(whole["results"])) == (len(found), len(found))
    assert pages == whole["results"]
    assert table.headers["Cache-Control"] == "no-store"
    assert list(csv.DictReader(io.StringIO(table.text, newline=""))) == [as_line(row) for row in whole["results"]]


def as_line(row: dict[str, Any]) -> dict[str, str]:
    """A row in JSON as the CSV must give it."""
    how_far = row["assessed"] or {"done": "", "of": ""}
    return {
        "reference": row["reference"],
        "decisionId": row["decisionId"] or "",
        "roundId": row["roundId"],
        "trial": str(row["trial"]).lower(),
        "requestedLevel": row["requestedLevel"],
        "scaledDownTo": row["scaledDownTo"] or "",
        "leadOdsCode": row["leadOdsCode"],
        "memberOdsCodes": " | ".join(member["odsCode"] for member in row["members"]),
        "memberNames": " | ".join(member["name"] for member in row["members"]),
        "regionCode": row["regionCode"],
        "state": row["state"],
        "waitingOn": row["waitingOn"],
        "waitingSince": row["waitingSince"],
        "ageDays": str(row["ageDays"]),
        "dueOn": row["dueOn"] or "",
        "isOverdue": str(row["isOverdue"]).lower(),
        "flags": " | ".join(row["flags"]),
        "assessed": str(how_far["done"]),
        "toAssess": str(how_far["of"]),
        "href": row["href"],
        "version": str(row["version"]),
        "etag": f'"v{row["version"]}"',
        "expressionsOfInterest": " | ".join(each["decisionId"] for each in row["expressionsOfInterest"]),
    }


def test_each_application_offers_the_criteria_to_assess_to_who_may(shared_world: World, filled: dict[str, str]) -> None:
    def offered(who: str) -> dict[str, list[str]]:
        found = shared_world.person(who).get("/v1/queue").json()["results"]
        assert {each["method"] for row in found for each in row["nextActions"] if each["rel"] == "assess"} <= {"PUT"}
        return {
            filled[row["href"]]: [
                each["href"].removeprefix(f"{row['href']}/assessments/")
                for each in row["nextActions"]
                if each["rel"] == "assess"
            ]
            for row in found
        }

    of_both = [each.value for each in Criterion if not each.is_of_delegated_only]
    assert offered("south-panel-1") == {"slough": [each.value for each in Criterion]}
    assert offered("south-panel-interested") == {"slough": []}
    assert offered("london-panel-2")["london"] == of_both
    assert set(map(tuple, offered("national-1").values())) == {()}


def test_each_application_says_how_far_it_is_assessed(shared_world: World, filled: dict[str, str]) -> None:
    rows = shared_world.person("national-1").get("/v1/queue").json()["results"]

    assert {filled[row["href"]]: row["assessed"] for row in rows} == {
        "dudley": None,
        "slough": {"done": 7, "of": 7},
        "hackney": {"done": 1, "of": 7},
        "stoke": {"done": 0, "of": 4},
        "london": {"done": 0, "of": 4},
    }


def test_a_panel_member_finds_only_what_lies_in_the_region(shared_world: World, filled: dict[str, str]) -> None:
    found = shared_world.person("london-panel-1").get("/v1/queue?odsCode=10T,07T,08Y").json()

    assert {filled[row["href"]] for row in found["results"]} == {"hackney", "london"}
    assert found["total"] == 2


@pytest.mark.parametrize(
    ("question", "parameter", "known"),
    [
        ("assessed=some", "assessed", "none, partly, all"),
        (
            "flag=no_lay_chair",
            "flag",
            ", ".join(Flag),
        ),
    ],
)
def test_a_word_that_the_queue_does_not_know_is_refused(
    shared_world: World, filled: dict[str, str], question: str, parameter: str, known: str
) -> None:
    answer = shared_world.person("national-1").get(f"/v1/queue?{question}")

    assert_refused(
        answer,
        400,
        "invalid-parameter",
        "A filter has an unknown word.",
        (parameter, f"Must be one or several of {known}, with commas between them."),
    )


def test_the_table_of_the_queue_is_for_officers_only(shared_world: World, filled: dict[str, str]) -> None:
    answers = [who.get("/v1/queue", Accept="text/csv") for who in (shared_world.public, shared_world.system("slough"))]

    assert [answer.status_code for answer in answers] == [401, 403]


def test_the_table_of_the_queue_has_an_address_of_its_own(shared_world: World, filled: dict[str, str]) -> None:
    officer = shared_world.person("national-1")

    by_address = officer.get("/v1/queue.csv?level=joint", Accept="application/json")
    by_header = officer.get("/v1/queue?level=joint", Accept="text/csv")
    strangers = [who.get("/v1/queue.csv") for who in (shared_world.public, shared_world.system("slough"))]

    assert (by_address.status_code, by_address.headers["content-type"]) == (200, by_header.headers["content-type"])
    assert by_address.content == by_header.content
    assert [each.status_code for each in strangers] == [401, 403]
