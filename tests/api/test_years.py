"""From 2015 to the end of CCGs: a merger takes nothing away, and what it brings was said beforehand."""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from app.records.session import Database
from app.settings import Settings
from tests.api.steps import CLIENT_OF, PANEL_OF
from tests.api.years import APRILS, BEGINNING, DAYS, FILES, ONE_DAY, THE_END, Row, Turn, Years
from tests.soundness import assert_sound
from tests.world import World

DATABASE = os.environ.get("REGISTER_TEST_YEARS_ON", "sqlite")  # make nightly-years plays on PostgreSQL too
LEVELS = ("none", "joint", "delegated")
# An act on the grant itself that ends it with the eve: the CCG wanted, or was to have, nothing from the day on.
OWN_ENDS = {"notice", "revoked", "condition_lapsed"}
IN_2019, IN_2020, IN_2021 = date(2019, 4, 1), date(2020, 4, 1), date(2021, 4, 1)
# What the stories say: two mergers that are confirmed late, and one of which NHS England takes less.
LOWER_ON_THE_DAY = {
    IN_2019: {"15N": ("delegated", "none")},
    IN_2020: {"52R": ("delegated", "joint")},
    IN_2021: {"M2L0M": ("delegated", "none")},
}
LOWER_FOR_GOOD = {IN_2020: {"52R": ("delegated", "joint")}}
UNCOVERED_ON_THE_DAY = {IN_2019: {"99P", "99Q"}, IN_2021: {"05N", "05X"}}
OPEN_CCGS = dict(zip([BEGINNING, *DAYS], [211, 209, 209, 207, 195, 191, 135, 106, 106, 0], strict=True))
# The regions, by the day from which there were these.
REGIONS = {
    date(2013, 4, 1): {"Y54", "Y55", "Y56", "Y57"},
    date(2018, 4, 1): {"Y54", "Y55", "Y56", "Y58", "Y59"},
    IN_2019: {"Y56", "Y58", "Y59", "Y60", "Y61", "Y62", "Y63"},
}


