"""The clockwork while the register is served: one tick a second as long as the application runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from anyio import CapacityLimiter, to_thread

from app.clockwork.jobs import SIGNING, Done, NotAllDone, purge, tick
from app.clockwork.looking import Lookout
from app.clockwork.signing import Signer
from app.log.encoding import instant_text
from app.records.checkpoints import HistoryDiffers
from app.records.ledger import ClockBehind
from app.records.session import Database, DatabaseUnavailable

TICK_SECONDS = 1.0
PURGE_EVERY = timedelta(hours=1)
LATE_AFTER = timedelta(seconds=30)
PURGING = "what is old forgotten"

log = structlog.get_logger(__name__)


class Failing(NamedTuple):
    """Since when a job has failed, and the cause if everybody may know it."""

    since: datetime
    cause: str


def _cause(failure: Exception) -> str:
    """Everybody may know that the log is not the one that was signed. Other causes go only to the server's log."""
    return f" ({failure})" if isinstance(failure, HistoryDiffers) else ""


class Clockwork:
    """Ticks in a thread of the application. It knows its last tick, and since when which jobs fail."""

    def __init__(self, database: Database, clock: Callable[[], datetime], signer: Signer | None = None) -> None:
        """Start nothing yet: see ``running``. Without a signer no checkpoints are made."""
        self._database = database
        self._clock = clock
        self._signer = signer
        self._ticked_at = clock()
        self._purged_at: datetime | None = None
        self._failing: dict[str, Failing] = {}
        self._waits_for_clock = False

    def fault(self) -> str | None:
        """Why the clockwork is not fit: it has not ticked, or a job has failed, for 30 s. None if it is fit."""
        at = self._clock()
        silent = at - self._ticked_at
        if silent >= LATE_AFTER:
            return f"The clockwork last ticked {silent.total_seconds():.0f} s ago."
        failing = [
            f"Fails for {(at - since).total_seconds():.0f} s: {what}{cause}"
            for what, (since, cause) in self._failing.items()
            if at - since >= LATE_AFTER
        ]
        return f"{'; '.join(failing)}." if failing else None

    def waits(self) -> str | None:
        """Why a clockwork that is fit does nothing. None if it does what is due."""
        return "It waits until the clock is right: nothing is done by time." if self._waits_for_clock else None

    @property
    def ticked_at(self) -> datetime:
        """When the last tick began, or else when the clockwork was made."""
        return self._ticked_at

    def signing(self) -> tuple[bool, str]:
        """Whether the log is signed as it should be, and a sentence about it."""
        if self._signer is None:
            return True, "The log is not signed: REGISTER_LOG_KEY_FILE is not set."
        if self._waits_for_clock:
            return False, "Nothing is signed while the clock is behind."
        failing = self._failing.get(SIGNING)
        if failing is None:
            return True, f"The log is signed as {self._signer.keys.origin}."
        return False, f"Not signed since {instant_text(failing.since)}{failing.cause}."

    def turn(self) -> None:
        """Tick once, and purge once an hour. If the database does not answer, the next turn tries again."""
        at = self._clock()
        try:
            done, failures = self._done(at)
        except DatabaseUnavailable as error:
            log.warning("clockwork_waits", cause=str(error))
            return
        except ClockBehind as error:
            # It ticks, and waits for a person: see ``register clock accept``.
            self._ticked_at, self._waits_for_clock = at, True
            log.warning("clock_is_behind", cause=str(error))
            return
        self._ticked_at, self._waits_for_clock = at, False
        for what, number in done:
            log.info("clockwork_did", what=what, number=number)
        for what, failure in failures.items():
            # Once for each new failure, not a trace every second.
            if what not in self._failing:
                log.error("clockwork_failed", what=what, exc_info=failure)
        self._failing = {
            what: Failing(self._failing[what].since if what in self._failing else at, _cause(failure))
            for what, failure in failures.items()
        }

    def _done(self, at: datetime) -> tuple[list[Done], dict[str, Exception]]:
        try:
            done, failures = tick(self._database, at, self._signer), {}
        except NotAllDone as error:
            done, failures = error.done, dict(error.failures)
        if self._purged_at is None or at - self._purged_at >= PURGE_EVERY:
            try:
                done = [*done, *purge(self._database, at)]
                self._purged_at = at
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 — reported like a job that fails
                failures[PURGING] = error
        return done, failures

    async def run(self, stopping: asyncio.Event) -> None:
        """Tick until told to stop, in a thread that no request can take. A tick that has begun is finished."""
        own_thread = CapacityLimiter(1)
        while not stopping.is_set():
            try:
                await to_thread.run_sync(self.turn, limiter=own_thread)
            except Exception:
                log.exception("clockwork_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), TICK_SECONDS)


@asynccontextmanager
async def running(*clockworks: Clockwork | Lookout) -> AsyncIterator[None]:
    """Let a clockwork and a lookout run during the block. At the end they finish what they have begun."""
    stopping = asyncio.Event()
    tasks = [asyncio.get_running_loop().create_task(each.run(stopping)) for each in clockworks]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)
