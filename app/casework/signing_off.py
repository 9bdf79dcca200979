"""The second pair of eyes: confirm what the panel recorded, or return it with a note."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.casework import application_views
from app.casework.application_views import ApplicationView
from app.casework.applying import Acted
from app.casework.reviewing import ruling_data
from app.records import applications, ledger, places
from app.records.applications import Result
from app.records.entries.wire import Entry
from app.records.places import Place
from app.records.session import Session
from app.rules import deadlines, permissions
from app.rules.callers import Person
from app.rules.lifecycle import Act, State
from app.rules.refusals import Fault, InvalidDocument
from app.rules.versions import Expectation


def confirm(
    session: Session,
    view: ApplicationView,
    *,
    note: str | None,
    effective_from: date | None,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Sign off the recorded outcomes: one embargoed decision for each member CCG.

    ``effective_from`` defaults to the day the round starts, or today when that has passed: a decision
    does not take effect before it is made.
    """
    state = _check(view, Act.CONFIRM, person, expected)
    case, today = view.case, deadlines.london_day(at)
    starts = effective_from or max(case.round.starts_on, today)
    if effective_from is not None and effective_from < today:
        raise InvalidDocument(
            "A decision does not take effect before it is made.",
            faults=[Fault("/effectiveFrom", f"{effective_from} is before {today}.")],
        )
    results = applications.results(session, case)
    found = places.places_on(session, case.members, today)
    newest = places.places_known(session, case.members)
    see_at = case.round.applicants_see_at
    common = {
        "version": case.version + 1,
        "state": state,
        "isShown": see_at is not None and see_at <= at,
        "roundId": case.round.round_id,
        "requestedLevel": case.level,
        "decidedOn": today.isoformat(),
        "signedOffOn": today.isoformat(),
    }
    private = {"actor": person.key, "recordedBy": case.application.recorded_by, "note": note}
    entries = [
        _signed_off(case.reference, {**common, "position": position}, results[code], place, starts, private)
        for position, code in enumerate(case.members)
        for place in [found.get(code, newest[code])]
    ]
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[0], application_views.fetch_visible(session, case.reference, person))


def send_back(
    session: Session,
    view: ApplicationView,
    *,
    note: str | None,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Return the recorded outcomes to the panel with a note, which stays between them."""
    state = _check(view, Act.RETURN, person, expected)
    if not note:
        raise InvalidDocument("A return says why.", faults=[Fault("/note", "Required when returning.")])
    entry = Entry(
        "outcome.returned",
        {"state": state, "version": view.case.version + 1},
        {"actor": person.key, "note": note},
        reference=view.case.reference,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.fetch_visible(session, view.case.reference, person))


def _check(view: ApplicationView, act: Act, person: Person, expected: Expectation) -> State:
    case = view.case
    permissions.check_may_sign_off(person, case.level, case.members, recorded_by=case.application.recorded_by or "")
    expected.check(case.version)
    return view.step(act)


def _signed_off(
    reference: str, common: Mapping[str, Any], result: Result, place: Place, starts: date, private: Mapping[str, Any]
) -> Entry:
    code = result.ruling.ods_code
    data = {
        **common,
        "decisionId": f"{reference}-{code}",
        "name": place.name,
        "regionCode": place.region_code,
        "areaTeamCode": place.area_team_code,
        **ruling_data(result.ruling),
        "grantedLevel": result.granted_level,
        "effectiveFrom": starts.isoformat() if result.granted_level else None,
    }
    return Entry("decision.signed_off", data, private, reference=reference, ods_code=code)
