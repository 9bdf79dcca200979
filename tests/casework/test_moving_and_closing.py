"""CCGs that change region or close while an application is under way: facts hold on the day of each act."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.casework import agreements, correcting, decision_views
from app.casework.organisations import import_organisations
from app.records import organisations, published
from app.records.session import Database
from app.records.tables import Application, Decision, LogEntry
from app.rules.decisions import ProposalKind
from app.rules.refusals import Fault, NotFound, SeveralRegions, UnknownOrganisation
from tests.records.acting import (
    ANY_VERSION,
    LONDON,
    NATIONAL,
    NATIONAL_TOO,
    SLOUGH,
    SOUTH,
    Steps,
    draft,
    panel,
    ruling,
    system,
)

ONE_DAY = timedelta(days=1)
CHANGE = date(2014, 12, 20)
DUE = date(2015, 1, 5)
KNOWN_AT = datetime(2014, 12, 1, tzinfo=UTC)


def change(database: Database, code: str, **changed: Any) -> None:
    """From CHANGE on, the CCG has other facts."""
    with database.writing() as session:
        known = organisations.all_known(session)[code]
        before = replace(known.facts[0], valid_to=CHANGE - ONE_DAY)
        after = replace(known.facts[0], valid_from=CHANGE, valid_to=None, **changed)
        import_organisations(session, [replace(known, facts=(before, after))], actor="test", at=KNOWN_AT)


def close(database: Database, code: str) -> None:
    """The CCG closes the day before CHANGE."""
    with database.writing() as session:
        known = organisations.all_known(session)[code]
        facts = (replace(known.facts[0], valid_to=CHANGE - ONE_DAY),)
        closed = replace(known, closed_on=CHANGE - ONE_DAY, successor="15D", facts=facts)
        import_organisations(session, [closed], actor="test", at=KNOWN_AT)


def after_the_change(steps: Steps) -> None:
    steps.clock.move_to(datetime(2014, 12, 22, 12, 0, tzinfo=UTC))


def region_of(steps: Steps, reference: str) -> str:
    with steps.database.reading() as session:
        return session.get_one(Application, reference).region_code


def decision_of(steps: Steps, code: str) -> tuple[str, str, str | None]:
    with steps.database.reading() as session:
        row = session.exec(select(Decision).where(Decision.ods_code == code)).one()
        return row.name, row.region_code, row.area_team_code


# --- moving -------------------------------------------------------------------------------------


def test_the_panel_is_that_of_the_region_on_the_day_of_the_first_submission(steps: Steps) -> None:
    change(steps.database, "10T", region_code="Y56")
    reference = steps.create("10T")
    assert region_of(steps, reference) == "Y57"

    after_the_change(steps)
    steps.submit(reference, SLOUGH)

    assert region_of(steps, reference) == "Y56"
    with pytest.raises(NotFound):
        steps.record(reference, SOUTH, ruling("10T", "approved"))
    steps.record(reference, LONDON, ruling("10T", "approved"))


def test_a_submission_goes_to_the_panel_of_the_region_to_which_the_ccg_moves(steps: Steps) -> None:
    change(steps.database, "10T", region_code="Y56", name="NHS Slough (moved) CCG")
    reference = steps.apply("10T")
    steps.request_changes(reference, SOUTH, DUE)

    after_the_change(steps)
    steps.amend(reference, SLOUGH, draft("10T"))
    assert region_of(steps, reference) == "Y57"
    steps.submit(reference, SLOUGH)
    assert region_of(steps, reference) == "Y57"
    with pytest.raises(NotFound):
        steps.record(reference, panel("Y55"), ruling("10T", "approved"))
    steps.record(reference, LONDON, ruling("10T", "approved"))
    steps.confirm(reference, NATIONAL)

    assert decision_of(steps, "10T")[:2] == ("NHS Slough (moved) CCG", "Y56")


def test_a_draft_that_is_amended_after_a_move_is_one_of_the_new_region(steps: Steps) -> None:
    change(steps.database, "10T", region_code="Y56")
    reference = steps.create("10T")

    after_the_change(steps)
    steps.amend(reference, SLOUGH, draft("10T", level="joint"))

    assert region_of(steps, reference) == "Y56"


def test_members_that_have_come_to_be_of_two_regions_cannot_submit_together(steps: Steps) -> None:
    change(steps.database, "10G", region_code="Y56")
    both = system("10T", "10G")
    reference = steps.create("10T", "10G")

    after_the_change(steps)
    with pytest.raises(SeveralRegions) as refused:
        steps.submit(reference, both)

    assert refused.value.faults == (
        Fault("/memberOdsCodes", "10T is in Y57."),
        Fault("/memberOdsCodes", "10G is in Y56."),
    )


def sign(steps: Steps, decision_id: str) -> None:
    with steps.database.writing() as session:
        agreements.sign(
            session,
            decision_views.fetch_visible(session, decision_id, NATIONAL, steps.clock.at),
            signed_on=steps.clock.at.date(),
            in_force_from=None,
            person=NATIONAL,
            expected=ANY_VERSION,
            at=steps.clock.at,
        )


def corrected(steps: Steps, decision_id: str, *, effective_from: date) -> None:
    """Approved as before, from another day."""
    approved = ruling("10T", "approved")
    with steps.database.writing() as session:
        correcting.propose(
            session,
            decision_views.fetch_visible(session, decision_id, NATIONAL, steps.clock.at),
            ProposalKind.CORRECTION,
            lambda seen: correcting.correction(seen, approved, reason="Wrong day.", effective_from=effective_from),
            proposal_id="PR-1",
            person=NATIONAL,
            expected=ANY_VERSION,
            at=steps.clock.at,
        )
        correcting.confirm(session, "PR-1", person=NATIONAL_TOO, expected=ANY_VERSION, at=steps.clock.at)


# --- closing ------------------------------------------------------------------------------------


def test_a_ccg_that_has_closed_submits_no_draft(steps: Steps) -> None:
    close(steps.database, "10T")
    reference = steps.create("10T")

    after_the_change(steps)
    with pytest.raises(UnknownOrganisation) as refused:
        steps.submit(reference, SLOUGH)

    assert refused.value.faults == (
        Fault("/memberOdsCodes/0", "10T is not an open CCG. All are at /v1/organisations."),
    )


def test_an_application_goes_on_when_its_lead_closes_while_changes_are_awaited(steps: Steps) -> None:
    close(steps.database, "10T")
    reference = steps.apply("10T")
    steps.request_changes(reference, SOUTH, DUE)

    after_the_change(steps)
    steps.amend(reference, SLOUGH, draft("10T"))
    steps.submit(reference, SLOUGH)
    steps.record(reference, SOUTH, ruling("10T", "rejected"))
    steps.confirm(reference, NATIONAL)
    steps.announce()

    assert decision_of(steps, "10T")[:2] == ("NHS Slough CCG", "Y57")


def test_a_decision_on_a_ccg_that_closed_after_its_submission_has_the_last_facts_of_it(steps: Steps) -> None:
    close(steps.database, "10G")
    reference = steps.apply("10T", "10G")

    after_the_change(steps)
    steps.record(reference, SOUTH, ruling("10T", "approved"), ruling("10G", "approved"))
    steps.confirm(reference, NATIONAL)

    assert decision_of(steps, "10G")[:2] == ("NHS Bracknell and Ascot CCG", "Y57")
    steps.announce()


def test_what_a_ccg_is_granted_after_it_has_closed_never_starts(steps: Steps) -> None:
    """Rule 11: known from the publication on, not only once somebody acts on the grant."""
    close(steps.database, "10G")
    reference = steps.apply("10T", "10G")

    after_the_change(steps)
    steps.record(reference, SOUTH, ruling("10T", "approved"), ruling("10G", "approved"))
    steps.confirm(reference, NATIONAL)
    steps.announce()

    with steps.database.reading() as session:
        found = {
            row.ods_code: row for row in published.organisation_rows(session, ["10T", "10G"], day=steps.clock.at.date())
        }
    ends = (found["10G"].in_force_to, found["10G"].ended_by, found["10G"].standing)
    assert ends == (CHANGE - ONE_DAY, "succeeded", "never_started")
    assert found["10T"].standing == "not_started"


@pytest.mark.usefixtures("clocks_go_back")
def test_a_correction_that_would_start_after_the_ccg_has_closed_is_never_said_to_have_started(steps: Steps) -> None:
    reference = steps.apply("10T")
    steps.record(reference, SOUTH, ruling("10T", "approved"))
    steps.confirm(reference, NATIONAL)
    steps.announce()
    decision_id = f"{reference}-10T"
    sign(steps, decision_id)
    close(steps.database, "10T")
    steps.clock.move_to(datetime(2015, 5, 1, 12, 0, tzinfo=UTC))

    corrected(steps, decision_id, effective_from=date(2015, 4, 20))

    with steps.database.reading() as session:
        found = published.fetch(session, f"{decision_id}-2", day=date(2015, 5, 1))
        kinds = set(session.exec(select(LogEntry.kind)))
    assert found is not None
    assert (found.in_force_to, found.ended_by, found.standing) == (CHANGE - ONE_DAY, "succeeded", "never_started")
    assert "approval.started" not in kinds
