"""The token endpoint, and the two documents with which clients discover it.

The routes are public: a client proves who it is in the body.
"""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.access import clients
from app.access.callers import KeyringDep, prove
from app.access.clients import ASSERTION_ALGORITHMS, ASSERTION_TYPE, GRANT_TYPE, TokenRefused
from app.web.dependencies import DatabaseDep, NowDep, SettingsDep
from app.web.problems import responses_for
from app.web.rates import Rates
from app.web.transactions import patience_of

LARGEST_FORM = 64 * 1024
MOST_PARAMETERS = 20
FORM = "application/x-www-form-urlencoded"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
FOR_FIVE_MINUTES = "public, max-age=300"

router = APIRouter(tags=["access"])


class TokenOut(BaseModel):
    """An access token (RFC 6749, section 5.1)."""

    access_token: Annotated[str, Field(description="a JWT of RFC 9068; send it as `Authorization: Bearer …`")]
    token_type: str
    expires_in: Annotated[int, Field(description="seconds")]
    scope: Annotated[str, Field(description="the scopes the token is good for, separated by spaces")]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…",
                    "token_type": "Bearer",
                    "expires_in": 599,
                    "scope": "applications",
                }
            ]
        }
    )


class TokenErrorOut(BaseModel):
    """Why the client gets no token (RFC 6749, section 5.2). The words are those of the NHS API platform."""

    error: str
    error_description: str


class ServerOut(BaseModel):
    """What clients need to know about the token endpoint (RFC 8414, section 2)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    service_documentation: str


class SigningKeyOut(BaseModel):
    """A public RSA key (RFC 7517, section 4)."""

    kty: str
    n: str
    e: str
    kid: str
    alg: str
    use: str


class SigningKeysOut(BaseModel):
    """The public keys that check the register's access tokens (RFC 7517, section 5)."""

    keys: list[SigningKeyOut]


class _FormRefused(Exception):
    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status, self.description = status, description


def _error(error: str, description: str) -> dict[str, Any]:
    return {"error": error, "error_description": description}


def _documented(description: str, **examples: tuple[str, str]) -> dict[str, Any]:
    shown = {name: {"value": _error(*example)} for name, example in examples.items()}
    return {"model": TokenErrorOut, "description": description, "content": {"application/json": {"examples": shown}}}


_REQUEST_BODY = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type", "client_assertion_type", "client_assertion"],
                "properties": {
                    "grant_type": {"type": "string", "const": GRANT_TYPE},
                    "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
                    "client_assertion": {
                        "type": "string",
                        "maxLength": 11266,
                        "description": "A JWT that your registered key signed. Header: `kid`, `typ` `JWT`, `alg` as "
                        "registered (RS512, ES256 or ES384). Claims: `iss` and `sub` your client id, `aud` this "
                        "address or the issuer, `jti` unique, `exp` at most 5 minutes ahead. Good for one token.",
                    },
                    "scope": {
                        "type": "string",
                        "description": "Some of your client's scopes, separated by spaces. All if left out.",
                    },
                },
            },
            "example": {
                "grant_type": GRANT_TYPE,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": "eyJhbGciOiJSUzUxMiIsImtpZCI6InRlc3QtMSIsInR5cCI6IkpXVCJ9.e30.c2ln",
                "scope": "applications",
            },
        }
    },
}
_TOKEN_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: _documented(
        "The request or the assertion is malformed.",
        missing=("invalid_request", "Missing 'kid' header in client_assertion JWT"),
        replayed=("invalid_request", "Non-unique 'jti' claim in client_assertion JWT"),
        scope=("invalid_scope", "Invalid 'scope' - expected one or several of 'applications', got 'panel'"),
        grant=("unsupported_grant_type", "Invalid 'grant_type' - expected 'client_credentials', got 'password'"),
    ),
    401: _documented(
        "The assertion does not prove who the client is.",
        client=(
            "invalid_client",
            "Invalid 'iss' claim in client_assertion JWT - no client that may ask for tokens has this id",
        ),
        key=(
            "invalid_client",
            "Invalid 'kid' header in client_assertion JWT - no matching public key that may be used now",
        ),
        signature=("public_key error", "JWT signature verification failed"),
    ),
    413: _documented(
        "The form is larger than 64 KB.", large=("invalid_request", "Body too large - at most 65536 bytes")
    ),
    415: _documented("The body is not a form.", kind=("invalid_request", f"Invalid 'Content-Type' - must be '{FORM}'")),
    **responses_for(codes=["unavailable", "too-many-requests"]),
}
# A query parameter is refused before the form is read, as everywhere. What concerns the form is in the words of OAuth.
_TOKEN_RESPONSES[400]["content"] |= responses_for(codes=["invalid-parameter"])[400]["content"]


