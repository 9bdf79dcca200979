"""Importing organisations: what the register's own files say, and what a newer ODS file changes."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from app.commands.organisation_files import read_own
from sqlalchemy import func, select

from app import reference
from app.casework.organisations import (
    ChangedOrganisation,
    OrganisationsDifference,
    SnapshotRow,
    import_organisations,
    import_snapshot,
)
from app.records import ledger, organisations
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.session import Database
from app.records.tables import LogEntry, Organisation
from app.rules.bodies import DatedFact, OrganisationRecord

AT = datetime(2019, 4, 2, 8, 0, tzinfo=UTC)
APRIL_2013, APRIL_2017, NOVEMBER_2018 = date(2013, 4, 1), date(2017, 4, 1), date(2018, 11, 1)
SLOUGH = SnapshotRow("10T", "NHS Slough CCG", "Y57", "Q69", APRIL_2013, None)


def own_records(database: Database) -> list[OrganisationRecord]:
    with database.reading() as session:
        geography = organisations.geography(session)
    return read_own(
        reference.ORGANISATIONS.read_text(),
        reference.ORGANISATION_EVENTS.read_text(),
        geography,
        known_to=reference.KNOWN_TO,
    )


def take_over(database: Database, rows: list[OrganisationRecord], *, dry_run: bool = False) -> OrganisationsDifference:
    with database.writing() as session:
        return import_organisations(session, rows, actor="test", at=AT, dry_run=dry_run)


def take_over_snapshot(database: Database, day: date, *rows: SnapshotRow) -> OrganisationsDifference:
    with database.writing() as session:
        return import_snapshot(session, rows, valid_from=day, actor="test", at=AT)


def log_size(database: Database) -> int:
    with database.reading() as session:
        return ledger.head(session).size


def known(database: Database, code: str) -> OrganisationRecord:
    with database.reading() as session:
        return organisations.all_known(session)[code]


def test_the_known_numbers_of_ccgs_are_open_on_first_june_of_each_year(database: Database) -> None:
    found = take_over(database, own_records(database))

    table = table_of(Organisation)
    open_on = {}
    with database.reading() as session:
        for year in (2014, 2015, 2017, 2018, 2019):
            day = date(year, 6, 1)
            is_open = (table.c.opened_on <= day) & ((table.c.closed_on >= day) | table.c.closed_on.is_(None))
            open_on[year] = session.connection().scalar(select(func.count()).where(is_open))
    assert open_on == {2014: 211, 2015: 209, 2017: 207, 2018: 195, 2019: 191}
    assert len(found.added) == 221
    assert verify(database).faults == ()


def test_a_merged_ccg_names_its_successor(database: Database) -> None:
    take_over(database, own_records(database))

    with database.reading() as session:
        successors = {code: each.successor for code, each in organisations.all_known(session).items() if each.successor}
    merged = {
        "13T": "00F 00G 00H",
        "14L": "00W 01M 01N",
        "15F": "02V 03C 03G",
        "15E": "13P 04X 05P",
        "14Y": "10Y 10H",
        "15A": "10M 10N 10W 11D",
        "15D": "10G 10T 11C",
        "15C": "11H 11T 12A",
        "15M": "03X 03Y 04J 04R",
        "15N": "99P 99Q",
    }
    assert successors == {code: successor for successor, codes in merged.items() for code in codes.split()}


def test_a_closed_ccg_has_facts_to_its_last_day(database: Database) -> None:
    take_over(database, own_records(database))

    last_day = date(2018, 3, 31)
    assert known(database, "10T") == OrganisationRecord(
        ods_code="10T",
        opened_on=APRIL_2013,
        closed_on=last_day,
        successor="15D",
        known_to=date(2019, 4, 1),
        facts=(
            DatedFact(APRIL_2013, date(2015, 3, 31), "NHS Slough CCG", "E38000148", "Y57", "Q69"),
            DatedFact(date(2015, 4, 1), last_day, "NHS Slough CCG", "E38000148", "Y57", None),
        ),
    )


def test_a_boundary_change_renames_a_ccg_and_closes_nothing(database: Database) -> None:
    take_over(database, own_records(database))

    cumbria = known(database, "01H")
    assert (cumbria.closed_on, cumbria.successor) == (None, None)
    assert cumbria.facts == (
        DatedFact(APRIL_2013, date(2015, 3, 31), "NHS Cumbria CCG", "E38000041", "Y54", "Q49"),
        DatedFact(date(2015, 4, 1), date(2017, 3, 31), "NHS Cumbria CCG", "E38000041", "Y54", None),
        DatedFact(APRIL_2017, None, "NHS North Cumbria CCG", "E38000215", "Y54", None),
    )
    assert known(database, "01K").facts[-1] == DatedFact(
        APRIL_2017, None, "NHS Morecambe Bay CCG", "E38000216", "Y54", None
    )


def test_a_ccg_whose_area_team_lasted_keeps_it(database: Database) -> None:
    take_over(database, own_records(database))

    assert known(database, "07P").facts == (DatedFact(APRIL_2013, None, "NHS Brent CCG", "E38000020", "Y56", "Q71"),)


def test_an_import_writes_one_public_entry_for_each_organisation(database: Database) -> None:
    take_over(database, own_records(database)[:1])

    with database.reading() as session:
        statement = select(LogEntry.body, LogEntry.publishes).where(table_of(LogEntry).c.index == 1)  # type: ignore[call-overload]
        row = session.connection().execute(statement).one()
        head = ledger.head(session)
    body: dict[str, Any] = orjson.loads(row.body)
    assert (row.publishes, head.size, head.public_sequence) == (True, 2, 1)
    assert (body["kind"], body["odsCode"], body["reference"]) == ("organisation.changed", "00C", None)
    assert body["data"] == {
        "odsCode": "00C",
        "openedOn": "2013-04-01",
        "closedOn": None,
        "successor": None,
        "knownTo": "2019-04-01",
        "facts": [
            {
                "validFrom": "2013-04-01",
                "validTo": "2015-03-31",
                "name": "NHS Darlington CCG",
                "onsCode": "E38000042",
                "regionCode": "Y54",
                "areaTeamCode": "Q45",
            },
            {
                "validFrom": "2015-04-01",
                "validTo": None,
                "name": "NHS Darlington CCG",
                "onsCode": "E38000042",
                "regionCode": "Y54",
                "areaTeamCode": None,
            },
        ],
    }


def test_a_repeat_changes_nothing(database: Database) -> None:
    rows = own_records(database)
    take_over(database, rows)
    size = log_size(database)

    repeat = take_over(database, rows)

    assert repeat == OrganisationsDifference((), (), tuple(row.ods_code for row in rows), ())
    assert repeat.is_empty
    assert log_size(database) == size


def test_a_dry_run_tells_the_difference_and_writes_nothing(database: Database) -> None:
    rows = own_records(database)

    found = take_over(database, rows, dry_run=True)

    assert found == OrganisationsDifference(tuple(row.ods_code for row in rows), (), (), ())
    assert log_size(database) == 0


def test_a_newer_source_opens_a_new_fact_and_keeps_the_earlier_ones(database: Database) -> None:
    take_over(database, own_records(database))
    earlier = known(database, "01H").facts
    renamed = SnapshotRow("01H", "NHS Cumbria and Beyond CCG", "Y54", "Q74", APRIL_2013, None)
    day = date(2019, 6, 1)

    found = take_over_snapshot(database, day, renamed)

    assert found == OrganisationsDifference((), (ChangedOrganisation("01H", ("knownTo", "facts")),), (), ())
    assert known(database, "01H") == OrganisationRecord(
        ods_code="01H",
        opened_on=APRIL_2013,
        closed_on=None,
        successor=None,
        known_to=day,
        facts=(
            *earlier[:2],
            DatedFact(APRIL_2017, date(2019, 5, 31), "NHS North Cumbria CCG", "E38000215", "Y54", None),
            DatedFact(day, None, "NHS Cumbria and Beyond CCG", "E38000215", "Y54", "Q74"),
        ),
    )
    assert verify(database).faults == ()


def test_a_repeated_snapshot_changes_nothing(database: Database) -> None:
    take_over_snapshot(database, NOVEMBER_2018, SLOUGH)

    assert take_over_snapshot(database, NOVEMBER_2018, SLOUGH) == OrganisationsDifference((), (), ("10T",), ())


def test_a_snapshot_of_a_ccg_that_is_not_known_starts_with_the_day_it_opened(database: Database) -> None:
    take_over_snapshot(database, NOVEMBER_2018, SLOUGH)

    fact = DatedFact(APRIL_2013, None, "NHS Slough CCG", None, "Y57", "Q69")
    assert known(database, "10T") == OrganisationRecord("10T", APRIL_2013, None, None, NOVEMBER_2018, (fact,))


def test_a_snapshot_in_which_a_ccg_has_closed_ends_its_facts_that_day(database: Database) -> None:
    last_day = date(2018, 3, 31)
    take_over_snapshot(database, date(2017, 1, 1), SLOUGH)

    closed = SnapshotRow("10T", "NHS SLOUGH CCG", "Y57", None, APRIL_2013, last_day)
    found = take_over_snapshot(database, NOVEMBER_2018, closed)

    fact = DatedFact(APRIL_2013, last_day, "NHS Slough CCG", None, "Y57", "Q69")
    assert found.changed == (ChangedOrganisation("10T", ("closedOn", "knownTo", "facts")),)
    assert known(database, "10T") == OrganisationRecord("10T", APRIL_2013, last_day, None, NOVEMBER_2018, (fact,))


@pytest.mark.parametrize("name", ["NHS Slough CCG", "NHS Slough and Beyond CCG"])
def test_an_older_source_is_left_aside(database: Database, name: str) -> None:
    take_over(database, own_records(database))
    size = log_size(database)

    older = SnapshotRow("10T", name, "Y57", "Q69", APRIL_2013, None)

    assert take_over_snapshot(database, date(2014, 1, 1), older) == OrganisationsDifference((), (), (), ("10T",))
    assert log_size(database) == size
