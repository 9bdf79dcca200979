"""Whose tokens the register accepts: its own, those of configured OIDC issuers and, in development, its own issuer's.

Keys of other issuers come only from the configured address. Nothing in a token can make the register fetch anything.
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import httpx
import structlog

from app.access.keys import TokenKey, passing_token_key, read_token_key
from app.access.tokens import Profile, VerifyingKey, read_object
from app.settings import OidcIssuer, Settings

LIFE_OF_A_TOKEN = 599
LIFE_OF_A_PERSONS_TOKEN = 24 * 60 * 60
LIFE_OF_A_DEVELOPMENT_TOKEN = 12 * 60 * 60
LARGEST_KEY_SET = 64 * 1024
FETCH_SECONDS = 3.0
REFRESHED_AT_MOST_EVERY = timedelta(minutes=1)
REFRESHED_AFTER = timedelta(hours=1)

# Claims that only an ID token has (OpenID Connect Core, sections 2 and 3.3.2.11). An ID token is no access token.
_ONLY_IN_ID_TOKENS = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})
_PERSONS_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "iat"})
_OWN_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"})

log = structlog.get_logger(__name__)

FindKey = Callable[[str, datetime], VerifyingKey | None]


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer: what its tokens must look like, and its key for a ``kid`` at an instant."""

    profile: Profile
    find_key: FindKey


class RemoteKeys:
    """An issuer's published keys (JWKS), stored and refreshed. Several threads may use it.

    An unknown ``kid`` refreshes the set, at most once a minute. A set that is older than an hour is refreshed in
    passing. If a refresh fails, the old set stays.
    """

    def __init__(self, uri: str, algorithm: str, transport: httpx.BaseTransport | None = None) -> None:
        self._uri, self._algorithm, self._transport = uri, algorithm, transport
        self._lock = threading.Lock()
        self._keys: Mapping[str, VerifyingKey] = {}
        self._asked_at: datetime | None = None
        self._refreshed_at: datetime | None = None

    def find(self, kid: str, now: datetime) -> VerifyingKey | None:
        """The key with this ``kid``. None if there is none. Never raises."""
        if kid not in self._keys:
            with self._lock:  # a second thread waits here, and then finds what the first has fetched
                self._refresh(now)
        elif self._is_old(now) and self._lock.acquire(blocking=False):
            try:
                self._refresh(now)
            finally:
                self._lock.release()
        return self._keys.get(kid)

    def _is_old(self, now: datetime) -> bool:
        return self._refreshed_at is None or now - self._refreshed_at > REFRESHED_AFTER

    def _refresh(self, now: datetime) -> None:
        if self._asked_at is not None and abs(now - self._asked_at) < REFRESHED_AT_MOST_EVERY:
            return
        self._asked_at = now
        try:
            self._keys = _usable_keys(self._fetch(), self._algorithm)
            self._refreshed_at = now
        except Exception as error:  # noqa: BLE001 - whatever the other server answers, the old set stays
            log.warning("issuer_keys_not_refreshed", uri=self._uri, error=f"{type(error).__name__}: {error}"[:200])

    def _fetch(self) -> bytes:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        ends = time.monotonic() + FETCH_SECONDS
        with (
            httpx.Client(
                transport=self._transport, timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False
            ) as http,
            http.stream("GET", self._uri, headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ValueError(f"answered {answer.status_code}")
            body = b""
            for chunk in answer.iter_raw():
                body += chunk
                if len(body) > LARGEST_KEY_SET or time.monotonic() > ends:
                    raise ValueError(f"more than {LARGEST_KEY_SET} bytes or {FETCH_SECONDS} s")
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


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every key with which the register signs or checks tokens. ``create_app`` stores it as ``app.state.keys``.

    ``own`` checks the access tokens that the register itself gave to systems. ``issuers`` check people's tokens, by the
    name of the issuer.
    """

    token_key: TokenKey
    own: Issuer
    issuers: Mapping[str, Issuer]

    @classmethod
    def of(cls, settings: Settings, transport: httpx.BaseTransport | None = None) -> Self:
        """Read the key files and set up the issuers. Raises InvalidSettings. It fetches nothing yet."""
        path = settings.token_key_file
        token_key = read_token_key(path, "REGISTER_TOKEN_KEY_FILE") if path else passing_token_key()
        issuers = {each.issuer: _configured(each, transport) for each in settings.oidc_issuers}
        development_key = read_development_key(settings)
        if development_key is not None:
            issuers[settings.development_issuer] = _development(settings, development_key)
        return cls(token_key, _own(settings, token_key), issuers)


def read_development_key(settings: Settings) -> TokenKey | None:
    """The development issuer's key. None in production, whatever else is set."""
    if settings.environment != "development" or settings.development_key_file is None:
        return None
    return read_token_key(settings.development_key_file, "REGISTER_DEVELOPMENT_KEY_FILE")


def development_token(settings: Settings, key: TokenKey, subject: str, *, at: datetime) -> str:
    """An access token of the development issuer for a person, valid for twelve hours."""
    issued = int(at.timestamp())
    claims = {
        "iss": settings.development_issuer,
        "sub": subject,
        "aud": settings.public_url,
        "iat": issued,
        "exp": issued + LIFE_OF_A_DEVELOPMENT_TOKEN,
        "jti": secrets.token_urlsafe(16),
    }
    return key.signing.sign(claims, typ="at+jwt")


def _own(settings: Settings, key: TokenKey) -> Issuer:
    profile = Profile(
        issuer=settings.public_url,
        audiences=frozenset({settings.public_url}),
        types=frozenset({"at+jwt"}),
        required=_OWN_CLAIMS,
        max_life=LIFE_OF_A_TOKEN,
    )
    return Issuer(profile, _fixed(key.verifying))


def _configured(issuer: OidcIssuer, transport: httpx.BaseTransport | None) -> Issuer:
    profile = Profile(
        issuer=issuer.issuer,
        audiences=frozenset({issuer.audience}),
        types=frozenset(each.lower().removeprefix("application/") for each in issuer.types),
        required=_PERSONS_CLAIMS,
        max_life=LIFE_OF_A_PERSONS_TOKEN,
        refused=_ONLY_IN_ID_TOKENS,
    )
    return Issuer(profile, RemoteKeys(issuer.jwks_uri, issuer.algorithm, transport).find)


def _development(settings: Settings, key: TokenKey) -> Issuer:
    profile = Profile(
        issuer=settings.development_issuer,
        audiences=frozenset({settings.public_url}),
        types=frozenset({"at+jwt"}),
        required=_PERSONS_CLAIMS,
        max_life=LIFE_OF_A_DEVELOPMENT_TOKEN,
    )
    return Issuer(profile, _fixed(key.verifying))


def _fixed(key: VerifyingKey) -> FindKey:
    def find(kid: str, _: datetime) -> VerifyingKey | None:
        return key if kid == key.kid else None

    return find
