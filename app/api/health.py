"""Whether the register is there, whether it can work, and where everything else is."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access.callers import CallerIfAnyDep
from app.api.responses import NOT_MODIFIED
from app.records import migrations
from app.records.condition import CLOCK_BEHIND, NO_ROOM, Condition
from app.release import RELEASED_ON, VERSION
from app.rules.callers import Caller, Scope
from app.web.caching import public_response
from app.web.documents import Day, Instant, Out
from app.web.formats import negotiate
from app.web.problems import responses_for

NAME = "approvals register"
NO_ANSWER = "The database does not answer."
AS_IT_SHOULD_BE = "As it should be."
LOW_ROOM = "Less than 512 MiB are free on the database's disk."

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


class FindingOut(Out):
    """What was found when the register last looked around. If it is not well, an operator should see to it."""

    name: Literal["clock", "disk", "rights", "signing", "keySets"]
    well: bool
    detail: str


class LogHeadOut(Out):
    """How many entries the log has, and the index of the newest publishing one."""

    size: int
    public_sequence: int


class FitnessOut(Out):
    """Whether the register can do its work, as it last looked.

    ``writing`` is refused if the database is not as it should be, and also if it can be read but takes no acts.
    ``remarks`` says why, and which issuers of tokens are out. ``lookedAt`` is when the database was last looked at,
    ``tickedAt`` when this process last did what is due by time. Either is null if nobody does. ``findings`` are what
    an operator should know before it makes the register unfit.
    """

    status: Literal["fit", "unfit"]
    writing: Literal["accepted", "refused"]
    remarks: list[str]
    checks: list[CheckOut]
    looked_at: Instant | None
    ticked_at: Instant | None
    findings: list[FindingOut]
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
def status(request: Request, revision: RevisionDep, caller: CallerIfAnyDep) -> Response:
    """Tells what the register found when it last looked, at most a second ago. It asks nothing itself.

    It is unfit if the database does not answer or is at another revision, or if the clockwork fails. If only acts are
    refused, for instance because the disk is full, it is fit, and `writing` says so. An issuer whose keys cannot be
    read stands in `remarks`. `findings` tell what is not well before it does harm. Only administrators see `logHead`. A
    token is optional here.
    """
    seen: Condition = request.app.state.lookout.seen()
    clockwork: Any = request.app.state.clockwork
    checks = [
        _check("database", None if seen.answers else _silence(seen)),
        _check("migrations", _compare(seen, revision)),
        _check("clockwork", _clockwork_fault(request), clockwork.waits() if clockwork else None),
    ]
    is_fit = all(check.fit for check in checks)
    fitness = FitnessOut(
        status="fit" if is_fit else "unfit",
        writing="accepted" if _takes_acts(seen, revision) else "refused",
        remarks=[*seen.refuses_acts, *_outages(request)],
        checks=checks,
        looked_at=seen.looked_at,
        ticked_at=clockwork.ticked_at if clockwork else None,
        findings=list(_findings(request, seen)),
        log_head=_log_head(seen, caller) if is_fit else None,
    )
    answer = _now(fitness)
    if not is_fit:
        answer.status_code = 503
        answer.headers["Retry-After"] = "1"
    return answer


def _log_head(seen: Condition, caller: Caller | None) -> LogHeadOut | None:
    if seen.head is None or caller is None or Scope.ADMIN not in caller.scopes:
        return None
    return LogHeadOut(size=seen.head.size, public_sequence=seen.head.public_sequence)


def _check(
    name: Literal["database", "migrations", "clockwork"], fault: str | None, remark: str | None = None
) -> CheckOut:
    return CheckOut(name=name, fit=fault is None, detail=fault or remark or AS_IT_SHOULD_BE)


def _silence(seen: Condition) -> str:
    return " ".join(seen.refuses_acts) or NO_ANSWER


def _findings(request: Request, seen: Condition) -> Iterator[FindingOut]:
    """Nothing here may move with an act that is not public: no sizes, no numbers, no instants of acts."""
    yield _finding("clock", CLOCK_BEHIND if CLOCK_BEHIND in seen.refuses_acts else None)
    yield _finding("disk", NO_ROOM if NO_ROOM in seen.refuses_acts else LOW_ROOM if seen.room_is_low else None)
    yield _finding("rights", " ".join(each for each in seen.refuses_acts if each not in {NO_ROOM, CLOCK_BEHIND}))
    clockwork: Any = request.app.state.clockwork
    well, detail = clockwork.signing() if clockwork else (True, "This process does not sign.")
    yield FindingOut(name="signing", well=well, detail=detail)
    yield _finding("keySets", " ".join(_outages(request)))


def _finding(name: Literal["clock", "disk", "rights", "keySets"], fault: str | None) -> FindingOut:
    return FindingOut(name=name, well=not fault, detail=fault or AS_IT_SHOULD_BE)


def _compare(seen: Condition, expected: str | None) -> str | None:
    if not seen.answers:
        return NO_ANSWER
    if seen.revision == expected:
        return None
    return f"The database is at revision {seen.revision}, this release expects {expected}."


def _outages(request: Request) -> list[str]:
    """The issuers whose keys cannot be read. All other tokens are still known."""
    found = request.app.state.keys.outages(request.app.state.clock())
    return [f"{issuer}: {since}." for issuer, since in found.items()]


def _takes_acts(seen: Condition, expected: str | None) -> bool:
    """A clockwork that fails does not keep acts from being taken."""
    return _compare(seen, expected) is None and not seen.refuses_acts


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
