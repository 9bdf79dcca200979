"""Lists: filters, comma lists, pages, formats, and queries that are refused because nothing in them is ignored."""

import base64
import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app import reference
from app.api.reference_data import SET_NAMES
from app.rules.grants import Agreement, EndedBy, GrantStatus
from app.rules.history import Basis
from app.rules.words import DECLARATION_REASONS, LEVELS, MEASURES, OUTCOMES, REASONS, Criterion, Rating
from app.web import forms
from tests.api.conftest import Scene
from tests.api.steps import (
    LICENSED,
    announced,
    assert_refused,
    changes_requested,
    declared,
    granted,
    made_round,
    recorded,
    signed_off,
    submitted,
)
from tests.world import CONDITION, NORTH_WEST_LONDON, REASON, Speaker, World, outcome

INVALID = "The query has parameters that this address does not take."
UNFIT = "The query or a header has values that do not fit."
LEVELS_ASKED = ("delegated", "joint")
WORDS = ("approved", "conditional", "rejected", "downgraded_to_joint")
EACH = dict(zip(NORTH_WEST_LONDON, WORDS * 2, strict=True))


def published(world: World) -> World:
    """Eight decisions of London, one of the South at joint level, one of a trial round, and a declaration."""
    at = submitted(world, *NORTH_WEST_LONDON)
    signed_off(world, recorded(world, at, *(outcome(code, word) for code, word in EACH.items())))
    signed_off(world, recorded(world, submitted(world, "10T", level="joint")), "south-panel-2")
    announced(world)
    granted(world, "02W", round_id="trial")
    declared(world, "05W")
    return world


@pytest.fixture
def announced_world(world: World) -> World:
    """On each kind of database: for what goes on from page to page, and for what filters."""
    return published(world)


@pytest.fixture(scope="module")
def listed_world(shared_world: World) -> World:
    """The same once for the module: for what is only read."""
    return published(shared_world)


def codes(speaker: Speaker, path: str) -> list[str]:
    answer = speaker.get(path)
    assert answer.status_code == 200, answer.text
    return [row["odsCode"] for row in answer.json()["results"]]


def walked(speaker: Speaker, path: str, name: str, limit: int) -> list[Any]:
    """Everything, page by page, along the Link header, which goes on where ``nextCursor`` says."""
    found, following = [], f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while following:
        answer = speaker.get(following)
        page, following = answer.json(), answer.links.get("next", {}).get("url", "")
        assert len(page["results"]) <= limit
        assert page["hasMore"] == (page["nextCursor"] is not None) == following.endswith(f"cursor={page['nextCursor']}")
        found += [row[name] for row in page["results"]]
    return found


# --- approvals ----------------------------------------------------------------------------------

LONDON_APPROVED = [code for code in sorted(EACH) if EACH[code] == "approved"]
APPROVALS = [
    ("", sorted([*LONDON_APPROVED, "10T"])),
    ("?outcome=rejected", sorted(code for code in EACH if EACH[code] == "rejected")),
    ("?outcome=conditional,downgraded_to_joint", sorted(c for c in EACH if EACH[c][0] in "cd")),
    ("?outcome=approved,approved,rejected", sorted([c for c in EACH if EACH[c] in {"approved", "rejected"}] + ["10T"])),
    ("?level=joint&outcome=approved,downgraded_to_joint", sorted([c for c in EACH if EACH[c][0] == "d"] + ["10T"])),
    ("?level=delegated", LONDON_APPROVED),
    ("?level=delegated,joint", sorted([*LONDON_APPROVED, "10T"])),
    ("?region=Y57", ["10T"]),
    ("?region=Y56,Y57", sorted([*LONDON_APPROVED, "10T"])),
    ("?region=Y54", []),
    ("?round=trial", ["02W"]),
    ("?round=trial,2015-16", sorted([*LONDON_APPROVED, "10T", "02W"])),
    ("?standing=not_started", sorted([*LONDON_APPROVED, "10T"])),
    ("?standing=in_force,ended,not_taken_up", []),
    ("?q=slough", ["10T"]),
    ("?q=10t", ["10T"]),
    ("?q=10", []),
    ("?q=%25", []),
    ("?q=_", []),
    ("?on=2015-04-01", []),  # no agreement is signed yet
]

