"""Statistics of past rounds: what the register counts of the CCGs that sources name, beside what was reported."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import facts as then
from tests.api.counting import (
    BEYOND,
    CSV_HEADER,
    NOTHING,
    OUTCOMES,
    REGIONS,
    Four,
    apart,
    as_lines,
    body,
    figures,
    lines,
    row,
    sequence,
    share,
    texts,
    unnamed,
)
from tests.api.history import FILES, TODAY, import_history, made_up
from tests.api.steps import announced, assert_refused, recorded, signed_off, submitted
from tests.world import REAL_ROUND, World

GROUPINGS = ("round", "region", "areaTeam", "reason")
FEBRUARY, JANUARY = "HSJ, February 2015", "HSJ, January 2015"
BIDS = "HSJ, January and February 2015"
HACKNEY = (
    "HSJ, February 2015 (one conditional, governance changes pending) and April 2015 (understood: City and Hackney, "
    "did not go ahead)"
)
DERBYSHIRE = f"{BIDS}: every CCG of Derbyshire and Nottinghamshire area team bid, none is among those refused"
DUDLEY = f"{BIDS}: it bid and is not among those refused"
PULSE = "Pulse, December 2015 (the day is not known): 52 authorised, 22 names known here"
LABELS = {
    "applied_delegated": "Applied for delegated commissioning",
    "chose_joint": "Chose joint commissioning",
    "chose_greater_involvement": "Chose greater involvement",
    "chose_none": "Chose no involvement",
    "choices_known": "Choices known",
    "approved_first_statement": "Approved, first statement",
    "approved": "Approved for delegated commissioning",
    "authorised": "Authorised for delegated commissioning",
    "conditional": "Approved with conditions",
    "not_approved_as_requested": "Not approved as requested",
    "joint_approved": "Approved for joint commissioning",
    "delegated_in_force": "Delegated commissioning in force",
}
TITLES = {
    "2015-16": "2015-16, the first round of co-commissioning",
    "2016-17": "2016-17, the second round of co-commissioning",
    "2017-18": "2017-18, the third round of co-commissioning",
}
COUNTED_ON = {"2015-16": "2015-02-18", "2016-17": "2016-04-01", "2017-18": "2017-04-01"}
IN_WORDS = {
    "2015-16": [
        "28 of the 77 CCGs reported to have applied for delegated commissioning are named by our sources.",
        "None of the 90 CCGs reported to have chosen joint commissioning is named by our sources.",
        "2 of the 26 CCGs reported to have chosen greater involvement are named by our sources.",
        "None of the 5 CCGs reported to have chosen no involvement is named by our sources.",
        "15 of the 64 CCGs reported as approved are named by our sources.",
        "The only CCG reported as approved with conditions is named by our sources.",
        "All 12 CCGs reported as not approved as requested are named by our sources.",
        "None of the 87 CCGs reported as approved for joint commissioning is named by our sources.",
        "181 of these 211 CCGs are not named by our sources.",
    ],
    "2016-17": [
        "22 of the 52 CCGs reported as authorised are named by our sources.",
        "187 of these 209 CCGs are not named by our sources.",
    ],
    "2017-18": ["Our sources name none of these CCGs."],
}
REGION_IN_WORDS = {
    ("2017-18", "Y54"): ["Our sources name none of these CCGs."],
    ("2017-18", "Y55"): ["Our sources name none of these CCGs."],
    ("2017-18", "Y56"): ["Our sources name none of these CCGs."],
    ("2017-18", "Y57"): ["Our sources name none of these CCGs."],
    ("2016-17", "Y54"): ["44 of these 66 CCGs are not named by our sources."],
    ("2016-17", "Y55"): ["Our sources name none of these CCGs."],
    ("2016-17", "Y56"): ["Our sources name none of these CCGs."],
    ("2016-17", "Y57"): ["Our sources name none of these CCGs."],
    ("2015-16", "Y54"): [
        "2 of the 24 CCGs reported as approved are named by our sources.",
        "65 of these 68 CCGs are not named by our sources.",
    ],
    ("2015-16", "Y55"): [
        "13 of the 26 CCGs reported as approved are named by our sources.",
        "45 of these 61 CCGs are not named by our sources.",
    ],
    ("2015-16", "Y56"): [
        "None of the 6 CCGs reported as approved is named by our sources.",
        "23 of these 32 CCGs are not named by our sources.",
    ],
    ("2015-16", "Y57"): [
        "None of the 8 CCGs reported as approved is named by our sources.",
        "48 of these 50 CCGs are not named by our sources.",
    ],
}


def partly(
    organisations: int,
    chosen: Four = NOTHING,
    decided: Four = NOTHING,
    started: int = 0,
    *sources: str,
    derived: int = 0,
    implied: int = 0,
) -> dict[str, Any]:
    """Figures of a round that is known in part; no source says of any grant that it started.

    What is neither derived nor implied is stated: of each CCG that is named one fact is known.
    """
    bases = (sum(chosen) - derived - implied, derived, implied)
    return figures(
        organisations, chosen, decided, is_partial=True, start_not_confirmed=started, sources=sources, bases=bases
    )


# In force on 3 June 2019 are the grants of CCGs that had not merged by then.
FIRST = partly(
    211, (28, 0, 2, 0), (15, 1, 11, 1), 10, FEBRUARY, JANUARY, HACKNEY, DERBYSHIRE, DUDLEY, derived=12, implied=2
)
SECOND = partly(209, (22, 0, 0, 0), (22, 0, 0, 0), 16, PULSE)
THIRD = partly(207)
RECORDED = {"2015-16": FIRST, "2016-17": SECOND, "2017-18": THIRD}
BY_REGION = {
    ("2017-18", "Y54"): partly(64),
    ("2017-18", "Y55"): partly(61),
    ("2017-18", "Y56"): partly(32),
    ("2017-18", "Y57"): partly(50),
    ("2016-17", "Y54"): partly(66, (22, 0, 0, 0), (22, 0, 0, 0), 16, PULSE),
    ("2016-17", "Y55"): partly(61),
    ("2016-17", "Y56"): partly(32),
    ("2016-17", "Y57"): partly(50),
    ("2015-16", "Y54"): partly(68, (2, 0, 1, 0), (2, 0, 0, 0), 2, FEBRUARY, JANUARY),
    ("2015-16", "Y55"): partly(
        61, (16, 0, 0, 0), (13, 0, 3, 0), 8, FEBRUARY, DERBYSHIRE, DUDLEY, derived=11, implied=2
    ),
    ("2015-16", "Y56"): partly(32, (9, 0, 0, 0), (0, 1, 8, 0), 0, FEBRUARY, HACKNEY, derived=1),
    ("2015-16", "Y57"): partly(50, (1, 0, 1, 0), (0, 0, 0, 1), 0, FEBRUARY, JANUARY),
}
# Most area teams were gone by 2016; where a CCG belonged after them no source says.
BY_AREA_TEAM: dict[tuple[str, str | None, str], dict[str, Any]] = {
    ("2017-18", "Q70", "Wessex"): partly(9),
    ("2017-18", "Q71", "London"): partly(32),
    ("2017-18", None, "Not known"): partly(166),
    ("2016-17", "Q70", "Wessex"): partly(9),
    ("2016-17", "Q71", "London"): partly(32),
    ("2016-17", None, "Not known"): partly(168, (22, 0, 0, 0), (22, 0, 0, 0), 16, PULSE),
    ("2015-16", "Q44", "Cheshire, Warrington and Wirral"): partly(6),
    ("2015-16", "Q45", "Durham, Darlington and Tees"): partly(5),
    ("2015-16", "Q46", "Greater Manchester"): partly(12),
    ("2015-16", "Q47", "Lancashire"): partly(8),
    ("2015-16", "Q48", "Merseyside"): partly(6),
    ("2015-16", "Q49", "Cumbria, Northumberland, Tyne and Wear"): partly(8, (0, 0, 1, 0), NOTHING, 0, JANUARY),
    ("2015-16", "Q50", "North Yorkshire and Humber"): partly(8),
    ("2015-16", "Q51", "South Yorkshire and Bassetlaw"): partly(5),
    ("2015-16", "Q52", "West Yorkshire"): partly(10, (2, 0, 0, 0), (2, 0, 0, 0), 2, FEBRUARY),
    ("2015-16", "Q53", "Arden, Herefordshire and Worcestershire"): partly(7),
    ("2015-16", "Q54", "Birmingham and the Black Country"): partly(
        7, (2, 0, 0, 0), (2, 0, 0, 0), 1, FEBRUARY, DUDLEY, derived=1, implied=1
    ),
    ("2015-16", "Q55", "Derbyshire and Nottinghamshire"): partly(
        10, (10, 0, 0, 0), (10, 0, 0, 0), 6, DERBYSHIRE, derived=10
    ),
    ("2015-16", "Q56", "East Anglia"): partly(8, (1, 0, 0, 0), (0, 0, 1, 0), 0, FEBRUARY),
    ("2015-16", "Q57", "Essex"): partly(7),
    ("2015-16", "Q58", "Hertfordshire and the South Midlands"): partly(7),
    ("2015-16", "Q59", "Leicestershire and Lincolnshire"): partly(
        7, (1, 0, 0, 0), (1, 0, 0, 0), 1, FEBRUARY, implied=1
    ),
    ("2015-16", "Q60", "Shropshire and Staffordshire"): partly(8, (2, 0, 0, 0), (0, 0, 2, 0), 0, FEBRUARY),
    ("2015-16", "Q64", "Bath, Gloucestershire, Swindon and Wiltshire"): partly(4),
    ("2015-16", "Q65", "Bristol, North Somerset, Somerset and South Gloucestershire"): partly(4),
    ("2015-16", "Q66", "Devon, Cornwall and Isles of Scilly"): partly(3, (0, 0, 1, 0), NOTHING, 0, JANUARY),
    ("2015-16", "Q67", "Kent and Medway"): partly(8),
    ("2015-16", "Q68", "Surrey and Sussex"): partly(12),
    ("2015-16", "Q69", "Thames Valley"): partly(10, (1, 0, 0, 0), (0, 0, 0, 1), 0, FEBRUARY),
    ("2015-16", "Q70", "Wessex"): partly(9),
    ("2015-16", "Q71", "London"): partly(32, (9, 0, 0, 0), (0, 1, 8, 0), 0, FEBRUARY, HACKNEY, derived=1),
}
BY_REASON = {
    ("leadership", "Leadership"): partly(1, (1, 0, 0, 0), (0, 0, 0, 1), 0, FEBRUARY),
    ("financial_position", "Financial position"): partly(1, (1, 0, 0, 0), (0, 0, 1, 0), 0, FEBRUARY),
    ("cost_pressures", "Cost pressures"): partly(1, (1, 0, 0, 0), (0, 0, 1, 0), 0, FEBRUARY),
    ("governance", "Governance"): partly(1, (1, 0, 0, 0), (0, 1, 0, 0), 0, HACKNEY, derived=1),
    ("insufficient_time", "Insufficient time"): partly(8, (8, 0, 0, 0), (0, 0, 8, 0), 0, FEBRUARY),
    ("not_published", "Not published"): partly(2, (2, 0, 0, 0), (0, 0, 2, 0), 0, FEBRUARY),
}


def reported(round_id: str, *regions: str | None) -> list[dict[str, Any]]:
    """The totals of a round as the file gives them, of England (None) and of regions: England before its regions."""
    places = list(LABELS)
    with then.REPORTED_TOTALS.open(encoding="utf-8", newline="") as file:
        totals = sorted(csv.DictReader(file), key=lambda each: (places.index(each["measure"]), each["region"]))
    return [
        {
            "measure": each["measure"],
            "label": LABELS[each["measure"]],
            "region": {"code": each["region"], "name": REGIONS[each["region"]]} if each["region"] else None,
            "areaTeam": None,
            "value": int(each["value"]),
            "of": int(each["of"]),
            "asAt": each["as_at"],
            "source": each["source"],
            "note": None,
        }
        for each in totals
        if each["round"] == round_id and (each["region"] or None) in regions
    ]


def whole(round_id: str, recorded: dict[str, Any] | None = None, *, on: str = "2019-06-03") -> dict[str, Any]:
    """A past round as a whole, with what was reported of it."""
    return {
        "round": round_id,
        "title": TITLES[round_id],
        "trial": False,
        "coverage": "partial",
        "countedOn": COUNTED_ON[round_id],
        "inForceOn": on,
        "countsApplications": False,
        "outsideDenominator": 0,
        "recorded": recorded or RECORDED[round_id],
        "reported": reported(round_id, None, *REGIONS),
        "inWords": [*IN_WORDS[round_id], *apart(recorded or RECORDED[round_id])],
        "href": f"/v1/rounds/{round_id}",
    }


def of_round(found: dict[str, Any], counted: dict[str, Any]) -> dict[str, Any]:
    """A past round as the one row of its own group."""
    name = found["round"]
    return row(found, name, TITLES[name], counted, reported(name, None), IN_WORDS[name])


WHOLES = {round_id: whole(round_id) for round_id in ("2017-18", "2016-17", "2015-16")}


@pytest.fixture(scope="module")
def past(shared_world: World) -> World:
    """A register with the past in it, as the command line imports it; the tests only read."""
    return import_history(shared_world)


# --- groups -------------------------------------------------------------------------------------


def test_each_round_is_counted_beside_what_was_reported_of_it(past: World) -> None:
    answer = past.public.get("/v1/statistics")

    rows = [of_round(each, RECORDED[name]) for name, each in WHOLES.items()]
    assert answer.json() == body(past, "round", list(WHOLES.values()), rows)
    assert past.public.get("/v1/statistics?groupBy=round").json() == answer.json()


def test_each_region_is_counted_beside_what_was_reported_of_it(past: World) -> None:
    found = past.public.get("/v1/statistics?groupBy=region").json()

    rows = [
        row(
            WHOLES[round_id],
            code,
            REGIONS[code],
            counted,
            reported(round_id, code),
            REGION_IN_WORDS[round_id, code],
        )
        for (round_id, code), counted in BY_REGION.items()
    ]
    assert found == body(past, "region", list(WHOLES.values()), rows)
    told = {each["group"]["code"]: each["reported"] for each in found["results"][-4:]}
    assert {code: [(each["value"], each["of"]) for each in totals] for code, totals in told.items()} == {
        "Y54": [(24, 68)],
        "Y55": [(26, 61)],
        "Y56": [(6, 32)],
        "Y57": [(8, 50)],
    }


def test_area_teams_are_those_of_the_day_that_the_round_is_counted_on(past: World) -> None:
    found = past.public.get("/v1/statistics?groupBy=areaTeam").json()

    rows = [
        row(WHOLES[round_id], code, name, counted, in_words=unnamed(counted))
        for (round_id, code, name), counted in BY_AREA_TEAM.items()
    ]
    assert found == body(past, "areaTeam", list(WHOLES.values()), rows)
    told = {(each["round"], each["group"]["code"]): each["inWords"] for each in found["results"]}
    assert told["2015-16", "Q54"] == [
        "5 of these 7 CCGs are not named by our sources.",
        *apart({"startNotConfirmed": 1}),
    ]
    assert told["2015-16", "Q55"] == apart({"startNotConfirmed": 6})
    assert told["2016-17", None] == [
        "146 of these 168 CCGs are not named by our sources.",
        *apart({"startNotConfirmed": 16}),
    ]
    assert told["2017-18", None] == ["Our sources name none of these CCGs."]


def test_reasons_count_the_ccgs_whose_decision_gives_them(past: World) -> None:
    """Great Yarmouth and Waveney has two; of the later rounds no reason is known."""
    found = past.public.get("/v1/statistics?groupBy=reason").json()

    rows = [row(WHOLES["2015-16"], code, label, counted) for (code, label), counted in BY_REASON.items()]
    assert found == body(past, "reason", list(WHOLES.values()), rows)


def test_one_round_or_several_are_asked_for_by_name(past: World) -> None:
    get = past.public.get

    one, two = get("/v1/statistics?round=2016-17").json(), get("/v1/statistics?round=2015-16,2017-18").json()

    assert one == body(
        past,
        "round",
        [WHOLES["2016-17"]],
        [of_round(WHOLES["2016-17"], SECOND)],
    )
    assert two["rounds"] == [WHOLES["2017-18"], WHOLES["2015-16"]]


# --- what is not known --------------------------------------------------------------------------


def test_a_round_known_in_part_has_no_percentages_and_says_what_is_not_known(past: World) -> None:
    answers = [past.public.get(f"/v1/statistics?groupBy={group_by}").json() for group_by in GROUPINGS]

    counted = [
        *(each["recorded"] for answer in answers for each in answer["rounds"]),
        *(each for answer in answers for each in answer["results"]),
    ]
    assert {json.dumps(each["percent"]) for each in counted} == {"null"}
    assert [each for each in counted if each["requested"]["notDeclared"] != 0] == []
    assert {sum(each["requested"].values()) - each["organisations"] for each in counted} == {0}
    named = {each["organisations"] - each["requested"]["notKnown"] - sum(each["bases"].values()) for each in counted}
    assert named == {0}


def test_how_many_of_a_reported_number_are_named_is_said_in_words(past: World) -> None:
    found = past.public.get("/v1/statistics").json()

    assert {each["round"]: each["inWords"] for each in found["rounds"]} == {
        round_id: [*words, *apart(RECORDED[round_id])] for round_id, words in IN_WORDS.items()
    }


def test_a_trial_round_is_counted_only_when_it_is_named(past: World) -> None:
    get = past.public.get

    unnamed = [get(f"/v1/statistics?groupBy={group_by}").json() for group_by in GROUPINGS]
    named = get("/v1/statistics?round=trial").json()

    rounds = {each["round"] for answer in unnamed for each in (*answer["rounds"], *answer["results"])}
    assert rounds == {"2015-16", "2016-17", "2017-18"}
    counted = figures(211)
    trial = {
        "round": "trial",
        "title": "A trial round",
        "trial": True,
        "coverage": "complete",
        "countedOn": "2014-12-01",
        "inForceOn": "2019-06-03",
        "countsApplications": False,
        "outsideDenominator": 0,
        "recorded": counted,
        "reported": [],
        "inWords": [],
        "href": "/v1/rounds/trial",
    }
    assert named == body(past, "round", [trial], [row(trial, "trial", "A trial round", counted)])
    assert [each["trial"] for each in lines(get("/v1/statistics.csv?round=2015-16,trial"))] == ["false", "true"]


# --- another day --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "first", "second"),
    [("2014-01-01", 0, 0), ("2015-03-31", 0, 0), ("2015-06-01", 16, 0), ("2016-04-01", 16, 22), ("2018-06-01", 14, 16)],
)
def test_grants_are_in_force_on_the_day_that_is_asked_for(past: World, on: str, first: int, second: int) -> None:
    """Only those; what was chosen and decided is the same on every day."""
    found = past.public.get(f"/v1/statistics?on={on}").json()

    counted = {
        "2017-18": THIRD,
        "2016-17": {**SECOND, "startNotConfirmed": second},
        "2015-16": {**FIRST, "startNotConfirmed": first},
    }
    wholes = {name: whole(name, counted[name], on=on) for name in WHOLES}
    rows = [of_round(each, counted[name]) for name, each in wholes.items()]
    assert found == body(past, "round", list(wholes.values()), rows, on=on)


@pytest.mark.parametrize(("on", "words"), [("2019-03-31", []), ("2019-04-01", []), ("2019-04-02", [BEYOND])])
def test_a_day_beyond_what_is_known_of_ccgs_is_said_to_be_so(past: World, on: str, words: list[str]) -> None:
    assert past.public.get(f"/v1/statistics?on={on}").json()["inWords"] == words


# --- CSV and caches -----------------------------------------------------------------------------


@pytest.mark.parametrize("group_by", GROUPINGS)
@pytest.mark.parametrize("more", ["", "&round=2015-16,trial", "&on=2015-06-01"])
def test_csv_and_ndjson_say_the_same_as_the_json(past: World, group_by: str, more: str) -> None:
    asked = f"groupBy={group_by}{more}"

    answer = past.public.get(f"/v1/statistics.csv?{asked}")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert lines(answer) == as_lines(past.public.get(f"/v1/statistics?{asked}").json())
    assert past.public.get(f"/v1/statistics?{asked}", Accept="text/csv").content == answer.content
    assert texts(past.public.get(f"/v1/statistics.ndjson?{asked}")) == lines(answer)


def test_the_csv_has_a_header_and_ends_its_lines_as_rfc_4180_does(past: World) -> None:
    answer = past.public.get("/v1/statistics.csv?round=2016-17&groupBy=region")

    of_day, nothing = "2016-17,false,partial,2016-04-01,2019-06-03,region", "0,0,0,0,0,0,0,0,0,0,,,,2019-04-01"
    at = sequence(past)
    told = [
        CSV_HEADER,
        f'{of_day},Y54,North of England,{at},66,22,0,0,0,0,44,0,0,22,0,0,0,0,0,0,16,,"{PULSE}",,2019-04-01',
        f"{of_day},Y55,Midlands and East of England,{at},61,0,0,0,0,0,61,{nothing}",
        f"{of_day},Y56,London,{at},32,0,0,0,0,0,32,{nothing}",
        f"{of_day},Y57,South of England,{at},50,0,0,0,0,0,50,{nothing}",
    ]
    assert answer.text == "".join(f"{line}\r\n" for line in told)


@pytest.mark.parametrize("path", ["/v1/statistics", "/v1/statistics.csv", "/v1/statistics?groupBy=areaTeam"])
def test_nothing_is_sent_again_while_nothing_has_changed(past: World, path: str) -> None:
    first = past.public.get(path)

    again = past.public.get(path, If_None_Match=first.headers["etag"])

    assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=0, must-revalidate")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_the_tag_moves_with_the_london_day_and_with_a_publication(sqlite_world: World) -> None:
    world = import_history(sqlite_world, then.PAST_ROUNDS)

    def tag() -> str:
        return world.public.get("/v1/statistics").headers["etag"]

    tags = [tag()]
    world.clock.move_to(datetime(2019, 6, 3, 22, 59, 59, tzinfo=UTC))
    tags.append(tag())
    world.clock.move_to(datetime(2019, 6, 3, 23, 0, tzinfo=UTC))
    tags.append(tag())
    import_history(world, then.KNOWN_ROUNDS, at=datetime(2019, 6, 3, 23, 0, tzinfo=UTC))
    tags.append(tag())

    assert tags[0] == tags[1]
    assert len(set(tags)) == 3


# --- refusals -----------------------------------------------------------------------------------

DOES_NOT_FIT = (400, "invalid-parameter", "The query or a header has values that do not fit.")
NO_SUCH_ROUND = (400, "invalid-parameter", "There is no such round.")


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_an_unknown_round_is_refused_by_its_name(past: World, suffix: str) -> None:
    one = past.public.get(f"/v1/statistics{suffix}?round=2014-15")
    several = past.public.get(f"/v1/statistics{suffix}?round=other,2015-16,2014-15&groupBy=reason")

    known = "those that there are: 2015-16, 2016-17, 2017-18, trial."
    assert_refused(one, *NO_SUCH_ROUND, ("round", f"2014-15 is not a round; {known}"))
    faults = [("round", f"{each} is not a round; {known}") for each in ("2014-15", "other")]
    assert_refused(several, *NO_SUCH_ROUND, *faults)


def test_an_unknown_grouping_is_refused_with_those_there_are(past: World) -> None:
    for word in ("level", "area_team", "REGION", ""):
        answer = past.public.get(f"/v1/statistics?groupBy={word}")

        detail = "Must be one of 'region', 'areaTeam', 'round' or 'reason'."
        assert_refused(answer, *DOES_NOT_FIT, ("groupBy", detail))


def test_what_is_no_day_and_what_is_not_known_are_refused(past: World) -> None:
    day, unknown = past.public.get("/v1/statistics?on=2015-02-30"), past.public.get("/v1/statistics?region=Y56")

    assert_refused(day, *DOES_NOT_FIT, ("on", "Is not a day of the calendar."))
    detail = "The query has parameters that this address does not take."
    assert_refused(
        unknown,
        400,
        "invalid-parameter",
        detail,
        ("region", "Is not known here. The parameters here are asKnownAt, groupBy, on, round."),
    )


# --- what only made-up facts can show -----------------------------------------------------------


def recorded_of(world: World, round_id: str, on: str = "2019-06-03") -> dict[str, Any]:
    found: dict[str, Any] = world.public.get(f"/v1/statistics?round={round_id}&on={on}").json()["rounds"][0]
    return found


def test_a_grant_with_a_signed_agreement_is_counted_apart_from_those_of_which_no_source_tells(
    sqlite_world: World, tmp_path: Path
) -> None:
    facts = made_up(tmp_path, ("2017-18", "07L", "NHS Barking & Dagenham CCG", "approved", "2017-04-01", "signed"))
    world = import_history(sqlite_world, *FILES, facts)

    found = recorded_of(world, "2017-18")["recorded"]

    source = "Made up for a test"
    assert found == figures(
        207, (1, 0, 0, 0), (1, 0, 0, 0), is_partial=True, in_force=1, sources=[source], bases=(1, 0, 0)
    )


def test_a_decision_about_a_ccg_that_was_not_open_on_the_day_is_counted_outside(
    sqlite_world: World, tmp_path: Path
) -> None:
    """Newcastle Gateshead opened after the day that the first round is counted on."""
    name = "NHS Newcastle Gateshead CCG"
    facts = made_up(tmp_path, ("2015-16", "13T", name, "approved", "2015-04-01", "not_known"))
    world = import_history(sqlite_world, *FILES, facts)

    found = recorded_of(world, "2015-16")

    assert (found["outsideDenominator"], found["recorded"]) == (1, FIRST)
    rows = [each for name in GROUPINGS for each in _rows_of(world, name)]
    assert {each["organisations"] for each in rows if each["group"]["code"] == "Y54"} == {68}


def _rows_of(world: World, group_by: str) -> Iterator[dict[str, Any]]:
    yield from world.public.get(f"/v1/statistics?round=2015-16&groupBy={group_by}").json()["results"]


def test_a_correction_is_counted_in_the_place_of_what_it_corrects(sqlite_world: World, tmp_path: Path) -> None:
    facts = made_up(tmp_path, ("2015-16", "02W", "NHS Bradford City CCG", "rejected", "", ""))
    world = import_history(sqlite_world, *FILES, facts)

    found = recorded_of(world, "2015-16")["recorded"]

    sources = (FEBRUARY, JANUARY, HACKNEY, DERBYSHIRE, DUDLEY, "Made up for a test")
    assert found == partly(211, (28, 0, 2, 0), (14, 1, 12, 1), 9, *sources, derived=12, implied=2)


def test_casework_and_reported_totals_stand_side_by_side_in_a_complete_round(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    signed_off(world, recorded(world, submitted(world, "10T")))
    announced(world)
    import_history(world, first_round_totals(tmp_path))

    found = recorded_of(world, "2015-16")

    counted = figures(211, (1, 0, 0, 0), (1, 0, 0, 0))
    assert (found["title"], found["recorded"]) == (REAL_ROUND.title, counted)
    assert (found["reported"], found["inWords"]) == (reported("2015-16", None, *REGIONS), [])
    assert counted["percent"]["approved"] == share(1, 211) == 0.5


def first_round_totals(directory: Path) -> Path:
    """The totals of the round 2015-16 alone."""
    kept = [
        line
        for line in then.REPORTED_TOTALS.read_text(encoding="utf-8").splitlines()
        if not line.startswith(("2016", "2017"))
    ]
    file = directory / "totals.csv"
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return file


# --- totals are never counted -------------------------------------------------------------------

STATISTICS = [
    f"/v1/statistics{suffix}?groupBy={group_by}{more}"
    for suffix in ("", ".csv", ".ndjson")
    for group_by in GROUPINGS
    for more in ("", "&round=2015-16,2016-17,2017-18,trial", "&on=2015-06-01")
]
EVERYTHING = ",".join(OUTCOMES)
COMPARISON = "/v1/comparison?from=2015-06-01&to=2018-06-01"
PUBLIC = [
    *STATISTICS,
    "/v1/rounds",
    "/v1/rounds/2015-16",
    "/v1/rounds/2016-17",
    "/v1/rounds/2017-18",
    "/v1/approvals",
    f"/v1/approvals?outcome={EVERYTHING}&limit=200",
    f"/v1/approvals.csv?outcome={EVERYTHING}",
    f"/v1/approvals.ndjson?outcome={EVERYTHING}",
    "/v1/approvals?on=2016-06-01&limit=200",
    "/v1/approvals/10T",
    "/v1/decisions?limit=200",
    "/v1/decisions.csv",
    "/v1/decisions.ndjson",
    "/v1/organisations?limit=200",
    "/v1/organisations.csv",
    "/v1/organisations.ndjson",
    "/v1/organisations?on=2016-04-01&limit=200",
    "/v1/organisations/10T",
    COMPARISON,
    "/v1/comparison.csv?from=2015-06-01&to=2018-06-01",
    "/v1/comparison.ndjson?from=2015-06-01&to=2018-06-01",
]
TOLD = frozenset({"reported", "inWords", "publicSequence"})


def without_told(value: Any) -> Any:
    """A document without what tells of totals, and without sequences."""
    match value:
        case dict():
            return {name: without_told(each) for name, each in value.items() if name not in TOLD}
        case list():
            return [without_told(each) for each in value]
        case _:
            return value


def told(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every reported total in the answers of statistics, in JSON."""
    answers = [answer for path, answer in found.items() if path in STATISTICS and isinstance(answer, dict)]
    return [
        total for answer in answers for each in (*answer["rounds"], *answer["results"]) for total in each["reported"]
    ]


