"""Guards: from a bearer token to a caller, looked up anew at every request."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import text
from structlog.testing import capture_logs

from app.access import callers
from app.access.issuers import development_token, read_development_key
from app.casework import registration
from app.casework.registration import Change
from app.records.people import person_id_of
from app.records.session import Database
from app.rules.callers import Caller, Person, System
from app.settings import Settings
from tests.access.conftest import CLIENT_ID, NOW, PUBLIC_URL, Pairs, TokenEndpoint

SECONDS = int(NOW.timestamp())
ISSUER = Settings().development_issuer
NOT_RECOGNISED = {"refusal": "Unrecognised", "detail": "A valid access token is required."}

Routes: dict[str, Any] = {
    "any": callers.CallerDep,
    "ccg": callers.CcgDep,
    "panel": callers.PanelDep,
    "national": callers.NationalDep,
    "admin": callers.AdminDep,
    "person": callers.PersonDep,
    "officer": callers.PanelOrNationalDep,
    "reader": callers.ApplicantOrOfficerDep,
    "open": callers.CallerIfAnyDep,
}


@pytest.fixture
def guarded(endpoint: TokenEndpoint) -> TokenEndpoint:
    """The endpoint, with a route behind each guard that says whom it let in."""
    for name, guard in Routes.items():

        def show(caller: guard) -> dict[str, Any]:  # type: ignore[valid-type]
            return _shown(caller)

        endpoint.app.get(f"/{name}")(show)
    return endpoint


def _shown(caller: Caller | None) -> dict[str, Any]:
    match caller:
        case System():
            return {"client": caller.client_id, "scopes": sorted(caller.scopes)}
        case Person():
            return {"person": caller.name, "role": caller.role, "interests": sorted(caller.interests)}
    return {"nobody": True}


def _get(http: TestClient, path: str, token: str) -> tuple[int, dict[str, Any]]:
    answer = http.get(path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


TokenFor = Callable[[str], str]


@pytest.fixture
def token_for(slough_client: Database, settings: Settings) -> TokenFor:
    """Registers a person of each role and speaks for them."""
    with slough_client.writing() as session:
        for role, regions in (("panel", ["Y57"]), ("national", []), ("admin", [])):
            registration.register_person(
                session,
                issuer=ISSUER,
                subject=role,
                name=f"{role} person",
                role=role,
                regions=regions,
                interests=["10T"],
                actor="test",
                at=NOW,
            )
    key = read_development_key(settings)
    assert key is not None
    return lambda subject: development_token(settings, key, subject, at=NOW)


def test_a_systems_token_shows_the_client(guarded: TokenEndpoint) -> None:
    assert _get(guarded.http, "/any", guarded.token()) == (
        200,
        {"client": CLIENT_ID, "scopes": ["applications", "panel"]},
    )


def test_a_persons_token_shows_the_person_with_role_and_interests(guarded: TokenEndpoint, token_for: TokenFor) -> None:
    assert _get(guarded.http, "/any", token_for("panel")) == (
        200,
        {"person": "panel person", "role": "panel", "interests": ["10T"]},
    )


# Who is let in where: 200, or the refusal. Written out by hand.
PERSON, ROLE = "PersonRequired", "Forbidden"
TABLE: dict[str, dict[str, int | str]] = {
    "ccg system": {
        "any": 200, "ccg": 200, "panel": PERSON, "national": PERSON, "admin": PERSON, "person": PERSON,
        "officer": ROLE, "reader": 200,
    },
    "panel system": {
        "any": 200, "ccg": ROLE, "panel": PERSON, "national": PERSON, "admin": PERSON, "person": PERSON,
        "officer": 200, "reader": 200,
    },
    "panel": {
        "any": 200, "ccg": ROLE, "panel": 200, "national": ROLE, "admin": ROLE, "person": 200,
        "officer": 200, "reader": 200,
    },
    "national": {
        "any": 200, "ccg": ROLE, "panel": ROLE, "national": 200, "admin": ROLE, "person": 200,
        "officer": 200, "reader": 200,
    },
    "admin": {
        "any": 200, "ccg": ROLE, "panel": ROLE, "national": ROLE, "admin": 200, "person": ROLE,
        "officer": ROLE, "reader": ROLE,
    },
}  # fmt: skip
CELLS = [(who, where, expected) for who, row in TABLE.items() for where, expected in row.items()]


@pytest.mark.parametrize(("who", "where", "expected"), CELLS)
def test_each_guard_lets_in_whom_it_is_for(
    guarded: TokenEndpoint, token_for: TokenFor, who: str, where: str, expected: int | str
) -> None:
    systems = {"ccg system": "applications", "panel system": "panel"}
    token = guarded.token(scope=systems[who]) if who in systems else token_for(who)

    status, body = _get(guarded.http, f"/{where}", token)

    assert (status if status == 200 else body["refusal"]) == expected


# --- one answer whatever the cause ------------------------------------------------------------------


def _own_claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": PUBLIC_URL,
        "aud": PUBLIC_URL,
        "sub": CLIENT_ID,
        "client_id": CLIENT_ID,
        "scope": "applications",
        "jti": "1",
        "iat": SECONDS,
        "exp": SECONDS + 599,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


Make = Callable[[TokenEndpoint, TokenFor], dict[str, str] | list[tuple[str, str]]]


def _signed(**changes: Any) -> Make:
    """The register's own key over other claims than the register would sign."""

    def headers(endpoint: TokenEndpoint, _: TokenFor) -> dict[str, str]:
        signing = endpoint.app.state.keys.token_key.signing
        return {"Authorization": "Bearer " + signing.sign(_own_claims(**changes), typ="at+jwt")}

    return headers


