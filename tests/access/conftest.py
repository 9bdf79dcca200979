"""Keys, made once for the whole run, and a small register to sign in to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from app.access.issuers import Keyring
from app.access.keys import public_jwk
from app.api import oauth
from app.casework import registration
from app.casework.organisations import import_organisations
from app.records.clients import ClientKey
from app.records.session import Database
from app.rules.bodies import DatedFact, OrganisationRecord
from app.rules.refusals import Refusal
from app.settings import Settings
from app.web.rates import Rates
from tests.access import forge

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PUBLIC_URL = "https://register.example"
CLIENT_ID = "slough-ccg"


@dataclass(frozen=True)
class KeyPair:
    private: forge.PrivateKey
    algorithm: str
    kid: str

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def jwk(self) -> dict[str, str]:
        return public_jwk(self.pem)

    @property
    def registered(self) -> ClientKey:
        return ClientKey(kid=self.kid, alg=self.algorithm, jwk=self.jwk)

    def sign(self, claims: forge.Json, **header: Any) -> str:
        members = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **header}
        return forge.signed({k: v for k, v in members.items() if v is not None}, claims, self.private, self.algorithm)


@dataclass
class Pairs:
    """One pair for each use; RSA ones of the smallest size that is accepted, since they cost time to make."""

    client: KeyPair
    curve: KeyPair
    other: KeyPair
    register: KeyPair


@pytest.fixture(scope="session")
def pairs() -> Pairs:
    def make_rsa() -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    return Pairs(
        client=KeyPair(make_rsa(), "RS512", "client-1"),
        curve=KeyPair(ec.generate_private_key(ec.SECP256R1()), "ES256", "client-2"),
        other=KeyPair(make_rsa(), "RS256", "other-1"),
        register=KeyPair(make_rsa(), "RS256", "register-1"),
    )


@dataclass
class Clock:
    """The hour of the test; moved by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, pairs: Pairs) -> Settings:
    directory: Path = tmp_path_factory.mktemp("keys")
    (directory / "token.pem").write_bytes(pairs.register.pem)
    (directory / "development.pem").write_bytes(pairs.other.pem)
    return Settings(
        public_url=PUBLIC_URL,
        token_key_file=directory / "token.pem",
        development_key_file=directory / "development.pem",
    )


@pytest.fixture(scope="session")
def keyring(settings: Settings) -> Keyring:
    return Keyring.of(settings)


def add_organisations(database: Database) -> None:
    """Two CCGs in a region each."""
    rows = [
        OrganisationRecord(
            ods_code=code,
            opened_on=date(2013, 4, 1),
            closed_on=None,
            successor=None,
            known_to=date(2026, 1, 1),
            facts=(DatedFact(date(2013, 4, 1), None, name, None, region, None),),
        )
        for code, name, region in (("10T", "NHS Slough CCG", "Y57"), ("02W", "NHS Bradford City CCG", "Y54"))
    ]
    with database.writing() as session:
        import_organisations(session, rows, actor="test", at=NOW)


@pytest.fixture
def register_database(sqlite_url: str) -> Iterator[Database]:
    connected = Database(sqlite_url)
    add_organisations(connected)
    yield connected
    connected.close()


def register_slough(database: Database, pairs: Pairs) -> None:
    with database.writing() as session:
        registration.register_client(
            session,
            client_id=CLIENT_ID,
            name="Slough's commissioning system",
            ods_codes=["10T"],
            regions=["Y57"],
            scopes=["applications", "panel"],
            keys=[pairs.client.registered, pairs.curve.registered],
            actor="test",
            at=NOW,
        )


@pytest.fixture
def slough_client(register_database: Database, pairs: Pairs) -> Database:
    register_slough(register_database, pairs)
    return register_database


@dataclass
class TokenEndpoint:
    """An application with the token endpoint, and the way to ask at it."""

    app: FastAPI
    http: TestClient
    clock: Clock
    pairs: Pairs
    count: int = field(default=0)

    def claims(self, **changes: Any) -> dict[str, Any]:
        self.count += 1
        now = int(self.clock.now.timestamp())
        claims = {
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": f"{PUBLIC_URL}/oauth2/token",
            "jti": f"assertion-{self.count}",
            "iat": now,
            "exp": now + 200,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def form(self, assertion: str | None = None, **changes: str | None) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.pairs.client.sign(self.claims()),
            **changes,
        }
        return {name: value for name, value in form.items() if value is not None}

    def ask(self, assertion: str | None = None, **changes: str | None) -> Any:
        return self.http.post("/oauth2/token", data=self.form(assertion, **changes))

    def token(self, **changes: str | None) -> str:
        return str(self.ask(**changes).json()["access_token"])


MakeDoor = Callable[[Database], TokenEndpoint]


@pytest.fixture
def make_door(settings: Settings, keyring: Keyring, clock: Clock, pairs: Pairs) -> Iterator[MakeDoor]:
    opened: list[TestClient] = []

    def make(database: Database) -> TokenEndpoint:
        app = FastAPI()
        app.state.settings, app.state.database, app.state.clock = settings, database, clock
        app.state.keys, app.state.rates = keyring, Rates.of(settings)
        app.include_router(oauth.router)
        app.exception_handler(Refusal)(_refused)
        http = TestClient(app, base_url=PUBLIC_URL)
        opened.append(http)
        return TokenEndpoint(app, http, clock, pairs)

    yield make
    for http in opened:
        http.close()


@pytest.fixture
def endpoint(make_door: MakeDoor, slough_client: Database) -> TokenEndpoint:
    return make_door(slough_client)


def _refused(_: Request, refusal: Exception) -> Response:
    """The application's own handler speaks HTTP in full; here the class of the refusal is enough."""
    detail = refusal.detail if isinstance(refusal, Refusal) else ""
    return JSONResponse({"refusal": type(refusal).__name__, "detail": detail}, status_code=403)
