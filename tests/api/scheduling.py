"""Schedules and the clockwork: what tests of either ask for, and what the log has afterwards."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from app.log.encoding import instant_text
from app.records.changes import table_of
from app.records.tables import LogEntry
from tests.api.steps import At, previewed, recorded, signed_off, submitted
from tests.world import World, outcome

# A London day in winter, and the shortest time before an instant that the tests look at.
HOUR = datetime(2015, 2, 18, 10, 0, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


class Written(NamedTuple):
    """An entry of the log: in which act, and when."""

    act: int
    kind: str
    at: datetime
    publishes: bool
    subject: str | None
    data: dict[str, Any]


def written(world: World, *kinds: str, after: int = 0) -> list[Written]:
    """The log's entries of these kinds from an index on, or all of them; about a decision where there is one."""
    table = table_of(LogEntry)
    columns = (table.c.act, table.c.kind, table.c.at, table.c.publishes, table.c.reference, table.c.body)
    query = select(*columns).where(table.c.index >= after).order_by(table.c.index)
    with world.database.reading() as session:
        rows = session.connection().execute(query).all()
    return list(_wanted(rows, kinds))


def _wanted(rows: Any, kinds: tuple[str, ...]) -> Iterator[Written]:
    for act, kind, at, publishes, reference, body in rows:
        if kinds and kind not in kinds:
            continue
        data = json.loads(body)["data"]
        yield Written(act, kind, at, publishes, data.get("decisionId") or reference, data)


def ready(
    world: World, code: str = "10T", word: str = "rejected", round_id: str = "2015-16", level: str = "delegated"
) -> At:
    """One CCG's application, signed off."""
    at = recorded(world, submitted(world, code, level=level, round_id=round_id), outcome(code, word))
    return signed_off(world, at, "national-1" if level == "delegated" else at.panel(2))


def scheduled(world: World, at: datetime = HOUR, round_id: str = "2015-16", **asked: Any) -> dict[str, Any]:
    """Previewed, and scheduled for an hour."""
    expect = previewed(world, round_id, **asked)["setDigest"]
    body = {**asked, "expect": expect, "publishAt": instant_text(at)}
    answer = world.person("national-1").post(f"/v1/rounds/{round_id}/announcement", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def where(made: dict[str, Any]) -> str:
    return f"/v1/rounds/{made['round']}/announcement/{made['announcementId']}"


def cancelled(world: World, made: dict[str, Any]) -> dict[str, Any]:
    answer = world.person("national-2").delete(where(made))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def changes(world: World, after: int) -> list[dict[str, Any]]:
    """What the public feed says after a sequence."""
    found: list[dict[str, Any]] = world.public.get(f"/v1/changes?after={after}&limit=200").json()["results"]
    return found


def is_public(world: World, at: At) -> bool:
    return world.public.get(at.decision()).status_code == 200
