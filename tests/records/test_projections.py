"""Projections: what each entry of a life, and of what comes after it, leaves in the tables, on both databases."""

from typing import Any

import pytest
from sqlalchemy import Connection
from sqlmodel import Session

from app.records import ledger, migrations
from app.records.audit import log_entries
from app.records.audit.replay import InMemoryProjections
from app.records.audit.verification import verify
from app.records.changes import primary_key, table_of
from app.records.entries import CLASSES
from app.records.entries.wire import Entry, LoggedEntry
from app.records.projections import PROJECTED
from app.records.session import Database
from tests.past import projected
from tests.records.left_by_applications import OF_APPLICATIONS
from tests.records.left_by_grants import OF_GRANTS
from tests.records.left_rows import INDICES, NOW, Left, Rows
from tests.records.post_decision import (
    BEGINNING,
    DUE,
    SET,
    SIGNED,
    STARTED,
    STORY,
    UNMET,
    WAIVER,
    Told,
    after,
    announced,
    cancelled,
    confirmed,
    end,
    step,
    tell,
    tell_all,
)

LEAVES = {**OF_APPLICATIONS, **OF_GRANTS}


def keyed(database: Database) -> Rows:
    found = projected(database)
    names = {table_of(model).name: primary_key(model) for model in PROJECTED}
    return {table: {tuple(row[name] for name in names[table]): row for row in rows} for table, rows in found.items()}


def difference(before: Rows, after_: Rows, told: Told) -> Left:
    """What is other than before, with the act's own instant and indices by their names."""
    new: dict[str, list[dict[str, Any]]] = {}
    changed: Rows = {}
    gone: dict[str, list[tuple[Any, ...]]] = {}
    for table, rows in after_.items():
        there = before[table]
        for key, row in rows.items():
            if key not in there:
                new.setdefault(table, []).append(named(row, told))
            elif row != there[key]:
                values = {name: value for name, value in row.items() if value != there[key][name]}
                changed.setdefault(table, {})[key] = named(values, told)
        lost = [key for key in there if key not in rows]
        gone |= {table: lost} if lost else {}
    return Left(new, changed, gone)


def named(row: dict[str, Any], told: Told) -> dict[str, Any]:
    def name(column: str, value: object) -> object:
        if value == told.at:
            return NOW
        if column in INDICES and value in told.indices:
            return f"entry {told.indices.index(value)}"
        return value

    return {column: name(column, value) for column, value in row.items()}


def test_each_act_leaves_these_rows_and_no_others_and_they_are_what_the_log_says(world_url: str) -> None:
    database = Database(world_url)
    found, before = {}, keyed(database)
    for told in tell(database):
        now = keyed(database)
        found[told.act.name] = difference(before, now, told)
        before = now
        assert (told.act.name, verify(database).faults) == (told.act.name, ())

    database.close()
    assert found == LEAVES


def test_every_kind_is_in_the_story_or_older_than_it() -> None:
    kinds = {cls.KIND for cls in CLASSES}
    told = {entry.kind for each in STORY for entry in each.entries}

    assert kinds - told == {
        "log.opened",
        "entry.redacted",  # of which no row comes
        "clock.accepted",
        "organisation.changed",
        "organisations.stated",  # imports, of which tests of their own tell
        "round.changed",
        "total.reported",
        "client.changed",
        "person.changed",
        "application.withdrawn",
        "outcome.returned",
        "declaration.made",
    }
    assert told - kinds == set()


# --- what was private is gone -------------------------------------------------------------------

PRIVATE = {
    "applications": {"document", "change_request", "recorded_by"},
    "recommendations": {"private_note", "recorded_by"},
    "assessments": {"rating", "justification", "assessed_by"},
    "extensions": {"reason", "granted_by"},
    "decisions": {"recorded_by", "signed_off_by"},
    "condition_evidence": {"text", "links"},
    "proposals": {"proposed_by", "settled_by", "settled_note"},
    "successions": {"proposed_by", "settled_by", "settled_note"},
}


