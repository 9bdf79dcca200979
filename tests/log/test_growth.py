"""That a log only grew, by two checkpoints and a proof: what is accepted, and why the rest is not."""

import json
from hashlib import sha256
from typing import Any

import pytest

from app.log.encoding import to_base64
from app.log.growth import Growth
from app.log.notes import Checkpoint, SigningLogKey, WrongNote
from app.log.tree import Tree, WrongProof

KEY = SigningLogKey("register.test/log", bytes(range(32)))
OTHER = SigningLogKey("another.test/log", bytes(range(1, 33)))
TREE = Tree(sha256(bytes([index])).digest() for index in range(20))


def note(size: int, key: SigningLogKey = KEY) -> str:
    return Checkpoint(key.name, size, TREE.root(size)).signed(key)


def proof(old: int, new: int) -> dict[str, Any]:
    return {"from": old, "to": new, "proof": [to_base64(each) for each in TREE.consistency(old, new)]}


@pytest.mark.parametrize(("old", "new"), [(old, new) for new in range(1, 21) for old in range(1, new + 1)])
def test_every_log_begins_with_what_it_was(old: int, new: int) -> None:
    found = Growth.read(json.dumps(proof(old, new))).check(note(old), note(new), [KEY.public])

    assert [each.size for each in found] == [old, new]


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "{}",
        '{"from": 7, "to": 20}',
        '{"from": 7, "to": 20, "proof": "AA=="}',
        '{"from": 7, "to": 20, "proof": [1]}',
        '{"from": 7, "to": 20, "proof": ["A"]}',
        '{"from": "7", "to": 20, "proof": []}',
        '{"from": true, "to": 20, "proof": []}',
        '{"from": 7, "from": 7, "to": 20, "proof": []}',
        "[" * 100_000,
    ],
)
def test_what_is_no_proof_is_refused(written: str) -> None:
    with pytest.raises(WrongProof, match="this is not a consistency proof"):
        Growth.read(written)


@pytest.mark.parametrize(
    ("older", "newer", "given", "why"),
    [
        (note(7), note(20), proof(7, 19), "the proof is from 7 to 19, the checkpoints 7 and 20"),
        (note(7), note(20), {**proof(7, 20), "proof": proof(6, 20)["proof"]}, "the proof"),
        (note(7), note(20), {**proof(7, 20), "proof": []}, "the proof is too short"),
        (note(20), note(7), {"from": 20, "to": 7, "proof": []}, "does not grow out of"),
        (note(7, OTHER), note(20), proof(7, 20), "of two logs"),
        (
            Checkpoint(KEY.name, 7, bytes(32)).signed(KEY),
            note(20),
            proof(7, 20),
            "the proof leads to other roots",
        ),
    ],
)
def test_a_proof_of_something_else_is_refused(older: str, newer: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongProof, match=why):
        Growth.read(json.dumps(given)).check(older, newer, [KEY.public, OTHER.public])


def test_a_checkpoint_that_the_key_did_not_sign_is_refused() -> None:
    growth = Growth.read(json.dumps(proof(7, 20)))
    for older, newer in ((note(7, OTHER), note(20)), (note(7), note(20, OTHER)), ("", note(20))):
        with pytest.raises(WrongNote):
            growth.check(older, newer, [KEY.public])
