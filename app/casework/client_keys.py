"""Public keys of systems: which ones may be registered, and the members that make them."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.records.clients import ClientKey
from app.rules.refusals import Fault

LONGEST_KID = 128
SMALLEST_RSA, LARGEST_RSA = 2048, 6144
ALGORITHMS = {"RS512": ("RSA", None), "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384")}
_CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}


def is_text(value: str, longest: int) -> bool:
    """Whether a text is neither empty nor too long, and prints as it is."""
    return 0 < len(value) <= longest and value.isprintable() and value == value.strip()


def keys_faults(keys: Sequence[ClientKey]) -> Iterator[Fault]:
    """What is wrong with the keys of a new client."""
    if not keys:
        yield Fault("/keys", "needs at least one public key")
    for place, key in enumerate(keys):
        yield from key_faults(key, f"/keys/{place}")
        if any(key.kid == earlier.kid for earlier in keys[:place]):
            yield Fault(f"/keys/{place}/kid", "names two keys")


def key_faults(key: ClientKey, at: str) -> Iterator[Fault]:
    """What is wrong with a key that stands at a JSON Pointer."""
    if not is_text(key.kid, LONGEST_KID):
        yield Fault(f"{at}/kid", f"must be 1 to {LONGEST_KID} printable characters")
    if key.not_before is not None and key.not_after is not None and key.not_after < key.not_before:
        yield Fault(f"{at}/notAfter", "lies before notBefore")
    if key.alg not in ALGORITHMS:
        yield Fault(f"{at}/alg", f"must be one of {', '.join(ALGORITHMS)}")
        return
    fault, _ = public_members(key)
    if fault is not None:
        yield Fault(f"{at}/jwk", fault)


def public_members(key: ClientKey) -> tuple[str | None, dict[str, Any]]:
    """What is wrong with a key, if anything, and the members that make it (RFC 7518, section 6)."""
    family, curve = ALGORITHMS[key.alg]
    if key.jwk.get("kty") != family or key.jwk.get("crv") != curve:
        return f"must be {'an RSA key' if family == 'RSA' else f'a key on {curve}'} for {key.alg}", {}
    if {"d", "k"} & key.jwk.keys():
        return "must be a public key: a private one stays with its owner", {}
    names = ("kty", "n", "e") if family == "RSA" else ("kty", "crv", "x", "y")
    members = {name: key.jwk.get(name) for name in names}
    try:
        _check_numbers(members, curve)
    except (ValueError, UnsupportedAlgorithm) as error:
        return f"does not make a public key: {error}", {}
    return None, members


def _check_numbers(members: Mapping[str, Any], curve: str | None) -> None:
    if curve is not None:
        point = ec.EllipticCurvePublicNumbers(_number(members["x"]), _number(members["y"]), _CURVES[curve]())
        point.public_key()  # raises ValueError for a point that is not on the curve
        return
    modulus = _number(members["n"])
    if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA:
        raise ValueError(f"an RSA key has {SMALLEST_RSA} to {LARGEST_RSA} bits, not {modulus.bit_length()}")
    rsa.RSAPublicNumbers(_number(members["e"]), modulus).public_key()


def _number(text: object) -> int:
    """A Base64urlUInt of RFC 7518, section 2, in its one canonical form."""
    if not isinstance(text, str):
        raise ValueError("a number is missing")  # noqa: TRY004 - a fault of the document
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("a number is not base64url")
    return int.from_bytes(raw)