def _bearer(make: Callable[[TokenEndpoint, TokenFor], str]) -> Make:
    return lambda endpoint, token_for: {"Authorization": "Bearer " + make(endpoint, token_for)}


UNRECOGNISED: dict[str, tuple[Make, str]] = {
    "nothing sent": (lambda *_: {}, "no token"),
    "an empty header": (lambda *_: {"Authorization": ""}, "1 authorization headers, none a bearer token"),
    "another scheme": (lambda *_: {"Authorization": "Basic YTpi"}, "1 authorization headers, none a bearer token"),
    "a scheme alone": (lambda *_: {"Authorization": "Bearer"}, "1 authorization headers, none a bearer token"),
    "two tokens in one": (
        lambda endpoint, _: {"Authorization": f"Bearer {endpoint.token()} {endpoint.token()}"},
        "1 authorization headers, none a bearer token",
    ),
    "two headers": (
        lambda endpoint, _: [("Authorization", f"Bearer {endpoint.token()}")] * 2,
        "2 authorization headers, none a bearer token",
    ),
    "no token at all": (_bearer(lambda *_: "abc"), "malformed not a compact JWS"),
    "an unknown issuer": (_signed(iss="https://nobody.example"), "no such issuer"),
    "a client assertion": (
        _bearer(lambda endpoint, _: endpoint.pairs.client.sign(endpoint.claims())),
        "no such issuer",
    ),
    "a changed token": (_bearer(lambda endpoint, _: endpoint.token()[:-8] + "AAAAAAAA"), "signature JWSError"),
    "another type": (
        _bearer(lambda endpoint, _: endpoint.app.state.keys.token_key.signing.sign(_own_claims(), typ="JWT")),
        "header typ expected at+jwt, got 'JWT'",
    ),
    "another audience": (
        _signed(aud="https://other.example"),
        "claim aud expected https://register.example, got 'https://other.example'",
    ),
    "no scope": (_signed(scope=None), "claim scope"),
    "longer than 599 s": (_signed(exp=SECONDS + 600), "claim exp more than 599 seconds after 'iat'"),
    "sub and client apart": (_signed(sub="other"), "sub is not client_id"),
    "an unknown client": (
        _signed(sub="other", client_id="other"),
        "the client is unknown or disabled",
    ),
    "an unknown person": (
        _bearer(lambda _, token_for: token_for("stranger")),
        "the person is unknown or the role has ended",
    ),
    "the development key as the register's": (
        _bearer(lambda endpoint, _: endpoint.pairs.other.sign(_own_claims(), typ="at+jwt")),
        "key no key with this kid is usable",
    ),
}


@pytest.mark.parametrize("name", UNRECOGNISED)
def test_every_unproven_caller_gets_one_answer_and_the_log_the_cause(
    guarded: TokenEndpoint, token_for: TokenFor, name: str
) -> None:
    make, cause = UNRECOGNISED[name]
    headers = make(guarded, token_for)

    with capture_logs() as logs:
        answer = guarded.http.get("/any", headers=headers)

    assert answer.json() == NOT_RECOGNISED
    assert logs == [{"event": "caller_not_recognised", "log_level": "warning", "cause": cause}]


# --- looked up at every request -----------------------------------------------------------------


