"""Two days beside each other: who gained a level, lost one or holds another, as far as sources name them."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.counting import BEYOND, KNOWN_TO, lines, sequence, texts
from tests.api.history import FILES, import_history, made_up
from tests.api.steps import LICENSED, assert_refused
from tests.world import World

PAST = ("2015-06-01", "2018-06-01")
IN_PART = "Rounds 2015-16, 2016-17 and 2017-18 are known in part: CCGs that our sources do not name are missing here."
NOT_CONFIRMED = (
    "A grant with the agreement not_known (start not confirmed by a source) is in force as far as is known; "
    "it is counted as startNotConfirmed and not as inForce."
)
GAINED = (
    "00C", "00K", "00L", "00M", "00T", "01C", "01D", "01G", "01R", "01W", "01Y", "02A", "02D", "02X", "03A", "03N",
)  # fmt: skip
MERGED_IN_2018 = {"10T": ("2018-03-31", "15D"), "13P": ("2018-03-31", "15E")}
MERGED_IN_2019 = dict.fromkeys(("03X", "03Y", "04J", "04R"), ("2019-03-31", "15M"))
SLOUGH = {
    "reference": "2015-16-slough",
    "odsCode": "10T",
    "name": "NHS Slough CCG",
    "region": {"code": "Y57", "name": "South of England"},
    "areaTeam": {"code": "Q69", "name": "Thames Valley"},
    "round": "2015-16",
    "trial": False,
    "coverage": "partial",
    "requestedLevel": "delegated",
    "outcome": "downgraded_to_joint",
    "grantedLevel": "joint",
    "chosenBy": "ccg",
    "scaledDownTo": None,
    "scaledDownReason": None,
    "functions": [],
    "reasons": [
        {
            "code": "leadership",
            "text": "Uncertainty about the interim management structure; the CCG scaled its application down to joint "
            "commissioning.",
            "codes": ["leadership"],
        }
    ],
    "standing": "in_force",
    "effectiveFrom": "2015-04-01",
    "inForceFrom": "2015-04-01",
    "inForceTo": "2018-03-31",
    "endedBy": "succeeded",
    "endReason": None,
    "legalBasis": None,
    "promotedOn": None,
    "agreement": "not_known",
    "agreementInWords": "start not confirmed by a source",
    "conditions": {"open": 0, "total": 0},
    "decidedOn": "2015-02-18",
    "publishedAt": "2019-06-03T12:00:00Z",
    "decisionId": "2015-16-slough-10T",
    "origin": "history",
    "basis": "stated",
    "source": "HSJ, February 2015",
    "note": None,
    "links": {
        "self": "/v1/approvals/10T",
        "decision": "/v1/decisions/2015-16-slough-10T",
        "organisation": "/v1/organisations/10T",
        "round": "/v1/rounds/2015-16",
    },
}
HELD = ("Level", "Round", "DecisionId", "InForceFrom", "InForceTo", "EndedBy", "Agreement", "Basis", "Source")
HEADER = [
    "from",
    "to",
    "publicSequence",
    "change",
    "odsCode",
    "name",
    "closedOn",
    "successorOdsCode",
    *(f"before{name}" for name in HELD),
    *(f"after{name}" for name in HELD),
    "knownTo",
]


def reported(value: int, of: int, as_at: str, source: str) -> dict[str, Any]:
    """A total of the CCGs that were reported to hold delegated commissioning."""
    return {
        "measure": "delegated_in_force",
        "label": "Delegated commissioning in force",
        "region": None,
        "areaTeam": None,
        "value": value,
        "of": of,
        "asAt": as_at,
        "source": source,
        "note": None,
    }


REPORTED = [
    reported(63, 209, "2015-04-01", "HSJ, April 2015 and March 2016"),
    reported(114, 209, "2016-04-01", "HSJ, March 2016; Healthcare Leader, October 2017 (another source says 115)"),
    reported(174, 207, "2017-04-01", "Healthcare Leader, October 2017"),
]


@pytest.fixture(scope="module")
def past(shared_world: World) -> World:
    """A register with the past in it; the tests only read."""
    return import_history(shared_world)


def compared(world: World, from_day: str, to_day: str, suffix: str = "") -> Any:
    answer = world.public.get(f"/v1/comparison{suffix}?from={from_day}&to={to_day}")
    assert answer.status_code == 200, answer.text
    return lines(answer) if suffix else answer.json()


def held(world: World, day: str) -> dict[str, dict[str, Any]]:
    """What each CCG held on a day, as the listing of approvals has it."""
    listed = world.public.get(f"/v1/approvals?on={day}&limit=200").json()
    assert not listed["hasMore"]
    return {each["odsCode"]: each for each in listed["results"]}


def level(confirmed: int, not_confirmed: int) -> dict[str, int]:
    return {"inForce": confirmed, "startNotConfirmed": not_confirmed}


def entry(
    before: dict[str, Any] | None, after: dict[str, Any] | None, *closed: str | None, name: str | None = None
) -> dict[str, Any]:
    """A CCG whose level differs."""
    shown = before or after or {}
    closed_on, successor = closed or (None, None)
    return {
        "odsCode": shown["odsCode"],
        "name": name or shown["name"],
        "closedOn": closed_on,
        "successor": successor,
        "before": before,
        "after": after,
    }


# --- as the past was ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to_day", "merged", "organisations", "delegated", "unchanged", "words"),
    [
        (
            "2018-06-01",
            MERGED_IN_2018,
            195,
            30,
            14,
            ["Both CCGs that lost a level closed; a successor holds it only by a grant of its own or a succession."],
        ),
        (
            "2019-06-01",
            MERGED_IN_2018 | MERGED_IN_2019,
            191,
            26,
            10,
            [
                "All 6 CCGs that lost a level closed; a successor holds it only by a grant of its own or a succession.",
                BEYOND,
            ],
        ),
    ],
)
def test_ccgs_gained_delegation_in_the_second_round_and_lost_it_as_they_merged(
    past: World,
    to_day: str,
    merged: dict[str, tuple[str, str]],
    organisations: int,
    delegated: int,
    unchanged: int,
    words: list[str],
) -> None:
    found = compared(past, "2015-06-01", to_day)

    before, after = held(past, "2015-06-01"), held(past, to_day)
    assert found == {
        "from": "2015-06-01",
        "to": to_day,
        "before": {"on": "2015-06-01", "organisations": 209, "delegated": level(0, 15), "joint": level(0, 1)},
        "after": {"on": to_day, "organisations": organisations, "delegated": level(0, delegated), "joint": level(0, 0)},
        "gained": [entry(None, after[code]) for code in GAINED],
        "lost": [entry(before[code], None, *closed) for code, closed in sorted(merged.items())],
        "changed": [],
        "unchanged": unchanged,
        "reported": REPORTED[1:],
        "inWords": [IN_PART, NOT_CONFIRMED, *words],
        "knownTo": KNOWN_TO,
        "publicSequence": sequence(past),
        **LICENSED,
    }
    assert next(each for each in found["lost"] if each["odsCode"] == "10T")["before"] == SLOUGH
    assert (len(before), len(after)) == (16, delegated)


def test_a_day_beside_itself_shows_no_change(past: World) -> None:
    found = compared(past, "2016-06-01", "2016-06-01")

    day = {"on": "2016-06-01", "organisations": 209, "delegated": level(0, 37), "joint": level(0, 1)}
    assert found == {
        "from": "2016-06-01",
        "to": "2016-06-01",
        "before": day,
        "after": day,
        "gained": [],
        "lost": [],
        "changed": [],
        "unchanged": 38,
        "reported": [],
        "inWords": [IN_PART, NOT_CONFIRMED],
        "knownTo": KNOWN_TO,
        "publicSequence": sequence(past),
        **LICENSED,
    }
    assert compared(past, "2016-06-01", "2016-06-01", ".csv") == []


def test_the_first_and_the_last_day_of_a_grant_are_in_it(past: World) -> None:
    """Slough held joint from 1 April 2015 to 31 March 2018."""
    days = ("2015-03-31", "2015-04-01", "2018-03-31", "2018-04-01")

    found = {day: compared(past, "2014-01-01", day)["after"]["joint"] for day in days}

    assert found == {day: level(0, number) for day, number in zip(days, (0, 1, 1, 0), strict=True)}


def test_of_days_before_anything_was_granted_nothing_is_said_but_how_many_ccgs_were_open(past: World) -> None:
    found = compared(past, "2013-04-01", "2015-03-31")

    nothing = {"organisations": 211, "delegated": level(0, 0), "joint": level(0, 0)}
    assert (found["before"], found["after"]) == (
        {"on": "2013-04-01", **nothing},
        {"on": "2015-03-31", **nothing},
    )
    assert [found[name] for name in ("gained", "lost", "changed", "unchanged")] == [[], [], [], 0]
    assert (found["reported"], found["inWords"]) == ([], [IN_PART])


@pytest.mark.parametrize(
    ("from_day", "to_day", "first", "last"),
    [
        ("2015-04-01", "2017-04-01", 0, 3),
        ("2015-04-02", "2017-03-31", 1, 2),
        ("2016-04-01", "2016-04-01", 1, 2),
        ("2017-04-02", "2019-06-01", 3, 3),
    ],
)
def test_what_was_reported_from_the_one_day_to_the_other_stands_beside_it_oldest_first(
    past: World, from_day: str, to_day: str, first: int, last: int
) -> None:
    assert compared(past, from_day, to_day)["reported"] == REPORTED[first:last]


@pytest.mark.parametrize(("to_day", "words"), [("2019-04-01", []), ("2019-04-02", [BEYOND])])
def test_a_day_beyond_what_is_known_of_ccgs_is_said_to_be_so(past: World, to_day: str, words: list[str]) -> None:
    assert compared(past, "2019-04-01", to_day)["inWords"] == [IN_PART, NOT_CONFIRMED, *words]


def test_on_its_last_day_a_ccg_is_open_and_holds_what_it_holds(past: World) -> None:
    """The three CCGs of Leeds closed with 31 March 2018."""
    last, next_day = compared(past, "2015-06-01", "2018-03-31"), compared(past, "2015-06-01", "2018-04-01")

    gained = {each["odsCode"]: each for each in last["gained"]}
    after = held(past, "2018-03-31")
    assert [gained[code] for code in ("02V", "03C", "03G")] == [
        entry(None, after[code]) for code in ("02V", "03C", "03G")
    ]
    assert (last["lost"], len(gained)) == ([], 19)
    assert {each["odsCode"] for each in next_day["gained"]} == gained.keys() - {"02V", "03C", "03G"}


# --- with made-up facts -------------------------------------------------------------------------


@pytest.fixture
def altered(sqlite_world: World, tmp_path: Path) -> World:
    """The past, and beside it made-up facts: Slough delegated in the second round, a grant of the trial round."""
    facts = made_up(
        tmp_path,
        ("2016-17", "10T", "NHS Slough CCG", "approved", "2016-04-01", "signed"),
        ("trial", "07L", "NHS Barking & Dagenham CCG", "approved", "2015-04-01", "signed"),
    )
    return import_history(sqlite_world, *FILES, facts)


def test_a_ccg_that_holds_another_level_has_changed(altered: World) -> None:
    found = compared(altered, "2015-06-01", "2016-06-01")

    before, after = held(altered, "2015-06-01")["10T"], held(altered, "2016-06-01")["10T"]
    assert found["changed"] == [entry(before, after)]
    assert before == {**SLOUGH, "inForceTo": "2016-03-31", "endedBy": "superseded_by_grant"}
    assert (after["grantedLevel"], after["round"], after["agreement"]) == ("delegated", "2016-17", "signed")
    assert (found["before"]["delegated"], found["before"]["joint"]) == (level(0, 15), level(0, 1))
    assert (found["after"]["delegated"], found["after"]["joint"]) == (level(1, 37), level(0, 0))
    assert (len(found["gained"]), found["lost"], found["unchanged"]) == (22, [], 15)


def test_what_changed_and_then_ended_is_lost_with_what_was_held_first(altered: World) -> None:
    lost = {each["odsCode"]: each for each in compared(altered, *PAST)["lost"]}

    assert lost["10T"] == entry(held(altered, "2015-06-01")["10T"], None, "2018-03-31", "15D")
    assert sorted(lost) == ["10T", "13P"]


def test_a_grant_of_a_trial_round_is_left_out(altered: World) -> None:
    trial = altered.public.get("/v1/approvals?round=trial").json()

    found = compared(altered, "2015-03-01", "2015-06-01")

    assert [(each["odsCode"], each["standing"]) for each in trial["results"]] == [("07L", "in_force")]
    assert "07L" not in {each["odsCode"] for each in found["gained"]}
    assert (found["after"]["delegated"], found["after"]["joint"]) == (level(0, 15), level(0, 1))


# --- CSV, caches, refusals ----------------------------------------------------------------------


def as_line(found: dict[str, Any], change: str, each: dict[str, Any]) -> dict[str, str]:
    """A CCG of the JSON as the CSV must give it."""
    members = (
        "grantedLevel",
        "round",
        "decisionId",
        "inForceFrom",
        "inForceTo",
        "endedBy",
        "agreement",
        "basis",
        "source",
    )
    days = [found["from"], found["to"], str(found["publicSequence"])]
    cells = [*days, change, each["odsCode"], each["name"], each["closedOn"], each["successor"]]
    for day in ("before", "after"):
        cells += [each[day][member] if each[day] else None for member in members]
    return {name: cell or "" for name, cell in zip(HEADER, [*cells, found["knownTo"]], strict=True)}


@pytest.mark.parametrize("days", [PAST, ("2015-06-01", "2016-06-01"), ("2014-01-01", "2019-06-01")])
def test_csv_and_ndjson_say_the_same_as_the_json(altered: World, days: tuple[str, str]) -> None:
    found = compared(altered, *days)

    told = [as_line(found, change, each) for change in ("gained", "lost", "changed") for each in found[change]]
    assert compared(altered, *days, suffix=".csv") == sorted(told, key=lambda line: line["odsCode"])
    assert texts(altered.public.get(f"/v1/comparison.ndjson?from={days[0]}&to={days[1]}")) == compared(
        altered, *days, suffix=".csv"
    )
    assert told


def test_the_csv_has_a_header_and_ends_its_lines_as_rfc_4180_does(past: World) -> None:
    answer = past.public.get("/v1/comparison.csv?from=2017-06-01&to=2018-04-01")

    at, to = sequence(past), "2018-03-31,succeeded,not_known,"
    told = [
        ",".join(HEADER),
        lost(
            at, "02V", "NHS Leeds North CCG", "15F", f"delegated,2016-17,2016-17-02v-02V,2016-04-01,{to}stated", PULSE
        ),
        lost(at, "03C", "NHS Leeds West CCG", "15F", f"delegated,2016-17,2016-17-03c-03C,2016-04-01,{to}stated", PULSE),
        lost(
            at,
            "03G",
            "NHS Leeds South and East CCG",
            "15F",
            f"delegated,2016-17,2016-17-03g-03G,2016-04-01,{to}stated",
            PULSE,
        ),
        lost(at, "10T", "NHS Slough CCG", "15D", f"joint,2015-16,2015-16-slough-10T,2015-04-01,{to}stated", HSJ),
        lost(
            at,
            "13P",
            "NHS Birmingham CrossCity CCG",
            "15E",
            f"delegated,2015-16,2015-16-13p-13P,2015-04-01,{to}implied",
            HSJ,
        ),
    ]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text == "".join(f"{line}\r\n" for line in told)


PULSE = "Pulse, December 2015 (the day is not known): 52 authorised, 22 names known here"
HSJ = "HSJ, February 2015"


def lost(public_sequence: int, code: str, name: str, successor: str, grant: str, source: str) -> str:
    """The line of a CCG that closed on 31 March 2018, and holds nothing after that."""
    ended, nothing = f"{code},{name},2018-03-31,{successor},{grant}", "," * 9
    return f'2017-06-01,2018-04-01,{public_sequence},lost,{ended},"{source}"{nothing},2019-04-01'


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_nothing_is_sent_again_while_nothing_has_changed(past: World, suffix: str) -> None:
    path = f"/v1/comparison{suffix}?from={PAST[0]}&to={PAST[1]}"
    first = past.public.get(path)

    again = past.public.get(path, If_None_Match=first.headers["etag"])

    assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=0, must-revalidate")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_days_the_wrong_way_round_are_refused(past: World, suffix: str) -> None:
    answer = past.public.get(f"/v1/comparison{suffix}?from=2018-06-01&to=2015-06-01")

    fault = ("from", "2018-06-01 is after 2015-06-01, the day named by `to`.")
    assert_refused(answer, 400, "invalid-parameter", "The days are the wrong way round.", fault)


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("", [("from", "Is required."), ("to", "Is required.")]),
        ("?from=2015-06-01", [("to", "Is required.")]),
        ("?to=2015-06-01", [("from", "Is required.")]),
        ("?from=2015-02-29&to=2015-06-01", [("from", "Is not a day of the calendar.")]),
        ("?from=2015-06-01&to=June", [("to", "Must be a day such as 2015-04-01.")]),
    ],
)
def test_a_day_that_is_missing_or_none_is_refused(past: World, query: str, faults: list[tuple[str, str]]) -> None:
    answer = past.public.get(f"/v1/comparison{query}")

    detail = "The query or a header has values that do not fit."
    assert_refused(answer, 400, "invalid-parameter", detail, *faults)


def test_what_is_not_known_in_the_query_is_refused(past: World) -> None:
    answer = past.public.get("/v1/comparison?from=2015-06-01&to=2018-06-01&round=2015-16")

    detail = "The query has parameters that this address does not take."
    assert_refused(
        answer,
        400,
        "invalid-parameter",
        detail,
        ("round", "Is not known here. The parameters here are asKnownAt, from, to."),
    )
