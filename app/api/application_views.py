"""Applications as signed-in callers read them, and the events of a caller's own applications."""

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from app.access.callers import ApplicantOrOfficerDep, CcgDep
from app.api.applications import application_out
from app.api.responses import reads_privately
from app.api.schemas.applications import ApplicationOut, NextActionOut, StatusOut
from app.api.schemas.decision_records import decision_actions
from app.api.schemas.listings import (
    ApplicationRowOut,
    ApplicationsOut,
    EventOut,
    EventsOut,
    OrganisationStatusOut,
    TimelineOut,
)
from app.api.schemas.organisations import DeclarationOut
from app.api.standings import current_and_next
from app.casework import application_views, decision_views
from app.records import applications, decisions, directory, events, places
from app.records.applications import Wanted
from app.records.session import Session
from app.rules import deadlines
from app.rules.callers import Caller, Scope, System
from app.rules.lifecycle import State
from app.rules.refusals import NotFound
from app.rules.visibility import Viewer
from app.web.caching import SnapshotDep, private_read
from app.web.dependencies import NowDep
from app.web.filters import (
    After,
    AppliedLevel,
    CodeFilter,
    LevelFilter,
    RoundFilter,
    one_or_several,
    parts,
)
from app.web.identifiers import OdsCodePath, Reference
from app.web.paging import PagingDep, instant
from app.web.preconditions import version_tag
from app.web.queries import LimitDep, comma_list
from app.web.transactions import Answer

router = APIRouter(prefix="/v1", tags=["applications"])
StateFilter = Annotated[str | None, one_or_several(State, "States, as the caller may see them.")]


@router.get(
    "/applications",
    response_model=ApplicationsOut,
    summary="List applications",
    responses=reads_privately(),
)
@private_read
def list_applications(
    caller: ApplicantOrOfficerDep,
    snapshot: SnapshotDep,
    paging: PagingDep,
    round_id: RoundFilter = None,
    state: StateFilter = None,
    level: LevelFilter = None,
    ods_code: CodeFilter = None,
) -> Answer:
    """Newest first: applicants their own, panel members and systems those of their regions, NHS England all."""
    wanted = Wanted(
        rounds=parts(round_id),
        states=comma_list(state, State, parameter="state") or (),
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        ods_codes=parts(ods_code),
    )
    found = applications.search(snapshot.session, caller, wanted, after=paging.after(instant, str), limit=paging.wanted)
    page = paging.cut(found, lambda case: [case.application.created_at.isoformat(), case.reference])
    names = places.names_of(snapshot.session, {code for case in page.rows for code in case.members})
    content = ApplicationsOut(
        results=[ApplicationRowOut.of(application_views.view_as(caller, case), names) for case in page.rows],
        total=applications.count(snapshot.session, caller, wanted),
        limit=page.limit,
        next_cursor=page.next_cursor,
        has_more=page.has_more,
    )
    return Answer(content, link_next=page.link_next)


@router.get(
    "/applications/{reference}",
    response_model=ApplicationOut,
    summary="Read an application",
    responses=reads_privately("not-found"),
)
@private_read
def read_application(reference: Reference, caller: ApplicantOrOfficerDep, now: NowDep, snapshot: SnapshotDep) -> Answer:
    """The application as this caller may see it; its `ETag` is the version that acts take in `If-Match`."""
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    return Answer(application_out(snapshot.session, view, caller, now), etag=version_tag(view.case.version))


@router.get(
    "/applications/{reference}/status",
    response_model=StatusOut,
    summary="Poll where an application stands",
    responses=reads_privately("not-found", polled=True),
)
@private_read(polled=True)
def read_application_status(
    reference: Reference, caller: ApplicantOrOfficerDep, now: NowDep, snapshot: SnapshotDep
) -> Answer:
    """Small and cheap; send `If-None-Match` and get 304 while nothing has changed."""
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    acts = decisions.count_acts(snapshot.session, reference) if view.case.is_published else 0
    return Answer(_status(snapshot.session, view, caller, now), etag=status_tag(view, acts, now))


