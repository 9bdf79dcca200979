"""Whose tokens the register accepts: its own, those of configured OIDC issuers and, in development, its own issuer's.

Keys of other issuers come only from the configured address. Nothing in a token can make the register fetch anything.
"""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

import httpx

from app.access.key_sets import RENEWED_AFTER, KeySet
from app.access.keys import TokenKey, passing_token_key, read_token_key
from app.access.tokens import Profile, VerifyingKey
from app.settings import InvalidSettings, OidcIssuer, Settings

LIFE_OF_A_TOKEN = 599
LIFE_OF_A_PERSONS_TOKEN = 24 * 60 * 60
LIFE_OF_A_DEVELOPMENT_TOKEN = 12 * 60 * 60

# Claims that only an ID token has (OpenID Connect Core, sections 2 and 3.3.2.11). An ID token is no access token.
_ONLY_IN_ID_TOKENS = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})
_PERSONS_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "iat"})
_OWN_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"})

FindKey = Callable[[str, datetime], Awaitable[VerifyingKey | None]]


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer: what its tokens must look like, and its key for a ``kid`` at an instant."""

    profile: Profile
    find_key: FindKey


class Tried(NamedTuple):
    """What came of reading an issuer's key set."""

    issuer: str
    is_fit: bool
    detail: str


async def _tried(issuer: str, keys: KeySet) -> Tried:
    try:
        return Tried(issuer, True, await keys.tried())
    except ValueError as error:
        return Tried(issuer, False, str(error))


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every key with which the register signs or checks tokens. ``create_app`` stores it as ``app.state.keys``.

    ``own`` checks the access tokens that the register itself gave to systems. ``issuers`` check people's tokens, by the
    name of the issuer. ``key_sets`` are those that the issuers publish, by the same name.
    """

    token_key: TokenKey
    own: Issuer
    issuers: Mapping[str, Issuer]
    key_sets: Mapping[str, KeySet] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Self:
        """Read the key files and set up the issuers. Raises InvalidSettings. It fetches nothing yet."""
        path = settings.token_key_file
        token_key = read_token_key(path, "REGISTER_TOKEN_KEY_FILE") if path else passing_token_key()
        trust = _trust(settings) if settings.oidc_issuers or settings.ca_file else None
        key_sets = {
            each.issuer: KeySet(each.jwks_uri, each.algorithm, transport, trust=trust) for each in settings.oidc_issuers
        }
        issuers = {each.issuer: _configured(each, key_sets[each.issuer]) for each in settings.oidc_issuers}
        development_key = read_development_key(settings)
        if development_key is not None:
            issuers[settings.development_issuer] = _development(settings, development_key)
        return cls(token_key, _own(settings, token_key), issuers, key_sets)

    def outages(self, now: datetime) -> dict[str, str]:
        """The issuers that have given no keys for five minutes, and since when."""
        found = {name: keys.outage(now) for name, keys in self.key_sets.items()}
        return {name: since for name, since in found.items() if since is not None}

    async def tried(self) -> list[Tried]:
        """Read every issuer's key set once, all at the same time."""
        return list(await asyncio.gather(*(_tried(name, keys) for name, keys in self.key_sets.items())))

    @asynccontextmanager
    async def renewed(self, clock: Callable[[], datetime]) -> AsyncIterator[None]:
        """Read the issuers' keys now, and every two minutes while the block lasts, beside all requests."""
        task = asyncio.get_running_loop().create_task(self._renew(clock))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _renew(self, clock: Callable[[], datetime]) -> None:
        while self.key_sets:
            for keys in self.key_sets.values():
                keys.renew(clock())
            await asyncio.sleep(RENEWED_AFTER.total_seconds())


def _trust(settings: Settings) -> ssl.SSLContext:
    """Whom the register trusts for the certificates of issuers: the usual authorities, and its own. InvalidSettings."""
    context = httpx.create_ssl_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(cafile=settings.ca_file)
        except ssl.SSLError as error:
            raise InvalidSettings(["REGISTER_CA_FILE: must hold certificates in PEM"]) from error
        except OSError as error:
            raise InvalidSettings([f"REGISTER_CA_FILE: cannot be read ({error.strerror})"]) from error
    return context


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


def _configured(issuer: OidcIssuer, keys: KeySet) -> Issuer:
    profile = Profile(
        issuer=issuer.issuer,
        audiences=frozenset({issuer.audience}),
        types=frozenset(each.lower().removeprefix("application/") for each in issuer.types),
        required=_PERSONS_CLAIMS,
        max_life=LIFE_OF_A_PERSONS_TOKEN,
        refused=_ONLY_IN_ID_TOKENS,
        shared=True,
    )
    return Issuer(profile, keys.find)


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
    async def find(kid: str, _: datetime) -> VerifyingKey | None:
        return key if kid == key.kid else None

    return find
