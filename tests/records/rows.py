"""Rows that the tables take, for tests that write past casework and ledger."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from app.records import tables
from app.records.changes import table_of

AT = datetime(2014, 12, 15, 12, 0, tzinfo=UTC)

ENTRY: Mapping[str, Any] = {
    "index": 100_000,
    "act": 100_000,
    "kind": "round.changed",
    "publishes": False,
    "reference": None,
    "ods_code": None,
    "at": AT,
    "salt": bytes(32),
    "body": b"{}",
    "leaf": bytes(32),
}
PRIVATE: Mapping[str, Any] = {"index": 100_000, "salt": bytes(32), "body": b"{}"}
ROUND: Mapping[str, Any] = {
    "round_id": "2016-17",
    "title": "2016-17",
    "kind": "real",
    "coverage": "complete",
    "stage": "application",
    "opens_on": date(2015, 9, 1),
    "delegated_deadline": None,
    "joint_deadline": None,
    "closes_on": date(2015, 12, 1),
    "starts_on": date(2016, 4, 1),
    "counted_on": date(2015, 12, 1),
    "applications_public_from": None,
    "applicants_see_at": None,
    "source": None,
}
TOTAL: Mapping[str, Any] = {
    "round_id": "2016-17",
    "measure": "authorised",
    "region_code": "",
    "area_team_code": "",
    "value": 52,
    "of": 209,
    "as_at": "2015-12",
    "source": "Pulse, December 2015",
    "settles": False,
    "note": None,
}
APPLICATION: Mapping[str, Any] = {
    "reference": "CC-1",
    "round_id": "2015-16",
    "requested_level": "delegated",
    "lead_ods_code": "10T",
    "region_code": "Y57",
    "state": "submitted",
    "version": 2,
    "created_at": AT,
    "updated_at": AT,
    "first_submitted_at": AT,
    "waiting_since": AT,
    "due_on": None,
    "asked_due_on": None,
    "shown_at": None,
    "published_at": None,
    "document": {"proposal": {}},
    "change_request": None,
    "recorded_by": None,
}
MEMBER: Mapping[str, Any] = {
    "reference": "CC-1",
    "ods_code": "10T",
    "position": 0,
    "round_id": "2015-16",
    "is_live": True,
    "live_from": 1,
    "live_to": None,
    "consented_at": AT,
    "left_at": None,
}
ASSESSMENT: Mapping[str, Any] = {
    "reference": "CC-1",
    "criterion": "benefits",
    "rating": "met",
    "justification": "It says how patients gain.",
    "assessed_by": "person:one",
    "assessed_at": AT,
}
EXTENSION: Mapping[str, Any] = {
    "extension_id": "EX-1",
    "round_id": "2015-16",
    "ods_code": "10T",
    "level": "delegated",
    "reference": "CC-1",
    "until": date(2015, 1, 16),
    "reason": "A governing body meets late.",
    "granted_by": "person:one",
    "granted_at": AT,
}
RECOMMENDATION: Mapping[str, Any] = {
    "reference": "CC-1",
    "ods_code": "10T",
    "requested_level": "delegated",
    "outcome": "approved",
    "granted_level": "delegated",
    "chosen_by": None,
    "reasons": [],
    "conditions": [],
    "private_note": None,
    "recorded_by": "person:one",
    "recorded_at": AT,
}
DECLARATION: Mapping[str, Any] = {
    "declaration_id": "DE-1",
    "ods_code": "10T",
    "round_id": "2015-16",
    "level": "none",
    "declared_on": date(2014, 12, 15),
    "is_newest": True,
    "ended_by": None,
    "origin": "casework",
    "basis": None,
    "source": None,
}
DECISION: Mapping[str, Any] = {
    "decision_id": "CC-1-10T",
    "reference": "CC-1",
    "ods_code": "10T",
    "name": "NHS Slough CCG",
    "region_code": "Y57",
    "area_team_code": None,
    "round_id": "2015-16",
    "requested_level": "delegated",
    "outcome": "approved",
    "granted_level": "delegated",
    "chosen_by": None,
    "effective_from": date(2015, 4, 1),
    "state": "published",
    "version": 2,
    "decided_on": date(2015, 2, 18),
    "signed_off_on": date(2015, 2, 18),
    "signed_off_index": 1,
    "recorded_by": "person:one",
    "signed_off_by": "person:two",
    "published_at": AT,
    "published_sequence": 2,
    "supersedes": None,
    "superseded_by": None,
    "correction_reason": None,
    "origin": "casework",
    "basis": None,
    "source": None,
    "succeeds": None,
}
SUCCEEDED: Mapping[str, Any] = {
    **DECISION,
    "decision_id": "S2018-04-01-15D",
    "reference": None,
    "ods_code": "15D",
    "round_id": None,
    "origin": "succession",
    "succeeds": [{"odsCode": "10T", "decisionId": "CC-1-10T"}],
}
REASON: Mapping[str, Any] = {"decision_id": "CC-1-10T", "position": 0, "code": "leadership", "text": "Uncertain."}
CONDITION: Mapping[str, Any] = {
    "decision_id": "CC-1-10T",
    "condition_id": "c1",
    "position": 0,
    "text": "Complete the changes.",
    "reason_code": "governance",
    "due_on": date(2015, 3, 1),
    "state": "open",
    "settled_on": None,
}
EVIDENCE: Mapping[str, Any] = {
    "decision_id": "CC-1-10T",
    "condition_id": "c1",
    "number": 1,
    "text": "The committee has met.",
    "links": [{"title": "Minutes", "url": "https://example.test/minutes"}],
    "given_at": AT,
}
APPROVAL: Mapping[str, Any] = {
    "decision_id": "CC-1-10T",
    "ods_code": "10T",
    "round_id": "2015-16",
    "level": "delegated",
    "agreement": "awaited",
    "signed_on": None,
    "in_force_from": date(2015, 4, 1),
    "in_force_to": None,
    "ended_by": None,
    "end_reason": None,
    "legal_basis": None,
    "promoted_on": None,
    "start_told": False,
    "end_told": False,
}
PROPOSAL: Mapping[str, Any] = {
    "proposal_id": "PR-1",
    "decision_id": "CC-1-10T",
    "kind": "revocation",
    "condition_id": None,
    "terms": {"inForceTo": "2016-03-31"},
    "state": "open",
    "proposed_by": "person:one",
    "proposed_at": AT,
    "settled_by": None,
    "settled_at": None,
    "settled_note": None,
    "closed_reason": None,
}
SUCCESSION: Mapping[str, Any] = {
    "proposal_id": "SU-1",
    "effective_on": date(2018, 4, 1),
    "items": [],
    "state": "open",
    "version": 1,
    "proposed_by": "person:one",
    "proposed_at": AT,
    "settled_by": None,
    "settled_at": None,
    "settled_note": None,
}
ANNOUNCEMENT: Mapping[str, Any] = {
    "announcement_id": "AN-1",
    "round_id": "2015-16",
    "levels": ["delegated", "joint"],
    "set_digest": "sha256:0",
    "size": 1,
    "decision_ids": ["CC-1-10T"],
    "state": "scheduled",
    "publish_at": AT,
    "announced_at": None,
}

# One row of each table that can stand beside the others; parents before children.
ROWS: tuple[tuple[type[SQLModel], Mapping[str, Any]], ...] = (
    (tables.LogEntry, ENTRY),
    (tables.LogPrivate, PRIVATE),
    (tables.Round, ROUND),
    (tables.ReportedTotal, TOTAL),
    (tables.Application, APPLICATION),
    (tables.ApplicationMember, MEMBER),
    (tables.Recommendation, RECOMMENDATION),
    (tables.Assessment, ASSESSMENT),
    (tables.Extension, EXTENSION),
    (tables.Declaration, DECLARATION),
    (tables.Decision, DECISION),
    (tables.Decision, SUCCEEDED),
    (tables.DecisionReason, REASON),
    (tables.DecisionCondition, CONDITION),
    (tables.ConditionEvidence, EVIDENCE),
    (tables.Approval, APPROVAL),
    (tables.Proposal, PROPOSAL),
    (tables.Succession, SUCCESSION),
    (tables.Announcement, ANNOUNCEMENT),
)


def put(connection: Connection, model: type[SQLModel], row: Mapping[str, Any], **changed: Any) -> None:
    """Insert one row, with members of the given one changed."""
    connection.execute(insert(table_of(model)).values({**row, **changed}))


def put_all(connection: Connection) -> None:
    """Insert one row of each table."""
    for model, row in ROWS:
        put(connection, model, row)
