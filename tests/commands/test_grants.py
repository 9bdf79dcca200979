"""``register db grants``: a login that can only add, and what is said to one that lacks a right."""

import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from app.access.keys import Pair
from app.clockwork.jobs import purge
from app.records import migrations, rights, tables
from app.records.session import Database
from app.settings import Settings
from tests.api.post_decision import approved, ticked
from tests.commands.conftest import Register, Said
from tests.world import World, application

RECORDS = Path(rights.__file__).parent


@dataclass(frozen=True)
class Login:
    """A login of PostgreSQL, and the database as it sees it."""

    name: str
    url: str
    owner: str

    def given(self, statements: str) -> None:
        """Let the owner run statements, as psql would."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(statements.encode())

    @contextmanager
    def database(self) -> Iterator[Database]:
        with closing(Database(self.url)) as connected:
            yield connected


@pytest.fixture
def login(postgresql_world_url: str) -> Iterator[Login]:
    """A login with an awkward name and no right, over the world; nothing is left of it."""
    name = f'Odd";--{uuid.uuid4().hex}'
    made = Login(
        name,
        make_url(postgresql_world_url).set(username=name).render_as_string(hide_password=False),
        postgresql_world_url,
    )
    yield made
    with psycopg.connect(postgresql_world_url) as connection:
        for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
            connection.execute(SQL(statement).format(Identifier(name)))


@pytest.fixture
def granted(login: Login) -> Login:
    """The same, with what `register db grants` writes."""
    login.given(Register(database_url=login.owner)("db", "grants", login.name).out)
    return login


@contextmanager
def served(login: Login, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """The register over the database as the login sees it."""
    with login.database() as database:
        yield World(database, settings, pairs)


def test_it_writes_the_sql_and_runs_none_of_it(postgresql_world_url: str) -> None:
    written = Register(database_url=postgresql_world_url)("db", "grants", 'the "service"')

    name = make_url(postgresql_world_url).database
    assert (written.code, written.err) == (0, "")
    assert written.lines[:5] == [
        "BEGIN;",
        'CREATE ROLE "the ""service""" LOGIN;',
        f'GRANT CONNECT ON DATABASE "{name}" TO "the ""service""";',
        'GRANT USAGE ON SCHEMA "public" TO "the ""service""";',
        'REVOKE ALL ON ALL TABLES IN SCHEMA "public" FROM "the ""service""";',
    ]
    assert 'GRANT SELECT, INSERT ON TABLE "public"."log_entries" TO "the ""service""";' in written.lines
    to_come = 'FOR ROLE "postgres" IN SCHEMA "public" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO'
    assert written.lines[-2:] == [
        f'ALTER DEFAULT PRIVILEGES {to_come} "the ""service""";',
        "COMMIT;",
    ]
    with psycopg.connect(postgresql_world_url) as connection:
        assert connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'the \"service\"'").fetchall() == []


def test_a_login_that_can_only_add_serves_before_and_after_an_upgrade(
    granted: Login, settings: Settings, pairs: dict[str, Pair]
) -> None:
    owner = Register(database_url=granted.owner)
    with served(granted, settings, pairs) as world:
        approved(world, "10T")
        lacking_before = world.public.get("/_status").json()
    # The tables of the newest revisions are made anew, so they are new to the login.
    downgraded = owner("db", "downgrade", "0003", "--yes")
    upgraded = owner("db", "upgrade")
    too_many = _rights_by_the_check(granted)
    granted.given(owner("db", "grants", granted.name).out)
    with served(granted, settings, pairs) as world:
        world.sign()
        approved(world, "07T", round_id="trial")
        ticked(world)
        purge(world.database, world.clock.at + timedelta(days=60))
        lacking_after = world.public.get("/_status").json()

    assert (downgraded.code, upgraded) == (0, Said(0, f"{migrations.expected_revision()}\n", ""))
    assert [each["writing"] for each in (lacking_before, lacking_after)] == ["accepted", "accepted"]
    assert owner("verify").code == 0
    enough = "all that serving needs"
    assert re.fullmatch(f"fit    rights: {enough}, and more: .*DELETE on [a-z_]+; see `register db grants`", too_many)
    assert _rights_by_the_check(granted) == f"fit    rights: {enough}"


def _rights_by_the_check(login: Login) -> str:
    return next(line for line in Register(database_url=login.url)("check").lines if "rights:" in line)


