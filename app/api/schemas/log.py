"""The transparency log as documents. Bytes are in base64."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field

from app.log.encoding import to_base64
from app.log.receipts import Receipt
from app.records.checkpoints import Logged
from app.records.ledger import EntryReceipt
from app.web.documents import Out


class LoggedOut(Out):
    """One entry. ``salt`` and ``body`` are null until its content is published.

    ``leaf`` is SHA-256 over 0x00, the domain tag ``approvals-register/1`` with a line feed, and the SHA-256 of salt and
    body.
    """

    index: int
    leaf: str
    salt: str | None
    body: str | None

    @classmethod
    def of(cls, entry: Logged) -> Self:
        """An entry as the public sees it."""
        return cls(
            index=entry.number,
            leaf=to_base64(entry.leaf),
            salt=None if entry.salt is None else to_base64(entry.salt),
            body=None if entry.body is None else entry.body.decode(),
        )


class LoggedListOut(Out):
    """Some entries of the log, in order. ``size`` is how many the newest public checkpoint covers."""

    results: list[LoggedOut]
    size: int


class InclusionOut(Out):
    """The hashes that lead from an entry's leaf to the root of the log of that size (RFC 6962, section 2.1.1)."""

    index: int
    size: int
    leaf: str
    proof: list[str]

    @classmethod
    def of(cls, index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> Self:
        """Make a proof from its hashes."""
        return cls(index=index, size=size, leaf=to_base64(leaf), proof=[to_base64(each) for each in proof])


class ConsistencyOut(Out):
    """The hashes which show that the larger log begins with the smaller one (RFC 6962, section 2.1.2)."""

    from_size: int = Field(alias="from")
    to_size: int = Field(alias="to")
    proof: list[str]

    @classmethod
    def of(cls, from_size: int, to_size: int, proof: Sequence[bytes]) -> Self:
        """Make a proof from its hashes."""
        return cls(from_size=from_size, to_size=to_size, proof=[to_base64(each) for each in proof])


class ReceiptOut(Out):
    """The act's index in the log, its leaf in hexadecimal, and the address of the receipt that proves it.

    Only submissions have receipts. For other acts ``href`` is null.
    """

    log_index: int
    leaf_hash: str
    href: str | None

    @classmethod
    def of(cls, written: EntryReceipt, href: str | None = None) -> Self:
        """What an act answers as soon as it is written."""
        return cls(log_index=written.index, leaf_hash=written.leaf.hex(), href=href)


class PublishedReceiptOut(Out):
    """The index in the log of what was signed off, and the address of the receipt that proves it."""

    log_index: int
    href: str

    @classmethod
    def of(cls, decision_id: str, index: int) -> Self:
        """Name the receipt of a published decision."""
        return cls(log_index=index, href=f"/v1/decisions/{decision_id}/receipt")


class PrivateOut(Out):
    """The private part of an entry, for its owner. ``privateHash`` in the body is the SHA-256 of salt and body."""

    salt: str
    body: str


class ProofOut(Out):
    """A receipt. Keep it, and check it at any time with ``register verify --receipt`` or a few lines of your own.

    ``body`` is the exact text that was hashed. ``proof`` leads from its leaf to the root in the signed ``checkpoint``.
    """

    index: int
    salt: str
    body: str
    proof: list[str]
    checkpoint: str
    private: PrivateOut | None = Field(default=None, exclude_if=lambda value: value is None)

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Show a receipt."""
        document: dict[str, Any] = receipt.document()
        private = document.pop("private", None)
        return cls(**document, private=None if private is None else PrivateOut(**private))
