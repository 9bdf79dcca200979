"""More time for one CCG, from NHS England: for a first submission, or for the changes that a panel asked for."""

from datetime import date, datetime
from typing import NamedTuple

from app.casework import application_views
from app.casework.application_views import NOTHING_HERE
from app.records import extensions, ledger, places
from app.records.entries.applications import ChangesExtended, DeadlineExtended
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.rules import deadlines
from app.rules.callers import Person
from app.rules.lifecycle import State
from app.rules.refusals import Fault, NotFound, UnknownOrganisation, check_all
from app.rules.rounds import RoundPlan, check_extension
from app.rules.versions import Expectation
from app.rules.words import Level


class FirstSubmission(NamedTuple):
    """What one CCG submits for the first time, at a level."""

    ods_code: str
    level: Level


class Extended(NamedTuple):
    """An extension as it was granted; ``version`` is the application's, where it is of one."""

    extension_id: str
    ods_code: str
    level: Level
    reference: str | None
    version: int | None
    until: date
    receipt: EntryReceipt


def deadline_of(session: Session, plan: RoundPlan, ods_code: str, level: Level) -> date | None:
    """The last London day on which a CCG submits for the first time at a level: the round's, or a later one given."""
    own, given = plan.deadline_for(level), extensions.latest(session, plan.round_id, ods_code, level)
    return max((day for day in (own, given) if day is not None), default=None)


def extend_deadline(
    session: Session,
    plan: RoundPlan,
    wanted: FirstSubmission,
    until: date,
    *,
    extension_id: str,
    reason: str,
    person: Person,
    at: datetime,
) -> Extended:
    """Give a CCG more time than its round for the first submission at a level."""
    ods_code, level = wanted
    today = deadlines.london_day(at)
    check_all(
        lambda: _check_is_open(session, ods_code, today),
        lambda: check_extension(
            until, today, extends=deadline_of(session, plan, ods_code, level), closes_on=plan.closes_on
        ),
    )
    entry = DeadlineExtended(
        ods_code=ods_code,
        extension_id=extension_id,
        round_id=plan.round_id,
        level=level,
        until=until,
        actor=person.key,
        reason=reason,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Extended(extension_id, ods_code, level, None, None, until, receipt)


def extend_changes(
    session: Session,
    plan: RoundPlan,
    reference: str,
    until: date,
    *,
    extension_id: str,
    reason: str,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> Extended:
    """Give the applicants more time for the changes that are awaited of one application."""
    view = application_views.fetch_visible(session, reference, person)
    case = view.case
    if case.round.round_id != plan.round_id:
        raise NotFound(NOTHING_HERE)
    expected.check(case.version, what="application")
    if case.state is not State.CHANGES_REQUESTED:
        raise view.conflict(f"The application is {view.state}; no changes are awaited.", at)
    check_extension(until, deadlines.london_day(at), extends=case.application.due_on, closes_on=plan.closes_on)
    lead, version = case.application.lead_ods_code, case.version + 1
    entry = ChangesExtended(
        reference=reference,
        ods_code=lead,
        version=version,
        state=case.state,
        extension_id=extension_id,
        round_id=plan.round_id,
        level=case.level,
        until=until,
        actor=person.key,
        reason=reason,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Extended(extension_id, lead, case.level, reference, version, until, receipt)


def _check_is_open(session: Session, ods_code: str, day: date) -> None:
    if ods_code not in places.places_on(session, [ods_code], day):
        raise UnknownOrganisation(
            f"{ods_code}: not the code of a CCG that is open.",
            faults=[Fault("/odsCode", f"{ods_code} is not an open CCG. All are at /v1/organisations.")],
        )
