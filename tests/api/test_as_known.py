"""As known at a public sequence: what was answered once is answered again, byte for byte, whatever came after."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from app.records import ledger
from tests.api.counting import sequence
from tests.api.history import TODAY
from tests.api.steps import (
    announced,
    assert_refused,
    changes_requested,
    declared,
    drafted,
    granted,
    handed_in,
    made_round,
    recorded,
    registered,
    signed_off,
    submitted,
    withdrawn,
)
from tests.complete_round import REGION_OF
from tests.past import ANNOUNCED, decision, say
from tests.world import NOON, World, outcome

TRACE = "0f8fad5b-d9cb-469f-a165-70867728950e"
PAGES = 3
EVERY_OUTCOME = "outcome=approved,conditional,rejected,downgraded_to_joint"
GROUPS = ("round", "region", "areaTeam", "reason")
ON = "on=2016-06-01"
PUT_ON = datetime(2014, 11, 1, 12, 0, tzinfo=UTC)  # the day on which the world was made

# Each of these is asked with a day and without.
DATED = [
    "/v1/approvals?limit=1",
    f"/v1/approvals?round=2015-16,trial&limit=1&{EVERY_OUTCOME}",
    f"/v1/approvals.csv?{EVERY_OUTCOME}",
    f"/v1/approvals.ndjson?round=trial&{EVERY_OUTCOME}",
    "/v1/approvals/10T",
    "/v1/approvals/00D",
    "/v1/organisations?limit=80",
    "/v1/organisations?position=in_force,not_started,not_approved,declared&limit=1",
    "/v1/organisations.csv",
    "/v1/organisations.ndjson?region=Y57",
    "/v1/organisations/10T",
    "/v1/organisations/00D",
    "/v1/decisions?limit=1&round=2015-16,trial",
    "/v1/decisions.csv",
    "/v1/decisions.ndjson?round=2015-16,trial",
    "/v1/rounds",
    "/v1/rounds/2015-16",
    "/v1/rounds/2016-17",
    *(f"/v1/statistics?round=2015-16,trial&groupBy={by}" for by in GROUPS),
    "/v1/statistics",
    "/v1/statistics.csv?groupBy=region",
    "/v1/statistics.ndjson?round=2015-16",
]
UNDATED = [
    "/v1/organisations/10T/history",
    "/v1/organisations/00D/history",
    "/v1/decisions/2016-17-00d-00D",
    *(f"/v1/comparison{suffix}?from=2015-01-01&to=2017-06-01" for suffix in ("", ".csv", ".ndjson")),
]


def asked(path: str, *questions: str) -> str:
    return "&".join([path, *questions]) if "?" in path else "?".join([path, *questions])


PATHS = [*DATED, *UNDATED, *(asked(path, ON) for path in DATED)]


class Answered(NamedTuple):
    """What does not change of an answer while its bytes do not."""

    status: int
    body: bytes
    headers: dict[str, str]


def get(world: World, path: str, encoding: str = "identity") -> Answered:
    answer = world.http.get(path, headers={"Accept-Encoding": encoding, "X-Request-ID": TRACE})
    kept = ("etag", "content-type", "cache-control", "vary", "link")
    return Answered(answer.status_code, answer.content, {name: answer.headers.get(name, "") for name in kept})


def walk(world: World, path: str, known_at: int | None = None) -> list[Answered]:
    """The first pages of a list, by the links that lead on, which are kept without what they are known at."""
    question = "" if known_at is None else f"asKnownAt={known_at}"
    found: list[Answered] = []
    following = asked(path, question) if question else path
    while following and len(found) < PAGES:
        answer = get(world, following)
        link, is_more, _ = answer.headers["link"].partition('>; rel="next"')
        following = link.removeprefix("<") if is_more else ""
        assert question in following or not following
        if question:
            answer.headers["link"] = answer.headers["link"].replace(f"&{question}", "")
        found.append(answer)
    return found


class Remembered:
    """What was answered at each publication."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at: dict[int, dict[str, list[Answered]]] = {}

    def remember(self) -> None:
        """Ask on the day of the publication."""
        now = sequence(self.world)
        assert now not in self.at
        self.at[now] = {path: walk(self.world, path) for path in PATHS}


