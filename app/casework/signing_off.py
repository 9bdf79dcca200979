"""The second pair of eyes: confirm what the panel recorded, or return it with a note."""

from datetime import date, datetime
from typing import TypedDict

from app.casework import application_views
from app.casework.application_views import ApplicationView
from app.casework.applying import Acted
from app.records import applications, ledger, places
from app.records.applications import Case, Result
from app.records.entries.decisions import DecisionSignedOff
from app.records.entries.reviews import OutcomeReturned
from app.records.places import Place
from app.records.session import Session
from app.rules import deadlines, outcomes, permissions
from app.rules.callers import Person
from app.rules.lifecycle import Act, State
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.refusals import Fault, InvalidDocument, check_all
from app.rules.versions import Expectation
from app.rules.words import Level, Outcome


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

    ``effective_from`` defaults to the day the round starts, or today when that has passed, or the day on which a CCG
    opens: a decision does not take effect before it is made, nor before there is whom it is about.
    """
    state = _check(view, Act.CONFIRM, person, expected, at)
    case, today = view.case, deadlines.london_day(at)
    results = applications.results(session, case, at)
    found = places.places_ahead(session, case.members, today)
    newest = places.places_known(session, case.members)
    opening = {code: place.opens_on for code, place in newest.items()}
    granted = {code: day for code, day in opening.items() if results[code].granted_level}
    check_all(lambda: _check_is_ahead(effective_from, today), lambda: outcomes.check_start(effective_from, granted))
    usual = max(case.round.starts_on, today)
    see_at = case.round.applicants_see_at
    entries = [
        DecisionSignedOff(
            **_decided(case, results[code], found.get(code, newest[code]), effective_from or max(usual, opening[code])),
            version=case.version + 1,
            state=state,
            position=position,
            scaled_down=case.scaled_down,
            is_shown=see_at is not None and see_at <= at,
            decided_on=today,
            signed_off_on=today,
            actor=person.key,
            recorded_by=case.application.recorded_by,
            note=note,
        )
        for position, code in enumerate(case.members)
    ]
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[0], application_views.renewed_view(view, person))


def _check_is_ahead(effective_from: date | None, today: date) -> None:
    if effective_from is not None and effective_from < today:
        raise InvalidDocument(
            "A decision does not take effect before it is made.",
            faults=[Fault("/effectiveFrom", f"{effective_from} is before {today}.")],
        )


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
    state = _check(view, Act.RETURN, person, expected, at)
    if not note:
        raise InvalidDocument("A return says why.", faults=[Fault("/note", "Required when returning.")])
    entry = OutcomeReturned(
        reference=view.case.reference,
        version=view.case.version + 1,
        state=state,
        actor=person.key,
        note=note,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, person))


def _check(view: ApplicationView, act: Act, person: Person, expected: Expectation, at: datetime) -> State:
    case = view.case
    permissions.check_may_sign_off(person, case.level, case.parties, recorded_by=case.application.recorded_by or "")
    expected.check(case.version)
    return view.step(act, at)


class _Decided(TypedDict):
    """What the decision says."""

    reference: str
    ods_code: str
    decision_id: str
    round_id: str
    name: str
    region_code: str
    area_team_code: str | None
    requested_level: Level
    outcome: Outcome
    chosen_by: ChosenBy | None
    reasons: tuple[Reason, ...]
    conditions: tuple[Condition, ...]
    granted_level: Level | None
    functions: tuple[str, ...] | None
    effective_from: date | None


def _decided(case: Case, result: Result, place: Place, starts: date) -> _Decided:
    ruling = result.ruling
    return {
        "reference": case.reference,
        "ods_code": ruling.ods_code,
        "decision_id": f"{case.reference}-{ruling.ods_code}",
        "round_id": case.round.round_id,
        "name": place.name,
        "region_code": place.region_code,
        "area_team_code": place.area_team_code,
        "requested_level": case.level,
        "outcome": ruling.outcome,
        "chosen_by": ruling.chosen_by,
        "reasons": ruling.reasons,
        "conditions": ruling.conditions,
        "granted_level": result.granted_level,
        "functions": tuple(ruling.functions or ()) or None,
        "effective_from": starts if result.granted_level else None,
    }
