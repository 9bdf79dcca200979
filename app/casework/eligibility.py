"""What must hold before an application is created, amended or submitted (rules 1 to 3, 9 and 14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.casework import application_views, extending
from app.records import applications, approvals, rounds, successions
from app.records.applications import Case
from app.records.places import Place
from app.records.session import Session
from app.rules import deadlines, grants, permissions, proposals
from app.rules.bodies import may_take_part
from app.rules.callers import System
from app.rules.lifecycle import State
from app.rules.refusals import (
    ApprovalNotNeeded,
    DeadlinePassed,
    DuplicateApplication,
    Fault,
    InvalidDocument,
    SeveralRegions,
    UnknownOrganisation,
    UnknownRound,
    check_all,
)
from app.rules.rounds import RoundPlan
from app.rules.words import Level


@dataclass(frozen=True, slots=True)
class Draft:
    """An application as its lead's system writes it. ``document`` holds proposal and signatories."""

    round_id: str
    level: Level
    lead: str
    members: tuple[str, ...]
    document: Mapping[str, Any]

    @property
    def whole(self) -> dict[str, Any]:
        """All that can be amended, in one document: what pointers of a change request lead into."""
        return {
            "roundId": self.round_id,
            "requestedLevel": self.level.value,
            "leadOdsCode": self.lead,
            "memberOdsCodes": list(self.members),
            **self.document,
        }


def draft_of(case: Case) -> Draft:
    """The application's content, as it stands, as a draft."""
    row = case.application
    return Draft(row.round_id, case.level, row.lead_ods_code, case.members, row.document or {})


def round_of(session: Session, round_id: str) -> RoundPlan:
    """The round with this id. Raises UnknownRound."""
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise UnknownRound(
            f"There is no round {round_id}.", faults=[Fault("/roundId", "No such round. All are at /v1/rounds.")]
        )
    return plan


def check_is_open(plan: RoundPlan, day: date) -> None:
    """The round takes applications on a London day. Raises RoundNotOpen."""
    plan.check_takes("applications", day)


def check_draft(session: Session, draft: Draft, plan: RoundPlan, found: Mapping[str, Place]) -> None:
    """What a draft says can be applied for by these CCGs. Raises one refusal with every fault.

    ``found`` are those of them that are open today or will be, by ODS code.
    """
    check_all(
        lambda: _check_needs_approval(draft.level),
        lambda: _check_lead_is_member(draft),
        lambda: _check_places(draft, plan, found),
        lambda: grants.check_may_apply(
            draft.level, approvals.grants_of(session, draft.members, kind=plan.kind), starts_on=plan.starts_on
        ),
    )