def history(world: World) -> Iterator[None]:
    """A long history; it stops after each publication, and between two of them much happens that is not published."""
    world.clock.move_to(PUT_ON)
    yield
    world.clock.move_to(NOON)
    declared(world, "10T")
    yield
    granted(world, "02W", round_id="trial", word="conditional")
    yield
    slough = handed_in(world, drafted(world, "10T"))
    stoke = recorded(world, submitted(world, "05W"), outcome("05W", "conditional"))
    world.clock.move_by(days=1)
    slough = recorded(world, slough, outcome("10T", "downgraded_to_joint"))
    for at in (slough, stoke, recorded(world, submitted(world, "07T"))):
        signed_off(world, at)
    withdrawn(world, submitted(world, "05C"))
    made_round(world, "other")
    yield
    world.clock.move_by(days=2)
    announced(world)
    yield
    world.clock.move_by(days=1)
    made_round(world, "other", title="Renamed", applications_public_from=date(2014, 12, 10))
    yield
    changes_requested(world, submitted(world, "02W", round_id="other"), due_on="2015-01-05")
    world.clock.move_to(TODAY)
    for fact in (
        decision("00D", round_id="2016-17"),
        decision("00D", "conditional", round_id="2016-17"),
        decision("00C", "rejected", round_id="2016-17"),
    ):
        world.clock.move_by(days=1)
        with world.database.writing() as session:
            say(session, fact, at=world.clock.at)
        yield


def test_every_answer_is_given_again_as_it_was_given_at_each_publication(sqlite_world: World) -> None:
    world = sqlite_world
    remembered = Remembered(world)
    for _ in history(world):
        remembered.remember()
    registered(world, "another-panel", ["panel"], regions=["Y56"])
    world.clock.move_by(days=400)

    assert len(remembered.at) == 9
    for known_at, answers in remembered.at.items():
        given = {path: walk(world, path, known_at) for path in PATHS}
        assert {path for path in PATHS if given[path] != answers[path]} == set()
    # And there was something to remember: each publication gave another answer, and some addresses had none at first.
    assert len({answers["/v1/approvals/10T"][0].body for answers in remembered.at.values()}) == 9
    statuses = {page.status for answers in remembered.at.values() for pages in answers.values() for page in pages}
    assert statuses == {200, 404}
    assert {len(pages) for pages in remembered.at[known_at].values()} == {1, PAGES}


# --- 65 in the morning, 64 and 1 in the afternoon -----------------------------------------------

SIXTY_FIVE = sorted(REGION_OF)[:65]


@pytest.fixture
def corrected(world: World) -> tuple[World, int, int]:
    """65 approvals are said of a round, and later of one of them that it had a condition: known at two sequences."""
    world.clock.move_to(TODAY)
    sequences = []
    for facts in ([decision(code) for code in SIXTY_FIVE], [decision(SIXTY_FIVE[7], "conditional")]):
        world.clock.move_by(hours=4)
        with world.database.writing() as session:
            say(session, *facts, at=world.clock.at)
        sequences.append(sequence(world))
    return world, sequences[0], sequences[1]


