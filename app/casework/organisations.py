"""Importing organisations: what files say of bodies is kept, and what is known of each is worked out from all of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from typing import NamedTuple

from app.casework import grants
from app.records import approvals, directory, ledger, organisations, places
from app.records.entries.places import AreaTeamStated, OrganisationChanged, OrganisationsStated, RegionStated
from app.records.places import PlacesStated
from app.records.session import Session
from app.rules import bodies, statements
from app.rules.bodies import BodyKind, OrganisationRecord, Statement, TeamDays
from app.rules.contradictions import Known, Objection, Objections, made_false, missing_bodies, objections
from app.rules.rounds import RoundKind
from app.rules.statements import Key, Said


@dataclass(frozen=True, slots=True)
class FileSays:
    """What a file says, with those beside it. ``day`` is its own day; ``counted`` rows are of bodies that are no CCGs.

    ``corrected`` are the bodies of which it may overrule what is known, ``reason`` is why.
    """

    day: date
    statements: tuple[Statement, ...]
    regions: tuple[RegionStated, ...] = ()
    area_teams: tuple[AreaTeamStated, ...] = ()
    counted: int = 0
    corrected: frozenset[str] = frozenset()
    reason: str | None = None


class ContradictedFile(Exception):
    """A file contradicts what is known of its own day, or what was decided. ``faults`` names all in which it does."""

    def __init__(self, faults: Sequence[Objection]) -> None:
        super().__init__("; ".join(f"{fault.ods_code} {fault.detail}" for fault in faults))
        self.faults = faults


class ChangedOrganisation(NamedTuple):
    """A body of which something else is known after an import, and in which members."""

    ods_code: str
    members: tuple[str, ...]
    before: OrganisationRecord
    after: OrganisationRecord


class GrantEnding(NamedTuple):
    """A grant that ends by what an import says of its CCG, or that never starts."""

    decision_id: str
    ods_code: str
    last_day: date
    never_starts: bool


@dataclass(frozen=True, slots=True)
class OrganisationsDifference:
    """What an import changes.

    ``notes`` are differences that our own files explain, or that were corrected. ``missing`` are those of the ``open``
    CCGs of which the file says nothing: if there are any it is partial, and what is known of all bodies does not reach
    further than before. ``counted`` are its rows of bodies that are no CCGs. ``says_more``: whether it says anything
    that no file said before, even if nothing else follows from it.
    """

    added: tuple[str, ...]
    changed: tuple[ChangedOrganisation, ...]
    unchanged: tuple[str, ...]
    notes: tuple[Objection, ...] = ()
    missing: tuple[str, ...] = ()
    open: int = 0
    counted: int = 0
    ends: tuple[GrantEnding, ...] = ()
    says_more: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether the import changes nothing."""
        return not self.says_more


def import_file(
    session: Session, says: FileSays, *, actor: str, at: datetime, dry_run: bool = False
) -> OrganisationsDifference:
    """Take over what a file says: one entry for the file, and one for each body of which something else follows.

    What CCGs held ends with them. Returns the difference; with ``dry_run`` nothing else happens. A repeat changes
    nothing. Raises ContradictedFile with every fault.
    """
    background = _Background.of(session, says)
    verdict = background.verdict()
    new = background.newly_said(verdict)
    after = background.records_with(new)
    found = difference(background.known, after)
    background.check(verdict, _made_false(session, found))
    moved = background.moved(after, found)
    says_more = bool(new or background.new_places() or moved)
    found = replace(
        found,
        unchanged=tuple(sorted(background.spoken_of - set(_touched(found)))),
        notes=background.notes(verdict),
        missing=tuple(background.missing()),
        open=len(bodies.open_ccgs(background.known, says.day)),
        counted=says.counted,
        ends=tuple(_ends(session, found)),
        says_more=says_more,
    )
    if not dry_run and says_more:
        spoken_of = [code for code in moved if after[code].known_to == says.day]
        ledger.append(session, [background.entry(new, spoken_of, verdict, actor)], at=at)
        written = sorted({*_touched(found), *moved} - {*spoken_of})
        _record(session, [after[code] for code in written], actor=actor, at=at)
    return found


