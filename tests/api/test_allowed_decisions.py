"""``nextActions`` of a decision names what its reader may do now, and nothing else: every state, reader and act.

Each act is sent over HTTP to a register that takes every act and keeps none.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from httpx2 import Response

from app.records.session import BUSY_SECONDS, Database, Session
from tests.api.conftest import SettledWorld
from tests.api.post_decision import (
    Decided,
    approved,
    closing_known,
    conditional,
    corrected,
    decided,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    proposed,
    revoked,
    signed,
)
from tests.api.steps import announced, recorded, signed_off, submitted
from tests.world import ATTRIBUTION, CONDITION, REASON, World, outcome

NOW = datetime(2015, 10, 5, 12, 0, tzinfo=UTC)
# Who reads every decision, in the words of a decision.
CALLERS = ("its own system", "who recorded it", "another of the panel", "national-1", "national-2")
# Who reads some of them, or none.
OTHERS = (
    ("with conditions", "hackney"),
    ("with conditions", "brent"),
    ("with conditions", "south-panel-1"),
    ("with conditions", "london-panel-interested"),
    ("not taken up", "national-interested"),
    ("correction proposed", "national-interested"),
)
REVOCATION = {"reason": "In special measures.", "legalBasis": "NHS Act 2006"}
CORRECTION = {"reason": "Read out wrongly.", "outcome": "rejected", "reasons": [REASON]}
WAIVER = {"reason": "No longer needed."}
AGREEMENT = {"reason": "Not yet.", "state": "awaited"}
NOTICE_WITHDRAWAL = {"reason": "We stay.", "attribution": ATTRIBUTION}
# Each act with its method, its address below the decision and a body that fits.
ACTS: dict[str, tuple[str, str, Any]] = {
    "give-notice": ("POST", "notice", {"attribution": ATTRIBUTION}),
    "withdraw-notice": ("POST", "notice/withdrawal", NOTICE_WITHDRAWAL),
    "move-notice": ("POST", "notice", {"lastDay": "2015-12-31", "reason": "Both agreed."}),
    "settle-agreement": ("PUT", "agreement", {"state": "not_taken_up"}),
    "propose-agreement-correction": ("POST", "agreement/correction", AGREEMENT),
    "propose-correction": ("POST", "correction", CORRECTION),
    "propose-revocation": ("POST", "revocation", REVOCATION),
}
OF_CONDITIONS: dict[str, tuple[str, Any]] = {
    "give-evidence": ("evidence", {"text": "See the minutes.", "attribution": ATTRIBUTION}),
    "discharge": ("discharge", {"note": "Seen."}),
    "lapse": ("lapse", {"reason": "Nothing came."}),
    "propose-waiver": ("waiver", WAIVER),
}
OF_PROPOSALS: dict[str, tuple[str, Any]] = {
    "confirm": ("confirmation", None),
    "withdraw-proposal": ("withdrawal", {"note": "A mistake."}),
}
BY_SYSTEMS = {"give-notice", "withdraw-notice", "give-evidence"}
REFUSED = {403, 404, 409}


class Forgetful(Database):
    """A database that does what it is told, and keeps nothing of it."""

    @contextmanager
    def writing(self, patience: float = BUSY_SECONDS) -> Iterator[Session]:
        with super().writing(patience) as session:
            yield session
            session.rollback()


class Stage:
    """Decisions in every state, by name, on 5 October 2015."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at: dict[str, Decided] = {}
        self._decided()
        self._settled()
        self._proposed()
        world.clock.move_to(NOW)

    def _decided(self) -> None:
        world, at = self.world, self.at
        members = ("07W", "07P", "09A", "08C", "08E", "08G", "07Y", "08Y")
        later = CONDITION | {"dueOn": "2016-06-01"}
        said = {
            "07W": outcome("07W", "conditional", conditions=[later, later]),
            "09A": outcome("09A", "conditional"),
            "07Y": outcome("07Y", "rejected"),
        }
        case = recorded(
            world, submitted(world, *members), *(said.get(code, outcome(code, "approved")) for code in members)
        )
        case = signed_off(world, case)
        announced(world)
        names = ("with conditions", "in force", "overdue", "noticed", "too late", "ending", "rejected", "over")
        at.update({name: decided(case.reference, code) for name, code in zip(names, members, strict=True)})
        at["awaited"] = approved(world, "07T")
        at["not taken up"] = approved(world, "10T")
        at["hidden notice"] = approved(world, "02W")
        at["lapsed"] = conditional(world, "05W")
        at["waiver proposed"] = conditional(world, "05C", CONDITION | {"dueOn": "2016-06-01"})
        at["corrected"] = approved(world, "05C", round_id="trial")
        at["revocation proposed"] = approved(world, "07T", round_id="trial")
        at["correction proposed"] = approved(world, "10T", round_id="trial")
        at["agreement proposed"] = approved(world, "02W", round_id="trial")
        embargoed = signed_off(world, recorded(world, submitted(world, "05W", round_id="trial")))
        at["signed off"] = decided(embargoed.reference, "05W")

    def _settled(self) -> None:
        world, at = self.world, self.at
        for name in ("in force", "noticed", "too late", "ending", "over", "hidden notice", "agreement proposed"):
            signed(world, at[name], date(2014, 12, 15))
        not_taken_up(world, at["not taken up"])
        at["correction"] = corrected(world, at["corrected"], {k: v for k, v in CORRECTION.items() if k != "reason"})
        morning_of(world, date(2015, 7, 6))
        lapsed(world, at["lapsed"])
        noticed(world, at["too late"])
        noticed(world, at["hidden notice"], lastDay="2021-03-31")
        closing_known(world, date(2020, 3, 31), "02W")
        revoked(world, at["ending"], lastDay="2016-05-19")
        revoked(world, at["over"])
        morning_of(world, date(2015, 10, 5))
        noticed(world, at["noticed"])

    def _proposed(self) -> None:
        world, at = self.world, self.at
        proposed(world, at["waiver proposed"], "conditions/c1/waiver", WAIVER)
        proposed(world, at["revocation proposed"], "revocation", REVOCATION)
        proposed(world, at["correction proposed"], "correction", CORRECTION)
        proposed(world, at["agreement proposed"], "agreement/correction", AGREEMENT)


