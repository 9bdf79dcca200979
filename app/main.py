"""The entry point: puts the application together. No logic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute

from app.access.issuers import Keyring
from app.access.log_keys import read_log_keys
from app.api import (
    announcements,
    application_views,
    applications,
    approvals,
    csvw,
    decisions,
    docs,
    health,
    log,
    membership,
    oauth,
    organisations,
    panel,
    post_decision,
    proposals,
    reference_data,
    rounds,
    statistics,
)
from app.casework.application_views import check_may_see
from app.clockwork.looking import Lookout
from app.clockwork.running import Clockwork, running
from app.clockwork.signing import Signer
from app.records.log_tree import LogTree
from app.records.past import PastStates
from app.records.session import Database
from app.release import VERSION
from app.settings import Settings
from app.web import problem_pages
from app.web.admission import Admission, Kind
from app.web.dependencies import Clock
from app.web.problems import register_handlers
from app.web.rates import Rates
from app.web.requests import refuse_unknown_parameters
from app.web.tracing import Tracing

TITLE = "Approvals register"
THREADS = 200
PLACES_FOR_HEALTH = 4
SUMMARY = "Who may commission GP services, since when, and why not."
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    docs.router,
    problem_pages.router,
    oauth.router,
    approvals.router,
    organisations.router,
    decisions.router,
    rounds.router,
    statistics.router,
    reference_data.router,
    csvw.router,
    log.router,
    applications.router,
    membership.router,
    application_views.router,
    announcements.router,
    panel.router,
    post_decision.router,
    proposals.router,
    rounds.extensions_router,
)


def now() -> datetime:
    """The instant, aware and in UTC. It is the only clock of the running register."""
    return datetime.now(UTC)


def create_app(
    settings: Settings, *, database: Database | None = None, clock: Clock = now, ticks: bool = False
) -> FastAPI:
    """The register as an ASGI application. With ``ticks`` the clockwork runs along with it.

    Without a ``database`` it makes one from the settings and closes it when the application ends. Raises
    InvalidSettings if a key cannot be read.
    """
    app = FastAPI(
        title=TITLE,
        summary=SUMMARY,
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_running,
    )
    app.state.settings = settings
    app.state.database = database or Database(settings.database_url, clock_tolerance=settings.clock_tolerance)
    app.state.past_states = PastStates(app.state.database)
    app.state.clock = clock
    app.state.log_tree = LogTree()
    app.state.log_keys = read_log_keys(settings.log_key_file) if settings.log_key_file else None
    app.state.clockwork = Clockwork(app.state.database, clock, _signer(app)) if ticks else None
    app.state.lookout = Lookout(app.state.database, clock)
    app.state.keys = Keyring.of(settings)
    app.state.rates = Rates.of(settings)
    app.state.check_may_see = check_may_see
    app.router.routes.extend(_all_routes())
    register_handlers(app)
    docs.describe(app)
    app.add_middleware(Tracing, host_names=settings.host_names)
    return app


@cache
def _all_routes() -> list[BaseRoute]:
    # FastAPI works out every route at first use, which takes a fifth of a second in all. This does it once for each
    # process, however many applications it makes.
    together = APIRouter(
        dependencies=[Depends(refuse_unknown_parameters)], generate_unique_id_function=lambda route: route.name
    )
    for router in ROUTERS:
        together.include_router(router)
    return together.routes


def _signer(app: FastAPI) -> Signer | None:
    path = app.state.settings.log_key_file
    return Signer.of(path, app.state.log_tree) if path else None


def _admission(settings: Settings) -> Admission:
    return Admission(
        {
            Kind.HEALTH: PLACES_FOR_HEALTH,
            Kind.PUBLIC: settings.limit_public_reads,
            Kind.SIGNED_IN: settings.limit_signed_in_reads,
            Kind.WRITE: settings.limit_writes,
            Kind.LOGIN: settings.limit_logins,
        }
    )


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[dict[str, Admission]]:
    # Places bound how many requests work at once (app.connections.entrance). Each of those must find a free thread.
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    looking = running(app.state.clockwork, app.state.lookout) if app.state.clockwork else nullcontext()
    async with looking, app.state.keys.renewed(app.state.clock):
        yield {"admission": _admission(app.state.settings)}
    app.state.past_states.close()
    app.state.database.close()
