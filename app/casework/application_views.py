"""An application as one caller may see it: found, or not there at all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from app.records import applications
from app.records.applications import Case
from app.records.open_conditions import OpenCondition
from app.records.session import Session
from app.rules import deadlines, lifecycle, permissions, visibility
from app.rules.callers import Caller, System
from app.rules.lifecycle import Act, State, WaitingOn
from app.rules.proposals import CRITERIA_AT
from app.rules.refusals import NotFound, WrongState
from app.rules.visibility import Viewer
from app.rules.words import Criterion, Level

__all__ = [
    "NOTHING_HERE",
    "ApplicationView",
    "Viewer",
    "check_may_see",
    "fetch_visible",
    "may_see",
    "renewed_view",
    "view_as",
]

NOTHING_HERE = "There is nothing here, or nothing that you may see."


class Turn(NamedTuple):
    """Whose turn it is, and the first London day by whose end the applicants owe something."""

    waiting_on: WaitingOn
    due_on: date | None


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application through one caller's eyes, at one instant.

    ``state`` is the one that the caller may know; ``acts`` are those that this caller's part in the life cycle allows
    now, and ``acts_at`` those of them that no rule refuses this caller; ``criteria`` are those by which this caller can
    assess it now, for the first time or anew.
    """

    case: Case
    caller: Caller
    viewer: Viewer
    sees_outcome: bool
    state: State
    acts: list[Act]
    criteria: Sequence[Criterion]

    def step(self, act: Act, at: datetime) -> State:
        """The state an act leads to. Raises WrongState with what this caller may know of it."""
        try:
            return lifecycle.move(self.case.state, act)
        except WrongState as refusal:
            raise self.conflict(f"The application is {self.state}; {act} is not possible.", at) from refusal

    def check_state(self, *, fits: bool, act: str, at: datetime) -> None:
        """For what does not move the application: raise WrongState as a step does, unless the state fits."""
        if not fits:
            raise self.conflict(f"The application is {self.state}; {act} is not possible.", at)

    def conflict(self, detail: str, at: datetime) -> WrongState:
        """The refusal that says why not, where the application stands for this caller, and what it may do instead."""
        return WrongState(detail, extra={"state": self.state, "allowed": [*self.acts_at(at), *self.acts_of_member]})

    def acts_at(self, at: datetime) -> list[Act]:
        """The acts of the life cycle that are this caller's to take at an instant."""
        return [act for act in self.acts if self._is_theirs(act, at)]

    def turn(self, conditions: Collection[OpenCondition] = ()) -> Turn:
        """Whose turn it is, with the open conditions that it sees. Applicants know only their own CCGs' evidence."""
        case = self.case
        owed = (case.due_on, *(each.due_on for each in conditions))
        evidenced = [each.has_evidence and self._knows_evidence_of(each) for each in conditions]
        return Turn(
            lifecycle.waiting_on(case.state, case.level, is_published=case.is_published, evidenced=evidenced),
            min((each for each in owed if each is not None), default=None),
        )

    @property
    def expected_by(self) -> date | None:
        """The day on which its decisions are expected to be announced, while they may still be."""
        is_awaited = not self.case.is_published and self.case.state not in {State.WITHDRAWN, State.LAPSED}
        return self.case.round.announcement_expected_on if is_awaited else None

    def _knows_evidence_of(self, condition: OpenCondition) -> bool:
        is_own = isinstance(self.caller, System) and condition.ods_code in self.caller.ods_codes
        return is_own or self.viewer is not Viewer.APPLICANT

    @property
    def acts_of_member(self) -> list[str]:
        """What a member's client can do if it is not also the lead's client: to consent and to leave."""
        case = self.case
        if self.viewer is not Viewer.APPLICANT or not isinstance(self.caller, System) or self._is_leads(self.caller):
            return []
        own = self.caller.ods_codes & set(case.members)
        consents = case.state is State.DRAFT and (self.caller.ods_codes & case.parties) - case.consents.keys()
        scales = self.can_be_scaled_down and own - case.scaling_agreed
        return [
            *(["consent"] if consents else []),
            *(["consent_to_scale_down"] if scales else []),
            *(["leave"] if own and lifecycle.is_under_way(case.state) else []),
        ]

    @property
    def can_be_scaled_down(self) -> bool:
        """Whether its CCGs can choose a lower level now."""
        case = self.case
        is_possible = Act.SCALE_DOWN in lifecycle.allowed(case.state)
        return is_possible and case.level is Level.DELEGATED and case.scaled_down is None

    def _is_leads(self, caller: System) -> bool:
        return self.case.application.lead_ods_code in caller.ods_codes

    def _is_theirs(self, act: Act, at: datetime) -> bool:
        row, members = self.case.application, self.case.members
        if isinstance(self.caller, System):
            is_agreed = self.case.state is not State.DRAFT or not permissions.missing_consents(
                self.caller, self.case.consenting(deadlines.london_day(at)), self.case.consents
            )
            is_leads = self.viewer is Viewer.APPLICANT and self._is_leads(self.caller)
            due_on = self.case.due_on
            is_late = due_on is not None and deadlines.has_passed(due_on, at)
            if act is Act.SCALE_DOWN:
                others = permissions.missing_consents(self.caller, members, self.case.scaling_agreed)
                return is_leads and self.can_be_scaled_down and not others
            return is_leads and (act is not Act.SUBMIT or (is_agreed and not is_late))
        if act is Act.REQUEST_CHANGES:
            return True
        if self.caller.interests & self.case.parties:
            return False
        if act is Act.RECORD_OUTCOMES:
            return row.due_on is None or deadlines.has_passed(row.due_on, at)
        return act is Act.WITHDRAW_OUTCOMES or self.caller.key != row.recorded_by

    @property
    def is_officers(self) -> bool:
        """Whether it is panel or NHS England that looks: who see what the panel keeps to itself."""
        return self.viewer in {Viewer.PANEL, Viewer.NATIONAL}