@router.get(
    "/applications/{reference}/events",
    response_model=TimelineOut,
    summary="Read what happened to an application",
    responses=reads_privately("not-found"),
)
@private_read
def list_application_events(reference: Reference, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """Oldest first, from its creation. No event says more than the caller may know."""
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    rows = events.of_application(snapshot.session, reference)
    hidden = {
        *([] if view.sees_outcome else [events.SIGNED_OFF]),
        *([] if view.is_officers else events.OFFICERS_ONLY),
    }
    own = caller.ods_codes if isinstance(caller, System) and not view.is_officers else None
    shown = [
        each
        for each in rows
        if each.kind not in hidden and (own is None or each.kind != events.EVIDENCE or each.ods_code in own)
    ]
    return Answer(TimelineOut(reference=reference, results=[EventOut.of(each) for each in shown]))


@router.get(
    "/events",
    response_model=EventsOut,
    summary="Follow public events and your own",
    responses=reads_privately(),
)
@private_read
def list_events(ccg: CcgDep, snapshot: SnapshotDep, limit: LimitDep, after: After = -1) -> Answer:
    """By log index, oldest first; go on with `after` set to `nextAfter`. Gaps are normal."""
    rows = events.public_and_own(snapshot.session, ccg.ods_codes, after=after, limit=limit + 1)
    page = rows[:limit]
    return Answer(
        EventsOut(
            results=[EventOut.of(each) for each in page],
            limit=limit,
            next_after=page[-1].sequence if page else after,
            has_more=len(rows) > limit,
        )
    )


@router.get(
    "/organisations/{odsCode}/status",
    response_model=OrganisationStatusOut,
    summary="Poll where one CCG stands",
    responses=reads_privately("not-found", polled=True),
)
@private_read(polled=True)
def read_organisation_status(
    ods_code: OdsCodePath, caller: ApplicantOrOfficerDep, now: NowDep, snapshot: SnapshotDep
) -> Answer:
    """What the CCG holds, what it declared and every application that names it, as this caller may see them."""
    day = deadlines.london_day(now)
    row = directory.fetch(snapshot.session, ods_code, day=day)
    if row is None or not _may_ask(snapshot.session, caller, ods_code):
        raise NotFound(application_views.NOTHING_HERE)
    current, following = current_and_next(snapshot.session, ods_code, day)
    view = [
        application_views.view_as(caller, case)
        for case in applications.of_organisation(snapshot.session, caller, ods_code)
    ]
    content = OrganisationStatusOut(
        ods_code=ods_code,
        name=row.name,
        current=current,
        next=following,
        declarations=[DeclarationOut.of(each) for each in directory.declarations_of(snapshot.session, [ods_code])],
        applications=[_status(snapshot.session, each, caller, now) for each in view],
    )
    return Answer(content, etag=content_tag(content))


def _status(session: Session, view: application_views.ApplicationView, caller: Caller, at: datetime) -> StatusOut:
    """An application's status; its applicants are told too what they can do about its published decisions."""
    found: list[NextActionOut] = []
    if view.viewer is Viewer.APPLICANT and view.case.is_published:
        for dossier in decisions.of_application(session, view.case.reference):
            found += decision_actions(decision_views.view_as(caller, dossier, at))
    return StatusOut.of(view, view.results(session), caller, at, further=found)


def status_tag(view: application_views.ApplicationView, acts: int, at: datetime) -> str:
    """The version, and marks for what has changed since without an act on the application.

    ``due``: the day for changes has passed, so that the panel can act; ``d4``: four acts on its decisions.
    """
    due_on = view.case.application.due_on
    marks = [
        *(["due"] if due_on is not None and deadlines.has_passed(due_on, at) else []),
        *([f"d{acts}"] if acts else []),
    ]
    return f'"{"-".join([f"v{view.case.version}", *marks])}"'


def content_tag(content: OrganisationStatusOut) -> str:
    """A strong tag of the content itself: several applications have no version in common."""
    return f'"{hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:32]}"'


def _may_ask(session: Session, caller: Caller, ods_code: str) -> bool:
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes and ods_code in caller.ods_codes:
        return True
    if Scope.NATIONAL in caller.scopes:
        return True
    known = places.places_known(session, [ods_code])
    return Scope.PANEL in caller.scopes and known[ods_code].region_code in caller.regions
