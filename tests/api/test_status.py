"""Whether the register is fit, what is told though it is fit, and what administrators see beside it."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.access.key_sets import KeySet
from app.main import create_app
from app.records import condition
from tests.world import PUBLIC_URL, World

ISSUER = "https://login.test"


def found(before: Response, **faults: str) -> list[dict[str, Any]]:
    """The findings of an answer with these that are not well."""
    return [
        each | ({"well": False, "detail": faults[each["name"]]} if each["name"] in faults else {})
        for each in before.json()["findings"]
    ]


def test_the_log_head_is_shown_to_administrators_only(sqlite_world: World) -> None:
    heads = {
        subject: sqlite_world.person(subject).get("/_status").json()["logHead"] is not None
        for subject in ("admin-1", "national-1", "south-panel-1")
    }

    assert heads == {"admin-1": True, "national-1": False, "south-panel-1": False}
    assert sqlite_world.public.get("/_status").json()["logHead"] is None


def test_a_register_whose_disk_is_full_is_fit_and_refuses_acts(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sqlite_world.public.get("/_status")
    disk = os.statvfs(sqlite_world.database.file)
    monkeypatch.setattr(condition, "ROOM_BYTES", disk.f_blocks * disk.f_frsize + 1)

    answer = sqlite_world.public.get("/_status")

    full = "The disk is full: no act can be written, and systems get no new tokens."
    assert (before.status_code, answer.status_code) == (200, 200)
    assert answer.json() == before.json() | {
        "writing": "refused",
        "remarks": [full],
        "findings": found(before, disk=full),
    }


def test_a_disk_that_fills_is_told_while_acts_are_still_taken(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sqlite_world.public.get("/_status")
    disk = os.statvfs(sqlite_world.database.file)
    monkeypatch.setattr(condition, "LOW_BYTES", disk.f_blocks * disk.f_frsize + 1)

    answer = sqlite_world.public.get("/_status")

    low = "Less than 512 MiB are free on the database's disk."
    assert answer.json() == before.json() | {"findings": found(before, disk=low)}


def test_a_log_that_cannot_be_signed_is_told_at_once(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    assert world.settings.log_key_file is not None
    file = tmp_path / "log-key"
    file.write_bytes(world.settings.log_key_file.read_bytes())
    app = create_app(
        world.settings.model_copy(update={"log_key_file": file}), database=world.database, clock=world.clock, ticks=True
    )
    http = TestClient(app, base_url=PUBLIC_URL)
    before = http.get("/_status")
    file.with_name("log-key.memory").write_text("nonsense")

    app.state.clockwork.turn()
    answer = http.get("/_status")

    [told] = [each for each in answer.json()["findings"] if each["name"] == "signing"]
    assert (before.status_code, answer.status_code, told["well"]) == (200, 200, False)
    assert told["detail"].startswith("Not signed since 2014-12-15T12:00:00Z (the signer's memory is not what it wrote")


def test_a_register_whose_issuer_is_out_is_fit_and_takes_acts(sqlite_world: World) -> None:
    world = sqlite_world
    before = world.public.get("/_status")
    keys = KeySet(f"{ISSUER}/keys", "RS256", httpx.MockTransport(lambda _: httpx.Response(500)))
    asyncio.run(keys.find("any", world.clock.at))
    world.app.state.keys = replace(world.app.state.keys, key_sets={ISSUER: keys})

    answer = world.public.get("/_status")

    out = f"{ISSUER}: no keys yet."
    assert answer.json() == before.json() | {"remarks": [out], "findings": found(before, keySets=out)}
