"""Every act in any order, on both databases: the register and a small model of the rules say the same.

``REGISTER_TEST_MACHINE_RUNS`` and ``REGISTER_TEST_MACHINE_STEPS`` make it longer (``make machine``).
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import run_state_machine_as_test

from app.rules.grants import EndedBy
from tests.machine.bed import DONE
from tests.machine.machine import Machine

RUNS = int(os.environ.get("REGISTER_TEST_MACHINE_RUNS", "200"))
STEPS = int(os.environ.get("REGISTER_TEST_MACHINE_STEPS", "30"))
# So many runs reach every act, end and refusal; fewer must have gone at least the whole main way.
WHOLE = 200
ENOUGH = 3
MAIN_WAY = ("apply", "record", "decide", "announce", "sign", "tick", "propose correction", "crash")
SETTINGS = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
ACTS = {
    *(
        "create",
        "apply",
        "amend",
        "consent",
        "submit",
        "leave",
        "withdraw",
        "declare",
        "request changes",
        "record",
        "decide",
        "return",
    ),
    *("announce", "schedule", "cancel", "evidence", "discharge", "lapse", "sign", "not taken up", "notice", "override"),
    *("propose correction", "propose revocation", "propose waiver"),
    *("confirm correction", "confirm revocation", "confirm waiver"),
    *("tick", "publish by time", "lapse by time", "merge", "reopened CCG", "crash", "reopen"),
}
CODES = {
    *("not-found", "forbidden", "same-person", "conflict-of-interest", "stale", "if-match-required", "wrong-state"),
    *("unknown-round", "round-not-open", "approval-not-needed", "invalid-document", "unknown-organisation"),
    *("several-regions", "already-held", "notice-required", "incomplete-application", "deadline-passed"),
    *("consent-missing", "duplicate-application", "live-application", "member-missing", "only-rejection"),
    *("nothing-to-downgrade", "reason-required", "condition-required", "condition-not-allowed"),
    *("announcement-changed", "nothing-to-announce", "notice-too-short"),
}
CARRIED = {"nothing", "a condition", "a promotion", "an end"}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_register_says_what_the_model_says(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A run is the same whichever other modules are loaded, whose numbers Hypothesis would try as well.
    monkeypatch.setattr(providers, "_get_local_constants", Constants)
    tally: Counter[tuple[str, str]] = Counter()
    fresh = request.getfixturevalue(f"fresh_{kind}")

    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(fresh, tally)

    run_state_machine_as_test(Here, settings=SETTINGS)

    assert [act for act in MAIN_WAY if tally[act, DONE] == 0] == [], _table(tally)
    if RUNS < WHOLE:
        return
    assert [act for act in sorted(ACTS) if tally[act, DONE] < ENOUGH] == [], _table(tally)
    assert [by for by in EndedBy if tally["end", by] < ENOUGH] == [], _table(tally)
    assert [what for what in sorted(CARRIED) if tally["carried", what] < ENOUGH] == [], _table(tally)
    assert CODES - {said for _, said in tally} == set(), _table(tally)


def _table(tally: Counter[tuple[str, str]]) -> str:
    return "\n".join(f"{number:6} {act}: {said}" for (act, said), number in sorted(tally.items()))
