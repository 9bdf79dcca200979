"""The bodies before and after one, and what each held when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from app.records import directory, ledger, places, published, successions
from app.records.published import PublishedRow
from app.records.session import Session
from app.records.successions import BodyDays
from app.rules import caveats
from app.rules import lineage as rules
from app.rules.lineage import Relative
from app.rules.refusals import NotFound


@dataclass(frozen=True, slots=True)
class BodyHeld:
    """A body, how many mergers away it is, and what it held, the oldest first.

    ``closed_on`` and ``successor`` are None for a day that was asked for and on which it was open.
    """

    days: BodyDays
    generation: int
    name: str
    closed_on: date | None
    successor: str | None
    held: Sequence[PublishedRow]


@dataclass(frozen=True, slots=True)
class Lineage:
    """A body with those before it, the nearest first, and those after it."""

    body: BodyHeld
    before: list[BodyHeld]
    after: list[BodyHeld]
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def read_lineage(session: Session, ods_code: str, *, on: date | None, today: date) -> Lineage:
    """The bodies before and after one, by what had happened and been decided by a day. Raises NotFound."""
    bodies, day = successions.all_bodies(session), on or today
    if ods_code not in bodies:
        raise NotFound("No such CCG.")
    before, after = rules.before(bodies, ods_code, on), rules.after(bodies, ods_code, on)
    related = [Relative(ods_code, 0), *before, *after]
    shown = _shown(session, bodies, related, on, day)
    known_to = directory.known_to(session)
    return Lineage(
        body=shown[ods_code],
        before=[shown[each.ods_code] for each in before],
        after=[shown[each.ods_code] for each in after],
        known_to=known_to,
        in_words=caveats.known_until(known_to, day),
        public_sequence=ledger.public_sequence(session),
    )


def _shown(
    session: Session, bodies: dict[str, BodyDays], related: Collection[Relative], on: date | None, day: date
) -> dict[str, BodyHeld]:
    codes = [each.ods_code for each in related]
    names = places.names_of(session, codes)
    rows = published.organisation_rows(session, codes, day=day)
    held: dict[str, list[PublishedRow]] = {code: [] for code in codes}
    for row in rules.held(rows if on is None else published.decided_by(on, rows)):
        held[row.ods_code].append(row)
    return {
        each.ods_code: BodyHeld(
            days=bodies[each.ods_code],
            generation=each.generation,
            name=names[each.ods_code],
            closed_on=_closed_on(bodies[each.ods_code], on),
            successor=rules.succeeded_by(bodies, each.ods_code, on),
            held=held[each.ods_code],
        )
        for each in related
    }


def _closed_on(days: BodyDays, on: date | None) -> date | None:
    """The last day of a body. Not told for a day that was asked for and on which it was open."""
    return days.closed_on if on is None or (days.closed_on is not None and days.closed_on < on) else None
