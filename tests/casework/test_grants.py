"""How grants end: by the grant that follows and by the CCG's closing, in whatever order that becomes known."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.casework.grants import settle
from app.casework.organisations import import_organisations
from app.commands.organisations import take_over as import_ccgs
from app.records import approvals, ledger, organisations
from app.records.audit.verification import verify
from app.records.entries.approvals import ApprovalEnded
from app.records.session import Database, Session
from app.rules.bodies import OrganisationRecord
from app.rules.grants import Agreement, EndedBy
from app.rules.history import PastDecision
from app.rules.words import Level
from tests.facts import KNOWN_TO, ORGANISATIONS, ccgs_of_2019, one_ccg
from tests.past import LONG_AFTER, Given, Noted, decision, entries, grants, import_own_files, log_size, say
from tests.records.acting import NATIONAL, SLOUGH, SOUTH, Steps, ruling
from tests.world import TRIAL_ROUND

APRILS = {year: date(year, 4, 1) for year in range(2015, 2020)}
EVES = {year: date(year, 3, 31) for year in range(2015, 2020)}
ROUNDS = ("2015-16", "2016-17", "2017-18")
BY = {"actor": "history-import"}


@pytest.fixture
def register(world_url: str) -> Iterator[Database]:
    """The world's CCGs and rounds, on each kind of database; the log must stay sound."""
    database = Database(world_url)
    yield database
    report = verify(database)
    database.close()
    assert report.faults == ()


def told(database: Database, *facts: PastDecision) -> None:
    with database.writing() as session:
        say(session, *facts)


def known(session: Session, code: str) -> OrganisationRecord:
    return organisations.all_known(session)[code]


def closing(session: Session, code: str, closed_on: date | None) -> None:
    """A newer source says when a CCG closed, or that it did not."""
    record = known(session, code)
    day = record.known_to + timedelta(days=1)
    last = replace(record.facts[-1], valid_to=closed_on)
    changed = replace(record, closed_on=closed_on, known_to=day, facts=(*record.facts[:-1], last))
    import_organisations(session, [changed], actor="test", at=LONG_AFTER)


def close(database: Database, code: str, closed_on: date | None) -> None:
    with database.writing() as session:
        closing(session, code, closed_on)


def granted(from_: int | None, to: date | None = None, by: str | None = None, agreement: str = "not_known") -> Given:
    return Given(agreement, None if from_ is None else APRILS[from_], to, by)


# --- the CCG closes -----------------------------------------------------------------------------


def test_ccgs_imported_before_or_after_the_past_give_the_same_grants(sqlite_url: str, postgresql_url: str) -> None:
    first, second = Database(sqlite_url), Database(postgresql_url)
    import_ccgs(first, ORGANISATIONS, as_at=KNOWN_TO, at=LONG_AFTER)
    import_own_files(first)
    with second.writing() as session:
        known = ccgs_of_2019(session)
        still_open = [replace(each, closed_on=None, successor=None, known_to=date(2015, 3, 1)) for each in known]
        import_organisations(session, still_open, actor="test", at=LONG_AFTER)
    import_own_files(second)
    before = grants(second)

    import_ccgs(second, ORGANISATIONS, as_at=KNOWN_TO, at=LONG_AFTER)

    found, expected, faults = grants(second), grants(first), [*verify(first).faults, *verify(second).faults]
    first.close()
    second.close()
    assert {each.ended_by for each in before.values()} == {None}
    assert found == expected
    assert faults == []


def test_a_ccg_that_closes_ends_its_grants_with_an_entry_each(register: Database) -> None:
    told(register, decision("02W"), decision("02R"), decision("02W", round_id="2016-17"))
    size = log_size(register)

    close(register, "02W", EVES[2018])

    assert grants(register) == {
        "2015-16-02r-02R": granted(2015),
        "2015-16-02w-02W": granted(2015, EVES[2016], "superseded_by_grant"),
        "2016-17-02w-02W": granted(2016, EVES[2018], "succeeded"),
    }
    [changed, ended] = entries(register, after=size)
    assert changed.kind == "organisation.changed"
    assert ended == Noted(
        kind="approval.ended",
        ods_code="02W",
        reference="2016-17-02w",
        publishes=True,
        data={
            "decisionId": "2016-17-02w-02W",
            "roundId": "2016-17",
            "occurredOn": "2018-03-31",
            "inForceTo": "2018-03-31",
            "endedBy": "succeeded",
            "decisionVersion": 2,
        },
        private={"actor": "test"},
    )


