"""What a newcomer's first look at the demo must show: the real rounds, as far as sources name them."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import reference
from app.commands.console import now
from app.commands.demo import demo_settings, prepare
from app.main import create_app
from app.records.audit.verification import verify
from app.records.session import Database
from tests.commands.conftest import Register, Said

STARTED_AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
NAMED_APPROVED = [
    "02R",
    "02W",
    "03X",
    "03Y",
    "04E",
    "04H",
    "04J",
    "04K",
    "04L",
    "04M",
    "04N",
    "04R",
    "04V",
    "05C",
    "13P",
]
NORTH_WEST_LONDON = ["07P", "07W", "07Y", "08C", "08E", "08G", "08Y", "09A"]


def with_keys_of(started: Path, data: Path) -> Path:
    """A demo's directory that has its keys already, which take long to make, and nothing else."""
    shutil.copytree(
        started,
        data,
        ignore=lambda _, names: {name for name in names if name.startswith(("register.", "credentials."))},
    )
    return data


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, started_demo: tuple[Path, Said]) -> Path:
    """The directory of a demo that was started on a known day; nobody changes it."""
    directory = with_keys_of(started_demo[0], tmp_path_factory.mktemp("demo") / "data")
    prepare(directory, demo_settings(directory, 8000), STARTED_AT)
    return directory


@pytest.fixture(scope="module")
def public(past: Path) -> Iterator[TestClient]:
    """Everybody, before that demo."""
    settings = demo_settings(past, 8000)
    database = Database(settings.database_url)
    yield TestClient(
        create_app(settings, database=database, clock=lambda: STARTED_AT), base_url="http://127.0.0.1:8000"
    )
    report = verify(database)
    database.close()
    assert report.faults == ()


def results(public: TestClient, path: str) -> list[dict[str, Any]]:
    found: dict[str, Any] = public.get(path).json()
    assert found["total"] == len(found["results"])
    rows: list[dict[str, Any]] = found["results"]
    return rows


# --- the first round ----------------------------------------------------------------------------


def test_the_first_round_lists_the_15_approved_ccgs_that_are_named(public: TestClient) -> None:
    rows = [row for row in results(public, "/v1/approvals?round=2015-16&limit=200") if row["requestedLevel"]]

    assert [row["odsCode"] for row in rows] == NAMED_APPROVED
    assert {row["standing"] for row in rows} == {"ended"}


def test_city_and_hackney_was_approved_with_conditions_and_not_taken_up(public: TestClient) -> None:
    [row] = results(public, "/v1/approvals?round=2015-16&outcome=conditional")
    decision = public.get(row["links"]["decision"]).json()

    assert (row["odsCode"], row["standing"], row["agreementInWords"]) == ("07T", "not_taken_up", "not taken up")
    assert decision["conditions"] == [
        {
            "id": "c1",
            "text": "Approval waits for changes to some governance arrangements.",
            "reasonCode": "governance",
            "dueOn": None,
            "state": "lapsed",
            "settledOn": None,
        }
    ]


def test_the_eight_ccgs_of_north_west_london_show_one_application_and_why_it_was_rejected(public: TestClient) -> None:
    rows = results(public, f"/v1/decisions?round=2015-16&outcome=rejected&odsCode={','.join(NORTH_WEST_LONDON)}")

    assert sorted(row["odsCode"] for row in rows) == NORTH_WEST_LONDON
    reason = {
        "code": "insufficient_time",
        "text": "The eight CCGs applied together. The regional moderation panel required changes and there was not "
        "enough time to make them.",
        "codes": ["insufficient_time"],
    }
    assert {(row["reference"], row["outcome"], json.dumps(row["reasons"])) for row in rows} == {
        ("2015-16-north-west-london", "rejected", json.dumps([reason]))
    }


def test_slough_asked_for_delegated_and_was_granted_joint_by_its_own_choice(public: TestClient) -> None:
    [row] = results(public, "/v1/approvals?round=2015-16&outcome=downgraded_to_joint")

    shown = tuple(row[name] for name in ("odsCode", "requestedLevel", "grantedLevel", "chosenBy"))
    assert shown == ("10T", "delegated", "joint", "ccg")


@pytest.mark.parametrize("code", ["05W", "05G"])
def test_stoke_and_north_staffordshire_say_that_no_reason_was_published(public: TestClient, code: str) -> None:
    [held] = public.get(f"/v1/approvals/{code}").json()["past"]

    assert held["reasons"] == [
        {"code": "not_published", "text": "No reason was published.", "codes": ["not_published"]}
    ]


