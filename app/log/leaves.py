"""How an entry becomes a leaf: salted commitments over exact bytes.

The salt keeps an embargoed outcome unguessable; the domain tag keeps these hashes apart from any
other use of SHA-256 over the same bytes; 0x00 is the leaf prefix of RFC 6962, section 2.1.
"""

import hashlib
from typing import Any

import orjson

SALT_BYTES = 32
LEAF_PREFIX = b"\x00"
DOMAIN_TAG = b"approvals-register/1\n"


def canonical(document: Any) -> bytes:
    """A JSON document as the exact bytes to hash and store: sorted members, UTF-8, no white space."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def commitment(salt: bytes, body: bytes) -> bytes:
    """SHA-256 over a 32-byte salt and the body it hides (32 bytes)."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(salt + body).digest()


def leaf_hash(salt: bytes, body: bytes) -> bytes:
    """The leaf that stands for an entry in the tree (32 bytes)."""
    return hashlib.sha256(LEAF_PREFIX + DOMAIN_TAG + commitment(salt, body)).digest()
