"""Whether the register is there, whether it can work, and where everything else is."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access.callers import CallerIfAnyDep
from app.api.responses import NOT_MODIFIED
from app.records import ledger, migrations
from app.records.session import Database, DatabaseUnavailable
from app.release import RELEASED_ON, VERSION
from app.rules.callers import Scope
from app.web.caching import public_response
from app.web.dependencies import DatabaseDep
from app.web.documents import Day, Out
from app.web.formats import negotiate
from app.web.problems import responses_for

NAME = "approvals register"

router = APIRouter(tags=["service"])


class PingOut(Out):
    """The register answers. ``revision`` is the database revision that this release expects."""

    status: Literal["pass"]
    version: str
    revision: str | None


class CheckOut(Out):
    """One thing that the register needs to work."""

    name: Literal["database", "migrations", "clockwork"]
    fit: bool
    detail: str


class LogHeadOut(Out):
    """How many entries the log has, and the index of the newest publishing one."""

    size: int
    public_sequence: int


class FitnessOut(Out):
    """Whether the register can do its work."""

    status: Literal["fit", "unfit"]
    checks: list[CheckOut]
    log_head: LogHeadOut | None


class ServiceLinksOut(Out):
    """Where everything else is, relative to the host."""

    documentation: str
    openapi: str
    problems: str
    token_endpoint: str
    health: str


class ServiceOut(Out):
    """What this service is."""

    name: str
    version: str
    released_on: Day
    status: Literal["active"]
    links: ServiceLinksOut


async def expected_revision() -> str | None:
    """The database revision that this release expects."""
    return migrations.expected_revision()


RevisionDep = Annotated[str | None, Depends(expected_revision)]


@router.get(
    "/_ping",
    summary="Is the register there",
    response_model=PingOut,
    responses=responses_for(codes=["invalid-parameter"]),
)
async def ping(revision: RevisionDep) -> Response:
    """Answers without asking the database."""
    return _now(PingOut(status="pass", version=VERSION, revision=revision))


@router.get(
    "/_status",
    summary="Is the register fit",
    response_model=FitnessOut,
    responses={
        **responses_for(codes=["invalid-parameter", "unrecognised"]),
        503: {"model": FitnessOut, "description": "The register is unfit. A check says why."},
    },
)
def status(request: Request, database: DatabaseDep, revision: RevisionDep, caller: CallerIfAnyDep) -> Response:
    """Asks the database for an answer, compares its revision with this release's, checks the clockwork.

    Only administrators see `logHead`. A token is optional here.
    """
    checks = [
        _check("database", lambda: _ping(database)),
        _check("migrations", lambda: _compare(database, revision)),
        _check("clockwork", lambda: _clockwork_fault(request)),
    ]
    is_fit = all(check.fit for check in checks)
    may_see_head = is_fit and caller is not None and Scope.ADMIN in caller.scopes
    fitness = FitnessOut(
        status="fit" if is_fit else "unfit", checks=checks, log_head=_log_head(database) if may_see_head else None
    )
    answer = _now(fitness)
    if not is_fit:
        answer.status_code = 503
        answer.headers["Retry-After"] = "1"
    return answer


def _log_head(database: Database) -> LogHeadOut:
    with database.reading() as session:
        head = ledger.head(session)
    return LogHeadOut(size=head.size, public_sequence=head.public_sequence)


def _check(name: Literal["database", "migrations", "clockwork"], find_fault: Callable[[], str | None]) -> CheckOut:
    try:
        fault = find_fault()
    except DatabaseUnavailable:
        fault = "The database does not answer."
    return CheckOut(name=name, fit=fault is None, detail=fault or "As it should be.")


def _ping(database: Database) -> None:
    database.ping()


def _compare(database: Database, expected: str | None) -> str | None:
    current = migrations.current_revision(database)
    return None if current == expected else f"The database is at revision {current}, this release expects {expected}."


def _clockwork_fault(request: Request) -> str | None:
    """Why the clockwork is not fit.

    None if it is, or if this application runs no clockwork: the operator runs ``register tick``.
    """
    clockwork = request.app.state.clockwork
    found: str | None = None if clockwork is None else clockwork.fault()
    return found


def _now(content: Out) -> Response:
    """An answer about this moment. No cache may keep it."""
    body = content.model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    "/v1",
    summary="What this service is",
    response_model=ServiceOut,
    responses=NOT_MODIFIED | responses_for(codes=["invalid-parameter", "not-acceptable"]),
)
def describe_service(request: Request) -> Response:
    """Its name, version, day of release and status, and where everything else is."""
    negotiate(request, ("json",))
    links = ServiceLinksOut(
        documentation="/docs",
        openapi="/openapi.json",
        problems="/problems",
        token_endpoint="/oauth2/token",  # noqa: S106 — an address, no secret
        health="/_status",
    )
    service = ServiceOut(name=NAME, version=VERSION, released_on=RELEASED_ON, status="active", links=links)
    return public_response(request, service)


@router.get("/", include_in_schema=False)
def go_to_documentation() -> Response:
    """Redirect from the root address to the documentation."""
    return RedirectResponse("/docs", status_code=303)
