"""The register's own server, but for one moment of one request, or of its clockwork, at which it kills itself.

``python -m tests.crash.dying_server before-commit|before-answer PORT``: the request is the one whose
X-Correlation-ID is ``die``. ``tick-before-commit|tick-after-commit PORT``: the first act of the clockwork.
``tick-before-signing|tick-before-memory|tick-before-rows|tick-after-rows PORT``: the first checkpoint it signs.
What the register does up to that moment is what it always does.
"""

import os
import signal
import sys
from datetime import datetime
from typing import Any

import uvicorn
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.log_keys import LogKeys
from app.casework import scheduled
from app.clockwork import signing
from app.main import create_app
from app.records import checkpoints
from app.records.session import Session
from app.serving import configuration
from app.settings import read_settings

MARK = (b"x-correlation-id", b"die")


def die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """Around the whole application: what it would send never leaves."""

    def __init__(self, app: ASGIApp, *, moment: str, engine: Engine) -> None:
        self.app, self.moment, self.engine = app, moment, engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_marked = MARK in scope.get("headers", ())
        if is_marked and self.moment == "before-commit":
            event.listen(self.engine, "commit", die)

        async def send_or_die(message: Message) -> None:
            if is_marked:
                die()
            await send(message)

        await self.app(scope, receive, send_or_die)


def die_signing(moment: str) -> None:
    """Let the first checkpoint be the last: before it is signed, remembered, or kept in the database, or after."""
    match moment:
        case "tick-before-signing":
            LogKeys.signed = die  # type: ignore[method-assign]
        case "tick-before-memory":
            signing._write = die  # noqa: SLF001 — the moment lies within it
        case "tick-before-rows":
            checkpoints.add = die
        case "tick-after-rows":
            add = checkpoints.add

            def add_and_die(session: Session, signed: Any, *, at: datetime) -> None:
                add(session, signed, at=at)
                event.listen(session, "after_commit", die)

            checkpoints.add = add_and_die


def die_by_time(moment: str) -> None:
    """Let the clockwork's first act be its last: before it is committed, or right after."""
    run = scheduled.run

    def run_and_die(session: Session, what: str, at: datetime) -> int:
        number = run(session, what, at)
        if number:
            event.listen(session, "before_commit" if moment == "tick-before-commit" else "after_commit", die)
        return number

    scheduled.run = run_and_die


def main() -> None:
    moment, port = sys.argv[1:]
    settings = read_settings()
    ticks = moment.startswith("tick-")
    app = create_app(settings, ticks=ticks)
    if moment in {"tick-before-commit", "tick-after-commit"}:
        die_by_time(moment)
    elif ticks:
        die_signing(moment)
    else:
        app.add_middleware(Dying, moment=moment, engine=app.state.database.engine)
    uvicorn.Server(configuration(app, settings, host="127.0.0.1", port=int(port))).run()


if __name__ == "__main__":
    main()
