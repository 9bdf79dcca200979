"""Reads the file in which the Organisation Data Service publishes CCGs (``eccg.csv``).

It has no header and 27 quoted columns. A file is imported whole or not at all; every fault is reported with its line.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date

from app.casework.organisations import FileSays
from app.commands.file_rows import NO_DAY, FileFault, FileRow, as_day, find_repeats, raise_if_any
from app.commands.own_files import NoDay, Read
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

    An area team that is not known on that day is left out. Raises UnreadableFile with every fault, and NoDay.
    """
    faults: list[FileFault] = []
    every = list(_rows(text, faults))
    day = as_at or _newest_amended(every)
    if day is None and not faults and every:
        raise NoDay
    if not every and not faults:
        faults.append(FileFault(1, "the file has no rows"))
    rows = [row for row in every if row.cells["sub_type"] not in NO_CCGS]
    found = [_statement(row, places, day or NO_DAY) for row in rows]
    find_repeats(rows, "ods_code")
    raise_if_any(faults)
    says = FileSays(day or NO_DAY, tuple(found), counted=len(every) - len(rows))
    return Read(says, {row.cells["ods_code"]: row.line for row in rows})


def _rows(text: str, faults: list[FileFault]) -> Iterator[FileRow]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    for cells in reader:
        if len(cells) != WIDTH:
            faults.append(FileFault(reader.line_num, f"{len(cells)} columns, not {WIDTH}"))
        else:
            named = {name: cells[number - 1].strip() for name, number in COLUMNS.items()}
            yield FileRow(reader.line_num, named, faults)


def _newest_amended(rows: list[FileRow]) -> date | None:
    for row in rows:
        if row.cells["amended"]:
            row.day("amended", DAY)
    days = (as_day(row.cells["amended"], DAY) for row in rows)
    return max((day for day in days if day is not None), default=None)


def _statement(row: FileRow, places: PlacesStated, day: date) -> Statement:
    opened_on, closed_on = row.life(DAY)
    if row.cells["sub_type"] != CCG:
        row.fault(f"sub_type {row.cells['sub_type']!r} is neither {CCG} (a CCG) nor one that is no CCG's")
    if row.cells["region"] not in places.regions:
        row.fault(f"region {row.cells['region']!r} is not a known region")
    team = places.area_teams.get(row.cells["area_team"])
    has_team = team is not None and team.valid_from <= day <= (team.last_day or date.max)
    return Statement(
        ods_code=row.code("ods_code"),
        said_by=SaidBy.ODS,
        valid_from=day,
        as_at=day,
        name=row.required("name"),
        region_code=row.cells["region"],
        area_team_code=row.cells["area_team"] if has_team else None,
        opened_on=opened_on,
        closed_on=closed_on,
        source=f"NHS Digital Organisation Data Service, eccg.csv as at {day}",
    )
