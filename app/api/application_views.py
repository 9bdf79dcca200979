"""Applications as signed-in callers read them, and the events of a caller's own applications."""

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from app.access.callers import ApplicantOrOfficerDep, CcgDep
from app.api.responses import reads_privately
from app.api.schemas.applications import ApplicationFileOut, NextActionOut, StatusOut
from app.api.schemas.decision_records import applicants_actions
from app.api.schemas.listings import ApplicationsOut, OrganisationStatusOut
from app.api.schemas.timelines import (
    EventsOut,
    TimelineEventOut,
    TimelineOut,
    VersionOut,
    VersionRowOut,
    VersionsOut,
)
from app.casework import application_views
from app.casework.application_views import NOTHING_HERE, ApplicationView
from app.reading import applications as reading
from app.reading import timelines, versions
from app.reading.case_files import read_case_file
from app.reading.rounds import check_rounds
from app.reading.statuses import CaseStatus, read_ccg_status, read_statuses
from app.records.application_lists import Wanted
from app.rules.callers import Caller, System
from app.rules.lifecycle import State
from app.rules.refusals import NotFound
from app.rules.visibility import Viewer
from app.web.caching import SnapshotDep, private_read
from app.web.documents import Out
from app.web.filters import (
    BEFORE_ALL,
    After,
    AppliedLevel,
    CodeFilter,
    LevelFilter,
    RoundOfWorkFilter,
    one_or_several,
    parts,
)
from app.web.identifiers import OdsCodePath, Reference
from app.web.paging import PagingDep, instant
from app.web.preconditions import version_tag
from app.web.queries import WHOLE, LimitDep, comma_list
from app.web.transactions import Answer

router = APIRouter(prefix="/v1", tags=["applications"])
VersionPath = Annotated[int, Path(ge=1, lt=2**31, description="The version's number."), WHOLE]
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
    round_id: RoundOfWorkFilter = None,
    state: StateFilter = None,
    level: LevelFilter = None,
    ods_code: CodeFilter = None,
) -> Answer:
    """Newest first. Applicants see their own, panel members and systems those of their regions, NHS England all."""
    wanted = Wanted(
        rounds=parts(round_id),
        states=comma_list(state, State, parameter="state") or (),
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        ods_codes=parts(ods_code),
    )
    check_rounds(snapshot.session, wanted.rounds)
    after = paging.after(instant, str)
    found = reading.list_applications(
        snapshot.session, caller, wanted, day=snapshot.today, after=after, limit=paging.wanted
    )
    page = paging.cut(found.cases, lambda case: [case.application.created_at.isoformat(), case.reference])
    return Answer(ApplicationsOut.of(found, page, caller), link_next=page.link_next)