def test_cumbria_is_a_declaration(public: TestClient) -> None:
    found = public.get("/v1/organisations/01H").json()

    assert (found["position"], found["level"], found["current"], found["past"]) == (
        "declared",
        "greater_involvement",
        None,
        [],
    )
    assert found["declarations"] == [
        {
            "round": "2015-16",
            "trial": False,
            "level": "greater_involvement",
            "declaredOn": "2015-01-30",
            "reason": None,
            "origin": "history",
            "basis": "stated",
            "source": "HSJ, January 2015",
        }
    ]


# --- every row ----------------------------------------------------------------------------------


def test_the_second_round_lists_22(public: TestClient) -> None:
    rows = results(public, "/v1/approvals?round=2016-17")

    assert len(rows) == 22
    assert {row["decidedOn"] for row in rows} == {None}
    assert {row["agreementInWords"] for row in rows} == {"start not confirmed by a source"}


def test_every_row_names_its_source_and_basis_as_the_file_does(public: TestClient) -> None:
    with reference.KNOWN_ROUNDS.open(encoding="utf-8", newline="") as file:
        rows_known = list(csv.DictReader(file))
    known = sorted((row["round"], row["ods_code"], row["basis"], row["source"]) for row in rows_known)
    words = ("approved", "conditional", "rejected", "downgraded_to_joint")
    decisions = sorted(
        (row["round"], row["ods_code"], row["basis"], row["source"]) for row in rows_known if row["outcome"] in words
    )
    outcomes = "outcome=approved,conditional,rejected,downgraded_to_joint"

    listed = results(public, f"/v1/approvals?{outcomes}&limit=200")
    decided = results(public, "/v1/decisions?limit=200")
    table = csv.DictReader(io.StringIO(public.get(f"/v1/approvals.csv?{outcomes}").text, newline=""))
    changed = public.get("/v1/changes?limit=200&after=224").json()["results"]
    said = [public.get(f"/v1/organisations/{code}").json() for code in sorted({row["ods_code"] for row in rows_known})]

    for rows in (listed, decided, list(table)):
        assert sorted((row["round"], row["odsCode"], row["basis"], row["source"]) for row in rows) == decisions
    told = [(row["round"], row["odsCode"], row["basis"], row["source"]) for row in changed if row["basis"]]
    assert sorted(told) == known
    beside = [
        (each["round"], found["odsCode"], each["basis"], each["source"])
        for found in said
        for each in (*found["declarations"], *found["choices"])
    ]
    assert sorted([*decisions, *beside]) == known


def test_what_happened_and_when_it_was_recorded_are_two_things(public: TestClient) -> None:
    [event] = [
        each
        for each in public.get("/v1/organisations/10T/history").json()["results"]
        if each["type"] == "decision.published" and each["round"] == "2015-16"
    ]

    assert (event["occurredOn"], event["recordedAt"]) == ("2015-02-18", "2026-11-25T09:00:00Z")


def test_days_that_are_not_known_come_last(public: TestClient) -> None:
    days = [row["decidedOn"] for row in results(public, "/v1/decisions?limit=200")]

    assert days == ["2015-02-18"] * 28 + [None] * 46


# --- on a day -----------------------------------------------------------------------------------


def test_slough_on_1_june_2015(public: TestClient) -> None:
    found = public.get("/v1/organisations/10T?on=2015-06-01").json()

    shown = ("open", "closedOn", "successor", "position", "level", "next", "past")
    assert tuple(found[name] for name in shown) == (True, None, None, "in_force", "joint", None, [])
    current = found["current"]
    assert tuple(current[name] for name in ("grantedLevel", "standing", "agreement", "agreementInWords")) == (
        "joint",
        "in_force",
        "not_known",
        "start not confirmed by a source",
    )


def test_slough_on_1_june_2018(public: TestClient) -> None:
    found = public.get("/v1/organisations/10T?on=2018-06-01").json()

    assert (found["open"], found["closedOn"], found["current"]) == (False, "2018-03-31", None)
    assert found["successor"] == {"odsCode": "15D", "href": "/v1/organisations/15D"}
    past = found["past"][-1]
    assert (past["standing"], past["inForceTo"], past["endedBy"]) == ("ended", "2017-03-31", "superseded_by_grant")


def test_before_it_was_decided_nothing_is_said_of_slough(public: TestClient) -> None:
    found = public.get("/v1/organisations/10T?on=2015-02-17").json()

    assert (found["position"], found["current"], found["next"], found["past"]) == (
        "no_published_decision",
        None,
        None,
        [],
    )


