"""The README's first question, the tutorial and the journalist's steps, done against a demo as they stand there.

They are the one thing of the suite that needs ``bash`` and ``curl``, as their readers do.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.commands.demo import demo_settings
from tests.commands.conftest import Said
from tests.crash.server import Server, environment

ROOT = Path(__file__).parent.parent.parent
README, TUTORIAL, VERIFYING = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/tutorial.md", "docs/verifying.md")
)
FIRST_ADDRESS = "http://127.0.0.1:8000"
SECONDS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, started_demo: tuple[Path, Said]) -> Path:
    """A folder in which the register is installed, with the demo's data."""
    made = tmp_path_factory.mktemp("checkout")
    command = made / ".venv/bin/register"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m app "$@"\n', "utf-8")
    command.chmod(0o755)
    (made / "openapi").symlink_to(ROOT / "openapi")
    shutil.copytree(started_demo[0], made / "var/demo")
    return made


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Server]:
    """The demo of that folder, served for all that is read and done here."""
    data = folder / "var/demo"
    with Server(f"sqlite:///{data / 'register.db'}", data, demo_settings(data, 8000), {}) as server:
        server.start("app", "demo", "--data-dir", str(data), "--port", str(server.port))
        yield server


def is_part_of(part: Any, whole: Any) -> bool:
    """Whether every member of a document stands in another, at any depth."""
    if isinstance(part, Mapping):
        return all(name in whole and is_part_of(value, whole[name]) for name, value in part.items())
    return bool(part == whole)


def test_the_readmes_first_question_has_the_answer_that_it_shows(demo: Server) -> None:
    [address] = re.findall(rf"^curl '{FIRST_ADDRESS}(.+)'$", README, re.MULTILINE)
    [shown] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)

    answer = demo.http.get(address)

    assert answer.status_code == 200
    assert is_part_of(json.loads(shown), answer.json())


@pytest.mark.parametrize(
    "line",
    re.findall(rf"^curl '{FIRST_ADDRESS}(.+)$", TUTORIAL, re.MULTILINE),
    ids=lambda line: line.split("'")[0],
)
def test_what_the_tutorial_reads_without_a_token_is_there(demo: Server, line: str) -> None:
    address, comment = line.split("'", 1)
    told = re.search(r": (\d+|none)$", comment)

    answer = demo.http.get(address)

    assert answer.status_code == 200
    assert told is None or answer.json()["total"] == int(told[1].replace("none", "0"))


@pytest.mark.usefixtures("demo")
def test_the_tutorial_and_the_journalists_steps_work_as_they_stand(folder: Path) -> None:
    blocks = [block for text in (TUTORIAL, VERIFYING) for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)]
    script = "set -euo pipefail\n" + "\n".join(blocks)

    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    lines = done.stdout.splitlines()
    answers = [json.loads(line) for line in lines if line.startswith("{")]
    assert (done.returncode, done.stderr) == (
        0,
        "Not looked at, since REGISTER_LOG_KEY_FILE is not set: the signer's memory.\n",
    )
    assert [answer for answer in answers if "traceId" in answer] == []
    assert [answer["state"] for answer in answers if "decisionId" in answer and "state" in answer] == [
        "published",  # step 7, its record
        "published",  # step 8, the correction
        "superseded",  # step 9, the old one now
        "published",  # and as it was known before
    ]
    assert [answer["valid"] for answer in answers if "valid" in answer] == [True]  # step 10, the rehearsal
    assert [answer["state"] for answer in answers if "waitingOn" in answer][-2:] == ["submitted"] * 2  # step 11
    assert [line.split(":")[0] for line in lines if line.startswith("sound:")] == ["sound", "sound"]
    assert len([line for line in lines if line.endswith(": sound")]) == 2
