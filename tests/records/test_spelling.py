"""SQLite keeps what it is given: what reads as the same value and is written another way is found."""

import pytest
from sqlalchemy import Connection

from app.records.audit.verification import verify
from app.records.session import Database
from tests.tampering import tamper

WRITTEN = "is not written as the register writes it"


def faults(url: str, *statements: str) -> list[tuple[str, str]]:
    def change(connection: Connection) -> None:
        for each in statements:
            connection.exec_driver_sql(each)

    database = Database(url)
    assert verify(database).faults == ()
    tamper(database, change)
    found = [(each.table, each.what) for each in verify(database).faults]
    database.close()
    return found


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("log_entries", "publishes", "2"),
        ("log_entries", "publishes", "'x'"),
        ("log_entries", "at", "replace(at, ' ', 'T')"),
        ("log_entries", "at", "at || '+00:00'"),
        ("rounds", "opens_on", "replace(opens_on, '-', '')"),
        ("clients", "keys", "replace(keys, ',', ',  ')"),
    ],
)
def test_another_way_of_writing_the_same_value_is_found(
    sqlite_world_url: str, table: str, column: str, value: str
) -> None:
    """A query that compares what is stored would pass over such a row, and the public would not see it."""
    one = f"(SELECT min(rowid) FROM {table} WHERE {column} IS NOT NULL AND {column} <> 0)"  # noqa: S608

    found = faults(sqlite_world_url, f"UPDATE {table} SET {column} = {value} WHERE rowid = {one}")  # noqa: S608

    assert (table, f"{column} {WRITTEN}") in found


@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE regions SET valid_from = 'x' WHERE code = 'Y57'"],
        ["UPDATE area_teams SET valid_to = x'ff' WHERE code = 'Q69'"],
        ["UPDATE reason_codes SET code = x'41' WHERE code = 'other'"],
        [f"""UPDATE {table} SET "index" = 'x' WHERE "index" = 5""" for table in ("log_private", "log_entries")],  # noqa: S608
    ],
)
def test_what_cannot_be_read_at_all_is_told_like_any_other_fault(sqlite_world_url: str, statements: list[str]) -> None:
    assert faults(sqlite_world_url, *statements)
