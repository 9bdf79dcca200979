"""Who calls: nobody in particular, a registered system, or a person with a role."""

from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a token is good for."""

    APPLICATIONS = "applications"
    PANEL = "panel"
    NATIONAL = "national"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class System:
    """A registered client: a CCG's system, or one of a panel or of NHS England that reads.

    ``scopes`` are those of the token that are still the client's own when the request arrives.
    """

    client_id: str
    name: str
    ods_codes: frozenset[str]
    regions: frozenset[str]
    scopes: frozenset[Scope]
    key: str = field(init=False)
    """The name under which the log keeps what this caller did."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"client:{self.client_id}")


@dataclass(frozen=True, slots=True)
class Person:
    """A panel member, a signatory of NHS England, or an administrator.

    ``person_id`` stands for the pair of issuer and subject; ``interests`` are the ODS codes of
    the CCGs in which the person has declared an interest.
    """

    person_id: str
    name: str
    role: Scope
    regions: frozenset[str]
    interests: frozenset[str]
    key: str = field(init=False)
    """The name under which the log keeps what this caller did."""
    scopes: frozenset[Scope] = field(init=False)
    """A person has the one scope of the role."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"person:{self.person_id}")
        object.__setattr__(self, "scopes", frozenset({self.role}))


Caller = System | Person