def test_a_grant_that_was_not_taken_up_has_nothing_to_end(steps: Steps) -> None:
    told(steps.database, decision("02W", agreement=Agreement.NOT_TAKEN_UP))
    told(steps.database, decision("02W", round_id="2016-17"))

    close(steps.database, "02W", EVES[2018])

    assert grants(steps.database) == {
        "2015-16-02w-02W": granted(2015, agreement="not_taken_up"),
        "2016-17-02w-02W": granted(2016, EVES[2018], "succeeded"),
    }


def test_a_grant_without_a_first_day_ends_with_the_grant_of_a_later_round(steps: Steps) -> None:
    """Else a condition that is met late would take a later grant's place."""
    told(steps.database, decision("02W", "conditional"), decision("02W", round_id="2016-17"))

    close(steps.database, "02W", EVES[2018])

    assert grants(steps.database) == {
        "2015-16-02w-02W": granted(None, EVES[2016], "superseded_by_grant"),
        "2016-17-02w-02W": granted(2016, EVES[2018], "succeeded"),
    }


def test_a_closing_that_was_not_one_is_taken_back(register: Database) -> None:
    told(register, decision("10T"), decision("02W"))
    size = log_size(register)

    close(register, "10T", None)

    assert grants(register) == {"2015-16-02w-02W": granted(2015), "2015-16-10t-10T": granted(2015)}
    assert entries(register, after=size)[1:] == [
        Noted(
            kind="approval.resumed",
            ods_code="10T",
            reference="2015-16-10t",
            publishes=True,
            data={"decisionId": "2015-16-10t-10T", "roundId": "2015-16", "decisionVersion": 2},
            private={"actor": "test"},
        )
    ]


@pytest.mark.parametrize("year", [2017, 2019])
def test_a_closing_on_another_day_moves_the_end(steps: Steps, year: int) -> None:
    told(steps.database, decision("10T"))

    close(steps.database, "10T", EVES[year])

    assert grants(steps.database) == {"2015-16-10t-10T": granted(2015, EVES[year], "succeeded")}


def test_what_ended_for_another_cause_stays_unless_the_ccg_closed_before(steps: Steps) -> None:
    told(steps.database, decision("02W"))
    notice = ApprovalEnded(
        reference="2015-16-02w",
        ods_code="02W",
        decision_id="2015-16-02w-02W",
        round_id="2015-16",
        decision_version=None,
        occurred_on=EVES[2017],
        in_force_to=EVES[2017],
        ended_by=EndedBy.NOTICE,
        reason=None,
        legal_basis=None,
        due_at=None,
        actor="test",
    )
    with steps.database.writing() as session:
        ledger.append(session, [notice], at=LONG_AFTER)

    found = []
    for day in (EVES[2018], None, EVES[2017], EVES[2016]):
        close(steps.database, "02W", day)
        found.append(grants(steps.database)["2015-16-02w-02W"])

    by_notice = granted(2015, EVES[2017], "notice")
    assert found == [by_notice, by_notice, by_notice, granted(2015, EVES[2016], "succeeded")]


def test_settling_again_writes_nothing(steps: Steps) -> None:
    told(steps.database, *(decision("10T", round_id=each) for each in ROUNDS), decision("02W"))
    size = log_size(steps.database)

    with steps.database.writing() as session:
        written = settle(session, ["10T", "02W", "05C"], actor="test", at=LONG_AFTER)

    assert (written, log_size(steps.database)) == (0, size)


@pytest.mark.usefixtures("clocks_go_back")
def test_what_casework_granted_ends_with_its_ccg_too(steps: Steps) -> None:
    reference_ = steps.apply("10T", by=SLOUGH)
    steps.record(reference_, SOUTH, ruling("10T", "approved"))
    steps.confirm(reference_, NATIONAL)
    embargoed = log_size(steps.database)
    close(steps.database, "10T", EVES[2019])
    kinds = [each.kind for each in entries(steps.database, after=embargoed)]
    steps.announce()

    close(steps.database, "10T", EVES[2018])

    assert kinds == ["organisation.changed"]
    assert grants(steps.database) == {f"{reference_}-10T": granted(2015, EVES[2018], "succeeded", "awaited")}


# --- another grant follows ----------------------------------------------------------------------

THREE = {
    "2015-16-10t-10T": granted(2015, EVES[2016], "superseded_by_grant"),
    "2016-17-10t-10T": granted(2016, EVES[2017], "superseded_by_grant"),
    "2017-18-10t-10T": granted(2017, EVES[2018], "succeeded"),
}


@pytest.mark.parametrize("order", list(permutations(ROUNDS)), ids=" ".join)
def test_in_whatever_order_rounds_become_known_each_grant_ends_the_one_before(
    register: Database, order: tuple[str, ...]
) -> None:
    for round_id in order:
        told(register, decision("10T", round_id=round_id))

    assert grants(register) == THREE


