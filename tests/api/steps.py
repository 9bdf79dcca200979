"""The way of an application through the register, one step a function, and what a refusal looks like.

A step does its act over HTTP, asserts that it succeeded, and says where the application is and
which version it has now, so that the next step can be taken.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from httpx2 import Response

from app.access.keys import generate_pair
from app.casework.registration import register_client
from app.casework.rounds import put_round
from app.records import ledger
from app.records.clients import ClientKey
from app.rules.rounds import RoundPlan
from tests.world import ATTRIBUTION, NORTH_WEST_LONDON, World, application, outcome, outcomes

CLIENT_OF = {
    "10T": "slough",
    "07T": "hackney",
    "02W": "bradford",
    "05W": "stoke",
    "05C": "dudley",
    **dict.fromkeys(NORTH_WEST_LONDON, "north-west-london"),
    "02R": "bradford-districts",  # which a test registers
    "10G": "berkshire",  # likewise
}
PANEL_OF = {
    "10T": "south",
    "10G": "south",
    "15D": "south",
    "02W": "north",
    "02R": "north",
    "05W": "midlands",
    "05C": "midlands",
}
SUBMIT = {"declaredBy": "A. Officer", "attribution": ATTRIBUTION}
SCALE_DOWN = {
    "level": "joint",
    "reason": {"code": "financial_position", "text": "The finances are not settled."},
    "attribution": ATTRIBUTION,
}
WITHDRAW = {"attribution": ATTRIBUTION}
CONFIRM = {"decision": "confirm"}
RETURN = {"decision": "return", "note": "Look at the finances again."}
LICENSED: dict[str, Any] = {
    "licence": {
        "name": "Open Government Licence v3.0",
        "href": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    },
    "attribution": "Contains public sector information licensed under the Open Government Licence v3.0 "
    "(NHS Digital Organisation Data Service; Office for National Statistics).",
}


@dataclass(frozen=True)
class At:
    """Where an application is, which version it has, and its members."""

    where: str
    etag: str
    members: tuple[str, ...]

    @property
    def reference(self) -> str:
        return self.where.rpartition("/")[2]

    @property
    def lead(self) -> str:
        return self.members[0]

    @property
    def client(self) -> str:
        return CLIENT_OF[self.lead]

    def panel(self, number: int = 1) -> str:
        return f"{PANEL_OF.get(self.lead, 'london')}-panel-{number}"

    def decision(self, code: str | None = None) -> str:
        return f"/v1/decisions/{self.reference}-{code or self.lead}"


def created(world: World, *members: str, level: str = "delegated", round_id: str = "2015-16", **sent: bool) -> At:
    answer = world.system(CLIENT_OF[members[0]]).post(
        "/v1/applications", application(*members, level=level, round_id=round_id, **sent)
    )
    assert answer.status_code == 201, answer.text
    return At(answer.headers["location"], answer.headers["etag"], members)


def drafted(world: World, *members: str, level: str = "delegated", round_id: str = "2015-16") -> At:
    return created(world, *members, level=level, round_id=round_id, submitted=False)


def submitted(world: World, *members: str, level: str = "delegated", round_id: str = "2015-16") -> At:
    return created(world, *members, level=level, round_id=round_id)


def acted(at: At, answer: Response, status: int = 201) -> At:
    assert answer.status_code == status, answer.text
    return replace(at, etag=answer.headers["etag"])


def handed_in(world: World, at: At) -> At:
    """A draft submitted, or an application submitted again."""
    return acted(at, world.system(at.client).post(f"{at.where}/submission", SUBMIT), 200)


def withdrawn(world: World, at: At) -> At:
    return acted(at, world.system(at.client).post(f"{at.where}/withdrawal", WITHDRAW), 200)


def scaled_down(world: World, at: At) -> At:
    """The CCGs of an application that was submitted choose joint commissioning themselves."""
    return acted(at, world.system(at.client).post(f"{at.where}/scale-down", SCALE_DOWN, if_match=at.etag), 200)


def agreed(world: World, at: At, code: str, client: str) -> At:
    body = {"odsCode": code, "attribution": ATTRIBUTION}
    return acted(at, world.system(client).post(f"{at.where}/consents", body))


def left(world: World, at: At, code: str, client: str) -> At:
    """One member is out of the application; the others are those it has now."""
    answer = world.system(client).post(f"{at.where}/withdrawal", {"odsCode": code, "attribution": ATTRIBUTION})
    return replace(acted(at, answer, 200), members=tuple(each for each in at.members if each != code))


def assessed(world: World, at: At, criterion: str, rating: str = "met") -> At:
    body = {"rating": rating, "justification": f"Why {criterion} is {rating}."}
    panel, path = world.person(at.panel()), f"{at.where}/assessments/{criterion}"
    before = panel.get(path)
    if before.status_code == 404:
        answer = panel.put(path, body, If_None_Match="*")
    else:
        answer = panel.put(path, body, if_match=before.headers["etag"])
    assert answer.status_code == (201 if before.status_code == 404 else 200), answer.text
    return at


def extended(
    world: World, code: str, until: str, level: str = "delegated", round_id: str = "2015-16"
) -> dict[str, Any]:
    """More time for the first submission of a CCG."""
    body = {"odsCode": code, "level": level, "until": until, "reason": "The board meets late."}
    answer = world.person("national-1").post(f"/v1/rounds/{round_id}/extensions", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def changes_extended(world: World, at: At, until: str, round_id: str = "2015-16") -> At:
    """More time for the changes that are awaited."""
    body = {"reference": at.reference, "until": until, "reason": "The accounts are audited."}
    return acted(at, world.person("national-1").post(f"/v1/rounds/{round_id}/extensions", body, if_match=at.etag))


def changes_requested(world: World, at: At, due_on: str = "2014-12-20") -> At:
    body = {"items": [{"pointer": "/proposal/summary", "text": "Say more."}], "dueOn": due_on}
    return acted(at, world.person(at.panel()).post(f"{at.where}/change-requests", body, if_match=at.etag))


def recorded(world: World, at: At, *each: dict[str, Any]) -> At:
    """The first panel member of the region records outcomes: all approved unless others are given."""
    body = outcomes(*(each or [outcome(code, "approved") for code in at.members]))
    return acted(at, world.person(at.panel()).post(f"{at.where}/outcomes", body, if_match=at.etag))


def signed_off(world: World, at: At, by: str = "national-1", body: dict[str, Any] | None = None) -> At:
    return acted(at, world.person(by).post(f"{at.where}/sign-off", body or CONFIRM, if_match=at.etag))


def returned(world: World, at: At, by: str = "national-1") -> At:
    return signed_off(world, at, by, RETURN)


def previewed(world: World, round_id: str = "2015-16", **asked: Any) -> dict[str, Any]:
    answer = world.person("national-1").post(f"/v1/rounds/{round_id}/announcement/preview", asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def announced(world: World, round_id: str = "2015-16", **asked: Any) -> dict[str, Any]:
    """Previewed and announced at once."""
    expect = previewed(world, round_id, **asked)["setDigest"]
    answer = world.person("national-1").post(f"/v1/rounds/{round_id}/announcement", {**asked, "expect": expect})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def granted(world: World, code: str, level: str = "delegated", round_id: str = "2015-16", word: str = "approved") -> At:
    """One CCG's application from its submission to the announcement of an outcome."""
    at = recorded(world, submitted(world, code, level=level, round_id=round_id), outcome(code, word))
    at = signed_off(world, at, "national-1" if level == "delegated" else at.panel(2))
    announced(world, round_id, levels=[level])
    return at