def import_organisations(
    session: Session, rows: Sequence[OrganisationRecord], *, actor: str, at: datetime
) -> OrganisationsDifference:
    """Take over all that is known of these bodies: one entry for each that is new or has changed."""
    found = difference(organisations.all_known(session), {row.ods_code: row for row in rows})
    written = set(_touched(found))
    _record(session, [row for row in rows if row.ods_code in written], actor=actor, at=at)
    return found


def difference(
    known: Mapping[str, OrganisationRecord], after: Mapping[str, OrganisationRecord]
) -> OrganisationsDifference:
    """What is known afterwards and was not before."""
    added, changed, unchanged = [], [], []
    for code, record in sorted(after.items()):
        current = known.get(code)
        members = () if current is None else _differing_members(current, record)
        if current is None:
            added.append(code)
        elif members:
            changed.append(ChangedOrganisation(code, members, current, record))
        else:
            unchanged.append(code)
    return OrganisationsDifference(tuple(added), tuple(changed), tuple(unchanged), says_more=bool(added or changed))


def _touched(found: OrganisationsDifference) -> list[str]:
    return sorted([*found.added, *(change.ods_code for change in found.changed)])


def _record(session: Session, rows: Sequence[OrganisationRecord], *, actor: str, at: datetime) -> None:
    """Write what is known of bodies, and end what they held with them."""
    if rows:
        ledger.append(session, [_entry(row, actor) for row in rows], at=at)
        grants.settle(session, {row.ods_code for row in rows}, actor=actor, at=at)


@dataclass(frozen=True, slots=True)
class _Background:
    """What a file is held against: what is known of every body, and everything that files said before."""

    says: FileSays
    known: Mapping[str, OrganisationRecord]
    stored: Said
    said: Said
    places: PlacesStated
    known_to: date | None

    @classmethod
    def of(cls, session: Session, says: FileSays) -> "_Background":
        known, stored = organisations.all_known(session), organisations.all_statements(session)
        spoken_of = {code for code, *_ in stored}
        # Of bodies of which no statement is stored, what an earlier release knew stands for them.
        restated = [statements.restated(record) for code, record in known.items() if code not in spoken_of]
        said = {**{each.key: each for group in restated for each in group}, **stored}
        return cls(says, known, stored, said, places.stated(session), directory.known_to(session))

    @property
    def spoken_of(self) -> set[str]:
        """The bodies of which the file speaks as a whole."""
        return {each.ods_code for each in self._rows}

    @property
    def _rows(self) -> list[Statement]:
        return [each for each in self.says.statements if each.is_of_body]

    def verdict(self) -> Objections:
        """What contradicts what is known, meant as a correction or not."""
        differences = statements.differences_in([*self.said.values(), *self.says.statements])
        return objections(self._rows, Known(self.known, differences, self.known_to), self.says.day)

    def check(self, verdict: Objections, made_false: Iterable[Objection]) -> None:
        """Raise ContradictedFile with what is wrong and no correction, and with what no correction can mend."""
        faults = [fault for fault in verdict.faults if fault.ods_code not in self.says.corrected]
        faults += made_false
        if faults:
            raise ContradictedFile(faults)

    def notes(self, verdict: Objections) -> tuple[Objection, ...]:
        """What our own files explain, what is corrected, and what was to be corrected and is not."""
        called_off = self._called_off()
        idle = sorted(self.says.corrected - verdict.faulty - called_off)
        told = [*verdict.faults, *(self._end_called_off(code) for code in sorted(called_off - verdict.faulty))]
        return (
            *verdict.notes,
            *(fault._replace(detail=f"{fault.detail} (corrected)") for fault in told),
            *(Objection(code, "has nothing that had to be corrected") for code in idle),
        )

    def _called_off(self) -> frozenset[str]:
        """The bodies of which the file corrects an end that lay ahead of it: nothing contradicts one, and it goes."""
        pairs = ((row, self.known.get(row.ods_code)) for row in self._rows if row.ods_code in self.says.corrected)
        return frozenset(
            row.ods_code
            for row, body in pairs
            if body is not None
            and body.closed_on is not None
            and body.closed_on >= self.says.day
            and row.closed_on != body.closed_on
        )

    def _end_called_off(self, code: str) -> Objection:
        return Objection(code, f"closes on {self.known[code].closed_on}, and not so here")

    def overruled(self, verdict: Objections) -> frozenset[str]:
        """The bodies of which what the file says is a correction."""
        return verdict.faulty | self._called_off()

    def newly_said(self, verdict: Objections) -> dict[Key, Statement]:
        """What the file says and was not said before."""
        return statements.newly_said(self.said, self.says.statements, self.overruled(verdict))

    def new_places(self) -> list[RegionStated | AreaTeamStated]:
        """The regions and area teams of which the file says something else than is known."""
        before: dict[str, RegionStated | AreaTeamStated] = {**self.places.regions, **self.places.area_teams}
        said: list[RegionStated | AreaTeamStated] = [*self.says.regions, *self.says.area_teams]
        return [each for each in said if before.get(each.code) != each]

    def records_with(self, new: Said) -> dict[str, OrganisationRecord]:
        """What is known of the bodies that the file can change, with what it says."""
        codes = {code for code, *_ in new}
        if any(isinstance(each, AreaTeamStated) for each in self.new_places()):
            codes |= self.known.keys()
        teams = {**self.places.area_teams, **{team.code: team for team in self.says.area_teams}}
        days = {code: TeamDays(team.valid_from, team.last_day) for code, team in teams.items()}
        return bodies.records_of([each for key, each in {**self.said, **new}.items() if key[0] in codes], days)

    def missing(self) -> list[str]:
        """The open CCGs of which the file says nothing."""
        return missing_bodies(self._rows, self.known, self.says.day) if self._rows else []

    def moved(self, after: Mapping[str, OrganisationRecord], found: OrganisationsDifference) -> list[str]:
        """The bodies of which nothing else is known, but up to another day: the file's, unless it is a correction."""
        written = set(_touched(found))
        return sorted(
            code for code, each in after.items() if code not in written and each.known_to != self.known[code].known_to
        )

    def entry(self, new: Said, speaks_of: Sequence[str], verdict: Objections, actor: str) -> OrganisationsStated:
        """The file's own entry. Bodies of which it is the first to speak bring what was known of them before."""
        codes, places = {code for code, *_ in new}, self.new_places()
        first = [each for key, each in self.said.items() if key[0] in codes and key not in {**self.stored, **new}]
        return OrganisationsStated(
            as_at=self.says.day,
            regions=tuple(each for each in places if isinstance(each, RegionStated)),
            area_teams=tuple(each for each in places if isinstance(each, AreaTeamStated)),
            statements=tuple(sorted([*first, *new.values()], key=attrgetter("key"))),
            speaks_of=tuple(speaks_of),
            reason=self.says.reason if self.overruled(verdict) else None,
            actor=actor,
        )


