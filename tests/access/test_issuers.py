"""Issuers of people's tokens: their keys over real HTTP on the loopback, and how that can go wrong."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.access import tokens
from app.access.issuers import Issuer, Keyring, RemoteKeys, development_token, read_development_key
from app.access.keys import TokenKey
from app.access.tokens import TokenRejected
from app.settings import OidcIssuer, Settings
from tests.access.conftest import NOW, PUBLIC_URL, KeyPair, Pairs

MINUTE = timedelta(minutes=1)
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


def published(pair: KeyPair, **changes: Any) -> dict[str, Any]:
    return {**pair.jwk, "kid": pair.kid, "use": "sig", **changes}


@pytest.fixture
def keys(key_server: KeyServer, pairs: Pairs) -> RemoteKeys:
    key_server.publish(published(pairs.other))
    return RemoteKeys(key_server.uri, "RS256")


def test_keys_are_fetched_when_the_first_token_comes_and_then_kept(keys: RemoteKeys, key_server: KeyServer) -> None:
    asked_before = list(key_server.paths)

    first, second = keys.find("other-1", NOW), keys.find("other-1", NOW + timedelta(minutes=59))

    assert asked_before == []
    assert first is not None
    assert first is second
    assert (first.kid, first.algorithm) == ("other-1", "RS256")
    assert key_server.paths == ["/keys"]


def test_a_rotated_key_is_found_as_soon_as_a_token_names_it(
    keys: RemoteKeys, key_server: KeyServer, pairs: Pairs
) -> None:
    keys.find("other-1", NOW)
    key_server.publish(published(pairs.client, kid="new"))

    found = keys.find("new", NOW + MINUTE)

    assert found is not None
    assert keys.find("other-1", NOW + MINUTE) is None


def test_unknown_kids_cause_one_request_a_minute(keys: RemoteKeys, key_server: KeyServer) -> None:
    for second in range(60):
        keys.find(f"unknown-{second}", NOW + timedelta(seconds=second))
    within_the_minute = len(key_server.paths)
    keys.find("unknown", NOW + MINUTE)

    assert (within_the_minute, len(key_server.paths)) == (1, 2)


def test_many_threads_at_once_cause_one_request_and_all_get_the_key(keys: RemoteKeys, key_server: KeyServer) -> None:
    start = threading.Barrier(8)

    def find(_: int) -> bool:
        start.wait()
        return keys.find("other-1", NOW) is not None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(find, range(8)))

    assert found == [True] * 8
    assert len(key_server.paths) == 1


def test_a_set_older_than_an_hour_is_refreshed_so_that_a_withdrawn_key_stops_counting(
    keys: RemoteKeys, key_server: KeyServer
) -> None:
    keys.find("other-1", NOW)
    key_server.publish()

    found = keys.find("other-1", NOW + timedelta(minutes=61))

    assert found is None


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
def test_a_bad_answer_leaves_the_old_keys_in_place(keys: RemoteKeys, key_server: KeyServer, name: str) -> None:
    keys.find("other-1", NOW)
    key_server.status, key_server.headers, key_server.body = BAD_ANSWERS[name]

    unknown, known = keys.find("unknown", NOW + MINUTE), keys.find("other-1", NOW + MINUTE)

    assert unknown is None
    assert known is not None
    assert key_server.paths == ["/keys", "/keys"]


def test_an_issuer_that_cannot_be_reached_gives_no_key(pairs: Pairs) -> None:
    nowhere = RemoteKeys("http://127.0.0.1:1/keys", "RS256")

    assert nowhere.find(pairs.other.kid, NOW) is None


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
    keys = RemoteKeys(key_server.uri, "RS256")

    own = keys.find("other-1", NOW)
    strange = keys.find(str(foreign.get("kid")) if isinstance(foreign, dict) else "key", NOW)

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
    return tokens.verify(token, lambda kid: issuer.find_key(kid, NOW), issuer.profile, NOW)


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "application/at+jwt"])
def test_an_access_token_of_a_configured_issuer_is_taken(entra: Issuer, pairs: Pairs, typ: str) -> None:
    assert _verified(entra, pairs.other.sign(_person(), typ=typ)) == _person()


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "n"},
        {"at_hash": "h"},
        {"aud": "another-application"},
        {"aud": ["api://register", "another-application"]},
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
