"""The strict check of bodies: only plain, small, unambiguous JSON gets in.

RFC 8259 leaves duplicate members and huge numbers to the reader. Two readers that differ are a security hole, so the
register refuses both. It reads a body before it knows who calls, but reports a fault in it only to a caller who may
call (``app.web.request_errors``).
"""

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import Body
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.web.documents import Shortened
from app.web.request_errors import BadRequest, BodyTooLarge, MalformedBody, UnsupportedMediaType
from app.web.requests import remember

BODY_LIMIT = 256 * 1024
DEPTH_LIMIT = 32
DIGITS_LIMIT = 19
WHOLE_LIMIT = 2**63
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
MergePatch = Body(media_type=MERGE_PATCH)
"""Marks a body parameter as an RFC 7396 patch: ``body: Annotated[ApplicationPatch, MergePatch]``."""

# Stands for a body that cannot be read. No model, list or mapping accepts bytes, so a route that would do with an empty
# object cannot take it for one.
_UNREADABLE = b"unreadable"


class _ReadRequest(Request):
    """A request whose body has been read, checked and parsed."""

    def __init__(self, request: Request, raw: bytes, document: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._raw = raw
        self._document = document

    async def body(self) -> bytes:
        return self._raw

    async def json(self) -> Any:
        return self._document


class StrictRoute(APIRoute):
    """A route with the strict check: ``APIRouter(route_class=StrictRoute)``.

    It takes ``application/json``, or the one media type that the route's body parameter declares. The parsed document
    is in ``request.state.document``.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Put the check before FastAPI's own handler. A route without a body needs no check."""
        answer = super().get_route_handler()
        body = self.body_field
        if body is None:
            return answer
        media_type = getattr(body.field_info, "media_type", JSON)
        is_required = body.field_info.is_required()

        async def read_and_answer(request: Request) -> Response:
            return await _through_the_door(request, answer, media_type=media_type, is_required=is_required)

        return read_and_answer


async def _through_the_door(
    request: Request, answer: Callable[[Request], Awaitable[Response]], *, media_type: str, is_required: bool
) -> Response:
    document: Any = None
    try:
        raw = await _read(request)
        if raw:
            _check_headers(request, media_type)
        if raw or is_required:
            document = loads(raw)
    except BadRequest as refusal:
        remember(request, refusal)
        raw = document = _UNREADABLE
    request.state.document = document
    return await answer(_ReadRequest(request, raw, document))


async def _read(request: Request) -> bytes:
    """The body's bytes. Raises BodyTooLarge as soon as there are too many, even if the caller did not announce them."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:12]) > BODY_LIMIT:
        raise _too_large()
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > BODY_LIMIT:
                raise _too_large()
    except ClientDisconnect as error:
        raise MalformedBody("The connection ended before the body did.") from error
    return bytes(raw)


def _too_large() -> BodyTooLarge:
    # The rest of the body is not read, so the connection cannot be used again.
    return BodyTooLarge("The body may have at most 262144 bytes.", headers={"Connection": "close"})


def _check_headers(request: Request, media_type: str) -> None:
    named = request.headers.getlist("content-type")
    kind, _, parameters = (named[0] if len(named) == 1 else "").partition(";")
    if kind.strip().lower() != media_type:
        raise UnsupportedMediaType(f"The body must be sent as {media_type}.")
    if parameters.replace(" ", "").replace('"', "").lower() not in {"", "charset=utf-8"}:
        raise UnsupportedMediaType("The body must be UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.")


def loads(raw: bytes) -> Any:
    """Parse strict JSON. Raises MalformedBody, which says what is wrong and never what was sent."""
    if not raw:
        raise MalformedBody("A JSON body is required.")
    _check_depth(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedBody("The body is not UTF-8.") from error
    if text.startswith("\ufeff"):
        raise MalformedBody("The body starts with a byte order mark.")
    try:
        document = json.loads(
            text, object_pairs_hook=_members, parse_constant=_constant, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        raise MalformedBody(f"The body is not JSON from line {error.lineno}, column {error.colno} on.") from error
    _check_texts(document)
    return document


def _check_depth(raw: bytes) -> None:
    """Count the nesting in one pass over the bytes, skipping strings, before the recursive parser sees them."""
    if raw.count(b"[") + raw.count(b"{") <= DEPTH_LIMIT:
        return
    depth, in_text, is_escaped = 0, False, False
    for byte in raw:
        if in_text:
            in_text = is_escaped or byte != ord('"')
            is_escaped = byte == ord("\\") and not is_escaped
        elif byte == ord('"'):
            in_text = True
        elif byte in b"[{":
            depth += 1
            if depth > DEPTH_LIMIT:
                raise MalformedBody(f"The body is nested more than {DEPTH_LIMIT} levels deep.")
        elif byte in b"]}":
            depth -= 1


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedBody("An object has the same member twice.")
    return members


def _constant(_: str) -> Any:
    raise MalformedBody("NaN and Infinity are not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise MalformedBody("A number is out of range.")
    return number if _is_kept_whole(text, number) else Shortened(number)


def _is_kept_whole(text: str, number: float) -> bool:
    """Whether a number is the one that was sent, and not only the nearest to it."""
    try:
        return Decimal(text) == Decimal(repr(number))
    except InvalidOperation:  # its exponent has more digits than any number needs
        return False


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS_LIMIT:
        raise MalformedBody(f"An integer has more than {DIGITS_LIMIT} digits.")
    number = int(text)
    if not -WHOLE_LIMIT <= number < WHOLE_LIMIT:
        raise MalformedBody("A number is out of range.")
    return number


def _check_texts(document: Any) -> None:
    """Refuse NUL and half surrogate pairs in any text or member name."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and not value.isascii():
            _check_text(value)
        elif isinstance(value, str) and "\0" in value:
            raise MalformedBody("A text contains NUL.")


def _check_text(value: str) -> None:
    if "\0" in value:
        raise MalformedBody("A text contains NUL.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedBody("A text contains half of a surrogate pair.") from error
