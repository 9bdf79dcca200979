"""What panel members and NHS England do: the queue, assessments, change requests, outcomes, sign-off."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.access.callers import PanelDep, PanelOrNationalDep, PersonDep
from app.api.applications import acted
from app.api.responses import Documented, reads_privately, writes
from app.api.schemas.applications import ApplicationOut
from app.api.schemas.case_files import AssessmentFileOut
from app.api.schemas.listings import QUEUE_COLUMNS, QueueOut, QueueRowOut
from app.api.schemas.panel import AssessmentIn, ChangeRequestIn, OutcomesIn, OutcomesWithdrawalIn, SignOffIn
from app.casework import application_views, decision_views, reviewing, signing_off
from app.casework.application_views import NOTHING_HERE
from app.reading.case_files import read_assessments
from app.reading.queue import Awaited, Waiting, WaitingCase, WaitingDecision, list_waiting
from app.reading.rounds import check_rounds
from app.records.application_lists import Assessed, Sought
from app.rules.callers import Caller
from app.rules.lifecycle import Act
from app.rules.proposals import Flag
from app.rules.refusals import NotFound
from app.rules.versions import Expectation
from app.rules.words import Criterion, Rating
from app.web.bodies import StrictRoute
from app.web.caching import SnapshotDep, private_read
from app.web.filters import AppliedLevel, CodeFilter, LevelFilter, RoundOfWorkFilter, one_or_several, parts
from app.web.formats import FormatDep, Table
from app.web.identifiers import Reference
from app.web.paging import PagingDep, instant
from app.web.preconditions import IfMatchDep, OnlyNew, version_tag
from app.web.queries import comma_list
from app.web.transactions import Answer, TransactionDep, transactional

router = APIRouter(prefix="/v1", tags=["panel and NHS England"], route_class=StrictRoute)


_FIRST: Documented = {201: {"model": ApplicationOut, "description": "The first assessment by this criterion."}}


class AwaitedWord(StrEnum):
    """What can be asked of the queue."""

    APPLICANT = Awaited.APPLICANT.value
    PANEL = Awaited.PANEL.value
    NATIONAL = Awaited.NATIONAL.value
    ANNOUNCEMENT = Awaited.ANNOUNCEMENT.value
    CONDITION = Awaited.CONDITION.value


CriterionPath = Annotated[Criterion, Path(description="The criterion to assess.")]
FlagFilter = Annotated[str | None, one_or_several(Flag, "Flags, of which an application has at least one.")]
AssessedFilter = Annotated[
    str | None,
    one_or_several(Assessed, "By how many of its criteria an application is assessed: none, some (`partly`) or all."),
]
AwaitedFilter = Annotated[
    AwaitedWord | None, Query(alias="waitingOn", description="Whose turn it is, or what is awaited. All if left out.")
]


@router.get("/queue.csv", include_in_schema=False, name="list_queue_csv")
@router.get(
    "/queue",
    response_model=QueueOut,
    summary="See what waits, oldest first",
    responses=reads_privately(columns=QUEUE_COLUMNS),
)
@private_read(offers=("json", "csv"))
def list_queue(
    officer: PanelOrNationalDep,
    snapshot: SnapshotDep,
    wanted_format: FormatDep,
    paging: PagingDep,
    awaited: AwaitedFilter = None,
    ods_code: CodeFilter = None,
    round_id: RoundOfWorkFilter = None,
    level: LevelFilter = None,
    flag: FlagFilter = None,
    assessed: AssessedFilter = None,
) -> Answer:
    """Applications of the caller's regions that are not announced yet, and decisions that wait. NHS England sees all.

    A decision waits for conditions to be met, or for NHS England to confirm what one person proposed. Each row has the
    `etag` to send as `If-Match`, its age in London days, and what this caller can do. Only applications have flags and
    are assessed, so `flag` and `assessed` leave decisions out.

    Also at `/v1/queue.csv`, or by `Accept`: the whole queue at once. Then it takes no `limit` and no `cursor`.
    """
    sought = Sought(
        awaited=awaited,
        ods_codes=parts(ods_code),
        rounds=parts(round_id),
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        flags=comma_list(flag, Flag, parameter="flag") or (),
        assessed=comma_list(assessed, Assessed, parameter="assessed") or (),
    )
    session, day = snapshot.session, snapshot.today
    check_rounds(session, sought.rounds)
    if wanted_format != "json":
        everything = list_waiting(session, officer, sought, day=day, after=None, limit=None).rows
        return Answer(Table(QUEUE_COLUMNS, [_queued(row, officer, snapshot.at) for row in everything]))
    after = paging.after(instant, str)
    found = list_waiting(session, officer, sought, day=day, after=after, limit=paging.wanted)
    page = paging.cut(found.rows, lambda row: [row.since.isoformat(), row.key])
    rows = [_queued(row, officer, snapshot.at) for row in page.rows]
    return Answer(QueueOut(results=rows, total=found.total, **page.members()), link_next=page.link_next)


def _queued(row: Waiting, officer: Caller, at: datetime) -> QueueRowOut:
    """A waiting item, as this caller may see it."""
    match row:
        case WaitingCase(case=case):
            return QueueRowOut.of(application_views.view_as(officer, case), row, at)
        case WaitingDecision(dossier=dossier):
            return QueueRowOut.of_decision(decision_views.view_as(officer, dossier, at), row, at)


@router.post(
    "/applications/{reference}/change-requests",
    status_code=201,
    response_model=ApplicationOut,
    summary="Ask the applicants for changes",
    responses=writes("not-found", "wrong-state", "stale", "if-match-required", "invalid-document"),
)
@transactional
def request_changes(
    reference: Reference,
    panel: PanelDep,
    body: ChangeRequestIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Send the application back to its applicants. They have until the end of `dueOn` in London."""
    done = reviewing.request_changes(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, panel),
        body.wanted(),
        body.due_on,
        panel=panel,
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, panel, status=201)


