"""What people read can be read by whoever shows it: with a session and plain arguments, into plain rows."""

from datetime import date

import pytest

from app.reading import approvals, decisions, log, organisations, rounds, statuses, timelines
from app.reading.approvals import ApprovalsAsked
from app.reading.decisions import DecisionsAsked
from app.reading.organisations import DirectoryAsked
from app.reading.queue import WaitingCase, WaitingDecision, list_waiting
from app.reading.statistics import Grouping, count_by
from app.reading.statuses import MemberResult
from app.records import applications
from app.records.application_lists import Sought
from app.records.directory import DirectoryFilters
from app.records.published import Filters
from app.rules.callers import Person, Scope, System
from app.rules.filters import UnknownName, UnknownNames
from app.rules.positions import PositionWord
from app.rules.refusals import NotFound
from app.rules.visibility import Viewer
from app.rules.words import Level
from tests.reading.conftest import Readable

TODAY = date(2014, 12, 15)
NATIONAL = Person("one", "One (made up)", Scope.NATIONAL, frozenset(), frozenset())
SLOUGH = System("slough", "Slough", frozenset({"10T"}), frozenset(), frozenset({Scope.APPLICATIONS}))
HACKNEY = System("hackney", "Hackney", frozenset({"07T"}), frozenset(), frozenset({Scope.APPLICATIONS}))
ALL = Filters(outcomes=("approved", "conditional"))


def test_a_listing_that_is_read_part_by_part_has_each_row_once(readable: Readable) -> None:
    asked = ApprovalsAsked(ALL, None, TODAY)
    covered = rounds.listed_rounds(readable.session, ())
    first = approvals.list_approvals(readable.session, asked, covered, after=None, limit=1)
    after = [first.rows[0].row.ods_code, first.rows[0].key]
    second = approvals.list_approvals(readable.session, asked, covered, after=after, limit=5)

    assert [each.row.ods_code for each in (*first.rows, *second.rows)] == ["07T", "10T"]
    assert [each.row.ods_code for each in approvals.every_approval(readable.session, asked)] == ["07T", "10T"]
    assert (first.total, first.counts) == (2, {"approved": 1, "conditional": 1})


def test_without_a_wish_the_approved_are_listed_and_all_outcomes_counted(readable: Readable) -> None:
    asked = ApprovalsAsked(Filters(), None, TODAY)

    found = approvals.list_approvals(readable.session, asked, [], after=None, limit=5)

    assert [each.row.ods_code for each in found.rows] == ["07T"]
    assert (found.total, found.counts) == (1, {"approved": 1, "conditional": 1})


def test_what_a_ccg_is_granted_ahead_has_its_conditions_and_the_names_of_its_places(readable: Readable) -> None:
    found = approvals.read_approvals(readable.session, "10T", on=None, today=TODAY)

    ahead = found.holdings.next
    assert ahead is not None
    assert [condition.state for condition in ahead.conditions] == ["open"]
    assert ahead.region == ("Y57", "South of England")
    assert (found.holdings.current, found.holdings.past) == (None, [])


def test_a_ccg_or_decision_that_there_is_not_is_not_found(readable: Readable) -> None:
    with pytest.raises(NotFound):
        approvals.read_approvals(readable.session, "99Z", on=None, today=TODAY)
    with pytest.raises(NotFound):
        organisations.read_organisation(readable.session, "99Z", on=None, today=TODAY)
    with pytest.raises(NotFound):
        decisions.read_decision(readable.session, f"{readable.recorded.reference}-05C", today=TODAY)
    with pytest.raises(NotFound):
        rounds.read_round(readable.session, "nowhere", TODAY)


def test_rounds_that_there_are_not_are_named(readable: Readable) -> None:
    with pytest.raises(UnknownNames) as refused:
        count_by(readable.session, Grouping.REGION, named=["nowhere"], day=TODAY)

    assert refused.value.unknown == (UnknownName("round", "nowhere", ("2015-16", "trial")),)


def test_decisions_are_listed_newest_first(readable: Readable) -> None:
    asked = DecisionsAsked(Filters(), None, TODAY)

    found = decisions.list_decisions(readable.session, asked, [], after=None, limit=5)

    assert [each.row.ods_code for each in found.rows] == ["07T", "10T"]
    assert [each.key for each in decisions.every_decision(readable.session, asked)] == [each.key for each in found.rows]


def test_positions_are_filtered_and_counted(readable: Readable) -> None:
    asked = DirectoryAsked(DirectoryFilters(), {PositionWord.NOT_STARTED}, None, TODAY)

    found = organisations.list_organisations(readable.session, asked, after="07T", limit=5)

    assert [(each.row.ods_code, each.position.level) for each in found.rows] == [("10T", "delegated")]
    assert found.total == 2
    assert len(list(organisations.every_organisation(readable.session, asked))) == 2


def test_counts_are_by_group_and_as_a_whole(readable: Readable) -> None:
    found = count_by(readable.session, Grouping.REGION, named=(), day=TODAY)

    [whole] = found.rounds
    assert whole.whole.requested[Level.DELEGATED] == 2
    assert {each.code: each.figures.requested[Level.DELEGATED] for each in found.groups} == {
        "Y54": 0,
        "Y55": 0,
        "Y56": 1,
        "Y57": 1,
    }


def test_the_queue_has_applications_and_decisions_oldest_wait_first(readable: Readable) -> None:
    found = list_waiting(readable.session, NATIONAL, Sought(), day=TODAY, after=None, limit=5)

    assert sorted((type(row), row.key) for row in found.rows if isinstance(row, WaitingCase)) == [
        (WaitingCase, readable.recorded.reference)
    ]
    assert [row.key for row in found.rows if isinstance(row, WaitingDecision)] == [f"{readable.held.reference}-10T"]
    assert [row.since for row in found.rows] == sorted(row.since for row in found.rows)
    assert found.total == 2


def test_a_timeline_tells_of_a_sign_off_only_to_those_who_see_the_outcome(readable: Readable) -> None:
    told = {
        sees: [
            told.event.kind
            for told in timelines.read_timeline(
                readable.session, readable.held.reference, Viewer.APPLICANT, SLOUGH, sees_outcome=sees
            )
        ]
        for sees in (True, False)
    }

    assert "decision.signed_off" in told[True]
    assert [kind for kind in told[True] if kind != "decision.signed_off"] == told[False]


def test_the_status_of_many_applications_has_results_only_where_they_may_be_seen(readable: Readable) -> None:
    cases = [applications.fetch(readable.session, at.reference) for at in (readable.held, readable.recorded)]
    shown = [(case, sees) for case in cases if case is not None for sees in (True, False)]

    held, hidden, recommended, waiting = statuses.read_statuses(readable.session, shown, SLOUGH, TODAY)

    decision_id = f"{readable.held.reference}-10T"
    assert held.results == {"10T": MemberResult("conditional", "delegated", decision_id, 1)}
    assert [each.decision_id for each in held.decisions] == [decision_id]
    assert recommended.results == {"05C": MemberResult("approved", "delegated", None, 0)}
    assert [(each.results, each.decisions) for each in (hidden, waiting)] == [({}, ())] * 2


def test_where_a_ccg_stands_is_not_for_another(readable: Readable) -> None:
    assert statuses.read_ccg_status(readable.session, "10T", NATIONAL, TODAY).holdings.next is not None
    with pytest.raises(NotFound):
        statuses.read_ccg_status(readable.session, "10T", HACKNEY, TODAY)


def test_there_is_no_checkpoint_before_one_was_signed(readable: Readable) -> None:
    assert log.newest_checkpoint(readable.session) is None
