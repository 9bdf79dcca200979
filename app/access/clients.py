"""The client credentials flow (RFC 6749, section 4.4) with signed assertions (RFC 7523), without HTTP.

Rules and answers follow the NHS API platform's token endpoint, so that a client of one can use the other. Until the
signature is checked, an answer speaks only about what was sent. An unknown client and a disabled one get the same
answer, which names ``iss``. So do an unknown key and a key outside its days: theirs names ``kid``.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import structlog

from app.access import tokens
from app.access.issuers import LIFE_OF_A_TOKEN
from app.access.keys import TokenKey
from app.access.tokens import Cause, Profile, TokenRejected, VerifyingKey
from app.records import assertions, clients
from app.records.clients import Client
from app.records.session import Database, Session
from app.rules.callers import Scope
from app.settings import Settings

GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("RS512", "ES256", "ES384")
LIFE_OF_AN_ASSERTION = 300
KEPT_LONGER = timedelta(minutes=10)
"""How long a used assertion is remembered after its expiry: longer than the clocks of several machines differ."""

_ASSERTION_TYPES = frozenset({"jwt", "client-authentication+jwt"})
_ASSERTION_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "jti"})
_NO_KEY = "Invalid 'kid' header in client_assertion JWT - no matching public key that may be used now"
_NO_CLIENT = "no client that may ask for tokens has this id"
_UNCHECKED = {
    Cause.MALFORMED: ("invalid_request", "Malformed JWT in client_assertion"),
    Cause.KEY: ("invalid_client", _NO_KEY),
    Cause.SIGNATURE: ("public_key error", "JWT signature verification failed"),
}

Form = Mapping[str, Sequence[str]]

log = structlog.get_logger(__name__)


class TokenRefused(Exception):
    """The token endpoint says no: an ``error`` of RFC 6749, section 5.2 (or of the NHS API platform), and why."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, _plain(description)


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token of a client, how many seconds it is valid, and its scopes."""

    client_id: str
    access_token: str
    expires_in: int
    scope: str


def issue_token(
    form: Form, *, database: Database, settings: Settings, token_key: TokenKey, now: datetime, patience: float
) -> Granted:
    """Give an access token to a client that proves who it is. This uses its assertion up.

    ``patience`` is for how many seconds it may wait for the writers' lock.

    Raises TokenRefused, and DatabaseUnavailable if nothing can be looked up.
    """
    assertion = _assertion_in(form)
    try:
        client, claims = _proven_client(assertion, database, settings, now)
    except TokenRejected as rejected:
        log.warning("client_assertion_rejected", cause=str(rejected))
        raise TokenRefused(*_answer_to(rejected)) from rejected
    if _single(form, "client_id") not in {None, client.client_id}:
        _refuse("invalid_client", "Invalid 'client_id' - must be the 'iss' of the client_assertion JWT")
    scopes = _scopes_asked_for(form, client)
    with database.writing(patience) as session:
        _use_up(session, client, claims, now)
    log.info("access_token_issued", client_id=client.client_id, scope=scopes)
    token = _access_token(client, scopes, settings, token_key, now)
    return Granted(client.client_id, token, LIFE_OF_A_TOKEN, scopes)


# --- what was sent ----------------------------------------------------------------------------


def _refuse(error: str, description: str) -> NoReturn:
    raise TokenRefused(error, description)


def _single(form: Form, name: str) -> str | None:
    values = form.get(name, ())
    if len(values) > 1:
        _refuse("invalid_request", f"Repeated parameter '{name}' - expected one, got {len(values)}")
    return values[0] if values else None


def _assertion_in(form: Form) -> str:
    for name in sorted(form):
        _single(form, name)
    grant_type = _single(form, "grant_type")
    if grant_type is None:
        _refuse("invalid_request", f"Missing 'grant_type' - must be '{GRANT_TYPE}'")
    if grant_type != GRANT_TYPE:
        _refuse("unsupported_grant_type", f"Invalid 'grant_type' - expected '{GRANT_TYPE}', got '{grant_type[:100]}'")
    if _single(form, "client_assertion_type") != ASSERTION_TYPE:
        _refuse("invalid_request", f"Missing or invalid 'client_assertion_type' - must be '{ASSERTION_TYPE}'")
    assertion = _single(form, "client_assertion")
    if assertion is None:
        _refuse("invalid_request", "Missing 'client_assertion'")
    return assertion


def _scopes_asked_for(form: Form, client: Client) -> str:
    asked = _single(form, "scope")
    wanted = set(asked.split(" ")) - {""} if asked else set(client.scopes)
    foreign = sorted(wanted - client.scopes)
    if foreign:
        has = " ".join(sorted(client.scopes))
        _refuse("invalid_scope", f"Invalid 'scope' - expected one or several of '{has}', got '{foreign[0][:100]}'")
    return " ".join(sorted(wanted))


# --- who sent it ------------------------------------------------------------------------------


def _proven_client(
    assertion: str, database: Database, settings: Settings, now: datetime
) -> tuple[Client, dict[str, Any]]:
    client_id = tokens.unverified_issuer(assertion)
    with database.reading() as session:
        client = clients.fetch(session, client_id)

    def find_key(kid: str) -> VerifyingKey | None:
        key = _enabled(client).usable_key(kid, now)
        return None if key is None else VerifyingKey(key.kid, key.alg, key.jwk)

    claims = tokens.verify(assertion, find_key, _profile(client_id, settings), now)
    return _enabled(client), claims


def _enabled(client: Client | None) -> Client:
    """The client that an assertion names. Raises TokenRejected if there is none, or it is disabled."""
    if client is None or client.disabled_at is not None:
        raise TokenRejected(_NO_CLIENT, cause=Cause.CLAIM, member="iss")
    return client


def _profile(client_id: str, settings: Settings) -> Profile:
    return Profile(
        issuer=client_id,
        subject=client_id,
        audiences=frozenset({settings.token_url, settings.public_url}),
        types=_ASSERTION_TYPES,
        required=_ASSERTION_CLAIMS,
        max_life=LIFE_OF_AN_ASSERTION,
    )


def _use_up(session: Session, client: Client, claims: Mapping[str, Any], now: datetime) -> None:
    try:
        _enabled(clients.fetch(session, client.client_id))
    except TokenRejected as rejected:
        raise TokenRefused(*_answer_to(rejected)) from rejected
    kept_until = datetime.fromtimestamp(claims["exp"], UTC) + KEPT_LONGER
    if not assertions.use(session, client.client_id, claims["jti"], kept_until=kept_until, at=now):
        _refuse("invalid_request", "Non-unique 'jti' claim in client_assertion JWT")


def _access_token(client: Client, scopes: str, settings: Settings, key: TokenKey, now: datetime) -> str:
    """An access token of RFC 9068, section 2.2.

    ``iat`` has no fractions. In the second of enabling it is the next one, since this second's tokens may be older.
    """
    issued = max(int(now.timestamp()), client.first_second())
    claims = {
        "iss": settings.public_url,
        "sub": client.client_id,
        "aud": settings.public_url,
        "client_id": client.client_id,
        "scope": scopes,
        "iat": issued,
        "exp": issued + LIFE_OF_A_TOKEN,
        "jti": str(uuid.uuid4()),
    }
    return key.signing.sign(claims, typ="at+jwt")


# --- what is answered -------------------------------------------------------------------------


def _answer_to(rejected: TokenRejected) -> tuple[str, str]:
    if rejected.cause in _UNCHECKED:
        return _UNCHECKED[rejected.cause]
    fault = "Missing" if rejected.is_missing else "Invalid"
    reason = f" - {rejected.reason}" if rejected.reason else ""
    description = f"{fault} '{rejected.member}' {rejected.cause} in client_assertion JWT{reason}"
    is_other_client = not rejected.is_missing and rejected.member in {"iss", "sub", "aud"}
    return "invalid_client" if is_other_client else "invalid_request", description


def _plain(text: str) -> str:
    """Keep only the characters that RFC 6749, section 5.2, allows in a description."""
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "?" for each in text)


def known_scopes() -> list[str]:
    """Every scope that a client can be registered for, by name."""
    return sorted(Scope)
