"""Leaves: salted commitments over exact bytes, recomputed here without the register's own functions."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.log.leaves import DOMAIN_TAG, LEAF_PREFIX, SALT_BYTES, canonical, commitment, leaf_hash
from app.rules.words import Level

SALT = bytes(range(32))
OTHER_SALT = bytes(reversed(range(32)))
BODY = b'{"outcome":"approved"}'
salts = st.binary(min_size=32, max_size=32)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_the_sizes_and_marks_are_those_of_the_design() -> None:
    assert (SALT_BYTES, LEAF_PREFIX, DOMAIN_TAG) == (32, b"\x00", b"approvals-register/1\n")


def test_known_answers_stay_what_they_are() -> None:
    """A change here would make every leaf ever written wrong."""
    assert commitment(SALT, BODY).hex() == "4f0831f572085e53ab6bba8d220b7309db6688887cead5218344ef41bcf08eae"
    assert leaf_hash(SALT, BODY).hex() == "3166c5eeead9e04c21d297ca45f19bf2dbd0038da7386892a6373dbfe052a7ff"


@given(salt=salts, body=st.binary(max_size=300))
def test_commitment_and_leaf_are_what_the_design_says(salt: bytes, body: bytes) -> None:
    inner = sha256(salt, body)

    assert commitment(salt, body) == inner
    assert leaf_hash(salt, body) == sha256(b"\x00", b"approvals-register/1\n", inner)


def test_a_leaf_is_no_other_hash_over_the_same_bytes() -> None:
    """Neither a commitment, nor an interior node of RFC 6962, nor a leaf of another log without the tag."""
    inner = commitment(SALT, BODY)
    others = {
        inner,
        sha256(BODY),
        sha256(b"\x00", BODY),
        sha256(b"\x00", inner),
        sha256(b"\x01", DOMAIN_TAG, inner),
        sha256(DOMAIN_TAG, inner),
    }

    assert leaf_hash(SALT, BODY) not in others
    assert len(others) == 6


@given(body=st.binary(max_size=60), other=st.binary(max_size=60), salt=salts, other_salt=salts)
def test_another_salt_or_another_body_is_another_leaf(
    body: bytes, other: bytes, salt: bytes, other_salt: bytes
) -> None:
    is_same = (salt, body) == (other_salt, other)

    assert (leaf_hash(salt, body) == leaf_hash(other_salt, other)) == is_same
    assert (commitment(salt, body) == commitment(other_salt, other)) == is_same


def test_equal_outcomes_of_two_ccgs_cannot_be_told_by_their_leaves() -> None:
    assert leaf_hash(SALT, BODY) != leaf_hash(OTHER_SALT, BODY)


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    """With a salt of any length, a byte could move from the salt to the body unseen."""
    with pytest.raises(ValueError, match=f"^a salt has 32 bytes, not {length}$"):
        commitment(bytes(length), BODY)
    with pytest.raises(ValueError, match=f"^a salt has 32 bytes, not {length}$"):
        leaf_hash(bytes(length), BODY)


# --- the exact bytes ----------------------------------------------------------------------------


def test_a_document_is_written_with_sorted_members_in_utf_8_without_white_space() -> None:
    document = {"b": [1, 2.5, None, True], "a": {"é": "Grünt", "Z": ""}, "": "line\nfeed"}

    assert canonical(document) == ('{"":"line\\nfeed","a":{"Z":"","é":"Grünt"},"b":[1,2.5,null,true]}'.encode())


def test_words_and_tuples_are_written_as_texts_and_lists() -> None:
    assert canonical({"level": Level.JOINT, "codes": ("10T", "10G")}) == b'{"codes":["10T","10G"],"level":"joint"}'


texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(document=st.dictionaries(texts, json_values, max_size=5))
def test_reading_and_writing_again_gives_the_same_bytes(document: dict[str, Any]) -> None:
    written = canonical(document)

    assert canonical(json.loads(written)) == written
    assert canonical(dict(reversed(list(document.items())))) == written
