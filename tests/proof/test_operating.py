"""What the documents tell an operator of PostgreSQL and of backups, done as it stands there."""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from app.access.keys import Pair
from app.records.session import Database
from app.settings import Settings
from tests.api.steps import announced, granted, recorded, signed_off, submitted
from tests.commands.conftest import Register
from tests.conftest import _administer, _named
from tests.postgres_server import PostgresServer
from tests.world import World

OPERATING = (Path(__file__).parent.parent.parent / "docs/operating.md").read_text(encoding="utf-8")
ROLE = "register_service"


@pytest.fixture
def service(postgresql_world_url: str, postgresql_server: str) -> Iterator[str]:
    """The world, for the login that the documents describe."""
    [command] = set(re.findall(rf"^ *register (db grants {ROLE}) \| psql register", OPERATING, re.MULTILINE))
    role = f"{ROLE}_{uuid.uuid4().hex}"
    written = Register(database_url=postgresql_world_url)(*command.replace(ROLE, role).split())
    owner = Database(postgresql_world_url)
    with owner.engine.begin() as connection:
        connection.exec_driver_sql(written.out)
    yield make_url(postgresql_world_url).set(username=role).render_as_string(hide_password=False)
    with owner.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
    owner.close()
    _administer(postgresql_server, "DROP ROLE {}", role)


def test_the_register_does_all_its_work_with_a_login_that_can_only_add_to_the_log(
    service: str, settings: Settings, pairs: dict[str, Pair]
) -> None:
    database = Database(service)
    world = World(database, settings, pairs)
    at = signed_off(world, recorded(world, submitted(world, "10T")))
    announced(world)
    world.sign()
    read = world.public.get(at.decision()).status_code, world.public.get(f"{at.decision()}/receipt").status_code
    code = Register(database_url=service)("tick").code, Register(database_url=service)("verify").code
    database.close()

    assert read == (200, 200)
    assert code == (0, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entries SET kind = 'x'",
        "DELETE FROM log_entries",
        "TRUNCATE log_checkpoints",
        "DELETE FROM log_private",
        "UPDATE log_private SET body = ''",
        "DELETE FROM log_checkpoints",
        "TRUNCATE log_entries",
        "DELETE FROM decisions",
        "UPDATE log_checkpoints SET note = ''",
        "ALTER TABLE log_entries DISABLE TRIGGER USER",
        "DROP TRIGGER log_entries_kept ON log_entries",
        "DROP TABLE log_checkpoints",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE sql AS ''",
    ],
)
def test_that_login_may_not_touch_what_is_written(service: str, statement: str) -> None:
    database = Database(service)
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    database.close()


# --- backups ------------------------------------------------------------------------------------


def checkpoint_and_key(world: World, tmp_path: Path, name: str = "checkpoint") -> tuple[Path, str]:
    kept = tmp_path / name
    kept.write_text(world.public.get("/v1/log/checkpoint").text, "utf-8")
    return kept, world.public.get("/v1/log/key").text.strip()


def test_a_backup_of_sqlite_has_the_root_that_was_kept_outside(
    sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    [command] = re.findall(r'`sqlite3 var/register\.db "(.+?)"`', OPERATING)
    world = World(Database(sqlite_world_url), settings, pairs)
    granted(world, "10T")
    world.sign()
    kept, key = checkpoint_and_key(world, tmp_path)

    with sqlite3.connect(world.database.file) as running:
        running.execute(command.replace("backup.db", str(tmp_path / "backup.db")))
    running.close()
    granted(world, "07T")
    world.sign()
    later, _ = checkpoint_and_key(world, tmp_path, "later")
    world.database.close()

    restored = Register(database_url=f"sqlite:///{tmp_path / 'backup.db'}")
    assert restored("verify", "--since", kept, "--key", key).code == 0
    assert restored("verify", "--since", later, "--key", key).code == 1


def test_a_backup_of_postgresql_has_the_root_that_was_kept_outside(
    postgresql_world_url: str,
    postgresql_server: str,
    run_directory: Path,
    settings: Settings,
    pairs: dict[str, Pair],
    tmp_path: Path,
) -> None:
    [dump] = re.findall(r"^pg_dump .+$", OPERATING, re.MULTILINE)
    [restore] = re.findall(r"^ *(pg_restore .+)$", OPERATING, re.MULTILINE)
    world = World(Database(postgresql_world_url), settings, pairs)
    granted(world, "10T")
    world.sign()
    kept, key = checkpoint_and_key(world, tmp_path)
    world.database.close()
    name = f"register_restored_{uuid.uuid4().hex}"
    _administer(postgresql_server, "CREATE DATABASE {}", name)
    server = PostgresServer(run_directory)

    for command, url in ((dump, postgresql_world_url), (restore, _named(postgresql_server, name))):
        program, *arguments = shlex.split(command.replace("$REGISTER_DATABASE_URL", url))
        found = server.program(program) if "REGISTER_TEST_POSTGRES_URL" not in os.environ else shutil.which(program)
        assert found, f"{program} is not on the PATH"
        subprocess.run([str(found), *arguments], cwd=tmp_path, check=True, timeout=120)

    restored = Register(database_url=_named(postgresql_server, name))
    said = restored("verify", "--since", kept, "--key", key)
    _administer(postgresql_server, "DROP DATABASE {} WITH (FORCE)", name)
    assert said.code == 0
