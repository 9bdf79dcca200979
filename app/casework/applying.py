"""Applications as CCG systems write them: create, amend, submit, withdraw."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app.casework import application_views, eligibility
from app.casework.application_views import ApplicationView
from app.casework.eligibility import Draft
from app.log.leaves import canonical
from app.records import case_files, declarations, ledger, organisations, places
from app.records.entries import AnyEntry
from app.records.entries.applications import (
    ApplicationAmended,
    ApplicationCreated,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.rules import deadlines, permissions, proposals
from app.rules.callers import System
from app.rules.lifecycle import Act, State
from app.rules.refusals import check_all
from app.rules.versions import Expectation


class Acted(NamedTuple):
    """What an act came to: where it stands in the log, and the application after it."""

    receipt: EntryReceipt
    view: ApplicationView


def create(
    session: Session,
    draft: Draft,
    *,
    reference: str,
    caller: System,
    attribution: Mapping[str, Any],
    declared_by: str | None,
    at: datetime,
) -> Acted:
    """Create a draft; with ``declared_by``, create and submit it in one act."""
    checked = _checked(session, draft, caller=caller, declared_by=declared_by, at=at)
    by, region = _By(caller, attribution), checked.region
    entries: list[AnyEntry] = [_created(draft, checked, reference, by)]
    if declared_by is not None:
        entries.append(_submitted(session, draft, region, reference, 2, by, declared_by=declared_by, first=None, at=at))
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[-1], application_views.fetch_visible(session, reference, caller))


class Rehearsed(NamedTuple):
    """What an application would come to: its state, and what the panel should look at."""

    state: State
    flags: list[str]


def rehearse(session: Session, draft: Draft, *, caller: System, declared_by: str | None, at: datetime) -> Rehearsed:
    """What ``create`` would come to. It writes nothing, and raises what ``create`` would raise."""
    _checked(session, draft, caller=caller, declared_by=declared_by, at=at)
    closings = organisations.closings(session, draft.members).values()
    closing = [each.closed_on for each in closings if each.closed_on is not None]
    starts_on = eligibility.round_of(session, draft.round_id).starts_on
    return Rehearsed(
        State.DRAFT if declared_by is None else State.SUBMITTED,
        proposals.flags(draft.document, closing=closing, starts_on=starts_on),
    )


class _Checked(NamedTuple):
    """The region of an application, and the open bodies in whose place a member opens, each with that member."""

    region: str
    predecessors: Mapping[str, str]


def _checked(session: Session, draft: Draft, *, caller: System, declared_by: str | None, at: datetime) -> _Checked:
    """What is found for an application that may be created, and submitted if ``declared_by`` says so."""
    permissions.check_is_for_lead(caller, draft.lead)
    plan = eligibility.round_of(session, draft.round_id)
    day = deadlines.london_day(at)
    found = places.places_ahead(session, draft.members, day)
    before = eligibility.predecessors(session, found, day)
    check_all(
        lambda: eligibility.check_is_open(plan, day),
        lambda: eligibility.check_draft(session, draft, plan, found),
        lambda: proposals.check_past(draft.document, day),
        *(
            []
            if declared_by is None
            else eligibility.submission_checks(session, draft, plan, caller, None, at, before=before)
        ),
    )
    if declared_by is not None:
        eligibility.check_no_other(session, draft, caller, own_reference=None)
    return _Checked(found[draft.lead].region_code, before)


def amend(
    session: Session,
    view: ApplicationView,
    draft: Draft,
    *,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Replace the draft, or the proposal while changes are asked for."""
    case = view.case
    permissions.check_is_for_lead(caller, case.application.lead_ods_code)
    expected.check(case.version)
    state = view.step(Act.AMEND, at)
    day = deadlines.london_day(at)
    eligibility.check_fixed(case, draft)
    checked = _Checked(case.application.region_code, {})
    if state is State.DRAFT:
        written = case_files.written(session, case.reference, since=deadlines.start_of(day))
        proposals.check_versions(written, len(canonical(draft.document)), at)
        found = places.places_ahead(session, draft.members, day)
        plan = eligibility.round_of(session, draft.round_id)
        check_all(
            lambda: eligibility.check_draft(session, draft, plan, found),
            lambda: proposals.check_past(draft.document, day),
        )
        checked = _Checked(found[draft.lead].region_code, eligibility.predecessors(session, found, day))
    else:
        proposals.check_past(draft.document, day)
    entry = ApplicationAmended(
        reference=case.reference,
        version=case.version + 1,
        state=state,
        round_id=draft.round_id,
        requested_level=draft.level,
        lead_ods_code=draft.lead,
        member_ods_codes=draft.members,
        region_code=checked.region,
        predecessors=checked.predecessors or None,
        # A consent is to the draft as it stood. The members agreed to what was submitted; to changes that the panel
        # asks for they need not agree anew: they are told, and may leave.
        consents={} if state is State.DRAFT else case.consents,
        actor=caller.key,
        attribution=attribution,
        document=draft.document,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.fetch_visible(session, case.reference, caller))


