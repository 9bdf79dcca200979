"""``register history import``: rounds, facts and totals of the past; the difference on stdout, messages on stderr."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from app import reference
from app.records import history, rounds
from app.records.audit.verification import verify
from app.records.session import Database
from tests import facts as then
from tests.commands.conftest import Register, Said
from tests.past import PLANS, decisions, entries, projected
from tests.records.acting import SLOUGH, Steps

FACTS_HEADER = (
    "round,application,ods_code,name,requested_level,outcome,granted_level,chosen_by,"
    "reason_codes,reason_text,decided_on,effective_from,agreement,basis,source\n"
)
APPROVED = (
    "2015-16,02w,02W,NHS Bradford City CCG,delegated,approved,delegated,,,,2015-02-18,2015-04-01,not_known,stated,HSJ\n"
)
REJECTED = "2015-16,02w,02W,NHS Bradford City CCG,delegated,rejected,,,other,Why not.,2015-02-18,,,stated,HSJ\n"
LATER = "2016-17,02w,02W,NHS Bradford City CCG,delegated,approved,delegated,,,,,2016-04-01,not_known,stated,Pulse\n"
DECLARED = "2015-16,01h,01H,NHS Cumbria CCG,none,declared,none,,,,2015-01-30,,,stated,HSJ\n"
SLOUGH_APPROVED = APPROVED.replace("02w,02W,NHS Bradford City CCG", "10t,10T,NHS Slough CCG")
TOTALS_HEADER = "round,measure,region,value,of,as_at,source\n"
TOTALS = "2015-16,approved,,64,211,2015-02-18,NHS England\n2015-16,approved,Y54,24,68,2015-02-18,HSJ\n"
ROUNDS_HEADER = "round,title,delegated_deadline,joint_deadline,starts_on,counted_on,source\n"
ROUND = "2014-15,The round before,,,2014-04-01,2014-04-01,Made up for a test\n"


@pytest.fixture
def run(database_url: str) -> Register:
    """The command line over a register that knows the CCGs and nothing else."""
    run = Register(database_url=database_url)
    run("organisations", "import", reference.ORGANISATIONS)
    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "past.csv"


def write(file: Path, *parts: str) -> Path:
    file.write_text("".join(parts), encoding="utf-8")
    return file


def size(run: Register) -> int:
    """How many entries the log has; there is nothing wrong with it."""
    with closing(Database(str(run.settings["database_url"]))) as database:
        report = verify(database)
    assert report.faults == ()
    return report.entries


# --- our own files ------------------------------------------------------------------------------


def test_our_own_files_are_taken_over_once_and_a_repeat_changes_nothing(run: Register) -> None:
    files = (then.PAST_ROUNDS, then.KNOWN_ROUNDS, then.REPORTED_TOTALS)
    before = size(run)

    first = [run("history", "import", file) for file in files]
    again = [run("history", "import", file) for file in files]

    assert [(each.code, len(each.lines), each.lines[0], each.err) for each in first] == [
        (0, 3, "+ 2015-16", "3 new, 0 changed, 0 unchanged\n"),
        (0, 52, "+ 2015-16 07P", "52 new, 0 changed, 0 unchanged\n"),
        (0, 18, "+ 2015-16 applied_delegated", "18 new, 0 changed, 0 unchanged\n"),
    ]
    assert again == [Said(0, "", f"0 new, 0 changed, {number} unchanged\n") for number in (3, 52, 18)]
    assert size(run) == before + 3 + 52 + 18
    assert run("verify").code == 0


@pytest.mark.parametrize("own", [then.PAST_ROUNDS, then.KNOWN_ROUNDS, then.REPORTED_TOTALS])
def test_a_dry_run_shows_the_difference_and_writes_nothing(run: Register, own: Path) -> None:
    before = size(run)

    shown = run("history", "import", own, "--dry-run")
    between = size(run)
    done = run("history", "import", own)

    assert (shown.code, shown.out, between) == (0, done.out, before)
    assert shown.err == done.err.replace("\n", " (nothing was written)\n")


@pytest.mark.parametrize(
    ("own", "named"),
    [
        (then.KNOWN_ROUNDS, {"2015-16", "2016-17"}),
        (then.REPORTED_TOTALS, {"2015-16", "2016-17", "2017-18"}),
    ],
)
def test_rounds_are_put_with_the_first_fact_that_names_them(
    run: Register, database: Database, own: Path, named: set[str]
) -> None:
    run("history", "import", own)

    with database.reading() as session:
        found = {plan.round_id: plan for plan in rounds.all_rounds(session)}
    assert found == {round_id: PLANS[round_id] for round_id in named}


# --- what is shown ------------------------------------------------------------------------------


def test_the_difference_as_json(over_sqlite: Register, file: Path) -> None:
    over_sqlite("history", "import", write(file, FACTS_HEADER, APPROVED, DECLARED))

    done = over_sqlite("history", "import", write(file, FACTS_HEADER, REJECTED, DECLARED, LATER), "--json")

    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == {
        "added": ["2016-17 02W"],
        "changed": [{"key": "2015-16 02W", "members": ["outcome", "reasons", "effective_from", "agreement"]}],
        "unchanged": 1,
        "dryRun": False,
    }


def test_the_difference_of_a_dry_run_as_json(over_sqlite: Register, file: Path) -> None:
    shown = over_sqlite("history", "import", write(file, TOTALS_HEADER, TOTALS), "--json", "--dry-run")

    assert json.loads(shown.out) == {
        "added": ["2015-16 approved", "2015-16 approved Y54"],
        "changed": [],
        "unchanged": 0,
        "dryRun": True,
    }


def test_a_changed_row_is_a_correction_and_rows_left_out_stay(over_world: Register, world_url: str, file: Path) -> None:
    over_world("history", "import", write(file, FACTS_HEADER, APPROVED, DECLARED))

    done = over_world("history", "import", write(file, FACTS_HEADER, REJECTED))

    assert done == Said(
        0,
        "~ 2015-16 02W: outcome, reasons, effective_from, agreement\n",
        "0 new, 1 changed, 0 unchanged\n",
    )
    database = Database(world_url)
    found, declared = decisions(database, "02W"), projected(database)["declarations"]
    database.close()
    assert [(state, outcome) for state, outcome, *_ in found.values()] == [
        ("superseded", "approved"),
        ("published", "rejected"),
    ]
    assert len(declared) == 1
    assert over_world("verify").code == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "The file that was taken over says otherwise than before: outcome, reasons, effective from, agreement."),
        (("--reason", "The paper of 20 February names it."), "The paper of 20 February names it."),
    ],
)
def test_a_correction_says_why(
    over_sqlite: Register, sqlite_world_url: str, file: Path, options: tuple[str, ...], why: str
) -> None:
    over_sqlite("history", "import", write(file, FACTS_HEADER, APPROVED))

    over_sqlite("history", "import", write(file, FACTS_HEADER, REJECTED), *options)

    database = Database(sqlite_world_url)
    [corrected] = [each for each in entries(database) if each.kind == "decision.corrected"]
    database.close()
    assert corrected.data["correctionReason"] == why


def test_a_total_that_is_read_otherwise_is_shown_as_changed(
    over_sqlite: Register, sqlite_world_url: str, file: Path
) -> None:
    over_sqlite("history", "import", write(file, TOTALS_HEADER, TOTALS))

    done = over_sqlite("history", "import", write(file, TOTALS_HEADER, TOTALS.replace("64,211", "65,209")))

    assert done == Said(0, "~ 2015-16 approved: value, of\n", "0 new, 1 changed, 1 unchanged\n")
    database = Database(sqlite_world_url)
    with database.reading() as session:
        assert [(each.region_code, each.value) for each in history.reported_in(session)] == [(None, 65), ("Y54", 24)]
    database.close()


def test_a_round_of_a_file_is_put_and_then_changed(over_sqlite: Register, file: Path) -> None:
    put = over_sqlite("history", "import", write(file, ROUNDS_HEADER, ROUND))
    changed = over_sqlite("history", "import", write(file, ROUNDS_HEADER, ROUND.replace("before", "of 2014")))

    assert [put, changed] == [
        Said(0, "+ 2014-15\n", "1 new, 0 changed, 0 unchanged\n"),
        Said(0, "~ 2014-15: title\n", "0 new, 1 changed, 0 unchanged\n"),
    ]


def test_a_round_that_a_file_put_takes_facts_of_its_own(over_sqlite: Register, file: Path) -> None:
    fact = APPROVED.replace("2015-16,", "2014-15,")
    before = over_sqlite("history", "import", write(file, FACTS_HEADER, fact))
    over_sqlite("history", "import", write(file, ROUNDS_HEADER, ROUND))

    after = over_sqlite("history", "import", write(file, FACTS_HEADER, fact))

    assert before == Said(1, "", f"{file}:2: there is no round 2014-15; put it first\n")
    assert after == Said(0, "+ 2014-15 02W\n", "1 new, 0 changed, 0 unchanged\n")


def test_a_round_of_expressions_of_interest_takes_what_grants_nothing(over_sqlite: Register, file: Path) -> None:
    head = ROUNDS_HEADER.replace("\n", ",stage\n")
    put = over_sqlite("history", "import", write(file, head, ROUND.replace("\n", ",expression_of_interest\n")))
    fact = APPROVED.replace("2015-16,", "2014-15,")
    expressed = fact.replace("approved,delegated", "approved,").replace("2015-04-01,not_known", ",")

    granting = over_sqlite("history", "import", write(file, FACTS_HEADER, fact))
    nowhere = over_sqlite("history", "import", write(file, FACTS_HEADER, expressed.replace("2014-15,", "2015-16,")))
    taken = over_sqlite("history", "import", write(file, FACTS_HEADER, expressed))
    again = over_sqlite("history", "import", write(file, FACTS_HEADER, expressed))
    without = over_sqlite("history", "import", write(file, ROUNDS_HEADER, ROUND))

    assert put == Said(0, "+ 2014-15\n", "1 new, 0 changed, 0 unchanged\n")
    of_interest = "granted_level of approved is empty: round 2014-15 takes expressions of interest"
    of_applications = "granted_level of approved is delegated: round 2015-16 takes applications"
    assert granting == Said(1, "", f"{file}:2: {of_interest}\n")
    assert nowhere == Said(1, "", f"{file}:2: {of_applications}\n")
    assert taken == Said(0, "+ 2014-15 02W\n", "1 new, 0 changed, 0 unchanged\n")
    assert again == Said(0, "", "0 new, 0 changed, 1 unchanged\n")
    assert without == Said(0, "", "0 new, 0 changed, 1 unchanged\n")


# --- a file from a spreadsheet ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "rows", "number"),
    [(FACTS_HEADER, APPROVED + DECLARED, 2), (TOTALS_HEADER, TOTALS, 2), (ROUNDS_HEADER, ROUND, 1)],
)
def test_a_file_from_a_spreadsheet_says_what_a_plain_one_says(
    over_sqlite: Register, file: Path, header: str, rows: str, number: int
) -> None:
    plain = over_sqlite("history", "import", write(file, header, rows))
    quoted = "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\r\n" for line in (header + rows).splitlines()
    )
    file.write_bytes(b"\xef\xbb\xbf" + quoted.encode())

    again = over_sqlite("history", "import", file)

    assert (plain.code, plain.err) == (0, f"{number} new, 0 changed, 0 unchanged\n")
    assert again == Said(0, "", f"0 new, 0 changed, {number} unchanged\n")


# --- faults -------------------------------------------------------------------------------------


def refused(run: Register, file: Path) -> list[str]:
    """The faults of a file, which writes nothing; a dry run names the same ones."""
    before = size(run)
    said, shown = run("history", "import", file), run("history", "import", file, "--dry-run")
    assert (said.code, said.out) == (1, "")
    assert shown == said
    assert size(run) == before
    return [line.removeprefix(f"{file}:") for line in said.err.splitlines()]


def test_every_fault_of_facts_is_named_with_its_line_and_nothing_is_written(over_world: Register, file: Path) -> None:
    rows = [
        LATER,
        APPROVED.replace("2015-02-18", "18 February").replace("stated", "rumoured"),
        APPROVED.replace("02W", "02R"),
        APPROVED.replace("02W,NHS Bradford City CCG", "ZZZ,NHS Nowhere CCG"),
        APPROVED.replace("2015-16,02w,02W,NHS Bradford City CCG", "1999-00,13t,13T,NHS Newcastle Gateshead CCG"),
        APPROVED.replace("02w,02W,NHS Bradford City CCG", "13t,13T,NHS Newcastle Gateshead CCG"),
        REJECTED.replace("02w,02W,NHS Bradford City CCG", "05c,05C,NHS Dudley CCG").replace("other", "other|other"),
        DECLARED.replace("2015-01-30", "2199-01-30").replace("none", "joint"),
        APPROVED,
        APPROVED,
        "2015-16,too few\n",
        APPROVED.replace("HSJ", "HSJ\x1b[31m"),
    ]

    assert refused(over_world, write(file, FACTS_HEADER, *rows)) == [
        "3: basis 'rumoured' is none of stated, derived, implied",
        "3: decided_on '18 February' is not a day",
        "4: 02R is called NHS Bradford Districts CCG, not NHS Bradford City CCG",
        "5: ZZZ is not the code of a CCG that the register knows",
        "6: there is no round 1999-00; put it first",
        "7: 13T was not open on 2015-02-18",
        "8: a reason is named twice",
        "9: 2199-01-30 has not come yet",
        "9: joint is applied for, not declared",
        "10: round '2015-16', ods_code '02W' stands on line 3 already",
        "11: round '2015-16', ods_code '02W' stands on line 3 already",
        "12: the number of cells is not that of the header",
        "13: round '2015-16', ods_code '02W' stands on line 3 already",
        "13: source has a control or directional character, or a line break",
    ]


def test_a_bad_day_is_not_taken_for_another_fault_too(over_sqlite: Register, file: Path) -> None:
    bad_days = APPROVED.replace("2015-02-18,2015-04-01", "soon,later")

    assert refused(over_sqlite, write(file, FACTS_HEADER, bad_days)) == [
        "2: decided_on 'soon' is not a day",
        "2: effective_from 'later' is not a day",
    ]


def test_every_fault_of_totals_is_named_with_its_line_and_nothing_is_written(over_world: Register, file: Path) -> None:
    rows = [
        TOTALS,
        "2015-16,liked,Y99,7,6,2015-02-30,\n",
        "1999-00,approved,,1,2,1999-12,HSJ\n",
        "2015-16,approved,,many,all,2015-02,HSJ\n",
        "2015-16,joint_approved,,1,2,2999-01,HSJ\n",
        f"2015-16,conditional,,1,2,2015-02,{'x' * 501}\n",
    ]

    assert refused(over_world, write(file, TOTALS_HEADER, *rows)) == [
        "4: as_at '2015-02-30' is not a day, or a month such as 2015-12",
        "4: measure 'liked' is not known",
        "4: region 'Y99' is not a known region",
        "4: source is empty",
        "4: value 7 is more than 6, of which it is a part",
        "5: there is no round 1999-00; put it first",
        "6: of 'all' is not a whole number",
        "6: round '2015-16', measure 'approved', region '', area_team '' stands on line 2 already",
        "6: value 'many' is not a whole number",
        "7: as_at 2999-01 has not come yet",
        "8: source has at most 500 characters",
    ]


@pytest.mark.parametrize("reason", ["", "two\nlines", "x" * 2001])
def test_a_reason_that_cannot_stand_in_public_is_refused(over_sqlite: Register, file: Path, reason: str) -> None:
    said = over_sqlite("history", "import", write(file, FACTS_HEADER, APPROVED), "--reason", reason)

    assert said == Said(2, "", "--reason is public for ever: one line, of at most 2,000 characters.\n")


def test_every_fault_of_rounds_is_named_with_its_line_and_nothing_is_written(over_world: Register, file: Path) -> None:
    rows = [ROUND, ROUND.replace("2014-15,", "2013/14,").replace("2014-04-01,Made", "soon,Made"), ROUND, "1999-00\n"]
    late = "1998-99,Too late,,,1998-04-01,1999-04-01,HSJ\n"

    assert refused(over_world, write(file, ROUNDS_HEADER, *rows, late)) == [
        "3: counted_on 'soon' is not a day",
        "3: round '2013/14' is not a round's id",
        "4: round '2014-15' stands on line 2 already",
        "5: the number of cells is not that of the header",
        "6: counted_on: Not before opensOn and not after startsOn.",
    ]


def test_a_header_that_lacks_a_column_is_a_fault(over_sqlite: Register, file: Path) -> None:
    header = FACTS_HEADER.replace(",basis", "").replace(",agreement", "")

    assert refused(over_sqlite, write(file, header, APPROVED)) == ["1: the header lacks agreement, basis"]


def test_what_casework_has_under_way_is_refused(over_world: Register, world_url: str, file: Path) -> None:
    database = Database(world_url)
    Steps(database).apply("10T", by=SLOUGH)
    database.close()

    assert refused(over_world, write(file, FACTS_HEADER, APPROVED, SLOUGH_APPROVED)) == [
        "3: 10T has an application in round 2015-16, which is casework's to decide"
    ]


def test_a_round_in_which_something_was_applied_for_is_not_changed(
    over_world: Register, world_url: str, file: Path
) -> None:
    database = Database(world_url)
    Steps(database).apply("10T", by=SLOUGH)
    database.close()
    own = then.PAST_ROUNDS.read_text(encoding="utf-8")

    assert refused(over_world, write(file, own)) == [
        "2: round 2015-16 is casework's own: it has applications or declarations"
    ]


# --- wrong usage --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n", "a,b,c\n1,2,3\n", TOTALS_HEADER.replace(",", ";") + "x\n", "{}"])
def test_a_header_that_is_none_of_ours_is_wrong_usage(over_sqlite: Register, file: Path, text: str) -> None:
    before = size(over_sqlite)

    said = over_sqlite("history", "import", write(file, text))

    assert said == Said(2, "", f"{file}: the header is none of those that register history import reads.\n")
    assert size(over_sqlite) == before


@pytest.mark.parametrize("content", [None, b"round,title\n\xff\xfe"])
def test_a_file_that_cannot_be_read_is_wrong_usage(over_sqlite: Register, file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)

    said = over_sqlite("history", "import", file)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{file}: cannot be read")


def test_a_register_with_another_schema_is_named(over_sqlite: Register, file: Path) -> None:
    over_sqlite("db", "downgrade", "0002", "--yes")

    said = over_sqlite("history", "import", write(file, TOTALS_HEADER, TOTALS))

    assert said == Said(1, "", "The database stands at 0002, this release expects 0016: run `register db upgrade`.\n")
