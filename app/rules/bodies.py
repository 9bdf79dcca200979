"""Bodies (CCGs, integrated care boards, made-up trial bodies): what files say of them, and what follows for each day.

A file says something on a day of its own. What is known of a body is worked out from all that any file said of it, so
it does not matter in which order the files were read.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import NamedTuple

from app.rules.deadlines import ONE_DAY
from app.rules.rounds import RoundKind


class BodyKind(StrEnum):
    """What a body is. Only a CCG is counted as one; a board holds nothing here, and a trial body is made up."""

    CCG = "ccg"
    ICB = "icb"
    TRIAL = "trial"


def counted_in(round_kind: str) -> tuple[BodyKind, ...]:
    """The kinds of bodies that are counted in a round: in a trial round the made-up ones too."""
    return (BodyKind.CCG, BodyKind.TRIAL) if round_kind == RoundKind.TRIAL else (BodyKind.CCG,)


def may_take_part(kind: str, round_kind: str) -> bool:
    """Whether a body of a kind may apply in a round: any in a trial round, only CCGs in a real one."""
    return round_kind == RoundKind.TRIAL or kind == BodyKind.CCG


class SaidBy(StrEnum):
    """What kind of file says something of a body.

    ``own`` is a row of our own file of bodies, and ``change`` one of our files of changes: both say what holds from a
    day on. ``ods`` is a row of the file of the Organisation Data Service (ODS), which says what was so on its own day.
    """

    OWN = "own"
    CHANGE = "change"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class DatedFact:
    """A body's name and place from one day to another (both included), and where that is known from."""

    valid_from: date
    valid_to: date | None
    name: str
    ons_code: str | None
    region_code: str
    area_team_code: str | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """Everything known about one body. ``known_to`` is the day to which the sources reach. Facts are oldest first."""

    ods_code: str
    opened_on: date
    closed_on: date | None
    successor: str | None
    known_to: date
    facts: tuple[DatedFact, ...]
    kind: BodyKind = BodyKind.CCG

    def is_open_on(self, day: date) -> bool:
        """Whether the body is open on a day, as far as is known."""
        return self.opened_on <= day <= (self.closed_on or date.max)

    def fact_on(self, day: date) -> DatedFact:
        """What it was called and where it belonged on a day; before its first day, as it opened."""
        return next((fact for fact in reversed(self.facts) if fact.valid_from <= day), self.facts[0])


@dataclass(frozen=True, slots=True)
class Statement:
    """What one file says of one body. None says nothing.

    ``as_at`` is the file's own day. Name and place hold from ``valid_from`` on, or were so on that day if the ODS says
    it. ``differences`` tell where the ODS is known to say otherwise. A correction overrules what was said before.
    """

    ods_code: str
    said_by: SaidBy
    valid_from: date
    as_at: date
    kind: BodyKind | None = None
    name: str | None = None
    ons_code: str | None = None
    region_code: str | None = None
    area_team_code: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    successor: str | None = None
    differences: tuple[str, ...] = ()
    is_correction: bool = False
    source: str | None = None

    @property
    def key(self) -> tuple[str, SaidBy, date]:
        """What it is about. A later file that says the same thing anew replaces it."""
        return self.ods_code, self.said_by, self.valid_from

    @property
    def is_of_body(self) -> bool:
        """Whether it speaks of the body as a whole, and not only of a change of its name or place."""
        return self.opened_on is not None


class TeamDays(NamedTuple):
    """The first and the last day on which CCGs can be an area team's. None: there is no last day yet."""

    first: date
    last: date | None

    def has(self, day: date) -> bool:
        """Whether CCGs can have been the team's on a day."""
        return self.first <= day <= (self.last or date.max)


def folded(name: str) -> str:
    """A name as names are compared: whatever its capitals, blanks and marks, and ``&`` as *and*."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    return " ".join("".join(each if each.isalnum() else " " for each in plain).split())


def open_ccgs(known: Mapping[str, OrganisationRecord], day: date) -> list[str]:
    """The CCGs that are open on a day, by ODS code."""
    return [code for code, body in sorted(known.items()) if body.kind is BodyKind.CCG and body.is_open_on(day)]


def records_of(statements: Iterable[Statement], teams: Mapping[str, TeamDays]) -> dict[str, OrganisationRecord]:
    """What is known of every body of which something is said, by ODS code.

    A body of which only changes are said is not known. ``teams`` are the days of area teams, by code.
    """
    ordered = sorted(statements, key=attrgetter("ods_code"))
    grouped = ((code, list(group)) for code, group in groupby(ordered, key=attrgetter("ods_code")))
    return {code: record_of(said, teams) for code, said in grouped if any(each.is_of_body for each in said)}


def record_of(said: Sequence[Statement], teams: Mapping[str, TeamDays]) -> OrganisationRecord:
    """What is known of one body, from all that is said of it."""
    whole = sorted((each for each in said if each.is_of_body), key=_weight)
    opened_on = whole[-1].opened_on or date.min
    closing = _closing(whole)
    closed_on = closing.closed_on if closing else None
    return OrganisationRecord(
        ods_code=said[0].ods_code,
        opened_on=opened_on,
        closed_on=closed_on,
        successor=_successor(whole) if closing else None,
        known_to=_known_to(whole, closing),
        facts=tuple(_facts(said, teams, opened_on, closed_on)),
        kind=next((each.kind for each in reversed(whole) if each.kind), BodyKind.CCG),
    )


def _known_to(whole: Sequence[Statement], closing: Statement | None) -> date:
    """The day to which a body is known. A closed one is known for ever: then the first day on which its end was."""
    newest = max(each.as_at for each in whole)
    if closing is None or closing.closed_on is None:
        return newest
    same = (each for each in whole if (each.said_by, each.closed_on) == (closing.said_by, closing.closed_on))
    return min((each.as_at for each in same if each.as_at > closing.closed_on), default=newest)


def _weight(statement: Statement) -> tuple[bool, bool, date]:
    """What orders statements of a body, the one that counts most last: a correction, our own, the newest."""
    return statement.is_correction, statement.said_by is SaidBy.OWN, statement.as_at


def _closing(whole: Sequence[Statement]) -> Statement | None:
    """The statement of a body's end that counts. A correction that names none takes earlier ones away."""
    corrected = next((each for each in reversed(whole) if each.is_correction), None)
    if corrected is None or corrected.closed_on is not None:
        return next((each for each in reversed(whole) if each.closed_on is not None), None)
    later = [each for each in whole if each.closed_on is not None and each.as_at > corrected.as_at]
    return later[-1] if later else None


