"""What HTTP itself refuses, before any rule of the register is asked.

These stand beside the families of ``app.rules.refusals``; their statuses, like all others, are
known only to ``app.web.problems``. Some are found before it is known who calls (an unreadable
body, a malformed header): those are remembered with the request and raised later, because a caller
that proves nothing learns nothing but that.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.rules.refusals import Refusal


class ParameterFault(NamedTuple):
    """One thing that is wrong with a parameter of the query, or with a header."""

    parameter: str
    detail: str


class BadRequest(Refusal):
    """The request cannot be answered as it came."""

    def __init__(
        self, detail: str, *, parameters: Sequence[ParameterFault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.parameters = tuple(parameters)
        self.headers = dict(headers or {})


class InvalidParameter(BadRequest):
    """A query parameter is unknown, given twice, or has a value that does not fit. ``errors`` names each; parameters are never ignored."""  # noqa: E501


class MalformedBody(BadRequest):
    """The body is not strict JSON: UTF-8 without a byte order mark, no member twice, finite numbers, integers of at most 19 digits, no NUL, no lone surrogates, at most 32 levels deep."""  # noqa: E501


class IdempotencyKeyRequired(BadRequest):
    """This request needs an ``Idempotency-Key``, so that sending it again cannot do the same thing twice. Any unguessable text of at most 128 visible ASCII characters will do; a UUID is good."""  # noqa: E501


class InvalidHeader(BadRequest):
    """A header cannot be read: ``Idempotency-Key`` is 1 to 128 visible ASCII characters, ``If-Match`` a list of entity tags or ``*``."""  # noqa: E501


class MethodNotAllowed(BadRequest):
    """There is something at this address, but it does not take this method. ``Allow`` names those that it takes."""


class NotAcceptable(BadRequest):
    """The address answers in none of the formats that ``Accept`` names."""


class BodyTooLarge(BadRequest):
    """The body is longer than 256 KB."""


class UnsupportedMediaType(BadRequest):
    """The body is not in the media type that this address takes, or it is compressed; bodies come as they are."""


class HeaderTooLarge(BadRequest):
    """The address and the headers together are longer than 16 KB."""


class UnknownHost(BadRequest):
    """The ``Host`` header does not name this register."""


class Unavailable(BadRequest):
    """The register cannot answer now, because its database does not. Nothing was written. ``Retry-After`` says when to ask again."""  # noqa: E501


class NotSignedYet(Unavailable):
    """No checkpoint covers this yet. One does within 2 s of an act, and a public one after each publication; ``Retry-After`` says when to ask again."""  # noqa: E501


class Internal(BadRequest):
    """The register has made a mistake. Nothing was written; the trace id leads to the cause in the register's own log."""  # noqa: E501
