"""Everything the log serves, checked by somebody outside; and what is spoilt, refused."""

import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.access.keys import Pair
from app.records.changes import table_of
from app.records.checkpoints import HistoryDiffers
from app.records.session import Database
from app.records.tables import LogCheckpoint, LogEntry
from app.settings import Settings
from tests.api.steps import announced, granted, recorded, signed_off, submitted
from tests.proof import outsider
from tests.proof.outsider import Checkpoint, Key, Refused, check_receipt, open_checkpoint, unbase64
from tests.tampering import tamper
from tests.world import World

NOT_SIGNED = "not-signed-yet"


def keys_of(world: World) -> list[Key]:
    """The log's keys as they are served, once something is signed."""
    world.sign()
    return [outsider.key_of(line) for line in world.public.get("/v1/log/key").text.splitlines()]


@pytest.fixture
def keys(world: World) -> list[Key]:
    return keys_of(world)


def got(world: World, path: str) -> dict[str, Any]:
    answer = world.public.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def newest(world: World, keys: list[Key]) -> Checkpoint:
    return open_checkpoint(world.public.get("/v1/log/checkpoint").text, keys)


def proof_of(document: dict[str, Any]) -> list[bytes]:
    return [unbase64(each) for each in document["proof"]]


def entries(world: World, size: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < size:
        found += got(world, f"/v1/log/entries?from={len(found)}&to={min(size, len(found) + 1000)}")["results"]
    return found


def test_the_root_is_that_of_the_leaves_that_are_served(world: World, keys: list[Key]) -> None:
    granted(world, "10T")
    world.sign()
    checkpoint = newest(world, keys)

    leaves = [unbase64(each["leaf"]) for each in entries(world, checkpoint.size)]

    assert len(leaves) == checkpoint.size
    assert outsider.tree_root(leaves) == checkpoint.root


def test_every_open_entry_is_what_its_leaf_stands_for(world: World, keys: list[Key]) -> None:
    granted(world, "10T")
    submitted(world, "07T")
    world.sign()

    found = entries(world, newest(world, keys).size)

    told = [each for each in found if each["body"] is not None]
    assert 0 < len(told) < len(found)
    for each in told:
        inner = outsider.sha256(unbase64(each["salt"]), each["body"].encode())
        assert outsider.sha256(b"\x00", outsider.TAG, inner) == unbase64(each["leaf"])
        assert json.loads(each["body"])["index"] == each["index"]
    assert all(each["salt"] is None for each in found if each["body"] is None)


def test_every_inclusion_proof_is_accepted(sqlite_world: World) -> None:
    world, keys = sqlite_world, keys_of(sqlite_world)
    granted(world, "10T")
    world.sign()
    checkpoint = newest(world, keys)

    for each in entries(world, checkpoint.size)[::7]:
        found = got(world, f"/v1/log/proofs/inclusion?index={each['index']}&size={checkpoint.size}")
        assert found == {"index": each["index"], "size": checkpoint.size, "leaf": each["leaf"], "proof": found["proof"]}
        outsider.check_inclusion(unbase64(each["leaf"]), each["index"], proof_of(found), checkpoint)


def test_each_checkpoint_grew_out_of_those_before(world: World, keys: list[Key]) -> None:
    seen = [newest(world, keys)]
    for code in ("10T", "07T", "02W"):
        granted(world, code)
        world.sign()
        seen.append(newest(world, keys))

    assert [each.size for each in seen] == sorted({each.size for each in seen})
    for at, newer in enumerate(seen):
        for older in seen[: at + 1]:
            found = got(world, f"/v1/log/proofs/consistency?from={older.size}&to={newer.size}")
            assert found == {"from": older.size, "to": newer.size, "proof": found["proof"]}
            outsider.check_consistency(older, newer, proof_of(found))


def test_proofs_may_be_kept_for_ever_and_the_rest_is_asked_for_again(world: World, keys: list[Key]) -> None:
    size = newest(world, keys).size
    kept = {
        path: world.public.get(path).headers["cache-control"]
        for path in (
            f"/v1/log/proofs/inclusion?index=3&size={size}",
            f"/v1/log/proofs/consistency?from=1&to={size}",
            "/v1/log/checkpoint",
            "/v1/log/entries",
            "/v1/log/key",
        )
    }

    assert (
        list(kept.values()) == ["public, max-age=31536000, immutable"] * 2 + ["public, max-age=0, must-revalidate"] * 3
    )


def test_what_is_announced_is_what_was_signed_off(world: World, keys: list[Key]) -> None:
    """The leaf stands in a public checkpoint before anything is announced, and says what it said all the time."""
    at = signed_off(world, recorded(world, submitted(world, "10T")))
    granted(world, "07T", round_id="trial")
    world.sign()
    before = newest(world, keys)
    committed = [each for each in entries(world, before.size) if each["body"] is None]
    assert world.public.get(f"{at.decision()}/receipt").status_code == 404

    announced(world)
    waiting = world.public.get(f"{at.decision()}/receipt")
    assert (waiting.status_code, waiting.json()["code"], waiting.headers["retry-after"]) == (503, NOT_SIGNED, "1")
    world.sign()

    receipt = got(world, f"{at.decision()}/receipt")
    said = check_receipt(receipt, keys)
    assert (said["kind"], said["odsCode"], said["data"]["outcome"]) == ("decision.signed_off", "10T", "approved")
    inner = outsider.sha256(unbase64(receipt["salt"]), receipt["body"].encode())
    leaf = base64.b64encode(outsider.sha256(b"\x00", outsider.TAG, inner)).decode()
    assert {"index": receipt["index"], "leaf": leaf, "salt": None, "body": None} in committed
    assert "private" not in receipt
    after = entries(world, newest(world, keys).size)
    assert after[receipt["index"]] == {
        "index": receipt["index"],
        "leaf": leaf,
        "salt": receipt["salt"],
        "body": receipt["body"],
    }


def test_an_unpublished_act_moves_nothing_of_the_public_log(world: World, keys: list[Key]) -> None:
    def seen() -> list[bytes]:
        paths = ("/v1/log/checkpoint", "/v1/log/entries", "/v1/log/key")
        return [world.public.get(path).content for path in paths]

    before, size = seen(), newest(world, keys).size
    at = submitted(world, "10T")
    world.sign()
    at = signed_off(world, recorded(world, at))
    world.sign()

    assert seen() == before
    for path in (f"/v1/log/entries?from={size}&to={size + 1}", f"/v1/log/proofs/inclusion?index=0&size={size + 1}"):
        answer = world.public.get(path)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")


def test_at_midnight_there_is_a_public_checkpoint_whether_anything_happened_or_not(
    world: World, keys: list[Key]
) -> None:
    submitted(world, "10T")
    size_at_night = newest(world, keys).size
    world.clock.move_to(datetime(2014, 12, 15, 23, 59, 59, 999999, tzinfo=UTC))
    world.sign()
    assert newest(world, keys).size == size_at_night

    world.clock.move_by(microseconds=1)
    submitted(world, "07T")
    world.sign()

    at_midnight = newest(world, keys)
    found = entries(world, at_midnight.size)
    assert size_at_night < at_midnight.size == len(found)
    assert world.public.get(f"/v1/log/entries?from={at_midnight.size}").json()["results"] == []
    world.clock.move_by(hours=12)
    world.sign()
    assert newest(world, keys) == at_midnight
    world.clock.move_by(hours=12)
    world.sign()
    assert newest(world, keys).size > at_midnight.size


def test_the_receipt_of_a_submission_is_there_for_its_owner_with_its_own_part(world: World, keys: list[Key]) -> None:
    at = submitted(world, "10T")
    owner = world.system("slough")
    early = owner.get(f"{at.where}/receipt")
    assert (early.status_code, early.json()["code"]) == (503, NOT_SIGNED)
    world.sign()

    receipt = owner.get(f"{at.where}/receipt").json()

    said = check_receipt(receipt, keys)
    assert (said["kind"], said["reference"]) == ("application.submitted", at.reference)
    kept = json.loads(receipt["private"]["body"])
    assert kept["actor"].endswith("slough")
    application = world.system("slough").get(at.where).json()
    assert {name: application[name] for name in kept["document"]} == kept["document"]
    assert json.loads(receipt["body"])["data"]["requestedLevel"] == application["requestedLevel"]
    panel = world.person(at.panel()).get(f"{at.where}/receipt").json()
    assert panel == {name: value for name, value in receipt.items() if name != "private"}
    assert world.system("hackney").get(f"{at.where}/receipt").status_code == 404
    assert world.public.get(f"{at.where}/receipt").status_code == 401


def test_a_thousand_spoilt_receipts_and_checkpoints_are_refused(sqlite_world: World) -> None:
    world, keys = sqlite_world, keys_of(sqlite_world)
    at = granted(world, "10T")
    world.sign()
    receipt = got(world, f"{at.decision()}/receipt")
    check_receipt(receipt, keys)
    dice = random.Random(5)  # noqa: S311 - a test that is the same every time
    refused = 0

    while refused < 1000:
        spoilt = mutated(receipt, dice)
        if spoilt != receipt:
            with pytest.raises(Refused):
                check_receipt(spoilt, keys)
            refused += 1


def test_hundreds_of_spoilt_consistency_proofs_are_refused(sqlite_world: World) -> None:
    world, keys = sqlite_world, keys_of(sqlite_world)
    older = newest(world, keys)
    granted(world, "10T")
    world.sign()
    newer = newest(world, keys)
    proof = got(world, f"/v1/log/proofs/consistency?from={older.size}&to={newer.size}")["proof"]
    dice = random.Random(6)  # noqa: S311 - a test that is the same every time

    for _ in range(300):
        at = dice.randrange(len(proof))
        spoilt = [*proof[:at], flipped(proof[at], dice), *proof[at + 1 :]]
        spoilt = dice.choice([spoilt, proof[:at], proof[at:] + proof[:at] if at else [*proof, proof[0]]])
        with pytest.raises(Refused):
            outsider.check_consistency(older, newer, [unbase64(each) for each in spoilt])


def mutated(receipt: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """A receipt with one thing changed: a bit of its bytes, a letter of its text, its number, its proof."""
    spoilt = {**receipt, "proof": list(receipt["proof"])}
    match dice.randrange(6):
        case 0:
            spoilt["index"] += dice.choice([-1, 1, 2, 64])
        case 1:
            spoilt["salt"] = flipped(receipt["salt"], dice)
        case 2:
            at = dice.randrange(len(receipt["body"]))
            spoilt["body"] = receipt["body"][:at] + dice.choice("xyz019") + receipt["body"][at + 1 :]
        case 3:
            at = dice.randrange(len(receipt["proof"]))
            spoilt["proof"][at] = flipped(receipt["proof"][at], dice)
        case 4:
            at = dice.randrange(len(receipt["proof"]))
            spoilt["proof"] = dice.choice([spoilt["proof"][:at], spoilt["proof"][at:] + spoilt["proof"][:at]])
        case _:
            text, _, line = receipt["checkpoint"].partition("\n\n")
            at = dice.randrange(len(text))
            text = dice.choice([text[:at] + dice.choice("ab01") + text[at + 1 :], text])
            head, _, signature = line.rpartition(" ")
            spoilt["checkpoint"] = f"{text}\n\n{head} {flipped(signature.strip(), dice)}\n"
    return spoilt


def flipped(text: str, dice: random.Random) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/log/entries?from=-1", ["from"]),
        ("/v1/log/entries?from=9&to=8", ["from"]),
        ("/v1/log/entries?to=99999", ["to"]),
        ("/v1/log/entries?from=7&to=x", ["to"]),
        ("/v1/log/proofs/inclusion", ["index", "size"]),
        ("/v1/log/proofs/inclusion?index=5&size=5", ["index"]),
        ("/v1/log/proofs/inclusion?index=99999&size=99999", ["size", "index"]),
        ("/v1/log/proofs/consistency?from=0&to=5", ["from"]),
        ("/v1/log/proofs/consistency?from=6&to=5", ["from"]),
        ("/v1/log/proofs/consistency?from=0&to=99999", ["to", "from"]),
    ],
)
def test_what_the_log_does_not_have_is_refused_with_every_fault(
    shared_world: World, path: str, parameters: list[str]
) -> None:
    shared_world.sign()
    answer = shared_world.public.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter"), answer.text
    assert [each["parameter"] for each in answer.json()["errors"]] == parameters


