"""Formats of an answer: which one the caller wants, and lists as CSV and as newline-delimited JSON."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Generic, Literal, TypeVar

import orjson
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request

from app.log.encoding import instant_text
from app.web.request_errors import NotAcceptable

Format = Literal["json", "csv", "ndjson", "html", "text", "csv-metadata.json"]
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "html": "text/html",
    "text": "text/plain",
    "csv-metadata.json": "application/csvm+json",
}
CONTENT_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson",
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "csv-metadata.json": "application/csvm+json",
}

# --- which one the caller wants -----------------------------------------------------------------

_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def weights(header: str) -> dict[str, float]:
    """The names in an ``Accept…`` header with their weights from 0 to 1. Other parameters are left out."""
    found = {}
    for element in header.lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        if name:
            given = [_QUALITY.fullmatch(parameter) for parameter in parameters if parameter.startswith("q=")]
            found[name] = 1.0 if not given else float(given[0][1]) if given[0] else 0.0
    return found


def negotiate(request: Request, offered: Sequence[Format] = ("json", "csv", "ndjson")) -> Format:
    """The offered format that fits best. If two fit equally well, the earlier one.

    A suffix of the path (``.csv``) takes precedence over ``Accept``. Raises NotAcceptable if none fits.
    """
    for kind in offered:
        if request.scope["path"].endswith(f".{kind}"):
            return kind
    header = ",".join(request.headers.getlist("accept"))
    if not header.strip():
        return offered[0]
    wanted = weights(header)
    best = max(offered, key=lambda kind: _weight(wanted, MEDIA_TYPES[kind]))
    if _weight(wanted, MEDIA_TYPES[best]) <= 0:
        named = ", ".join(MEDIA_TYPES[kind] for kind in offered)
        raise NotAcceptable(f"This address answers in {named}.")
    return best


def _weight(wanted: dict[str, float], media_type: str) -> float:
    kind = media_type.partition("/")[0]
    for name in (media_type, f"{kind}/*", "*/*"):
        if name in wanted:
            return wanted[name]
    return 0.0


async def wanted_format(request: Request) -> Format:
    """The format in which the endpoint answers: one that ``public_read(offers=…)`` names."""
    return negotiate(request, getattr(request.scope.get("endpoint"), "offers", ("json",)))


FormatDep = Annotated[Format, Depends(wanted_format)]


def takes_gzip(header: str) -> bool:
    """Whether ``Accept-Encoding`` allows gzip and does not prefer the plain bytes."""
    wanted = weights(header)
    gzip = wanted.get("gzip", wanted.get("*", 0.0))
    return gzip > 0 and gzip >= wanted.get("identity", 0.0)


# --- lists --------------------------------------------------------------------------------------

Datatype = Literal["string", "date", "dateTime", "boolean", "integer", "decimal", "anyURI"]
"""What the cells of a column are, in the words of CSV on the Web."""
SEPARATOR = " | "


Row = TypeVar("Row")
Row_contra = TypeVar("Row_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Column(Generic[Row_contra]):
    """One column of a table: its name, the type and meaning of its cells, and how to take a cell from a row.

    ``separator`` separates the values of a cell that holds several. A ``required`` column has no empty cells.
    """

    name: str
    datatype: Datatype
    description: str
    value: Callable[[Row_contra], object]
    separator: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """Rows under columns, to be written as CSV (RFC 4180) or as one JSON object a line.

    ``whole`` are values that belong to the list as a whole, by column: they are the same in every row.
    """

    columns: Sequence[Column[Row]]
    rows: Iterable[Row]
    kind: Literal["csv", "ndjson"] = "csv"
    whole: Mapping[str, object] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        """The whole list, UTF-8."""
        return self._csv() if self.kind == "csv" else self._lines()

    @property
    def names(self) -> list[str]:
        """The names of the columns: the header of the CSV, and the members of each JSON line."""
        return [column.name for column in self.columns]

    def _values(self) -> list[tuple[str, Callable[[Row], object]]]:
        return [(each.name, self._same(each.name) or each.value) for each in self.columns]

    def _same(self, name: str) -> Callable[[Row], object] | None:
        return (lambda _: self.whole[name]) if name in self.whole else None

    def _csv(self) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(self.names)
        values = [value for _, value in self._values()]
        writer.writerows([cell(value(row)) for value in values] for row in self.rows)
        return text.getvalue().encode()

    def _lines(self) -> bytes:
        values = self._values()
        lines = ({name: value(row) for name, value in values} for row in self.rows)
        return b"".join(orjson.dumps(line, option=_LINE) for line in lines)


def table(
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    wanted: Format,
    whole: Mapping[str, object] = MappingProxyType({}),
) -> Table[Row]:
    """Rows in the format that the caller wants: CSV, or else one JSON object on each line."""
    return Table(columns, rows, "csv" if wanted == "csv" else "ndjson", whole)


_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, unchanged."""

    text: str
    kind: Literal["text"] = "text"

    def as_bytes(self) -> bytes:
        """UTF-8."""
        return self.text.encode()


@dataclass(frozen=True, slots=True)
class Lines:
    """Documents, one on each line (newline-delimited JSON)."""

    documents: Iterable[BaseModel]
    kind: Literal["ndjson"] = "ndjson"

    def as_bytes(self) -> bytes:
        """The whole list, UTF-8."""
        return b"".join(document.model_dump_json(by_alias=True).encode() + b"\n" for document in self.documents)


# A spreadsheet takes a cell that starts like this for a formula. In some languages the wide forms count too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def cell(value: Any) -> str:
    """One CSV cell: empty for None, ``true`` or ``false``, ISO days and instants, and no formulas."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case str() if value.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(value):
            return f"'{value}"
        case _:
            return str(value)
