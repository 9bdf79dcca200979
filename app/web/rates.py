"""How many requests a client or an address may send in a minute, and the headers that tell how many are left.

Only answers of the token endpoint and signed-in answers say so: a public answer is the same for everybody. Each process
counts for itself. The headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers-10.

The allowance refills evenly. It is meant for loops without a pause: no system that polls every few seconds meets it.
"""

from math import ceil
from typing import NamedTuple, Self

from starlette.requests import Request
from throttled import RateLimiterType, Throttled, rate_limiter
from throttled.store import MemoryStore

from app.settings import Settings
from app.web.admission import READS, network_of
from app.web.request_errors import TooManyRequests

SECONDS = 60
SHARERS_REMEMBERED = 65_536


class Allowance(NamedTuple):
    """What one client or address may still send. After ``seconds`` it is one request more."""

    name: str
    what: str
    quota: int
    left: int
    seconds: int
    is_spent: bool

    def headers(self) -> dict[str, str]:
        """As the draft writes it."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={SECONDS}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.seconds}',
        }


class Rate:
    """One limit: so many requests in a minute for each client, or for each address."""

    def __init__(self, name: str, quota: int, what: str) -> None:
        """``what`` says in a sentence what is counted, and of whom."""
        self._name, self._quota, self._what = name, quota, what
        self._limit = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=rate_limiter.per_min(quota, burst=quota),
            store=MemoryStore(options={"MAX_SIZE": SHARERS_REMEMBERED}),
        )

    def spend(self, sharer: str) -> Allowance:
        """Count a request."""
        found = self._limit.limit(sharer)
        return self._allowance(found.state, is_spent=found.limited)

    def look(self, sharer: str) -> Allowance:
        """Count nothing."""
        found = self._limit.peek(sharer)
        return self._allowance(found, is_spent=found.remaining < 1)

    def _allowance(self, state: rate_limiter.RateLimitState, *, is_spent: bool) -> Allowance:
        left = int(state.remaining)
        # One more is there when all but one of those that are missing still are.
        until_one_more = state.reset_after - SECONDS * (self._quota - left - 1) / self._quota
        return Allowance(self._name, self._what, self._quota, left, max(1, ceil(until_one_more)), is_spent)


class Rates:
    """The limits of a process."""

    def __init__(self, *, clients: int, logins: int, strangers: int) -> None:
        self._clients = Rate("client", clients, "requests a minute for each client")
        self._logins = Rate("address", logins, "requests for tokens a minute from one address")
        self._strangers = Rate(
            "address", strangers, "writes a minute from one address with a token that nobody knows, or none"
        )

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those that the settings name."""
        return cls(
            clients=settings.limit_client_requests,
            logins=settings.limit_token_requests,
            strangers=settings.limit_unknown_writes,
        )

    def spend_of_client(self, request: Request, caller: str) -> None:
        """A caller has proved itself. Raises TooManyRequests."""
        _tell(request, self._clients.spend(caller))

    def spend_of_login(self, request: Request) -> None:
        """Somebody asks for a token. Raises TooManyRequests."""
        _tell(request, self._logins.spend(_address(request)))

    def check_stranger(self, request: Request) -> None:
        """Somebody wants to write with a token that was not seen before. Raises TooManyRequests."""
        if request.method not in READS and (allowance := self._strangers.look(_address(request))).is_spent:
            _tell(request, allowance)

    def spend_of_stranger(self, request: Request) -> None:
        """Somebody who wanted to write could not be recognised."""
        if request.method not in READS:
            self._strangers.spend(_address(request))


def _tell(request: Request, allowance: Allowance) -> None:
    """Let the answer say what is left. Raises TooManyRequests if that is nothing."""
    request.state.allowance = allowance.headers()
    if allowance.is_spent:
        raise TooManyRequests(
            f"At most {allowance.quota} {allowance.what}. Nothing was written.",
            headers={"Retry-After": str(allowance.seconds)},
        )


def _address(request: Request) -> str:
    return network_of(request.client.host) if request.client else ""
