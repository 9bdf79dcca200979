"""The README says what is true."""

import json
import re
from pathlib import Path

from app.api.schemas.proposals import ApplicationIn
from app.rules.lifecycle import as_mermaid
from app.rules.proposals import check_complete
from app.rules.words import Level
from app.settings import Settings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_life_cycle_diagram_is_made_from_the_state_table() -> None:
    assert re.findall(r"```mermaid\n(.*?)```", README, re.DOTALL) == [as_mermaid()]


def test_every_setting_is_explained() -> None:
    named = set(re.findall(r"`(REGISTER_[A-Z_]+)`", README))

    assert named == {f"REGISTER_{name.upper()}" for name in Settings.model_fields}


def test_every_room_on_the_map_is_there() -> None:
    rooms = re.findall(r"^\| `((?:app|migrations|tests)[^`]*)` \|", README, re.MULTILINE)

    assert [room for room in rooms if not (ROOT / room).exists()] == []


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [block] = re.findall(r"^dependencies = \[\n(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    packages = re.findall(r'"([a-z0-9-]+)', block)
    reasons = README.split("## Why each dependency is there")[1].split("## Decisions")[0]

    assert [package for package in packages if package not in reasons] == []


def test_the_application_it_sends_is_one_that_can_be_submitted() -> None:
    sent = json.loads((ROOT / "openapi/examples/application.json").read_text(encoding="utf-8"))

    application = ApplicationIn.model_validate(sent)

    check_complete(application.document(), Level(application.requested_level))
    assert (application.lead_ods_code, application.submission is not None) == ("07L", True)
