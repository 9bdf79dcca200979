"""Applications as CCG systems write them: create, amend, submit, withdraw."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from app.casework import application_views, eligibility
from app.casework.application_views import ApplicationView
from app.casework.eligibility import Draft
from app.log.encoding import instant_text
from app.records import applications, ledger, places
from app.records.entries.wire import Entry
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.rules import deadlines, permissions
from app.rules.callers import System
from app.rules.lifecycle import Act, State
from app.rules.refusals import check_all
from app.rules.versions import Expectation

Private = Mapping[str, Any]


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
    permissions.check_is_for_lead(caller, draft.lead)
    plan = eligibility.round_of(session, draft.round_id)
    day = deadlines.london_day(at)
    check_all(
        lambda: eligibility.check_is_open(plan, day),
        lambda: eligibility.check_draft(session, draft, plan, day),
        *([] if declared_by is None else eligibility.submission_checks(session, draft, plan, caller, None, at)),
    )
    if declared_by is not None:
        eligibility.check_no_other(session, draft, caller, own_reference=None)
    region = _region(session, draft, day)
    entries = [_created(draft, region, reference, caller, attribution)]
    if declared_by is not None:
        private = {"actor": caller.key, "attribution": attribution, "declaredBy": declared_by}
        submission = _submitted(
            session, draft, region, reference=reference, version=2, first=None, private=private, at=at
        )
        entries.append(submission)
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[-1], application_views.fetch_visible(session, reference, caller))


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
    state = view.step(Act.AMEND)
    day = deadlines.london_day(at)
    eligibility.check_fixed(case, draft)
    region = case.application.region_code
    if state is State.DRAFT:
        eligibility.check_draft(session, draft, eligibility.round_of(session, draft.round_id), day)
        region = _region(session, draft, day)
    consents = eligibility.standing_consents(case, draft)
    entry = Entry(
        "application.amended",
        {
            **_terms(draft, region),
            "version": case.version + 1,
            "state": state,
            "consents": {code: instant_text(given) for code, given in consents.items()},
        },
        {"actor": caller.key, "attribution": attribution, "document": draft.document},
        reference=case.reference,
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
    permissions.check_is_for_lead(caller, case.application.lead_ods_code)
    expected.check(case.version, is_required=False)
    view.step(Act.SUBMIT)
    draft = eligibility.draft_of(case)
    plan = eligibility.round_of(session, draft.round_id)
    day = deadlines.london_day(at)
    is_first = case.state is State.DRAFT
    check_all(
        *([lambda: eligibility.check_draft(session, draft, plan, day)] if is_first else []),
        *eligibility.submission_checks(session, draft, plan, caller, case, at),
    )
    eligibility.check_no_other(session, draft, caller, own_reference=case.reference)
    region = _region(session, draft, day) if is_first else case.application.region_code
    entry = _submitted(
        session,
        draft,
        region,
        reference=case.reference,
        version=case.version + 1,
        first=case.application.first_submitted_at,
        private={"actor": caller.key, "attribution": attribution, "declaredBy": declared_by},
        at=at,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.fetch_visible(session, case.reference, caller))


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
    permissions.check_is_for_lead(caller, case.application.lead_ods_code)
    expected.check(case.version, is_required=False)
    entry = Entry(
        "application.withdrawn",
        {"state": view.step(Act.WITHDRAW), "version": case.version + 1, "memberOdsCodes": case.members},
        {"actor": caller.key, "attribution": attribution, "reason": reason},
        reference=case.reference,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.fetch_visible(session, case.reference, caller))


# --- entries ------------------------------------------------------------------------------------


def _region(session: Session, draft: Draft, day: date) -> str:
    """The region whose panel decides: that of the lead, and so of every member, on a day on which it is open."""
    return places.places_on(session, [draft.lead], day)[draft.lead].region_code


def _terms(draft: Draft, region: str) -> dict[str, Any]:
    return {
        "roundId": draft.round_id,
        "requestedLevel": draft.level,
        "leadOdsCode": draft.lead,
        "memberOdsCodes": draft.members,
        "regionCode": region,
    }


def _created(draft: Draft, region: str, reference: str, caller: System, attribution: Mapping[str, Any]) -> Entry:
    return Entry(
        "application.created",
        {**_terms(draft, region), "version": 1, "state": State.DRAFT},
        {"actor": caller.key, "attribution": attribution, "document": draft.document},
        reference=reference,
    )


def _submitted(
    session: Session,
    draft: Draft,
    region: str,
    *,
    reference: str,
    version: int,
    first: datetime | None,
    private: Private,
    at: datetime,
) -> Entry:
    """The entry of a submission. It says again what is proposed, so that its receipt proves all of it."""
    ended = applications.standing_declarations(session, draft.round_id, draft.members)
    return Entry(
        "application.submitted",
        {
            **_terms(draft, region),
            "version": version,
            "state": State.SUBMITTED,
            "isFirst": first is None,
            "firstSubmittedAt": instant_text(first or at),
            "endsDeclarations": [each.declaration_id for each in ended],
        },
        {**private, "document": draft.document},
        reference=reference,
    )
