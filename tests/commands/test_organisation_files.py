"""Reading files of organisations: what they say, and every fault with its line."""

from datetime import date

import pytest
from app.commands.organisation_files import is_own_layout, read_eccg, read_own

from app.casework.organisations import SnapshotRow
from app.commands.file_rows import FileFault, UnreadableFile
from app.records.organisations import AreaTeamDays, DatedFact, Geography, OrganisationRecord

APRIL_2013, MARCH_2015, KNOWN_TO = date(2013, 4, 1), date(2015, 3, 31), date(2019, 4, 1)
GEOGRAPHY = Geography(
    frozenset({"Y54", "Y57"}),
    (AreaTeamDays("Q69", "Thames Valley", APRIL_2013, MARCH_2015), AreaTeamDays("Q70", "Wessex", APRIL_2013, None)),
)
HEADER = "ods_code,ons_code,name,area_team,region_ods_code,region,opened_on,closed_on,successor\n"
EVENTS_HEADER = "event,effective_on,from_ods_codes,to_ods_code,to_ons_code,to_name,note\n"
TWO_CCGS = (
    HEADER
    + "10T,E38000148,NHS Slough CCG,Thames Valley,Y57,South,2013-04-01,2018-03-31,15D\n"
    + '15D,,"NHS East Berkshire, really CCG",,Y57,South,2018-04-01,,\n'
)


def eccg(code: str, *, sub_type: str = "C", closed: str = "", region: str = "Y57", name: str = "NHS SLOUGH CCG") -> str:
    cells = [code, name, region, "Q69", *["street"] * 5, "SL1 1AA", "20130401", closed, "", sub_type]
    return ",".join(f'"{cell}"' for cell in [*cells, *[""] * (27 - len(cells))]) + "\r\n"


def faults_of_own(organisations: str, events: str = "") -> list[FileFault]:
    with pytest.raises(UnreadableFile) as refused:
        read_own(organisations, events, GEOGRAPHY, known_to=KNOWN_TO)
    return refused.value.faults


def test_our_layout_gives_dated_facts() -> None:
    found = read_own(TWO_CCGS, "", GEOGRAPHY, known_to=KNOWN_TO)

    last_day = date(2018, 3, 31)
    assert found == [
        OrganisationRecord(
            "10T",
            APRIL_2013,
            last_day,
            "15D",
            KNOWN_TO,
            (
                DatedFact(APRIL_2013, MARCH_2015, "NHS Slough CCG", "E38000148", "Y57", "Q69"),
                DatedFact(date(2015, 4, 1), last_day, "NHS Slough CCG", "E38000148", "Y57", None),
            ),
        ),
        OrganisationRecord(
            "15D",
            date(2018, 4, 1),
            None,
            None,
            KNOWN_TO,
            (DatedFact(date(2018, 4, 1), None, "NHS East Berkshire, really CCG", None, "Y57", None),),
        ),
    ]


def test_every_fault_of_our_layout_is_named_with_its_line() -> None:
    text = HEADER + (
        "10t,,,Nowhere,Y99,South,2013-04-31,2018,15D\n"
        "10T,,NHS Slough CCG,Thames Valley,Y57,South,2018-04-01,2013-04-01,\n"
        "10T,,NHS Slough CCG,,Y57,South,2018-04-01,,\n"
        "10G,,NHS Bracknell CCG\n"
    )

    assert faults_of_own(text) == [
        FileFault(2, "area_team 'Nowhere' is not known"),
        FileFault(2, "closed_on '2018' is not a day"),
        FileFault(2, "name is empty"),
        FileFault(2, "ods_code '10t' is not an ODS code"),
        FileFault(2, "opened_on '2013-04-31' is not a day"),
        FileFault(2, "region_ods_code 'Y99' is not a known region"),
        FileFault(2, "successor '15D' is not in this file"),
        FileFault(3, "area_team 'Thames Valley' was not there on 2018-04-01"),
        FileFault(3, "closed_on 2013-04-01 is before opened_on 2018-04-01"),
        FileFault(4, "ods_code '10T' stands on line 3 already"),
        FileFault(5, "the number of cells is not that of the header"),
    ]


def test_a_header_without_a_column_is_named() -> None:
    assert faults_of_own("ods_code,name\n") == [
        FileFault(1, "the header lacks ons_code, area_team, region_ods_code, opened_on, closed_on, successor")
    ]


def test_every_fault_of_the_events_is_named_with_its_line() -> None:
    events = EVENTS_HEADER + (
        "split,2018-04-01,10T,15D,,,\n"
        "merger,2018-04-02,10T 99Z,15D,,NHS East Berkshire CCG,\n"
        "boundary_change_and_rename,2013-04-01,15D,15D,,NHS East CCG,\n"
        "merger,soon,,15D,,NHS East Berkshire CCG,\n"
    )

    assert faults_of_own(TWO_CCGS, events) == [
        FileFault(2, "event 'split' is neither merger nor boundary_change_and_rename"),
        FileFault(2, "to_name is empty"),
        FileFault(3, "'99Z' is not one of the organisations"),
        FileFault(3, "10T: successor or closed_on is not as this merger says"),
        FileFault(4, "15D cannot be renamed on 2013-04-01"),
        FileFault(5, "effective_on 'soon' is not a day"),
        FileFault(5, "from_ods_codes is empty"),
    ]


def test_the_ods_layout_is_read_without_the_commissioning_hubs() -> None:
    text = (
        "\ufeff"
        + eccg("10T", closed="20180331")
        + eccg("13Q", sub_type="H", region="")
        + eccg("10G", name="NHS, BRACKNELL")
    )

    assert read_eccg(text, GEOGRAPHY) == [
        SnapshotRow("10T", "NHS SLOUGH CCG", "Y57", "Q69", APRIL_2013, date(2018, 3, 31)),
        SnapshotRow("10G", "NHS, BRACKNELL", "Y57", "Q69", APRIL_2013, None),
    ]


def test_an_area_team_that_is_not_known_is_left_empty_in_the_ods_layout() -> None:
    (row,) = read_eccg(eccg("10T").replace("Q69", "Q99"), GEOGRAPHY)

    assert row.area_team_code is None


def test_every_fault_of_the_ods_layout_is_named_with_its_line() -> None:
    text = (
        eccg("10T", closed="2018-03-31", region="Y99")
        + '"10G","too short"\n'
        + eccg("1", sub_type="X", name="")
        + eccg("10T", closed="20130331")
    )

    with pytest.raises(UnreadableFile) as refused:
        read_eccg(text, GEOGRAPHY)

    assert refused.value.faults == [
        FileFault(1, "closed_on '2018-03-31' is not a day"),
        FileFault(1, "region 'Y99' is not a known region"),
        FileFault(2, "2 columns, not 27"),
        FileFault(3, "name is empty"),
        FileFault(3, "ods_code '1' is not an ODS code"),
        FileFault(3, "sub_type 'X' is neither C (a CCG) nor H (a hub)"),
        FileFault(4, "closed_on 2013-03-31 is before opened_on 2013-04-01"),
        FileFault(4, "ods_code '10T' stands on line 1 already"),
    ]
    assert str(refused.value).startswith("line 1: closed_on '2018-03-31' is not a day; line 1: ")


@pytest.mark.parametrize(("text", "is_own"), [(TWO_CCGS, True), ("\ufeff" + TWO_CCGS, True), (eccg("10T"), False)])
def test_a_layout_is_told_by_its_first_line(text: str, is_own: bool) -> None:  # noqa: FBT001
    assert is_own_layout(text) is is_own
