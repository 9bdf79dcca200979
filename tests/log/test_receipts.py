"""Receipts: made, written, read and checked, by the register and by somebody who shares no code with it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.log.leaves import canonical, commitment, leaf_hash
from app.log.notes import Checkpoint, SigningLogKey, WrongNote
from app.log.receipts import Private, Receipt, WrongReceipt
from app.log.tree import Tree, WrongProof
from tests.proof import outsider

KEY = SigningLogKey("register.test/log", bytes([1]) * 32)
KEYS = [KEY.public]
SALT, PRIVATE_SALT = bytes(range(32)), bytes(range(32, 64))
PRIVATE = canonical({"actor": "system:hackney", "note": "caf\u00e9"})
BODY = canonical({"index": 5, "data": {"name": "CCG \u00e9"}, "privateHash": commitment(PRIVATE_SALT, PRIVATE).hex()})
LEAVES = [bytes([number]) * 32 for number in range(11)]
LEAVES[5] = leaf_hash(SALT, BODY)
TREE = Tree(LEAVES)
RECEIPT = Receipt(
    5,
    SALT,
    BODY.decode(),
    tuple(TREE.inclusion(5, 11)),
    Checkpoint("register.test/log", 11, TREE.root()).signed(KEY),
    Private(PRIVATE_SALT, PRIVATE.decode()),
)


def written(receipt: Receipt = RECEIPT, **changes: Any) -> str:
    return json.dumps({**receipt.document(), **changes})


def test_a_receipt_is_read_as_it_was_written_and_holds_together() -> None:
    for receipt in (RECEIPT, replace(RECEIPT, private=None)):
        read = Receipt.read(written(receipt))

        assert read == receipt
        assert read.check(KEYS).size == 11
        said = outsider.check_receipt(json.loads(written(receipt)), [outsider.key_of(str(KEY.public))])
        assert said == json.loads(BODY)


def test_members_that_are_not_known_are_passed_over() -> None:
    assert Receipt.read(written(more=1)) == RECEIPT


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"body": RECEIPT.body.replace("CCG", "CCC")}, WrongProof),
        ({"salt": PRIVATE_SALT}, WrongProof),
        ({"index": 4}, WrongProof),
        ({"index": 11}, WrongProof),
        ({"proof": RECEIPT.proof[:-1]}, WrongProof),
        ({"private": Private(PRIVATE_SALT, "{}")}, WrongReceipt),
        ({"private": Private(SALT, PRIVATE.decode())}, WrongReceipt),
        ({"checkpoint": RECEIPT.checkpoint.replace("11", "12")}, WrongNote),
        ({"checkpoint": RECEIPT.checkpoint.replace("\n\n", "\ud800\n\n")}, WrongNote),
        ({"body": "\ud800"}, WrongReceipt),
    ],
)
def test_what_does_not_hold_together_is_refused(changed: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        replace(RECEIPT, **changed).check(KEYS)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"index":4}', b"\xff"])
def test_a_body_that_is_not_of_this_entry_is_refused_though_it_is_in_the_log(body: bytes) -> None:
    """Only whoever holds the log's key could make such a one."""
    tree = Tree([*LEAVES[:5], leaf_hash(SALT, body), *LEAVES[6:]])
    note = Checkpoint("register.test/log", 11, tree.root()).signed(KEY)
    text = body.decode("utf-8", "surrogateescape")

    with pytest.raises(WrongReceipt):
        Receipt(5, SALT, text, tuple(tree.inclusion(5, 11)), note).check(KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        written(index="5"),
        written(index=True),
        written(salt="AAAA"),
        written(salt=5),
        written(body=None),
        written(proof="x"),
        written(proof=["!"]),
        written(proof=None),
        written(proof={}),
        written(salt=RECEIPT.document()["salt"].replace("8=", "9=")),
        written()[:-1] + ', "index": 5}',
        written(checkpoint=1),
        written(private=[]),
        written(private={"salt": "AAAA", "body": ""}),
    ],
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(WrongReceipt):
        Receipt.read(text)