@pytest.mark.parametrize("order", [ROUNDS, ROUNDS[::-1]], ids=" ".join)
def test_rounds_in_one_file_end_each_other_without_an_entry_of_their_own(steps: Steps, order: tuple[str, ...]) -> None:
    size = log_size(steps.database)

    told(steps.database, *(decision("10T", round_id=round_id) for round_id in order))

    assert grants(steps.database) == THREE
    assert [each.kind for each in entries(steps.database, after=size)] == ["round.changed"] * 2 + [
        "decision.published"
    ] * 3


def test_a_grant_that_follows_ends_the_one_before_with_an_entry_of_the_import(steps: Steps) -> None:
    told(steps.database, decision("02W"))
    size = log_size(steps.database)

    told(steps.database, decision("02W", round_id="2016-17"))

    assert entries(steps.database, after=size)[2:] == [
        Noted(
            kind="approval.ended",
            ods_code="02W",
            reference="2015-16-02w",
            publishes=True,
            data={
                "decisionId": "2015-16-02w-02W",
                "roundId": "2015-16",
                "occurredOn": "2016-03-31",
                "inForceTo": "2016-03-31",
                "endedBy": "superseded_by_grant",
                "decisionVersion": 2,
            },
            private=BY,
        )
    ]


@pytest.mark.parametrize(
    "later",
    [
        decision("02W", "rejected", round_id="2016-17"),
        decision("02W", "conditional", round_id="2016-17"),
        decision("02W", round_id="2016-17", agreement=Agreement.NOT_TAKEN_UP),
        decision("02W", round_id="2016-17", effective_from=None),
    ],
    ids=["rejected", "conditional", "not taken up", "no first day"],
)
def test_what_never_started_ends_nothing(steps: Steps, later: PastDecision) -> None:
    told(steps.database, decision("02W"))

    told(steps.database, later)

    assert grants(steps.database)["2015-16-02w-02W"] == granted(2015)


# --- corrections --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        decision("02W", "rejected", round_id="2016-17"),
        decision("02W", round_id="2016-17", agreement=Agreement.NOT_TAKEN_UP),
        decision("02W", round_id="2016-17", effective_from=None),
    ],
    ids=["rejected", "not taken up", "no first day"],
)
def test_a_grant_goes_on_once_what_ended_it_is_corrected_away(register: Database, changed: PastDecision) -> None:
    told(register, decision("02W"))
    told(register, decision("02W", round_id="2016-17"))
    size = log_size(register)

    told(register, changed)

    assert grants(register)["2015-16-02w-02W"] == granted(2015)
    assert [(each.kind, each.publishes, each.private) for each in entries(register, after=size)] == [
        ("decision.corrected", True, BY),
        ("approval.resumed", True, BY),
    ]


def test_a_grant_that_goes_on_ends_with_its_ccg(steps: Steps) -> None:
    told(steps.database, decision("10T"), decision("10T", round_id="2016-17"))

    told(steps.database, decision("10T", "rejected", round_id="2016-17"))

    assert grants(steps.database) == {
        "2015-16-10t-10T": granted(2015, EVES[2018], "succeeded"),
        "2016-17-10t-10T": granted(2016, EVES[2016], "corrected"),
    }


@pytest.mark.parametrize("day", [date(2015, 10, 1), date(2017, 10, 1)], ids=["earlier", "later"])
def test_a_grant_that_starts_on_another_day_moves_the_end_of_the_one_before(steps: Steps, day: date) -> None:
    told(steps.database, decision("02W"), decision("02W", round_id="2016-17"))

    told(steps.database, decision("02W", round_id="2016-17", effective_from=day))

    eve = day - timedelta(days=1)
    assert grants(steps.database)["2015-16-02w-02W"] == granted(2015, eve, "superseded_by_grant")


def test_a_grant_that_follows_is_corrected_in_the_same_file_as_the_one_before(steps: Steps) -> None:
    told(steps.database, decision("02W"), decision("02W", round_id="2016-17"))
    size = log_size(steps.database)

    told(
        steps.database,
        decision("02W", source="Pulse"),
        decision("02W", round_id="2016-17", effective_from=APRILS[2017]),
    )

    assert grants(steps.database) == {
        "2015-16-02w-02W": granted(2015, EVES[2015], "corrected"),
        "2015-16-02w-02W-2": granted(2015, EVES[2017], "superseded_by_grant"),
        "2016-17-02w-02W": granted(2016, EVES[2016], "corrected"),
        "2016-17-02w-02W-2": granted(2017),
    }
    assert [each.kind for each in entries(steps.database, after=size)] == ["decision.corrected"] * 2


