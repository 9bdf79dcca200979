"""The register's own files as they could have been told on a day: what lies after a cut is not in them.

What begins after the cut is left out; what ends after it has no end yet, and nothing that comes after it.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from app import reference
from app.commands.own_files import OwnFiles

SOURCE = "Made up for a test, after the register's own files: as much of them as was known then"
BODIES = "organisations.csv"
# The column in which the rows of each file say when something begins, by the file's name.
BEGINS = {
    BODIES: "opened_on",
    "organisation_events.csv": "effective_on",
    "organisation_changes.csv": "valid_from",
    "regions.csv": "valid_from",
    "area_teams.csv": "valid_from",
}
# The columns that say how something ends, in those files that say it.
ENDS = {
    BODIES: ("closed_on", "successor"),
    "regions.csv": ("valid_to", "successors"),
    "area_teams.csv": ("valid_to", "successors"),
}
# What only those can say who know how it went on.
HINDSIGHT = ("as_at", "ods_says", "certainty")
SOURCES = ("source", "note")
Row = dict[str, str]


def written(directory: Path, cut: date) -> Path:
    """Our own files, cut off after a day, in a directory; the path is that of the bodies."""
    directory.mkdir()
    for name in (BODIES, *OwnFiles.names_beside().values()):
        (directory / name).write_text(told(name, cut), encoding="utf-8", newline="")
    return directory / BODIES


def told(name: str, cut: date) -> str:
    """One of the files, cut off after a day."""
    with reference.ORGANISATIONS.with_name(name).open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        columns, kept = list(rows.fieldnames or ()), [_cut(name, row, cut) for row in _begun(name, rows, cut)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(kept)
    return text.getvalue()


def _begun(name: str, rows: "csv.DictReader[str]", cut: date) -> Iterator[Row]:
    return (row for row in rows if date.fromisoformat(row[BEGINS[name]]) <= cut)


def _cut(name: str, row: Row, cut: date) -> Row:
    """A row without what was not known. ISO days sort as text."""
    blank = [column for column in HINDSIGHT if column in row]
    end, after = ENDS.get(name, (None, ""))
    if end is not None and row[end] >= cut.isoformat():
        blank += [end, after]
    if row.get("known_to", "") > cut.isoformat():
        blank.append("known_to")
    return {**row, **dict.fromkeys(blank, ""), **{column: SOURCE for column in SOURCES if column in row}}
