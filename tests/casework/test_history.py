"""Taking the past over: one public entry a fact, a repeat changes nothing, a change is a correction."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.casework.history import Changed, HistoryDifference, casework_rounds, import_rounds, import_totals
from app.casework.history_rows import Background
from app.casework.rounds import put_round
from app.commands.organisations import take_over as import_ccgs
from app.records import history, rounds
from app.records.audit.verification import verify
from app.records.ledger import head
from app.records.session import Database
from app.rules.deadlines import start_of
from app.rules.grants import Agreement
from app.rules.history import Basis, PastFact, Reported
from app.rules.outcomes import ChosenBy, Reason
from app.rules.refusals import InvalidDocument
from app.rules.words import Level
from tests import facts as then
from tests.facts import KNOWN_TO, ORGANISATIONS
from tests.past import (
    LONG_AFTER,
    PLANS,
    Given,
    Noted,
    decision,
    decisions,
    declaration,
    entries,
    faults_of,
    grants,
    import_own_files,
    log_size,
    projected,
    rows_of,
    say,
)
from tests.records.acting import HACKNEY, LONDON, NATIONAL, SLOUGH, SOUTH, Steps, ruling
from tests.world import REAL_ROUND

APRIL_2015, APRIL_2016, SLOUGH_CLOSED = date(2015, 4, 1), date(2016, 4, 1), date(2018, 3, 31)
EVE = date(2015, 3, 31)
BY = {"actor": "history-import"}
NOTHING = HistoryDifference((), (), ())


def added(*keys: str) -> HistoryDifference:
    return HistoryDifference(keys, (), ())


def changed(key: str, *members: str) -> HistoryDifference:
    return HistoryDifference((), (Changed(key, members),), ())


def told(database: Database, *facts: PastFact, **given: Any) -> HistoryDifference:
    with database.writing() as session:
        return say(session, *facts, **given)


def refused(database: Database, *facts: PastFact, at: datetime = LONG_AFTER) -> list[str]:
    with database.reading() as session:
        return faults_of(session, *facts, at=at)


@pytest.fixture
def register(world_url: str) -> Iterator[Database]:
    """The world's CCGs and rounds, on each kind of database; the log must stay sound."""
    database = Database(world_url)
    yield database
    report = verify(database)
    database.close()
    assert report.faults == ()


# --- our own files ------------------------------------------------------------------------------


def test_our_own_files_become_one_public_entry_a_row(database: Database) -> None:
    import_ccgs(database, ORGANISATIONS, as_at=KNOWN_TO, at=LONG_AFTER)
    size = log_size(database)

    put, facts, totals = import_own_files(database)

    assert (len(put.added), len(facts.added), len(totals.added)) == (3, 52, 18)
    written = entries(database, after=size)
    assert Counter(each.kind for each in written) == {
        "round.changed": 3,
        "decision.published": 50,
        "declaration.made": 2,
        "total.reported": 18,
    }
    assert [each for each in written if not each.publishes or each.private != BY] == []
    assert verify(database).faults == ()
    with database.reading() as session:
        assert head(session) == (size + 73, size + 72)


def test_a_repeat_of_our_own_files_changes_nothing(database: Database) -> None:
    import_ccgs(database, ORGANISATIONS, as_at=KNOWN_TO, at=LONG_AFTER)
    first = import_own_files(database)
    size = log_size(database)

    again = import_own_files(database)

    assert again == [HistoryDifference((), (), each.added) for each in first]
    assert log_size(database) == size


def test_our_own_files_can_be_imported_without_the_rounds_first(database: Database) -> None:
    import_ccgs(database, ORGANISATIONS, as_at=KNOWN_TO, at=LONG_AFTER)

    import_own_files(database, then.REPORTED_TOTALS, then.KNOWN_ROUNDS, then.PAST_ROUNDS)

    with database.reading() as session:
        assert {plan.round_id: plan for plan in rounds.all_rounds(session)} == PLANS


