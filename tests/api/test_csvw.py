"""CSV on the Web: the CSV that is really served is what the metadata that is really served says."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app.api.csvw import TABLES
from app.web.licence import ATTRIBUTION
from tests import facts as then
from tests.api.history import import_history
from tests.api.steps import (
    LICENSED,
    NOTHING_HERE,
    announced,
    assert_refused,
    declared,
    recorded,
    scaled_down,
    signed_off,
    submitted,
)
from tests.house.sizes import HOUSE
from tests.world import CONDITION, NORTH_WEST_LONDON, REASON, World, outcome

Cells = dict[str, str]
CSVM = "application/csvm+json"
WORDS = ("approved", "conditional", "rejected", "downgraded_to_joint")
FORMULA = {"code": "other", "text": '=HYPERLINK("https://evil.example")\nof two lines, "quoted"'}
ROUNDS = "round=trial,2015-16,2016-17,2017-18"
EVERYTHING = f"{ROUNDS}&outcome=approved,conditional,rejected,downgraded_to_joint"
SERVED = {
    "approvals": f"/v1/approvals.csv?{EVERYTHING}",
    "decisions": f"/v1/decisions.csv?{EVERYTHING}",
    "organisations": "/v1/organisations.csv",
    "statistics": f"/v1/statistics.csv?{ROUNDS}&groupBy=region",
    "comparison": "/v1/comparison.csv?from=2015-06-01&to=2019-06-01",
    "publications": "/v1/publications.csv",
    "waiting-times": "/v1/waiting-times.csv?round=trial",
}

# The lexical spaces of XML Schema, which CSV on the Web takes over, as far as the register writes them.
DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
SHAPES = {
    "string": r"(?s:.*)",
    "date": DAY,
    "dateTime": rf"{DAY}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?Z",
    "boolean": r"true|false",
    "integer": r"-?[0-9]+",
    "decimal": r"-?[0-9]+(\.[0-9]+)?",
    "anyURI": r"https?://[!-~]+",
}


@pytest.fixture(scope="module")
def described_world(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Every outcome with all it can carry in a trial round, a declaration, a text that is a formula, and the past."""
    directory = tmp_path_factory.mktemp("noted")
    carried: dict[str, dict[str, Any]] = {
        "rejected": {"reasons": [FORMULA, REASON]},
        "conditional": {"conditions": [CONDITION, {**CONDITION, "text": "Second."}]},
    }
    each = dict(zip(NORTH_WEST_LONDON, WORDS * 2, strict=True))
    rulings = [outcome(code, word, **carried.get(word, {})) for code, word in each.items()]
    at = submitted(shared_world, *NORTH_WEST_LONDON, round_id="trial")
    signed_off(shared_world, recorded(shared_world, at, *rulings))
    own = scaled_down(shared_world, submitted(shared_world, "10T", round_id="trial"))
    downgrade = outcome("10T", "downgraded_to_joint", chosenBy="ccg")
    signed_off(shared_world, recorded(shared_world, own, downgrade))
    announced(shared_world, "trial")
    declared(shared_world, "05W", round_id="trial")
    return import_history(shared_world, then.PAST_ROUNDS, noted(then.KNOWN_ROUNDS, directory), then.REPORTED_TOTALS)


def noted(file: Path, directory: Path) -> Path:
    """A file of the past with a note beside each row, as sources that disagree need."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    made = directory / file.name
    with made.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [*rows[0], "note"])
        writer.writeheader()
        writer.writerows({**row, "note": "Sources disagree."} for row in rows)
    return made


def metadata_of(world: World, name: str) -> dict[str, Any]:
    """The metadata that a CSV's own Link header leads to."""
    described = world.public.get(SERVED[name]).links["describedby"]
    answer = world.public.get(described["url"])
    assert (answer.status_code, answer.headers["Content-Type"], described["type"]) == (200, CSVM, CSVM)
    found: dict[str, Any] = answer.json()
    return found


def read(world: World, name: str, metadata: dict[str, Any]) -> tuple[list[str], list[Cells]]:
    """Header and rows of the CSV, read as the dialect says."""
    dialect, content = metadata["dialect"], world.public.get(SERVED[name]).content
    assert content.endswith(dialect["lineTerminators"].encode())
    text = io.StringIO(content.decode(dialect["encoding"]), newline="")
    header, *rows = csv.reader(text, delimiter=dialect["delimiter"], strict=True)
    return header, [dict(zip(header, row, strict=True)) for row in rows]


def values(column: dict[str, Any], cell: str) -> list[str]:
    """What a cell holds: nothing, one value, or several where the column has a separator."""
    if not cell:
        return []
    return cell.split(column["separator"]) if "separator" in column else [cell]


def misfits(columns: list[dict[str, Any]], row: Cells) -> Iterator[tuple[str, str]]:
    for column in columns:
        found = values(column, row[column["name"]])
        if column["required"] and not found:
            yield column["name"], "empty"
        yield from ((column["name"], each) for each in found if not re.fullmatch(SHAPES[column["datatype"]], each))


@pytest.mark.parametrize("name", TABLES)
def test_a_csv_is_what_its_metadata_says(described_world: World, name: str) -> None:
    metadata = metadata_of(described_world, name)
    columns, key = metadata["tableSchema"]["columns"], metadata["tableSchema"].get("primaryKey")

    header, rows = read(described_world, name, metadata)

    assert header == [column["name"] for column in columns] == [column["titles"] for column in columns]
    assert [(row, found) for row in rows for found in misfits(columns, row)] == []
    assert len({tuple(row[part] for part in key or header) for row in rows}) == len(rows) > 0


