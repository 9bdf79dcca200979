"""Who reads the record of a decision, when; and the queue of decisions that wait."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.rules.deadlines import start_of
from app.rules.rounds import RoundKind
from tests.api.post_decision import (
    SECOND,
    Decided,
    approved,
    conditional,
    decided,
    discharged,
    evidenced,
    proposed,
    recorded_as,
    signed,
)
from tests.api.steps import (
    At,
    announced,
    made_round,
    recorded,
    registered,
    signed_off,
    submitted,
)
from tests.world import CONDITION, NOON, REASON, Speaker, World, outcome


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


# Who sees the decision of Ealing, approved with a condition, at each stage: nothing (404), or the state,
# then whether evidence and proposal are seen. Ealing leads the application of which Brent is a member.
CALLERS = {
    "lead": "north-west-london",
    "member": "brent",
    "stranger": "hackney",
    "panel": "london-panel-1",
    "other panel": "south-panel-1",
    "panel system": "london-panel-system",
    "national": "national-1",
    "national system": "national-system",
}
OFFICERS = ("panel", "panel system", "national", "national system")
UNSEEN = dict.fromkeys(CALLERS, "404")
EMBARGOED = {**UNSEEN, **dict.fromkeys(OFFICERS, "signed_off - -")}
SIGHTS = {
    "recommended": UNSEEN,
    "signed off": EMBARGOED,
    "signed off, applicants may see": {**EMBARGOED, "lead": "signed_off - -", "member": "signed_off - -"},
    "published": {
        **UNSEEN,
        **dict.fromkeys((*OFFICERS, "lead", "member"), "published - -"),
    },
    "published, with evidence and proposal": {
        **UNSEEN,
        **dict.fromkeys(OFFICERS, "published evidence proposal"),
        "lead": "published evidence -",
        "member": "published - -",
    },
}


class Stages:
    """One world with a decision in each stage."""

    def __init__(self, world: World) -> None:
        self.world = world
        registered(world, "london-panel-system", ["panel"], regions=["Y56"])
        registered(world, "national-system", ["national"])
        cases = [self._submitted(number, stage) for number, stage in enumerate(SIGHTS)]
        self.at = {stage: self._staged(case, stage) for case, stage in zip(cases, SIGHTS, strict=True)}

    def _submitted(self, number: int, stage: str) -> At:
        """All before the first is announced, since Ealing then holds what it applies for."""
        sees_at = NOON if stage.endswith("may see") else NOON + timedelta(hours=1)
        made_round(self.world, f"round-{number}", kind=RoundKind.TRIAL, applicants_see_at=sees_at)
        return submitted(self.world, "07W", "07P", round_id=f"round-{number}")

    def _staged(self, case: At, stage: str) -> Decided:
        case = recorded(self.world, case, outcome("07W", "conditional"), outcome("07P", "rejected"))
        at = decided(case.reference, "07W")
        if stage == "recommended":
            return at
        signed_off(self.world, case)
        if stage.startswith("published"):
            announced(self.world, case.reference.rpartition("-")[0])
        if stage.endswith("proposal"):
            evidenced(self.world, at)
            proposed(self.world, at, "conditions/c1/waiver", {"reason": "No longer needed."}, by="national-2")
        return at

    def speaker(self, who: str) -> Speaker:
        name = CALLERS[who]
        return self.world.system(name) if name in self.world.pairs else self.world.person(name)


@pytest.fixture(scope="module")
def stages(shared_world: World) -> Stages:
    return Stages(shared_world)


@pytest.mark.parametrize(("stage", "who"), [(stage, who) for stage, row in SIGHTS.items() for who in row])
def test_who_reads_the_record_of_a_decision(stages: Stages, stage: str, who: str) -> None:
    at = stages.at[stage]

    answer = stages.speaker(who).get(f"{at.where}/record")

    found = str(answer.status_code)
    if answer.status_code == 200:
        record = answer.json()
        evidence = "evidence" if record["conditions"][0]["evidence"] else "-"
        found = f"{record['state']} {evidence} {'proposal' if record['proposal'] else '-'}"
        assert (answer.headers["etag"], answer.headers["cache-control"]) == (f'"v{record["version"]}"', "no-store")
    assert found == SIGHTS[stage][who]


@pytest.mark.parametrize("stage", SIGHTS)
def test_the_public_and_an_administrator_read_no_record(stages: Stages, stage: str) -> None:
    where = f"{stages.at[stage].where}/record"

    assert stages.world.public.get(where).status_code == 401
    refused = stages.world.person("admin-1").get(where)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_a_record_before_publication_gives_nothing_yet(stages: Stages) -> None:
    """Nobody is offered anything while a decision is embargoed, and it has no public address."""
    for who in ("national", "panel", "lead"):
        stage = "signed off, applicants may see"
        record = stages.speaker(who).get(f"{stages.at[stage].where}/record").json()
        assert (record["grant"], record["nextActions"], record["publishedAt"]) == (None, [], None)
        assert record["links"]["public"] is None


# --- the queue ----------------------------------------------------------------------------------


def queue(world: World, who: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.person(who).get(f"/v1/queue{query}").json()["results"]
    return found


def test_a_condition_that_is_overdue_is_listed_so(world: World) -> None:
    """The whole row, to the panel of the region and to NHS England; other regions do not see it."""
    at = conditional(world, "07T", CONDITION | {"dueOn": "2015-06-30"}, SECOND)
    before = queue(world, "national-1", "?waitingOn=condition")
    world.clock.at = start_of(date(2015, 2, 1))

    [row] = queue(world, "national-1", "?waitingOn=condition")

    assert [each["isOverdue"] for each in before] == [False]
    base = f"{at.where}/conditions"
    assert row == {
        "reference": at.decision_id.removesuffix("-07T"),
        "decisionId": at.decision_id,
        "roundId": "2015-16",
        "trial": False,
        "requestedLevel": "delegated",
        "scaledDownTo": None,
        "scaledDownReason": None,
        "leadOdsCode": "07T",
        "members": [{"odsCode": "07T", "name": "NHS City and Hackney CCG"}],
        "regionCode": "Y56",
        "state": "published",
        "waitingOn": "condition",
        "waitingSince": "2014-12-15T12:00:00Z",
        "ageDays": 48,
        "dueOn": "2015-01-31",
        "isOverdue": True,
        "flags": [],
        "assessed": None,
        "expressionsOfInterest": [],
        "version": 2,
        "etag": '"v2"',
        "nextActions": [
            {"rel": "lapse", "method": "POST", "href": f"{base}/c2/lapse", "scope": "national"},
            {"rel": "settle-agreement", "method": "PUT", "href": f"{at.where}/agreement", "scope": "national"},
            {"rel": "propose-waiver", "method": "POST", "href": f"{base}/c1/waiver", "scope": "national"},
            {"rel": "propose-waiver", "method": "POST", "href": f"{base}/c2/waiver", "scope": "national"},
            {"rel": "propose-correction", "method": "POST", "href": f"{at.where}/correction", "scope": "national"},
            {"rel": "propose-revocation", "method": "POST", "href": f"{at.where}/revocation", "scope": "national"},
        ],
        "href": f"{at.where}/record",
    }
    assert [each["decisionId"] for each in queue(world, "london-panel-2")] == [at.decision_id]
    assert queue(world, "south-panel-1") == []


def test_a_decision_leaves_the_queue_with_its_last_condition(world: World) -> None:
    at = conditional(world, "07T", CONDITION, SECOND)
    discharged(world, at, "c1")
    between = queue(world, "london-panel-2", "?waitingOn=condition")

    discharged(world, at, "c2")

    assert [each["etag"] for each in between] == ['"v3"']
    assert queue(world, "london-panel-2", "?waitingOn=condition") == []


def test_a_proposal_waits_for_a_second_person(world: World) -> None:
    """Only who did not propose is offered to confirm it; following the row as it stands does it."""
    at = approved(world, "02W")
    proposed(world, at, "correction", {"reason": "Wrong.", "outcome": "rejected", "reasons": [REASON]})
    [first] = queue(world, "national-1", "?waitingOn=national")
    [second] = queue(world, "national-2", "?waitingOn=national")

    [confirm] = [each for each in second["nextActions"] if each["rel"] == "confirm"]
    answer = world.person("national-2").send(confirm["method"], confirm["href"], None, If_Match=second["etag"])

    assert "confirm" not in [each["rel"] for each in first["nextActions"]]
    assert (first["decisionId"], first["waitingOn"], answer.status_code) == (at.decision_id, "national", 201)
    assert queue(world, "national-2", "?waitingOn=national") == []


BODIES: dict[str, dict[str, Any]] = {
    "discharge": {"note": "Seen."},
    "lapse": {"reason": "Nothing came."},
    "settle-agreement": {"state": "signed", "signedOn": "2014-12-16"},
    "propose-waiver": {"reason": "No longer needed."},
    "propose-correction": {"reason": "Wrong.", "outcome": "rejected", "reasons": [REASON]},
    "propose-revocation": {"reason": "So.", "legalBasis": "NHS Act 2006"},
}


@pytest.mark.parametrize("rel", BODIES)
def test_what_is_offered_succeeds_when_it_is_followed_as_it_stands(sqlite_world: World, rel: str) -> None:
    world = sqlite_world
    conditional(world, "07T")
    world.clock.at = start_of(date(2015, 3, 2))
    who = "london-panel-2" if rel == "discharge" else "national-1"
    [row] = queue(world, who, "?waitingOn=condition")
    [offered] = [each for each in row["nextActions"] if each["rel"] == rel]

    answer = world.person(who).send(offered["method"], offered["href"], BODIES[rel], If_Match=row["etag"])

    assert answer.status_code == (200 if rel == "settle-agreement" else 201), answer.text
    assert answer.headers["etag"] == '"v3"'


def test_applications_and_decisions_are_paged_together(world: World) -> None:
    """By how long they wait, whatever they are; a page ends and the next begins where it ended."""
    waiting: list[str] = []
    kept: list[At] = []
    for number, code in enumerate(("02W", "10T", "05W", "05C")):
        world.clock.move_by(minutes=5)
        if number % 2:
            waiting.append(conditional(world, code).decision_id)
        else:
            kept.append(submitted(world, code))
            waiting.append(kept[-1].reference)
    world.clock.move_by(minutes=5)
    late = decided(waiting[1].removesuffix("-10T"), "10T")
    told = proposed(world, late, "revocation", BODIES["propose-revocation"])
    waiting.append(late.decision_id)

    pages, path = [], "/v1/queue?limit=2"
    while path:
        answer = world.person("national-1").get(path)
        pages.append(answer.json())
        path = answer.links["next"]["url"] if "next" in answer.links else ""

    assert [page["total"] for page in pages] == [5, 5, 5]
    rows = [row for page in pages for row in page["results"]]
    assert [row["decisionId"] or row["reference"] for row in rows] == waiting
    assert [row["waitingOn"] for row in rows] == ["panel", "condition", "panel", "condition", "national"]
    assert told["proposal"] is not None


def test_a_grant_that_is_over_waits_for_nothing(sqlite_world: World) -> None:
    """A condition of a CCG that has closed can no longer be settled: nobody is asked to."""
    world = sqlite_world
    at = conditional(world, "10T", CONDITION | {"dueOn": "2019-01-01"})
    signed(world, at, date(2014, 12, 15))
    world.clock.at = start_of(date(2018, 4, 2))

    assert recorded_as(world, at, "national-1")["grant"]["standing"] == "ended"
    assert queue(world, "national-1", "?waitingOn=condition") == []