@pytest.fixture(scope="module")
def told(shared: Database) -> Database:
    """The story told once for the room."""
    tell_all(shared)
    return shared


def test_without_the_private_bytes_the_same_rows_stand_without_what_was_private(told: Database) -> None:
    replayed = InMemoryProjections(migrations.reference_rows())
    with told.reading() as session:
        for entry in log_entries.read(session.connection()):
            is_of_the_story = entry.at >= BEGINNING
            replayed.apply(LoggedEntry.of(entry.body, None if is_of_the_story else entry.private_body))

    bared = {table_of(model).name: replayed.rows_of(model) for model in PROJECTED}
    assert bared == {
        table: {key: {**row, **dict.fromkeys(PRIVATE.get(table, ()))} for key, row in rows.items()}
        for table, rows in keyed(told).items()
    }


# --- what no act could have gone on with --------------------------------------------------------

UNFIT: dict[str, Entry] = {
    "consent at a version that is over": step("consent.given", "CC-C", 2, "draft", "08E"),
    "consent of another": step("consent.given", "CC-C", 3, "draft", "07P"),
    "leaving of another": step("member.left", "CC-C", 3, "draft", "07P", wasLive=False),
    "showing at a version that is over": step("outcome.shown", "CC-A", 12, "decided", memberOdsCodes=[], dueAt=DUE),
    "lapse of nothing": step("application.lapsed", "CC-Z", 2, "lapsed", memberOdsCodes=[], dueAt=DUE),
    "extension at a version that is over": step(
        "extension.granted",
        "CC-C",
        2,
        "draft",
        "08E",
        extensionId="EX-Z",
        roundId="trial",
        level="joint",
        until="2015-02-20",
    ),
    "version of a decision that is over": after("approval.started", "CC-E-07Y-2", 1, **STARTED),
    "version of a decision to come": after("approval.started", "CC-E-07Y-2", 3, **STARTED),
    "condition met twice": after("condition.met", "CC-A-07P", conditionId="c1", occurredOn="2015-03-05"),
    "condition waived that lapsed": after(
        "condition.waived", "CC-A-07P", conditionId="c2", occurredOn="2015-03-05", **UNMET
    ),
    "condition lapsed that is not there": after(
        "condition.lapsed", "CC-A-07P", conditionId="c9", occurredOn="2015-03-05", **UNMET
    ),
    "proposal confirmed twice": confirmed("PR-A", "CC-A-07P", 16, "waiver"),
    "proposal confirmed that was replaced": confirmed("PR-C", "CC-A-07W", 10),
    "proposal confirmed that was taken back": confirmed("PR-E", "CC-A-07P", 16, "correction"),
    "proposal confirmed that was closed": confirmed("PR-F", "CC-A-07P", 16, "waiver"),
    "proposal that replaces one confirmed": after(
        "proposal.made",
        "CC-A-07P",
        16,
        proposalId="PR-Z",
        kind="waiver",
        conditionId="c3",
        terms=WAIVER,
        replaces="PR-A",
    ),
    "announcement made that was cancelled": announced("made", "AN-A", decisionIds=SET, dueAt="2014-12-17T09:30:00Z"),
    "announcement made twice": announced("made", "AN-B", decisionIds=SET, dueAt="2014-12-18T09:30:00Z"),
    "announcement cancelled that was made": cancelled("AN-B"),
    "signature for a rejection": after("agreement.signed", "CC-E-07Y", 3, **SIGNED, inForceFrom="2015-04-01"),
    "end of a rejection": after("approval.ended", "CC-E-07Y", **end("2016-03-31", "revoked")),
}


@pytest.mark.usefixtures("clocks_go_back")
@pytest.mark.parametrize("name", UNFIT)
def test_an_entry_that_does_not_find_its_row_is_not_appended(told: Database, bare: Connection, name: str) -> None:
    with Session(bare) as session, pytest.raises(LookupError, match=r"^0 rows of "):
        ledger.append_written(session, [UNFIT[name]], at=BEGINNING)
