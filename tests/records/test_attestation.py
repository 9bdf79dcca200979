"""What a checkpoint was signed for, and when: verifying finds it where somebody wrote something else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from app.access.keys import write_private_key
from app.clockwork.signing import Signer
from app.log.notes import SigningLogKey
from app.records import ledger
from app.records.changes import table_of
from app.records.ledger import Entry
from app.records.log_tree import LogTree
from app.records.session import Database
from app.records.tables import LogCheckpoint
from app.records.verification import verify
from tests.tampering import Tampering, tamper

EVENING = datetime(2015, 3, 29, 22, 59, tzinfo=UTC)  # the day of 23 hours, a minute before its midnight
CHECKPOINTS = table_of(LogCheckpoint)


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
            ledger.append(session, [entry], at=EVENING + timedelta(seconds=begun))
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
