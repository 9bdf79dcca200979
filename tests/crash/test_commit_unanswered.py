"""COMMIT was sent and its answer did not come: the caller is told that nobody knows, and its key finds out."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from app.access.keys import Pair
from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import Application
from app.settings import Settings
from tests.crash.silent_wire import Silence, SilentWire
from tests.soundness import assert_sound
from tests.world import ATTRIBUTION, World, application

ACTS = {
    "with a key": "The act may have been done, and may not. Send it again with the same Idempotency-Key.",
    "without a key": "The act may have been done, and may not. Read the record before you send it again.",
}


@pytest.fixture
def wire(postgresql_world_url: str) -> Iterator[SilentWire]:
    # A socket's address must be short.
    with TemporaryDirectory() as directory, SilentWire(postgresql_world_url, Path(directory)).open() as wire:
        yield wire


@pytest.fixture
def world(wire: SilentWire, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    database = Database(wire.url)
    yield World(database, settings, pairs)
    assert_sound(database)
    database.close()


def unconfirmed(answer: Response, path: str, detail: str) -> dict[str, object]:
    return {
        "type": "/problems/write-unconfirmed",
        "title": "Write unconfirmed",
        "status": 503,
        "detail": detail,
        "instance": path,
        "code": "write-unconfirmed",
        "traceId": answer.headers["x-request-id"],
        "errors": [],
    }


def applications_in(world: World) -> int:
    with world.database.reading() as session:
        return session.connection().execute(select(func.count()).select_from(table_of(Application))).scalar_one()


@pytest.mark.parametrize("silence", [Silence.ANSWER, Silence.COMMIT])
def test_the_same_key_tells_whether_an_act_was_done_whose_commit_was_not_answered(
    wire: SilentWire, world: World, silence: Silence
) -> None:
    hackney, key = world.system("hackney"), str(uuid.uuid4())
    wire.silence = silence
    told = hackney.post("/v1/applications", application("07T"), Idempotency_Key=key)
    wire.silence = Silence.NOTHING
    if silence is Silence.ANSWER:
        assert wire.committed.wait(10)
    done = applications_in(world)

    again = hackney.post("/v1/applications", application("07T"), Idempotency_Key=key)

    assert told.json() == unconfirmed(told, "/v1/applications", ACTS["with a key"])
    assert told.headers["retry-after"] == "1"
    assert done == (1 if silence is Silence.ANSWER else 0)
    assert (again.status_code, applications_in(world)) == (201, 1)


def test_an_act_without_a_key_whose_commit_was_not_answered_is_to_be_read(wire: SilentWire, world: World) -> None:
    hackney = world.system("hackney")
    created = hackney.post("/v1/applications", application("07T", submitted=False))
    path = f"/v1/applications/{created.json()['reference']}"
    wire.silence = Silence.ANSWER
    change = {"attribution": ATTRIBUTION, "proposal": {"summary": "Another."}}
    told = hackney.patch(path, change, if_match=created.headers["etag"])
    wire.silence = Silence.NOTHING
    assert wire.committed.wait(10)

    read = hackney.get(path)

    assert told.json() == unconfirmed(told, path, ACTS["without a key"])
    assert read.json()["proposal"]["summary"] == "Another."


def test_a_token_that_nobody_got_is_asked_for_again(wire: SilentWire, world: World) -> None:
    wire.silence = Silence.ANSWER
    with pytest.raises(AssertionError, match=r"The register cannot answer now\."):
        world.system("hackney")
    wire.silence = Silence.NOTHING

    assert world.system("hackney").token is not None
