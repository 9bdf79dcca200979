"""Constraints: rows that no act could have written are refused by the database itself."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import pytest
from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from app.records import tables
from app.records.changes import table_of
from tests.records.rows import (
    ANNOUNCEMENT,
    APPLICATION,
    APPROVAL,
    ASSESSMENT,
    AT,
    CONDITION,
    DECISION,
    DECLARATION,
    ENTRY,
    EVIDENCE,
    EXTENSION,
    MEMBER,
    PRIVATE,
    PROPOSAL,
    REASON,
    RECOMMENDATION,
    ROUND,
    ROWS,
    SUCCESSION,
    TOTAL,
    put,
    put_all,
)
from tests.tampering import unguarded

NOWHERE = "nowhere"
# A row that stands beside the ones that are there already, one for each table.
SECOND: dict[type[SQLModel], Mapping[str, Any]] = {
    tables.LogEntry: {**ENTRY, "index": 100_001, "act": 100_000},
    tables.LogPrivate: {**PRIVATE, "index": 100_002},
    tables.LogHead: {"id": 1, "size": 0, "public_sequence": 0},
    tables.Round: {**ROUND, "round_id": "2017-18"},
    tables.ReportedTotal: {**TOTAL, "region_code": "Y54"},
    tables.Application: {**APPLICATION, "reference": "CC-2"},
    tables.ApplicationMember: {**MEMBER, "ods_code": "10G", "position": 1},
    tables.Recommendation: {**RECOMMENDATION, "ods_code": "10G"},
    tables.Assessment: {**ASSESSMENT, "criterion": "engagement"},
    tables.Extension: {**EXTENSION, "extension_id": "EX-2"},
    tables.Declaration: {**DECLARATION, "declaration_id": "DE-2", "ods_code": "10G"},
    tables.Decision: {**DECISION, "decision_id": "CC-1-10G", "ods_code": "10G"},
    tables.DecisionReason: {**REASON, "position": 1},
    tables.DecisionCondition: {**CONDITION, "condition_id": "c2", "position": 1},
    tables.ConditionEvidence: {**EVIDENCE, "number": 2},
    tables.Approval: {**APPROVAL, "decision_id": "CC-1-10G", "ods_code": "10G"},
    tables.Proposal: {**PROPOSAL, "proposal_id": "PR-2", "decision_id": "CC-1-10G"},
    tables.Succession: {**SUCCESSION, "proposal_id": "SU-2"},
    tables.Announcement: {**ANNOUNCEMENT, "announcement_id": "AN-2"},
}


class Wrong(NamedTuple):
    """A row that is wrong in one way, and the constraint that refuses it."""

    table: type[SQLModel]
    constraint: str
    changed: Mapping[str, Any]


def outcome(
    word: str, granted: str | None, chosen_by: str | None = None, requested: str = "delegated"
) -> dict[str, Any]:
    return {"outcome": word, "granted_level": granted, "chosen_by": chosen_by, "requested_level": requested}


NOT_GRANTED = [
    outcome("approved", "joint"),
    outcome("approved", "delegated", requested="joint"),
    outcome("conditional", None),
    outcome("conditional", "joint"),
    outcome("rejected", "delegated"),
    outcome("rejected", "joint"),
    outcome("downgraded_to_joint", None, "ccg", "joint"),
    outcome("downgraded_to_joint", "delegated", "ccg"),
    outcome("downgraded_to_joint", "joint", "ccg", "joint"),
    outcome("deferred", None),
    outcome("deferred", "delegated"),
]
NOT_CHOSEN = [
    outcome("downgraded_to_joint", "joint"),
    outcome("approved", "delegated", "ccg"),
    outcome("conditional", "delegated", "panel"),
    outcome("rejected", None, "panel"),
]
NOT_APPLIED_FOR = [
    outcome("rejected", None, requested="none"),
    outcome("approved", "greater_involvement", requested="greater_involvement"),
]
OF_THE_PAST: dict[str, Any] = {
    "origin": "history",
    "basis": "derived",
    "source": "HSJ",
    "reference": None,
    "recorded_by": None,
    "signed_off_by": None,
    "decided_on": None,
    "signed_off_on": None,
}
# Who made a decision may be redacted once it is published, and not before.
NOT_YET: dict[str, Any] = {"state": "signed_off", "published_at": None, "published_sequence": None}
AFTER_A_MERGER: dict[str, Any] = {"reference": None, "round_id": None, "origin": "succession", "succeeds": []}
NOT_SHOWN: list[dict[str, Any]] = [
    {**NOT_YET, "recorded_by": None},
    {**NOT_YET, "signed_off_by": None},
    {"signed_off_by": "person:one"},
    {"decided_on": None},
    {"signed_off_on": None},
    {"reference": None},
    {"origin": "hearsay"},
    {"origin": "hearsay", "basis": "stated", "source": "HSJ"},
    {"origin": "history"},
    {"origin": "history", "basis": "stated"},
    {"origin": "history", "source": "HSJ"},
    *({**AFTER_A_MERGER, name: None} for name in ("decided_on", "signed_off_on")),
    {**AFTER_A_MERGER, "signed_off_by": "person:one"},
    {**AFTER_A_MERGER, **NOT_YET},
]
SCALED_DOWN = {"scaled_down_to": "joint", "scaled_down_code": "other", "scaled_down_text": "So."}
NOT_SCALED_DOWN: list[dict[str, Any]] = [
    *({name: value} for name, value in SCALED_DOWN.items()),
    *({**SCALED_DOWN, name: None} for name in SCALED_DOWN),
    {**SCALED_DOWN, "scaled_down_to": "delegated"},
    {**SCALED_DOWN, "scaled_down_to": ""},
]
NOT_DECLARED: list[dict[str, Any]] = [
    {"declared_on": None},
    {"origin": "hearsay"},
    {"origin": "hearsay", "basis": "stated", "source": "HSJ"},
    {"origin": "history"},
    {"origin": "history", "basis": "stated"},
    {"origin": "history", "source": "HSJ"},
]
NOT_NUMBERED: list[dict[str, Any]] = [
    {"state": "signed_off"},
    {"state": "published", "published_sequence": None},
    {"state": "published", "published_sequence": None, "published_at": None},
    {"state": "superseded", "published_sequence": None, "published_at": None},
    {"state": "signed_off", "published_sequence": None},
    {"state": "published", "published_at": None},
]
CHECKED: dict[tuple[type[SQLModel], str], list[dict[str, Any]]] = {
    (tables.LogEntry, "numbered"): [
        {"index": -1, "act": -1},
        {"act": -1},
        {"act": 100_002},
    ],
    (tables.LogEntry, "hashed"): [
        {"salt": bytes(31)},
        {"salt": bytes(33)},
        {"salt": b""},
        {"leaf": bytes(31)},
        {"leaf": bytes(33)},
    ],
    (tables.LogHead, "single"): [{"id": 2}, {"id": 0}],
    (tables.Round, "kind_known"): [{"kind": "practice"}],
    (tables.Round, "coverage_known"): [{"coverage": "unknown"}],
    (tables.Round, "stage_known"): [{"stage": "interest"}, {"stage": ""}],
    (tables.Round, "days_in_order"): [
        {"closes_on": date(2015, 8, 31)},
        {"closes_on": date(2015, 8, 31), "coverage": "partial"},
    ],
    (tables.Round, "days_known_unless_partial"): [
        {"opens_on": None},
        {"closes_on": None},
        {"opens_on": None, "closes_on": None},
    ],
    (tables.ReportedTotal, "a_part_of_a_whole"): [{"value": -1}, {"value": 210}, {"value": -1, "of": -1}],
    (tables.Application, "level_applied_for"): [
        {"requested_level": "none"},
        {"requested_level": "greater_involvement"},
    ],
    (tables.Application, "state_known"): [{"state": "lost"}, {"state": ""}],
    (tables.Application, "submitted_at_known"): [
        {"state": state, "first_submitted_at": None, "due_on": date(2015, 1, 9)}
        for state in ("submitted", "changes_requested", "recommended", "decided")
    ],
    (tables.Application, "changes_have_a_day"): [{"state": "changes_requested"}],
    (tables.Application, "published_when_decided"): [
        {"state": state, "published_at": AT, "due_on": date(2015, 1, 9)}
        for state in ("draft", "submitted", "changes_requested", "recommended", "withdrawn", "lapsed")
    ],
    (tables.Application, "version_counts"): [{"version": 0}, {"version": -1}],
    (tables.Application, "scaled_down"): [*NOT_SCALED_DOWN, {**SCALED_DOWN, "requested_level": "joint"}],
    (tables.Recommendation, "level_applied_for"): NOT_APPLIED_FOR,
    (tables.Recommendation, "outcome_grants"): NOT_GRANTED,
    (tables.Recommendation, "downgrade_is_chosen"): NOT_CHOSEN,
    (tables.Assessment, "criterion_known"): [{"criterion": "charm"}, {"criterion": ""}],
    (tables.Extension, "level_applied_for"): [{"level": "none"}, {"level": "greater_involvement"}],
    (tables.Declaration, "level_declared"): [
        *({"level": level} for level in ("joint", "delegated", "not_declared", "", None)),
        {"level": "", "origin": "history", "basis": "stated", "source": "HSJ"},
    ],
    (tables.Declaration, "origin_is_shown"): NOT_DECLARED,
    (tables.Declaration, "reason_is_whole"): [{"reason_code": "other"}, {"reason_text": "So."}],
    (tables.Declaration, "basis_known"): [{"basis": "rumoured"}, {"origin": "history", "basis": "", "source": "HSJ"}],
    (tables.Decision, "level_applied_for"): NOT_APPLIED_FOR,
    (tables.Decision, "outcome_grants"): NOT_GRANTED,
    (tables.Decision, "downgrade_is_chosen"): NOT_CHOSEN,
    (tables.Decision, "state_known"): [{"state": "withdrawn"}],
    (tables.Decision, "published_is_numbered"): NOT_NUMBERED,
    (tables.Decision, "origin_is_shown"): NOT_SHOWN,
    (tables.Decision, "only_a_succession_has_no_round"): [
        {"round_id": None},
        {"succeeds": []},
        {**AFTER_A_MERGER, "round_id": "2015-16"},
        {**AFTER_A_MERGER, "succeeds": None},
    ],
    (tables.Decision, "basis_known"): [{"basis": "rumoured"}],
    (tables.Decision, "request_known"): [
        {"requested_level": None},
        {**OF_THE_PAST, **outcome("rejected", None), "requested_level": None},
        {**OF_THE_PAST, **outcome("conditional", "delegated"), "requested_level": None},
    ],
    (tables.Decision, "version_counts"): [{"version": 0}, {"version": -1}],
    (tables.Decision, "scaled_down"): [
        *NOT_SCALED_DOWN,
        {**SCALED_DOWN, **outcome("approved", "joint", requested="joint")},
    ],
    (tables.DecisionReason, "text_length"): [{"text": ""}, {"text": "x" * 2001}],
    (tables.DecisionCondition, "text_length"): [{"text": ""}, {"text": "x" * 2001}],
    (tables.DecisionCondition, "state_known"): [{"state": "forgotten", "settled_on": date(2015, 2, 27)}],
    (tables.DecisionCondition, "settled_on_a_day"): [
        {"settled_on": date(2015, 2, 27)},
        {"state": "met"},
        {"state": "waived"},
        {"state": "lapsed"},
    ],
    (tables.ConditionEvidence, "number_counts"): [{"number": 0}, {"number": -1}],
    (tables.Approval, "level_granted"): [{"level": "none"}, {"level": "greater_involvement"}],
    (tables.Approval, "agreement_known"): [{"agreement": "verbal"}],
    (tables.Approval, "an_end_has_a_cause"): [{"in_force_to": date(2018, 3, 31)}, {"ended_by": "notice"}],
    (tables.Approval, "an_own_end_has_a_cause"): [{"own_to": date(2018, 3, 31)}, {"own_by": "notice"}],
    (tables.Approval, "signed_on_a_day"): [
        {"signed_on": date(2015, 3, 20), "agreement": agreement}
        for agreement in ("awaited", "novated", "not_taken_up", "not_known")
    ],
    (tables.Proposal, "kind_known"): [{"kind": "promotion"}, {"kind": ""}],
    (tables.Proposal, "state_known"): [{"state": "refused"}, {"state": ""}],
    (tables.Proposal, "an_open_one_is_not_settled"): [{"settled_at": AT}],
    (tables.Proposal, "a_waiver_names_a_condition"): [
        {"kind": "waiver"},
        {"condition_id": "c1"},
        {"kind": "correction", "condition_id": "c1"},
    ],
    (tables.Succession, "state_known"): [{"state": "closed", "settled_at": AT}, {"state": "", "settled_at": AT}],
    (tables.Succession, "an_open_one_is_not_settled"): [{"settled_at": AT}, {"state": "withdrawn"}],
    (tables.Succession, "version_counts"): [{"version": 0}],
    (tables.Announcement, "state_known"): [{"state": "lost"}, {"state": ""}],
    (tables.Announcement, "made_at_an_instant"): [
        {"state": "made"},
        {"announced_at": AT},
        {"state": "cancelled", "announced_at": AT},
    ],
    (tables.Announcement, "scheduled_for_an_instant"): [
        {"publish_at": None},
        {"state": "cancelled", "publish_at": None},
    ],
}
REFERRING: list[tuple[type[SQLModel], str, object]] = [
    (tables.LogPrivate, "index", 999_999),
    (tables.Application, "round_id", NOWHERE),
    (tables.Application, "lead_ods_code", NOWHERE),
    (tables.Application, "region_code", NOWHERE),
    (tables.ApplicationMember, "reference", NOWHERE),
    (tables.ApplicationMember, "ods_code", NOWHERE),
    (tables.ApplicationMember, "round_id", NOWHERE),
    (tables.Recommendation, "reference", NOWHERE),
    (tables.Recommendation, "ods_code", NOWHERE),
    (tables.Assessment, "reference", NOWHERE),
    (tables.Extension, "round_id", NOWHERE),
    (tables.Extension, "ods_code", NOWHERE),
    (tables.Declaration, "ods_code", NOWHERE),
    (tables.Declaration, "round_id", NOWHERE),
    (tables.Decision, "ods_code", NOWHERE),
    (tables.Decision, "region_code", NOWHERE),
    (tables.Decision, "area_team_code", NOWHERE),
    (tables.Decision, "round_id", NOWHERE),
    (tables.Decision, "signed_off_index", 999_999),
    (tables.DecisionReason, "decision_id", NOWHERE),
    (tables.DecisionReason, "code", NOWHERE),
    (tables.DecisionCondition, "decision_id", NOWHERE),
    (tables.DecisionCondition, "reason_code", NOWHERE),
    (tables.Approval, "decision_id", NOWHERE),
    (tables.Approval, "ods_code", NOWHERE),
    (tables.Approval, "round_id", NOWHERE),
    (tables.Proposal, "decision_id", NOWHERE),
    (tables.Announcement, "round_id", NOWHERE),
]
# Evidence is for a condition of that decision: neither column names anything by itself.
TOGETHER: list[tuple[type[SQLModel], str, dict[str, Any]]] = [
    (tables.ConditionEvidence, "fk_condition_evidence_condition", {"decision_id": NOWHERE}),
    (tables.ConditionEvidence, "fk_condition_evidence_condition", {"decision_id": "CC-1-10G"}),
    (tables.ConditionEvidence, "fk_condition_evidence_condition", {"condition_id": "c9"}),
]
# What a second row says of the first one's key. A live member, a standing declaration or decision, and an open
# proposal are unique too.
UNIQUE: dict[tuple[type[SQLModel], str], list[dict[str, Any]]] = {
    (tables.LogEntry, "pk_log_entries"): [{"index": 100_000}],
    (tables.LogPrivate, "pk_log_private"): [{"index": 100_000}],
    (tables.LogHead, "pk_log_head"): [{}],
    (tables.Round, "pk_rounds"): [{"round_id": "2016-17"}, {"round_id": "2015-16"}],
    (tables.ReportedTotal, "pk_reported_totals"): [{"region_code": ""}, {"region_code": "", "as_at": "2015-11"}],
    (tables.Application, "pk_applications"): [{"reference": "CC-1"}],
    (tables.ApplicationMember, "pk_application_members"): [{"ods_code": "10T", "is_live": False}],
    (tables.ApplicationMember, "uq_application_members_live"): [{"reference": "CC-3", "ods_code": "10T"}],
    (tables.Recommendation, "pk_recommendations"): [{"ods_code": "10T"}],
    (tables.Assessment, "pk_assessments"): [{"criterion": "benefits"}],
    (tables.Extension, "pk_extensions"): [{"extension_id": "EX-1"}],
    (tables.Declaration, "pk_declarations"): [{"declaration_id": "DE-1"}],
    (tables.Declaration, "uq_declarations_standing"): [
        {"ods_code": "10T"},
        {"ods_code": "10T", "level": "greater_involvement", "ended_by": "CC-1"},
    ],
    (tables.Decision, "pk_decisions"): [{"decision_id": "CC-1-10T"}],
    (tables.Decision, "uq_decisions_standing"): [
        {"ods_code": "10T"},
        {"ods_code": "10T", **outcome("conditional", "delegated")},
        {"ods_code": "10T", **outcome("downgraded_to_joint", "joint", "panel")},
        {"ods_code": "10T", "state": "signed_off", "published_at": None, "published_sequence": None},
    ],
    (tables.Decision, "uq_decisions_succession"): [{**AFTER_A_MERGER, "ods_code": "15D"}],
    (tables.DecisionReason, "pk_decision_reasons"): [{"position": 0}],
    (tables.DecisionCondition, "pk_decision_conditions"): [{"condition_id": "c1"}],
    (tables.ConditionEvidence, "pk_condition_evidence"): [{"number": 1}],
    (tables.Approval, "pk_approvals"): [{"decision_id": "CC-1-10T"}],
    (tables.Proposal, "pk_proposals"): [{"proposal_id": "PR-1"}, {"proposal_id": "PR-1", "state": "replaced"}],
    (tables.Proposal, "uq_proposals_open"): [
        {"decision_id": "CC-1-10T"},
        {"decision_id": "CC-1-10T", "kind": "correction"},
        {"decision_id": "CC-1-10T", "kind": "waiver", "condition_id": "c1"},
    ],
    (tables.Succession, "pk_successions"): [{"proposal_id": "SU-1"}],
    (tables.Announcement, "pk_announcements"): [{"announcement_id": "AN-1"}],
}
WRONG = [
    *(
        Wrong(table, f"ck_{table_of(table).name}_{name}", row)
        for (table, name), rows in CHECKED.items()
        for row in rows
    ),
    *(Wrong(table, f"fk_{table_of(table).name}_{column}", {column: value}) for table, column, value in REFERRING),
    *(Wrong(*each) for each in TOGETHER),
    *(Wrong(table, name, row) for (table, name), rows in UNIQUE.items() for row in rows),
]
# What stands beside the rows that are there, although it resembles what is refused.
RIGHT: list[tuple[type[SQLModel], dict[str, Any]]] = [
    *((table, {}) for table in SECOND if table is not tables.LogHead),
    (tables.Round, {"coverage": "partial", "opens_on": None, "closes_on": None, "source": "NHS England"}),
    (tables.Round, {"coverage": "partial", "opens_on": None}),
    (tables.Round, {"coverage": "partial", "closes_on": None}),
    (tables.ReportedTotal, {"measure": "delegated_in_force", "region_code": ""}),
    (tables.ReportedTotal, {"round_id": "2015-16", "region_code": ""}),
    (tables.ReportedTotal, {"round_id": "", "region_code": ""}),
    (tables.ReportedTotal, {"region_code": "", "area_team_code": "Q69"}),
    (tables.ReportedTotal, {"value": 0, "of": 0}),
    (tables.ReportedTotal, {"value": 209}),
    (tables.Application, {"state": "draft", "first_submitted_at": None}),
    (tables.Application, {"state": "withdrawn", "first_submitted_at": None}),
    (tables.Application, {"state": "changes_requested", "due_on": date(2015, 1, 9)}),
    (tables.Application, {"state": "decided", "published_at": AT}),
    (tables.Application, {"state": "decided", "shown_at": AT}),
    (tables.Application, SCALED_DOWN),
    (tables.ApplicationMember, {"consented_at": None}),
    (tables.ApplicationMember, {"is_live": False, "live_to": 2, "left_at": AT}),
    (tables.ApplicationMember, {"reference": "CC-3", "ods_code": "10T", "is_live": False}),
    (tables.ApplicationMember, {"reference": "CC-3", "ods_code": "10T", "round_id": "2016-17"}),
    (tables.Recommendation, outcome("conditional", "delegated")),
    (tables.Recommendation, outcome("rejected", None)),
    (tables.Recommendation, outcome("rejected", None, requested="joint")),
    (tables.Recommendation, outcome("downgraded_to_joint", "joint", "panel")),
    (tables.Recommendation, {"recorded_by": None}),
    *(
        (tables.Assessment, {"criterion": criterion})
        for criterion in ("functions", "governance", "conflicts_of_interest", "finance", "capacity", "engagement")
    ),
    (tables.Assessment, {"rating": None, "justification": None, "assessed_by": None}),
    (tables.Extension, {"level": "joint", "reference": None, "reason": None}),
    (tables.Declaration, {"ods_code": "10T", "is_newest": False}),
    (tables.Declaration, {"ods_code": "10T", "round_id": "2016-17"}),
    (tables.Declaration, {"origin": "history", "basis": "implied", "source": "HSJ", "declared_on": None}),
    *(
        (tables.Declaration, {"origin": "history", "basis": "stated", "source": "HSJ", "level": level})
        for level in ("delegated", "joint", "not_declared", None)
    ),
    (tables.Declaration, {"reason_code": "other", "reason_text": "So."}),
    (tables.Decision, {"ods_code": "10T", "state": "superseded"}),
    (tables.Decision, {"ods_code": "10T", "round_id": "2016-17"}),
    (tables.Decision, {"ods_code": "10T", **outcome("rejected", None)}),
    (tables.Decision, {"state": "signed_off", "published_at": None, "published_sequence": None}),
    (tables.Decision, OF_THE_PAST),
    (tables.Decision, {**OF_THE_PAST, "ods_code": "10T", "requested_level": None}),
    (tables.Decision, {**OF_THE_PAST, **outcome("approved", "joint"), "requested_level": None}),
    (tables.Decision, SCALED_DOWN),
    (tables.Decision, {"version": 1}),
    (tables.DecisionReason, {"text": "x" * 2000}),
    (tables.DecisionCondition, {"due_on": None}),
    *((tables.DecisionCondition, {"state": state, "settled_on": AT.date()}) for state in ("met", "waived", "lapsed")),
    (tables.DecisionCondition, {"state": "met", "settled_on": date(2015, 3, 2), "due_on": None}),
    (tables.ConditionEvidence, {"text": None, "links": None}),
    (tables.Approval, {"in_force_to": date(2018, 3, 31), "ended_by": "notice"}),
    (tables.Approval, {"in_force_from": None}),
    (tables.Approval, {"agreement": "signed"}),
    (tables.Approval, {"agreement": "novated", "round_id": None}),
    (tables.Approval, {"agreement": "signed", "signed_on": date(2015, 3, 20)}),
    (tables.Proposal, {"kind": "correction", "proposed_by": None}),
    (tables.Proposal, {"kind": "waiver", "condition_id": "c1"}),
    (tables.Proposal, {"decision_id": "CC-1-10T", "state": "confirmed"}),
    (tables.Proposal, {"decision_id": "CC-1-10T", "state": "replaced"}),
    (tables.Announcement, {"state": "cancelled"}),
    (tables.Announcement, {"state": "made", "announced_at": AT}),
    (tables.Announcement, {"state": "made", "announced_at": AT, "publish_at": None, "decision_ids": []}),
]


def others(connection: Connection) -> None:
    """What second rows refer to: an entry without private bytes, a third application, a decision without a grant."""
    put(connection, tables.LogEntry, ENTRY, index=100_002, act=100_002)
    put(connection, tables.Application, APPLICATION, reference="CC-3")
    put(connection, tables.Decision, DECISION, decision_id="CC-1-10G", ods_code="10G")


def put_second(connection: Connection, table: type[SQLModel], changed: Mapping[str, Any]) -> None:
    put_all(connection)
    if table is not tables.Decision:
        others(connection)
    else:
        put(connection, tables.Application, APPLICATION, reference="CC-3")
    put(connection, table, SECOND[table], **changed)


def name_of(wrong: Wrong) -> str:
    return wrong.constraint


@pytest.mark.parametrize("wrong", WRONG, ids=name_of)
def test_a_row_that_no_act_could_have_written_is_refused(bare: Connection, wrong: Wrong) -> None:
    # SQLite asks the guard of the log before it looks at keys.
    with pytest.raises(IntegrityError) as refused, unguarded(bare):
        put_second(bare, wrong.table, wrong.changed)

    assert constraint_of(refused.value, wrong) == wrong.constraint


def constraint_of(error: IntegrityError, wrong: Wrong) -> str:
    """The constraint that the database names. SQLite names checks only: of the others it names columns, or the kind."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name)
    kind, _, named = str(error.orig).partition(" constraint failed")
    match kind:
        case "FOREIGN KEY":
            return wrong.constraint if wrong.constraint.startswith("fk_") else kind
        case "UNIQUE":
            return next(name for name, columns in unique_columns(wrong.table) if columns == named.removeprefix(": "))
        case _:
            return named.removeprefix(": ")


