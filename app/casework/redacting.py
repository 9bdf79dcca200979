"""Redaction: what an entry keeps private is deleted for good, with the ground for it in an entry of its own."""

from datetime import datetime

from app.records import ledger, redactions
from app.records.audit import log_entries
from app.records.entries.log import EntryRedacted
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.rules.refusals import Fault, InvalidDocument, NotFound, WrongState


def redact(session: Session, index: int, *, ground: str, actor: str, at: datetime) -> EntryReceipt:
    """Delete the private bytes of an entry, and their salt: so nobody can even confirm a guess of what they were.

    The body stays, so every proof holds. The ground is public for ever. Raises NotFound, InvalidDocument
    without a ground, and WrongState for what was redacted already, what cannot be, and what an act still
    rests on (who recorded an outcome may not sign it off).
    """
    if not ground.strip():
        raise InvalidDocument("A redaction says why.", faults=[Fault("/ground", "Must not be empty.")])
    check_may_be_redacted(session, index)
    [receipt] = ledger.append(session, [EntryRedacted(index=index, ground=ground, actor=actor)], at=at)
    redactions.delete_private(session, index)
    return receipt


def check_may_be_redacted(session: Session, index: int) -> None:
    """Raise NotFound or WrongState if the private bytes of an entry cannot be deleted now."""
    try:
        reference = redactions.reference_of(session, index)
    except LookupError as error:
        raise NotFound(f"The log has no entry {index}.") from error
    done = log_entries.redacted(session.connection())
    if index in done:
        raise WrongState(f"Entry {index} was redacted by entry {done[index]} already.")
    if index in done.values():
        raise WrongState(f"Entry {index} says itself that something was redacted.")
    if reference is not None and not redactions.is_over(session, reference):
        raise WrongState(f"Application {reference} is not over: who did what is still needed for what comes next.")
