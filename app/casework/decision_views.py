"""A decision as one caller may see it and act on it: found, or not there at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from app.casework import closing, grants
from app.casework.application_views import NOTHING_HERE
from app.records import approvals, decisions, ledger
from app.records.decisions import Dossier
from app.records.entries.base import DecisionSubject
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.records.tables import DecisionCondition
from app.rules import deadlines, outcomes, visibility
from app.rules import decisions as rules
from app.rules.callers import Caller, Scope, System
from app.rules.decisions import ConditionState, DecisionAct, DecisionSnapshot
from app.rules.refusals import Forbidden, NotFound, WrongState
from app.rules.visibility import Viewer

_SCOPES = {Viewer.APPLICANT: Scope.APPLICATIONS, Viewer.PANEL: Scope.PANEL, Viewer.NATIONAL: Scope.NATIONAL}


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision through one caller's eyes, on one London day."""

    dossier: Dossier
    viewer: Viewer
    caller: Caller
    day: date

    @property
    def stand(self) -> DecisionSnapshot:
        """The decision as the rules see it."""
        return self.dossier.stand(self.day)

    @property
    def version(self) -> int:
        """The decision's version as this caller may know it: applicants are not told of proposals."""
        hidden = self.dossier.untold_acts if self.viewer is Viewer.APPLICANT else 0
        return self.dossier.version - hidden

    @property
    def document(self) -> Mapping[str, Any] | None:
        """What its application says. None if there is none, or it was redacted."""
        return None if self.dossier.application is None else self.dossier.application.document

    @property
    def functions(self) -> tuple[str, ...] | None:
        """The functions that it grants at delegated. None if that is not known."""
        row = self.dossier.decision
        return outcomes.granted_functions(row.granted_level, row.functions, self.document)

    @property
    def is_own(self) -> bool:
        """Whether the caller is the system of the CCG that the decision is about."""
        return isinstance(self.caller, System) and self.dossier.decision.ods_code in self.caller.ods_codes

    @property
    def is_officers(self) -> bool:
        """Whether it is panel or NHS England that looks."""
        return self.viewer in {Viewer.PANEL, Viewer.NATIONAL}

    @property
    def acts(self) -> list[DecisionAct]:
        """What this caller can do now: what the rules allow its part, less what they bar this caller from."""
        return [act for act in rules.allowed(self.stand, _SCOPES[self.viewer]) if self._is_theirs(act)]

    def _is_theirs(self, act: DecisionAct) -> bool:
        if isinstance(self.caller, System):
            return self.viewer is Viewer.APPLICANT and self.is_own
        has_interest = bool(self.caller.interests & self.concerned)
        if act is DecisionAct.MOVE_NOTICE:
            return not has_interest
        if act is DecisionAct.DISCHARGE:
            return not has_interest and self.caller.key != self.dossier.decision.recorded_by
        if act is DecisionAct.CONFIRM:
            proposal = self.dossier.proposal
            is_second = proposal is not None and self.caller.key != proposal.proposed_by
            is_possible = proposal is not None and closing.obstacle(self.dossier, proposal, self.day) is None
            return is_second and not has_interest and is_possible
        return True

    @property
    def concerned(self) -> frozenset[str]:
        """The CCGs in which an interest bars a person from deciding."""
        return frozenset({*self.dossier.members, self.dossier.decision.ods_code})

    def subject(self, actor: str, *, is_first: bool = True) -> DecisionSubject:
        """What every entry about the decision says; the first of an act counts its version up."""
        row = self.dossier.decision
        return {
            "reference": row.reference,
            "ods_code": row.ods_code,
            "decision_id": row.decision_id,
            "round_id": row.round_id,
            "decision_version": self.dossier.version + 1 if is_first else None,
            "actor": actor,
        }

    def check_possible(self, act: DecisionAct) -> None:
        """Raise WrongState, with what this caller may do instead, when the act does not fit how things stand."""
        try:
            rules.check_possible(self.stand, act, _SCOPES[self.viewer])
        except WrongState as refusal:
            refusal.extra["allowed"] = self.acts
            raise

    def condition(self, condition_id: str) -> DecisionCondition:
        """One condition of the decision. Raises NotFound."""
        for each in self.dossier.conditions:
            if each.condition_id == condition_id:
                return each
        raise NotFound(NOTHING_HERE)

    def check_condition_is_open(self, condition: DecisionCondition) -> None:
        """Raise WrongState for a condition that was met, was waived or has lapsed."""
        if condition.state != ConditionState.OPEN:
            raise WrongState(
                f"Condition {condition.condition_id} is {condition.state} already.",
                extra={"state": condition.state, "allowed": self.acts},
            )


class DecisionActed(NamedTuple):
    """What an act came to: where it stands in the log, and the decision after it."""

    receipt: EntryReceipt
    view: DecisionView


def fetch_visible(session: Session, decision_id: str, caller: Caller, at: datetime) -> DecisionView:
    """Find a decision. Raises NotFound when there is none, or none that the caller may see."""
    dossier = decisions.fetch(session, decision_id)
    if dossier is None:
        raise NotFound(NOTHING_HERE)
    view = view_as(caller, dossier, at)
    if not _may_see(view):
        raise NotFound(NOTHING_HERE)
    return view


def view_as(caller: Caller, dossier: Dossier, at: datetime) -> DecisionView:
    """See a decision through a caller's eyes; a stranger should be told nothing."""
    viewer = visibility.viewer_of(
        caller,
        members=frozenset({*dossier.members, dossier.decision.ods_code}),
        regions=dossier.regions,
        was_submitted=True,
    )
    return DecisionView(dossier, viewer, caller, deadlines.london_day(at))


def _may_see(view: DecisionView) -> bool:
    """Panel and national see what is signed off, applicants what is published or was shown to them."""
    application = view.dossier.application
    if view.viewer is Viewer.APPLICANT:
        is_shown = application is not None and application.shown_at is not None
        return is_shown or view.dossier.decision.published_at is not None
    return view.viewer is not Viewer.STRANGER


# --- acting on it -------------------------------------------------------------------------------


def check_is_own(view: DecisionView) -> None:
    """Only the CCG's own system acts for it. Raises Forbidden."""
    if not view.is_own:
        raise Forbidden(f"This client is not registered for {view.dossier.decision.ods_code}.")


def settle_grants(
    session: Session,
    view: DecisionView,
    done: DecisionActed,
    *,
    actor: str,
    at: datetime,
    decision_id: str | None = None,
) -> DecisionActed:
    """What follows from an act on a grant: which others end, and that it has started; then how the decision stands.

    ``decision_id`` names the decision that is to be looked at, where it is not the one acted on.
    """
    shown = decision_id or view.dossier.decision_id
    grants.settle(session, [view.dossier.decision.ods_code], actor=actor, at=at)
    # Only now, for what has come to end before its first day has not started.
    for held in approvals.unannounced_starts(session, view.day, decision_id=shown):
        ledger.append(session, [grants.started(held, actor=actor, is_first=False)], at=at)
    after = fetch_visible(session, shown, view.caller, at)
    closed = closing.entries_about([after.dossier], view.day, actor=actor)
    if closed:
        ledger.append(session, closed, at=at)
        after = fetch_visible(session, shown, view.caller, at)
    return DecisionActed(done.receipt, after)
