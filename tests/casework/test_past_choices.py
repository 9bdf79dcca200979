"""Choices without an outcome, approvals without a request, and when a round of sources is complete."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from app.casework.history import import_totals
from app.casework.rounds import put_round
from app.reading.approvals import read_approvals
from app.reading.rounds import read_round
from app.records import rounds
from app.records.audit.verification import verify
from app.records.session import Database, Session
from app.rules.history import Chosen, Reported
from app.rules.refusals import InvalidDocument
from app.rules.rounds import Coverage
from app.rules.words import Level, Outcome
from tests.past import LONG_AFTER, PLANS, decision, declaration, say

TODAY = LONG_AFTER.date()
COMMITTEE = decision(
    "07P",
    application="joint-committee",
    requested_level=None,
    unasked_level=Level.JOINT,
    decided_on=None,
    effective_from=None,
    agreement=None,
)


@pytest.fixture
def register(world_url: str) -> Iterator[Database]:
    """The world's CCGs, and the round of 2015-16 known in part; the log must stay sound."""
    database = Database(world_url)
    with database.writing() as session:
        put_round(session, PLANS["2015-16"], actor="test", at=LONG_AFTER)
    yield database
    report = verify(database)
    database.close()
    assert report.faults == ()


def counted(session: Session) -> tuple[dict[str, int], dict[Outcome, int], int, int]:
    """What was chosen and decided, how many outcomes are not known, and how many approvals nobody asked for."""
    figures = read_round(session, "2015-16", TODAY).rounds[0].whole
    chosen = {level.value: number for level, number in figures.requested.items() if number}
    return (
        chosen,
        {each: number for each, number in figures.outcomes.items() if number},
        figures.outcome_not_known,
        (figures.unasked.total()),
    )


def test_a_choice_without_an_outcome_is_asked_for_and_not_decided(register: Database) -> None:
    with register.writing() as session:
        say(session, declaration("10G", "joint", note="One source says so."))

    with register.reading() as session:
        [choice] = read_approvals(session, "10G", on=None, today=TODAY).choices
        figures = counted(session)

    assert figures == ({"joint": 1}, {}, 1, 0)
    assert (choice.level, choice.basis, choice.source, choice.note) == (
        "joint",
        "stated",
        "HSJ, made up for a test",
        "One source says so.",
    )


def test_a_row_that_names_the_outcome_takes_the_place_of_a_choice(register: Database) -> None:
    with register.writing() as session:
        say(session, declaration("10G", "joint"))
    with register.writing() as session:
        difference = say(session, decision("10G", requested_level=Level.JOINT), reason="The paper names it.")

    with register.reading() as session:
        held = read_approvals(session, "10G", on=None, today=TODAY)
        figures = counted(session)

    assert ([each.key for each in difference.changed], difference.added) == (["2015-16 10G"], ())
    assert figures == ({"joint": 1}, {Outcome.APPROVED: 1}, 0, 0)
    found = [*held.holdings.past, held.holdings.current]
    assert [(each.row.decision_id, each.row.correction_reason) for each in found if each] == [
        ("2015-16-10g-10G-2", "The paper names it.")
    ]
    assert held.choices == []


def test_an_approval_that_nobody_is_known_to_have_asked_for_stands_beside_a_refusal(register: Database) -> None:
    with register.writing() as session:
        say(session, decision("07P", "rejected"), COMMITTEE)
    with register.writing() as session:
        repeated = say(session, decision("07P", "rejected"), COMMITTEE)

    with register.reading() as session:
        figures = counted(session)

    assert repeated.is_empty
    assert figures == ({"delegated": 1}, {Outcome.APPROVED: 1, Outcome.REJECTED: 1}, 0, 1)


def test_a_round_of_sources_is_not_complete_while_it_disagrees_with_what_settles_it(register: Database) -> None:
    settling = Reported("2015-16", "approved", None, 64, 211, "2015-02-18", "NHS England", settles=True)
    other = Reported("2015-16", "applied_delegated", None, 77, 211, "2015-01-23", "HSJ")
    with register.writing() as session:
        say(session, decision("02W"))
        import_totals(session, [settling, other], PLANS, at=LONG_AFTER)

    whole = replace(
        PLANS["2015-16"], coverage=Coverage.COMPLETE, opens_on=date(2014, 11, 10), closes_on=date(2015, 2, 18)
    )
    with pytest.raises(InvalidDocument) as refused, register.writing() as session:
        put_round(session, whole, actor="test", at=LONG_AFTER)

    difference, unlisted = (fault.detail for fault in refused.value.faults)
    assert difference == "Round 2015-16: 1 CCG is recorded, and 64 are reported as approved."
    assert unlisted.startswith(
        "Round 2015-16: no choice is recorded for 210 of the 211 CCGs that were open on 2015-02-18: "
    )
    with register.reading() as session:
        assert rounds.fetch(session, "2015-16") == PLANS["2015-16"]


def test_a_round_of_sources_that_lists_every_ccg_is_complete(register: Database) -> None:
    with register.reading() as session:
        codes = [each.ods_code for each in read_round(session, "2015-16", TODAY).rounds[0].ccgs]
    with register.writing() as session:
        say(session, *(declaration(code, Chosen.NOT_DECLARED) for code in codes))

    whole = replace(
        PLANS["2015-16"], coverage=Coverage.COMPLETE, opens_on=date(2014, 11, 10), closes_on=date(2015, 2, 18)
    )
    with register.writing() as session:
        put_round(session, whole, actor="test", at=LONG_AFTER)

    with register.reading() as session:
        found = read_round(session, "2015-16", TODAY).rounds[0]
    assert (found.plan, found.whole.without_choice, found.whole.silent) == (whole, len(codes), len(codes))
