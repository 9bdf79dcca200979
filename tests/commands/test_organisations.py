"""``register organisations import``: our own layout and the ODS's, the difference on stdout, messages on stderr."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app import reference
from tests.commands.conftest import Register, Said

ROWS = reference.ORGANISATIONS.read_text(encoding="utf-8").count("\n") - 1


def eccg(code: str, name: str, region: str, team: str, *, sub_type: str = "C", closed: str = "") -> str:
    """A line as the ODS writes it: 27 columns, each in quotes."""
    cells = [code, name, region, team, "STREET", "", "", "TOWN", "", "AB1 2CD", "20130401", closed, "", sub_type]
    return ",".join(f'"{cell}"' for cell in [*cells, *[""] * (27 - len(cells))]) + "\r\n"


@pytest.fixture
def run(database_url: str) -> Register:
    """The command line over an empty register."""
    return Register(database_url=database_url)


@pytest.fixture
def ods_file(tmp_path: Path) -> Path:
    """What the ODS might say in June 2019: one renamed, one closed, one new, and a commissioning hub."""
    file = tmp_path / "eccg.csv"
    file.write_text(
        eccg("07T", "NHS HACKNEY AND THE CITY CCG", "Y56", "")
        + eccg("05C", "NHS Dudley CCG", "Y55", "", closed="20190531")
        + eccg("27D", "NHS NEW CCG", "Y54", "")
        + eccg("13Q", "NATIONAL COMMISSIONING HUB 1", "", "", sub_type="H"),
        encoding="utf-8",
    )
    return file


def entries(run: Register) -> Any:
    return json.loads(run("verify", "--json").out)["entries"]


def test_our_file_is_taken_over_once_and_a_repeat_changes_nothing(run: Register) -> None:
    first = run("organisations", "import", reference.ORGANISATIONS)
    again = run("organisations", "import", reference.ORGANISATIONS)

    assert (first.code, len(first.lines), first.lines[0]) == (0, ROWS, "+ 00C")
    assert first.err == f"{ROWS} new, 0 changed, 0 unchanged\n"
    assert again == Said(0, "", f"0 new, 0 changed, {ROWS} unchanged\n")
    assert entries(run) == ROWS + 1
    assert run("verify").code == 0


def test_a_dry_run_shows_the_difference_and_writes_nothing(run: Register) -> None:
    shown = run("organisations", "import", reference.ORGANISATIONS, "--dry-run")

    assert (shown.code, len(shown.lines)) == (0, ROWS)
    assert shown.err == f"{ROWS} new, 0 changed, 0 unchanged (nothing was written)\n"
    assert entries(run) == 0


def test_the_file_of_the_ods_is_taken_over_without_the_commissioning_hubs(over_world: Register, ods_file: Path) -> None:
    before = entries(over_world)
    shown = over_world("organisations", "import", ods_file, "--as-at", "2019-06-01", "--dry-run")
    taken = over_world("organisations", "import", ods_file, "--as-at", "2019-06-01")
    again = over_world("organisations", "import", ods_file, "--as-at", "2019-06-01")

    assert shown.lines == taken.lines == ["+ 27D", "~ 07T: knownTo, facts", "~ 05C: closedOn, knownTo, facts"]
    assert taken.err == "1 new, 2 changed, 0 unchanged\n"
    assert again == Said(0, "", "0 new, 0 changed, 3 unchanged\n")
    assert entries(over_world) == before + 3
    assert over_world("verify").code == 0


def test_the_difference_as_json(over_sqlite: Register, ods_file: Path) -> None:
    taken = over_sqlite("organisations", "import", ods_file, "--as-at", "2019-06-01", "--json")

    assert json.loads(taken.out) == {
        "added": ["27D"],
        "changed": [
            {"odsCode": "07T", "members": ["knownTo", "facts"]},
            {"odsCode": "05C", "members": ["closedOn", "knownTo", "facts"]},
        ],
        "unchanged": 0,
        "outdated": [],
        "dryRun": False,
    }


def test_a_file_older_than_what_is_known_is_left_alone(over_sqlite: Register, ods_file: Path) -> None:
    taken = over_sqlite("organisations", "import", ods_file, "--as-at", "2015-06-01")

    assert taken.lines == ["+ 27D"]
    assert taken.err.splitlines() == [
        "07T: left alone, the register knows more recent facts",
        "05C: left alone, the register knows more recent facts",
        "1 new, 0 changed, 0 unchanged",
    ]


def test_every_fault_of_a_file_is_named_with_its_line_and_nothing_is_written(
    over_sqlite: Register, tmp_path: Path
) -> None:
    file, before = tmp_path / "eccg.csv", entries(over_sqlite)
    file.write_text(eccg("27D", "NHS NEW CCG", "Y54", "") + eccg("7", "", "Y99", ""), encoding="utf-8")

    refused = over_sqlite("organisations", "import", file)

    assert refused.code == 1
    assert refused.err.splitlines() == [
        f"{file}:2: name is empty",
        f"{file}:2: ods_code '7' is not an ODS code",
        f"{file}:2: region 'Y99' is not a known region",
    ]
    assert entries(over_sqlite) == before


def test_the_events_beside_our_file_are_read_with_it(run: Register, tmp_path: Path) -> None:
    alone = shutil.copy(reference.ORGANISATIONS, tmp_path / "organisations.csv")
    run("organisations", "import", alone)

    found = run("organisations", "import", reference.ORGANISATIONS)

    assert found.lines == ["~ 01H: facts", "~ 01K: facts"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_wrong_usage(
    over_sqlite: Register, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "eccg.csv"
    if content is not None:
        file.write_bytes(content)

    refused = over_sqlite("organisations", "import", file)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"{file}: cannot be read")
