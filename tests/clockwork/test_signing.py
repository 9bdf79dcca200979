"""The signer: what is due and when, what it remembers, and that it never signs two histories."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.access.keys import write_private_key
from app.access.log_keys import read_log_keys
from app.clockwork import signing
from app.clockwork.jobs import SIGNING, NotAllDone, tick
from app.clockwork.signing import Signer
from app.log.notes import Checkpoint, SigningLogKey, read_checkpoint
from app.records import checkpoints, ledger, log_tree
from app.records.audit.signatures import Known
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.checkpoints import HistoryDiffers
from app.records.entries.wire import Entry
from app.records.log_tree import LogTree
from app.records.session import Database, Session
from app.records.tables import LogCheckpoint, LogEntry
from app.settings import InvalidSettings
from tests.tampering import tamper

NOON = datetime(2015, 2, 18, 12, 0, tzinfo=UTC)
NAME = "register.test/log"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    write_private_key(file, SigningLogKey.generate(NAME).written().encode())
    return file


def act(database: Database, *publishes: bool, at: datetime = NOON) -> None:
    """One act of entries that say nothing, of which some publish."""
    with database.writing() as session:
        ledger.append_written(session, [Entry("log.opened", {}, publishes=each) for each in publishes], at=at)


def signed(database: Database) -> list[tuple[int, bool]]:
    table = table_of(LogCheckpoint).c
    with database.reading() as session:
        rows = session.connection().execute(select(table.size, table.is_public).order_by(table.number))
        return [(size, is_public) for size, is_public in rows]


def notes(database: Database) -> list[str]:
    table = table_of(LogCheckpoint).c
    with database.reading() as session:
        return list(session.connection().execute(select(table.note).order_by(table.number)).scalars())


def test_nothing_is_signed_of_an_empty_log(database: Database, key_file: Path) -> None:
    assert Signer.of(key_file, LogTree()).sign(database, NOON) == 0
    assert not key_file.with_name("key.memory").exists()


def test_each_publication_is_signed_for_the_public_and_what_follows_for_owners(
    database: Database, key_file: Path
) -> None:
    signer = Signer.of(key_file, LogTree())
    act(database, False, at=NOON - timedelta(days=1))  # entries 0, which opens the log, and 1
    assert signer.sign(database, NOON) == 1
    assert signed(database) == [(2, True)]

    act(database, True, False)
    act(database, False)
    act(database, False, True)
    act(database, False)
    assert signer.sign(database, NOON) == 3
    assert signed(database)[1:] == [(4, True), (7, True), (8, False)]
    assert signer.sign(database, NOON) == 0

    act(database, False)
    assert signer.sign(database, NOON) == 1
    assert signed(database)[-1] == (9, False)


@pytest.mark.parametrize(
    ("before", "at"),
    [
        (datetime(2015, 2, 18, 23, 59, 59, 999999, tzinfo=UTC), datetime(2015, 2, 19, tzinfo=UTC)),
        (datetime(2015, 6, 18, 22, 59, 59, 999999, tzinfo=UTC), datetime(2015, 6, 18, 23, tzinfo=UTC)),
        (datetime(2015, 3, 29, 22, 59, 59, 999999, tzinfo=UTC), datetime(2015, 3, 29, 23, tzinfo=UTC)),
        (datetime(2015, 10, 25, 23, 59, 59, 999999, tzinfo=UTC), datetime(2015, 10, 26, tzinfo=UTC)),
    ],
    ids=["winter", "summer", "the day of 23 hours", "the day of 25 hours"],
)
def test_each_day_is_signed_as_it_stood_at_midnight_in_london(
    database: Database, key_file: Path, before: datetime, at: datetime
) -> None:
    signer = Signer.of(key_file, LogTree())
    act(database, False, at=before)
    signer.sign(database, before)
    act(database, False, at=before)
    assert signer.sign(database, before) == 1
    assert signed(database)[-1] == (3, False)

    act(database, False, at=at)
    assert signer.sign(database, at + timedelta(hours=3)) == 2
    assert signed(database)[-2:] == [(3, True), (4, False)]
    act(database, False, at=before)  # which waited so long for its turn
    assert signer.sign(database, at + timedelta(hours=4)) == 1
    assert signed(database)[-1] == (5, False)

    assert signer.sign(database, at + timedelta(days=1)) == 1
    assert signer.sign(database, at + timedelta(days=2)) == 1
    assert signed(database)[-2:] == [(5, True), (5, True)]


def test_every_note_is_signed_over_the_log_as_it_was(database: Database, key_file: Path) -> None:
    tree = LogTree()
    signer = Signer.of(key_file, tree)
    for _ in range(5):
        act(database, True)
        signer.sign(database, NOON)

    found = [read_checkpoint(note, signer.keys.public) for note in notes(database)]

    with database.reading() as session:
        for each in found:
            assert tree.read_to_size(session, each.size).root(each.size) == each.root
    assert [each.size for each in found] == sorted(each.size for each in found)
    assert signer.memory() == (found[-1], found[-1], False)


def test_another_signer_with_the_same_key_goes_on(database: Database, key_file: Path) -> None:
    for _ in range(3):
        act(database, True)
        assert Signer.of(key_file, LogTree()).sign(database, NOON) >= 1
    assert Signer.of(key_file, LogTree()).sign(database, NOON) == 0


def test_a_crash_between_signing_and_remembering_signs_the_same_again(
    database: Database, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Signer.of(key_file, LogTree())
    act(database, True)
    with monkeypatch.context() as crashing:
        crashing.setattr(signing, "_write", dying)
        with pytest.raises(OSError, match="dead"):
            signer.sign(database, NOON)
    assert (signed(database), signer.memory().signed) == ([], None)

    assert signer.sign(database, NOON) == 1
    assert signer.memory().signed == read_checkpoint(notes(database)[0], signer.keys.public)


def test_a_crash_between_remembering_and_the_commit_signs_the_same_again(
    database: Database, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Signer.of(key_file, LogTree())
    act(database, True)
    with monkeypatch.context() as crashing:
        crashing.setattr(checkpoints, "add", dying)
        with pytest.raises(OSError, match="dead"):
            signer.sign(database, NOON)
    remembered, recorded, is_lost = signer.memory()
    assert remembered is not None
    assert (recorded, is_lost) == (None, False)
    assert signed(database) == []

    act(database, True)
    assert signer.sign(database, NOON) == 2
    assert read_checkpoint(notes(database)[0], signer.keys.public) == remembered


def dying(*_: object, **__: object) -> None:
    raise OSError("dead")


def test_nothing_is_signed_over_a_backup_that_was_put_back(sqlite_url: str, key_file: Path, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    act(database, True)
    database.close()
    backup = tmp_path / "backup.db"
    shutil.copyfile(database.file, backup)
    act(database, True, True)
    tree = LogTree()
    signer = Signer.of(key_file, tree)
    signer.sign(database, NOON)
    database.close()
    shutil.copyfile(backup, database.file)

    for each in (signer, Signer.of(key_file, LogTree())):
        # Known before anybody has written into it, and after.
        with pytest.raises(HistoryDiffers, match="fewer than"):
            each.sign(database, NOON)
        act(database, True)
        before = signed(database)
        with pytest.raises(HistoryDiffers):
            each.sign(database, NOON)
        with pytest.raises(NotAllDone) as failed:
            tick(database, NOON, each)
        assert list(failed.value.failures) == [SIGNING]
        assert signed(database) == before == []
    act(database, True, True, True)
    with pytest.raises(HistoryDiffers, match="not those that were signed"):
        signer.sign(database, NOON)
    database.close()


def rewritten(database: Database, index: int) -> None:
    log = table_of(LogEntry)
    leaf = update(log).where(log.c.index == index).values(leaf=bytes(32))
    tamper(database, lambda connection: connection.execute(leaf))


def test_an_older_memory_is_no_leave_to_sign_another_history(database: Database, key_file: Path) -> None:
    """What was signed stands in the database too."""
    memory = key_file.with_name("key.memory")
    act(database, True)
    Signer.of(key_file, LogTree()).sign(database, NOON)
    older = memory.read_text("utf-8")
    act(database, True)
    Signer.of(key_file, LogTree()).sign(database, NOON)
    memory.write_text(older, "utf-8")
    memory.with_name("key.memory.recorded").unlink()
    rewritten(database, 2)
    act(database, True)

    with pytest.raises(HistoryDiffers, match="not those that were signed"):
        Signer.of(key_file, LogTree()).sign(database, NOON)


def test_without_its_memory_the_signer_goes_on_only_when_a_person_says_so(database: Database, key_file: Path) -> None:
    act(database, True)
    signer = Signer.of(key_file, LogTree())
    with pytest.raises(HistoryDiffers, match="no checkpoint was signed yet"):
        signer.recall(database)
    signer.sign(database, NOON)
    with pytest.raises(HistoryDiffers, match="the signer's memory is there"):
        signer.recall(database)
    signer._memory_file.unlink()  # noqa: SLF001 - as if it were lost
    act(database, True)

    for each in (signer, Signer.of(key_file, LogTree())):
        with pytest.raises(HistoryDiffers, match="memory is lost"):
            each.sign(database, NOON)
    assert signed(database) == [(2, True)]
    assert signer.recall(database) == read_checkpoint(notes(database)[0], signer.keys.public)
    assert signer.sign(database, NOON) == 1


def test_a_lost_memory_is_not_called_back_over_a_history_that_was_not_signed(
    database: Database, key_file: Path
) -> None:
    signer = Signer.of(key_file, LogTree())
    act(database, True)
    signer.sign(database, NOON)
    signer._memory_file.unlink()  # noqa: SLF001 - as if it were lost
    rewritten(database, 1)

    with pytest.raises(HistoryDiffers, match="not those that were signed"):
        Signer.of(key_file, LogTree()).recall(database)


def test_a_lost_memory_is_not_called_back_over_an_older_copy_than_was_recorded(
    sqlite_url: str, key_file: Path, tmp_path: Path
) -> None:
    database, backup = Database(sqlite_url), tmp_path / "backup.db"
    signer = Signer.of(key_file, LogTree())
    act(database, True)
    signer.sign(database, NOON)
    database.close()
    shutil.copyfile(database.file, backup)
    act(database, True)
    signer.sign(database, NOON)
    database.close()
    shutil.copyfile(backup, database.file)
    signer._memory_file.unlink()  # noqa: SLF001 - as if it were lost

    with pytest.raises(HistoryDiffers, match="fewer than 3 entries"):
        Signer.of(key_file, LogTree()).recall(database)
    assert not signer._memory_file.exists()  # noqa: SLF001
    database.close()


def test_what_a_signer_has_read_is_looked_at_again(
    database: Database, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody rewrites an entry in the middle under a register that runs: it is known after some ticks."""
    monkeypatch.setattr(log_tree, "LOOKED_AT", 2)
    signer = Signer.of(key_file, LogTree())
    act(database, *[False] * 6, True)
    signer.sign(database, NOON)
    rewritten(database, 3)

    with pytest.raises(HistoryDiffers, match="not those that were signed"):
        [signer.sign(database, NOON) for _ in range(5)]


