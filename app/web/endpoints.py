"""What every wrapped endpoint shares: the argument it acts through, and what of a request may not be ignored."""

from collections.abc import Mapping
from typing import Any, TypeVar

from starlette.requests import Request

from app.rules.callers import Person, System
from app.web.queries import check_address
from app.web.request_errors import raise_remembered

T = TypeVar("T")


def argument_of(kind: type[T], given: Mapping[str, Any]) -> T:
    """The one argument of a kind. Raises TypeError for an endpoint that has none."""
    for value in given.values():
        if isinstance(value, kind):
            return value
    raise TypeError(f"the endpoint needs a parameter that is a {kind.__name__}")


def check_request(request: Request, given: Mapping[str, Any]) -> None:
    """Refuse what was found before it was known who calls, and whatever of the query would be ignored.

    ``given`` are the endpoint's arguments; the caller among them is kept with the request, for the
    log and for knowing repeats.
    """
    for value in given.values():
        if isinstance(value, System | Person):
            request.state.caller = value
    raise_remembered(request)
    check_address(request)
