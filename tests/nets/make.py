"""``python -m tests.nets.make``: what the nets compare with, made anew.

All of it was made at commit d1816db, before anything was moved. Whoever runs this at another commit gives away what
the nets hold: only where bytes or answers are meant to change, and then the change of the files shows what else did.
"""

import gzip
import json
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


if __name__ == "__main__":
    make()
