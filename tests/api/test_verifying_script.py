"""The script that a journalist is told to check a receipt with, run as it stands there."""

import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from tests.api.steps import granted
from tests.world import World

VERIFYING = (Path(__file__).parent.parent.parent / "docs/verifying.md").read_text(encoding="utf-8")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    [text] = re.findall(r"```python\n(.*?)```", VERIFYING, re.DOTALL)
    file = tmp_path / "check.py"
    file.write_text(text, "utf-8")
    return file


def run(script: Path, receipt: object, key: str) -> subprocess.CompletedProcess[str]:
    file = script.with_name("receipt.json")
    file.write_text(json.dumps(receipt), "utf-8")
    return subprocess.run(
        [sys.executable, str(script), str(file), key], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_script_has_twenty_lines_and_its_explanation_fifteen(script: Path) -> None:
    code = [line for line in script.read_text("utf-8").splitlines() if line]
    section = VERIFYING.split("## Check a decision")[1].split("## The script")[0]
    told = section[section.index("1. ") :].strip().splitlines()

    assert len(code) <= 20
    assert len(told) <= 15


def test_the_script_accepts_a_decisions_receipt_and_refuses_a_changed_one(sqlite_world: World, script: Path) -> None:
    at = granted(sqlite_world, "10T")
    sqlite_world.sign()
    receipt = sqlite_world.public.get(f"{at.decision()}/receipt").json()
    key = sqlite_world.public.get("/v1/log/key").text.strip()

    salt, body = b64decode(receipt["salt"]), receipt["body"].encode()

    right = run(script, receipt, key)
    wrong = [
        run(script, {**receipt, "body": receipt["body"].replace("approved", "rejected")}, key),
        run(script, {**receipt, "checkpoint": receipt["checkpoint"].replace("register.test", "registry.test")}, key),
        run(script, {**receipt, "proof": receipt["proof"][:-1]}, key),
        # The same bytes, of which some are said to be the salt's.
        run(script, {**receipt, "salt": b64encode(salt + body[:10]).decode(), "body": body[10:].decode()}, key),
    ]

    assert (right.returncode, right.stdout.strip(), right.stderr) == (0, receipt["body"], "")
    assert [each.returncode for each in wrong] == [1, 1, 1, 1]
    assert [each.stdout for each in wrong] == ["", "", "", ""]
