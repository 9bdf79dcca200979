"""The past for tests: the register's own files, and single facts of CCGs, taken over as the command takes them over."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from app.casework.history import HistoryDifference, import_facts
from app.casework.history_rows import Background, FactLine
from app.commands.history import take_over
from app.commands.history_files import read_rounds
from app.records import ledger
from app.records.changes import primary_key, table_of
from app.records.projections import PROJECTED
from app.records.session import Database
from app.records.tables import Approval, Decision, LogEntry, LogPrivate
from app.rules.grants import Agreement
from app.rules.history import Basis, Chosen, PastDecision, PastDeclaration, PastFact
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.rounds import RoundPlan
from app.rules.words import Level, Outcome
from tests import facts as then

LONG_AFTER = datetime(2019, 6, 3, 12, 0, tzinfo=UTC)
FILES = (then.PAST_ROUNDS, then.KNOWN_ROUNDS, then.REPORTED_TOTALS)
PLANS: dict[str, RoundPlan] = {
    plan.round_id: plan for _, plan in read_rounds(then.PAST_ROUNDS.read_text(encoding="utf-8"), [])
}
STARTS = {round_id: plan.starts_on for round_id, plan in PLANS.items()}
ANNOUNCED = date(2015, 2, 18)


class Noted(NamedTuple):
    """A log entry as tests look at it."""

    kind: str
    ods_code: str | None
    reference: str | None
    publishes: bool
    data: dict[str, Any]
    private: dict[str, Any]


class Given(NamedTuple):
    """A grant: its agreement, its days, and what ended it."""

    agreement: str
    in_force_from: date | None
    in_force_to: date | None
    ended_by: str | None


def decision(code: str, outcome: str = "approved", *, round_id: str = "2015-16", **changed: Any) -> PastDecision:
    """What was decided about a CCG in a past round, with what that outcome must carry."""
    word = Outcome(outcome)
    reasons = () if word is Outcome.APPROVED else (Reason("leadership", "Uncertain interim management."),)
    is_granted = word is not Outcome.REJECTED
    members: dict[str, Any] = {
        "round_id": round_id,
        "application": code.lower(),
        "ods_code": code,
        "requested_level": Level.DELEGATED,
        "outcome": word,
        "chosen_by": ChosenBy.CCG if word is Outcome.DOWNGRADED_TO_JOINT else None,
        "reasons": reasons,
        "conditions": tuple(Condition("c1", each.text, each.code, None) for each in reasons)
        if word is Outcome.CONDITIONAL
        else (),
        "decided_on": ANNOUNCED if round_id == "2015-16" else None,
        "effective_from": STARTS[round_id] if is_granted else None,
        "agreement": Agreement.NOT_KNOWN if is_granted else None,
        "basis": Basis.STATED,
        "source": "HSJ, made up for a test",
    }
    return PastDecision(**{**members, **changed})


def declaration(code: str, level: str = "greater_involvement", **changed: Any) -> PastDeclaration:
    """A level that a CCG declared in a past round."""
    members: dict[str, Any] = {
        "round_id": "2015-16",
        "application": code.lower(),
        "ods_code": code,
        "level": Chosen(level),
        "declared_on": date(2015, 1, 30),
        "basis": Basis.STATED,
        "source": "HSJ, made up for a test",
    }
    return PastDeclaration(**{**members, **changed})


def say(
    session: Session,
    *facts: PastFact,
    reason: str | None = None,
    at: datetime = LONG_AFTER,
    plans: Mapping[str, RoundPlan] | None = None,
    dry_run: bool = False,
) -> HistoryDifference:
    """Take facts over, as the rows of one file, in the session's transaction. They have no faults."""
    rows, known = rows_of(*facts), PLANS if plans is None else plans
    assert Background.of(session, rows, known, at).faults(rows) == []
    return import_facts(session, rows, known, reason=reason, at=at, dry_run=dry_run)


def faults_of(session: Session, *facts: PastFact, at: datetime = LONG_AFTER) -> list[str]:
    """What forbids to take facts over."""
    rows = rows_of(*facts)
    return [fault.detail for fault in Background.of(session, rows, PLANS, at).faults(rows)]


def rows_of(*facts: PastFact) -> list[FactLine]:
    return [FactLine(line, "", fact) for line, fact in enumerate(facts, start=2)]


def import_own_files(database: Database, *files: Path, at: datetime = LONG_AFTER) -> list[HistoryDifference]:
    """Import files, one after another; without any, all of the register's own."""
    return [take_over(database, file, at=at) for file in files or FILES]


# --- what is there then -------------------------------------------------------------------------


def log_size(database: Database) -> int:
    with database.reading() as session:
        return ledger.head(session).size


def entries(database: Database, after: int = 0) -> list[Noted]:
    """The log's entries from an index on."""
    log, private = table_of(LogEntry), table_of(LogPrivate)
    query = (
        select(log.c.body, private.c.body)
        .join(private, private.c.index == log.c.index)
        .where(log.c.index >= after)
        .order_by(log.c.index)
    )
    with database.reading() as session:
        read = [(json.loads(body), json.loads(own)) for body, own in session.connection().execute(query)]
    return [
        Noted(body["kind"], body["odsCode"], body["reference"], body["publishes"], body["data"], own)
        for body, own in read
    ]


def grants(database: Database, *codes: str) -> dict[str, Given]:
    """The grants of some CCGs, or of all, by decision id; void ones too."""
    table = table_of(Approval)
    columns = [table.c[name] for name in ("decision_id", "ods_code", *Given._fields)]
    with database.reading() as session:
        rows = session.connection().execute(select(*columns).order_by(table.c.decision_id)).all()
    return {row[0]: Given(*row[2:]) for row in rows if not codes or row[1] in codes}


def decisions(database: Database, *codes: str) -> dict[str, tuple[str, str, str | None, str | None, str | None]]:
    """State, outcome, what each supersedes and is superseded by, and why, of some CCGs' decisions by id."""
    table = table_of(Decision)
    names = ("decision_id", "state", "outcome", "supersedes", "superseded_by", "correction_reason")
    query = select(*(table.c[name] for name in names)).where(table.c.ods_code.in_(codes)).order_by(table.c.decision_id)
    with database.reading() as session:
        return {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in session.connection().execute(query)}


def projected(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every projection, by table and in the order of its key."""
    with database.reading() as session:
        return {
            table_of(model).name: [
                dict(row)
                for row in session.connection()
                .execute(select(table_of(model)).order_by(*(table_of(model).c[name] for name in primary_key(model))))
                .mappings()
            ]
            for model in PROJECTED
        }
