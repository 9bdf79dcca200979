"""Bytes as text: base64, read only as it should be written, so that nothing has two spellings."""

import base64


def to_base64(value: bytes) -> str:
    """With the standard alphabet, padded (RFC 4648, section 4)."""
    return base64.b64encode(value).decode()


def from_base64(written: str) -> bytes:
    """The bytes; raises ValueError for anything but the one way of writing them."""
    try:
        value = base64.b64decode(written, validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error
    if to_base64(value) != written:
        raise ValueError("not base64 as it should be written")
    return value
