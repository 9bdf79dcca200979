"""What happens to a decision after it, one step a function; each asserts that it succeeded."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from httpx2 import Response

from app.casework.organisations import import_organisations
from app.clockwork.jobs import Done, tick
from app.records import organisations
from app.rules.bodies import OrganisationRecord
from app.rules.deadlines import start_of
from tests.api.steps import CLIENT_OF, PANEL_OF, announced, granted, recorded, signed_off, submitted
from tests.world import ATTRIBUTION, World, outcome


@dataclass(frozen=True)
class Decided:
    """A decision: where it is, and whose."""

    decision_id: str
    code: str

    @property
    def where(self) -> str:
        return f"/v1/decisions/{self.decision_id}"

    def panel(self, number: int = 2) -> str:
        return f"{PANEL_OF.get(self.code, 'london')}-panel-{number}"

    @property
    def client(self) -> str:
        return CLIENT_OF[self.code]


def decided(reference: str, code: str) -> Decided:
    return Decided(f"{reference}-{code}", code)


def recorded_as(world: World, at: Decided, by: str) -> dict[str, Any]:
    """The record as a person sees it."""
    answer = world.person(by).get(f"{at.where}/record")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"v{found["version"]}"'
    return found


def etag(world: World, at: Decided) -> str:
    return f'"v{recorded_as(world, at, "national-1")["version"]}"'


def _ok(answer: Response, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def evidenced(
    world: World, at: Decided, condition: str = "c1", text: str = "The minutes are attached."
) -> dict[str, Any]:
    link = {"url": "https://ccg.example/minutes.pdf", "sha256": "ab" * 32, "title": "Minutes"}
    body = {"text": text, "links": [link], "attribution": ATTRIBUTION}
    return _ok(world.system(at.client).post(f"{at.where}/conditions/{condition}/evidence", body))


def discharged(world: World, at: Decided, condition: str = "c1", number: int = 2) -> dict[str, Any]:
    where = f"{at.where}/conditions/{condition}/discharge"
    return _ok(world.person(at.panel(number)).post(where, {"note": "Seen."}, if_match=etag(world, at)))


def lapsed(world: World, at: Decided, condition: str = "c1") -> dict[str, Any]:
    where = f"{at.where}/conditions/{condition}/lapse"
    body = {"reason": "Nothing came in time."}
    return _ok(world.person("national-1").post(where, body, if_match=etag(world, at)))


def signed(world: World, at: Decided, day: date, **members: Any) -> dict[str, Any]:
    body = {"state": "signed", "signedOn": day.isoformat(), **members}
    return _ok(world.person("national-1").put(f"{at.where}/agreement", body, if_match=etag(world, at)), 200)


def not_taken_up(world: World, at: Decided) -> dict[str, Any]:
    body = {"state": "not_taken_up"}
    return _ok(world.person("national-1").put(f"{at.where}/agreement", body, if_match=etag(world, at)), 200)


def noticed(world: World, at: Decided, **members: Any) -> dict[str, Any]:
    return _ok(world.system(at.client).post(f"{at.where}/notice", {"attribution": ATTRIBUTION, **members}))


def proposed(world: World, at: Decided, what: str, body: dict[str, Any], by: str = "national-1") -> dict[str, Any]:
    return _ok(world.person(by).post(f"{at.where}/{what}", body, if_match=etag(world, at)))


def confirmed(world: World, at: Decided, by: str = "national-2") -> dict[str, Any]:
    """The open proposal about a decision, confirmed by a second person."""
    record = recorded_as(world, at, by)
    return _ok(world.person(by).post(record["proposal"]["href"], None, if_match=f'"v{record["version"]}"'))


def revoked(world: World, at: Decided, **members: Any) -> dict[str, Any]:
    body = {"reason": "In special measures.", "legalBasis": "NHS Act 2006, section 14Z21", **members}
    proposed(world, at, "revocation", body)
    return confirmed(world, at)


def waived(world: World, at: Decided, condition: str = "c1", **members: Any) -> dict[str, Any]:
    proposed(world, at, f"conditions/{condition}/waiver", {"reason": "No longer needed.", **members})
    return confirmed(world, at)


def corrected(world: World, at: Decided, outcome: dict[str, Any], reason: str = "Read out wrongly.") -> Decided:
    proposed(world, at, "correction", {"reason": reason, **outcome})
    return Decided(confirmed(world, at)["decisionId"], at.code)


def closing_known(world: World, closing: date, *codes: str) -> None:
    """A newer source says on which day these CCGs close."""
    with world.database.writing() as session:
        known = organisations.all_known(session)
        closed = [_closed(known[code], closing) for code in codes]
        import_organisations(session, closed, actor="test", at=world.clock.at)


def _closed(record: OrganisationRecord, closed_on: date) -> OrganisationRecord:
    last = replace(record.facts[-1], valid_to=closed_on)
    known_to = max(record.known_to, closed_on)
    return replace(record, closed_on=closed_on, known_to=known_to, facts=(*record.facts[:-1], last))


def ticked(world: World) -> list[Done]:
    return tick(world.database, world.clock.at)


def morning_of(world: World, day: date) -> datetime:
    """The clock set to the instant at which a London day begins, and what is due then done."""
    world.clock.at = start_of(day)
    ticked(world)
    return world.clock.at


# --- what it should come to ---------------------------------------------------------------------

NAMES = {
    "10T": ("NHS Slough CCG", "Y57"),
    "07T": ("NHS City and Hackney CCG", "Y56"),
    "02W": ("NHS Bradford City CCG", "Y54"),
    "05W": ("NHS Stoke on Trent CCG", "Y55"),
    "05C": ("NHS Dudley CCG", "Y55"),
}
AWAITED: dict[str, Any] = {
    "level": "delegated",
    "standing": "not_started",
    "agreement": "awaited",
    "signedOn": None,
    "promotedOn": None,
    "inForceFrom": "2015-04-01",
    "inForceTo": None,
    "endedBy": None,
    "endReason": None,
    "legalBasis": None,
    "notice": None,
}
SECOND = {"text": "Appoint a lay chair.", "reasonCode": "conflicts_of_interest", "dueOn": "2015-01-31"}


class Anything:
    """Equal to whatever stands there: for what another test reads word by word."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return True


