"""Applications as CCG systems write them: create, amend, submit, withdraw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from app.casework import sight
from app.casework.sight import Sight
from app.records import applications, approvals, ledger, places, rounds
from app.records.applications import Case
from app.records.ledger import Entry, Receipt
from app.records.session import Session
from app.rules import deadlines, permissions, proposals, standing
from app.rules.callers import System
from app.rules.lifecycle import Act, State
from app.rules.refusals import (
    ApprovalNotNeeded,
    DeadlinePassed,
    DuplicateApplication,
    Fault,
    InvalidDocument,
    RoundNotOpen,
    SeveralRegions,
    UnknownOrganisation,
    UnknownRound,
    check_all,
)
from app.rules.rounds import RoundPlan
from app.rules.versions import Expectation
from app.rules.words import Level


@dataclass(frozen=True, slots=True)
class Draft:
    """An application as its lead's system writes it. ``document`` holds proposal and signatories."""

    round_id: str
    level: Level
    lead: str
    members: tuple[str, ...]
    document: Mapping[str, Any]


class Acted(NamedTuple):
    """What an act came to: where it stands in the log, and the application after it."""

    receipt: Receipt
    sight: Sight


def create(
    session: Session,
    draft: Draft,
    *,
    reference: str,
    caller: System,
    attribution: Mapping[str, Any],
    declared_by: str | None,
    at: datetime,
) -> Acted:
    """Create a draft; with ``declared_by``, create and submit it in one act."""
    permissions.check_is_for_lead(caller, draft.lead)
    plan = _round(session, draft.round_id)
    day = deadlines.london_day(at)
    check_all(
        lambda: _check_is_open(plan, day),
        lambda: _check_draft(session, draft, plan, day),
        *([] if declared_by is None else _submission_checks(draft, plan, caller, None, at)),
    )
    if declared_by is not None:
        _check_no_other(session, draft, own_reference=None)
    entries = [_created(session, draft, reference, caller, attribution, day)]
    if declared_by is not None:
        entries.append(_submitted(session, draft, reference, 2, None, caller, attribution, declared_by, at))
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[-1], sight.find(session, reference, caller, at))


def amend(
    session: Session,
    seen: Sight,
    draft: Draft,
    *,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Replace the draft, or the proposal while changes are asked for."""
    case = seen.case
    permissions.check_is_for_lead(caller, case.application.lead_ods_code)
    expected.check(case.version)
    state = seen.step(Act.AMEND)
    day = deadlines.london_day(at)
    _check_fixed(case, draft)
    if state is State.DRAFT:
        _check_draft(session, draft, _round(session, draft.round_id), day)
    entry = Entry(
        "application.amended",
        {
            **_terms(session, draft, day),
            "version": case.version + 1,
            "state": state,
        },
        {"actor": caller.key, "attribution": attribution, "document": draft.document},
        reference=case.reference,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, sight.find(session, case.reference, caller, at))


def submit(
    session: Session,
    seen: Sight,
    *,
    declared_by: str,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Submit a draft, or submit again once the changes that the panel asked for are made."""
    case = seen.case
    permissions.check_is_for_lead(caller, case.application.lead_ods_code)
    expected.check(case.version, is_required=False)
    seen.step(Act.SUBMIT)
    draft = draft_of(case)
    plan = _round(session, draft.round_id)
    day = deadlines.london_day(at)
    is_first = case.state is State.DRAFT
    check_all(
        *([lambda: _check_draft(session, draft, plan, day)] if is_first else []),
        *_submission_checks(draft, plan, caller, case, at),
    )
    _check_no_other(session, draft, own_reference=case.reference)
    entry = _submitted(session, draft, case.reference, case.version + 1, case, caller, attribution, declared_by, at)
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, sight.find(session, case.reference, caller, at))