@router.post(
    "/oauth2/token",
    summary="Get an access token for a system",
    description="OAuth 2.0 client credentials with a signed JWT (`private_key_jwt`), as on the NHS API platform.",
    response_model=TokenOut,
    responses=_TOKEN_RESPONSES,
    openapi_extra={"requestBody": _REQUEST_BODY},
)
async def issue_token(
    request: Request, settings: SettingsDep, database: DatabaseDep, keyring: KeyringDep, now: NowDep
) -> Response:
    """Read the form here, because only the stream knows its true size. Everything else runs outside the event loop."""
    rates: Rates = request.app.state.rates
    rates.spend_of_login(request)
    try:
        form = await _read_form(request)
        granted = await run_in_threadpool(
            clients.issue_token,
            form,
            database=database,
            settings=settings,
            token_key=keyring.token_key,
            now=now,
            patience=patience_of(request),
        )
    except _FormRefused as refused:
        return _refusal(refused.status, "invalid_request", refused.description)
    except TokenRefused as refused:
        is_unproven = refused.error in {"invalid_client", "public_key error"}
        return _refusal(401 if is_unproven else 400, refused.error, refused.description)
    prove(request, f"client:{granted.client_id}", f"Bearer {granted.access_token}")
    answer = TokenOut(token_type="Bearer", **_members(granted))  # noqa: S106 - the kind of token, not a secret
    return JSONResponse(answer.model_dump(), headers=NO_STORE)


@router.get(
    "/.well-known/oauth-authorization-server",
    summary="Discover the token endpoint",
    responses=responses_for(codes=["invalid-parameter"]),
)
def authorization_server(settings: SettingsDep, response: Response) -> ServerOut:
    """Authorization server metadata (RFC 8414)."""
    response.headers["Cache-Control"] = FOR_FIVE_MINUTES
    return ServerOut(
        issuer=settings.public_url,
        token_endpoint=settings.token_url,
        jwks_uri=f"{settings.public_url}/.well-known/jwks.json",
        scopes_supported=clients.known_scopes(),
        response_types_supported=[],
        grant_types_supported=[GRANT_TYPE],
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=list(ASSERTION_ALGORITHMS),
        service_documentation=f"{settings.public_url}/docs",
    )


@router.get(
    "/.well-known/jwks.json",
    summary="Read the keys that sign access tokens",
    responses=responses_for(codes=["invalid-parameter"]),
)
def signing_keys(keyring: KeyringDep, response: Response) -> SigningKeysOut:
    """The public half of the register's signing key, as a JSON Web Key Set (RFC 7517)."""
    response.headers["Cache-Control"] = FOR_FIVE_MINUTES
    return SigningKeysOut(keys=[SigningKeyOut.model_validate(keyring.token_key.public_jwk)])


def _members(granted: clients.Granted) -> dict[str, Any]:
    return {"access_token": granted.access_token, "expires_in": granted.expires_in, "scope": granted.scope}


def _refusal(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse(_error(error, description), status_code=status, headers=NO_STORE)


async def _read_form(request: Request) -> dict[str, list[str]]:
    """The parameters of the form. One without a value counts as absent (RFC 6749, section 3.2)."""
    kind, _, parameter = request.headers.get("content-type", "").lower().partition(";")
    charset = parameter.strip().removeprefix("charset=").strip('"')
    if kind.strip() != FORM or charset not in {"", "utf-8"} or "content-encoding" in request.headers:
        raise _FormRefused(415, f"Invalid 'Content-Type' - must be '{FORM}' in UTF-8, without 'Content-Encoding'")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise _FormRefused(413, f"Body too large - at most {LARGEST_FORM} bytes")
    try:
        return parse_qs(body.decode("ascii"), errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise _FormRefused(400, "Malformed form - must be URL-encoded UTF-8 of at most 20 parameters") from None
