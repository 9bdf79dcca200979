"""Registered systems: who they are, what they may ask for, and their public keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.records.changes import table_of
from app.records.tables import RegisteredClient
from app.rules.callers import Scope


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A client's public key (a JWK), bound to one algorithm. It is usable only between its two instants."""

    kid: str
    alg: str
    jwk: Mapping[str, Any] = field(repr=False)
    not_before: datetime | None = None
    not_after: datetime | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read a member of the ``keys`` column."""
        return cls(
            kid=document["kid"],
            alg=document["alg"],
            jwk=document["jwk"],
            not_before=_instant(document["notBefore"]),
            not_after=_instant(document["notAfter"]),
        )

    def is_usable(self, at: datetime) -> bool:
        """Whether the key may be used at an instant."""
        return (self.not_before is None or self.not_before <= at) and not self.has_ended(at)

    def has_ended(self, at: datetime) -> bool:
        """Whether the key's time is over at an instant."""
        return self.not_after is not None and self.not_after < at


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system. ``disabled_at`` is empty while it may call.

    ``enabled_at`` is when it was last enabled again: access tokens from before stay refused.
    """

    client_id: str
    name: str
    ods_codes: frozenset[str]
    regions: frozenset[str]
    scopes: frozenset[Scope]
    keys: tuple[ClientKey, ...]
    disabled_at: datetime | None
    enabled_at: datetime | None = None

    def usable_key(self, kid: str, at: datetime) -> ClientKey | None:
        """The client's key with this ``kid``, if the client may call and the key is usable at an instant."""
        if self.disabled_at is not None:
            return None
        return next((key for key in self.keys if key.kid == kid and key.is_usable(at)), None)

    def first_second(self) -> int:
        """The first second since 1970 in which an access token may be issued: that after the one of enabling."""
        return 0 if self.enabled_at is None else int(self.enabled_at.timestamp()) + 1


_CLIENTS = table_of(RegisteredClient)
_WITH_ID = select(_CLIENTS).where(_CLIENTS.c.client_id == bindparam("wanted"))


def fetch(session: Session, client_id: str) -> Client | None:
    """The client with this id. None if there is none."""
    row = session.connection().execute(_WITH_ID, {"wanted": client_id}).mappings().first()
    return None if row is None else _client(row)


def list_all(session: Session) -> list[Client]:
    """Every client that was ever registered, by id."""
    rows = session.connection().execute(select(_CLIENTS).order_by(_CLIENTS.c.client_id)).mappings()
    return [_client(row) for row in rows]


def codes_with(session: Session, ods_code: str) -> set[str]:
    """The ODS codes for which every system is registered that speaks for this one."""
    speaking = [
        each.ods_codes
        for each in list_all(session)
        if ods_code in each.ods_codes and Scope.APPLICATIONS in each.scopes and each.disabled_at is None
    ]
    return set(frozenset[str].intersection(*speaking)) if speaking else set()


def _client(row: Mapping[Any, Any]) -> Client:
    return Client(
        client_id=row["client_id"],
        name=row["name"],
        ods_codes=frozenset(row["ods_codes"]),
        regions=frozenset(row["regions"]),
        scopes=frozenset(Scope(each) for each in row["scopes"]),
        keys=tuple(ClientKey.of(each) for each in row["keys"]),
        disabled_at=row["disabled_at"],
        enabled_at=row["enabled_at"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
