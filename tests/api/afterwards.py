"""What happens to a decision after it, one step a function; each asserts that it succeeded."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from httpx2 import Response

from app.clockwork.ticking import Done, tick
from app.rules.deadlines import start_of
from tests.api.steps import CLIENT_OF, PANEL_OF
from tests.world import ATTRIBUTION, World


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


def ticked(world: World) -> list[Done]:
    return tick(world.database, world.clock.at)


def morning_of(world: World, day: date) -> datetime:
    """The clock set to the instant at which a London day begins, and what is due then done."""
    world.clock.at = start_of(day)
    ticked(world)
    return world.clock.at
