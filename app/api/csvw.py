"""What the columns of each CSV mean, for machines: CSV on the Web (W3C), beside the CSV itself."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.responses import NOT_MODIFIED
from app.api.statistics_table import COMPARISON_COLUMNS, PUBLICATION_COLUMNS, STATISTICS_COLUMNS, WAITING_TIME_COLUMNS
from app.api.tables import APPROVAL_COLUMNS, DECISION_COLUMNS, ORGANISATION_COLUMNS
from app.rules.refusals import NotFound
from app.web import licence
from app.web.caching import Public, public_response
from app.web.documents import Out
from app.web.formats import MEDIA_TYPES, Column, Datatype
from app.web.problems import responses_for

router = APIRouter(prefix="/v1", tags=["public register"])
OF_EVERY_CELL = (
    "An empty cell is not known, or does not apply. A cell whose text a spreadsheet could take for a formula starts "
    "with an apostrophe, which is not part of the text."
)


class Described(NamedTuple):
    """A table that has a CSV at ``/v1/{name}.csv``: what it holds, and its columns."""

    title: str
    description: str
    columns: tuple[Column[Any], ...]
    primary_key: tuple[str, ...] = ()


TABLES = {
    "approvals": Described(
        "Approved CCGs",
        "Published decisions that no correction has superseded, one row each, by ODS code: those that approved, and of "
        "real rounds, unless the query asks for others.",
        APPROVAL_COLUMNS,
        ("decisionId",),
    ),
    "decisions": Described(
        "Published decisions",
        "Published decisions of every outcome, one row for each decision about one CCG, the newest first; superseded "
        "ones are among them, trial rounds only when the query names them.",
        DECISION_COLUMNS,
        ("decisionId",),
    ),
    "organisations": Described(
        "CCGs",
        "Every CCG that had opened by the day, one row each, by ODS code; closed ones are among them.",
        ORGANISATION_COLUMNS,
        ("odsCode",),
    ),
    "publications": Described(
        "Publications",
        "Every act that published something, one row each, the oldest first.",
        PUBLICATION_COLUMNS,
        ("sequence",),
    ),
    "statistics": Described(
        "Choices and outcomes counted",
        "One row for each group of CCGs in each round, by round unless the query asks for another grouping; rows are "
        "not to be added over rounds. What others reported stands beside the counts and is in none of them.",
        STATISTICS_COLUMNS,
    ),
    "comparison": Described(
        "Levels on two days compared",
        "One row for each CCG that gained a level between the two days, lost one, or holds another one.",
        COMPARISON_COLUMNS,
        ("odsCode",),
    ),
    "waiting-times": Described(
        "Waiting times",
        "One row for each announced round and level: how long CCGs waited from submission to announcement.",
        WAITING_TIME_COLUMNS,
        ("round", "requestedLevel"),
    ),
}
TableName = Annotated[str, Path(description="Which table.", json_schema_extra={"enum": list(TABLES)})]

# --- the document -------------------------------------------------------------------------------


def _called(name: str) -> Any:
    """The metadata of a member that the register did not name itself."""
    return Field(alias=name)


_LEFT_OUT: Any = Field(default=None, exclude_if=lambda value: value is None)


class LanguageOut(Out):
    """The language of the texts in a metadata document."""

    language: Annotated[Literal["en"], _called("@language")]


class AddressOut(Out):
    """Something that is identified by its address."""

    id: Annotated[str, _called("@id")]


class DialectOut(Out):
    """How the CSV is written."""

    header: bool
    encoding: str
    delimiter: str
    line_terminators: str


class ColumnOut(Out):
    """One column. With a ``separator`` a cell holds several values. A ``required`` column has no empty cells."""

    name: str
    titles: str
    datatype: Datatype
    description: Annotated[str, _called("dc:description")]
    required: bool
    separator: str | None = _LEFT_OUT

    @classmethod
    def of(cls, column: Column[Any]) -> Self:
        """A column as the metadata describes it. Its title is its name, because the CSV's header says the name."""
        return cls(
            name=column.name,
            titles=column.name,
            datatype=column.datatype,
            description=column.description,
            required=column.required,
            separator=column.separator,
        )


class TableSchemaOut(Out):
    """The columns in their order, and those that identify a row."""

    columns: list[ColumnOut]
    primary_key: tuple[str, ...] | None = _LEFT_OUT


class TableMetadataOut(Out):
    """What a CSV holds, as CSV on the Web describes it. ``url`` is that of the CSV, relative to this document."""

    context: Annotated[tuple[Literal["http://www.w3.org/ns/csvw"], LanguageOut], _called("@context")]
    url: str
    title: Annotated[str, _called("dc:title")]
    description: Annotated[str, _called("dc:description")]
    licence: Annotated[AddressOut, _called("dc:license")]
    rights: Annotated[str, _called("dc:rights")]
    source: Annotated[tuple[str, ...], _called("dc:source")]
    dialect: DialectOut
    table_schema: TableSchemaOut

    @classmethod
    def of(cls, name: str, table: Described) -> Self:
        """Build the metadata from a table."""
        return cls(
            context=("http://www.w3.org/ns/csvw", LanguageOut(language="en")),
            url=f"{name}.csv",
            title=table.title,
            description=f"{table.description} {OF_EVERY_CELL}",
            licence=AddressOut(id=licence.ADDRESS),
            rights=licence.ATTRIBUTION,
            source=licence.SOURCES,
            dialect=DialectOut(header=True, encoding="utf-8", delimiter=",", line_terminators="\r\n"),
            table_schema=TableSchemaOut(
                columns=[ColumnOut.of(column) for column in table.columns], primary_key=table.primary_key or None
            ),
        )


# --- where it is --------------------------------------------------------------------------------


class _MetadataResponse(JSONResponse):
    """Gives the media type to the API's description."""

    media_type = MEDIA_TYPES["csv-metadata.json"]


@router.get(
    "/{table}.csv-metadata.json",
    response_model=TableMetadataOut,
    response_class=_MetadataResponse,
    summary="Describe the columns of a CSV",
    responses=NOT_MODIFIED | responses_for(codes=["invalid-parameter", "not-found"]),
)
def describe_table(request: Request, table: TableName) -> Response:
    """CSV on the Web (W3C): what each column means, its possible values, the key of a row, and the licence.

    Tools look for it here, beside the CSV. The CSV's `Link: rel="describedby"` leads here too.
    """
    if table not in TABLES:
        raise NotFound("No such table.")
    return public_response(request, Public(TableMetadataOut.of(table, TABLES[table]), kind="csv-metadata.json"))
