"""What a checkpoint was signed for, and when: verifying finds it where somebody wrote something else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from app.access.keys import write_private_key
from app.clockwork.signing import Signer
from app.log.notes import SigningLogKey
from app.records import checkpoints, ledger
from app.records.audit.signatures import MEMORY, Known
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.entries.wire import Entry
from app.records.log_tree import LogTree
from app.records.session import Database
from app.records.tables import LogCheckpoint
from tests.tampering import Tampering, tamper

EVENING = datetime(2015, 3, 29, 22, 59, tzinfo=UTC)  # the day of 23 hours, a minute before its midnight
CHECKPOINTS = table_of(LogCheckpoint)


# What earlier releases dated by any clock must stay verifiable.
pytestmark = pytest.mark.usefixtures("clocks_go_back")


@pytest.fixture
def signed(database: Database, tmp_path: Path) -> Database:
    """A log with three checkpoints for the public and three others, over a midnight in London."""
    file = tmp_path / "key"
    write_private_key(file, SigningLogKey.generate("register.test/log").written().encode())
    signer = Signer.of(file, LogTree())
    # When each act was begun, when it was signed, and whether it publishes; one waited past midnight for its turn.
    acts = [(0, 0, True), (30, 30, False), (54, 54, True), (90, 90, False), (54, 96, False), (300, 300, False)]
    for begun, then, publishes in acts:
        with database.writing() as session:
            entry = Entry("log.opened", {}, publishes=publishes)
            ledger.append_written(session, [entry], at=EVENING + timedelta(seconds=begun))
        signer.sign(database, EVENING + timedelta(seconds=then))
    return database


def faults(database: Database) -> list[tuple[str, str]]:
    return [(each.key, each.what) for each in verify(database).faults]


def test_what_the_signer_did_is_sound(signed: Database) -> None:
    with signed.reading() as session:
        rows = session.connection().execute(select(CHECKPOINTS.c.size, CHECKPOINTS.c.is_public)).all()

    assert sorted((size, is_public) for size, is_public in rows) == [
        (2, True),
        (3, False),
        (4, True),
        (4, True),
        (5, False),
        (6, False),
        (7, False),
    ]
    assert faults(signed) == []


def changed(number: int, **values: object) -> Tampering:
    def change(connection: Connection) -> None:
        connection.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.number == number).values(**values))

    return change


MISSING = "the public one is missing, though a publication ends there"
NO_REASON = "is public, and is of no publication and no midnight"


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (changed(1, is_public=False), [("over 2 entries", MISSING)]),
        (changed(2, is_public=True), [("2", NO_REASON)]),
        (changed(5, is_public=True), [("5", NO_REASON)]),
        (changed(7, is_public=True), [("7", NO_REASON)]),
    ],
)
def test_what_is_shown_to_the_public_is_what_was_signed_for_it(
    signed: Database, tampering: Tampering, found: list[tuple[str, str]]
) -> None:
    tamper(signed, tampering)

    assert faults(signed) == found


@pytest.mark.parametrize("days", [-400, 400])
def test_a_checkpoint_is_dated_when_it_was_signed(signed: Database, days: int) -> None:
    tamper(signed, changed(3, signed_at=EVENING + timedelta(days=days)))

    assert faults(signed)


def test_a_checkpoint_that_was_signed_once_is_not_signed_for_the_public_too(signed: Database) -> None:
    def again(connection: Connection) -> None:
        newest = select(CHECKPOINTS).order_by(CHECKPOINTS.c.number.desc()).limit(1)
        row = connection.execute(newest).mappings().one()
        connection.execute(insert(CHECKPOINTS).values({**row, "number": row["number"] + 1, "is_public": True}))

    tamper(signed, again)

    assert [what for _, what in faults(signed)] == [NO_REASON]


def signer_of(tmp_path: Path) -> Signer:
    return Signer.of(tmp_path / "key", LogTree())


def act(database: Database, *, at: datetime, publishes: bool = False) -> None:
    with database.writing() as session:
        ledger.append_written(session, [Entry("log.opened", {}, publishes=publishes)], at=at)


def test_an_act_of_a_new_day_that_was_signed_in_the_old_one_is_no_back_dated_one(
    signed: Database, tmp_path: Path
) -> None:
    midnight = EVENING + timedelta(minutes=1, days=1)
    act(signed, at=midnight + timedelta(seconds=0.3))
    signer_of(tmp_path).sign(signed, midnight - timedelta(seconds=0.2))
    signer_of(tmp_path).sign(signed, midnight + timedelta(minutes=30))

    with signed.reading() as session:
        query = select(CHECKPOINTS.c.size, CHECKPOINTS.c.is_public).order_by(CHECKPOINTS.c.number)
        rows = session.connection().execute(query).all()
    assert rows[-2:] == [(8, False), (7, True)]
    assert faults(signed) == []


def test_a_clock_that_ran_ahead_is_told_of_by_the_acts_that_follow_and_by_nothing_else(
    signed: Database, tmp_path: Path
) -> None:
    signer, ahead = signer_of(tmp_path), EVENING + timedelta(days=400)
    act(signed, at=ahead, publishes=True)
    signer.sign(signed, ahead)
    for day in range(1, 4):
        act(signed, at=EVENING + timedelta(days=day))
        signer.sign(signed, EVENING + timedelta(days=day, seconds=1))

    found = faults(signed)
    assert found
    assert all(what.startswith("is dated") for _, what in found)


def test_a_checkpoint_that_was_remembered_and_not_yet_recorded_is_no_missing_one(
    signed: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = signer_of(tmp_path)
    act(signed, at=EVENING + timedelta(hours=1))
    with monkeypatch.context() as killed:
        killed.setattr(checkpoints, "add", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            signer.sign(signed, EVENING + timedelta(hours=1))

    assert verify(signed, known=Known(signer.keys.public, signer.memory())).is_sound
    signer.sign(signed, EVENING + timedelta(hours=1))
    assert verify(signed, known=Known(signer.keys.public, signer.memory())).is_sound


def test_a_checkpoint_that_was_recorded_and_is_gone_is_missed(signed: Database, tmp_path: Path) -> None:
    signer = signer_of(tmp_path)
    newest = select(CHECKPOINTS.c.number).order_by(CHECKPOINTS.c.number.desc()).limit(1).scalar_subquery()
    tamper(signed, lambda connection: connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.number == newest)))

    [fault] = verify(signed, known=Known(signer.keys.public, signer.memory())).faults
    assert (fault.key, fault.what) == (MEMORY, "the checkpoint over 7 entries that was signed is missing")


def test_a_memory_that_is_lost_is_told_of(signed: Database, tmp_path: Path) -> None:
    (tmp_path / "key.memory").unlink()
    signer = signer_of(tmp_path)

    [fault] = verify(signed, known=Known(signer.keys.public, signer.memory())).faults
    assert (fault.key, fault.what.partition(",")[0]) == (MEMORY, "is lost")
