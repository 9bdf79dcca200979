"""Who is in the demo: made-up bodies over the open regions, their systems, and people. All say that they are made up.

Every CCG is closed, so the demo's trial round is for bodies of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class DemoBody:
    """A body that exists in the demo only."""

    ods_code: str
    name: str
    region_code: str


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A system of one or several bodies."""

    client_id: str
    name: str
    ods_codes: tuple[str, ...]
    alg: Literal["RS512", "ES256"]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person with a role. Every name says that it is made up."""

    subject: str
    name: str
    role: Literal["panel", "national", "admin"]
    regions: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()


# Code, word and name of each open region, and how many bodies of it have a system of their own.
_REGIONS = (
    ("Y56", "london", "London", 2),
    ("Y58", "south-west", "South West", 1),
    ("Y59", "south-east", "South East", 1),
    ("Y60", "midlands", "Midlands", 1),
    ("Y61", "east", "East of England", 1),
    ("Y62", "north-west", "North West", 1),
    ("Y63", "north-east", "North East and Yorkshire", 1),
)
_TOGETHER = ("Y61", "East of England", range(2, 7))


def _body(region_code: str, region: str, number: int) -> DemoBody:
    return DemoBody(f"T{region_code[1:]}{number:02d}", f"Trial body {number}, {region} (made up)", region_code)


_SINGLE = tuple(_body(code, region, number) for code, _, region, bodies in _REGIONS for number in range(1, bodies + 1))
_GROUP = tuple(_body(_TOGETHER[0], _TOGETHER[1], number) for number in _TOGETHER[2])
BODIES = (*_SINGLE, *_GROUP)

CLIENTS = (
    *(
        DemoClient(
            f"demo-{body.ods_code.lower()}",
            f"Demo system of {body.name}",
            (body.ods_code,),
            "RS512" if place % 2 == 0 else "ES256",
        )
        for place, body in enumerate(_SINGLE)
    ),
    DemoClient(
        "demo-east",
        "Demo system of five trial bodies in the East of England (made up)",
        tuple(body.ods_code for body in _GROUP),
        "RS512",
    ),
)


def _panels() -> Iterator[DemoPerson]:
    for code, word, region, _ in _REGIONS:
        interest = next(body.ods_code for body in _SINGLE if body.region_code == code)
        yield DemoPerson(f"panel-{word}-1", f"First panel member, {region} (made up)", "panel", (code,))
        yield DemoPerson(f"panel-{word}-2", f"Second panel member, {region} (made up)", "panel", (code,))
        yield DemoPerson(
            f"panel-{word}-3", f"Panel member with an interest, {region} (made up)", "panel", (code,), (interest,)
        )


PEOPLE = (
    *_panels(),
    DemoPerson("national-1", "First signatory, NHS England (made up)", "national"),
    DemoPerson("national-2", "Second signatory, NHS England (made up)", "national"),
    DemoPerson("admin-1", "First administrator (made up)", "admin"),
    DemoPerson("admin-2", "Second administrator (made up)", "admin"),
)
