"""Applications with what belongs to them, for whoever may see that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.records import application_lists, applications, clients
from app.records.application_lists import Wanted
from app.records.applications import Case, Result
from app.records.earlier_decisions import EarlierDecision, Following, interests, rejections
from app.records.open_conditions import OpenCondition, open_conditions_of
from app.records.session import Session
from app.records.tables import Assessment
from app.rules.callers import Caller, Scope, System
from app.rules.deadlines import london_day
from app.rules.lifecycle import State


@dataclass(frozen=True, slots=True)
class Applications:
    """A part of a list of applications, and how many the list has in all.

    ``owed`` are the open conditions of those that are decided, by reference, whoever may see them.
    """

    cases: list[Case]
    total: int
    owed: Mapping[str, Sequence[OpenCondition]]


def list_applications(
    session: Session, caller: Caller, wanted: Wanted, *, day: date, after: Sequence[str] | None, limit: int
) -> Applications:
    """The applications that a caller may see, newest first, up to ``limit`` after an instant and reference."""
    cases = application_lists.search(session, caller, wanted, after=after, limit=limit)
    owed = open_conditions_of(session, cases, day)
    return Applications(cases, application_lists.count(session, caller, wanted), owed)


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What belongs to an application.

    ``results`` are what was recorded or decided for each: empty while that may not be seen. ``assessments`` are None
    for who may not know them. ``earlier`` are decisions that rejected a member in an earlier round, ``interests`` those
    on its expressions of interest before.
    ``consents_missing`` are the members that have not agreed to a draft and must; None for what is no draft. ``owed``
    are the open conditions.
    """

    results: Mapping[str, Result]
    assessments: Sequence[Assessment] | None
    earlier: Sequence[str]
    interests: Sequence[EarlierDecision]
    consents_missing: Sequence[str] | None
    owed: Sequence[OpenCondition]


def read_details(
    session: Session, case: Case, caller: Caller, *, at: datetime, sees_outcome: bool, is_officers: bool
) -> CaseDetails:
    """What belongs to an application at an instant, as far as its reader may know it."""
    own = caller.ods_codes if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes else ()
    found = applications.earlier_decisions(session, case.members, own=own)
    return CaseDetails(
        results=applications.results(session, case, at) if sees_outcome else {},
        assessments=applications.assessments_of(session, case.reference) if is_officers else None,
        earlier=rejections(found, following_of(case)) if found else [],
        interests=interests(found, following_of(case)) if found else [],
        consents_missing=missing_consents(session, case, caller, at),
        owed=_owed(session, case, at) if sees_outcome and case.state is State.DECIDED else [],
    )


def following_of(case: Case) -> Following:
    """The round of an application, as what follows earlier ones."""
    return Following(case.round.kind, case.round.stage, case.round.starts_on)


def _owed(session: Session, case: Case, at: datetime) -> Sequence[OpenCondition]:
    return open_conditions_of(session, [case], london_day(at)).get(case.reference, [])


def missing_consents(session: Session, case: Case, caller: Caller, at: datetime) -> list[str] | None:
    """Who has not agreed to a draft and must, if the system of its lead is not theirs too. None for no draft.

    That is its members, and at an instant before one of them opens the open bodies in whose place it does.
    """
    if case.state is not State.DRAFT or not isinstance(caller, System):
        return None
    lead, agreed = case.application.lead_ods_code, set(case.consents)
    agreed |= caller.ods_codes if lead in caller.ods_codes else clients.codes_with(session, lead)
    return [code for code in case.consenting(london_day(at)) if code not in agreed]
