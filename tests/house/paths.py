"""The way of one request through the house: which rooms it enters, how often it crosses a border, what it asks.

``python -m tests.house.paths`` plays the acts that a test holds to a number, on SQLite, and prints each
way. A room is a module of the application. A border is crossed when a function of one room calls one of
another, also by way of a library that calls back. Statements are all that the database is asked, without
the BEGIN of a transaction.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from anyio.from_thread import start_blocking_portal
from httpx2 import Response
from sqlalchemy import Engine, event

import app
from app.access.keys import generate_token_key, write_private_key
from app.log.notes import SigningLogKey
from app.records import migrations
from app.records.session import Database
from app.settings import Settings
from tests.api.post_decision import Decided, decided, proposed
from tests.api.steps import granted, submitted
from tests.world import PUBLIC_URL, REASON, World, application, make_pairs, outcome, outcomes, people_the_world

HOUSE = f"{Path(app.__file__).parent}/"


@dataclass
class Way:
    """What one request did: rooms in the order in which they were entered, calls over a border, statements."""

    rooms: list[str] = field(default_factory=list)
    borders: list[tuple[str, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    def enter(self, frame: FrameType) -> None:
        """Note a call of one of the application's functions."""
        room = _room_of(frame)
        if room is None:
            return
        if room not in self.rooms:
            self.rooms.append(room)
        caller = _calling_room(frame)
        if caller is not None and caller != room:
            self.borders.append((caller, room))

    def __str__(self) -> str:
        return f"{len(self.rooms)} rooms, {len(self.borders)} borders, {len(self.statements)} statements"


def _room_of(frame: FrameType) -> str | None:
    file = frame.f_code.co_filename
    return file.removeprefix(HOUSE).removesuffix(".py") if file.startswith(HOUSE) else None


def _calling_room(frame: FrameType) -> str | None:
    """The room that a call comes from, also by way of a library that calls back."""
    above = frame.f_back
    while above is not None:
        room = _room_of(above)
        if room is not None:
            return room
        above = above.f_back
    return None


@contextmanager
def watched(world: World) -> Iterator[Callable[[Callable[[], Response]], Way]]:
    """What sends a request and tells its way; the first one of a kind should be sent before, unwatched.

    Threads are watched from their start on, so the world's requests run in threads of their own meanwhile.
    """
    found: list[Way] = []

    def note(frame: FrameType, what: str, _: Any) -> None:
        if what == "call" and found:
            found[0].enter(frame)

    def ask(_: Any, __: Any, statement: str, *___: Any) -> None:
        if found and not statement.startswith("BEGIN"):
            found[0].statements.append(statement)

    def send(request: Callable[[], Response]) -> Way:
        found.append(Way())
        try:
            answer = request()
        finally:
            way = found.pop()
        assert answer.is_success, answer.text
        return way

    before = threading.getprofile()
    event.listen(Engine, "before_cursor_execute", ask)
    threading.setprofile(note)
    try:
        with start_blocking_portal() as world.portal:
            yield send
    finally:
        world.portal = None
        threading.setprofile(before)
        event.remove(Engine, "before_cursor_execute", ask)


def ways(world: World) -> dict[str, Way]:
    """The ways of the acts and reads that are held to a number, each walked once before it is watched."""
    first, second = submitted(world, "10T"), submitted(world, "02W")
    granted_before, granted_now = (decided(granted(world, code).reference, code) for code in ("05C", "07T"))
    proposals = [_proposal(world, each) for each in (granted_before, granted_now)]
    panels = world.person("south-panel-1"), world.person("north-panel-1")
    stoke, hackney, national = world.system("stoke"), world.system("hackney"), world.person("national-2")
    slough = world.system("slough")
    said = [outcomes(outcome(code, "approved")) for code in ("02W", "10T")]
    applications = [application(code) for code in ("05W", "07T")]
    twice: dict[str, list[Callable[[], Response]]] = {
        "create and submit": [
            lambda: stoke.post("/v1/applications", applications[0]),
            lambda: hackney.post("/v1/applications", {**applications[1], "roundId": "trial"}),
        ],
        "application status": [lambda: slough.get(f"{first.where}/status")] * 2,
        "record outcomes": [
            lambda: panels[1].post(f"{second.where}/outcomes", said[0], if_match=second.etag),
            lambda: panels[0].post(f"{first.where}/outcomes", said[1], if_match=first.etag),
        ],
        "confirm a correction": [
            lambda: national.post(proposals[0][0], None, if_match=proposals[0][1]),
            lambda: national.post(proposals[1][0], None, if_match=proposals[1][1]),
        ],
        "list approvals": [lambda: world.public.get("/v1/approvals")] * 2,
    }
    found = {}
    with watched(world) as send:
        for name, (before, now) in twice.items():
            assert before().is_success
            found[name] = send(now)
    return found


def _proposal(world: World, at: Decided) -> tuple[str, str]:
    """Where a correction waits for its confirmation, and the version it is to be confirmed at."""
    body = {"reason": "Read out wrongly.", "outcome": "rejected", "reasons": [REASON]}
    made = proposed(world, at, "correction", body)
    return made["proposal"]["href"], f'"v{made["version"]}"'


@contextmanager
def prepared_world(directory: Path) -> Iterator[World]:
    """A world on SQLite of its own, made in a directory."""
    for name in ("token-key.pem", "development-key.pem"):
        write_private_key(directory / name, generate_token_key())
    log_key = SigningLogKey.generate("register.test/log")
    write_private_key(directory / "log-key.txt", log_key.written().encode())
    settings = Settings(
        public_url=PUBLIC_URL,
        log_key_file=directory / "log-key.txt",
        token_key_file=directory / "token-key.pem",
        development_key_file=directory / "development-key.pem",
    )
    database, pairs = Database(f"sqlite:///{directory / 'register.db'}"), make_pairs()
    migrations.upgrade(database)
    people_the_world(database, settings, pairs)
    yield World(database, settings, pairs)
    database.close()


def main() -> None:
    """Print the ways, for whoever wants to shorten one."""
    with tempfile.TemporaryDirectory() as directory, prepared_world(Path(directory)) as world:
        for name, way in ways(world).items():
            print(f"{name}: {way}")  # noqa: T201  printing it is what it is for
            print(*(f"    {room}" for room in way.rooms), sep="\n")  # noqa: T201
            print(*(f"    {statement}" for statement in way.statements), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
