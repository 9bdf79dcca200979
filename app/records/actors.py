"""Who did something: the names behind the keys that the log keeps."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import bindparam, literal, select
from sqlmodel import Session

from app.records.changes import table_of
from app.records.tables import RegisteredClient, RegisteredPerson


class Actor(NamedTuple):
    """Who did something: the key in the log, and the name as it is registered now.

    The clockwork and the operator's commands have a key and no name.
    """

    key: str
    name: str | None


_PEOPLE, _CLIENTS = table_of(RegisteredPerson).c, table_of(RegisteredClient).c
_PERSON, _CLIENT = "person:", "client:"
_NAMES = (
    select(literal(_PERSON).label("kind"), _PEOPLE.person_id.label("id"), _PEOPLE.name)
    .where(_PEOPLE.person_id.in_(bindparam("people", expanding=True)))
    .union_all(
        select(literal(_CLIENT), _CLIENTS.client_id, _CLIENTS.name).where(
            _CLIENTS.client_id.in_(bindparam("clients", expanding=True))
        )
    )
)


def named(session: Session, keys: Collection[str]) -> dict[str, Actor]:
    """Who these keys stand for."""
    wanted = {kind: [each.removeprefix(kind) for each in keys if each.startswith(kind)] for kind in (_PERSON, _CLIENT)}
    names: dict[str, str] = {}
    if any(wanted.values()):
        given = {"people": wanted[_PERSON], "clients": wanted[_CLIENT]}
        names = {f"{row.kind}{row.id}": row.name for row in session.connection().execute(_NAMES, given)}
    return {key: Actor(key, names.get(key)) for key in keys}
