"""Which events of an application a viewer may see. An event never says more than its reader may know.

What is published is for everybody. The same rule stands in SQL, for feeds (``app.records.events``).
"""

from app.rules.visibility import Viewer

# That a decision was signed off tells that there is one.
SIGNED_OFF = "decision.signed_off"
# What one CCG puts forward is not told to those that applied together with it.
EVIDENCE = "evidence.given"
# More time for a round's level is given to a CCG that may have no application yet.
EXTENDED = "extension.granted"
# What one person for NHS England proposes, and what the panel thinks, stays with them.
OFFICERS_ONLY = frozenset(
    {"proposal.made", "proposal.confirmed", "proposal.withdrawn", "proposal.closed", "assessment.recorded"}
)
_OFFICERS = {Viewer.PANEL, Viewer.NATIONAL}


def is_event_visible(viewer: Viewer, kind: str, *, sees_outcome: bool, is_about_own: bool) -> bool:
    """Whether a viewer of an application may see one of its events.

    ``sees_outcome``: whether the viewer sees what was decided; ``is_about_own``: whether the event is about a CCG
    that the viewer acts for.
    """
    if viewer is Viewer.STRANGER:
        return False
    if kind == SIGNED_OFF:
        return sees_outcome
    if viewer in _OFFICERS:
        return True
    return kind not in OFFICERS_ONLY and (kind != EVIDENCE or is_about_own)
