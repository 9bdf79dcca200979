"""Somebody outside who checks what the register says of its log, written from RFC 6962 and the C2SP texts alone.

Nothing here comes from the register: a mistake in its own proofs would not be repeated. Everything that
is wrong raises Refused.
"""

import base64
import hashlib
import json
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TAG = b"approvals-register/1\n"


class Refused(Exception):
    """What was shown proves nothing."""


class Key(NamedTuple):
    """A verifier key: ``name+id+base64`` as C2SP signed-note writes it."""

    name: str
    key_id: bytes
    public: bytes


class Checkpoint(NamedTuple):
    """A signed checkpoint that was opened."""

    origin: str
    size: int
    root: bytes


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text: Any) -> bytes:
    if not isinstance(text, str):
        raise Refused("not text")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("not base64") from error


def key_of(text: str) -> Key:
    name, written_id, encoded = text.split("+", 2)
    raw = unbase64(encoded)
    if raw[0] != 1 or len(raw) != 33:
        raise Refused("not an Ed25519 key")
    key_id = sha256(name.encode(), b"\n", raw)[:4]
    if key_id.hex() != written_id:
        raise Refused("the key's id is wrong")
    return Key(name, key_id, raw[1:])


def open_note(note: str, keys: list[Key]) -> str:
    """The text of a note that one of the keys has signed, and none of them wrongly."""
    end = note.rfind("\n\n")
    if end < 0 or not note.endswith("\n"):
        raise Refused("not a note")
    text, lines = note[: end + 1], note[end + 2 :].split("\n")[:-1]
    good = 0
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or not name:
            raise Refused("not a signature line")
        raw = unbase64(encoded)
        if len(raw) < 5:
            raise Refused("a signature is too short")
        for key in keys:
            if (key.name, key.key_id) == (name, raw[:4]):
                try:
                    Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
                except InvalidSignature as error:
                    raise Refused("a signature is wrong") from error
                good += 1
    if not good:
        raise Refused("nobody known has signed")
    return text


def open_checkpoint(note: str, keys: list[Key]) -> Checkpoint:
    lines = open_note(note, keys).split("\n")
    if len(lines) < 4 or lines[0] not in {key.name for key in keys}:
        raise Refused("not a checkpoint of this log")
    if not lines[1].isdecimal() or (lines[1] != "0" and lines[1].startswith("0")):
        raise Refused("the size is not a number")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Refused("the root is not a hash")
    return Checkpoint(lines[0], int(lines[1]), root)


def below(size: int) -> int:
    """The largest power of two smaller than a size."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def tree_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = below(len(leaves))
    return sha256(b"\x01", tree_root(leaves[:split]), tree_root(leaves[split:]))


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that PATH(index, D[size]) leads to, section 2.1.1 read backwards."""
    if not 0 <= index < size:
        raise Refused("no such entry")
    if size == 1:
        if proof:
            raise Refused("the proof is too long")
        return leaf
    if not proof or len(proof[-1]) != 32:
        raise Refused("the proof is too short")
    split = below(size)
    if index < split:
        return sha256(b"\x01", root_by_inclusion(leaf, index, split, proof[:-1]), proof[-1])
    return sha256(b"\x01", proof[-1], root_by_inclusion(leaf, index - split, size - split, proof[:-1]))


def roots_by_consistency(
    old: int, new: int, old_root: bytes, proof: list[bytes], *, is_whole: bool = True
) -> tuple[bytes, bytes]:
    """The two roots that SUBPROOF(old, D[new], is_whole) leads to, section 2.1.2 read backwards."""
    if old == new:
        if is_whole:
            if proof:
                raise Refused("the proof is too long")
            return old_root, old_root
        if len(proof) != 1 or len(proof[0]) != 32:
            raise Refused("the proof does not fit")
        return proof[0], proof[0]
    if not proof or len(proof[-1]) != 32:
        raise Refused("the proof is too short")
    split = below(new)
    if old <= split:
        before, after = roots_by_consistency(old, split, old_root, proof[:-1], is_whole=is_whole)
        return before, sha256(b"\x01", after, proof[-1])
    before, after = roots_by_consistency(old - split, new - split, old_root, proof[:-1], is_whole=False)
    return sha256(b"\x01", proof[-1], before), sha256(b"\x01", proof[-1], after)


def check_consistency(older: Checkpoint, newer: Checkpoint, proof: list[bytes]) -> None:
    if not 0 < older.size <= newer.size:
        raise Refused("the log has shrunk")
    if roots_by_consistency(older.size, newer.size, older.root, proof) != (older.root, newer.root):
        raise Refused("the newer log does not begin with the older one")


def check_inclusion(leaf: bytes, index: int, proof: list[bytes], checkpoint: Checkpoint) -> None:
    if root_by_inclusion(leaf, index, checkpoint.size, proof) != checkpoint.root:
        raise Refused("the entry is not in the log")


def check_receipt(receipt: dict[str, Any], keys: list[Key]) -> dict[str, Any]:
    """What the entry says, once its receipt is right."""
    try:
        salt, body, index = unbase64(receipt["salt"]), receipt["body"].encode(), receipt["index"]
        proof = [unbase64(each) for each in receipt["proof"]]
        checkpoint = open_checkpoint(receipt["checkpoint"], keys)
    except (KeyError, TypeError, AttributeError, UnicodeError) as error:
        raise Refused("not a receipt") from error
    if len(salt) != 32 or not isinstance(index, int):
        raise Refused("not a receipt")
    check_inclusion(sha256(b"\x00", TAG, sha256(salt, body)), index, proof, checkpoint)
    said: dict[str, Any] = json.loads(body)
    if said["index"] != index:
        raise Refused("the body is of another entry")
    private = receipt.get("private")
    if private is not None and sha256(unbase64(private["salt"]), private["body"].encode()).hex() != said["privateHash"]:
        raise Refused("the private part is not bound")
    return said
