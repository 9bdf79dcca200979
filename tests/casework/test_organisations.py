"""Importing what files say of bodies: what is written, what follows for the grants, and what earlier releases knew."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import select

from app.casework.organisations import (
    ContradictedFile,
    FileSays,
    GrantEnding,
    OrganisationsDifference,
    import_file,
    import_organisations,
)
from app.records import directory, ledger, organisations
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import LogEntry
from app.rules.bodies import DatedFact, OrganisationRecord, SaidBy, Statement
from tests.facts import one_ccg
from tests.past import decision, say
from tests.records.acting import Steps

AT = datetime(2020, 6, 2, 8, 0, tzinfo=UTC)
APRIL_2013, JUNE_2019 = date(2013, 4, 1), date(2019, 6, 1)


def row(code: str, name: str = "NHS Slough CCG", **members: Any) -> Statement:
    """What our own file says of a body, as at 1 June 2019."""
    said = {"opened_on": APRIL_2013, "as_at": JUNE_2019, "region_code": "Y57", "source": "Made up", **members}
    return Statement(code, SaidBy.OWN, said["opened_on"], name=name, **said)


def take_over(database: Database, *rows: Statement, dry_run: bool = False, **given: Any) -> OrganisationsDifference:
    with database.writing() as session:
        says = FileSays(max(each.as_at for each in rows), rows, **given)
        return import_file(session, says, actor="test", at=AT, dry_run=dry_run)


def written(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """The kinds and data of all entries but the first."""
    table = table_of(LogEntry)
    with database.reading() as session:
        rows = session.connection().execute(select(table.c.body).where(table.c.index > 0).order_by(table.c.index))
        bodies = [orjson.loads(each.body) for each in rows]
    return [(body["kind"], body["data"]) for body in bodies]


def known(database: Database, code: str) -> OrganisationRecord:
    with database.reading() as session:
        return organisations.all_known(session)[code]


def test_an_import_writes_an_entry_for_the_file_and_one_for_each_body(database: Database) -> None:
    found = take_over(database, row("10T"))

    [(stated, said), (changed, body)] = written(database)
    assert found.added == ("10T",)
    assert (stated, changed) == ("organisations.stated", "organisation.changed")
    assert (said["asAt"], len(said["statements"]), said["speaksOf"]) == ("2019-06-01", 1, [])
    assert body == {
        "odsCode": "10T",
        "openedOn": "2013-04-01",
        "closedOn": None,
        "successor": None,
        "knownTo": "2019-06-01",
        "facts": [
            {
                "validFrom": "2013-04-01",
                "validTo": None,
                "name": "NHS Slough CCG",
                "onsCode": None,
                "regionCode": "Y57",
                "areaTeamCode": None,
                "source": "Made up",
            }
        ],
    }
    assert verify(database).faults == ()


def test_a_repeat_writes_nothing(database: Database) -> None:
    take_over(database, row("10T"))

    again = take_over(database, row("10T"))

    assert (again.is_empty, again.unchanged) == (True, ("10T",))
    assert len(written(database)) == 2


def test_a_dry_run_tells_the_difference_and_writes_nothing(database: Database) -> None:
    found = take_over(database, row("10T"), dry_run=True)

    assert (found.added, written(database)) == (("10T",), [])


def test_a_newer_file_that_says_the_same_moves_only_the_day_to_which_all_is_known(database: Database) -> None:
    take_over(database, row("10T"), row("10G"))
    later = date(2019, 9, 1)

    partial = take_over(database, row("10T", as_at=later))

    with database.reading() as session:
        reach = directory.known_to(session)
    assert (partial.changed, partial.missing, partial.open) == ((), ("10G",), 2)
    assert written(database)[-1][1]["speaksOf"] == ["10T"]
    assert (known(database, "10T").known_to, reach) == (later, JUNE_2019)
    assert verify(database).faults == ()


def test_what_an_earlier_release_knew_stands_beside_the_first_file(database: Database) -> None:
    before = one_ccg("10T", "NHS Slough CCG", "Y57", known_to=date(2018, 11, 1))
    with database.writing() as session:
        import_organisations(session, [before], actor="test", at=AT)

    take_over(database, Statement("10T", SaidBy.ODS, JUNE_2019, JUNE_2019, name="NEW CCG", opened_on=APRIL_2013))

    old, new = known(database, "10T").facts
    assert old == DatedFact(APRIL_2013, date(2019, 5, 31), "NHS Slough CCG", None, "Y57", None)
    assert new == DatedFact(JUNE_2019, None, "NEW CCG", None, "Y57", None)
    assert verify(database).faults == ()


def test_a_contradiction_is_raised_with_all_faults_and_nothing_is_written(database: Database) -> None:
    take_over(database, row("10T"), row("10G"))

    with_faults = (row("10T", opened_on=date(2013, 4, 2)), row("10G", closed_on=date(2019, 5, 31)))
    try:
        take_over(database, *with_faults)
    except ContradictedFile as contradicted:
        faults = contradicted.faults
    assert [tuple(fault) for fault in faults] == [
        ("10T", "opened on 2013-04-01, and on 2013-04-02 here"),
        ("10G", "is known to be open on 2019-06-01, and closed on 2019-05-31 here"),
        ("10G", "closes on 2019-05-31, and names no successor"),
    ]
    assert len(written(database)) == 3


def test_the_reason_stands_in_the_log_only_if_something_was_corrected(database: Database) -> None:
    take_over(database, row("10T"))
    why: dict[str, Any] = {"corrected": frozenset({"10T"}), "reason": "They say so."}

    idle = take_over(database, row("10T", as_at=date(2019, 7, 1)), **why)
    moved = take_over(database, row("10T", opened_on=date(2013, 5, 1), as_at=date(2019, 8, 1)), **why)

    assert [tuple(note) for note in idle.notes] == [("10T", "has nothing that had to be corrected")]
    assert [tuple(note) for note in moved.notes] == [
        ("10T", "opened on 2013-04-01, and on 2013-05-01 here (corrected)")
    ]
    assert [said.get("reason") for kind, said in written(database) if kind == "organisations.stated"] == [
        None,
        None,
        "They say so.",
    ]
    assert known(database, "10T").facts[0].valid_from == date(2013, 5, 1)


def test_the_grants_that_end_or_never_start_are_named_before_and_end_by_the_import(steps: Steps) -> None:
    with steps.database.writing() as session:
        say(session, decision("05C"), decision("05L", round_id="2017-18"))
    last_day = date(2016, 3, 31)
    merged = [
        row(code, f"NHS {code} CCG", region_code="Y55", closed_on=last_day, successor="D2P2L")
        for code in ("05C", "05L")
    ]
    follower = row("D2P2L", "NHS Black Country CCG", region_code="Y55", opened_on=date(2016, 4, 1))
    why: dict[str, Any] = {"corrected": frozenset({"05C", "05L", "D2P2L"}), "reason": "Made up."}

    shown = take_over(steps.database, *merged, follower, dry_run=True, **why)
    done = take_over(steps.database, *merged, follower, **why)

    assert shown.ends == done.ends
    assert shown.ends == (
        GrantEnding("2015-16-05c-05C", "05C", last_day, never_starts=False),
        GrantEnding("2017-18-05l-05L", "05L", last_day, never_starts=True),
    )
    with steps.database.reading() as session:
        assert ledger.head(session).size > 0
