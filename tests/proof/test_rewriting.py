"""History rewritten in ten ways, 20 times each on both databases: what finds it, and which entry is named."""

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from app.access.keys import write_private_key
from app.clockwork.signing import Signer
from app.log.notes import SigningLogKey, read_checkpoint
from app.records import checkpoints, ledger
from app.records.audit.signatures import Known
from app.records.audit.verification import verify
from app.records.entries.wire import Entry
from app.records.log_tree import LogTree
from app.records.session import Database
from tests.commands.conftest import Register, Said
from tests.conftest import _administer, _named
from tests.proof.rewriting import BY_SQL, NAME
from tests.records import post_decision
from tests.tampering import tamper

TRIALS = 20
BY_COMMAND = 2
SIGNED_EVERY = 5
ACTS_THEN = (10, 25, 40, 55)
Copied = Callable[[str], AbstractContextManager[str]]


@dataclass(frozen=True)
class History:
    """A signed log, older copies of it, where its key and memory lie, and its newest checkpoint, kept outside."""

    now: str
    then: tuple[str, ...]
    directory: Path
    copied: Copied

    def known(self, *, from_outside: bool) -> Known:
        """What is known beside the database: to anybody who kept a checkpoint and the key, or to the operator."""
        signer = Signer.of(self.directory / "key", LogTree())
        if from_outside:
            kept = read_checkpoint((self.directory / "outside").read_text("utf-8"), signer.keys.public)
            return Known(signer.keys.public, since=kept)
        return Known(signer.keys.public, signer.memory())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    directory = tmp_path_factory.mktemp("log")
    write_private_key(directory / "key", SigningLogKey.generate(NAME).written().encode())
    if request.param == "sqlite":
        copied, world = copied_file(directory), f"sqlite:///{request.getfixturevalue('peopled_sqlite')}"
    else:
        server = request.getfixturevalue("postgresql_server")
        copied, world = copied_database(server), request.getfixturevalue("peopled_postgresql")
    with copied(world) as now:
        database, signer = Database(now), Signer.of(directory / "key", LogTree())
        story = enumerate(post_decision.tell(database))
        with ExitStack() as backups:
            then = []
            for acts in ACTS_THEN:
                tell(story, database, signer, acts=acts)
                then.append(backups.enter_context(copied(now)))
            tell(story, database, signer)
            (directory / "outside").write_text(newest_of(database), "utf-8")
            database.close()
            yield History(now, tuple(then), directory, copied)


def tell(story: Iterator[tuple[int, post_decision.Told]], database: Database, signer: Signer, acts: int = 0) -> None:
    """Go on with the story, to its end or so far, and sign every few acts; nobody is connected afterwards."""
    for number, told in story:
        if number % SIGNED_EVERY == 0:
            signer.sign(database, told.at)
        if number == acts:
            break
    signer.sign(database, told.at)
    database.close()


def newest_of(database: Database) -> str:
    with database.reading() as session:
        newest = checkpoints.newest(session)
    assert newest is not None
    return newest.note


def copied_file(directory: Path) -> Copied:
    @contextmanager
    def copied(url: str) -> Iterator[str]:
        file = directory / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(url.removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
        file.unlink()

    return copied


def copied_database(server: str) -> Copied:
    @contextmanager
    def copied(name: str) -> Iterator[str]:
        made = f"register_rewritten_{uuid.uuid4().hex}"
        template = name.rpartition("/")[2].partition("?")[0]
        _administer(server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", made, template)
        yield _named(server, made)
        _administer(server, "DROP DATABASE {} WITH (FORCE)", made)

    return copied


def verified(url: str, history: History, *, from_outside: bool) -> Said:
    """What the command says, with what the operator has, or with what anybody has who kept a checkpoint and the key."""
    register = Register(database_url=url)
    if from_outside:
        public = Register(log_key_file=history.directory / "key")("log-key", "show").out.strip()
        return register("verify", "--since", history.directory / "outside", "--key", public)
    return register("verify", log_key_file=history.directory / "key")


def first_found(url: str, history: History, trial: int) -> str:
    """The first fault, as the command says it: of the first trials the command itself, as it takes much longer."""
    known, database = history.known(from_outside=trial % 2 == 1), Database(url)
    try:
        first = verify(database, known=known).first
    finally:
        database.close()
    assert first is not None
    where = "no entry" if first.index is None else f"entry {first.index}"
    found = f"{where}: {first.table} {first.key}: {first.what}"
    if trial < BY_COMMAND:
        said = verified(url, history, from_outside=trial % 2 == 1)
        assert (said.code, said.lines[0]) == (1, found)
    return found


@pytest.mark.parametrize("from_outside", [False, True])
def test_a_history_that_nobody_touched_is_sound(history: History, from_outside: bool) -> None:  # noqa: FBT001
    said = verified(history.now, history, from_outside=from_outside)

    assert (said.code, said.lines[-1].rpartition(": ")[2]) == (0, "sound")


def rewritten(url: str, way: str, dice: Random) -> int | None:
    """Rewrite a history; the entry that is then to be named, if one is."""
    database, done = Database(url), list[int | None]()
    try:
        tamper(database, lambda connection: done.append(BY_SQL[way](connection, dice)))
    finally:
        database.close()
    return done[0]


@pytest.mark.parametrize("way", BY_SQL)
def test_whoever_rewrites_history_is_found(history: History, way: str) -> None:
    dice = Random(way)  # noqa: S311 - a test that is the same every time
    for trial in range(TRIALS):
        with history.copied(history.now) as url:
            done = rewritten(url, way, dice)

            found = first_found(url, history, trial)

        if done is not None:
            named = re.fullmatch(r"entry (\d+): .+", found)
            assert named, found
            assert int(named[1]) <= done, found


def test_a_backup_in_the_place_of_the_newest_is_found(history: History) -> None:
    """Of each, the first entry that is missing is named; after it whoever restored it may have written others."""
    for trial in range(TRIALS):
        with history.copied(history.then[trial % len(history.then)]) as url:
            database = Database(url)
            with database.writing() as session:
                size = ledger.head(session).size
                ledger.append_written(
                    session, [Entry("log.opened", {})] * (trial // 4), at=post_decision.BEGINNING + timedelta(days=1)
                )
            database.close()

            found = first_found(url, history, trial)

        assert re.fullmatch(r"entry \d+: log_checkpoints .+: entries \d+ to \d+ .+", found), found
        named = re.match(r"entry (\d+)", found)
        assert named
        assert int(named[1]) <= size + trial // 4
