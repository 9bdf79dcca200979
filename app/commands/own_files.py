"""Reads organisations in our own layout (``app/reference``): bodies, and in files beside it what changed of them.

A file is imported whole or not at all, with those beside it. Every fault is reported with its line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.casework.organisations import FileSays
from app.commands.file_rows import (
    NO_DAY,
    ODS_CODE,
    OWN_DAY,
    FileFault,
    FileRow,
    find_repeats,
    raise_if_any,
    with_header,
)
from app.records.entries.places import AreaTeamStated, RegionStated
from app.records.places import PlacesStated
from app.rules.bodies import BodyKind, SaidBy, Statement
from app.rules.contradictions import NEVER_CLOSED, OPENED_ON
from app.rules.deadlines import ONE_DAY

COLUMNS = ("ods_code", "ons_code", "name", "area_team", "region_ods_code", "opened_on", "closed_on", "successor")
OPTIONAL = ("kind", "as_at", "ods_says", "source")
EVENT_COLUMNS = ("event", "effective_on", "from_ods_codes", "to_ods_code", "to_ons_code", "to_name")
CHANGE_COLUMNS = ("ods_code", "valid_from", "name", "ons_code", "region_ods_code", "area_team_ods_code", "source")
REGION_COLUMNS = ("ods_code", "ons_code", "name", "valid_from", "valid_to", "successors", "source")
TEAM_COLUMNS = ("ods_code", "ons_code", "name", "region_ods_code", "valid_from", "valid_to", "known_to", "source")
MERGER, RENAME = "merger", "boundary_change_and_rename"


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """The texts of our own files. An empty one is not there."""

    organisations: str
    events: str = ""
    changes: str = ""
    regions: str = ""
    area_teams: str = ""

    @classmethod
    def names_beside(cls) -> Mapping[str, str]:
        """The names of the files that are read beside that of the bodies, by field."""
        return {
            "events": "organisation_events.csv",
            "changes": "organisation_changes.csv",
            "regions": "regions.csv",
            "area_teams": "area_teams.csv",
        }


class Read(NamedTuple):
    """What our own files say, and on which line each body stands."""

    says: FileSays
    lines: Mapping[str, int]


def is_own_layout(text: str) -> bool:
    """Whether a file is in our own layout, by its header. Otherwise it is in the ODS's."""
    return text.removeprefix("\ufeff").startswith("ods_code,")


def read_own(files: OwnFiles, places: PlacesStated, *, as_at: date | None) -> Read:
    """Read our own files as at a day, or as at the newest day that a row names.

    ``places`` are the regions and area teams that are known. Raises UnreadableFile with every fault.
    """
    said_here = read_places(files)
    known = PlacesStated(
        {**places.regions, **said_here.regions},
        {**places.area_teams, **said_here.area_teams},
    )
    faults: list[FileFault] = []
    rows = list(with_header(files.organisations, COLUMNS, faults, optional=OPTIONAL))
    days = [found for found in (row.day_if_known("as_at") for row in rows) if found is not None]
    day = day_of(rows, as_at, days, faults)
    bodies = [_body(row, known, day) for row in rows]
    find_repeats(rows, "ods_code")
    raise_if_any(faults)
    said = {each.ods_code: each for each in bodies}
    renames = _events(files.events, said)
    changes = _merged([*_changes(files.changes, said, known), *renames])
    says = FileSays(day, (*bodies, *changes), tuple(said_here.regions.values()), tuple(said_here.area_teams.values()))
    return Read(says, {row.cells["ods_code"]: row.line for row in rows})


def day_of(rows: Sequence[FileRow], as_at: date | None, inside: Sequence[date], faults: list[FileFault]) -> date:
    """The day of which a file speaks: as it is told, or else the newest inside it. NO_DAY, and a fault, without one."""
    if not rows and not faults:
        faults.append(FileFault(1, "the file has no rows"))
    day = as_at or max(inside, default=None)
    if day is None and not faults:
        faults.append(FileFault(1, "no row says of which day the file speaks; name it with --as-at"))
    return day or NO_DAY


# --- bodies -------------------------------------------------------------------------------------


