"""Lists on a register with the past in it: corrections counted once, rounds that there are not, what came before."""

from dataclasses import replace

import pytest

from app.rules.grants import Agreement
from tests.api.history import import_history
from tests.api.steps import assert_refused
from tests.past import decision, say
from tests.world import NORTH_WEST_LONDON, World

NOT_APPROVED = (*NORTH_WEST_LONDON, "05G", "05W", "06M", "10T")


@pytest.fixture(scope="module")
def corrected(shared_world: World) -> World:
    """The past, in which what was said of Slough and of Bradford City has been corrected."""
    import_history(shared_world)
    with shared_world.database.writing() as session:
        say(session, decision("10T", "rejected", application="slough"), decision("02W", source="HSJ, made up"))
    return shared_world


def test_of_a_corrected_decision_only_the_correction_counts(corrected: World) -> None:
    found = corrected.public.get("/v1/decisions?odsCode=10T,02W").json()

    assert [(row["decisionId"], row["state"]) for row in found["results"]] == [
        ("2015-16-02w-02W-2", "published"),
        ("2015-16-slough-10T-2", "published"),
        ("2015-16-02w-02W", "superseded"),
        ("2015-16-slough-10T", "superseded"),
    ]
    assert (found["total"], found["counts"]) == (
        4,
        {"approved": 1, "conditional": 0, "rejected": 1, "downgraded_to_joint": 0},
    )


@pytest.mark.parametrize(("state", "ending"), [("published", "-2"), ("superseded", "T")])
def test_decisions_are_asked_for_by_whether_a_correction_stands_in_their_place(
    corrected: World, state: str, ending: str
) -> None:
    [row] = corrected.public.get(f"/v1/decisions?odsCode=10T&state={state}").json()["results"]

    assert row["decisionId"].endswith(ending)


def test_pages_of_decisions_go_on_where_they_stopped_also_where_days_are_not_known(corrected: World) -> None:
    whole = corrected.public.get("/v1/decisions?limit=200").json()["results"]
    walked, path = [], "/v1/decisions?limit=7"
    while path:
        page = corrected.public.get(path).json()
        walked += page["results"]
        path = f"/v1/decisions?limit=7&cursor={page['nextCursor']}" if page["hasMore"] else ""

    assert walked == whole
    assert len(whole) == 52


def test_what_was_corrected_never_was_in_force_and_says_what_stands_in_its_place(corrected: World) -> None:
    past = corrected.public.get("/v1/approvals/10T").json()["past"]

    shown = [
        (row["decisionId"], row["state"], row["supersededBy"], row["inForceFrom"], row["inForceTo"]) for row in past
    ]
    assert shown == [
        ("2015-16-slough-10T-2", "published", None, None, None),
        ("2015-16-slough-10T", "superseded", "2015-16-slough-10T-2", None, None),
    ]


KNOWN_ROUNDS = "those that there are: 2015-16, 2016-17, 2017-18, trial."
REGIONS = "Y54, Y55, Y56, Y57"
NO_ROUND = ("round", f"nowhere is not a round; {KNOWN_ROUNDS}")
NO_REGION = ("region", f"Y99 is not a region; those that there are: {REGIONS}.")
NO_AREA_TEAM = ("areaTeam", "Q99 is not an area team; those that there are: at /v1/reference-data/area-teams.")


@pytest.mark.parametrize("path", ["/v1/approvals", "/v1/approvals.csv", "/v1/decisions", "/v1/decisions.ndjson"])
def test_what_there_is_not_is_refused_by_name_all_of_it_at_once(corrected: World, path: str) -> None:
    asked = "round=2015-16,2015-2016,nowhere&region=Y56,Y99&areaTeam=Q99,Q71"

    answer = corrected.public.get(f"{path}?{asked}")

    assert_refused(
        answer,
        400,
        "invalid-parameter",
        "There is no such round and no such region and no such area team.",
        ("round", f"2015-2016 is not a round; {KNOWN_ROUNDS}"),
        NO_ROUND,
        NO_REGION,
        NO_AREA_TEAM,
    )