@router.put(
    "/applications/{reference}/assessments/{criterion}",
    response_model=ApplicationOut,
    summary="Assess an application by one criterion",
    responses=_FIRST
    | writes(
        "not-found",
        "conflict-of-interest",
        "wrong-state",
        "stale",
        "if-match-required",
        "invalid-document",
    ),
)
@transactional
def assess_application(
    reference: Reference,
    criterion: CriterionPath,
    panel: PanelDep,
    body: AssessmentIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
    if_none_match: OnlyNew = None,
) -> Answer:
    """Say how far the application meets a criterion, and why.

    Only panel and NHS England see it; the newest assessment counts, and the earlier ones stay readable. The first by a
    criterion takes `If-None-Match: *` and is answered 201. A later one takes `If-Match` with the `version` of the one
    that it replaces, which is also the `ETag` here; the application keeps its own version.

    Only delegated requests have the criteria `functions`, `finance` and `capacity`.
    """
    done, version = reviewing.assess(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, panel),
        criterion,
        Rating(body.rating),
        body.justification,
        panel=panel,
        expected=Expectation(None, is_new=True) if if_none_match else expected,
        at=transaction.at,
    )
    answer = acted(transaction, done, panel, status=201 if version == 1 else 200)
    return replace(answer, etag=version_tag(version))


@router.get(
    "/applications/{reference}/assessments/{criterion}",
    response_model=AssessmentFileOut,
    summary="Read what was said by one criterion",
    responses=reads_privately("not-found"),
)
@private_read
def read_assessment(
    reference: Reference, criterion: CriterionPath, officer: PanelOrNationalDep, snapshot: SnapshotDep
) -> Answer:
    """The newest assessment by the criterion, and the earlier ones, with who wrote each. Its `ETag` is its version."""
    view = application_views.fetch_visible(snapshot.session, reference, officer)
    said, names = read_assessments(snapshot.session, view.case.reference, criterion)
    if not said or not view.is_officers:
        raise NotFound(NOTHING_HERE)
    return Answer(AssessmentFileOut.of_said(criterion, said, names), etag=version_tag(said[-1].version))


@router.post(
    "/applications/{reference}/outcomes",
    status_code=201,
    response_model=ApplicationOut,
    summary="Record the panel's outcomes",
    responses=writes(
        "not-found",
        "conflict-of-interest",
        "wrong-state",
        "stale",
        "if-match-required",
        "invalid-document",
        "member-missing",
        "reason-required",
        "condition-required",
        "condition-not-allowed",
        "nothing-to-downgrade",
        "not-scaled-down",
        "scaled-down",
        "only-rejection",
    ),
)
@transactional
def record_outcomes(
    reference: Reference,
    panel: PanelDep,
    body: OutcomesIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Record one outcome for each member CCG, all in one act. The application then waits for a second person."""
    done = reviewing.record_outcomes(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, panel),
        body.rulings(),
        body.sitting(),
        panel=panel,
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, panel, status=201)


@router.post(
    "/applications/{reference}/outcomes/withdrawal",
    status_code=201,
    response_model=ApplicationOut,
    summary="Take recorded outcomes back",
    responses=writes(
        "not-found", "conflict-of-interest", "wrong-state", "stale", "if-match-required", "invalid-document"
    ),
)
@transactional
def withdraw_outcomes(
    reference: Reference,
    panel: PanelDep,
    body: OutcomesWithdrawalIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """Any panel member of the region can, until sign-off. The panel then records outcomes anew, or asks for changes.

    Applicants are told no more than of a return.
    """
    done = reviewing.withdraw_outcomes(
        transaction.session,
        application_views.fetch_visible(transaction.session, reference, panel),
        note=body.note,
        panel=panel,
        expected=expected,
        at=transaction.at,
    )
    return acted(transaction, done, panel, status=201)


@router.post(
    "/applications/{reference}/sign-off",
    status_code=201,
    response_model=ApplicationOut,
    summary="Sign off recorded outcomes, or return them",
    responses=writes(
        "not-found",
        "same-person",
        "conflict-of-interest",
        "wrong-state",
        "stale",
        "if-match-required",
        "invalid-document",
    ),
)
@transactional
def sign_off(
    reference: Reference,
    person: PersonDep,
    body: SignOffIn,
    transaction: TransactionDep,
    expected: IfMatchDep,
) -> Answer:
    """NHS England signs off delegated requests; a second panel member of the region signs off joint ones.

    Confirmed decisions stay embargoed until they are announced. If you return them, add a note.
    """
    view = application_views.fetch_visible(transaction.session, reference, person)
    if Act(body.decision) is Act.CONFIRM:
        done = signing_off.confirm(
            transaction.session,
            view,
            note=body.note,
            effective_from=body.effective_from,
            person=person,
            expected=expected,
            at=transaction.at,
        )
    else:
        done = signing_off.send_back(
            transaction.session, view, note=body.note, person=person, expected=expected, at=transaction.at
        )
    return acted(transaction, done, person, status=201)