def test_what_our_own_files_say_of_grants_and_their_ends(database: Database) -> None:
    import_ccgs(database, ORGANISATIONS, as_at=KNOWN_TO, at=LONG_AFTER)
    import_own_files(database)

    found = grants(database)

    # By hand: 17 of the first round, 22 of the second.
    assert len(found) == 17 + 22
    assert {key: found[key] for key in ("2015-16-slough-10T", "2015-16-city-and-hackney-07T", "2015-16-05c-05C")} == {
        "2015-16-slough-10T": Given("not_known", APRIL_2015, SLOUGH_CLOSED, "succeeded"),
        "2015-16-city-and-hackney-07T": Given("not_taken_up", None, None, None),
        "2015-16-05c-05C": Given("not_known", APRIL_2015, None, None),
    }
    ended = {key: each.in_force_to for key, each in found.items() if each.ended_by == "succeeded"}
    assert {key.rpartition("-")[2]: day for key, day in ended.items()} == {
        "10T": date(2018, 3, 31),
        "13P": date(2018, 3, 31),
        **dict.fromkeys(("03X", "03Y", "04J", "04R"), date(2019, 3, 31)),
        **dict.fromkeys(("00W", "01M", "01N"), date(2017, 3, 31)),
        **dict.fromkeys(("02V", "03C", "03G"), date(2018, 3, 31)),
    }


# --- one entry a fact ---------------------------------------------------------------------------


def test_the_entry_of_a_decision_says_all_of_it(register: Database) -> None:
    size = log_size(register)

    found = told(
        register,
        decision("10T", "downgraded_to_joint", application="slough", basis=Basis.DERIVED, source="HSJ, February 2015"),
    )

    assert found == added("2015-16 10T")
    assert entries(register, after=size) == [
        Noted(
            kind="decision.published",
            ods_code="10T",
            reference="2015-16-slough",
            publishes=True,
            data={
                "origin": "history",
                "basis": "derived",
                "source": "HSJ, February 2015",
                "decisionId": "2015-16-slough-10T",
                "roundId": "2015-16",
                "name": "NHS Slough CCG",
                "regionCode": "Y57",
                "areaTeamCode": "Q69",
                "requestedLevel": "delegated",
                "outcome": "downgraded_to_joint",
                "chosenBy": "ccg",
                "reasons": [{"code": "leadership", "text": "Uncertain interim management."}],
                "conditions": [],
                "grantedLevel": "joint",
                "effectiveFrom": "2015-04-01",
                "decidedOn": "2015-02-18",
                "occurredOn": "2015-02-18",
                "grant": {
                    "level": "joint",
                    "agreement": "not_known",
                    "inForceFrom": "2015-04-01",
                    "inForceTo": "2018-03-31",
                    "endedBy": "succeeded",
                },
            },
            private=BY,
        )
    ]


def test_the_entry_of_a_declaration_says_all_of_it(register: Database) -> None:
    size = log_size(register)

    found = told(register, declaration("01H", declared_on=None, basis=Basis.IMPLIED))

    assert found == added("2015-16 01H")
    assert entries(register, after=size) == [
        Noted(
            kind="declaration.made",
            ods_code="01H",
            reference=None,
            publishes=True,
            data={
                "origin": "history",
                "basis": "implied",
                "source": "HSJ, made up for a test",
                "declarationId": "2015-16-01h-01H",
                "roundId": "2015-16",
                "level": "greater_involvement",
                "declaredOn": None,
                "occurredOn": None,
                "replaces": [],
            },
            private=BY,
        )
    ]


def test_one_condition_has_no_day_and_its_grant_no_first_day(register: Database) -> None:
    told(register, decision("07T", "conditional", effective_from=None))

    [row] = projected(register)["decision_conditions"]
    assert (row["text"], row["due_on"], row["state"]) == ("Uncertain interim management.", None, "open")
    assert grants(register, "07T") == {"2015-16-07t-07T": Given("not_known", None, None, None)}


