"""How an entry changes what stands: the fold from the log into the projections.

``changes`` is a pure function of one entry. ``ledger.append`` carries its changes out on the
tables; ``register verify`` carries them out on dictionaries, from the first entry on, and compares.
Because there is one function for both, the tables cannot say anything that the log does not.
"""

from collections.abc import Callable, Iterator

from sqlmodel import SQLModel

from app.records import tables
from app.records.changes import Change, LoggedEntry
from app.records.projections import applications, decisions, grants, registration


def changes(entry: LoggedEntry) -> list[Change]:
    """The changes that one entry makes. Raises KeyError for a kind that the register does not know."""
    return list(_FOLDS[entry.kind](entry))


_FOLDS: dict[str, Callable[[LoggedEntry], Iterator[Change]]] = {
    "log.opened": registration.nothing,
    "entry.redacted": registration.nothing,
    "organisation.changed": registration.organisation_changed,
    "round.changed": registration.round_changed,
    "total.reported": registration.total_reported,
    "client.changed": registration.client_changed,
    "person.changed": registration.person_changed,
    "application.created": applications.application_created,
    "application.amended": applications.application_amended,
    "consent.given": applications.consent_given,
    "application.submitted": applications.application_submitted,
    "application.withdrawn": applications.application_ended,
    "application.lapsed": applications.application_ended,
    "member.left": applications.member_left,
    "extension.granted": applications.extension_granted,
    "changes.requested": applications.changes_requested,
    "assessment.recorded": applications.assessment_recorded,
    "outcome.recommended": applications.outcome_recommended,
    "outcome.returned": applications.outcome_returned,
    "outcome.shown": applications.outcome_shown,
    "declaration.made": applications.declaration_made,
    "decision.signed_off": decisions.decision_signed_off,
    "announcement.scheduled": decisions.announcement_scheduled,
    "announcement.cancelled": decisions.announcement_cancelled,
    "announcement.made": decisions.announcement_made,
    "decision.published": decisions.decision_published,
    "decision.corrected": decisions.decision_corrected,
    "evidence.given": grants.evidence_given,
    "condition.met": grants.condition_settled,
    "condition.waived": grants.condition_settled,
    "condition.lapsed": grants.condition_settled,
    "approval.promoted": grants.approval_promoted,
    "agreement.signed": grants.agreement_signed,
    "approval.not_taken_up": grants.approval_not_taken_up,
    "approval.started": grants.approval_started,
    "notice.given": grants.approval_ending,
    "approval.ending": grants.approval_ending,
    "approval.ended": grants.approval_ended,
    "approval.resumed": grants.approval_resumed,
    "proposal.made": grants.proposal_made,
    "proposal.confirmed": grants.proposal_confirmed,
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
    tables.Assessment,
    tables.Extension,
    tables.Declaration,
    tables.Decision,
    tables.DecisionReason,
    tables.DecisionCondition,
    tables.ConditionEvidence,
    tables.Approval,
    tables.Proposal,
    tables.Announcement,
)
