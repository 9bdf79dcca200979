"""Key pairs: the register's own signing key, the development issuer's, and new ones for clients."""

import base64
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.access.tokens import SigningKey, VerifyingKey
from app.settings import InvalidSettings

TOKEN_ALGORITHM = "RS256"  # noqa: S105 - the algorithm that RFC 9068, section 2.1, asks every server to know
TOKEN_KEY_BITS = 3072
_CURVES = {"secp256r1": ("P-256", 32), "secp384r1": ("P-384", 48)}

PublicJwk = dict[str, str]


class Pair(NamedTuple):
    """A new key pair: the private half as PKCS 8 PEM, the public half as a JWK with its ``kid``."""

    private_pem: bytes
    public_jwk: PublicJwk


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that signs tokens with RS256, and the public half that checks them."""

    signing: SigningKey = field(repr=False)
    verifying: VerifyingKey = field(repr=False)
    public_jwk: PublicJwk

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read an unencrypted RSA private key. Raises ValueError for anything else."""
        public = public_jwk(pem)
        if public["kty"] != "RSA":
            raise ValueError("must be an RSA key")
        kid = thumbprint(public)
        return cls(
            signing=SigningKey(kid, TOKEN_ALGORITHM, pem),
            verifying=VerifyingKey(kid, TOKEN_ALGORITHM, public),
            public_jwk={**public, "kid": kid, "alg": TOKEN_ALGORITHM, "use": "sig"},
        )


def read_token_key(path: Path, setting: str) -> TokenKey:
    """The key in a PEM file. Raises InvalidSettings with the setting's name if it is not usable."""
    try:
        return _token_key(path.read_bytes())
    except OSError as error:
        raise InvalidSettings([f"{setting}: cannot be read ({error.strerror})"]) from error
    except ValueError as error:
        raise InvalidSettings([f"{setting}: must hold an unencrypted RSA private key of 2048 bits or more"]) from error


@cache
def passing_token_key() -> TokenKey:
    """A key that lives as long as this process, for development without a key file."""
    return TokenKey.from_pem(generate_token_key())


def generate_token_key() -> bytes:
    """A new RSA private key of 3072 bits as PEM, for ``write_private_key``."""
    return _as_pem(rsa.generate_private_key(public_exponent=65537, key_size=TOKEN_KEY_BITS))


def generate_pair(algorithm: Literal["RS512", "ES256"]) -> Pair:
    """A new key pair for a client. Its ``kid`` is the thumbprint of the public half."""
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if algorithm == "RS512":
        private = rsa.generate_private_key(public_exponent=65537, key_size=TOKEN_KEY_BITS)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    public = _as_jwk(private.public_key())
    return Pair(_as_pem(private), {**public, "kid": thumbprint(public), "alg": algorithm, "use": "sig"})


def public_jwk(pem: bytes) -> PublicJwk:
    """The public half of a private or public PEM as a bare JWK (RFC 7518, sections 6.2 and 6.3).

    Raises ValueError for anything but RSA, P-256 and P-384.
    """
    return _as_jwk(_public_key(pem))


def _as_jwk(public: object) -> PublicJwk:
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in _CURVES:
        curve, size = _CURVES[public.curve.name]
        point = public.public_numbers()
        return {"kty": "EC", "crv": curve, "x": _number(point.x, size), "y": _number(point.y, size)}
    raise ValueError("must be an RSA, P-256 or P-384 key")


def thumbprint(jwk: PublicJwk) -> str:
    """The RFC 7638 thumbprint of a public key: SHA-256 over its required members, as base64url."""
    required = ("e", "kty", "n") if jwk["kty"] == "RSA" else ("crv", "kty", "x", "y")
    members = json.dumps({name: jwk[name] for name in required}, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(members.encode()).digest())


def write_private_key(path: Path, pem: bytes) -> None:
    """Write a new private key that only its owner can read. The file is there whole or not at all.

    Raises FileExistsError instead of overwriting a key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)  # mkstemp creates it with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError as error:
        raise FileExistsError(error.errno, error.strerror, str(path)) from error
    finally:
        draft.unlink()


@lru_cache(maxsize=8)
def _token_key(pem: bytes) -> TokenKey:
    # Checking the primes of an RSA key takes a tenth of a second. Once for the same bytes is enough.
    return TokenKey.from_pem(pem)


def _public_key(pem: bytes) -> object:
    try:
        if b"PRIVATE KEY" in pem:
            private = serialization.load_pem_private_key(pem, password=None)
            return private.public_key()
        return serialization.load_pem_public_key(pem)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("must be an unencrypted key of a known kind") from error


def _as_pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _number(value: int, size: int | None = None) -> str:
    return _base64url(value.to_bytes(size or (value.bit_length() + 7) // 8))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