def test_what_is_read_back_is_what_was_said(register: Database) -> None:
    facts: list[PastFact] = [
        decision("02W", requested_level=Level.JOINT, agreement=Agreement.SIGNED),
        decision("02R", decided_on=None, effective_from=None),
        decision("07P", "rejected", application="north-west-london", basis=Basis.IMPLIED),
        decision("06M", "rejected", reasons=(Reason("financial_position", "A."), Reason("cost_pressures", "A."))),
        decision("10T", "downgraded_to_joint", chosen_by=ChosenBy.PANEL),
        decision("07T", "conditional", agreement=Agreement.NOT_TAKEN_UP),
        declaration("01H"),
        declaration("99P", "none", declared_on=None),
    ]
    told(register, *facts)

    with register.reading() as session:
        found = history.standing_in(session, ["2015-16"])

    assert {place: each.fact for place, each in found.items()} == {
        (fact.round_id, fact.ods_code, True): fact for fact in facts
    }
    assert {each.number for each in found.values()} == {1}


def test_a_decision_carries_name_and_area_of_its_day(steps: Steps) -> None:
    late = decision("01H", round_id="2017-18", decided_on=date(2017, 4, 1))

    told(steps.database, decision("01H", decided_on=EVE), late)
    told(steps.database, decision("05C", decided_on=None), decision("01K", round_id="2017-18"))

    found = {row["decision_id"]: row for row in projected(steps.database)["decisions"]}
    assert {key: (row["name"], row["area_team_code"]) for key, row in found.items()} == {
        "2015-16-01h-01H": ("NHS Cumbria CCG", "Q49"),
        "2017-18-01h-01H": ("NHS North Cumbria CCG", None),
        "2015-16-05c-05C": ("NHS Dudley CCG", None),
        "2017-18-01k-01K": ("NHS Morecambe Bay CCG", None),
    }


def test_only_rows_that_are_new_or_changed_are_written(steps: Steps) -> None:
    told(steps.database, decision("02W"), decision("02R"))
    size = log_size(steps.database)

    found = told(steps.database, decision("02W"), decision("02R", "rejected"), declaration("01H"))

    assert found == HistoryDifference(
        ("2015-16 01H",),
        (Changed("2015-16 02R", ("outcome", "reasons", "effective_from", "agreement")),),
        ("2015-16 02W",),
    )
    assert [(each.kind, each.ods_code) for each in entries(steps.database, after=size)] == [
        ("decision.corrected", "02R"),
        ("declaration.made", "01H"),
    ]


def test_a_dry_run_tells_the_difference_and_writes_nothing(steps: Steps) -> None:
    told(steps.database, decision("02W"))
    size, facts = log_size(steps.database), (decision("02W", "rejected"), decision("02R", round_id="2016-17"))

    with steps.database.reading() as session:
        shown = say(session, *facts, dry_run=True)

    assert log_size(steps.database) == size
    assert shown == told(steps.database, *facts)


# --- corrections --------------------------------------------------------------------------------


def test_a_decision_is_corrected_twice_and_each_stays_readable(register: Database) -> None:
    first = told(register, decision("02W"))
    second = told(register, decision("02W", "rejected"), reason="The paper of 20 February names it.")
    third = told(register, decision("02W", effective_from=APRIL_2016))

    assert [first, second, third] == [
        added("2015-16 02W"),
        changed("2015-16 02W", "outcome", "reasons", "effective_from", "agreement"),
        changed("2015-16 02W", "outcome", "reasons", "effective_from", "agreement"),
    ]
    assert decisions(register, "02W") == {
        "2015-16-02w-02W": ("superseded", "approved", None, "2015-16-02w-02W-2", None),
        "2015-16-02w-02W-2": (
            "superseded",
            "rejected",
            "2015-16-02w-02W",
            "2015-16-02w-02W-3",
            "The paper of 20 February names it.",
        ),
        "2015-16-02w-02W-3": (
            "published",
            "approved",
            "2015-16-02w-02W-2",
            None,
            "The file that was taken over says otherwise than before: outcome, reasons, effective from, agreement.",
        ),
    }
    assert grants(register, "02W") == {
        "2015-16-02w-02W": Given("not_known", APRIL_2015, EVE, "corrected"),
        "2015-16-02w-02W-3": Given("not_known", APRIL_2016, None, None),
    }


