"""What is drawn by chance elsewhere, drawn here in a fixed order: ids that count up, and keys that follow from a name.

The ids are made up as the register makes them, letter by letter with ``secrets.choice``, so they sort in the order in
which they were drawn, however many were drawn. Announced sets stand in the order of their ids: of the story's bytes
only these would change if ids came from elsewhere. The keys are of nobody: each follows from the name it is made for,
and no private half is kept anywhere.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.access.keys import Pair, generate_pair
from app.log.notes import SigningLogKey

ID_LENGTH = 8


@contextmanager
def counted_ids() -> Iterator[None]:
    """Random ids of eight letters count up from the first letter of their alphabet."""
    drawn = 0

    def choice(alphabet: str) -> str:
        nonlocal drawn
        number, place = divmod(drawn, ID_LENGTH)
        drawn += 1
        letters = sorted(alphabet)
        for _ in range(ID_LENGTH - 1 - place):
            number //= len(letters)
        return letters[number % len(letters)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "choice", choice)
        yield


@contextmanager
def keys_of(name: str) -> Iterator[None]:
    """A new elliptic key is the one that follows from a name."""
    number = int.from_bytes(hashlib.sha256(f"made up for {name}".encode()).digest()) >> 1

    def derived(curve: ec.EllipticCurve, _: object = None) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(number, curve)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ec, "generate_private_key", derived)
        yield


def pair_of(name: str) -> Pair:
    """The key pair of a system."""
    with keys_of(name):
        return generate_pair("ES256")


def log_key() -> str:
    """The key of the story's log, as its file holds it."""
    return SigningLogKey("register.test/log", hashlib.sha256(b"made up for the log").digest()).written()
