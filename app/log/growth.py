"""Proof that a log only grew: a consistency proof between two checkpoints, for anybody who has stored them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from app.log.encoding import from_base64, from_json, items, member, number
from app.log.notes import Checkpoint, LogKey, read_checkpoint
from app.log.tree import WrongProof, check_consistency


@dataclass(frozen=True, slots=True)
class Growth:
    """A consistency proof, from ``old`` entries to ``new``."""

    old: int
    new: int
    proof: tuple[bytes, ...]

    @classmethod
    def read(cls, written: str | bytes) -> Self:
        """Read it from JSON (``from``, ``to``, ``proof`` in base64). Raises WrongProof."""
        try:
            given = from_json(written)
            return cls(
                number(member(given, "from")),
                number(member(given, "to")),
                tuple(map(from_base64, items(member(given, "proof")))),
            )
        except (ValueError, TypeError) as error:
            raise WrongProof(f"this is not a consistency proof: {error}") from error

    def check(self, older: str, newer: str, keys: Iterable[LogKey]) -> tuple[Checkpoint, Checkpoint]:
        """The two checkpoints (signed notes), if the newer log begins with the older one.

        Raises WrongNote or WrongProof.
        """
        keys = tuple(keys)
        old, new = read_checkpoint(older, keys), read_checkpoint(newer, keys)
        if old.origin != new.origin:
            raise WrongProof("the checkpoints are of two logs")
        if (old.size, new.size) != (self.old, self.new):
            raise WrongProof(f"the proof is from {self.old} to {self.new}, the checkpoints {old.size} and {new.size}")
        check_consistency(old.size, new.size, old.root, new.root, self.proof)
        return old, new