def test_a_correction_says_what_it_stands_for_and_what_it_voids(steps: Steps) -> None:
    told(steps.database, decision("10T"))
    size = log_size(steps.database)

    told(steps.database, decision("10T", effective_from=APRIL_2016), reason="Misread.")

    [entry] = entries(steps.database, after=size)
    assert (entry.kind, entry.publishes, entry.private) == ("decision.corrected", True, BY)
    assert {name: entry.data[name] for name in ("decisionId", "supersedes", "correctionReason", "voids", "grant")} == {
        "decisionId": "2015-16-10t-10T-2",
        "supersedes": "2015-16-10t-10T",
        "correctionReason": "Misread.",
        "voids": {"inForceTo": "2015-03-31", "endedBy": "corrected"},
        "grant": {
            "level": "delegated",
            "agreement": "not_known",
            "inForceFrom": "2016-04-01",
            "inForceTo": "2018-03-31",
            "endedBy": "succeeded",
        },
    }


def test_what_granted_nothing_voids_nothing(steps: Steps) -> None:
    told(steps.database, decision("02W", "rejected"))

    told(steps.database, decision("02W", "rejected", decided_on=date(2015, 2, 19)))

    assert entries(steps.database)[-1].data["voids"] is None
    assert decisions(steps.database, "02W")["2015-16-02w-02W-2"][-1] == (
        "The file that was taken over says otherwise than before: decided on."
    )
    assert grants(steps.database, "02W") == {}


@pytest.mark.usefixtures("clocks_go_back")
@pytest.mark.parametrize("outcome", ["conditional", "approved"])
def test_a_grant_without_a_first_day_is_void_from_the_day_before_its_correction(steps: Steps, outcome: str) -> None:
    told(steps.database, decision("07T", outcome, effective_from=None))

    told(steps.database, decision("07T", "rejected"), at=datetime(2016, 5, 2, 23, 30, tzinfo=UTC))

    # In London it is 3 May already.
    assert grants(steps.database, "07T") == {"2015-16-07t-07T": Given("not_known", None, date(2016, 5, 2), "corrected")}


def test_a_grant_that_had_ended_is_void_once_its_decision_is_corrected(steps: Steps) -> None:
    told(steps.database, decision("10T"), decision("10T", round_id="2016-17"))

    told(steps.database, decision("10T", "rejected"))

    assert grants(steps.database, "10T") == {
        "2015-16-10t-10T": Given("not_known", APRIL_2015, EVE, "corrected"),
        "2016-17-10t-10T": Given("not_known", APRIL_2016, SLOUGH_CLOSED, "succeeded"),
    }


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("application", "others"),
        ("requested_level", Level.JOINT),
        ("decided_on", None),
        ("effective_from", None),
        ("agreement", Agreement.SIGNED),
        ("basis", Basis.DERIVED),
        ("source", "Pulse"),
        ("reasons", (Reason("other", "Why not."),)),
    ],
)
def test_every_member_that_is_said_otherwise_is_a_correction(steps: Steps, member: str, value: Any) -> None:
    told(steps.database, decision("02W"))

    assert told(steps.database, decision("02W", **{member: value})) == changed("2015-16 02W", member)
    assert told(steps.database, decision("02W", **{member: value})) == HistoryDifference((), (), ("2015-16 02W",))


def test_a_declaration_that_is_said_otherwise_is_replaced(register: Database) -> None:
    told(register, declaration("01H"))
    second = told(register, declaration("01H", "none"))
    third = told(register, declaration("01H", "none", declared_on=None, application="cumbria"))
    again = told(register, declaration("01H", "none", declared_on=None, application="cumbria"))

    assert (second, third, again) == (
        changed("2015-16 01H", "level"),
        changed("2015-16 01H", "application", "declared_on"),
        HistoryDifference((), (), ("2015-16 01H",)),
    )
    found = {row["declaration_id"]: row for row in projected(register)["declarations"]}
    assert {key: (row["level"], row["declared_on"], row["is_newest"]) for key, row in found.items()} == {
        "2015-16-01h-01H": ("greater_involvement", date(2015, 1, 30), False),
        "2015-16-01h-01H-2": ("none", date(2015, 1, 30), False),
        "2015-16-cumbria-01H-3": ("none", None, True),
    }
    assert entries(register)[-1].data["replaces"] == ["2015-16-01h-01H-2"]