DECISIONS = [
    ("?outcome=rejected", {code for code in EACH if EACH[code] == "rejected"}),
    ("?reason=leadership", {code for code in EACH if EACH[code] in {"rejected", "downgraded_to_joint"}}),
    ("?reason=governance,other", set()),
    ("?odsCode=07P,10T,ZZZ", {"07P", "10T"}),
    ("?round=trial", {"02W"}),
    ("?level=joint", {"10T"} | {code for code in EACH if EACH[code] == "downgraded_to_joint"}),
    ("?region=Y57&q=Slough", {"10T"}),
]


def test_what_is_published_is_filtered(announced_world: World) -> None:
    approvals = {query: codes(announced_world.public, f"/v1/approvals{query}") for query, _ in APPROVALS}
    decisions = {query: set(codes(announced_world.public, f"/v1/decisions{query}")) for query, _ in DECISIONS}

    assert approvals == dict(APPROVALS)
    assert decisions == dict(DECISIONS)


def test_the_listing_counts_every_outcome_that_the_other_filters_leave(listed_world: World) -> None:
    answer = listed_world.public.get("/v1/approvals?outcome=rejected&region=Y56&limit=1").json()

    shown = {name: answer[name] for name in ("counts", "total", "limit", "hasMore", "on")}
    assert shown == {
        "counts": {"approved": 2, "conditional": 2, "rejected": 2, "downgraded_to_joint": 2},
        "total": 2,
        "limit": 1,
        "hasMore": True,
        "on": None,
    }


def test_every_public_list_is_walked_page_by_page(announced_world: World) -> None:
    public, every = announced_world.public, "outcome=approved,conditional,rejected,downgraded_to_joint"

    approvals = walked(public, f"/v1/approvals?{every}", "odsCode", 2)
    decisions = walked(public, "/v1/decisions", "odsCode", 4)
    organisations = walked(public, "/v1/organisations", "odsCode", 60)

    with reference.ORGANISATIONS.open(encoding="utf-8") as file:
        opened = sorted(row["ods_code"] for row in csv.DictReader(file) if row["opened_on"] <= "2014-12-15")
    assert approvals == sorted([*EACH, "10T"])
    assert sorted(decisions) == sorted([*EACH, "10T"])
    assert organisations == opened


def test_pages_hold_while_something_is_announced_between_them(announced_world: World) -> None:
    """A keyset, not a count: nothing comes twice and nothing that was there is left out."""
    public, every = announced_world.public, "/v1/approvals?outcome=approved,conditional,rejected&limit=3"
    first = public.get(every).json()
    granted(announced_world, "02W")

    second = public.get(f"{every}&cursor={first['nextCursor']}").json()

    shown = [row["odsCode"] for row in (*first["results"], *second["results"])]
    assert shown == sorted(shown)
    assert len(shown) == len(set(shown)) == 6


def test_the_listing_is_there_as_csv_and_as_lines(listed_world: World) -> None:
    public, every = listed_world.public, "outcome=approved,conditional,rejected,downgraded_to_joint"

    text = public.get(f"/v1/approvals.csv?{every}")
    accepted = public.get(f"/v1/approvals?{every}", Accept="text/csv")
    lines = public.get(f"/v1/approvals.ndjson?{every}").text.splitlines()

    header, *rows = list(csv.reader(io.StringIO(text.text, newline="")))
    assert header == [
        "odsCode",
        "name",
        "regionCode",
        "regionName",
        "areaTeamCode",
        "areaTeamName",
        "round",
        "trial",
        "coverage",
        "requestedLevel",
        "outcome",
        "grantedLevel",
        "chosenBy",
        "scaledDownTo",
        "functions",
        "reasonCodes",
        "reasons",
        "standingOn",
        "standing",
        "effectiveFrom",
        "inForceFrom",
        "inForceTo",
        "endedBy",
        "endReason",
        "legalBasis",
        "promotedOn",
        "agreement",
        "agreementInWords",
        "conditionsOpen",
        "conditionsTotal",
        "decidedOn",
        "publishedAt",
        "decisionId",
        "reference",
        "origin",
        "basis",
        "source",
        "note",
        "knownTo",
    ]
    assert {row[-1] for row in rows} == {"2019-04-01"}
    assert [row[0] for row in rows] == sorted([*EACH, "10T"])
    assert text.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert (accepted.content, accepted.headers["etag"]) == (text.content, text.headers["etag"])
    assert len(lines) == 9
    assert lines[0].startswith('{"odsCode":"07P","name":"NHS Brent CCG"')


