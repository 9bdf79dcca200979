"""Tables that serve requests and hold no fact of the register."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import LargeBinary
from sqlmodel import Field

from app.records.columns import Code, Document, Instant
from app.records.tables.base import TableRow


class StoredAnswer(TableRow, table=True):
    """The first answer to a request with an Idempotency-Key, stored so that a repeat gets it again."""

    __tablename__: ClassVar[str] = "stored_answers"

    caller: str = Field(sa_type=Code, primary_key=True)
    method: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    key: str = Field(sa_type=Code, primary_key=True)
    body_hash: bytes = Field(sa_type=LargeBinary)
    reference: str | None = Field(sa_type=Code, nullable=True)
    ods_code: str | None = Field(sa_type=Code, nullable=True)
    status: int
    headers: dict[str, str] = Field(sa_type=Document)
    body: bytes = Field(sa_type=LargeBinary)
    stored_at: datetime = Field(sa_type=Instant, index=True)


class UsedAssertion(TableRow, table=True):
    """The jti of a client assertion that was used, so that nobody can replay it."""

    __tablename__: ClassVar[str] = "used_assertions"

    client_id: str = Field(sa_type=Code, primary_key=True)
    jti_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    expires_at: datetime = Field(sa_type=Instant, index=True)


class AnnouncementPreview(TableRow, table=True):
    """A previewed set, so that the register can say what has changed since the preview."""

    __tablename__: ClassVar[str] = "announcement_previews"

    set_digest: str = Field(sa_type=Code, primary_key=True)
    round_id: str = Field(sa_type=Code, primary_key=True)
    decision_ids: list[str] = Field(sa_type=Document)
    previewed_at: datetime = Field(sa_type=Instant, index=True)
