"""Tokens made by hand, without the library under guard: any header, any bytes, any signature."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Json = Mapping[str, Any] | bytes

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS512": hashes.SHA512(),
    "ES256": hashes.SHA256(),
    "ES384": hashes.SHA384(),
}


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: Json, claims: Json) -> str:
    parts = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64url(part) for part in parts)


def signed(header: Json, claims: Json, key: PrivateKey, algorithm: str) -> str:
    message = unsigned(header, claims)
    return f"{message}.{base64url(_signature(message.encode(), key, algorithm))}"


def signed_with_secret(header: Json, claims: Json, secret: bytes) -> str:
    message = unsigned(header, claims)
    return f"{message}.{base64url(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"


def _signature(message: bytes, key: PrivateKey, algorithm: str) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), _HASHES[algorithm])
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(_HASHES[algorithm])))
    return r.to_bytes(size) + s.to_bytes(size)
