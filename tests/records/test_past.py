"""Past states: the replay of the log's beginning holds what the tables held then, and any thread may read it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.records import ledger
from app.records.changes import primary_key, table_of
from app.records.entries.wire import Entry
from app.records.past import PastStates, Publication, publication_at
from app.records.projections import PROJECTED
from app.records.session import Database, DatabaseUnavailable, Session
from app.records.tables import LogEntry, Organisation, RegisteredClient, RegisteredPerson
from tests.past import decision, say
from tests.records.acting import NATIONAL, SLOUGH, SOUTH, Steps, ruling

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def states(world_url: str) -> Iterator[PastStates]:
    database = Database(world_url)
    found = PastStates(database, most_kept=2, patience=0.01)
    yield found
    found.close()
    database.close()


def rows_of(session: Session) -> Rows:
    """Every row of every projection but those of callers, who are registered without anything being published."""
    return {
        table_of(model).name: [
            tuple(row)
            for row in session.connection().execute(
                select(table_of(model)).order_by(*(table_of(model).c[name] for name in primary_key(model)))
            )
        ]
        for model in PROJECTED
        if model not in {RegisteredClient, RegisteredPerson}
    }


def known(database: Database, sequence: int) -> Publication | None:
    with database.reading() as session:
        return publication_at(session, sequence)


def newest(database: Database) -> int:
    with database.reading() as session:
        return ledger.public_sequence(session)


def test_a_past_state_holds_what_the_tables_held(steps: Steps, states: PastStates) -> None:
    """Acts that publish and acts that do not, casework and history, corrections and declarations."""
    held: dict[int, Rows] = {}

    def note() -> None:
        steps.clock.move_by(hours=1)
        with steps.database.reading() as session:
            held[ledger.public_sequence(session)] = rows_of(session)

    note()
    steps.declare(SLOUGH, "10T")
    note()
    reference = steps.apply("10T")
    steps.record(reference, SOUTH, ruling("10T", "conditional", "Not unanimous."))
    steps.confirm(reference, NATIONAL)
    steps.announce()
    note()
    for word in ("approved", "rejected"):
        with steps.database.writing() as session:
            say(session, decision("00D", word, round_id="2016-17"))
        note()

    assert len(held) == 5
    for sequence, rows in held.items():
        with states.reading(known(steps.database, sequence)) as session:
            assert rows_of(session) == rows
            assert ledger.public_sequence(session) == sequence


def test_of_the_log_a_past_state_has_what_is_public(steps: Steps, states: PastStates) -> None:
    steps.apply("10T")
    sequence = newest(steps.database)

    with steps.database.reading() as session:
        at = ledger.published_at(session, sequence)
    with states.reading(known(steps.database, sequence)) as session:
        entries = session.connection().execute(select(table_of(LogEntry).c.publishes)).scalars().all()
        assert (ledger.published_at(session, sequence), set(entries)) == (at, {True})


def test_before_anything_was_published_nothing_stood(database: Database) -> None:
    found = PastStates(database)

    assert known(database, 0) is None
    with found.reading(None) as session:
        assert ledger.head(session) == ledger.Head(0, 0)
        assert session.connection().execute(select(table_of(Organisation))).all() == []


def test_inside_an_act_the_publication_before_it_is_meant(database: Database) -> None:
    """Two acts that publish with entries between that do not: 1 to 4 are one act, 5 another, 6 to 9 the last."""
    entries = {publishes: Entry("log.opened", {}, publishes=publishes) for publishes in (True, False)}
    at = [datetime(2015, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    for number, publishing in enumerate(([False, True, True, False], [False], [True, False, True, False])):
        with database.writing() as session:
            ledger.append_written(session, [entries[each] for each in publishing], at=at[number])

    found = [known(database, sequence) for sequence in range(12)]

    assert [each and each.sequence for each in found] == [None, None, None, 3, 3, 3, 3, 3, 8, 8, 8, 8]
    assert {each.at for each in found if each is not None} == {at[0], at[2]}


def test_only_the_states_asked_for_last_are_kept(steps: Steps, states: PastStates) -> None:
    sequences = [newest(steps.database)]
    for minutes in range(3):
        steps.clock.move_by(minutes=minutes)
        steps.declare(SLOUGH, "10T")
        sequences.append(newest(steps.database))

    for sequence in (*sequences, *reversed(sequences)):
        with states.reading(known(steps.database, sequence)) as session:
            assert ledger.public_sequence(session) == sequence
        assert len(states) <= 2


def test_a_state_can_be_read_on_when_it_is_no_longer_kept(steps: Steps, states: PastStates) -> None:
    first = known(steps.database, newest(steps.database))
    assert first is not None

    with states.reading(first) as session:
        states.close()
        assert (len(states), ledger.public_sequence(session)) == (0, first.sequence)
        assert rows_of(session)["organisations"]


def test_several_threads_read_the_same(steps: Steps) -> None:
    sequence, states = newest(steps.database), PastStates(steps.database)
    expected = known(steps.database, sequence)

    def read(_: int) -> Rows:
        with states.reading(expected) as session:
            return rows_of(session)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, range(16)))

    assert (len(states), found) == (1, [found[0]] * 16)
    assert found[0]["organisations"]


def test_who_waits_too_long_for_others_is_told_to_ask_again(steps: Steps, states: PastStates) -> None:
    sequence = newest(steps.database)

    with states._turn(), pytest.raises(DatabaseUnavailable), states.reading(known(steps.database, sequence)):  # noqa: SLF001  what another thread holds
        pytest.fail("it was not waited for")

    with states.reading(known(steps.database, sequence)) as session:
        assert ledger.public_sequence(session) == sequence


def test_a_log_in_the_place_of_another_has_past_states_of_its_own(steps: Steps, states: PastStates) -> None:
    """What tells them apart is the salted leaf: the numbers can be the same."""
    publication = known(steps.database, newest(steps.database))
    assert publication is not None
    other = publication._replace(leaf=bytes(32), at=publication.at + timedelta(days=1))

    for each in (publication, other):
        with states.reading(each):
            pass

    assert len(states) == 2
