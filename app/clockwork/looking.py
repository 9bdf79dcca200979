"""Looks at the database twice a second, so that ``/_status`` can tell what it is like and need not ask."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from time import monotonic

import structlog
from anyio import CapacityLimiter, to_thread

from app.records.condition import Condition, look
from app.records.session import Database

LOOK_EVERY_SECONDS = 0.5
STALE_AFTER_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Lookout:
    """Knows what the database was like when it was last looked at."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._seen: Condition | None = None
        self._looked_at = monotonic()

    def seen(self) -> Condition:
        """What was last seen. If the last look is too long ago, the database does not answer.

        If nobody looks in this application, this looks.
        """
        if self._seen is None:
            return look(self._database, self._clock())
        return self._seen if monotonic() - self._looked_at < STALE_AFTER_SECONDS else Condition()

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until told to stop, in a thread that no request can take."""
        own_thread = CapacityLimiter(1)
        while not stopping.is_set():
            try:
                self._seen = await to_thread.run_sync(look, self._database, self._clock(), limiter=own_thread)
                self._looked_at = monotonic()
            except Exception:
                log.exception("look_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_EVERY_SECONDS)
        self._seen = None
