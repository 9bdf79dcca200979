"""Which events of an application a viewer may see."""

import pytest

from app.rules.timelines import is_event_visible
from app.rules.visibility import Viewer

OFFICERS, APPLICANT = (Viewer.PANEL, Viewer.NATIONAL), Viewer.APPLICANT


@pytest.mark.parametrize("kind", ["application.submitted", "application.decided", "extension.granted"])
def test_what_happens_to_an_application_is_for_all_who_see_it(kind: str) -> None:
    for viewer in (*OFFICERS, APPLICANT):
        assert is_event_visible(viewer, kind, sees_outcome=False, is_about_own=False)
    assert not is_event_visible(Viewer.STRANGER, kind, sees_outcome=True, is_about_own=True)


@pytest.mark.parametrize("viewer", [*OFFICERS, APPLICANT])
def test_that_a_decision_was_signed_off_is_for_those_who_see_the_outcome(viewer: Viewer) -> None:
    found = [
        is_event_visible(viewer, "decision.signed_off", sees_outcome=sees, is_about_own=True) for sees in (False, True)
    ]

    assert found == [False, True]


@pytest.mark.parametrize(
    "kind", ["proposal.made", "proposal.confirmed", "proposal.withdrawn", "proposal.closed", "assessment.recorded"]
)
def test_what_officers_keep_to_themselves_is_not_for_applicants(kind: str) -> None:
    shown = {viewer: is_event_visible(viewer, kind, sees_outcome=True, is_about_own=True) for viewer in Viewer}

    assert shown == {
        Viewer.APPLICANT: False,
        Viewer.PANEL: True,
        Viewer.NATIONAL: True,
        Viewer.STRANGER: False,
    }


def test_evidence_is_for_the_ccg_that_gave_it_and_for_officers() -> None:
    shown = {
        (viewer, is_own): is_event_visible(viewer, "evidence.given", sees_outcome=True, is_about_own=is_own)
        for viewer in (*OFFICERS, APPLICANT)
        for is_own in (True, False)
    }

    assert [case for case, is_shown in shown.items() if not is_shown] == [(APPLICANT, False)]
