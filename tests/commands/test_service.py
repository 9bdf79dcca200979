"""``register serve``, ``check`` and ``verify``, the settings they read, and the exit codes of them all."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.access.keys import generate_pair
from app.casework.organisations import import_organisations
from app.casework.rounds import put_round
from app.commands.service import is_loopback
from app.records import condition, migrations
from app.records.session import Database
from app.settings import Settings
from tests.commands.conftest import Register, Said
from tests.crash.server import environment, register
from tests.facts import one_ccg
from tests.world import REAL_ROUND

PRODUCTION = {
    "environment": "production",
    "oidc_issuers": json.dumps(
        [{"issuer": "http://login.example", "jwks_uri": "http://keys.example", "audience": "a"}]
    ),
    "development_key_file": "some.pem",
}
PRODUCTION_FAULTS = [
    "REGISTER_PUBLIC_URL: must be https in production",
    "REGISTER_OIDC_ISSUERS: http://login.example, http://keys.example must be https in production",
    "REGISTER_TOKEN_KEY_FILE: must be set in production",
    "REGISTER_DEVELOPMENT_KEY_FILE: the development issuer does not run in production",
    "REGISTER_LOG_KEY_FILE: must be set in production",
]
WRONG = {
    "environment": "testing",
    "database_url": "mysql://nowhere",
    "public_url": "register",
    "allowed_hosts": "register.example",
    "oidc_issuers": '[{"issuer": "https://login.example", "audience": "a", "secret": "s3cret"}]',
    "log_level": "loud",
}
WRONG_FAULTS = [
    "REGISTER_ENVIRONMENT: Input should be 'development' or 'production'",
    "REGISTER_DATABASE_URL: must start with sqlite:/// or postgresql://",
    "REGISTER_PUBLIC_URL: must be an http or https URL without query or fragment",
    "REGISTER_ALLOWED_HOSTS: must be JSON",
    "REGISTER_OIDC_ISSUERS: /0/jwks_uri Field required",
    "REGISTER_OIDC_ISSUERS: /0/secret Extra inputs are not permitted",
    "REGISTER_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'",
]

NOBODY = "nobody answers at this address"
NO_FILE = "the database's file is not there; `register db upgrade` makes a new one"


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("variables", "faults"), [(WRONG, WRONG_FAULTS), (PRODUCTION, PRODUCTION_FAULTS)])
@pytest.mark.parametrize("command", [("serve",), ("verify",), ("people", "list")])
def test_every_fault_of_the_settings_is_named_at_once(
    variables: dict[str, str], faults: list[str], command: tuple[str, ...]
) -> None:
    refused = Register(**variables)(*command)

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines() == faults


def test_faults_of_production_are_named_among_the_others() -> None:
    refused = Register(environment="production", log_level="loud", public_url="https://register.example")("verify")

    assert refused.err.splitlines() == [
        "REGISTER_TOKEN_KEY_FILE: must be set in production",
        "REGISTER_LOG_KEY_FILE: must be set in production",
        "REGISTER_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'",
    ]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    assert Register(database_url=url)("verify").code == 1


def test_a_setting_that_is_not_there_is_refused_with_the_nearest_one() -> None:
    refused = Register(databse_url="sqlite:///somewhere", weather="fine", log_level="loud")("serve")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines() == [
        "REGISTER_DATABSE_URL: there is no such setting; did you mean REGISTER_DATABASE_URL?",
        "REGISTER_WEATHER: there is no such setting",
        "REGISTER_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'",
    ]


def test_the_variables_of_a_test_run_are_left_alone(over_sqlite: Register) -> None:
    assert over_sqlite("people", "list", test_machine_runs="5000").code == 0


# --- serve --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "register.example"])  # noqa: S104  what is refused
def test_the_development_issuer_is_not_served_to_the_network(settings: Settings, host: str) -> None:
    run = Register(development_key_file=settings.development_key_file)

    assert run("serve", "--host", host) == Said(
        2, "", "The development issuer answers on loopback only: unset REGISTER_DEVELOPMENT_KEY_FILE.\n"
    )


def test_several_workers_need_a_key_file() -> None:
    assert Register()("serve", "--workers", "2") == Said(
        2, "", "Several workers need one token key: set REGISTER_TOKEN_KEY_FILE.\n"
    )


def test_a_key_that_cannot_be_used_keeps_the_register_from_serving(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "curve.pem").write_bytes(generate_pair("ES256").private_pem)

    # In processes of their own, since serving turns the log on for good.
    refused = [
        register("serve", database_url=sqlite_url, token_key_file=tmp_path / name)
        for name in ("nothing.pem", "curve.pem")
    ]

    assert [(each.returncode, each.stdout, each.stderr) for each in refused] == [
        (1, "", "REGISTER_TOKEN_KEY_FILE: cannot be read (No such file or directory)\n"),
        (1, "", "REGISTER_TOKEN_KEY_FILE: must hold an unencrypted RSA private key of 2048 bits or more\n"),
    ]


def test_nothing_is_served_over_a_database_that_has_another_schema(database_url: str) -> None:
    run = Register(database_url=database_url)
    run("db", "downgrade", "0003", "--yes")
    older = run("serve")
    run("db", "downgrade", "base", "--yes")
    empty = run("serve")

    head = migrations.expected_revision()
    expected = "The database stands at {}, this release expects {}: run `register db upgrade`.\n"
    assert older == Said(1, "", expected.format("0003", head))
    assert empty == Said(1, "", expected.format("None", head))


def test_nothing_is_served_over_a_database_of_a_newer_release(database: Database, database_url: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert Register(database_url=database_url)("serve") == Said(
        1, "", "The database stands at 9999, which this release does not know: it needs a newer release.\n"
    )


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("own", False)],
)
def test_what_is_loopback(host: str, is_own: bool) -> None:  # noqa: FBT001
    assert is_loopback(host) is is_own


# --- check --------------------------------------------------------------------------------------


def test_a_fit_register_says_so_line_by_line(over_world: Register, settings: Settings) -> None:
    checked = over_world("check", token_key_file=settings.token_key_file)

    assert (checked.code, checked.err) == (0, "")
    assert [line.split(":")[0] for line in checked.lines] == [
        "fit    settings",
        "fit    database",
        "fit    migrations",
        "fit    rights",
        "fit    clock",
        "fit    writing",
        "fit    keys",
    ]
    assert checked.lines[4].endswith("Z; the newest entry is of 2014-11-01T09:00:00Z")
    assert checked.lines[6] == "fit    keys: token key from file; issuers of people's tokens: 0; the log is not signed"


def test_an_empty_register_is_fit(database_url: str) -> None:
    checked = Register(database_url=database_url)("check")

    assert checked.code == 0
    assert checked.lines[4].endswith("Z; the log is empty")


def test_a_disk_without_room_is_told_by_the_check(over_sqlite: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "ROOM_BYTES", 2**70)

    checked = over_sqlite("check", "--json")

    assert [look for look in json.loads(checked.out) if not look["fit"]] == [
        {
            "name": "writing",
            "fit": False,
            "detail": "The disk is full: no act can be written, and systems get no new tokens.",
        }
    ]


def test_a_file_that_is_there_and_cannot_be_opened_is_not_to_be_made_anew(tmp_path: Path) -> None:
    checked = Register(database_url=f"sqlite:///{tmp_path}")("check")

    said = "the file cannot be opened: look at its rights, those of its directory, and the disk's room"
    assert checked.lines[1] == f"unfit  database: SQLite: {said}"


def test_a_clock_that_stands_before_the_newest_entry_is_unfit(over_sqlite: Register, sqlite_world_url: str) -> None:
    database, tomorrow = Database(sqlite_world_url), datetime.now(UTC) + timedelta(days=1)
    with database.writing() as session:
        put_round(session, replace(REAL_ROUND, title="Put tomorrow"), actor="test", at=tomorrow)
    database.close()

    checked = over_sqlite("check", "--json")

    assert checked.code == 1
    assert [look["name"] for look in json.loads(checked.out) if not look["fit"]] == ["clock", "writing"]


def test_a_schema_that_is_behind_is_unfit(database_url: str) -> None:
    run = Register(database_url=database_url)
    run("db", "downgrade", "base", "--yes")

    checked = run("check")

    assert checked.code == 1
    assert checked.lines[1:3] == [
        f"fit    database: {'SQLite' if database_url.startswith('sqlite') else 'PostgreSQL'}",
        "unfit  migrations: None, expected 0016",
    ]


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"database_url": "sqlite:////nowhere/register.db"}, f"unfit  database: SQLite: {NO_FILE}"),
        (
            {"database_url": "postgresql://a@/b?host=/nowhere"},
            "unfit  database: PostgreSQL: nobody answers at this address",
        ),
        (
            {"token_key_file": "nowhere.pem"},
            "unfit  keys: REGISTER_TOKEN_KEY_FILE: cannot be read (No such file or directory)",
        ),
        (PRODUCTION, f"unfit  settings: {'; '.join(PRODUCTION_FAULTS)}"),
    ],
)
def test_what_is_wanting_is_named(over_sqlite: Register, variables: dict[str, str], line: str) -> None:
    checked = over_sqlite("check", **variables)

    assert (checked.code, checked.err) == (1, "")
    assert [each for each in checked.lines if each.startswith("unfit")] == [line]


# --- verify -------------------------------------------------------------------------------------


def test_a_sound_register_is_verified(over_world: Register) -> None:
    document = json.loads(over_world("verify", "--json").out)
    told = over_world("verify")

    entries, sequence = document["entries"], document["publicSequence"]
    assert document == {"sound": True, "entries": entries, "publicSequence": sequence, "faults": []}
    assert told == Said(0, f"{entries} entries, public sequence {sequence}: sound\n", "")


def test_what_was_edited_is_named_as_json(over_sqlite: Register, sqlite_world_url: str) -> None:
    database = Database(sqlite_world_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE rounds SET title = 'Another' WHERE round_id = 'trial'")
    database.close()

    found = over_sqlite("verify", "--json")

    document = json.loads(found.out)
    assert (found.code, found.err, document["sound"]) == (1, "", False)
    [fault] = document["faults"]
    assert (fault["table"], fault["key"], fault["what"]) == ("rounds", "trial", "title not as the log says")


def test_a_schema_that_lets_more_be_written_is_named(over_world: Register, world_url: str) -> None:
    database = Database(world_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX uq_decisions_standing")
    database.close()

    found = over_world("verify")

    assert (found.code, found.lines[0]) == (
        1,
        "no entry: the schema : decisions: the index uq_decisions_standing is missing",
    )


@pytest.mark.parametrize("command", ["verify", "check", "tick"])
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path, command: str) -> None:
    file = tmp_path / "register.db"
    file.write_bytes(b"nonsense" * 1000)

    said = Register(database_url=f"sqlite:///{file}")(command)

    assert said.code == 1
    assert "cannot be read: file is not a database" in said.out + said.err


def test_a_damaged_file_is_said_to_be_damaged(over_sqlite: Register, sqlite_world_url: str) -> None:
    file = Path(sqlite_world_url.removeprefix("sqlite:///"))
    page = 4096
    with file.open("r+b") as damaged:
        damaged.seek(4 * page)
        damaged.write(b"\xff" * 60 * page)

    said = over_sqlite("verify")

    assert (said.code, said.out) == (1, "")
    assert "cannot be read: database disk image is malformed" in said.err


def test_a_text_that_is_none_is_a_fault_of_its_table(over_sqlite: Register, sqlite_world_url: str) -> None:
    database = Database(sqlite_world_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE rounds SET title = CAST(x'ff41' AS TEXT) WHERE round_id = 'trial'")
    database.close()

    found = over_sqlite("verify")

    assert found.code == 1
    assert found.lines[0].startswith("no entry: rounds : a row is unreadable: Could not decode to UTF-8")


def test_a_schema_that_stands_at_several_revisions_is_said_to(over_sqlite: Register, sqlite_world_url: str) -> None:
    database = Database(sqlite_world_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
    database.close()
    said = "the table alembic_version does not name one revision"

    assert over_sqlite("verify") == Said(2, "", f"{said}\n")
    assert f"unfit  migrations: {said}" in over_sqlite("check").lines


def test_a_terminal_is_told_how_far_verifying_is_and_its_line_is_wiped(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    rows = [one_ccg(f"{number:05d}", "NHS Somewhere CCG", "Y57", known_to=date(2013, 4, 1)) for number in range(1100)]
    with database.writing() as session:
        import_organisations(session, rows, actor="test", at=datetime.now(UTC))
    database.close()
    ours, theirs = pty.openpty()

    done = subprocess.run(
        [sys.executable, "-m", "app", "verify"],
        env=environment(database_url=sqlite_url),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "1101 entries, public sequence 1100: sound\n")
    bar = b"[" + b"#" * 27 + b" " * 3 + b"]"
    assert os.read(ours, 1000) == b"\r" + bar + b" 1000 of 1101 entries\r\x1b[K"
    os.close(theirs)
    os.close(ours)


# --- exit codes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("db",),
        ("nonsense",),
        ("verify", "--nonsense"),
        ("serve", "--port", "0"),
        ("rounds", "put"),
        ("clients", "add", "x"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert Register()(*arguments).code == 2


@pytest.mark.parametrize("command", ["demo", "serve", "tick", "db", "clients", "people", "verify", "check", "openapi"])
def test_help_ends_with_0_and_stands_on_stdout(command: str) -> None:
    helped = Register()(command, "--help")

    assert (helped.code, helped.err) == (0, "")
    assert "Usage:" in helped.out
