"""What every test may ask for: a migrated database of its own, on SQLite and on a real PostgreSQL.

``REGISTER_TEST_POSTGRES_URL`` names a PostgreSQL to use (its user must be allowed to create
databases); without it the run starts one of its own. A PostgreSQL that does not start fails the
tests, it does not skip them.
"""

import gc
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import settings as hypothesis_settings
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url
from starlette.testclient import TestClient

from app.access.keys import Pair, write_private_key
from app.log.notes import SigningLogKey
from app.records import ledger, migrations
from app.records.session import Database
from app.settings import Settings
from tests.compiled import share_compiled_statements
from tests.loop import seconds
from tests.postgres_server import PostgresServer, locked, make_run_directory, one_first
from tests.soundness import assert_sound, remember
from tests.world import PUBLIC_URL, World, make_pairs, people_the_world, small_token_key

DIRECTORY = pytest.StashKey[Path]()
LONG = ("crash", "machine", "proof")
# The same examples in every run, whoever runs it: one that fails now and then would stop work it has no part in.
hypothesis_settings.register_profile("repeatable", derandomize=True, database=None)
hypothesis_settings.load_profile("repeatable")
share_compiled_statements()
# Python's own thresholds suit small programs: here a tenth of the time went into looking for garbage.
gc.set_threshold(50_000, 20, 50)


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run makes the run's directory; the workers are told which it is.

    What tests write below ``tmp_path`` lies there too: on a disk, every commit to SQLite waits for it.
    """
    given = getattr(config, "workerinput", {}).get("run_directory")
    config.stash[DIRECTORY] = Path(given) if given else make_run_directory()
    config.option.basetemp = config.option.basetemp or str(config.stash[DIRECTORY] / "tmp")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_directory"] = str(node.config.stash[DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        PostgresServer(config.stash[DIRECTORY]).stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it also when nothing was skipped; what was, pytest lists with its reason (``-ra``)."""
    if not terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("Skipped: nothing.")
    took: dict[str, float] = defaultdict(float)
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if isinstance(report, pytest.TestReport):
            took[report.nodeid] += report.duration
    seconds.remember(terminalreporter.config, took)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """One worker compiles the tests, and the others read what it wrote. What is there by then is never garbage."""
    with one_first(session.config.stash[DIRECTORY] / "collecting.lock"):
        yield
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that none is begun when the others end; those that mostly wait before all."""
    places = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


@pytest.fixture(scope="session", autouse=True)
def one_event_loop() -> Iterator[None]:
    """Requests within the process share a loop and its threads, as those to a server do; making them takes time."""
    with start_blocking_portal() as TestClient.portal:
        yield
    TestClient.portal = None


@pytest.fixture(scope="session")
def run_directory(request: pytest.FixtureRequest) -> Path:
    """A directory that all workers of this run share."""
    return request.config.stash[DIRECTORY]


@pytest.fixture(scope="session")
def postgresql_server(run_directory: Path) -> str:
    """The URL of a PostgreSQL that may create databases."""
    given = os.environ.get("REGISTER_TEST_POSTGRES_URL")
    if given:
        return given
    server = PostgresServer(run_directory)
    server.ensure_started()
    return server.url


@pytest.fixture(scope="session")
def postgresql_template(run_directory: Path, postgresql_server: str) -> Iterator[str]:
    """The name of a migrated database that each test copies; one for each worker."""
    name = f"register_template_{uuid.uuid4().hex}"
    with locked(run_directory / "template.lock"):
        _administer(postgresql_server, "CREATE DATABASE {}", name)
    _migrate(_named(postgresql_server, name))
    yield name
    _administer(postgresql_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"register_test_{uuid.uuid4().hex}"
    _administer(postgresql_server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, postgresql_template)
    yield _named(postgresql_server, name)
    _administer(postgresql_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def sqlite_template(run_directory: Path) -> Path:
    """A migrated SQLite file that each test copies; one for each worker."""
    file = run_directory / f"template-{uuid.uuid4().hex}.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(run_directory: Path, sqlite_template: Path) -> Iterator[str]:
    """A migrated SQLite file of this test's own."""
    own = run_directory / f"test-{uuid.uuid4().hex}"
    own.mkdir()
    shutil.copyfile(sqlite_template, own / "register.db")
    yield f"sqlite:///{own / 'register.db'}"
    shutil.rmtree(own)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, connected."""
    connected = Database(database_url)
    yield connected
    connected.close()


@pytest.fixture
def clocks_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are dated as the releases before 0.3.0 dated them: by any clock, in any order."""
    monkeypatch.setattr(ledger, "_not_before", lambda *given: given[-1])


