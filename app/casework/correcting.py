"""What NHS England takes two people for: corrections, revocations and waivers (rules 4, 7 and 8).

One person proposes, and nothing is public; when another confirms, it takes effect and is public at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from app.casework import carrying_over, conditions, decision_views, grants
from app.casework.carrying_over import day_text
from app.casework.decision_views import DecisionActed, DecisionView, about, after, first_of, subject_of
from app.casework.notice import check_ends_earlier
from app.casework.reviewing import ruling_data, word_faults
from app.records import applications, approvals, decisions, ledger
from app.records.entries.wire import Entry
from app.records.session import Session
from app.records.tables import Proposal
from app.rules import outcomes, permissions
from app.rules.callers import Person
from app.rules.decisions import PROPOSES, ConditionState, ProposalKind
from app.rules.grants import End, EndedBy
from app.rules.history import Origin
from app.rules.outcomes import Ruling
from app.rules.refusals import Fault, InvalidDocument, NotFound, WrongState, check_all
from app.rules.versions import Expectation
from app.rules.words import Level

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is proposed: its kind, the condition of a waiver, and what becomes public when it is confirmed."""

    kind: str
    condition_id: str | None
    public: Mapping[str, Any]


def correction(view: DecisionView, ruling: Ruling, *, reason: str, effective_from: date | None) -> Terms:
    """Another decision in the place of this one, with the same request. Raises every fault at once."""
    level = Level(view.dossier.decision.requested_level)
    check_all(
        lambda: outcomes.check_ruling(level, ruling),
        lambda: _check_words(view, ruling),
    )
    granted = outcomes.granted_level(level, ruling.outcome)
    old = view.dossier.decision
    # Of history a day that no source gives stays unknown.
    usual = None if old.origin == Origin.HISTORY else view.dossier.round.starts_on
    starts = effective_from or old.effective_from or usual
    public = {
        "correctionReason": reason,
        **ruling_data(ruling),
        "grantedLevel": granted,
        "effectiveFrom": day_text(starts) if granted else None,
    }
    return Terms("correction", None, public)


def revocation(view: DecisionView, *, reason: str, legal_basis: str, last_day: date | None) -> Terms:
    """The end of a grant by NHS England's own power, at once or with a later day."""
    if last_day is not None and last_day < view.day:
        raise InvalidDocument("The last day has passed.", faults=[Fault("/lastDay", f"{last_day} has passed.")])
    day = last_day.isoformat() if last_day else None
    return Terms("revocation", None, {"reason": reason, "legalBasis": legal_basis, "lastDay": day})


def waiver(view: DecisionView, condition_id: str, *, reason: str, in_force_from: date | None) -> Terms:
    """A condition is no longer required. NHS England may name the day on which the approval then starts."""
    view.check_condition_is_open(view.condition(condition_id))
    if in_force_from is not None and in_force_from < view.day:
        fault = Fault("/inForceFrom", f"{in_force_from} has passed.")
        raise InvalidDocument("The first day has passed.", faults=[fault])
    day = in_force_from.isoformat() if in_force_from else None
    return Terms("waiver", condition_id, {"reason": reason, "inForceFrom": day})


