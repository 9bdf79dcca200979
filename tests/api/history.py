"""A register that has taken over what is known of past rounds, as the command line takes it over."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from app.casework.rounds import put_round
from app.commands.history import take_over
from app.commands.history_files import FACT_COLUMNS
from tests import facts as then
from tests.past import PLANS
from tests.world import World

TODAY = datetime(2019, 6, 3, 12, 0, tzinfo=UTC)
GRANTED = {"approved": "delegated", "rejected": ""}
WHY = {"approved": ("", ""), "rejected": ("other", "Made up for a test.")}
FILES = (then.PAST_ROUNDS, then.KNOWN_ROUNDS, then.REPORTED_TOTALS)


def import_history(world: World, *files: Path, at: datetime = TODAY) -> World:
    """Import files, the register's own unless others are given, on a day after everything they tell.

    The world's round of 2015-16 is planned whole; here it is known in part, as in life.
    """
    world.clock.move_to(at)
    chosen = files or FILES
    with world.database.writing() as session:
        for plan in PLANS.values() if then.PAST_ROUNDS in chosen else ():
            put_round(session, plan, actor="test", at=at)
    for file in chosen:
        take_over(world.database, file, at=at)
    return world


def made_up(directory: Path, *facts: tuple[str, str, str, str, str, str]) -> Path:
    """A file of made-up decisions on delegated requests: round, CCG, name, outcome, effective from, agreement."""
    rows = [
        [
            round_id,
            "made-up-for-a-test",
            code,
            name,
            "delegated",
            outcome,
            GRANTED[outcome],
            "",
            *WHY[outcome],
            "",
            *rest,
        ]
        for round_id, code, name, outcome, *rest in facts
    ]
    file = directory / "made-up-facts.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([FACT_COLUMNS, *([*row, "stated", "Made up for a test"] for row in rows)])
    return file
