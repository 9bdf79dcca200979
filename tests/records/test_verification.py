"""Verifying finds what was edited behind the register's back, and names the entry."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlmodel import SQLModel

from app.casework.history import import_totals
from app.casework.organisations import import_organisations
from app.casework.rounds import put_round
from app.log.leaves import canonical, leaf_hash
from app.records import ledger, tables
from app.records.audit.verification import Finding, Report, verify
from app.records.changes import table_of
from app.records.entries.log import EntryRedacted
from app.records.session import Database
from app.rules.bodies import DatedFact, OrganisationRecord
from app.rules.history import Reported
from app.rules.rounds import RoundPlan
from tests.past import LONG_AFTER, decision, declaration, say
from tests.records import post_decision
from tests.tampering import Tampering, tamper

AT = datetime(2014, 11, 3, 9, 30, tzinfo=UTC)
APRIL_2013 = date(2013, 4, 1)
ROUND = RoundPlan(
    round_id="2015-16",
    title="2015-16",
    kind="real",
    coverage="complete",
    opens_on=date(2014, 11, 10),
    delegated_deadline=date(2015, 1, 9),
    joint_deadline=date(2015, 1, 30),
    closes_on=date(2015, 2, 28),
    starts_on=date(2015, 4, 1),
    counted_on=date(2015, 2, 18),
    applicants_see_at=datetime(2015, 2, 18, 9, 30, tzinfo=UTC),
)
LOG, PRIVATE, HEAD = (table_of(model) for model in (tables.LogEntry, tables.LogPrivate, tables.LogHead))


def ccg(code: str, name: str) -> OrganisationRecord:
    fact = DatedFact(APRIL_2013, None, name, None, "Y57", "Q69")
    return OrganisationRecord(code, APRIL_2013, None, None, date(2019, 4, 1), (fact,))


@pytest.fixture
def written(database: Database) -> Database:
    """A log of six entries: 0 opens it, 1 to 3 make CCGs, 4 makes the round, 5 changes it."""
    with database.writing() as session:
        rows = [ccg("10T", "NHS Slough CCG"), ccg("10G", "NHS Bracknell and Ascot CCG"), ccg("10H", "NHS Chiltern CCG")]
        import_organisations(session, rows, actor="test", at=AT)
    for plan in (ROUND, replace(ROUND, title="The round of 2015-16")):
        with database.writing() as session:
            put_round(session, plan, actor="test", at=AT)
    return database


def first_fault(database: Database) -> tuple[int | None, str, str]:
    report = verify(database)
    assert not report.is_sound
    assert report.first is not None
    return report.first.index, report.first.table, report.first.key


def setting(model: type[SQLModel], key: dict[str, Any], **values: Any) -> Tampering:
    table = table_of(model)
    matching = [table.c[name] == value for name, value in key.items()]
    return lambda connection: connection.execute(update(table).where(*matching).values(**values))


def entry(index: int, **values: Any) -> Tampering:
    return setting(tables.LogEntry, {"index": index}, **values)


def test_a_log_that_nobody_touched_is_sound(written: Database) -> None:
    assert verify(written) == Report(entries=6, public_sequence=5, faults=())


def test_an_empty_register_is_sound(database: Database) -> None:
    assert verify(database) == Report(entries=0, public_sequence=0, faults=())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", b"{}"),
        ("body", b"not JSON"),
        ("leaf", bytes(32)),
        ("salt", bytes(32)),
        ("kind", "round.changed"),
        ("act", 2),
        ("publishes", False),
        ("reference", "CC-1"),
        ("ods_code", "10T"),
        ("at", datetime(2014, 11, 3, 9, 30, 0, 1, tzinfo=UTC)),
    ],
)
def test_an_edited_column_of_an_entry_is_found(written: Database, column: str, value: object) -> None:
    tamper(written, entry(2, **{column: value}))

    assert first_fault(written) == (2, "log_entries", "2")


def test_a_body_edited_together_with_its_leaf_is_found_in_the_projections(written: Database) -> None:
    def forge(connection: Connection) -> None:
        row = connection.execute(select(LOG.c.salt, LOG.c.body).where(LOG.c.index == 1)).one()
        body = row.body.replace(b"Slough", b"Slouch")
        entry(1, body=body, leaf=leaf_hash(row.salt, body))(connection)

    tamper(written, forge)

    assert first_fault(written) == (1, "organisation_facts", "10T 2013-04-01")


@pytest.mark.parametrize("values", [{"body": b'{"actor":"other"}'}, {"salt": bytes(32)}, {"salt": b"short"}])
def test_edited_private_bytes_are_found(written: Database, values: dict[str, bytes]) -> None:
    tamper(written, setting(tables.LogPrivate, {"index": 3}, **values))

    assert first_fault(written) == (3, "log_entries", "3")


def test_missing_private_bytes_are_found(written: Database) -> None:
    tamper(written, lambda connection: connection.execute(delete(PRIVATE).where(PRIVATE.c.index == 3)))

    assert first_fault(written) == (3, "log_entries", "3")


def remove_entry(connection: Connection, index: int) -> None:
    connection.execute(delete(PRIVATE).where(PRIVATE.c.index == index))
    connection.execute(delete(LOG).where(LOG.c.index == index))


def test_a_deleted_entry_is_named(written: Database) -> None:
    tamper(written, lambda connection: remove_entry(connection, 2))

    assert Finding(2, "log_entries", "2", "entries 2 to 2 are missing") == verify(written).first


def test_a_log_cut_short_is_found(written: Database) -> None:
    tamper(written, lambda connection: remove_entry(connection, 5))

    assert verify(written).first == Finding(5, "log_entries", "5", "the entry is missing: the head counts 6")


def test_two_swapped_entries_are_found(written: Database) -> None:
    def swap(connection: Connection) -> None:
        rows = [dict(row) for row in connection.execute(select(LOG).where(LOG.c.index.in_([2, 3]))).mappings()]
        for row, index in zip(rows, (3, 2), strict=True):
            entry(index, **{name: value for name, value in row.items() if name != "index"})(connection)

    tamper(written, swap)

    assert first_fault(written) == (2, "log_entries", "2")


def test_a_repeated_entry_at_the_end_is_found(written: Database) -> None:
    def repeat(connection: Connection) -> None:
        for table in (LOG, PRIVATE):
            row = dict(connection.execute(select(table).where(table.c.index == 5)).mappings().one())
            connection.execute(insert(table).values({**row, "index": 6}))

    tamper(written, repeat)

    assert first_fault(written) == (6, "log_entries", "6")


@pytest.mark.parametrize("values", [{"size": 7}, {"size": 5}, {"public_sequence": 4}])
def test_an_edited_head_is_found(written: Database, values: dict[str, int]) -> None:
    tamper(written, setting(tables.LogHead, {"id": 1}, **values))

    assert not verify(written).is_sound


def test_a_lost_head_is_found(written: Database) -> None:
    tamper(written, lambda connection: connection.execute(delete(HEAD)))

    assert verify(written).faults == (Finding(None, "log_head", "1", "the row is missing"),)


def test_a_second_head_is_found(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("INSERT INTO log_head (id, size, public_sequence) VALUES (2, 0, 0)")

    assert verify(database).faults == (Finding(None, "log_head", "1", "there are 2 rows"),)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM log_head WHERE id = 1")

    assert [fault.key for fault in verify(database).faults] == ["2"]
    database.close()


@pytest.mark.parametrize(
    ("model", "key", "values", "found"),
    [
        (tables.Organisation, {"ods_code": "10G"}, {"known_to": date(2020, 1, 1)}, (2, "organisations", "10G")),
        (
            tables.OrganisationFact,
            {"ods_code": "10H"},
            {"region_code": "Y56"},
            (3, "organisation_facts", "10H 2013-04-01"),
        ),
        (tables.Round, {"round_id": "2015-16"}, {"applicants_see_at": None}, (5, "rounds", "2015-16")),
        (tables.Round, {"round_id": "2015-16"}, {"title": "2015-16"}, (5, "rounds", "2015-16")),
    ],
)
def test_an_edited_projection_names_the_entry_that_last_wrote_the_row(
    written: Database, model: type[SQLModel], key: dict[str, Any], values: dict[str, Any], found: tuple[int, str, str]
) -> None:
    tamper(written, setting(model, key, **values))

    assert first_fault(written) == found


@pytest.fixture
def with_the_past(written: Database) -> Database:
    """Three entries more: 6 says what a CCG declared, 7 what was decided about another, 8 a total that was reported."""
    total = Reported("2015-16", "approved", None, 64, 211, "2015-02-18", "NHS England, 18 February 2015")
    with written.writing() as session:
        say(session, declaration("10G"), decision("10H"))
        import_totals(session, [total], {}, at=LONG_AFTER)
    return written


@pytest.mark.parametrize(
    ("model", "values", "found"),
    [
        (tables.Declaration, {"source": "Hearsay"}, (6, "declarations", "2015-16-10g-10G")),
        (tables.Declaration, {"basis": "implied"}, (6, "declarations", "2015-16-10g-10G")),
        (tables.Declaration, {"declared_on": None}, (6, "declarations", "2015-16-10g-10G")),
        (tables.Decision, {"correction_reason": "None."}, (7, "decisions", "2015-16-10h-10H")),
        (tables.Approval, {"agreement": "signed"}, (7, "approvals", "2015-16-10h-10H")),
        (tables.ReportedTotal, {"value": 65}, (8, "reported_totals", "2015-16 approved  ")),
        (tables.ReportedTotal, {"source": "Hearsay"}, (8, "reported_totals", "2015-16 approved  ")),
        (tables.ReportedTotal, {"region_code": "Y54"}, (8, "reported_totals", "2015-16 approved  ")),
    ],
)
def test_an_edited_fact_of_the_past_names_its_entry(
    with_the_past: Database, model: type[SQLModel], values: dict[str, Any], found: tuple[int, str, str]
) -> None:
    assert verify(with_the_past) == Report(entries=9, public_sequence=8, faults=())

    tamper(with_the_past, setting(model, {}, **values))

    assert first_fault(with_the_past) == found


@pytest.fixture(scope="module")
def lasting(shared: Database) -> dict[str, list[int]]:
    """A story of every kind of entry, told once for the room: the indices of each act's entries."""
    return {told.act.name: told.indices for told in post_decision.tell(shared)}


