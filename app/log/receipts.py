"""Receipts: with one, anybody can show later that an entry was in the log and was not changed.

Checking a receipt needs no database and no network. Salt and body make the leaf, the proof leads from the leaf to the
checkpoint's root, and the log's key has signed the checkpoint.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from app.log.encoding import from_base64, from_json, items, member, number, text, to_base64
from app.log.leaves import SALT_BYTES, commitment, leaf_hash
from app.log.notes import Checkpoint, LogKey, read_checkpoint
from app.log.tree import check_inclusion


class WrongReceipt(Exception):
    """A receipt is malformed, or its parts contradict each other. The message says how."""


@dataclass(frozen=True, slots=True)
class Private:
    """The private part of an entry: a salt and exact bytes. The entry's ``privateHash`` binds it."""

    salt: bytes
    body: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry with everything that proves it. ``body`` is the exact text (UTF-8) that was hashed."""

    index: int
    salt: bytes
    body: str
    proof: tuple[bytes, ...]
    checkpoint: str
    private: Private | None = None

    def document(self) -> dict[str, Any]:
        """As JSON, with bytes in base64."""
        document: dict[str, Any] = {
            "index": self.index,
            "salt": to_base64(self.salt),
            "body": self.body,
            "proof": [to_base64(each) for each in self.proof],
            "checkpoint": self.checkpoint,
        }
        if self.private is not None:
            document["private"] = {"salt": to_base64(self.private.salt), "body": self.private.body}
        return document

    @classmethod
    def read(cls, written: str | bytes) -> Self:
        """Read it from JSON, each member named once. Members that a receipt does not have are ignored.

        Raises WrongReceipt.
        """
        try:
            given = from_json(written)
            private = given.get("private")
            return cls(
                number(member(given, "index")),
                _salt(member(given, "salt")),
                text(member(given, "body")),
                tuple(from_base64(each) for each in items(member(given, "proof"))),
                text(member(given, "checkpoint")),
                None if private is None else Private(_salt(member(private, "salt")), text(member(private, "body"))),
            )
        except (ValueError, TypeError) as error:
            raise WrongReceipt(f"this is not a receipt: {error}") from error

    def check(self, keys: Iterable[LogKey]) -> Checkpoint:
        """The checkpoint that covers the entry, if everything about the receipt is right.

        Raises WrongReceipt, WrongProof or WrongNote.
        """
        checkpoint = read_checkpoint(self.checkpoint, keys)
        leaf = leaf_hash(self.salt, _utf8(self.body))
        check_inclusion(leaf, self.index, checkpoint.size, self.proof, checkpoint.root)
        said = _said(self.body)
        if said.get("index") != self.index:
            raise WrongReceipt("the body is of another entry")
        if self.private is not None:
            bound = commitment(self.private.salt, _utf8(self.private.body))
            if said.get("privateHash") != bound.hex():
                raise WrongReceipt("the private part is not the one that the body binds")
        return checkpoint


def _said(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WrongReceipt("the body is not JSON") from error
    if not isinstance(said, dict):
        raise WrongReceipt("the body is not a JSON object")
    return said


def _salt(value: Any) -> bytes:
    salt = from_base64(value)
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return salt


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise WrongReceipt("the text is not Unicode") from error
