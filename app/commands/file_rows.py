"""Reads files with a header line by line: turns cells into days, codes and words, and collects every fault."""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeVar

Word = TypeVar("Word", bound=StrEnum)

ODS_CODE = re.compile(r"[A-Z0-9]{3}([A-Z0-9]{2})?")
OWN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Stands for a day that cannot be read, beside the fault that says so.
NO_DAY = date.min
YEARS = range(1900, 2200)


class FileFault(NamedTuple):
    """One thing that is wrong with a file: the line (from 1) and what."""

    line: int
    detail: str


class UnreadableFile(Exception):
    """A file cannot be imported. ``faults`` names everything that is wrong with it."""

    def __init__(self, faults: list[FileFault]) -> None:
        super().__init__("; ".join(f"line {fault.line}: {fault.detail}" for fault in faults))
        self.faults = faults


class FileRow:
    """One line of a file, with the list that collects its faults."""

    def __init__(self, line: int, cells: Mapping[str, str], faults: list[FileFault]) -> None:
        self.line = line
        self.cells = cells
        self._faults = faults

    def fault(self, detail: str) -> None:
        """Note a fault of this line."""
        self._faults.append(FileFault(self.line, detail))

    def required(self, name: str) -> str:
        """The text of a cell that may not be empty."""
        if not self.cells[name]:
            self.fault(f"{name} is empty")
        return self.cells[name]

    def code(self, name: str) -> str:
        """The ODS code in a cell."""
        code = self.cells[name]
        if not ODS_CODE.fullmatch(code):
            self.fault(f"{name} {code!r} is not an ODS code")
        return code

    def shaped(self, name: str, shape: re.Pattern[str], what: str) -> str:
        """The text of a cell that must have a shape. ``what`` names the shape for the reader."""
        if not shape.fullmatch(self.cells[name]):
            self.fault(f"{name} {self.cells[name]!r} is not {what}")
        return self.cells[name]

    def word(self, name: str, words: type[Word], fitting: Collection[str] = ()) -> Word | None:
        """The word in a cell. None for an empty cell. None for another word too, with a fault.

        ``fitting`` is which words fit here, if not just all of them.
        """
        text, known = self.cells[name], fitting or tuple(words)
        if text and text not in known:
            self.fault(f"{name} {text!r} is none of {', '.join(known)}")
            return None
        return words(text) if text else None

    def day(self, name: str, shape: re.Pattern[str] = OWN_DAY) -> date:
        """The day in a cell. NO_DAY and a fault if there is none."""
        found = as_day(self.cells[name], shape)
        if found is None:
            self.fault(f"{name} {self.cells[name]!r} is not a day")
        return found or NO_DAY

    def day_if_known(self, name: str) -> date | None:
        """The day in a cell. None if the cell is empty. None if it is no day either, with a fault."""
        found = as_day(self.cells[name])
        if found is None and self.cells[name]:
            self.fault(f"{name} {self.cells[name]!r} is not a day")
        return found

    def number(self, name: str) -> int:
        """The whole number in a cell. 0 and a fault if there is none."""
        text = self.cells[name]
        if not re.fullmatch(r"[0-9]{1,6}", text):
            self.fault(f"{name} {text!r} is not a whole number")
            return 0
        return int(text)

    def life(self, shape: re.Pattern[str]) -> tuple[date, date | None]:
        """The first and the last day of a CCG."""
        opened_on = self.day("opened_on", shape)
        closed_on = self.day("closed_on", shape) if self.cells["closed_on"] else None
        if closed_on is not None and NO_DAY < closed_on < opened_on:
            self.fault(f"closed_on {closed_on} is before opened_on {opened_on}")
        return opened_on, closed_on


def as_day(text: str, shape: re.Pattern[str] = OWN_DAY) -> date | None:
    """The day in a text. None if it is no day."""
    try:
        found = date.fromisoformat(text) if shape.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and found.year in YEARS else None


def with_header(
    text: str, columns: tuple[str, ...], faults: list[FileFault], optional: tuple[str, ...] = ()
) -> Iterator[FileRow]:
    """The rows of a CSV file under its header. Columns that are not asked for are ignored.

    One that is optional and not there has empty cells.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="", restval=None)
    try:
        yield from _rows(reader, columns, faults, dict.fromkeys(optional, ""))
    except csv.Error as error:
        faults.append(FileFault(reader.reader.line_num, f"cannot be read as CSV: {error}"))


def _rows(
    reader: "csv.DictReader[str]", columns: tuple[str, ...], faults: list[FileFault], lacking: Mapping[str, str]
) -> Iterator[FileRow]:
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        faults.append(FileFault(1, f"the header lacks {', '.join(missing)}"))
        return
    for cells in reader:
        if "" in cells or None in cells.values():
            faults.append(FileFault(reader.line_num, "the number of cells is not that of the header"))
        else:
            yield FileRow(reader.line_num, {**lacking, **cleaned(cells, reader.line_num, faults)}, faults)


def cleaned(cells: Mapping[str, str], line: int, faults: list[FileFault]) -> dict[str, str]:
    """The cells in the form in which the API takes texts: normal form C, no outer spaces, no invisible characters."""
    from app.web.documents import is_safe_character

    found = {}
    for name, cell in cells.items():
        if not all(map(is_safe_character, cell)):
            faults.append(FileFault(line, f"{name} has a control or directional character, or a line break"))
        safe = "".join(character for character in cell if is_safe_character(character))
        found[name] = unicodedata.normalize("NFC", safe).strip()
    return found


def find_repeats(rows: Sequence[FileRow], *names: str) -> None:
    """Note each row that has the same values in these cells as an earlier row, and so names the same thing."""
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row.cells[name] for name in names)
        line = first.setdefault(key, row.line)
        if line != row.line:
            named = ", ".join(f"{name} {cell!r}" for name, cell in zip(names, key, strict=True))
            row.fault(f"{named} stands on line {line} already")


def raise_if_any(faults: list[FileFault]) -> None:
    """Raise UnreadableFile if there are faults, in the order of their lines."""
    if faults:
        raise UnreadableFile(sorted(faults))