@pytest.mark.parametrize(
    ("model", "key", "values", "found"),
    [
        (tables.Application, {"reference": "CC-C"}, {"shown_at": AT}, ("left a draft", 0, "applications", "CC-C")),
        (
            tables.ApplicationMember,
            {"reference": "CC-A", "ods_code": "09A"},
            {"left_at": None},
            ("left", 0, "application_members", "CC-A 09A"),
        ),
        (
            tables.ApplicationMember,
            {"reference": "CC-A", "ods_code": "09A"},
            {"consented_at": AT},
            ("left", 0, "application_members", "CC-A 09A"),
        ),
        (
            tables.Assessment,
            {"criterion": "benefits"},
            {"rating": "not_met"},
            ("assessed anew", 0, "assessments", "CC-A benefits"),
        ),
        (
            tables.Extension,
            {"extension_id": "EX-B"},
            {"until": date(2015, 3, 31)},
            ("extended for a level", 0, "extensions", "EX-B"),
        ),
        (
            tables.Decision,
            {"decision_id": "CC-A-07P"},
            {"version": 9},
            ("agreement corrected", 0, "decisions", "CC-A-07P"),
        ),
        (
            tables.DecisionCondition,
            {"decision_id": "CC-A-07P", "condition_id": "c2"},
            {"state": "met"},
            ("condition lapsed", 0, "decision_conditions", "CC-A-07P c2"),
        ),
        (
            tables.DecisionCondition,
            {"decision_id": "CC-A-07P", "condition_id": "c2"},
            {"settled_on": date(2015, 3, 4)},
            ("condition lapsed", 0, "decision_conditions", "CC-A-07P c2"),
        ),
        (
            tables.ConditionEvidence,
            {"number": 2},
            {"links": None},
            ("evidence given", 1, "condition_evidence", "CC-A-07P c1 2"),
        ),
        (
            tables.Approval,
            {"decision_id": "CC-A-07P"},
            {"promoted_on": None},
            ("agreement corrected", 0, "approvals", "CC-A-07P"),
        ),
        (
            tables.Approval,
            {"decision_id": "CC-E-07Y-2"},
            {"start_told": False},
            ("corrected to an approval", 0, "approvals", "CC-E-07Y-2"),
        ),
        (
            tables.Proposal,
            {"proposal_id": "PR-C"},
            {"state": "confirmed"},
            ("replaced by a correction", 0, "proposals", "PR-C"),
        ),
        (
            tables.Proposal,
            {"proposal_id": "PR-B"},
            {"terms": {"inForceTo": "2016-04-30"}},
            ("revoked", 0, "proposals", "PR-B"),
        ),
        (
            tables.Announcement,
            {"announcement_id": "AN-A"},
            {"state": "scheduled"},
            ("cancelled", 0, "announcements", "AN-A"),
        ),
        (
            tables.Announcement,
            {"announcement_id": "AN-B"},
            {"decision_ids": ["CC-A-07P"]},
            ("announced as scheduled", 0, "announcements", "AN-B"),
        ),
    ],
)
def test_an_edit_of_what_came_afterwards_names_the_entry_that_last_wrote_the_row(
    shared: Database,
    lasting: dict[str, list[int]],
    model: type[SQLModel],
    key: dict[str, Any],
    values: dict[str, Any],
    found: tuple[str, int, str, str],
) -> None:
    table = table_of(model)
    matching = [table.c[name] == value for name, value in key.items()]
    with shared.reading() as session:
        there = dict(session.connection().execute(select(table).where(*matching)).mappings().one())
    act, place, name, written = found

    tamper(shared, setting(model, key, **values))
    report = verify(shared)
    tamper(shared, setting(model, key, **{column: there[column] for column in values}))

    assert report.faults == (Finding(lasting[act][place], name, written, f"{', '.join(values)} not as the log says"),)
    assert verify(shared).is_sound