def _body(row: FileRow, places: PlacesStated, day: date) -> Statement:
    opened_on, closed_on = row.life(OWN_DAY)
    region = row.cells["region_ods_code"]
    _check_region(row, places, opened_on)
    if row.cells["successor"] and not ODS_CODE.fullmatch(row.cells["successor"]):
        row.fault(f"successor {row.cells['successor']!r} is not an ODS code")
    if row.cells["successor"] and not row.cells["closed_on"]:
        row.fault(f"successor {row.cells['successor']!r} stands there without closed_on")
    return Statement(
        ods_code=row.code("ods_code"),
        said_by=SaidBy.OWN,
        valid_from=opened_on,
        as_at=day,
        kind=row.word("kind", BodyKind) or BodyKind.CCG,
        name=row.required("name"),
        ons_code=row.cells["ons_code"] or None,
        region_code=region,
        area_team_code=_team_named(row, places, opened_on),
        opened_on=opened_on,
        closed_on=closed_on,
        successor=row.cells["successor"] or None,
        differences=tuple(_differences(row)),
        source=row.cells["source"] or None,
    )


def _check_region(row: FileRow, places: PlacesStated, day: date) -> None:
    code = row.cells["region_ods_code"]
    region = places.regions.get(code)
    if region is None:
        row.fault(f"region_ods_code {code!r} is not a known region")
    elif day != NO_DAY and not region.valid_from <= day <= (region.valid_to or date.max):
        row.fault(f"region_ods_code {code!r} was not there on {day}")


def _team_named(row: FileRow, places: PlacesStated, day: date) -> str | None:
    """The code of the area team with this name on a day."""
    name = row.cells["area_team"]
    named = [team for team in places.area_teams.values() if team.name == name]
    for team in named:
        if team.valid_from <= day <= (team.valid_to or date.max):
            return team.code
    if name and not named:
        row.fault(f"area_team {name!r} is not known")
    elif name and day != NO_DAY:
        row.fault(f"area_team {name!r} was not there on {day}")
    return None


def _differences(row: FileRow) -> Iterable[str]:
    for said in filter(None, (part.strip() for part in row.cells["ods_says"].split("|"))):
        if said != NEVER_CLOSED and not said.startswith(OPENED_ON):
            row.fault(f"ods_says {said!r} is neither {NEVER_CLOSED!r} nor {OPENED_ON!r} with a day")
        yield said


# --- what changed of them -----------------------------------------------------------------------


def _changes(text: str, bodies: Mapping[str, Statement], places: PlacesStated) -> list[Statement]:
    """Names, codes and places from a day on. An empty cell says nothing."""
    faults: list[FileFault] = []
    rows = list(with_header(text, CHANGE_COLUMNS, faults)) if text else []
    found = [_change(row, bodies, places) for row in rows]
    raise_if_any(faults)
    return found


def _change(row: FileRow, bodies: Mapping[str, Statement], places: PlacesStated) -> Statement:
    body, day = bodies.get(row.cells["ods_code"]), row.day("valid_from")
    region, team = row.cells["region_ods_code"], row.cells["area_team_ods_code"]
    if body is None:
        row.fault(f"{row.cells['ods_code']!r} is not one of the organisations")
    elif not (body.opened_on or date.min) <= day <= (body.closed_on or date.max):
        row.fault(f"{body.ods_code} was not open on {day}")
    if region:
        _check_region(row, places, day)
    if team and team not in places.area_teams:
        row.fault(f"area_team_ods_code {team!r} is not a known area team")
    return Statement(
        ods_code=row.cells["ods_code"],
        said_by=SaidBy.CHANGE,
        valid_from=day,
        as_at=body.as_at if body else NO_DAY,
        name=row.cells["name"] or None,
        ons_code=row.cells["ons_code"] or None,
        region_code=region or None,
        area_team_code=team or None,
        source=row.cells["source"] or None,
    )


def _merged(changes: Sequence[Statement]) -> list[Statement]:
    """One statement for each body and day: what several rows say of them together."""
    found: dict[tuple[str, SaidBy, date], Statement] = {}
    for each in changes:
        before = found.get(each.key, each)
        said = {name: getattr(each, name) or getattr(before, name) for name in _PLACE}
        sources = dict.fromkeys(source for source in (before.source, each.source) if source)
        found[each.key] = replace(before, **said, source="; ".join(sources) or None)
    return list(found.values())


