"""Applications as signed-in callers read them: only what each may know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from app.api.schemas.case_files import (
    AssessmentFileOut,
    AssessmentOut,
    ChangeRequestItemOut,
    ChangeRequestOut,
    ConditionOut,
    ExtensionGivenOut,
    PastChangeRequestOut,
    ReasonOut,
    ReviewOut,
    WithdrawnOut,
)
from app.api.schemas.log import ReceiptOut
from app.api.schemas.rounds import ExpressionOfInterestOut
from app.casework.application_views import ApplicationView
from app.reading.applications import CaseDetails
from app.reading.case_files import CaseFile
from app.reading.statuses import CaseStatus, MemberResult
from app.records.applications import Result
from app.records.ledger import EntryReceipt
from app.records.open_conditions import OpenCondition
from app.rules import proposals
from app.rules.decisions import ConditionState
from app.rules.lifecycle import Act, State, WaitingOn
from app.rules.rounds import RoundKind
from app.rules.words import Criterion, Level
from app.web.documents import AppliedLevelOut, ChosenByOut, Day, Instant, Out, OutcomeOut, shown_as


class NextActionOut(Out):
    """Something this caller can do now."""

    rel: str
    method: str
    href: str
    scope: str


class MemberStatusOut(Out):
    """One member CCG. The outcome is null until this caller may see it."""

    ods_code: str
    outcome: OutcomeOut | None
    granted_level: AppliedLevelOut | None
    decision_id: str | None
    open_conditions: int | None

    @classmethod
    def of_member(cls, code: str, result: MemberResult | None) -> Self:
        """Show a member's status."""
        if result is None:
            return cls(ods_code=code, outcome=None, granted_level=None, decision_id=None, open_conditions=None)
        return cls(
            ods_code=code,
            outcome=result.outcome,
            granted_level=result.granted_level,
            decision_id=result.decision_id,
            open_conditions=result.open_conditions,
        )


class MemberOut(MemberStatusOut):
    """One member CCG in full. ``consentedAt`` is when its own client agreed, if the lead's client is another."""

    name: str
    consented_at: Instant | None
    chosen_by: ChosenByOut | None
    functions: Sequence[str] | None
    reasons: list[ReasonOut] | None
    conditions: list[ConditionOut] | None
    private_note: str | None


class OwedConditionOut(Out):
    """An open condition of a decision that this caller may see."""

    decision_id: str
    ods_code: str
    condition_id: str
    due_on: Day | None
    state: ConditionState

    @classmethod
    def of(cls, owed: OpenCondition) -> Self:
        """Show a condition that is open."""
        of_decision = {"decision_id": owed.decision_id, "ods_code": owed.ods_code}
        return cls(**of_decision, condition_id=owed.condition_id, due_on=owed.due_on, state=ConditionState.OPEN)


class StatusOut(Out):
    """The status of an application: small and cheap to poll.

    ``dueOn`` is the first London day by whose end the applicants owe something: a submission, changes, or what a
    condition asks. ``conditions`` are the open ones that this caller may see. Once they are public, the status waits on
    the applicants while one of them has no evidence, and then on the panel. ``expectedBy`` is the day on which the
    round's announcement is expected, until there is one.
    """

    reference: str
    state: State
    waiting_on: WaitingOn
    due_on: Day | None
    expected_by: Day | None
    version: int
    consents_missing: list[str] | None
    conditions: list[OwedConditionOut]
    members: list[MemberStatusOut]
    next_actions: list[NextActionOut]

    @classmethod
    def of(cls, view: ApplicationView, status: CaseStatus, at: datetime, *, further: list[NextActionOut]) -> Self:
        """The status as this caller may see it. ``further`` is what the caller can do about the decisions."""
        turn = view.turn(status.owed)
        return cls(
            reference=view.case.reference,
            state=view.state,
            waiting_on=turn.waiting_on,
            due_on=turn.due_on,
            expected_by=view.expected_by,
            version=view.case.version,
            consents_missing=status.consents_missing,
            conditions=[OwedConditionOut.of(each) for each in status.owed],
            members=[MemberStatusOut.of_member(code, status.results.get(code)) for code in view.case.members],
            next_actions=[*next_actions(view, at), *further],
        )


class ApplicationLinksOut(Out):
    """Addresses of what belongs to an application."""

    self: str
    status: str
    events: str
    round: str


