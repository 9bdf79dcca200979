"""``register rounds put``: a round as a file says, every fault named, a repeat changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from tests.commands.conftest import Register, Said
from tests.world import World

ROUND = {
    "roundId": "2026-27",
    "title": "Round 2026-27",
    "kind": "real",
    "coverage": "complete",
    "opensOn": "2025-11-10",
    "deadlines": {"delegated": "2026-01-09", "joint": None},
    "closesOn": "2026-02-27",
    "startsOn": "2026-04-01",
    "countedOn": "2026-02-18",
    "applicationsPublicFrom": None,
    "applicantsSeeAt": "2026-02-18T09:30:00Z",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "round.json"
    made.write_text(json.dumps(ROUND), encoding="utf-8")
    return made


def rewrite(file: Path, **members: Any) -> Path:
    file.write_text(json.dumps({**ROUND, **members}), encoding="utf-8")
    return file


def test_a_round_is_put_a_repeat_changes_nothing_and_a_change_is_put(over_world: Register, file: Path) -> None:
    first, again = over_world("rounds", "put", file), over_world("rounds", "put", file)
    changed = over_world("rounds", "put", rewrite(file, title="The round of 2026-27"))

    assert [first, again, changed] == [
        Said(0, "2026-27: put\n", ""),
        Said(0, "2026-27: unchanged\n", ""),
        Said(0, "2026-27: put\n", ""),
    ]
    assert over_world("verify").code == 0


def test_what_the_address_of_a_round_answers_can_be_put(
    over_sqlite: Register, sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    database, file = Database(sqlite_world_url), tmp_path / "round.json"
    file.write_bytes(World(database, settings, pairs).public.get("/v1/rounds/2015-16").content)
    database.close()

    assert over_sqlite("rounds", "put", file) == Said(0, "2015-16: unchanged\n", "")


def test_every_fault_of_the_document_is_named(over_sqlite: Register, file: Path) -> None:
    refused = over_sqlite("rounds", "put", rewrite(file, kind="odd", opensOn="soon", extra=1))

    assert (refused.code, refused.out) == (1, "")
    assert {line.split(": ")[1] for line in refused.err.splitlines()} == {"/kind", "/opensOn", "/extra"}


def test_every_rule_that_a_round_breaks_is_named(over_sqlite: Register, file: Path) -> None:
    refused = over_sqlite("rounds", "put", rewrite(file, closesOn="2025-11-01", countedOn="2025-01-01"))

    assert (refused.code, refused.out) == (1, "")
    assert {line.split(": ")[0].strip() for line in refused.err.splitlines()[1:]} >= {"/closesOn", "/countedOn"}


@pytest.mark.parametrize("content", ['{"roundId": "a", "roundId": "b"}', "not JSON", "[]"])
def test_what_is_no_document_is_refused(over_sqlite: Register, file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")

    refused = over_sqlite("rounds", "put", file)

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(f"{file}: ")


def test_a_file_that_is_not_there_is_wrong_usage(over_sqlite: Register, tmp_path: Path) -> None:
    refused = over_sqlite("rounds", "put", tmp_path / "nothing.json")

    assert (refused.code, refused.out) == (2, "")
    assert "cannot be read" in refused.err
