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


ANOTHER_ROOT = "the proof leads to another root"
NOT_BOUND = "the private part is not the one that the body binds"


@pytest.mark.parametrize(
    ("changed", "error", "why"),
    [
        ({"body": RECEIPT.body.replace("CCG", "CCC")}, WrongProof, ANOTHER_ROOT),
        ({"salt": PRIVATE_SALT}, WrongProof, ANOTHER_ROOT),
        ({"index": 4}, WrongProof, ANOTHER_ROOT),
        ({"index": 11}, WrongProof, "there is no entry 11 among 11"),
        ({"proof": RECEIPT.proof[:-1]}, WrongProof, "the proof is too short"),
        ({"private": Private(PRIVATE_SALT, "{}")}, WrongReceipt, NOT_BOUND),
        ({"private": Private(SALT, PRIVATE.decode())}, WrongReceipt, NOT_BOUND),
        ({"private": Private(PRIVATE_SALT, "\ud800")}, WrongReceipt, "the text is not Unicode"),
        (
            {"checkpoint": RECEIPT.checkpoint.replace("11", "12")},
            WrongNote,
            "the signature of register.test/log is wrong",
        ),
        ({"checkpoint": RECEIPT.checkpoint.replace("\n\n", "\ud800\n\n")}, WrongNote, "a note is Unicode"),
        ({"body": "\ud800"}, WrongReceipt, "the text is not Unicode"),
    ],
)
def test_what_does_not_hold_together_is_refused_and_said(
    changed: dict[str, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error) as refused:
        replace(RECEIPT, **changed).check(KEYS)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"[]", "the body is not a JSON object"),
        (b'{"index":4}', "the body is of another entry"),
        (b"{}", "the body is of another entry"),
        (b"\xff", "the text is not Unicode"),
    ],
)
def test_a_body_that_is_not_of_this_entry_is_refused_though_it_is_in_the_log(body: bytes, why: str) -> None:
    """Only whoever holds the log's key could make such a one."""
    tree = Tree([*LEAVES[:5], leaf_hash(SALT, body), *LEAVES[6:]])
    note = Checkpoint("register.test/log", 11, tree.root()).signed(KEY)
    text = body.decode("utf-8", "surrogateescape")

    with pytest.raises(WrongReceipt) as refused:
        Receipt(5, SALT, text, tuple(tree.inclusion(5, 11)), note).check(KEYS)
    assert str(refused.value) == why


NO_JSON, NO_OBJECT = "it is not JSON", "it is not a JSON object"
NOT_TEXT = "salt, body, hashes and checkpoint must be text"
NO_NUMBER, NO_LIST = "index and sizes must be numbers", "proof must be a list"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NO_JSON),
        ("{", NO_JSON),
        ("[]", NO_OBJECT),
        ("null", NO_OBJECT),
        ("{}", "it has no index"),
        ("[" * 100_000, NO_JSON),
        (written(index="5"), NO_NUMBER),
        (written(index=True), NO_NUMBER),
        (written(salt="AAAA"), "a salt has 32 bytes"),
        (written(salt=5), NOT_TEXT),
        (written(body=None), NOT_TEXT),
        (written(proof="x"), NO_LIST),
        (written(proof=["!"]), "not base64"),
        (written(proof=None), NO_LIST),
        (written(proof={}), NO_LIST),
        (written(salt=RECEIPT.document()["salt"].replace("8=", "9=")), "not base64 as it should be written"),
        (written()[:-1] + ', "index": 5}', "a member is named twice"),
        (written(checkpoint=1), NOT_TEXT),
        (written(private=[]), "it has no salt"),
        (written(private={"salt": "AAAA", "body": ""}), "a salt has 32 bytes"),
        (written(private={"salt": RECEIPT.document()["salt"]}), "it has no body"),
    ],
)
def test_what_is_no_receipt_is_refused_and_said(text: str, why: str) -> None:
    with pytest.raises(WrongReceipt) as refused:
        Receipt.read(text)
    assert str(refused.value) == f"this is not a receipt: {why}"
