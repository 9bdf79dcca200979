"""The release has one number and one day, and whatever names them names the same."""

import json
import re
from datetime import date
from importlib.metadata import version

from app.commands.documents import openapi_document
from app.release import RELEASED_ON, VERSION
from tests.house.sizes import HOUSE

ROOT = HOUSE.parent
CUT = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def cut_versions() -> list[tuple[tuple[int, ...], date]]:
    """The versions of the changelog with their days, as they stand there."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return [(tuple(map(int, number.split("."))), date.fromisoformat(day)) for number, day in CUT.findall(text)]


def test_the_newest_version_of_the_changelog_is_this_release_on_its_day() -> None:
    assert cut_versions()[0] == (tuple(map(int, VERSION.split("."))), RELEASED_ON)


def test_every_version_of_the_changelog_is_cut_and_the_newest_comes_first() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    cut = headings[1:] if headings[0] == "[Unreleased]" else headings

    assert [f"[{'.'.join(map(str, number))}] - {day}" for number, day in cut_versions()] == cut
    assert cut_versions() == sorted(cut_versions(), reverse=True)


def test_the_package_and_the_description_of_the_api_say_the_same_number() -> None:
    assert (version("approvals-register"), openapi_document()["info"]["version"]) == (VERSION, VERSION)


def test_what_callers_were_promised_is_kept_for_every_version_of_the_changelog() -> None:
    kept = {path.stem: json.loads(path.read_bytes()) for path in (ROOT / "openapi/published").glob("*.json")}

    assert sorted(kept) == sorted(".".join(map(str, number)) for number, _ in cut_versions())
    assert {name: document["info"]["version"] for name, document in kept.items()} == {name: name for name in kept}
