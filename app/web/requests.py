"""The parts of a request that no endpoint may ignore.

Some faults are found before the caller is known (an unreadable body, a malformed header). They are remembered with the
request and raised later, so that an unknown caller learns only that it is unknown.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Query
from fastapi.dependencies.utils import get_flat_params
from starlette.requests import HTTPConnection, Request
from starlette.types import Scope

from app.rules.callers import Person, System
from app.rules.refusals import NotFound
from app.web.formats import Format, negotiate
from app.web.request_errors import BadRequest, InvalidParameter, NotAcceptable, ParameterFault

T = TypeVar("T")


def argument_of(kind: type[T], given: Mapping[str, Any]) -> T:
    """The one argument of a type. Raises TypeError if the endpoint has none."""
    for value in given.values():
        if isinstance(value, kind):
            return value
    raise TypeError(f"the endpoint needs a parameter that is a {kind.__name__}")


def check_request(request: Request, given: Mapping[str, Any], offered: Sequence[Format] = ("json",)) -> None:
    """Raise the remembered refusal, and refuse any part of query and ``Accept`` that would be ignored.

    ``given`` are the endpoint's arguments, ``offered`` its formats. The caller among the arguments is stored with the
    request, for the log and for repeats.
    """
    for value in given.values():
        if isinstance(value, System | Person):
            request.state.caller = value
    refusal = remembered(request)
    if refusal is not None:
        raise refusal
    check_address(request)
    if not set(request.headers.getlist("accept")) <= {"*/*"}:
        negotiate(request, offered)


def remember(request: HTTPConnection, refusal: BadRequest) -> None:
    """Remember a refusal until the caller is known. Only the first one counts."""
    if not hasattr(request.state, "unanswerable"):
        request.state.unanswerable = refusal


def remembered(request: HTTPConnection) -> BadRequest | None:
    """The refusal that was found before the caller was known. None if there is none."""
    found: BadRequest | None = getattr(request.state, "unanswerable", None)
    return found


# --- the address: nothing in it is ignored ------------------------------------------------------

_OF_A_PAGE = frozenset({"limit", "cursor"})
_WITHOUT_PAGES = frozenset({"csv", "ndjson"})
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_known: dict[int, tuple[Any, frozenset[str]]] = {}


async def refuse_unknown_parameters(request: Request) -> None:
    """A dependency of the whole application: refuse unknown and repeated parameters.

    Endpoints made with ``transactional``, ``private_read`` and ``public_read`` check this themselves once the caller is
    known. For them nothing happens here.
    """
    if not getattr(request.scope.get("endpoint"), "asks_itself", False):
        check_address(request)


def check_address(request: Request) -> None:
    """Raise InvalidParameter with every fault of the query, or NotFound for a path with control characters."""
    if CONTROL.search(request.scope["path"]):
        raise NotFound("The path has a control character.")
    faults = parameter_faults(request)
    if faults:
        raise InvalidParameter("The query has parameters that this address does not take.", parameters=faults)


def parameter_faults(request: Request) -> list[ParameterFault]:
    """Unknown and repeated parameters, values with control characters, and what the format has no use for, in order."""
    if not request.scope["query_string"]:
        return []
    known, is_whole = _parameters_of(request), _is_whole_list(request)
    values: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        values.setdefault(name, []).append(value)
    faults = []
    for name, given in values.items():
        if name not in known:
            faults.append(ParameterFault(name, f"Is not known here. {_taken(known)}"))
        elif len(given) > 1:
            faults.append(ParameterFault(name, "Is given more than once."))
        elif CONTROL.search(given[0]):
            faults.append(ParameterFault(name, "Has a control character."))
        elif is_whole and name in _OF_A_PAGE:
            faults.append(ParameterFault(name, "Does not apply here: this format gives the whole list. Leave it out."))
    return faults


def _is_whole_list(request: Request) -> bool:
    """Whether the answer is a list in a format without pages."""
    try:
        return negotiate(request, getattr(request.scope.get("endpoint"), "offers", ("json",))) in _WITHOUT_PAGES
    except NotAcceptable:
        return False


def _taken(known: Collection[str]) -> str:
    if not known:
        return "This address takes no parameters."
    return f"The parameters here are {', '.join(sorted(known))}."


def matched_route(scope: Scope) -> Any:
    """The route that answers, as the application includes it. None for an unknown path."""
    included = scope.get("fastapi", {}).get("effective_route_context")
    return included or scope.get("route")


def _parameters_of(request: Request) -> frozenset[str]:
    """The names of the query parameters that the matched route declares, remembered for each route."""
    route = matched_route(request.scope)
    kept = _known.get(id(route))
    if kept is not None and kept[0] is route:
        return kept[1]
    dependant = getattr(route, "dependant", None)
    fields = get_flat_params(dependant) if dependant is not None else []
    names = frozenset(field.alias for field in fields if getattr(field.field_info, "in_", None) == _QUERY)
    _known[id(route)] = (route, names)
    return names


_QUERY = Query().in_
