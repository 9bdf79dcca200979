"""A row edited by SQL behind the register's back: ``register verify`` ends with 1 and names the entry."""

import json
import re
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, select, update

from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import LogEntry, LogPrivate, Organisation
from tests.crash.server import register
from tests.tampering import tamper

LOG, PRIVATE, ORGANISATIONS = (table_of(model) for model in (LogEntry, LogPrivate, Organisation))
# An entry of the world: it says what is known of one CCG.
ENTRY = 7


def edit_the_body(connection: Connection) -> None:
    body = connection.execute(select(LOG.c.body).where(LOG.c.index == ENTRY)).scalar_one()
    forged = body.replace(b"NHS ", b"MHS ")
    assert forged != body
    connection.execute(update(LOG).where(LOG.c.index == ENTRY).values(body=forged))


def edit_the_projection(connection: Connection) -> None:
    code = connection.execute(select(LOG.c.ods_code).where(LOG.c.index == ENTRY)).scalar_one()
    connection.execute(update(ORGANISATIONS).where(ORGANISATIONS.c.ods_code == code).values(changed_sequence=1))


def delete_the_entry(connection: Connection) -> None:
    connection.execute(delete(PRIVATE).where(PRIVATE.c.index == ENTRY))
    connection.execute(delete(LOG).where(LOG.c.index == ENTRY))


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        (edit_the_body, r"entry 7: log_entries 7: the leaf is not that of salt and body"),
        (edit_the_projection, r"entry 7: organisations \w{3}: changed_sequence not as the log says"),
        (delete_the_entry, r"entry 7: log_entries 7: entries 7 to 7 are missing"),
    ],
)
def test_verify_ends_with_1_and_names_the_entry(
    world_url: str, tampering: Callable[[Connection], None], named: str
) -> None:
    sound = register("verify", "--json", database_url=world_url)
    database = Database(world_url)
    tamper(database, tampering)
    database.close()

    found = register("verify", database_url=world_url)

    assert (sound.returncode, json.loads(sound.stdout)["faults"]) == (0, [])
    assert found.returncode == 1
    assert re.fullmatch(named, found.stdout.splitlines()[0])
    assert found.stderr == ""
