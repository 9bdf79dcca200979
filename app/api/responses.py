"""The answers that routes of a kind share, so that each route names only its own."""

from collections.abc import Sequence
from typing import Any

from app.rules.refusals import Refusal
from app.web.formats import MEDIA_TYPES, Column
from app.web.problems import responses_for

Documented = dict[int | str, dict[str, Any]]
Code = str | type[Refusal]
NOT_MODIFIED: Documented = {304: {"description": "Nothing has changed since the version in `If-None-Match`."}}
_ANY = ("invalid-parameter", "not-acceptable", "unavailable")
_SIGNED_IN = ("unrecognised", "forbidden", "too-many-requests")
_BODY = ("malformed-body", "invalid-header", "body-too-large", "unsupported-media-type")
_ACTS = ("request-in-progress", "idempotency-key-reused", "write-unconfirmed")


def reads_publicly(*codes: Code, columns: Sequence[Column[Any]] = ()) -> Documented:
    """The ``responses=`` of a public read: the refusals that every public read shares, and these.

    ``columns`` are those of a list that is also available as CSV and as NDJSON.
    """
    tables: Documented = {200: {"content": _tables(columns)}} if columns else {}
    return tables | NOT_MODIFIED | responses_for(codes=[*_ANY, *codes])


def reads_privately(*codes: Code, polled: bool = False, columns: Sequence[Column[Any]] = ()) -> Documented:
    """The ``responses=`` of a signed-in read. A ``polled`` one answers 304 too.

    ``columns`` are those of a list that is also available as CSV.
    """
    said = f"The whole list (RFC 4180, UTF-8, with a header): {_named(columns)}."
    csv = {MEDIA_TYPES["csv"]: {"schema": {"type": "string", "description": said}}}
    tables: Documented = {200: {"content": csv}} if columns else {}
    return tables | (NOT_MODIFIED if polled else {}) | responses_for(codes=[*_ANY, *_SIGNED_IN, *codes])


def writes(*codes: Code) -> Documented:
    """The ``responses=`` of a route that acts."""
    return responses_for(codes=[*_ANY, *_SIGNED_IN, *_BODY, *_ACTS, *codes])


def rehearses(*codes: Code) -> Documented:
    """The ``responses=`` of a route that only shows what an act would do, and ignores an Idempotency-Key."""
    return responses_for(codes=[*_ANY, *_SIGNED_IN, *_BODY, *codes])


def _tables(columns: Sequence[Column[Any]]) -> dict[str, Any]:
    named = _named(columns)
    kinds = {
        "csv": f"The whole list (RFC 4180, UTF-8, with a header): {named}. "
        '`Link: rel="describedby"` leads to the meaning of each column.',
        "ndjson": f"The whole list, one JSON object on each line: {named}.",
    }
    return {
        MEDIA_TYPES["csv"]: {"schema": {"type": "string", "description": kinds["csv"]}},
        MEDIA_TYPES["ndjson"]: {"schema": {"type": "string", "description": kinds["ndjson"]}},
    }


def _named(columns: Sequence[Column[Any]]) -> str:
    return ", ".join(f"`{column.name}`" for column in columns)