def test_a_session_that_sees_less_than_was_read_since_is_no_other_history(database: Database, key_file: Path) -> None:
    tree = LogTree()
    act(database, True)
    with database.reading() as older:
        assert ledger.head(older).size == 2
        act(database, True, True)
        with database.reading() as session:
            read = tree.read_to_size(session, 4)
        tree.look_again(older)
        tree.look_again(older)
        assert tree.read_to_size(older, 2) is read


def test_where_signed_entries_are_lost_a_new_log_begins_under_a_new_name(
    sqlite_url: str, key_file: Path, tmp_path: Path
) -> None:
    database, backup = Database(sqlite_url), tmp_path / "backup.db"
    act(database, True)
    old = Signer.of(key_file, LogTree())
    old.sign(database, NOON)
    database.close()
    shutil.copyfile(database.file, backup)
    act(database, True)
    old.sign(database, NOON)
    database.close()
    shutil.copyfile(backup, database.file)
    new_file, another = tmp_path / "new-key", SigningLogKey.generate("register.test/log-2")
    new_file.write_text(another.written(), "utf-8")
    with pytest.raises(HistoryDiffers, match="is not this log's"):
        Signer.of(new_file, LogTree()).recall(database)
    new_file.write_text(f"{another.written()}{old.keys.signing[0].public}\n", "utf-8")

    new = Signer.of(new_file, LogTree())
    assert new.recall(database) == read_checkpoint(notes(database)[0], old.keys.public)
    act(database, True)
    new.sign(database, NOON)

    assert [read_checkpoint(note, new.keys.public).origin for note in notes(database)] == [NAME, another.name]
    assert verify(database, known=Known(new.keys.public, new.memory())).is_sound
    first = verify(database, known=Known((*new.keys.public, old.keys.signing[0].public), old.memory())).first
    assert first is not None
    assert first.what == "entries 2 to 2 are not all those that were signed"
    database.close()


