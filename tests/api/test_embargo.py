"""The embargo: no public answer differs by one byte before and after any unpublished act.

Every public address of the published contract is asked, in every format, packed and plain, before
and after each act, on one London day. What the announcement moves is written out by hand.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.clockwork.jobs import Done
from app.rules.rounds import RoundStage
from tests.api.counting import sequence
from tests.api.post_decision import ticked
from tests.api.scheduling import cancelled, ready, scheduled
from tests.api.steps import (
    At,
    agreed,
    announced,
    assessed,
    changes_extended,
    changes_requested,
    declared,
    drafted,
    extended,
    granted,
    handed_in,
    left,
    made_round,
    previewed,
    recorded,
    registered,
    returned,
    scaled_down,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import NOON, World, application, outcome, outcomes


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: what is public is read by the same queries on both."""
    return sqlite_world


UNKNOWN = "/v1/decisions/2015-16-00000000-10T"
TRACE = "0f8fad5b-d9cb-469f-a165-70867728950e"
Snapshot = dict[tuple[str, str, str], tuple[int, bytes, dict[str, str]]]

# What stands in for the parameters of public paths. A new parameter has to be named here.
FILLED = {
    "odsCode": ["10T", "02W", "05W"],
    "roundId": ["2015-16", "trial", "other", "interest"],
    "name": [
        *("levels", "outcomes", "reasons", "states", "regions", "area-teams", "functions", "conditions"),
        *("criteria", "ratings"),
        *("agreements", "endings", "bases", "measures"),
    ],
    "table": [
        *("approvals", "decisions", "organisations", "publications", "statistics", "comparison", "waiting-times")
    ],
}
SUFFIXES = {
    "/v1/approvals": (".csv", ".ndjson"),
    "/v1/decisions": (".csv", ".ndjson"),
    "/v1/organisations": (".csv",),
    "/v1/statistics": (".csv",),
    "/v1/waiting-times": (".csv",),
    "/v1/publications": (".csv", ".ndjson"),
}
ALL_ROUNDS = "round=2015-16,trial,other,interest"
FILTERED = [
    f"/v1/approvals?{ALL_ROUNDS}&outcome=approved,conditional,rejected,downgraded_to_joint",
    f"/v1/approvals.csv?{ALL_ROUNDS}&outcome=approved,conditional,rejected,downgraded_to_joint",
    "/v1/approvals?on=2015-04-01",
    "/v1/approvals?level=delegated&region=Y57&standing=not_started&q=slough",
    f"/v1/decisions?{ALL_ROUNDS}",
    f"/v1/decisions.ndjson?{ALL_ROUNDS}&odsCode=10T,05W",
    f"/v1/decisions?{ALL_ROUNDS}&conditionState=open",
    f"/v1/decisions?{ALL_ROUNDS}&overdue=false&on=2015-04-01",
    "/v1/decisions?outcome=rejected&reason=leadership&areaTeam=Q71",
    "/v1/organisations?limit=200",
    "/v1/organisations?on=2015-04-01&region=Y57",
    "/v1/organisations/10T?on=2015-04-01",
    *(f"/v1/statistics?{ALL_ROUNDS}&groupBy={by}" for by in ("region", "areaTeam", "reason")),
    f"/v1/statistics.csv?{ALL_ROUNDS}&groupBy=region&on=2015-04-01",
    "/v1/comparison?from=2014-04-01&to=2015-06-01",
    "/v1/comparison.csv?from=2014-04-01&to=2015-06-01",
    "/v1/changes?after=200&limit=200",
    "/v1/changes?after=1000000",
    "/v1/publications?from=2014-12-01&limit=200",
]
# Addresses of which the announcement moves nothing: they are of the release, or say so little.
UNMOVED = {
    "/_ping",
    "/_status",
    "/v1",
    "/v1/reference-data",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/v1/approvals.csv",  # only what is approved: the announcement here is of a rejection and a condition
    "/v1/approvals.ndjson",
    "/v1/approvals.csv-metadata.json",
    "/v1/decisions.csv-metadata.json",
    "/v1/organisations.csv-metadata.json",
    "/v1/statistics.csv-metadata.json",
    "/v1/comparison.csv-metadata.json",
    "/v1/waiting-times.csv-metadata.json",
    "/v1/publications.csv-metadata.json",
    "/v1/comparison",  # refused: it names no days
    "/v1/log/proofs/inclusion",  # no entry
    "/v1/log/proofs/consistency",  # no sizes
    "/v1/log/key",
    "/v1/comparison.csv?from=2014-04-01&to=2015-06-01",  # nothing is in force before agreements are signed
}