def constraints_of(model: type[SQLModel]) -> Iterator[Any]:
    """What a table refuses rows by: its constraints, its primary key, its unique indexes."""
    table = table_of(model)
    kinds = CheckConstraint | ForeignKeyConstraint | UniqueConstraint | PrimaryKeyConstraint
    yield from (each for each in table.constraints if isinstance(each, kinds))
    yield from (each for each in table.indexes if each.unique)


def unique_columns(model: type[SQLModel]) -> Iterator[tuple[str, str]]:
    """The names of a table's unique keys, with their columns as SQLite writes them."""
    for each in constraints_of(model):
        if not isinstance(each, CheckConstraint | ForeignKeyConstraint):
            yield str(each.name), ", ".join(f"{table_of(model).name}.{column.name}" for column in each.columns)


@pytest.mark.parametrize(("table", "changed"), RIGHT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_row_that_an_act_could_have_written_is_taken(
    bare: Connection, table: type[SQLModel], changed: dict[str, Any]
) -> None:
    put_second(bare, table, changed)


def test_one_row_of_each_table_is_taken(bare: Connection) -> None:
    put_all(bare)


def test_every_constraint_of_these_tables_has_its_test() -> None:
    models: list[type[SQLModel]] = [tables.LogHead, *(model for model, _ in ROWS)]

    assert {wrong.constraint for wrong in WRONG} == {
        str(each.name) for model in models for each in constraints_of(model)
    }