def view_as(caller: Caller, case: Case) -> ApplicationView:
    """See an application through a caller's eyes; a stranger sees Viewer.STRANGER and should be told nothing."""
    sight = visibility.seen_by(
        caller,
        members=case.parties,
        regions=case.regions,
        was_submitted=case.application.first_submitted_at is not None,
        state=case.state,
        level=case.level,
        is_published=case.is_published,
        was_shown=case.application.shown_at is not None,
    )
    may_assess = (
        sight.viewer is Viewer.PANEL
        and not isinstance(caller, System)
        and not caller.interests & case.parties
        and case.state in lifecycle.UNDER_WAY
    )
    criteria = CRITERIA_AT[case.round.stage][case.level] if may_assess else ()
    return ApplicationView(case, caller, sight.viewer, sight.sees_outcome, sight.state, sight.acts, criteria)


def fetch_visible(session: Session, reference: str, caller: Caller) -> ApplicationView:
    """Find an application. Raises NotFound when there is none, or none that the caller may see."""
    case = applications.fetch(session, reference)
    view = None if case is None else view_as(caller, case)
    if view is None or view.viewer is Viewer.STRANGER:
        raise NotFound(NOTHING_HERE)
    return view


def renewed_view(view: ApplicationView, caller: Caller, **changed: Any) -> ApplicationView:
    """The application after an act of the caller's own, by which it may have become a stranger to it.

    What the act changed of its row is known from the ledger; ``changed`` are members or consents that are others now.
    """
    return view_as(caller, view.case.renewed(**changed))


def may_see(session: Session, caller: Caller, reference: str) -> bool:
    """Whether there is such an application for the caller."""
    case = applications.fetch(session, reference)
    return case is not None and view_as(caller, case).viewer is not Viewer.STRANGER


def check_may_see(session: Session, caller: Caller, reference: str | None, ods_code: str | None) -> None:
    """Whether the caller may still be shown an answer about an application or a CCG.

    Raises NotFound where it may not: a repeated request is answered to its owner only.
    """
    if reference is not None:
        if not may_see(session, caller, reference):
            raise NotFound(NOTHING_HERE)
    elif ods_code is not None and isinstance(caller, System) and ods_code not in caller.ods_codes:
        raise NotFound(NOTHING_HERE)
