"""Key pairs: what is read, made and written."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from app.access.issuers import Keyring
from app.access.keys import TokenKey, generate_pair, public_jwk, thumbprint, write_private_key
from app.access.tokens import SigningKey, VerifyingKey
from app.settings import InvalidSettings, Settings
from tests.access.conftest import Pairs

# The key and the thumbprint of RFC 7638, section 3.1.
RFC_7638_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6"
    "qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ"
    "zKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def test_a_thumbprint_is_that_of_the_rfc() -> None:
    assert thumbprint(RFC_7638_KEY) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(("algorithm", "kind"), [("RS512", "RSA"), ("ES256", "EC")])
def test_a_new_pair_signs_and_its_public_half_checks(algorithm: str, kind: str) -> None:
    pair = generate_pair("RS512" if algorithm == "RS512" else "ES256")

    token = SigningKey(pair.public_jwk["kid"], algorithm, pair.private_pem).sign({"a": 1}, typ="JWT")

    assert pair.public_jwk["kty"] == kind
    assert pair.public_jwk["kid"] == thumbprint(pair.public_jwk)
    assert "d" not in pair.public_jwk
    assert VerifyingKey(pair.public_jwk["kid"], algorithm, pair.public_jwk).payload_of(token) == b'{"a":1}'


def test_the_public_half_of_a_public_pem_is_that_of_the_private_one(pairs: Pairs) -> None:
    pem = pairs.client.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    assert public_jwk(pem) == public_jwk(pairs.client.pem)


def _pem(private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def test_other_kinds_of_key_are_refused() -> None:
    strange = [
        b"no key at all",
        _pem(ed25519.Ed25519PrivateKey.generate()),
        _pem(ec.generate_private_key(ec.SECP521R1())),
        _pem(ec.generate_private_key(ec.SECP256R1()), b"secret"),
    ]
    for pem in strange:
        with pytest.raises(ValueError, match=r"."):
            public_jwk(pem)


def test_a_key_file_is_for_its_owner_alone_and_is_never_overwritten(tmp_path: Path, pairs: Pairs) -> None:
    file = tmp_path / "keys" / "token.pem"

    write_private_key(file, pairs.client.pem)
    with pytest.raises(FileExistsError):
        write_private_key(file, pairs.other.pem)

    assert file.read_bytes() == pairs.client.pem
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_the_register_signs_with_the_key_of_its_settings(settings: Settings, pairs: Pairs) -> None:
    keyring = Keyring.of(settings)

    assert keyring.token_key.public_jwk == {
        **pairs.register.jwk,
        "kid": thumbprint(pairs.register.jwk),
        "alg": "RS256",
        "use": "sig",
    }


def test_without_a_key_file_the_process_has_one_key_of_3072_bits() -> None:
    first, second = Keyring.of(Settings()), Keyring.of(Settings())

    assert first.token_key is second.token_key
    assert len(first.token_key.public_jwk["n"]) == 512  # 3,072 bits as base64url


def test_a_key_file_that_is_of_no_use_is_named(tmp_path: Path, pairs: Pairs) -> None:
    (tmp_path / "curve.pem").write_bytes(pairs.curve.pem)
    wrong = Settings(token_key_file=tmp_path / "curve.pem")
    missing = Settings(development_key_file=tmp_path / "nowhere.pem")

    with pytest.raises(InvalidSettings) as first:
        Keyring.of(wrong)
    with pytest.raises(InvalidSettings) as second:
        Keyring.of(missing)

    assert first.value.faults == [
        "REGISTER_TOKEN_KEY_FILE: must hold an unencrypted RSA private key of 2048 bits or more"
    ]
    assert second.value.faults == ["REGISTER_DEVELOPMENT_KEY_FILE: cannot be read (No such file or directory)"]


def test_a_token_key_does_not_show_its_private_half(pairs: Pairs) -> None:
    shown = repr(TokenKey.from_pem(pairs.register.pem))

    assert "PRIVATE" not in shown
    assert shown.startswith("TokenKey(public_jwk={'kty': 'RSA'")
