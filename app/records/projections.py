"""How an entry changes what stands: the fold from the log into the projections.

``changes`` is a pure function of one entry. ``ledger.append`` carries its changes out on the
tables; ``register verify`` carries them out on dictionaries, from the first entry on, and compares.
Because there is one function for both, the tables cannot say anything that the log does not.
"""

from collections.abc import Callable, Iterator

from sqlmodel import SQLModel

from app.records import tables
from app.records.changes import Change, Folded
from app.records.folds import applications, decisions, registration


def changes(entry: Folded) -> list[Change]:
    """The changes that one entry makes. Raises KeyError for a kind that the register does not know."""
    return list(_FOLDS[entry.kind](entry))


_FOLDS: dict[str, Callable[[Folded], Iterator[Change]]] = {
    "log.opened": registration.log_opened,
    "organisation.changed": registration.organisation_changed,
    "round.changed": registration.round_changed,
    "total.reported": registration.total_reported,
    "client.changed": registration.client_changed,
    "person.changed": registration.person_changed,
    "application.created": applications.application_created,
    "application.amended": applications.application_amended,
    "application.submitted": applications.application_submitted,
    "application.withdrawn": applications.application_withdrawn,
    "changes.requested": applications.changes_requested,
    "outcome.recommended": applications.outcome_recommended,
    "outcome.returned": applications.outcome_returned,
    "declaration.made": applications.declaration_made,
    "decision.signed_off": decisions.decision_signed_off,
    "announcement.made": decisions.announcement_made,
    "decision.published": decisions.decision_published,
    "decision.corrected": decisions.decision_corrected,
    "approval.ended": decisions.approval_ended,
    "approval.resumed": decisions.approval_resumed,
}

PROJECTED: tuple[type[SQLModel], ...] = (
    tables.Organisation,
    tables.OrganisationFact,
    tables.Round,
    tables.ReportedTotal,
    tables.RegisteredClient,
    tables.RegisteredPerson,
    tables.Application,
    tables.ApplicationMember,
    tables.Recommendation,
    tables.Declaration,
    tables.Decision,
    tables.DecisionReason,
    tables.DecisionCondition,
    tables.Approval,
    tables.Announcement,
)
