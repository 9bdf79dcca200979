"""Refusals as problem documents (RFC 9457): the only place that knows their HTTP statuses.

Every answer that is not a success leaves through here, with the same members whatever the cause.
"""

import traceback
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.records.checkpoints import HistoryDiffers
from app.records.ledger import ClockBehind
from app.records.session import CommitUnanswered, DatabaseUnavailable
from app.rules import refusals as rules
from app.rules.filters import UnknownNames
from app.rules.refusals import Fault, Refusal
from app.web import request_errors as http
from app.web import validation
from app.web.filters import refused_names
from app.web.requests import matched_route, parameter_faults, remembered

PROBLEM_JSON = "application/problem+json"
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
EXAMPLE_TRACE_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"

STATUSES: dict[type[Refusal], int] = {
    rules.Unrecognised: 401,
    rules.Forbidden: 403,
    rules.NotFound: 404,
    rules.Conflict: 409,
    rules.Outdated: 412,
    rules.IfMatchRequired: 428,
    rules.TooManyVersions: 429,
    rules.Incomplete: 422,
    http.BadRequest: 400,
    http.MethodNotAllowed: 405,
    http.NotAcceptable: 406,
    http.BodyTooLarge: 413,
    http.UnsupportedMediaType: 415,
    http.TooManyRequests: 429,
    http.HeaderTooLarge: 431,
    http.Internal: 500,
    http.Unavailable: 503,
}
_HEADERS: dict[type[Refusal], dict[str, str]] = {
    rules.Unrecognised: {"WWW-Authenticate": "Bearer"},
    rules.RequestInProgress: {"Retry-After": "1"},
    http.TooManyRequests: {"Retry-After": "1"},
    http.Unavailable: {"Retry-After": "1"},
    http.NotSignedYet: {"Retry-After": "1"},
    http.WriteUnconfirmed: {"Retry-After": "1"},
}
# Headers that an answer of this kind may have, or gets elsewhere (app.web.tracing, from app.web.rates).
_ALSO_DOCUMENTED: dict[type[Refusal], tuple[str, ...]] = {
    http.TooManyRequests: ("RateLimit", "RateLimit-Policy"),
    rules.TooManyVersions: ("Retry-After",),
}
# One sentence each, whatever the cause: different words for different causes would reveal what is there.
_SAME_FOR_ALL: dict[type[Refusal], str] = {
    rules.Unrecognised: "A valid access token is needed, as Authorization: Bearer.",
    rules.NotFound: "There is nothing at this address, or nothing that you may see.",
    http.Internal: "The register has made a mistake. The trace id leads to its cause.",
}
# Beside that sentence, what an address says by itself: a part of it has a form that nothing has.
_OF_FORM = "of_form"
_NEVER_RAISED = frozenset({rules.Outdated, http.BadRequest})
_OF_STATUS: dict[int, type[Refusal]] = {
    400: http.MalformedBody,
    401: rules.Unrecognised,
    403: rules.Forbidden,
    404: rules.NotFound,
    405: http.MethodNotAllowed,
    406: http.NotAcceptable,
    409: rules.WrongState,
    412: rules.Stale,
    413: http.BodyTooLarge,
    415: http.UnsupportedMediaType,
    422: rules.InvalidDocument,
    428: rules.IfMatchRequired,
    429: http.TooManyRequests,
    431: http.HeaderTooLarge,
    500: http.Internal,
    503: http.Unavailable,
}
_log = structlog.get_logger("problems")

# --- one problem --------------------------------------------------------------------------------


def catalogue() -> dict[str, type[Refusal]]:
    """Every refusal that a caller can meet, by its code, in the order of the codes."""
    named = rules.named_refusals()
    return {code: named[code] for code in sorted(named) if named[code] not in _NEVER_RAISED}


def status_of(kind: type[Refusal]) -> int:
    """The HTTP status of a refusal: its own, or else that of its family."""
    return next(STATUSES[each] for each in kind.__mro__ if each in STATUSES)