# --- decisions ----------------------------------------------------------------------------------


def test_decisions_as_csv_carry_reasons_and_conditions(listed_world: World) -> None:
    text = listed_world.public.get("/v1/decisions.csv").text

    rows = {row["odsCode"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    shown = {
        code: [rows[code][name] for name in ("outcome", "chosenBy", "reasonCodes", "reasons", "conditions")]
        for code in ("07P", "07W", "09A", "08C")
    }
    assert shown == {
        "07P": ["approved", "", "", "", ""],
        "07W": ["conditional", "", "", "", f"{CONDITION['text']} (due 2015-03-01, open)"],
        "09A": ["rejected", "", "leadership", REASON["text"], ""],
        "08C": ["downgraded_to_joint", "panel", "leadership", REASON["text"], ""],
    }


# --- organisations ------------------------------------------------------------------------------


def test_organisations_say_what_is_published_of_each(listed_world: World) -> None:
    rows = listed_world.public.get("/v1/organisations?limit=200&region=Y56").json()["results"]
    others = {code: listed_world.public.get(f"/v1/organisations/{code}").json() for code in ("05W", "02W", "10T")}

    positions = {row["odsCode"]: (row["position"], row["level"]) for row in rows}
    granted_level = {"approved": "delegated", "conditional": "delegated", "downgraded_to_joint": "joint"}
    assert {code: positions[code] for code in EACH} == {
        code: ("not_approved", None) if word == "rejected" else ("not_started", granted_level[word])
        for code, word in EACH.items()
    }
    assert positions["07T"] == ("no_published_decision", None)
    assert {code: (row["position"], row["level"]) for code, row in others.items()} == {
        "05W": ("declared", "greater_involvement"),
        "02W": ("no_published_decision", None),  # what it holds is of a trial round
        "10T": ("not_started", "joint"),
    }


def test_organisations_are_filtered_and_are_those_of_a_day(scene: Scene) -> None:
    public = scene.world.public

    def total(query: str) -> int:
        found: int = public.get(f"/v1/organisations?limit=1{query}").json()["total"]
        return found

    assert codes(public, "/v1/organisations?q=slough") == ["10T"]
    assert total("&on=2015-02-18&open=true") == 211
    assert total("&on=2015-02-18&open=true&region=Y54,Y55") == 68 + 61
    assert total("&on=2015-04-01&open=true") == 209
    assert total("&on=2015-04-01&open=false") == 3
    assert total("&on=2013-03-31") == 0
    newcastle = public.get("/v1/organisations/00G?on=2015-04-01").json()
    assert (newcastle["closedOn"], newcastle["successor"]) == (
        "2015-03-31",
        {"odsCode": "13T", "href": "/v1/organisations/13T"},
    )


# --- changes and events -------------------------------------------------------------------------


def test_changes_are_followed_to_the_end_with_gaps_and_without_repetition(listed_world: World) -> None:
    public, after, found, pages = listed_world.public, 0, [], 0
    has_more = True
    while has_more:
        page = public.get(f"/v1/changes?after={after}&limit=70").json()
        found += [(each["sequence"], each["type"]) for each in page["results"]]
        after, has_more, pages = page["nextAfter"], page["hasMore"], pages + 1

    sequences = [sequence for sequence, _ in found]
    assert pages == 4
    assert sequences == sorted(set(sequences))
    assert sequences[-1] == page["publicSequence"] == after
    assert [kind for _, kind in found[-11:]] == ["decision.published"] * 10 + ["declaration.made"]
    assert {kind for _, kind in found} == {
        "organisation.changed",
        "round.changed",
        "decision.published",
        "declaration.made",
    }
    assert public.get(f"/v1/changes?after={after}").json() == {
        "results": [],
        "limit": 50,
        "nextAfter": after,
        "hasMore": False,
        "publicSequence": after,
        **LICENSED,
    }


def test_events_are_the_public_ones_and_the_callers_own(listed_world: World) -> None:
    found: dict[str, list[int]] = {}
    for client in ("brent", "dudley"):
        after, has_more, found[client] = 0, True, []
        speaker = listed_world.system(client)
        while has_more:
            page = speaker.get(f"/v1/events?after={after}&limit=200").json()
            found[client] += [each["sequence"] for each in page["results"]]
            after, has_more = page["nextAfter"], page["hasMore"]
    public = walked_changes(listed_world)

    own = sorted(set(found["brent"]) - set(public))
    assert found["dudley"] == public
    assert found["brent"] == sorted(found["brent"])
    assert len(own) == 2 + 8 + 8  # created, submitted, eight recommended, eight signed off


def walked_changes(world: World) -> list[int]:
    pages = [world.public.get("/v1/changes?limit=200").json()]
    while pages[-1]["hasMore"]:
        pages.append(world.public.get(f"/v1/changes?after={pages[-1]['nextAfter']}&limit=200").json())
    return [each["sequence"] for page in pages for each in page["results"]]


# --- applications and the queue -----------------------------------------------------------------


def test_applications_are_listed_newest_first_and_filtered(world: World) -> None:
    made = []
    for code, level, round_id in (
        ("10T", "joint", "2015-16"),
        ("05W", "delegated", "2015-16"),
        ("10T", "delegated", "trial"),
        ("02W", "delegated", "2015-16"),
        ("05C", "joint", "2015-16"),
    ):
        made.append(submitted(world, code, level=level, round_id=round_id).where)
        world.clock.move_by(seconds=1)
    national, slough, midlands = world.person("national-1"), world.system("slough"), world.person("midlands-panel-1")

    def hrefs(speaker: Speaker, query: str = "") -> list[int]:
        return [made.index(row["href"]) for row in speaker.get(f"/v1/applications{query}").json()["results"]]

    assert [made.index(href) for href in walked(national, "/v1/applications", "href", 2)] == [4, 3, 2, 1, 0]
    assert (hrefs(slough), hrefs(midlands)) == ([2, 0], [4, 1])
    assert hrefs(national, "?level=joint") == [4, 0]
    assert hrefs(national, "?level=joint,delegated&round=2015-16&odsCode=10T,02W") == [3, 0]
    assert hrefs(national, "?round=trial") == [2]
    assert hrefs(national, "?state=draft,recommended") == []
    assert hrefs(slough, "?odsCode=02W") == []
    assert hrefs(world.system("hackney")) == []


def test_the_queue_is_oldest_wait_first(world: World) -> None:
    first = submitted(world, "10T")
    world.clock.move_by(seconds=1)
    second = submitted(world, "05W")
    world.clock.move_by(seconds=1)
    third = submitted(world, "05C", level="joint")
    world.clock.move_by(seconds=1)
    first = changes_requested(world, first)
    world.clock.move_by(seconds=1)
    third = recorded(world, third)
    world.clock.move_to(datetime(2014, 12, 17, 9, tzinfo=UTC))
    second = recorded(world, second)
    national, midlands = world.person("national-1"), world.person("midlands-panel-1")

    def hrefs(speaker: Speaker, query: str = "") -> list[str]:
        return [row["href"] for row in speaker.get(f"/v1/queue{query}").json()["results"]]

    assert walked(national, "/v1/queue", "href", 1) == [first.where, third.where, second.where]
    assert (hrefs(midlands), hrefs(world.person("north-panel-1"))) == ([third.where, second.where], [])
    assert (hrefs(national, "?waitingOn=panel"), hrefs(national, "?waitingOn=national")) == (
        [third.where],
        [second.where],
    )
    assert hrefs(national, "?waitingOn=announcement") == []
    assert national.get("/v1/queue?limit=1").json() == {
        "results": [
            {
                "reference": first.reference,
                "decisionId": None,
                "roundId": "2015-16",
                "trial": False,
                "requestedLevel": "delegated",
                "scaledDownTo": None,
                "scaledDownReason": None,
                "leadOdsCode": "10T",
                "members": [{"odsCode": "10T", "name": "NHS Slough CCG"}],
                "regionCode": "Y57",
                "state": "changes_requested",
                "waitingOn": "applicant",
                "waitingSince": "2014-12-15T12:00:03Z",
                "ageDays": 2,
                "dueOn": "2014-12-20",
                "isOverdue": False,
                "flags": [],
                "assessed": {"done": 0, "of": 7},
                "expressionsOfInterest": [],
                "version": 3,
                "etag": first.etag,
                "nextActions": [],
                "href": first.where,
            }
        ],
        "total": 3,
        "limit": 1,
        "nextCursor": national.get("/v1/queue?limit=1").json()["nextCursor"],
        "hasMore": True,
    }


# --- rounds and reference data ------------------------------------------------------------------


def test_rounds_say_their_days_and_the_instants_at_which_they_end(sqlite_world: World) -> None:
    made_round(sqlite_world, "rolling", delegated_deadline=None, joint_deadline=None)

    rounds = sqlite_world.public.get("/v1/rounds").json()["results"]

    names = ("kind", "state", "deadlines", "deadlinesAt", "closesAt")
    closes = "2015-03-31T23:00:00Z"  # clocks went forward on 29 March
    assert [each["roundId"] for each in rounds] == ["rolling", "2015-16", "trial"]
    assert {each["roundId"]: tuple(each[name] for name in names) for each in rounds} == {
        "rolling": ("real", "open", dict.fromkeys(LEVELS_ASKED), dict.fromkeys(LEVELS_ASKED), closes),
        "2015-16": (
            "real",
            "open",
            {"delegated": "2015-01-09", "joint": "2015-01-30"},
            {"delegated": "2015-01-10T00:00:00Z", "joint": "2015-01-31T00:00:00Z"},
            closes,
        ),
        "trial": (
            "trial",
            "open",
            {"delegated": "2015-01-20", "joint": "2015-02-10"},
            {"delegated": "2015-01-21T00:00:00Z", "joint": "2015-02-11T00:00:00Z"},
            closes,
        ),
    }


def test_reference_data_is_listed_set_by_set(scene: Scene) -> None:
    public = scene.world.public

    sets = public.get("/v1/reference-data").json()["results"]
    found = {each["name"]: [word["code"] for word in public.get(each["href"]).json()["results"]] for each in sets}

    area_teams = found.pop("area-teams")
    assert len(area_teams) >= 25
    assert found == {
        "levels": [word.code for word in LEVELS],
        "outcomes": list(WORDS),
        "reasons": [word.code for word in REASONS],
        "states": ["draft", "submitted", "changes_requested", "recommended", "decided", "withdrawn", "lapsed"],
        "regions": ["Y54", "Y55", "Y56", "Y57"],
        "functions": [
            "gms_pms_apms_contracts",
            "newly_designed_enhanced_services",
            "local_incentive_schemes",
            "new_practices",
            "practice_mergers",
            "discretionary_payments",
            "practice_complaints",
            "individual_gp_performance",
            "payments_and_list_management",
            "national_contract_terms",
            "dental_services",
            "eye_health_services",
            "community_pharmacy_services",
        ],
        "function-kinds": ["delegated", "reserved"],
        "criteria": list(Criterion),
        "ratings": list(Rating),
        "conditions": ["open", "met", "waived", "lapsed"],
        "standings": list(GrantStatus),
        "agreements": list(Agreement),
        "endings": list(EndedBy),
        "bases": list(Basis),
        "measures": [word.code for word in MEASURES],
        "declaration-reasons": [word.code for word in DECLARATION_REASONS],
    }
    assert [word.label for word in OUTCOMES] == [
        "Approved",
        "Approved with conditions",
        "Not approved",
        "Downgraded to joint commissioning",
    ]


# --- queries that are refused -------------------------------------------------------------------

ONE_OUTCOME = (
    "Must be one or several of approved, conditional, rejected, downgraded_to_joint, with commas between them."
)
NOT_A_FILTER = (
    "Is not known here. The parameters here are areaTeam, asKnownAt, cursor, endedBy, level, limit, on, outcome, q, "
    "region, round, standing."
)
NOT_OF_ONE = "Is not known here. The parameters here are asKnownAt, on."
WHOLE_LIST = "Does not apply here: this format gives the whole list. Leave it out."
NONE_TAKEN = "Is not known here. This address takes no parameters."
QUERIES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("/v1/approvals?colour=red", INVALID, [("colour", NOT_A_FILTER)]),
    ("/v1/approvals?level=joint&level=joint", INVALID, [("level", "Is given more than once.")]),
    (
        "/v1/approvals?asAt=2015-01-01&q=a&q=b",
        INVALID,
        [("asAt", NOT_A_FILTER), ("q", "Is given more than once.")],
    ),
    ("/v1/approvals?outcome=approved,maybe", "A filter has an unknown word.", [("outcome", ONE_OUTCOME)]),
    ("/v1/approvals?outcome=", "A filter has an unknown word.", [("outcome", ONE_OUTCOME)]),
    (
        "/v1/approvals?level=none",
        "A filter has an unknown word.",
        [("level", "Must be one or several of delegated, joint, with commas between them.")],
    ),
    ("/v1/approvals?on=2015-02-30", UNFIT, [("on", "Is not a day of the calendar.")]),
    ("/v1/approvals?on=yesterday", UNFIT, [("on", "Must be a day such as 2015-04-01.")]),
    ("/v1/approvals?limit=0", UNFIT, [("limit", "Must be at least 1.")]),
    ("/v1/approvals?limit=201", UNFIT, [("limit", "Must be at most 200.")]),
    ("/v1/approvals.csv?limit=201", UNFIT, [("limit", WHOLE_LIST), ("limit", "Must be at most 200.")]),
    *(
        (f"/v1/{noun}.{ending}?limit=5&cursor=AAAA", INVALID, [("limit", WHOLE_LIST), ("cursor", WHOLE_LIST)])
        for noun in ("approvals", "decisions", "organisations", "publications")
        for ending in ("csv", "ndjson")
    ),
    (
        "/v1/approvals?region=london&x=1",
        UNFIT,
        [("x", NOT_A_FILTER), ("region", forms.SENTENCES[forms.REGIONS])],
    ),
    ("/v1/changes?on=2015-04-01", INVALID, [("on", "Is not known here. The parameters here are after, limit.")]),
    ("/v1/organisations?open=perhaps", UNFIT, [("open", "Must be true or false.")]),
    ("/v1/organisations/10T?limit=1", INVALID, [("limit", NOT_OF_ONE)]),
    ("/v1/changes?after=-1", UNFIT, [("after", "Must be at least 0.")]),
    ("/v1/changes?after=last", UNFIT, [("after", "Must be a whole number: digits without a leading nought.")]),
    ("/v1/rounds?limit=1", INVALID, [("limit", NOT_OF_ONE)]),
    ("/v1/reference-data/levels?x=1", INVALID, [("x", NONE_TAKEN)]),
]


@pytest.mark.parametrize(("query", "detail", "errors"), QUERIES)
def test_nothing_in_a_query_is_ignored(scene: Scene, query: str, detail: str, errors: list[tuple[str, str]]) -> None:
    assert_refused(scene.world.public.get(query), 400, "invalid-parameter", detail, *errors)


def test_a_whole_list_that_accept_asks_for_takes_no_page_either(scene: Scene) -> None:
    panel = scene.world.person("south-panel-1")

    assert_refused(
        scene.world.public.get("/v1/decisions?limit=5", Accept="application/x-ndjson"),
        *(400, "invalid-parameter", INVALID),
        ("limit", WHOLE_LIST),
    )
    assert_refused(
        panel.get("/v1/queue?limit=5", Accept="text/csv"), 400, "invalid-parameter", INVALID, ("limit", WHOLE_LIST)
    )


def made_up(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


LISTS = ["/v1/approvals", "/v1/decisions", "/v1/organisations"]
PRIVATE_LISTS = ["/v1/applications", "/v1/queue"]


@pytest.mark.parametrize("path", [*LISTS, *PRIVATE_LISTS])
@pytest.mark.parametrize(
    "cursor", ["", "x", "!", "%00", made_up(), made_up("0" * 16, "07T", "x"), made_up("0" * 16, 2**70), "A" * 1001]
)
def test_a_cursor_that_somebody_made_up_is_refused(scene: Scene, path: str, cursor: str) -> None:
    speaker = scene.world.person("national-1") if path in PRIVATE_LISTS else scene.world.public

    answer = speaker.get(f"{path}?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")
    assert [fault["parameter"] for fault in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("path", "other"),
    [
        (
            "/v1/approvals?outcome=approved,conditional,rejected&round=2014-15,trial",
            "/v1/approvals?round=2014-15,trial",
        ),
        ("/v1/organisations", "/v1/organisations?open=true"),
        ("/v1/decisions?round=2014-15", "/v1/approvals?round=2014-15"),
    ],
)
def test_a_cursor_of_another_query_is_refused(scene: Scene, path: str, other: str) -> None:
    public = scene.world.public
    cursor = public.get(f"{path}{'&' if '?' in path else '?'}limit=1").json()["nextCursor"]

    answer = public.get(f"{other}{'&' if '?' in other else '?'}cursor={cursor}")

    fault = ("cursor", "Is not a cursor of this query; start again without one.")
    assert_refused(answer, 400, "invalid-parameter", "The cursor does not fit.", fault)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/approvals/ZZZ",
        "/v1/organisations/ZZZ",
        "/v1/organisations/ZZZ/history",
        "/v1/decisions/trial-00000000-10T",
        "/v1/decisions/none",
        "/v1/rounds/2099-00",
        "/v1/nothing",
    ],
)
def test_what_is_not_there_is_told_alike(scene: Scene, path: str) -> None:
    answer = scene.world.public.get(path)

    assert_refused(answer, 404, "not-found", "There is nothing at this address, or nothing that you may see.")