def test_every_column_is_filled_or_known_to_be_empty_here(described_world: World) -> None:
    """So that the test above looks at something: a column that nothing fills in this world is named here."""
    empty = set()
    for name in TABLES:
        header, rows = read(described_world, name, metadata_of(described_world, name))
        empty |= {(name, column) for column in header if not any(row[column] for row in rows)}

    corrected = {("decisions", column) for column in ("supersedes", "supersededBy", "correctionReason")}
    ended = {(name, column) for name in ("approvals", "decisions") for column in ("endReason", "legalBasis")}
    ended.add(("approvals", "promotedOn"))
    # The test's own facts of CCGs name no source.
    sources = {("organisations", "factsSource")}
    assert empty == corrected | ended | sources | {("comparison", "afterInForceTo"), ("comparison", "afterEndedBy")}


@pytest.mark.parametrize(
    ("name", "column", "spoilt"),
    [
        ("approvals", "decidedOn", "18 February 2015"),
        ("approvals", "publishedAt", "2015-02-18"),
        ("approvals", "trial", "False"),
        ("approvals", "conditionsOpen", ""),
        ("decisions", "sequence", "1.5"),
        ("organisations", "position", ""),
    ],
)
def test_a_cell_that_does_not_fit_is_found(described_world: World, name: str, column: str, spoilt: str) -> None:
    metadata = metadata_of(described_world, name)
    _, [row, *_] = read(described_world, name, metadata)

    found = list(misfits(metadata["tableSchema"]["columns"], {**row, column: spoilt}))

    assert found == [(column, spoilt or "empty")]


def test_several_values_of_a_cell_are_parted_as_the_column_says(described_world: World) -> None:
    metadata = metadata_of(described_world, "decisions")
    _, rows = read(described_world, "decisions", metadata)
    columns = [column for column in metadata["tableSchema"]["columns"] if "separator" in column]

    rejected = next(row for row in rows if (row["round"], row["outcome"]) == ("trial", "rejected"))
    conditional = next(row for row in rows if (row["round"], row["outcome"]) == ("trial", "conditional"))

    assert {column["name"]: values(column, rejected[column["name"]]) for column in columns} == {
        "functions": [],
        "reasonCodes": ["other", "leadership"],
        "reasons": [f"'{FORMULA['text']}", REASON["text"]],
        "conditions": [],
    }
    assert values(columns[3], conditional["conditions"]) == [
        f"{CONDITION['text']} (due 2015-03-01, open)",
        "Second. (due 2015-03-01, open)",
    ]


def test_the_metadata_names_the_csv_its_licence_and_its_sources(described_world: World) -> None:
    metadata = metadata_of(described_world, "organisations")

    schema = metadata.pop("tableSchema")
    assert metadata == {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": "organisations.csv",
        "dc:title": "CCGs",
        "dc:description": metadata["dc:description"],
        "dc:license": {"@id": LICENSED["licence"]["href"]},
        "dc:rights": LICENSED["attribution"],
        "dc:source": ["NHS Digital Organisation Data Service", "Office for National Statistics"],
        "dialect": {"header": True, "encoding": "utf-8", "delimiter": ",", "lineTerminators": "\r\n"},
    }
    assert "starts with an apostrophe, which is not part of the text." in metadata["dc:description"]
    assert (schema["columns"][2], schema["primaryKey"]) == (
        {
            "name": "odsCode",
            "titles": "odsCode",
            "datatype": "string",
            "dc:description": "The CCG's ODS code: 3 characters to 2020, 5 after.",
            "required": True,
        },
        ["odsCode"],
    )


def test_every_column_is_described_in_one_sentence() -> None:
    columns = {(name, column.name): column.description for name, table in TABLES.items() for column in table.columns}

    assert {key: text for key, text in columns.items() if not re.fullmatch(r"[A-Z].*[^.]\.", text)} == {}


def test_every_public_csv_has_its_metadata(described_world: World) -> None:
    """The table of the queue is for officers, and has none."""
    paths: set[str] = {str(route.path) for route in iter_route_contexts(described_world.app.routes)}

    public = {f"/v1/{name}.csv" for name in TABLES}
    assert {path for path in paths if path.endswith(".csv")} == public | {"/v1/queue.csv"}
    assert set(SERVED) == set(TABLES)


def test_a_table_that_there_is_not_has_no_metadata(described_world: World) -> None:
    for name in ("rounds", "Approvals", "approvals.csv", "-approvals"):
        answer = described_world.public.get(f"/v1/{name}.csv-metadata.json")

        assert_refused(answer, *NOTHING_HERE)


@pytest.mark.parametrize("accept", ["", "text/html", "application/json", "text/csv", "application/csvm+json;q=0"])
def test_the_address_says_the_format_whatever_is_accepted(described_world: World, accept: str) -> None:
    answer = described_world.public.get("/v1/approvals.csv-metadata.json", Accept=accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CSVM)


def test_the_metadata_is_cached_and_packed_as_every_public_answer(described_world: World) -> None:
    ask: Callable[..., Any] = described_world.public.get
    packed = ask("/v1/approvals.csv-metadata.json", Accept_Encoding="gzip")
    again = ask("/v1/approvals.csv-metadata.json", Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])

    assert (packed.headers["Content-Encoding"], packed.headers["ETag"][-6:]) == ("gzip", '-gzip"')
    assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
    assert [each.headers["Cache-Control"] for each in (packed, again)] == ["public, max-age=0, must-revalidate"] * 2


def test_the_attribution_is_the_one_at_the_end_of_the_readme() -> None:
    readme = (HOUSE.parent / "README.md").read_text(encoding="utf-8")

    assert " ".join(readme.split()).endswith(ATTRIBUTION)
    assert LICENSED["attribution"] == ATTRIBUTION
