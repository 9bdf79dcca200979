"""Each mistake of an integrator is answered as ``docs/mistakes.md`` says, whole."""

import re
from pathlib import Path

import pytest

from tests.api.conftest import Scene
from tests.api.mistakes import MISTAKES, told

DOCUMENT = Path(__file__).parents[2] / "docs" / "mistakes.md"
REFERENCE = re.compile(r"(2014-15|2015-16|trial)-[0-9a-z]{8}\b")
SEQUENCE = re.compile(r"(published up to |`publicSequence`: )[0-9]+")


def _rows() -> dict[str, tuple[str, str]]:
    """What the document says: of each mistake the answer, and what to do."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {name: (answer, what_to_do) for name, answer, what_to_do in cells if name != "mistake"}


ROWS = _rows()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_as_the_document_says(scene: Scene, name: str) -> None:
    answer = MISTAKES[name](scene)

    said = SEQUENCE.sub(r"\1N", REFERENCE.sub(r"\1-7k3m9q2x", told(answer)))
    assert said == ROWS[name][0], f"{name} | {said}"
    if "error" not in answer.json():
        body = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (body["type"], body["status"]) == (f"/problems/{body['code']}", answer.status_code)
        assert (body["instance"], body["traceId"]) == (answer.request.url.path, answer.headers["x-request-id"])


def test_the_document_names_each_mistake_once_and_what_to_do() -> None:
    assert ROWS.keys() == MISTAKES.keys()
    assert len(MISTAKES) >= 33
    assert all(what_to_do.endswith(".") for _, what_to_do in ROWS.values())
