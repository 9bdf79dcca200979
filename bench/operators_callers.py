"""Those who call the register on an operator's day: a CCG's system, people of an issuer, the public."""

import ssl
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import loads
from time import time
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization

from app.access.keys import Pair, generate_pair
from app.access.tokens import SigningKey
from app.rules.rounds import RoundPlan
from bench.operators_machine import HOST, NGINX_PORT, PACKED_PORT, ROOT, Machine, Wrong, wait_for

CLIENT, PANEL, NATIONAL = "ccg-07l", "1234", "5678"
# Who applies: the body of the example application.
BODY = "T5601"
# As the document has it; the machine says where it is.
ISSUER = "https://login.example/realms/nhs"
SECONDS_OF_A_TOKEN = 300
PATCH = {"Content-Type": "application/merge-patch+json"}


@dataclass
class Callers:
    """They reach the register through nginx and trust the day's own authority."""

    machine: Machine
    people: Pair
    key: Pair = field(init=False)
    reference: str = field(init=False, default="")

    def __post_init__(self) -> None:
        trusted = ssl.create_default_context(cafile=self.machine.placed("/etc/register/ca.pem"))
        self.http = httpx.Client(base_url=f"https://{HOST}:{NGINX_PORT}", verify=trusted, timeout=30)
        self.packed = httpx.Client(base_url=f"https://{HOST}:{PACKED_PORT}", verify=trusted, timeout=30)

    @property
    def kid(self) -> str:
        """The name of the CCG's key."""
        return self.key.public_jwk["kid"]

    def new_key(self) -> bytes:
        """Give the CCG's system a new key. Its public half, as the CCG would send it."""
        self.key = generate_pair("RS512")
        private = serialization.load_pem_private_key(self.key.private_pem, None)
        return private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def ask(
        self, method: str, path: str, *statuses: int, via: httpx.Client | None = None, **sent: Any
    ) -> httpx.Response:
        """An answer of the register. Raises Wrong if it has another status."""
        answer = (via or self.http).request(method, path, **sent)
        if answer.status_code not in (statuses or (httpx.codes.OK,)):
            raise Wrong(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def ask_for_token(self, *statuses: int) -> httpx.Response:
        """The answer to the CCG's system, which signs with its newest key."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self._signed(
                self.key, "RS512", CLIENT, CLIENT, f"https://{HOST}:{NGINX_PORT}/oauth2/token"
            ),
        }
        return self.ask("POST", "/oauth2/token", *statuses, data=form)

    def token(self) -> dict[str, str]:
        """The header with a new token of the CCG's system."""
        return {"Authorization": f"Bearer {self.ask_for_token().json()['access_token']}"}

    def person(self, subject: str) -> dict[str, str]:
        """The header with a token that the issuer gives somebody."""
        issuer = self.machine.placed(ISSUER)
        return {"Authorization": f"Bearer {self._signed(self.people, 'RS256', issuer, subject, 'register')}"}

    @staticmethod
    def _signed(key: Pair, algorithm: str, issuer: str, subject: str, audience: str) -> str:
        issued = int(time())
        claims = {"iss": issuer, "sub": subject, "aud": audience, "iat": issued, "exp": issued + SECONDS_OF_A_TOKEN}
        signing = SigningKey(key.public_jwk["kid"], algorithm, key.private_pem)
        return signing.sign({**claims, "jti": str(uuid.uuid4())}, typ="JWT")

    def main_job(self) -> None:
        """From a draft to a published decision."""
        self._draft()
        self._mend_a_tag_that_a_proxy_made_weak()
        self._submit()
        self._decide()
        self._announce()

    @property
    def _where(self) -> str:
        return f"/v1/applications/{self.reference}"

    def _at(self, who: dict[str, str]) -> dict[str, str]:
        """The header of somebody, and the version that they look at."""
        return {**who, "If-Match": self.ask("GET", self._where, headers=who).headers["ETag"]}

    def _draft(self) -> None:
        document = loads((ROOT / "openapi/examples/application.json").read_text("utf-8"))
        del document["submission"]
        self.attribution = document["attribution"]
        headers = {**self.token(), "Idempotency-Key": "first"}
        made = self.ask("POST", "/v1/applications", httpx.codes.CREATED, json=document, headers=headers)
        self.reference = made.json()["reference"]

    def _mend_a_tag_that_a_proxy_made_weak(self) -> None:
        """The tag as it came through the packing nginx is taken in `If-Match`, through the same nginx."""
        ccg = self.token()
        read = self.ask("GET", self._where, via=self.packed, headers=ccg)
        tag = read.headers["ETag"]
        if read.headers.get("Content-Encoding") != "gzip" or not tag.startswith("W/"):
            raise Wrong(f"nginx did not pack: {read.headers}")
        body = {"attribution": self.attribution, "proposal": {"summary": "Made up, and mended."}}
        self.ask("PATCH", self._where, via=self.packed, headers={**ccg, **PATCH, "If-Match": tag}, json=body)
        stale = {**ccg, **PATCH, "If-Match": tag}
        self.ask("PATCH", self._where, httpx.codes.PRECONDITION_FAILED, via=self.packed, headers=stale, json=body)

    def _submit(self) -> None:
        body = {"declaredBy": "A. Officer", "attribution": self.attribution}
        headers = {**self._at(self.token()), "Idempotency-Key": "submit"}
        self.ask("POST", f"{self._where}/submission", json=body, headers=headers)

    def _decide(self) -> None:
        outcomes = {
            "panel": {"metOn": f"{datetime.now(UTC):%Y-%m-%d}", "members": ["A. Member"]},
            "outcomes": [{"odsCode": BODY, "outcome": "approved"}],
        }
        panel, national = self.person(PANEL), self.person(NATIONAL)
        self.ask("POST", f"{self._where}/outcomes", httpx.codes.CREATED, json=outcomes, headers=self._at(panel))
        confirmed = {"decision": "confirm"}
        self.ask("POST", f"{self._where}/sign-off", httpx.codes.CREATED, json=confirmed, headers=self._at(national))

    def _announce(self) -> None:
        national, where = self.person(NATIONAL), "/v1/rounds/trial/announcement"
        digest = self.ask("POST", f"{where}/preview", json={}, headers=national).json()["setDigest"]
        self.ask("POST", where, httpx.codes.CREATED, json={"expect": digest}, headers=national)
        self.is_published()

    def is_published(self) -> None:
        """The public reads the decision."""
        told = self.ask("GET", f"/v1/decisions/{self.reference}-{BODY}").json()["outcome"]
        if told != "approved":
            raise Wrong(f"the decision says {told}")

    def checkpoint(self) -> str:
        """The newest public checkpoint."""
        return self.ask("GET", "/v1/log/checkpoint").text

    def wait_for_signatures(self, number: int) -> None:
        """So many keys have signed the newest checkpoint."""
        wait_for(f"a checkpoint of {number} keys", lambda: self.checkpoint().count("\n— ") == number)

    def is_refused(self, old: dict[str, str]) -> None:
        """A token of a key that has gone is not taken."""
        self.ask("GET", self._where, httpx.codes.UNAUTHORIZED, headers=old)

    def has_no_token(self) -> None:
        """A disabled system is given none."""
        self.ask_for_token(httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED)

    def sign_agreement(self) -> None:
        """Both sides have signed the agreement, which is published at once."""
        national, where = self.person(NATIONAL), f"/v1/decisions/{self.reference}-{BODY}"
        version = self.ask("GET", f"{where}/record", headers=national).json()["version"]
        signed = {"state": "signed", "signedOn": f"{datetime.now(UTC):%Y-%m-%d}"}
        self.ask("PUT", f"{where}/agreement", json=signed, headers={**national, "If-Match": f'"v{version}"'})


def round_document(plan: RoundPlan) -> dict[str, Any]:
    """A round in the form in which reading gives it."""
    return {
        "roundId": plan.round_id,
        "title": plan.title,
        "kind": plan.kind,
        "coverage": plan.coverage,
        "opensOn": f"{plan.opens_on}",
        "deadlines": {"delegated": f"{plan.delegated_deadline}", "joint": f"{plan.joint_deadline}"},
        "closesOn": f"{plan.closes_on}",
        "startsOn": f"{plan.starts_on}",
        "countedOn": f"{plan.counted_on}",
    }