def document(refusal: Refusal, *, instance: str, trace_id: str) -> dict[str, Any]:
    """The members of the problem document, in the order in which people read them."""
    kind = type(refusal)
    sentence = next((_SAME_FOR_ALL[each] for each in kind.__mro__ if each in _SAME_FOR_ALL), None)
    members = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": status_of(kind),
        "detail": sentence or refusal.detail,
        "instance": instance,
        "code": kind.code,
        "traceId": trace_id,
        "errors": [],
    }
    if sentence is None:
        members["errors"] = _errors(refusal)
        members |= {name: value for name, value in refusal.extra.items() if name not in members}
    else:
        members["errors"] = refusal.extra.get(_OF_FORM, [])
    return members


def _errors(refusal: Refusal) -> list[dict[str, str]]:
    found = [fault._asdict() for fault in refusal.faults]
    if isinstance(refusal, http.BadRequest):
        found += [fault._asdict() for fault in refusal.parameters]
    if isinstance(refusal, rules.NotYetKnown):
        found.append({"parameter": refusal.parameter, "detail": refusal.detail})
    return found


def instance_of(scope: Scope) -> str:
    """The path of the request, as a reference that fits into a document."""
    return quote(scope["path"], safe="/:@!$&'()*+,;=-._~")


def answer(scope: Scope, refusal: Refusal) -> Response:
    """The answer that says no. Its code also goes into the request's line in the log."""
    state = scope.setdefault("state", {})
    state["problem"] = refusal.code
    members = document(
        refusal,
        instance=instance_of(scope),
        trace_id=state.get("trace_id", EXAMPLE_TRACE_ID),
    )
    return Response(
        orjson.dumps(members, option=orjson.OPT_UTC_Z, default=sorted),
        status_code=members["status"],
        media_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", **_headers(refusal)},
    )


def _headers(refusal: Refusal) -> Mapping[str, str]:
    own = refusal.headers if isinstance(refusal, http.BadRequest) else {}
    if isinstance(refusal, rules.TooManyVersions) and refusal.seconds is not None:
        own = {"Retry-After": str(refusal.seconds)}
    return {**_HEADERS.get(type(refusal), {}), **own}


def internal(scope: Scope, error: BaseException) -> Response:
    """The answer to the register's own mistake. What happened goes only to the log."""
    _log.error("mistake", error=type(error).__name__, traceback="".join(traceback.format_exception(error)))
    return answer(scope, http.Internal(""))


# --- handlers -----------------------------------------------------------------------------------


def register_handlers(app: FastAPI) -> None:
    """Turn every refusal, fault and framework error into a problem document."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(UnknownNames, _unknown_names)
    app.add_exception_handler(DatabaseUnavailable, _unavailable)
    app.add_exception_handler(ClockBehind, _clock_behind)
    app.add_exception_handler(HistoryDiffers, _not_as_signed)


async def _refused(request: Request, error: Exception) -> Response:
    return answer(request.scope, error if isinstance(error, Refusal) else http.Internal(""))


async def _unknown_names(request: Request, error: Exception) -> Response:
    return answer(request.scope, refused_names(error.unknown if isinstance(error, UnknownNames) else ()))


async def _unavailable(request: Request, error: Exception) -> Response:
    _log.warning("database unavailable", error=str(error))
    is_known = not isinstance(error, CommitUnanswered)
    detail = "The register cannot answer now. Nothing was written." if is_known else "The register cannot answer now."
    return answer(request.scope, http.Unavailable(detail))


async def _clock_behind(request: Request, error: Exception) -> Response:
    _log.error("the clock is behind the log", error=str(error))
    detail = "The register's clock is behind its newest entry. Nothing can be written until its operators have looked."
    return answer(request.scope, http.Unavailable(detail))


async def _not_as_signed(request: Request, error: Exception) -> Response:
    _log.error("the log is not as it was signed", error=str(error))
    return answer(request.scope, http.Unavailable("The register cannot answer for its log now."))


async def _invalid(request: Request, error: Exception) -> Response:
    found: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    return answer(request.scope, _refusal_of(request, found))


def _refusal_of(request: Request, found: list[Any]) -> Refusal:
    """An unreadable request comes first, then an impossible address, then the query, and the document last."""
    unreadable = remembered(request)
    if unreadable is not None:
        return unreadable
    if validation.is_about_path(found):
        parts = [fault._asdict() for fault in validation.of_path(found)]
        return rules.NotFound("A part of the path cannot be.", extra={_OF_FORM: parts})
    parameters = [*parameter_faults(request), *validation.of_parameters(found)]
    if parameters:
        return http.InvalidParameter("The query or a header has values that do not fit.", parameters=parameters)
    return rules.InvalidDocument(
        "The document is not what this address takes.", faults=validation.of_body(found, _kind_of_body(request))
    )


async def _framework(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: an unknown path, or a method that the path does not take.

    OPTIONS is such a method, and is answered with those that it does take. Asked of ``*``, with those of all paths.
    """
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = _OF_STATUS.get(status, http.Internal)
    if kind is http.MethodNotAllowed or (request.method, request.scope["path"]) == ("OPTIONS", "*"):
        methods = _methods_at(request)
        allow = ", ".join(sorted({*methods, "OPTIONS"}))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allow, "Cache-Control": "no-store"})
        told = f"This address takes {', '.join(methods)}."
        return answer(request.scope, http.MethodNotAllowed(told, headers={"Allow": allow}))
    return answer(request.scope, kind("The request cannot be answered as it came."))


