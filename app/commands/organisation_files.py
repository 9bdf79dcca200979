"""Reads files of organisations: our own layout (``app/reference``), and the ODS one (``eccg.csv``).

A file is imported whole or not at all. Every fault is reported with its line.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from app.casework.organisations import SnapshotRow
from app.commands.file_rows import NO_DAY, OWN_DAY, FileFault, FileRow, find_repeats, raise_if_any, with_header
from app.records.organisations import DatedFact, Geography, OrganisationRecord
from app.rules.deadlines import ONE_DAY

OWN_COLUMNS = ("ods_code", "ons_code", "name", "area_team", "region_ods_code", "opened_on", "closed_on", "successor")
EVENT_COLUMNS = ("event", "effective_on", "from_ods_codes", "to_ods_code", "to_ons_code", "to_name")
MERGER, RENAME = "merger", "boundary_change_and_rename"

# The ODS layout has no header. These of its 27 columns are read, numbered from 1.
ECCG_COLUMNS = {"ods_code": 1, "name": 2, "region": 3, "area_team": 4, "opened_on": 11, "closed_on": 12, "sub_type": 14}
ECCG_WIDTH = 27
ECCG_DAY = re.compile(r"\d{8}")
CCG, COMMISSIONING_HUB = "C", "H"


class _Event(NamedTuple):
    row: FileRow
    kind: str
    effective_on: date
    from_codes: tuple[str, ...]
    to_code: str


def is_own_layout(text: str) -> bool:
    """Whether a file is in our own layout, by its header. Otherwise it is in the ODS's."""
    return text.removeprefix("\ufeff").startswith("ods_code,")


def read_own(organisations: str, events: str, geography: Geography, *, known_to: date) -> list[OrganisationRecord]:
    """Read our own layout: everything known about each CCG, up to the day ``known_to``.

    ``events`` is the text of the file of events beside it, or empty if there is none. Raises UnreadableFile with every
    fault of the organisations, or else of the events.
    """
    faults: list[FileFault] = []
    rows = list(with_header(organisations, OWN_COLUMNS, faults))
    records = [_own_record(row, geography, known_to) for row in rows]
    codes = {row.cells["ods_code"] for row in rows}
    find_repeats(rows, "ods_code")
    for row in rows:
        if row.cells["successor"] and row.cells["successor"] not in codes:
            row.fault(f"successor {row.cells['successor']!r} is not in this file")
    raise_if_any(faults)
    return _with_events(records, events) if events else records


def read_eccg(text: str, geography: Geography) -> list[SnapshotRow]:
    """Read the layout in which the ODS publishes CCGs. Commissioning hubs are left out.

    An area team that the reference data does not have is left empty. Raises UnreadableFile with every fault.
    """
    faults: list[FileFault] = []
    rows = [row for row in _eccg_rows(text, faults) if row.cells["sub_type"] != COMMISSIONING_HUB]
    found = [_snapshot(row, geography) for row in rows]
    find_repeats(rows, "ods_code")
    raise_if_any(faults)
    return found


# --- our own layout -----------------------------------------------------------------------------


def _own_record(row: FileRow, geography: Geography, known_to: date) -> OrganisationRecord:
    opened_on, closed_on = row.life(OWN_DAY)
    return OrganisationRecord(
        ods_code=row.code("ods_code"),
        opened_on=opened_on,
        closed_on=closed_on,
        successor=row.cells["successor"] or None,
        known_to=known_to,
        facts=_own_facts(row, geography, opened_on, closed_on),
    )


def _own_facts(row: FileRow, geography: Geography, opened_on: date, closed_on: date | None) -> tuple[DatedFact, ...]:
    """One fact, or two if the CCG outlived its area team: for the time after that only the area is known."""
    name, ons_code, region = row.required("name"), row.cells["ons_code"] or None, _region(row, geography)
    team, team_ends_on = _area_team(row, geography, opened_on)
    if team_ends_on is None or (closed_on is not None and closed_on <= team_ends_on):
        return (DatedFact(opened_on, closed_on, name, ons_code, region, team),)
    return (
        DatedFact(opened_on, team_ends_on, name, ons_code, region, team),
        DatedFact(team_ends_on + ONE_DAY, closed_on, name, ons_code, region, None),
    )


def _region(row: FileRow, geography: Geography) -> str:
    code = row.cells["region_ods_code"]
    if code not in geography.region_codes:
        row.fault(f"region_ods_code {code!r} is not a known region")
    return code


