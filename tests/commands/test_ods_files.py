"""Reading the file of the Organisation Data Service: what it says, and every fault with its line."""

from datetime import date

import pytest

from app.commands.file_rows import FileFault, UnreadableFile
from app.commands.ods_files import read_eccg
from app.rules.bodies import SaidBy, Statement
from tests.eccg import NO_CCGS, line, places

DAY = date(2016, 2, 1)


def faults_of(text: str, as_at: date | None = DAY) -> list[FileFault]:
    with pytest.raises(UnreadableFile) as refused:
        read_eccg(text, places(), as_at=as_at)
    return refused.value.faults


def test_rows_of_ccgs_are_statements_and_the_others_are_counted() -> None:
    others = "".join(line(code, "", "nowhere", sub_type=sub_type) for code, sub_type in NO_CCGS)
    text = "\ufeff" + others + line("10T", "NHS, SLOUGH CCG", "Y57", "Q99", closed="20180331") + "\r\n"

    says, lines = read_eccg(text, places(), as_at=DAY)

    source = "NHS Digital Organisation Data Service, eccg.csv as at 2016-02-01"
    assert says.statements == (
        Statement(
            "10T",
            SaidBy.ODS,
            DAY,
            DAY,
            name="NHS, SLOUGH CCG",
            region_code="Y57",
            area_team_code="Q99",
            opened_on=date(2013, 4, 1),
            closed_on=date(2018, 3, 31),
            source=source,
        ),
    )
    assert (says.day, says.counted, lines) == (DAY, 5, {"10T": 6})


def test_the_day_is_that_of_the_newest_amended_row_or_as_it_is_told() -> None:
    text = line("10T", "A", amended="20160201") + line("10G", "B", amended="20151231") + line("10H", "C")

    assert read_eccg(text, places(), as_at=None).says.day == DAY
    assert read_eccg(text, places(), as_at=date(2017, 1, 1)).says.day == date(2017, 1, 1)


def test_every_fault_is_named_with_its_line() -> None:
    text = (
        line("10T", "A", "Y99", closed="2018-03-31", amended="soon")
        + '"10G","too short"\r\n'
        + line("1", "", sub_type="X")
        + line("10T", "A\u202eB", closed="20130331")
    )

    assert faults_of(text) == [
        FileFault(1, "amended 'soon' is not a day"),
        FileFault(1, "closed_on '2018-03-31' is not a day"),
        FileFault(1, "region 'Y99' is not a known region"),
        FileFault(2, "2 columns, not 27"),
        FileFault(3, "name is empty"),
        FileFault(3, "ods_code '1' is not an ODS code"),
        FileFault(3, "sub_type 'X' is neither C (a CCG) nor one that is no CCG's"),
        FileFault(4, "closed_on 2013-03-31 is before opened_on 2013-04-01"),
        FileFault(4, "name has a control or directional character, or a line break"),
        FileFault(4, "ods_code '10T' stands on line 1 already"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file has no rows"),
        ("\r\n", "the file has no rows"),
        (line("10T", "A"), "no row says of which day the file speaks; name it with --as-at"),
    ],
)
def test_a_file_without_rows_or_without_a_day_is_refused(text: str, fault: str) -> None:
    assert faults_of(text, as_at=None) == [FileFault(1, fault)]
