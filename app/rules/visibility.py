"""Who sees what, when (rule 18).

| viewer | sees of an application |
| --- | --- |
| public | nothing until its decisions are published |
| applicants | everything of their own; the outcome only once it is visible to them |
| panel of the region | everything from the first submission |
| national | everything from the first submission |
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from app.rules.callers import Caller, Scope, System
from app.rules.lifecycle import Act, State, allowed
from app.rules.words import Level


class Viewer(StrEnum):
    """In which part a caller looks at one application."""

    APPLICANT = "applicant"
    PANEL = "panel"
    NATIONAL = "national"
    STRANGER = "stranger"


class Sight(NamedTuple):
    """What a caller sees of one application: in which part, whether the outcome, the state, and its own next acts."""

    viewer: Viewer
    sees_outcome: bool
    state: State
    acts: list[Act]


def seen_by(
    caller: Caller,
    *,
    members: frozenset[str],
    regions: Collection[str],
    was_submitted: bool,
    state: State,
    level: Level,
    is_published: bool,
    was_shown: bool,
) -> Sight:
    """What a caller sees of an application that is truly in ``state``."""
    viewer = viewer_of(caller, members=members, regions=regions, was_submitted=was_submitted)
    sees_outcome = is_outcome_visible(viewer, state, is_published=is_published, was_shown=was_shown)
    return Sight(
        viewer,
        sees_outcome,
        shown_state(viewer, state, is_outcome_visible=sees_outcome),
        shown_acts(viewer, state, level),
    )


def viewer_of(caller: Caller, *, members: frozenset[str], regions: Collection[str], was_submitted: bool) -> Viewer:
    """The part in which a caller sees one application; a stranger does not learn that it exists.

    ``regions`` are that in which it was submitted and that to which its lead belongs now, which can have become
    another.
    """
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes and caller.ods_codes & members:
        return Viewer.APPLICANT
    if not was_submitted:
        return Viewer.STRANGER
    if Scope.NATIONAL in caller.scopes:
        return Viewer.NATIONAL
    if Scope.PANEL in caller.scopes and not caller.regions.isdisjoint(regions):
        return Viewer.PANEL
    return Viewer.STRANGER


def may_poll(caller: Caller, ods_code: str, *, region: str | None) -> bool:
    """Whether a caller may ask where a CCG stands: its own system, the panel of its region, NHS England."""
    if isinstance(caller, System) and Scope.APPLICATIONS in caller.scopes and ods_code in caller.ods_codes:
        return True
    if Scope.NATIONAL in caller.scopes:
        return True
    return Scope.PANEL in caller.scopes and region in caller.regions


def is_outcome_visible(viewer: Viewer, state: State, *, is_published: bool, was_shown: bool) -> bool:
    """Whether outcome, reasons, conditions and decision id are shown to the viewer.

    Panel and national see what is recorded; applicants see what is decided, from publication, or once it
    was shown to them: at the instant that the round names, by an act of the clockwork or of sign-off.
    """
    if viewer in {Viewer.PANEL, Viewer.NATIONAL}:
        return state in {State.RECOMMENDED, State.DECIDED}
    if viewer is Viewer.APPLICANT and state is State.DECIDED:
        return is_published or was_shown
    return False


def shown_state(viewer: Viewer, state: State, *, is_outcome_visible: bool) -> State:
    """The state as the viewer may know it: applicants see at most ``recommended`` before the outcome."""
    if viewer is Viewer.APPLICANT and state is State.DECIDED and not is_outcome_visible:
        return State.RECOMMENDED
    return state


_ACTS_OF = {
    Viewer.APPLICANT: {Act.AMEND, Act.SUBMIT, Act.WITHDRAW, Act.SCALE_DOWN},
    Viewer.PANEL: {Act.REQUEST_CHANGES, Act.RECORD_OUTCOMES, Act.WITHDRAW_OUTCOMES},
    Viewer.NATIONAL: set[Act](),
    Viewer.STRANGER: set[Act](),
}
_SIGNS_OFF = {Level.DELEGATED: Viewer.NATIONAL, Level.JOINT: Viewer.PANEL}


def shown_acts(viewer: Viewer, state: State, level: Level) -> list[Act]:
    """The acts that the life cycle allows in the true state and that are the viewer's part to take.

    A delegated request is signed off by NHS England, a joint one within the panel.
    """
    signing = {Act.CONFIRM, Act.RETURN} if _SIGNS_OFF.get(level) is viewer else set[Act]()
    return [act for act in allowed(state) if act in _ACTS_OF[viewer] | signing]
