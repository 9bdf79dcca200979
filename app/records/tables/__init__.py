"""All tables.

There are three kinds. The log (``log_entries``, ``log_private``, ``log_head``, ``log_checkpoints``) is what happened
and what was signed. The projections hold the present state. Only the projectors write them
(``app.records.projections``); ``register verify`` replays the whole log and compares. The operational tables serve
requests and hold no fact of the register. Constraints rule out rows that no act could have written.
"""

from app.records.tables.applications import (
    Application,
    ApplicationMember,
    Assessment,
    Declaration,
    Extension,
    Recommendation,
)
from app.records.tables.base import METADATA
from app.records.tables.callers import RegisteredClient, RegisteredPerson
from app.records.tables.decisions import (
    Announcement,
    Approval,
    ConditionEvidence,
    Decision,
    DecisionCondition,
    DecisionReason,
    Proposal,
    Succession,
)
from app.records.tables.log import LogCheckpoint, LogEntry, LogHead, LogPrivate
from app.records.tables.operation import AnnouncementPreview, StoredAnswer, UsedAssertion
from app.records.tables.places import (
    AreaTeam,
    Organisation,
    OrganisationFact,
    OrganisationStatement,
    ReasonCode,
    Region,
    ReportedTotal,
    Round,
    RoundChange,
)

__all__ = [
    "METADATA",
    "Announcement",
    "AnnouncementPreview",
    "Application",
    "ApplicationMember",
    "Approval",
    "AreaTeam",
    "Assessment",
    "ConditionEvidence",
    "Decision",
    "DecisionCondition",
    "DecisionReason",
    "Declaration",
    "Extension",
    "LogCheckpoint",
    "LogEntry",
    "LogHead",
    "LogPrivate",
    "Organisation",
    "OrganisationFact",
    "OrganisationStatement",
    "Proposal",
    "ReasonCode",
    "Recommendation",
    "Region",
    "RegisteredClient",
    "RegisteredPerson",
    "ReportedTotal",
    "Round",
    "RoundChange",
    "StoredAnswer",
    "Succession",
    "UsedAssertion",
]