STATES = (
    *("with conditions", "in force", "overdue", "noticed", "too late", "ending", "rejected", "over", "awaited"),
    *("not taken up", "hidden notice", "lapsed", "waiver proposed", "corrected", "correction", "signed off"),
    *("revocation proposed", "correction proposed", "agreement proposed"),
)


PAIRS = (*product(STATES, CALLERS), *OTHERS)


class Asker:
    """Asks a register as one caller, without holding each answer against the contract: there are many."""

    def __init__(self, world: World, at: Decided, caller: str) -> None:
        names = dict(zip(CALLERS, (at.client, at.panel(1), at.panel(2)), strict=False))
        name = names.get(caller, caller)
        self.is_system = name in world.pairs
        self._world = world
        self._token = (world.system(name) if self.is_system else world.person(name)).token

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers}
        content = None if body is None else json.dumps(body).encode()
        return self._world.http.request(method, path, content=content, headers=sent)


@pytest.fixture(scope="module")
def stage(shared_world: World) -> Stage:
    return Stage(shared_world)


@pytest.fixture(scope="module")
def forgetful(stage: Stage) -> Iterator[World]:
    """The same register, which forgets what it does."""
    database = Forgetful(stage.world.database.url)
    yield SettledWorld(database, stage.world.settings, stage.world.pairs, stage.world.clock)
    database.close()


@pytest.fixture(scope="module")
def records(stage: Stage, forgetful: World) -> dict[tuple[str, str], dict[str, Any]]:
    """Each decision's record as each caller reads it. Empty for who reads none."""
    found = {}
    for state, caller in PAIRS:
        at = stage.at[state]
        answer = Asker(forgetful, at, caller).send("GET", f"{at.where}/record")
        assert answer.status_code in {200, 404}
        found[state, caller] = answer.json() if answer.status_code == 200 else {}
    return found


def acts_on(record: dict[str, Any], where: str) -> dict[tuple[str, str], tuple[str, Any]]:
    """Every act that there could be on a decision, by its word and address: how it is sent, and with what."""
    found = {(rel, f"{where}/{path}"): (method, body) for rel, (method, path, body) in ACTS.items()}
    for each in record["conditions"]:
        below = f"{where}/conditions/{each['id']}"
        found |= {(rel, f"{below}/{path}"): ("POST", body) for rel, (path, body) in OF_CONDITIONS.items()}
    if record["proposal"] is not None:
        below = record["proposal"]["href"].removesuffix("/confirmation")
        found |= {(rel, f"{below}/{path}"): ("POST", body) for rel, (path, body) in OF_PROPOSALS.items()}
    return found


@pytest.mark.parametrize(("state", "caller"), PAIRS)
def test_what_is_offered_succeeds_and_all_else_is_refused(
    stage: Stage, forgetful: World, records: dict[tuple[str, str], dict[str, Any]], state: str, caller: str
) -> None:
    where, whole, seen = stage.at[state].where, records[state, "national-1"], records[state, caller]
    asker = Asker(forgetful, stage.at[state], caller)
    offered = {(each["rel"], each["href"]) for each in seen.get("nextActions", [])}
    tag = f'"v{seen.get("version", whole["version"])}"'

    answered = {
        key: asker.send(method, key[1], body, **{"If-Match": tag}).status_code
        for key, (method, body) in acts_on(whole, where).items()
        if (key[0] in BY_SYSTEMS) == asker.is_system or key[0] not in {"give-notice", "move-notice"}
    }

    assert offered <= set(answered)
    assert {key for key in offered if answered[key] not in {200, 201}} == set()
    assert {key: status for key, status in answered.items() if key not in offered and status not in REFUSED} == {}


def test_every_act_is_offered_to_somebody(records: dict[tuple[str, str], dict[str, Any]]) -> None:
    found = {each["rel"] for record in records.values() for each in record.get("nextActions", [])}

    assert found == {*ACTS, *OF_CONDITIONS, *OF_PROPOSALS}


@pytest.mark.parametrize("state", STATES)
def test_the_status_offers_a_system_what_the_record_offers_it(
    stage: Stage, forgetful: World, records: dict[tuple[str, str], dict[str, Any]], state: str
) -> None:
    at = stage.at[state]
    reference = at.decision_id.partition(f"-{at.code}")[0]
    status = Asker(forgetful, at, at.client).send("GET", f"/v1/applications/{reference}/status").json()

    below = f"{at.where}/"
    offered = [each for each in status["nextActions"] if each["href"].startswith(below)]

    assert offered == records[state, "its own system"].get("nextActions", [])
