"""The mistakes of an integrator, from sections 1 to 5 of the contract: how each is made.

What the register answers, and what to do then, stands in ``docs/mistakes.md``. ``test_mistakes.py`` holds both to it.
"""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx2 import Response

from app.access.keys import generate_pair
from app.access.tokens import SigningKey
from tests.api.conftest import Scene
from tests.api.steps import CONFIRM, SUBMIT, WITHDRAW
from tests.world import ASSERTION_TYPE, ATTRIBUTION, NOON, application, outcome, outcomes

APPLICATIONS = "/v1/applications"
FORM = "application/x-www-form-urlencoded"
KEY = "4c1f4d6e-8a53-4a55-9d0a-3d7c9d2d1c11"
AMEND = {"proposal": {"summary": "More."}, "attribution": ATTRIBUTION}
PATCH = "application/merge-patch+json"
LATE = datetime(2015, 1, 10, 12, 0, tzinfo=UTC)

Mistake = Callable[[Scene], Response]
MISTAKES: dict[str, Mistake] = {}


def mistake(name: str) -> Callable[[Mistake], Mistake]:
    """Give a mistake its name."""

    def named(send: Mistake) -> Mistake:
        assert name not in MISTAKES
        MISTAKES[name] = send
        return send

    return named


def changed(**members: Any) -> dict[str, Any]:
    """A draft of Slough's with other members."""
    return application("10T", submitted=False) | members


def created(scene: Scene, body: Any, client: str = "slough", **headers: str) -> Response:
    return scene.world.system(client).post(APPLICATIONS, body, **headers)