def _successor(whole: Sequence[Statement]) -> str | None:
    return next((each.successor for each in reversed(whole) if each.successor), None)


# --- dated facts --------------------------------------------------------------------------------


class _Run(NamedTuple):
    """A value that holds from a day on, until the next run begins."""

    starts_on: date
    value: str | None
    source: str | None


# Of what is said for one day, the last of these counts.
_RANKS = {SaidBy.ODS: 0, SaidBy.OWN: 1, SaidBy.CHANGE: 2}
MEMBERS = ("name", "ons_code", "region_code", "area_team_code")


def _facts(
    said: Sequence[Statement], teams: Mapping[str, TeamDays], opened_on: date, closed_on: date | None
) -> Iterator[DatedFact]:
    """Dated facts from the first day to the last, without a gap: a new one where anything becomes otherwise."""
    seen = [_without_unknown_team(each, teams) for each in said]
    runs = {member: _runs(seen, member, opened_on, closed_on) for member in MEMBERS}
    runs["area_team_code"] = list(_within_team(runs["area_team_code"], teams, closed_on))
    days = sorted({opened_on, *(run.starts_on for each in runs.values() for run in each)})
    for day, following in zip_longest(days, days[1:]):
        held = {member: _on(each, day) for member, each in runs.items()}
        sources = dict.fromkeys(run.source for run in held.values() if run and run.source)
        yield DatedFact(
            valid_from=day,
            valid_to=closed_on if following is None else following - ONE_DAY,
            name=_value(held["name"]) or "",
            ons_code=_value(held["ons_code"]),
            region_code=_value(held["region_code"]) or "",
            area_team_code=_value(held["area_team_code"]),
            source="; ".join(sources) or None,
        )


def _on(runs: Sequence[_Run], day: date) -> _Run | None:
    return next((run for run in reversed(runs) if run.starts_on <= day), None)


def _value(run: _Run | None) -> str | None:
    return run.value if run else None


def _runs(said: Sequence[Statement], member: str, opened_on: date, closed_on: date | None) -> list[_Run]:
    """A member's values in order. The first holds from the opening on; equal neighbours are one.

    What was said of a day after the end counts only if nothing else was.
    """
    ordered = sorted(_speaking(said, member), key=lambda one: (one.valid_from, _RANKS[one.said_by]))
    in_life = [each for each in ordered if each.valid_from <= (closed_on or date.max)] or ordered[:1]
    found: list[_Run] = []
    for each in in_life:
        value, starts_on = getattr(each, member), max(each.valid_from, opened_on)
        if found and found[-1].starts_on == starts_on and each.said_by is not SaidBy.ODS:
            found.pop()
        if not found or not _is_same(member, found[-1].value, value):
            found.append(_Run(starts_on if found else opened_on, value, each.source))
    return found


def _without_unknown_team(said: Statement, teams: Mapping[str, TeamDays]) -> Statement:
    """What the ODS says of an area team counts only if that team is known to have been there on its day."""
    team = teams.get(said.area_team_code or "")
    if said.said_by is not SaidBy.ODS or said.area_team_code is None or (team and team.has(said.valid_from)):
        return said
    return replace(said, area_team_code=None)


def _speaking(said: Sequence[Statement], member: str) -> list[Statement]:
    """The statements that count for a member.

    Our own files are trusted up to their own day, so what the ODS said of a day before it counts only if ours say
    nothing. A correction counts in any case.
    """
    speaking = [each for each in said if getattr(each, member) is not None]
    own = [each for each in speaking if each.said_by is not SaidBy.ODS]
    if not own:
        return speaking
    trusted_to = max((each.as_at for each in said if each.said_by is SaidBy.OWN), default=date.min)
    return own + [
        each for each in speaking if each.said_by is SaidBy.ODS and (each.is_correction or each.valid_from > trusted_to)
    ]


def _is_same(member: str, one: str | None, other: str | None) -> bool:
    if member == "name" and one is not None and other is not None:
        return folded(one) == folded(other)
    return one == other


def _within_team(runs: Sequence[_Run], teams: Mapping[str, TeamDays], closed_on: date | None) -> Iterator[_Run]:
    """The runs of area teams, each ended when the team does: from then on the CCG's team is not known."""
    for run, following in zip_longest(runs, runs[1:]):
        yield run
        team = teams.get(run.value or "")
        last_day = team.last if team else None
        if last_day is None or (closed_on is not None and last_day >= closed_on) or last_day < run.starts_on:
            continue
        if following is None or following.starts_on > last_day + ONE_DAY:
            yield _Run(last_day + ONE_DAY, None, None)
