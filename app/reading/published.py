"""Published decisions with what belongs to each: reasons, conditions, and what its places are called."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from app.records import places, published, published_conditions
from app.records.places import Named, PlaceNames
from app.records.published import PublishedRow, ReasonRow
from app.records.published_conditions import ConditionRow
from app.records.session import Session
from app.rules.decisions import ConditionState, shown_state
from app.rules.grants import DaysInForce, OwnEnd, days_in_force, own_end
from app.rules.outcomes import granted_functions

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A published decision with its reasons. ``day`` is the one on which its standing is judged."""

    row: PublishedRow
    day: date
    region: Named
    area_team: Named | None
    reasons: Sequence[ReasonRow]

    @property
    def key(self) -> str:
        """The decision's id."""
        return self.row.decision_id

    @property
    def days_in_force(self) -> DaysInForce:
        """The first and the last day in force, as far as there are any."""
        row = self.row
        return days_in_force(row.in_force_from, row.in_force_to, ended_by=row.ended_by, standing=row.standing)

    @property
    def functions(self) -> tuple[str, ...] | None:
        """The functions that it grants at delegated. None if that is not known."""
        return granted_functions(self.row.granted_level, self.row.functions, None)

    @property
    def own_end(self) -> OwnEnd:
        """Why what it gives was ended, if that was an act on it."""
        return own_end(self.row.ended_by, reason=self.row.end_reason, legal_basis=self.row.legal_basis)


@dataclass(frozen=True, slots=True)
class Detailed(Listed):
    """A published decision with its conditions too."""

    conditions: Sequence[ConditionRow]


def listed(session: Session, rows: Sequence[PublishedRow], day: date, names: PlaceNames | None = None) -> list[Listed]:
    """Published rows as lists show them, in their order. ``names`` are asked for unless they are given."""
    called = names or places.place_names(session)
    reasons = published.reasons_of(session, [row.decision_id for row in rows])
    return [Listed(row, day, *_places(row, called), reasons[row.decision_id]) for row in rows]


def detailed(
    session: Session, rows: Sequence[PublishedRow], day: date, names: PlaceNames | None = None
) -> list[Detailed]:
    """Published rows in full, in their order."""
    conditions = published_conditions.conditions_of(session, [row.decision_id for row in rows])
    return [
        Detailed(
            each.row, each.day, each.region, each.area_team, each.reasons, _as_shown(each.row, conditions[each.key])
        )
        for each in listed(session, rows, day, names)
    ]


def listed_in_chunks(session: Session, rows: Iterable[PublishedRow], day: date) -> Iterator[Listed]:
    """The same as ``listed`` for a list of any length, which is never held as a whole."""
    names = places.place_names(session)
    for chunk in _chunks(rows):
        yield from listed(session, chunk, day, names)


def detailed_in_chunks(session: Session, rows: Iterable[PublishedRow], day: date) -> Iterator[Detailed]:
    """The same as ``detailed`` for a list of any length."""
    names = places.place_names(session)
    for chunk in _chunks(rows):
        yield from detailed(session, chunk, day, names)


def _as_shown(row: PublishedRow, conditions: Iterable[ConditionRow]) -> list[ConditionRow]:
    """Conditions as they are shown: none stays open of what is over."""
    return [
        each._replace(state=shown_state(ConditionState(each.state), is_over=row.is_over).value) for each in conditions
    ]


def _chunks(rows: Iterable[PublishedRow]) -> Iterator[list[PublishedRow]]:
    rest = iter(rows)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _places(row: PublishedRow, names: PlaceNames) -> tuple[Named, Named | None]:
    return names.region(row.region_code), names.area_team(row.area_team_code)
