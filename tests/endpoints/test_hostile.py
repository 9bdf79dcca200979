"""No request, however odd, gets an answer that is not promised: no 5xx, and nothing undocumented."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.access.keys import Pair
from app.commands.documents import SNAPSHOT
from app.settings import Settings
from tests.endpoints.conftest import PlayedRegister, open_register
from tests.endpoints.expected import ACTORS, CCG, WHO_MAY
from tests.endpoints.hostile import requests
from tests.house.sizes import HOUSE
from tests.openapi.reading import Operation, operations
from tests.world import application

PUBLISHED = json.loads((HOUSE.parent / SNAPSHOT).read_text(encoding="utf-8"))
KINDS = {
    "application/json",
    "application/problem+json",
    "text/csv",
    "application/x-ndjson",
    "application/csvm+json",
    "text/plain",
}


@pytest.fixture(scope="module")
def rough_street(
    run_directory: Path, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[PlayedRegister]:
    """A register of this module's own, since some of what is sent is taken."""
    for register in open_register(run_directory / f"rough-{peopled_sqlite.name}", peopled_sqlite, settings, pairs):
        for submitted in (False, False, True):
            made = register.callers[CCG].post("/v1/applications", application("10T", submitted=submitted))
            assert made.status_code == 201, made.text
        yield register


@pytest.mark.parametrize("operation", list(operations(PUBLISHED)), ids=lambda operation: operation.name)
def test_every_answer_is_a_promised_one(rough_street: PlayedRegister, operation: Operation) -> None:
    listed = rough_street.callers[CCG].get("/v1/applications").json()["results"]
    places = {name: [place] for name, place in rough_street.places.items()}
    places["reference"] = [row["reference"] for row in listed]
    who = [actor for actor in ACTORS if actor in WHO_MAY.get(operation.name, ACTORS)]

    @hypothesis_settings(
        max_examples=50,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(sent=requests(PUBLISHED, operation, places), actor=st.sampled_from(who))
    def send(sent: Any, actor: str) -> None:
        path, body, headers = sent
        answer = rough_street.callers[actor].send(operation.method, path, body, **headers)
        # What a caller has just written is signed by the clockwork, which does not run here.
        assert answer.status_code < 500 or answer.json()["code"] == "not-signed-yet", answer.text
        assert answer.status_code == 304 or answer.headers["Content-Type"].partition(";")[0] in KINDS
        assert "Traceback" not in answer.text

    send()
