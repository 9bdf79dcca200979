"""Two days beside each other: which CCGs gained a level, lost one, or hold another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.reading.published import Listed, listed
from app.reading.rounds import listed_rounds
from app.records import directory, history, ledger, places, published
from app.records.directory import DirectoryFilters, OrganisationRow
from app.records.places import PlaceNames
from app.records.published import Filters, PublishedRow
from app.records.session import Session
from app.rules import caveats
from app.rules.grants import CONFIRMED
from app.rules.history import Reported
from app.rules.rounds import RoundPlan
from app.rules.words import Level

HELD = frozenset({"delegated_in_force", "delegated_in_force_other_count"})


class Change(StrEnum):
    """What became of a CCG's level from one day to another."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Compared:
    """A CCG whose level differs, with what it held on each day.

    ``closed_on`` is its last day, empty while it is open on the later of the two; ``successor`` came after it.
    """

    from_day: date
    to_day: date
    public_sequence: int
    change: Change
    ccg: OrganisationRow
    closed_on: date | None
    before: Listed | None
    after: Listed | None

    @property
    def successor(self) -> str | None:
        """The CCG that came after one that has closed by the later day."""
        return None if self.closed_on is None else self.ccg.successor_ods_code


@dataclass(frozen=True, slots=True)
class LevelHeld:
    """How many CCGs held a level; those whose start no source confirms are apart."""

    in_force: int
    start_not_confirmed: int


@dataclass(frozen=True, slots=True)
class DayHeld:
    """What was held on a day, and how many CCGs were open on it."""

    on: date
    organisations: int
    delegated: LevelHeld
    joint: LevelHeld


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two days compared: the CCGs whose level differs, by ODS code, and how many hold the same on both."""

    before: DayHeld
    after: DayHeld
    rows: list[Compared]
    unchanged: int
    reported: list[Reported]
    in_words: list[str]
    known_to: date | None
    public_sequence: int

    def which(self, change: Change) -> list[Compared]:
        """The CCGs whose level changed so."""
        return [each for each in self.rows if each.change is change]


def compare_days(session: Session, from_day: date, to_day: date) -> Comparison:
    """What was in force on two days, conditions and agreements considered, without trial rounds."""
    before, after = _held_on(session, from_day), _held_on(session, to_day)
    sequence, known_to = ledger.public_sequence(session), directory.known_to(session)
    rows = _compared(session, before, after, from_day, to_day, sequence)
    covered = listed_rounds(session, ())
    lost = [each.before.row.ended_by for each in rows if each.change is Change.LOST and each.before is not None]
    return Comparison(
        before=_day(session, from_day, before.values()),
        after=_day(session, to_day, after.values()),
        rows=rows,
        unchanged=len(before.keys() | after.keys()) - len(rows),
        reported=_reported(session, covered, from_day, to_day),
        in_words=[
            *caveats.known_in_part(covered),
            *caveats.of_grants([(each.standing, each.agreement) for each in (*before.values(), *after.values())]),
            *caveats.lost_by_closing(lost),
            *caveats.known_until(known_to, to_day),
        ],
        known_to=known_to,
        public_sequence=sequence,
    )


def _reported(session: Session, covered: Sequence[RoundPlan], from_day: date, to_day: date) -> list[Reported]:
    """How many CCGs of England were reported to hold delegated commissioning, from one day to another, oldest first."""
    totals = history.reported_in(session, [*(plan.round_id for plan in covered), ""])
    held = [each for each in totals if each.measure in HELD and each.is_national]
    return sorted((each for each in held if _is_between(each.as_at, from_day, to_day)), key=lambda each: each.as_at)


def _is_between(as_at: str, from_day: date, to_day: date) -> bool:
    """Whether a day, or any day of a month, lies from one day to another."""
    first, last = (day.isoformat()[: len(as_at)] for day in (from_day, to_day))
    return first <= as_at <= last


def _held_on(session: Session, day: date) -> dict[str, PublishedRow]:
    """What each CCG held on a day, by ODS code; of several grants the one that started last."""
    rows = published.by_code(session, Filters(in_force_only=True), day=day, after=None, limit=None)
    return {row.ods_code: row for row in sorted(rows, key=lambda row: row.in_force_from or date.min)}


def _compared(
    session: Session,
    before: Mapping[str, PublishedRow],
    after: Mapping[str, PublishedRow],
    from_day: date,
    to_day: date,
    public_sequence: int,
) -> list[Compared]:
    """The CCGs whose level differs, by ODS code."""
    ccgs = directory.search(session, DirectoryFilters(), day=to_day, after=None, limit=None)
    changes = [(ccg, _change(before.get(ccg.ods_code), after.get(ccg.ods_code))) for ccg in ccgs]
    differing = {ccg.ods_code for ccg, change in changes if change is not None}
    names = places.place_names(session)
    was, held = (_shown(session, rows, differing, day, names) for rows, day in ((before, from_day), (after, to_day)))
    return [
        Compared(
            from_day,
            to_day,
            public_sequence,
            change,
            ccg,
            ccg.closed_on if ccg.closed_on is not None and ccg.closed_on < to_day else None,
            was.get(ccg.ods_code),
            held.get(ccg.ods_code),
        )
        for ccg, change in changes
        if change is not None
    ]


def _shown(
    session: Session, held: Mapping[str, PublishedRow], codes: set[str], day: date, names: PlaceNames
) -> dict[str, Listed]:
    rows = [row for code, row in held.items() if code in codes]
    return {each.row.ods_code: each for each in listed(session, rows, day, names)}


def _change(before: PublishedRow | None, after: PublishedRow | None) -> Change | None:
    """What became of a level; None if it is the same, or there was none on either day."""
    if before is None or after is None:
        return Change.GAINED if after is not None else Change.LOST if before is not None else None
    return Change.CHANGED if before.granted_level != after.granted_level else None


def _day(session: Session, day: date, held: Iterable[PublishedRow]) -> DayHeld:
    rows = list(held)
    open_then = directory.count(session, DirectoryFilters(is_open=True), day=day)
    return DayHeld(day, open_then, _level(rows, Level.DELEGATED), _level(rows, Level.JOINT))


def _level(rows: Iterable[PublishedRow], level: Level) -> LevelHeld:
    confirmed = [row.agreement in CONFIRMED for row in rows if row.granted_level == level]
    return LevelHeld(sum(confirmed), len(confirmed) - sum(confirmed))
