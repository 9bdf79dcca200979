"""What member CCGs do themselves: agree to a draft or to scaling down, scale down, and leave before a decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.casework import application_views, applying
from app.casework.application_views import ApplicationView
from app.casework.applying import Acted
from app.records import ledger
from app.records.applications import Case
from app.records.entries.applications import ApplicationScaledDown, ConsentGiven, MemberLeft
from app.records.session import Session
from app.rules import lifecycle, outcomes, permissions
from app.rules.callers import System
from app.rules.lifecycle import Act, State
from app.rules.outcomes import Reason
from app.rules.refusals import Fault, InvalidDocument, check_all
from app.rules.versions import Expectation
from app.rules.words import Level


def consent(
    session: Session,
    view: ApplicationView,
    ods_code: str,
    *,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
    scale_down_to: Level | None = None,
) -> Acted:
    """A member agrees to the draft as it stands, so that the lead's client can submit it.

    With ``scale_down_to`` it agrees to scaling down what was submitted, so that the lead's client can do that.
    """
    case, is_to_draft = view.case, scale_down_to is None
    permissions.check_is_for(caller, ods_code)
    expected.check(case.version, is_required=False)
    if is_to_draft:
        view.check_state(fits=case.state is State.DRAFT, act="consent", at=at)
    else:
        _check_can_be_scaled_down(view, at)
        outcomes.check_scaling_down(case.level, None, pointer="/scaleDownTo")
    if not is_to_draft or ods_code not in case.predecessors:
        _check_is_member(case, ods_code)
    if ods_code == case.application.lead_ods_code:
        raise _fault(f"{ods_code} leads the application; the other members agree.")
    if ods_code in (case.consents if is_to_draft else case.scaling_agreed):
        raise view.conflict(f"{ods_code} has agreed already.", at)
    entry = ConsentGiven(
        reference=case.reference,
        ods_code=ods_code,
        version=case.version + 1,
        state=case.state,
        scale_down_to=scale_down_to,
        actor=caller.key,
        attribution=attribution,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    agreed = (
        {"consents": {**case.consents, ods_code: at}}
        if is_to_draft
        else {"scaling_agreed": case.scaling_agreed | {ods_code}}
    )
    return Acted(receipt, application_views.renewed_view(view, caller, **agreed))


def scale_down(
    session: Session,
    view: ApplicationView,
    level: Level,
    reason: Reason,
    *,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """The CCGs choose a lower level than they applied for; what was requested stays. No deadline bars it."""
    case = view.case
    permissions.check_is_for_lead(caller, case.application.lead_ods_code, pointer=None)
    expected.check(case.version)
    _check_can_be_scaled_down(view, at)
    check_all(
        lambda: outcomes.check_scaling_down(case.level, reason, pointer="/level"),
        lambda: permissions.check_scaling_consents(caller, case.members, case.scaling_agreed),
    )
    entry = ApplicationScaledDown(
        reference=case.reference,
        version=case.version + 1,
        state=case.state,
        level=level,
        reason=reason,
        actor=caller.key,
        attribution=attribution,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, caller))


def _check_can_be_scaled_down(view: ApplicationView, at: datetime) -> None:
    view.step(Act.SCALE_DOWN, at)
    if view.case.scaled_down is not None:
        raise view.conflict("The application was scaled down already.", at)


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