def public_paths(world: World) -> Iterator[str]:
    """Every path that the contract offers to everybody, with its parameters filled in, and its other formats."""
    for path, operations in world.contract.document["paths"].items():
        if "get" not in operations or operations["get"].get("security"):
            continue
        named = [each["name"] for each in operations["get"].get("parameters", []) if each["in"] == "path"]
        if named == ["decisionId"]:
            continue  # asked by the test itself, since the reference is not known before
        assert len(named) < 2
        yield from [path.format(**{named[0]: value}) for value in FILLED[named[0]]] if named else [path]
        yield from (path + suffix for suffix in SUFFIXES.get(path, ()))


PLAIN, PACKED, HEADERS_ONLY = ("GET", "identity"), ("GET", "gzip"), ("HEAD", "identity")


def snapshot(world: World, paths: list[str], *ways: tuple[str, str]) -> Snapshot:
    """Every answer, whole but for the ids of the request, asked for in each of these ways."""
    found: Snapshot = {}
    for path in paths:
        for method, encoding in ways:
            answer = world.http.request(method, path, headers={"Accept-Encoding": encoding, "X-Request-ID": TRACE})
            headers = {name: value for name, value in answer.headers.items() if name != "date"}
            found[method, encoding, path] = (answer.status_code, answer.content, headers)
    return found


def moved(before: Snapshot, after: Snapshot) -> dict[tuple[str, str, str], Any]:
    """The addresses whose answers differ, with both answers."""
    return {key: (before[key], answer) for key, answer in after.items() if before[key] != answer}


@pytest.fixture
def paths(world: World) -> list[str]:
    """All addresses, in a register in which something is published already."""
    made_round(world, "other")
    made_round(world, "interest", stage=RoundStage.EXPRESSION_OF_INTEREST)
    granted(world, "02W", round_id="trial", word="conditional")
    granted(world, "07T")
    declared(world, "10T")
    world.sign()
    return [*public_paths(world), *FILTERED, *known_paths(world), not_yet_known(world)]


def known_paths(world: World) -> list[str]:
    """Lists as known now, and as known earlier."""
    now = sequence(world)
    lists = [
        f"{path}{'&' if '?' in path else '?'}asKnownAt={now}"
        for path in FILTERED
        if not path.startswith(("/v1/changes", "/v1/publications"))
    ]
    single = ["/v1/approvals/10T", "/v1/organisations/10T/history", "/v1/rounds", "/v1/rounds/2015-16"]
    return [*lists, *(f"{path}?asKnownAt={now - 2}" for path in single)]


def not_yet_known(world: World) -> str:
    """Refused until the next publication, however many entries the log has by then."""
    return f"/v1/organisations?asKnownAt={sequence(world) + 1}"


