"""What the chapters of the story share: answers that must be as hoped, and what is found again by its owner."""

from typing import Any

from httpx2 import Response

from tests.api import steps
from tests.api.steps import At
from tests.nets.seeds import keys_of
from tests.world import World


def ok(answer: Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that has this status."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def registered(world: World, client_id: str, scopes: list[str], **places: list[str]) -> None:
    """One more system, whose key follows from its name."""
    with keys_of(client_id):
        steps.registered(world, client_id, scopes, **places)


def at_hand(world: World, client: str, code: str, round_id: str) -> At:
    """The newest application of a CCG in a round, as its system finds it."""
    listed = ok(world.system(client).get(f"/v1/applications?round={round_id}&limit=200"))["results"]
    own = [each for each in listed if each["leadOdsCode"] == code and each["state"] != "withdrawn"]
    [found] = [each for each in own if each["reference"] == max(one["reference"] for one in own)]
    answer = world.system(client).get(found["href"])
    members = tuple(each["odsCode"] for each in ok(answer)["members"])
    return At(found["href"], answer.headers["etag"], members)