@pytest.mark.parametrize(("year", "number"), [(2014, 211), (2015, 209), (2017, 207), (2018, 195), (2019, 191)])
def test_so_many_ccgs_were_open_on_1_june(public: TestClient, year: int, number: int) -> None:
    assert public.get(f"/v1/organisations?on={year}-06-01&open=true&limit=1").json()["total"] == number


# --- counted and reported -----------------------------------------------------------------------


def test_recorded_and_reported_stand_beside_each_other_each_with_its_source(public: TestClient) -> None:
    [first] = public.get("/v1/statistics?round=2015-16").json()["rounds"]

    assert first["recorded"]["outcomes"] == {"approved": 36, "conditional": 1, "rejected": 11, "downgraded_to_joint": 1}
    assert first["recorded"]["sources"]
    reported = {
        (each["measure"], each["region"] and each["region"]["code"]): each
        for each in first["reported"]
        if each["areaTeam"] is None
    }
    assert (reported["approved", None]["value"], reported["approved_first_statement", None]["value"]) == (64, 65)
    assert [(code, reported["approved", code]["value"]) for code in ("Y54", "Y55", "Y56", "Y57")] == [
        ("Y54", 24),
        ("Y55", 26),
        ("Y56", 6),
        ("Y57", 8),
    ]
    assert all(each["source"] for each in first["reported"])
    assert "15 of the 64 CCGs reported as approved are named by our sources." in first["inWords"]


def test_each_total_of_the_file_is_reported_once(public: TestClient) -> None:
    with reference.REPORTED_TOTALS.open(encoding="utf-8", newline="") as file:
        totals = sorted(
            (row["round"], row["measure"], row["region"] or row["area_team"], int(row["value"]))
            for row in csv.DictReader(file)
        )

    counted = public.get("/v1/statistics").json()

    told = [(each["round"], total) for each in counted["rounds"] for total in each["reported"]]
    found = [
        (round_id, total["measure"], (total["region"] or total["areaTeam"] or {"code": ""})["code"], total["value"])
        for round_id, total in [*told, *(("", total) for total in counted["reported"])]
    ]
    assert sorted(found) == totals


# --- another start ------------------------------------------------------------------------------


def test_another_start_leaves_what_somebody_put_right(past: Path, tmp_path: Path) -> None:
    settings = demo_settings(shutil.copytree(past, tmp_path / "data"), 8000)
    put_right = tmp_path / "put_right.csv"
    known = reference.KNOWN_ROUNDS.read_text(encoding="utf-8")
    put_right.write_text(known.replace("leadership,Uncertainty", "governance,Uncertainty"), encoding="utf-8")
    run = Register(database_url=settings.database_url)
    assert run("history", "import", put_right).lines == ["~ 2015-16 10T: reasons"]
    before = run("verify", "--json").out

    prepare(tmp_path / "data", settings, STARTED_AT)

    assert run("verify", "--json").out == before


def test_a_demo_of_an_earlier_release_is_given_the_past(started_demo: tuple[Path, Said], tmp_path: Path) -> None:
    """It had the CCGs, and a schema that knew nothing of sources."""
    settings = demo_settings(with_keys_of(started_demo[0], tmp_path / "data"), 8000)
    run = Register(database_url=settings.database_url)
    run("db", "upgrade")
    run("organisations", "import", reference.ORGANISATIONS)
    run("db", "downgrade", "0002", "--yes")

    prepare(tmp_path / "data", settings, now())

    assert run("history", "import", reference.KNOWN_ROUNDS).err == "0 new, 0 changed, 93 unchanged\n"
    assert run("verify").code == 0


# --- what lists say of what they do not show ----------------------------------------------------

REGIONS = {
    "Y54": "North of England",
    "Y55": "Midlands and East of England",
    "Y56": "London",
    "Y57": "South of England",
}
PAST_ROUNDS = ("2015-16", "2016-17", "2017-18")
# What a sentence counts, by the words that end it: the level requested, and the outcomes.
COUNTED = {
    "approved": ("delegated", "approved"),
    "authorised": ("delegated", "approved"),
    "approved with conditions": ("delegated", "conditional"),
    "not approved as requested": ("delegated", "rejected,downgraded_to_joint"),
    "approved for joint commissioning": ("joint", "approved"),
}
REPORTED_AS = re.compile(r"reported as (.+?) (?:is|are) (?:not )?named")
PARTS = [(round_id, code) for round_id in PAST_ROUNDS for code in (None, *REGIONS)]


