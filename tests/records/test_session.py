"""Sessions: readers cannot write, nothing changes without an entry, and what fails leaves nothing behind."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier, Event

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, SQLModel, col

from app.casework.organisations import import_organisations
from app.casework.rounds import put_round
from app.records import ledger, rounds, tables
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.entries.wire import Entry
from app.records.ledger import Head
from app.records.session import Database, DatabaseUnavailable
from app.rules.bodies import DatedFact, OrganisationRecord
from tests.records.rows import ROUND
from tests.world import REAL_ROUND, TRIAL_ROUND

AT = datetime(2014, 11, 3, 9, 30, tzinfo=UTC)
APRIL_2013 = date(2013, 4, 1)
THREADS, ACTS = 8, 12
REFUSED = (DatabaseUnavailable, DBAPIError)


def ccg(code: str) -> OrganisationRecord:
    fact = DatedFact(APRIL_2013, None, f"NHS {code} CCG", None, "Y57", "Q69")
    return OrganisationRecord(code, APRIL_2013, None, None, date(2019, 4, 1), (fact,))


@pytest.fixture
def written(database: Database) -> Database:
    """A register with one round in it."""
    with database.writing() as session:
        put_round(session, REAL_ROUND, actor="test", at=AT)
    return database


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: sorted((tuple(row) for row in session.connection().execute(select(table))), key=repr)
            for table in SQLModel.metadata.sorted_tables
        }


# --- reading ------------------------------------------------------------------------------------

WRITES: dict[str, Callable[[Session], object]] = {
    "an insert": lambda session: session.connection().execute(insert(table_of(tables.Round)).values(ROUND)),
    "an update": lambda session: session.connection().execute(update(tables.LogHead).values(size=9)),
    "an act": lambda session: put_round(session, TRIAL_ROUND, actor="test", at=AT),
    "a statement": lambda session: session.connection().exec_driver_sql("DELETE FROM rounds"),
    "a change of the schema": lambda session: session.connection().exec_driver_sql("CREATE TABLE t (a integer)"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_reading_session_cannot_write(written: Database, write: Callable[[Session], object]) -> None:
    before = everything(written)

    with pytest.raises(REFUSED), written.reading() as session:
        write(session)

    assert everything(written) == before


@pytest.mark.parametrize("ending", [Session.rollback, Session.commit], ids=["rollback", "commit"])
def test_nor_can_it_in_a_transaction_that_follows(written: Database, ending: Callable[[Session], None]) -> None:
    def read_on_and_write(session: Session) -> None:
        rounds.all_rounds(session)
        ending(session)
        put_round(session, TRIAL_ROUND, actor="test", at=AT)

    with pytest.raises(REFUSED), written.reading() as session:
        read_on_and_write(session)

    assert "trial" not in str(everything(written))


def test_connections_that_readers_used_serve_writers_again(written: Database) -> None:
    """Several readers at once, one of which ends its transaction early, so that pooled connections are mixed up."""
    with written.reading() as one, written.reading() as two, written.reading() as three:
        for session in (one, two, three):
            rounds.all_rounds(session)
        two.rollback()
        rounds.all_rounds(two)

    for number in range(6):
        with written.writing() as session:
            put_round(session, replace(TRIAL_ROUND, round_id=f"trial-{number}"), actor="test", at=AT)

    assert verify(written).faults == ()


def test_a_reader_keeps_its_snapshot_while_others_write(written: Database) -> None:
    with written.reading() as session:
        before = [plan.round_id for plan in rounds.all_rounds(session)]
        with written.writing() as writer:
            put_round(writer, TRIAL_ROUND, actor="test", at=AT)
        session.expire_all()
        assert [plan.round_id for plan in rounds.all_rounds(session)] == before
        assert ledger.head(session) == Head(2, 1)

    with written.reading() as session:
        assert ledger.head(session) == Head(3, 2)


# --- no change without an entry -----------------------------------------------------------------


def change(session: Session) -> None:
    session.get_one(tables.Round, "2015-16").title = "Another title"


def add(session: Session) -> None:
    session.add(tables.Round(**ROUND))


def remove(session: Session) -> None:
    session.delete(session.get_one(tables.Round, "2015-16"))


@pytest.mark.parametrize("ending", [Session.flush, Session.commit, lambda _: None], ids=["flush", "commit", "end"])
@pytest.mark.parametrize("act", [change, add, remove])
def test_an_object_that_is_changed_without_an_entry_is_refused(
    written: Database, act: Callable[[Session], None], ending: Callable[[Session], None]
) -> None:
    before = everything(written)

    def act_and_end(session: Session) -> None:
        act(session)
        ending(session)

    with pytest.raises(RuntimeError, match=r"^a row was changed without a log entry$"), written.writing() as session:
        act_and_end(session)

    assert everything(written) == before


# --- a failing act ------------------------------------------------------------------------------


class Interrupted(Exception):
    """What a test raises in the midst of an act."""


def declared(code: str, round_id: str = "2015-16", level: str = "none") -> Entry:
    days = {"declaredOn": "2014-12-01", "occurredOn": "2014-12-01"}
    data = {"declarationId": f"DE-{code}", "roundId": round_id, "level": level, "replaces": [], **days}
    return Entry("declaration.made", data, ods_code=code, publishes=True)


FAILURES: dict[str, tuple[Entry, type[Exception]]] = {
    "an unknown kind of entry": (Entry("round.forgotten", {}), KeyError),
    "a row to be set that is not there": (
        Entry("outcome.returned", {"version": 3, "state": "submitted"}, reference="CC-1"),
        LookupError,
    ),
    "a value that a constraint refuses": (declared("10T", level="delegated"), IntegrityError),
    "a code that refers to nothing": (declared("99Z"), IntegrityError),
    "a member that is missing": (Entry("declaration.made", {}, ods_code="10T"), KeyError),
    "a value that cannot be written as JSON": (Entry("round.changed", {"title": object()}), TypeError),
}


@pytest.mark.parametrize(("entry", "error"), FAILURES.values(), ids=FAILURES.keys())
def test_an_act_that_fails_at_its_last_entry_leaves_nothing_behind(
    written: Database, entry: Entry, error: type[Exception]
) -> None:
    with written.writing() as session:
        import_organisations(session, [ccg("10T"), ccg("10G")], actor="test", at=AT)
    before = everything(written)

    with pytest.raises(error), written.writing() as session:
        ledger.append_written(session, [declared("10G"), entry], at=AT)

    assert everything(written) == before
    assert verify(written).faults == ()


def test_an_act_that_is_interrupted_after_its_entries_leaves_nothing_behind(written: Database) -> None:
    before = everything(written)

    def act_and_stop(session: Session) -> None:
        put_round(session, TRIAL_ROUND, actor="test", at=AT)
        assert ledger.head(session) == Head(3, 2)
        raise Interrupted

    with pytest.raises(Interrupted), written.writing() as session:
        act_and_stop(session)

    assert everything(written) == before


def test_an_act_without_a_time_zone_is_refused(written: Database) -> None:
    before = everything(written)

    with pytest.raises(Exception, match="an instant needs a time zone"), written.writing() as session:
        put_round(session, TRIAL_ROUND, actor="test", at=datetime(2014, 11, 3))  # noqa: DTZ001  the fault under test

    assert everything(written) == before


# --- writing at once ----------------------------------------------------------------------------


def act_of(thread: int, act: int) -> list[str]:
    """The CCGs that one act of a thread takes in: one, two or three."""
    return [f"{thread}{act:02}{number:02}" for number in range(1 + act % 3)]


def is_torn(database: Database) -> bool:
    """Whether a reader sees a log that does not end where its head says."""
    index = col(tables.LogEntry.index)
    with database.reading() as session:
        entries, newest = session.connection().execute(select(func.count(index), func.max(index))).one()
        return (entries, entries - 1) != (ledger.head(session).size, -1 if newest is None else newest)


def acts_in(database: Database) -> dict[int, list[tuple[int, str]]]:
    """The entries of each act but the first entry of all: index and ODS code, by the act's number."""
    log = table_of(tables.LogEntry).c
    found: dict[int, list[tuple[int, str]]] = {}
    with database.reading() as session:
        query = select(log.index, log.act, log.ods_code).where(log.index > 0).order_by(log.index)
        for index, act, code in session.connection().execute(query):
            found.setdefault(act, []).append((index, code))
    return found


def test_eight_threads_that_append_at_once_leave_a_gapless_log(database: Database) -> None:
    barrier, is_over = Barrier(THREADS + 1), Event()

    def write(thread: int) -> None:
        barrier.wait()
        for act in range(ACTS):
            with database.writing() as session:
                import_organisations(session, [ccg(code) for code in act_of(thread, act)], actor="test", at=AT)

    def read() -> int:
        barrier.wait()
        torn = 0
        while not is_over.is_set():
            torn += is_torn(database)
        return torn

    with ThreadPoolExecutor(THREADS + 1) as pool:
        reader = pool.submit(read)
        try:
            list(pool.map(write, range(THREADS)))
        finally:
            is_over.set()

    acts = acts_in(database)
    size = 1 + sum(map(len, acts.values()))
    assert reader.result() == 0
    assert sorted([code for _, code in each] for each in acts.values()) == sorted(
        act_of(thread, act) for thread in range(THREADS) for act in range(ACTS)
    )
    assert [index for each in acts.values() for index, _ in each] == list(range(1, size))
    assert list(acts) == [each[0][0] for each in acts.values()]
    with database.reading() as session:
        assert ledger.head(session) == Head(size, size - 1)
    assert verify(database).faults == ()
