"""The query of a request: values that can be written in only one way, comma lists, and opaque cursors for pages."""

import base64
import hashlib
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import orjson
from fastapi import Depends, Query
from pydantic import BeforeValidator
from starlette.requests import Request

from app.web.request_errors import InvalidParameter, ParameterFault
from app.web.requests import CONTROL

PAGE_LIMIT = 200
PAGE_DEFAULT = 50
CURSOR_LIMIT = 1_000
DIGEST_CHARACTERS = 16
WHOLE_LIMIT = 2**63


_DIGITS = re.compile(r"0|-?[1-9][0-9]*")


def _whole(value: Any) -> Any:
    """A whole number as an address has it: digits, and no other form of the same number."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("Must be a whole number: digits without a leading nought.")
    return value


WHOLE = BeforeValidator(_whole)
"""The mark of a whole number in the query: ``Annotated[int, Query(…), WHOLE]``.

Python alone would read ``1_0``, ``+5`` and ``5.0`` as numbers too.
"""


def _true_or_false(value: Any) -> Any:
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("Must be true or false.")
    return value


TRUE_OR_FALSE = BeforeValidator(_true_or_false)
"""The mark of true or false in the query. The framework alone would also accept ``1``, ``on`` and ``yes``."""


async def limit(
    limit: Annotated[
        int, Query(ge=1, le=PAGE_LIMIT, description="How many results to give at most."), WHOLE
    ] = PAGE_DEFAULT,
) -> int:
    """The largest number of results on a page: 1 to 200, 50 by default."""
    return limit


async def cursor(
    cursor: Annotated[
        str | None,
        Query(max_length=CURSOR_LIMIT, description="Where to go on: `nextCursor` of the page before. Opaque."),
    ] = None,
) -> str | None:
    """The cursor as it was sent, for ``read_cursor``."""
    return cursor


LimitDep = Annotated[int, Depends(limit)]
CursorDep = Annotated[str | None, Depends(cursor)]

# --- values -------------------------------------------------------------------------------------

E = TypeVar("E", bound=StrEnum)


def comma_list(text: str | None, words: type[E], *, parameter: str) -> tuple[E, ...] | None:
    """The words of a comma list such as ``approved,conditional``. None if nothing was asked for.

    Raises InvalidParameter with a fault for each word that is unknown or empty.
    """
    if text is None:
        return None
    known = {word.value: word for word in words}
    parts = text.split(",")
    if any(part not in known for part in parts):
        detail = f"Must be one or several of {', '.join(known)}, with commas between them."
        raise InvalidParameter("A filter has an unknown word.", parameters=[ParameterFault(parameter, detail)])
    return tuple(dict.fromkeys(known[part] for part in parts))


# --- cursors ------------------------------------------------------------------------------------

_NOT_IN_DIGEST = frozenset({"cursor", "limit", "asKnownAt"})
_CURSOR = re.compile(r"[A-Za-z0-9_-]+")


def query_digest(request: Request) -> str:
    """A digest of the query without its cursor, so that a cursor fits only its own query.

    ``asKnownAt`` is left out, so that an old answer comes with the same cursor again.
    """
    asked = sorted(item for item in request.query_params.multi_items() if item[0] not in _NOT_IN_DIGEST)
    return hashlib.sha256(orjson.dumps([request.scope["path"], asked])).hexdigest()[:DIGEST_CHARACTERS]


def write_cursor(position: Sequence[str | int | None], digest: str) -> str:
    """The cursor of the page after a position. The position is the sort key of the last row."""
    return base64.urlsafe_b64encode(orjson.dumps([digest, *position])).decode().rstrip("=")


def read_cursor(
    text: str | None, digest: str, *, shape: tuple[type | tuple[type, ...], ...] | None = None
) -> list[Any] | None:
    """The position that a cursor stands for. None if there is no cursor.

    ``shape`` gives the types of the position's parts. Raises InvalidParameter if the text is no cursor, or the cursor
    of another query.
    """
    if text is None:
        return None
    parts = _decoded(text)
    if not isinstance(parts, list) or parts[:1] != [digest] or not _has_shape(parts[1:], shape):
        detail = "Is not a cursor of this query; start again without one."
        raise InvalidParameter("The cursor does not fit.", parameters=[ParameterFault("cursor", detail)])
    return parts[1:]


def _decoded(text: str) -> Any:
    if not _CURSOR.fullmatch(text):
        return None
    try:
        return orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None


def _has_shape(position: list[Any], shape: tuple[type | tuple[type, ...], ...] | None) -> bool:
    plain = all(
        part is None or (isinstance(part, str) and not CONTROL.search(part)) or (type(part) is int and _is_whole(part))
        for part in position
    )
    return plain and (shape is None or (len(position) == len(shape) and all(map(isinstance, position, shape))))


def _is_whole(number: int) -> bool:
    return -WHOLE_LIMIT <= number < WHOLE_LIMIT


def next_link(request: Request, cursor: str | None) -> str | None:
    """The address of the next page, relative to the host. None if there is none."""
    if cursor is None:
        return None
    asked = [item for item in request.query_params.multi_items() if item[0] != "cursor"]
    return f"{quote(request.scope['path'])}?{urlencode([*asked, ('cursor', cursor)])}"