def answers(world: World) -> dict[str, Any]:
    """What is answered everywhere: documents, and the lines of tables."""
    found: dict[str, Any] = {}
    for path in PUBLIC:
        answer = world.public.get(path)
        assert answer.status_code == 200, answer.text
        match answer.headers["content-type"].partition(";")[0]:
            case "application/json":
                found[path] = answer.json()
            case "text/csv":
                found[path] = lines(answer)
            case _:
                found[path] = [json.loads(line) for line in answer.text.splitlines()]
    return found


def changed_totals(directory: Path) -> Path:
    """The same totals, each with another value and another denominator."""
    with then.REPORTED_TOTALS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changed = directory / "changed.csv"
    with changed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {**each, "value": str(int(each["value"]) + 7), "of": str(int(each["of"]) + 13)} for each in rows
        )
    return changed


def test_other_totals_change_no_count_anywhere(sqlite_world: World, tmp_path: Path) -> None:
    """A figure that takes a reported total into account would differ here."""
    world = import_history(sqlite_world)
    before = answers(world)

    import_history(world, changed_totals(tmp_path))

    after = answers(world)
    assert without_told(after) == without_told(before)
    moved = [{**each, "value": each["value"] + 7, "of": each["of"] + 13} for each in told(before)]
    assert told(after) == moved
    assert len(moved) > len(STATISTICS)
    assert after["/v1/rounds/2016-17"]["inWords"] == [
        "22 of the 59 CCGs reported as authorised are named by our sources.",
        "187 of these 209 CCGs are not named by our sources.",
        *apart(RECORDED["2016-17"]),
        "What is known of CCGs (mergers, closings) reaches to 1 April 2019, and not to this day.",
    ]
    assert [(each["value"], each["of"]) for each in after[COMPARISON]["reported"]] == [(121, 222), (181, 220)]


def test_without_totals_the_counts_are_the_same(past: World, sqlite_world: World) -> None:
    world = import_history(sqlite_world, then.PAST_ROUNDS, then.KNOWN_ROUNDS)

    bare = answers(world)

    assert without_told(bare) == without_told(answers(past))
    assert (told(bare), bare[COMPARISON]["reported"]) == ([], [])
    assert past.clock.at == world.clock.at == TODAY