def submit(
    session: Session,
    view: ApplicationView,
    *,
    declared_by: str,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Submit a draft, or submit again once the changes that the panel asked for are made."""
    case = view.case
    permissions.check_is_for_lead(caller, case.application.lead_ods_code, pointer=None)
    expected.check(case.version, is_required=False)
    view.step(Act.SUBMIT, at)
    draft = eligibility.draft_of(case)
    plan = eligibility.round_of(session, draft.round_id)
    day = deadlines.london_day(at)
    is_first = case.state is State.DRAFT
    found = places.places_ahead(session, draft.members, day) if is_first else {}
    before = eligibility.predecessors(session, found, day)
    check_all(
        *([lambda: eligibility.check_draft(session, draft, plan, found)] if is_first else []),
        lambda: proposals.check_past(draft.document, day),
        *eligibility.submission_checks(session, draft, plan, caller, case, at, before=before),
    )
    eligibility.check_no_other(session, draft, caller, own_reference=case.reference)
    region = found[draft.lead].region_code if is_first else case.application.region_code
    entry = _submitted(
        session,
        draft,
        region,
        case.reference,
        case.version + 1,
        _By(caller, attribution),
        declared_by=declared_by,
        first=case.application.first_submitted_at,
        at=at,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, caller))


def withdraw(
    session: Session,
    view: ApplicationView,
    *,
    reason: str | None,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Withdraw the whole application, from any state before it is decided."""
    case = view.case
    permissions.check_may_withdraw_all(caller, case.application.lead_ods_code)
    expected.check(case.version, is_required=False)
    entry = ApplicationWithdrawn(
        reference=case.reference,
        version=case.version + 1,
        state=view.step(Act.WITHDRAW, at),
        member_ods_codes=case.members,
        actor=caller.key,
        attribution=attribution,
        reason=reason,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, caller))


# --- entries ------------------------------------------------------------------------------------


class _By(NamedTuple):
    """Who writes an entry: the system, and who it says acted there."""

    caller: System
    attribution: Mapping[str, Any]


def _created(draft: Draft, checked: _Checked, reference: str, by: _By) -> ApplicationCreated:
    return ApplicationCreated(
        reference=reference,
        version=1,
        state=State.DRAFT,
        round_id=draft.round_id,
        requested_level=draft.level,
        lead_ods_code=draft.lead,
        member_ods_codes=draft.members,
        region_code=checked.region,
        predecessors=checked.predecessors or None,
        actor=by.caller.key,
        attribution=by.attribution,
        document=draft.document,
    )


def _submitted(
    session: Session,
    draft: Draft,
    region: str,
    reference: str,
    version: int,
    by: _By,
    *,
    declared_by: str,
    first: datetime | None,
    at: datetime,
) -> ApplicationSubmitted:
    """The entry of a submission; ``first`` is when the application was submitted for the first time, if it was."""
    ended = declarations.standing_declarations(session, draft.round_id, draft.members)
    return ApplicationSubmitted(
        reference=reference,
        version=version,
        state=State.SUBMITTED,
        round_id=draft.round_id,
        requested_level=draft.level,
        lead_ods_code=draft.lead,
        member_ods_codes=draft.members,
        region_code=region,
        is_first=first is None,
        first_submitted_at=first or at,
        ends_declarations=tuple(each.declaration_id for each in ended),
        actor=by.caller.key,
        attribution=by.attribution,
        declared_by=declared_by,
        document=draft.document,
    )