def test_one_ccg_of_an_application_is_corrected_and_the_others_stay(steps: Steps) -> None:
    together = [decision(code, "rejected", application="north-west-london") for code in ("07P", "07W", "08C")]
    told(steps.database, *together)

    found = told(steps.database, *together[:2], replace(together[2], source="Pulse"))

    assert found == HistoryDifference((), (Changed("2015-16 08C", ("source",)),), ("2015-16 07P", "2015-16 07W"))
    assert {key: state for key, (state, *_) in decisions(steps.database, "07P", "07W", "08C").items()} == {
        "2015-16-north-west-london-07P": "published",
        "2015-16-north-west-london-07W": "published",
        "2015-16-north-west-london-08C": "superseded",
        "2015-16-north-west-london-08C-2": "published",
    }


# --- what forbids it ----------------------------------------------------------------------------


def test_rows_without_a_fault_have_none(steps: Steps) -> None:
    assert refused(steps.database, decision("02W"), declaration("01H"), decision("10T", round_id="2017-18")) == []


@pytest.mark.parametrize(
    ("fact", "details"),
    [
        (replace(decision("02W"), round_id="2014-15"), ["there is no round 2014-15; put it first"]),
        (decision("ZZZ"), ["ZZZ is not the code of a CCG that the register knows"]),
        (decision("13T"), ["13T was not open on 2015-02-18"]),
        (decision("00F", decided_on=APRIL_2015), ["00F was not open on 2015-04-01"]),
        (decision("00F", decided_on=None), ["00F was not open on 2015-04-01"]),
        (decision("13T", decided_on=None, effective_from=None), ["13T was not open on 2015-02-18"]),
        (declaration("13T", declared_on=None), ["13T was not open on 2015-02-18"]),
        (declaration("13T"), ["13T was not open on 2015-01-30"]),
        (
            decision("02W", effective_from=date(2013, 3, 31)),
            ["02W had not opened on 2013-03-31, on which this takes effect"],
        ),
        (decision("02W", decided_on=date(2019, 6, 4)), ["2019-06-04 has not come yet"]),
        (declaration("02W", declared_on=date(2019, 6, 4)), ["2019-06-04 has not come yet"]),
        (
            replace(decision("ZZZ", "rejected", reasons=()), round_id="2014-15"),
            [
                "rejected needs a reason; not_published where none was published",
                "there is no round 2014-15; put it first",
                "ZZZ is not the code of a CCG that the register knows",
            ],
        ),
    ],
)
def test_what_the_register_does_not_know_of_is_a_fault(steps: Steps, fact: PastFact, details: list[str]) -> None:
    assert refused(steps.database, fact) == details


@pytest.mark.parametrize(("day", "is_over"), [(EVE, False), (APRIL_2015, True)])
def test_nothing_is_taken_over_into_a_round_that_is_not_over(steps: Steps, day: date, *, is_over: bool) -> None:
    found = refused(steps.database, decision("02W"), at=start_of(day))

    assert found == ([] if is_over else ["round 2015-16 is not over: what is decided in it is casework's"])


def test_round_and_name_that_read_in_two_ways_are_not_one_application(steps: Steps) -> None:
    """2015-16 with x-y, and a round 2015-16-x with y, would have one key."""
    plans = {**PLANS, "2015-16-x": replace(PLANS["2016-17"], round_id="2015-16-x")}
    first = decision("02W", application="x-y")
    second = replace(first, round_id="2015-16-x", application="y", ods_code="02R")
    clash = ["application 2015-16-x-y is one of round 2015-16"]

    with steps.database.writing() as session:
        together = Background.of(session, rows_of(first, second), plans, LONG_AFTER).faults(rows_of(first, second))
        say(session, first)
        later = Background.of(session, rows_of(second), plans, LONG_AFTER).faults(rows_of(second))

    assert [[fault.detail for fault in found] for found in (together, later)] == [clash, clash]