def withdraw(
    session: Session,
    seen: Sight,
    *,
    reason: str | None,
    caller: System,
    attribution: Mapping[str, Any],
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Withdraw the whole application, from any state before it is decided."""
    case = seen.case
    permissions.check_is_for_lead(caller, case.application.lead_ods_code)
    expected.check(case.version, is_required=False)
    entry = Entry(
        "application.withdrawn",
        {"state": seen.step(Act.WITHDRAW), "version": case.version + 1, "memberOdsCodes": case.members},
        {"actor": caller.key, "attribution": attribution, "reason": reason},
        reference=case.reference,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, sight.find(session, case.reference, caller, at))


def draft_of(case: Case) -> Draft:
    """The application's content, as it stands, as a draft."""
    row = case.application
    return Draft(row.round_id, case.level, row.lead_ods_code, case.members, row.document or {})


# --- checks -------------------------------------------------------------------------------------


def _round(session: Session, round_id: str) -> RoundPlan:
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise UnknownRound(f"There is no round {round_id}.", faults=[Fault("/roundId", "No such round.")])
    return plan


def _check_is_open(plan: RoundPlan, day: date) -> None:
    if not plan.takes_applications_on(day):
        raise RoundNotOpen(
            f"Round {plan.round_id} takes applications from {plan.opens_on} to {plan.closes_on}.",
            faults=[Fault("/roundId", "Not open today.")],
        )


def _check_draft(session: Session, draft: Draft, plan: RoundPlan, day: date) -> None:
    check_all(
        lambda: _check_needs_approval(draft.level),
        lambda: _check_lead_is_member(draft),
        lambda: _check_places(session, draft, day),
        lambda: standing.check_may_apply(
            draft.level, approvals.grants_of(session, draft.members, kind=plan.kind), starts_on=plan.starts_on
        ),
    )


def _check_needs_approval(level: Level) -> None:
    if not level.needs_approval:
        raise ApprovalNotNeeded(
            f"{level} needs no approval; declare it instead.",
            faults=[Fault("/requestedLevel", "Only delegated and joint are applied for.")],
        )


def _check_lead_is_member(draft: Draft) -> None:
    faults = []
    if draft.lead not in draft.members:
        faults.append(Fault("/memberOdsCodes", f"The lead, {draft.lead}, must be among the members."))
    if len(set(draft.members)) != len(draft.members):
        faults.append(Fault("/memberOdsCodes", "A CCG is named twice."))
    if faults:
        raise InvalidDocument(faults[0].detail, faults=faults)


def _check_places(session: Session, draft: Draft, day: date) -> None:
    found = places.places_on(session, draft.members, day)
    unknown = [code for code in draft.members if code not in found]
    if unknown:
        raise UnknownOrganisation(
            f"{', '.join(unknown)}: not the code of a CCG that is open.",
            faults=[
                Fault(f"/memberOdsCodes/{draft.members.index(code)}", f"{code} is not an open CCG.") for code in unknown
            ],
        )
    regions = sorted({place.region_code for place in found.values()})
    if len(regions) > 1:
        raise SeveralRegions(
            f"The members are in {len(regions)} regions: {', '.join(regions)}.",
            faults=[Fault("/memberOdsCodes", f"{code} is in {found[code].region_code}.") for code in draft.members],
        )


def _submission_checks(draft: Draft, plan: RoundPlan, caller: System, case: Case | None, at: datetime) -> list[Any]:
    return [
        lambda: proposals.check_complete(draft.document, draft.level) if draft.level.needs_approval else None,
        lambda: _check_in_time(draft, plan, case, at),
        lambda: permissions.check_consents(caller, draft.members),
    ]


def _check_in_time(draft: Draft, plan: RoundPlan, case: Case | None, at: datetime) -> None:
    if not draft.level.needs_approval:
        return
    if case is not None and case.state is State.CHANGES_REQUESTED:
        deadline = case.application.due_on
    else:
        deadline = plan.deadline_for(draft.level)
    if deadline is not None and deadlines.has_passed(deadline, at):
        raise DeadlinePassed(
            f"The deadline was {deadline}.",
            faults=[Fault("/requestedLevel", f"The deadline for {draft.level} was the end of {deadline} in London.")],
        )


def _check_no_other(session: Session, draft: Draft, *, own_reference: str | None) -> None:
    live = applications.live_members(session, draft.round_id, draft.members)
    others = {code: reference for code, reference in live.items() if reference != own_reference}
    if others:
        raise DuplicateApplication(
            f"{', '.join(others)}: there is a live application in round {draft.round_id} already.",
            faults=[Fault("/memberOdsCodes", f"{code} has a live application.") for code in others],
            extra={
                "conflicts": [
                    {"odsCode": code, "href": f"/v1/applications/{reference}"} for code, reference in others.items()
                ]
            },
        )


def _check_fixed(case: Case, draft: Draft) -> None:
    """Round and lead never change; level and members not once it was submitted."""
    old = draft_of(case)
    faults = []
    if draft.round_id != old.round_id:
        faults.append(Fault("/roundId", "Cannot change; withdraw and create a new application."))
    if draft.lead != old.lead:
        faults.append(Fault("/leadOdsCode", "Cannot change; withdraw and create a new application."))
    if case.state is not State.DRAFT:
        if draft.level is not old.level:
            faults.append(Fault("/requestedLevel", "Cannot change after submission."))
        if draft.members != old.members:
            faults.append(Fault("/memberOdsCodes", "Cannot change after submission."))
    if faults:
        raise InvalidDocument("A fixed member was changed.", faults=faults)


# --- entries ------------------------------------------------------------------------------------


def _terms(session: Session, draft: Draft, day: date) -> dict[str, Any]:
    lead = places.places_on(session, [draft.lead], day)[draft.lead]
    return {
        "roundId": draft.round_id,
        "requestedLevel": draft.level,
        "leadOdsCode": draft.lead,
        "memberOdsCodes": draft.members,
        "regionCode": lead.region_code,
    }


def _created(
    session: Session, draft: Draft, reference: str, caller: System, attribution: Mapping[str, Any], day: date
) -> Entry:
    return Entry(
        "application.created",
        {
            **_terms(session, draft, day),
            "version": 1,
            "state": State.DRAFT,
        },
        {"actor": caller.key, "attribution": attribution, "document": draft.document},
        reference=reference,
    )


def _submitted(
    session: Session,
    draft: Draft,
    reference: str,
    version: int,
    case: Case | None,
    caller: System,
    attribution: Mapping[str, Any],
    declared_by: str,
    at: datetime,
) -> Entry:
    first = case.application.first_submitted_at if case is not None else None
    ended = applications.standing_declarations(session, draft.round_id, draft.members)
    return Entry(
        "application.submitted",
        {
            "version": version,
            "state": State.SUBMITTED,
            "memberOdsCodes": draft.members,
            "firstSubmittedAt": ledger.instant_text(first or at),
            "endsDeclarations": [each.declaration_id for each in ended],
        },
        {"actor": caller.key, "attribution": attribution, "declaredBy": declared_by},
        reference=reference,
    )
