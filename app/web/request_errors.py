"""What HTTP itself refuses, before any rule of the register is applied.

These stand beside the families of ``app.rules.refusals``. Only ``app.web.problems`` knows their statuses. Some are
found before the caller is known (an unreadable body, a malformed header). The register remembers those with the request
and raises them later, so that an unknown caller learns only that it is unknown.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.rules.refusals import Refusal


class ParameterFault(NamedTuple):
    """One thing that is wrong with a query parameter or a header."""

    parameter: str
    detail: str


class BadRequest(Refusal):
    """The register cannot answer this request as it was sent. Correct what ``detail`` and ``errors`` name."""

    def __init__(
        self, detail: str, *, parameters: Sequence[ParameterFault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.parameters = tuple(parameters)
        self.headers = dict(headers or {})


class InvalidParameter(BadRequest):
    """A query parameter is unknown, is given twice, or has a value that does not fit. ``errors`` names each one: the register never ignores a parameter."""  # noqa: E501


class MalformedBody(BadRequest):
    """The body is not strict JSON: UTF-8 without a byte order mark, no member twice, finite numbers, integers of at most 19 digits, no NUL, no lone surrogates, at most 32 levels deep."""  # noqa: E501


class IdempotencyKeyRequired(BadRequest):
    """This request needs an ``Idempotency-Key``, so that sending it again cannot do the same thing twice. Use any text of at most 128 visible ASCII characters that nobody can guess, for instance a UUID."""  # noqa: E501


class InvalidHeader(BadRequest):
    """The register cannot read a header. ``Idempotency-Key`` must be 1 to 128 visible ASCII characters, ``If-Match`` an entity tag in its quotes."""  # noqa: E501


class MethodNotAllowed(BadRequest):
    """There is something at this address, but it does not take this method. ``Allow`` names those that it takes."""


class NotAcceptable(BadRequest):
    """This address cannot answer in any of the formats that ``Accept`` names. ``detail`` lists the formats it has."""


class BodyTooLarge(BadRequest):
    """The body is longer than 256 KB. Send a shorter one."""


class UnsupportedMediaType(BadRequest):
    """This address does not take this media type, or the body is compressed.

    Send the body uncompressed, in the media type that ``detail`` names.
    """


class HeaderTooLarge(BadRequest):
    """The address and the headers together are longer than 16 KB. Send fewer or shorter ones."""


class UnknownHost(BadRequest):
    """The ``Host`` header does not name this register. Use the address that its operators published."""


class TooManyRequests(BadRequest):
    """This client, or this address, has sent more requests than it may in a minute. The register did not do what this one asks. ``Retry-After`` says when to ask again; ``RateLimit`` and ``RateLimit-Policy`` say what is left of how many."""  # noqa: E501


class Unavailable(BadRequest):
    """The register cannot answer now: its database does not answer, or too many requests came at once. It wrote nothing. ``Retry-After`` says when to ask again."""  # noqa: E501


class WriteUnconfirmed(Unavailable):
    """The register told its database to keep the act, and the answer did not come. So the act may have been done. Send the same request again with the same ``Idempotency-Key``: if it was done, you get its answer, and otherwise it is done now. Without a key, read the record before you send it again."""  # noqa: E501


class NotSignedYet(Unavailable):
    """No signed checkpoint covers this yet. The register signs one within 2 s of an act, and a public one after each publication. ``Retry-After`` says when to ask again."""  # noqa: E501


class Internal(BadRequest):
    """The register has made a mistake. It wrote nothing. Tell its operators the trace id: it leads to the cause in the register's own log."""  # noqa: E501
