"""Putting a round: planning it, changing it, and what cannot be changed any more."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.casework.organisations import import_organisations
from app.casework.rounds import put_round
from app.records import ledger, rounds
from app.records.audit.verification import verify
from app.records.entries.wire import Entry
from app.records.session import Database
from app.rules.refusals import Fault, InvalidDocument
from app.rules.rounds import RoundPlan
from tests.facts import one_ccg
from tests.past import PLANS, decision, say
from tests.records.acting import Steps

AT = datetime(2014, 11, 3, 9, 30, tzinfo=UTC)
ROUND = RoundPlan(
    round_id="2015-16",
    title="Co-commissioning 2015-16",
    kind="real",
    coverage="complete",
    opens_on=date(2014, 11, 10),
    delegated_deadline=date(2015, 1, 9),
    joint_deadline=None,
    closes_on=date(2015, 2, 28),
    starts_on=date(2015, 4, 1),
    counted_on=date(2015, 2, 18),
    applications_public_from=date(2015, 1, 12),
    applicants_see_at=datetime(2015, 2, 18, 9, 30, tzinfo=UTC),
)


def put(database: Database, plan: RoundPlan) -> bool:
    with database.writing() as session:
        return put_round(session, plan, actor="test", at=AT)


def log_size(database: Database) -> int:
    with database.reading() as session:
        return ledger.head(session).size


def apply_in(database: Database, round_id: str) -> None:
    """A draft of Slough's in a round, by an entry of its own."""
    data = {
        "roundId": round_id,
        "requestedLevel": "delegated",
        "leadOdsCode": "10T",
        "memberOdsCodes": ["10T"],
        "regionCode": "Y57",
        "state": "draft",
        "version": 1,
    }
    slough = one_ccg("10T", "NHS Slough CCG", "Y57", known_to=date(2014, 11, 1))
    with database.writing() as session:
        import_organisations(session, [slough], actor="test", at=AT)
        ledger.append_written(session, [Entry("application.created", data, {"document": {}}, reference="CC-1")], at=AT)


def test_a_round_reads_as_it_was_put(database: Database) -> None:
    assert put(database, ROUND)

    with database.reading() as session:
        assert rounds.fetch(session, "2015-16") == ROUND
        assert rounds.fetch(session, "2016-17") is None
        assert ledger.head(session) == (2, 1)
    assert verify(database).faults == ()


def test_rounds_are_listed_with_the_newest_first(database: Database) -> None:
    later = replace(ROUND, round_id="2016-17", starts_on=date(2016, 4, 1))
    put(database, ROUND)
    put(database, later)

    with database.reading() as session:
        assert rounds.all_rounds(session) == [later, ROUND]


def test_putting_the_same_round_again_writes_nothing(database: Database) -> None:
    put(database, ROUND)
    size = log_size(database)

    assert not put(database, ROUND)
    assert log_size(database) == size


def test_a_changed_round_writes_one_entry(database: Database) -> None:
    put(database, ROUND)
    size = log_size(database)
    changed = replace(ROUND, joint_deadline=date(2015, 1, 30))

    assert put(database, changed)

    with database.reading() as session:
        assert rounds.fetch(session, "2015-16") == changed
    assert log_size(database) == size + 1


def test_a_round_without_applications_may_change_its_kind(database: Database) -> None:
    put(database, ROUND)

    assert put(database, replace(ROUND, kind="trial"))


def test_a_round_with_applications_is_not_said_to_be_known_in_part(database: Database) -> None:
    put(database, ROUND)
    apply_in(database, "2015-16")

    with pytest.raises(InvalidDocument) as refusal:
        put(database, replace(ROUND, coverage="partial", opens_on=None, closes_on=None))

    assert refusal.value.faults == (Fault("/coverage", "Stays complete: the round has applications."),)


def test_a_round_of_which_the_past_is_known_keeps_its_kind(steps: Steps) -> None:
    with steps.database.writing() as session:
        say(session, decision("02W", round_id="2016-17"))

    with pytest.raises(InvalidDocument) as refusal:
        put(steps.database, replace(PLANS["2016-17"], kind="trial"))

    assert refusal.value.faults == (Fault("/kind", "Stays real: the round has decisions."),)


def test_a_round_with_applications_keeps_its_kind_and_every_fault_is_named(database: Database) -> None:
    put(database, ROUND)
    apply_in(database, "2015-16")
    size = log_size(database)

    with pytest.raises(InvalidDocument) as refused:
        put(database, replace(ROUND, kind="trial", title=""))

    assert refused.value.faults == (
        Fault("/title", "Between 1 and 200 characters."),
        Fault("/kind", "Stays real: the round has applications."),
    )
    assert log_size(database) == size
