"""Changes are written in few statements, in their order, and objects that were read before say what is there now."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlmodel import Session

from app.records import tables
from app.records.changes import Change, Put, Remove, Set, table_of
from app.records.writing import carry_out
from app.rules.lifecycle import State
from tests.records.rows import APPLICATION, MEMBER, put

REFERENCE = APPLICATION["reference"]
MEMBERS = [{**MEMBER, "ods_code": code, "position": place} for place, code in enumerate(("10T", "02W", "05W"))]


@pytest.fixture
def session(bare: Connection) -> Iterator[Session]:
    """A session on a connection of which nothing stays; an application stands there."""
    put(bare, tables.Application, APPLICATION)
    with Session(bare, autoflush=False) as session:
        yield session


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def application(session: Session) -> tables.Application:
    found = session.get(tables.Application, REFERENCE)
    assert found is not None
    return found


def members(session: Session) -> list[tuple[str, bool]]:
    table = table_of(tables.ApplicationMember).c
    rows = session.connection().execute(select(table.ods_code, table.is_live).order_by(table.position))
    return [(row.ods_code, row.is_live) for row in rows]


def member(code: str) -> dict[str, str]:
    return {"reference": REFERENCE, "ods_code": code}


def test_rows_of_a_table_that_follow_each_other_go_in_one_statement(session: Session) -> None:
    with counted(session) as sent:
        carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS])

    assert len(sent) == 1
    assert [code for code, _ in members(session)] == ["10T", "02W", "05W"]


def test_a_row_that_is_put_and_then_set_is_written_once(session: Session) -> None:
    changes: list[Change] = [Put(tables.ApplicationMember, {**MEMBERS[0], "is_live": False, "live_from": None})]
    changes.append(Set(tables.ApplicationMember, member("10T"), {"is_live": True, "live_from": 7}))

    with counted(session) as sent:
        carry_out(session, changes)

    assert (len(sent), members(session)) == (1, [("10T", True)])


def test_changes_of_one_form_share_a_statement_even_if_others_stand_between_them(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS])
    changes: list[Change] = []
    for number, row in enumerate(MEMBERS, start=APPLICATION["version"]):
        key = {"reference": REFERENCE, "version": number}
        changes.append(Set(tables.ApplicationMember, member(row["ods_code"]), {"is_live": False, "live_to": number}))
        changes.append(Set(tables.Application, key, {"version": number + 1}))

    with counted(session) as sent:
        carry_out(session, changes)

    assert len(sent) == 2
    assert [is_live for _, is_live in members(session)] == [False, False, False]
    assert application(session).version == APPLICATION["version"] + 3


def test_changes_of_one_table_keep_their_order(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS[:2]])

    carry_out(
        session,
        [
            Set(tables.ApplicationMember, member("10T"), {"is_live": False, "live_to": 7}),
            Set(tables.ApplicationMember, member("10T"), {"is_live": True}),
            Set(tables.ApplicationMember, member("02W"), {"is_live": True}),
            Set(tables.ApplicationMember, member("10T"), {"is_live": False, "live_to": 8}),
        ],
    )

    assert members(session) == [("10T", False), ("02W", True)]


def test_a_row_is_not_written_before_the_one_that_it_refers_to(session: Session) -> None:
    another = {**MEMBERS[1], "reference": "CC-2"}

    carry_out(
        session,
        [
            Put(tables.ApplicationMember, MEMBERS[0]),
            Put(tables.Application, {**APPLICATION, "reference": "CC-2"}),
            Put(tables.ApplicationMember, another),
        ],
    )

    assert members(session) == [("10T", True), ("02W", True)]


def test_a_column_that_a_waiting_row_does_not_name_is_set_all_the_same(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS[:2]])
    bare = [{name: row[name] for name in row if name not in {"live_to", "left_at"}} for row in MEMBERS[:2]]

    carry_out(
        session,
        [
            *(Put(tables.ApplicationMember, row) for row in bare),
            Set(tables.ApplicationMember, member("10T"), {"live_to": 7}),
        ],
    )

    table = table_of(tables.ApplicationMember).c
    rows = session.connection().execute(select(table.ods_code, table.live_to).order_by(table.position))
    assert [tuple(row) for row in rows] == [("10T", 7), ("02W", None)]


def test_one_row_of_many_to_be_set_that_is_not_there_is_noticed(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS[:2]])

    with pytest.raises(LookupError, match="2 rows of application_members match 3 keys"):
        carry_out(
            session,
            [Set(tables.ApplicationMember, member(row["ods_code"]), {"live_from": 7}) for row in MEMBERS],
        )


def test_a_row_that_is_there_is_put_anew(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, MEMBERS[0])])

    carry_out(session, [Put(tables.ApplicationMember, {**MEMBERS[0], "is_live": False, "live_to": 9})])

    assert members(session) == [("10T", False)]


def test_what_comes_after_a_removal_is_not_removed(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS])

    carry_out(
        session,
        [
            Remove(tables.ApplicationMember, {"reference": REFERENCE}),
            Put(tables.ApplicationMember, MEMBERS[1]),
        ],
    )

    assert [code for code, _ in members(session)] == ["02W"]


def test_what_comes_before_a_removal_is(session: Session) -> None:
    carry_out(
        session,
        [Put(tables.ApplicationMember, MEMBERS[0]), Remove(tables.ApplicationMember, {"reference": REFERENCE})],
    )

    assert members(session) == []


@pytest.mark.parametrize("wrong", [{"reference": "CC-2"}, {"reference": REFERENCE, "version": 99}])
def test_a_row_to_be_set_must_be_there_as_it_is_said_to_be(session: Session, wrong: dict[str, Any]) -> None:
    with pytest.raises(LookupError, match="0 rows of applications match"):
        carry_out(session, [Set(tables.Application, wrong, {"state": "withdrawn"})])


def test_a_row_that_waits_must_be_as_it_is_said_to_be_too(session: Session) -> None:
    new = {**APPLICATION, "reference": "CC-2", "version": 1}

    with pytest.raises(LookupError, match="0 rows of applications match"):
        carry_out(
            session,
            [
                Put(tables.Application, new),
                Set(tables.Application, {"reference": "CC-2", "version": 2}, {"version": 3}),
            ],
        )


def test_a_set_is_kept_of_a_column_that_the_row_waiting_does_not_name(session: Session) -> None:
    some = {name: APPLICATION[name] for name in APPLICATION if name != "recorded_by"}

    carry_out(
        session,
        [
            Put(tables.Application, {**some, "version": 3}),
            Set(tables.Application, {"reference": REFERENCE}, {"recorded_by": "operator"}),
        ],
    )

    assert (application(session).version, application(session).recorded_by) == (3, "operator")


@pytest.mark.parametrize(
    ("named", "key"),
    [
        ([*APPLICATION], {"recorded_by": None}),
        ([name for name in APPLICATION if name != "recorded_by"], {"recorded_by": "operator"}),
    ],
    ids=["no value", "a column that the row does not name"],
)
def test_a_row_that_waits_matches_as_it_would_in_the_database(
    session: Session, named: list[str], key: dict[str, Any]
) -> None:
    row = {name: APPLICATION[name] for name in named}

    with pytest.raises(LookupError, match="0 rows of applications match"):
        carry_out(
            session,
            [
                Put(tables.Application, row),
                Set(tables.Application, {"reference": REFERENCE, **key}, {"state": "withdrawn"}),
            ],
        )


def test_an_object_that_was_read_says_what_its_row_says_now_without_being_asked_again(session: Session) -> None:
    found = application(session)
    key = {"reference": REFERENCE, "version": found.version}

    with counted(session) as sent:
        carry_out(session, [Set(tables.Application, key, {"version": found.version + 1, "state": State.RECOMMENDED})])
        said = (found.version, found.state, type(found.state))

    assert said == (APPLICATION["version"] + 1, "recommended", str)
    assert len(sent) == 1
    session.expire_all()
    assert (found.version, found.state) == said[:2]
    assert not session.dirty


def test_only_the_object_of_a_row_that_a_part_of_its_key_names_is_renewed(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, row) for row in MEMBERS])
    found = [session.get(tables.ApplicationMember, (REFERENCE, row["ods_code"])) for row in MEMBERS]

    carry_out(session, [Set(tables.ApplicationMember, {"ods_code": "10T"}, {"is_live": False, "live_to": 9})])

    assert [each.is_live for each in found if each] == [False, True, True]


def test_an_object_whose_row_is_removed_is_found_no_more(session: Session) -> None:
    carry_out(session, [Put(tables.ApplicationMember, MEMBERS[0])])
    assert session.get(tables.ApplicationMember, (REFERENCE, "10T")) is not None

    carry_out(session, [Remove(tables.ApplicationMember, {"reference": REFERENCE})])

    assert session.get(tables.ApplicationMember, (REFERENCE, "10T")) is None
