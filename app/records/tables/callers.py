"""Who may call: registered systems and people."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from app.records.columns import Code, Document, Instant
from app.records.tables.base import TableRow


class RegisteredClient(TableRow, table=True):
    """A registered system, with its keys: ``[{kid, alg, jwk, notBefore, notAfter}]``."""

    __tablename__: ClassVar[str] = "clients"

    client_id: str = Field(sa_type=Code, primary_key=True)
    name: str
    ods_codes: list[str] = Field(sa_type=Document)
    regions: list[str] = Field(sa_type=Document)
    scopes: list[str] = Field(sa_type=Document)
    keys: list[dict[str, Any]] = Field(sa_type=Document)
    disabled_at: datetime | None = Field(sa_type=Instant, nullable=True)
    enabled_at: datetime | None = Field(default=None, sa_type=Instant, nullable=True)


class RegisteredPerson(TableRow, table=True):
    """A person with a role, identified by issuer and subject. ``interests`` are ODS codes."""

    __tablename__: ClassVar[str] = "people"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_people_identity"),
        CheckConstraint("role IN ('panel', 'national', 'admin')", name="role_known"),
    )

    person_id: str = Field(sa_type=Code, primary_key=True)
    issuer: str
    subject: str
    name: str
    role: str
    regions: list[str] = Field(sa_type=Document)
    interests: list[str] = Field(sa_type=Document)
    ended_at: datetime | None = Field(sa_type=Instant, nullable=True)