@pytest.fixture(scope="session")
def pairs() -> dict[str, Pair]:
    """A key pair for each system of the world."""
    return make_pairs()


@pytest.fixture(scope="session")
def settings(run_directory: Path) -> Settings:
    """Settings for the world, with keys of this worker's own."""
    directory = run_directory / f"keys-{uuid.uuid4().hex}"
    for name in ("token-key.pem", "development-key.pem"):
        write_private_key(directory / name, small_token_key())
    log_key = SigningLogKey.generate("register.test/log")
    write_private_key(directory / "log-key.txt", log_key.written().encode())
    return Settings(
        public_url=PUBLIC_URL,
        log_key_file=directory / "log-key.txt",
        token_key_file=directory / "token-key.pem",
        development_key_file=directory / "development-key.pem",
    )


@pytest.fixture(scope="session")
def peopled_sqlite(run_directory: Path, sqlite_template: Path, settings: Settings, pairs: dict[str, Pair]) -> Path:
    """A SQLite file with the world in it, that each test copies."""
    file = run_directory / f"world-{uuid.uuid4().hex}.db"
    shutil.copyfile(sqlite_template, file)
    _people(f"sqlite:///{file}", settings, pairs)
    return file


@pytest.fixture(scope="session")
def peopled_postgresql(
    postgresql_server: str, postgresql_template: str, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[str]:
    """The name of a PostgreSQL database with the world in it, that each test copies."""
    name = f"register_world_{uuid.uuid4().hex}"
    _administer(postgresql_server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, postgresql_template)
    _people(_named(postgresql_server, name), settings, pairs)
    yield name
    _administer(postgresql_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def sqlite_world_url(run_directory: Path, peopled_sqlite: Path) -> Iterator[str]:
    """The world on a SQLite file of this test's own."""
    own = run_directory / f"test-{uuid.uuid4().hex}"
    own.mkdir()
    shutil.copyfile(peopled_sqlite, own / "register.db")
    yield f"sqlite:///{own / 'register.db'}"
    shutil.rmtree(own)


@pytest.fixture
def postgresql_world_url(postgresql_server: str, peopled_postgresql: str) -> Iterator[str]:
    """The world on a PostgreSQL database of this test's own."""
    name = f"register_test_{uuid.uuid4().hex}"
    _administer(postgresql_server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, peopled_postgresql)
    yield _named(postgresql_server, name)
    _administer(postgresql_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(params=["sqlite", "postgresql"])
def world_url(request: pytest.FixtureRequest) -> str:
    """The world on each kind of database; after the test ``verify`` finds nothing wrong with it."""
    url: str = request.getfixturevalue(f"{request.param}_world_url")
    return url


@pytest.fixture
def world(world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """A register with CCGs, rounds, systems and people; whatever a test does, its log must stay sound."""
    database = Database(world_url)
    yield World(database, settings, pairs)
    assert_sound(database)
    database.close()


def _people(url: str, settings: Settings, pairs: dict[str, Pair]) -> None:
    database = Database(url)
    people_the_world(database, settings, pairs)
    remember(database)
    database.close()


def _migrate(url: str) -> None:
    database = Database(url)
    migrations.upgrade(database)
    database.close()


def _administer(server: str, statement: str, *names: str) -> None:
    """CREATE and DROP DATABASE run outside a transaction."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL(statement).format(*map(Identifier, names)))


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)