def without(document: dict[str, Any], *path: str) -> dict[str, Any]:
    """A copy of a document without one member."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return copy


# --- bodies and headers -------------------------------------------------------------------------

BODIES: dict[str, Any] = {
    "A body cut short": b'{"roundId": "2015-16", ',
    "A member twice in an object": b'{"roundId": "2015-16", "roundId": "trial"}',
    "Text in Latin-1": '{"roundId": "Ç"}'.encode("latin-1"),
    "NaN as a number": b'{"roundId": NaN}',
    "An array as the body": [application("10T")],
    "A name in snake_case": without(changed(round_id="2015-16"), "roundId"),
    "A day as 01/04/2015": changed(signatories=[{"name": "A.", "role": "chair", "signedOn": "01/04/2015"}]),
    "Money with decimals": changed(proposal={"finance": {"primaryCareSpendPounds": 64000000.5}}),
    "Money as a text": changed(proposal={"finance": {"primaryCareSpendPounds": "64,000,000"}}),
    "An address without a scheme": changed(proposal={"conflictsOfInterest": {"policyUrl": "www.ccg.example/policy"}}),
    "An ODS code in small letters": changed(leadOdsCode="10t", memberOdsCodes=["10t"]),
    "A level in other words": changed(requestedLevel="Fully delegated"),
    "A round that there is not": changed(roundId="2019-20"),
    "A level that needs no approval": changed(requestedLevel="greater_involvement"),
    "A lead that is no member": changed(memberOdsCodes=["07T"]),
    "Members of two regions": changed(memberOdsCodes=["10T", "07T"]),
    "A code of no CCG": changed(memberOdsCodes=["10T", "ZZZ"]),
    "A CCG that the client is not registered for": changed(leadOdsCode="07T", memberOdsCodes=["07T"]),
    "Nobody named who acted": without(changed(), "attribution"),
    "A submission that is incomplete": without(application("10T"), "proposal", "capacity"),
    "A submission without the accountable officer": application("10T") | {"signatories": []},
}
for _name, _body in BODIES.items():
    mistake(_name)(lambda scene, body=_body: created(scene, body))  # type: ignore[misc]


@mistake("No Idempotency-Key")
def _(scene: Scene) -> Response:
    return created(scene, changed(), Idempotency_Key="")


@mistake("An Idempotency-Key with a space")
def _(scene: Scene) -> Response:
    return created(scene, changed(), Idempotency_Key="my key")


@mistake("A body as a form")
def _(scene: Scene) -> Response:
    return created(scene, b"roundId=2015-16", Content_Type=FORM)


@mistake("PATCH as application/json")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").send("PATCH", scene["draft"].where, AMEND, If_Match=scene["draft"].etag)


@mistake("PATCH without If-Match")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").patch(scene["draft"].where, AMEND)


@mistake("PATCH with If-Match: *")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").patch(scene["draft"].where, AMEND, if_match="*")


@mistake("PATCH with a version that is past")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").patch(scene["draft"].where, AMEND, if_match='"v9"')


@mistake("PATCH with the tag of a public answer")
def _(scene: Scene) -> Response:
    tag = scene.world.public.get("/v1/rounds").headers["etag"]
    return scene.world.system("hackney").patch(scene["draft"].where, AMEND, if_match=tag)


@mistake("If-Match without its quotes")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").patch(scene["draft"].where, AMEND, if_match="v1")


@mistake("PATCH of what was submitted")
def _(scene: Scene) -> Response:
    return scene.world.system("slough").patch(scene["submitted"].where, AMEND, if_match=scene["submitted"].etag)


@mistake("PUT to an application")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").put(scene["draft"].where, changed())


@mistake("An Accept that nobody offers")
def _(scene: Scene) -> Response:
    return scene.world.public.get("/v1/approvals", Accept="application/xml")


# --- order, roles and rights --------------------------------------------------------------------


@mistake("Submitted before the other members agreed")
def _(scene: Scene) -> Response:
    return created(scene, application("07P", "07W", level="joint"), client="brent")


@mistake("Submitted after the deadline")
def _(scene: Scene) -> Response:
    scene.world.clock.move_to(LATE)
    return scene.world.system("hackney").post(f"{scene['draft'].where}/submission", SUBMIT)


@mistake("A second application of a CCG in a round")
def _(scene: Scene) -> Response:
    return created(scene, application("10T"))


@mistake("Another CCG's reference")
def _(scene: Scene) -> Response:
    return scene.world.system("hackney").get(scene["submitted"].where)


@mistake("The whole withdrawn by a member that does not lead")
def _(scene: Scene) -> Response:
    return scene.world.system("brent").post(f"{scene['several'].where}/withdrawal", WITHDRAW)


@mistake("A panel's scope where that of applications is needed")
def _(scene: Scene) -> Response:
    return created(scene, changed(), client="south-panel-system")


@mistake("A system's token where a person's is needed")
def _(scene: Scene) -> Response:
    at = scene["submitted"]
    body = outcomes(outcome("10T", "approved"))
    return scene.world.system("south-panel-system").post(f"{at.where}/outcomes", body, if_match=at.etag)


@mistake("A person's token where a system's is needed")
def _(scene: Scene) -> Response:
    return scene.world.person("south-panel-1").post(APPLICATIONS, changed())


@mistake("An access token that has expired")
def _(scene: Scene) -> Response:
    speaker = scene.world.system("slough")
    scene.world.clock.move_to(NOON + timedelta(hours=1))
    return speaker.get(APPLICATIONS)


@mistake("An outcome without its reasons")
def _(scene: Scene) -> Response:
    at, body = scene["submitted"], outcomes(outcome("10T", "rejected") | {"reasons": []})
    return scene.world.person("south-panel-1").post(f"{at.where}/outcomes", body, if_match=at.etag)


@mistake("Signed off by who recorded it")
def _(scene: Scene) -> Response:
    at = scene["joint-recommended"]
    return scene.world.person(at.panel()).post(f"{at.where}/sign-off", CONFIRM, if_match=at.etag)


@mistake("A change request whose pointer leads nowhere")
def _(scene: Scene) -> Response:
    at = scene["submitted"]
    body = {"items": [{"pointer": "/proposal/finances", "text": "Say how."}], "dueOn": "2014-12-20"}
    return scene.world.person("south-panel-1").post(f"{at.where}/change-requests", body, if_match=at.etag)


# --- queries ------------------------------------------------------------------------------------

QUERIES = {
    "A parameter that there is not": "/v1/approvals?outcomes=approved",
    "A parameter twice": "/v1/approvals?level=joint&level=delegated",
    "A number in another spelling": "/v1/approvals?limit=1_0",
    "A page that is too large": "/v1/approvals?limit=1000",
    "A cursor of another query": "/v1/approvals?cursor=WyJ4Il0",
    "A region by its name": "/v1/approvals?region=London",
    "A region that there is not": "/v1/approvals?region=Y99",
    "A list with spaces": "/v1/approvals?round=2014-15,%202015-16",
    "A public sequence that is not reached": "/v1/approvals?asKnownAt=999999999",
}
for _name, _path in QUERIES.items():
    mistake(_name)(lambda scene, path=_path: scene.world.public.get(path))  # type: ignore[misc]


# --- the token endpoint -------------------------------------------------------------------------


def asked_for_token(
    scene: Scene, *, kid: str = "", alg: str = "ES256", times: int = 1, form: Any = None, **claims: Any
) -> Response:
    """Ask for a token as Slough's system, with something else than it should be."""
    world, pair = scene.world, scene.world.pairs["slough"]
    issued = int(world.clock.at.timestamp())
    key = pair if alg == "ES256" else generate_pair("RS512")
    said = {"iss": "slough", "sub": "slough", "aud": world.settings.token_url, "exp": issued + 300}
    said |= {"jti": str(uuid.uuid4())} | claims
    signer = SigningKey(kid or pair.public_jwk["kid"], alg, key.private_pem)
    sent = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signer.sign({name: each for name, each in said.items() if each is not None}, typ="JWT"),
    } | (form or {})
    for _ in range(times - 1):
        assert world.http.post("/oauth2/token", data=sent).status_code == 200
    return world.http.post("/oauth2/token", data=sent)