def _methods_at(request: Request) -> list[str]:
    """Every method that some route takes at this path. The framework names only those of the first route."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        regex = getattr(route, "path_regex", None)
        if regex is not None and (request.scope["path"] == "*" or regex.match(request.scope["path"])):
            found |= route.methods or set()
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _kind_of_body(request: Request) -> Any:
    """The annotation of the body that the matched route takes. None if it takes none."""
    body = getattr(matched_route(request.scope), "body_field", None)
    return None if body is None else body.field_info.annotation


def document_faults(error: ValidationError, kind: type[BaseModel]) -> list[Fault]:
    """The faults of a document of this kind that a route validated itself (a patched one)."""
    return validation.of_document(error.errors(include_url=False), kind)


# --- documentation ------------------------------------------------------------------------------


def responses_for(*statuses: int, codes: Sequence[str | type[Refusal]] = ()) -> dict[int | str, dict[str, Any]]:
    """The ``responses=`` of a route: the statuses of its refusals, and their codes or classes.

    Each status documents ``application/problem+json`` with an example for each of its codes that has one, or else one
    for the status.
    """
    kinds = [catalogue()[each] if isinstance(each, str) else each for each in codes]
    named = {status_of(kind) for kind in kinds}
    kinds += [_OF_STATUS[status] for status in statuses if status not in named]
    found: dict[int, list[type[Refusal]]] = {}
    for kind in sorted(set(kinds), key=lambda each: each.code):
        found.setdefault(status_of(kind), []).append(kind)
    return {status: _documented(each) for status, each in sorted(found.items())}


def _documented(kinds: Sequence[type[Refusal]]) -> dict[str, Any]:
    content = {
        "schema": PROBLEM_SCHEMA,
        "examples": {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in kinds},
    }
    named = [name for kind in kinds for name in (*_HEADERS.get(kind, {}), *_ALSO_DOCUMENTED.get(kind, ()))]
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in named}
    return {
        "description": "; ".join(kind.title for kind in kinds),
        **({"headers": headers} if headers else {}),
        "content": {PROBLEM_JSON: content},
    }


PROBLEM_COMPONENT: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457). `type` leads to a page that explains it; `errors` lists every fault.",
    "required": ["type", "title", "status", "detail", "instance", "code", "traceId", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
        "traceId": {"type": "string", "format": "uuid"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "A JSON Pointer into the body."},
                    "parameter": {
                        "type": "string",
                        "description": "A query parameter, a header, or (with 404) a part of the path.",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
        "state": {"type": "string", "description": "With a conflict: the state, as the caller may see it."},
        "allowed": {
            "type": "array",
            "items": {"type": "string"},
            "description": "With a conflict: the acts that are possible now.",
        },
    },
    "additionalProperties": True,
}
