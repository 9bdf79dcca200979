"""Importing organisations: what is new or has changed becomes an entry each, what is known stays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from app.casework import grants
from app.records import ledger, organisations
from app.records.entries.places import OrganisationChanged
from app.records.organisations import DatedFact, OrganisationRecord
from app.records.session import Session
from app.rules.deadlines import ONE_DAY


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A CCG as a source shows it on one day; such a source says nothing of ONS codes, successors or the past."""

    ods_code: str
    name: str
    region_code: str
    area_team_code: str | None
    opened_on: date
    closed_on: date | None


class ChangedOrganisation(NamedTuple):
    """A CCG of which an import says something else than the register, and in which members."""

    ods_code: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrganisationsDifference:
    """What an import changes. ``outdated`` rows are left alone: the register's own source reaches further."""

    added: tuple[str, ...]
    changed: tuple[ChangedOrganisation, ...]
    unchanged: tuple[str, ...]
    outdated: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the import changes nothing."""
        return not self.added and not self.changed


def import_organisations(
    session: Session, rows: Sequence[OrganisationRecord], *, actor: str, at: datetime, dry_run: bool = False
) -> OrganisationsDifference:
    """Take over all that a source knows of these CCGs; one entry for each new or changed one.

    What CCGs held ends with them. Returns the difference; with ``dry_run`` nothing else happens. A
    repeat changes nothing.
    """
    known = organisations.all_known(session)
    found = difference(known, rows)
    if not dry_run and not found.is_empty:
        written = {*found.added, *(change.ods_code for change in found.changed)}
        ledger.append(session, [_entry(row, actor) for row in rows if row.ods_code in written], at=at)
        grants.settle(session, written, actor=actor, at=at)
    return found


def import_snapshot(
    session: Session,
    rows: Sequence[SnapshotRow],
    *,
    valid_from: date,
    actor: str,
    at: datetime,
    dry_run: bool = False,
) -> OrganisationsDifference:
    """Take over how these CCGs look in a source of the day ``valid_from``, keeping what is known of the past.

    Another name, region or area team than the newest fact opens a new fact from that day on.
    Returns the difference; with ``dry_run`` nothing else happens.
    """
    known = organisations.all_known(session)
    brought = [brought_forward(known.get(row.ods_code), row, valid_from) for row in rows]
    return import_organisations(session, brought, actor=actor, at=at, dry_run=dry_run)


def difference(known: dict[str, OrganisationRecord], rows: Iterable[OrganisationRecord]) -> OrganisationsDifference:
    """What rows say that is not known. CCGs that no row names are no difference: no source deletes one."""
    added, changed, unchanged, outdated = [], [], [], []
    for row in rows:
        current = known.get(row.ods_code)
        if current is None:
            added.append(row.ods_code)
        elif current == row:
            unchanged.append(row.ods_code)
        elif row.known_to < current.known_to:
            outdated.append(row.ods_code)
        else:
            changed.append(ChangedOrganisation(row.ods_code, _differing_members(current, row)))
    return OrganisationsDifference(tuple(added), tuple(changed), tuple(unchanged), tuple(outdated))


def brought_forward(current: OrganisationRecord | None, row: SnapshotRow, day: date) -> OrganisationRecord:
    """A CCG's record once a source of a day has been taken into account."""
    facts = () if current is None else current.facts
    return OrganisationRecord(
        ods_code=row.ods_code,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        successor=None if current is None else current.successor,
        known_to=day,
        facts=_ended(_with_newest(facts, row, day), row.closed_on),
    )


def _with_newest(facts: tuple[DatedFact, ...], row: SnapshotRow, day: date) -> tuple[DatedFact, ...]:
    """The facts with the source's own as the newest. The ONS code stays: the source says nothing of it."""
    if not facts:
        return (DatedFact(row.opened_on, None, row.name, None, row.region_code, row.area_team_code),)
    newest = facts[-1]
    said = replace(newest, name=row.name, region_code=row.region_code, area_team_code=row.area_team_code)
    if said == newest:
        return facts
    if newest.valid_from >= day:
        return (*facts[:-1], said)
    return (*facts[:-1], replace(newest, valid_to=day - ONE_DAY), replace(said, valid_from=day))


def _ended(facts: tuple[DatedFact, ...], closed_on: date | None) -> tuple[DatedFact, ...]:
    """The facts up to the day a CCG closed: none starts after it, the last one ends with it."""
    kept = [fact for fact in facts if closed_on is None or fact.valid_from <= closed_on] or list(facts[:1])
    return (*kept[:-1], replace(kept[-1], valid_to=closed_on))


def _differing_members(current: OrganisationRecord, row: OrganisationRecord) -> tuple[str, ...]:
    return tuple(member for name, member in _MEMBERS.items() if getattr(current, name) != getattr(row, name))


# What an import may change of a CCG, in the order in which it is shown, by the names that files and answers use.
_MEMBERS = {
    "opened_on": "openedOn",
    "closed_on": "closedOn",
    "successor": "successor",
    "known_to": "knownTo",
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
        actor=actor,
    )
