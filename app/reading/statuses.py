"""Where applications and CCGs stand, for those who poll them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.reading.applications import missing_consents
from app.reading.published import Listed, listed
from app.records import application_lists, applications, decision_statuses, directory, places, published
from app.records.applications import Case
from app.records.decision_statuses import DecisionStatus
from app.records.directory import DeclarationRow
from app.records.open_conditions import OpenCondition
from app.records.session import Session
from app.rules.callers import Caller, Scope
from app.rules.deadlines import start_of
from app.rules.decisions import DecisionState
from app.rules.holdings import Holdings, holdings_of
from app.rules.lifecycle import State
from app.rules.refusals import NotFound
from app.rules.visibility import may_poll


@dataclass(frozen=True, slots=True)
class MemberResult:
    """What was recorded or decided for one member. ``decision_id`` is None before sign-off."""

    outcome: str
    granted_level: str | None
    decision_id: str | None
    open_conditions: int


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """Results by ODS code, empty while they may not be seen, and the decisions that stand once they are published.

    ``consents_missing`` are those of the application (``reading.applications``), ``owed`` the open conditions.
    """

    results: Mapping[str, MemberResult]
    decisions: Sequence[DecisionStatus]
    consents_missing: list[str] | None = None
    owed: Sequence[OpenCondition] = ()


def read_statuses(session: Session, cases: Sequence[tuple[Case, bool]], caller: Caller, day: date) -> list[CaseStatus]:
    """The status of each of these applications; with each it is said whether its outcome may be seen."""
    return [
        replace(status, consents_missing=missing_consents(session, case, caller, start_of(day)))
        for (case, _), status in zip(cases, _results(session, cases, day), strict=True)
    ]


def _results(session: Session, cases: Sequence[tuple[Case, bool]], day: date) -> list[CaseStatus]:
    decided = [case for case, sees_outcome in cases if sees_outcome and case.state is State.DECIDED]
    found = decision_statuses.statuses_by_reference(session, decided, day)
    return [
        _status(session, case, found.get(case.reference), start_of(day)) if sees_outcome else CaseStatus({}, ())
        for case, sees_outcome in cases
    ]


def _status(session: Session, case: Case, decisions: Sequence[DecisionStatus] | None, at: datetime) -> CaseStatus:
    return CaseStatus(_recommended(session, case, at), ()) if decisions is None else _decided(case, decisions)


def _decided(case: Case, decisions: Sequence[DecisionStatus]) -> CaseStatus:
    valid = [each for each in decisions if each.snapshot.state is not DecisionState.SUPERSEDED]
    results = {
        each.ods_code: MemberResult(each.outcome, each.granted_level, each.decision_id, each.open_conditions)
        for each in valid
    }
    owed = [condition for each in valid for condition in each.owed]
    return CaseStatus(results, valid if case.is_published else (), owed=owed)


def _recommended(session: Session, case: Case, at: datetime) -> dict[str, MemberResult]:
    return {
        code: MemberResult(each.ruling.outcome, each.granted_level, None, each.open_conditions)
        for code, each in applications.results(session, case, at).items()
    }


@dataclass(frozen=True, slots=True)
class CcgStatus:
    """What one CCG holds on a day, what it declared, and the applications that name it."""

    ods_code: str
    name: str
    holdings: Holdings[Listed]
    declarations: list[DeclarationRow]
    cases: list[Case]


def read_ccg_status(session: Session, ods_code: str, caller: Caller, day: date) -> CcgStatus:
    """Where a CCG stands, as far as the caller may ask. Raises NotFound."""
    row = directory.fetch(session, ods_code, day=day)
    if row is None or not may_poll(caller, ods_code, region=_region(session, caller, ods_code)):
        raise NotFound("There is no such CCG, or none that you may ask about.")
    rows = published.organisation_rows(session, [ods_code], day=day)
    held = replace(holdings_of(rows), past=[])
    shown = {
        each.key: each
        for each in listed(session, [each for each in (held.current, held.next) if each is not None], day)
    }
    return CcgStatus(
        ods_code,
        row.name,
        held.shown_as(lambda each: shown[each.decision_id]),
        directory.declarations_of(session, [ods_code]),
        application_lists.organisation_cases(session, caller, ods_code),
    )


def _region(session: Session, caller: Caller, ods_code: str) -> str | None:
    """The newest known region of a CCG, if it matters: whether a panel may ask about it depends on that."""
    return places.places_known(session, [ods_code])[ods_code].region_code if Scope.PANEL in caller.scopes else None
