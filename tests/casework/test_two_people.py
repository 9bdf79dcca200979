"""Four eyes through returns and changes of role: who recorded is who recorded last."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.records import applications
from app.records.tables import Application, Decision, Recommendation
from app.rules.callers import Person, Scope
from app.rules.refusals import (
    ConflictOfInterest,
    Forbidden,
    NotFound,
    OnlyRejection,
    SamePerson,
    WrongState,
)
from tests.records.acting import (
    LONDON,
    LONDON_TOO,
    NATIONAL,
    NATIONAL_TOO,
    SLOUGH,
    SOUTH,
    SOUTH_TOO,
    Steps,
    national,
    panel,
    ruling,
)
from tests.world import NOON, NORTH_WEST_LONDON

APPROVED = ruling("10T", "approved")
DUE = date(2014, 12, 20)


def recorder_of(steps: Steps, reference: str) -> str | None:
    with steps.database.reading() as session:
        return session.get_one(Application, reference).recorded_by


def recorded(steps: Steps, *, level: str = "delegated", by: Person = SOUTH) -> str:
    reference = steps.apply("10T", level=level)
    steps.record(reference, by, APPROVED)
    return reference


def test_a_joint_request_is_signed_off_by_another_member_of_the_same_panel(steps: Steps) -> None:
    reference = recorded(steps, level="joint")

    with pytest.raises(SamePerson):
        steps.confirm(reference, SOUTH)
    with pytest.raises(Forbidden):
        steps.confirm(reference, NATIONAL)
    with pytest.raises(NotFound):
        steps.confirm(reference, LONDON)
    steps.confirm(reference, SOUTH_TOO)


def test_nobody_returns_what_they_recorded_either(steps: Steps) -> None:
    reference = recorded(steps, level="joint")

    with pytest.raises(SamePerson):
        steps.send_back(reference, SOUTH)


def test_who_recorded_is_forgotten_with_a_return_and_is_whoever_records_again(steps: Steps) -> None:
    reference = recorded(steps, level="joint")
    assert recorder_of(steps, reference) == SOUTH.key
    steps.send_back(reference, SOUTH_TOO)
    assert recorder_of(steps, reference) is None

    steps.record(reference, SOUTH_TOO, replace(APPROVED, private_note="Second thoughts."))

    assert recorder_of(steps, reference) == SOUTH_TOO.key
    with pytest.raises(SamePerson):
        steps.confirm(reference, SOUTH_TOO)
    steps.confirm(reference, SOUTH)
    with steps.database.reading() as session:
        decision = session.get_one(Decision, f"{reference}-10T")
        assert (decision.recorded_by, decision.signed_off_by) == (SOUTH_TOO.key, SOUTH.key)
        kept = session.get_one(Recommendation, (reference, "10T"))
        assert (kept.private_note, kept.recorded_by) == ("Second thoughts.", SOUTH_TOO.key)


def test_a_panel_member_who_has_gone_to_nhs_england_does_not_sign_off_what_they_recorded(steps: Steps) -> None:
    reference = recorded(steps)
    gone = replace(SOUTH, role=Scope.NATIONAL, regions=frozenset[str]())

    with pytest.raises(SamePerson):
        steps.confirm(reference, gone)
    steps.confirm(reference, NATIONAL)


def test_a_withdrawal_leaves_nothing_recommended(steps: Steps) -> None:
    reference = recorded(steps)

    steps.withdraw(reference, SLOUGH)

    assert recorder_of(steps, reference) is None
    with steps.database.reading() as session:
        assert session.get(Recommendation, (reference, "10T")) is None


def test_a_return_leaves_nothing_recommended(steps: Steps) -> None:
    reference = recorded(steps)

    steps.send_back(reference, NATIONAL)

    with steps.database.reading() as session:
        assert session.get(Recommendation, (reference, "10T")) is None
        case = applications.fetch(session, reference)
        assert case is not None
        assert applications.results(session, case, NOON) == {}


def test_an_interest_in_one_of_eight_bars_recording_and_signing_off_for_all(steps: Steps) -> None:
    reference = steps.apply(*NORTH_WEST_LONDON)
    rulings = [ruling(code, "rejected") for code in NORTH_WEST_LONDON]

    with pytest.raises(ConflictOfInterest):
        steps.record(reference, panel("Y56", "three", "08Y"), *rulings)
    steps.record(reference, LONDON_TOO, *rulings)
    with pytest.raises(ConflictOfInterest):
        steps.confirm(reference, national("three", "07P"))
    with pytest.raises(ConflictOfInterest):
        steps.send_back(reference, national("three", "07P"))
    steps.confirm(reference, NATIONAL_TOO)


# --- changes that never came --------------------------------------------------------------------


def test_once_the_day_for_changes_has_passed_the_panel_can_reject_and_nothing_else(steps: Steps) -> None:
    """North West London: rejected without a resubmission, once the London day was over."""
    reference = steps.apply("10T")
    steps.request_changes(reference, SOUTH, DUE)
    steps.clock.move_to(datetime(2014, 12, 20, 23, 59, 59, 999000, tzinfo=UTC))
    with pytest.raises(WrongState) as early:
        steps.record(reference, SOUTH, ruling("10T", "rejected"))
    assert early.value.extra == {"state": "changes_requested", "allowed": []}

    steps.clock.move_by(milliseconds=1)
    with pytest.raises(OnlyRejection):
        steps.record(reference, SOUTH, APPROVED)
    steps.record(reference, SOUTH, ruling("10T", "rejected"))

    steps.confirm(reference, NATIONAL)


def test_a_late_rejection_that_is_returned_is_with_the_panel_like_any_other(steps: Steps) -> None:
    reference = steps.apply("10T")
    steps.request_changes(reference, SOUTH, DUE)
    steps.clock.move_to(datetime(2014, 12, 21, tzinfo=UTC))
    steps.record(reference, SOUTH, ruling("10T", "rejected"))
    steps.send_back(reference, NATIONAL)

    steps.record(reference, SOUTH, APPROVED)
