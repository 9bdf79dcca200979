"""Lists that signed-in callers read: applications, the queue, events."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from app.api.schemas.applications import NextActionOut, StatusOut, next_actions
from app.api.schemas.approvals import ApprovalOut, ChoiceOut, reason_out
from app.api.schemas.case_files import ReasonOut
from app.api.schemas.decision_records import decision_actions
from app.api.schemas.log import ReceiptOut
from app.api.schemas.organisations import DeclarationOut
from app.api.schemas.proposals import DeclarationIn
from app.api.schemas.rounds import ExpressionOfInterestOut
from app.casework.application_views import ApplicationView, view_as
from app.casework.decision_views import DecisionView
from app.reading.applications import Applications
from app.reading.queue import Awaited, WaitingCase, WaitingDecision
from app.reading.statuses import CcgStatus
from app.records.applications import Case
from app.records.ledger import EntryReceipt
from app.records.open_conditions import OpenCondition
from app.rules import deadlines, proposals
from app.rules.callers import Caller
from app.rules.decisions import ConditionState, DecisionState
from app.rules.lifecycle import State, WaitingOn
from app.rules.positions import is_declared, without_outcome
from app.rules.rounds import RoundKind
from app.web.documents import AppliedLevelOut, Day, Instant, LevelOut, Out, word_of
from app.web.formats import SEPARATOR, Column
from app.web.paging import Page
from app.web.preconditions import version_tag


class ListedMemberOut(Out):
    """A member CCG in a list."""

    ods_code: str
    name: str


class ApplicationRowOut(Out):
    """One application in a list."""

    reference: str
    round_id: str
    trial: bool
    requested_level: LevelOut
    scaled_down_to: AppliedLevelOut | None
    lead_ods_code: str
    members: list[ListedMemberOut]
    region_code: str
    state: State
    waiting_on: WaitingOn
    due_on: Day | None
    version: int
    updated_at: Instant
    href: str

    @classmethod
    def of(cls, view: ApplicationView, owed: Sequence[OpenCondition]) -> Self:
        """A row as this caller may see it."""
        row, turn = view.case.application, view.turn(owed)
        return cls(
            reference=row.reference,
            round_id=row.round_id,
            trial=view.case.round.kind == RoundKind.TRIAL,
            requested_level=row.requested_level,
            scaled_down_to=row.scaled_down_to,
            lead_ods_code=row.lead_ods_code,
            members=[ListedMemberOut(ods_code=code, name=view.case.names[code]) for code in view.case.members],
            region_code=row.region_code,
            state=view.state,
            waiting_on=turn.waiting_on,
            due_on=turn.due_on,
            version=row.version,
            updated_at=row.updated_at,
            href=f"/v1/applications/{row.reference}",
        )


class ApplicationsOut(Out):
    """Applications that the caller may see, newest first."""

    results: list[ApplicationRowOut]
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool

    @classmethod
    def of(cls, found: Applications, page: Page[Case], caller: Caller) -> Self:
        """A page of the list, as this caller may see it."""
        views = [view_as(caller, case) for case in page.rows]
        rows = [
            ApplicationRowOut.of(view, found.owed.get(view.case.reference, []) if view.sees_outcome else [])
            for view in views
        ]
        return cls(results=rows, total=found.total, **page.members())


class AssessedOut(Out):
    """By how many criteria an application is assessed (``done``), of all by which it is to be."""

    done: int
    of: int


class QueueRowOut(Out):
    """One waiting application, or one decision (``decisionId``) that waits for a condition or a confirmation.

    Only applications are ``assessed``: for a decision that is null.
    Send ``etag`` as If-Match when you act on it. ``dueOn`` is the day for changes, or that of the condition due first.
    ``isOverdue`` says that this day is over.
    """

    reference: str | None
    decision_id: str | None
    round_id: str | None
    trial: bool
    requested_level: LevelOut
    scaled_down_to: AppliedLevelOut | None
    scaled_down_reason: ReasonOut | None
    lead_ods_code: str
    members: list[ListedMemberOut]
    region_code: str
    state: Annotated[str, word_of(*State, *DecisionState)]
    waiting_on: Annotated[str, word_of(*Awaited)]
    waiting_since: Instant
    age_days: int
    due_on: Day | None
    is_overdue: bool
    flags: list[str]
    assessed: AssessedOut | None
    expressions_of_interest: list[ExpressionOfInterestOut]
    version: int
    etag: str
    next_actions: list[NextActionOut]
    href: str

    @classmethod
    def of(cls, view: ApplicationView, waiting: WaitingCase, at: datetime) -> Self:
        """A row as this caller may see it. The age is in whole London days."""
        row = view.case.application
        return cls(
            reference=row.reference,
            decision_id=None,
            round_id=row.round_id,
            trial=view.case.round.kind == RoundKind.TRIAL,
            requested_level=row.requested_level,
            scaled_down_to=row.scaled_down_to,
            scaled_down_reason=reason_out(row.scaled_down_code, row.scaled_down_text),
            lead_ods_code=row.lead_ods_code,
            members=[ListedMemberOut(ods_code=code, name=view.case.names[code]) for code in view.case.members],
            region_code=row.region_code,
            state=view.state,
            waiting_on=view.turn().waiting_on,
            waiting_since=row.waiting_since,
            age_days=_age(row.waiting_since, at),
            due_on=row.due_on,
            is_overdue=row.due_on is not None and deadlines.has_passed(row.due_on, at),
            flags=proposals.flags(
                row.document or {}, closing=view.case.closing.values(), starts_on=view.case.round.starts_on
            ),
            assessed=AssessedOut(done=waiting.assessed, of=waiting.to_assess),
            expressions_of_interest=[ExpressionOfInterestOut.of(each) for each in waiting.interests],
            version=row.version,
            etag=version_tag(row.version),
            next_actions=next_actions(view, at),
            href=f"/v1/applications/{row.reference}",
        )

    @classmethod
    def of_decision(cls, view: DecisionView, waiting: WaitingDecision, at: datetime) -> Self:
        """A waiting decision, as this caller may see it."""
        row, application = view.dossier.decision, view.dossier.application
        due = [each.due_on for each in view.stand.conditions if each.state is ConditionState.OPEN and each.due_on]
        return cls(
            reference=row.reference,
            decision_id=row.decision_id,
            round_id=row.round_id,
            trial=view.dossier.is_trial,
            requested_level=row.requested_level,
            scaled_down_to=row.scaled_down_to,
            scaled_down_reason=reason_out(row.scaled_down_code, row.scaled_down_text),
            lead_ods_code=application.lead_ods_code if application else row.ods_code,
            members=[ListedMemberOut(ods_code=row.ods_code, name=row.name)],
            region_code=row.region_code,
            state=row.state,
            waiting_on=waiting.awaited,
            waiting_since=waiting.since,
            age_days=_age(waiting.since, at),
            due_on=min(due, default=None),
            is_overdue=any(each.is_overdue(view.day) for each in view.stand.conditions),
            flags=[],
            assessed=None,
            expressions_of_interest=[],
            version=row.version,
            etag=version_tag(row.version),
            next_actions=decision_actions(view),
            href=f"/v1/decisions/{row.decision_id}/record",
        )


def _age(since: datetime, at: datetime) -> int:
    """How many London days something has waited."""
    return (deadlines.london_day(at) - deadlines.london_day(since)).days


QUEUE_COLUMNS: tuple[Column[QueueRowOut], ...] = (
    Column(
        "reference",
        "string",
        "The application's key; of a decision that of its application.",
        lambda each: each.reference,
    ),
    Column(
        "decisionId",
        "string",
        "The decision that waits; empty where an application waits.",
        lambda each: each.decision_id,
    ),
    Column("roundId", "string", "The round; empty for what follows from a merger.", lambda each: each.round_id),
    Column("trial", "boolean", "Whether that is a trial round.", lambda each: each.trial, required=True),
    Column("requestedLevel", "string", "The level applied for.", lambda each: each.requested_level, required=True),
    Column(
        "scaledDownTo",
        "string",
        "The lower level that the CCGs chose after they had applied.",
        lambda each: each.scaled_down_to,
    ),
    Column("leadOdsCode", "string", "The lead CCG.", lambda each: each.lead_ods_code, required=True),
    Column(
        "memberOdsCodes",
        "string",
        "The member CCGs, or the one that a decision is about.",
        lambda each: SEPARATOR.join(member.ods_code for member in each.members),
        SEPARATOR,
        required=True,
    ),
    Column(
        "memberNames",
        "string",
        "What they are called, in the same order.",
        lambda each: SEPARATOR.join(member.name for member in each.members),
        SEPARATOR,
        required=True,
    ),
    Column("regionCode", "string", "The ODS code of the region.", lambda each: each.region_code, required=True),
    Column(
        "state", "string", "The state of the application, or of the decision.", lambda each: each.state, required=True
    ),
    Column("waitingOn", "string", "Whose turn it is, or what is awaited.", lambda each: each.waiting_on, required=True),
    Column("waitingSince", "dateTime", "Since when, in UTC.", lambda each: each.waiting_since, required=True),
    Column("ageDays", "integer", "How many London days it has waited.", lambda each: each.age_days, required=True),
    Column("dueOn", "date", "The day for changes, or that of the condition due first.", lambda each: each.due_on),
    Column("isOverdue", "boolean", "Whether that day is over.", lambda each: each.is_overdue, required=True),
    Column("flags", "string", "What the panel should look at.", lambda each: SEPARATOR.join(each.flags), SEPARATOR),
    Column(
        "assessed",
        "integer",
        "By how many criteria an application is assessed.",
        lambda each: each.assessed and each.assessed.done,
    ),
    Column("toAssess", "integer", "By how many it is to be assessed.", lambda each: each.assessed and each.assessed.of),
    Column("href", "string", "Where it is.", lambda each: each.href, required=True),
    Column("version", "integer", "Its version.", lambda each: each.version, required=True),
    Column("etag", "string", "Send it as If-Match when you act on it.", lambda each: each.etag, required=True),
    Column(
        "expressionsOfInterest",
        "string",
        "The decisions on what its members had expressed an interest in before they applied.",
        lambda each: SEPARATOR.join(interest.decision_id for interest in each.expressions_of_interest),
        SEPARATOR,
    ),
)


class QueueOut(Out):
    """Everything that waits, oldest first."""

    results: list[QueueRowOut]
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool


class OrganisationStatusOut(Out):
    """What one CCG's system needs to know: its applications, what it declared, what it holds."""

    ods_code: str
    name: str
    current: ApprovalOut | None
    next: ApprovalOut | None
    declarations: list[DeclarationOut]
    choices: list[ChoiceOut]
    applications: list[StatusOut]

    @classmethod
    def of(cls, found: CcgStatus, shown: list[StatusOut]) -> Self:
        """What a CCG holds, with the status of each application."""
        held = found.holdings.shown_as(ApprovalOut.of)
        return cls(
            ods_code=found.ods_code,
            name=found.name,
            current=held.current,
            next=held.next,
            declarations=[DeclarationOut.of(each) for each in found.declarations if is_declared(each.level)],
            choices=[ChoiceOut.of(each) for each in without_outcome(found.declarations)],
            applications=shown,
        )


class DeclaredOut(Out):
    """A declaration that was just made. It is public at once."""

    declaration_id: str
    ods_code: str
    round_id: str
    level: str
    declared_on: Day
    reason: ReasonOut | None
    receipt: ReceiptOut

    @classmethod
    def of(cls, sent: DeclarationIn, declaration_id: str, declared_on: date, receipt: EntryReceipt) -> Self:
        """Show what was declared."""
        return cls(
            declaration_id=declaration_id,
            ods_code=sent.ods_code,
            round_id=sent.round_id,
            level=sent.level,
            declared_on=declared_on,
            reason=None if sent.reason is None else ReasonOut(code=sent.reason.code, text=sent.reason.text),
            receipt=ReceiptOut.of(receipt),
        )
