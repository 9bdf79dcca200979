"""A whole round, replayed act by act over HTTP, comes to the figures that were reported of the real one."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from app.access.keys import Pair
from app.settings import Settings
from tests import complete_round
from tests.api.conftest import _copied, settled
from tests.api.counting import CSV_HEADER, KNOWN_TO, REGIONS, Four, as_lines, body, figures, lines, row, sequence, texts
from tests.api.replay import Replay, play
from tests.api.steps import LICENSED
from tests.complete_round import ALONE, JOINT_APPLICATIONS, ROUND_ID, TITLE, TOGETHER
from tests.conftest import _administer, _named
from tests.world import NORTH_WEST_LONDON

STATISTICS = f"/v1/statistics?round={ROUND_ID}"
GROUPINGS = ("round", "region", "areaTeam", "reason")
ENGLAND = figures(211, (77, 90, 26, 5), (64, 1, 11, 1))
BY_REGION = {
    "Y54": figures(68, (24, 30, 9, 1), (24, 0, 0, 0)),
    "Y55": figures(61, (29, 21, 7, 1), (26, 0, 3, 0)),
    "Y56": figures(32, (15, 10, 4, 1), (6, 1, 8, 0)),
    "Y57": figures(50, (9, 29, 6, 2), (8, 0, 0, 1)),
}
BY_AREA_TEAM: dict[tuple[str, str], tuple[int, Four, Four]] = {
    ("Q44", "Cheshire, Warrington and Wirral"): (6, (1, 4, 1, 0), (1, 0, 0, 0)),
    ("Q45", "Durham, Darlington and Tees"): (5, (5, 0, 0, 0), (5, 0, 0, 0)),
    ("Q46", "Greater Manchester"): (12, (5, 5, 0, 1), (5, 0, 0, 0)),
    ("Q47", "Lancashire"): (8, (5, 3, 0, 0), (5, 0, 0, 0)),
    ("Q48", "Merseyside"): (6, (0, 3, 2, 0), (0, 0, 0, 0)),
    ("Q49", "Cumbria, Northumberland, Tyne and Wear"): (8, (6, 1, 1, 0), (6, 0, 0, 0)),
    ("Q50", "North Yorkshire and Humber"): (8, (0, 6, 1, 0), (0, 0, 0, 0)),
    ("Q51", "South Yorkshire and Bassetlaw"): (5, (0, 3, 1, 0), (0, 0, 0, 0)),
    ("Q52", "West Yorkshire"): (10, (2, 5, 3, 0), (2, 0, 0, 0)),
    ("Q53", "Arden, Herefordshire and Worcestershire"): (7, (2, 3, 2, 0), (2, 0, 0, 0)),
    ("Q54", "Birmingham and the Black Country"): (7, (3, 3, 0, 0), (3, 0, 0, 0)),
    ("Q55", "Derbyshire and Nottinghamshire"): (10, (10, 0, 0, 0), (10, 0, 0, 0)),
    ("Q56", "East Anglia"): (8, (1, 4, 1, 1), (0, 0, 1, 0)),
    ("Q57", "Essex"): (7, (0, 5, 2, 0), (0, 0, 0, 0)),
    ("Q58", "Hertfordshire and the South Midlands"): (7, (3, 4, 0, 0), (3, 0, 0, 0)),
    ("Q59", "Leicestershire and Lincolnshire"): (7, (6, 1, 0, 0), (6, 0, 0, 0)),
    ("Q60", "Shropshire and Staffordshire"): (8, (4, 1, 2, 0), (2, 0, 2, 0)),
    ("Q64", "Bath, Gloucestershire, Swindon and Wiltshire"): (4, (0, 4, 0, 0), (0, 0, 0, 0)),
    ("Q65", "Bristol, North Somerset, Somerset and South Gloucestershire"): (4, (0, 2, 1, 0), (0, 0, 0, 0)),
    ("Q66", "Devon, Cornwall and Isles of Scilly"): (3, (0, 1, 2, 0), (0, 0, 0, 0)),
    ("Q67", "Kent and Medway"): (8, (3, 4, 0, 1), (3, 0, 0, 0)),
    ("Q68", "Surrey and Sussex"): (12, (5, 5, 0, 0), (5, 0, 0, 0)),
    ("Q69", "Thames Valley"): (10, (1, 7, 1, 0), (0, 0, 0, 1)),
    ("Q70", "Wessex"): (9, (0, 6, 2, 1), (0, 0, 0, 0)),
    ("Q71", "London"): (32, (15, 10, 4, 1), (6, 1, 8, 0)),
}
# Of the conditional approval the condition says why.
BY_REASON: dict[tuple[str, str], tuple[int, Four]] = {
    ("leadership", "Leadership"): (1, (0, 0, 0, 1)),
    ("financial_position", "Financial position"): (1, (0, 0, 1, 0)),
    ("cost_pressures", "Cost pressures"): (1, (0, 0, 1, 0)),
    ("governance", "Governance"): (1, (0, 1, 0, 0)),
    ("insufficient_time", "Insufficient time"): (8, (0, 0, 8, 0)),
    ("other", "Other"): (2, (0, 0, 2, 0)),
}
WHOLE = {
    "round": ROUND_ID,
    "title": TITLE,
    "trial": False,
    "coverage": "complete",
    "countedOn": "2015-02-18",
    "inForceOn": "2015-02-18",
    "countsApplications": True,
    "outsideDenominator": 0,
    "recorded": ENGLAND,
    "reported": [],
    "inWords": [],
    "href": f"/v1/rounds/{ROUND_ID}",
}


@pytest.fixture(scope="module")
def sqlite_copy(run_directory: Any, peopled_sqlite: Any) -> str:
    """The world on a SQLite file of this module's own."""
    return _copied(run_directory, peopled_sqlite)


