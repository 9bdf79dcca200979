"""The second pair of eyes: confirm what the panel recorded, or return it with a note."""

from datetime import date, datetime
from typing import Any

from app.casework import sight
from app.casework.proposing import Acted
from app.casework.reviewing import ruling_data
from app.casework.sight import Sight
from app.records import applications, ledger, places
from app.records.applications import Result
from app.records.ledger import Entry
from app.records.places import Place
from app.records.session import Session
from app.rules import deadlines, permissions
from app.rules.callers import Person
from app.rules.lifecycle import Act, State
from app.rules.refusals import Fault, InvalidDocument
from app.rules.versions import Expectation


def confirm(
    session: Session,
    seen: Sight,
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
    state = _check(seen, Act.CONFIRM, person, expected)
    case, today = seen.case, deadlines.london_day(at)
    starts = effective_from or max(case.round.starts_on, today)
    if effective_from is not None and effective_from < today:
        raise InvalidDocument(
            "A decision does not take effect before it is made.",
            faults=[Fault("/effectiveFrom", f"{effective_from} is before {today}.")],
        )
    results = applications.results(session, case)
    found = places.places_on(session, case.members, today)
    newest = places.places_known(session, case.members)
    entries = [
        _signed_off(seen, state, place, results[code], found.get(code, newest[code]), starts, today, person, note)
        for place, code in enumerate(case.members)
    ]
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[0], sight.find(session, case.reference, person, at))


def send_back(
    session: Session,
    seen: Sight,
    *,
    note: str | None,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Return the recorded outcomes to the panel with a note, which stays between them."""
    state = _check(seen, Act.RETURN, person, expected)
    if not note:
        raise InvalidDocument("A return says why.", faults=[Fault("/note", "Required when returning.")])
    entry = Entry(
        "outcome.returned",
        {"state": state, "version": seen.case.version + 1},
        {"actor": person.key, "note": note},
        reference=seen.case.reference,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, sight.find(session, seen.case.reference, person, at))


def _check(seen: Sight, act: Act, person: Person, expected: Expectation) -> State:
    case = seen.case
    permissions.check_may_sign_off(person, case.level, case.members, recorded_by=case.application.recorded_by or "")
    expected.check(case.version)
    return seen.step(act)


def _signed_off(
    seen: Sight,
    state: State,
    position: int,
    result: Result,
    place: Place,
    starts: date,
    today: date,
    person: Person,
    note: str | None,
) -> Entry:
    case, code = seen.case, result.ruling.ods_code
    data: dict[str, Any] = {
        "position": position,
        "version": case.version + 1,
        "state": state,
        "decisionId": f"{case.reference}-{code}",
        "roundId": case.round.round_id,
        "name": place.name,
        "regionCode": place.region_code,
        "areaTeamCode": place.area_team_code,
        "requestedLevel": case.level,
        **ruling_data(result.ruling),
        "grantedLevel": result.granted_level,
        "effectiveFrom": starts.isoformat() if result.granted_level else None,
        "decidedOn": today.isoformat(),
        "signedOffOn": today.isoformat(),
    }
    private = {"actor": person.key, "recordedBy": case.application.recorded_by, "note": note}
    return Entry("decision.signed_off", data, private, reference=case.reference, ods_code=code)
