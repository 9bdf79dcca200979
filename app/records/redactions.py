"""Deleting private bytes: whose they are, and how they go."""

from sqlalchemy import delete, select
from sqlmodel import Session

from app.records import idempotency, migrations
from app.records.audit.rebuilding import rebuild
from app.records.changes import table_of
from app.records.tables import Application, Decision, DecisionCondition, LogEntry, LogPrivate, Proposal
from app.rules.decisions import ConditionState, DecisionState, ProposalState
from app.rules.lifecycle import UNDER_WAY


def reference_of(session: Session, index: int) -> str | None:
    """The application that an entry is about. Raises LookupError if there is no such entry."""
    log = table_of(LogEntry).c
    row = session.connection().execute(select(log.reference).where(log.index == index)).one_or_none()
    if row is None:
        raise LookupError(index)
    found: str | None = row.reference
    return found


def others_of(session: Session, index: int) -> list[int]:
    """The other entries of an entry's application with private parts.

    A submission, for instance, repeats its proposal.
    """
    log, private = table_of(LogEntry).c, table_of(LogPrivate).c
    reference = select(log.reference).where(log.index == index).scalar_subquery()
    query = select(log.index).where(log.reference == reference, log.index != index)
    rows = session.connection().execute(query.where(log.index.in_(select(private.index))).order_by(log.index))
    return list(rows.scalars())


def is_over(session: Session, reference: str) -> bool:
    """Whether no more acts are to come on an application: what ``lifecycle.is_over`` decides for states."""
    applications, decisions = table_of(Application).c, table_of(Decision).c
    conditions, proposals = table_of(DecisionCondition).c, table_of(Proposal).c
    of_it = select(decisions.decision_id).where(decisions.reference == reference)
    looked_at = (
        select(applications.reference).where(applications.reference == reference, applications.state.in_(UNDER_WAY)),
        select(decisions.decision_id).where(
            decisions.reference == reference, decisions.state == DecisionState.SIGNED_OFF
        ),
        select(conditions.decision_id).where(
            conditions.decision_id.in_(of_it), conditions.state == ConditionState.OPEN
        ),
        select(proposals.decision_id).where(proposals.decision_id.in_(of_it), proposals.state == ProposalState.OPEN),
    )
    return all(session.connection().execute(query.limit(1)).first() is None for query in looked_at)


def delete_private(session: Session, index: int) -> None:
    """Delete the private bytes of an entry, once another entry of this transaction says that they are redacted.

    All projections are rebuilt, so that nothing made from those bytes stays. Stored answers that may reveal them are
    deleted too.
    """
    private, log = table_of(LogPrivate), table_of(LogEntry).c
    entry = session.connection().execute(select(log.reference, log.at).where(log.index == index)).one()
    idempotency.forget_about(session, entry.reference, entry.at)
    session.connection().execute(delete(private).where(private.c.index == index))
    session.expire_all()
    rebuild(session.connection(), migrations.reference_rows())