def propose(
    session: Session,
    view: DecisionView,
    kind: str,
    terms: Any,
    *,
    proposal_id: str,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Propose; ``terms`` makes them once it is known that the act is possible.

    Another proposal about the same decision that is still open is replaced.
    """
    expected.check(view.dossier.version)
    view.check_possible(PROPOSES[ProposalKind(kind)])
    made: Terms = terms(view)
    earlier = view.dossier.proposal
    data = {
        **first_of(view),
        "proposalId": proposal_id,
        "kind": made.kind,
        "conditionId": made.condition_id,
        "terms": made.public,
        "replaces": earlier.proposal_id if earlier else None,
    }
    row = view.dossier.decision
    entry = Entry("proposal.made", data, {"actor": person.key}, reference=row.reference, ods_code=row.ods_code)
    [receipt] = ledger.append(session, [entry], at=at)
    return DecisionActed(receipt, decision_views.fetch_visible(session, row.decision_id, person, at))


# --- confirming ---------------------------------------------------------------------------------


class Effect(NamedTuple):
    """What a confirmed proposal does: its entries, and the decision to look at then."""

    entries: Sequence[Entry]
    decision_id: str


def confirm(
    session: Session, proposal_id: str, *, person: Person, expected: Expectation, at: datetime
) -> DecisionActed:
    """Let what another person proposed take effect. Raises NotFound, and SamePerson for who proposed it."""
    proposal = decisions.proposal_with_id(session, proposal_id)
    if proposal is None:
        raise NotFound("There is no such proposal.")
    view = decision_views.fetch_visible(session, proposal.decision_id, person, at)
    permissions.check_may_confirm(person, view.concerned, proposed_by=proposal.proposed_by)
    expected.check(view.dossier.version)
    if proposal.state != "open":
        raise WrongState(f"The proposal is {proposal.state}.", extra={"state": proposal.state, "allowed": view.acts})
    view.check_possible(PROPOSES[ProposalKind(proposal.kind)])
    confirmed = Entry(
        "proposal.confirmed",
        {**first_of(view), "proposalId": proposal_id, "kind": proposal.kind},
        {"actor": person.key},
        reference=view.dossier.decision.reference,
        ods_code=view.dossier.decision.ods_code,
    )
    effect = _EFFECTS[proposal.kind](session, view, proposal, person)
    receipts = ledger.append(session, [confirmed, *effect.entries], at=at)
    done = DecisionActed(receipts[1], view)
    return after(session, view, done, actor=person.key, at=at, decision_id=effect.decision_id)


def _corrected(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    old, terms = view.dossier.decision, proposal.terms
    _check_stands_alone(session, view, terms["grantedLevel"])
    number = decisions.corrections_of(session, old.reference, old.ods_code, old.round_id) + 1
    base = f"{old.reference}-{old.ods_code}"
    carried = carrying_over.conditions(view, terms["conditions"])
    granted = carrying_over.grant(view, terms, carried)
    data = {
        "decisionId": f"{base}-{number}",
        "roundId": old.round_id,
        "name": old.name,
        "regionCode": old.region_code,
        "areaTeamCode": old.area_team_code,
        "requestedLevel": old.requested_level,
        **{name: terms[name] for name in _RULED},
        "conditions": carried,
        "decidedOn": view.day.isoformat(),
        "signedOffOn": view.day.isoformat(),
        "occurredOn": view.day.isoformat(),
        "supersedes": old.decision_id,
        "proposalId": proposal.proposal_id,
        "voids": _voided(view),
        "grant": granted,
        "member": _member(view, terms["grantedLevel"]),
    }
    private = {"actor": person.key, "proposedBy": proposal.proposed_by}
    entries = [about(view, "decision.corrected", data, private)]
    if carrying_over.is_promoted(view, granted, carried):
        starts = max(date.fromisoformat(terms["effectiveFrom"]), view.day) if terms["effectiveFrom"] else view.day
        promoted = {"decisionId": data["decisionId"], "roundId": old.round_id, "occurredOn": view.day.isoformat()}
        promoted["inForceFrom"] = starts.isoformat()
        entries.append(about(view, "approval.promoted", promoted, {"actor": person.key}))
    return Effect(entries, f"{base}-{number}")


_RULED = ("outcome", "chosenBy", "reasons", "grantedLevel", "effectiveFrom", "correctionReason")


def _check_stands_alone(session: Session, view: DecisionView, granted: str | None) -> None:
    """A CCG has one standing grant, and one live application, in a round: a correction may not give it another."""
    old = view.dossier.decision
    if granted is None:
        return
    other = decisions.with_other_grant(session, old)
    if other is not None:
        raise WrongState(
            f"{other} gives {old.ods_code} something in round {old.round_id} already.",
            extra={"state": old.state, "allowed": view.acts},
        )
    live = applications.live_members(session, old.round_id, [old.ods_code])
    if live.get(old.ods_code, old.reference) != old.reference:
        raise WrongState(
            f"{old.ods_code} has another live application in round {old.round_id}.",
            extra={"state": old.state, "allowed": view.acts},
        )


def _voided(view: DecisionView) -> dict[str, Any] | None:
    """What the old decision gave never was in force: its last day is before its first."""
    approval = view.dossier.approval
    if approval is None:
        return None
    never = (approval.in_force_from or view.day) - ONE_DAY
    return {"inForceTo": never.isoformat(), "endedBy": EndedBy.CORRECTED}


def _member(view: DecisionView, granted: str | None) -> str | None:
    """Whether the CCG's part in the application becomes live, or ends; None where that does not change."""
    had, has = view.dossier.decision.granted_level is not None, granted is not None
    if view.dossier.application is None or had == has:
        return None
    return "live" if has else "ended"


def _revoked(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    terms = proposal.terms
    last_day = date.fromisoformat(terms["lastDay"]) if terms["lastDay"] else view.day
    if last_day < view.day:
        raise WrongState(
            f"The last day that was proposed, {last_day}, has passed.",
            extra={"state": view.dossier.decision.state, "allowed": view.acts},
        )
    check_ends_earlier(view, last_day)
    held = approvals.held_under(session, view.dossier.decision_id)
    if held is None:
        raise LookupError(f"{view.dossier.decision_id} gives nothing")
    starts, is_signed = held.grant.in_force_from, held.grant.agreement.lets_start
    if not is_signed or starts is None or starts > last_day:
        # It never comes into force: so it is over at once, and nothing of it stays granted ahead.
        last_day = view.day - ONE_DAY
    entry = grants.ended(
        held,
        End(last_day, EndedBy.REVOKED),
        view.day,
        actor=person.key,
        is_first=False,
        reason=terms["reason"],
        legal_basis=terms["legalBasis"],
    )
    return Effect([entry], view.dossier.decision_id)


def _waived(session: Session, view: DecisionView, proposal: Proposal, person: Person) -> Effect:
    del session  # what a waiver does is known from the decision alone
    condition = view.condition(proposal.condition_id or "")
    view.check_condition_is_open(condition)
    named = proposal.terms["inForceFrom"]
    data = subject_of(view) | {"reason": proposal.terms["reason"]}
    waived = conditions.settled(view, condition, ConditionState.WAIVED, data, {"actor": person.key})
    starts = max(date.fromisoformat(named), view.day) if named else None
    promoted = conditions.promotion(view, condition.condition_id, actor=person.key, named=starts)
    return Effect([waived, *promoted], view.dossier.decision_id)


_EFFECTS = {"correction": _corrected, "revocation": _revoked, "waiver": _waived}


def _check_words(view: DecisionView, ruling: Ruling) -> None:
    """A day that has passed is refused of a condition that is new; one that stays keeps its day."""
    overdue = {f"/conditions/{place}/dueOn" for place in carrying_over.kept(view, ruling.conditions)}
    faults = [fault for fault in word_faults(ruling, "", view.day) if fault.pointer not in overdue]
    if faults:
        raise InvalidDocument(faults[0].detail, faults=faults)
