"""``register verify --receipt`` and ``--since``, ``register log-key``, ``register redact``."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.access.keys import Pair
from app.casework.rounds import put_round
from app.commands.console import now
from app.log.notes import SigningLogKey
from app.records import ledger
from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import LogEntry, LogPrivate
from app.settings import Settings
from tests.api.steps import At, granted, submitted, withdrawn
from tests.commands.conftest import Register
from tests.crash.server import register
from tests.world import TRIAL_ROUND, World


@pytest.fixture
def world(sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair]) -> World:
    return World(Database(sqlite_world_url), settings, pairs)


@pytest.fixture
def decided(world: World) -> At:
    at = granted(world, "10T")
    world.sign()
    return at


@pytest.fixture
def nowhere(tmp_path: Path) -> Register:
    """The command line where there is no database."""
    return Register(database_url=f"sqlite:///{tmp_path / 'none.db'}")


def key_of(world: World) -> str:
    return world.public.get("/v1/log/key").text.strip()


def saved(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "given"
    file.write_text(text, "utf-8")
    return file


def receipt_of(world: World, at: At) -> dict[str, Any]:
    found: dict[str, Any] = world.public.get(f"{at.decision()}/receipt").json()
    return found


# --- receipts -----------------------------------------------------------------------------------


def test_a_receipt_is_checked_without_a_database(world: World, decided: At, nowhere: Register, tmp_path: Path) -> None:
    receipt, key = receipt_of(world, decided), key_of(world)
    file = saved(tmp_path, json.dumps(receipt))

    said = nowhere("verify", "--receipt", file, "--key", key)
    as_json = nowhere("verify", "--receipt", file, "--key", key, "--json")

    size = int(receipt["checkpoint"].splitlines()[1])
    assert (said.code, said.err) == (0, "")
    assert said.lines == [
        f"sound: entry {receipt['index']} stands in register.test/log of {size} entries",
        receipt["body"],
    ]
    assert json.loads(as_json.out) == {
        "sound": True,
        "index": receipt["index"],
        "size": size,
        "log": "register.test/log",
    }


def test_the_key_may_stand_in_a_file_or_in_the_settings(
    world: World, decided: At, nowhere: Register, tmp_path: Path, settings: Settings
) -> None:
    file = saved(tmp_path, json.dumps(receipt_of(world, decided)))
    keys = tmp_path / "keys"
    keys.write_text(f"{key_of(world)}\n", "utf-8")

    assert nowhere("verify", "--receipt", file, "--key", keys).code == 0
    assert nowhere("verify", "--receipt", file, "--key", settings.log_key_file).code == 0
    assert nowhere("verify", "--receipt", file, log_key_file=settings.log_key_file).code == 0
    others = [str(SigningLogKey.generate("register.test/log").public) for _ in range(9)]
    assert nowhere("verify", "--receipt", file, "--key", "\n".join([*others, key_of(world)])).code == 0
    without = nowhere("verify", "--receipt", file)
    assert (without.code, without.err) == (2, "Name the log's key with --key, or set REGISTER_LOG_KEY_FILE.\n")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"index": 3}, "the proof"),
        ({"body": "{}"}, "the proof leads to another root"),
        ({"checkpoint": "x"}, "a note is text"),
        ({"salt": None}, "this is not a receipt: salt, body, hashes and checkpoint must be text"),
    ],
)
def test_a_receipt_that_proves_nothing_ends_with_1_and_says_why(
    world: World, decided: At, nowhere: Register, tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    file = saved(tmp_path, json.dumps({**receipt_of(world, decided), **changed}))

    said = nowhere("verify", "--receipt", file, "--key", key_of(world))
    as_json = json.loads(nowhere("verify", "--receipt", file, "--key", key_of(world), "--json").out)

    assert said.code == 1
    assert said.out.startswith(f"wrong: {why}")
    assert (as_json["sound"], as_json["fault"]) == (False, said.out.strip().removeprefix("wrong: "))


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "'' is neither a file nor a key (name+id+base64)"),
        ("nonsense", "'nonsense' is neither a file nor a key (name+id+base64)"),
        ("a+b", "a log key is a name, an id and base64, with plus signs between"),
        ("a+b+c", "not base64"),
    ],
)
def test_a_key_that_is_none_is_wrong_usage(
    nowhere: Register, tmp_path: Path, settings: Settings, key: str, why: str
) -> None:
    """Also where the settings have one: a script whose key came out empty must not be told that all is well."""
    file = saved(tmp_path, "{}")

    for said in (
        nowhere("verify", "--receipt", file, "--key", key),
        nowhere("verify", "--receipt", file, "--key", key, log_key_file=settings.log_key_file),
    ):
        assert (said.code, said.out, said.err) == (2, "", f"--key: {why}\n")


def test_a_receipt_is_not_checked_beside_a_checkpoint(nowhere: Register, tmp_path: Path) -> None:
    """What is not looked at must not seem to have been."""
    file = saved(tmp_path, "{}")

    said = nowhere("verify", "--receipt", file, "--since", file)

    assert (said.code, said.out, said.err) == (
        2,
        "",
        "--receipt is checked alone: --since needs the database, or --until and --proof.\n",
    )


def test_another_logs_key_proves_nothing(world: World, decided: At, nowhere: Register, tmp_path: Path) -> None:
    file = saved(tmp_path, json.dumps(receipt_of(world, decided)))
    other = nowhere("log-key", "new", tmp_path / "other", "--name", "register.test/log").out.strip()

    said = nowhere("verify", "--receipt", file, "--key", other)

    assert (said.code, said.out) == (1, "wrong: no known key has signed this\n")


# --- an older checkpoint ------------------------------------------------------------------------


def test_a_log_goes_on_from_a_checkpoint_that_was_kept(
    world: World, decided: At, sqlite_world_url: str, tmp_path: Path
) -> None:
    del decided
    run, key = Register(database_url=sqlite_world_url), key_of(world)
    kept = saved(tmp_path, world.public.get("/v1/log/checkpoint").text)
    granted(world, "07T")
    world.sign()

    assert run("verify", "--since", kept, "--key", key).code == 0
    assert run("verify").err == (
        "Not looked at, since REGISTER_LOG_KEY_FILE is not set: the signatures and the signer's memory.\n"
    )
    without = run("verify", "--since", kept)
    assert (without.code, without.out) == (2, "")
    kept.write_text(kept.read_text("utf-8").replace("\n", "\n1", 1), "utf-8")
    wrong = run("verify", "--since", kept, "--key", key)
    assert (wrong.code, wrong.out) == (1, "wrong: the signature of register.test/log is wrong\n")
    as_json = json.loads(run("verify", "--since", kept, "--key", key, "--json").out)
    assert as_json == {"sound": False, "fault": "the signature of register.test/log is wrong"}


def test_that_a_log_only_grew_is_checked_without_a_database(
    world: World, decided: At, nowhere: Register, tmp_path: Path
) -> None:
    del decided
    key, old = key_of(world), tmp_path / "old"
    old.write_text(world.public.get("/v1/log/checkpoint").text, "utf-8")
    granted(world, "07T")
    world.sign()
    new, proof = tmp_path / "new", tmp_path / "proof"
    new.write_text(world.public.get("/v1/log/checkpoint").text, "utf-8")
    sizes = [int(file.read_text("utf-8").split("\n")[1]) for file in (old, new)]
    proof.write_text(world.public.get("/v1/log/proofs/consistency?from={}&to={}".format(*sizes)).text, "utf-8")
    between = ("verify", "--since", old, "--until", new, "--proof", proof, "--key", key)

    said = nowhere(*between)
    assert (said.code, said.out) == (
        0,
        f"sound: register.test/log of {sizes[1]} entries begins with the {sizes[0]} of before\n",
    )
    as_json = json.loads(nowhere(*between, "--json").out)
    assert as_json == {"sound": True, "from": sizes[0], "to": sizes[1], "log": "register.test/log"}
    turned = nowhere("verify", "--since", new, "--until", old, "--proof", proof, "--key", key)
    assert (turned.code, turned.out.partition(":")[0]) == (1, "wrong")
    for option in ("--since", "--until", "--proof"):
        place = between.index(option)
        said = nowhere(*between[:place], *between[place + 2 :])
        assert (said.code, said.err) == (2, "--since, --until and --proof belong together.\n")


# --- the key ------------------------------------------------------------------------------------


def test_a_new_key_is_for_its_owner_only_and_shows_its_public_half(nowhere: Register, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "log-key"

    made = nowhere("log-key", "new", file, "--name", "register.example/log")

    assert made.code == 0
    assert made.out.startswith("register.example/log+")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert nowhere("log-key", "show", log_key_file=file).out == made.out
    assert made.out.strip().split("+", 2)[2] not in file.read_text("utf-8")


def test_a_key_is_never_written_over_and_has_a_proper_name(nowhere: Register, tmp_path: Path) -> None:
    file = tmp_path / "log-key"
    nowhere("log-key", "new", file, "--name", "register.example/log")
    before = file.read_bytes()

    again = nowhere("log-key", "new", file, "--name", "register.example/log")
    assert (again.code, again.err) == (1, f"{file}: File exists\n")
    assert nowhere("log-key", "new", tmp_path / "other", "--name", "with space").code == 2
    assert file.read_bytes() == before
    assert nowhere("log-key", "show").code == 1


def test_a_key_file_that_cannot_be_used_keeps_the_register_from_starting(
    nowhere: Register, sqlite_url: str, tmp_path: Path
) -> None:
    file = saved(tmp_path, "nonsense\n")

    # In a process of its own, since serving turns the log on for good.
    refused = register("serve", database_url=sqlite_url, log_key_file=file)
    checked = nowhere("check", log_key_file=file)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("REGISTER_LOG_KEY_FILE: line 1: ")
    assert checked.lines[-1].startswith("unfit  keys: REGISTER_LOG_KEY_FILE: line 1: ")


def test_a_lost_memory_is_told_of_and_called_back_by_a_person(
    world: World, decided: At, sqlite_world_url: str, tmp_path: Path
) -> None:
    del decided
    file = tmp_path / "log-key"
    run = Register(database_url=sqlite_world_url, log_key_file=file)
    assert world.settings.log_key_file is not None
    file.write_bytes(world.settings.log_key_file.read_bytes())

    assert "the signer's memory: is lost" in run("verify").out
    assert "the signer's memory is lost" in run("check").out
    assert "the signer's memory is lost" in run("tick").err
    assert run("log-key", "recall", answer="n\n").code == 1
    assert not file.with_name("log-key.memory").exists()
    recalled = run("log-key", "recall", "--yes")
    assert (recalled.code, recalled.out.partition(" over ")[0]) == (0, "the signer goes on from the checkpoint")
    assert run("log-key", "recall", "--yes").err == "Nothing was done: the signer's memory is there.\n"
    assert (run("verify").code, run("tick").code) == (0, 0)
    assert run("log-key", "recall", "--yes", log_key_file="").code == 1


# --- redaction ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", ["a\x01b", "a\u202eb", "a\nb", "a\udcffb", 2001 * "a"])
def test_a_ground_is_a_line_that_can_be_published(nowhere: Register, ground: str) -> None:
    said = nowhere("redact", 1, "--ground", ground, "--yes")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("--ground: a line of at most 2000 characters")


@pytest.mark.parametrize("index", [-1, 2**63, 10**30])
def test_an_entry_that_cannot_be_is_wrong_usage(nowhere: Register, index: int) -> None:
    assert nowhere("redact", "--ground", "Made up for a test.", "--yes", "--", index).code == 2


def test_nobody_is_asked_about_what_cannot_be_done(world: World, sqlite_world_url: str) -> None:
    run, ground = Register(database_url=sqlite_world_url), ("--ground", "Made up for a test.")

    redacted, accepted = run("redact", 412_000, *ground), run("clock", "accept", *ground)

    assert (redacted.code, redacted.err) == (1, "The log has no entry 412000.\n")
    nothing = "The clock is not behind the newest entry: there is nothing to accept.\n"
    assert (accepted.code, accepted.err) == (1, nothing)


def test_redaction_asks_unless_it_is_told_yes(world: World, sqlite_world_url: str) -> None:
    at = withdrawn(world, submitted(world, "10T"))
    world.sign()
    index = world.system("slough").get(f"{at.where}/receipt").json()["index"]
    run = Register(database_url=sqlite_world_url)

    refused = run("redact", index, "--ground", "Made up for a test.", answer="n\n")
    done = run("redact", index, "--ground", "Made up for a test.", "--yes")
    again = run("redact", index, "--ground", "Made up for a test.", "--yes")

    assert refused.code == 1
    assert done.code == 0
    assert done.out.endswith(f"the private part of entry {index} was redacted\n")
    assert again.code == 1
    assert "already" in again.err
    assert f"these have private parts too: {index - 1}, {index + 1}.\n" in done.err
    assert run("verify").code == 0


def test_nothing_of_what_was_redacted_stays_in_the_file(
    sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    world = World(Database(sqlite_world_url), settings, pairs)
    at = withdrawn(world, submitted(world, "10T"))
    run, file = Register(database_url=sqlite_world_url), world.database.file
    with world.database.reading() as session:
        log, private = table_of(LogEntry).c, table_of(LogPrivate).c
        query = select(private.index, private.salt).join(LogEntry, private.index == log.index)
        parts = session.connection().execute(query.where(log.reference == at.reference)).all()
    world.database.close()
    assert parts
    assert held(file, b"A. Clerk")
    for index, salt in parts:
        assert held(file, salt)
        assert run("redact", index, "--ground", "Made up for a test.", "--yes").code == 0
        assert not held(file, salt)
    assert not held(file, b"A. Clerk")
    assert run("verify").code == 0


def held(file: Path, part: bytes) -> bool:
    """Whether the file, or the log of what is to be written into it, has these bytes."""
    beside = file.with_name(f"{file.name}-wal")
    return any(part in each.read_bytes() for each in (file, beside) if each.exists())


def test_a_file_that_is_being_read_may_keep_traces_and_that_is_said(world: World, sqlite_world_url: str) -> None:
    at = withdrawn(world, submitted(world, "10T"))
    world.sign()
    index = world.system("slough").get(f"{at.where}/receipt").json()["index"]

    with world.database.reading() as session:
        assert ledger.head(session).size
        said = Register(database_url=sqlite_world_url)("redact", index, "--ground", "Made up for a test.", "--yes")

    assert said.code == 0
    assert "may still hold traces" in said.err


# --- a clock that ran ahead ---------------------------------------------------------------------


def test_a_clock_is_accepted_by_a_command_and_only_if_it_is_behind(world: World, sqlite_world_url: str) -> None:
    with world.database.writing() as session:
        in_two_hours = now() + timedelta(hours=2)
        put_round(session, replace(TRIAL_ROUND, title="Another trial"), actor="operator", at=in_two_hours)
    run, ground = Register(database_url=sqlite_world_url), ("--ground", "Made up for a test.")

    ticked, checked = run("tick"), run("check")
    asked = run("clock", "accept", *ground, answer="n\n")
    done, again = (run("clock", "accept", *ground, "--yes") for _ in range(2))

    assert (ticked.code, checked.code, asked.code, done.code, again.code) == (1, 1, 1, 0, 1)
    assert ticked.err.startswith("Nothing can be written: the clock says ")
    assert ticked.err.endswith("If this clock is right, see `register clock accept`.\n")
    assert done.out.endswith(": this clock is right, and acts go on\n")
    assert again.err == "The clock is not behind the newest entry: there is nothing to accept.\n"
    assert run("tick").code == 0
    assert run("verify").code == 0
