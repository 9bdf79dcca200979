"""The world and its steps; and, for tests that never commit, one world for a whole room of tests."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, make_url

from app.records.session import Database
from tests.records.acting import Steps
from tests.world import World


@pytest.fixture
def steps(world: World) -> Steps:
    """Acts through casework, each in a transaction of its own."""
    return Steps(world.database, world.clock)


@pytest.fixture(scope="module")
def shared_sqlite(tmp_path_factory: pytest.TempPathFactory, peopled_sqlite: Path) -> Database:
    """The world on a SQLite file that the tests of a room share."""
    file = tmp_path_factory.mktemp("shared") / "register.db"
    shutil.copyfile(peopled_sqlite, file)
    return Database(f"sqlite:///{file}")


@pytest.fixture(scope="module")
def shared_postgresql(postgresql_server: str, peopled_postgresql: str) -> Iterator[Database]:
    """The world on a PostgreSQL database that the tests of a room share."""
    name = f"register_shared_{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(
            SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                Identifier(name), Identifier(peopled_postgresql)
            )
        )
    yield Database(make_url(postgresql_server).set(database=name).render_as_string(hide_password=False))
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The world, shared by the tests of a room, on each kind of database."""
    database: Database = request.getfixturevalue(f"shared_{request.param}")
    yield database
    database.close()


@pytest.fixture
def bare(shared: Database) -> Iterator[Connection]:
    """A connection past casework and ledger, that takes whatever SQL it is given; nothing of it stays."""
    with shared.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
