"""A small world to test in: a register with the real CCGs, a fixed clock, systems with keys, people with roles.

Systems get their tokens as in life, by a signed assertion at the token endpoint. Every answer is
held against the published OpenAPI document on its way to the test.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from anyio.from_thread import BlockingPortal
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx2 import Response

from app.access.issuers import development_token, read_development_key
from app.access.keys import Pair, generate_pair
from app.access.tokens import SigningKey
from app.casework.organisations import import_organisations
from app.casework.registration import register_client, register_person
from app.casework.rounds import put_round
from app.clockwork.signing import Signer
from app.main import create_app
from app.records.clients import ClientKey
from app.records.session import Database
from app.rules.rounds import RoundPlan
from app.settings import Settings
from tests.facts import ccgs_of_2019
from tests.in_process import client_of, shared_loop
from tests.published import contract_of

NOON = datetime(2014, 12, 15, 12, 0, tzinfo=UTC)
PUBLIC_URL = "http://register.test"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

REAL_ROUND = RoundPlan(
    round_id="2015-16",
    title="2015-16, made up for the tests",
    kind="real",
    coverage="complete",
    opens_on=date(2014, 11, 10),
    delegated_deadline=date(2015, 1, 9),
    joint_deadline=date(2015, 1, 30),
    closes_on=date(2015, 3, 31),
    starts_on=date(2015, 4, 1),
    counted_on=date(2015, 2, 18),
)
TRIAL_ROUND = RoundPlan(
    round_id="trial",
    title="A trial round",
    kind="trial",
    coverage="complete",
    opens_on=date(2014, 12, 1),
    delegated_deadline=date(2015, 1, 20),
    joint_deadline=date(2015, 2, 10),
    closes_on=date(2015, 3, 31),
    starts_on=date(2015, 4, 1),
    counted_on=date(2014, 12, 1),
)
# Region: North Y54, Midlands and East Y55, London Y56, South Y57. NORTH_WEST_LONDON applied as one.
NORTH_WEST_LONDON = ("07P", "07W", "09A", "08C", "08E", "08G", "07Y", "08Y")
SYSTEMS = {
    "slough": ("10T",),
    "hackney": ("07T",),
    "bradford": ("02W",),
    "stoke": ("05W",),
    "north-west-london": NORTH_WEST_LONDON,
    "dudley": ("05C",),
    "brent": ("07P",),
}
PEOPLE: dict[str, dict[str, Any]] = {
    f"{word}-panel-{number}": {"role": "panel", "regions": [code], "interests": []}
    for word, code in (("north", "Y54"), ("midlands", "Y55"), ("london", "Y56"), ("south", "Y57"))
    for number in (1, 2)
} | {
    "south-panel-interested": {"role": "panel", "regions": ["Y57"], "interests": ["10T"]},
    "london-panel-interested": {"role": "panel", "regions": ["Y56"], "interests": ["08G"]},
    "national-1": {"role": "national", "regions": [], "interests": []},
    "national-2": {"role": "national", "regions": [], "interests": []},
    "national-interested": {"role": "national", "regions": [], "interests": ["10T"]},
    "admin-1": {"role": "admin", "regions": [], "interests": []},
}


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def move_to(self, at: datetime) -> None:
        self.at = at

    def move_by(self, **spans: float) -> None:
        self.at += timedelta(**spans)


@dataclass
class Speaker:
    """Somebody who calls: headers are added, JSON is sent, and every answer is checked against the contract."""

    world: "World"
    token: str | None = None
    name: str = "public"

    def get(self, path: str, **headers: str) -> Response:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: Any, *, if_match: str | None = None, **headers: str) -> Response:
        """POST with an Idempotency-Key of its own, unless the test names one (``Idempotency_Key=…``)."""
        headers.setdefault("Idempotency_Key", str(uuid.uuid4()))
        if if_match is not None:
            headers["If_Match"] = if_match
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, *, if_match: str | None = None, **headers: str) -> Response:
        if if_match is not None:
            headers["If_Match"] = if_match
        return self.send("PATCH", path, body, Content_Type="application/merge-patch+json", **headers)

    def put(self, path: str, body: Any, *, if_match: str | None = None, **headers: str) -> Response:
        if if_match is not None:
            headers["If_Match"] = if_match
        return self.send("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Response:
        return self.send("DELETE", path, None, **headers)

    def send(self, method: str, path: str, body: Any, **headers: str) -> Response:
        """Send one request; underscores in header names stand for hyphens, empty headers are left out."""
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        response = self.world.http.request(method, path, content=content, headers=sent)
        self.world.contract.check(method, response)
        return response


@dataclass
class World:
    """A register in which systems and people are registered, and the clock stands at ``clock.at``.

    ``portal`` leads to the event loop in which it answers, if that is not the one that all share.
    """

    database: Database
    settings: Settings
    pairs: dict[str, Pair]
    clock: Clock = field(default_factory=Clock)
    portal: BlockingPortal | None = None

    def __post_init__(self) -> None:
        self.app = create_app(self.settings, database=self.database, clock=self.clock)
        self.http = client_of(self.app, lambda: self.portal or shared_loop(), PUBLIC_URL)
        self.contract = contract_of(self.app)
        self.public = Speaker(self)
        # A memory of its own: worlds share the key, and each has a log.
        assert self.settings.log_key_file is not None
        memory = self.settings.log_key_file.with_name(f"memory-{uuid.uuid4().hex}")
        self.signer = Signer(self.app.state.log_keys, memory, self.app.state.log_tree)

    def sign(self) -> int:
        """Let the clockwork sign what is due."""
        return self.signer.sign(self.database, self.clock.at)

    def system(self, client_id: str) -> Speaker:
        """A CCG system with a fresh token."""
        pair = self.pairs[client_id]
        issued = int(self.clock.at.timestamp())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.settings.token_url,
            "iat": issued,
            "exp": issued + 300,
            "jti": str(uuid.uuid4()),
        }
        assertion = SigningKey(pair.public_jwk["kid"], pair.public_jwk["alg"], pair.private_pem).sign(claims, typ="JWT")
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        response = self.http.post("/oauth2/token", data=form)
        assert response.status_code == 200, response.text
        return Speaker(self, response.json()["access_token"], client_id)

    def person(self, subject: str) -> Speaker:
        """A person with a token of the development issuer."""
        key = read_development_key(self.settings)
        assert key is not None
        return Speaker(self, development_token(self.settings, key, subject, at=self.clock.at), subject)


def make_pairs() -> dict[str, Pair]:
    """A key pair for each system: ES256, since those are made at once."""
    return {client_id: generate_pair("ES256") for client_id in SYSTEMS}


def small_token_key() -> bytes:
    """A key for tokens as PEM, of the smallest size that is accepted: each server of a test reads it anew."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def people_the_world(database: Database, settings: Settings, pairs: dict[str, Pair]) -> None:
    """Import the CCGs, put the rounds, register systems and people: what every test of the world starts from."""
    at = datetime(2014, 11, 1, 9, 0, tzinfo=UTC)
    with database.writing() as session:
        import_organisations(session, ccgs_of_2019(session), actor="test", at=at)
        for plan in (REAL_ROUND, TRIAL_ROUND):
            put_round(session, plan, actor="test", at=at)
        for client_id, codes in SYSTEMS.items():
            public = pairs[client_id].public_jwk
            jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}
            register_client(
                session,
                client_id=client_id,
                name=f"System of {client_id}",
                ods_codes=codes,
                scopes=["applications"],
                keys=[ClientKey(public["kid"], "ES256", jwk)],
                actor="test",
                at=at,
            )
        for subject, person in PEOPLE.items():
            register_person(
                session,
                issuer=settings.development_issuer,
                subject=subject,
                name=f"{subject} (made up)",
                role=person["role"],
                regions=person["regions"],
                interests=person["interests"],
                actor="test",
                at=at,
            )


