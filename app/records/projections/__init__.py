"""What each entry changes: the projections of the log.

``changes`` is a pure function of one entry. ``ledger.append`` applies its changes to the tables. ``register verify``
replays them in memory from the first entry on, and compares. Because both use one function, the tables cannot say
anything that the log does not.
"""

from collections.abc import Iterator
from typing import assert_never

from sqlmodel import SQLModel

from app.records import tables
from app.records.changes import Change
from app.records.entries import AnyEntry, from_logged
from app.records.entries.announcements import AnnouncementEntry
from app.records.entries.applications import ApplicationEntry
from app.records.entries.approvals import ApprovalEntry
from app.records.entries.callers import CallerEntry
from app.records.entries.conditions import ConditionEntry
from app.records.entries.decisions import DecisionEntry
from app.records.entries.declarations import DeclarationEntry
from app.records.entries.log import OwnEntry
from app.records.entries.places import PlaceEntry
from app.records.entries.proposals import ProposalEntry
from app.records.entries.reviews import ReviewEntry
from app.records.entries.successions import SuccessionEntry
from app.records.entries.wire import LoggedEntry, Position
from app.records.projections import applications, decisions, grants, registration, reviews, successions


def changes(logged: LoggedEntry) -> list[Change]:
    """The changes that one entry makes.

    Raises KeyError for a kind that the register does not know, and KeyError, TypeError or ValueError for an entry that
    cannot be read.
    """
    return list(_changes(from_logged(logged), logged.position))


def _changes(entry: AnyEntry, position: Position) -> Iterator[Change]:
    if isinstance(entry, PlaceEntry | CallerEntry):
        yield from registration.changes(entry, position)
    elif isinstance(entry, ApplicationEntry):
        yield from applications.changes(entry, position)
    elif isinstance(entry, ReviewEntry | DeclarationEntry):
        yield from reviews.changes(entry, position)
    elif isinstance(entry, DecisionEntry | AnnouncementEntry):
        yield from decisions.changes(entry, position)
    elif isinstance(entry, ConditionEntry | ApprovalEntry | ProposalEntry):
        yield from grants.changes(entry, position)
    elif isinstance(entry, SuccessionEntry):
        yield from successions.changes(entry, position)
    elif not isinstance(entry, OwnEntry):
        # The log's own entries, the first one and those about a redaction, change no row.
        assert_never(entry)


PROJECTED: tuple[type[SQLModel], ...] = (
    tables.Region,
    tables.AreaTeam,
    tables.Organisation,
    tables.OrganisationFact,
    tables.OrganisationStatement,
    tables.Round,
    tables.RoundChange,
    tables.ReportedTotal,
    tables.RegisteredClient,
    tables.RegisteredPerson,
    tables.Application,
    tables.ApplicationMember,
    tables.Recommendation,
    tables.Assessment,
    tables.Extension,
    tables.Declaration,
    tables.Decision,
    tables.DecisionReason,
    tables.DecisionCondition,
    tables.ConditionEvidence,
    tables.Approval,
    tables.Proposal,
    tables.Succession,
    tables.Announcement,
)
