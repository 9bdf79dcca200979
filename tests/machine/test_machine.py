"""Every act in any order, on both databases: the register and a small model of the rules say the same.

The runs are dealt out in shards, each with a seed of its own, so that several processes share them. What was said
in all of them together is looked at by whichever shard ends last.
``REGISTER_TEST_MACHINE_RUNS`` and ``REGISTER_TEST_MACHINE_STEPS`` make it longer (``make nightly-machine-sqlite``).
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import run_state_machine_as_test

from app.rules.grants import EndedBy
from tests.machine.harness import DONE
from tests.machine.machine import Machine
from tests.postgres_server import locked

LONGER = os.environ.get("REGISTER_TEST_MACHINE_RUNS")
STEPS = int(os.environ.get("REGISTER_TEST_MACHINE_STEPS", "30"))
# SQLite is where the acts are gone through; PostgreSQL shows that it says the same.
RUNS = {"sqlite": int(LONGER or "200"), "postgresql": int(LONGER or "48")}
SHARDS = {"sqlite": 4, "postgresql": 2}
# So many runs reach every act, end and refusal; fewer must have gone at least the whole main way.
WHOLE = 200
ENOUGH = 3
MAIN_WAY = ("apply", "record", "decide", "announce", "sign", "tick", "propose correction", "crash")
ACTS = {
    *(
        "create",
        "apply",
        "express interest",
        "answer interest",
        "amend",
        "consent",
        "submit",
        "consent to scaling",
        "scale down",
        "leave",
        "withdraw",
        "declare",
        "request changes",
        "record",
        "decide",
        "return",
        "withdraw outcomes",
    ),
    *("announce", "schedule", "cancel", "evidence", "discharge", "lapse", "sign", "not taken up", "notice", "override"),
    *("propose correction", "propose revocation", "propose waiver"),
    *("withdraw proposal", "proposal closed", "withdraw notice", "propose agreement", "confirm agreement"),
    *("confirm correction", "confirm revocation", "confirm waiver"),
    *("merge into another", "propose succession", "confirm succession", "withdraw succession"),
    *("tick", "publish by time", "lapse by time", "merge", "reopened CCG", "crash", "reopen"),
}
CODES = {
    *("not-found", "forbidden", "same-person", "conflict-of-interest", "stale", "if-match-required", "wrong-state"),
    *("unknown-round", "round-not-open", "approval-not-needed", "invalid-document", "unknown-organisation"),
    *("several-regions", "already-held", "notice-required", "incomplete-application", "deadline-passed"),
    *("consent-missing", "duplicate-application", "live-application", "member-missing", "only-rejection"),
    *("nothing-to-downgrade", "scaled-down", "not-scaled-down", "reason-required", "condition-required"),
    *("condition-not-allowed", "already-decided", "already-proposed"),
    *("announcement-changed", "nothing-to-announce", "notice-too-short"),
}
CARRIED = {"nothing", "a condition", "a promotion", "an end"}


def _runs_of(kind: str, shard: int) -> int:
    """The runs of a kind of database, dealt out evenly."""
    return len(range(shard, RUNS[kind], SHARDS[kind]))


@pytest.mark.parametrize(("kind", "shard"), [(kind, shard) for kind, many in SHARDS.items() for shard in range(many)])
def test_the_register_says_what_the_model_says(
    kind: str, shard: int, request: pytest.FixtureRequest, run_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A run is the same whichever other modules are loaded, whose numbers Hypothesis would try as well.
    monkeypatch.setattr(providers, "_get_local_constants", Constants)
    tally: Counter[tuple[str, str]] = Counter()
    fresh = request.getfixturevalue(f"fresh_{kind}")

    @seed(shard)
    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(fresh, tally)

    run_state_machine_as_test(Here, settings=_settings(_runs_of(kind, shard)))

    if (together := _together(run_directory / f"machine-{kind}", shard, tally)) is not None:
        _check(together, RUNS[kind])


def test_the_shards_have_all_the_runs_between_them() -> None:
    dealt = {kind: sum(_runs_of(kind, shard) for shard in range(many)) for kind, many in SHARDS.items()}

    assert dealt == RUNS


def _settings(runs: int) -> settings:
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


def _together(place: Path, shard: int, tally: Counter[tuple[str, str]]) -> Counter[tuple[str, str]] | None:
    """What all shards said, told to the one that ends last; to the others None."""
    place.mkdir(exist_ok=True)
    with locked(place / "lock"):
        (place / f"{shard}.json").write_text(json.dumps([[*said, number] for said, number in tally.items()]), "utf-8")
        found = list(place.glob("*.json"))
        return _sum(found) if len(found) == SHARDS[place.name.removeprefix("machine-")] else None


def _sum(files: Iterable[Path]) -> Counter[tuple[str, str]]:
    together: Counter[tuple[str, str]] = Counter()
    for file in files:
        for act, said, number in json.loads(file.read_text("utf-8")):
            together[act, said] += number
    return together


def _check(tally: Counter[tuple[str, str]], runs: int) -> None:
    """Everything happened that must happen in so many runs."""
    assert [act for act in MAIN_WAY if tally[act, DONE] == 0] == [], _table(tally)
    if runs < WHOLE:
        return
    assert [act for act in sorted(ACTS) if tally[act, DONE] < ENOUGH] == [], _table(tally)
    assert [by for by in EndedBy if tally["end", by] < ENOUGH] == [], _table(tally)
    assert [what for what in sorted(CARRIED) if tally["carried", what] < ENOUGH] == [], _table(tally)
    assert CODES - {said for _, said in tally} == set(), _table(tally)


def _table(tally: Counter[tuple[str, str]]) -> str:
    return "\n".join(f"{number:6} {act}: {said}" for (act, said), number in sorted(tally.items()))
