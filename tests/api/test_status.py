"""Whether the register is fit, what is told though it is fit, and what administrators see beside it."""

import asyncio
import os
from dataclasses import replace

import httpx
import pytest

from app.access.key_sets import KeySet
from app.records import condition
from tests.world import World

ISSUER = "https://login.test"


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

    assert (before.status_code, answer.status_code) == (200, 200)
    assert answer.json() == before.json() | {"writing": "refused", "remarks": ["The disk is full."]}


def test_a_register_whose_issuer_is_out_is_fit_and_takes_acts(sqlite_world: World) -> None:
    world = sqlite_world
    before = world.public.get("/_status")
    keys = KeySet(f"{ISSUER}/keys", "RS256", httpx.MockTransport(lambda _: httpx.Response(500)))
    asyncio.run(keys.find("any", world.clock.at))
    world.app.state.keys = replace(world.app.state.keys, key_sets={ISSUER: keys})

    answer = world.public.get("/_status")

    assert answer.json() == before.json() | {"remarks": [f"{ISSUER}: no keys yet."]}
