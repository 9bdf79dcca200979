"""No public sentence and no figure about the past is false, on any 1 April or its eve from 2013 to 2024."""

import csv
import io
import os
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.truth import checker
from tests.truth.conftest import STARTED_AT

APRILS = [date(year, 4, 1) for year in range(2013, 2025)]
DAYS = [day for april in APRILS for day in (april - timedelta(1), april)]
EVERY = "TRUTH_OF_EVERY_RECORD" in os.environ  # make nightly-truth
CODES = sorted(checker.CCGS)
# A tenth of the records, each on two of the days; every code that a fact of its own kind is about is among them.
SOME = sorted({*random.Random(2013).sample(CODES, len(CODES) // 10), "10T", "10G", "07N", "07P", "03F", "01D", "13T"})  # noqa: S311


def _days_of(code: str) -> list[date]:
    return DAYS if EVERY else random.Random(code).sample(DAYS, 2)  # noqa: S311


def _table(public: TestClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(public.get(path).text.removeprefix("\ufeff"), newline="")))


def _figures(row: dict[str, Any]) -> dict[str, int]:
    names = {
        "delegated": "requestedDelegated",
        "joint": "requestedJoint",
        "greater_involvement": "requestedGreaterInvolvement",
        "none": "requestedNone",
        "notDeclared": "notDeclared",
        "notKnown": "notKnown",
        "downgraded_to_joint": "downgradedToJoint",
    }
    flat = {**row, **row["requested"], **row["outcomes"]}
    found = {names.get(name, name): value for name, value in flat.items()}
    return {name: found[name] for name in checker.COUNTED}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_figure_and_sentence_of_the_statistics_is_that_of_the_files(public: TestClient, day: date) -> None:
    found = public.get(f"/v1/statistics?on={day}").json()
    table = _table(public, f"/v1/statistics.csv?on={day}")

    expected = {each: checker.figures(each, day).counts for each in checker.ROUNDS}
    assert {row["round"]: _figures(row) for row in found["results"]} == expected
    assert {row["round"]: row["inWords"] for row in found["rounds"]} == {
        each: checker.sentences(each, day) for each in checker.ROUNDS
    }
    assert {row["round"]: {name: int(row[name]) for name in expected[row["round"]]} for row in table} == expected
    assert (found["inWords"], found["knownTo"]) == (checker.beyond(day), str(checker.KNOWN_TO))
    assert {row["knownTo"] for row in table} == {str(checker.KNOWN_TO)}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_list_of_a_day_is_that_of_the_files(public: TestClient, day: date) -> None:
    found = public.get(f"/v1/approvals?on={day}&limit=200").json()
    ccgs = public.get(f"/v1/organisations?on={day}&open=true&limit=1").json()
    table = _table(public, f"/v1/approvals.csv?on={day}")

    held = [(row["ods_code"], row["source"]) for row in checker.in_force(day)]
    assert [(row["odsCode"], row["source"]) for row in found["results"]] == held
    assert [(row["odsCode"], row["source"]) for row in table] == held
    assert (found["inWords"], found["knownTo"]) == (checker.said_of_list(day), str(checker.KNOWN_TO))
    assert {row["knownTo"] for row in table} <= {str(checker.KNOWN_TO)}
    assert ccgs["total"] == sum(checker.is_open(code, day) for code in CODES)
    assert (ccgs["inWords"], ccgs["knownTo"]) == (checker.beyond(day), str(checker.KNOWN_TO))


@pytest.mark.parametrize("by", ["region", "areaTeam", "reason"])
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_figure_and_sentence_of_a_group_is_that_of_the_files(public: TestClient, day: date, by: str) -> None:
    found = public.get(f"/v1/statistics?on={day}&groupBy={by}").json()
    table = _table(public, f"/v1/statistics.csv?on={day}&groupBy={by}")

    groups = [(each, code) for each in checker.ROUNDS for code in checker.groups(each, by)]
    counts = {(each, code): checker.figures_of(each, day, by, code).counts for each, code in groups}
    said = {(each, code): checker.sentences_of(each, day, by, code) for each, code in groups}
    assert {(row["round"], row["group"]["code"]): _figures(row) for row in found["results"]} == counts
    assert {(row["round"], row["group"]["code"]): row["inWords"] for row in found["results"]} == said
    assert {
        (row["round"], row["groupCode"] or None): {name: int(row[name]) for name in checker.COUNTED} for row in table
    } == counts
    assert (found["inWords"], found["knownTo"]) == (checker.beyond(day), str(checker.KNOWN_TO))
    assert {row["knownTo"] for row in table} == {str(checker.KNOWN_TO)}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_list_of_decisions_is_that_of_the_files(public: TestClient, day: date) -> None:
    found = public.get(f"/v1/decisions?on={day}&limit=200").json()
    table = _table(public, f"/v1/decisions.csv?on={day}")

    decided = Counter((row["ods_code"], row["round"], row["outcome"], row["source"]) for row in checker.decided(day))
    assert Counter(_decision(row) for row in found["results"]) == decided
    assert Counter(_decision(row) for row in table) == decided
    assert (found["inWords"], found["knownTo"]) == (
        [checker.KNOWN_IN_PART, *checker.beyond(day)],
        str(checker.KNOWN_TO),
    )
    assert {row["knownTo"] for row in table} <= {str(checker.KNOWN_TO)}


def _decision(row: dict[str, Any]) -> tuple[str, ...]:
    return row["odsCode"], row["round"], row["outcome"], row["source"]


@pytest.mark.parametrize("april", APRILS, ids=str)
def test_what_changed_from_one_day_to_the_next_is_that_of_the_files(public: TestClient, april: date) -> None:
    eve = april - timedelta(1)

    found = public.get(f"/v1/comparison?from={eve}&to={april}").json()

    codes = [[row["odsCode"] for row in found[name]] for name in ("gained", "lost", "changed")]
    assert (*codes, found["unchanged"], found["inWords"]) == tuple(checker.comparison(eve, april))
    for side, day in (("before", eve), ("after", april)):
        held = Counter((row["granted_level"], row["agreement"]) for row in checker.in_force(day))
        assert found[side] == {
            "on": str(day),
            "organisations": sum(checker.is_open(code, day) for code in CODES),
            **{
                level: {"inForce": held[level, "signed"], "startNotConfirmed": held[level, "not_known"]}
                for level in ("delegated", "joint")
            },
        }
    assert found["knownTo"] == str(checker.KNOWN_TO)


def test_what_is_said_of_each_round_is_what_the_files_say(public: TestClient) -> None:
    found = public.get("/v1/rounds").json()["results"]

    said = {row["roundId"]: (row["inWords"], row["knownTo"]) for row in found if row["kind"] == "real"}
    day = STARTED_AT.date()
    known_to = str(checker.KNOWN_TO)
    assert said == {each: ([*checker.sentences(each, day), *checker.beyond(day)], known_to) for each in checker.ROUNDS}


def test_regions_and_area_teams_say_from_when_to_when_they_are_known(public: TestClient) -> None:
    found = [
        (row["code"], row["label"], row["validFrom"], row["validTo"], row["knownTo"], row["source"])
        for name in ("regions", "area-teams")
        for row in public.get(f"/v1/reference-data/{name}").json()["results"]
    ]

    assert found == checker.places()


@pytest.mark.parametrize("code", CODES if EVERY else SOME)
def test_a_single_record_says_what_the_files_say(public: TestClient, code: str) -> None:
    found, expected = {}, {}
    for day in _days_of(code):
        answer = public.get(f"/v1/organisations/{code}?on={day}").json()
        choices = [(each["round"], each["level"], each["source"]) for each in answer["choices"]]
        found[day] = (answer["position"], answer["level"], answer["source"], choices, answer["inWords"])
        expected[day] = tuple(checker.record(code, day))

    assert found == expected
