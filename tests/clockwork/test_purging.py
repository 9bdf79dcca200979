"""What is forgotten with time: answers kept for repeats, used assertions, previews; no fact of the register."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from app.clockwork.jobs import Done, purge
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.tables import AnnouncementPreview, StoredAnswer, UsedAssertion
from tests.api.scheduling import MOMENT, ready
from tests.api.steps import announced, previewed, submitted
from tests.world import World, application

MONTH = timedelta(days=30)
FORGOTTEN = (StoredAnswer, UsedAssertion, AnnouncementPreview)


def rows(world: World) -> dict[str, int]:
    """How many rows each table has."""
    with world.database.reading() as session:
        return {
            name: session.connection().execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
        }


def purged(world: World, at: datetime) -> dict[str, int]:
    return {what: number for what, number in purge(world.database, at)}  # noqa: C416


def test_what_nobody_may_ask_for_again_is_forgotten_and_nothing_else(world: World) -> None:
    ready(world)
    announced(world)
    submitted(world, "05W")
    before = rows(world)
    names = {table_of(model).name for model in FORGOTTEN}
    assert all(before[name] for name in names)

    done = purge(world.database, world.clock.at + MONTH + MOMENT)

    assert rows(world) == before | dict.fromkeys(names, 0)
    assert done == [
        Done("stored answers forgotten", before["stored_answers"]),
        Done("used assertions forgotten", before["used_assertions"]),
        Done("previews forgotten", before["announcement_previews"]),
    ]
    assert verify(world.database).faults == ()
    assert purge(world.database, world.clock.at + MONTH + MOMENT) == []


def test_an_answer_is_kept_for_thirty_days_to_the_end(sqlite_world: World) -> None:
    world, key = sqlite_world, str(uuid.uuid4())
    body = application("10T")
    first = world.system("slough").post("/v1/applications", body, Idempotency_Key=key)

    kept = purged(world, world.clock.at + MONTH)
    world.clock.move_by(days=30)
    again = world.system("slough").post("/v1/applications", body, Idempotency_Key=key)

    assert (first.status_code, kept.get("stored answers forgotten")) == (201, None)
    assert (again.status_code, again.content) == (201, first.content)
    world.clock.move_to(world.clock.at + MOMENT)
    assert purged(world, world.clock.at)["stored answers forgotten"] == 1


def test_an_assertion_is_remembered_for_as_long_as_it_could_be_used(sqlite_world: World) -> None:
    world = sqlite_world
    world.system("slough")
    with world.database.reading() as session:
        [expires] = session.connection().execute(select(table_of(UsedAssertion).c.expires_at)).scalars()

    early = purged(world, expires - MOMENT)

    assert early.get("used assertions forgotten") is None
    assert purged(world, expires)["used assertions forgotten"] == 1


@pytest.mark.parametrize(("later", "number"), [(MONTH, None), (MONTH + MOMENT, 1)])
def test_a_preview_is_kept_for_thirty_days_from_its_last_look(
    sqlite_world: World, later: timedelta, number: int | None
) -> None:
    world = sqlite_world
    ready(world)
    previewed(world)
    world.clock.move_by(days=10)
    previewed(world)

    assert purged(world, world.clock.at + later).get("previews forgotten") == number
