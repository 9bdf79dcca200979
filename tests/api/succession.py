"""What follows a merger, one step a function; each asserts that it succeeded."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.casework.organisations import import_organisations
from app.records import organisations
from app.rules.bodies import OrganisationRecord
from app.rules.deadlines import ONE_DAY, start_of
from tests.api.post_decision import Decided, signed, ticked
from tests.world import World

MERGER = date(2016, 4, 1)
EVE = date(2016, 3, 31)
NEW = "99A"
# The day on which somebody looks at the merger beforehand.
BEFORE = date(2016, 2, 1)


def merged(world: World, *codes: str, into: str = NEW, on: date = MERGER) -> None:
    """These bodies close, and another opens in their place; its region is that of the first."""
    with world.database.writing() as session:
        known = organisations.all_known(session)
        closing = [_closed(known[code], on - ONE_DAY, into) for code in codes]
        import_organisations(session, [*closing, _opened(known[codes[0]], into, on)], actor="test", at=world.clock.at)


def reopened(world: World, *codes: str) -> None:
    """These bodies do not close after all: their merger is called off."""
    with world.database.writing() as session:
        known = organisations.all_known(session)
        rows = [_open(known[code]) for code in codes]
        import_organisations(session, rows, actor="test", at=world.clock.at)


def _open(record: OrganisationRecord) -> OrganisationRecord:
    facts = (*record.facts[:-1], replace(record.facts[-1], valid_to=None))
    return replace(record, closed_on=None, successor=None, facts=facts)


def _closed(record: OrganisationRecord, closed_on: date, successor: str) -> OrganisationRecord:
    *earlier, last = (each for each in record.facts if each.valid_from <= closed_on)
    facts = (*earlier, replace(last, valid_to=closed_on))
    return replace(record, closed_on=closed_on, successor=successor, facts=facts)


def _opened(like: OrganisationRecord, code: str, on: date) -> OrganisationRecord:
    fact = replace(like.facts[-1], valid_from=on, valid_to=None, name=f"NHS {code} CCG", ons_code=None)
    return OrganisationRecord(code, on, None, None, like.known_to, (fact,))


def held(world: World, at: Decided) -> Decided:
    """Both have signed: the grant starts on its day."""
    signed(world, at, world.clock.at.date())
    return at


def looked(world: World, day: date = BEFORE) -> World:
    """The clock set to a day, at its beginning, and what is due by then done."""
    world.clock.move_to(start_of(day))
    ticked(world)
    return world


def item(
    code: str = NEW, level: str = "delegated", agreement: str | None = "novated", **members: Any
) -> dict[str, Any]:
    said = {} if agreement is None else {"agreement": agreement}
    return {"odsCode": code, "level": level, **said, **members}


def previewed(world: World, on: date = MERGER) -> dict[str, Any]:
    answer = world.person("national-1").post("/v1/successions/preview", {"effectiveOn": on.isoformat()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def asked(*items: dict[str, Any], on: date = MERGER) -> dict[str, Any]:
    return {"effectiveOn": on.isoformat(), "items": list(items or [item()])}


def proposed(world: World, *items: dict[str, Any], on: date = MERGER, by: str = "national-1") -> dict[str, Any]:
    answer = world.person(by).post("/v1/successions", asked(*items, on=on))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == '"v1"'
    return found


def confirmed(world: World, proposal: dict[str, Any], by: str = "national-2") -> dict[str, Any]:
    where = f"/v1/proposals/{proposal['proposalId']}/confirmation"
    answer = world.person(by).post(where, None, if_match=f'"v{proposal["version"]}"')
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def taken_back(world: World, proposal: dict[str, Any], by: str = "national-1") -> dict[str, Any]:
    where = f"/v1/proposals/{proposal['proposalId']}/withdrawal"
    answer = world.person(by).post(where, {"note": "Too early."}, if_match=f'"v{proposal["version"]}"')
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def moved_on(world: World, *items: dict[str, Any], on: date = MERGER) -> Decided:
    """Proposed and confirmed: the decision of the first body."""
    code = (items or (item(),))[0]["odsCode"]
    confirmed(world, proposed(world, *items, on=on))
    return Decided(f"S{on.isoformat()}-{code}", code)
