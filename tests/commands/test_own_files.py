"""Reading our own layout: what the files say together, and every fault with its line."""

from datetime import date

import pytest

from app.commands.file_rows import FileFault, UnreadableFile
from app.commands.own_files import OwnFiles, is_own_layout, read_own
from app.rules.bodies import BodyKind, SaidBy, Statement
from tests.eccg import line, places

OPENED, DAY = date(2013, 4, 1), date(2019, 4, 1)
HEADER = "ods_code,ons_code,name,area_team,region_ods_code,region,opened_on,closed_on,successor\n"
WITH_DAY = HEADER.replace("\n", ",kind,as_at,ods_says,source\n")
EVENTS = "event,effective_on,from_ods_codes,to_ods_code,to_ons_code,to_name,note\n"
CHANGES = "ods_code,valid_from,name,ons_code,region_ods_code,area_team_ods_code,source\n"
TWO = (
    HEADER
    + "10T,E38000148,NHS Slough CCG,Thames Valley,Y57,South,2013-04-01,2018-03-31,15D\n"
    + '15D,,"NHS East Berkshire, really CCG",,Y59,South East,2018-04-01,,\n'
)


def faults_of(organisations: str, as_at: date | None = DAY, **beside: str) -> list[FileFault]:
    with pytest.raises(UnreadableFile) as refused:
        read_own(OwnFiles(organisations, **beside), places(), as_at=as_at)
    return refused.value.faults


def test_rows_are_statements_that_hold_from_the_opening_on() -> None:
    says, lines = read_own(OwnFiles(TWO), places(), as_at=DAY)

    slough, berkshire = says.statements
    assert slough == Statement(
        "10T",
        SaidBy.OWN,
        OPENED,
        DAY,
        kind=BodyKind.CCG,
        name="NHS Slough CCG",
        ons_code="E38000148",
        region_code="Y57",
        area_team_code="Q69",
        opened_on=OPENED,
        closed_on=date(2018, 3, 31),
        successor="15D",
    )
    assert (berkshire.name, berkshire.valid_from) == ("NHS East Berkshire, really CCG", date(2018, 4, 1))
    assert (says.day, lines) == (DAY, {"10T": 2, "15D": 3})


def test_the_day_is_the_newest_that_a_row_names() -> None:
    text = WITH_DAY + (
        "10T,,NHS Slough CCG,,Y57,,2013-04-01,,,ccg,2016-01-01,opened on 2012-01-01 | never closed,HSJ\n"
        "10G,,NHS Bracknell CCG,,Y57,,2013-04-01,,,,2017-01-01,,\n"
    )

    says, _ = read_own(OwnFiles(text), places(), as_at=None)

    assert says.day == date(2017, 1, 1)
    assert says.statements[0].differences == ("opened on 2012-01-01", "never closed")
    assert read_own(OwnFiles(text), places(), as_at=DAY).says.day == DAY


def test_changes_and_renames_of_one_day_are_one_statement() -> None:
    events = EVENTS + "boundary_change_and_rename,2017-04-01,10T,10T,E38000999,NHS New CCG,A page\n"
    changes = CHANGES + "10T,2017-04-01,,,Y57,Q82,The ODS\n"

    *_, change = read_own(OwnFiles(TWO, events=events, changes=changes), places(), as_at=DAY).says.statements

    assert change == Statement(
        "10T",
        SaidBy.CHANGE,
        date(2017, 4, 1),
        DAY,
        name="NHS New CCG",
        ons_code="E38000999",
        region_code="Y57",
        area_team_code="Q82",
        source="The ODS; A page",
    )


def test_every_fault_of_the_bodies_is_named_with_its_line() -> None:
    text = HEADER + (
        "10t,,,Nowhere,Y99,South,2013-04-31,2018,15d\n"
        "10T,,NHS Slough CCG,Thames Valley,Y57,South,2018-04-01,2013-04-01,\n"
        "10T,,NHS Slough CCG,,Y59,South,2018-04-01,,15D\n"
        "10G,,NHS Bracknell CCG\n"
    )

    assert faults_of(text) == [
        FileFault(2, "area_team 'Nowhere' is not known"),
        FileFault(2, "closed_on '2018' is not a day"),
        FileFault(2, "name is empty"),
        FileFault(2, "ods_code '10t' is not an ODS code"),
        FileFault(2, "opened_on '2013-04-31' is not a day"),
        FileFault(2, "region_ods_code 'Y99' is not a known region"),
        FileFault(2, "successor '15d' is not an ODS code"),
        FileFault(3, "area_team 'Thames Valley' was not there on 2018-04-01"),
        FileFault(3, "closed_on 2013-04-01 is before opened_on 2018-04-01"),
        FileFault(3, "region_ods_code 'Y57' was not there on 2018-04-01"),
        FileFault(4, "ods_code '10T' stands on line 3 already"),
        FileFault(4, "successor '15D' stands there without closed_on"),
        FileFault(5, "the number of cells is not that of the header"),
    ]


def test_every_fault_of_the_events_is_named_with_its_line() -> None:
    events = EVENTS + (
        "split,2018-04-01,10T,15D,,,\n"
        "merger,2018-04-02,10T 99Z,15D,,NHS East Berkshire CCG,\n"
        "boundary_change_and_rename,2013-04-01,15D,15D,,NHS East CCG,\n"
        "merger,soon,,15D,,NHS East Berkshire CCG,\n"
    )

    assert faults_of(TWO, events=events) == [
        FileFault(2, "event 'split' is neither merger nor boundary_change_and_rename"),
        FileFault(2, "to_name is empty"),
        FileFault(3, "'99Z' is not one of the organisations"),
        FileFault(3, "10T: successor or closed_on is not as this merger says"),
        FileFault(4, "15D cannot be renamed on 2013-04-01"),
        FileFault(5, "effective_on 'soon' is not a day"),
        FileFault(5, "from_ods_codes is empty"),
    ]


def test_every_fault_of_the_changes_is_named_with_its_line() -> None:
    changes = CHANGES + "99Z,2015-04-01,,,Y99,Q00,\n10T,2019-04-01,X,,,,\n10T,2014-04-01,,,Y59,,\n"

    assert faults_of(TWO, changes=changes) == [
        FileFault(2, "'99Z' is not one of the organisations"),
        FileFault(2, "area_team_ods_code 'Q00' is not a known area team"),
        FileFault(2, "region_ods_code 'Y99' is not a known region"),
        FileFault(3, "10T was not open on 2019-04-01"),
        FileFault(4, "region_ods_code 'Y59' was not there on 2014-04-01"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEADER, "the file has no rows"),
        (TWO, "no row says of which day the file speaks; name it with --as-at"),
        (
            "ods_code,name\n",
            "the header lacks ons_code, area_team, region_ods_code, opened_on, closed_on, successor",
        ),
    ],
)
def test_a_file_without_rows_a_day_or_a_column_is_refused(text: str, fault: str) -> None:
    assert faults_of(text, as_at=None) == [FileFault(1, fault)]


@pytest.mark.parametrize(("text", "is_own"), [(TWO, True), ("\ufeff" + TWO, True), (line("10T", "A"), False)])
def test_a_layout_is_told_by_its_first_line(text: str, is_own: bool) -> None:  # noqa: FBT001
    assert is_own_layout(text) is is_own
