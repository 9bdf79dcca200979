"""People with a role. A person is identified by issuer and subject, never by a name."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.records.changes import table_of
from app.records.tables import Region, RegisteredPerson
from app.rules.callers import Scope

ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class RecordedPerson:
    """A person with a role. ``interests`` are ODS codes. ``ended_at`` is empty while the role lasts."""

    person_id: str
    issuer: str
    subject: str
    name: str
    role: Scope
    regions: frozenset[str]
    interests: frozenset[str]
    ended_at: datetime | None


def person_id_of(issuer: str, subject: str) -> str:
    """The id that stands for an identity: 32 hexadecimal digits that do not reveal who it is."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:ID_DIGITS]


_PEOPLE = table_of(RegisteredPerson)
_WITH_ID = select(_PEOPLE).where(_PEOPLE.c.person_id == bindparam("wanted"))


def fetch(session: Session, person_id: str) -> RecordedPerson | None:
    """The person with this id. None if there is none."""
    row = session.connection().execute(_WITH_ID, {"wanted": person_id}).mappings().first()
    return None if row is None else _person(row)


def fetch_acting(session: Session, person_id: str) -> RecordedPerson | None:
    """The same with the regions in which the person acts."""
    person = fetch(session, person_id)
    return None if person is None else replace(person, regions=acting_in(session, person.regions))


def list_all(session: Session) -> list[RecordedPerson]:
    """Everybody who ever had a role, by role and name."""
    order = (_PEOPLE.c.role, _PEOPLE.c.name, _PEOPLE.c.person_id)
    return [_person(row) for row in session.connection().execute(select(_PEOPLE).order_by(*order)).mappings()]


def _person(row: Mapping[Any, Any]) -> RecordedPerson:
    return RecordedPerson(
        person_id=row["person_id"],
        issuer=row["issuer"],
        subject=row["subject"],
        name=row["name"],
        role=Scope(row["role"]),
        regions=frozenset(row["regions"]),
        interests=frozenset(row["interests"]),
        ended_at=row["ended_at"],
    )


def acting_in(session: Session, regions: Collection[str]) -> frozenset[str]:
    """The regions in which somebody acts: those registered, and all that they became since."""
    if not regions:
        return frozenset()
    became = {code: successors or [] for code, successors in session.connection().execute(_SUCCESSORS)}
    found, following = set(regions), set(regions)
    while following:
        following = {after for code in following for after in became.get(code, ())} - found
        found |= following
    return frozenset(found)


_SUCCESSORS = select(table_of(Region).c.code, table_of(Region).c.successors)
