"""Applications with what belongs to them, for whoever may see that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.records import application_lists, applications
from app.records.application_lists import Wanted
from app.records.applications import Case, Result
from app.records.session import Session
from app.records.tables import Assessment
from app.rules.callers import Caller


@dataclass(frozen=True, slots=True)
class Applications:
    """A part of a list of applications, and how many the list has in all."""

    cases: list[Case]
    total: int


def list_applications(
    session: Session, caller: Caller, wanted: Wanted, *, after: Sequence[str] | None, limit: int
) -> Applications:
    """The applications that a caller may see, newest first, up to ``limit`` after an instant and reference."""
    cases = application_lists.search(session, caller, wanted, after=after, limit=limit)
    return Applications(cases, application_lists.count(session, caller, wanted))


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What belongs to an application.

    ``results`` are what was recorded or decided for each: empty while that may not
    be seen. ``assessments`` are None for who may not know them. ``earlier`` are decisions that rejected a member in an
    earlier round.
    """

    results: Mapping[str, Result]
    assessments: Sequence[Assessment] | None
    earlier: Sequence[str]


def read_details(session: Session, case: Case, *, sees_outcome: bool, is_officers: bool) -> CaseDetails:
    """What belongs to an application, as far as its reader may know it."""
    return CaseDetails(
        results=applications.results(session, case) if sees_outcome else {},
        assessments=applications.assessments_of(session, case.reference) if is_officers else None,
        earlier=applications.earlier_rejections(session, case.members, before=case.round),
    )
