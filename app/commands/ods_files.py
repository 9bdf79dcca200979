"""Reads the file in which the Organisation Data Service publishes CCGs (``eccg.csv``).

It has no header and 27 quoted columns. A file is imported whole or not at all; every fault is reported with its line.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date

from app.casework.organisations import FileSays
from app.commands.file_rows import FileFault, FileRow, cleaned, find_repeats, raise_if_any
from app.commands.own_files import Read, day_of
from app.records.places import PlacesStated
from app.rules.bodies import SaidBy, Statement

# These of the 27 columns are read, numbered from 1.
COLUMNS = {
    "ods_code": 1,
    "name": 2,
    "region": 3,
    "area_team": 4,
    "opened_on": 11,
    "closed_on": 12,
    "sub_type": 14,
    "amended": 22,
}
WIDTH = 27
DAY = re.compile(r"\d{8}")
CCG = "C"
# Commissioning hubs, and what the ODS keeps under other codes: rows that are no CCGs are counted, and not compared.
NO_CCGS = frozenset({"H", "RO218", "RO319", "RO327", ""})


def read_eccg(text: str, places: PlacesStated, *, as_at: date | None) -> Read:
    """Read the ODS's file as at a day, or as at the newest day on which a row of it was amended.

    ``places`` are the regions that are known. Raises UnreadableFile with every fault.
    """
    faults: list[FileFault] = []
    every = list(_rows(text, faults))
    day = day_of(every, as_at, [row.day("amended", DAY) for row in every if row.cells["amended"]], faults)
    rows = [row for row in every if row.cells["sub_type"] not in NO_CCGS]
    found = [_statement(row, places, day) for row in rows]
    find_repeats(rows, "ods_code")
    raise_if_any(faults)
    says = FileSays(day, tuple(found), counted=len(every) - len(rows))
    return Read(says, {row.cells["ods_code"]: row.line for row in rows})


def _rows(text: str, faults: list[FileFault]) -> Iterator[FileRow]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        yield from (_row(reader.line_num, cells, faults) for cells in reader if _is_row(reader.line_num, cells, faults))
    except csv.Error as error:
        faults.append(FileFault(reader.line_num, f"cannot be read as CSV: {error}"))


def _is_row(line: int, cells: list[str], faults: list[FileFault]) -> bool:
    if cells and len(cells) != WIDTH:
        faults.append(FileFault(line, f"{len(cells)} columns, not {WIDTH}"))
    return len(cells) == WIDTH


def _row(line: int, cells: list[str], faults: list[FileFault]) -> FileRow:
    named = {name: cells[number - 1] for name, number in COLUMNS.items()}
    return FileRow(line, cleaned(named, line, faults), faults)


def _statement(row: FileRow, places: PlacesStated, day: date) -> Statement:
    opened_on, closed_on = row.life(DAY)
    if row.cells["sub_type"] != CCG:
        row.fault(f"sub_type {row.cells['sub_type']!r} is neither {CCG} (a CCG) nor one that is no CCG's")
    if row.cells["region"] not in places.regions:
        row.fault(f"region {row.cells['region']!r} is not a known region")
    return Statement(
        ods_code=row.code("ods_code"),
        said_by=SaidBy.ODS,
        valid_from=day,
        as_at=day,
        name=row.required("name"),
        region_code=row.cells["region"],
        area_team_code=row.cells["area_team"] or None,
        opened_on=opened_on,
        closed_on=closed_on,
        source=f"NHS Digital Organisation Data Service, eccg.csv as at {day}",
    )
