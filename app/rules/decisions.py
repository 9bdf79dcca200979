"""What can still be done about a decision once it is public, as one table (rules 4, 7, 8 and 14).

The decision itself never changes. What can change is what it gives (a grant), its conditions, and
whether a correction stands in its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from app.rules import notice
from app.rules.callers import Scope
from app.rules.grants import CONFIRMED, Agreement, EndedBy, Grant, status_on
from app.rules.refusals import WrongState


class DecisionState(StrEnum):
    """How a decision stands: embargoed, for itself, or with a correction in its place."""

    SIGNED_OFF = "signed_off"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class ConditionState(StrEnum):
    """Where a condition stands. Only an open one can still be met, waived or lapse."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"
    LAPSED = "lapsed"


def shown_state(state: ConditionState, *, is_over: bool) -> ConditionState:
    """How a condition is shown: nobody owes one that was open when what it was a condition of was over."""
    return ConditionState.LAPSED if is_over and state is ConditionState.OPEN else state


class DecisionAct(StrEnum):
    """What can be done about a decision."""

    GIVE_EVIDENCE = "give_evidence"
    GIVE_NOTICE = "give_notice"
    DISCHARGE = "discharge"
    LAPSE = "lapse"
    SETTLE_AGREEMENT = "settle_agreement"
    MOVE_NOTICE = "move_notice"
    PROPOSE_WAIVER = "propose_waiver"
    PROPOSE_CORRECTION = "propose_correction"
    PROPOSE_REVOCATION = "propose_revocation"
    CONFIRM = "confirm"
    WITHDRAW_PROPOSAL = "withdraw_proposal"
    WITHDRAW_NOTICE = "withdraw_notice"
    PROPOSE_AGREEMENT = "propose_agreement"


class ProposalKind(StrEnum):
    """What NHS England takes two people for."""

    CORRECTION = "correction"
    REVOCATION = "revocation"
    WAIVER = "waiver"
    AGREEMENT = "agreement"


class ProposalState(StrEnum):
    """How a proposal stands: waiting for a second person, in effect, or gone.

    It is gone for a newer proposal, because somebody took it back, or because something else made it impossible.
    """

    OPEN = "open"
    REPLACED = "replaced"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class AnnouncementState(StrEnum):
    """How an announcement of decisions stands."""

    SCHEDULED = "scheduled"
    MADE = "made"
    CANCELLED = "cancelled"


PROPOSES = {
    ProposalKind.CORRECTION: DecisionAct.PROPOSE_CORRECTION,
    ProposalKind.REVOCATION: DecisionAct.PROPOSE_REVOCATION,
    ProposalKind.WAIVER: DecisionAct.PROPOSE_WAIVER,
    ProposalKind.AGREEMENT: DecisionAct.PROPOSE_AGREEMENT,
}


@dataclass(frozen=True, slots=True)
class ConditionSnapshot:
    """A condition as the rules see it."""

    condition_id: str
    state: ConditionState
    due_on: date | None

    def is_overdue(self, day: date) -> bool:
        """Open although the London day by which it was due is over."""
        return self.state is ConditionState.OPEN and self.due_on is not None and self.due_on < day


@dataclass(frozen=True, slots=True)
class DecisionSnapshot:
    """A decision as the rules see it on a London day; ``grant`` is None where it gives nothing, or nothing yet.

    ``noticed_for`` is the last day that the CCG's notice gives it, also if something else ends it before.
    ``is_asked`` is false of a past approval of which no source tells what was asked for; a better source corrects it.
    """

    state: DecisionState
    grant: Grant | None
    ended_by: EndedBy | None
    conditions: tuple[ConditionSnapshot, ...]
    has_proposal: bool
    day: date
    noticed_for: date | None = None
    is_asked: bool = True

    @property
    def can_come_into_force(self) -> bool:
        """Whether there is a grant that is in force or may yet be.

        What ends it can still be taken back (a notice) or be corrected (a closing) until it comes, also if it comes
        before the first day.
        """
        grant = self.grant
        if self.state is not DecisionState.PUBLISHED or grant is None:
            return False
        is_open = grant.in_force_to is None or self.day <= grant.in_force_to
        return is_open and grant.agreement is not Agreement.NOT_TAKEN_UP

    @property
    def is_over(self) -> bool:
        """Whether a correction stands in its place, or what it gives is over or never comes."""
        grant = self.grant
        if self.state is DecisionState.SUPERSEDED:
            return True
        return grant is not None and status_on(grant, self.day).is_over

    @property
    def has_open_condition(self) -> bool:
        """Whether a condition of such a grant can still be settled."""
        return self.can_come_into_force and any(each.state is ConditionState.OPEN for each in self.conditions)


class Part(NamedTuple):
    """Who takes an act, and when it is possible."""

    scope: Scope
    is_possible: Callable[[DecisionSnapshot], bool]


def _awaits_agreement(stand: DecisionSnapshot) -> bool:
    return stand.can_come_into_force and stand.grant is not None and stand.grant.agreement is Agreement.AWAITED


def _has_settled_agreement(stand: DecisionSnapshot) -> bool:
    """An agreement of which it was recorded that both have signed or stand by it, or that it was not taken up."""
    is_settled = stand.grant is not None and stand.grant.agreement in {*CONFIRMED, Agreement.NOT_TAKEN_UP}
    return stand.state is DecisionState.PUBLISHED and is_settled


def _takes_notice(stand: DecisionSnapshot) -> bool:
    """A grant that has started or will, and of which neither notice was given nor a revocation is known."""
    is_given = stand.noticed_for is not None or (stand.ended_by is not None and not stand.ended_by.follows)
    return stand.can_come_into_force and stand.grant is not None and stand.grant.agreement.lets_start and not is_given


