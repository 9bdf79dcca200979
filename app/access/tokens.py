"""The only use of python-jose. Everything that the library does not check is checked here.

The register calls only ``jws.verify``, with one key bound to one algorithm, and ``jws.sign``. It does not trust the
rest of the library with a caller's token (CVE-2026-85394: a public key taken for an HMAC secret; ``crit``, ``typ`` and
``kid`` ignored; exceptions of many kinds). The rules are those of RFC 8725, sections 3.1 to 3.12. Whatever is wrong
with a token, the only exception is TokenRejected.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn

from jose import jwk, jws

LEEWAY = 30
"""Seconds by which two honest clocks may differ."""
LONGEST_KID = 128
LONGEST_TEXT = 512
SMALLEST_RSA, LARGEST_RSA = 2048, 6144

_COMPACT = re.compile(r"[A-Za-z0-9_-]{1,2048}\.[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{1,1024}")
_FAMILIES = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
}
_FORBIDDEN_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"})
_TEXT_CLAIMS = ("iss", "sub", "jti", "client_id", "scope")
_LATEST = 1 << 33

for _algorithm in _FAMILIES:
    _found = jwk.get_key(_algorithm)
    if _found is None or _found.__module__ != "jose.backends.cryptography_backend":
        raise RuntimeError(f"python-jose must use the cryptography backend for {_algorithm}")


class Cause(StrEnum):
    """What kind of fault a token has."""

    MALFORMED = "malformed"
    HEADER = "header"
    KEY = "key"
    SIGNATURE = "signature"
    CLAIM = "claim"


class TokenRejected(Exception):
    """The only refusal of a token.

    ``reason`` is for the log, or for the owner of a client assertion. ``member`` is the header or claim at fault, and
    ``is_missing`` says whether it is missing altogether.
    """

    def __init__(self, reason: str, *, cause: Cause, member: str = "", is_missing: bool = False) -> None:
        self.reason, self.cause, self.member, self.is_missing = reason[:300], cause, member, is_missing
        super().__init__(" ".join(filter(None, (cause, member, self.reason))))


class VerifyingKey:
    """One public key, bound to one algorithm for ever."""

    __slots__ = ("_prepared", "algorithm", "kid")

    def __init__(self, kid: object, algorithm: object, public_jwk: Mapping[str, Any]) -> None:
        """``public_jwk`` is an RFC 7517 key. Raises ValueError for any key that is not trustworthy."""
        if not isinstance(kid, str) or not _is_text(kid, LONGEST_KID):
            raise ValueError("a key needs a kid of 1 to 128 printable characters")
        if not isinstance(algorithm, str) or algorithm not in _FAMILIES:
            raise ValueError("the algorithm is not one of " + ", ".join(_FAMILIES))
        public = _public_members(algorithm, public_jwk)
        self.kid, self.algorithm = kid, algorithm
        try:
            self._prepared = jwk.construct(public, algorithm)
        except Exception as error:
            raise ValueError("the key's numbers do not make a public key") from error

    def payload_of(self, token: str) -> bytes:
        """The payload of a compact JWS that this key signed. Raises whatever python-jose raises."""
        return jws.verify(token, self._prepared, [self.algorithm])


class SigningKey:
    """One private key, bound to one algorithm for ever. Its representation never shows it."""

    __slots__ = ("_prepared", "algorithm", "kid")

    def __init__(self, kid: str, algorithm: str, pem: bytes) -> None:
        """``pem`` is an unencrypted private key that fits the algorithm."""
        if algorithm not in _FAMILIES:
            raise ValueError("the algorithm is not one of " + ", ".join(_FAMILIES))
        self.kid, self.algorithm = kid, algorithm
        self._prepared = jwk.construct(pem, algorithm)

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """A compact JWS over the claims, with the key's ``kid`` and this ``typ`` in its header."""
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return jws.sign(payload, self._prepared, headers={"kid": self.kid, "typ": typ}, algorithm=self.algorithm)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of token must look like.

    ``types`` are values of the header ``typ``, in lower case and without ``application/``. ``max_life`` is the longest
    time to expiry in seconds. ``refused`` are claims that only other kinds of token have. ``shared`` tokens may name
    other audiences beside ours, since issuers give people one token for several services.
    """

    issuer: str
    audiences: frozenset[str]
    types: frozenset[str]
    required: frozenset[str]
    max_life: int
    subject: str | None = None
    refused: frozenset[str] = frozenset()
    shared: bool = False


class _Parts(NamedTuple):
    header: dict[str, Any]
    claims: dict[str, Any]


def unverified_issuer(token: object) -> str:
    """The issuer that a token names. Use it only to choose how to check the token. Raises TokenRejected."""
    with _one_refusal(Cause.MALFORMED):
        claims = _parts(token).claims
        if "iss" not in claims:
            _reject_claim("iss", is_missing=True)
        if not _is_text(claims["iss"], LONGEST_TEXT):
            _reject_claim("iss", f"must be 1 to {LONGEST_TEXT} printable characters")
        return str(claims["iss"])


def named_key(token: object, profile: Profile) -> str:
    """The ``kid`` of the key that a token names, once its header fits the profile. Raises TokenRejected."""
    with _one_refusal(Cause.MALFORMED):
        kid, _ = _checked_header(_parts(token).header, profile)
        return kid


def verify(
    token: object, find_key: Callable[[str], VerifyingKey | None], profile: Profile, now: datetime
) -> dict[str, Any]:
    """The claims of a token that fits the profile at an instant.

    ``find_key`` gives the one key for a ``kid``. Every fault of the token raises TokenRejected. What ``find_key``
    raises passes through.
    """
    with _one_refusal(Cause.MALFORMED):
        kid, algorithm = _checked_header(_parts(token).header, profile)
    key = find_key(kid)
    if key is None:
        raise TokenRejected("no key with this kid is usable", cause=Cause.KEY)
    if algorithm != key.algorithm:
        _reject_header("alg", f"this key is for {key.algorithm}, got {_shown(algorithm)}")
    with _one_refusal(Cause.SIGNATURE):
        payload = key.payload_of(str(token))
    with _one_refusal(Cause.MALFORMED):
        claims = read_object(payload)
        _check_claims(claims, profile)
        _check_times(claims, profile, now.timestamp())
    return claims


def read_object(raw: bytes) -> dict[str, Any]:
    """A strict JSON object: UTF-8, no member twice, only finite numbers.

    Raises ValueError, or RecursionError if it is too deep.
    """
    value = json.loads(
        raw.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite
    )
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a fault of the bytes, not of a type in our code
    return value


# --- the shape --------------------------------------------------------------------------------


@contextmanager
def _one_refusal(cause: Cause) -> Iterator[None]:
    try:
        yield
    except TokenRejected:
        raise
    except Exception as error:  # noqa: BLE001 - python-jose lets OverflowError, RecursionError and more out
        raise TokenRejected(type(error).__name__, cause=cause) from None


def _parts(token: object) -> _Parts:
    if not isinstance(token, str) or not _COMPACT.fullmatch(token):
        raise TokenRejected("not a compact JWS", cause=Cause.MALFORMED)
    header, claims, signature = (_decoded(part) for part in token.split("."))
    del signature
    return _Parts(read_object(header), read_object(claims))


def _decoded(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("not canonical base64url")
    return raw


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is not finite")
    return value


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _shown(value: object) -> str:
    return f"'{value[:100]}'" if isinstance(value, str) else f"a JSON {type(value).__name__}"


# --- header and key ---------------------------------------------------------------------------


def _reject_header(member: str, reason: str = "", *, is_missing: bool = False) -> NoReturn:
    raise TokenRejected(reason, cause=Cause.HEADER, member=member, is_missing=is_missing)


def _checked_header(header: dict[str, Any], profile: Profile) -> tuple[str, str]:
    for member in sorted(_FORBIDDEN_HEADERS & header.keys()):
        _reject_header(member, "not taken here")
    for member in ("kid", "alg", "typ"):
        if member not in header:
            _reject_header(member, is_missing=True)
    kid, algorithm, typ = header["kid"], header["alg"], header["typ"]
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in profile.types:
        _reject_header("typ", f"expected {_names(profile.types)}, got {_shown(typ)}")
    if not _is_text(kid, LONGEST_KID):
        _reject_header("kid", f"must be 1 to {LONGEST_KID} printable characters")
    if not isinstance(algorithm, str) or algorithm not in _FAMILIES:
        _reject_header("alg", f"expected {_names(_FAMILIES)}, got {_shown(algorithm)}")
    return kid, algorithm


def _names(values: Any) -> str:
    return " or ".join(sorted(values))


def _public_members(algorithm: str, public_jwk: Mapping[str, Any]) -> dict[str, Any]:
    family, curve = _FAMILIES[algorithm]
    if public_jwk.get("kty") != family or public_jwk.get("crv") != curve:
        raise ValueError(f"the key does not fit {algorithm}")
    if "d" in public_jwk or "k" in public_jwk:
        raise ValueError("a private key must stay with its owner")
    names = ("kty", "n", "e") if family == "RSA" else ("kty", "crv", "x", "y")
    public = {name: public_jwk.get(name) for name in names}
    if not all(isinstance(value, str) for value in public.values()):
        raise ValueError("the key lacks " + ", ".join(names))
    if family == "RSA":
        bits = int.from_bytes(_decoded(str(public["n"]))).bit_length()
        if not SMALLEST_RSA <= bits <= LARGEST_RSA:
            raise ValueError(f"an RSA key has {SMALLEST_RSA} to {LARGEST_RSA} bits, not {bits}")
    return public


# --- claims -----------------------------------------------------------------------------------


def _reject_claim(member: str, reason: str = "", *, is_missing: bool = False) -> NoReturn:
    raise TokenRejected(reason, cause=Cause.CLAIM, member=member, is_missing=is_missing)


def _check_claims(claims: dict[str, Any], profile: Profile) -> None:
    for name in sorted((profile.required | {"iss", "aud", "exp"}) - claims.keys()):
        _reject_claim(name, is_missing=True)
    for name in sorted(profile.refused & claims.keys()):
        _reject_claim(name, "only another kind of token has it")
    for name in _TEXT_CLAIMS:
        if name in claims and not _is_text(claims[name], LONGEST_TEXT):
            _reject_claim(name, f"must be 1 to {LONGEST_TEXT} printable characters")
    for name, expected in (("iss", profile.issuer), ("sub", profile.subject)):
        if expected is not None and claims.get(name) != expected:
            _reject_claim(name, f"expected {_shown(expected)}, got {_shown(claims.get(name))}")
    _check_audience(claims["aud"], profile)


def _check_audience(audience: object, profile: Profile) -> None:
    """``aud`` is one text or a list of texts (RFC 7519, section 4.1.3)."""
    named = audience if isinstance(audience, list) else [audience]
    are_texts = all(_is_text(each, LONGEST_TEXT) for each in named)
    is_ours = are_texts and any(each in profile.audiences for each in named)
    if not is_ours or (len(named) > 1 and not profile.shared):
        shown = ", ".join(map(_shown, named[:5])) if named else "an empty list"
        _reject_claim("aud", f"expected {_names(profile.audiences)}, got {shown}")


def _check_times(claims: dict[str, Any], profile: Profile, now: float) -> None:
    expires, not_before, issued = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or expires <= now - LEEWAY:
        _reject_claim("exp", "JWT has expired")
    if expires > now + profile.max_life + LEEWAY:
        _reject_claim("exp", f"more than {_span(profile.max_life)} in future")
    for name, moment in (("nbf", not_before), ("iat", issued)):
        if moment is not None and moment > now + LEEWAY:
            _reject_claim(name, "lies in the future")
    if issued is not None and expires - issued > profile.max_life:
        _reject_claim("exp", f"more than {_span(profile.max_life)} after 'iat'")


def _moment(claims: dict[str, Any], name: str) -> int | None:
    """Seconds since 1970, as an integer. None if the claim is missing."""
    if name not in claims:
        return None
    value = claims[name]
    if type(value) is not int or not 0 <= value < _LATEST:
        _reject_claim(name, "must be an integer of seconds since 1970")
    return value


def _span(seconds: int) -> str:
    return f"{seconds} seconds" if seconds % 60 else f"{seconds // 60} minutes"
