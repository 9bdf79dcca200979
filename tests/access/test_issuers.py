"""Issuers of people's tokens: their keys over real HTTP on the loopback, and how that can go wrong."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from app.access import tokens
from app.access.issuers import Issuer, Keyring, development_token, read_development_key
from app.access.key_sets import KeySet
from app.access.keys import TokenKey
from app.access.tokens import TokenRejected, VerifyingKey
from app.settings import OidcIssuer, Settings
from tests.access.conftest import NOW, PUBLIC_URL, KeyPair, Pairs
from tests.in_process import shared_loop

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
Headers = dict[str, str]


@dataclass
class KeyServer:
    """An issuer's web server: what it answers next, and how often it was asked."""

    uri: str = ""
    status: int = 200
    body: bytes = b'{"keys":[]}'
    headers: Headers = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    def publish(self, *keys: Any) -> None:
        self.status, self.headers, self.body = 200, {}, json.dumps({"keys": keys}).encode()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    state = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.paths.append(self.path)
            self.send_response(state.status)
            for name, value in {"Content-Length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.uri = f"http://127.0.0.1:{server.server_port}/keys"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def found_in(keys: KeySet, kid: str, now: datetime) -> VerifyingKey | None:
    """Ask a key set within the loop that all requests share."""
    return shared_loop().call(keys.find, kid, now)


def published(pair: KeyPair, **changes: Any) -> dict[str, Any]:
    return {**pair.jwk, "kid": pair.kid, "use": "sig", **changes}


@pytest.fixture
def keys(key_server: KeyServer, pairs: Pairs) -> KeySet:
    key_server.publish(published(pairs.other))
    return KeySet(key_server.uri, "RS256")


def test_keys_are_fetched_when_the_first_token_comes_and_then_kept(keys: KeySet, key_server: KeyServer) -> None:
    asked_before = list(key_server.paths)

    first, second = found_in(keys, "other-1", NOW), found_in(keys, "other-1", NOW + 2 * MINUTE)

    assert asked_before == []
    assert first is not None
    assert first is second
    assert (first.kid, first.algorithm) == ("other-1", "RS256")
    assert key_server.paths == ["/keys"]


def test_a_rotated_key_is_found_as_soon_as_a_token_names_it(keys: KeySet, key_server: KeyServer, pairs: Pairs) -> None:
    found_in(keys, "other-1", NOW)
    key_server.publish(published(pairs.client, kid="new"))

    found = found_in(keys, "new", NOW + 5 * SECOND)

    assert found is not None
    assert found_in(keys, "other-1", NOW + 5 * SECOND) is None


def test_unknown_kids_cause_one_request_in_five_seconds(keys: KeySet, key_server: KeyServer) -> None:
    for tenth in range(50):
        found_in(keys, f"unknown-{tenth}", NOW + tenth * SECOND / 10)
    within_five_seconds = len(key_server.paths)
    found_in(keys, "unknown", NOW + 5 * SECOND)

    assert (within_five_seconds, len(key_server.paths)) == (1, 2)


def test_many_requests_at_once_cause_one_fetch_and_all_get_the_key(keys: KeySet, key_server: KeyServer) -> None:
    async def find_all() -> list[VerifyingKey | None]:
        return await asyncio.gather(*(keys.find("other-1", NOW) for _ in range(8)))

    found = shared_loop().call(find_all)

    assert [key is not None for key in found] == [True] * 8
    assert len(key_server.paths) == 1


def test_a_withdrawn_key_stops_counting_within_five_minutes(keys: KeySet, key_server: KeyServer) -> None:
    found_in(keys, "other-1", NOW)
    key_server.publish()

    just_before, after = (found_in(keys, "other-1", NOW + age) for age in (2 * MINUTE, 4 * MINUTE + SECOND))

    assert just_before is not None
    assert after is None


def test_a_set_of_two_minutes_is_renewed_while_its_key_still_counts(keys: KeySet, key_server: KeyServer) -> None:
    async def find_and_wait() -> VerifyingKey | None:
        found = await keys.find("other-1", NOW + 3 * MINUTE)
        await keys.find("another", NOW + 3 * MINUTE)
        return found

    found_in(keys, "other-1", NOW)
    found = shared_loop().call(find_and_wait)

    assert found is not None
    assert key_server.paths == ["/keys", "/keys"]


def test_keys_that_cannot_be_read_again_count_for_a_day(keys: KeySet, key_server: KeyServer) -> None:
    found_in(keys, "other-1", NOW)
    key_server.status = 500

    within, beyond = (found_in(keys, "other-1", NOW + DAY + each) for each in (timedelta(0), SECOND))

    assert within is not None
    assert beyond is None


class FailingThenHanging(httpx.AsyncBaseTransport):
    """An issuer that gives its keys once, fails once, and then never answers."""

    def __init__(self, keys: bytes) -> None:
        self.answers = [httpx.Response(200, stream=httpx.ByteStream(keys)), httpx.Response(500)]

    async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
        if self.answers:
            return self.answers.pop(0)
        await asyncio.Event().wait()
        raise AssertionError


def test_an_outage_keeps_nobody_waiting_whose_key_is_known(pairs: Pairs) -> None:
    published_keys = json.dumps({"keys": [published(pairs.other)]}).encode()
    keys = KeySet("http://issuer.example", "RS256", FailingThenHanging(published_keys), fetch_seconds=60, patience=60)

    async def find_in_the_outage() -> list[VerifyingKey | None]:
        async with asyncio.timeout(10):
            return [await keys.find("other-1", NOW + age) for age in (timedelta(0), 5 * MINUTE, 6 * MINUTE)]

    found = shared_loop().call(find_in_the_outage)

    assert [key is not None for key in found] == [True] * 3


def test_an_outage_is_told_after_five_minutes_and_until_the_keys_are_read_again(
    keys: KeySet, key_server: KeyServer
) -> None:
    before = keys.outage(NOW)
    found_in(keys, "other-1", NOW)
    key_server.status = 500
    found_in(keys, "unknown", NOW + 5 * MINUTE)
    told = [keys.outage(NOW + age) for age in (5 * MINUTE, 5 * MINUTE + SECOND)]
    key_server.status = 200
    found_in(keys, "unknown", NOW + 6 * MINUTE)

    assert before is None
    assert told == [None, "no keys since 2026-03-02T09:30:00+00:00"]
    assert keys.outage(NOW + 6 * MINUTE) is None


def test_the_outage_of_an_issuer_that_hangs_says_that_no_answer_came(pairs: Pairs) -> None:
    published_keys = json.dumps({"keys": [published(pairs.other)]}).encode()
    keys = KeySet("http://issuer.example", "RS256", FailingThenHanging(published_keys), fetch_seconds=0.05)
    ages = (timedelta(0), 5 * MINUTE, 6 * MINUTE)

    found = [(found_in(keys, "unknown", NOW + age), keys.outage(NOW + age)) for age in ages]

    since = "no keys since 2026-03-02T09:30:00+00:00"
    assert found[1:] == [(None, None), (None, f"{since} (no answer within 0.05 s)")]


def test_an_issuer_that_drips_its_header_keeps_nobody_waiting_and_is_given_up(pairs: Pairs) -> None:
    with dripping_server() as (uri, has_begun, hung_up):
        keys = KeySet(uri, "RS256", fetch_seconds=0.3, patience=0.01)

        async def find_twice() -> list[VerifyingKey | None]:
            return [await keys.find(pairs.other.kid, NOW + second * SECOND) for second in (0, 6)]

        found = shared_loop().call(find_twice)

        assert found == [None, None]
        assert has_begun.wait(5)
        assert hung_up.wait(5)


@contextmanager
def dripping_server() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """An issuer that sends one byte of its header after another, each well within any time between two bytes."""
    has_begun, hung_up, is_over = threading.Event(), threading.Event(), threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listening.accept()
        has_begun.set()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not is_over.wait(0.02):
                connection.sendall(b"a")
        hung_up.set()

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/keys", has_begun, hung_up
    finally:
        is_over.set()
        thread.join()
        listening.close()


BAD_ANSWERS: dict[str, tuple[int, Headers, bytes]] = {
    "a failure": (500, {}, b""),
    "a redirect": (302, {"Location": "/elsewhere"}, b""),
    "nothing": (200, {}, b""),
    "no JSON": (200, {}, b"<html>"),
    "a list": (200, {}, b"[]"),
    "no keys": (200, {}, b"{}"),
    "keys that are no list": (200, {}, b'{"keys": {"kid": "other-1"}}'),
    "a member twice": (200, {}, b'{"keys": [], "keys": []}'),
    "too much": (200, {}, b'{"keys": []' + b" " * (64 * 1024) + b"}"),
    "too deep": (200, {}, b"[" * 30_000),
    "a body cut short": (200, {"Content-Length": "99999"}, b'{"keys": []}'),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_bad_answer_leaves_the_old_keys_in_place(keys: KeySet, key_server: KeyServer, name: str) -> None:
    found_in(keys, "other-1", NOW)
    key_server.status, key_server.headers, key_server.body = BAD_ANSWERS[name]

    unknown, known = found_in(keys, "unknown", NOW + MINUTE), found_in(keys, "other-1", NOW + MINUTE)

    assert unknown is None
    assert known is not None
    assert key_server.paths == ["/keys", "/keys"]


def test_an_issuer_that_cannot_be_reached_gives_no_key(pairs: Pairs) -> None:
    nowhere = KeySet("http://127.0.0.1:1/keys", "RS256")

    assert found_in(nowhere, pairs.other.kid, NOW) is None


FOREIGN: dict[str, Callable[[Pairs], Any]] = {
    "a kind nobody knows": lambda _: {"kty": "AKP", "alg": "ML-DSA-65", "kid": "pq", "pub": "AAAA"},
    "an Edwards curve": lambda _: {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AAAA"},
    "a secret": lambda _: {"kty": "oct", "kid": "hs", "k": "c2VjcmV0"},
    "for encryption": lambda p: published(p.client, kid="enc", use="enc"),
    "another algorithm": lambda p: published(p.client, kid="512", alg="RS512"),
    "another family": lambda p: published(p.curve, kid="ec"),
    "a private one": lambda p: published(p.client, kid="private", d="AQAB"),
    "without kid": lambda p: p.client.jwk,
    "with a number for a kid": lambda p: published(p.client, kid=7),
    "too small": lambda p: published(p.client, kid="small", n="AQAB"),
    "a text": lambda _: "key",
    "null": lambda _: None,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_key_is_passed_over_and_spoils_nothing(key_server: KeyServer, pairs: Pairs, name: str) -> None:
    foreign = FOREIGN[name](pairs)
    key_server.publish(foreign, published(pairs.other))
    keys = KeySet(key_server.uri, "RS256")

    own = found_in(keys, "other-1", NOW)
    strange = found_in(keys, str(foreign.get("kid")) if isinstance(foreign, dict) else "key", NOW)

    assert own is not None
    assert strange is None


# --- tokens of people ---------------------------------------------------------------------------

ENTRA = "https://login.example/tenant/v2.0"


def _person(**changes: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    claims = {"iss": ENTRA, "sub": "somebody", "aud": "api://register", "iat": now, "exp": now + 3600, **changes}
    return {name: value for name, value in claims.items() if value is not None}


@pytest.fixture
def entra(settings: Settings, key_server: KeyServer, pairs: Pairs) -> Issuer:
    key_server.publish(published(pairs.other))
    configured = OidcIssuer(issuer=ENTRA, jwks_uri=key_server.uri, audience="api://register")
    return Keyring.of(settings.model_copy(update={"oidc_issuers": (configured,)})).issuers[ENTRA]


def _verified(issuer: Issuer, token: str) -> dict[str, Any]:
    key = shared_loop().call(found_by, issuer, tokens.named_key(token, issuer.profile))
    return tokens.verify(token, lambda _: key, issuer.profile, NOW)


async def found_by(issuer: Issuer, kid: str) -> VerifyingKey | None:
    return await issuer.find_key(kid, NOW)


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "application/at+jwt"])
def test_an_access_token_of_a_configured_issuer_is_taken(entra: Issuer, pairs: Pairs, typ: str) -> None:
    assert _verified(entra, pairs.other.sign(_person(), typ=typ)) == _person()


def test_a_token_for_several_services_is_taken_if_one_of_them_is_this(entra: Issuer, pairs: Pairs) -> None:
    claims = _person(aud=["another-application", "api://register"])

    assert _verified(entra, pairs.other.sign(claims)) == claims


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "n"},
        {"at_hash": "h"},
        {"aud": "another-application"},
        {"aud": ["another-application", "a-third"]},
        {"iss": ENTRA + "/"},
        {"sub": None},
        {"iat": None},
        {"exp": int(NOW.timestamp()) + 25 * 3600},
    ],
)
def test_an_id_token_or_one_for_another_is_refused(entra: Issuer, pairs: Pairs, changes: dict[str, Any]) -> None:
    with pytest.raises(TokenRejected):
        _verified(entra, pairs.other.sign(_person(**changes)))