def test_no_public_answer_moves_before_the_announcement(world: World, paths: list[str]) -> None:
    every_way = PLAIN, PACKED, HEADERS_ONLY
    known, not_yet = known_paths(world), not_yet_known(world)
    slough = drafted(world, "10T")
    together = both(world)
    paths += [slough.decision(), f"/v1/decisions?odsCode=10T,05W&{ALL_ROUNDS}"]
    before = snapshot(world, paths, *every_way)

    def unmoved(act: At) -> At:
        """The act has happened, and nobody outside can tell, also when it is signed."""
        world.sign()
        assert moved(before, snapshot(world, paths, PLAIN)) == {}
        return act

    assert {path: status for (_, _, path), (status, _, _) in before.items() if status != 200} == {
        slough.decision(): 404,
        "/v1/comparison": 400,
        "/v1/log/proofs/inclusion": 400,
        "/v1/log/proofs/consistency": 400,
        not_yet: 422,
        "/v1/changes?after=1000000": 422,
    }
    together = unmoved(agreed(world, together, "07P", "brent"))
    unmoved(left(world, handed_in(world, together), "07P", "brent"))
    extended(world, "10T", "2015-01-20")
    slough = unmoved(handed_in(world, slough))  # which ends the declaration
    slough = unmoved(changes_requested(world, slough))
    slough = unmoved(changes_extended(world, slough, "2015-01-20"))
    slough = unmoved(handed_in(world, slough))
    slough = unmoved(assessed(world, slough, "finance", "not_met"))
    slough = unmoved(recorded(world, slough, outcome("10T", "approved")))
    slough = unmoved(returned(world, slough))
    slough = unmoved(recorded(world, slough, outcome("10T", "rejected")))
    dudley = unmoved(scaled_down(world, submitted(world, "05C")))
    dudley = unmoved(recorded(world, dudley, outcome("05C", "downgraded_to_joint", chosenBy="ccg")))
    unmoved(withdrawn(world, dudley))
    unmoved(signed_off(world, slough))
    interest = unmoved(submitted(world, "10T", round_id="interest"))
    interest = unmoved(recorded(world, interest))
    unmoved(signed_off(world, interest))
    stoke = recorded(world, submitted(world, "05W"), outcome("05W", "conditional"))
    stoke = unmoved(signed_off(world, stoke))
    made = scheduled(world)
    unmoved(stoke)
    cancelled(world, made)
    unmoved(stoke)
    previewed(world)
    unmoved(refused_acts(world, slough))
    assert moved(before, snapshot(world, paths, *every_way)) == {}
    announced(world)
    world.sign()
    after = snapshot(world, paths, *every_way)

    moving = {
        way: {path for method, encoding, path in moved(before, after) if (method, encoding) == way} for way in every_way
    }
    # Only the body of a refusal says how far the register has published.
    beyond = {HEADERS_ONLY: {"/v1/changes?after=1000000"}}
    assert {way: set(paths) - moving[way] for way in every_way} == {
        way: {*UNMOVED, *known, *beyond.get(way, ())} for way in every_way
    }


def test_what_the_clockwork_does_for_applicants_alone_moves_no_public_answer(world: World, paths: list[str]) -> None:
    """An outcome shown ahead of its announcement, and a draft that lapses."""
    made_round(world, "seen", kind="trial", applicants_see_at=NOON + timedelta(hours=1))
    made_round(world, "closing", closes_on=date(2014, 12, 19), delegated_deadline=None, joint_deadline=None)
    slough = ready(world, round_id="seen")
    drafted(world, "10T", round_id="closing")
    world.clock.move_to(datetime(2014, 12, 20, tzinfo=UTC))
    paths += [slough.decision(), "/v1/statistics?round=seen,closing"]
    before = snapshot(world, paths, PLAIN)

    done = ticked(world)

    assert done == [Done("outcomes shown to applicants", 1), Done("applications lapsed", 1)]
    assert moved(before, snapshot(world, paths, PLAIN)) == {}


def test_a_draft_is_nowhere_to_be_seen(world: World, paths: list[str]) -> None:
    before = snapshot(world, paths, PLAIN)

    at = drafted(world, "10T")

    assert moved(before, snapshot(world, paths, PLAIN)) == {}
    embargoed, unknown = (world.public.get(path, X_Request_ID=TRACE) for path in (at.decision(), UNKNOWN))
    assert embargoed.json() == unknown.json() | {"instance": at.decision()}


def both(world: World) -> At:
    """A draft of Ealing and Brent, which have systems of their own."""
    registered(world, "ealing", ["applications"], ods_codes=["07W"])
    draft = world.system("ealing").post("/v1/applications", application("07W", "07P", submitted=False))
    return At(draft.headers["location"], draft.headers["etag"], ("07W", "07P"))


def refused_acts(world: World, at: At) -> At:
    """What is refused or only tried leaves no trace either."""
    client, person = world.system(at.client), world.person("south-panel-1")
    for answer in (
        client.post("/v1/applications", application("10T")),
        client.post("/v1/applications?validateOnly=true", application("10T", round_id="trial")),
        person.post(f"{at.where}/outcomes", outcomes(outcome("10T", "approved")), if_match=at.etag),
        world.person("national-1").post(
            "/v1/rounds/2015-16/announcement", {"expect": "sha256:" + "0" * 64, "levels": ["joint"]}
        ),
    ):
        assert answer.status_code in {200, 409, 412}
    return at