def test_the_sql_can_be_run_again(granted: Login) -> None:
    again = Register(database_url=granted.owner)("db", "grants", granted.name)

    granted.given(again.out)

    assert "CREATE ROLE" not in again.out
    with granted.database() as database, database.reading() as session:
        assert rights.missing(session) == []


def test_every_table_that_rows_leave_is_named() -> None:
    removed = {
        table
        for room in RECORDS.rglob("*.py")
        for table in re.findall(r"(?:Remove\(tables\.|\bdelete\()([A-Z]\w+)", room.read_text(encoding="utf-8"))
    }
    names = {name: table.__tablename__ for name, table in vars(tables).items() if hasattr(table, "__tablename__")}

    # `assertions` deletes by the table itself.
    assert {names[each] for each in removed} | {"used_assertions"} == rights.REMOVED_FROM | rights.FORGOTTEN


# --- who is refused -----------------------------------------------------------------------------


def test_sqlite_has_no_logins(over_sqlite: Register) -> None:
    assert over_sqlite("db", "grants", "register_service") == Said(
        1, "", "SQLite has no logins: whoever may write to its file may change everything.\n"
    )


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("postgres", "postgres owns the tables or is a superuser, so it can do everything whatever is granted\n"),
        ("public", "public means something else to PostgreSQL: name another role\n"),
        ("pg_read_all_data", "pg_read_all_data means something else to PostgreSQL: name another role\n"),
        ("", "a role's name has 1 to 63 bytes and no control characters\n"),
        ("x" * 64, "a role's name has 1 to 63 bytes and no control characters\n"),
        ("two\nlines", "a role's name has 1 to 63 bytes and no control characters\n"),
    ],
)
def test_a_role_that_cannot_be_limited_is_refused(postgresql_url: str, role: str, said: str) -> None:
    assert Register(database_url=postgresql_url)("db", "grants", role) == Said(1, "", said)


# --- a login that lacks a right -----------------------------------------------------------------


@pytest.fixture
def bare(login: Login) -> Login:
    """The login without a right to any table."""
    with psycopg.connect(login.owner) as connection:
        connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(login.name)))
    return login


@pytest.mark.parametrize("command", [("people", "list"), ("verify",), ("db", "upgrade"), ("db", "current"), ("tick",)])
def test_a_login_without_rights_is_told_which_one_it_lacks(bare: Login, command: tuple[str, ...]) -> None:
    refused = Register(database_url=bare.url)(*command)

    assert refused == Said(
        1,
        "",
        f"{bare.url}: the login lacks a right (permission denied for table alembic_version; needed: SELECT); "
        "`register db grants ROLE` writes the SQL for what it needs.\n",
    )


def test_a_login_that_may_not_alter_tables_is_told_so(granted: Login) -> None:
    Register(database_url=granted.owner)("db", "downgrade", "0003", "--yes")

    refused = Register(database_url=granted.url)("db", "upgrade")

    assert (refused.code, refused.out) == (1, "")
    assert "the login lacks a right (" in refused.err
    assert len(refused.err.splitlines()) == 1


def test_acts_are_answered_503_if_the_login_may_not_do_them_and_the_status_says_which_right_is_missing(
    granted: Login, settings: Settings, pairs: dict[str, Pair]
) -> None:
    with psycopg.connect(granted.owner) as connection:
        connection.execute(SQL("REVOKE INSERT ON applications, log_private FROM {}").format(Identifier(granted.name)))
    lacking = "The database's login lacks rights: INSERT on applications; INSERT on log_private."
    with served(granted, settings, pairs) as world:
        status = world.public.get("/_status")
        act = world.system("slough").post("/v1/applications", application("10T"))

    assert (status.status_code, status.json()["status"], status.json()["writing"]) == (200, "fit", "refused")
    assert status.json()["remarks"] == [lacking]
    assert (act.status_code, act.json()["code"]) == (503, "unavailable")


def test_a_register_that_may_not_read_is_unfit(bare: Login, settings: Settings, pairs: dict[str, Pair]) -> None:
    with served(bare, settings, pairs) as world:
        status, listing = world.public.get("/_status"), world.public.get("/v1/organisations")

    assert (status.status_code, listing.status_code) == (503, 503)
    assert status.json()["remarks"] == [
        "The login lacks a right (permission denied for table alembic_version; needed: SELECT)."
    ]
