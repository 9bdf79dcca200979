"""Rebuilding: the log brings back every projection exactly, and a log that cannot be replayed changes nothing."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from app.casework.organisations import FileSays, import_file, import_organisations
from app.log.leaves import canonical, commitment, leaf_hash
from app.records import migrations, projections, tables
from app.records.audit.rebuilding import BATCH, UnreadableLog, rebuild
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.session import Database
from app.rules.bodies import SaidBy, Statement
from tests import facts as then
from tests.facts import one_ccg
from tests.past import decision, declaration, import_own_files, projected, say
from tests.records import post_decision
from tests.records.acting import NATIONAL, NATIONAL_TOO, SOUTH, SOUTH_TOO, Steps, ruling, system
from tests.records.rows import AT
from tests.tampering import unguarded

# The past is told in years after those of the casework.
pytestmark = pytest.mark.usefixtures("clocks_go_back")
ASCOT = system("10G")


@pytest.fixture
def filled(steps: Steps) -> Database:
    """A register in which all that can happen has happened: casework of each kind, the past, what comes after."""
    database = steps.database
    import_own_files(database, then.KNOWN_ROUNDS, then.REPORTED_TOTALS)
    day, opened_on = date(2014, 5, 1), date(2013, 4, 1)
    said = Statement("05C", SaidBy.ODS, day, day, name="NHS Dudley and Beyond CCG", opened_on=opened_on)
    with database.writing() as session:
        import_file(session, FileSays(day, (said,)), actor="test", at=AT)
        say(session, decision("02W", "rejected"), declaration("01H", "none"), decision("10T", round_id="2016-17"))
    decided = [steps.apply("10T", round_id="trial"), steps.apply("10G", round_id="trial", level="joint")]
    for reference_, word in zip(decided, ("conditional", "rejected"), strict=True):
        steps.record(reference_, SOUTH, ruling("10T" if word == "conditional" else "10G", word, "A note."))
    steps.confirm(decided[0], NATIONAL)
    steps.confirm(decided[1], SOUTH_TOO)
    steps.announce("trial", NATIONAL_TOO)
    steps.declare(ASCOT, "10G", round_id="trial")
    steps.create("10H", round_id="trial")
    steps.withdraw(steps.apply("10J", round_id="trial"), system("10J"), "Too early.")
    waiting = steps.apply("10G", round_id="trial", level="joint")
    steps.request_changes(waiting, SOUTH, date(2015, 1, 5))
    steps.record(steps.apply("10K", round_id="trial"), SOUTH, ruling("10K", "downgraded_to_joint"))
    post_decision.tell_all(database)
    return database


def rebuilt(database: Database) -> None:
    with database.writing() as session:
        rebuild(session.connection(), migrations.reference_rows())


def empty(connection: Connection) -> None:
    for table in reversed(tables.METADATA.sorted_tables):
        if table.name in {table_of(model).name for model in projections.PROJECTED}:
            connection.execute(delete(table))


def edit(connection: Connection) -> None:
    """A row less, a row more, and another value in each of some tables."""
    totals, rounds, approvals = table_of(tables.ReportedTotal), table_of(tables.Round), table_of(tables.Approval)
    decisions, members = table_of(tables.Decision), table_of(tables.ApplicationMember)
    connection.execute(delete(totals).where(totals.c.measure == "approved"))
    connection.execute(insert(rounds).values(**{**INVENTED, "round_id": "2099-00"}))
    connection.execute(update(approvals).values(level="joint", agreement="signed"))
    connection.execute(update(decisions).values(source="Hearsay", published_sequence=1))
    connection.execute(update(members).values(live_from=None, live_to=7))
    evidence, proposals = table_of(tables.ConditionEvidence), table_of(tables.Proposal)
    extensions, assessments = table_of(tables.Extension), table_of(tables.Assessment)
    connection.execute(delete(evidence).where(evidence.c.number == 1))
    connection.execute(update(proposals).values(state="replaced", proposed_by="somebody"))
    connection.execute(update(extensions).values(until=date(2099, 1, 1)))
    connection.execute(update(assessments).values(rating="met", justification="Charming."))


INVENTED: dict[str, Any] = {
    "title": "Invented",
    "kind": "real",
    "coverage": "partial",
    "stage": "application",
    "opens_on": None,
    "delegated_deadline": None,
    "joint_deadline": None,
    "closes_on": None,
    "starts_on": date(2099, 4, 1),
    "counted_on": date(2099, 4, 1),
    "applications_public_from": None,
    "applicants_see_at": None,
    "source": None,
}


def test_every_projection_has_a_row_to_lose(filled: Database) -> None:
    assert [name for name, rows in projected(filled).items() if not rows] == []


@pytest.mark.parametrize("tampering", [lambda _: None, edit, empty], ids=["nothing", "edited", "emptied"])
def test_the_log_brings_back_every_row_exactly(filled: Database, tampering: Any) -> None:
    before = projected(filled)
    with filled.engine.begin() as connection:
        tampering(connection)

    rebuilt(filled)

    assert projected(filled) == before
    assert verify(filled).faults == ()


def test_what_does_not_fit_beside_the_rest_is_refused(filled: Database) -> None:
    """A decision for a reason that no release knows: SQLite is asked at the end, PostgreSQL says so itself."""
    before = projected(filled)
    reasons, given = table_of(tables.ReasonCode), table_of(tables.DecisionReason)
    with filled.engine.begin() as connection:
        _look_at_keys(connection, at_once=False)
        connection.execute(delete(reasons).where(reasons.c.code.in_(select(given.c.code))))
        _look_at_keys(connection, at_once=True)

        with pytest.raises(UnreadableLog):
            rebuild(connection, migrations.reference_rows())
        connection.rollback()

    assert projected(filled) == before


def _look_at_keys(connection: Connection, *, at_once: bool) -> None:
    """Whether foreign keys are looked at with each statement; SQLite goes on without, as an upgrade does."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    else:
        role = "origin" if at_once else "replica"
        connection.exec_driver_sql(f"SET LOCAL session_replication_role = {role}")