@pytest.mark.parametrize(
    ("path", "noun", "fault"),
    [
        *(
            (f"/v1/{table}{suffix}?{asked}", noun, fault)
            for table in ("approvals", "decisions", "organisations")
            for suffix in ("", ".csv")
            for asked, noun, fault in (
                ("region=Y99", "region", NO_REGION),
                ("areaTeam=Q99&q=a", "area team", NO_AREA_TEAM),
            )
        ),
        ("/v1/statistics?round=nowhere&groupBy=region", "round", NO_ROUND),
        ("/v1/statistics.csv?round=nowhere", "round", NO_ROUND),
        ("/v1/waiting-times?round=nowhere", "round", NO_ROUND),
        ("/v1/waiting-times.ndjson?round=nowhere", "round", NO_ROUND),
    ],
)
def test_every_public_list_refuses_what_there_is_not(
    corrected: World, path: str, noun: str, fault: tuple[str, str]
) -> None:
    assert_refused(corrected.public.get(path), 400, "invalid-parameter", f"There is no such {noun}.", fault)


@pytest.mark.parametrize("path", ["/v1/applications", "/v1/queue"])
def test_lists_of_those_signed_in_refuse_a_round_that_there_is_not(corrected: World, path: str) -> None:
    answer = corrected.person("national-1").get(f"{path}?round=trial,nowhere")

    assert_refused(answer, 400, "invalid-parameter", "There is no such round.", NO_ROUND)


def test_ccgs_are_asked_for_by_what_is_published_about_them(corrected: World) -> None:
    get = corrected.public.get

    declared = get("/v1/organisations?position=declared").json()
    asked = "/v1/organisations?position=not_taken_up,not_approved&limit=8"
    first = get(asked).json()
    rest = get(f"{asked}&cursor={first['nextCursor']}").json()
    table = get("/v1/organisations.csv?position=declared").text.splitlines()

    assert [row["odsCode"] for row in declared["results"]] == ["01H", "99P"]
    assert (declared["total"], len(table)) == (2, 3)
    walked = [(row["odsCode"], row["position"]) for row in (*first["results"], *rest["results"])]
    assert walked == sorted([("07T", "not_taken_up"), *((code, "not_approved") for code in NOT_APPROVED)])
    assert [(page["total"], page["hasMore"]) for page in (first, rest)] == [(13, True), (13, False)]


def test_what_a_ccg_is_does_not_depend_on_what_was_taken_down_last(sqlite_world: World) -> None:
    """A correction of an older round does not come before what a newer one said."""
    world = import_history(sqlite_world)
    older = decision("00D", "downgraded_to_joint", agreement=Agreement.NOT_TAKEN_UP)
    newer = decision("00D", "rejected", round_id="2016-17")
    for fact in (newer, older, replace(older, source="HSJ, page 3")):
        with world.database.writing() as session:
            say(session, fact)

    found = world.public.get("/v1/organisations/00D").json()

    assert (found["position"], found["level"]) == ("not_approved", None)
    assert [row["round"] for row in found["past"]] == ["2016-17", "2015-16", "2015-16"]


def test_asked_for_a_day_a_table_shows_no_closing_that_was_to_come(corrected: World) -> None:
    rows = corrected.public.get("/v1/organisations.csv?on=2016-01-01&q=Slough").text.splitlines()

    assert rows[1].split(",")[10:14] == ["true", "2013-04-01", "", ""]


def test_a_past_grant_without_a_first_day_is_not_ahead_of_one_that_is_in_force(sqlite_world: World) -> None:
    world = import_history(sqlite_world)
    with world.database.writing() as session:
        say(session, decision("00D", "conditional"), decision("00D", round_id="2016-17"))

    found = world.public.get("/v1/approvals/00D").json()

    assert (found["current"]["round"], found["next"], [row["round"] for row in found["past"]]) == (
        "2016-17",
        None,
        ["2015-16"],
    )


def test_a_ccg_names_those_it_came_after(corrected: World) -> None:
    found = corrected.public.get("/v1/organisations/15D").json()

    assert (found["predecessors"], corrected.public.get("/v1/organisations/10T").json()["predecessors"]) == (
        ["10G", "10T", "11C"],
        [],
    )
