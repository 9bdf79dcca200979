"""What the register says, and what the model says, in one shape that can be compared."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from app.records import ledger, published, published_conditions
from app.records.changes import table_of
from app.records.session import Session
from app.records.tables import (
    Announcement,
    Application,
    ApplicationMember,
    Approval,
    ConditionEvidence,
    Decision,
    DecisionCondition,
    Declaration,
    Proposal,
    Recommendation,
)
from tests.machine.model import Decision as ModelDecision
from tests.machine.model import End, Grant, Model

Reading = Mapping[str, Mapping[Any, Any]]


def _rows(session: Session, table: Any, *names: str) -> list[Any]:
    return [tuple(row) for row in session.connection().execute(_query(table, *names))]


@cache
def _query(table: Any, *names: str) -> Select[Any]:
    """Made once, since it is asked after every step of every run."""
    columns = table_of(table).c
    return select(*(columns[name] for name in names))


def _keyed(session: Session, table: Any, key: str, *names: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in _rows(session, table, key, *names)}


def everything(session: Session) -> Reading:
    """What the register holds, public or not."""
    applications = _keyed(session, Application, "reference", *_APPLICATION)
    return {
        "applications": {
            key: (*values[:-2], values[-2] is not None, values[-1] is not None) for key, values in applications.items()
        },
        "members": _members(session),
        "recommendations": dict.fromkeys(_rows(session, Recommendation, "reference", "ods_code", "outcome"), True),
        "decisions": _keyed(session, Decision, "decision_id", *_DECISION),
        "conditions": {
            row[:2]: row[2:]
            for row in _rows(session, DecisionCondition, "decision_id", "condition_id", "state", "due_on")
        },
        "grants": _keyed(session, Approval, "decision_id", *_GRANT),
        "evidence": dict.fromkeys(_rows(session, ConditionEvidence, "decision_id", "condition_id", "number"), True),
        "proposals": _keyed(session, Proposal, "proposal_id", "decision_id", "kind", "state"),
        "announcements": {
            key: (state, tuple(ids))
            for key, state, ids in _rows(session, Announcement, "announcement_id", "state", "decision_ids")
        },
        "declarations": _keyed(session, Declaration, "declaration_id", "is_newest", "ended_by"),
    }


_APPLICATION = (
    *("round_id", "requested_level", "region_code", "state", "version", "due_on", "recorded_by"),
    *("shown_at", "published_at"),
)
_DECISION = (
    *("ods_code", "round_id", "outcome", "granted_level", "effective_from", "decided_on", "recorded_by"),
    *("state", "version", "supersedes", "superseded_by"),
)
_GRANT = (
    *("level", "agreement", "signed_on", "in_force_from", "in_force_to", "ended_by", "own_to", "own_by"),
    *("start_told", "end_told"),
)


def _members(session: Session) -> dict[str, list[tuple[str, bool, bool]]]:
    """Each application's members in their order, whether they are live and whether they agreed; none that has left."""
    rows = _rows(session, ApplicationMember, "reference", "position", "ods_code", "is_live", "consented_at", "left_at")
    found: dict[str, list[tuple[str, bool, bool]]] = {}
    for reference, _, code, is_live, consented_at, left_at in sorted(rows, key=lambda row: row[:2]):
        if left_at is None:
            found.setdefault(reference, []).append((code, is_live, consented_at is not None))
    return found


def public(session: Session, codes: list[str], day: date) -> Reading:
    """What the public reads of these CCGs on a day."""
    rows = published.organisation_rows(session, codes, day=day)
    conditions = published_conditions.conditions_of(session, [row.decision_id for row in rows])
    states = {key: tuple(each.state for each in found) for key, found in conditions.items()}
    return {
        "public": {
            row.decision_id: (*(getattr(row, name) for name in _PUBLIC), states[row.decision_id]) for row in rows
        }
    }


_PUBLIC = (
    *("ods_code", "outcome", "granted_level", "state", "supersedes", "superseded_by", "agreement"),
    *("in_force_from", "in_force_to", "ended_by", "standing"),
)


def public_sequence(session: Session) -> int:
    return ledger.public_sequence(session)


# --- the model ----------------------------------------------------------------------------------


def expected(model: Model) -> Reading:
    """The same, as the model has it."""
    applications, decisions = model.applications.values(), model.decisions.values()
    return {
        "applications": {
            each.reference: (
                *(each.round_id, each.level, each.region, each.state, each.version, each.due, each.recorded_by),
                *(each.is_shown, each.is_published),
            )
            for each in applications
        },
        "members": {
            each.reference: [(code, code in each.live, code in each.consented) for code in each.members]
            for each in applications
        },
        "recommendations": {
            (each.reference, code, str(ruling.outcome)): True
            for each in applications
            for code, ruling in each.rulings.items()
        },
        "decisions": {each.decision_id: _decision(each) for each in decisions},
        "conditions": {
            (each.decision_id, key): (condition.state, condition.due)
            for each in decisions
            for key, condition in each.conditions.items()
        },
        "grants": {each.decision_id: _grant(each.grant) for each in decisions if each.grant is not None},
        "evidence": {
            (each.decision_id, key, number + 1): True
            for each in decisions
            for key, condition in each.conditions.items()
            for number in range(condition.evidence)
        },
        **_the_rest(model),
    }


def _the_rest(model: Model) -> Reading:
    return {
        "proposals": {key: (each.decision_id, each.kind, each.state) for key, each in model.proposals.items()},
        "announcements": {key: (each.state, each.decisions) for key, each in model.announcements.items()},
        "declarations": {key: (each.is_newest, each.ended_by) for key, each in model.declarations.items()},
    }


def _decision(each: ModelDecision) -> tuple[Any, ...]:
    return (
        *(each.ods_code, each.round_id, each.outcome, each.granted, each.effective, each.decided_on, each.recorded_by),
        *(each.state, each.version, each.supersedes, each.superseded_by),
    )


def _days(end: End | None) -> tuple[date | None, str | None]:
    return (end.day, end.by) if end is not None else (None, None)


def _grant(each: Grant) -> tuple[Any, ...]:
    days = (each.signed_on, each.start, *_days(each.end), *_days(each.own_end))
    return (each.level, each.agreement, *days, each.start_told, each.end_told)


def expected_public(model: Model) -> Reading:
    """What the public may read by the model: published facts, and nothing else."""
    return {"public": {each.decision_id: _public(model, each) for each in model.decisions.values() if each.is_public}}


def _public(model: Model, each: ModelDecision) -> tuple[Any, ...]:
    grant = each.grant
    given = (grant.agreement, grant.start, *_days(grant.end), grant.standing(model.day)) if grant else (None,) * 5
    said = (each.ods_code, each.outcome, each.granted, each.state, each.supersedes, each.superseded_by)
    return (*said, *given, tuple(condition.state for condition in each.conditions.values()))


def differences(register: Reading, model: Reading) -> list[str]:
    """Where the two say different things, each in a line."""
    return [
        f"{kind} {key}: the register says {register[kind].get(key)}, the model {model[kind].get(key)}"
        for kind in register
        for key in sorted({*register[kind], *model[kind]}, key=str)
        if register[kind].get(key) != model[kind].get(key)
    ]