class ApplicationOut(Out):
    """An application as this caller may see it.

    ``dueOn`` is the first London day by whose end the applicants must act: submit a draft, make the changes asked for,
    or meet a condition.
    ``consentsMissing`` are members that must still agree to a draft; null if it is no draft. ``scaledDownTo`` is the
    lower level that the CCGs chose after they had submitted it, ``scaledDownReason`` why.
    """

    reference: str
    round_id: str
    trial: bool
    requested_level: Level
    scaled_down_to: AppliedLevelOut | None
    scaled_down_reason: ReasonOut | None
    lead_ods_code: str
    member_ods_codes: list[str]
    region_code: str
    state: State
    waiting_on: WaitingOn
    version: int
    created_at: Instant
    updated_at: Instant
    first_submitted_at: Instant | None
    due_on: Day | None
    proposal: Annotated[dict[str, Any] | None, shown_as("ProposalIn")]
    signatories: list[Annotated[dict[str, Any], shown_as("SignatoryIn")]] | None
    flags: list[str]
    assessments: Sequence[AssessmentOut] | None
    change_request: ChangeRequestOut | None
    consents_missing: list[str] | None
    earlier_decisions: list[str]
    expressions_of_interest: list[ExpressionOfInterestOut]
    members: list[MemberOut]
    next_actions: list[NextActionOut]
    receipt: ReceiptOut | None
    links: ApplicationLinksOut

    @classmethod
    def of(cls, view: ApplicationView, details: CaseDetails, at: datetime, receipt: EntryReceipt | None) -> Self:
        """The whole application as this caller may see it."""
        row, document = view.case.application, view.case.application.document or {}
        turn, scaled = view.turn(details.owed), view.case.scaled_down
        return cls(
            reference=row.reference,
            round_id=row.round_id,
            trial=view.case.round.kind == RoundKind.TRIAL,
            requested_level=view.case.level,
            scaled_down_to=row.scaled_down_to,
            scaled_down_reason=scaled and ReasonOut.model_validate(scaled.reason, from_attributes=True),
            lead_ods_code=row.lead_ods_code,
            member_ods_codes=list(view.case.members),
            region_code=row.region_code,
            state=view.state,
            waiting_on=turn.waiting_on,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            first_submitted_at=row.first_submitted_at,
            due_on=turn.due_on,
            proposal=document.get("proposal"),
            signatories=document.get("signatories"),
            flags=proposals.flags(document, closing=view.case.closing.values(), starts_on=view.case.round.starts_on),
            assessments=None
            if details.assessments is None
            else [AssessmentOut.of(each) for each in details.assessments],
            change_request=_change_request(view),
            consents_missing=details.consents_missing,
            earlier_decisions=[f"/v1/decisions/{each}" for each in details.earlier],
            expressions_of_interest=[ExpressionOfInterestOut.of(each) for each in details.interests],
            members=[_member(view, code, details) for code in view.case.members],
            next_actions=next_actions(view, at),
            receipt=None if receipt is None else ReceiptOut.of(receipt, f"/v1/applications/{row.reference}/receipt"),
            links=links(row.reference, row.round_id),
        )


class ApplicationFileOut(ApplicationOut):
    """An application as this caller may see it, with its whole file. The answer to an act is without the file.

    ``changeRequests`` are all that the panel asked for, met or not, and ``extensions`` all the time that was given, the
    oldest first. ``review`` is for the panel and NHS England.
    """

    assessments: Sequence[AssessmentFileOut] | None
    change_requests: list[PastChangeRequestOut]
    extensions: list[ExtensionGivenOut]
    withdrawal: WithdrawnOut | None
    review: ReviewOut | None

    @classmethod
    def with_file(cls, view: ApplicationView, details: CaseDetails, file: CaseFile, at: datetime) -> Self:
        """The whole application with its file."""
        bare = ApplicationOut.of(view, details, at, None)
        said = file.assessments
        return cls(
            **{name: getattr(bare, name) for name in ApplicationOut.model_fields if name != "assessments"},
            assessments=[AssessmentFileOut.of_said(each, said[each], file.actors) for each in Criterion if each in said]
            if view.is_officers
            else None,
            change_requests=[PastChangeRequestOut.of(each, file.actors) for each in file.asked],
            extensions=[
                ExtensionGivenOut.of(each, file.actors, is_officers=view.is_officers) for each in file.extensions
            ],
            withdrawal=None if file.withdrawn is None else WithdrawnOut.of(file.withdrawn, file.actors),
            review=ReviewOut.of(file) if view.is_officers else None,
        )


