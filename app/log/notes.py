"""Signed notes and checkpoints in the C2SP formats (signed-note and tlog-checkpoint), with Ed25519.

A note is text, an empty line, and a line for each signature. A checkpoint is a note whose text has the log's origin,
its size, and its root in base64, one line each. More lines may follow; they mean nothing here.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.log.encoding import from_base64, to_base64
from app.log.tree import HASH_BYTES

ED25519 = b"\x01"
ID_BYTES, KEY_BYTES = 4, 32
MAX_NOTE_BYTES, MAX_SIGNATURES, MAX_NAME_BYTES = 64 * 1024, 100, 255
SECRET_PREFIX = "PRIVATE+KEY"  # noqa: S105 - the word that the format begins with
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE = re.compile("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)")


class WrongNote(Exception):
    """A note, a checkpoint or a key is malformed, or is not signed as it should be."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """The public half: a name (the log's origin) and an Ed25519 key, written ``name+id+base64``."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256 over name, line feed, 0x01 and key. They say which key made a signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``name+id+base64``. Raises WrongNote."""
        name, key_id, key = _parts(written.strip(), 3)
        found = cls(name, key)
        if found.id.hex() != key_id:
            raise WrongNote("the key's id does not belong to its name and bytes")
        return found

    def is_signature(self, text: str, signature: bytes) -> bool:
        """Whether the 64 bytes are this key's signature over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningLogKey:
    """The private half, written ``PRIVATE+KEY+name+id+base64``."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def public(self) -> LogKey:
        """The half that everybody may have."""
        return LogKey(self.name, self._private().public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> Self:
        """A new key with a name: short, without white space or plus signs. Raises WrongNote for any other name."""
        if not _is_name(name):
            raise WrongNote(
                f"a log's name is Unicode of 1 to {MAX_NAME_BYTES} bytes without white space and plus signs"
            )
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``PRIVATE+KEY+name+id+base64``. Raises WrongNote, which never shows the key."""
        kept = written.strip().removeprefix(f"{SECRET_PREFIX}+")
        if kept == written.strip():
            raise WrongNote(f"a private log key begins with {SECRET_PREFIX}")
        name, key_id, seed = _parts(kept, 3)
        found = cls(name, seed)
        if found.public.id.hex() != key_id:
            raise WrongNote("the key's id does not belong to its name and bytes")
        return found

    def written(self) -> str:
        """The secret as one line, the form in its file."""
        return f"{SECRET_PREFIX}+{self.name}+{self.public.id.hex()}+{to_base64(ED25519 + self.seed)}\n"

    def signature_line(self, text: str) -> str:
        """The line in a note with this key's signature over the text."""
        return f"\u2014 {self.name} {to_base64(self.public.id + self._private().sign(text.encode()))}\n"

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


class Checkpoint(NamedTuple):
    """What a log says about itself: with ``size`` entries it has this root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    def signed(self, *keys: SigningLogKey) -> str:
        """The note, with a signature line for each key."""
        return f"{self.text}\n{''.join(key.signature_line(self.text) for key in keys)}"


def read_checkpoint(note: str, keys: Iterable[LogKey]) -> Checkpoint:
    """What a signed checkpoint says, if one of the keys with the log's name has signed it.

    Lines of unknown keys are ignored. A wrong signature by a known key makes the whole note invalid. Raises WrongNote.
    """
    text, signatures = _split(note)
    known = {(key.name, key.id): key for key in keys}
    signed_by = set[str]()
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is not None:
            if not key.is_signature(text, signature):
                raise WrongNote(f"the signature of {name} is wrong")
            signed_by.add(name)
    if not signed_by:
        raise WrongNote("no known key has signed this")
    checkpoint = parse_checkpoint(text)
    if checkpoint.origin not in signed_by:
        raise WrongNote("the checkpoint is of another log")
    return checkpoint


def unchecked(note: str) -> Checkpoint:
    """What a checkpoint says, whoever signed it. Raises WrongNote if it is no checkpoint."""
    return parse_checkpoint(_split(note)[0])


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's lines, without signatures. Raises WrongNote."""
    lines = text.split("\n")
    if len(lines) < 4:  # noqa: PLR2004 - three lines, and nothing after the last line feed
        raise WrongNote("a checkpoint has an origin, a size and a root")
    if not all(lines[3:-1]):
        raise WrongNote("a checkpoint has no empty lines")
    origin, size, root = lines[:3]
    if not origin or not _SIZE.fullmatch(size):
        raise WrongNote("a checkpoint has an origin and a size in decimal digits")
    found = Checkpoint(origin, int(size), _bytes(root))
    if len(found.root) != HASH_BYTES:
        raise WrongNote(f"a root has {HASH_BYTES} bytes")
    return found


class _Signature(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes


def _split(note: str) -> tuple[str, list[_Signature]]:
    """A note's text, with its last line feed, and its signatures."""
    try:
        size = len(note.encode())
    except UnicodeEncodeError as error:
        raise WrongNote("a note is Unicode") from error
    if size > MAX_NOTE_BYTES:
        raise WrongNote("the note is too long")
    if any(each < " " and each != "\n" for each in note):
        raise WrongNote("a note has no control characters")
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not text or not tail.endswith("\n"):
        raise WrongNote("a note is text, an empty line and signatures, each line ended")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise WrongNote("the note has too many signatures")
    return f"{text}\n", [_signature(line) for line in lines]


def _signature(line: str) -> _Signature:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise WrongNote("a signature line is not well made")
    found = _bytes(match[2])
    if len(found) <= ID_BYTES:
        raise WrongNote("a signature line is not well made")
    return _Signature(match[1], found[:ID_BYTES], found[ID_BYTES:])


def _parts(written: str, count: int) -> tuple[str, str, bytes]:
    parts = written.split("+", count - 1)
    if len(parts) != count or not _is_name(parts[0]):
        raise WrongNote("a log key is a name, an id and base64, with plus signs between")
    key = _bytes(parts[2])
    if key[:1] != ED25519 or len(key) != 1 + KEY_BYTES:
        raise WrongNote("a log key is an Ed25519 key")
    return parts[0], parts[1], key[1:]


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and len(name.encode()) <= MAX_NAME_BYTES


def _bytes(written: str) -> bytes:
    try:
        return from_base64(written)
    except ValueError as error:
        raise WrongNote(str(error)) from error
