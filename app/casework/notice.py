"""Notice: a CCG ends what it was granted; NHS England may then let it end on another day."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.casework.decision_views import DecisionActed, DecisionView, check_is_own, settle_grants
from app.records import ledger
from app.records.entries.approvals import NoticeGiven, NoticeWithdrawn
from app.records.session import Session
from app.rules import notice, permissions
from app.rules.callers import Person, System
from app.rules.decisions import DecisionAct
from app.rules.grants import EndedBy
from app.rules.refusals import Fault, InvalidDocument, WrongState
from app.rules.versions import Expectation


def give(
    session: Session,
    view: DecisionView,
    *,
    last_day: date | None,
    reason: str | None,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Take a CCG's notice: by 30 September for the next 1 April. ``last_day`` may be a later 31 March."""
    check_is_own(view)
    expected.check(view.version, is_required=False)
    view.check_possible(DecisionAct.GIVE_NOTICE)
    ends = last_day or notice.earliest_end(view.day)
    notice.check_last_day(ends, view.day)
    check_ends_earlier(view, ends)
    return _given(session, view, ends, reason, attribution=attribution, actor=caller.key, at=at)


def override(
    session: Session,
    view: DecisionView,
    *,
    last_day: date | None,
    reason: str | None,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Let a grant that its CCG gave notice of end on another day, from today on, with a reason that is public.

    Without the CCG's notice this would be a revocation, which takes two people.
    """
    permissions.check_has_no_interest(person, view.concerned)
    expected.check(view.dossier.version)
    view.check_possible(DecisionAct.MOVE_NOTICE)
    faults = []
    if last_day is None:
        faults.append(Fault("/lastDay", "Required of NHS England: the last day in force."))
    elif last_day < view.day:
        faults.append(Fault("/lastDay", f"{last_day} has passed."))
    if not reason:
        faults.append(Fault("/reason", "Required of NHS England: why the grant ends on this day."))
    if faults or last_day is None:
        raise InvalidDocument("NHS England names the day and the reason.", faults=faults)
    return _given(session, view, last_day, reason, attribution=None, actor=person.key, at=at)


def withdraw(
    session: Session,
    view: DecisionView,
    *,
    reason: str,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Take a CCG's notice back, also one that NHS England moved: by 30 September, or until it takes effect."""
    check_is_own(view)
    expected.check(view.version, is_required=False)
    _check_not_too_late(view)
    view.check_possible(DecisionAct.WITHDRAW_NOTICE)
    entry = NoticeWithdrawn(**view.subject(caller.key), occurred_on=view.day, reason=reason, attribution=attribution)
    receipts = ledger.append(session, [entry], at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=caller.key, at=at)


def given_for(view: DecisionView) -> date | None:
    """The last day that the CCG's notice gives the grant. None without a notice, and if a correction made it void."""
    approval = view.dossier.approval
    if approval is None or approval.own_by != EndedBy.NOTICE or approval.ended_by == EndedBy.CORRECTED:
        return None
    return approval.own_to


def _check_not_too_late(view: DecisionView) -> None:
    last_day = given_for(view)
    if last_day is None or view.day <= (until := notice.withdrawable_until(last_day)):
        return
    raise WrongState(
        f"The notice for {last_day} could be taken back until the end of {until}.",
        extra={"state": view.dossier.decision.state, "allowed": view.acts},
    )


def check_ends_earlier(view: DecisionView, last_day: date) -> None:
    """Raise WrongState when the grant ends by that day anyway."""
    grant = view.dossier.grant
    if grant is not None and grant.in_force_to is not None and grant.in_force_to <= last_day:
        raise WrongState(
            f"The grant ends with {grant.in_force_to} already.",
            extra={"state": view.dossier.decision.state, "allowed": view.acts},
        )


def _given(
    session: Session,
    view: DecisionView,
    ends: date,
    reason: str | None,
    *,
    attribution: Mapping[str, Any] | None,
    actor: str,
    at: datetime,
) -> DecisionActed:
    entry = NoticeGiven(
        **view.subject(actor),
        occurred_on=view.day,
        in_force_to=ends,
        ended_by=EndedBy.NOTICE,
        reason=reason,
        attribution=attribution,
    )
    receipts = ledger.append(session, [entry], at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=actor, at=at)
