"""One story that writes every kind of log entry, told by the acts of systems, people, commands and the clock.

It is told the same way each time: the clock stands where a chapter puts it, ids count up, keys follow from names.
All of it is made up, but for the names and codes of the CCGs.
"""

from pathlib import Path

from httpx2 import Response

from app.access.keys import generate_token_key, write_private_key
from app.records.session import Database
from app.settings import Settings
from tests.api.conftest import SettledWorld
from tests.nets import applying, post_decision
from tests.nets.seeds import counted_ids, log_key, pair_of
from tests.published import Contract
from tests.world import PUBLIC_URL, SYSTEMS, World, people_the_world

CHAPTERS = (*applying.CHAPTERS, *post_decision.CHAPTERS)


class Unjudged(Contract):
    """No judge of answers: what an answer must be is tested elsewhere, and the story only writes."""

    def check(self, method: str, response: Response) -> None:
        """Let every answer pass."""


def told(database: Database, settings: Settings) -> World:
    """Tell the story in an empty database of the newest schema; returns the world that it left."""
    with counted_ids():
        pairs = {client_id: pair_of(client_id) for client_id in SYSTEMS}
        people_the_world(database, settings, pairs)
        world = SettledWorld(database, settings, pairs)
        world.contract = Unjudged(world.contract.document, world.contract.routes)
        for chapter in CHAPTERS:
            chapter(world)
            world.sign()
        return world


def settings_in(directory: Path) -> Settings:
    """Settings with keys in a directory: those of tokens are new, that of the log is always the same."""
    for name in ("token-key.pem", "development-key.pem"):
        write_private_key(directory / name, generate_token_key())
    write_private_key(directory / "log-key.txt", log_key().encode())
    return Settings(
        public_url=PUBLIC_URL,
        log_key_file=directory / "log-key.txt",
        token_key_file=directory / "token-key.pem",
        development_key_file=directory / "development-key.pem",
    )