def test_a_removed_projection_row_is_found(written: Database) -> None:
    facts = table_of(tables.OrganisationFact)
    tamper(written, lambda connection: connection.execute(delete(facts).where(facts.c.ods_code == "10G")))

    assert verify(written).faults == (Finding(2, "organisation_facts", "10G 2013-04-01", "the row is missing"),)


def test_an_invented_projection_row_is_found(written: Database) -> None:
    organisations = table_of(tables.Organisation)

    def invent(connection: Connection) -> None:
        row = dict(connection.execute(select(organisations)).mappings().first() or {})
        connection.execute(insert(organisations).values({**row, "ods_code": "99Z"}))

    tamper(written, invent)

    assert verify(written).faults == (Finding(None, "organisations", "99Z", "no entry left this row"),)


def test_a_row_that_the_database_can_no_longer_read_is_reported(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.writing() as session:
        put_round(session, ROUND, actor="test", at=AT)
    tamper(database, lambda connection: connection.exec_driver_sql("UPDATE rounds SET starts_on = 'some day'"))
    tamper(database, lambda connection: connection.exec_driver_sql("UPDATE log_entries SET at = 'some time'"))

    report = verify(database)

    database.close()
    assert [(fault.index, fault.table) for fault in report.faults] == [
        (0, "log_entries"),
        (0, "log_entries"),
        (0, "log_entries"),
        (1, "log_entries"),
        (None, "log_head"),
        (None, "rounds"),
        (None, "round_changes"),
        (None, "rounds"),
    ]


def test_progress_is_told_every_thousand_entries(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.writing() as session:
        rows = [ccg(f"{number:05d}", "NHS Somewhere CCG") for number in range(2100)]
        import_organisations(session, rows, actor="test", at=AT)
    told: list[tuple[int, int]] = []

    report = verify(database, lambda *numbers: told.append(numbers))

    database.close()
    assert (report.entries, report.is_sound, told) == (2101, True, [(1000, 2101), (2000, 2101)])


@pytest.mark.parametrize(("table", "column"), [("regions", "name"), ("area_teams", "name"), ("reason_codes", "label")])
def test_a_renamed_reference_is_found(database: Database, table: str, column: str) -> None:
    with database.engine.begin() as connection:
        code = connection.scalar(text(f"SELECT min(code) FROM {table}"))  # noqa: S608  the tables of this test
        connection.execute(text(f"UPDATE {table} SET {column} = 'Narnia' WHERE code = :code"), {"code": code})  # noqa: S608

    what = "not as this release has it" if table == "reason_codes" else f"{column} not as this release has it"
    assert verify(database).faults == (Finding(None, table, code, what),)


def test_private_bytes_of_no_entry_are_found(sqlite_url: str) -> None:
    """The next entry could not be written. PostgreSQL does not take them; of SQLite it is asked at each connection."""
    database = Database(sqlite_url)
    with database.writing() as session:
        put_round(session, ROUND, actor="test", at=AT)
    with closing(sqlite3.connect(database.file)) as connection:
        connection.execute("INSERT INTO log_private VALUES (2, zeroblob(32), '{}')")
        connection.commit()

    faults = verify(database).faults

    database.close()
    assert [(fault.table, fault.key, fault.what) for fault in faults] == [
        ("log_private", "2", "no entry has these private bytes")
    ]


@pytest.mark.parametrize("data", [None, {}, {"index": True, "ground": "x"}, {"index": [1], "ground": "x"}])
def test_a_redaction_that_names_no_entry_is_found(database: Database, data: Any) -> None:
    with database.writing() as session:
        ledger.append(session, [EntryRedacted(index=0, ground="Made up.", actor="operator")], at=AT)
    log = table_of(tables.LogEntry)
    tamper(database, lambda it: it.execute(update(log).where(log.c.index == 1).values(body=canonical({"data": data}))))

    what = "a redaction names an entry before it, and its ground"
    assert (1, what) in [(fault.index, fault.what) for fault in verify(database).faults]
