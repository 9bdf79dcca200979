"""What was answered while decisions lived on is answered again, byte for byte, as known then and on that day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from app.casework.organisations import import_organisations
from app.records.audit.verification import verify
from app.rules.deadlines import london_day
from tests.api.counting import sequence
from tests.api.post_decision import (
    corrected,
    decided,
    discharged,
    evidenced,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    proposed,
    revoked,
    signed,
    ticked,
    waived,
)
from tests.api.steps import granted, made_round, previewed, recorded, signed_off, submitted
from tests.api.test_as_known import Answered, asked, walk
from tests.facts import ccgs_of_2019
from tests.world import CONDITION, World, outcome

CODES = ("02W", "05W", "07T")
EVERY_OUTCOME = "outcome=approved,conditional,rejected,downgraded_to_joint"
PATHS = [
    *(f"/v1/approvals/{code}" for code in CODES),
    *(f"/v1/organisations/{code}" for code in CODES),
    *(f"/v1/organisations/{code}/history" for code in CODES),
    *(f"/v1/approvals{suffix}?{EVERY_OUTCOME}" for suffix in ("", ".csv", ".ndjson")),
    "/v1/approvals?limit=1",
    *(f"/v1/decisions{suffix}" for suffix in ("?limit=2", ".csv", ".ndjson")),
    "/v1/decisions.csv?conditionState=open,lapsed",
    "/v1/decisions.csv?overdue=true",
    "/v1/decisions.csv?endedBy=condition_lapsed,corrected,revoked",
    "/v1/rounds",
    "/v1/rounds/2015-16",
    "/v1/statistics?groupBy=region",
    "/v1/statistics.csv?groupBy=reason",
    "/v1/waiting-times",
    "/v1/waiting-times.csv",
    *(f"/v1/comparison{suffix}?from=2015-03-01&to=2016-06-01" for suffix in ("", ".csv")),
]
ON = "on=2015-04-01"
DATED = [path for path in PATHS if "history" not in path and "waiting" not in path and "comparison" not in path]
EVERY_PATH = [*PATHS, *(asked(path, ON) for path in DATED[:12])]
TWO_CONDITIONS = {"conditions": [CONDITION, {**CONDITION, "text": "Appoint a lay chair."}]}


def history(world: World) -> Iterator[None]:
    """Every public thing that can happen to a decision; between two of them much that is not public."""
    made_round(
        world,
        "2016-17",
        opens_on=date(2015, 10, 1),
        delegated_deadline=None,
        joint_deadline=None,
        closes_on=date(2016, 3, 1),
        counted_on=date(2015, 12, 1),
    )
    bradford = decided(granted(world, "02W", word="conditional").reference, "02W")
    yield
    stoke = recorded(world, submitted(world, "05W"), outcome("05W", "conditional", **TWO_CONDITIONS))
    for at in (stoke, recorded(world, submitted(world, "10T")), recorded(world, submitted(world, "05C"))):
        signed_off(world, at)
    in_an_hour = world.clock.at.replace(hour=13).isoformat()
    expect = previewed(world)["setDigest"]
    world.person("national-1").post("/v1/rounds/2015-16/announcement", {"expect": expect, "publishAt": in_an_hour})
    world.clock.move_by(hours=2)
    ticked(world)
    yield
    evidenced(world, bradford)
    discharged(world, bradford)
    yield
    stoke_, dudley = decided(stoke.reference, "05W"), decided(at.reference, "05C")
    waived(world, stoke_)
    yield
    signed(world, bradford, london_day(world.clock.at))
    yield
    not_taken_up(world, dudley)
    yield
    morning_of(world, date(2015, 3, 2))
    lapsed(world, stoke_, "c2")
    yield
    morning_of(world, date(2015, 4, 1))
    yield
    hackney = decided(granted_late(world), "07T")
    yield
    signed(world, hackney, london_day(world.clock.at))
    yield
    hackney = corrected(world, hackney, {"outcome": "approved"}, reason="A text was wrong.")
    yield
    noticed(world, bradford)
    yield
    proposed(world, hackney, "correction", {"reason": "Not so.", "outcome": "approved"})
    revoked(world, hackney)
    yield
    morning_of(world, date(2017, 4, 1))
    yield
    merged(world)
    yield


def granted_late(world: World) -> str:
    """Hackney is granted something in the round after."""
    world.clock.move_to(world.clock.at.replace(month=10, day=5, hour=12))
    return granted(world, "07T", round_id="2016-17").reference


def merged(world: World) -> None:
    """What is known of CCGs, once more: the register learns of one that it is called otherwise."""
    with world.database.writing() as session:
        [dudley] = [each for each in ccgs_of_2019(session) if each.ods_code == "05C"]
        *earlier, last = dudley.facts
        rows = [replace(dudley, facts=(*earlier, replace(last, name="NHS Dudley and Beyond CCG")))]
        import_organisations(session, rows, actor="test", at=world.clock.at)


def test_every_answer_is_given_again_as_it_was_given_when_decisions_lived_on(sqlite_world: World) -> None:
    world, remembered = sqlite_world, dict[int, dict[str, list[Answered]]]()
    for _ in history(world):
        now = sequence(world)
        assert now not in remembered
        remembered[now] = {path: walk(world, path) for path in EVERY_PATH}
    world.clock.move_by(days=1000)
    ticked(world)

    for known_at, answers in remembered.items():
        differing = {path for path in EVERY_PATH if walk(world, path, known_at) != answers[path]}
        assert (known_at, differing) == (known_at, set())
    assert len({answers[f"/v1/approvals.csv?{EVERY_OUTCOME}"][0].body for answers in remembered.values()}) > 10
    assert verify(world.database).is_sound
