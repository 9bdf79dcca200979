"""What entries about bodies, rounds and callers change."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, assert_never

from app.records import tables
from app.records.changes import Change, Put, Remove, Set
from app.records.entries.callers import CallerEntry, ClientChanged, PersonChanged
from app.records.entries.codec import document
from app.records.entries.places import (
    AreaTeamStated,
    OrganisationChanged,
    OrganisationsStated,
    PlaceEntry,
    RegionStated,
    RoundChanged,
    TotalReported,
)
from app.records.entries.wire import Position
from app.rules.bodies import BodyKind, Statement
from app.rules.rounds import RoundStage


def changes(entry: PlaceEntry | CallerEntry, position: Position) -> Iterator[Change]:
    """What an entry about a body, a round or a caller changes."""
    match entry:
        case OrganisationChanged():
            yield from _organisation(entry, position)
        case OrganisationsStated():
            yield from _stated(entry)
        case RoundChanged():
            yield from _round(entry, position)
        case TotalReported():
            yield _total(entry)
        case ClientChanged():
            yield _client(entry)
        case PersonChanged():
            yield _person(entry)
        case _:
            assert_never(entry)


def _organisation(entry: OrganisationChanged, position: Position) -> Iterator[Change]:
    """A body and its dated facts replace what was stored."""
    yield Put(
        tables.Organisation,
        {
            "ods_code": entry.ods_code,
            "kind": entry.body_kind or BodyKind.CCG,
            "opened_on": entry.opened_on,
            "closed_on": entry.closed_on,
            "successor_ods_code": entry.successor,
            "known_to": entry.known_to,
            "changed_sequence": position.index,
        },
    )
    yield Remove(tables.OrganisationFact, {"ods_code": entry.ods_code})
    for fact in entry.facts:
        yield Put(
            tables.OrganisationFact,
            {
                "ods_code": entry.ods_code,
                "valid_from": fact.valid_from,
                "valid_to": fact.valid_to,
                "name": fact.name,
                "ons_code": fact.ons_code,
                "region_code": fact.region_code,
                "area_team_code": fact.area_team_code,
                "source": fact.source,
            },
        )


def _stated(entry: OrganisationsStated) -> Iterator[Change]:
    """Regions, area teams and statements replace those of the same key, and bodies are known to the file's day."""
    for region in entry.regions:
        yield Put(tables.Region, {**_plain(region), "successors": document(region.successors)})
    for team in entry.area_teams:
        yield Put(tables.AreaTeam, _plain(team))
    for statement in entry.statements:
        row = {**_plain(statement), "differences": document(statement.differences)}
        yield Put(tables.OrganisationStatement, row)
    for code in entry.speaks_of:
        yield Set(tables.Organisation, {"ods_code": code}, {"known_to": entry.as_at})


def _plain(value: RegionStated | AreaTeamStated | Statement) -> dict[str, Any]:
    """The fields of a value, which are the columns of its table."""
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _round(entry: RoundChanged, position: Position) -> Iterator[Change]:
    """A round replaces what was stored, and its version counts up, unless only its due day is told."""
    yield Put(
        tables.Round,
        {
            "round_id": entry.round_id,
            "title": entry.title,
            "kind": entry.kind,
            "coverage": entry.coverage,
            "opens_on": entry.opens_on,
            "delegated_deadline": entry.deadlines.delegated,
            "joint_deadline": entry.deadlines.joint,
            "closes_on": entry.closes_on,
            "starts_on": entry.starts_on,
            "counted_on": entry.counted_on,
            "applications_public_from": entry.applications_public_from,
            "applicants_see_at": entry.applicants_see_at,
            "source": entry.source,
            "note": entry.note,
            "review_from": entry.review_from,
            "review_to": entry.review_to,
            "announcement_expected_on": entry.announcement_expected_on,
            "stage": entry.stage or RoundStage.APPLICATION,
        },
    )
    if entry.due_at is None:
        yield Put(tables.RoundChange, {"round_id": entry.round_id, "index": position.index})


def _total(entry: TotalReported) -> Change:
    """A total, as reported at the time, replaces what was stored."""
    return Put(
        tables.ReportedTotal,
        {
            "round_id": entry.round_id,
            "measure": entry.measure,
            "region_code": entry.region_code or "",
            "area_team_code": entry.area_team_code or "",
            "value": entry.value,
            "of": entry.of,
            "as_at": entry.as_at,
            "source": entry.source,
            "settles": entry.settles or False,
            "note": entry.note,
        },
    )


def _client(entry: ClientChanged) -> Change:
    """A registered system replaces what was stored."""
    return Put(
        tables.RegisteredClient,
        {
            "client_id": entry.client_id,
            "name": entry.name or "",
            "ods_codes": document(entry.ods_codes or ()),
            "regions": document(entry.regions or ()),
            "scopes": document(entry.scopes or ()),
            "keys": document(entry.keys or ()),
            "disabled_at": entry.disabled_at,
            "enabled_at": entry.enabled_at,
        },
    )


def _person(entry: PersonChanged) -> Change:
    """A registered person replaces what was stored. After a redaction the person has a subject that nobody else has."""
    return Put(
        tables.RegisteredPerson,
        {
            "person_id": entry.person_id,
            "issuer": entry.issuer or "",
            "subject": entry.subject or entry.person_id,
            "name": entry.name or "",
            "role": entry.role,
            "regions": document(entry.regions or ()),
            "interests": document(entry.interests or ()),
            "ended_at": entry.ended_at,
        },
    )