def test_two_declarations_cannot_have_one_key(register: Database) -> None:
    plans = {**PLANS, "2015": replace(PLANS["2016-17"], round_id="2015")}
    told(register, declaration("01H", application="x"))
    rows = rows_of(replace(declaration("01H", "none"), round_id="2015", application="16-x"))

    with register.reading() as session:
        found = Background.of(session, rows, plans, LONG_AFTER).faults(rows)

    assert [fault.detail for fault in found] == ["application 2015-16-x is one of round 2015-16"]


def test_a_key_is_no_longer_than_an_address_takes(steps: Steps) -> None:
    longest, longer = (decision("02W", application="x" * length) for length in (52, 53))

    assert (refused(steps.database, longest), refused(steps.database, longer)) == (
        [],
        ["round and application have at most 59 characters together"],
    )


def test_one_ccg_is_not_granted_something_twice_from_one_day(steps: Steps) -> None:
    first = decision("02W")
    second = decision("02W", round_id="2016-17", effective_from=APRIL_2015)
    said = "02W was granted something from 2015-04-01 in round {} already"

    together = refused(steps.database, first, second)
    told(steps.database, first)

    assert together == [said.format("2016-17"), said.format("2015-16")]
    assert refused(steps.database, second) == [said.format("2015-16")]
    assert refused(steps.database, replace(second, agreement=Agreement.NOT_TAKEN_UP)) == []


def test_a_source_has_no_mark_that_parts_sources(steps: Steps) -> None:
    assert refused(steps.database, decision("02W", source="HSJ | Pulse")) == [
        "source has ' | ', which parts several sources where they are listed"
    ]


def test_a_ccg_is_called_as_it_was_called_at_some_time_in_whatever_capitals(steps: Steps) -> None:
    names = ["NHS Cumbria CCG", "nhs north cumbria ccg", "NHS Slough CCG"]
    rows = [replace(row, name=name) for row in rows_of(decision("01H")) for name in names]

    with steps.database.reading() as session:
        found = Background.of(session, rows, PLANS, LONG_AFTER).faults(rows)

    assert [fault.detail for fault in found] == ["01H is called NHS Cumbria CCG, not NHS Slough CCG"]


UNDER_WAY = "10T has an application in round 2015-16, which is casework's to decide"


def test_a_live_application_is_casework_to_decide(steps: Steps) -> None:
    steps.apply("10T")

    assert refused(steps.database, decision("10T"), declaration("10T"), decision("10T", round_id="2016-17")) == [
        UNDER_WAY,
        UNDER_WAY,
    ]


def test_what_is_signed_off_and_not_announced_is_casework_to_decide(steps: Steps) -> None:
    reference_ = steps.apply("10T")
    steps.record(reference_, SOUTH, ruling("10T", "rejected"))
    steps.confirm(reference_, NATIONAL)

    assert refused(steps.database, decision("10T", "rejected")) == [UNDER_WAY]


def test_what_casework_decided_stands(steps: Steps) -> None:
    reference_ = steps.apply("10T")
    steps.record(reference_, SOUTH, ruling("10T", "rejected"))
    steps.confirm(reference_, NATIONAL)
    steps.announce()

    expected = [f"what stands for 10T in round 2015-16 is casework's own ({reference_}-10T)"]
    assert refused(steps.database, decision("10T", "rejected")) == expected
    assert refused(steps.database, declaration("10T")) == expected


def test_what_casework_declared_stands_also_once_an_application_has_ended_it(steps: Steps) -> None:
    declared = steps.declare(HACKNEY, "07T")
    expected = [f"what stands for 07T in round 2015-16 is casework's own ({declared})"]
    before = refused(steps.database, declaration("07T"))

    steps.withdraw(steps.apply("07T"), HACKNEY)

    assert before == refused(steps.database, declaration("07T")) == expected
    assert refused(steps.database, decision("07T")) == expected


def test_a_draft_and_what_was_withdrawn_are_not_in_the_way(steps: Steps) -> None:
    steps.create("07T")
    steps.withdraw(steps.apply("10T"), SLOUGH)

    assert refused(steps.database, decision("07T"), declaration("10T")) == []


