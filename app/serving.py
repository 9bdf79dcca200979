"""Serving over HTTP: uvicorn with safe settings, and connections with limits (``app.connections``)."""

import asyncio
import gc
from collections.abc import Callable
from functools import partial
from socket import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.connections.pot import Pot, raise_descriptors
from app.connections.protocol import Connection
from app.main import create_app
from app.settings import Settings, read_settings
from app.web.tracing import configure_logging

# Longer than a usual proxy keeps a connection, so that none is closed here while the proxy sends a request.
KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 10
# A worker that does not answer its parent for this long is replaced. On a busy machine a start takes several seconds.
WORKER_SECONDS = 30


def application() -> FastAPI:
    """The register with the settings of the environment. Each of several workers makes its own.

    Raises InvalidSettings with every fault.
    """
    settings = read_settings()
    configure_logging(settings.log_level)
    return _made(settings)


def _made(settings: Settings) -> FastAPI:
    """The register. What is there by now stays as long as the process, so nothing looks through it for garbage.

    That takes a tenth of a second each time, in which nobody is answered and a writer keeps its lock.
    """
    app = create_app(settings, ticks=True)
    gc.freeze()
    return app


def configuration(
    app: FastAPI | str,
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int = 1,
    protocol: Callable[..., asyncio.Protocol] = Connection,
    pot: type[Pot] = Pot,
) -> uvicorn.Config:
    """The server's safe settings. ``app`` is an application, or the place of ``application``."""
    options: dict[str, Any] = {"factory": True} if isinstance(app, str) else {}
    connections: Any = partial(protocol, pot=pot(settings.forwarded_allow_ips))
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=workers,
        http=connections,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        **options,
    )


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen. If that fails, the server ends without a word from here."""
        await super().startup(sockets)
        if self.started:
            self._listening()


def serve(
    settings: Settings, host: str, port: int, workers: int = 1, listening: Callable[[], None] = lambda: None
) -> None:
    """Serve until told to stop. Each of several workers reads the settings from the environment itself.

    ``listening`` is called once a single worker listens.
    """
    configure_logging(settings.log_level)
    raise_descriptors()
    if workers == 1:
        Server(configuration(_made(settings), settings, host=host, port=port), listening).run()
        return
    config = configuration("app.serving:application", settings, host=host, port=port, workers=workers)
    Multiprocess(config, sockets=[config.bind_socket()]).run()