def test_a_token_of_another_algorithm_than_the_configured_one_is_refused(entra: Issuer, pairs: Pairs) -> None:
    with pytest.raises(TokenRejected):
        _verified(entra, replace(pairs.other, algorithm="RS512").sign(_person()))


# --- the development issuer -----------------------------------------------------------------------


def test_the_development_issuer_speaks_for_people_in_development(settings: Settings, pairs: Pairs) -> None:
    issuer = Keyring.of(settings).issuers[settings.development_issuer]
    key = read_development_key(settings)
    assert key is not None

    claims = _verified(issuer, development_token(settings, key, "south-panel-1", at=NOW))

    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("south-panel-1", 12 * 3600)


def test_there_is_no_development_issuer_without_its_key(settings: Settings) -> None:
    assert Keyring.of(settings.model_copy(update={"development_key_file": None})).issuers == {}


def test_there_is_no_development_issuer_in_production_even_with_a_key(settings: Settings) -> None:
    production = settings.model_copy(update={"environment": "production"})

    assert Keyring.of(production).issuers == {}
    assert read_development_key(production) is None


def test_the_development_key_does_not_pass_for_the_registers_own(settings: Settings, pairs: Pairs) -> None:
    own = Keyring.of(settings).own
    now = int(NOW.timestamp())
    claims = {
        "iss": PUBLIC_URL,
        "aud": PUBLIC_URL,
        "sub": "slough-ccg",
        "client_id": "slough-ccg",
        "scope": "admin",
        "jti": "1",
        "iat": now,
        "exp": now + 599,
    }
    with pytest.raises(TokenRejected):
        _verified(own, TokenKey.from_pem(pairs.other.pem).signing.sign(claims, typ="at+jwt"))