@pytest.mark.usefixtures("clocks_go_back")
def test_a_declaration_of_the_past_that_an_application_ended_still_stands(steps: Steps) -> None:
    told(steps.database, declaration("10T"))
    steps.withdraw(steps.apply("10T"), SLOUGH)

    assert told(steps.database, declaration("10T")) == HistoryDifference((), (), ("2015-16 10T",))
    assert told(steps.database, declaration("10T", "none")) == changed("2015-16 10T", "level")


@pytest.mark.usefixtures("clocks_go_back")
def test_where_both_decided_in_one_round_casework_stands(register: Database) -> None:
    steps = Steps(register)
    told(register, decision("10T", "rejected"))
    reference_ = steps.apply("10T")
    steps.record(reference_, SOUTH, ruling("10T", "approved"))
    steps.confirm(reference_, NATIONAL)
    before = refused(register, decision("10T"))

    steps.announce()

    assert before == [UNDER_WAY]
    assert refused(register, decision("10T")) == [UNDER_WAY]
    with register.reading() as session:
        standing = history.standing_in(session, ["2015-16"])["2015-16", "10T", True]
    assert (standing.key, standing.fact, standing.number) == (f"{reference_}-10T", None, 2)


@pytest.mark.usefixtures("clocks_go_back")
def test_where_both_rejected_in_one_round_casework_stands(register: Database) -> None:
    steps = Steps(register)
    told(register, decision("07T", "rejected"))
    reference_ = steps.apply("07T")
    steps.record(reference_, LONDON, ruling("07T", "rejected"))
    steps.confirm(reference_, NATIONAL)
    steps.announce()

    expected = [f"what stands for 07T in round 2015-16 is casework's own ({reference_}-07T)"]
    assert refused(register, decision("07T", "rejected")) == expected
    assert refused(register, decision("07T")) == expected


def test_a_decision_and_a_declaration_do_not_become_each_other(steps: Steps) -> None:
    told(steps.database, decision("02W"), declaration("01H"))

    assert refused(steps.database, declaration("02W"), decision("01H")) == [
        "02W in round 2015-16: a decision cannot become a declaration, nor the reverse",
        "01H in round 2015-16: a decision cannot become a declaration, nor the reverse",
    ]


# --- rounds and totals --------------------------------------------------------------------------


def test_only_the_rounds_that_facts_name_are_put_and_before_them(steps: Steps) -> None:
    size = log_size(steps.database)

    told(steps.database, decision("02W"), decision("02W", round_id="2017-18"))
    told(steps.database, decision("02R", round_id="2017-18"))

    assert [(each.kind, each.data["roundId"]) for each in entries(steps.database, after=size)] == [
        ("round.changed", "2017-18"),
        ("decision.published", "2015-16"),
        ("decision.published", "2017-18"),
        ("decision.published", "2017-18"),
    ]
    assert entries(steps.database, after=size)[0].private == BY
    with steps.database.reading() as session:
        assert rounds.fetch(session, "2015-16") == REAL_ROUND
        assert rounds.fetch(session, "2016-17") is None
        assert rounds.fetch(session, "2017-18") == PLANS["2017-18"]


def test_a_round_is_corrected_by_what_a_file_says_now(steps: Steps) -> None:
    plans = [PLANS["2016-17"], PLANS["2017-18"]]
    better = replace(plans[0], joint_deadline=date(2015, 12, 4))
    with steps.database.writing() as session:
        first = import_rounds(session, plans, at=LONG_AFTER)
        shown = import_rounds(session, [better, plans[1]], at=LONG_AFTER, dry_run=True)
        done = import_rounds(session, [better, plans[1]], at=LONG_AFTER)

    assert first == added("2016-17", "2017-18")
    assert shown == done == HistoryDifference((), (Changed("2016-17", ("joint_deadline",)),), ("2017-18",))
    with steps.database.reading() as session:
        assert rounds.fetch(session, "2016-17") == better