@pytest.mark.parametrize("path", ["checkpoint", "entries", "proofs/inclusion?index=0&size=1"])
def test_before_anything_was_signed_there_is_nothing(sqlite_world: World, path: str) -> None:
    answer = sqlite_world.public.get(f"/v1/log/{path}")

    assert (answer.status_code, answer.json()["code"]) == (503, NOT_SIGNED)
    assert timedelta(seconds=int(answer.headers["retry-after"])) == timedelta(seconds=1)


# --- a log that somebody rewrote --------------------------------------------------------------------

LOG = table_of(LogEntry)
CHECKPOINTS = table_of(LogCheckpoint)


@pytest.fixture
def rewritten_world(world_url: str, settings: Settings, pairs: dict[str, Pair]) -> Iterator[World]:
    """A world that nobody verifies at the end: it is not sound."""
    database = Database(world_url)
    yield World(database, settings, pairs)
    database.close()


@pytest.mark.parametrize(
    "path", ["entries?from=0&to=50", "proofs/inclusion?index=5&size=9", "proofs/consistency?from=5&to=9"]
)
def test_nothing_is_served_of_a_rewritten_log_that_contradicts_itself(rewritten_world: World, path: str) -> None:
    """Nobody is given a forged entry by the side of a proof of the true one."""
    rewritten_world.sign()
    assert rewritten_world.public.get(f"/v1/log/{path}").status_code == 200
    forged = update(LOG).where(LOG.c.index == 5).values(leaf=bytes(32))
    tamper(rewritten_world.database, lambda connection: connection.execute(forged))

    before = rewritten_world.public.get(f"/v1/log/{path}")
    with pytest.raises(HistoryDiffers):
        [rewritten_world.sign() for _ in range(2)]
    after = rewritten_world.public.get(f"/v1/log/{path}")

    assert before.status_code == (503 if path.startswith("entries") else 200)
    assert (after.status_code, after.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("values", [{"note": "x"}, {"size": 3}])
@pytest.mark.parametrize(
    "path", ["checkpoint", "entries?from=0&to=2", "proofs/inclusion?index=1&size=2", "proofs/consistency?from=1&to=2"]
)
def test_a_checkpoint_that_is_none_is_not_served(rewritten_world: World, path: str, values: dict[str, object]) -> None:
    rewritten_world.sign()
    assert rewritten_world.public.get(f"/v1/log/{path}").status_code == 200
    tamper(rewritten_world.database, lambda connection: connection.execute(update(CHECKPOINTS).values(**values)))

    answer = rewritten_world.public.get(f"/v1/log/{path}")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