def _check_needs_approval(level: Level) -> None:
    if not level.needs_approval:
        raise ApprovalNotNeeded(
            f"{level} needs no approval; declare it at /v1/declarations instead.",
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


def _check_places(draft: Draft, plan: RoundPlan, found: Mapping[str, Place]) -> None:
    check_all(
        lambda: _check_are_open(draft, plan, found),
        lambda: check_kinds(plan, found, draft.members),
        lambda: _check_share_a_region(draft, found),
    )


def check_kinds(plan: RoundPlan, found: Mapping[str, Place], codes: Sequence[str]) -> None:
    """Raise UnknownOrganisation if a body is no CCG. In a trial round any body that is open may take part."""
    others = [code for code in codes if code in found and not may_take_part(found[code].kind, plan.kind)]
    if others:
        raise UnknownOrganisation(
            f"{', '.join(others)}: no CCG, so it takes part in trial rounds only.",
            faults=[
                Fault(f"/memberOdsCodes/{codes.index(code)}", f"{code} is no CCG: {found[code].name}.")
                for code in others
            ],
        )


def _check_are_open(draft: Draft, plan: RoundPlan, found: Mapping[str, Place]) -> None:
    """Each member is open, or known to open by the day on which the round starts."""
    late = {code: place.opens_on for code, place in found.items() if place.opens_on > plan.starts_on}
    unknown = [code for code in draft.members if code not in found or code in late]
    if unknown:
        by = f", or opens by {plan.starts_on}" if late else ""
        raise UnknownOrganisation(
            f"{', '.join(unknown)}: not the code of a CCG that is open{by}.",
            faults=[
                Fault(
                    f"/memberOdsCodes/{draft.members.index(code)}",
                    f"{code} opens on {late[code]}, after the round starts on {plan.starts_on}."
                    if code in late
                    else f"{code} is not an open CCG. All are at /v1/organisations.",
                )
                for code in unknown
            ],
        )


def _check_share_a_region(draft: Draft, found: Mapping[str, Place]) -> None:
    regions = sorted({place.region_code for place in found.values()})
    if len(regions) > 1:
        raise SeveralRegions(
            f"The members are in {len(regions)} regions: {', '.join(regions)}.",
            faults=[
                Fault("/memberOdsCodes", f"{code} is in {found[code].region_code}.")
                for code in draft.members
                if code in found
            ],
        )


def predecessors(session: Session, found: Mapping[str, Place], day: date) -> dict[str, str]:
    """The open bodies in whose place members open after a day, each with that member. They agree as members do."""
    ahead = {code: place.opens_on for code, place in found.items() if place.opens_on > day}
    known = successions.open_predecessors(session, ahead, day)
    return {code: member for code, member in known.items() if code not in found}


def submission_checks(
    session: Session,
    draft: Draft,
    plan: RoundPlan,
    caller: System,
    case: Case | None,
    at: datetime,
    *,
    before: Mapping[str, str],
) -> list[Any]:
    """The checks of a submission: complete, in time, and the first time agreed by every member.

    ``before`` are the open bodies in whose place a member opens, which agree too.
    """
    is_first = case is None or case.state is State.DRAFT
    consents = () if case is None else case.consents
    asked = None if case is None else case.parties
    return [
        lambda: _check_complete(draft, plan),
        lambda: _check_in_time(session, draft, plan, case, at),
        *([lambda: permissions.check_consents(caller, draft.members, consents, before, asked)] if is_first else []),
    ]


def _check_complete(draft: Draft, plan: RoundPlan) -> None:
    if draft.level.needs_approval:
        proposals.check_complete(draft.document, draft.level, plan.stage)


def _check_in_time(session: Session, draft: Draft, plan: RoundPlan, case: Case | None, at: datetime) -> None:
    if not draft.level.needs_approval:
        return
    if case is not None and case.state is State.CHANGES_REQUESTED:
        deadline = case.application.due_on
    else:
        deadline = extending.deadline_of(session, plan, draft.lead, draft.level)
    if deadline is not None and deadlines.has_passed(deadline, at):
        raise DeadlinePassed(
            f"The deadline was {deadline}.",
            faults=[Fault("/requestedLevel", f"The deadline for {draft.level} was the end of {deadline} in London.")],
        )


def check_no_other(session: Session, draft: Draft, caller: System, *, own_reference: str | None) -> None:
    """No member has another live application in the round. Raises DuplicateApplication naming each.

    It comes after the consents: what is told is about members that the caller is registered for or that
    have agreed, and where the other application is only to who may see it.
    """
    live = applications.live_members(session, draft.round_id, draft.members)
    others = {code: reference for code, reference in live.items() if reference != own_reference}
    if others:
        raise DuplicateApplication(
            f"{', '.join(others)}: there is a live application in round {draft.round_id} already.",
            faults=[Fault("/memberOdsCodes", f"{code} has a live application.") for code in others],
            extra={
                "conflicts": [
                    {
                        "odsCode": code,
                        "href": f"/v1/applications/{reference}"
                        if application_views.may_see(session, caller, reference)
                        else None,
                    }
                    for code, reference in others.items()
                ]
            },
        )


def check_fixed(case: Case, draft: Draft) -> None:
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