def test_a_file_of_rounds_takes_nothing_back_that_was_put(steps: Steps) -> None:
    """Its layout says nothing of opening and closing, of coverage, or of what applicants and the public see."""
    whole = replace(
        PLANS["2017-18"],
        coverage="complete",
        opens_on=date(2016, 9, 1),
        closes_on=date(2017, 3, 31),
        applications_public_from=date(2016, 12, 6),
    )
    with steps.database.writing() as session:
        put_round(session, whole, actor="test", at=LONG_AFTER)
        found = import_rounds(session, [PLANS["2017-18"]], at=LONG_AFTER)

    assert found == HistoryDifference((), (), ("2017-18",))
    with steps.database.reading() as session:
        assert rounds.fetch(session, "2017-18") == whole


def test_a_round_that_breaks_rules_is_refused_and_none_is_put(steps: Steps) -> None:
    size = log_size(steps.database)
    broken = replace(PLANS["2017-18"], title="")

    with pytest.raises(InvalidDocument), steps.database.writing() as session:
        import_rounds(session, [PLANS["2016-17"], broken], at=LONG_AFTER)

    assert log_size(steps.database) == size


def test_a_round_in_which_casework_was_done_is_casework_own(steps: Steps) -> None:
    plans = [PLANS["2015-16"], PLANS["2016-17"]]
    with steps.database.reading() as session:
        before = casework_rounds(session, plans)

    steps.create("10T")

    with steps.database.reading() as session:
        assert (before, casework_rounds(session, plans)) == (frozenset(), frozenset({"2015-16"}))
        assert casework_rounds(session, [REAL_ROUND]) == frozenset()


@pytest.mark.usefixtures("clocks_go_back")
def test_a_declaration_of_casework_makes_a_round_casework_own_and_one_of_the_past_does_not(steps: Steps) -> None:
    told(steps.database, declaration("01H"))
    with steps.database.reading() as session:
        before = casework_rounds(session, [PLANS["2015-16"]])

    steps.declare(HACKNEY, "07T")

    with steps.database.reading() as session:
        assert (before, casework_rounds(session, [PLANS["2015-16"]])) == (frozenset(), frozenset({"2015-16"}))


ENGLAND = Reported("2016-17", "authorised", None, 52, 209, "2015-12", "Pulse, December 2015")
NORTH = replace(ENGLAND, region_code="Y54", value=22, of=66)


def totals(database: Database, *each: Reported, dry_run: bool = False) -> HistoryDifference:
    with database.writing() as session:
        return import_totals(session, each, PLANS, at=LONG_AFTER, dry_run=dry_run)


def test_totals_are_kept_apart_and_put_their_round_first(register: Database) -> None:
    size = log_size(register)

    shown, done = totals(register, ENGLAND, NORTH, dry_run=True), totals(register, ENGLAND, NORTH)

    assert shown == done == added("2016-17 authorised", "2016-17 authorised Y54")
    [put, england, north] = entries(register, after=size)
    assert (put.kind, put.data["roundId"]) == ("round.changed", "2016-17")
    assert england == Noted(
        kind="total.reported",
        ods_code=None,
        reference=None,
        publishes=True,
        data={
            "roundId": "2016-17",
            "measure": "authorised",
            "regionCode": None,
            "value": 52,
            "of": 209,
            "asAt": "2015-12",
            "source": "Pulse, December 2015",
        },
        private=BY,
    )
    assert north.data["regionCode"] == "Y54"
    with register.reading() as session:
        assert history.reported_in(session) == [ENGLAND, NORTH]
        assert history.reported_in(session, ["2015-16"]) == []


def test_a_total_that_is_read_otherwise_takes_the_place_of_the_first_reading(register: Database) -> None:
    totals(register, ENGLAND, NORTH)
    size = log_size(register)

    found = totals(register, replace(ENGLAND, value=53), NORTH)

    assert found == HistoryDifference((), (Changed("2016-17 authorised", ("value",)),), ("2016-17 authorised Y54",))
    assert log_size(register) == size + 1
    with register.reading() as session:
        assert history.reported_in(session) == [replace(ENGLAND, value=53), NORTH]


def test_nothing_said_changes_nothing(steps: Steps) -> None:
    size = log_size(steps.database)

    assert (told(steps.database), totals(steps.database)) == (NOTHING, NOTHING)
    assert log_size(steps.database) == size
