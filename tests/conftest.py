"""What every test may ask for: a migrated database of its own, on SQLite and on a real PostgreSQL.

``REGISTER_TEST_POSTGRES_URL`` names a PostgreSQL to use (its user must be allowed to create
databases); without it the run starts one of its own. A PostgreSQL that does not start fails the
tests, it does not skip them.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from app.records import migrations
from app.records.session import Database
from tests.postgres_server import PostgresServer, locked, make_run_directory

DIRECTORY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run makes the run's directory; the workers are told which it is."""
    given = getattr(config, "workerinput", {}).get("run_directory")
    config.stash[DIRECTORY] = Path(given) if given else make_run_directory()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_directory"] = str(node.config.stash[DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        PostgresServer(config.stash[DIRECTORY]).stop()


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