def test_disabling_a_client_ends_its_tokens_at_once(guarded: TokenEndpoint, slough_client: Database) -> None:
    token = guarded.token()
    with slough_client.writing() as session:
        registration.disable_client(session, CLIENT_ID, actor="test", at=NOW)

    assert _get(guarded.http, "/any", token)[1] == NOT_RECOGNISED


def test_enabling_a_client_again_does_not_bring_its_old_tokens_back(
    guarded: TokenEndpoint, slough_client: Database
) -> None:
    leaked = guarded.token()
    with slough_client.writing() as session:
        registration.disable_client(session, CLIENT_ID, actor="test", at=NOW)
    with slough_client.writing() as session:
        registration.enable_client(session, CLIENT_ID, actor="test", at=NOW)
    with slough_client.writing() as session:
        registration.change_client(session, CLIENT_ID, ods_codes=Change(add=["02W"]), actor="test", at=NOW)

    fresh = guarded.token()

    # Both were asked for in one second, which a token's `iat` cannot tell apart.
    assert _get(guarded.http, "/any", leaked)[1] == NOT_RECOGNISED
    assert _get(guarded.http, "/any", fresh)[0] == 200


def test_ending_a_role_ends_the_persons_tokens_at_once(
    guarded: TokenEndpoint, token_for: TokenFor, slough_client: Database
) -> None:
    token = token_for("panel")
    with slough_client.writing() as session:
        registration.end_person(session, person_id_of(ISSUER, "panel"), actor="test", at=NOW)

    assert _get(guarded.http, "/any", token)[1] == NOT_RECOGNISED


def test_a_scope_taken_from_a_client_is_gone_from_the_tokens_it_has(
    guarded: TokenEndpoint, slough_client: Database
) -> None:
    token = guarded.token()
    with slough_client.engine.begin() as connection:
        connection.execute(text("""UPDATE clients SET scopes = '["panel", "national"]'"""))

    assert _get(guarded.http, "/any", token)[1] == {"client": CLIENT_ID, "scopes": ["panel"]}


def test_a_route_open_to_all_knows_its_caller_where_a_token_was_sent(guarded: TokenEndpoint) -> None:
    nobody = guarded.http.get("/open").json()
    somebody = _get(guarded.http, "/open", guarded.token())[1]
    stranger = _get(guarded.http, "/open", "abc")[1]

    assert nobody == {"nobody": True}
    assert somebody == {"client": CLIENT_ID, "scopes": ["applications", "panel"]}
    assert stranger == NOT_RECOGNISED


def test_the_scheme_may_be_written_in_any_case(guarded: TokenEndpoint) -> None:
    answer = guarded.http.get("/any", headers={"Authorization": f"bEARER {guarded.token()}"})

    assert answer.status_code == 200


# --- what routes say about themselves ---------------------------------------------------------------


def test_every_guarded_route_can_be_recognised_by_its_guard(guarded: TokenEndpoint) -> None:
    found = {
        route.path: callers.GUARDS & {each.call for each in route.dependant.dependencies}
        for route in guarded.app.routes
        if isinstance(route, APIRoute)
    }

    assert {path.removeprefix("/") for path, guards in found.items() if len(guards) == 1} == {*Routes} - {"open"}


@pytest.mark.parametrize(
    ("path", "security"),
    [
        ("any", [{"clientCredentials": []}, {"personToken": []}]),
        ("ccg", [{"clientCredentials": ["applications"]}]),
        ("panel", [{"personToken": []}]),
        ("officer", [{"clientCredentials": []}, {"personToken": []}]),
        ("open", None),
    ],
)
def test_each_guard_documents_the_tokens_it_takes(guarded: TokenEndpoint, path: str, security: object) -> None:
    document = guarded.app.openapi()

    assert document["paths"][f"/{path}"]["get"].get("security") == security
    assert sorted(document["components"]["securitySchemes"]) == ["clientCredentials", "personToken"]


def test_a_token_is_never_logged(guarded: TokenEndpoint, pairs: Pairs) -> None:
    token = guarded.token()

    with capture_logs() as logs:
        _get(guarded.http, "/any", token[:-8] + "AAAAAAAA")
        guarded.ask(pairs.client.sign(guarded.claims())[:-8] + "AAAAAAAA")

    assert [each["event"] for each in logs] == ["caller_not_recognised", "client_assertion_rejected"]
    assert token[:40] not in str(logs)
    assert "eyJ" not in str(logs)
