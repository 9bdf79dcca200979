"""The log, which is what happened: numbered, salted, hashed entries, the head row that writers lock, checkpoints."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from app.records.columns import Code, Instant
from app.records.tables.base import TableRow


class LogEntry(TableRow, table=True):
    """One numbered, salted, hashed entry. ``body`` is the exact bytes hashed; the columns index it."""

    __tablename__: ClassVar[str] = "log_entries"
    __table_args__ = (
        CheckConstraint('"index" >= 0 AND act >= 0 AND act <= "index"', name="numbered"),
        CheckConstraint("length(salt) = 32 AND length(leaf) = 32", name="hashed"),
        Index("ix_log_entries_reference", "reference", "index"),
        Index("ix_log_entries_public", "index", sqlite_where=text("publishes"), postgresql_where=text("publishes")),
        Index(
            "ix_log_entries_redactions",
            "index",
            sqlite_where=text("kind = 'entry.redacted'"),
            postgresql_where=text("kind = 'entry.redacted'"),
        ),
    )

    index: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    act: int = Field(sa_type=BigInteger)
    kind: str
    publishes: bool
    reference: str | None = Field(sa_type=Code, nullable=True)
    ods_code: str | None = Field(sa_type=Code, nullable=True)
    at: datetime = Field(sa_type=Instant)
    salt: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary)


class LogPrivate(TableRow, table=True):
    """The private bytes of an entry, with a salt of their own. The entry's body holds their hash."""

    __tablename__: ClassVar[str] = "log_private"

    index: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="log_entries.index",
        sa_column_kwargs={"autoincrement": False},
    )
    salt: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)


class LogHead(TableRow, table=True):
    """One row that every writer locks first: the number of entries, and the public sequence."""

    __tablename__: ClassVar[str] = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger)
    public_sequence: int = Field(sa_type=BigInteger)


class LogCheckpoint(TableRow, table=True):
    """A signed checkpoint (a C2SP note), in the order of signing. ``number`` counts from 1 without gaps.

    A size may occur several times: first for owners, then for the public once it is published, and again for each day
    on which nothing happened.
    """

    __tablename__: ClassVar[str] = "log_checkpoints"
    __table_args__ = (
        CheckConstraint("number >= 1 AND size >= 1", name="counted"),
        Index("ix_log_checkpoints_size", "is_public", "size"),
        Index("ix_log_checkpoints_every_size", "size", "number"),
    )

    number: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger)
    is_public: bool
    signed_at: datetime = Field(sa_type=Instant)
    note: str
