"""What the log says: one class for each kind of entry, two if casework and history say it differently.

What a class writes never changes by a byte, and what earlier releases wrote stays readable for ever.
"""

from collections import defaultdict
from typing import get_args

from app.records.entries.announcements import AnnouncementEntry
from app.records.entries.applications import ApplicationEntry
from app.records.entries.approvals import ApprovalEntry
from app.records.entries.base import read_entry
from app.records.entries.callers import CallerEntry
from app.records.entries.conditions import ConditionEntry
from app.records.entries.decisions import DecisionEntry
from app.records.entries.declarations import DeclarationEntry
from app.records.entries.log import OwnEntry
from app.records.entries.places import PlaceEntry
from app.records.entries.proposals import ProposalEntry
from app.records.entries.reviews import ReviewEntry
from app.records.entries.successions import SuccessionEntry
from app.records.entries.wire import LoggedEntry

AnyEntry = (
    OwnEntry
    | PlaceEntry
    | CallerEntry
    | ApplicationEntry
    | ReviewEntry
    | DeclarationEntry
    | DecisionEntry
    | AnnouncementEntry
    | ConditionEntry
    | ApprovalEntry
    | ProposalEntry
    | SuccessionEntry
)
CLASSES: tuple[type[AnyEntry], ...] = get_args(AnyEntry)


def _by_kind() -> dict[str, tuple[type[AnyEntry], ...]]:
    found: dict[str, list[type[AnyEntry]]] = defaultdict(list)
    for cls in CLASSES:
        found[cls.KIND].append(cls)
    return {kind: tuple(classes) for kind, classes in found.items()}


_BY_KIND = _by_kind()


def from_logged(logged: LoggedEntry) -> AnyEntry:
    """The typed entry for a logged one. Raises KeyError, TypeError or ValueError if it cannot be read."""
    found: AnyEntry = read_entry(_BY_KIND[logged.kind], logged)
    return found
