"""The token endpoint over HTTP: signed assertions in, access tokens out, and every way it says no."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.access import tokens
from app.casework import registration
from app.records.session import BUSY_SECONDS, Database, Session
from tests.access import forge
from tests.access.conftest import (
    CLIENT_ID,
    NOW,
    PUBLIC_URL,
    MakeDoor,
    Pairs,
    TokenEndpoint,
    add_organisations,
    register_slough,
)
from tests.in_process import shared_loop

SECONDS = int(NOW.timestamp())
NO_CLIENT = {
    "error": "invalid_client",
    "error_description": "Invalid 'iss' claim in client_assertion JWT - no client that may ask for tokens has this id",
}
NO_KEY = {
    "error": "invalid_client",
    "error_description": "Invalid 'kid' header in client_assertion JWT - no matching public key that may be used now",
}


def _invalid(description: str, error: str = "invalid_request") -> dict[str, str]:
    return {"error": error, "error_description": description}


def _claims_of(endpoint: TokenEndpoint, token: str) -> dict[str, Any]:
    own = endpoint.app.state.keys.own
    key = shared_loop().call(own.find_key, tokens.named_key(token, own.profile), NOW)
    return tokens.verify(token, lambda _: key, own.profile, NOW)


def test_a_signed_assertion_gets_an_access_token(endpoint: TokenEndpoint) -> None:
    answer = endpoint.ask()

    body = answer.json()
    token = body.pop("access_token")
    claims = _claims_of(endpoint, token)
    jti = claims.pop("jti")
    assert (answer.status_code, body) == (
        200,
        {"token_type": "Bearer", "expires_in": 599, "scope": "applications panel"},
    )
    assert answer.headers["cache-control"] == "no-store"
    assert len(jti) == 36
    assert claims == {
        "iss": PUBLIC_URL,
        "aud": PUBLIC_URL,
        "sub": CLIENT_ID,
        "client_id": CLIENT_ID,
        "scope": "applications panel",
        "iat": SECONDS,
        "exp": SECONDS + 599,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": PUBLIC_URL},
        {"iat": None},
        {"exp": SECONDS + 300},
        {"jti": "1d4b0f4c-9c43-43a4-b8f1-3c7c7c5e2d51"},
    ],
)
@pytest.mark.parametrize("name", ["client", "curve"])
def test_every_form_of_assertion_that_the_contract_allows_is_taken(
    endpoint: TokenEndpoint, pairs: Pairs, name: str, changes: dict[str, Any]
) -> None:
    answer = endpoint.ask(getattr(pairs, name).sign(endpoint.claims(**changes)))

    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")


@pytest.mark.parametrize(
    ("asked", "granted"),
    [("applications", "applications"), ("panel applications", "applications panel"), ("", "applications panel")],
)
def test_a_client_may_ask_for_some_of_its_scopes(endpoint: TokenEndpoint, asked: str, granted: str) -> None:
    answer = endpoint.ask(scope=asked)

    assert answer.json()["scope"] == granted


def test_a_client_gets_no_scope_that_is_not_its_own(endpoint: TokenEndpoint) -> None:
    answer = endpoint.ask(scope="applications national")

    expected = "Invalid 'scope' - expected one or several of 'applications panel', got 'national'"
    assert (answer.status_code, answer.json()) == (400, _invalid(expected, "invalid_scope"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"grant_type": None}, _invalid("Missing 'grant_type' - must be 'client_credentials'")),
        (
            {"grant_type": "password"},
            _invalid("Invalid 'grant_type' - expected 'client_credentials', got 'password'", "unsupported_grant_type"),
        ),
        (
            {"client_assertion_type": "jwt"},
            _invalid(
                "Missing or invalid 'client_assertion_type' - must be"
                " 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'"
            ),
        ),
        ({"client_assertion": None}, _invalid("Missing 'client_assertion'")),
        ({"client_assertion": ""}, _invalid("Missing 'client_assertion'")),
        ({"client_assertion": "a.b"}, _invalid("Malformed JWT in client_assertion")),
        ({"client_assertion": 'x" \\é'}, _invalid("Malformed JWT in client_assertion")),
    ],
)
def test_a_form_that_is_not_as_it_must_be_is_explained(
    endpoint: TokenEndpoint, changes: dict[str, str | None], expected: dict[str, str]
) -> None:
    answer = endpoint.ask(**changes)

    assert (answer.status_code, answer.json()) == (400, expected)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("claims", "header", "expected"),
    [
        ({}, {"kid": None}, _invalid("Missing 'kid' header in client_assertion JWT")),
        ({}, {"typ": None}, _invalid("Missing 'typ' header in client_assertion JWT")),
        (
            {},
            {"typ": "at+jwt"},
            _invalid(
                "Invalid 'typ' header in client_assertion JWT - expected client-authentication+jwt or jwt, got 'at+jwt'"
            ),
        ),
        (
            {},
            {"alg": "RS256"},
            _invalid("Invalid 'alg' header in client_assertion JWT - this key is for RS512, got 'RS256'"),
        ),
        ({}, {"jku": "https://x"}, _invalid("Invalid 'jku' header in client_assertion JWT - not taken here")),
        ({"iss": None}, {}, _invalid("Missing 'iss' claim in client_assertion JWT")),
        ({"sub": None}, {}, _invalid("Missing 'sub' claim in client_assertion JWT")),
        (
            {"sub": "x"},
            {},
            _invalid("Invalid 'sub' claim in client_assertion JWT - expected 'slough-ccg', got 'x'", "invalid_client"),
        ),
        (
            {"aud": 'https://"other"'},
            {},
            _invalid(
                f"Invalid 'aud' claim in client_assertion JWT - expected {PUBLIC_URL} or {PUBLIC_URL}/oauth2/token,"
                " got 'https://?other?'",
                "invalid_client",
            ),
        ),
        ({"aud": None}, {}, _invalid("Missing 'aud' claim in client_assertion JWT")),
        ({"exp": None}, {}, _invalid("Missing 'exp' claim in client_assertion JWT")),
        (
            {"exp": str(SECONDS)},
            {},
            _invalid("Invalid 'exp' claim in client_assertion JWT - must be an integer of seconds since 1970"),
        ),
        (
            {"exp": SECONDS + 400},
            {},
            _invalid("Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"),
        ),
        (
            {"iat": SECONDS - 600, "exp": SECONDS - 60},
            {},
            _invalid("Invalid 'exp' claim in client_assertion JWT - JWT has expired"),
        ),
        ({"jti": None}, {}, _invalid("Missing 'jti' claim in client_assertion JWT")),
        (
            {"jti": 7},
            {},
            _invalid("Invalid 'jti' claim in client_assertion JWT - must be 1 to 512 printable characters"),
        ),
    ],
)
def test_an_assertion_that_is_not_as_it_must_be_is_explained(
    endpoint: TokenEndpoint, pairs: Pairs, claims: dict[str, Any], header: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = endpoint.ask(pairs.client.sign(endpoint.claims(**claims), **header))

    status = 401 if expected["error"] == "invalid_client" else 400
    assert (answer.status_code, answer.json()) == (status, expected)


def test_an_assertion_signed_with_another_key_is_refused(endpoint: TokenEndpoint, pairs: Pairs) -> None:
    header = {"alg": "RS512", "kid": pairs.client.kid, "typ": "JWT"}

    answer = endpoint.ask(forge.signed(header, endpoint.claims(), pairs.other.private, "RS512"))

    expected = _invalid("JWT signature verification failed", "public_key error")
    assert (answer.status_code, answer.json()) == (401, expected)


def test_a_repeated_parameter_is_refused(endpoint: TokenEndpoint) -> None:
    answer = endpoint.http.post("/oauth2/token", data={**endpoint.form(), "scope": ["applications", "panel"]})

    expected = _invalid("Repeated parameter 'scope' - expected one, got 2")
    assert (answer.status_code, answer.json()) == (400, expected)


def test_a_client_id_beside_the_assertion_must_be_the_same(endpoint: TokenEndpoint) -> None:
    same, other = endpoint.ask(client_id=CLIENT_ID), endpoint.ask(client_id="x")

    expected = _invalid("Invalid 'client_id' - must be the 'iss' of the client_assertion JWT", "invalid_client")
    assert same.status_code == 200
    assert (other.status_code, other.json()) == (401, expected)


# --- replay -----------------------------------------------------------------------------------


def test_an_assertion_is_good_for_one_token(endpoint: TokenEndpoint, pairs: Pairs) -> None:
    assertion = pairs.client.sign(endpoint.claims())

    first, second = endpoint.ask(assertion), endpoint.ask(assertion)

    expected = _invalid("Non-unique 'jti' claim in client_assertion JWT")
    assert first.status_code == 200
    assert (second.status_code, second.json()) == (400, expected)


def test_a_used_jti_cannot_come_again_in_another_assertion(endpoint: TokenEndpoint, pairs: Pairs) -> None:
    endpoint.ask(pairs.client.sign(endpoint.claims(jti="same")))

    answer = endpoint.ask(pairs.curve.sign(endpoint.claims(jti="same")))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_refused_request_does_not_use_the_assertion_up(endpoint: TokenEndpoint, pairs: Pairs) -> None:
    assertion = pairs.client.sign(endpoint.claims())
    endpoint.ask(assertion, scope="national")

    answer = endpoint.ask(assertion)

    assert answer.status_code == 200


def test_of_eight_equal_assertions_at_once_one_gets_a_token(
    database: Database, make_door: MakeDoor, pairs: Pairs
) -> None:
    add_organisations(database)
    register_slough(database, pairs)
    endpoint = make_door(database)
    form = endpoint.form()
    start = threading.Barrier(8)

    def ask(_: int) -> int:
        start.wait()
        return endpoint.http.post("/oauth2/token", data=form).status_code

    with endpoint.http, ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(8)))

    assert statuses == [200] + [400] * 7


def test_used_assertions_are_forgotten_once_nobody_could_replay_them(
    endpoint: TokenEndpoint, slough_client: Database
) -> None:
    endpoint.ask()
    endpoint.clock.now = NOW + timedelta(hours=1)

    endpoint.ask()

    with slough_client.reading() as session:
        rows = session.connection().execute(text("SELECT client_id, length(jti_hash) FROM used_assertions")).all()
    assert [tuple(row) for row in rows] == [(CLIENT_ID, 32)]


# --- clients that may not -------------------------------------------------------------------------


def test_an_unknown_client_and_a_disabled_one_get_one_answer_and_an_unknown_key_another(
    endpoint: TokenEndpoint, pairs: Pairs, slough_client: Database
) -> None:
    unknown_client = endpoint.ask(pairs.client.sign(endpoint.claims(iss="nobody", sub="nobody")))
    unknown_key = endpoint.ask(pairs.client.sign(endpoint.claims(), kid="nothing"))
    with slough_client.writing() as session:
        registration.disable_client(session, CLIENT_ID, actor="test", at=NOW)
    disabled = endpoint.ask()

    answers = [(each.status_code, each.json()) for each in (unknown_client, unknown_key, disabled)]
    assert answers == [(401, NO_CLIENT), (401, NO_KEY), (401, NO_CLIENT)]


@pytest.mark.parametrize(("minutes", "status"), [(-1, 401), (0, 200), (60, 200), (61, 401)])
def test_a_key_is_good_from_its_first_instant_to_its_last(
    endpoint: TokenEndpoint, pairs: Pairs, slough_client: Database, minutes: int, status: int
) -> None:
    later = replace(pairs.other, algorithm="RS512", kid="later")
    key = replace(later.registered, not_before=NOW, not_after=NOW + timedelta(hours=1))
    with slough_client.writing() as session:
        registration.add_key(session, CLIENT_ID, key, actor="test", at=NOW)
    endpoint.clock.now = NOW + timedelta(minutes=minutes)

    answer = endpoint.ask(later.sign(endpoint.claims()))

    assert answer.status_code == status


class DisablingInBetween(Database):
    """A register whose administrator disables the client after its assertion was checked."""

    @contextmanager
    def writing(self, patience: float = BUSY_SECONDS) -> Iterator[Session]:
        with super().writing(patience) as session:
            registration.disable_client(session, CLIENT_ID, actor="test", at=NOW)
        with super().writing(patience) as session:
            yield session


def test_a_client_disabled_while_it_asks_gets_no_token(
    make_door: MakeDoor, slough_client: Database, sqlite_url: str
) -> None:
    endpoint = make_door(DisablingInBetween(sqlite_url))

    answer = endpoint.ask()

    assert (answer.status_code, answer.json()) == (401, NO_CLIENT)


# --- the body ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/x-www-form-urlencoded; charset=utf-16"},
        {"content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip"},
    ],
)
def test_a_body_that_is_no_form_is_refused(endpoint: TokenEndpoint, headers: dict[str, str]) -> None:
    answer = endpoint.http.post("/oauth2/token", content=b"grant_type=client_credentials", headers=headers)

    expected = _invalid(
        "Invalid 'Content-Type' - must be 'application/x-www-form-urlencoded' in UTF-8, without 'Content-Encoding'"
    )
    assert (answer.status_code, answer.json()) == (415, expected)


def _large() -> bytes:
    return b"a=" + b"b" * (64 * 1024)


def _large_in_chunks() -> Iterator[bytes]:
    yield from (b"a" * 1024 for _ in range(65))


@pytest.mark.parametrize("content", [_large, _large_in_chunks])
def test_a_body_over_64_kb_is_refused_however_it_comes(endpoint: TokenEndpoint, content: Callable[[], Any]) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = endpoint.http.post("/oauth2/token", content=content(), headers=headers)

    assert (answer.status_code, answer.json()) == (413, _invalid("Body too large - at most 65536 bytes"))


@pytest.mark.parametrize(
    "content", [b"\xff=1", b"scope=%ff", "&".join(f"a{n}=1" for n in range(21)).encode(), "scope=é".encode()]
)
def test_a_form_that_cannot_be_read_is_refused(endpoint: TokenEndpoint, content: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = endpoint.http.post("/oauth2/token", content=content, headers=headers)

    expected = _invalid("Malformed form - must be URL-encoded UTF-8 of at most 20 parameters")
    assert (answer.status_code, answer.json()) == (400, expected)


# --- discovery ----------------------------------------------------------------------------------


def test_the_server_tells_clients_where_and_how_to_ask(endpoint: TokenEndpoint) -> None:
    answer = endpoint.http.get("/.well-known/oauth-authorization-server")

    assert answer.json() == {
        "issuer": PUBLIC_URL,
        "token_endpoint": f"{PUBLIC_URL}/oauth2/token",
        "jwks_uri": f"{PUBLIC_URL}/.well-known/jwks.json",
        "scopes_supported": ["admin", "applications", "national", "panel"],
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS512", "ES256", "ES384"],
        "service_documentation": f"{PUBLIC_URL}/docs",
    }


def test_the_published_key_checks_the_tokens_and_holds_nothing_private(endpoint: TokenEndpoint) -> None:
    keys = endpoint.http.get("/.well-known/jwks.json").json()["keys"]

    assert keys == [endpoint.app.state.keys.token_key.public_jwk]
    assert set(keys[0]) == {"kty", "n", "e", "kid", "alg", "use"}


def test_the_token_endpoint_documents_its_body_and_its_refusals(endpoint: TokenEndpoint) -> None:
    operation = endpoint.app.openapi()["paths"]["/oauth2/token"]["post"]

    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert form["required"] == ["grant_type", "client_assertion_type", "client_assertion"]
    assert sorted(operation["responses"]) == ["200", "400", "401", "413", "415", "429", "503"]
    assert operation["tags"] == ["access"]
    assert "security" not in operation
