"""Receipts of log entries, made from the log and its checkpoints."""

import orjson
from sqlalchemy import select
from sqlmodel import Session

from app.log.receipts import Private, Receipt
from app.records import checkpoints
from app.records.changes import table_of
from app.records.entries.applications import ApplicationCreated, ApplicationSubmitted
from app.records.log_tree import LogTree
from app.records.tables import Decision, LogEntry, LogPrivate

SUBMISSIONS = (ApplicationSubmitted.KIND, ApplicationCreated.KIND)


def submission_receipt(session: Session, tree: LogTree, reference: str, *, reader: str) -> Receipt | None:
    """The receipt of an application's newest submission, or of its creation while it is a draft.

    The private part is in it only for the ``reader`` (a caller's key) who wrote it. None until a checkpoint covers it.
    Raises HistoryDiffers.
    """
    log = table_of(LogEntry).c
    query = select(log.index).where(log.reference == reference).order_by(log.index.desc()).limit(1)
    for kind in SUBMISSIONS:
        index = session.connection().execute(query.where(log.kind == kind)).scalar()
        if index is not None:
            return _receipt(session, tree, index, checkpoints.first_covering(session, index), reader=reader)
    return None


def decision_receipt(session: Session, tree: LogTree, decision_id: str) -> Receipt | None:
    """The receipt of a published decision: what was signed off, under the checkpoint of its publication.

    None until that checkpoint is signed. Raises HistoryDiffers, and LookupError if there is no such published decision.
    """
    decisions = table_of(Decision).c
    query = select(decisions.signed_off_index, decisions.published_sequence).where(
        decisions.decision_id == decision_id, decisions.published_sequence.is_not(None)
    )
    row = session.connection().execute(query).one_or_none()
    if row is None:
        raise LookupError(decision_id)
    covering = checkpoints.first_covering(session, row.published_sequence, is_public=True)
    return _receipt(session, tree, row.signed_off_index, covering)


def _receipt(
    session: Session, tree: LogTree, index: int, signed: checkpoints.Signed | None, *, reader: str | None = None
) -> Receipt | None:
    if signed is None:
        return None
    log, private = table_of(LogEntry).c, table_of(LogPrivate).c
    entry = session.connection().execute(select(log.salt, log.body).where(log.index == index)).one()
    kept = session.connection().execute(select(private.salt, private.body).where(private.index == index)).one_or_none()
    is_own = kept is not None and orjson.loads(kept.body).get("actor") == reader
    checkpoint = signed.checkpoint()
    return Receipt(
        index,
        entry.salt,
        entry.body.decode(),
        tuple(tree.read_to_checkpoint(session, checkpoint).inclusion(index, checkpoint.size)),
        signed.note,
        Private(kept.salt, kept.body.decode()) if kept is not None and is_own else None,
    )
