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
    ("written", "why"),
    [
        ("", "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("{}", "it has no from"),
        ('{"from": 7}', "it has no to"),
        ('{"from": 7, "to": 20}', "it has no proof"),
        ('{"from": 7, "to": 20, "proof": "AA=="}', "proof must be a list"),
        ('{"from": 7, "to": 20, "proof": [1]}', "salt, body, hashes and checkpoint must be text"),
        ('{"from": 7, "to": 20, "proof": ["A"]}', "not base64"),
        ('{"from": "7", "to": 20, "proof": []}', "index and sizes must be numbers"),
        ('{"from": true, "to": 20, "proof": []}', "index and sizes must be numbers"),
        ('{"from": 7, "from": 7, "to": 20, "proof": []}', "a member is named twice"),
        ("[" * 100_000, "it is not JSON"),
    ],
)
def test_what_is_no_proof_is_refused_and_said(written: str, why: str) -> None:
    with pytest.raises(WrongProof) as refused:
        Growth.read(written)
    assert str(refused.value) == f"this is not a consistency proof: {why}"


@pytest.mark.parametrize(
    ("older", "newer", "given", "why"),
    [
        (note(7), note(20), proof(7, 19), "the proof is from 7 to 19, the checkpoints 7 and 20"),
        (note(7), note(20), {**proof(7, 20), "proof": proof(6, 20)["proof"]}, "the proof is too short"),
        (note(7), note(20), {**proof(7, 20), "proof": []}, "the proof is too short"),
        (note(20), note(7), {"from": 20, "to": 7, "proof": []}, "a tree of 7 entries does not grow out of one of 20"),
        (note(7, OTHER), note(20), proof(7, 20), "the checkpoints are of two logs"),
        (
            Checkpoint(KEY.name, 7, bytes(32)).signed(KEY),
            note(20),
            proof(7, 20),
            "the proof leads to other roots",
        ),
    ],
)
def test_a_proof_of_something_else_is_refused(older: str, newer: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongProof) as refused:
        Growth.read(json.dumps(given)).check(older, newer, [KEY.public, OTHER.public])
    assert str(refused.value) == why


def test_a_checkpoint_that_the_key_did_not_sign_is_refused() -> None:
    growth = Growth.read(json.dumps(proof(7, 20)))
    for older, newer in ((note(7, OTHER), note(20)), (note(7), note(20, OTHER)), ("", note(20))):
        with pytest.raises(WrongNote):
            growth.check(older, newer, [KEY.public])
