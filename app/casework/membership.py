"""What a member CCG does itself: agree to a draft, or leave an application that is not decided yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.casework import application_views, applying
from app.casework.application_views import ApplicationView
from app.casework.applying import Acted
from app.records import ledger
from app.records.applications import Case
from app.records.entries.applications import ConsentGiven, MemberLeft
from app.records.session import Session
from app.rules import lifecycle, permissions
from app.rules.callers import System
from app.rules.lifecycle import State
from app.rules.refusals import Fault, InvalidDocument
from app.rules.versions import Expectation


def consent(
    session: Session,
    view: ApplicationView,
    ods_code: str,
    *,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """A member agrees to the draft as it stands, so that the lead's client can submit it."""
    case = view.case
    permissions.check_is_for(caller, ods_code)
    expected.check(case.version, is_required=False)
    view.check_state(fits=case.state is State.DRAFT, act="consent", at=at)
    _check_is_member(case, ods_code)
    if ods_code == case.application.lead_ods_code:
        raise _fault(f"{ods_code} leads the application; the other members agree.")
    if ods_code in case.consents:
        raise view.conflict(f"{ods_code} has agreed already.", at)
    entry = ConsentGiven(
        reference=case.reference,
        ods_code=ods_code,
        version=case.version + 1,
        state=case.state,
        actor=caller.key,
        attribution=attribution,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, caller, consents={**case.consents, ods_code: at}))


def withdraw(
    session: Session,
    view: ApplicationView,
    ods_code: str | None,
    *,
    reason: str | None,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Withdraw the whole application, or take one of its members out; of its only member it is the whole."""
    if ods_code is None or view.case.members == (ods_code,):
        return applying.withdraw(
            session, view, reason=reason, caller=caller, attribution=attribution, expected=expected, at=at
        )
    return _leave(session, view, ods_code, reason, attribution, caller=caller, expected=expected, at=at)


def _leave(
    session: Session,
    view: ApplicationView,
    ods_code: str,
    reason: str | None,
    attribution: Mapping[str, Any],
    *,
    caller: System,
    expected: Expectation,
    at: datetime,
) -> Acted:
    case = view.case
    permissions.check_is_for(caller, ods_code)
    expected.check(case.version, is_required=False)
    view.check_state(fits=lifecycle.is_under_way(case.state), act="leave", at=at)
    _check_is_member(case, ods_code)
    if ods_code == case.application.lead_ods_code:
        raise _fault(f"{ods_code} leads the application; it withdraws the whole, without odsCode.")
    entry = MemberLeft(
        reference=case.reference,
        ods_code=ods_code,
        version=case.version + 1,
        state=case.state,
        was_live=case.state is not State.DRAFT,
        actor=caller.key,
        attribution=attribution,
        reason=reason,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    others = tuple(code for code in case.members if code != ods_code)
    return Acted(receipt, application_views.renewed_view(view, caller, members=others))


def _check_is_member(case: Case, ods_code: str) -> None:
    if ods_code not in case.members:
        raise _fault(f"{ods_code} is not a member of this application.")


def _fault(detail: str) -> InvalidDocument:
    return InvalidDocument(detail, faults=[Fault("/odsCode", detail)])
