"""Grants that end before they begin, and what was open of a grant that is over."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from app.rules.deadlines import start_of
from tests.api.post_decision import (
    approved,
    conditional,
    morning_of,
    not_taken_up,
    recorded_as,
    revoked,
    signed,
    stand_of,
)
from tests.api.steps import made_round, submitted
from tests.world import World, application

SIGNED_ON = date(2014, 12, 15)
HELD = ("standing", "inForceFrom", "inForceTo", "endedBy", "endReason", "legalBasis")


def in_csv(world: World, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(world.public.get(path).text.removeprefix("\ufeff"), newline="")))


def rows(world: World, path: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in world.public.get(path).json()["results"]]


# --- the CCG closes on the eve ------------------------------------------------------------------


@pytest.fixture(scope="module")
def closing(shared_world: World) -> World:
    """Slough, which closes on 31 March 2018, is approved for the day after; Hackney too, which stays."""
    for year in (2018, 2019, 2020):
        made_round(shared_world, f"{year}-{year - 1999}", starts_on=date(year, 4, 1))
    for code in ("10T", "07T"):
        signed(shared_world, approved(shared_world, code, round_id="2018-19"), SIGNED_ON)
    submitted(shared_world, "10T", round_id="trial")
    return shared_world


def test_the_application_says_beforehand_that_a_closing_is_known(closing: World) -> None:
    [found] = closing.system("slough").get("/v1/applications?round=2018-19").json()["results"]

    read = closing.system("slough").get(found["href"]).json()
    rehearsed = closing.system("slough").post(
        "/v1/applications?validateOnly=true", application("10T", round_id="2020-21")
    )

    assert read["flags"] == ["closing_known"]
    # What will never begin is not held already, so it bars nothing.
    assert rehearsed.json() == {"valid": True, "state": "submitted", "flags": ["closing_known"]}


def test_the_queue_finds_it_by_its_flag(closing: World) -> None:
    at = submitted(closing, "10T", round_id="2019-20")
    panel = closing.person("south-panel-1")

    whole = panel.get("/v1/queue").json()["results"]
    flagged = panel.get("/v1/queue?flag=closing_known").json()

    assert {row["roundId"]: row["flags"] for row in whole} == {"2019-20": ["closing_known"], "trial": []}
    assert ([row["reference"] for row in flagged["results"]], flagged["total"]) == ([at.reference], 1)


def test_the_grant_never_started_and_is_no_answer_to_what_is_held(closing: World) -> None:
    never = ("approved", "delegated", "never_started", "signed", None, None, "succeeded")

    assert stand_of(closing, "10T") == {"position": "never_started", "current": None, "next": None, "past": [never]}
    assert stand_of(closing, "07T")["position"] == "not_started"


def test_every_list_says_so_in_its_own_words(closing: World) -> None:
    asked = "round=2018-19&standing=never_started"
    listed = closing.public.get(f"/v1/approvals?{asked}").json()

    assert [(row["odsCode"], *(row[name] for name in HELD)) for row in listed["results"]] == [
        ("10T", "never_started", None, None, "succeeded", None, None)
    ]
    assert listed["inWords"][-1] == (
        "A grant with the standing never_started would have begun only after its CCG had closed; it never is in force."
    )
    for path in (f"/v1/approvals.csv?{asked}", "/v1/decisions.csv?round=2018-19&odsCode=10T"):
        [row] = in_csv(closing, path)
        assert [row[name] for name in HELD] == ["never_started", "", "", "succeeded", "", ""]
    found = rows(closing, "/v1/organisations?position=never_started", "odsCode", "position", "level")
    assert found == [("10T", "never_started", "delegated")]
    words = closing.public.get("/v1/reference-data/standings").json()["results"]
    assert [each["code"] for each in words] == ["not_started", "in_force", "ended", "not_taken_up", "never_started"]


def test_it_is_counted_as_approved_and_on_no_day_as_in_force(closing: World) -> None:
    for day in ("2018-03-31", "2018-04-01"):
        [found] = closing.public.get(f"/v1/statistics?round=2018-19&on={day}").json()["rounds"]
        counted = found["recorded"]
        assert (counted["outcomes"]["approved"], counted["inForce"]) == (2, 1 if day == "2018-04-01" else 0)


# --- a decision says how its grant ended --------------------------------------------------------


def test_a_decision_says_how_its_grant_ended_and_why(sqlite_world: World) -> None:
    world = sqlite_world
    at = approved(world, "07T")
    signed(world, at, SIGNED_ON)
    morning_of(world, date(2015, 4, 1))
    revoked(world, at, lastDay="2015-06-30")
    why = ("2015-06-30", "revoked", "In special measures.", "NHS Act 2006, section 14Z21")

    told = []
    for day in (date(2015, 6, 30), date(2015, 7, 1)):
        morning_of(world, day)
        found = world.public.get(at.where).json()
        told.append(tuple(found[name] for name in HELD))

    assert told == [("in_force", "2015-04-01", *why), ("ended", "2015-04-01", *why)]
    [row] = in_csv(world, "/v1/decisions.csv")
    assert tuple(row[name] for name in HELD) == told[1]
    grant = recorded_as(world, at, "national-1")["grant"]
    assert tuple(grant[name] for name in HELD) == told[1]


# --- what was open of it ------------------------------------------------------------------------


def test_no_condition_stays_open_of_a_grant_that_is_over(world: World) -> None:
    declined, taken, kept = (conditional(world, code) for code in ("07T", "02W", "10T"))
    not_taken_up(world, declined)
    revoked(world, taken)
    world.clock.move_to(start_of(date(2015, 3, 5)))  # a condition was due on 1 March

    for at, state in ((declined, "lapsed"), (taken, "lapsed"), (kept, "open")):
        number, is_overdue = (1 if state == "open" else 0), state == "open"
        shown = world.public.get(at.where).json()
        assert [(each["state"], each["settledOn"]) for each in shown["conditions"]] == [(state, None)]
        holds = world.public.get(f"/v1/approvals/{at.code}").json()
        [row] = [each for each in (holds["next"], *holds["past"]) if each is not None]
        assert (row["conditions"], [each["state"] for each in row["conditionDetails"]]) == (
            {"open": number, "total": 1},
            [state],
        )
        [told] = recorded_as(world, at, "national-1")["conditions"]
        assert (told["state"], told["isOverdue"]) == (state, is_overdue)
        case = f"/v1/applications/{at.decision_id.rpartition('-')[0]}"
        [member] = world.system(at.client).get(case).json()["members"]
        assert (member["openConditions"], [each["state"] for each in member["conditions"]]) == (number, [state])
        [status] = world.system(at.client).get(f"{case}/status").json()["members"]
        assert status["openConditions"] == number
    listed = {
        state: sorted(row[0] for row in rows(world, f"/v1/decisions?conditionState={state}", "odsCode"))
        for state in ("open", "lapsed")
    }
    assert listed == {"open": ["10T"], "lapsed": ["02W", "07T"]}
    table = in_csv(world, "/v1/decisions.csv?odsCode=07T")
    assert [row["conditions"].rpartition(", ")[2] for row in table] == ["lapsed)"]