_EXPIRED, _FAR = int(NOON.timestamp()) - 600, int(NOON.timestamp()) + 3600
TOKENS: dict[str, dict[str, Any]] = {
    "A grant of another type": {"form": {"grant_type": "password"}},
    "iss that nobody registered": {"iss": "slow", "sub": "slow"},
    "kid that nobody registered": {"kid": "key-of-last-year"},
    "aud of another service": {"aud": "https://api.example/token"},
    "exp that is past": {"exp": _EXPIRED},
    "exp that is too far ahead": {"exp": _FAR},
    "No jti": {"jti": None},
    "jti used before": {"jti": "the-same-each-time", "times": 2},
    "alg that is not the key's": {"alg": "RS512"},
    "A scope that the client does not have": {"form": {"scope": "national"}},
}
for _name, _asked in TOKENS.items():
    mistake(_name)(lambda scene, asked=_asked: asked_for_token(scene, **asked))  # type: ignore[misc]


@mistake("A token asked for in JSON")
def _(scene: Scene) -> Response:
    return scene.world.http.post("/oauth2/token", json={"grant_type": "client_credentials"})


def told(answer: Response) -> str:
    """The whole answer as one cell of a table: status, code, detail and errors."""
    body = answer.json()
    if "error" in body:
        return f"{answer.status_code} `{body['error']}`: {body['error_description']}"
    errors = [f"`{each.get('pointer', each.get('parameter'))}`: {each['detail']}" for each in body["errors"]]
    more = [f"`{name}`: {json.dumps(body[name])}" for name in body if name not in _COMMON]
    return "<br>".join([f"{body['status']} `{body['code']}`: {body['detail']}", *errors, *more])


_COMMON = {"type", "title", "status", "detail", "instance", "code", "traceId", "errors"}