class RehearsalOut(Out):
    """What would happen. The register stored nothing."""

    valid: bool
    state: State
    flags: list[str]


def links(reference: str, round_id: str) -> ApplicationLinksOut:
    """The addresses of what belongs to an application."""
    base = f"/v1/applications/{reference}"
    return ApplicationLinksOut(
        self=base, status=f"{base}/status", events=f"{base}/events", round=f"/v1/rounds/{round_id}"
    )


def _member(view: ApplicationView, code: str, details: CaseDetails) -> MemberOut:
    result = details.results.get(code)
    ruling = None if result is None else result.ruling
    return MemberOut(
        ods_code=code,
        outcome=ruling.outcome if ruling else None,
        granted_level=result.granted_level if result else None,
        decision_id=result.decision_id if result else None,
        open_conditions=result.open_conditions if result else None,
        name=view.case.names[code],
        consented_at=view.case.consents.get(code),
        chosen_by=ruling.chosen_by if ruling else None,
        functions=ruling.functions if ruling else None,
        reasons=[ReasonOut(code=each.code, text=each.text) for each in ruling.reasons] if ruling else None,
        conditions=_conditions(result) if result else None,
        private_note=ruling.private_note if ruling and view.is_officers else None,
    )


def _conditions(result: Result) -> list[ConditionOut]:
    """Conditions with their states. Before sign-off they are all open."""
    shown = []
    for each in result.ruling.conditions:
        state, settled_on = result.settled.get(each.condition_id, (ConditionState.OPEN, None))
        shown.append(
            ConditionOut.model_validate(
                {
                    "id": each.condition_id,
                    "text": each.text,
                    "reason_code": each.reason_code,
                    "due_on": each.due_on,
                    "state": state,
                    "settled_on": settled_on,
                },
                by_name=True,
                by_alias=False,
            )
        )
    return shown


def _change_request(view: ApplicationView) -> ChangeRequestOut | None:
    row = view.case.application
    asked, due = row.asked_due_on, row.due_on
    if asked is None:
        return None
    items = [ChangeRequestItemOut(pointer=each["pointer"], text=each["text"]) for each in row.change_request or []]
    return ChangeRequestOut(items=items, due_on=asked, extended_to=None if due == asked else due)


_ACTIONS = {
    Act.AMEND: ("amend", "PATCH", "", "applications"),
    Act.SUBMIT: ("submit", "POST", "/submission", "applications"),
    Act.SCALE_DOWN: ("scale-down", "POST", "/scale-down", "applications"),
    Act.WITHDRAW: ("withdraw", "POST", "/withdrawal", "applications"),
    Act.REQUEST_CHANGES: ("request-changes", "POST", "/change-requests", "panel"),
    Act.RECORD_OUTCOMES: ("record-outcomes", "POST", "/outcomes", "panel"),
    Act.CONFIRM: ("sign-off", "POST", "/sign-off", "national"),
    Act.WITHDRAW_OUTCOMES: ("withdraw-outcomes", "POST", "/outcomes/withdrawal", "panel"),
}
_MEMBER_ACTIONS = {"consent": "/consents", "consent_to_scale_down": "/consents", "leave": "/withdrawal"}


def next_actions(view: ApplicationView, at: datetime) -> list[NextActionOut]:
    """What this caller can do now: the acts of the life cycle, without those that a rule would refuse this caller.

    An assessment is an act by each criterion.
    """
    found = []
    for act in view.acts_at(at):
        if act in _ACTIONS:
            rel, method, path, scope = _ACTIONS[act]
            if act is Act.CONFIRM and view.case.level is Level.JOINT:
                scope = "panel"
            found.append(_action(view, rel, method, path, scope))
    found += [_action(view, each, "POST", _MEMBER_ACTIONS[each], "applications") for each in view.acts_of_member]
    return found + [_action(view, "assess", "PUT", f"/assessments/{each}", "panel") for each in view.criteria]


def _action(view: ApplicationView, rel: str, method: str, path: str, scope: str) -> NextActionOut:
    href = f"/v1/applications/{view.case.reference}{path}"
    return NextActionOut(rel=rel.replace("_", "-"), method=method, href=href, scope=scope)