def application(
    *members: str, level: str = "delegated", round_id: str = "2015-16", submitted: bool = True
) -> dict[str, Any]:
    """A complete application of some CCGs, the first in the lead."""
    kind = "primary_care_commissioning_committee" if level == "delegated" else "joint_committee"
    document: dict[str, Any] = {
        "roundId": round_id,
        "requestedLevel": level,
        "leadOdsCode": members[0],
        "memberOdsCodes": list(members),
        "proposal": {
            "summary": "Made up for a test.",
            "benefits": {"integration": "Closer.", "quality": "Better.", "inequalities": "Fewer."},
            "functions": ["gms_pms_apms_contracts", "new_practices"],
            "governance": {
                "committee": {
                    "kind": kind,
                    "layChair": True,
                    "layAndExecutiveMajority": True,
                    "termsOfReferenceUrl": "https://ccg.example/terms",
                },
                "constitution": {"state": "agreed_by_members", "agreedOn": "2014-12-10"},
            },
            "conflictsOfInterest": {
                "policyUrl": "https://ccg.example/policy",
                "registerOfInterestsUrl": "https://ccg.example/interests",
                "lastReviewedOn": "2014-12-01",
            },
            "finance": {
                "primaryCareSpendPounds": 64000000,
                "currentYearForecastSurplusPercent": 1.0,
                "plannedSurplusPercent": 1.0,
                "meetsBusinessRules": True,
                "narrative": "Sound.",
            },
            "capacity": {"narrative": "Enough.", "interimLeadership": False},
            "engagement": {"membersAgreedOn": "2014-12-11", "narrative": "All practices met."},
        },
        "signatories": [{"name": "A. Officer", "role": "accountable_officer", "signedOn": "2014-12-12"}],
        "attribution": {"name": "A. Clerk", "email": "clerk@ccg.example", "userId": "u1"},
    }
    if submitted:
        document["submission"] = {"declaredBy": "A. Officer"}
    return document


ATTRIBUTION = {"name": "A. Clerk", "email": "clerk@ccg.example", "userId": "u1"}
PANEL = {"metOn": "2014-12-15", "members": ["One", "Two"], "recusals": []}
REASON = {"code": "leadership", "text": "Uncertain interim management."}
CONDITION = {"text": "Complete the governance changes.", "reasonCode": "governance", "dueOn": "2015-03-01"}


def outcome(code: str, word: str, **members: Any) -> dict[str, Any]:
    """An outcome for one CCG with what that outcome must carry."""
    carried: dict[str, dict[str, Any]] = {
        "approved": {},
        "conditional": {"conditions": [CONDITION]},
        "rejected": {"reasons": [REASON]},
        "downgraded_to_joint": {"reasons": [REASON], "chosenBy": "panel"},
    }
    return {"odsCode": code, "outcome": word, **carried[word], **members}


def outcomes(*each: dict[str, Any]) -> dict[str, Any]:
    """What the panel sends: its meeting and one outcome for each member."""
    return {"panel": PANEL, "outcomes": list(each)}
