"""A clock that ran ahead: a person says which of two clocks was right, and acts go on."""

from datetime import datetime

from app.records import ledger
from app.records.entries.log import ClockAccepted
from app.records.ledger import ClockBehind, EntryReceipt
from app.records.session import Session
from app.rules.refusals import Fault, InvalidDocument, WrongState


def accept(session: Session, *, ground: str, actor: str, at: datetime) -> EntryReceipt:
    """Take the present clock as right, though the newest entry is dated after it. The ground is public for ever.

    Raises InvalidDocument without a ground, and WrongState if the clock is behind by no more than clocks may differ.
    """
    if not ground.strip():
        raise InvalidDocument("Accepting the clock needs a ground.", faults=[Fault("/ground", "Must not be empty.")])
    dated = find_newest_ahead(session, at)
    newest = ledger.head(session).size - 1
    [receipt] = ledger.append(session, [ClockAccepted(newest=newest, dated=dated, ground=ground, actor=actor)], at=at)
    return receipt


def find_newest_ahead(session: Session, at: datetime) -> datetime:
    """The instant of the newest entry, which lies ahead of the clock. Raises WrongState if the clock is not behind."""
    try:
        ledger.check_clock(session, at)
    except ClockBehind as behind:
        return behind.newest
    raise WrongState("The clock is not behind the newest entry: there is nothing to accept.")
