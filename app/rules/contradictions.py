"""What a file may not say of bodies: what contradicts that which is known of the file's own day.

A file that is older than what is known adds older facts and is silent about later ones; that is no contradiction.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from app.rules.bodies import BodyKind, OrganisationRecord, SaidBy, Statement, open_ccgs
from app.rules.deadlines import ONE_DAY

# How the ODS is known to differ from our own files, by the word that stands there.
NEVER_CLOSED = "never closed"
OPENED_ON = "opened on "
# How a file is let through that would make a decision false.
FIRST = "Correct that decision first."
# By how much the days of a merger may differ: the ODS opened 13T four months before its predecessors closed.
LONGEST_OVERLAP = timedelta(days=366)


class Objection(NamedTuple):
    """What is wrong with the row of one body, or worth a note."""

    ods_code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Objections:
    """What forbids a file to be taken over, and what is only noted, since our own files explain it."""

    faults: tuple[Objection, ...]
    notes: tuple[Objection, ...]

    @property
    def faulty(self) -> frozenset[str]:
        """The bodies of which something forbids it."""
        return frozenset(fault.ods_code for fault in self.faults)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a file is read: every body, the ODS's known differences, and how far it all reaches."""

    bodies: Mapping[str, OrganisationRecord]
    differences: Mapping[str, Collection[str]]
    known_to: date | None


def objections(rows: Sequence[Statement], known: Known, day: date) -> Objections:
    """Hold a file's rows, as at its own day, against what is known. The merger rules look at all rows together."""
    faults: list[Objection] = []
    notes: list[Objection] = []
    for row in rows:
        for is_fault, detail in _of_row(row, known, day):
            (faults if is_fault else notes).append(Objection(row.ods_code, detail))
    faults += _incomplete_mergers(rows, known)
    return Objections(tuple(faults), tuple(notes))


def missing_bodies(rows: Iterable[Statement], known: Mapping[str, OrganisationRecord], day: date) -> list[str]:
    """The CCGs open on a day of which a file says nothing. If there are any, the file is partial."""
    said = {row.ods_code for row in rows}
    return [code for code in open_ccgs(known, day) if code not in said]


def _of_row(row: Statement, known: Known, day: date) -> Iterator[tuple[bool, str]]:
    body = known.bodies.get(row.ods_code)
    if body is None:
        if row.kind is not BodyKind.TRIAL and (row.opened_on or date.max) < (known.known_to or date.min):
            yield True, f"is not known and opened on {row.opened_on}, though all bodies are known to {known.known_to}"
        return
    explained = known.differences.get(row.ods_code, ())
    if row.kind is not None and row.kind is not body.kind:
        yield True, f"is of kind {body.kind}, and {row.kind} here"
    if row.opened_on != body.opened_on:
        is_fault = f"{OPENED_ON}{row.opened_on}" not in explained
        yield is_fault, f"opened on {body.opened_on}, and on {row.opened_on} here"
    yield from _of_end(row, body, explained, day)
    has_followed = body.successor is not None and (day > (body.closed_on or date.max) or day > body.known_to)
    if has_followed and row.said_by is SaidBy.OWN and row.successor is None:
        yield True, f"has {body.successor} as its successor, and none here"
    if row.successor and body.successor and row.successor != body.successor:
        yield True, f"has {body.successor} as its successor, and {row.successor} here"


def _of_end(
    row: Statement, body: OrganisationRecord, explained: Collection[str], day: date
) -> Iterator[tuple[bool, str]]:
    """What a row says of a body's last day, against what is known of the file's own day."""
    if body.closed_on is None:
        if row.closed_on is not None and row.closed_on < body.known_to and day <= body.known_to:
            yield True, f"is known to be open on {body.known_to}, and closed on {row.closed_on} here"
    elif row.closed_on is None:
        if body.closed_on < day:
            yield NEVER_CLOSED not in explained, f"closed on {body.closed_on}, and has no end here"
        elif body.known_to < day:
            yield NEVER_CLOSED not in explained, f"closes on {body.closed_on}, and has no end here"
    elif row.closed_on != body.closed_on:
        # What an older file planned has become otherwise since.
        was_plan = row.closed_on >= day and day < body.known_to
        yield not was_plan, f"closed on {body.closed_on}, and on {row.closed_on} here"


# --- decisions --------------------------------------------------------------------------------


class Standing(NamedTuple):
    """A decision in effect, embargoed or not, that grants a body a level from a day on.

    ``succeeds`` are the bodies that merged, if it follows from that. Of the past the day may not be known.
    """

    decision_id: str
    ods_code: str
    level: str
    first_day: date | None
    succeeds: tuple[str, ...]


