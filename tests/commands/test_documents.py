"""``register openapi`` and ``lifecycle``: documents that the code writes itself."""

import json
from pathlib import Path

import pytest

from app.rules.lifecycle import MOVES
from tests.commands.conftest import Register, Said


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """The command line in an empty directory, with settings that no document depends on."""
    monkeypatch.chdir(tmp_path)
    return Register(database_url="nonsense", token_key_file="nowhere.pem", public_url="https://elsewhere.example")


def test_the_contract_is_printed_and_compared_with_the_snapshot(run: Register, tmp_path: Path) -> None:
    printed = run("openapi")
    snapshot = tmp_path / "openapi" / "register.json"
    missing = run("openapi", "--check")
    snapshot.parent.mkdir()
    snapshot.write_text(printed.out, encoding="utf-8")
    same = run("openapi", "--check")
    snapshot.write_text(printed.out.replace("/v1/approvals", "/v1/grants"), encoding="utf-8")
    changed = run("openapi", "--check")

    assert (printed.code, printed.err) == (0, "")
    assert "/v1/approvals" in json.loads(printed.out)["paths"]
    advice = (
        "openapi/register.json is not what this release serves. "
        "If that is meant: register openapi > openapi/register.json\n"
    )
    assert [missing, same, changed] == [
        Said(1, "", advice),
        Said(0, "", "openapi/register.json is what this release serves.\n"),
        Said(1, "", advice),
    ]


def test_the_life_cycle_is_printed_a_move_a_line(run: Register) -> None:
    printed = run("lifecycle")

    assert (printed.code, printed.err) == (0, "")
    assert [tuple(line.split()[:3]) for line in printed.lines] == [
        (move.source, move.act, move.target) for move in MOVES
    ]


def test_the_life_cycle_is_printed_as_a_diagram(run: Register) -> None:
    printed = run("lifecycle", "--mermaid")

    assert (printed.code, printed.err) == (0, "")
    assert printed.lines[:2] == ["stateDiagram-v2", "    [*] --> draft: create"]
    assert len(printed.lines) >= len(MOVES) + 2