@pytest.fixture(scope="module")
def postgresql_copy(postgresql_server: str, peopled_postgresql: str) -> Iterator[str]:
    """The world on a PostgreSQL database of this module's own."""
    name = f"register_test_{uuid.uuid4().hex}"
    _administer(postgresql_server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, peopled_postgresql)
    yield _named(postgresql_server, name)
    _administer(postgresql_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def replay(request: pytest.FixtureRequest, settings: Settings, pairs: dict[str, Pair]) -> Iterator[Replay]:
    """The round, played once on each kind of database; the tests only read, and ``verify`` is clean at the end."""
    with settled(request.getfixturevalue(f"{request.param}_copy"), settings, pairs) as world:
        yield play(world)


# --- the data -----------------------------------------------------------------------------------


def test_each_of_the_211_ccgs_has_one_part_in_the_round() -> None:
    applying = [code for each in (*ALONE, TOGETHER, *JOINT_APPLICATIONS) for code in each.members]
    declaring = [
        *complete_round.DECLARED_AS_NAMED,
        *complete_round.DECLARED_GREATER_INVOLVEMENT,
        *complete_round.DECLARED_NONE,
    ]

    assert sorted([*applying, *declaring, *complete_round.SILENT]) == sorted(complete_round.REGION_OF)
    assert (len(complete_round.REGION_OF), len(ALONE) + 1, len(JOINT_APPLICATIONS)) == (211, 70, 90)


def test_who_is_named_by_a_source_has_the_part_that_the_source_says() -> None:
    decided = {each["odsCode"]: each["outcome"] for played in (*ALONE, TOGETHER) for each in played.outcomes}
    declared = dict.fromkeys(complete_round.DECLARED_AS_NAMED, "declared")

    played = {code: (decided | declared)[code] for code in complete_round.NAMED}

    assert played == {code: known["outcome"] for code, known in complete_round.NAMED.items()}
    assert len(played) == 30


# --- what was announced -------------------------------------------------------------------------


def test_the_announcement_publishes_the_77_outcomes_and_no_joint_one(replay: Replay) -> None:
    announcement = replay.announcement

    assert {name: announcement[name] for name in ("round", "levels", "publishedAt", "publicSequence", "counts")} == {
        "round": ROUND_ID,
        "levels": ["delegated"],
        "publishedAt": "2015-02-18T12:00:00Z",
        "publicSequence": sequence(replay.world),
        "counts": {
            "total": 77,
            "byOutcome": ENGLAND["outcomes"],
            "byRegion": [
                {
                    "code": code,
                    "name": REGIONS[code],
                    "total": sum(counted["outcomes"].values()),
                    "byOutcome": counted["outcomes"],
                }
                for code, counted in BY_REGION.items()
            ],
            "byLevel": {"delegated": 77, "joint": 0},
        },
    }
    assert announcement["decisionIds"] == sorted(
        f"{at.reference}-{code}" for at in (*replay.alone.values(), replay.together) for code in at.members
    )


def test_the_listing_holds_the_64_and_the_others_only_where_they_are_asked_for(replay: Replay) -> None:
    get = replay.world.public.get
    every = "outcome=approved,conditional,rejected,downgraded_to_joint"

    approved = get(f"/v1/approvals?round={ROUND_ID}&limit=200").json()

    listed = [each["odsCode"] for each in approved["results"]]
    assert (approved["total"], approved["counts"]) == (64, ENGLAND["outcomes"])
    assert listed == sorted(each.lead for each in ALONE if each.outcomes[0]["outcome"] == "approved")
    assert get("/v1/approvals").json()["total"] == 64
    assert [each["odsCode"] for each in lines(get(f"/v1/approvals.csv?round={ROUND_ID}"))] == listed
    assert get(f"/v1/approvals?round={ROUND_ID}&{every}").json()["total"] == 77
    assert get(f"/v1/decisions?round={ROUND_ID}").json()["total"] == 77


def test_the_round_itself_says_what_statistics_say_of_it(replay: Replay) -> None:
    found = replay.world.public.get(f"/v1/rounds/{ROUND_ID}").json()

    told = {name: found[name] for name in ("counts", "recorded", "reported", "inWords", "publicSequence")}
    assert told == {
        "counts": ENGLAND["outcomes"],
        "recorded": ENGLAND,
        "reported": [],
        "inWords": [],
        "publicSequence": sequence(replay.world),
    }


def test_the_eight_ccgs_of_north_west_london_share_one_reference(replay: Replay) -> None:
    codes = ",".join(NORTH_WEST_LONDON)

    found = replay.world.public.get(f"/v1/decisions?round={ROUND_ID}&odsCode={codes}").json()

    told = [(each["odsCode"], each["reference"], each["outcome"], each["reasons"]) for each in found["results"]]
    text = complete_round.NAMED["07P"]["reason_text"]
    reasons = [{"code": "insufficient_time", "text": text, "codes": ["insufficient_time"]}]
    reference = replay.together.reference
    assert sorted(told) == [(code, reference, "rejected", reasons) for code in sorted(NORTH_WEST_LONDON)]


def test_slough_and_city_and_hackney_stand_as_it_was_reported(replay: Replay) -> None:
    get = replay.world.public.get

    slough, hackney = (get(f"/v1/approvals/{code}").json()["next"] for code in ("10T", "07T"))

    members = ("outcome", "grantedLevel", "standing", "chosenBy", "inForceFrom", "conditions")
    assert [slough[name] for name in members] == [
        "downgraded_to_joint",
        "joint",
        "not_started",
        "ccg",
        "2015-04-01",
        {"open": 0, "total": 0},
    ]
    assert [hackney[name] for name in members] == [
        "conditional",
        "delegated",
        "not_started",
        None,
        None,
        {"open": 1, "total": 1},
    ]
    assert hackney["conditionDetails"] == [
        {
            "id": "c1",
            "text": "Approval waits for changes to some governance arrangements.",
            "reasonCode": "governance",
            "dueOn": "2015-03-31",
            "state": "open",
            "settledOn": None,
        }
    ]


# --- what is counted ----------------------------------------------------------------------------


def test_the_figures_of_england_are_those_reported(replay: Replay) -> None:
    answer = replay.world.public.get(STATISTICS)

    found = answer.json()
    assert found == body(replay.world, "round", [WHOLE], [row(WHOLE, ROUND_ID, TITLE, ENGLAND)])
    recorded = found["rounds"][0]["recorded"]
    assert recorded["outcomes"] == {"approved": 64, "conditional": 1, "rejected": 11, "downgraded_to_joint": 1}
    assert recorded["notApprovedAsRequested"] == 12
    assert recorded["requested"] == {
        "delegated": 77,
        "joint": 90,
        "greater_involvement": 26,
        "none": 5,
        "notDeclared": 13,
    }
    assert recorded["percent"] == {
        "delegated": 36.5,
        "joint": 42.7,
        "greater_involvement": 12.3,
        "none": 2.4,
        "notDeclared": 6.2,
        "approved": 30.3,
        "conditional": 0.5,
        "rejected": 5.2,
        "downgraded_to_joint": 0.5,
        "notApprovedAsRequested": 5.7,
    }


def test_the_regions_have_the_approvals_reported_of_them(replay: Replay) -> None:
    found = replay.world.public.get(f"{STATISTICS}&groupBy=region").json()

    rows = [row(WHOLE, code, REGIONS[code], counted) for code, counted in BY_REGION.items()]
    assert found == body(replay.world, "region", [WHOLE], rows)
    approved = [(each["outcomes"]["approved"], each["organisations"]) for each in found["results"]]
    assert approved == [(24, 68), (26, 61), (6, 32), (8, 50)]


def test_the_area_teams_add_up_to_the_regions(replay: Replay) -> None:
    found = replay.world.public.get(f"{STATISTICS}&groupBy=areaTeam").json()

    rows = [row(WHOLE, code, name, figures(*counted)) for (code, name), counted in BY_AREA_TEAM.items()]
    assert found == body(replay.world, "areaTeam", [WHOLE], rows)
    assert {region: added(*teams) for region, teams in TEAMS_OF.items()} == {
        region: numbers(counted) for region, counted in BY_REGION.items()
    }


TEAMS_OF = {"Y54": ("Q44", "Q52"), "Y55": ("Q53", "Q60"), "Y56": ("Q71", "Q71"), "Y57": ("Q64", "Q70")}


def added(first: str, last: str) -> list[int]:
    """The numbers of these area teams, added up."""
    teams = [numbers(figures(*counted)) for (code, _), counted in BY_AREA_TEAM.items() if first <= code <= last]
    return [sum(column) for column in zip(*teams, strict=True)]


def numbers(counted: dict[str, Any]) -> list[int]:
    return [counted["organisations"], *counted["requested"].values(), *counted["outcomes"].values()]


def test_the_reasons_count_the_ccgs_that_were_given_them(replay: Replay) -> None:
    found = replay.world.public.get(f"{STATISTICS}&groupBy=reason").json()

    rows = [
        row(WHOLE, code, label, figures(number, (number, 0, 0, 0), decided))
        for (code, label), (number, decided) in BY_REASON.items()
    ]
    assert found == body(replay.world, "reason", [WHOLE], rows)


@pytest.mark.parametrize("group_by", GROUPINGS)
def test_csv_and_ndjson_say_the_same(replay: Replay, group_by: str) -> None:
    get = replay.world.public.get
    asked = f"round={ROUND_ID}&groupBy={group_by}"

    answer = get(f"/v1/statistics.csv?{asked}")

    assert answer.text.partition("\r\n")[0] == CSV_HEADER
    assert lines(answer) == as_lines(get(f"/v1/statistics?{asked}").json())
    assert texts(get(f"/v1/statistics.ndjson?{asked}")) == lines(answer)


def test_on_1_april_nothing_is_in_force_while_agreements_are_awaited(replay: Replay) -> None:
    found = replay.world.public.get(f"{STATISTICS}&on=2015-04-01").json()

    whole = {**WHOLE, "inForceOn": "2015-04-01"}
    rows = [row(whole, ROUND_ID, TITLE, ENGLAND)]
    assert found == body(replay.world, "round", [whole], rows, on="2015-04-01")
    compared = replay.world.public.get("/v1/comparison?from=2015-02-18&to=2015-04-01").json()
    nothing = {"inForce": 0, "startNotConfirmed": 0}
    assert compared == {
        "from": "2015-02-18",
        "to": "2015-04-01",
        "before": {"on": "2015-02-18", "organisations": 211, "delegated": nothing, "joint": nothing},
        "after": {"on": "2015-04-01", "organisations": 209, "delegated": nothing, "joint": nothing},
        "gained": [],
        "lost": [],
        "changed": [],
        "unchanged": 0,
        "reported": [],
        "inWords": [],
        "knownTo": KNOWN_TO,
        "publicSequence": sequence(replay.world),
        **LICENSED,
    }


# --- on the way ---------------------------------------------------------------------------------


def test_applications_count_from_their_day_on_and_as_at_the_last_publication(replay: Replay) -> None:
    """None does before something is published on or after 23 January; then those that were there at that time."""
    found = {moment: tuple(counted.values()) for moment, counted in replay.counted.items()}

    assert found == {
        "as 22 January ends": (False, 0, 0, 0, 5, 206),
        "as 23 January begins": (False, 0, 0, 0, 5, 206),
        "on 26 January": (True, 77, 50, 24, 5, 55),
        "on 30 January, before the last declarations": (True, 77, 50, 24, 5, 55),
        "as 30 January ends": (True, 77, 90, 26, 5, 13),
        "on 18 February, before the announcement": (True, 77, 90, 26, 5, 13),
        "on 18 February, after the announcement": (True, 77, 90, 26, 5, 13),
    }
