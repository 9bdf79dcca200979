"""Verifying that goes on from a verified base finds what is wrong before it and after it, and says the same."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from app.casework.redacting import redact
from app.records import tables
from app.records.audit.verification import Base, Finding, verify
from app.records.changes import table_of
from app.records.session import Database
from tests.records.acting import SLOUGH, Steps
from tests.tampering import Tampering, tamper

LOG, PRIVATE = table_of(tables.LogEntry), table_of(tables.LogPrivate)
FACTS, APPLICATIONS = table_of(tables.OrganisationFact), table_of(tables.Application)
ROUNDS = table_of(tables.Round)
IN_BASE = 3
STRANGE = {
    "round_id": "strange",
    "title": "Made up for a test",
    "kind": "trial",
    "coverage": "partial",
    "stage": "application",
    "starts_on": date(2015, 4, 1),
    "counted_on": date(2015, 4, 1),
}
LATER = datetime(2014, 12, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def base(world_url: str) -> Base:
    """The world before anything is done in it."""
    database = Database(world_url)
    found = Base.of(database)
    database.close()
    return found


@pytest.fixture
def lived(world_url: str, base: Base) -> Iterator[Database]:
    """The world, in which two applications were made and one was withdrawn since."""
    database = Database(world_url)
    steps = Steps(database)
    steps.apply("07T")
    steps.withdraw(steps.apply("10T"), by=SLOUGH)
    yield database
    database.close()


def entry(index: int, **values: Any) -> Tampering:
    return lambda connection: connection.execute(update(LOG).where(LOG.c.index == index).values(**values))


def set_to(index: int, **values: Any) -> Tampering:
    return lambda connection: connection.execute(update(PRIVATE).where(PRIVATE.c.index == index).values(**values))


def removed(table: Any, index: int) -> Tampering:
    return lambda connection: connection.execute(delete(table).where(table.c.index == index))


EDITED = {
    "the body of an entry of the base": entry(IN_BASE, body=b"{}"),
    "the leaf of an entry of the base": entry(IN_BASE, leaf=bytes(32)),
    "the instant of an entry of the base": entry(IN_BASE, at=datetime(2014, 11, 1, 9, 0, 1, tzinfo=UTC)),
    "whether an entry of the base publishes": lambda connection: connection.execute(
        update(LOG).where(LOG.c.index == IN_BASE).values(publishes=~LOG.c.publishes)
    ),
    "private bytes of the base": set_to(IN_BASE, body=b'{"actor":"other"}'),
    "a salt of the base": set_to(IN_BASE, salt=bytes(32)),
    "private bytes of the base that are gone": removed(PRIVATE, IN_BASE),
    "a fact that the base left": lambda connection: connection.execute(
        update(FACTS).where(FACTS.c.ods_code == "10T").values(name="NHS Slouch CCG")
    ),
    "a CCG that the base left": lambda connection: connection.execute(
        delete(FACTS).where(FACTS.c.ods_code == "10T", FACTS.c.valid_from == date(2013, 4, 1))
    ),
    "a round that no entry left": lambda connection: connection.execute(insert(ROUNDS).values(**STRANGE)),
    "an application that was made since": lambda connection: connection.execute(
        update(APPLICATIONS).values(state="decided")
    ),
    "the last entry": lambda connection: connection.execute(
        update(LOG).where(LOG.c.index == select(func.max(LOG.c.index)).scalar_subquery()).values(body=b"{}")
    ),
}


def test_what_nobody_touched_is_sound_and_the_whole_log_is_counted(lived: Database, base: Base) -> None:
    report = verify(lived, base=base)

    assert report == verify(lived)
    assert report.is_sound
    assert report.entries > len(base.rows)


@pytest.mark.parametrize("edited", EDITED.values(), ids=EDITED.keys())
def test_a_row_changed_by_hand_is_found_with_the_words_of_a_whole_reading(
    lived: Database, base: Base, edited: Tampering
) -> None:
    tamper(lived, edited)

    report = verify(lived, base=base)

    assert not report.is_sound
    assert report == verify(lived)


def test_private_bytes_of_the_base_that_a_redaction_left_are_found(lived: Database, base: Base) -> None:
    with lived.reading() as session:
        [kept] = session.connection().execute(select(PRIVATE).where(PRIVATE.c.index == IN_BASE)).mappings()
    with lived.writing() as session:
        redact(session, IN_BASE, ground="Made up for a test.", actor="test", at=LATER)
    assert verify(lived, base=base).is_sound

    tamper(lived, lambda connection: connection.execute(insert(PRIVATE).values(**kept)))

    assert verify(lived, base=base).first == Finding(
        IN_BASE, "log_entries", str(IN_BASE), "the private bytes were redacted, and are there"
    )


def test_a_log_that_is_shorter_than_its_base_is_read_from_the_start(lived: Database, base: Base) -> None:
    def shorten(connection: Connection) -> None:
        for table in (PRIVATE, LOG):
            connection.execute(delete(table).where(table.c.index > IN_BASE))

    tamper(lived, shorten)

    report = verify(lived, base=base)

    assert report.entries == IN_BASE + 1
    assert report == verify(lived)


def test_a_base_is_as_it_was_however_often_is_gone_on_from_it(lived: Database, base: Base) -> None:
    first = verify(lived, base=base)
    Steps(lived, made=2).apply("02W")

    again = verify(lived, base=base)

    assert (first.is_sound, again.is_sound) == (True, True)
    assert again == verify(lived)


def test_what_is_not_sound_is_no_base(lived: Database) -> None:
    tamper(lived, EDITED["a fact that the base left"])

    with pytest.raises(ValueError, match="no base to go on from"):
        Base.of(lived)
