"""The life cycle of an application: states and acts, one table (rule 21).

The table is the only statement of what may follow what. The OpenAPI text and the diagram in
``docs/life-cycle.md`` are made from it.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from app.rules.decisions import ConditionState, DecisionState, ProposalState
from app.rules.refusals import WrongState
from app.rules.words import Level, Word


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    RECOMMENDED = "recommended"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Act(StrEnum):
    """What can be done to an application that exists."""

    AMEND = "amend"
    SUBMIT = "submit"
    REQUEST_CHANGES = "request_changes"
    RECORD_OUTCOMES = "record_outcomes"
    CONFIRM = "confirm"
    RETURN = "return"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    WITHDRAW_OUTCOMES = "withdraw_outcomes"
    SCALE_DOWN = "scale_down"


class WaitingOn(StrEnum):
    """Whose turn it is."""

    APPLICANT = "applicant"
    PANEL = "panel"
    NATIONAL = "national"
    ANNOUNCEMENT = "announcement"
    NONE = "none"


class Move(NamedTuple):
    """One lawful step, who takes it, and what else must hold."""

    act: Act
    source: State
    target: State
    by: str
    condition: str = ""


MOVES = (
    Move(Act.AMEND, State.DRAFT, State.DRAFT, "applicant"),
    Move(Act.AMEND, State.CHANGES_REQUESTED, State.CHANGES_REQUESTED, "applicant"),
    Move(Act.SUBMIT, State.DRAFT, State.SUBMITTED, "applicant", "by the round's deadline for the level"),
    Move(Act.SUBMIT, State.CHANGES_REQUESTED, State.SUBMITTED, "applicant", "by the day the panel named"),
    Move(Act.REQUEST_CHANGES, State.SUBMITTED, State.CHANGES_REQUESTED, "panel"),
    Move(Act.RECORD_OUTCOMES, State.SUBMITTED, State.RECOMMENDED, "panel"),
    Move(
        Act.RECORD_OUTCOMES,
        State.CHANGES_REQUESTED,
        State.RECOMMENDED,
        "panel",
        "only rejected, once the day the panel named has passed",
    ),
    Move(Act.CONFIRM, State.RECOMMENDED, State.DECIDED, "second person"),
    Move(Act.RETURN, State.RECOMMENDED, State.SUBMITTED, "second person"),
    Move(Act.WITHDRAW_OUTCOMES, State.RECOMMENDED, State.SUBMITTED, "panel"),
    Move(Act.WITHDRAW, State.DRAFT, State.WITHDRAWN, "applicant"),
    Move(Act.WITHDRAW, State.SUBMITTED, State.WITHDRAWN, "applicant"),
    Move(Act.WITHDRAW, State.CHANGES_REQUESTED, State.WITHDRAWN, "applicant"),
    Move(Act.WITHDRAW, State.RECOMMENDED, State.WITHDRAWN, "applicant"),
    Move(Act.SCALE_DOWN, State.SUBMITTED, State.SUBMITTED, "applicant", "only delegated to joint, once"),
    Move(
        Act.SCALE_DOWN, State.CHANGES_REQUESTED, State.CHANGES_REQUESTED, "applicant", "only delegated to joint, once"
    ),
    Move(Act.LAPSE, State.DRAFT, State.LAPSED, "clockwork", "the round is over"),
    Move(Act.LAPSE, State.CHANGES_REQUESTED, State.LAPSED, "clockwork", "the round is over, nothing was recorded"),
)
_TARGETS = {(move.source, move.act): move.target for move in MOVES}

STATES = (
    Word("draft", "Draft", "Being written; seen by its applicants only. It may be incomplete and blocks nobody."),
    Word("submitted", "Submitted", "With the regional moderation panel."),
    Word("changes_requested", "Changes requested", "The panel asked for changes by a day; with the applicants."),
    Word("recommended", "Recommended", "The panel has recorded an outcome for each CCG; waits for a second person."),
    Word("decided", "Decided", "Signed off; embargoed until announced."),
    Word("withdrawn", "Withdrawn", "Withdrawn by the applicants before it was decided."),
    Word("lapsed", "Lapsed", "The round ended before it was submitted, or before the changes came."),
)


def allowed(state: State) -> list[Act]:
    """The acts that are possible in a state, in the order of the table."""
    return [move.act for move in MOVES if move.source is state]


UNDER_WAY = tuple(state for state in State if Act.WITHDRAW in allowed(state))


def move(state: State, act: Act) -> State:
    """The state an act leads to.

    Raises WrongState, with the acts that are possible, when the table has no such move.
    """
    target = _TARGETS.get((state, act))
    if target is None:
        raise WrongState(
            f"An application that is {state} cannot take the act {act}.",
            extra={"state": state, "allowed": allowed(state)},
        )
    return target


def is_under_way(state: State) -> bool:
    """Whether an application is neither decided nor over: whether it can still be withdrawn.

    For as long a member may leave it, and the panel, once it has it, may assess it. Neither moves it.
    """
    return state in UNDER_WAY


def is_over(
    state: State,
    decisions: Collection[DecisionState],
    conditions: Collection[ConditionState],
    proposals: Collection[ProposalState],
) -> bool:
    """Whether nothing is still to be done about an application that may rest on who did what before.

    It is not under way, each of its decisions is public, and none of their conditions and proposals is open.
    """
    is_settled = ConditionState.OPEN not in conditions and ProposalState.OPEN not in proposals
    return not is_under_way(state) and is_settled and DecisionState.SIGNED_OFF not in decisions


def waiting_on(state: State, level: Level, *, is_published: bool, evidenced: Collection[bool] = ()) -> WaitingOn:
    """Whose turn it is.

    A delegated request waits for NHS England's sign-off, a joint one for a second panel member. ``evidenced`` says of
    each open condition of its decisions whether there is evidence: it can be given once they are published.
    """
    match state:
        case State.DRAFT | State.CHANGES_REQUESTED:
            return WaitingOn.APPLICANT
        case State.SUBMITTED:
            return WaitingOn.PANEL
        case State.RECOMMENDED:
            return WaitingOn.NATIONAL if level is Level.DELEGATED else WaitingOn.PANEL
        case State.DECIDED if not is_published:
            return WaitingOn.ANNOUNCEMENT
        case State.DECIDED if evidenced:
            return WaitingOn.PANEL if all(evidenced) else WaitingOn.APPLICANT
        case _:
            return WaitingOn.NONE


def as_mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> draft: create"]
    for step in MOVES:
        note = f" ({step.condition})" if step.condition else ""
        lines.append(f"    {step.source} --> {step.target}: {step.act} by {step.by}{note}")
    ends = [state for state in State if not allowed(state)]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)]) + "\n"