def test_65_were_approved_as_known_first_and_64_and_one_with_a_condition_after(
    corrected: tuple[World, int, int],
) -> None:
    world, morning, afternoon = corrected

    def table(known_at: int) -> tuple[list[int], int, list[int], int]:
        ask: Callable[[str], str] = lambda path: asked(path, f"asKnownAt={known_at}")  # noqa: E731  read once, here
        listing = world.public.get(ask("/v1/approvals?round=2015-16")).json()
        [figures] = world.public.get(ask("/v1/statistics?round=2015-16")).json()["rounds"]
        lines = world.public.get(ask("/v1/approvals.csv?round=2015-16")).text.splitlines()
        words = ("approved", "conditional")
        return (
            [listing["counts"][word] for word in words],
            listing["total"],
            [figures["recorded"]["outcomes"][word] for word in words],
            len(lines) - 1,
        )

    assert table(morning) == ([65, 0], 65, [65, 0], 65)
    assert table(afternoon) == ([64, 1], 64, [64, 1], 64)
    found = world.public.get(f"/v1/decisions?odsCode={SIXTY_FIVE[7]}&asKnownAt={morning}").json()
    assert [(row["outcome"], row["state"], row["supersededBy"]) for row in found["results"]] == [
        ("approved", "published", None)
    ]


def test_a_sequence_inside_an_act_means_the_publication_before(corrected: tuple[World, int, int]) -> None:
    world, morning, _ = corrected
    paths = ["/v1/approvals?round=2015-16", "/v1/organisations.csv", "/v1/statistics.csv"]

    inside = [get(world, asked(path, f"asKnownAt={morning - 30}")) for path in paths]

    listing = world.public.get(f"/v1/approvals?round=2015-16&asKnownAt={morning - 30}").json()
    assert (listing["total"], listing["publicSequence"] < morning - 64) == (0, True)
    before = [get(world, asked(path, f"asKnownAt={listing['publicSequence']}")) for path in paths]
    assert inside == before


# --- what cannot be asked -----------------------------------------------------------------------


def test_above_the_public_sequence_nothing_is_known_yet_whatever_the_log_holds(world: World) -> None:
    newest = sequence(world)
    for code in ("10T", "07T"):
        submitted(world, code)
    with world.database.reading() as session:
        assert ledger.head(session).size > newest + 2

    for path in ("/v1/approvals", "/v1/statistics.csv", "/v1/organisations/10T"):
        answer = world.public.get(f"{path}?asKnownAt={newest + 1}")
        detail = f"The register has published up to {newest}; {newest + 1} is not yet known."
        assert_refused(answer, 422, "not-yet-known", detail, ("asKnownAt", detail), publicSequence=newest)
        assert world.public.get(f"{path}?asKnownAt={newest}").status_code == 200


@pytest.mark.parametrize("word", ["-1", "1.5", "", "newest", str(2**63)])
def test_what_is_no_sequence_is_refused(sqlite_world: World, word: str) -> None:
    answer = sqlite_world.public.get(f"/v1/approvals?asKnownAt={word}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")
    assert [fault["parameter"] for fault in answer.json()["errors"]] == ["asKnownAt"]


@pytest.mark.parametrize("path", ["/v1/changes", "/v1/reference-data", "/v1/reference-data/levels"])
def test_what_has_no_past_takes_no_sequence(sqlite_world: World, path: str) -> None:
    assert sqlite_world.public.get(f"{path}?asKnownAt=1").json()["code"] == "invalid-parameter"


# --- how it is asked ----------------------------------------------------------------------------


def test_before_anything_was_published_the_register_was_empty(world: World) -> None:
    get = world.public.get

    for path in ("approvals", "organisations", "decisions", "rounds", "statistics"):
        found = get(f"/v1/{path}?asKnownAt=0").json()
        assert (found["results"], found["total"], found["publicSequence"]) == ([], 0, 0)
    assert get("/v1/organisations/10T?asKnownAt=0").status_code == 404
    assert len(get("/v1/organisations.csv?asKnownAt=0").text.splitlines()) == 1


def test_without_a_day_the_day_of_the_publication_is_meant(sqlite_world: World) -> None:
    world = sqlite_world
    declared(world, "10T")
    known_at, today = sequence(world), world.clock.at
    then = get(world, "/v1/rounds")
    world.clock.move_by(days=200)

    assert get(world, "/v1/rounds") != then
    assert get(world, f"/v1/rounds?asKnownAt={known_at}") == then
    assert get(world, f"/v1/rounds?asKnownAt={known_at}&on={today.date()}") == then