@pytest.fixture(scope="module")
def played_on_sqlite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    file = tmp_path_factory.mktemp("played") / "register.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def played_on_postgresql(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    name = f"register_years_{uuid.uuid4().hex}"
    copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(copy.format(Identifier(name), Identifier(postgresql_template)))
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="module")
def years(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> Iterator[Years]:
    """All of it, played once."""
    database = Database(request.getfixturevalue(f"played_on_{DATABASE}"))
    with as_they_were(CLIENT_OF, PANEL_OF):
        yield Years(World(database, settings, {}), tmp_path_factory.mktemp("told")).play()
    database.close()


@contextmanager
def as_they_were(*tables: dict[str, str]) -> Iterator[None]:
    """Other tests find these tables as they were, whatever is played."""
    copies = [dict(table) for table in tables]
    yield
    for table, copy in zip(tables, copies, strict=True):
        table.clear()
        table.update(copy)


# --- what the rules say, written anew -----------------------------------------------------------


def held(rows: Iterable[Row], eve: date) -> dict[str, str]:
    """What each body held on the eve, and was not to lose with it by an act on the grant itself."""
    return {row["odsCode"]: row["grantedLevel"] for row in rows if not ends_itself(row, eve)}


def ends_itself(row: Row, eve: date) -> bool:
    return row["inForceTo"] == str(eve) and row["endedBy"] in OWN_ENDS


def merging(years: Years, day: date) -> dict[str, list[str]]:
    """The CCGs that open on a day, and those that close on its eve in favour of each."""
    known = years.directories[day]
    opening = [row["odsCode"] for row in known if row["openedOn"] == str(day) and row["kind"] == "ccg"]
    eve = str(day - ONE_DAY)
    return {
        code: [row["odsCode"] for row in known if row["closedOn"] == eve and row["successor"]["odsCode"] == code]
        for code in opening
    }


def lowered(years: Years, day: date, rows: list[Row]) -> dict[str, tuple[str, str]]:
    """The bodies that stand on a day with less than all those held that they follow: that, and what they have."""
    before, now = held(years.turns[day].eve, day - ONE_DAY), held(rows, day)
    found = {}
    for code, predecessors in merging(years, day).items():
        floor = min((before.get(each, "none") for each in predecessors), key=LEVELS.index)
        stands = now.get(code, "none")
        if LEVELS.index(stands) < LEVELS.index(floor):
            found[code] = (floor, stands)
    return found


def uncovered(years: Years, day: date, rows: list[Row]) -> set[str]:
    """The codes of 2013 whose body held something on the eve, and whose body holds nothing on the day."""
    before, now = (
        {origin for code in holders for origin in years.origins[code]}
        for holders in (held(years.turns[day].eve, day - ONE_DAY), held(rows, day))
    )
    return before - now


def predecessor(code: str, turn: Turn, eve: date) -> Row:
    """What a body held on the eve, as the public reads it on the day, in the form of the preview."""
    found = turn.before[code]
    current, ahead = found["current"], found["next"]
    row = current or ahead
    is_over = current is not None and ends_itself(current, eve)
    return {
        "odsCode": code,
        "level": "none" if current is None or is_over else current["grantedLevel"],
        "decisionId": row and row["decisionId"],
        "openConditions": sum(each["conditions"]["open"] for each in (current, ahead, *found["past"]) if each),
        "endsOnEve": is_over,
    }


def together(levels: set[str]) -> str:
    return levels.pop() if len(levels) == 1 else "mixed"


def true_preview(years: Years, day: date, own: dict[str, str]) -> dict[str, Any]:
    """The preview as it must have been by what the register says on the day; ``own`` are decisions made by then."""
    names = {row["odsCode"]: row["name"] for row in years.directories[day]}
    items = []
    for code, codes in merging(years, day).items():
        predecessors = [predecessor(each, years.turns[day], day - ONE_DAY) for each in codes]
        proposed = together({each["level"] for each in predecessors})
        item = {"odsCode": code, "name": names[code], "predecessors": predecessors}
        items.append({**item, "proposed": proposed, "ownDecision": own.get(code)})
    return {
        "effectiveOn": str(day),
        "items": items,
        "withoutAnything": sum(item["ownDecision"] is None for item in items),
    }


def standing(turn: Turn) -> dict[str, str]:
    """The decision that gives each body that opens something on the day itself, or once a condition is met."""
    rows = {code: found["current"] or found["next"] for code, found in turn.opened.items()}
    return {code: row["decisionId"] for code, row in rows.items() if row is not None}


# --- what holds ---------------------------------------------------------------------------------


def test_no_body_stands_without_a_level_that_all_held_before_it(years: Years) -> None:
    on_the_day = {day: lowered(years, day, years.turns[day].on_day) for day in APRILS}
    for_good = {day: lowered(years, day, years.turns[day].later) for day in APRILS}

    assert {day: found for day, found in on_the_day.items() if found} == LOWER_ON_THE_DAY
    assert {day: found for day, found in for_good.items() if found} == LOWER_FOR_GOOD


def test_every_code_of_2013_that_was_covered_on_the_eve_is_covered_on_the_day(years: Years) -> None:
    on_the_day = {day: uncovered(years, day, years.turns[day].on_day) for day in APRILS}
    for_good = {day: uncovered(years, day, years.turns[day].later) for day in APRILS}

    assert {day: found for day, found in on_the_day.items() if found} == UNCOVERED_ON_THE_DAY
    assert {day: found for day, found in for_good.items() if found} == {}


def test_the_preview_said_beforehand_what_is_true_on_the_day(years: Years) -> None:
    for day, turn in years.turns.items():
        assert turn.kept == true_preview(years, day, {})
        assert turn.ahead == turn.again == true_preview(years, day, standing(turn))


def test_both_public_lists_say_the_same_of_the_eve(years: Years) -> None:
    for turn in years.turns.values():
        listed = {row["odsCode"]: row["decisionId"] for row in turn.eve}
        read = {code: found["current"] for code, found in turn.before.items()}

        assert {code: row and row["decisionId"] for code, row in read.items()} == {
            code: listed.get(code) for code in turn.before
        }


def test_nobody_knew_of_a_merger_before_the_file_that_tells_it(years: Years) -> None:
    assert [turn.unaware for turn in years.turns.values()] == [
        {"effectiveOn": str(day), "items": [], "withoutAnything": 0} for day in DAYS
    ]


def test_no_fact_of_the_future_is_known_early(years: Years) -> None:
    early = [
        (cut, row["odsCode"])
        for cut, known in years.directories.items()
        for row in known
        if row["openedOn"] > str(cut) or (row["closedOn"] or "") >= str(cut)
    ]
    still_open = {
        cut: [row for row in known if row["open"] and row["kind"] == "ccg"] for cut, known in years.directories.items()
    }

    assert early == []
    assert {cut: len(rows) for cut, rows in still_open.items()} == OPEN_CCGS
    assert {cut: {row["region"]["code"] for row in rows} for cut, rows in still_open.items()} == {
        cut: REGIONS[max(day for day in REGIONS if day <= cut)] if OPEN_CCGS[cut] else set() for cut in OPEN_CCGS
    }


def test_what_is_known_reaches_to_the_day_of_each_file(years: Years) -> None:
    assert years.known_to == {told: str(told) for told in (BEGINNING, *FILES)}


def test_after_the_end_nobody_holds_anything(years: Years) -> None:
    turn = years.turns[THE_END]
    boards = [row["odsCode"] for row in years.directories[THE_END] if row["kind"] == "icb"]

    assert {(row["inForceTo"], row["endedBy"]) for row in turn.eve} == {("2022-06-30", "abolished")}
    assert (len(turn.eve), turn.on_day, turn.later, len(boards)) == (36, [], [], 42)


# --- that the stories were played ---------------------------------------------------------------


def level_of(code: str, rows: list[Row]) -> str:
    return next((row["grantedLevel"] for row in rows if row["odsCode"] == code), "none")


def test_what_moved_on_once_moves_on_again(years: Years) -> None:
    assert years.origins["D4U1Y"] == {"10C", "10G", "10T", "11C", "99M"}
    assert [level_of("15D", years.turns[IN_2021].eve), level_of("D4U1Y", years.turns[IN_2021].on_day)] == [
        *("delegated", "delegated"),
    ]


def test_a_condition_that_moved_on_is_met_after_the_merger(years: Years) -> None:
    first, second = (years.turns[day] for day in (IN_2020, IN_2021))

    assert [level_of("71E", rows) for rows in (first.later, second.eve)] == ["none", "delegated"]
    assert first.opened["71E"]["next"]["conditions"] == {"open": 4, "total": 4}


def test_what_is_confirmed_late_says_so(years: Years) -> None:
    late = {
        code: years.world.public.get(f"/v1/decisions/S{day}-{code}").json()["confirmedLate"]
        for code, day in (("15N", IN_2019), ("15M", IN_2019), ("M2L0M", IN_2021), ("D2P2L", IN_2021))
    }

    assert late == {"15N": True, "15M": False, "M2L0M": True, "D2P2L": False}


def test_each_way_in_which_those_that_merge_can_differ_was_played(years: Years) -> None:
    items = [item for day in DAYS for item in years.turns[day].kept["items"]]
    predecessors = [each for item in items for each in item["predecessors"]]

    assert len(predecessors) == 142
    assert {item["proposed"] for item in items} == {"delegated", "joint", "mixed", "none"}
    assert sorted(each["odsCode"] for each in predecessors if each["endsOnEve"]) == ["00D", "00J", "04F", "07M"]
    assert sorted(each["odsCode"] for each in predecessors if each["openConditions"]) == [
        *("03T", "04D", "04Q", "05A", "11T", "99D"),
    ]


def test_what_was_played_is_sound(years: Years) -> None:
    assert_sound(years.world.database)