def made_false(
    standing: Iterable[Standing], before: Mapping[str, OrganisationRecord], after: Mapping[str, OrganisationRecord]
) -> Iterator[Objection]:
    """What would no longer be true of a decision in effect. It is corrected first, for no file corrects decisions.

    ``before`` and ``after`` is what is known of the bodies of which something else is known by a file.
    """
    for each in standing:
        code, by = each.ods_code, each.decision_id
        if code in after and after[code].opened_on != before[code].opened_on:
            if each.first_day is not None and each.first_day < after[code].opened_on:
                granted = f"is granted {each.level} from {each.first_day} by {by}, before it would open"
                yield Objection(code, f"{granted}. {FIRST}")
            elif each.succeeds:
                yield Objection(code, f"goes on with what {', '.join(each.succeeds)} held, by {by}. {FIRST}")
        for merged in each.succeeds:
            if merged in after and _end(after[merged]) != _end(before[merged]):
                yield Objection(merged, f"held what {by} goes on with. {FIRST}")


def _end(body: OrganisationRecord) -> tuple[date | None, str | None]:
    return body.closed_on, body.successor


# --- mergers ------------------------------------------------------------------------------------


def _incomplete_mergers(rows: Sequence[Statement], known: Known) -> Iterator[Objection]:
    """The bodies whose merger lacks a part: who ends without a follower, or opens without anybody before it."""
    lives = _lives(rows, known)
    days = _Days.of(lives.values())
    predecessors = {life.successor for life in lives.values() if life.successor}
    for row in rows:
        before = known.bodies.get(row.ods_code)
        if row.closed_on is not None and (before is None or before.closed_on is None):
            yield from _without_follower(row, lives, days)
        is_new = before is None and row.kind is not BodyKind.TRIAL
        if is_new and (row.opened_on or date.min) > days.beginning:
            yield from _without_predecessor(row, predecessors, days)


class _Life(NamedTuple):
    first: date
    last: date | None
    successor: str | None


class _Days(NamedTuple):
    """The days on which bodies opened, and those after which they were closed.

    On most of them some close and others follow. What is left over are mergers of which the ODS tells another day.
    """

    opened: frozenset[date]
    followed: frozenset[date]

    @classmethod
    def of(cls, lives: Iterable[_Life]) -> "_Days":
        found = list(lives)
        ends = (life.last for life in found if life.last is not None)
        return cls(frozenset(life.first for life in found), frozenset(last + ONE_DAY for last in ends))

    @property
    def beginning(self) -> date:
        """The first day of the first bodies, before which there was none."""
        return min(self.opened, default=date.min)

    def is_followed(self, day: date) -> bool:
        """Whether a body opened on a day, or not long before it and without any that closed then."""
        early = self.opened - self.followed - {self.beginning}
        return day in self.opened or any(day - LONGEST_OVERLAP <= each < day for each in early)

    def has_ended(self, day: date) -> bool:
        """Whether a body was closed the day before, or not long after it and without any that opened then."""
        late = self.followed - self.opened
        return day in self.followed or any(day < each <= day + LONGEST_OVERLAP for each in late)


def _lives(rows: Sequence[Statement], known: Known) -> dict[str, _Life]:
    """First day, last day and successor of every body: as the file says, or else as is known."""
    found = {
        code: _Life(body.opened_on, body.closed_on, body.successor)
        for code, body in known.bodies.items()
        if body.kind is not BodyKind.TRIAL
    }
    for row in rows:
        before = found.get(row.ods_code)
        first = before.first if before else row.opened_on or date.min
        last = row.closed_on or (before.last if before else None)
        found[row.ods_code] = _Life(first, last, row.successor or (before.successor if before else None))
    return found


def _without_follower(row: Statement, lives: Mapping[str, _Life], days: _Days) -> Iterator[Objection]:
    last_day = row.closed_on or date.max
    following_day = last_day + ONE_DAY
    if row.successor:
        life = lives.get(row.successor)
        if life is None:
            yield Objection(row.ods_code, f"its successor {row.successor} is neither known nor in this file")
        elif not life.first <= following_day <= (life.last or date.max):
            yield Objection(row.ods_code, f"its successor {row.successor} is not open on {following_day}")
    elif row.said_by is SaidBy.OWN:
        yield Objection(row.ods_code, f"closes on {last_day}, and names no successor")
    elif not days.is_followed(following_day):
        yield Objection(row.ods_code, f"closes on {last_day}, and no body opens on {following_day} to follow it")


def _without_predecessor(row: Statement, predecessors: Collection[str], days: _Days) -> Iterator[Objection]:
    first_day = row.opened_on or date.min
    if row.said_by is SaidBy.OWN:
        if row.ods_code not in predecessors:
            yield Objection(row.ods_code, f"opens on {first_day}, and no body names it as its successor")
    elif not days.has_ended(first_day):
        yield Objection(row.ods_code, f"opens on {first_day}, and no body closes on the day before")