def test_a_cursor_of_then_goes_on_as_known_then(sqlite_world: World) -> None:
    world = sqlite_world
    for code in ("02W", "07T"):
        granted(world, code)
    known_at = sequence(world)
    cursor = world.public.get("/v1/approvals?limit=1").json()["nextCursor"]

    page = world.public.get(f"/v1/approvals?limit=1&asKnownAt={known_at}&cursor={cursor}")

    assert [row["odsCode"] for row in page.json()["results"]] == ["07T"]


def test_an_old_answer_is_cached_packed_and_described_as_any(sqlite_world: World) -> None:
    world = sqlite_world
    path = f"/v1/organisations.csv?asKnownAt={sequence(world)}"
    plain, packed = get(world, path), get(world, path, "gzip")

    assert plain.body == packed.body
    assert packed.headers["etag"] == plain.headers["etag"].removesuffix('"') + '-gzip"'
    assert '</v1/organisations.csv-metadata.json>; rel="describedby"' in plain.headers["link"]
    head = world.http.head(path, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", plain.headers["etag"])
    again = world.public.get(path, Accept_Encoding="identity", If_None_Match=plain.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


def test_many_who_ask_at_once_get_the_same(world: World) -> None:
    paths = [f"/v1/organisations?limit=50&asKnownAt={sequence(world) - back}" for back in (0, 60, 120)] * 4

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda path: get(world, path), paths))

    assert {answer.status for answer in found} == {200}
    assert found == found[:3] * 4


# --- as at a day --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dated(shared_world: World) -> World:
    """A CCG approved on 18 February 2015, rejected a year later on a day that is not known; its grant ended."""
    shared_world.clock.move_to(TODAY)
    with shared_world.database.writing() as session:
        say(session, decision("00D"), decision("00D", "rejected", round_id="2016-17"), decision("00C", "rejected"))
    return shared_world


@pytest.mark.parametrize(
    ("on", "outcomes"),
    [
        (ANNOUNCED - timedelta(days=1), []),
        (ANNOUNCED, ["rejected", "approved"]),
        (date(2016, 3, 31), ["rejected", "approved"]),
        (date(2016, 4, 1), ["rejected", "approved", "rejected"]),
    ],
)
def test_decisions_are_listed_as_had_been_decided_by_a_day(dated: World, on: date, outcomes: list[str]) -> None:
    found = dated.public.get(f"/v1/decisions?on={on}").json()
    held = dated.public.get(f"/v1/approvals/00D?on={on}").json()
    lines = dated.public.get(f"/v1/decisions.csv?on={on}").text.splitlines()

    assert sorted(row["outcome"] for row in found["results"]) == sorted(outcomes)
    assert (found["total"], found["on"], len(lines) - 1) == (len(outcomes), on.isoformat(), len(outcomes))
    counted = {word: outcomes.count(word) for word in ("approved", "rejected")}
    assert {word: found["counts"][word] for word in counted} == counted
    of_all = [held["current"], held["next"], *held["past"]]
    assert sum(row is not None for row in of_all) == max(0, len(outcomes) - 1)
    assert (held["on"], held["current"] is not None) == (on.isoformat(), on >= date(2015, 4, 1))


def test_a_round_has_the_state_of_the_day_and_counts_what_was_in_force_on_it(dated: World) -> None:
    found = {
        on: dated.public.get(f"/v1/rounds/2015-16?on={on}").json() for on in ("2014-01-01", "2014-12-15", "2015-06-01")
    }

    assert [(each["state"], each["inForceOn"]) for each in found.values()] == [
        ("planned", "2014-01-01"),
        ("open", "2014-12-15"),
        ("closed", "2015-06-01"),
    ]
    assert [each["recorded"]["startNotConfirmed"] for each in found.values()] == [0, 0, 1]
    listed = dated.public.get("/v1/rounds?on=2014-12-15").json()["results"]
    assert found["2014-12-15"] in listed
