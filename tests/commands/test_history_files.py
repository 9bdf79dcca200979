"""Reading files of past rounds: what they say, and every fault with its line."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app import reference
from app.casework.history_rows import FactLine
from app.commands.file_rows import FileFault
from app.commands.history_files import Layout, layout_of, read_facts, read_rounds, read_totals
from app.rules.grants import Agreement
from app.rules.history import Basis, Chosen, PastDecision, PastDeclaration, Reported
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.rounds import RoundPlan
from app.rules.words import Level, Outcome

FEBRUARY, APRIL = date(2015, 2, 18), date(2015, 4, 1)
REGIONS = frozenset({"Y54", "Y57"})
TEAMS = {"Q69"}
ROUNDS_HEADER = "round,title,delegated_deadline,joint_deadline,starts_on,counted_on,source"
FACTS_HEADER = (
    "round,application,ods_code,name,requested_level,outcome,granted_level,chosen_by,"
    "reason_codes,reason_text,decided_on,effective_from,agreement,basis,source"
)
TOTALS_HEADER = "round,measure,region,value,of,as_at,source"

ROUND = dict(
    zip(
        ROUNDS_HEADER.split(","),
        ["2015-16", "The first round", "2015-01-09", "", "2015-04-01", "2015-02-18", "HSJ, January 2015"],
        strict=True,
    )
)
APPROVED = dict.fromkeys(FACTS_HEADER.split(","), "") | {
    "round": "2015-16",
    "application": "02w",
    "ods_code": "02W",
    "name": "NHS Bradford City CCG",
    "requested_level": "delegated",
    "outcome": "approved",
    "granted_level": "delegated",
    "decided_on": "2015-02-18",
    "effective_from": "2015-04-01",
    "agreement": "not_known",
    "basis": "stated",
    "source": "HSJ, February 2015",
}
REJECTED = APPROVED | {
    "outcome": "rejected",
    "granted_level": "",
    "reason_codes": "financial_position|cost_pressures",
    "reason_text": "Challenges.",
    "effective_from": "",
    "agreement": "",
}
CONDITIONAL = APPROVED | {"outcome": "conditional", "reason_codes": "governance", "reason_text": "Changes."}
DECLARED = APPROVED | {
    "requested_level": "none",
    "outcome": "declared",
    "granted_level": "none",
    "agreement": "",
}
TOTAL = dict(
    zip(TOTALS_HEADER.split(","), ["2015-16", "approved", "", "64", "211", "2015-02-18", "NHS England"], strict=True)
)


def file_of(*rows: dict[str, str]) -> str:
    """A CSV file with a header and every cell in quotes, as a spreadsheet may write it."""
    return "".join(
        ",".join(f'"{cell}"' for cell in cells) + "\n" for cells in [[*rows[0]], *(r.values() for r in rows)]
    )


def read(reading: Callable[..., Any], text: str, *arguments: Any) -> Any:
    """What a file says; it has no faults."""
    faults: list[FileFault] = []
    found = reading(text, *arguments, faults)
    assert faults == []
    return found


def faults_of(reading: Callable[..., Any], text: str, *arguments: Any) -> list[tuple[int, str]]:
    faults: list[FileFault] = []
    reading(text, *arguments, faults)
    return [(fault.line, fault.detail) for fault in sorted(faults)]


# --- which layout -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "layout"),
    [
        (ROUNDS_HEADER, Layout.ROUNDS),
        (FACTS_HEADER, Layout.FACTS),
        (TOTALS_HEADER, Layout.TOTALS),
        ("\ufeff" + TOTALS_HEADER + "\r", Layout.TOTALS),
        (",".join(f'"{name}"' for name in FACTS_HEADER.split(",")), Layout.FACTS),
        (",".join(reversed(ROUNDS_HEADER.split(","))), Layout.ROUNDS),
        ("round, title", Layout.ROUNDS),
        (TOTALS_HEADER.replace(",", ";"), None),
        (TOTALS_HEADER.upper(), None),
        ("ods_code,ons_code,name", None),
        ("title,measure", None),
        ("", None),
    ],
)
def test_a_layout_is_told_by_its_header(header: str, layout: Layout | None) -> None:
    assert layout_of(f"{header}\n2015-16,x\n") == layout


def test_our_own_files_have_these_layouts() -> None:
    files = (reference.PAST_ROUNDS, reference.KNOWN_ROUNDS, reference.REPORTED_TOTALS, reference.ORGANISATIONS)

    assert [layout_of(file.read_text(encoding="utf-8")) for file in files] == ["rounds", "facts", "totals", None]


# --- rounds -------------------------------------------------------------------------------------


def test_a_round_of_the_past_is_known_in_part() -> None:
    assert read(read_rounds, file_of(ROUND)) == [
        (
            2,
            RoundPlan(
                round_id="2015-16",
                title="The first round",
                kind="real",
                coverage="partial",
                opens_on=None,
                delegated_deadline=date(2015, 1, 9),
                joint_deadline=None,
                closes_on=None,
                starts_on=APRIL,
                counted_on=FEBRUARY,
                source="HSJ, January 2015",
            ),
        )
    ]


@pytest.mark.parametrize(
    ("cells", "details"),
    [
        ({"round": "2015/16"}, ["round '2015/16' is not a round's id"]),
        ({"round": ""}, ["round '' is not a round's id"]),
        ({"title": ""}, ["title is empty"]),
        ({"source": " "}, ["source is empty"]),
        ({"starts_on": ""}, ["starts_on '' is not a day"]),
        ({"counted_on": "2015-02-30"}, ["counted_on '2015-02-30' is not a day"]),
        ({"delegated_deadline": "9 January"}, ["delegated_deadline '9 January' is not a day"]),
        ({"joint_deadline": "2015-1-30"}, ["joint_deadline '2015-1-30' is not a day"]),
        ({"round": "a" * 41}, ["round: At most 40 small letters, digits and single hyphens between them."]),
        ({"title": "x" * 201}, ["title: Between 1 and 200 characters."]),
        ({"source": "x" * 501}, ["source: Between 1 and 500 characters."]),
        ({"counted_on": "2015-04-02"}, ["counted_on: Not before opensOn and not after startsOn."]),
        (
            {"title": "", "starts_on": "soon", "joint_deadline": "20150130"},
            ["joint_deadline '20150130' is not a day", "starts_on 'soon' is not a day", "title is empty"],
        ),
        (
            {"title": "x" * 201, "counted_on": "2015-04-02"},
            ["counted_on: Not before opensOn and not after startsOn.", "title: Between 1 and 200 characters."],
        ),
    ],
)
def test_a_round_that_cannot_be_is_a_fault(cells: dict[str, str], details: list[str]) -> None:
    assert faults_of(read_rounds, file_of(ROUND | {"round": "2014-15"}, ROUND | cells)) == [
        (3, detail) for detail in details
    ]


def test_a_round_stands_in_a_file_once() -> None:
    assert faults_of(read_rounds, file_of(ROUND, ROUND)) == [(3, "round '2015-16' stands on line 2 already")]


# --- decisions and declarations -----------------------------------------------------------------

FACTS: dict[str, tuple[dict[str, str], PastDecision | PastDeclaration]] = {
    "approved": (
        APPROVED,
        PastDecision(
            round_id="2015-16",
            application="02w",
            ods_code="02W",
            requested_level=Level.DELEGATED,
            outcome=Outcome.APPROVED,
            chosen_by=None,
            reasons=(),
            conditions=(),
            decided_on=FEBRUARY,
            effective_from=APRIL,
            agreement=Agreement.NOT_KNOWN,
            basis=Basis.STATED,
            source="HSJ, February 2015",
        ),
    ),
    "rejected, for two reasons": (
        REJECTED | {"basis": "derived"},
        PastDecision(
            round_id="2015-16",
            application="02w",
            ods_code="02W",
            requested_level=Level.DELEGATED,
            outcome=Outcome.REJECTED,
            chosen_by=None,
            reasons=(Reason("financial_position", "Challenges."), Reason("cost_pressures", "Challenges.")),
            conditions=(),
            decided_on=FEBRUARY,
            effective_from=None,
            agreement=None,
            basis=Basis.DERIVED,
            source="HSJ, February 2015",
        ),
    ),
    "conditional, on days that nobody knows": (
        CONDITIONAL | {"decided_on": "", "effective_from": "", "agreement": "not_taken_up"},
        PastDecision(
            round_id="2015-16",
            application="02w",
            ods_code="02W",
            requested_level=Level.DELEGATED,
            outcome=Outcome.CONDITIONAL,
            chosen_by=None,
            reasons=(Reason("governance", "Changes."),),
            conditions=(Condition("c1", "Changes.", "governance", None),),
            decided_on=None,
            effective_from=None,
            agreement=Agreement.NOT_TAKEN_UP,
            basis=Basis.STATED,
            source="HSJ, February 2015",
        ),
    ),
    "downgraded": (
        REJECTED
        | {
            "outcome": "downgraded_to_joint",
            "granted_level": "joint",
            "chosen_by": "panel",
            "effective_from": "2015-04-01",
            "agreement": "signed",
        },
        PastDecision(
            round_id="2015-16",
            application="02w",
            ods_code="02W",
            requested_level=Level.DELEGATED,
            outcome=Outcome.DOWNGRADED_TO_JOINT,
            chosen_by=ChosenBy.PANEL,
            reasons=(Reason("financial_position", "Challenges."), Reason("cost_pressures", "Challenges.")),
            conditions=(),
            decided_on=FEBRUARY,
            effective_from=APRIL,
            agreement=Agreement.SIGNED,
            basis=Basis.STATED,
            source="HSJ, February 2015",
        ),
    ),
    "declared": (
        DECLARED,
        PastDeclaration("2015-16", "02w", "02W", Chosen.NONE, FEBRUARY, Basis.STATED, "HSJ, February 2015"),
    ),
    "declared on a day that nobody knows, and what that grants left out": (
        DECLARED | {"decided_on": "", "effective_from": "", "granted_level": "", "basis": "implied"},
        PastDeclaration("2015-16", "02w", "02W", Chosen.NONE, None, Basis.IMPLIED, "HSJ, February 2015"),
    ),
}


@pytest.mark.parametrize(("cells", "fact"), FACTS.values(), ids=FACTS.keys())
def test_a_row_is_a_fact(cells: dict[str, str], fact: PastDecision | PastDeclaration) -> None:
    assert read(read_facts, file_of(cells)) == [FactLine(2, "NHS Bradford City CCG", fact)]


OUTCOMES = "approved, conditional, rejected, downgraded_to_joint, declared, not_known, not_declared"
BAD_CELLS: list[tuple[dict[str, str], list[str]]] = [
    (APPROVED | {"round": "2015 16"}, ["round '2015 16' is not a round's id"]),
    (
        APPROVED | {"application": "Bradford City"},
        ["application 'Bradford City' is not a name of small letters, digits and single hyphens"],
    ),
    (APPROVED | {"application": ""}, ["application '' is not a name of small letters, digits and single hyphens"]),
    (APPROVED | {"ods_code": "02w"}, ["ods_code '02w' is not an ODS code"]),
    (APPROVED | {"name": ""}, ["name is empty"]),
    (APPROVED | {"requested_level": "", "granted_level": ""}, ["requested_level is empty"]),
    (
        APPROVED | {"requested_level": "full"},
        ["requested_level 'full' is none of delegated, joint, greater_involvement, none"],
    ),
    (APPROVED | {"outcome": ""}, ["outcome is empty"]),
    (
        APPROVED | {"outcome": "granted"},
        [f"outcome 'granted' is none of {OUTCOMES}"],
    ),
    (APPROVED | {"granted_level": "joint"}, ["granted_level of approved is delegated"]),
    (REJECTED | {"granted_level": "joint"}, ["granted_level of rejected is empty"]),
    (APPROVED | {"chosen_by": "somebody"}, ["chosen_by 'somebody' is none of ccg, panel"]),
    (REJECTED | {"reason_codes": "weather"}, ["reason_codes 'weather' is not a reason code"]),
    (
        REJECTED | {"reason_codes": "weather|governance|tides"},
        ["reason_codes 'tides' is not a reason code", "reason_codes 'weather' is not a reason code"],
    ),
    (REJECTED | {"reason_codes": ""}, ["reason_text has no reason code"]),
    (APPROVED | {"decided_on": "18/02/2015"}, ["decided_on '18/02/2015' is not a day"]),
    (APPROVED | {"decided_on": "2015-02-29"}, ["decided_on '2015-02-29' is not a day"]),
    (APPROVED | {"effective_from": "April"}, ["effective_from 'April' is not a day"]),
    (
        APPROVED | {"agreement": "verbal"},
        ["agreement 'verbal' is none of signed, not_taken_up, not_known"],
    ),
    *(
        (APPROVED | {"agreement": word}, [f"agreement '{word}' is none of signed, not_taken_up, not_known"])
        for word in ("awaited", "novated")  # words that an agreement has now, and no source tells of the past
    ),
    (APPROVED | {"basis": ""}, ["basis is empty"]),
    (APPROVED | {"basis": "rumoured"}, ["basis 'rumoured' is none of stated, derived, implied"]),
    (APPROVED | {"source": ""}, []),  # the rules say so
    (DECLARED | {"granted_level": "joint"}, ["granted_level of a declaration is none, or empty"]),
    (DECLARED | {"decided_on": "soon"}, ["decided_on 'soon' is not a day"]),
    (DECLARED | {"effective_from": "soon"}, ["effective_from 'soon' is not a day"]),
    (
        DECLARED | {"chosen_by": "ccg", "reason_codes": "other", "reason_text": "Why.", "agreement": "signed"},
        [
            "agreement is empty where a level is declared",
            "chosen_by is empty where a level is declared",
            "reason_codes is empty where a level is declared",
            "reason_text is empty where a level is declared",
        ],
    ),
]


@pytest.mark.parametrize(("cells", "details"), BAD_CELLS)
def test_a_cell_that_cannot_be_read_is_a_fault(cells: dict[str, str], details: list[str]) -> None:
    good = APPROVED | {"ods_code": "02R"}

    assert faults_of(read_facts, file_of(good, cells)) == [(3, detail) for detail in details]


def test_every_cell_of_a_row_that_cannot_be_read_is_named_at_once() -> None:
    words = dict.fromkeys(FACTS_HEADER.split(","), "?!") | {"name": ""}

    assert faults_of(read_facts, file_of(words)) == [
        (2, "agreement '?!' is none of signed, not_taken_up, not_known"),
        (2, "application '?!' is not a name of small letters, digits and single hyphens"),
        (2, "basis '?!' is none of stated, derived, implied"),
        (2, "chosen_by '?!' is none of ccg, panel"),
        (2, "decided_on '?!' is not a day"),
        (2, "effective_from '?!' is not a day"),
        (2, "name is empty"),
        (2, "ods_code '?!' is not an ODS code"),
        (2, f"outcome '?!' is none of {OUTCOMES}"),
        (2, "reason_codes '?!' is not a reason code"),
        (2, "requested_level '?!' is none of delegated, joint, greater_involvement, none"),
        (2, "round '?!' is not a round's id"),
    ]


def test_a_ccg_stands_once_in_a_round_of_a_file() -> None:
    other = APPROVED | {"round": "2016-17"}

    assert faults_of(read_facts, file_of(APPROVED, other, REJECTED)) == [
        (4, "round '2015-16', ods_code '02W' stands on line 2 already")
    ]


# --- totals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        ({}, Reported("2015-16", "approved", None, 64, 211, "2015-02-18", "NHS England")),
        ({"region": "Y54", "value": "0"}, Reported("2015-16", "approved", "Y54", 0, 211, "2015-02-18", "NHS England")),
        ({"as_at": "2015-12"}, Reported("2015-16", "approved", None, 64, 211, "2015-12", "NHS England")),
        ({"value": "211"}, Reported("2015-16", "approved", None, 211, 211, "2015-02-18", "NHS England")),
    ],
)
def test_a_row_is_a_total(cells: dict[str, str], total: Reported) -> None:
    assert read(read_totals, file_of(TOTAL | cells), REGIONS, TEAMS) == [(2, total)]


@pytest.mark.parametrize(
    ("cells", "details"),
    [
        ({"area_team": "Q99"}, ["area_team 'Q99' is not a known area team"]),
        ({"region": "Y54", "area_team": "Q69"}, ["region and area_team are not named together"]),
        ({"settles": "no"}, ["settles is yes, or empty"]),
        ({"measure": "liked"}, ["measure 'liked' is not known"]),
        ({"region": "Y99"}, ["region 'Y99' is not a known region"]),
        ({"value": ""}, ["value '' is not a whole number"]),
        ({"value": "-1"}, ["value '-1' is not a whole number"]),
        ({"value": "64.0"}, ["value '64.0' is not a whole number"]),
        ({"value": "٦٤"}, ["value '٦٤' is not a whole number"]),
        (
            {"value": "1000000", "of": "1000001"},
            [
                "of '1000001' is not a whole number",
                "value '1000000' is not a whole number",
            ],
        ),
        ({"value": "212"}, ["value 212 is more than 211, of which it is a part"]),
        ({"as_at": ""}, ["as_at '' is not a day, or a month such as 2015-12"]),
        ({"as_at": "2015"}, ["as_at '2015' is not a day, or a month such as 2015-12"]),
        ({"as_at": "2015-13"}, ["as_at '2015-13' is not a day, or a month such as 2015-12"]),
        ({"as_at": "2015-02-30"}, ["as_at '2015-02-30' is not a day, or a month such as 2015-12"]),
        ({"as_at": "٢٠١٥-12"}, ["as_at '٢٠١٥-12' is not a day, or a month such as 2015-12"]),
        ({"source": ""}, ["source is empty"]),
        (
            {"round": "?", "measure": "?", "region": "?", "value": "?", "of": "?", "as_at": "?", "source": ""},
            [
                "as_at '?' is not a day, or a month such as 2015-12",
                "measure '?' is not known",
                "of '?' is not a whole number",
                "region '?' is not a known region",
                "round '?' is not a round's id",
                "source is empty",
                "value '?' is not a whole number",
            ],
        ),
    ],
)
def test_a_total_that_cannot_be_is_a_fault(cells: dict[str, str], details: list[str]) -> None:
    good = TOTAL | {"region": "Y57"} | dict.fromkeys(sorted(cells.keys() - TOTAL.keys()), "")

    assert faults_of(read_totals, file_of(good, {**dict.fromkeys(good, ""), **TOTAL, **cells}), REGIONS, TEAMS) == [
        (3, detail) for detail in details
    ]


def test_a_total_stands_once_for_each_region_and_once_for_england() -> None:
    north = TOTAL | {"region": "Y54"}

    assert faults_of(read_totals, file_of(TOTAL, north, north, TOTAL), REGIONS, TEAMS) == [
        (4, "round '2015-16', measure 'approved', region 'Y54', area_team '' stands on line 3 already"),
        (5, "round '2015-16', measure 'approved', region '', area_team '' stands on line 2 already"),
    ]


# --- whatever the file --------------------------------------------------------------------------

READERS: dict[str, tuple[Callable[..., Any], dict[str, str], list[Any]]] = {
    "rounds": (read_rounds, ROUND, []),
    "facts": (read_facts, APPROVED, []),
    "totals": (read_totals, TOTAL, [REGIONS, TEAMS]),
}
every_reader = pytest.mark.parametrize(("reading", "row", "arguments"), READERS.values(), ids=READERS.keys())


@every_reader
def test_a_file_from_a_spreadsheet_says_what_a_plain_one_says(
    reading: Callable[..., Any], row: dict[str, str], arguments: list[Any]
) -> None:
    plain = ",".join(row) + "\n" + ",".join(cell if "," not in cell else f'"{cell}"' for cell in row.values()) + "\n"
    spreadsheet = "\ufeff" + file_of(row).replace("\n", "\r\n")

    assert read(reading, spreadsheet, *arguments) == read(reading, plain, *arguments)


@every_reader
def test_columns_stand_in_any_order_beside_others_and_blanks_around_cells_are_nothing(
    reading: Callable[..., Any], row: dict[str, str], arguments: list[Any]
) -> None:
    other = {"remark": "Looked at.", **{name: f"  {row[name]} " for name in reversed(row)}}

    assert read(reading, file_of(other), *arguments) == read(reading, file_of(row), *arguments)


@every_reader
def test_a_column_that_lacks_is_named(reading: Callable[..., Any], row: dict[str, str], arguments: list[Any]) -> None:
    kept = {name: cell for name, cell in row.items() if name not in {"round", "source"}}

    assert faults_of(reading, file_of(kept), *arguments) == [(1, "the header lacks round, source")]


CONTROLLED = "source has a control or directional character, or a line break"


@every_reader
@pytest.mark.parametrize("control", ["\x00", "\x1b", "\t", "\n", "\x7f", "\u202e", "\u2028", "\x85"])
def test_a_control_character_or_line_break_in_a_cell_is_a_fault(
    reading: Callable[..., Any], row: dict[str, str], arguments: list[Any], control: str
) -> None:
    text = file_of(row | {"source": f"HSJ{control}February"})

    [(line, detail)] = faults_of(reading, text, *arguments)

    assert (line, detail) == (3 if control == "\n" else 2, CONTROLLED)


@every_reader
@pytest.mark.parametrize("line", ["x", '"' + '","'.join(["x"] * 16) + '"'])
def test_a_row_with_too_few_or_too_many_cells_is_a_fault(
    reading: Callable[..., Any], row: dict[str, str], arguments: list[Any], line: str
) -> None:
    text = file_of(row) + line + "\n"

    assert faults_of(reading, text, *arguments) == [(3, "the number of cells is not that of the header")]


@every_reader
def test_what_is_no_csv_is_a_fault(reading: Callable[..., Any], row: dict[str, str], arguments: list[Any]) -> None:
    text = file_of(row) + '"' + "x" * 140_000 + "\n"

    assert faults_of(reading, text, *arguments) == [
        (3, "cannot be read as CSV: field larger than field limit (131072)")
    ]


@every_reader
def test_a_file_without_rows_says_nothing(
    reading: Callable[..., Any], row: dict[str, str], arguments: list[Any]
) -> None:
    assert read(reading, ",".join(row) + "\n", *arguments) == []
    assert read(reading, ",".join(row), *arguments) == []
    assert read(reading, ",".join(row) + "\n\n\n", *arguments) == []
