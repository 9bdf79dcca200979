"""The guard round python-jose: what it lets through, and a long list of what it must not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.access.tokens import Cause, Profile, SigningKey, TokenRejected, VerifyingKey, unverified_issuer, verify
from tests.access import forge
from tests.access.conftest import NOW, KeyPair, Pairs

ISSUER = "ccg-10T"
AUDIENCE, OTHER_AUDIENCE = "https://register.example/oauth2/token", "https://register.example"
SECONDS = int(NOW.timestamp())
PROFILE = Profile(
    issuer=ISSUER,
    subject=ISSUER,
    audiences=frozenset({AUDIENCE, OTHER_AUDIENCE}),
    types=frozenset({"jwt", "client-authentication+jwt"}),
    required=frozenset({"iss", "sub", "aud", "exp", "jti"}),
    max_life=300,
    refused=frozenset({"nonce"}),
)


def claims(**changes: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "sub": ISSUER,
        "aud": AUDIENCE,
        "exp": SECONDS + 200,
        "iat": SECONDS,
        "jti": "assertion-1",
        **changes,
    }


def without(name: str) -> dict[str, Any]:
    return {each: value for each, value in claims().items() if each != name}


def with_raw(name: str, raw: str) -> bytes:
    """The claims as bytes, one of them written in a way that no JSON library writes."""
    return json.dumps(claims(**{name: "@"})).replace('"@"', raw).encode()


@pytest.fixture(scope="session")
def check(pairs: Pairs) -> Callable[..., dict[str, Any]]:
    ring = {
        pair.kid: VerifyingKey(pair.kid, pair.algorithm, pair.jwk) for pair in (pairs.client, pairs.curve, pairs.other)
    }

    def checked(token: object, *, at: datetime = NOW, profile: Profile = PROFILE) -> dict[str, Any]:
        return verify(token, ring.get, profile, at)

    return checked


Check = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({}, {}),
        ({"aud": [AUDIENCE]}, {}),
        ({"aud": OTHER_AUDIENCE}, {}),
        ({"exp": SECONDS + 300}, {}),
        ({"exp": SECONDS - 29, "iat": SECONDS - 100}, {}),
        ({"nbf": SECONDS + 30, "iat": SECONDS + 30}, {}),
        ({}, {"typ": "client-authentication+jwt"}),
        ({}, {"typ": "application/JWT"}),
        ({}, {"x5t": "thumbprint"}),
        ({"anything": {"else": [1.5, None, True]}}, {}),
    ],
)
@pytest.mark.parametrize("name", ["client", "curve"])
def test_a_token_that_fits_is_let_through(
    check: Check, pairs: Pairs, name: str, changes: dict[str, Any], header: dict[str, Any]
) -> None:
    pair: KeyPair = getattr(pairs, name)

    found = check(pair.sign(claims(**changes), **header))

    assert found == claims(**changes)


SHARED = replace(PROFILE, shared=True)


@pytest.mark.parametrize(
    "audience",
    [AUDIENCE, [AUDIENCE], ["https://other.example", AUDIENCE], [AUDIENCE, OTHER_AUDIENCE, "https://other.example"]],
)
def test_a_shared_token_may_name_others_beside_us(check: Check, pairs: Pairs, audience: object) -> None:
    assert check(pairs.client.sign(claims(aud=audience)), profile=SHARED)["aud"] == audience


@pytest.mark.parametrize(
    ("audience", "shown"),
    [
        (["https://other.example", "https://third.example"], "'https://other.example', 'https://third.example'"),
        ([AUDIENCE + "/"], f"'{AUDIENCE}/'"),
        ([AUDIENCE, 7], f"'{AUDIENCE}', a JSON int"),
        ([AUDIENCE, [AUDIENCE]], f"'{AUDIENCE}', a JSON list"),
        ([AUDIENCE, ""], f"'{AUDIENCE}', ''"),
        ([], "an empty list"),
    ],
)
def test_a_shared_token_must_name_us_and_hold_only_names(
    check: Check, pairs: Pairs, audience: object, shown: str
) -> None:
    with pytest.raises(TokenRejected) as rejected:
        check(pairs.client.sign(claims(aud=audience)), profile=SHARED)

    assert rejected.value.reason == f"expected {OTHER_AUDIENCE} or {AUDIENCE}, got {shown}"


def _pem(pair: KeyPair) -> bytes:
    return pair.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _der(pair: KeyPair) -> bytes:
    return pair.private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


NONE = {"alg": "none", "kid": "client-1", "typ": "JWT"}
HS256 = {"alg": "HS256", "kid": "client-1", "typ": "JWT"}
Forger = Callable[[Pairs], object]

HOSTILE_SIGNATURES: dict[str, Forger] = {
    "alg none": lambda _: forge.unsigned(NONE, claims()) + ".",
    "alg none with a signature": lambda _: forge.unsigned(NONE, claims()) + ".AA",
    "alg None": lambda _: forge.unsigned({**NONE, "alg": "None"}, claims()) + ".AA",
    "HS256 over the PEM": lambda p: forge.signed_with_secret(HS256, claims(), _pem(p.client)),
    "HS256 over the DER": lambda p: forge.signed_with_secret(HS256, claims(), _der(p.client)),
    "HS256 over nothing": lambda _: forge.signed_with_secret(HS256, claims(), b""),
    "HS256 over the JWK": lambda p: forge.signed_with_secret(HS256, claims(), json.dumps(p.client.jwk).encode()),
    "HMAC behind an RSA name": lambda p: forge.signed_with_secret({**HS256, "alg": "RS512"}, claims(), _pem(p.client)),
    "another hash than the key's": lambda p: forge.signed(
        {**HS256, "alg": "RS256"}, claims(), p.client.private, "RS256"
    ),
    "the key's name over another hash": lambda p: forge.signed(
        {**HS256, "alg": "RS512"}, claims(), p.client.private, "RS256"
    ),
    "signed by another": lambda p: forge.signed({**HS256, "alg": "RS512"}, claims(), p.other.private, "RS512"),
    "another's kid": lambda p: p.client.sign(claims(), kid="other-1"),
    "an EC kid with an RSA signature": lambda p: p.client.sign(claims(), kid="client-2"),
    "ES256 with zeros": lambda p: (
        forge.unsigned({"alg": "ES256", "kid": p.curve.kid, "typ": "JWT"}, claims()) + "." + forge.base64url(bytes(64))
    ),
    "ES256 in DER": lambda p: (
        forge.unsigned({"alg": "ES256", "kid": p.curve.kid, "typ": "JWT"}, claims())
        + "."
        + forge.base64url(b"0\x06\x02\x01\x01\x02\x01\x01")
    ),
    "changed signature": lambda p: p.client.sign(claims())[:-8] + "AAAAAAAA",
    "a claim changed after signing": lambda p: ".".join(
        [
            forge.unsigned({"alg": "RS512", "kid": "client-1", "typ": "JWT"}, claims(jti="assertion-2")),
            p.client.sign(claims()).rsplit(".", 1)[1],
        ]
    ),
}

HOSTILE_HEADERS: dict[str, dict[str, Any]] = {
    "unknown kid": {"kid": "zz"},
    "kid as a path": {"kid": "../../../dev/null"},
    "kid as SQL": {"kid": "client-1' or '1'='1"},
    "kid a number": {"kid": 1},
    "kid an object": {"kid": {"a": 1}},
    "kid null": {"kid": None, "b": 1},
    "kid empty": {"kid": ""},
    "kid long": {"kid": "k" * 1000},
    "kid with a line feed": {"kid": "client-1\n"},
    "crit": {"crit": ["b64"], "b64": False},
    "embedded jwk": {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
    "jku": {"jku": "http://127.0.0.1/"},
    "x5u": {"x5u": "http://127.0.0.1/"},
    "x5c": {"x5c": []},
    "zip": {"zip": "DEF"},
    "enc": {"enc": "A256GCM"},
    "alg a list": {"alg": ["RS512"]},
    "alg absent": {"alg": None},
    "typ absent": {"typ": None},
    "typ empty": {"typ": ""},
    "typ of another token": {"typ": "at+jwt"},
    "typ a list": {"typ": ["JWT"]},
}

HOSTILE_CLAIMS: dict[str, forge.Json] = {
    "no aud": without("aud"),
    "aud of another": claims(aud="https://other.example"),
    "aud mixed": claims(aud=[AUDIENCE, "https://other.example"]),
    "aud twice": claims(aud=[AUDIENCE, AUDIENCE]),
    "aud with a slash more": claims(aud=AUDIENCE + "/"),
    "aud an object": claims(aud={AUDIENCE: 1}),
    "aud empty list": claims(aud=[]),
    "aud nested": claims(aud=[[AUDIENCE]]),
    "no exp": without("exp"),
    "no jti": without("jti"),
    "no iss": without("iss"),
    "no sub": without("sub"),
    "iss of another": claims(iss="ccg-02W"),
    "sub of another": claims(sub="ccg-02W"),
    "sub empty": claims(sub=""),
    "sub a list": claims(sub=[ISSUER]),
    "jti empty": claims(jti=""),
    "jti a number": claims(jti=7),
    "jti long": claims(jti="j" * 513),
    "jti with NUL": claims(jti="a\x00b"),
    "jti half a character": with_raw("jti", '"\\ud800"'),
    "a claim of ID tokens": claims(nonce="n"),
    "expired": claims(exp=SECONDS - 30, iat=SECONDS - 200),
    "a second too long": claims(exp=SECONDS + 301),
    "a hundred years": claims(exp=SECONDS + 3_153_600_000),
    "long without iat": {**without("iat"), "exp": SECONDS + 331},
    "long by an early iat": claims(iat=SECONDS - 3600),
    "long by a late iat": claims(iat=SECONDS + 30, exp=SECONDS + 331),
    "iat in the future": claims(iat=SECONDS + 31),
    "iat null": claims(iat=None),
    "nbf in the future": claims(nbf=SECONDS + 31),
    "nbf text": claims(nbf="0"),
    "exp text": claims(exp=str(SECONDS + 100)),
    "exp a fraction": claims(exp=SECONDS + 100.5),
    "exp true": claims(exp=True),
    "exp null": claims(exp=None),
    "exp negative": claims(exp=-1),
    "exp infinite": with_raw("exp", "1e400"),
    "exp Infinity": with_raw("exp", "Infinity"),
    "exp NaN": with_raw("exp", "NaN"),
    "exp of 5,000 digits": with_raw("exp", "9" * 5000),
    "any number infinite": claims(anything=float("inf")),
    "a member twice": json.dumps(claims()).replace('"sub"', '"sub": "ccg-02W", "sub"').encode(),
    "deep": b"[" * 3000 + b"]" * 3000,
    "deep object": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "deep inside a claim": with_raw("anything", "[" * 2500 + "]" * 2500),
    "a list": b"[1]",
    "null": b"null",
    "not JSON": b"{",
    "UTF-16": json.dumps(claims()).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(claims()).encode(),
    "huge": claims(x="a" * 9000),
}

HOSTILE_SHAPES: dict[str, Callable[[str], object]] = {
    "junk after it": lambda token: token + "!!!!",
    "a line feed after it": lambda token: token + "\n",
    "padding": lambda token: token + "==",
    "four parts": lambda token: token + ".AA",
    "five parts, as encrypted tokens have": lambda _: "a.b.c.d.e",
    "two parts": lambda token: token.rsplit(".", 1)[0],
    "no signature": lambda token: token.rsplit(".", 1)[0] + ".",
    "empty": lambda _: "",
    "None": lambda _: None,
    "bytes": lambda token: token.encode(),
    "a list of one": lambda token: [token],
    "a letter outside ASCII": lambda token: "é" + token,
    "a space before it": lambda token: " " + token,
    "base64 that is not canonical": lambda token: token[:-1] + ("B" if token[-1] != "B" else "C"),
    "header as a list": lambda token: ".".join([forge.base64url(b"[]"), *token.split(".")[1:]]),
    "header with a member twice": lambda token: ".".join(
        [forge.base64url(b'{"alg":"none","alg":"RS512","kid":"client-1","typ":"JWT"}'), *token.split(".")[1:]]
    ),
}


@pytest.mark.parametrize("name", HOSTILE_SIGNATURES)
def test_a_token_with_a_hostile_signature_is_refused(check: Check, pairs: Pairs, name: str) -> None:
    token = HOSTILE_SIGNATURES[name](pairs)

    with pytest.raises(TokenRejected):
        check(token)


@pytest.mark.parametrize("name", HOSTILE_HEADERS)
@pytest.mark.parametrize("pair", ["client", "curve"])
def test_a_token_with_a_hostile_header_is_refused(check: Check, pairs: Pairs, pair: str, name: str) -> None:
    signer: KeyPair = getattr(pairs, pair)
    token = signer.sign(claims(), **HOSTILE_HEADERS[name])

    with pytest.raises(TokenRejected):
        check(token)


@pytest.mark.parametrize("name", HOSTILE_CLAIMS)
@pytest.mark.parametrize("pair", ["client", "curve"])
def test_a_token_with_hostile_claims_is_refused(check: Check, pairs: Pairs, pair: str, name: str) -> None:
    signer: KeyPair = getattr(pairs, pair)
    token = signer.sign(HOSTILE_CLAIMS[name])

    with pytest.raises(TokenRejected):
        check(token)


@pytest.mark.parametrize("name", HOSTILE_SHAPES)
def test_a_token_of_a_hostile_shape_is_refused(check: Check, pairs: Pairs, name: str) -> None:
    token = HOSTILE_SHAPES[name](pairs.client.sign(claims()))

    with pytest.raises(TokenRejected):
        check(token)


def test_a_token_signed_with_a_key_it_brings_itself_is_refused(check: Check, pairs: Pairs) -> None:
    header = {"alg": "RS512", "kid": "client-1", "typ": "JWT", "jwk": pairs.other.jwk}
    token = forge.signed(header, claims(), pairs.other.private, "RS512")

    with pytest.raises(TokenRejected) as refused:
        check(token)

    assert (refused.value.cause, refused.value.member) == (Cause.HEADER, "jwk")


def test_a_token_good_today_is_refused_once_it_has_expired(check: Check, pairs: Pairs) -> None:
    token = pairs.curve.sign(claims())
    check(token)

    with pytest.raises(TokenRejected) as refused:
        check(token, at=NOW + timedelta(seconds=230))

    assert str(refused.value) == "claim exp JWT has expired"


@pytest.mark.parametrize(
    ("header", "changes", "expected"),
    [
        ({"kid": None}, {}, ("header", "kid", True, "")),
        (
            {"alg": "HS256"},
            {},
            ("header", "alg", False, "expected ES256 or ES384 or RS256 or RS384 or RS512, got 'HS256'"),
        ),
        ({"alg": "RS256"}, {}, ("header", "alg", False, "this key is for RS512, got 'RS256'")),
        ({"kid": "zz"}, {}, ("key", "", False, "no key with this kid is usable")),
        ({}, {"exp": SECONDS + 400}, ("claim", "exp", False, "more than 5 minutes in future")),
        ({}, {"jti": ""}, ("claim", "jti", False, "must be 1 to 512 printable characters")),
        ({}, {"sub": "x"}, ("claim", "sub", False, "expected 'ccg-10T', got 'x'")),
        ({}, {"aud": 7}, ("claim", "aud", False, f"expected {OTHER_AUDIENCE} or {AUDIENCE}, got a JSON int")),
    ],
)
def test_a_refusal_says_which_member_is_at_fault(
    check: Check,
    pairs: Pairs,
    header: dict[str, Any],
    changes: dict[str, Any],
    expected: tuple[str, str, bool, str],
) -> None:
    with pytest.raises(TokenRejected) as refused:
        check(pairs.client.sign(claims(**changes), **header))

    found = refused.value
    assert (found.cause, found.member, found.is_missing, found.reason) == expected


def test_what_the_key_lookup_raises_is_not_mistaken_for_a_bad_token(pairs: Pairs) -> None:
    def unreachable(_: str) -> VerifyingKey | None:
        raise ConnectionError("no database")

    with pytest.raises(ConnectionError):
        verify(pairs.client.sign(claims()), unreachable, PROFILE, NOW)


def test_only_public_keys_of_a_safe_size_and_their_own_algorithm_can_be_built(pairs: Pairs) -> None:
    numbers, point = pairs.client.jwk, pairs.curve.jwk
    refused: list[tuple[object, object, dict[str, Any]]] = [
        ("k", "HS256", numbers),
        ("k", "none", numbers),
        ("k", None, numbers),
        ("k", "PS256", numbers),
        ("k", "ES256", numbers),
        ("k", "RS512", point),
        ("k", "ES384", point),
        ("k", "HS256", {"kty": "oct", "k": "c2VjcmV0"}),
        ("k", "RS512", {**numbers, "d": "AQAB"}),
        ("k", "RS512", {**numbers, "k": "AQAB"}),
        ("k", "RS512", {**numbers, "n": forge.base64url(b"\xff" * 128)}),
        ("k", "RS512", {**numbers, "n": forge.base64url(b"\x01" + bytes(900))}),
        ("k", "RS512", {**numbers, "n": numbers["n"] + "="}),
        ("k", "RS512", {**numbers, "e": "Ag"}),
        ("k", "RS512", {"kty": "RSA", "n": numbers["n"]}),
        ("k", "ES256", {**point, "x": point["y"]}),
        ("k", "ES256", {**point, "y": None}),
        ("", "RS512", numbers),
        ("k" * 129, "RS512", numbers),
        (None, "RS512", numbers),
    ]
    for kid, algorithm, key in refused:
        with pytest.raises(ValueError, match=r"."):
            VerifyingKey(kid, algorithm, key)


@pytest.mark.parametrize("algorithm", ["HS256", "none", "PS256"])
def test_nothing_is_signed_with_an_algorithm_outside_the_list(pairs: Pairs, algorithm: str) -> None:
    with pytest.raises(ValueError, match="the algorithm is not one of"):
        SigningKey("k", algorithm, pairs.client.pem)


@pytest.mark.parametrize("name", ["client", "curve"])
def test_what_the_register_signs_passes_its_own_guard(check: Check, pairs: Pairs, name: str) -> None:
    pair: KeyPair = getattr(pairs, name)

    token = SigningKey(pair.kid, pair.algorithm, pair.pem).sign(claims(), typ="JWT")

    assert check(token) == claims()


def test_a_p384_key_is_good_for_es384(pairs: Pairs) -> None:
    pair = KeyPair(ec.generate_private_key(ec.SECP384R1()), "ES384", "client-3")
    key = VerifyingKey(pair.kid, pair.algorithm, pair.jwk)

    found = verify(pair.sign(claims()), lambda _: key, PROFILE, NOW)

    assert found == claims()


@pytest.mark.parametrize("issuer", [None, 7, "", ["x"], "a\x00b", "x" * 513])
def test_an_issuer_that_is_no_plain_text_is_not_even_looked_up(pairs: Pairs, issuer: object) -> None:
    with pytest.raises(TokenRejected) as refused:
        unverified_issuer(pairs.client.sign(claims(iss=issuer)))

    assert refused.value.member == "iss"


def test_the_issuer_is_read_before_the_signature_is_checked() -> None:
    assert unverified_issuer(forge.unsigned({}, {"iss": "https://issuer.example"}) + ".AA") == "https://issuer.example"


FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@FUZZ
@given(data=st.data(), name=st.sampled_from(["client", "curve"]))
def test_no_token_survives_a_change_of_its_characters(
    check: Check, pairs: Pairs, name: str, data: st.DataObject
) -> None:
    pair: KeyPair = getattr(pairs, name)
    token = pair.sign(claims())
    place = data.draw(st.integers(0, len(token) - 1))
    changed = token[:place] + data.draw(st.text(max_size=3)) + token[place + 1 :]
    assume(changed != token)

    with pytest.raises(TokenRejected):
        check(changed)


@FUZZ
@given(name=st.sampled_from(sorted(claims())), value=JSON_VALUES)
def test_no_claim_value_passes_but_the_ones_that_fit(check: Check, pairs: Pairs, name: str, value: object) -> None:
    token = pairs.curve.sign(claims(**{name: value}))

    try:
        found = check(token)
    except TokenRejected:
        return

    assert found["iss"] == found["sub"] == ISSUER
    assert found["aud"] in (AUDIENCE, OTHER_AUDIENCE, [AUDIENCE], [OTHER_AUDIENCE])
    assert SECONDS - 30 < found["exp"] <= SECONDS + 330
    assert 0 < len(found["jti"]) <= 512