def test_an_empty_register_keeps_the_regions_and_area_teams_that_the_schema_brings_and_nothing_else(
    database: Database,
) -> None:
    before = projected(database)

    rebuilt(database)

    assert projected(database) == before
    assert {name for name, rows in before.items() if rows} == {"regions", "area_teams"}


def test_more_rows_than_one_statement_takes_are_brought_back(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    slough = one_ccg("10T", "NHS Slough CCG", "Y57", known_to=date(2018, 11, 1))
    with database.writing() as session:
        rows = [replace(slough, ods_code=f"{number:05d}") for number in range(BATCH + 1)]
        import_organisations(session, rows, actor="test", at=AT)
    before = projected(database)

    rebuilt(database)

    after = projected(database)
    database.close()
    assert len(after["organisations"]) == BATCH + 1
    assert after == before


FORGED: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown kind": ("weather.changed", {}),
    "missing member": ("total.reported", {"roundId": "2015-16"}),
    "row that is not there": (
        "approval.ended",
        {"decisionId": "nowhere", "inForceTo": "2018-03-31", "endedBy": "succeeded"},
    ),
    "no day": ("approval.ended", {"decisionId": "nowhere", "inForceTo": "soon", "endedBy": "succeeded"}),
}


def forge(connection: Connection, kind: str, data: dict[str, Any]) -> int:
    """An entry after the last one whose bytes are in order, and a head that counts it."""
    log, private, head = (table_of(model) for model in (tables.LogEntry, tables.LogPrivate, tables.LogHead))
    index: int = connection.execute(select(head.c.size)).scalar_one()
    salt, private_bytes = bytes(32), b"{}"
    columns = {"index": index, "act": index, "kind": kind, "publishes": False, "reference": None, "ods_code": "10T"}
    members = {**columns, "at": "2014-12-15T12:00:00Z", "data": data}
    members["privateHash"] = commitment(salt, private_bytes).hex()
    members["odsCode"] = members.pop("ods_code")
    body = canonical(members)
    connection.execute(insert(log).values(**columns, at=AT, salt=salt, body=body, leaf=leaf_hash(salt, body)))
    connection.execute(insert(private).values(index=index, salt=salt, body=private_bytes))
    connection.execute(update(head).values(size=index + 1))
    return index


@pytest.mark.parametrize("name", FORGED)
def test_a_log_that_cannot_be_folded_is_refused_by_its_entry_and_every_row_stays(
    shared: Database, bare: Connection, name: str
) -> None:
    index = forge(bare, *FORGED[name])
    bare.execute(update(table_of(tables.Round)).values(title="Edited"))
    before = {table_of(model).name: rows_in(bare, model) for model in projections.PROJECTED}

    with pytest.raises(UnreadableLog, match=rf"^entry {index} cannot be replayed: "):
        rebuild(bare, migrations.reference_rows())

    assert {table_of(model).name: rows_in(bare, model) for model in projections.PROJECTED} == before


LOG = table_of(tables.LogEntry)
SPOILT: dict[str, tuple[Any, str]] = {
    "body": (
        lambda connection: connection.execute(update(LOG).where(LOG.c.index == 5).values(body=b"{}")),
        "entry 5: the leaf is not that of salt and body",
    ),
    "private bytes": (
        lambda connection: connection.execute(update(table_of(tables.LogPrivate)).values(body=b"[]")),
        "entry 0: the private bytes are not those of privateHash",
    ),
    "columns": (
        lambda connection: connection.execute(update(LOG).where(LOG.c.index == 5).values(publishes=False)),
        "entry 5: columns differ from the body: publishes",
    ),
    "head": (
        lambda connection: connection.execute(update(table_of(tables.LogHead)).values(size=1_000)),
        "the head counts 1000 entries, and there are ",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_log_that_was_tampered_with_is_never_folded_into_the_tables(
    shared: Database, bare: Connection, name: str
) -> None:
    tampering, said = SPOILT[name]
    with unguarded(bare):
        tampering(bare)
    before = {table_of(model).name: rows_in(bare, model) for model in projections.PROJECTED}

    with pytest.raises(UnreadableLog, match=f"^{re.escape(said)}"):
        rebuild(bare, migrations.reference_rows())

    assert {table_of(model).name: rows_in(bare, model) for model in projections.PROJECTED} == before


def rows_in(connection: Connection, model: Any) -> list[tuple[Any, ...]]:
    return sorted(map(tuple, connection.execute(table_of(model).select())), key=str)