@pytest.mark.parametrize(
    ("parameter", "code", "noun", "at"),
    [("region", "Y56", "regions", "regions"), ("areaTeam", "Q71", "area teams", "area-teams")],
)
def test_a_name_in_a_filter_is_told_where_its_codes_are(
    scene: Scene, parameter: str, code: str, noun: str, at: str
) -> None:
    found = [
        scene.world.public.get(f"/v1/{listed}?{parameter}=London").json()["errors"]
        for listed in ("approvals", "decisions", "organisations")
    ]

    told = (
        f"Must be one or several codes of {noun} such as {code}, with a comma and no space between them. "
        f"All of them are at /v1/reference-data/{at}."
    )
    assert found == [[{"parameter": parameter, "detail": told}]] * 3


AN_ODS_CODE, AN_ID = forms.SENTENCES[forms.ODS_CODE], forms.SENTENCES[forms.ID]


@pytest.mark.parametrize(
    ("path", "part", "form"),
    [
        ("/v1/organisations/10a", "odsCode", AN_ODS_CODE),
        ("/v1/organisations/slough/history", "odsCode", AN_ODS_CODE),
        ("/v1/approvals/10t", "odsCode", AN_ODS_CODE),
        ("/v1/rounds/Trial", "roundId", AN_ID),
        ("/v1/reference-data/colours", "name", f"Must be one of {', '.join(map(repr, SET_NAMES[:-1]))} or 'measures'."),
    ],
)
def test_an_address_that_cannot_be_is_told_the_form(scene: Scene, path: str, part: str, form: str) -> None:
    found = scene.world.public.get(path).json()

    assert found["detail"] == "There is nothing at this address, or nothing that you may see."
    assert (found["code"], found["errors"]) == ("not-found", [{"parameter": part, "detail": form}])
