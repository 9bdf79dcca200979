"""An issuer's published keys: fetched from its configured address, kept, and renewed beside the requests.

A fetch is a task of its own with one deadline for everything, so an issuer that hangs or drips keeps no request and no
thread. A request waits for a fetch only if its own key is not known, and then not for long.
"""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from app.access.tokens import VerifyingKey, read_object

LARGEST_KEY_SET = 64 * 1024
FETCH_SECONDS = 3.0
"""From the first byte sent to the last byte read, connecting included."""
PATIENCE_SECONDS = 1.0
"""How long a request waits for a fetch that may bring its key."""
ASKED_AT_MOST_EVERY = timedelta(seconds=5)
"""A new key counts within 10 s: this, and a fetch."""
RENEWED_AFTER = timedelta(minutes=2)
STALE_AFTER = timedelta(minutes=4)
"""A withdrawn key stops counting within five minutes: this, and a fetch."""
KEPT_FOR = timedelta(hours=24)

log = structlog.get_logger(__name__)


class KeySet:
    """The keys that one issuer publishes (a JWKS, RFC 7517). It belongs to one event loop.

    An unknown ``kid`` renews the set, and so does age. If the issuer does not answer, the keys stay for 24 hours, and
    nobody waits again for the sake of a key that is known.
    """

    def __init__(
        self,
        uri: str,
        algorithm: str,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        trust: ssl.SSLContext | None = None,
        fetch_seconds: float = FETCH_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._uri, self._algorithm, self._transport = uri, algorithm, transport
        self._fetch_seconds, self._patience = fetch_seconds, patience
        # Made once by whoever has it, because reading the trusted certificates takes tens of milliseconds.
        self._trust: ssl.SSLContext | bool = trust or uri.startswith("https:")
        self._keys: Mapping[str, VerifyingKey] = {}
        self._asked_at: datetime | None = None
        self._read_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._has_failed = False
        self._has_timed_out = False

    async def find(self, kid: str, now: datetime) -> VerifyingKey | None:
        """The key with this ``kid``. None if there is none. Never raises."""
        if kid not in self._keys or self._is_older_than(RENEWED_AFTER, now):
            self.renew(now)
        is_worth_waiting = kid not in self._keys or (self._is_older_than(STALE_AFTER, now) and not self._has_failed)
        if self._fetching is not None and is_worth_waiting:
            await asyncio.wait({self._fetching}, timeout=self._patience)
        return None if self._is_older_than(KEPT_FOR, now) else self._keys.get(kid)

    def renew(self, now: datetime) -> None:
        """Begin a fetch, unless one is under way or the last one began less than 5 s ago."""
        is_early = self._asked_at is not None and abs(now - self._asked_at) < ASKED_AT_MOST_EVERY
        if self._fetching is None and not is_early:
            self._asked_at = now
            self._fetching = asyncio.get_running_loop().create_task(self._fetched(now))

    async def tried(self) -> str:
        """Read the set once, within the time of one fetch. Returns how many usable keys it has.

        Raises ValueError, which says in words why there are none.
        """
        try:
            async with asyncio.timeout(self._fetch_seconds):
                found = _usable_keys(await self._fetch(), self._algorithm)
        except TimeoutError:
            raise ValueError(f"{self._uri}: {self._no_answer}") from None
        except Exception as error:
            raise ValueError(f"{self._uri}: {error or type(error).__name__}"[:300]) from error
        if not found:
            raise ValueError(f"{self._uri}: no key for {self._algorithm} in the set")
        return f"{len(found)} for {self._algorithm} at {self._uri}"

    def outage(self, now: datetime) -> str | None:
        """Since when the issuer has given no keys. None while what is known is at most five minutes old."""
        if self._asked_at is None or not self._is_older_than(STALE_AFTER + timedelta(minutes=1), now):
            return None
        since = "no keys yet" if self._read_at is None else f"no keys since {self._read_at.isoformat()}"
        return f"{since} ({self._no_answer})" if self._has_timed_out else since

    @property
    def _no_answer(self) -> str:
        return f"no answer within {self._fetch_seconds:g} s"

    def _is_older_than(self, age: timedelta, now: datetime) -> bool:
        return self._read_at is None or now - self._read_at > age

    async def _fetched(self, now: datetime) -> None:
        try:
            async with asyncio.timeout(self._fetch_seconds):
                self._keys = _usable_keys(await self._fetch(), self._algorithm)
            self._read_at, self._has_failed = now, False
        except Exception as error:  # noqa: BLE001 - whatever the other server answers, the old set stays
            self._has_failed = True
            self._has_timed_out = isinstance(error, (TimeoutError, httpx.TimeoutException))
            said = self._no_answer if self._has_timed_out else f"{type(error).__name__}: {error}"
            log.warning("issuer_keys_not_read", uri=self._uri, error=said[:200])
        finally:
            self._fetching = None

    async def _fetch(self) -> bytes:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(
                transport=self._transport,
                verify=self._trust,
                timeout=self._fetch_seconds,
                follow_redirects=False,
                trust_env=False,
            ) as http,
            http.stream("GET", self._uri, headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ValueError(f"answered {answer.status_code}")
            body = b""
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > LARGEST_KEY_SET:
                    raise ValueError(f"more than {LARGEST_KEY_SET} bytes")
            return body


def _usable_keys(document: bytes, algorithm: str) -> dict[str, VerifyingKey]:
    """The keys of a JWKS (RFC 7517, section 5) that fit our algorithm. All others are ignored.

    Raises ValueError if the document is no key set at all.
    """
    members = read_object(document).get("keys")
    if not isinstance(members, list):
        raise ValueError("no key set")  # noqa: TRY004 - a fault of the document, not of a type in our code
    keys: dict[str, VerifyingKey] = {}
    for member in members:
        key = _usable_key(member, algorithm)
        if key is not None:
            keys.setdefault(key.kid, key)
    return keys


def _usable_key(member: Any, algorithm: str) -> VerifyingKey | None:
    if not isinstance(member, dict) or member.get("use", "sig") != "sig" or member.get("alg", algorithm) != algorithm:
        return None
    try:
        return VerifyingKey(member.get("kid"), algorithm, member)
    except ValueError:
        return None
