"""Who is in the demo: systems of real CCGs with made-up keys, and people marked as made up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A system of one or several CCGs."""

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


# CCGs for which no source reports a grant: two in each region.
_SINGLE = (
    ("00N", "NHS South Tyneside CCG"),
    ("01A", "NHS East Lancashire CCG"),
    ("06F", "NHS Bedfordshire CCG"),
    ("06H", "NHS Cambridgeshire and Peterborough CCG"),
    ("07L", "NHS Barking & Dagenham CCG"),
    ("08J", "NHS Kingston CCG"),
    ("09D", "NHS Brighton & Hove CCG"),
    ("10A", "NHS South Kent Coast CCG"),
)
_ESSEX = ("06Q", "07G", "99E", "99F", "99G")
_REGIONS = (
    ("Y54", "north", "North of England", "00N"),
    ("Y55", "midlands", "Midlands and East of England", "06F"),
    ("Y56", "london", "London", "07L"),
    ("Y57", "south", "South of England", "09D"),
)

CLIENTS = (
    *(
        DemoClient(f"demo-{code.lower()}", f"Demo system of {name}", (code,), "RS512" if place % 2 == 0 else "ES256")
        for place, (code, name) in enumerate(_SINGLE)
    ),
    DemoClient("demo-essex", "Demo system of five Essex CCGs", _ESSEX, "RS512"),
)


def _panels() -> Iterator[DemoPerson]:
    for code, word, region, interest in _REGIONS:
        yield DemoPerson(f"panel-{word}-1", f"First panel member, {region} (made up)", "panel", (code,))
        yield DemoPerson(f"panel-{word}-2", f"Second panel member, {region} (made up)", "panel", (code,))
        yield DemoPerson(
            f"panel-{word}-3", f"Panel member with an interest, {region} (made up)", "panel", (code,), (interest,)
        )


PEOPLE = (
    *_panels(),
    DemoPerson("national-1", "First signatory, NHS England (made up)", "national"),
    DemoPerson("national-2", "Second signatory, NHS England (made up)", "national"),
    DemoPerson("admin-1", "Administrator (made up)", "admin"),
)
