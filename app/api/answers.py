"""Which problems every route of a kind can answer with, so that each route names only its own."""

from typing import Any

from app.api.problems import responses_for
from app.rules.refusals import Refusal

Documented = dict[int | str, dict[str, Any]]
_ANY = ("invalid-parameter", "not-acceptable", "unavailable")
_SIGNED_IN = ("unrecognised", "forbidden")


def reads_publicly(*codes: str | type[Refusal]) -> Documented:
    """The ``responses=`` of a public read: what any of them can refuse with, and these."""
    return responses_for(codes=[*_ANY, *codes])


def reads_privately(*codes: str | type[Refusal]) -> Documented:
    """The ``responses=`` of a signed-in read."""
    return responses_for(codes=[*_ANY, *_SIGNED_IN, *codes])


def writes(*codes: str | type[Refusal]) -> Documented:
    """The ``responses=`` of an act."""
    return responses_for(
        codes=[
            *_ANY,
            *_SIGNED_IN,
            "malformed-body",
            "invalid-header",
            "request-in-progress",
            "body-too-large",
            "unsupported-media-type",
            "idempotency-key-reused",
            *codes,
        ]
    )
