"""One tick of the clockwork: everything that is due, each job in a transaction of its own.

Several processes may tick at once. Each job takes the lock that every writer takes, and only then looks at what is due,
so nothing is done twice. If one job fails, the others still run.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

from app.casework import scheduled
from app.clockwork.signing import Signer
from app.records import announcements, assertions, idempotency, ledger
from app.records.session import Database, DatabaseUnavailable

# If a job is still due after this many rounds, that is a fault. The tick must end all the same.
AT_MOST = 1_000
SIGNING = "checkpoints signed"


class Done(NamedTuple):
    """What a tick did: how many of what."""

    what: str
    number: int


class NotAllDone(Exception):
    """Some jobs failed. ``failures`` says which and why. ``done`` is what was done all the same."""

    def __init__(self, done: list[Done], failures: dict[str, Exception]) -> None:
        """Say in the message which jobs failed."""
        super().__init__(f"not done: {', '.join(failures)}")
        self.done = done
        self.failures = failures


def tick(database: Database, at: datetime, signer: Signer | None = None) -> list[Done]:
    """Do everything that is due at an instant, then sign the log as it is.

    Raises DatabaseUnavailable, and ClockBehind before anything is done if nothing can be written by this clock. Raises
    NotAllDone once every job was tried; what was done stays done.
    """
    with database.reading() as session:
        ledger.check_clock(session, at)
    done: list[Done] = []
    failures: dict[str, Exception] = {}
    begun = monotonic()
    jobs = {what: _repeated(database, what, at, begun) for what in scheduled.JOBS}
    if signer is not None:
        jobs[SIGNING] = (signer.sign(database, at) for _ in range(1))
    for what, numbers in jobs.items():
        number = 0
        try:
            for each in numbers:
                number += each
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 — whatever fails here, the other jobs are due too
            failures[what] = error
        if number:
            done.append(Done(what, number))
    if failures:
        raise NotAllDone(done, failures)
    return done


def purge(database: Database, at: datetime) -> list[Done]:
    """Forget what nobody may ask for again: old answers, assertions and previews.

    None of it is a fact of the register.
    """
    with database.writing() as session:
        forgotten = {
            "stored answers forgotten": idempotency.forget(session, before=at - idempotency.KEPT_FOR),
            "used assertions forgotten": assertions.forget(session, at=at),
            "previews forgotten": announcements.forget_previews(session, before=at - announcements.PREVIEW_LIFE),
        }
    return [Done(what, number) for what, number in forgotten.items() if number]


def _is_due(database: Database, what: str, at: datetime) -> bool:
    """Whether there is something to do. Looking does not keep other writers waiting."""
    with database.reading() as session:
        return bool(scheduled.JOBS[what](session, at))


def _repeated(database: Database, what: str, at: datetime, begun: float) -> Iterator[int]:
    """Repeat a job until nothing is left to do. Each time is an act of its own.

    A tick may last, and others write meanwhile. ``begun`` says when it was ``at`` by the monotonic clock.
    """
    for _ in range(AT_MOST):
        if not _is_due(database, what, at):
            return
        with database.writing() as session:
            session.info["now"] = at + timedelta(seconds=monotonic() - begun)
            number = scheduled.run(session, what, at)
        if number == 0:
            return
        yield number