def _has_notice(stand: DecisionSnapshot) -> bool:
    """A grant that its CCG gave notice of, and that is not over."""
    return stand.can_come_into_force and stand.ended_by is EndedBy.NOTICE


def _has_recent_notice(stand: DecisionSnapshot) -> bool:
    """A notice that its CCG can still take back, also if something else ends the grant before."""
    last_day = stand.noticed_for
    return stand.can_come_into_force and last_day is not None and stand.day <= notice.withdrawable_until(last_day)


def _has_overdue_condition(stand: DecisionSnapshot) -> bool:
    return stand.has_open_condition and any(each.is_overdue(stand.day) for each in stand.conditions)


ACTS: dict[DecisionAct, Part] = {
    DecisionAct.GIVE_EVIDENCE: Part(Scope.APPLICATIONS, lambda stand: stand.has_open_condition),
    DecisionAct.GIVE_NOTICE: Part(Scope.APPLICATIONS, _takes_notice),
    DecisionAct.DISCHARGE: Part(Scope.PANEL, lambda stand: stand.has_open_condition),
    DecisionAct.LAPSE: Part(Scope.NATIONAL, _has_overdue_condition),
    DecisionAct.SETTLE_AGREEMENT: Part(Scope.NATIONAL, _awaits_agreement),
    DecisionAct.MOVE_NOTICE: Part(Scope.NATIONAL, _has_notice),
    DecisionAct.PROPOSE_WAIVER: Part(Scope.NATIONAL, lambda stand: stand.has_open_condition),
    DecisionAct.PROPOSE_CORRECTION: Part(
        Scope.NATIONAL, lambda stand: stand.state is DecisionState.PUBLISHED and stand.is_asked
    ),
    DecisionAct.PROPOSE_REVOCATION: Part(Scope.NATIONAL, lambda stand: stand.can_come_into_force),
    DecisionAct.CONFIRM: Part(
        Scope.NATIONAL, lambda stand: stand.state is DecisionState.PUBLISHED and stand.has_proposal
    ),
    DecisionAct.WITHDRAW_PROPOSAL: Part(
        Scope.NATIONAL, lambda stand: stand.state is DecisionState.PUBLISHED and stand.has_proposal
    ),
    DecisionAct.WITHDRAW_NOTICE: Part(Scope.APPLICATIONS, _has_recent_notice),
    DecisionAct.PROPOSE_AGREEMENT: Part(Scope.NATIONAL, _has_settled_agreement),
}


def allowed(stand: DecisionSnapshot, scope: Scope) -> list[DecisionAct]:
    """What a caller with this scope can do about a decision now, in the order of the table."""
    return [
        act
        for act, part in ACTS.items()
        if part.scope is scope and part.is_possible(stand) and not _ends_anyway(stand, act)
    ]


def _ends_anyway(stand: DecisionSnapshot, act: DecisionAct) -> bool:
    """Whether the grant ends by the first day with which the act could end it, so that every body is refused."""
    last_day = stand.grant.in_force_to if stand.grant is not None else None
    if last_day is None or act not in {DecisionAct.GIVE_NOTICE, DecisionAct.PROPOSE_REVOCATION}:
        return False
    return last_day <= (notice.earliest_end(stand.day) if act is DecisionAct.GIVE_NOTICE else stand.day)


def check_possible(stand: DecisionSnapshot, act: DecisionAct, scope: Scope) -> None:
    """Raise WrongState, with how the decision stands and what is possible, when an act is not."""
    if not ACTS[act].is_possible(stand):
        raise WrongState(
            f"The decision is {stand.state}{_in_words(stand)}; {act} is not possible.",
            extra={"state": stand.state, "allowed": allowed(stand, scope)},
        )


def _in_words(stand: DecisionSnapshot) -> str:
    """How what a decision gives stands, for a sentence."""
    if stand.state is not DecisionState.PUBLISHED:
        return ""
    if stand.grant is None:
        return " and grants nothing"
    standing = status_on(stand.grant, stand.day)
    return f", its grant {standing.replace('_', ' ')} and its agreement {stand.grant.agreement.replace('_', ' ')}"


# --- what is proposed ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProposalSnapshot:
    """A proposal as the rules see it: the condition of a waiver, and the last day that a revocation names."""

    kind: ProposalKind
    condition_id: str | None = None
    last_day: date | None = None


def obstacle(stand: DecisionSnapshot, proposal: ProposalSnapshot) -> str | None:
    """Why a proposal about a decision can no longer be confirmed, in a sentence. None if it can."""
    if stand.state is DecisionState.SUPERSEDED:
        return "Another decision has replaced this one."
    if proposal.kind in {ProposalKind.CORRECTION, ProposalKind.AGREEMENT}:
        return None
    if stand.grant is None or not stand.can_come_into_force:
        return f"The decision is {stand.state}{_in_words(stand)}."
    if proposal.kind is ProposalKind.REVOCATION:
        return _obstacle_to_end(stand.grant, proposal.last_day, stand.day)
    states = {each.condition_id: each.state for each in stand.conditions}
    state = states[proposal.condition_id or ""]
    return None if state is ConditionState.OPEN else f"Condition {proposal.condition_id} is {state}."


def _obstacle_to_end(grant: Grant, last_day: date | None, day: date) -> str | None:
    if last_day is not None and last_day < day:
        return f"The last day that was proposed, {last_day}, has passed."
    if grant.in_force_to is not None and grant.in_force_to <= (last_day or day):
        return f"The grant ends with {grant.in_force_to} already."
    return None