_PLACE = ("name", "ons_code", "region_code", "area_team_code")


def _events(text: str, bodies: Mapping[str, Statement]) -> list[Statement]:
    """Check that mergers agree with the bodies, and return what renames say."""
    faults: list[FileFault] = []
    rows = list(with_header(text, EVENT_COLUMNS, faults, optional=("note",))) if text else []
    found = [_event(row, bodies) for row in rows]
    raise_if_any(faults)
    return [each for each in found if each is not None]


def _event(row: FileRow, bodies: Mapping[str, Statement]) -> Statement | None:
    kind, code, day = row.cells["event"], row.cells["to_ods_code"], row.day("effective_on")
    from_codes = row.required("from_ods_codes").split()
    row.required("to_name")
    if kind not in {MERGER, RENAME}:
        row.fault(f"event {kind!r} is neither {MERGER} nor {RENAME}")
    for each in (*from_codes, code):
        if each not in bodies:
            row.fault(f"{each!r} is not one of the organisations")
    if day == NO_DAY or code not in bodies:
        return None
    if kind == MERGER:
        _check_merger(row, day, [bodies[each] for each in from_codes if each in bodies])
        return None
    return _renamed(row, day, bodies[code]) if kind == RENAME else None


def _check_merger(row: FileRow, day: date, predecessors: Sequence[Statement]) -> None:
    """Check that a merger and the bodies agree: who follows, from the day after the last day of the old ones."""
    for body in predecessors:
        if (body.successor, body.closed_on) != (row.cells["to_ods_code"], day - ONE_DAY):
            row.fault(f"{body.ods_code}: successor or closed_on is not as this merger says")


def _renamed(row: FileRow, day: date, body: Statement) -> Statement | None:
    if not (body.opened_on or date.min) < day <= (body.closed_on or date.max):
        row.fault(f"{body.ods_code} cannot be renamed on {day}")
        return None
    return Statement(
        ods_code=body.ods_code,
        said_by=SaidBy.CHANGE,
        valid_from=day,
        as_at=body.as_at,
        name=row.cells["to_name"] or None,
        ons_code=row.cells["to_ons_code"] or None,
        source=row.cells["note"] or None,
    )


# --- regions and area teams ---------------------------------------------------------------------


def read_places(files: OwnFiles) -> PlacesStated:
    """The regions and area teams in our own files. Raises UnreadableFile with every fault of one of them."""
    return PlacesStated(
        {each.code: each for each in _regions(files.regions)},
        {each.code: each for each in _area_teams(files.area_teams)},
    )


def _regions(text: str) -> list[RegionStated]:
    faults: list[FileFault] = []
    rows = list(with_header(text, REGION_COLUMNS, faults)) if text else []
    find_repeats(rows, "ods_code")
    found = [
        RegionStated(
            code=row.code("ods_code"),
            name=row.required("name"),
            ons_code=row.cells["ons_code"] or None,
            valid_from=row.day("valid_from"),
            valid_to=row.day_if_known("valid_to"),
            successors=tuple(row.cells["successors"].split()),
            source=row.cells["source"] or None,
        )
        for row in rows
    ]
    raise_if_any(faults)
    return found


def _area_teams(text: str) -> list[AreaTeamStated]:
    faults: list[FileFault] = []
    rows = list(with_header(text, TEAM_COLUMNS, faults)) if text else []
    find_repeats(rows, "ods_code")
    found = [
        AreaTeamStated(
            code=row.code("ods_code"),
            name=row.required("name"),
            ons_code=row.cells["ons_code"] or None,
            region_code=row.code("region_ods_code"),
            valid_from=row.day("valid_from"),
            valid_to=row.day_if_known("valid_to"),
            known_to=row.day_if_known("known_to"),
            source=row.cells["source"] or None,
        )
        for row in rows
    ]
    raise_if_any(faults)
    return found


def read_beside(file: Path, organisations: str) -> OwnFiles:
    """The texts of a file of bodies and of the files beside it."""
    from app.commands.console import read_text

    beside = {name: file.with_name(file_name) for name, file_name in OwnFiles.names_beside().items()}
    texts = {name: read_text(path) for name, path in beside.items() if path.exists()}
    return OwnFiles(organisations, **texts)
