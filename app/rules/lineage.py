"""Which bodies came before and after one, over any number of mergers, and what counts as having been held."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from app.rules.grants import Agreement
from app.rules.holdings import DecidedGrant, counts, is_valid


class Body(Protocol):
    """A body with its last day and the one that came after it."""

    @property
    def ods_code(self) -> str: ...
    @property
    def closed_on(self) -> date | None: ...
    @property
    def successor(self) -> str | None: ...


class Relative(NamedTuple):
    """A body before or after another, and how many mergers lie between them."""

    ods_code: str
    generation: int


class Granted(DecidedGrant, Protocol):
    """A published decision, as far as it is known from it what was held."""

    @property
    def agreement(self) -> str | None: ...
    @property
    def in_force_to(self) -> date | None: ...


Row = TypeVar("Row", bound=Granted)


def succeeded_by(bodies: Mapping[str, Body], ods_code: str, on: date | None) -> str | None:
    """The body that came after one, as far as that is so by a day; None for any day asks for all that is known."""
    body = bodies[ods_code]
    if body.successor not in bodies or body.closed_on is None:
        return None
    return body.successor if on is None or body.closed_on < on else None


def after(bodies: Mapping[str, Body], ods_code: str, on: date | None) -> list[Relative]:
    """The bodies that came after one, the next one first."""
    found: list[Relative] = []
    seen, following = {ods_code}, succeeded_by(bodies, ods_code, on)
    while following is not None and following not in seen:
        found.append(Relative(following, len(found) + 1))
        seen.add(following)
        following = succeeded_by(bodies, following, on)
    return found


def before(bodies: Mapping[str, Body], ods_code: str, on: date | None) -> list[Relative]:
    """The bodies that one came after, the last generation first, and by ODS code."""
    found: list[Relative] = []
    seen, parents = {ods_code}, {ods_code}
    generation = 0
    while parents:
        generation += 1
        parents = {code for code in bodies if code not in seen and succeeded_by(bodies, code, on) in parents}
        seen |= parents
        found += [Relative(code, generation) for code in sorted(parents)]
    return found


def held(rows: Iterable[Row]) -> Iterator[Row]:
    """Those of these decisions whose grants have days in force, as far as is known. Trial rounds give nothing."""
    return (row for row in rows if is_valid(row) and counts(row) and _has_days(row))


def _has_days(row: Granted) -> bool:
    if row.agreement is None or not Agreement(row.agreement).lets_start or row.in_force_from is None:
        return False
    return row.in_force_to is None or row.in_force_from <= row.in_force_to