# ``tests.api.test_heard`` reads what is said and done about decisions.
TOLD_ELSEWHERE = Anything()


FUNCTIONS = ["gms_pms_apms_contracts", "new_practices"]


def record_of(at: Decided, **members: Any) -> dict[str, Any]:
    """The whole record of a decision of noon on 15 December 2014, approved unless something else is said of it."""
    reference = at.decision_id.removesuffix(f"-{at.code}")
    name, region = NAMES[at.code]
    record: dict[str, Any] = {
        "decisionId": at.decision_id,
        "reference": reference,
        "odsCode": at.code,
        "name": name,
        "regionCode": region,
        "roundId": "2015-16",
        "trial": False,
        "requestedLevel": "delegated",
        "outcome": "approved",
        "grantedLevel": "delegated",
        "chosenBy": None,
        "scaledDownTo": None,
        "scaledDownReason": None,
        "functions": FUNCTIONS,
        "effectiveFrom": "2015-04-01",
        "state": "published",
        "version": 2,
        "decidedOn": "2014-12-15",
        "signedOffOn": "2014-12-15",
        "publishedAt": "2014-12-15T12:00:00Z",
        "supersedes": None,
        "supersededBy": None,
        "correctionReason": None,
        "succeeds": None,
        "confirmedLate": None,
        "reasons": [],
        "conditions": [],
        "grant": AWAITED,
        "acts": TOLD_ELSEWHERE,
        "proposal": None,
        "pastProposals": [],
        "nextActions": [],
        "receipt": None,
        "links": {
            "self": f"{at.where}/record",
            "public": at.where,
            "application": f"/v1/applications/{reference}",
            "organisation": f"/v1/organisations/{at.code}",
            "round": "/v1/rounds/2015-16",
        },
    }
    return {**record, **members}


def condition_of(number: int, said: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A condition of a record: open, without evidence and not overdue, unless something else is said of it."""
    fresh: dict[str, Any] = {"state": "open", "settledOn": None, "isOverdue": False, "evidence": []}
    return {"id": f"c{number}", **said, **fresh, **members}


def action(at: Decided, rel: str, path: str, scope: str = "national", method: str = "POST") -> dict[str, str]:
    href = path if path.startswith("/v1/") else f"{at.where}/{path}"
    return {"rel": rel, "method": method, "href": href, "scope": scope}


def conditional(world: World, code: str, *conditions: dict[str, Any], round_id: str = "2015-16") -> Decided:
    """Approved with conditions, and announced."""
    said = {"conditions": list(conditions)} if conditions else {}
    at = recorded(world, submitted(world, code, round_id=round_id), outcome(code, "conditional", **said))
    at = signed_off(world, at)
    announced(world, round_id)
    return decided(at.reference, code)


def approved(world: World, code: str, **asked: Any) -> Decided:
    """Approved, and announced."""
    return decided(granted(world, code, **asked).reference, code)


def published_since(world: World, sequence: int) -> list[dict[str, Any]]:
    """What was published after a sequence, without the sequence and what history alone says."""
    found = world.public.get(f"/v1/changes?after={sequence}&limit=200").json()["results"]
    return [
        {name: each[name] for name in ("type", "decisionId", "occurredOn", "recordedAt", "dueAt")} for each in found
    ]


def public_sequence(world: World) -> int:
    found: int = world.public.get("/v1/approvals").json()["publicSequence"]
    return found


def published(at: Decided, kind: str, day: date | str, recorded_at: str, due_at: str | None = None) -> dict[str, Any]:
    """One change, as ``published_since`` gives it."""
    return {
        "type": kind,
        "decisionId": at.decision_id,
        "occurredOn": str(day),
        "recordedAt": recorded_at,
        "dueAt": due_at,
    }


HELD = ("outcome", "grantedLevel", "standing", "agreement", "inForceFrom", "inForceTo", "endedBy")


def shown_as(row: dict[str, Any] | None, *names: str) -> tuple[Any, ...] | None:
    """The members of a public row that acts on its decision move; None where there is no row."""
    return None if row is None else tuple(row[name] for name in names or HELD)


def stand_of(world: World, code: str) -> dict[str, Any]:
    """What the public reads of a CCG: its position, what it holds, what is granted ahead; both addresses agree."""
    holds, organisation = (world.public.get(f"/v1/{place}/{code}").json() for place in ("approvals", "organisations"))
    for name in ("current", "next"):
        assert shown_as(holds[name]) == shown_as(organisation[name])
    return {
        "position": organisation["position"],
        "current": shown_as(holds["current"]),
        "next": shown_as(holds["next"]),
        "past": [shown_as(row) for row in holds["past"]],
    }


def in_force_on(world: World, day: date | str, **filters: str) -> list[str]:
    """The CCGs that hold something on a day, as the listing says."""
    asked = "".join(f"&{name}={value}" for name, value in filters.items())
    return [row["odsCode"] for row in world.public.get(f"/v1/approvals?on={day}&limit=200{asked}").json()["results"]]