def declared(world: World, code: str, level: str = "greater_involvement", round_id: str = "2015-16") -> dict[str, Any]:
    body = {"odsCode": code, "roundId": round_id, "level": level, "attribution": ATTRIBUTION}
    answer = world.system(CLIENT_OF[code]).post("/v1/declarations", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- what no route puts there yet ---------------------------------------------------------------


def made_round(world: World, round_id: str, **changed: Any) -> str:
    """Put a round of the test's own: a real one for 2016-17 that is open already, unless told otherwise."""
    plan = RoundPlan(
        round_id=round_id,
        title=f"Round {round_id}, made up for the tests",
        kind="real",
        coverage="complete",
        opens_on=date(2014, 12, 1),
        delegated_deadline=date(2015, 3, 1),
        joint_deadline=date(2015, 3, 1),
        closes_on=date(2015, 3, 31),
        starts_on=date(2016, 4, 1),
        counted_on=date(2014, 12, 1),
    )
    with world.database.writing() as session:
        put_round(session, replace(plan, **changed), actor="test", at=world.clock.at)
    return round_id


def registered(world: World, client_id: str, scopes: list[str], **places: list[str]) -> str:
    """Register one more system, with a key of its own."""
    pair = generate_pair("ES256")
    world.pairs = {**world.pairs, client_id: pair}
    jwk = {name: pair.public_jwk[name] for name in ("kty", "crv", "x", "y")}
    key = ClientKey(pair.public_jwk["kid"], "ES256", jwk)
    with world.database.writing() as session:
        register_client(
            session,
            client_id=client_id,
            name=client_id,
            scopes=scopes,
            keys=[key],
            actor="test",
            at=world.clock.at,
            **places,
        )
    return client_id


def log_size(world: World) -> int:
    with world.database.reading() as session:
        return ledger.head(session).size


# --- refusals -----------------------------------------------------------------------------------


def problem(answer: Response, status: int, code: str, detail: str, *errors: Any, **extra: Any) -> dict[str, Any]:
    """The whole problem document that an answer should be; ``errors`` are pairs of place and detail.

    Places that start with a slash or are empty are pointers, others are names of parameters.
    """
    return {
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": answer.request.url.path,
        "code": code,
        "traceId": answer.headers["x-request-id"],
        "errors": [
            {"pointer" if place.startswith("/") or not place else "parameter": place, "detail": text}
            for place, text in errors
        ],
        **extra,
    }


def assert_refused(answer: Response, status: int, code: str, detail: str, *errors: Any, **extra: Any) -> None:
    """The answer is this refusal, whole: status, media type and every member of its body."""
    expected = problem(answer, status, code, detail, *errors, **extra)
    assert answer.json() == expected, f"answered {answer.json()}, expected {expected}"
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


NOTHING_HERE = (404, "not-found", "There is nothing at this address, or nothing that you may see.")
UNRECOGNISED = (401, "unrecognised", "A valid access token is needed, as Authorization: Bearer.")


class Worded(str):
    """A sentence whose number may be any: equal to each text of that form."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        form = re.escape(self).replace("N", r"[1-9][0-9]*")
        return isinstance(other, str) and re.fullmatch(form, other) is not None


STALE = (412, "stale", Worded("The record is at version N now, not at the one that If-Match names. Read it again."))
NO_VERSION = (
    412,
    "stale",
    Worded('If-Match names no version. Read the record again: it is at version N, If-Match: "vN".'),
)
IF_MATCH_REQUIRED = (
    428,
    "if-match-required",
    'Read the record, and send the version that you looked at, such as If-Match: "v3". * names none.',
)
PERSON_REQUIRED = (403, "person-required", "A system reads only; this needs a person's own token.")
