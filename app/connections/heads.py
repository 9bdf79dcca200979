"""What the head of a request says that the server has to settle before any application sees it."""

import re

from app.rules.refusals import Refusal
from app.web.request_errors import InvalidHeader

Headers = list[tuple[bytes, bytes]]
# A target that names a host, and the rest of it. With another scheme the host is none that anybody has.
_ABSOLUTE = re.compile(rb"(?:https?://|(?=[a-z]))([^/?#]*)/?(.*)", re.IGNORECASE)


def take_absolute_target(target: bytes, headers: Headers) -> bytes:
    """The target without a host. The host that it names stands for ``Host`` (RFC 9112, section 3.2.2).

    A missing ``Host``, or one that comes twice, stays and is refused.
    """
    parts = _ABSOLUTE.fullmatch(target)
    if parts is None:
        return target
    if [name for name, _ in headers].count(b"host") == 1:
        headers[:] = [(b"host", parts[1]), *(each for each in headers if each[0] != b"host")]
    return b"/" + parts[2]


def unread_coding(headers: Headers) -> Refusal | None:
    """Why a body in this coding cannot be read: only chunks are taken apart (RFC 9112, section 6.1)."""
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    if codings in ([], [b"chunked"]):
        return None
    return InvalidHeader("Transfer-Encoding must be chunked and nothing else.", headers={"Connection": "close"})
