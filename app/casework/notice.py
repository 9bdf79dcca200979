"""Notice: a CCG ends what it was granted; NHS England may then let it end on another day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.casework.decision_views import DecisionActed, DecisionView, check_is_own, settle_grants
from app.records import application_lists, ledger
from app.records.entries.approvals import NoticeGiven, NoticeWithdrawn
from app.records.session import Session
from app.rules import notice, permissions
from app.rules.callers import Person, System
from app.rules.decisions import DecisionAct
from app.rules.grants import EndedBy, is_in_the_way
from app.rules.refusals import Fault, InvalidDocument, LiveApplication, WrongState
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
    _check_nothing_rests_on_it(session, view)
    entry = NoticeWithdrawn(**view.subject(caller.key), occurred_on=view.day, reason=reason, attribution=attribution)
    receipts = ledger.append(session, [entry], at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=caller.key, at=at)


def _check_not_too_late(view: DecisionView) -> None:
    last_day = view.stand.noticed_for
    if last_day is None or view.day <= (until := notice.withdrawable_until(last_day)):
        return
    raise WrongState(
        f"The notice for {last_day} could be taken back until the end of {until}.",
        extra={"state": view.dossier.decision.state, "allowed": view.acts},
    )


def _check_nothing_rests_on_it(session: Session, view: DecisionView) -> None:
    """Raise LiveApplication if the CCG has applied for what it could not ask for if the grant went on."""
    grant, code = view.dossier.grant, view.dossier.decision.ods_code
    if grant is None:
        return
    kept = replace(grant, in_force_to=None) if view.stand.ended_by is EndedBy.NOTICE else grant
    for each in application_lists.undecided(session, code, kind=view.dossier.kind):
        if is_in_the_way(kept, each.level, starts_on=each.round.starts_on):
            raise LiveApplication(
                f"{code} has applied for {each.level} in round {each.round.round_id} because of this notice: withdraw "
                f"application {each.reference} first.",
                extra={"href": f"/v1/applications/{each.reference}"},
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