def asked(round_id: str, code: str | None) -> str:
    return f"round={round_id}" if code is None else f"round={round_id}&region={code}"


def prefix(round_id: str, code: str | None) -> str:
    return f"Round {round_id}: " if code is None else f"Round {round_id}, {REGIONS[code]}: "


def said(public: TestClient, path: str, round_id: str, code: str | None) -> list[str]:
    """What a list says of this round and region, without their names."""
    start = prefix(round_id, code)
    told = public.get(f"{path}?{asked(round_id, code)}&limit=1").json()["inWords"]
    return [sentence.removeprefix(start) for sentence in told if sentence.startswith(start)]


def number_named(sentence: str) -> int:
    """How many CCGs a sentence says are named."""
    match sentence.split(maxsplit=2):
        case ["None", *_]:
            return 0
        case ["All", number, _]:
            return int(number)
        case ["The", "only", _]:
            return 0 if "is not named" in sentence else 1
        case [number, *_]:
            return int(number)
    raise AssertionError(sentence)


@pytest.mark.parametrize(("round_id", "code"), PARTS)
def test_a_list_of_a_part_of_the_past_says_what_the_statistics_say_of_it(
    public: TestClient, round_id: str, code: str | None
) -> None:
    grouped = public.get(f"/v1/statistics?round={round_id}&groupBy={'round' if code is None else 'region'}").json()
    [row] = [each for each in grouped["results"] if each["group"]["code"] == (code or round_id)]
    notes = {each["note"] for each in row["reported"]}
    every = [
        each
        for each in row["inWords"]
        if "reported to have" not in each and "startNotConfirmed" not in each and each not in notes
    ]
    expected = [each.replace("of these", "of its") for each in every]

    decisions, approvals = (said(public, f"/v1/{noun}", round_id, code) for noun in ("decisions", "approvals"))

    assert decisions == expected
    assert approvals == [
        each
        for each in expected
        if "reported as" not in each
        or re.search(r"as (approved|authorised) (is|are)", each)
        or "joint commissioning" in each
    ]


@pytest.mark.parametrize(("round_id", "code"), PARTS)
def test_every_number_in_those_sentences_is_that_of_the_rows_that_are_listed(
    public: TestClient, round_id: str, code: str | None
) -> None:
    counted = {}
    for sentence in said(public, "/v1/decisions", round_id, code):
        if "reported" in sentence:
            measure = REPORTED_AS.search(sentence)
            assert measure is not None, sentence
            level, outcomes = COUNTED[measure[1]]
            path = f"/v1/decisions?{asked(round_id, code)}&outcome={outcomes}&state=published&limit=200"
            rows = [row for row in results(public, path) if (row["requestedLevel"] or row["grantedLevel"]) == level]
            counted[sentence] = (number_named(sentence), len(rows))

    assert {sentence: pair for sentence, pair in counted.items() if pair[0] != pair[1]} == {}


def test_a_list_of_london_says_that_none_of_the_approved_is_named(public: TestClient) -> None:
    assert public.get("/v1/approvals?round=2015-16&region=Y56&on=2015-06-01").json()["inWords"] == [
        "Round 2015-16 is known in part: CCGs that our sources do not name are missing here.",
        "Round 2015-16, London: None of the 6 CCGs reported as approved is named by our sources.",
        "Round 2015-16, London: 11 of its 32 CCGs are not named by our sources.",
        "Round 2015-16, London: 12 of its 32 CCGs are named by our sources, which do not tell the choice.",
        (
            "Round 2015-16, London: 20 of its 32 CCGs are known to have been approved, "
            "but no source tells on what request or for which days."
        ),
    ]


def test_a_list_that_shows_grants_of_which_no_source_confirms_the_start_says_how_they_are_counted(
    public: TestClient,
) -> None:
    said_so = (
        "A grant with the agreement not_known (start not confirmed by a source) is in force as far as is known; "
        "it is counted as startNotConfirmed and not as inForce."
    )
    paths = {"/v1/approvals?round=2015-16&on=2016-06-01": True, "/v1/approvals?round=2015-16&outcome=rejected": False}

    told = {path: public.get(path).json() for path in paths}

    assert {path: said_so in found["inWords"] for path, found in told.items()} == paths
    counted = public.get("/v1/statistics?round=2015-16&on=2016-06-01").json()["results"][0]
    assert (counted["inForce"], counted["startNotConfirmed"]) == (0, 16)
    assert counted["inWords"][-1] == (
        "16 grants are in force as far as is known: no source confirms their start, so they are counted as "
        "startNotConfirmed and not as inForce."
    )
