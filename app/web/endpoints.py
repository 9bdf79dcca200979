"""How an endpoint is wrapped: its session parameter found, its request asked what may not be ignored."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from fastapi.params import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.rules.callers import Person, System
from app.web.queries import check_address
from app.web.request_errors import raise_remembered


def signature_of(endpoint: Callable[..., Any]) -> inspect.Signature:
    """The signature that the framework is to see: the endpoint's own, answering with a finished response.

    A document as the return type stays, since it is what the description of the API shows.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    answer = signature.return_annotation
    is_document = inspect.isclass(answer) and issubclass(answer, BaseModel)
    return signature if is_document else signature.replace(return_annotation=Response)


def parameter_filled_by(signature: inspect.Signature, dependency: Callable[..., Any]) -> str | None:
    """The name of the parameter that a dependency fills, or None when the endpoint has none."""
    for name, parameter in signature.parameters.items():
        if get_origin(parameter.annotation) is Annotated and any(
            isinstance(each, Depends) and each.dependency is dependency for each in get_args(parameter.annotation)
        ):
            return name
    return None


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