def test_a_grant_is_corrected_while_the_one_that_follows_stands(steps: Steps) -> None:
    told(steps.database, decision("02W"), decision("02W", round_id="2016-17"))

    told(steps.database, decision("02W", requested_level=Level.JOINT))

    assert grants(steps.database)["2015-16-02w-02W-2"] == granted(2015, EVES[2016], "superseded_by_grant")


def test_a_grant_of_an_earlier_round_never_takes_the_place_of_a_later_one_however_late_it_starts(steps: Steps) -> None:
    told(steps.database, decision("02W"), decision("02W", round_id="2016-17"))

    told(steps.database, decision("02W", effective_from=APRILS[2017]))

    assert grants(steps.database) == {
        "2015-16-02w-02W": granted(2015, EVES[2015], "corrected"),
        "2015-16-02w-02W-2": granted(2017, EVES[2016], "superseded_by_grant"),
        "2016-17-02w-02W": granted(2016),
    }


def test_a_trial_grant_ends_no_real_one_nor_the_other_way_round(steps: Steps) -> None:
    trial = replace(decision("02W"), round_id=TRIAL_ROUND.round_id, effective_from=APRILS[2016])

    told(steps.database, decision("02W"), trial, decision("02W", round_id="2017-18"))

    assert grants(steps.database) == {
        "2015-16-02w-02W": granted(2015, EVES[2017], "superseded_by_grant"),
        "2017-18-02w-02W": granted(2017),
        "trial-02w-02W": granted(2016),
    }


# --- in whatever order, however often -----------------------------------------------------------


@pytest.fixture
def dudley(sqlite_url: str) -> Iterator[Database]:
    """A register that knows one CCG."""
    database = Database(sqlite_url)
    row = one_ccg("05C", "NHS Dudley CCG", "Y55", known_to=date(2014, 1, 1))
    with database.writing() as session:
        import_organisations(session, [row], actor="test", at=LONG_AFTER)
    yield database
    database.close()


class _Enough(Exception):
    """What takes back all that a transaction did."""


def outcome_of(database: Database, *steps: Any) -> dict[str, tuple[Any, Any]]:
    """The grants that stand for Dudley once some steps were taken, by round; nothing of them stays."""
    found: dict[str, tuple[Any, Any]] = {}
    with suppress(_Enough), database.writing() as session:
        for step in steps:
            take(session, step)
        for held in approvals.held_by(session, ["05C"], kind="real"):
            found[held.round_id or ""] = (held.grant, held.end)
        raise _Enough
    return found


def take(session: Session, step: Any) -> None:
    if isinstance(step, tuple):
        say(session, *step)
    else:
        closing(session, "05C", step)


def of_round(round_id: str) -> st.SearchStrategy[PastDecision]:
    outcome = st.sampled_from(["approved", "approved", "rejected", "downgraded_to_joint", "conditional"])
    agreement = st.sampled_from([Agreement.NOT_KNOWN, Agreement.SIGNED, Agreement.NOT_TAKEN_UP])
    # A CCG holds one level at a time, so no two rounds grant it something from one day.
    starts = st.sampled_from([None, *list(APRILS.values())[ROUNDS.index(round_id) :: len(ROUNDS)]])
    return st.builds(_decision, st.just(round_id), outcome, agreement, starts)


def _decision(round_id: str, outcome: str, agreement: Agreement, starts: date | None) -> PastDecision:
    whole = decision("05C", outcome, round_id=round_id, decided_on=date(2015, 2, 18))
    return whole if outcome == "rejected" else replace(whole, agreement=agreement, effective_from=starts)


FILES = st.lists(st.sampled_from(ROUNDS), min_size=1, max_size=3, unique=True).flatmap(
    lambda named: st.tuples(*map(of_round, named))
)
CLOSINGS = st.sampled_from([None, EVES[2017], EVES[2018], EVES[2019]])


# A closing that takes the newest grant's only day away, and is taken back.
@example(
    taken=[
        (
            _decision("2015-16", "approved", Agreement.NOT_KNOWN, None),
            _decision("2017-18", "approved", Agreement.NOT_KNOWN, APRILS[2017]),
        ),
        EVES[2017],
        None,
    ]
)
@given(taken=st.lists(st.one_of(FILES, FILES, CLOSINGS), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_known_in_the_end_decides_how_grants_end_and_not_the_way_there(
    dudley: Database, taken: list[Any]
) -> None:
    last_said = {fact.round_id: fact for step in taken if isinstance(step, tuple) for fact in step}
    last_closing = next((step for step in reversed(taken) if not isinstance(step, tuple)), None)

    found = outcome_of(dudley, *taken)
    at_once = outcome_of(dudley, last_closing, tuple(last_said.values()))

    assert found == at_once
