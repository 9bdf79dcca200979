"""``register organisations import``: our own layout and the ODS's, the difference on stdout, messages on stderr."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import reference
from tests.commands.conftest import Register, Said
from tests.eccg import NO_CCGS, line

OWN = "ods_code,ons_code,name,area_team,region_ods_code,opened_on,closed_on,successor"
DUDLEY, HACKNEY = "NHS DUDLEY CCG", "NHS CITY & HACKNEY CCG"
ROWS = reference.ORGANISATIONS.read_text(encoding="utf-8").count("\n") - 1


@pytest.fixture
def run(sqlite_url: str) -> Register:
    """The command line over an empty register."""
    return Register(database_url=sqlite_url)


@pytest.fixture
def imported(over_sqlite: Register, tmp_path: Path) -> Any:
    """Import a text, with options."""

    def importing(text: str, *options: str, name: str = "file.csv") -> Said:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8", newline="")
        said = over_sqlite("organisations", "import", file, *options)
        return Said(said.code, said.out, said.err.replace(f"{file}:", ""))

    return importing


def entries(run: Register) -> Any:
    return json.loads(run("verify", "--json").out)["entries"]


def own(*rows: str) -> str:
    return "\n".join([OWN, *rows]) + "\n"


def test_our_files_are_taken_over_once_and_a_repeat_changes_nothing(run: Register) -> None:
    shown = run("organisations", "import", reference.ORGANISATIONS, "--dry-run")
    first = run("organisations", "import", reference.ORGANISATIONS)
    again = run("organisations", "import", reference.ORGANISATIONS)

    assert (shown.code, shown.lines) == (0, first.lines)
    assert shown.err == f"{ROWS} new, 0 changed, 0 unchanged (nothing was written)\n"
    assert (first.code, len(first.lines), first.lines[0]) == (0, ROWS, "+ 00C")
    assert first.err == f"{ROWS} new, 0 changed, 0 unchanged\n"
    assert again == Said(0, "", f"0 new, 0 changed, {ROWS} unchanged\n")
    assert entries(run) == ROWS + 2
    assert run("verify").code == 0


FIRST_TEN = "00C, 00D, 00J, 00K, 00L, 00M, 00N, 00P, 00Q, 00R"
LATER = "2019-06-01"
SOME = (
    line("07T", "NHS HACKNEY AND BEYOND CCG", "Y56")
    + line("05C", DUDLEY, "Y55", closed="20190531")
    + line("27D", "NHS NEW CCG", "Y55", opened="20190601")
    + "".join(line(code, "NO CCG", "", sub_type=sub_type) for code, sub_type in NO_CCGS)
)


def test_a_partial_file_of_the_ods_is_taken_for_its_rows_and_known_to_stays(
    over_sqlite: Register, imported: Any
) -> None:
    before = entries(over_sqlite)
    shown = imported(SOME, "--as-at", LATER, "--dry-run")
    taken = imported(SOME, "--as-at", LATER)
    again = imported(SOME, "--as-at", LATER)

    assert (shown.code, taken.code) == (0, 0)
    assert shown.lines == taken.lines
    assert taken.lines == [
        "+ 27D",
        "~ 05C: closedOn none → 2019-05-31, facts",
        "~ 07T: from 2019-06-01 name NHS City and Hackney CCG → NHS HACKNEY AND BEYOND CCG",
    ]
    assert taken.err.splitlines() == [
        "5 rows are of bodies that are no CCGs: counted, not compared",
        f"partial: nothing is said of 189 of 191 open CCGs ({FIRST_TEN}, …), so knownTo stays as it is",
        "1 new, 2 changed, 0 unchanged",
    ]
    assert again.err.splitlines()[-1] == "0 new, 0 changed, 3 unchanged"
    assert entries(over_sqlite) == before + 4
    assert over_sqlite("verify").code == 0


def test_the_difference_as_json(imported: Any) -> None:
    taken = json.loads(imported(SOME, "--as-at", LATER, "--json").out)

    [dudley, hackney] = taken["changed"]
    assert (dudley["odsCode"], dudley["members"]) == ("05C", ["closedOn", "facts"])
    assert (dudley["before"]["closedOn"], dudley["after"]["closedOn"]) == (None, "2019-05-31")
    assert hackney["after"]["facts"][-1]["name"] == "NHS HACKNEY AND BEYOND CCG"
    counted = {name: taken[name] for name in ("added", "unchanged", "notCcgs", "notes", "ends", "dryRun")}
    assert counted == {"added": ["27D"], "unchanged": 0, "notCcgs": 5, "notes": [], "ends": [], "dryRun": False}
    assert len(taken["missing"]) == 189


def test_a_row_may_name_an_opening_and_a_closing_after_the_files_own_day(imported: Any) -> None:
    planned = line("05C", DUDLEY, "Y55", closed="20200331") + line("27D", "NHS NEW CCG", "Y55", opened="20200401")

    assert imported(planned, "--as-at", LATER).lines == ["+ 27D", "~ 05C: closedOn none → 2020-03-31, facts"]


def test_names_in_other_capitals_and_marks_are_the_same_names(imported: Any) -> None:
    said = imported(line("07T", HACKNEY, "Y56") + line("05C", DUDLEY, "Y55"), "--as-at", LATER)

    assert (said.code, said.out) == (0, "")


MERGER = (
    "05C,E38000046,NHS Dudley CCG,,Y55,2013-04-01,2020-03-31,D2P2L",
    "05L,E38000144,NHS Sandwell and West Birmingham CCG,,Y55,2013-04-01,2020-03-31,D2P2L",
    "D2P2L,E38000259,NHS Black Country and West Birmingham CCG,,Y60,2020-04-01,,",
)


@pytest.fixture
def seven_regions(imported: Any) -> None:
    """The regions of 2019 are known, by any file of the ODS."""
    imported(line("07T", HACKNEY, "Y56"), "--as-at", "2019-05-01")


@pytest.mark.usefixtures("seven_regions")
def test_a_merger_is_told_by_a_small_file_of_its_own_rows(over_sqlite: Register, imported: Any) -> None:
    taken = imported(own(*MERGER), "--as-at", "2020-04-02")

    assert taken.code == 0
    assert taken.lines == [
        "+ D2P2L",
        "~ 05C: closedOn none → 2020-03-31, successor none → D2P2L, facts",
        "~ 05L: closedOn none → 2020-03-31, successor none → D2P2L, facts",
    ]
    assert over_sqlite("verify").code == 0


HARMS = {
    "a closing is taken away, the ODS": (
        line("10T", "NHS SLOUGH CCG"),
        LATER,
        ["1: 10T closed on 2018-03-31, and has no end here"],
    ),
    "a closing and a successor are taken away, ours": (
        own("10T,,NHS Slough CCG,,Y57,2013-04-01,,"),
        LATER,
        [
            "2: 10T closed on 2018-03-31, and has no end here",
            "2: 10T has 15D as its successor, and none here",
        ],
    ),
    "a successor is taken away": (
        own("10T,,NHS Slough CCG,,Y57,2013-04-01,2018-03-31,"),
        LATER,
        ["2: 10T has 15D as its successor, and none here"],
    ),
    "another successor": (
        own("10T,,NHS Slough CCG,,Y57,2013-04-01,2018-03-31,07T"),
        LATER,
        ["2: 10T has 15D as its successor, and 07T here"],
    ),
    "an opening is moved, the ODS": (
        line("13T", "NHS NEWCASTLE GATESHEAD CCG", "Y54", opened="20141201")
        + line("05C", DUDLEY, "Y55", opened="20130402"),
        LATER,
        [
            "1: 13T opened on 2015-04-01, and on 2014-12-01 here",
            "2: 05C opened on 2013-04-01, and on 2013-04-02 here",
        ],
    ),
    "an opening is moved, ours": (
        own("05C,,NHS Dudley CCG,,Y55,2013-04-02,,"),
        LATER,
        ["2: 05C opened on 2013-04-01, and on 2013-04-02 here"],
    ),
    "nobody follows, the ODS": (
        line("05C", DUDLEY, "Y55", closed="20190531"),
        LATER,
        ["1: 05C closes on 2019-05-31, and no body opens on 2019-06-01 to follow it"],
    ),
    "nobody follows, ours": (
        own(MERGER[0], "05L,,NHS Sandwell and West Birmingham CCG,,Y55,2013-04-01,2020-03-31,"),
        LATER,
        [
            "2: 05C its successor D2P2L is neither known nor in this file",
            "3: 05L closes on 2020-03-31, and names no successor",
        ],
    ),
    "nobody was there before, the ODS": (
        line("27D", "NHS NEW CCG", "Y55", opened="20190601"),
        LATER,
        ["1: 27D opens on 2019-06-01, and no body closes on the day before"],
    ),
    "nobody was there before, ours": (
        own("27D,,NHS New CCG,,Y55,2019-06-01,,"),
        LATER,
        ["2: 27D opens on 2019-06-01, and no body names it as its successor"],
    ),
    "never seen, and opened before knownTo, the ODS": (
        line("05C", DUDLEY, "Y55") + line("27D", "NHS NEW CCG", "Y55", opened="20130401"),
        LATER,
        ["2: 27D is not known and opened on 2013-04-01, though all bodies are known to 2019-04-01"],
    ),
    "never seen, and opened before knownTo, ours": (
        own("27D,,NHS New CCG,,Y55,2013-04-01,,"),
        LATER,
        ["2: 27D is not known and opened on 2013-04-01, though all bodies are known to 2019-04-01"],
    ),
    "an old file closes what is known to be open": (
        line("05C", DUDLEY, "Y55", closed="20150331"),
        "2015-06-01",
        [
            "1: 05C is known to be open on 2019-04-01, and closed on 2015-03-31 here",
        ],
    ),
    "an empty file": ("", LATER, ["1: the file has no rows"]),
    "an empty file of ours": (own(), LATER, ["1: the file has no rows"]),
    "a day that has not come": (
        line("05C", DUDLEY, "Y55"),
        "2199-01-01",
        ["1: the file speaks of 2199-01-01, which has not come yet"],
    ),
    "no day, the ODS": (
        line("05C", DUDLEY, "Y55"),
        None,
        ["1: no row says of which day the file speaks; name it with --as-at"],
    ),
    "no day, ours": (
        own("05C,,NHS Dudley CCG,,Y55,2013-04-01,,"),
        None,
        ["1: no row says of which day the file speaks; name it with --as-at"],
    ),
    "other faults": (
        line("7", "", "Y99") + '"10G","too short"\r\n' + line("10T", "X", sub_type="X"),
        LATER,
        [
            "1: name is empty",
            "1: ods_code '7' is not an ODS code",
            "1: region 'Y99' is not a known region",
            "2: 2 columns, not 27",
            "3: sub_type 'X' is neither C (a CCG) nor one that is no CCG's",
        ],
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_that_does_harm_is_refused_whole_with_every_fault(
    over_sqlite: Register, imported: Any, harm: str
) -> None:
    text, as_at, faults = HARMS[harm]
    before = (entries(over_sqlite), tables_of(over_sqlite))

    refused = imported(text, *(["--as-at", as_at] if as_at else []))

    assert (refused.code, refused.out, refused.err.splitlines()) == (1, "", faults)
    assert (entries(over_sqlite), tables_of(over_sqlite)) == before


def tables_of(run: Register) -> list[object]:
    """What stands in the tables that an import may write."""
    tables = ("organisations", "organisation_facts", "organisation_statements", "regions", "area_teams", "approvals")
    with closing(sqlite3.connect(str(run.settings["database_url"]).removeprefix("sqlite:///"))) as connection:
        return [connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in tables]  # noqa: S608 (our own names)


@pytest.mark.parametrize("options", [["--correct", "13T"], ["--reason", "Why."], ["--correct", "13T", "--reason", ""]])
def test_a_correction_and_its_reason_go_together(imported: Any, options: list[str]) -> None:
    refused = imported(line("05C", DUDLEY, "Y55"), "--as-at", LATER, *options)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("--correct and --reason go together.")


def test_a_correction_lets_one_body_through_and_the_others_are_still_held_back(imported: Any) -> None:
    text = line("13T", "NHS NEWCASTLE GATESHEAD CCG", "Y54", opened="20141201") + line("10T", "NHS SLOUGH CCG")

    refused = imported(text, "--as-at", LATER, "--correct", "13T", "--reason", "So they said.")

    assert refused.err == "2: 10T closed on 2018-03-31, and has no end here\n"


def test_a_correction_moves_an_opening_and_another_import_undoes_it(over_sqlite: Register, imported: Any) -> None:
    before = tables_of(over_sqlite)[1]
    ods = line("13T", "NHS NEWCASTLE GATESHEAD CCG", "Y54", opened="20141201")
    ours = own("13T,E38000212,NHS Newcastle Gateshead CCG,,Y54,2015-04-01,,")
    why = ("--correct", "13T", "--reason", "So they said.")

    moved = imported(ods, "--as-at", LATER, *why)
    undone = imported(ours, "--as-at", "2019-05-01", *why)

    assert moved.lines == ["~ 13T: openedOn 2015-04-01 → 2014-12-01, facts"]
    assert moved.err.startswith("note: 13T opened on 2015-04-01, and on 2014-12-01 here (corrected)\n")
    assert undone.lines == ["~ 13T: openedOn 2014-12-01 → 2015-04-01, facts"]
    assert tables_of(over_sqlite)[1] == before
    assert over_sqlite("verify").code == 0


@pytest.mark.usefixtures("seven_regions")
def test_a_planned_merger_is_called_off_by_a_correction_and_planned_again_by_a_newer_file(
    over_sqlite: Register, imported: Any
) -> None:
    imported(own(*MERGER), "--as-at", "2019-06-03")
    silent = own(*(f"{row.rsplit(',', 2)[0]},," for row in MERGER[:2]))
    why = ("--correct", "05C", "--correct", "05L", "--reason", "The merger was put off.")

    ignored = imported(silent, "--as-at", "2019-06-03")
    off = imported(silent, "--as-at", "2019-06-03", *why)
    again = imported(own(*MERGER), "--as-at", "2019-06-04")

    assert ignored.lines == []
    assert off.lines == [
        "~ 05C: closedOn 2020-03-31 → none, successor D2P2L → none, facts",
        "~ 05L: closedOn 2020-03-31 → none, successor D2P2L → none, facts",
    ]
    assert off.err.splitlines()[:2] == [
        "note: 05C closes on 2020-03-31, and not so here (corrected)",
        "note: 05L closes on 2020-03-31, and not so here (corrected)",
    ]
    assert again.lines == [
        "~ 05C: closedOn none → 2020-03-31, successor none → D2P2L, facts",
        "~ 05L: closedOn none → 2020-03-31, successor none → D2P2L, facts",
    ]
    assert over_sqlite("verify").code == 0


def test_what_our_own_files_explain_is_a_note_and_no_correction(run: Register, tmp_path: Path) -> None:
    run("organisations", "import", reference.ORGANISATIONS)
    file = tmp_path / "eccg.csv"
    file.write_text(
        line("13T", "NHS NEWCASTLE GATESHEAD CCG", "Y63", opened="20141126", amended="20240502")
        + line("00L", "NHS NORTHUMBERLAND CCG", "Y63"),
        encoding="utf-8",
    )
    why = ("--correct", "13T", "--reason", "So they said.")

    plain = run("organisations", "import", file)
    meant = run("organisations", "import", file, *why)

    notes = [
        "note: 13T opened on 2015-04-01, and on 2014-11-26 here",
        "note: 13T closed on 2022-06-30, and has no end here",
        "note: 00L closed on 2022-06-30, and has no end here",
    ]
    assert (plain.code, plain.out) == (meant.code, meant.out) == (0, "")
    assert plain.err.splitlines() == [*notes, "0 new, 0 changed, 2 unchanged"]
    assert meant.err.splitlines() == [
        *notes,
        "note: 13T has nothing that had to be corrected",
        "0 new, 0 changed, 2 unchanged",
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_wrong_usage(
    over_sqlite: Register, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "eccg.csv"
    if content is not None:
        file.write_bytes(content)

    refused = over_sqlite("organisations", "import", file)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"{file}: cannot be read")