def test_a_long_log_is_signed_in_several_transactions(
    database: Database, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        act(database, True)
    numbers = list[int]()
    add = checkpoints.add

    def counted(session: Session, found: Sequence[tuple[checkpoints.Due, str]], *, at: datetime) -> None:
        numbers.append(len(found))
        add(session, found, at=at)

    monkeypatch.setattr(checkpoints, "AT_ONCE", 2)
    monkeypatch.setattr(checkpoints, "add", counted)

    assert Signer.of(key_file, LogTree()).sign(database, NOON) == 5
    assert numbers == [2, 2, 1]
    assert signed(database) == [(size, True) for size in (2, 3, 4, 5, 6)]


def test_what_is_written_while_signing_waits_for_the_next_time(
    database: Database, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a register in which others write without pause would never come to its other jobs."""
    signer = Signer.of(key_file, LogTree())
    act(database, True)
    keep = signer._keep  # noqa: SLF001 - what comes right after the commit

    def kept(file: Path, note: str) -> None:
        keep(file, note)
        if file.name.endswith(".recorded"):
            act(database, True)

    monkeypatch.setattr(signer, "_keep", kept)

    assert [signer.sign(database, NOON) for _ in range(3)] == [1, 1, 1]


@pytest.mark.usefixtures("clocks_go_back")
def test_a_clock_that_once_ran_ahead_ends_no_daily_checkpoints(database: Database, key_file: Path) -> None:
    signer = Signer.of(key_file, LogTree())
    ahead = NOON + timedelta(days=400)
    act(database, False, at=ahead)
    signer.sign(database, ahead)
    act(database, True, at=ahead)
    signer.sign(database, ahead)
    act(database, False)
    signer.sign(database, NOON)
    before = len(signed(database))

    for day in range(1, 4):
        act(database, False, at=NOON + timedelta(days=day))
        assert signer.sign(database, NOON + timedelta(days=day)) == 2
    assert signed(database)[before:] == [(4, True), (5, False), (5, True), (6, False), (6, True), (7, False)]


@pytest.mark.parametrize("memory", ["", "nonsense", "register.test/log\n5\nAAAA\n\n"])
def test_a_memory_that_the_signer_did_not_write_stops_it(sqlite_url: str, key_file: Path, memory: str) -> None:
    database = Database(sqlite_url)
    act(database, True)
    key_file.with_name("key.memory").write_text(memory, "utf-8")

    with pytest.raises(HistoryDiffers, match="memory"):
        Signer.of(key_file, LogTree()).sign(database, NOON)
    assert signed(database) == []
    database.close()


def test_a_new_key_signs_beside_the_old_one_until_that_is_retired(database: Database, key_file: Path) -> None:
    old = read_log_keys(key_file).signing[0]
    act(database, True)
    Signer.of(key_file, LogTree()).sign(database, NOON)
    new = SigningLogKey.generate(NAME)

    key_file.write_text(new.written() + old.written(), "utf-8")
    act(database, True)
    Signer.of(key_file, LogTree()).sign(database, NOON)
    key_file.write_text(f"{new.written()}{old.public}\n", "utf-8")
    act(database, True)
    last = Signer.of(key_file, LogTree())
    last.sign(database, NOON)

    first, both, only_new = notes(database)
    for note, keys in ((first, [old]), (both, [old]), (both, [new]), (only_new, [new])):
        assert isinstance(read_checkpoint(note, [key.public for key in keys]), Checkpoint)
    assert last.keys.public == (new.public, old.public)
    assert all(read_checkpoint(note, last.keys.public) for note in notes(database))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["holds no private log key"]),
        ("nonsense\n", ["line 1: a log key is a name, an id and base64, with plus signs between"]),
        ("PRIVATE+KEY+x\n\nPRIVATE+KEY+y\n", ["line 1: a log key is", "line 3: a log key is"]),
    ],
)
def test_a_file_without_usable_keys_is_refused_with_each_line(tmp_path: Path, text: str, said: list[str]) -> None:
    file = tmp_path / "key"
    file.write_text(text, "utf-8")

    with pytest.raises(InvalidSettings) as invalid:
        read_log_keys(file)
    assert len(invalid.value.faults) == len(said)
    for fault, each in zip(invalid.value.faults, said, strict=True):
        assert fault.startswith(f"REGISTER_LOG_KEY_FILE: {each}")


def test_keys_of_two_logs_in_one_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("".join(SigningLogKey.generate(name).written() for name in ("a.test", "b.test")), "utf-8")

    with pytest.raises(InvalidSettings, match=r"one name, not a\.test, b\.test"):
        read_log_keys(file)


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="REGISTER_LOG_KEY_FILE: cannot be read"):
        read_log_keys(tmp_path / "none")
