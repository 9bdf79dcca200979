"""``python -m tests.nets.make``: what the nets compare with, made anew; with ``answers`` only the answers.

The database and the bytes of entries were made at commit d1816db and stay: whoever makes them at another commit gives
away what the nets hold. The answers are those of the last commit at which they were meant to change: record them anew
in a commit of its own, and look at what ``git diff`` of the decompressed file shows beside what was meant.
"""

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from app.records import migrations
from app.records.session import Database
from app.web.tracing import configure_logging
from tests.api.conftest import SettledWorld
from tests.nets import before, entries
from tests.nets.answers import KEPT
from tests.nets.asking import asked
from tests.nets.questions import private_questions, public_questions
from tests.nets.story import settings_in, told
from tests.world import World


@contextmanager
def telling(directory: Path) -> Iterator[World]:
    """The story, in a new database of a directory."""
    database = Database(f"sqlite:///{directory / 'register.db'}")
    database.make_file()
    migrations.upgrade(database)
    with start_blocking_portal() as TestClient.portal:
        yield told(database, settings_in(directory))
    TestClient.portal = None
    database.close()


def make() -> None:
    """Tell the story, and keep its entries, its database, and what that answers."""
    configure_logging("error")
    with tempfile.TemporaryDirectory() as name, telling(Path(name)) as world:
        lines = entries.lines_of(entries.written_in(world.database.file))
        entries.GOLDEN.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        world.database.close()
        before.pack(world.database.file)
        _keep_answers(before.opened(before.unpack(Path(name)), world.settings))


def _keep_answers(world: SettledWorld) -> None:
    questions = {each.key: each for ask in (public_questions, private_questions) for each in ask(world)}
    answers = [json.dumps(asked(world, each), ensure_ascii=False) for each in questions.values()]
    world.database.close()
    KEPT.write_bytes(gzip.compress("\n".join(answers).encode(), 9, mtime=0))


def make_answers() -> None:
    """Keep what the database of the commit before answers now."""
    configure_logging("error")
    with tempfile.TemporaryDirectory() as name, start_blocking_portal() as TestClient.portal:
        file, settings = before.unpack(Path(name)), settings_in(Path(name))
        database = Database(f"sqlite:///{file}")
        migrations.upgrade(database)
        database.close()
        _keep_answers(before.opened(file, settings))
    TestClient.portal = None


if __name__ == "__main__":
    make_answers() if sys.argv[1:] == ["answers"] else make()