@router.get(
    "/applications/{reference}",
    response_model=ApplicationFileOut,
    summary="Read an application",
    responses=reads_privately("not-found"),
)
@private_read
def read_application(reference: Reference, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """The application as this caller may see it. Send its `ETag` as `If-Match` when you act on it."""
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    details = reading.read_details(
        snapshot.session,
        view.case,
        caller,
        at=snapshot.at,
        sees_outcome=view.sees_outcome,
        is_officers=view.is_officers,
    )
    file = read_case_file(snapshot.session, view.case, is_officers=view.is_officers)
    content = ApplicationFileOut.with_file(view, details, file, snapshot.at)
    return Answer(content, etag=version_tag(view.case.version))


@router.get(
    "/applications/{reference}/status",
    response_model=StatusOut,
    summary="Poll where an application stands",
    responses=reads_privately("not-found", polled=True),
)
@private_read(polled=True)
def read_application_status(reference: Reference, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """Small and cheap to poll. Send `If-None-Match`: the answer is 304 as long as nothing has changed.

    The `ETag` is of the answer's bytes. For `If-Match` on an act take the `version`: `"v3"` if it is 3.
    """
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    [status] = read_statuses(snapshot.session, [(view.case, view.sees_outcome)], caller, snapshot.today)
    content = _status(view, status, caller, snapshot.at)
    return Answer(content, etag=content_tag(content))


@router.get(
    "/applications/{reference}/events",
    response_model=TimelineOut,
    summary="Read what happened to an application",
    responses=reads_privately("not-found"),
)
@private_read
def list_application_events(reference: Reference, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """Oldest first, starting with its creation. No event says more than the caller may know."""
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    found = timelines.read_timeline(snapshot.session, reference, view.viewer, caller, sees_outcome=view.sees_outcome)
    return Answer(TimelineOut(reference=reference, results=[TimelineEventOut.of_told(each) for each in found]))


@router.get(
    "/applications/{reference}/versions",
    response_model=VersionsOut,
    summary="List the versions of an application",
    responses=reads_privately("not-found"),
)
@private_read
def list_application_versions(reference: Reference, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """Every version that wrote the proposal or handed it in, oldest first, and what each changed.

    The panel and NHS England see those from the first submission on.
    """
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    found = versions.read_versions(snapshot.session, reference, view.viewer, caller)
    return Answer(
        VersionsOut(reference=reference, results=[VersionRowOut.of_listed(reference, each) for each in found])
    )


@router.get(
    "/applications/{reference}/versions/{version}",
    response_model=VersionOut,
    summary="Read one version of an application",
    responses=reads_privately("not-found"),
)
@private_read
def read_application_version(
    reference: Reference, version: VersionPath, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep
) -> Answer:
    """The application as it was written at a version that the list names, and what differs from the one before."""
    view = application_views.fetch_visible(snapshot.session, reference, caller)
    found = versions.read_versions(snapshot.session, reference, view.viewer, caller)
    for each in found:
        if each.number == version:
            return Answer(VersionOut.of(reference, each))
    raise NotFound(NOTHING_HERE)


@router.get(
    "/events",
    response_model=EventsOut,
    summary="Follow public events and your own",
    responses=reads_privately("not-yet-known"),
)
@private_read
def list_events(ccg: CcgDep, snapshot: SnapshotDep, limit: LimitDep, after: After = None) -> Answer:
    """By log index, oldest first. To go on, set `after` to `nextAfter`. Gaps are normal.

    An `after` beyond the newest event is refused; the refusal names that one as `nextAfter`.
    """
    start = BEFORE_ALL if after is None else after
    found = timelines.follow_events(snapshot.session, ccg.ods_codes, after=start, limit=limit)
    return Answer(EventsOut.of(found, limit))


@router.get(
    "/organisations/{odsCode}/status",
    response_model=OrganisationStatusOut,
    summary="Poll where one CCG stands",
    responses=reads_privately("not-found", polled=True),
)
@private_read(polled=True)
def read_organisation_status(ods_code: OdsCodePath, caller: ApplicantOrOfficerDep, snapshot: SnapshotDep) -> Answer:
    """What the CCG holds, what it declared and every application that names it, as this caller may see them."""
    found = read_ccg_status(snapshot.session, ods_code, caller, snapshot.today)
    views = [application_views.view_as(caller, case) for case in found.cases]
    seen = [(view.case, view.sees_outcome) for view in views]
    statuses = read_statuses(snapshot.session, seen, caller, snapshot.today)
    shown = [_status(view, status, caller, snapshot.at) for view, status in zip(views, statuses, strict=True)]
    content = OrganisationStatusOut.of(found, shown)
    return Answer(content, etag=content_tag(content))


def _status(view: ApplicationView, status: CaseStatus, caller: Caller, at: datetime) -> StatusOut:
    """An application's status. Its applicants also learn what they can do about its published decisions."""
    further: list[NextActionOut] = []
    if view.viewer is Viewer.APPLICANT and isinstance(caller, System):
        further = applicants_actions(status.decisions, caller)
    return StatusOut.of(view, status, at, further=further)


def content_tag(content: Out) -> str:
    """A strong tag of the content itself: much of a status changes without an act on the application."""
    return f'"{hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:32]}"'
