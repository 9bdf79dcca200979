"""The Merkle tree of RFC 6962: roots and proofs, and how anybody checks them.

A leaf here is already a hash (see ``leaves``); 0x01 is the prefix of inner nodes (section 2.1). Every
hash has 32 bytes, and a proof is a list of them, from the leaf's side upwards.
"""

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
NODE_PREFIX = b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()


class WrongProof(Exception):
    """A proof does not show what it should. The message says why."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


class Tree:
    """A tree that grows, and can answer for every size it has had.

    It stores the hash of each complete subtree, which never changes again: 64 bytes for each leaf. So a root or a proof
    of any size up to its own needs only as many hashes as the tree is high.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        # One level after another, each as one string of hashes. The lowest level has the leaves.
        self._levels = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0]) // HASH_BYTES

    def leaf(self, index: int) -> bytes:
        """One leaf, as it was given."""
        return bytes(self._levels[0][index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, and each subtree that they complete."""
        self._levels[0] += b"".join(leaves)
        complete, level = self.size // 2, 1
        while complete:
            if level == len(self._levels):
                self._levels.append(bytearray())
            below, here = self._levels[level - 1], self._levels[level]
            pairs = range(2 * len(here), 2 * HASH_BYTES * complete, 2 * HASH_BYTES)
            here += b"".join([hashlib.sha256(NODE_PREFIX + below[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
            complete, level = complete // 2, level + 1

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree when it had ``size`` leaves. Without a size: the root now."""
        size = self.size if size is None else size
        self._check_size(size)
        return self._hash(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that the leaf ``index`` (from 0) is in the tree of that size (RFC 6962, section 2.1.1)."""
        self._check_size(size)
        if not 0 <= index < size:
            raise ValueError(f"a tree of {size} leaves has no leaf {index}")
        start, end, proof = 0, size, list[bytes]()
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._hash(middle, end))
                end = middle
            else:
                proof.append(self._hash(start, middle))
                start = middle
        return proof[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of ``new`` leaves begins with that of ``old`` (RFC 6962, section 2.1.2)."""
        self._check_size(new)
        if not 0 < old <= new:
            raise ValueError(f"a tree of {new} leaves does not grow out of one of {old}")
        start, end, proof = 0, new, list[bytes]()
        while old < end:
            middle = start + _split(end - start)
            if old <= middle:
                proof.append(self._hash(middle, end))
                end = middle
            else:
                proof.append(self._hash(start, middle))
                start = middle
        # The caller knows the old tree's root, unless that tree ends with a smaller subtree.
        return [self._hash(start, end), *proof[::-1]] if start else proof[::-1]

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"the tree has {self.size} leaves, not {size}")

    def _hash(self, start: int, end: int) -> bytes:
        """The hash over some leaves. ``start`` is a multiple of the largest power of two below their count."""
        length = end - start
        if length & (length - 1) == 0:
            level = length.bit_length() - 1
            at = (start >> level) * HASH_BYTES
            return bytes(self._levels[level][at : at + HASH_BYTES])
        middle = start + _split(length)
        return node_hash(self._hash(start, middle), self._hash(middle, end))


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is at ``index`` under a root (RFC 9162, section 2.1.3.2). Raises WrongProof."""
    _require_hashes(leaf, root, *proof)
    _require(0 <= index < size, f"there is no entry {index} among {size}")
    place, last, found = index, size - 1, leaf
    for each in proof:
        _require(last > 0, "the proof is too long")
        if place & 1 or place == last:
            found = node_hash(each, found)
            place, last = _up_to_right_child(place, last)
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    _require(last == 0, "the proof is too short")
    _require(found == root, "the proof leads to another root")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a tree grew out of an older one (RFC 9162, section 2.1.4.2). Raises WrongProof."""
    _require_hashes(old_root, new_root, *proof)
    _require(0 < old <= new, f"a tree of {new} entries does not grow out of one of {old}")
    if old == new:
        _require(not proof and old_root == new_root, "one size has one root, and nothing to prove")
        return
    # The path begins at the old root itself, unless that covers no complete subtree.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    _require(bool(path), "the proof is too short")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    found_old = found_new = path[0]
    for each in path[1:]:
        _require(last > 0, "the proof is too long")
        if place & 1 or place == last:
            found_old, found_new = node_hash(each, found_old), node_hash(each, found_new)
            place, last = _up_to_right_child(place, last)
        else:
            found_new = node_hash(found_new, each)
        place, last = place >> 1, last >> 1
    _require(last == 0, "the proof is too short")
    _require((found_old, found_new) == (old_root, new_root), "the proof leads to other roots")


def _up_to_right_child(place: int, last: int) -> tuple[int, int]:
    """Move up past the levels on which a node at the tree's edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _require_hashes(*hashes: bytes) -> None:
    _require(all(len(each) == HASH_BYTES for each in hashes), f"a hash has {HASH_BYTES} bytes")


def _require(fits: bool, why: str) -> None:  # noqa: FBT001 - reads like a sentence
    if not fits:
        raise WrongProof(why)


def _split(size: int) -> int:
    """The largest power of two that is smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1
