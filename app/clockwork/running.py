"""The clockwork while the register is served: a tick a second, for as long as the application runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog
from anyio import to_thread

from app.clockwork.ticking import purge, tick
from app.records.session import Database, DatabaseUnavailable

TICK_SECONDS = 1.0
PURGE_EVERY = timedelta(hours=1)
LATE_AFTER = timedelta(seconds=30)

log = structlog.get_logger(__name__)


class Clockwork:
    """Ticks in a thread of the application's, and knows when it last did so without a fault."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Starts nothing: see ``running``."""
        self._database = database
        self._clock = clock
        self._ticked_at = clock()
        self._purged_at: datetime | None = None

    def fault(self) -> str | None:
        """Why the clockwork is not fit: that it has not ticked for 30 s; None while it is."""
        silent = self._clock() - self._ticked_at
        return None if silent < LATE_AFTER else f"The clockwork last ticked {silent.total_seconds():.0f} s ago."

    def turn(self) -> None:
        """One tick, and once an hour the purge. A database that does not answer is tried again at the next."""
        at = self._clock()
        try:
            done = tick(self._database, at)
            if self._purged_at is None or at - self._purged_at >= PURGE_EVERY:
                done += purge(self._database, at)
                self._purged_at = at
        except DatabaseUnavailable as error:
            log.warning("clockwork_waits", cause=str(error))
            return
        self._ticked_at = at
        for what, number in done:
            log.info("clockwork_did", what=what, number=number)

    async def run(self) -> None:
        """Tick until cancelled. A fault of one tick is told in the log, and the next one is tried."""
        while True:
            try:
                await to_thread.run_sync(self.turn)
            except Exception:
                log.exception("clockwork_failed")
            await asyncio.sleep(TICK_SECONDS)


@asynccontextmanager
async def running(clockwork: Clockwork) -> AsyncIterator[None]:
    """Let a clockwork run while the block does; the tick it is in when that ends is finished first."""
    task = asyncio.get_running_loop().create_task(clockwork.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