def _made_false(session: Session, found: OrganisationsDifference) -> Iterator[Objection]:
    """The decisions in effect that would no longer be true of the days of bodies."""
    before = {each.ods_code: each.before for each in found.changed}
    after = {each.ods_code: each.after for each in found.changed}
    yield from made_false(approvals.standing(session) if after else (), before, after)


def _ends(session: Session, found: OrganisationsDifference) -> Iterator[GrantEnding]:
    """The grants that end, or never start, by what is known now of the end of their CCGs."""
    closing = {
        each.ods_code: each.after.closed_on for each in found.changed if each.after.closed_on != each.before.closed_on
    }
    for kind in RoundKind:
        for held in approvals.held_by(session, closing, kind=kind):
            grant, last_day = held.grant, closing[held.grant.ods_code]
            if last_day is not None and last_day < (grant.in_force_to or date.max):
                never_starts = grant.in_force_from is not None and grant.in_force_from > last_day
                yield GrantEnding(held.decision_id, grant.ods_code, last_day, never_starts)


def _differing_members(current: OrganisationRecord, row: OrganisationRecord) -> tuple[str, ...]:
    return tuple(member for name, member in _MEMBERS.items() if getattr(current, name) != getattr(row, name))


# What an import may change of a body, in the order in which it is shown, by the names that files and answers use.
_MEMBERS = {
    "kind": "kind",
    "opened_on": "openedOn",
    "closed_on": "closedOn",
    "successor": "successor",
    "facts": "facts",
}


def _entry(row: OrganisationRecord, actor: str) -> OrganisationChanged:
    return OrganisationChanged(
        ods_code=row.ods_code,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        successor=row.successor,
        known_to=row.known_to,
        facts=row.facts,
        body_kind=None if row.kind is BodyKind.CCG else row.kind,
        actor=actor,
    )