def _area_team(row: FileRow, geography: Geography, day: date) -> tuple[str | None, date | None]:
    """The code of the area team with this name on a day, and the team's last day."""
    name = row.cells["area_team"]
    for team in geography.area_teams:
        if team.name == name and team.valid_from <= day and (team.valid_to is None or day <= team.valid_to):
            return team.code, team.valid_to
    if name not in {"", *(team.name for team in geography.area_teams)}:
        row.fault(f"area_team {name!r} is not known")
    elif name and day != NO_DAY:
        row.fault(f"area_team {name!r} was not there on {day}")
    return None, None


def _with_events(records: list[OrganisationRecord], text: str) -> list[OrganisationRecord]:
    """The records after renames have opened facts of their own. Raises UnreadableFile with the events' faults."""
    faults: list[FileFault] = []
    by_code = {record.ods_code: record for record in records}
    events = [_event(row, by_code) for row in with_header(text, EVENT_COLUMNS, faults)]
    readable = [event for event in events if event.effective_on != NO_DAY]
    for event in sorted(readable, key=attrgetter("effective_on")):
        if event.kind == MERGER:
            _check_merger(event, by_code)
        elif event.kind == RENAME and event.to_code in by_code:
            by_code[event.to_code] = _renamed(by_code[event.to_code], event)
    raise_if_any(faults)
    return list(by_code.values())


def _event(row: FileRow, known: Mapping[str, OrganisationRecord]) -> _Event:
    if row.cells["event"] not in {MERGER, RENAME}:
        row.fault(f"event {row.cells['event']!r} is neither {MERGER} nor {RENAME}")
    row.required("to_name")
    from_codes = tuple(row.required("from_ods_codes").split())
    for code in (*from_codes, row.cells["to_ods_code"]):
        if code not in known:
            row.fault(f"{code!r} is not one of the organisations")
    return _Event(row, row.cells["event"], row.day("effective_on", OWN_DAY), from_codes, row.cells["to_ods_code"])


def _check_merger(event: _Event, known: Mapping[str, OrganisationRecord]) -> None:
    """Check that a merger and the organisations agree: who follows, from the day after the last day of the old ones."""
    says = (event.to_code, event.effective_on - ONE_DAY)
    for code in event.from_codes:
        record = known.get(code)
        if record is not None and (record.successor, record.closed_on) != says:
            event.row.fault(f"{code}: successor or closed_on is not as this merger says")


def _renamed(record: OrganisationRecord, event: _Event) -> OrganisationRecord:
    *earlier, last = record.facts
    cells, day = event.row.cells, event.effective_on
    if not last.valid_from < day <= (last.valid_to or date.max):
        event.row.fault(f"{record.ods_code} cannot be renamed on {day}")
        return record
    before = replace(last, valid_to=day - ONE_DAY)
    after = replace(last, valid_from=day, name=cells["to_name"], ons_code=cells["to_ons_code"] or None)
    return replace(record, facts=(*earlier, before, after))


# --- the ODS layout -----------------------------------------------------------------------------


def _eccg_rows(text: str, faults: list[FileFault]) -> Iterator[FileRow]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    for cells in reader:
        if len(cells) != ECCG_WIDTH:
            faults.append(FileFault(reader.line_num, f"{len(cells)} columns, not {ECCG_WIDTH}"))
        else:
            named = {name: cells[number - 1].strip() for name, number in ECCG_COLUMNS.items()}
            yield FileRow(reader.line_num, named, faults)


def _snapshot(row: FileRow, geography: Geography) -> SnapshotRow:
    opened_on, closed_on = row.life(ECCG_DAY)
    if row.cells["sub_type"] != CCG:
        row.fault(f"sub_type {row.cells['sub_type']!r} is neither {CCG} (a CCG) nor {COMMISSIONING_HUB} (a hub)")
    if row.cells["region"] not in geography.region_codes:
        row.fault(f"region {row.cells['region']!r} is not a known region")
    teams = {team.code for team in geography.area_teams}
    return SnapshotRow(
        ods_code=row.code("ods_code"),
        name=row.required("name"),
        region_code=row.cells["region"],
        area_team_code=row.cells["area_team"] if row.cells["area_team"] in teams else None,
        opened_on=opened_on,
        closed_on=closed_on,
    )
